"""What the table says, cell by cell, before any format has a say. Word, PDF and web print exactly this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lineofsight.catalogue.when import When
from lineofsight.chronology.documents.content import content_hash, dates_of
from lineofsight.chronology.documents.dates import Dates, quiet_words
from lineofsight.chronology.documents.shapes import Document, Line
from lineofsight.chronology.rules import gap_between

HEADINGS = (
    "Date and time",
    "Age",
    "Source agency and record",
    "What happened",
    "People and their role in this entry",
    "Who recorded it and when",
    "Marks",
)

#: Millimetres across a landscape A4 page with 12 mm margins.
WIDTHS = (31, 17, 38, 90, 40, 33, 24)

#: For a meeting or review: its own columns for what agencies add and for what a named person says it signifies.
MEETING_HEADINGS = (
    "Date and time",
    "Source agency and record",
    "What happened",
    "People and their role in this entry",
    "Marks",
    "Agencies’ comments",
    "What it signifies, and who says so",
)
MEETING_WIDTHS = (29, 33, 80, 37, 22, 36, 36)

SILENT_HEADING = "Agencies that have not contributed"
ALL_CONTRIBUTED = "Every agency that works with the child stands in this chronology."

NATURE_WORDS = {"fact": "Recorded as fact", "reported": "Reported, not confirmed", "opinion": "Opinion"}

#: A row shorter than this is kept on one page. A longer one may run on, so that no page is left half empty.
KEPT_TOGETHER = 900


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph. `tone` is plain, strong, quiet or quoted."""

    text: str
    tone: str = "plain"


