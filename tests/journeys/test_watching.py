"""Signals of misuse: for each one use that somebody is told of, and one near it that stays silent (W-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from invented import CROSSWALK
from lineofsight.access import alerts, overseeing
from lineofsight.access.models import Alert, LedgerRow
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import services as accounts
from lineofsight.partners.models import HomeDetails
from lineofsight.people import admitting, watching
from lineofsight.people import queries as people
from lineofsight.people.models import Person

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def sam(import_rows: Any, child_named: Any) -> Any:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    return child_named("Rowan-Hale")


def looked(worker: Any, refs: Any, at: datetime, **more: Any) -> None:
    """As the ledger holds it when this worker opened these children at that moment."""
    actor = worker.actor()
    LedgerRow.objects.bulk_create(
        LedgerRow(
            at=at, actor=actor.ref, actor_name=actor.name, agency=actor.agency, roles=sorted(actor.roles), ref=ref,
            kind="child", people=[ref], **({"action": "child.view", "outcome": "looked"} | more),
        )
        for ref in refs
    )  # fmt: skip


def several(number: int) -> list[str]:
    return [f"P{number:012}" for number in range(number)]


def told(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind).order_by("id"))


def watch(partnership: Any) -> dict[str, int]:
    return watching.watch(by=partnership.operator)


# --- many people in a day ---------------------------------------------------------------------------------


def test_more_than_forty_people_in_a_day(the_time: Any, partnership: Any) -> None:
    worker, now = partnership.worker("police"), datetime(2026, 5, 11, 9, 0, tzinfo=LONDON)
    looked(worker, several(40), now)
    assert watch(partnership)["many_people"] == 0
    looked(worker, ["P999999999999"], now)
    assert watch(partnership)["many_people"] == 1
    assert watch(partnership)["many_people"] == 0
    assert [(a.to_agency, a.worker_ref, a.detail["people"]) for a in told("many_people")] == [
        ("police", worker.ref, 41)
    ]


def test_three_times_as_many_as_is_usual_for_the_worker(the_time: Any, partnership: Any) -> None:
    now = datetime(2026, 5, 11, 9, 0, tzinfo=LONDON)
    quiet, busy = partnership.worker("police"), partnership.worker("health")
    for worker, usual in ((quiet, 4), (busy, 5)):
        for day in range(4, 10):
            looked(worker, several(usual), now - timedelta(days=day))
        looked(worker, several(13), now)
    watch(partnership)
    assert [alert.worker_ref for alert in told("many_people")] == [quiet.ref]


# --- unusual hours ----------------------------------------------------------------------------------------


def test_outside_the_usual_hours(the_time: Any, partnership: Any) -> None:
    worker, duty = partnership.worker("police"), partnership.worker("police", "duty")
    looked(worker, several(1), datetime(2026, 5, 10, 19, 59, tzinfo=LONDON))
    looked(worker, several(1), datetime(2026, 5, 11, 7, 0, tzinfo=LONDON))
    looked(duty, several(1), datetime(2026, 5, 10, 23, 0, tzinfo=LONDON))
    assert watch(partnership)["unusual_hours"] == 0
    looked(worker, several(2), datetime(2026, 5, 10, 20, 0, tzinfo=LONDON))
    assert watch(partnership)["unusual_hours"] == 1
    assert watch(partnership)["unusual_hours"] == 0


def test_whoever_is_on_the_rota_at_night_works_then(
    the_time: Any, partnership: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's own hours come before the agency's, and those before the partnership's."""
    night, day, quay = partnership.worker("police"), partnership.worker("csc"), partnership.worker("housing")
    kept = {"name": "N", "job": "", "team": "", "training_until": night.training_until, "ends": None}
    accounts.change_worker(worker=night, by=partnership.operator, **kept, usual_from=22, usual_until=7)
    agencies = tuple(replace(a, hours=(5, 13)) if a.code == "housing" else a for a in book.agencies())
    monkeypatch.setattr(book, "agencies", lambda: agencies)
    for worker, hours in ((night, (22, 23, 3, 6)), (day, (7, 19)), (quay, (5, 12))):
        for hour in hours:
            looked(worker, several(1), datetime(2026, 5, 10, hour, 30, tzinfo=LONDON))
    assert watch(partnership)["unusual_hours"] == 0
    for worker, hour in ((night, 12), (day, 6), (quay, 18)):
        looked(worker, several(1), datetime(2026, 5, 10, hour, 30, tzinfo=LONDON))
    assert watch(partnership)["unusual_hours"] == 3


