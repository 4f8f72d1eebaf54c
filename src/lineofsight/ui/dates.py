"""Dates in the words people use, without more exactness than the source had.

What `show_when` writes, `understand` reads back: the two are tested against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from lineofsight.catalogue.when import When, local
from lineofsight.ui.typed_dates import understand

__all__ = [
    "age_at",
    "gap",
    "iso",
    "plural",
    "precision_words",
    "show_count",
    "show_day",
    "show_moment",
    "show_month",
    "show_when",
    "understand",
]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

PRECISION_WORDS = {
    "hour": "to the hour",
    "half_day": "part of the day",
    "week": "to the week",
    "month": "to the month",
    "term": "to the school term",
    "year": "to the year",
    "about": "approximate",
}


def plural(number: int, one: str, many: str = "") -> str:
    """`3 entries`, `1 entry`."""
    return f"{show_count(number)} {one if number == 1 else many or one + 's'}"


def show_count(number: int) -> str:
    return f"{number:,}"


def precision_words(when: When) -> str:
    """Empty when the date was exact, so that only inexact dates draw the eye."""
    return PRECISION_WORDS.get(when.precision, "")


def iso(when: When | datetime | date) -> str:
    """For the `datetime` attribute of a `time` element."""
    if isinstance(when, datetime):
        return local(when).isoformat(timespec="minutes")
    if isinstance(when, date):
        return when.isoformat()
    start = local(when.start)
    if when.has_time:
        return start.isoformat(timespec="minutes")
    if when.precision == "month":
        return f"{start.year:04}-{start.month:02}"
    if when.precision == "year":
        return f"{start.year:04}"
    return start.date().isoformat()


def show_day(day: date | datetime, *, weekday: bool = False) -> str:
    """`3 May 2026`, or `Sun 3 May 2026`."""
    day = local(day).date() if isinstance(day, datetime) else day
    words = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{DAYS[day.weekday()]} {words}" if weekday else words


def show_moment(moment: datetime) -> str:
    """`Sun 3 May 2026, 22:40` on the partnership's clock."""
    return f"{show_day(moment, weekday=True)}, {clock(moment)}"


def clock(moment: datetime) -> str:
    """The hour that is lived twice in October says which one it is."""
    here = local(moment)
    words = f"{here.hour:02}:{here.minute:02}"
    if here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset():
        return f"{words} {'GMT' if here.fold else 'BST'}"
    return words


def show_when(when: When, *, now: datetime | None = None) -> str:
    """The date as a person would say it. With `now`, today and yesterday are called so."""
    if when.precision == "unknown":
        return "not known when"
    if when.precision in ("second", "minute", "hour"):
        return _with_time(when, now)
    if when.precision == "about":
        return f"about {_middle(when)}"
    first, last = _days(when)
    match when.precision:
        case "half_day":
            return f"{_named_day(first, now)}, {_part_of_day(local(when.start).hour)}"
        case "week":
            return f"week of {show_day(first, weekday=True)}"
        case "month":
            return _stretch(first, last, f"{MONTHS[first.month - 1]} {first.year}", show_month)
        case "term":
            return _term(first)
        case "year":
            if (first.month, first.day, last.month, last.day, last.year - first.year) == (9, 1, 8, 31, 1):
                return f"school year {first.year}/{last.year % 100:02}"
            return _stretch(first, last, str(first.year), lambda day: str(day.year))
        case _:
            return _named_day(first, now) if first == last else _day_range(first, last)


def show_month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _days(when: When) -> tuple[date, date]:
    """First and last day that the range touches; its end is not part of it."""
    first = local(when.start).date()
    last = local(max(when.end - timedelta(microseconds=1), when.start)).date()
    return first, last


def _named_day(day: date, now: datetime | None) -> str:
    if now is not None:
        today = local(now).date()
        if day == today:
            return "today"
        if day == today - timedelta(days=1):
            return "yesterday"
    return show_day(day, weekday=True)


def _with_time(when: When, now: datetime | None) -> str:
    words = f"{_named_day(local(when.start).date(), now)}, {clock(when.start)}"
    if when.end - when.start < timedelta(minutes=1):
        return words
    if local(when.end).date() == local(when.start).date():
        return f"{words} to {clock(when.end)}"
    return f"{words} to {show_moment(when.end)}"


def _day_range(first: date, last: date) -> str:
    if first.year != last.year:
        return f"{show_day(first)} to {show_day(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} to {show_day(last)}"
    return f"{first.day} to {show_day(last)}"


def _stretch(first: date, last: date, one: str, words: Callable[[date], str]) -> str:
    """A month or a year, or several of them."""
    end = words(last)
    return one if end == one else f"{one} to {end}"


def _middle(when: When) -> str:
    """Said as finely as the range is wide."""
    span = when.end - when.start
    middle = when.start + span / 2
    if span <= timedelta(hours=6):
        return f"{show_day(middle)}, {clock(middle)}"
    if span <= timedelta(days=20):
        return show_day(middle)
    if span <= timedelta(days=140):
        return show_month(local(middle).date())
    return str(local(middle).year)


def _part_of_day(hour: int) -> str:
    if hour < 12:
        return "morning"
    if hour < 17:
        return "afternoon"
    return "evening" if hour < 20 else "night"


def _term(first: date) -> str:
    if first.month >= 8:
        return f"autumn term {first.year}"
    return f"{'spring' if (first.month, first.day) < (4, 1) else 'summer'} term {first.year}"


def age_at(birth_from: date | None, birth_to: date | None, day: date | datetime) -> str:
    """`15`; `14 or 15` when the birth date is not exact; empty when nothing is known."""
    earliest, latest = birth_from or birth_to, birth_to or birth_from
    if earliest is None or latest is None:
        return ""
    day = local(day).date() if isinstance(day, datetime) else day
    oldest, youngest = _years(earliest, day), _years(latest, day)
    if oldest < 0:
        return "before birth"
    youngest = max(youngest, 0)
    low, high = ("under 1" if years == 0 else str(years) for years in (youngest, oldest))
    if low == high:
        return low
    return f"{low} or {high}" if oldest - youngest == 1 else f"{low} to {high}"


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def gap(earlier: datetime | date, later: datetime | date) -> str:
    """`6 weeks later`: how long nothing was recorded, as someone would say it aloud."""
    if isinstance(earlier, datetime) and isinstance(later, datetime):
        apart = later - earlier
        if abs(apart) < timedelta(minutes=1):
            return "at the same time"
        if abs(apart) < timedelta(hours=24):
            return _span(abs(apart)) + (" later" if apart > timedelta(0) else " earlier")
    days = (_as_day(later) - _as_day(earlier)).days
    if days == 0:
        return "the same day"
    return _long_span(abs(days)) + (" later" if days > 0 else " earlier")


def _as_day(moment: datetime | date) -> date:
    return local(moment).date() if isinstance(moment, datetime) else moment


def _span(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    return plural(minutes, "minute") if minutes < 60 else plural(round(minutes / 60), "hour")


def _long_span(days: int) -> str:
    if days < 14:
        return plural(days, "day")
    if days < 84:
        return plural(days // 7, "week")
    if days < 730:
        return plural(round(days / 30.44), "month")
    return plural(int(days / 365.25), "year")
