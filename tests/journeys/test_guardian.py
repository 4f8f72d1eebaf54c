"""What a guardian is told, looks into and settles; and what they never see."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from invented import CROSSWALK, MISSING
from lineofsight.access import alerts, ledger, overseeing
from lineofsight.access.models import LedgerRow
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners import agreements
from lineofsight.partners import services as partnering
from lineofsight.people import admitting
from lineofsight.people import queries as people

REASON = "The child is at the station and alone."


def words(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def sam(import_rows: Any, child_named: Any) -> Any:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("csc", "missing.csv", MISSING)
    return child_named("Rowan-Hale")


def desk(client: Any) -> str:
    answer = client.get(reverse("desk:guardian"))
    assert answer.status_code == 200
    return words(answer)


def test_broken_glass_is_looked_into_and_reviewed(partnership: Any, sam: Any) -> None:
    by = partnership.by("police", fresh=True)
    admitting.break_glass(child=sam, reason=REASON, by=by)
    assert admitting.unreviewed(by.ref) == 1
    guardian = partnership.signed_in("police", "guardian")
    shown = desk(guardian)
    assert "Opened in an emergency" in shown and by.name in shown and sam.ref in shown
    assert "Rowan-Hale" not in shown
    case = overseeing.waiting(partnership.by("police", "guardian"))[0]
    address = reverse("desk:alert", args=[case.alert.ref])
    assert "Rowan-Hale" not in words(guardian.get(address))

    bare = guardian.post(address, {"finding": "breach", "note": ""})
    assert "Say what was done" in words(bare) and admitting.unreviewed(by.ref) == 1
    done = guardian.post(address, {"finding": "spoken_with", "note": "<b>Rang</b> them."})
    assert done.status_code == 302
    assert admitting.unreviewed(by.ref) == 0
    shown = words(guardian.get(address))
    assert "Spoken with the worker" in shown and "&lt;b&gt;Rang" in shown
    row = ledger.rows_about("alert", [case.alert.ref])[-1]
    assert {row.action for row in ledger.rows_about("alert", [case.alert.ref])} == {"alert.review"}
    assert row.actor == partnership.worker("police", "guardian").ref


def test_a_guardian_never_settles_their_own(partnership: Any, sam: Any) -> None:
    """W-2: what a guardian did goes to any other agency's guardian, and not to a colleague beside them."""
    own = partnership.by("police", "guardian", "practitioner")
    colleague, other = partnership.by("police", "guardian"), partnership.by("health", "guardian")
    made = alerts.raise_alert("export", own, about=sam.ref)[0]
    assert made.to_agency == "*"
    assert [case.alert.ref for case in overseeing.waiting(other)] == [made.ref]
    assert overseeing.waiting(own) == [] and overseeing.waiting(colleague) == []
    for who in (own, colleague):
        with pytest.raises(NotFound):
            overseeing.get_case(who, made.ref)
    with pytest.raises(NotFound):
        admitting.settle_alert(case=overseeing.case(made), finding="as_it_should_be", note="", by=own)
    admitting.settle_alert(case=overseeing.case(made), finding="as_it_should_be", note="", by=other)
    assert overseeing.waiting(other) == []


def test_what_waits_too_long_is_shown_to_every_guardian(the_time: Any, partnership: Any, sam: Any) -> None:
    """Due after one working day, with everybody after two; the weekend does not count."""
    the_time.move_to(datetime(2026, 5, 8, 9, 30, tzinfo=ZoneInfo("Europe/London")))  # a Friday
    made = alerts.raise_alert("export", partnership.by("police"), about=sam.ref)[0]
    own, other = partnership.by("police", "guardian"), partnership.by("health", "guardian")
    the_time.shift(timedelta(days=2))
    assert [case.standing for case in overseeing.waiting(own)] == ["open"]
    the_time.shift(timedelta(days=1, minutes=1))
    assert [case.standing for case in overseeing.waiting(own)] == ["due"]
    assert overseeing.waiting(other) == []
    the_time.shift(timedelta(days=1))
    assert [case.standing for case in overseeing.waiting(own)] == ["escalated"]
    assert [case.alert.ref for case in overseeing.waiting(other)] == [made.ref]
    assert "Waited too long" in desk(partnership.signed_in("health", "guardian"))


