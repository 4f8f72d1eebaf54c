from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.records import dates

STYLES = ("iso", "dmy", "dmonthy", "ymonthd")


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("03/05/2026", date(2026, 5, 3), None),
        ("3.5.26", date(2026, 5, 3), None),
        ("2026-05-03", date(2026, 5, 3), None),
        ("2026-05-03T22:40", date(2026, 5, 3), "22:40"),
        ("2024-Jul-03 00:00:00", date(2024, 7, 3), None),
        ("3 May 2026", date(2026, 5, 3), None),
        ("Sunday 3rd May 2026", date(2026, 5, 3), None),
        ("03-May-26", date(2026, 5, 3), None),
        ("03/05/2026 22:40", date(2026, 5, 3), "22:40"),
        ("03/05/2026 10.40 pm", date(2026, 5, 3), "22:40"),
        ("2026-05-03 00:00:00.000", date(2026, 5, 3), None),
        ("03/05/2026 00:00", date(2026, 5, 3), "00:00"),
    ],
)
def test_dates_as_agencies_write_them(text: str, day: date, clock: str | None) -> None:
    stamp = dates.read(text, STYLES)
    assert stamp is not None and stamp.day == day
    assert (f"{stamp.moment:%H:%M}" if stamp.moment else None) == clock


@pytest.mark.parametrize(
    "text", ["31/02/2024", "13/13/2024", "soon", "", "2024-02-30", "3/5", "25:00", "45000"]
)
def test_what_is_not_a_date_is_not_one(text: str) -> None:
    assert dates.read(text, STYLES) is None


def test_day_first_unless_the_map_says_otherwise() -> None:
    first, second = dates.read("03/05/2026", ("dmy",)), dates.read("03/05/2026", ("mdy",))
    assert first is not None and second is not None
    assert (first.day.month, second.day.month) == (5, 3)


def test_spreadsheet_day_numbers_only_where_allowed() -> None:
    stamp = dates.read("45000.5", ("excel",))
    assert stamp is not None and stamp.moment == datetime(2023, 3, 15, 12, 0)


def test_parts_of_a_year() -> None:
    month, year = dates.read("May 2024", STYLES), dates.read("2024", STYLES)
    assert month is not None and dates.span(month) == (date(2024, 5, 1), date(2024, 5, 31))
    assert year is not None and dates.span(year) == (date(2024, 1, 1), date(2024, 12, 31))


def test_a_written_zone_counts_and_else_it_is_our_own_time() -> None:
    summer, zoned = dates.read("03/07/2026 10:00", STYLES), dates.read("2026-07-03T10:00:00Z", STYLES)
    assert summer is not None and zoned is not None
    assert dates.as_when(summer, "").start == datetime(2026, 7, 3, 9, 0, tzinfo=UTC)
    assert dates.as_when(zoned, "").start == datetime(2026, 7, 3, 10, 0, tzinfo=UTC)


def test_a_census_counts_the_term_before() -> None:
    assert dates.term_before("autumn", 2024) == ("summer", 2024)
    assert dates.term_before("spring", 2025) == ("autumn", 2024)
    assert dates.whole_term("summer", 2024, "").precision == "term"


@given(st.text(max_size=30))
def test_any_text_is_read_or_not_but_never_fails(text: str) -> None:
    stamp = dates.read(text, (*STYLES, "excel", "mdy"))
    if stamp is not None:
        assert dates.as_when(stamp, text).start <= dates.as_when(stamp, text).end
    dates.read_clock(text)


@given(st.dates(date(1900, 1, 2), date(2099, 12, 30)))
def test_every_day_comes_back(day: date) -> None:
    for text in (f"{day:%d/%m/%Y}", day.isoformat(), f"{day.day} {day:%B %Y}", f"{day:%Y-%b-%d} 00:00:00"):
        stamp = dates.read(text, STYLES)
        assert stamp is not None and stamp.day == day