@pytest.mark.parametrize("hours", [(22, None), (None, 7), (8, 8)])
def test_half_a_rota_is_refused(partnership: Any, hours: tuple[Any, Any]) -> None:
    worker = partnership.worker("police")
    kept = {"name": "N", "job": "", "team": "", "training_until": worker.training_until, "ends": None}
    with pytest.raises(Refused, match="first and the last hour"):
        accounts.change_worker(
            worker=worker, by=partnership.operator, **kept, usual_from=hours[0], usual_until=hours[1]
        )


# --- a look without work ----------------------------------------------------------------------------------


def test_a_look_up_after_which_nothing_is_done(the_time: Any, partnership: Any, sam: Any) -> None:
    idle, busy, member = (partnership.worker(code) for code in ("police", "health", "csc"))
    when = datetime(2026, 5, 3, 12, 0, tzinfo=LONDON)
    for worker in (idle, busy):
        looked(worker, [sam.ref], when, action="index.search")
    looked(member, [sam.ref], when, rule="A-P2")  # in the team: looking is work
    looked(busy, [sam.ref], when + timedelta(days=6, hours=23), action="entry.add", outcome="done")
    looked(idle, [sam.ref], when + timedelta(days=7, hours=1), action="entry.add", outcome="done")
    looked(idle, [sam.ref], when + timedelta(days=1), action="glass.break", outcome="done")
    assert watch(partnership)["no_work"] == 1
    assert [(alert.worker_ref, alert.about) for alert in told("no_work")] == [(idle.ref, sam.ref)]
    assert watch(partnership)["no_work"] == 0


def test_within_the_week_nobody_is_told_yet(the_time: Any, partnership: Any, sam: Any) -> None:
    looked(
        partnership.worker("police"),
        [sam.ref],
        datetime(2026, 5, 4, 12, 0, tzinfo=LONDON),
        action="index.search",
    )
    assert watch(partnership)["no_work"] == 0


# --- perhaps related --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surname", "street", "postcode", "number"),
    [
        ("Rowan-Hale", "", "NS1 2ZZ", 1),  # the same postcode area
        ("Rowan-Hale", "40 Quay Street", "", 1),  # the same street
        ("Rowan-Hale", "1 Rope Walk", "NS4 7GH", 0),  # the name alone
        ("Mercer", "12 Quay Street", "NS1 2AB", 0),  # the address alone
    ],
)
def test_the_same_surname_nearby(
    the_time: Any, partnership: Any, sam: Any, surname: str, street: str, postcode: str, number: int
) -> None:
    worker = partnership.worker("police")
    HomeDetails.objects.create(worker=worker, surname=surname, street=street, postcode=postcode)
    looked(worker, [sam.ref], datetime(2026, 5, 11, 9, 0, tzinfo=LONDON))
    assert watch(partnership)["related"] == number
    assert watch(partnership)["related"] == 0
    assert [(alert.about, alert.detail) for alert in told("related")] == [(sam.ref, {})] * number


# --- at once ----------------------------------------------------------------------------------------------


def test_ten_references_that_lead_nowhere(partnership: Any, sam: Any) -> None:
    """What is hidden counts like what never was; the same one again does not."""
    client = partnership.signed_in("police")
    for ref in [*several(8), sam.ref, sam.ref]:
        assert client.get(reverse("desk:child", args=[ref])).status_code == 404
    assert told("guessing") == []
    for ref in ("P999999999998", "P999999999999"):
        client.get(reverse("desk:child", args=[ref]))
    assert [alert.worker_ref for alert in told("guessing")] == [partnership.worker("police").ref]


def test_a_hidden_location_is_opened(partnership: Any, sam: Any) -> None:
    keeper, other = partnership.worker("csc"), partnership.worker("police")
    child = partnership.around(sam, keeper, other)
    people.get_child(keeper.actor(), sam.ref)
    admitting.shield(
        child=child, kind="shield.location", reason="Threats", named=(keeper.ref,),
        review_on=datetime(2099, 1, 1).date(), by=partnership.operator,
    )  # fmt: skip
    people.get_child(other.actor(), sam.ref)
    assert told("location_opened") == []
    people.get_child(keeper.actor(), sam.ref)
    people.get_child(keeper.actor(), sam.ref)
    assert [(alert.worker_ref, alert.about) for alert in told("location_opened")] == [(keeper.ref, sam.ref)]