Cell = tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the document, one cell for each of HEADINGS."""

    cells: tuple[Cell, ...]

    @property
    def keep_together(self) -> bool:
        return all(sum(len(words.text) for words in cell) < KEPT_TOGETHER for cell in self.cells)


def headings(document: Document) -> tuple[str, ...]:
    return MEETING_HEADINGS if document.meeting else HEADINGS


def widths(document: Document) -> tuple[int, ...]:
    return MEETING_WIDTHS if document.meeting else WIDTHS


def silent(document: Document) -> list[str]:
    """The check list, a line each; for a meeting alone."""
    return [
        "☐ " + ", ".join(filter(None, (agency, contact))) for agency, contact in document.silent
    ] or [ALL_CONTRIBUTED]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """A quiet stretch between two lines."""

    text: str


def facts(document: Document) -> list[tuple[str, str]]:
    """The title block: what this is, about whom, and how to tell that a copy is the same."""
    dates = dates_of(document)
    known = [line.when for line in document.lines if line.when.is_known]
    child = document.child_name
    if document.child_ref:
        child = f"{child} ({document.child_ref})" if child else document.child_ref
    rows = [
        ("Child", child),
        ("Born", document.born),
        ("Meeting", document.meeting),
        ("Period", "" if document.meeting else _period(document, dates)),
        ("Agencies", ", ".join(document.agencies) or "All agencies"),
        ("Entries", str(len(document.lines))),
        ("First entry", dates.of_when(min(known, key=lambda when: when.start)) if known else ""),
        ("Last entry", dates.of_when(max(known, key=lambda when: when.start)) if known else ""),
        ("Made by", document.made_by),
        ("Made at", dates.of_moment(document.made_at)),
        ("Made for", document.made_for),
        ("Partnership", document.partnership),
        ("Marking", document.marking),
        ("Contents hash", content_hash(document)),
    ]
    return [(name, value) for name, value in rows if value]


def _period(document: Document, dates: Dates) -> str:
    start, end = document.period_from, document.period_to
    if start and end:
        return f"{dates.of_day(start)} to {dates.of_day(end)}"
    if start:
        return f"From {dates.of_day(start)}"
    return f"Up to {dates.of_day(end)}" if end else "All dates"


def rows(document: Document) -> Iterator[Row | Gap]:
    """Every line in the order given, with quiet stretches named between them."""
    dates = dates_of(document)
    gaps = _gaps(document)
    for place, line in enumerate(document.lines):
        if place in gaps:
            yield Gap(gaps[place])
        yield Row(_cells(line, document, dates))


def _gaps(document: Document) -> dict[int, str]:
    """Place of a line -> what to say before it. None when the lines are in no order of time."""
    known = [(place, line.when) for place, line in enumerate(document.lines) if line.when.is_known]
    starts = [when.start for _, when in known]
    if starts == sorted(starts):
        return _gaps_forward(known)
    if starts == sorted(starts, reverse=True):
        # Newest first: the gap found before a line on the way forward stands after it on the page.
        found = _gaps_forward(list(reversed(known)))
        following = {known[at][0]: known[at + 1][0] for at in range(len(known) - 1)}
        return {following[place]: words for place, words in found.items() if place in following}
    return {}


def _gaps_forward(known: list[tuple[int, When]]) -> dict[int, str]:
    found: dict[int, str] = {}
    latest: datetime | None = None
    for place, when in known:
        quiet = gap_between(latest, when.start) if latest else None
        if quiet is not None:
            # "In this document": another agency, or another filter, may hold an entry.
            found[place] = f"{quiet_words(quiet)} without an entry in this document"
        latest = max(latest or when.end, when.end)
    return found


def _cells(line: Line, document: Document, dates: Dates) -> tuple[Cell, ...]:
    if document.meeting:
        return _meeting_cells(line, document, dates)
    return (
        _date(line, dates),
        _cell(Words(line.age)),
        _cell(
            Words(line.agency_name or line.agency, "strong"),
            Words(line.source),
            Words(f"Entry {line.ref}" if line.ref else "", "quiet"),
        ),
        _what(line),
        _people(line, document),
        _recorded(line, dates),
        _marks(line),
    )


def _meeting_cells(line: Line, document: Document, dates: Dates) -> tuple[Cell, ...]:
    return (
        _date(line, dates),
        _cell(
            Words(line.agency_name or line.agency, "strong"),
            Words(line.source),
            *_recorded(line, dates)[1:2],
            Words(f"Entry {line.ref}" if line.ref else "", "quiet"),
        ),
        _what(line),
        _people(line, document),
        _marks(replace(line, comments=())),
        _cell(*(Words(comment) for comment in line.comments)),
        _cell(Words(line.significance), Words(line.marked_by if line.significance else "", "quiet")),
    )


def _cell(*words: Words) -> Cell:
    return tuple(one for one in words if one.text.strip())


def _date(line: Line, dates: Dates) -> Cell:
    written = dates.as_written(line.when)
    return _cell(
        Words(dates.of_when(line.when), "strong"),
        Words(f"Written as: {written}" if written else ""),
        Words("" if not line.when.is_known else dates.precision(line.when).capitalize(), "quiet"),
    )


def _what(line: Line) -> Cell:
    nature = NATURE_WORDS.get(line.nature, line.nature)
    return _cell(
        Words(line.title, "strong"),
        Words(f"{line.kind}. {nature}." if line.kind else f"{nature}.", "quiet"),
        Words(line.narrative),
        Words(
            f"The child’s own words: {quoted(line.child_words)}" if line.child_words.strip() else "", "quoted"
        ),
    )


def quoted(text: str) -> str:
    """In quotation marks, once."""
    bare = text.strip()
    if bare[:1] in '“"‘' and bare[-1:] in '”"’':
        return bare
    return f"“{bare}”"


def _people(line: Line, document: Document) -> Cell:
    child = [Words(f"{document.child_name or 'The child'}: {line.role}")] if line.role else []
    others = [Words(with_role(name, role)) for name, role in line.people]
    places = [Words(f"Place: {place}") for place in line.places if place.strip()]
    things = [Words(f"Thing: {thing}") for thing in line.things if thing.strip()]
    return _cell(*child, *others, *places, *things)


def with_role(name: str, role: str) -> str:
    return f"{name or 'Name not given'}: {role}" if role else name


def _recorded(line: Line, dates: Dates) -> Cell:
    at = dates.of_moment(line.recorded_at) if line.recorded_at else "date of recording not given"
    return _cell(
        Words(line.recorded_by or "Name not given"),
        Words(f"Recorded {at}" if line.recorded_at else at.capitalize()),
        Words(f"Reached us {dates.of_moment(line.received_at)}", "quiet"),
    )


def _marks(line: Line) -> Cell:
    handling = line.handling.capitalize() if line.handling not in ("", "standard") else ""
    return _cell(
        Words(handling, "strong"),
        Words(f"Condition: {line.conditions}" if line.conditions.strip() else ""),
        Words(f"Grading: {line.grading}" if line.grading.strip() else ""),
        *(Words(mark[:1].upper() + mark[1:]) for mark in line.marks),
        *(Words(f"Comment: {comment}") for comment in line.comments if comment.strip()),
    )
