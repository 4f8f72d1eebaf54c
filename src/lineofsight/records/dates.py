"""Dates as agencies write them, read by the styles that a table names and never by guessing.

Day comes first unless a map says otherwise. "31/02/2024" is not a date, and is said so.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from lineofsight.catalogue.when import When

_TIME = (
    r"(?:[T ,]+(?:at )?(\d{1,2})[:.](\d{2})(?::(\d{2})(?:\.\d+)?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_STYLES: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[int, int, int]]]] = {
    "iso": (
        re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME),
        lambda m: (int(m[1]), int(m[2]), int(m[3])),
    ),
    "dmy": (
        re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})" + _TIME),
        lambda m: (_year(m[3]), int(m[2]), int(m[1])),
    ),
    "mdy": (
        re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})" + _TIME),
        lambda m: (_year(m[3]), int(m[1]), int(m[2])),
    ),
    "dmonthy": (
        re.compile(
            r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?[-/. ]+([A-Za-z]{3,9})\.?,?[-/. ]+(\d{4}|\d{2})"
            + _TIME
        ),
        lambda m: (_year(m[3]), _month(m[2]), int(m[1])),
    ),
    "ymonthd": (
        re.compile(r"(\d{4})[-/. ]([A-Za-z]{3,9})[-/. ](\d{1,2})" + _TIME),
        lambda m: (int(m[1]), _month(m[2]), int(m[3])),
    ),
}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in list(_MONTHS.items())} | {"sept": 9}
_MONTH_ONLY = re.compile(r"([A-Za-z]{3,9})\.?[ -]+(\d{4})|(\d{1,2})/(\d{4})|(\d{4})-(\d{2})")
_YEAR_ONLY = re.compile(r"(1[89]|20)\d{2}")
_CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?")
_EXCEL_DAY_NOUGHT = date(1899, 12, 30)

#: School terms as months and days, for counts that a return gives by term. Real terms differ by council by
#: a week or two, which is why such an entry says "term" and no more.
TERMS = {"autumn": ((9, 1), (12, 31)), "spring": ((1, 1), (4, 15)), "summer": ((4, 16), (7, 31))}


@dataclass(frozen=True, slots=True)
class Stamp:
    """A day, perhaps with a clock time. `moment` is naive (the agency's clock) unless a zone was written."""

    day: date
    moment: datetime | None = None
    precision: str = "day"


def _year(text: str) -> int:
    year = int(text)
    # Two figures: children are of this century, and so are most records about them.
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)


def _month(text: str) -> int:
    return _MONTHS.get(text.lower(), 0)


@lru_cache(maxsize=65536)
def read(text: str, styles: tuple[str, ...]) -> Stamp | None:
    """The date in a cell, or None when it is not one in any of the styles."""
    text = text.strip()
    for style in styles:
        if style == "excel":
            stamp = _serial(text)
            if stamp:
                return stamp
            continue
        pattern, parts = _STYLES[style]
        found = pattern.fullmatch(text)
        if found:
            stamp = _stamp(*parts(found), found.groups()[3:])
            if stamp:
                return stamp
    return _part_of_year(text)


def _stamp(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> Stamp | None:
    try:
        when = date(year, month, day)
    except ValueError:
        return None
    hour, minute, second, half, zone = clock
    if hour is None or minute is None:
        return Stamp(when)
    moment = _clock(when, hour, minute, second, half)
    if moment is None:
        return None
    # Databases write a bare day as midnight to the second; nobody notes an event so.
    if not zone and second is not None and moment.time() == time(0):
        return Stamp(when)
    if zone:
        offset = "+0000" if zone == "Z" else zone.replace(":", "")
        moment = datetime.strptime(f"{moment:%Y-%m-%d %H:%M:%S}{offset}", "%Y-%m-%d %H:%M:%S%z").astimezone(
            UTC
        )
    return Stamp(when, moment, "second" if second not in (None, "00") else "minute")


def _clock(day: date, hour: str, minute: str, second: str | None, half: str | None) -> datetime | None:
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    try:
        return datetime.combine(day, time(hours, int(minute), int(second or 0)))
    except ValueError:
        return None


def _serial(text: str) -> Stamp | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not 1 <= number < 80_000:
        return None
    day = _EXCEL_DAY_NOUGHT + timedelta(days=int(number))
    seconds = round((number % 1) * 86_400)
    if not seconds:
        return Stamp(day)
    return Stamp(day, datetime.combine(day, time(0)) + timedelta(seconds=seconds), "minute")


def _part_of_year(text: str) -> Stamp | None:
    found = _MONTH_ONLY.fullmatch(text)
    if found:
        month = _month(found[1]) if found[1] else int(found[3] or found[6])
        year = int(found[2] or found[4] or found[5])
        return Stamp(date(year, month, 1), precision="month") if 1 <= month <= 12 and year else None
    return Stamp(date(int(text), 1, 1), precision="year") if _YEAR_ONLY.fullmatch(text) else None


def read_clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        stamp = read(text, ("iso", "dmy"))
        return stamp.moment.time() if stamp and stamp.moment else None
    moment = _clock(date(2000, 1, 1), found[1], found[2], found[3], found[4])
    return moment.time() if moment else None


def span(stamp: Stamp) -> tuple[date, date]:
    """First and last day that the stamp may mean."""
    if stamp.precision == "month":
        return stamp.day, stamp.day.replace(day=calendar.monthrange(stamp.day.year, stamp.day.month)[1])
    if stamp.precision == "year":
        return stamp.day, stamp.day.replace(month=12, day=31)
    return stamp.day, stamp.day


@lru_cache(maxsize=16384)
def as_when(stamp: Stamp, text: str) -> When:
    if stamp.moment is not None:
        return When.at(stamp.moment, text, stamp.precision)
    first, last = span(stamp)
    if stamp.precision == "day":
        return When.on(first, text)
    start = datetime.combine(first, time(0))
    return When.between(start, datetime.combine(_after(last), time(0)), stamp.precision, text)


def _after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def term_before(term: str, year: int) -> tuple[str, int]:
    """A census counts the absence of the term before it. Source: DfE school census (one term in arrears)."""
    return {"autumn": ("summer", year), "spring": ("autumn", year - 1), "summer": ("spring", year)}[term]


def whole_term(term: str, year: int, text: str) -> When:
    (first_month, first_day), (last_month, last_day) = TERMS[term]
    start = datetime(year, first_month, first_day)
    return When.between(start, datetime(year, last_month, last_day) + timedelta(days=1), "term", text)
