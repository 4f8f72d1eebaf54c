"""Counts over time on a plain statistical process chart.

Individuals and moving range (XmR): the limits are the mean plus and minus 2.66 times the mean moving range.
W. A. Shewhart, Economic Control of Quality of Manufactured Product (1931). The factor is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lineofsight.catalogue.agreement import agreement


@dataclass(frozen=True, slots=True)
class Chart:
    """`upper` and `lower` are None while there are too few months to say what is usual."""

    counts: tuple[int, ...]
    mean: float
    upper: float | None
    lower: float | None
    outside: tuple[int, ...]


def chart(counts: Sequence[int]) -> Chart:
    """The chart of one kind's counts, month by month without a gap. `outside`: places beyond the limits."""
    if not counts:
        return Chart((), 0.0, None, None, ())
    mean = sum(counts) / len(counts)
    if len(counts) < agreement().chart_months:
        return Chart(tuple(counts), mean, None, None, ())
    moving = [abs(b - a) for a, b in pairwise(counts)]
    width = agreement().chart_factor * sum(moving) / len(moving)
    upper, lower = mean + width, max(0.0, mean - width)
    outside = tuple(place for place, count in enumerate(counts) if count > upper or count < lower)
    return Chart(tuple(counts), mean, upper, lower, outside)
