"""Who sees what of a child: those around them, as much as the owning agency shares; others not one word."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from invented import FILES
from lineofsight.access import ledger
from lineofsight.catalogue.errors import NotAllowed, NotFound, StepNeeded
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.when import When
from lineofsight.chronology import documents
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.desk import packs
from lineofsight.partners import services as partner_services
from lineofsight.partners.models import SignIn
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import Tie

#: Words of entries that health and police hold of Sam, and share with the team around him.
SHARED = ("blade", "Class A drug", "wraps and a second phone")
#: Words of what police share with named recipients under conditions (handling code C).
FOR_RECIPIENTS = ("grey hatchback", "Cuckooed", "Do not act on this")
AGENCY_ONLY = "Stitches came out; he asked whether anyone had told the police."
WHERE = ("Quay Street", "NS1 2AB", "07700 900123", "Harbour Academy")


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    for code in ("health", "police"):
        partner_services.set_contact(
            agency=partnership.agency(code),
            contact=f"{code} duty desk",
            phone="07700 900456",
            by=partnership.operator,
        )
    hits = people.search(partnership.operator, "Rowan-Hale")
    return people.get_child(partnership.operator, next(h.ref for h in hits if "csc" in h.agencies))


#: Pages about agreement, gaps and what was known.
PICTURE = ("agreement", "facts", "as_known", "history")


def pages(client: Any, sam: Any) -> dict[str, bytes]:
    """Everything that this worker can open about Sam."""
    found = {}
    for name in (
        "child",
        "chronology",
        "timeline",
        "records_joined",
        "team",
        "document",
        "add_entry",
        *PICTURE,
    ):
        answer = client.get(reverse(f"desk:{name}", args=[sam.ref]))
        assert answer.status_code == 200, name
        found[name] = answer.content
    found["discrepancies"] = client.get(reverse("desk:discrepancies")).content
    found["home"] = client.get(reverse("desk:home")).content
    found["found"] = client.get(reverse("desk:search"), {"q": "Rowan-Hale"}).content
    found["filtered"] = client.get(reverse("desk:chronology", args=[sam.ref]), {"text": "hatchback"}).content
    return found


def papers(actor: Any, sam: Any) -> dict[str, bytes]:
    """Every document that this worker can make about Sam."""
    child = people.get_child(actor, sam.ref, with_statements=True)
    return {
        f"document.{kind}": documents.write(
            packs.gather(actor, child, made_for="Strategy discussion", format=kind), kind
        )
        for kind in documents.FORMATS
    }


def words_in(name: str, content: bytes) -> str:
    if name.endswith((".docx", ".xlsx")):
        inside = zipfile.ZipFile(io.BytesIO(content))
        content = b"".join(inside.read(part) for part in inside.namelist())
    return content.decode("utf-8", errors="ignore").casefold()


def assert_without(found: dict[str, bytes], words: tuple[str, ...]) -> None:
    for name, content in found.items():
        text = words_in(name, content)
        for word in words:
            assert word.casefold() not in text, (name, word)


def assert_nowhere(client: Any, sam: Any) -> None:
    """Not one page, and not one line of a search."""
    for name in (
        "child",
        "chronology",
        "timeline",
        "records_joined",
        "team",
        "document",
        "add_entry",
        *PICTURE,
    ):
        assert client.get(reverse(f"desk:{name}", args=[sam.ref])).status_code == 404, name
    for words in ("Rowan-Hale", "NS1 2AB", sam.ref):
        answer = client.get(reverse("desk:search"), {"q": words})
        assert (
            answer.status_code == 403 or reverse("desk:child", args=[sam.ref]) not in answer.content.decode()
        )


# --- who is around the child ---------------------------------------------------------------------------------


def test_that_one_s_agency_holds_a_record_opens_nothing(partnership: Any, sam: Any) -> None:
    colleague = partnership.worker("csc", "practitioner", "duty")
    partnership.around(sam, partnership.worker("csc"))
    assert "csc" in sam.agencies and colleague.agency.code == "csc"
    assert_nowhere(partnership.signed_in("csc", "practitioner", "duty"), sam)
    assert b"Rowan-Hale" in partnership.signed_in("csc").get(reverse("desk:child", args=[sam.ref])).content


def test_the_team_reads_what_every_agency_shares(partnership: Any, sam: Any) -> None:
    partnership.around(sam, partnership.worker("csc", "practitioner", "export"))
    client = partnership.signed_in("csc", "practitioner", "export")
    found = pages(client, sam) | papers(partnership.by("csc", "practitioner", "export", fresh=True), sam)
    shown = found["chronology"].decode()
    assert all(word in shown for word in SHARED)
    assert all(word.casefold() in words_in("document.html", found["document.html"]) for word in SHARED)
    assert_without({name: page for name, page in found.items() if name != "filtered"}, FOR_RECIPIENTS)


def test_a_whole_team_is_around_a_child(partnership: Any, sam: Any) -> None:
    inside = partnership.worker("csc", team="Adolescent team")
    partnership.worker("csc", team="Duty team")
    joining.join_circle(child=sam, team=str(inside.team_id), role="case team", by=partnership.operator)
    assert pages(partnership.signed_in("csc", team="Adolescent team"), sam)
    assert_nowhere(partnership.signed_in("csc", team="Duty team"), sam)


def test_the_manager_of_a_member_sees_what_the_member_sees(partnership: Any, sam: Any) -> None:
    member = partnership.worker("csc", team="Adolescent team")
    for team in ("Adolescent team", "Duty team"):
        partnership.worker("csc", "team_manager", team=team)
    partnership.around(sam, member)
    shown = partnership.signed_in("csc", "team_manager", team="Adolescent team").get(
        reverse("desk:chronology", args=[sam.ref])
    )
    assert b"blade" in shown.content
    assert_nowhere(partnership.signed_in("csc", "team_manager", team="Duty team"), sam)


def test_leaving_the_team_ends_it_at_once(partnership: Any, sam: Any) -> None:
    around = partnership.around(sam, partnership.worker("csc"))
    client = partnership.signed_in("csc")
    assert pages(client, sam)
    joining.leave_circle(child=around, member=around.circle[0].pk, by=partnership.operator)
    assert_nowhere(client, sam)


@pytest.mark.parametrize(
    "role", ["information_officer", "index_custodian", "guardian", "sys_admin", "analyst"]
)
def test_a_role_without_children_opens_none(partnership: Any, sam: Any, role: str) -> None:
    """Even one who was put in the team by name."""
    partnership.around(sam, partnership.worker("csc", role), partnership.worker("csc"))
    assert_nowhere(partnership.signed_in("csc", role), sam)
    assert pages(partnership.signed_in("csc"), sam)


def test_an_agency_out_of_the_agreement_sees_nothing(partnership: Any, sam: Any) -> None:
    partnership.around(sam, partnership.worker("csc"), partnership.worker("health"))
    client = partnership.signed_in("health")
    assert pages(client, sam)
    partner_services.suspend_agreement(
        agreement=partnership.agency("health").agreements.get(), why="Under review", by=partnership.operator
    )
    answer = client.get(reverse("desk:child", args=[sam.ref]))
    assert answer.status_code == 403 and "is not in force" in answer.content.decode()
    assert_without({"refused": answer.content}, ("Rowan-Hale",))
    assert pages(partnership.signed_in("csc"), sam)


# --- in a hurry, and shut out -----------------------------------------------------------------------------


def test_a_duty_worker_claims_a_child_with_a_referral(partnership: Any, sam: Any) -> None:
    client, by = partnership.signed_in("csc", "duty"), partnership.by("csc", "duty")
    assert_nowhere(client, sam)
    with pytest.raises(StepNeeded, match="purpose"):
        admitting.claim_duty(child=sam, purpose="A new referral", referral=" ", by=by)
    assert_nowhere(client, sam)
    admitting.claim_duty(child=sam, purpose="A new referral", referral="R-17", by=by)
    assert b"blade" in client.get(reverse("desk:chronology", args=[sam.ref])).content
    colleague = partnership.worker("csc", "duty", "practitioner")
    assert colleague.ref != by.ref
    assert_nowhere(partnership.signed_in("csc", "duty", "practitioner"), sam)


def test_whoever_knows_the_family_is_shut_out(partnership: Any, sam: Any) -> None:
    around = partnership.around(sam, partnership.worker("csc"), partnership.worker("police"))
    by = partnership.by("csc")
    assert pages(partnership.signed_in("csc"), sam)
    admitting.declare_conflict(child=around, worker=by.ref, by=by)
    assert_nowhere(partnership.signed_in("csc"), sam)
    assert pages(partnership.signed_in("police"), sam)


def test_a_sealed_child_is_for_those_on_the_list(partnership: Any, sam: Any) -> None:
    around = partnership.around(sam, partnership.worker("csc"), partnership.worker("police"))
    by = partnership.by("csc")
    admitting.shield(
        child=around, kind=Tie.SEALED, reason="Adoption", named=(by.ref,), review_on=date(2027, 1, 1), by=by
    )
    assert pages(partnership.signed_in("csc"), sam)
    assert_nowhere(partnership.signed_in("police"), sam)


def test_where_a_child_is_can_be_hidden_from_the_team(partnership: Any, sam: Any) -> None:
    around = partnership.around(
        sam, partnership.worker("csc"), partnership.worker("police", "practitioner", "export")
    )
    by = partnership.by("csc")
    admitting.shield(
        child=around, kind=Tie.LOCATION, reason="A threat", named=(by.ref,), review_on=date(2027, 1, 1), by=by
    )
    named, client = partnership.signed_in("csc"), partnership.signed_in("police", "practitioner", "export")
    assert all(word in named.get(reverse("desk:child", args=[sam.ref])).content.decode() for word in WHERE)
    found = pages(client, sam) | papers(partnership.by("police", "practitioner", "export", fresh=True), sam)
    assert "blade" in found["chronology"].decode(), "what happened is shown, and not where he is"
    assert_without(found, WHERE)
    by_place = client.get(reverse("desk:search"), {"q": "NS1 2AB"}).content.decode()
    assert reverse("desk:child", args=[sam.ref]) not in by_place


# --- which entries ------------------------------------------------------------------------------------------


def written(partnership: Any, sam: Any, agency: str, title: str, held: Handling, **more: Any) -> Any:
    """An entry by this agency's practitioner in the team."""
    by = partnership.by(agency)
    day = datetime(2026, 4, 2, 10, tzinfo=UTC)
    account = writing.Account(kind="CSC_CONTACT", when=When(day, day, "minute", ""), title=title)
    child = people.get_child(by, sam.ref)
    return writing.add_entry(child=child, account=account, audience=writing.Audience(held, **more), by=by)


