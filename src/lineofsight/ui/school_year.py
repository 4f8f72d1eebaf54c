"""The school year in England, near enough to place what people remember by it.

Councils and academies set their own dates (Education Act 2002, section 32), so half-terms and holidays are
the usual weeks with their weekends, and whoever uses them marks the date as approximate.
"""

from __future__ import annotations

from datetime import date, timedelta

HALF_TERMS = {
    "october": 10, "autumn": 10, "oct": 10,
    "february": 2, "winter": 2, "spring": 2, "feb": 2,
    "may": 5, "summer": 5,
}  # fmt: skip


def term(name: str, year: int) -> tuple[date, date]:
    """First and last day of the autumn, spring or summer term of a calendar year."""
    if name == "autumn":
        return date(year, 9, 1), date(year, 12, 31)
    # Easter moves between 22 March and 25 April; half of April stands for it.
    return (
        (date(year, 1, 1), date(year, 4, 15)) if name == "spring" else (date(year, 4, 16), date(year, 7, 31))
    )


def half_term(name: str, year: int) -> tuple[date, date]:
    """Saturday to the Sunday of the week after: nine days."""
    month = HALF_TERMS[name]
    if month == 2:
        monday = _monday_on_or_after(date(year, 2, 12))
    elif month == 5:
        # The week of the spring bank holiday, the last Monday in May.
        monday = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    else:
        monday = _monday_on_or_after(date(year, 10, 22))
    return monday - timedelta(days=2), monday + timedelta(days=6)


def holiday(name: str, year: int) -> tuple[date, date]:
    if name == "christmas":
        return date(year, 12, 20), date(year + 1, 1, 3)
    if name == "summer":
        return date(year, 7, 22), date(year, 8, 31)
    sunday = easter(year)
    return sunday - timedelta(days=9), sunday + timedelta(days=7)


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)
