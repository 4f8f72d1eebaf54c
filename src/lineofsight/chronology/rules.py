"""What can be decided about entries from their plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lineofsight.catalogue.when import local

#: A day without a time may be any moment of it, and a form is often filled in the next morning.
NEAR = timedelta(hours=24)

#: A quiet stretch worth a line between two entries.
GAP_WORTH_SHOWING = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Happening:
    """As much of an entry as the comparison needs."""

    ref: str
    agency: str
    kind: str
    alike: frozenset[str]
    start: datetime
    end: datetime
    precision: str


def may_be_the_same(a: Happening, b: Happening) -> bool:
    """Two entries of one child that could describe one thing: kinds that are alike (catalogue `alike.yaml`),
    and their times overlap or lie within a day. A hint for a person, never a merge."""
    if a.ref == b.ref or b.kind not in a.alike:
        return False
    if "unknown" in (a.precision, b.precision):
        return False
    return a.start <= b.end + NEAR and b.start <= a.end + NEAR


def duplicate_hints(entries: Sequence[Happening]) -> dict[str, list[str]]:
    """ref -> refs of entries that may describe the same thing. Different agencies, or one agency twice
    within the hour."""
    ordered = sorted(entries, key=lambda entry: (entry.start, entry.ref))
    hints: dict[str, list[str]] = {}
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.start > one.end + NEAR:
                break
            twice = one.agency == other.agency
            if twice and abs(one.start - other.start) > timedelta(hours=1):
                continue
            if may_be_the_same(one, other):
                hints.setdefault(one.ref, []).append(other.ref)
                hints.setdefault(other.ref, []).append(one.ref)
    return hints


def day_of(moment: datetime) -> date:
    """The day on the partnership's clock."""
    return local(moment).date()


def gap_between(earlier_end: datetime, later_start: datetime) -> timedelta | None:
    """The quiet between two entries, or None when it is too short to mention."""
    quiet = later_start - earlier_end
    return quiet if quiet >= GAP_WORTH_SHOWING else None
