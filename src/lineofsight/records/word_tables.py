"""The table in a Word document: most often a chronology, which is what agencies e-mail each other today.

The document's XML is read as a stream, so nothing in it is run, followed or fetched. What stands above the table
("Child: ...", "Born: ...") is about all of its rows, and becomes columns of it. A chronology that this product
wrote is known by its headings and taken apart again, cell by cell.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import Limits
from lineofsight.records import own_document
from lineofsight.records.tables import Cell, TableSource, table

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
#: What people write before a colon, or in the left column of a block above the table, and the column it becomes.
#: Source: chronology templates of safeguarding partnerships; our own documents.
ABOUT = {
    "child": "Child", "name": "Child", "childs name": "Child", "name of child": "Child", "child name": "Child",
    "young person": "Child", "subject": "Child", "subject child": "Child", "full name": "Child",
    "born": "Date of birth", "date of birth": "Date of birth", "dob": "Date of birth", "childs dob": "Date of birth",
    "nhs number": "NHS number", "nhs no": "NHS number", "upn": "UPN", "case number": "Case number",
    "case id": "Case number", "mosaic id": "Case number", "lcs id": "Case number",
    "completed by": "Completed by", "author": "Completed by", "prepared by": "Completed by", "made by": "Completed by",
    "agency": "Agency", "made at": "Made at",
}  # fmt: skip
_PAIR = re.compile(r"\s*([^:]{2,40}?)\s*[:–]\s*(\S.*)")


@dataclass(slots=True)
class Paragraph:
    text: str = ""
    style: str = ""


@dataclass(slots=True)
class WordCell:
    paragraphs: list[Paragraph] = field(default_factory=list)
    across: int = 1
    #: '' a cell of its own, 'restart' the first of a column of merged cells, 'continue' a later one.
    merged: str = ""

    def words(self) -> str:
        return "\n".join(p.text.strip() for p in self.paragraphs if p.text.strip())


Grid = list[list[WordCell]]


def open_document(archive: zipfile.ZipFile, file_name: str, limits: Limits) -> Iterator[TableSource]:
    with archive.open("word/document.xml") as part:
        body = Body(file_name, limits)
        while chunk := part.read(1 << 16):
            body.feed(chunk)
        body.close()
    return tables_of(body, file_name, limits)


def tables_of(body: Body, file_name: str, limits: Limits) -> Iterator[TableSource]:
    about = about_of(body.loose, ())
    number, found = 0, False
    for grid in body.grids:
        width = max((sum(cell.across for cell in row) for row in grid), default=0)
        if width > limits.columns:
            raise Refused(f"{file_name} has a table of {width:,} columns, which nobody can have typed.")
        if width == 2 and (pairs := about_of([], grid)):
            about |= pairs
            continue
        if len(grid) < 2 or width < 2:
            continue
        number += 1
        name = "Chronology" if number == 1 else f"Chronology {number}"
        source = own_document.read(name, grid) or _plain(name, grid)
        if source is None:
            continue
        found = True
        yield with_about(source, about)
    if not found:
        raise Refused(
            f"{file_name} is a text document without a table of entries. Add it to the child's record as a document "
            "and write beside it what happened; or send the chronology as a table."
        )


def _plain(name: str, grid: Grid) -> TableSource | None:
    notes: list[str] = []
    above: dict[int, str] = {}

    def rows() -> Iterator[tuple[int, list[Cell]]]:
        for number, row in enumerate(grid, start=1):
            cells: list[Cell] = []
            for cell in row:
                place, text = len(cells), cell.words()
                if cell.merged == "continue":
                    text = above.get(place, "")
                elif cell.merged == "restart":
                    above[place] = text
                cells += [text, *([None] * (cell.across - 1))]
            yield number, cells

    return table(name, rows(), notes)


def about_of(loose: list[str], grid: Grid | tuple[()]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in loose:
        match = _PAIR.fullmatch(line)
        if match:
            _note(found, match[1], match[2])
    for row in grid:
        if len(row) == 2:
            _note(found, row[0].words().rstrip(": "), row[1].words())
    return found


def _note(found: dict[str, str], label: str, text: str) -> None:
    column = ABOUT.get(re.sub(r"[^a-z ]", "", label.casefold().replace("’", "").replace("'", "")).strip())
    if column and text:
        found.setdefault(column, text)


def with_about(source: TableSource, about: dict[str, str]) -> TableSource:
    """What is said of the whole table becomes columns of it, unless it has such a column of its own."""
    about = own_document.apart(about)
    have = {header.casefold() for header in source.headers}
    more = {column: text for column, text in about.items() if column.casefold() not in have}
    width, rows = len(source.headers), source.rows

    def widened() -> Iterator[tuple[int, list[Cell]]]:
        for number, cells in rows:
            yield (
                number,
                [*itertools.islice(itertools.chain(cells, itertools.repeat(None)), width), *more.values()],
            )

    return TableSource(source.name, [*source.headers, *more], widened(), source.notes) if more else source


class Body:
    """Paragraphs outside tables, and the tables, out of document.xml."""

    def __init__(self, file_name: str, limits: Limits) -> None:
        self.file_name, self.limits = file_name, limits
        self.loose: list[str] = []
        self.grids: list[Grid] = []
        self.open: list[Grid] = []
        self.paragraph: Paragraph | None = None
        self.deleted = 0
        self.depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.in_text = False

    def feed(self, data: bytes) -> None:
        try:
            self.parser.Parse(data, False)
        except expat.ExpatError as error:
            raise Refused(
                f"{self.file_name} is damaged and cannot be opened. Ask the sender to send it again."
            ) from error

    def close(self) -> None:
        try:
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Refused(
                f"{self.file_name} is damaged and cannot be opened. Ask the sender to send it again."
            ) from error

    def _doctype(self, *_: object) -> None:
        raise Refused(
            f"{self.file_name} carries a document type declaration (DTD), by which XML files do harm."
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > 4 * self.limits.depth:
            raise Refused(f"{self.file_name} is nested deeper than any document is.")
        space, _, local = name.rpartition(" ")
        if space not in (_WORD, _STRICT):
            return
        value = attributes.get(f"{space} val", "")
        match local:
            case "tbl":
                self.open.append([])
            case "tr" if self.open:
                self.open[-1].append([])
            case "tc" if self.open and self.open[-1]:
                self.open[-1][-1].append(WordCell())
            case "gridSpan" if (cell := self._cell()) is not None and value.isdigit():
                cell.across = max(1, min(int(value), self.limits.columns))
            case "vMerge" if (cell := self._cell()) is not None:
                cell.merged = value or "continue"
            case "p":
                self.paragraph = Paragraph()
            case "pStyle" if self.paragraph is not None:
                self.paragraph.style = value
            case "t" if not self.deleted:
                self.in_text = True
            case "br" | "cr" if self.paragraph is not None and not self.deleted:
                self.paragraph.text += "\n"
            case "tab" | "noBreakHyphen" if self.paragraph is not None and not self.deleted:
                self.paragraph.text += "\t" if local == "tab" else "-"
            case "del" | "moveFrom":
                # Words that were struck out under "track changes" are no longer said.
                self.deleted += 1

    def _end(self, name: str) -> None:
        self.depth -= 1
        local = name.rpartition(" ")[2]
        match local:
            case "tbl" if self.open:
                done = self.open.pop()
                if self.open:
                    self._nested(done)
                else:
                    self.grids.append(done)
            case "p" if self.paragraph is not None:
                cell = self._cell()
                if cell is not None:
                    cell.paragraphs.append(self.paragraph)
                else:
                    self.loose += self.paragraph.text.split("\n")
                self.paragraph = None
            case "t":
                self.in_text = False
            case "del" | "moveFrom" if self.deleted:
                self.deleted -= 1

    def _nested(self, grid: Grid) -> None:
        """A table within a cell becomes lines of the cell."""
        cell = self._cell()
        if cell is not None:
            cell.paragraphs += [Paragraph(" | ".join(c.words() for c in row)) for row in grid]

    def _data(self, data: str) -> None:
        if self.in_text and self.paragraph is not None:
            self.paragraph.text += data

    def _cell(self) -> WordCell | None:
        return self.open[-1][-1][-1] if self.open and self.open[-1] and self.open[-1][-1] else None