def test_another_agency_gets_a_pointer_and_no_word(partnership: Any, sam: Any) -> None:
    colleague = partnership.worker("health", "practitioner", "duty")
    exporting = partnership.worker("csc", "practitioner", "export")
    around = partnership.around(sam, partnership.worker("health"), colleague, exporting)
    entry = written(partnership, around, "health", AGENCY_ONLY, Handling(sharing="agency_only"))
    client, by = partnership.signed_in("csc", "practitioner", "export"), exporting.actor(fresh=True)
    found = pages(client, sam) | papers(by, sam)
    assert_without(found, (AGENCY_ONLY,))
    shown = found["chronology"].decode()
    assert "07700 900456" in shown and "Health holds 1 entry that you do not see" in " ".join(shown.split())
    assert dict(chronology.withheld(by, people.get_child(by, sam.ref))) == {"health": 1}
    for name in documents.FORMATS:
        assert "do not see" not in words_in(f"document.{name}", found[f"document.{name}"])
    refused = client.get(reverse("desk:entry", args=[sam.ref, entry.ref]))
    assert refused.status_code == 403
    assert_without({"refused": refused.content}, (AGENCY_ONLY,))
    theirs = partnership.signed_in("health", "practitioner", "duty")
    assert AGENCY_ONLY in theirs.get(reverse("desk:entry", args=[sam.ref, entry.ref])).content.decode()


