"""Dates in words, with the precision that the source had and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lineofsight.catalogue.when import When, local

_WEEK = timedelta(days=7)

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

PRECISION_WORDS = {
    "second": "to the second",
    "minute": "to the minute",
    "hour": "to the hour",
    "half_day": "part of the day only",
    "day": "day only",
    "week": "week only",
    "month": "month only",
    "term": "term only",
    "year": "year only",
    "about": "approximate",
    "unknown": "not known",
}


@dataclass(frozen=True, slots=True)
class Dates:
    """How one document shows its dates. With a `week_one`, everything is shown as a month and a week
    number counted from that Monday; without, as the day and time they are."""

    week_one: date | None = None

    def of_when(self, when: When) -> str:
        if not when.is_known:
            return "Date not known"
        if self.week_one is not None:
            return self.of_day(local(when.start).date())
        return _span(when)

    def as_written(self, when: When) -> str:
        """The source's own words, where they say something that our date does not."""
        if when.precision in ("term", "about", "unknown", "half_day") and self.week_one is None:
            return when.text.strip()
        return ""

    def precision(self, when: When) -> str:
        return PRECISION_WORDS["week" if self.week_one and when.is_known else when.precision]

    def of_moment(self, moment: datetime) -> str:
        there = local(moment)
        if self.week_one is not None:
            return self.of_day(there.date())
        return f"{day_words(there.date())}, {there:%H:%M}"

    def of_day(self, day: date) -> str:
        if self.week_one is None:
            return day_words(day)
        return f"{month_words(day)}, week {week_number(self.week_one, day)}"

    def sortable(self, moment: datetime) -> str:
        """ISO 8601 on the partnership's clock, or the ISO week where only the week may be told."""
        there = local(moment)
        if self.week_one is not None:
            year, week, _ = there.isocalendar()
            return f"{year}-W{week:02d}"
        return there.isoformat()

    def sortable_when(self, when: When) -> str:
        return self.sortable(when.start) if when.is_known else ""


def weekly(starts: Iterable[datetime], otherwise: datetime) -> Dates:
    """Dates shown as weeks, counted from the earliest of `starts`."""
    first = min(starts, default=otherwise)
    return Dates(week_one=monday(local(first).date()))


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_number(week_one: date, day: date) -> int:
    """Week 1 is the week of the first entry; there is a week 0 before it."""
    return (monday(day) - week_one).days // 7 + 1


def day_words(day: date) -> str:
    return f"{day.day} {month_words(day)}"


def month_words(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def quiet_words(quiet: timedelta) -> str:
    """A stretch of time, in the unit in which people would say it."""
    weeks = quiet // _WEEK
    if weeks < 13:
        return _count(weeks, "week")
    months = round(quiet.days / 30.44)
    if months < 24:
        return f"About {_count(months, 'month')}"
    return f"About {_count(round(quiet.days / 365.25), 'year')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _span(when: When) -> str:
    start, end = local(when.start), local(when.end)
    if when.has_time:
        return _timed(start, end, when.precision)
    # Ranges of days are half-open: the last day is the one before the end. The day before is found on
    # the clock, since a day in spring or autumn is not 24 hours long.
    first = start.date()
    last = (end - timedelta(microseconds=1)).date() if when.end > when.start else first
    return _days(first, max(first, last), start, when.precision)


def _timed(start: datetime, end: datetime, precision: str) -> str:
    clock = "%H:%M:%S" if precision == "second" else "%H:%M"
    about = "about " if precision == "hour" else ""
    words = f"{day_words(start.date())}, {about}{start:{clock}}"
    width = timedelta(hours=1) if precision == "hour" else timedelta(minutes=1)
    if end.astimezone(UTC) - start.astimezone(UTC) <= width:
        return words
    if end.date() == start.date():
        return f"{words} to {end:{clock}}"
    return f"{words} to {day_words(end.date())}, {end:{clock}}"


def _days(first: date, last: date, start: datetime, precision: str) -> str:
    if precision == "half_day":
        part = "morning" if start.hour < 12 else "afternoon" if start.hour < 17 else "evening"
        return f"{day_words(first)}, {part}"
    if precision == "week" and (last - first).days <= 7:
        return f"Week of {day_words(first)}"
    if precision == "month" and (first.year, first.month) == (last.year, last.month):
        return month_words(first)
    if precision == "year" and first.year == last.year:
        return str(first.year)
    about = "About " if precision == "about" else ""
    if first == last:
        return f"{about}{day_words(first)}"
    return f"{about}{_short(first, last)} to {day_words(last)}"


def _short(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return str(first.day)
    if first.year == last.year:
        return f"{first.day} {MONTHS[first.month - 1]}"
    return day_words(first)