# --- samples ----------------------------------------------------------------------------------------------


def test_managers_confirm_a_sample_of_last_month(the_time: Any, partnership: Any, sam: Any) -> None:
    """W-3: at least twenty; each to the manager of the viewer's team, or to a guardian where there is none."""
    worker, manager = partnership.worker("police", team="Missing"), partnership.worker(
        "police", "team_manager", team="Missing"
    )  # fmt: skip
    alone = partnership.worker("health")
    looked(worker, [sam.ref] * 3, datetime(2026, 4, 20, 9, 0, tzinfo=LONDON))
    looked(alone, [sam.ref], datetime(2026, 4, 30, 9, 0, tzinfo=LONDON))
    looked(worker, [sam.ref], datetime(2026, 5, 2, 9, 0, tzinfo=LONDON))  # this month's
    assert watch(partnership)["sample"] == 4
    assert watch(partnership)["sample"] == 0
    assert {(a.to_worker, a.to_agency) for a in told("sample")} == {(manager.ref, ""), ("", "health")}

    words = overseeing.words_for(manager.actor())
    client = partnership.signed_in("police", "team_manager", team="Missing")
    assert "Sample to confirm" in client.get(reverse("desk:my_access")).content.decode()
    client.post(reverse("desk:answer_word", args=[words[0].alert.ref]), {"answer": "seen"})
    client.post(reverse("desk:answer_word", args=[words[1].alert.ref]), {"answer": "doubt"})
    assert len(overseeing.words_for(manager.actor())) == 1
    doubted = told("sample_doubt")[0]
    assert (doubted.to_agency, doubted.worker_ref) == ("police", worker.ref)


def test_a_sample_is_one_in_a_hundred(the_time: Any, partnership: Any) -> None:
    looked(partnership.worker("police"), several(2001), datetime(2026, 4, 20, 9, 0, tzinfo=LONDON))
    assert watch(partnership)["sample"] == 21


# --- days that come ---------------------------------------------------------------------------------------


def test_turning_18_is_asked_about_twice_and_changes_no_access(
    the_time: Any, partnership: Any, sam: Any
) -> None:
    """A-T1: at 17½ and at 18, each once, to the lead and a guardian; for children with whom somebody works."""
    lead = partnership.worker("csc")
    partnership.around(sam, lead)
    admitting.take_the_lead(child=sam, worker=lead.ref, by=partnership.operator)
    person = Person.objects.get(pk=sam.pk)
    assert person.birth_from is not None and person.birth_from.isoformat() == "2011-03-12"
    for day, number in (
        ("2028-09-11", 0),
        ("2028-09-12", 1),
        ("2028-09-13", 0),
        ("2029-03-12", 1),
        ("2029-03-13", 0),
    ):
        the_time.move_to(datetime.fromisoformat(f"{day}T09:00:00+00:00"))
        assert watch(partnership)["turning_18"] == number, day
    assert [(a.to_agency, a.to_worker) for a in told("turning_18")] == [("csc", ""), ("", lead.ref)] * 2
    assert people.get_child(lead.actor(), sam.ref).ref == sam.ref


def test_guardians_are_told_before_an_agreement_ends(the_time: Any, partnership: Any) -> None:
    agreed = partnership.agency("police").agreements.get()
    agreed.until = datetime(2026, 12, 1, tzinfo=LONDON)
    agreed.save()
    numbers = []
    for day in ("2026-09-01", "2026-09-03", "2026-11-02", "2026-11-24", "2026-11-25"):
        the_time.move_to(datetime.fromisoformat(f"{day}T09:00:00+00:00"))
        numbers.append(watch(partnership)["agreement_ends"])
    assert numbers == [0, 1, 1, 1, 0]
    assert [alert.detail["days"] for alert in told("agreement_ends")] == [90, 30, 7]
    assert {alert.to_agency for alert in told("agreement_ends")} == {"police"}


def test_every_signal_has_words_and_every_figure_is_a_number() -> None:
    assert set(alerts.figures()) >= {"many_people_most", "guessing_times", "sample_least"}
    assert all(kind.says and kind.rule for kind in alerts.kinds().values())