def test_what_is_concealed_leaves_no_trace(partnership: Any, sam: Any) -> None:
    around = partnership.around(
        sam, partnership.worker("health"), partnership.worker("csc"), partnership.worker("police")
    )
    named = partnership.worker("police").ref
    held = Handling(sharing="named", conceal=True)
    entry = written(partnership, around, "health", AGENCY_ONLY, held, named=(named,))
    client, by = partnership.signed_in("csc"), partnership.by("csc")
    assert_without(pages(client, sam), (AGENCY_ONLY, entry.ref))
    assert chronology.withheld(by, people.get_child(by, sam.ref)) == ()
    hidden = client.get(reverse("desk:entry", args=[sam.ref, entry.ref]))
    never = client.get(reverse("desk:entry", args=[sam.ref, "E000000000000"]))
    assert hidden.status_code == never.status_code == 404
    shown = partnership.signed_in("police").get(reverse("desk:entry", args=[sam.ref, entry.ref]))
    assert AGENCY_ONLY in shown.content.decode()


def test_a_sensitive_entry_is_for_the_agency_that_holds_it(partnership: Any, sam: Any) -> None:
    colleague = partnership.worker("health", "practitioner", "duty")
    around = partnership.around(sam, partnership.worker("health"), colleague, partnership.worker("csc"))
    entry = written(partnership, around, "health", AGENCY_ONLY, Handling(sensitivity="sexual_health"))
    address = reverse("desk:entry", args=[sam.ref, entry.ref])
    assert partnership.signed_in("csc").get(address).status_code == 403
    theirs = partnership.signed_in("health", "practitioner", "duty").get(address)
    assert AGENCY_ONLY in theirs.content.decode()
    by = partnership.by("health", fresh=True)
    guarded = chronology.get_entry(by, people.get_child(by, sam.ref), entry.ref)
    with pytest.raises(StepNeeded, match="lawful basis"):
        writing.release_entry(guarded=guarded, to=partnership.worker("csc").ref, lawful_basis="", by=by)
    writing.release_entry(
        guarded=guarded, to=partnership.worker("csc").ref, lawful_basis="Children Act 1989 section 47", by=by
    )
    assert AGENCY_ONLY in partnership.signed_in("csc").get(address).content.decode()


