"""A chronology that this product wrote as a Word document, taken apart again into the columns it was made of.

The headings and styles are those of `chronology.documents`; a test holds the two together. They are written out
here because the small process that opens files loads nothing but what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lineofsight.records.tables import Cell, TableSource

if TYPE_CHECKING:
    from lineofsight.records.word_tables import Grid, Paragraph, WordCell

HEADINGS = (
    "Date and time", "Age", "Source agency and record", "What happened", "People and their role in this entry",
    "Who recorded it and when", "Marks",
)  # fmt: skip
COLUMNS = (
    "When", "Precision", "Written as", "Source agency", "Source record", "Entry", "What happened", "Kind", "Nature",
    "Narrative", "Child's own words", "Child's part", "People", "Places", "Things", "Recorded by", "Recorded on",
    "Handling", "Conditions", "Grading", "Marks",
)  # fmt: skip
STRONG, QUIET, QUOTED = "ChronologyStrong", "ChronologyQuiet", "ChronologyQuotation"
_REF = re.compile(r"(.*?)\s*\((P[0-9A-HJKMNP-TV-Z]{12})\)")
_OWN_WORDS = "The child’s own words: "
#: Between the people of one entry: no name holds it.
BETWEEN = " ; "


def read(name: str, grid: Grid) -> TableSource | None:
    """The table, or None when its headings are not ours."""
    place = next(
        (n for n, row in enumerate(grid[:3]) if tuple(cell.words() for cell in row) == HEADINGS), None
    )
    if place is None:
        return None

    def rows() -> Iterator[tuple[int, list[Cell]]]:
        for number, row in enumerate(grid[place + 1 :], start=place + 2):
            # A row that spans the table only names a quiet stretch.
            if len(row) == len(HEADINGS):
                yield number, list(_row(row))

    return TableSource(
        name, list(COLUMNS), rows(), ["This chronology was written by this product; nothing is lost."]
    )


def apart(about: dict[str, str]) -> dict[str, str]:
    """The child's name without the reference that our documents write behind it."""
    found = _REF.fullmatch(about.get("Child", ""))
    if not found:
        return about
    return {**about, "Child": found[1]}


def _row(row: list[WordCell]) -> tuple[Cell, ...]:
    when, _, source, what, people, recorded, marks = (cell.paragraphs for cell in row)
    quiet = [p.text for p in what if p.style == QUIET]
    kind, nature = _kind_and_nature(quiet[0] if quiet else "")
    child, others, places, things = _people(_texts(people))
    by, on = _recorded(_texts(recorded))
    rest = _texts([p for p in marks if p.style != STRONG])
    return (
        _first(when, STRONG), _first(when, QUIET), _after("Written as: ", _texts(when)),
        _first(source, STRONG), next((p.text for p in source if p.style not in (STRONG, QUIET)), ""),
        _after("Entry ", [p.text for p in source if p.style == QUIET]),
        _first(what, STRONG), kind, nature,
        "\n".join(p.text for p in what if p.style not in (STRONG, QUIET, QUOTED)),
        _own_words(_first(what, QUOTED)), child, others, places, things, by, on,
        _first(marks, STRONG), _after("Condition: ", rest), _after("Grading: ", rest),
        BETWEEN.join(text for text in rest if not text.startswith(("Condition: ", "Grading: "))),
    )  # fmt: skip


def _texts(paragraphs: list[Paragraph]) -> list[str]:
    return [text for p in paragraphs if (text := p.text.strip())]


def _first(paragraphs: list[Paragraph], style: str) -> str:
    return next((p.text.strip() for p in paragraphs if p.style == style), "")


def _after(label: str, texts: list[str]) -> str:
    return next((text[len(label) :] for text in texts if text.startswith(label)), "")


def _kind_and_nature(text: str) -> tuple[str, str]:
    """ "Missing report. Recorded as fact." """
    kind, _, nature = text.rstrip(".").rpartition(". ")
    return kind, nature


def _own_words(text: str) -> str:
    bare = text.removeprefix(_OWN_WORDS).strip()
    return bare[1:-1] if bare[:1] == "“" and bare[-1:] == "”" else bare


def _people(texts: list[str]) -> tuple[str, str, str, str]:
    """The child's part, the others, the places, the things."""
    places = [text[7:] for text in texts if text.startswith("Place: ")]
    things = [text[7:] for text in texts if text.startswith("Thing: ")]
    people = [text for text in texts if not text.startswith(("Place: ", "Thing: "))]
    child = people[0].rpartition(": ")[2] if people and ": " in people[0] else ""
    return child, BETWEEN.join(people[1:] if child else people), BETWEEN.join(places), BETWEEN.join(things)


def _recorded(texts: list[str]) -> tuple[str, str]:
    by = texts[0] if texts and texts[0] != "Name not given" else ""
    return by, _after("Recorded ", texts[1:])