def test_what_others_saw_and_whose_trail(partnership: Any, sam: Any) -> None:
    """A-P12: of one's own agency's records and workers; never one's own trail, never another agency's worker."""
    police = partnership.worker("police")
    partnership.around(sam, police)
    people.get_child(police.actor(), sam.ref)
    guardian = partnership.signed_in("csc", "guardian")
    seen = words(guardian.get(reverse("desk:others_looks")))
    assert police.name in seen and sam.ref in seen and "Rowan-Hale" not in seen
    assert guardian.get(reverse("desk:trail", args=[police.ref])).status_code == 403
    own = partnership.worker("csc", "guardian")
    assert guardian.get(reverse("desk:trail", args=[own.ref])).status_code == 403
    theirs = words(partnership.signed_in("police", "guardian").get(reverse("desk:trail", args=[police.ref])))
    assert "opened a child" in theirs and sam.ref in theirs and "Rowan-Hale" not in theirs
    assert ledger.rows_about("worker", [police.ref])[0].action == "ledger.view"


def test_a_long_trail_is_read_page_by_page(partnership: Any) -> None:
    worker = partnership.worker("police")
    LedgerRow.objects.bulk_create(
        LedgerRow(actor=worker.ref, actor_name=worker.name, agency="police", action="child.view", outcome="looked",
                  kind="child", ref=f"P{number:012}", people=[f"P{number:012}"])
        for number in range(60)
    )  # fmt: skip
    guardian, address = partnership.signed_in("police", "guardian"), reverse("desk:trail", args=[worker.ref])
    first = words(guardian.get(address))
    assert "P000000000059" in first and "P000000000009" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = words(guardian.get(older[1]))
    assert "P000000000009" in second and "P000000000059" not in second and 'rel="next"' not in second
    assert guardian.get(address, {"before": "9" * 30}).status_code == 200


# --- agreements -------------------------------------------------------------------------------------------


def test_an_agreement_is_suspended_and_nothing_flows(partnership: Any, sam: Any, import_rows: Any) -> None:
    guardian = partnership.signed_in("health", "guardian")
    police = partnership.signed_in("police")
    agreed = partnership.agency("police").agreements.get()
    address = reverse("partners:suspend_agreement", args=[agreed.ref])
    assert "Say why" in words(guardian.post(address, {"why": " "}))
    assert guardian.post(address, {"why": "The review found a gap."}).status_code == 302
    register = words(guardian.get(reverse("partners:agreements")))
    assert "Nothing flows" in register and "The review found a gap." in register
    barred = police.get(reverse("desk:children"))
    assert barred.status_code == 403 and "has been suspended since" in words(barred)
    assert "has been suspended since" in words(police.get(reverse("partners:account")))
    with pytest.raises(Refused, match="Nothing is taken in from it"):
        import_rows("police", "later.csv", MISSING)
    partnering.agree(
        agency=partnership.agency("police"), title="Anew", purpose="Safeguarding", lawful_basis="Public task",
        by=partnership.by("health", "guardian"),
    )  # fmt: skip
    assert police.get(reverse("desk:children")).status_code == 200
    assert ledger.rows_about("agreement", [agreed.ref])[0].action == "agreement.manage"


def test_an_agreement_that_ends_soon_says_so(partnership: Any) -> None:
    now = timezone.now()
    agreed = partnership.agency("police").agreements.get()
    agreed.until = now + timedelta(days=20, hours=1)
    agreed.save()
    guardian = partnership.signed_in("health", "guardian")
    assert "Ends in 20 days" in words(guardian.get(reverse("partners:agreements")))
    agreed.until = now - timedelta(days=1)
    agreed.since = now - timedelta(days=9)
    agreed.save()
    assert "it expired on" in agreements.barred(partnership.agency("police"))
    admin = partnership.signed_in("csc", "sys_admin")
    assert "No sharing agreement in force" in words(admin.get(reverse("partners:agencies")))


def test_a_form_with_a_mistake_keeps_what_was_typed(partnership: Any) -> None:
    guardian = partnership.signed_in("health", "guardian")
    given = {"agency": "police", "title": "Anew & more", "purpose": "x", "lawful_basis": "y",
             "since": "3 May 2027", "until": "3 May 2026"}  # fmt: skip
    answer = guardian.post(reverse("partners:add_agreement"), given)
    assert "It ends before it begins" in words(answer) and "Anew &amp; more" in words(answer)
    assert partnership.agency("police").agreements.count() == 1