def test_handling_code_c_is_read_by_recipients_once_they_accept(partnership: Any, sam: Any) -> None:
    """In all that time the others of the team learn nothing, not even that it exists."""
    partnership.around(sam, partnership.worker("csc"), partnership.worker("police"))
    operator, by = partnership.operator, partnership.by("csc")
    secret = next(
        entry.ref
        for entry in chronology.Entry.objects.filter(agency="police", handling="C")
        if set(entry.about) & set(sam.identity_ids)
    )
    address = reverse("desk:entry", args=[sam.ref, secret])
    held = chronology.get_entry(operator, people.get_child(operator, sam.ref), secret)
    name = writing.name_recipient(
        held=held, to=by.ref, conditions="Do not record it elsewhere.", lawful_basis="Agreement 4",
        by=operator,
    )  # fmt: skip
    assert partnership.signed_in("csc").get(address).status_code == 404
    with pytest.raises(NotFound):
        writing.accept_conditions(name=name.pk, by=partnership.by("police"))
    writing.accept_conditions(name=name.pk, by=by)
    assert "grey hatchback" in partnership.signed_in("csc").get(address).content.decode()
    assert partnership.signed_in("police").get(address).status_code == 404
    assert_without(
        {k: v for k, v in pages(partnership.signed_in("police"), sam).items() if k != "filtered"},
        FOR_RECIPIENTS,
    )


# --- what leaves ----------------------------------------------------------------------------------------------


def test_a_document_needs_the_permission_the_purpose_and_a_fresh_proof(partnership: Any, sam: Any) -> None:
    may, may_not = partnership.worker("csc", "practitioner", "export"), partnership.worker("csc")
    around = partnership.around(sam, may, may_not)
    address = reverse("desk:document", args=[sam.ref])
    given = {"format": "csv", "made_for": "Strategy discussion"}
    with pytest.raises(NotAllowed):
        packs.gather(may_not.actor(fresh=True), around, made_for="Strategy discussion")
    with pytest.raises(StepNeeded, match="what the file is for"):
        packs.gather(may.actor(fresh=True), around, made_for=" ")
    with pytest.raises(StepNeeded, match="Prove again") as stopped:
        packs.gather(may.actor(), around, made_for="Strategy discussion")
    assert stopped.value.prove
    assert partnership.signed_in("csc").post(address, given).status_code == 403
    client = partnership.signed_in("csc", "practitioner", "export")
    assert client.post(address, given).status_code == 200, "who signed in a moment ago has proved it"
    SignIn.objects.update(proved_at=timezone.now() - timedelta(hours=1))
    asked = client.post(address, given)
    assert asked.status_code == 302 and asked.url.startswith(reverse("partners:prove"))
    outcomes = [row.outcome for row in ledger.rows_about("child", [sam.ref])
                if row.action == "chronology.export"]  # fmt: skip
    assert sorted(outcomes) == ["challenged"] * 3 + ["done"] + ["refused"] * 2
    assert packs.gather(may.actor(fresh=True), around, made_for="Strategy discussion").lines


def test_an_anonymised_document_names_nobody(partnership: Any, sam: Any) -> None:
    full = people.get_child(partnership.operator, sam.ref, with_statements=True)
    made = packs.gather(partnership.operator, full, anonymise=True, format="html")
    for kind in ("html", "csv", "json"):
        text = documents.write(made, kind).decode("utf-8-sig").casefold()
        for word in ("rowan", "samuel", "dale m", "quay street", sam.ref.casefold()):
            assert word not in text, (kind, word)
