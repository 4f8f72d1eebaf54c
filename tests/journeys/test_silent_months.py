"""A whole month without an entry from an involved agency: who is asked, when, and what becomes of the question."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from lineofsight.catalogue.errors import AlreadyThere, Refused
from lineofsight.chronology import agreeing, matters, picture
from lineofsight.chronology.models import Entry, GapQuery
from lineofsight.demo import partnership as demo
from lineofsight.demo import planted
from lineofsight.desk.reading import read
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import queries as files
from lineofsight.records import services as records

MAY = date(2026, 5, 1)


@pytest.fixture
def luca(partnership: Any) -> Any:
    """School is involved from February on and silent from April to August, as its files show."""
    for file in planted.files(later=False):
        demo.plant(file, partnership.operator)
    joining.run_matching(by=partnership.operator)
    (hit,) = people.search(partnership.operator, planted.numbers()["luca"]["nhs"])
    return people.get_child(partnership.operator, hit.ref)


def in_the_team(partnership: Any, child: Any, agency: str) -> Any:
    worker = partnership.worker(agency)
    return partnership.around(child, worker), worker.actor()


def month(partnership: Any, child: Any, first: date = MAY) -> Any:
    return picture.month_in(read(partnership.operator, child), "education", first)


def about(partnership: Any, child: Any, row: Any, actor: Any = None) -> Any:
    return matters.get_query(child, row.ref, read(actor or partnership.operator, child))


def test_a_silent_month_is_asked_about_once_and_closes_when_the_record_comes(
    partnership: Any, luca: Any
) -> None:
    luca, by = in_the_team(partnership, luca, "csc")
    row = agreeing.ask_about_month(child=luca, month=month(partnership, luca), by=by)
    assert (row.agency, about(partnership, luca, row).is_open) == ("education", True)
    assert about(partnership, luca, row).month == MAY
    with pytest.raises(AlreadyThere):
        agreeing.ask_about_month(child=luca, month=month(partnership, luca), by=by)
    entry = Entry.objects.filter(agency="education", participations__identity__in=luca.identity_ids).first()
    moved = entry.occurred_from.replace(month=5, day=12)
    Entry.objects.filter(pk=entry.pk).update(occurred_from=moved, occurred_to=moved)
    assert about(partnership, luca, row).state == matters.ANSWERED


def test_it_closes_with_a_reason_by_the_agency_that_was_asked(partnership: Any, luca: Any) -> None:
    luca, by = in_the_team(partnership, luca, "csc")
    row = agreeing.ask_about_month(child=luca, month=month(partnership, luca), by=by)
    luca, school = in_the_team(partnership, luca, "education")
    agreeing.answer_query(
        child=luca, ref=row.ref, answer="did_not_happen", reason="Nothing to record.", by=school
    )
    assert about(partnership, luca, row).state == matters.CLOSED


def test_a_month_that_is_not_silent_is_not_asked_about(partnership: Any, luca: Any) -> None:
    luca, by = in_the_team(partnership, luca, "csc")
    for first in (date(2026, 2, 1), date(2026, 10, 1), date(2019, 1, 1)):
        found = month(partnership, luca, first)
        if found.state != picture.SILENT:
            with pytest.raises(Refused):
                agreeing.ask_about_month(child=luca, month=found, by=by)
    assert not GapQuery.objects.exists()


def test_to_whom_the_agency_s_silence_is_not_called_no_question_is_shown(partnership: Any, luca: Any) -> None:
    luca, by = in_the_team(partnership, luca, "csc")
    row = agreeing.ask_about_month(child=luca, month=month(partnership, luca), by=by)
    luca, officer = in_the_team(partnership, luca, "police")
    assert about(partnership, luca, row, officer).is_open
    entry = Entry.objects.filter(agency="education", participations__identity__in=luca.identity_ids).first()
    Entry.objects.filter(pk=entry.pk).update(sharing="agency_only")
    reading = read(officer, people.get_child(officer, luca.ref))
    assert "education" in reading.ground.partly_seen
    assert matters.queries_about(reading) == ()


def test_the_page_offers_it_and_shows_what_is_asked(partnership: Any, luca: Any) -> None:
    luca, _ = in_the_team(partnership, luca, "csc")
    client = partnership.signed_in("csc")
    address = reverse("desk:ask_agency", args=[luca.ref])
    given = {"month": "1", "gap": "2026-05-01", "agency": "education"}
    shown = client.get(reverse("desk:agreement", args=[luca.ref]), {"months": "24"}).content.decode()
    assert 'Ask<span class="govuk-visually-hidden">' in shown
    assert "May 2026" in client.get(address, given).content.decode()
    answer = client.post(address, {**given, "words": "Was anything recorded in May?"})
    assert answer.status_code == 302
    row = GapQuery.objects.get()
    assert row.words == "Was anything recorded in May?"
    page = client.get(reverse("desk:answer_query", args=[luca.ref, row.ref])).content.decode()
    assert "May 2026" in page
    assert (
        row.ref in client.get(reverse("desk:agreement", args=[luca.ref]), {"months": "24"}).content.decode()
    )
    assert "Was anything recorded" in client.get(reverse("desk:discrepancies")).content.decode()
    gone = client.post(address, {**given, "gap": "not a day", "words": "x"})
    assert gone.status_code == 302


def test_a_file_that_is_taken_out_leaves_the_question_open(partnership: Any, luca: Any) -> None:
    luca, by = in_the_team(partnership, luca, "csc")
    row = agreeing.ask_about_month(child=luca, month=month(partnership, luca), by=by)
    for delivery in files.deliveries(partnership.operator):
        if delivery.agency_id == "education" and delivery.state == "committed":
            records.undo(delivery=delivery, by=partnership.operator)
    child = people.get_child(partnership.operator, luca.ref)
    assert about(partnership, child, row).is_open
