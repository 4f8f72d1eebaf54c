"""When something happened, as people write it into a table by hand, and as our own documents print it.

Beyond a day and a clock time: a stretch ("3 to 5 May 2026", "3 May 2026, 14:30 to 16:00"), a part of a day, a
week, and what is only about so.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from lineofsight.catalogue.when import PRECISIONS, When
from lineofsight.records import dates

_BETWEEN = re.compile(r"\s+(?:to|until|till)\s+|\s*[–—]\s*|\s+-\s+", re.IGNORECASE)
_SHORT_RANGE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s*[-–—]\s*(\d{1,2}(?:st|nd|rd|th)?[ /.].*)")
_WEEK = re.compile(r"(?:week of|week commencing|w/c|wc)\s+(.+)", re.IGNORECASE)
_ABOUT = re.compile(r"(?:about|approx(?:imately|\.)?|circa|c\.|around|early|mid|late)\s+(.+)", re.IGNORECASE)
_PART = re.compile(
    r"(.+?)[,\s]+(?:in the\s+)?(morning|afternoon|evening|night|overnight|a\.?m\.?|p\.?m\.?)", re.IGNORECASE
)
_ONLY_CLOCK = re.compile(
    r"(?:about\s+)?(\d{1,2}[:.]?\d{2}\s*(?:[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?)", re.IGNORECASE
)
_ABOUT_CLOCK = re.compile(r"(.*?)[,\s]+about\s+(\d{1,2}[:.]\d{2}.*)", re.IGNORECASE)
#: Half days as the documents name them; a person who writes "morning" means no exact hour.
PARTS = {
    "morning": (time(0), time(12)), "am": (time(0), time(12)), "afternoon": (time(12), time(17)),
    "pm": (time(12), time(17)), "evening": (time(17), time(0)), "night": (time(17), time(0)),
    "overnight": (time(17), time(0)),
}  # fmt: skip
#: Words of our documents for how exact a date is. The other side is `chronology.documents.dates`.
PRECISION_WORDS = {
    "to the second": "second", "to the minute": "minute", "to the hour": "hour", "part of the day only": "half_day",
    "day only": "day", "week only": "week", "month only": "month", "term only": "term", "year only": "year",
    "approximate": "about", "not known": "unknown",
}  # fmt: skip


#: Longest words that may mean a time. Longer ones are not read: patterns that look for two things with anything between
#: them would go over a long cell again and again.
LONGEST = 200


def read(text: str, styles: tuple[str, ...], *, clock: str = "", precision: str = "") -> When | None:
    """The stretch of time that the words mean; None when they mean none. `clock` stands in a column of its own;
    `precision` is a word of PRECISIONS, or of our documents, where the writer said how exact it is."""
    written = f"{text} {clock}".strip()
    text, clock = " ".join(text.split()), " ".join(clock.split())
    if len(text) + len(clock) > LONGEST:
        return None
    found = _read(text, styles, clock, written)
    exact = PRECISION_WORDS.get(precision.strip().casefold(), precision.strip().casefold())
    if found is None or exact not in PRECISIONS or exact == "unknown":
        return found
    return When(found.start, found.end, exact, written)


def _read(text: str, styles: tuple[str, ...], clock: str, written: str) -> When | None:
    if clock:
        return _with_clock(text, styles, clock, written)
    if about := _ABOUT.fullmatch(text):
        inner = _read(about[1], styles, "", written)
        return None if inner is None else When(inner.start, inner.end, "about", written)
    stamp = dates.read(text, styles)
    if stamp is not None:
        return dates.as_when(stamp, written)
    if (
        (week := _WEEK.fullmatch(text))
        and (stamp := dates.read(week[1], styles))
        and stamp.precision == "day"
    ):
        return _days(stamp, dates.Stamp(stamp.day + timedelta(days=6)), "week", written)
    if near := _ABOUT_CLOCK.fullmatch(text):
        stamp = dates.read(f"{near[1]} {near[2]}", styles)
        if stamp is not None and stamp.moment is not None:
            return When.between(stamp.moment, stamp.moment + timedelta(hours=1), "hour", written)
    if (
        (part := _PART.fullmatch(text))
        and (stamp := dates.read(part[1], styles))
        and stamp.precision == "day"
    ):
        return _part_of_day(stamp, part[2], written)
    return _stretch(text, styles, written)


def _with_clock(text: str, styles: tuple[str, ...], clock: str, written: str) -> When | None:
    day = _read(text, styles, "", written)
    if day is None or day.precision != "day":
        return day
    if clock.casefold().replace(".", "") in PARTS:
        return _part_of_day(dates.Stamp(dates.read(text, styles).day), clock, written)  # type: ignore[union-attr]
    return _read(f"{text} {clock}", styles, "", written) or day


def _part_of_day(stamp: dates.Stamp, part: str, written: str) -> When:
    start, end = PARTS[part.casefold().replace(".", "")]
    last = stamp.day if end != time(0) else stamp.day + timedelta(days=1)
    return When.between(datetime.combine(stamp.day, start), datetime.combine(last, end), "half_day", written)


def _days(first: dates.Stamp, last: dates.Stamp, precision: str, written: str) -> When:
    start, end = dates.as_when(first, ""), dates.as_when(last, "")
    return When(start.start, end.end, precision, written)


def _stretch(text: str, styles: tuple[str, ...], written: str) -> When | None:
    """Two moments with a word or a dash between them; what the first leaves out is as in the second."""
    short = _SHORT_RANGE.fullmatch(text)
    parts = [short[1], short[2]] if short else _BETWEEN.split(text)
    if len(parts) != 2:
        return None
    left, right = parts
    if _ONLY_CLOCK.fullmatch(right):
        first = _read(left, styles, "", written)
        if first is None or not first.has_time:
            return None
        day = re.sub(r"[,\s]+(?:about\s+)?\d{1,2}[:.]\d{2}.*$", "", left)
        last = _read(f"{day} {right}", styles, "", written)
    else:
        last = _read(right, styles, "", written)
        first = _read(left, styles, "", written) or _read(_completed(left, right), styles, "", written)
    if first is None or last is None or last.end < first.start:
        return None
    rougher = max(first.precision, last.precision, key=PRECISIONS.index)
    return When(first.start, last.end, rougher, written)


def _completed(left: str, right: str) -> str:
    """ "3" of "3 to 5 May 2026" is "3 May 2026"; "28 April" of "28 April to 5 May 2026" is "28 April 2026"."""
    tail = re.sub(r"^\d{1,2}(?:st|nd|rd|th)?", "", right)
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", left):
        return f"{left}{tail}"
    year = re.search(r"(\d{4})", right)
    return f"{left} {year[1]}" if year else left
