"""What people see of access: their own, who has looked, what was decided about sharing, what is held for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from invented import FILES
from lineofsight.access import alerts, ledger, looks, overseeing, sharing
from lineofsight.catalogue import gateways
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.when import When
from lineofsight.chronology import named
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import CircleMember

SECRET = "grey hatchback"


def words(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    hits = people.search(partnership.operator, "Rowan-Hale")
    return people.get_child(partnership.operator, next(h.ref for h in hits if "csc" in h.agencies))


# --- who has looked ---------------------------------------------------------------------------------------


def test_members_see_who_has_looked(partnership: Any, sam: Any) -> None:
    """W-4: name, role, agency and purpose; a member of the team sees it, a duty worker does not."""
    member, duty = partnership.worker("csc"), partnership.worker("police", "duty")
    partnership.around(sam, member)
    admitting.claim_duty(child=sam, purpose="A referral", referral="R-1", by=duty.actor())
    people.get_child(duty.actor(), sam.ref)
    address = reverse("desk:lookers", args=[sam.ref])
    shown = words(partnership.signed_in("csc").get(address))
    assert duty.name in shown and "Duty worker" in shown and "Police" in shown
    assert partnership.signed_in("police", "duty").get(address).status_code == 403
    assert partnership.signed_in("health").get(address).status_code == 404
    assert "lookers.view" in [row.action for row in ledger.rows_by(member.ref)]


def test_a_look_at_what_is_concealed_names_nobody(partnership: Any, sam: Any) -> None:
    """Somebody who only opened an entry that the reader may not know of is not among those who looked."""
    author, member = partnership.worker("health"), partnership.worker("csc")
    child = partnership.around(sam, author, member)
    made = writing.add_entry(
        child=child, by=author.actor(),
        account=writing.Account(kind="CSC_CONTACT", when=When.on(timezone.localdate()), title="Heard."),
        audience=writing.Audience(Handling(sharing="named", conceal=True), named=(author.ref,)),
    )  # fmt: skip
    place = next(
        m for m in people.get_child(partnership.operator, sam.ref).circle if m.worker_ref == author.ref
    )
    ledger_before = ledger.newest()
    joining.leave_circle(child=child, member=place.pk, by=partnership.operator)
    chronology.get_own_entry(author.actor(), made.ref)
    assert ledger.newest() > ledger_before
    since = timezone.now() - timedelta(seconds=30)
    refs = people.references_of(sam.ref)
    opened = looks.entries_looked_at(refs, since=since)
    assert made.ref in opened
    assert made.ref not in named.readable(member.actor(), opened)
    assert made.ref in named.readable(author.actor(), opened)


# --- decisions to share -----------------------------------------------------------------------------------

GIVEN = {
    "shared": "no", "what": "The <new> address", "with_whom": "Housing", "gateway": "CA04-11",
    "reason": "It would lead the exploiter there.", "told_family": "not_told", "told_why": "It would put her at risk.",
}  # fmt: skip


def test_a_decision_not_to_share_stays_within_the_agency(partnership: Any, sam: Any) -> None:
    csc, police = partnership.worker("csc"), partnership.worker("police")
    partnership.around(sam, csc, police)
    client = partnership.signed_in("csc")
    address = reverse("desk:decide_sharing", args=[sam.ref])
    bare = words(client.post(address, GIVEN | {"told_why": ""}))
    assert "Say why the family was not told" in bare and "The &lt;new&gt; address" in bare
    assert client.post(address, GIVEN).status_code == 302
    listed = reverse("desk:sharing", args=[sam.ref])
    own = words(client.get(listed))
    assert "Not shared" in own and "The &lt;new&gt; address" in own and "(read in part)" in own
    assert "Housing" not in words(partnership.signed_in("police").get(listed)).split("No decision")[0]
    assert client.post(address, GIVEN | {"shared": "yes"}).status_code == 302
    assert "Shared" in words(partnership.signed_in("police").get(listed))
    row = next(
        row for row in ledger.rows_by(csc.ref) if row.action == "sharing.decide" and row.outcome == "done"
    )
    assert row.people == [sam.ref] and row.detail == {"deed": "decide_sharing"}


def test_a_gateway_counts_from_its_day() -> None:
    assert {g.code for g in gateways.open_on(gateways.date(2026, 4, 28))} == set(gateways.gateways()) - {
        "CA04-16LA"
    }
    assert "(unverified)" in gateways.gateways()["CA04-16LA"].words


def test_an_unknown_gateway_is_refused(partnership: Any, sam: Any) -> None:
    given = GIVEN | {"gateway": "none", "shared": False}
    with pytest.raises(Refused, match="gateway"):
        sharing.decide_sharing(child=sam, by=partnership.operator, **given)


# --- held for named people --------------------------------------------------------------------------------


def test_from_a_file_for_named_people_to_a_recipient_who_accepts(partnership: Any, sam: Any) -> None:
    """The officer sees kind, date and source, and what the file said; names somebody; who accepts and then sees."""
    reader = partnership.worker("csc")
    partnership.around(sam, reader)
    officer = partnership.signed_in("police", "information_officer")
    listed = words(officer.get(reverse("desk:held")))
    assert SECRET not in listed and "Under conditions" in listed and "Rowan-Hale" not in listed
    assert partnership.signed_in("health", "information_officer").get(reverse("desk:held")).status_code == 200
    kept = named.kept(partnership.by("police", "information_officer"))
    assert {one.guarded.owner for one in kept} == {"police"}
    one = next(
        one for one in kept if sam.ref in one.people and SECRET in one.entry.title + one.entry.narrative
    )
    address = reverse("desk:name_recipient", args=[one.entry.ref])
    said = words(officer.get(address))
    assert "What our own file said" in said
    # The role leads to an occurrence, and it is the occurrence that says what happened.
    assert said.count('class="govuk-summary-list"') >= 3 and SECRET in said
    assert "What our own file said" not in words(partnership.signed_in("police", "team_manager").get(address))
    assert partnership.signed_in("health", "information_officer").get(address).status_code == 404
    given = {"to": reader.ref, "conditions": "Do not act without ringing.", "lawful_basis": "Agreement 4",
             "until": "3 May 2099"}  # fmt: skip
    assert "Choose a day after" in words(officer.post(address, given | {"until": "3 May 2020"}))
    assert officer.post(address, given).status_code == 302
    assert officer.get(address).status_code == 404  # somebody is named

    client = partnership.signed_in("csc")
    mine = words(client.get(reverse("desk:my_access")))
    assert "Do not act without ringing." in mine and SECRET not in mine and one.entry.ref not in mine
    number = named.on_lists(reader.actor())[0][0].number
    accept = reverse("desk:accept_conditions", args=[number])
    assert partnership.signed_in("health").post(accept).status_code == 404
    assert client.post(accept).status_code == 302
    assert one.entry.ref in words(client.get(reverse("desk:my_access")))
    assert SECRET in words(client.get(reverse("desk:entry", args=[sam.ref, one.entry.ref])))


def test_nobody_names_themselves(partnership: Any, sam: Any) -> None:
    manager = partnership.by("police", "team_manager")
    one = named.kept(manager)[0]
    with pytest.raises(Refused, match="Nobody names themselves"):
        writing.name_recipient(held=one, to=manager.ref, conditions="x", lawful_basis="y", by=manager)


# --- my access --------------------------------------------------------------------------------------------


def test_my_access_says_what_why_and_until_when(partnership: Any, sam: Any) -> None:
    duty = partnership.worker("police", "duty")
    client = partnership.signed_in("police", "duty")
    assert "Rowan-Hale" not in words(client.get(reverse("desk:my_access")))
    admitting.claim_duty(child=sam, purpose="A referral", referral="R-1", by=duty.actor())
    shown = words(client.get(reverse("desk:my_access")))
    assert "Rowan-Hale" in shown and "You claimed them for a referral" in shown and "Ends soon" in shown
    admitting.declare_conflict(child=sam, worker=duty.ref, by=duty.actor())
    assert "Rowan-Hale" not in words(client.get(reverse("desk:my_access")))


def test_the_lead_is_told_and_says_so(partnership: Any, sam: Any) -> None:
    lead = partnership.worker("csc")
    partnership.around(sam, lead)
    alerts.raise_alert("duty_claim", partnership.by("police", "duty"), about=sam.ref, lead=lead.ref)
    client = partnership.signed_in("csc")
    assert "thing you were told" in words(client.get(reverse("desk:home")))
    assert "A duty worker claimed a child" in words(client.get(reverse("desk:my_access")))
    word = overseeing.words_for(lead.actor())[0].alert
    with pytest.raises(NotFound):
        overseeing.see_word(alert=word, by=partnership.by("health"))
    assert client.post(reverse("desk:answer_word", args=[word.ref]), {"answer": "seen"}).status_code == 302
    assert overseeing.words_for(lead.actor()) == []
    assert ledger.rows_about("alert", [word.ref])[0].action == "word.answer"


# --- protection -------------------------------------------------------------------------------------------


def test_a_location_is_hidden_with_names_reason_and_a_day(partnership: Any, sam: Any) -> None:
    keeper, other = partnership.worker("csc"), partnership.worker("health")
    partnership.around(sam, keeper, other)
    client, address = partnership.signed_in("csc"), reverse("desk:protection", args=[sam.ref])
    overview = reverse("desk:child", args=[sam.ref])
    assert "Quay Street" in words(partnership.signed_in("health").get(overview))
    given = {"deed": "shield", "kind": "shield.location", "named": [keeper.ref], "reason": "The <ex> is out.",
             "review_on": "3 May 2099"}  # fmt: skip
    bare = words(client.post(address, given | {"named": []}))
    assert "Name at least one person" in bare and "The &lt;ex&gt; is out." in bare
    assert client.post(address, given).status_code == 302
    assert "Quay Street" not in words(partnership.signed_in("health").get(overview))
    assert "Quay Street" in words(client.get(overview))
    shown = words(client.get(address))
    assert keeper.name in shown and "3 May 2099" in shown
    assert (
        client.post(address, {"deed": "lift", "kind": "shield.location", "reason": "Over."}).status_code
        == 302
    )
    assert "Quay Street" in words(partnership.signed_in("health").get(overview))
    deeds = [
        row.detail.get("deed") for row in ledger.rows_by(keeper.ref) if row.action == "protection.change"
    ]
    assert {"shield", "lift_shield"} <= set(deeds)


def test_an_agency_is_left_out_and_let_in_again(partnership: Any, sam: Any) -> None:
    partnership.around(sam, partnership.worker("csc"), partnership.worker("health"))
    client, address = partnership.signed_in("csc"), reverse("desk:protection", args=[sam.ref])
    theirs, overview = partnership.signed_in("health"), reverse("desk:child", args=[sam.ref])
    assert client.post(
        address, {"deed": "exclude", "agency": "health", "reason": "A relative works there."}
    ).url
    assert theirs.get(overview).status_code == 404
    assert "Choose the agency" in words(
        client.post(address, {"deed": "include", "agency": "", "reason": "x"})
    )
    assert client.post(address, {"deed": "include", "agency": "health", "reason": "They have left."}).url
    assert theirs.get(overview).status_code == 200


def test_a_place_from_before_a_merge_is_given_again(partnership: Any, sam: Any) -> None:
    """A-G1: it opens nothing until somebody looks at it."""
    member, other = partnership.worker("csc"), partnership.worker("health")
    partnership.around(sam, member, other)
    place = CircleMember.objects.get(worker_ref=other.ref)
    CircleMember.objects.filter(pk=place.pk).update(for_ref="P000000000000")
    theirs, overview = partnership.signed_in("health"), reverse("desk:child", args=[sam.ref])
    assert theirs.get(overview).status_code == 404
    client, address = partnership.signed_in("csc"), reverse("desk:team", args=[sam.ref])
    assert "Give it again" in words(client.get(address))
    assert client.post(address, {"again": str(place.pk)}).status_code == 302
    assert theirs.get(overview).status_code == 200
    assert "Give it again" not in words(client.get(address))
    assert client.post(address, {"again": "999999"}).status_code == 404


def test_whoever_knows_the_family_says_so_and_sees_nothing(partnership: Any, sam: Any) -> None:
    """The answer is the same for a reference behind which there is nobody (A-X1)."""
    worker = partnership.worker("csc")
    partnership.around(sam, worker)
    client = partnership.signed_in("csc")
    for ref in (sam.ref, "P000000000000"):
        address = reverse("desk:conflict", args=[ref])
        assert "I know this family" in words(client.get(address))
        answer = client.post(address, {"covers": "person", "reason": "neighbours"})
        assert (answer.status_code, answer.url) == (302, reverse("desk:home"))
    assert client.get(reverse("desk:child", args=[sam.ref])).status_code == 404
