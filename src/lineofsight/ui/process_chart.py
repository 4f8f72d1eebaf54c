"""A small statistical process chart as SVG: one dot a month, the mean, and the usual range where it is known.

Dots outside the range are filled squares, so that they can be told without colour. The figures stand beside it.
"""

from __future__ import annotations

from typing import Protocol

from markupsafe import Markup, escape

WIDTH, HEIGHT, EDGE = 300, 60, 6


class Charted(Protocol):
    """Counts month by month with their limits."""

    @property
    def counts(self) -> tuple[int, ...]: ...
    @property
    def mean(self) -> float: ...
    @property
    def upper(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def outside(self) -> tuple[int, ...]: ...


def process_svg(chart: Charted, label: str) -> Markup:
    """Without styles of its own; takes the colour of the text around it."""
    top = max([*chart.counts, chart.upper or 0, 1])
    step = (WIDTH - 2 * EDGE) / max(1, len(chart.counts) - 1)

    def y(value: float) -> float:
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / top, 1)

    points = [(round(EDGE + place * step, 1), y(count)) for place, count in enumerate(chart.counts)]
    parts = [level(y(chart.mean), "")]
    if chart.upper is not None and chart.lower is not None:
        parts += [level(y(chart.upper), "4 3"), level(y(chart.lower), "4 3")]
    parts.append(
        Markup('<polyline fill="none" stroke="currentColor" stroke-width="1" points="{}"/>').format(
            " ".join(f"{x},{height}" for x, height in points)
        )
    )
    for place, (x, height) in enumerate(points):
        parts.append(square(x, height) if place in chart.outside else dot(x, height))
    words = (
        f"{label}: mean {chart.mean:.1f} a month, {len(chart.outside)} of {len(chart.counts)} months outside "
        "the usual range"
    )
    return Markup(
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{words}">{parts}</svg>'
    ).format(w=WIDTH, h=HEIGHT, words=escape(words), parts=Markup("").join(parts))


def level(height: float, dashes: str) -> Markup:
    return Markup(
        '<line x1="{a}" x2="{b}" y1="{y}" y2="{y}" stroke="currentColor" stroke-width="1" opacity="0.5"{d}/>'
    ).format(
        a=EDGE, b=WIDTH - EDGE, y=height,
        d=Markup(' stroke-dasharray="{}"').format(dashes) if dashes else "",
    )  # fmt: skip


def dot(x: float, y: float) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="2" fill="currentColor"/>').format(x, y)


def square(x: float, y: float) -> Markup:
    return Markup('<rect x="{}" y="{}" width="8" height="8" fill="currentColor"/>').format(x - 4, y - 4)
