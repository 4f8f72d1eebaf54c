"""The picture that the server draws: the counts of the data, said in words too, without styles of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from lineofsight.ui.timeline import timeline_svg

FIRST = datetime(2024, 6, 1, tzinfo=UTC)


def data(*starts: tuple[str, int], days: int = 800, name: str = "Police") -> dict[str, Any]:
    return {
        "from": FIRST.isoformat(),
        "to": (FIRST + timedelta(days=days)).isoformat(),
        "now": (FIRST + timedelta(days=days - 10)).isoformat(),
        "lanes": [{"code": "police", "name": name, "badge": 2}, {"code": "csc", "name": "Care", "badge": 1}],
        "marks": [
            {"ref": "E1", "lane": lane, "start": (FIRST + timedelta(days=day)).isoformat(), "end": None}
            for lane, day in starts
        ],
    }


def drawn(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def test_it_says_in_words_what_it_shows() -> None:
    root = drawn(timeline_svg(data(("police", 3), ("police", 4), ("police", 70))))
    assert root.get("role") == "img"
    assert root.findtext("title")
    assert root.findtext("desc") == "Police: 3 entries, most in June 2024 (2). Care: no entries."


def test_it_can_be_empty() -> None:
    assert drawn(timeline_svg(data())).findtext("desc") == "There are no entries in this time."


def test_names_are_text_never_markup() -> None:
    picture = timeline_svg(data(("police", 1), name="<script>alert(1)</script>"))
    assert "<script>" not in picture
    assert drawn(picture).findtext("desc", "").startswith("<script>")


def test_the_line_for_now_stands_inside() -> None:
    assert "los-tl__now" in timeline_svg(data(("csc", 1)))
    without = data(("csc", 1))
    del without["now"]
    assert "los-tl__now" not in timeline_svg(without)


@given(
    st.lists(st.tuples(st.sampled_from(["police", "csc"]), st.integers(0, 20_000)), max_size=300),
    st.integers(20_000, 25_000),
)
def test_every_entry_is_counted_and_the_picture_stays_small(starts: list[tuple[str, int]], days: int) -> None:
    root = drawn(timeline_svg(data(*starts, days=days)))
    bars = [bar for bar in root.iter("rect") if "los-tl__bar" in bar.get("class", "")]
    counted = sum(int(bar.findtext("title", "").rsplit(": ", 1)[1].split()[0]) for bar in bars)
    assert counted == len(starts)
    assert sum(1 for _ in root.iter()) < 500
    assert all(float(bar.get("x", "-1")) >= 0 and float(bar.get("width", "0")) > 0 for bar in bars)
    assert not any("style" in element.attrib for element in root.iter())
