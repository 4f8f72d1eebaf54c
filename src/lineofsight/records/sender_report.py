"""Back to the sender: what the agency can put right about a file that it sent, as a page, a table and a print."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.catalogue.when import local
from lineofsight.chronology.documents.plain import harmless
from lineofsight.records import queries
from lineofsight.records.checking import ADVICE, TITLES

_HERE = Path(__file__).resolve().parent
_FONTS = _HERE.parent / "ui" / "fonts"
COLUMNS = ("What", "Table", "Row", "Column", "As it was sent", "Why", "What to do")
ASIDE = "Rows kept aside"
ASIDE_ADVICE = "Put the row right at its source; the next file brings it in."


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to put right. `row` is its number in the file."""

    table: str
    row: int
    column: str
    sent: str
    why: str


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind; `count` is how many there are, of which `lines` may be the first only."""

    title: str
    advice: str
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SenderReport:
    file_name: str
    ref: str
    agency: str
    received: datetime
    rows: int
    taken: int
    sections: tuple[Section, ...]
    tables: tuple[tuple[str, str], ...]
    made_by: str
    made_at: datetime

    @property
    def nothing(self) -> bool:
        return not self.sections and not self.tables


def gather(actor: Actor, delivery: Any) -> SenderReport:
    """The report, in the order in which an agency would work through it."""
    tables = delivery.report.get("tables", [])
    rows = sum(table["rows"] for table in tables)
    aside = sum(table["aside"] for table in tables)
    sections = [*_aside(delivery, aside), *_to_check(delivery, tables)]
    return SenderReport(
        file_name=delivery.file_name,
        ref=delivery.ref,
        agency=delivery.agency.name,
        received=delivery.received_at,
        rows=rows,
        taken=rows - aside,
        sections=tuple(sections),
        tables=tuple(_said_of_tables(delivery, tables)),
        made_by=actor.name,
        made_at=timezone.now(),
    )


def _aside(delivery: Any, count: int) -> Iterator[Section]:
    rows = queries.kept_aside(delivery)
    if rows:
        lines = tuple(
            Line(
                row.table,
                row.number,
                "",
                "; ".join(f"{c}: {v}" for c, v in row.raw.items()),
                " ".join(row.reasons),
            )
            for row in rows
        )
        yield Section(ASIDE, ASIDE_ADVICE, max(count, len(rows)), lines)


def _to_check(delivery: Any, tables: list[dict[str, Any]]) -> Iterator[Section]:
    found = queries.cells_to_check(delivery)
    for code, title in TITLES.items():
        lines = tuple(
            Line(one.table, one.number, one.column, one.value, one.words) for one in found if one.code == code
        )
        if lines:
            count = sum(table.get("to_check", {}).get(code, 0) for table in tables)
            yield Section(title, ADVICE[code], max(count, len(lines)), lines)


def _said_of_tables(delivery: Any, tables: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """What concerns a whole table: odd things about it, columns that were looked for."""
    if delivery.report.get("refused"):
        yield delivery.file_name, delivery.report["refused"]
    for table in tables:
        for note in table["notes"]:
            yield table["name"], note
        if table["refused"]:
            yield table["name"], table["refused"]
        if table["repeated"]:
            yield table["name"], f"{table['repeated']:,} rows stand in it twice; each was taken once."


def as_csv(report: SenderReport) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for table, words in report.tables:
        writer.writerow(["About the table", *map(harmless, (table, "", "", "", words, ""))])
    for section in report.sections:
        for line in section.lines:
            cells = (
                section.title,
                line.table,
                str(line.row),
                line.column,
                line.sent,
                line.why,
                section.advice,
            )
            writer.writerow([harmless(cell) for cell in cells])
    # The mark at the start is how Excel knows that the file is UTF-8.
    return out.getvalue().encode("utf-8-sig")


def as_pdf(report: SenderReport) -> bytes:
    """Words are handed to the typesetting as data; nothing that came in a file is ever read as its language."""
    data = {
        "title": f"About your file {report.file_name}",
        "marking": settings.MARKING,
        "author": report.made_by,
        "facts": [
            ["File", report.file_name], ["From", report.agency], ["Reference", report.ref],
            ["Received", f"{local(report.received):%d %B %Y, %H:%M}"],
            ["Rows read", f"{report.rows:,}"], ["Rows taken in", f"{report.taken:,}"],
            ["Made by", report.made_by], ["Made at", f"{local(report.made_at):%d %B %Y, %H:%M}"],
        ],
        "tables": [list(pair) for pair in report.tables],
        "sections": [
            {
                "title": section.title, "advice": section.advice, "count": f"{section.count:,}",
                "first": len(section.lines[:PRINTED]) if section.count > len(section.lines[:PRINTED]) else 0,
                "rows": [[str(line.row), line.table, line.column, line.sent, line.why] for line in section.lines[:PRINTED]],
            }
            for section in report.sections
        ],
    }  # fmt: skip
    made = typst.compile(
        str(_HERE / "sender_report.typ"), root=str(_HERE), font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=report.made_at.astimezone(UTC).replace(microsecond=0),
    )  # fmt: skip
    assert isinstance(made, bytes)
    return made


#: Of a section, on paper and on the page; all of them are in the CSV file.
PRINTED = 200


@lru_cache(maxsize=1)
def _fonts() -> Any:
    return typst.Fonts(font_paths=[str(_FONTS)])
