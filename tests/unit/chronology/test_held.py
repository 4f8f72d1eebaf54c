"""Facts side by side, charts, and records compared: plain values."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lineofsight.chronology import held
from lineofsight.chronology.control import chart

TODAY = date(2026, 11, 2)


def said(
    agency: str, received: date = date(2026, 10, 1), sent: date | None = None, **facts: Any
) -> held.Said:
    return held.Said(agency, facts, received, sent, f"table of {agency}")


def row(fact: str, *records: held.Said, with_location: bool = True) -> held.Row:
    agencies = sorted({one.agency for one in records})
    table = held.table(records, agencies, TODAY, with_location=with_location)
    return next(one for one in table if one.fact.code == fact)


def place(text: str, postcode: str, **more: Any) -> list[dict[str, Any]]:
    return [{"text": text, "postcode": postcode, "use": "home", **more}]


def test_two_ways_to_write_an_address_agree_and_the_newer_of_two_is_pointed_out() -> None:
    same = row(
        "address",
        said("csc", addresses=place("12 Quay St, Northshore", "NS1 2AB")),
        said("police", addresses=place("12 QUAY STREET", "NS12AB")),
    )
    assert same.state == held.AGREES
    moved = row(
        "address",
        said("csc", addresses=place("40 Rope Walk", "NS4 7GH", **{"from": "2026-06-01"})),
        said("housing", addresses=place("12 Quay Street", "NS1 2AB", **{"from": "2012-05-01"})),
    )
    assert moved.state == held.DIFFERS
    assert moved.newest is not None and moved.newest.agency == "csc"
    assert [cell.agency for cell in moved.differing] == ["housing"]


def test_an_address_that_has_ended_is_not_held() -> None:
    old = place("12 Quay Street", "NS1 2AB", **{"from": "2012-05-01", "to": "2026-06-01"})
    new = place("40 Rope Walk", "NS4 7GH", **{"from": "2026-06-01"})
    found = row("address", said("csc", addresses=[*old, *new]), said("police", addresses=new))
    assert found.state == held.AGREES


def test_a_birth_date_fits_a_year_and_differs_from_another_day() -> None:
    day = {"from": "2011-03-12", "to": "2011-03-12", "precision": "day"}
    year = {"from": "2011-01-01", "to": "2011-12-31", "precision": "year"}
    other = {"from": "2011-12-03", "to": "2011-12-03", "precision": "day"}
    assert row("birth", said("csc", birth=day), said("vcs", birth=year)).state == held.AGREES
    assert row("birth", said("csc", birth=day), said("vcs", birth=other)).state == held.DIFFERS


def test_what_an_agency_has_not_sent_for_long_is_stale_and_a_name_never_is() -> None:
    records = (
        said("csc", names=[{"given": "Sam", "family": "Hale"}], school={"name": "Quay Academy"}),
        said(
            "education", date(2024, 1, 5), date(2025, 3, 1), names=[{"given": "Sam", "family": "Hale"}],
            school={"name": "Quay Academy"},
        ),
    )  # fmt: skip
    school, name = row("school", *records), row("name", *records)
    assert [cell.stale for cell in school.cells] == [False, True]
    assert not any(cell.stale for cell in name.cells)


def test_where_a_restricted_child_is_may_not_be_shown() -> None:
    found = row("address", said("csc", addresses=place("12 Quay Street", "NS1 2AB")), with_location=False)
    assert (found.state, found.newest, found.differing) == (held.HIDDEN, None, ())
    assert all(not cell.values for cell in found.cells)


@given(st.permutations(range(4)))
def test_the_order_of_records_changes_nothing(order: list[int]) -> None:
    records = [
        said("csc", addresses=place("40 Rope Walk", "NS4 7GH", **{"from": "2026-06-01"})),
        said("housing", addresses=place("12 Quay Street", "NS1 2AB")),
        said("police", date(2026, 9, 1), addresses=place("12 Quay Street", "NS1 2AB")),
        said("police", date(2026, 9, 1), addresses=place("40 Rope Walk", "NS4 7GH")),
    ]
    assert row("address", *(records[n] for n in order)) == row("address", *records)


def test_the_chart_marks_a_month_outside_the_usual_range_once_there_are_months_enough() -> None:
    usual = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    assert chart(usual).upper is None
    found = chart([*usual, 9])
    assert found.upper is not None and found.outside == (11,)
    mean = sum([*usual, 9]) / 12
    moving = sum([1] * 10 + [8]) / 11
    assert abs(found.upper - (mean + 2.66 * moving)) < 1e-9


@given(st.lists(st.integers(0, 20), max_size=40))
def test_the_limits_hold_the_mean(counts: list[int]) -> None:
    found = chart(counts)
    if found.upper is not None and found.lower is not None:
        assert 0 <= found.lower <= found.mean <= found.upper
