"""CSV and JSON: for people who will read the chronology with another program."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from lineofsight.chronology.documents.content import content, content_hash, dates_of
from lineofsight.chronology.documents.dates import Dates
from lineofsight.chronology.documents.shapes import Document, Line
from lineofsight.chronology.documents.table import NATURE_WORDS, SILENT_HEADING, silent, with_role

#: What a spreadsheet would run as a formula when it opens the file: the signs in every width, alone or behind what
#: programs strip before they look (spaces, quotation marks, control and invisible characters).
#: Source: OWASP, CSV Injection; Unicode compatibility forms of the four signs.
_FORMULA = re.compile(
    '[\\s"“”‘’«»`\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*'
    "[=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−]"
    "|[\t\r\n]"
)

#: What the keys of the JSON file mean; written into every file.
KEYS = {
    "made": "who made this copy, when (ISO 8601) and for what purpose; not covered by content_hash",
    "content_hash": "SHA-256 of content as JSON with sorted keys, no spaces between tokens, UTF-8",
    "content.period": "the days asked for, both included; null where open",
    "content.agencies": "the agencies asked for; empty means all",
    "content.withheld": "what other agencies hold that is not in this document",
    "content.lines": "the entries in the order of the document",
    "lines.when": "from and to in ISO 8601, from included and to excluded; precision as the source knew it; "
    "in an anonymised document from is an ISO week and to is null; "
    "shown is how the document prints it; as_written is the source's own words",
    "lines.agency": "whose record it is",
    "lines.source": "the system and record that it comes from",
    "lines.nature": "fact, reported or opinion",
    "lines.role": "the child's part in this entry",
    "lines.people": "the others in this entry, each with the part they had in it",
    "lines.child_words": "what the child said, as recorded",
    "lines.recorded_at": "when the agency recorded it; null where the source does not say",
    "lines.received_at": "when it reached the partnership",
    "content.meeting": "the meeting or review that it is for; not_contributed are the agencies that are not in it",
    "lines.significance": "for a meeting: what the entry signifies in the words of marked_by",
    "lines.marks": "what has happened to the entry since, such as a correction",
}

COLUMNS = (
    "Entry", "Date and time", "Date (sortable)", "To (sortable)", "Date precision", "Date as written", "Age",
    "Agency", "Source record", "Kind", "What happened", "Narrative", "Child’s own words", "Nature",
    "Child’s role", "People and roles", "Places", "Phones and things", "Recorded by", "Recorded at",
    "Reached us at", "Handling", "Conditions", "Grading", "Marks", "Comments",
)  # fmt: skip

MEETING_COLUMNS = ("What it signifies", "Who says so")

ABOUT_COLUMNS = ("Child", "Marking", "About this document", "Contents hash")


def write_json(document: Document) -> bytes:
    dates = dates_of(document)
    made_at = dates.sortable(document.made_at)
    whole = {
        "format": "lineofsight chronology 1",
        "keys": KEYS,
        "made": {"by": document.made_by, "at": made_at, "for": document.made_for},
        "content_hash": content_hash(document),
        "content": content(document),
    }
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def write_csv(document: Document) -> bytes:
    """One row for each line. The last columns say on every row what the whole document is, so that a row
    copied elsewhere keeps its marking."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*columns(document), *ABOUT_COLUMNS))
    about = tuple(harmless(text) for text in _about(document))
    for values in _values_or_none(document):
        writer.writerow((*(harmless(value) for value in values), *about))
    # The mark at the start is how Excel knows that the file is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def columns(document: Document) -> tuple[str, ...]:
    return (*COLUMNS, *MEETING_COLUMNS) if document.meeting else COLUMNS


def harmless(text: str) -> str:
    """The same text, unable to start a formula. The apostrophe also survives being saved as CSV again."""
    return f"'{text}" if _FORMULA.match(text) else text


def _about(document: Document) -> tuple[str, ...]:
    checks = f"{SILENT_HEADING}: {'; '.join(silent(document))}" if document.meeting else ""
    says = " ".join(part for part in (document.title, document.withheld, *document.notes, checks) if part)
    return (document.child_name, document.marking, says, content_hash(document))


def _values_or_none(document: Document) -> Iterator[tuple[str, ...]]:
    dates = dates_of(document)
    for line in document.lines:
        yield values(line, dates, meeting=bool(document.meeting))
    if not document.lines:
        yield tuple(
            "No entries in this document" if name == "What happened" else "" for name in columns(document)
        )


def values(line: Line, dates: Dates, *, meeting: bool = False) -> tuple[str, ...]:
    """One text for each of COLUMNS, and for a meeting of MEETING_COLUMNS."""
    when = line.when
    timed = when.is_known and dates.week_one is None
    return (
        line.ref,
        dates.of_when(when),
        dates.sortable_when(when),
        dates.sortable(when.end) if timed else "",
        dates.precision(when),
        when.text if dates.week_one is None else "",
        line.age,
        line.agency_name or line.agency,
        line.source,
        line.kind,
        line.title,
        line.narrative,
        line.child_words,
        NATURE_WORDS.get(line.nature, line.nature),
        line.role,
        "; ".join(with_role(name, role) for name, role in line.people),
        "; ".join(line.places),
        "; ".join(line.things),
        line.recorded_by,
        dates.sortable(line.recorded_at) if line.recorded_at else "",
        dates.sortable(line.received_at),
        line.handling,
        line.conditions,
        line.grading,
        "; ".join(line.marks),
        "; ".join(line.comments),
        *((line.significance, line.marked_by) if meeting else ()),
    )
