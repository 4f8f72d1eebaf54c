"""The picture of a chronology as the server draws it: how many entries each agency has per month.

It stands where no script runs, and on paper. Where script runs, timeline.js replaces it from the same data:
{"from", "to", "now", "lanes": [{"code", "name", "badge"}], "marks": [{"lane", "start", "end", ...}]}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from lineofsight.catalogue.when import local
from lineofsight.ui.dates import plural, show_month

LANE = 42
TOP = 42
BOTTOM = 8
LABELS = 172
RIGHT = 12
#: More bars than this in a lane are thinner than a reader can tell apart, so months are joined.
MOST_BARS = 60


@dataclass(frozen=True, slots=True)
class Scale:
    """Months, or bundles of months, laid along the width."""

    first: int
    bundle: int
    bars: int
    left: float
    right: float

    def bar(self, day: date) -> int:
        return (_months(day) - self.first) // self.bundle

    def x(self, bar: float) -> float:
        return self.left + (self.right - self.left) * bar / self.bars

    def position(self, moment: datetime) -> float:
        day = local(moment).date()
        inside = (day.day - 1) / 31
        return self.x((_months(day) - self.first + inside) / self.bundle)

    def starts(self, bar: int) -> date:
        return _month(self.first + bar * self.bundle)


def timeline_svg(data: Mapping[str, Any], width: int = 960) -> Markup:
    """Draw `data` as an SVG element with a title and a description in words, without styles of its own."""
    lanes = list(data["lanes"])
    rows = {lane["code"]: number for number, lane in enumerate(lanes)}
    starts = [(rows[mark["lane"]], _moment(mark["start"])) for mark in data["marks"] if mark["lane"] in rows]
    scale = _scale(_moment(data["from"]), _moment(data["to"]), width)
    counts = Counter(
        (row, bar) for row, start in starts if 0 <= (bar := scale.bar(local(start).date())) < scale.bars
    )
    height = TOP + len(lanes) * LANE + BOTTOM
    parts = [
        Markup("<title>{}</title>").format("Entries by agency over time"),
        Markup("<desc>{}</desc>").format(describe(lanes, counts, scale)),
        *_stripes(lanes, width),
        *_axis(scale, height),
        *_labels(lanes),
        *_bars(lanes, counts, scale),
        *_now(data.get("now"), scale, height),
    ]
    return Markup('<svg class="los-tl" viewBox="0 0 {} {}" role="img" focusable="false">{}</svg>').format(
        width, height, Markup("").join(parts)
    )


def describe(lanes: list[Mapping[str, Any]], counts: Counter[tuple[int, int]], scale: Scale) -> str:
    """What the picture says, for someone who hears it."""
    if not counts:
        return "There are no entries in this time."
    said = []
    for row, lane in enumerate(lanes):
        bars = {bar: number for (which, bar), number in counts.items() if which == row}
        if bars:
            most = max(bars, key=lambda bar: (bars[bar], bar))
            said.append(
                f"{lane['name']}: {plural(sum(bars.values()), 'entry', 'entries')}, "
                f"most in {show_month(scale.starts(most))} ({bars[most]})"
            )
        else:
            said.append(f"{lane['name']}: no entries")
    return ". ".join(said) + "."


def _scale(first: datetime, last: datetime, width: int) -> Scale:
    start, end = _months(local(first).date()), _months(local(max(first, last)).date())
    months = end - start + 1
    bundle = next((size for size in (1, 3, 12) if months / size <= MOST_BARS), 1 + months // MOST_BARS)
    if bundle == 12:
        start -= start % 12
        months = end - start + 1
    return Scale(start, bundle, -(-months // bundle), LABELS, width - RIGHT)


def _stripes(lanes: list[Mapping[str, Any]], width: int) -> Iterable[Markup]:
    for row in range(0, len(lanes), 2):
        yield Markup('<rect class="los-tl__stripe" x="0" y="{}" width="{}" height="{}"/>').format(
            TOP + row * LANE, width, LANE
        )


def _axis(scale: Scale, height: int) -> Iterable[Markup]:
    """A line and a word at most every 70 units; the year stands where it begins."""
    room = (scale.right - scale.left) / scale.bars
    every = next((n for n in (1, 2, 3, 6, 12, 24, 60) if n * room >= 70), 120)
    year = 0
    for bar in range(0, scale.bars, every):
        day, x = scale.starts(bar), round(scale.x(bar), 1)
        whole = day.month == 1 or scale.bundle >= 12
        words = f"{day:%Y}" if whole else f"{day:%b}" if day.year == year else f"{day:%b %Y}"
        year = day.year
        yield Markup(
            '<line class="los-tl__tick" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>'
            '<text class="los-tl__quiet" x="{0}" y="{3}">{4}</text>'
        ).format(x, TOP - 6, height, TOP - 11, words)


def _labels(lanes: list[Mapping[str, Any]]) -> Iterable[Markup]:
    for row, lane in enumerate(lanes):
        name = str(lane["name"])
        middle = TOP + row * LANE + LANE // 2
        yield Markup(
            '<rect class="los-fill-{}" x="6" y="{}" width="24" height="22" rx="3"/>'
            '<text class="los-tl__letter" x="18" y="{}" text-anchor="middle">{}</text>'
            '<text x="38" y="{}">{}</text>'
        ).format(
            int(lane["badge"]),
            middle - 11,
            middle + 5,
            lane.get("letter") or name[:1],
            middle + 5,
            _short(name),
        )


def _bars(lanes: list[Mapping[str, Any]], counts: Counter[tuple[int, int]], scale: Scale) -> Iterable[Markup]:
    most = max(counts.values(), default=1)
    room = (scale.right - scale.left) / scale.bars
    for (row, bar), number in sorted(counts.items()):
        tall = round(3 + (LANE - 13) * number / most, 1)
        yield Markup(
            '<rect class="los-tl__bar los-fill-{}" x="{}" y="{}" width="{}" height="{}">'
            "<title>{}</title></rect>"
        ).format(
            int(lanes[row]["badge"]),
            round(scale.x(bar) + 0.5, 1),
            round(TOP + (row + 1) * LANE - 4 - tall, 1),
            round(max(room - 1, 1.5), 1),
            tall,
            f"{lanes[row]['name']}, {show_month(scale.starts(bar))}: {plural(number, 'entry', 'entries')}",
        )


def _now(text: str | None, scale: Scale, height: int) -> Iterable[Markup]:
    if not text:
        return
    x = round(scale.position(_moment(text)), 1)
    if not scale.left <= x <= scale.right:
        return
    side, step = ("end", -4) if x > scale.right - 40 else ("start", 4)
    yield Markup('<line class="los-tl__now" x1="{0}" x2="{0}" y1="4" y2="{1}"/>').format(x, height)
    yield Markup('<text class="los-tl__now-label" x="{}" y="13" text-anchor="{}">now</text>').format(
        x + step, side
    )


def _short(name: str) -> Markup:
    return escape(name if len(name) <= 20 else name[:19] + "…")


def _moment(text: str | datetime) -> datetime:
    return local(text if isinstance(text, datetime) else datetime.fromisoformat(text))


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
