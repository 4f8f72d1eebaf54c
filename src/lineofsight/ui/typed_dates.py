"""Reads a date as someone types it: "3/5", "yesterday 22:40", "about half-term", "not known".

The day always comes before the month. A date without a year is the most recent one that has begun: people
write about what has happened. What cannot be read is refused with examples, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import LONDON, When, aware, local, midnight
from lineofsight.ui import school_year
from lineofsight.ui.date_patterns import (
    ABOUT,
    AGO,
    BETWEEN,
    BREAK,
    DAY_MONTH,
    EXAMPLES,
    FIRST_YEAR,
    ISO_DAY,
    LAST_YEAR,
    LONGEST,
    MONTH,
    MONTH_DAY,
    MONTH_NUMBER,
    MONTHS,
    NOT_KNOWN,
    NUMBERS,
    PART,
    PARTS,
    SCHOOL_YEAR,
    SPLIT,
    TERM,
    TIME,
    TIME_FIRST,
    WEEK_OF,
    WEEKDAY,
    WEEKDAYS,
    WITH_WEEKDAY,
    YEAR,
)

HALF_A_YEAR = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Span:
    """What one piece of text means: a half-open range and how exact it is."""

    start: datetime
    end: datetime
    precision: str
    dated: bool = True  # False: the year was ours to find

    @classmethod
    def days(cls, first: date, last: date, precision: str, *, dated: bool = True) -> Span:
        return cls(midnight(first), midnight(last + timedelta(days=1)), precision, dated)

    @classmethod
    def day(cls, day: date, *, dated: bool = True) -> Span:
        return cls.days(day, day, "day", dated=dated)


class Unreadable(Exception):
    """This way of reading does not fit; `words` say so to the person when no other way does."""


def understand(text: str, *, now: datetime) -> When:
    """The When that `text` means to someone writing at `now`; raises Refused with a sentence to show."""
    now = aware(now)
    plain = _plain(text)
    if not plain:
        raise Refused(f"Say when it happened. {EXAMPLES}.")
    if len(plain) > LONGEST:
        raise Refused(f"The date is too long to read. Write only the date here. {EXAMPLES}.")
    if plain in NOT_KNOWN or plain.strip("? ") == "":
        return When.unknown(text.strip())
    roughly = ABOUT.match(plain)
    rest = plain[roughly.end() :] if roughly else plain
    try:
        span = _read(rest, now)
    except (Unreadable, OverflowError) as problem:
        shown = text.strip()[:60]
        reason = str(problem) if isinstance(problem, Unreadable) and str(problem) else ""
        raise Refused(f"{reason or f'We could not read “{shown}” as a date.'} {EXAMPLES}.") from None
    if roughly:
        span = _loosen(span)
    return When(span.start, span.end, span.precision, text.strip())


def _plain(text: str) -> str:
    plain = " ".join(text.replace("’", "'").replace(",", " ").split()).lower().rstrip(".")
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", plain, flags=re.ASCII)
    plain = re.sub(r"(?<=\d{4}-\d{2}-\d{2})t(?=\d)", " ", plain, flags=re.ASCII)
    plain = re.sub(r"^some ?time (?=in )", "", plain)
    return re.sub(r"^(?:(?:on|in) (?!the morning|the afternoon|the evening))?(?:the (?=\d))?", "", plain)


def _read(plain: str, now: datetime) -> Span:
    problem = Unreadable()
    for reading in (_single, _range, _time_first):
        try:
            span = reading(plain, now)
        except Unreadable as unreadable:
            problem = unreadable if str(unreadable) else problem
            continue
        if not FIRST_YEAR <= local(span.start).year <= LAST_YEAR:
            raise Unreadable(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
        return span
    raise problem


def _single(plain: str, now: datetime) -> Span:
    found = TIME.search(plain)
    if found:
        return _timed(plain[: found.start()].strip(), found, now)
    part = PART.match(plain)
    if part:
        return _part(part, now)
    for reading in READINGS:
        span = reading(plain, now)
        if span is not None:
            return span
    raise Unreadable


# -- times ---------------------------------------------------------------------------------------------


def _clock(found: re.Match[str]) -> tuple[time, str]:
    if found["named"]:
        return time(0 if found["named"] == "midnight" else 12), ""
    if found["military"]:
        hour, minute, half = int(found["military"][:2]), int(found["military"][2:]), ""
    else:
        hour, minute = int(found["h"] or found["h2"]), int(found["m"] or 0)
        half = found["half"] or found["half2"] or ""
    if half and not 1 <= hour <= 12:
        raise Unreadable(f"{hour} {half} is not a time.")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise Unreadable(f"{hour:02}:{minute:02} is not a time.")
    return time(hour, minute), found["zone"] or ""


def _at(day: date, clock: time, zone: str) -> datetime:
    moment = datetime.combine(day, clock, tzinfo=LONDON)
    if zone:
        # Only the hour that comes twice in October needs the word.
        both = (moment, moment.replace(fold=1))
        moment = next((m for m in both if (m.tzname() or "").lower() == zone), moment)
    return moment.astimezone(UTC)


def _time_first(plain: str, now: datetime) -> Span:
    """ "10pm yesterday" is "yesterday 10pm"."""
    found = TIME_FIRST.match(plain)
    if not found:
        raise Unreadable
    return _single(f"{found['rest']} {found['time']}", now)


def _timed(before: str, found: re.Match[str], now: datetime) -> Span:
    clock, zone = _clock(found)
    today = local(now).date()
    if not before:
        moment = _at(today, clock, zone)
        if moment > now:
            moment = _at(today - timedelta(days=1), clock, zone)
        return Span(moment, moment, "minute", dated=False)
    if before == "last night":
        day = today if clock.hour < 6 else today - timedelta(days=1)
        return Span(_at(day, clock, zone), _at(day, clock, zone), "minute")
    span = _single(before, now)
    if span.precision != "day":
        raise Unreadable("A time needs a day before it.")
    day = local(span.start).date()
    moment = _at(day, clock, zone)
    if not span.dated and moment > now:
        moment = _at(local(_single(before, midnight(day) - timedelta(days=1)).start).date(), clock, zone)
    return Span(moment, moment, "minute", span.dated)


def _part(found: re.Match[str], now: datetime) -> Span:
    before, part = found["before"] or "", found["part"]
    today = local(now).date()
    if before in ("last", "this", ""):
        if before == "" and part == "night":
            raise Unreadable("Say which night.")
        span = Span.day(today - timedelta(days=before == "last"))
    else:
        span = _single(before, now)
    if span.precision != "day":
        raise Unreadable("A part of a day needs a day before it.")
    day = local(span.start).date()
    first, last = PARTS[part]
    end = _at(day + timedelta(days=last // 24), time(last % 24), "")
    return Span(_at(day, time(first), ""), end, "half_day", span.dated)


# -- days ----------------------------------------------------------------------------------------------


def _year(text: str | None, now: datetime) -> int | None:
    """Two digits reach ten years ahead and ninety back."""
    if not text:
        return None
    number = int(text.lstrip("'"))
    if len(text.lstrip("'")) == 4:
        return number
    century = local(now).year // 100 * 100
    return century + number if number <= local(now).year % 100 + 10 else century - 100 + number


def _calendar(day: int, month: int, year: int | None, now: datetime) -> Span:
    today = local(now).date()
    if not 1 <= month <= 12:
        raise Unreadable(f"There is no month {month}. The day comes first: 3/5 is 3 May.")
    years = [year] if year is not None else range(today.year, today.year - 9, -1)
    for candidate in years:
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found <= today:
            return Span.day(found, dated=year is not None)
    name = next(name for name, number in MONTHS.items() if number == month).capitalize()
    raise Unreadable(f"There is no {day} {name}{f' in {year}' if year is not None else ''}.")


def _day(plain: str, now: datetime) -> Span | None:
    found = DAY_MONTH.match(plain) or MONTH_DAY.match(plain) or ISO_DAY.match(plain)
    if not found:
        return None
    parts = found.groupdict()
    month = MONTHS[parts["mon"]] if parts.get("mon") else int(parts["n"])
    return _calendar(int(parts["d"]), month, _year(parts.get("y") or parts.get("y2"), now), now)


def _day_with_weekday(plain: str, now: datetime) -> Span | None:
    found = WITH_WEEKDAY.match(plain)
    if not found:
        return None
    span = _day(found["rest"], now)
    if span is None:
        return None
    day, wanted = local(span.start).date(), WEEKDAYS[found["day"]]
    if day.weekday() != wanted:
        said, real = (_weekday_name(number) for number in (wanted, day.weekday()))
        raise Unreadable(
            f"{day.day}/{day.month}/{day.year} was a {real}, not a {said}. "
            f"Check the day, or leave {said} out."
        )
    return span


def _weekday_name(number: int) -> str:
    return next(name for name, n in WEEKDAYS.items() if n == number).capitalize()


def _relative(plain: str, now: datetime) -> Span | None:
    today = local(now).date()
    plain = plain.removeprefix("the ")
    steps = {"today": 0, "yesterday": -1, "day before yesterday": -2, "tomorrow": 1}
    if plain in steps:
        day = today + timedelta(days=steps[plain])
        return Span.day(day)
    if plain == "now" or plain == "just now":
        return Span(now.replace(second=0, microsecond=0), now.replace(second=0, microsecond=0), "minute")
    if plain == "tonight":
        return Span(_at(today, time(18), ""), midnight(today + timedelta(days=1)), "half_day")
    found = re.match(r"^(last|this) (week|weekend|month|year)$", plain)
    return _calendar_unit(found[2], found[1] == "last", today) if found else None


def _calendar_unit(unit: str, last: bool, today: date) -> Span:
    if unit in ("week", "weekend"):
        monday = today - timedelta(days=today.weekday() + 7 * last)
        if unit == "week":
            return Span.days(monday, monday + timedelta(days=6), "week")
        return Span.days(monday + timedelta(days=5), monday + timedelta(days=6), "day")
    if unit == "month":
        first = today.replace(day=1)
        return _month_span((first - timedelta(days=1)).replace(day=1) if last else first)
    return _year_span(today.year - last)


def _weekday(plain: str, now: datetime) -> Span | None:
    found = WEEKDAY.match(plain)
    if not found:
        return None
    today = local(now).date()
    back = (today.weekday() - WEEKDAYS[found["day"]]) % 7
    if found["which"] == "next":
        day = today + timedelta(days=7 - back)
    else:
        day = today - timedelta(days=7 if back == 0 and found["which"] in ("last", "past") else back)
    return Span.day(day, dated=found["which"] is not None)


def _ago(plain: str, now: datetime) -> Span | None:
    found = AGO.match(plain)
    if not found:
        return None
    number = NUMBERS.get(found["n"]) or int(found["n"])
    unit = found["unit"]
    if unit in ("minute", "hour"):
        moment = (now - timedelta(**{f"{unit}s": number})).replace(second=0, microsecond=0)
        return Span(moment, moment, "minute")
    today = local(now).date()
    if unit == "day":
        return Span.day(today - timedelta(days=number))
    if unit in ("week", "fortnight"):
        middle = today - timedelta(weeks=number * (2 if unit == "fortnight" else 1))
        return Span.days(middle - timedelta(days=3), middle + timedelta(days=3), "about")
    if unit == "month":
        months = today.year * 12 + today.month - 1 - number
        return _month_span(date(months // 12, months % 12 + 1, 1))
    return _year_span(today.year - number)


# -- longer stretches ----------------------------------------------------------------------------------


def _month_span(first: date, *, dated: bool = True) -> Span:
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return Span.days(first, last, "month", dated=dated)


def _year_span(year: int) -> Span:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return Span.days(date(year, 1, 1), date(year, 12, 31), "year")


def _stretch(plain: str, now: datetime) -> Span | None:
    """A month, a year, a school year, the week of a day."""
    if found := MONTH.match(plain):
        return _month(found, now)
    if found := MONTH_NUMBER.match(plain):
        if not 1 <= int(found["n"]) <= 12:
            raise Unreadable(f"There is no month {int(found['n'])}.")
        return _month_span(date(_sensible(int(found["y"])), int(found["n"]), 1))
    if found := YEAR.match(plain):
        return _year_span(int(found["y"]))
    if found := SCHOOL_YEAR.match(plain):
        year = _sensible(int(found["y"]))
        if (year + 1) % 100 != int(found["z"]):
            return None
        return Span.days(date(year, 9, 1), date(year + 1, 8, 31), "year")
    if found := WEEK_OF.match(plain):
        span = _single(found["rest"], now)
        day = local(span.start).date()
        monday = day - timedelta(days=day.weekday())
        return Span.days(monday, monday + timedelta(days=6), "week", dated=span.dated)
    return None


def _sensible(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return year


def _month(found: re.Match[str], now: datetime) -> Span:
    today, month = local(now).date(), MONTHS[found["mon"]]
    year = int(found["y"]) if found["y"] else today.year - (month > today.month)
    first = date(_sensible(year), month, 1)
    whole = _month_span(first, dated=bool(found["y"]))
    if not found["part"]:
        return whole
    last = local(whole.end).date() - timedelta(days=1)
    days = {"early": (1, 10), "mid": (11, 20), "late": (21, last.day)}[found["part"]]
    span = Span.days(first.replace(day=days[0]), first.replace(day=days[1]), "about", dated=whole.dated)
    if not span.dated and span.start > now:
        return _month(_again(found, year - 1), now)
    return span


def _again(found: re.Match[str], year: int) -> re.Match[str]:
    again = MONTH.match(f"{found['part']} {found['mon']} {year}")
    assert again
    return again


def _school(plain: str, now: datetime) -> Span | None:
    """Terms and holidays. Schools set their own dates, so all but whole terms are approximate."""
    if found := TERM.match(plain):
        name = found["name"]
        return _recent(found["y"], now, lambda year: (*school_year.term(name, year), "term"))
    found = BREAK.match(plain)
    if not found:
        return None
    if found["kind"]:
        season = found["which"]
        if season is not None and season not in school_year.HALF_TERMS:
            raise Unreadable("Half-terms are in October, February and May.")
        choices = [season] if season else ["october", "february", "may"]
        spans = [_half_term(name, found["y"], now) for name in choices]
        if found["y"] and not season:
            raise Unreadable("Say which half-term of the year: October, February or May.")
        return max(spans, key=lambda span: span.start)
    holiday = found["holiday"]
    if holiday == "summer" and not found["word"]:
        raise Unreadable("Say summer term or summer holidays.")
    return _recent(found["hy"], now, lambda year: (*school_year.holiday(holiday, year), "about"))


def _half_term(name: str, year: str | None, now: datetime) -> Span:
    return _recent(year, now, lambda number: (*school_year.half_term(name, number), "about"))


def _recent(year: str | None, now: datetime, dates: Callable[[int], tuple[date, date, str]]) -> Span:
    if year:
        return Span.days(*dates(_sensible(int(year))))
    this = local(now).year
    span = Span.days(*dates(this), dated=False)
    return span if span.start <= now else Span.days(*dates(this - 1), dated=False)


# -- ranges --------------------------------------------------------------------------------------------


def _splits(plain: str) -> Iterator[tuple[str, str]]:
    plain = BETWEEN.sub("", plain)
    for found in SPLIT.finditer(plain):
        left, right = plain[: found.start()].strip(), plain[found.end() :].strip()
        if left and right:
            yield left, right


def _range(plain: str, now: datetime) -> Span:
    problem = Unreadable()
    for left, right in _splits(plain):
        try:
            return _from_to(left, right, now)
        except Unreadable as unreadable:
            problem = unreadable if str(unreadable) else problem
    raise problem


def _from_to(left: str, right: str, now: datetime) -> Span:
    found = TIME.search(right)
    if found and not right[: found.start()].strip():
        return _until_time(_single(left, now), found)
    last = _single(right, now)
    first = _first(left, last, now)
    if first.end > last.end or first.start > last.start:
        raise Unreadable("It ends before it starts.")
    precision = first.precision if first.precision == last.precision else "about"
    if {first.precision, last.precision} == {"day", "minute"}:
        precision = "day"
    return Span(first.start, last.end, precision, last.dated)


def _until_time(first: Span, found: re.Match[str]) -> Span:
    if first.precision != "minute":
        raise Unreadable("A time needs a day before it.")
    clock, zone = _clock(found)
    day = local(first.start).date()
    end = _at(day, clock, zone)
    if end < first.start:
        end = _at(day + timedelta(days=1), clock, zone)
    return Span(first.start, end, "minute", first.dated)


def _first(left: str, last: Span, now: datetime) -> Span:
    """The left side of a range borrows the month and year it does not say from the right side."""
    end = local(last.start).date()
    if re.fullmatch(r"\d{1,2}", left, re.ASCII):
        if last.precision not in ("day", "minute"):
            raise Unreadable
        return _calendar(int(left), end.month, end.year, now)
    # Read as if written on the last day of the range, so that a missing year is found before it.
    first = _single(left, max(last.end - timedelta(microseconds=1), last.start))
    crosses = local(first.start).year != end.year
    if not first.dated and crosses and last.start - first.start > HALF_A_YEAR:
        # "30 December to 2 January" crosses a year; "6 May to 3 May" is a slip.
        raise Unreadable("It ends before it starts.")
    return first


# -- about ---------------------------------------------------------------------------------------------


def _loosen(span: Span) -> Span:
    """How far "about" reaches: an hour, three days, a month or half a year on each side."""
    if span.precision in ("minute", "hour"):
        room = timedelta(hours=1)
    elif span.precision in ("day", "half_day", "about", "week"):
        room = timedelta(days=3)
    elif span.precision in ("month", "term"):
        room = timedelta(days=30)
    else:
        room = timedelta(days=182)
    return Span(span.start - room, span.end + room, "about", span.dated)


READINGS: tuple[Callable[[str, datetime], Span | None], ...] = (
    _relative,
    _weekday,
    _day,
    _day_with_weekday,
    _ago,
    _school,
    _stretch,
)
