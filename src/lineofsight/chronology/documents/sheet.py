"""Excel: a sheet to filter and sort, with what the document is on a second sheet. Every cell is text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from lineofsight.catalogue.when import local
from lineofsight.chronology.documents.content import dates_of
from lineofsight.chronology.documents.plain import columns, harmless, values
from lineofsight.chronology.documents.shapes import Document
from lineofsight.chronology.documents.table import SILENT_HEADING, facts, silent

#: Excel's own limit is 32,767 characters in a cell; the rest goes into further rows, since nothing may be
#: cut off. Kept a little lower to leave room for the guarding apostrophe.
CELL_LIMIT = 32_000

_WIDE = {
    "What happened": 42,
    "Narrative": 70,
    "Child’s own words": 36,
    "People and roles": 32,
    "Comments": 32,
    "What it signifies": 42,
}
_MIDDLE = {"Date and time": 24, "Date (sortable)": 26, "To (sortable)": 26, "Agency": 24, "Source record": 26}
_NARROW = {"Entry": 12, "Age": 8}
_USUAL_WIDTH = 18

#: Its number in the file format (ECMA-376, part 1, section 18.3.1.63).
_A4 = 9

_WRAPPED = Alignment(wrap_text=True, vertical="top")
_BOLD = Font(bold=True)
_HEAD = Font(bold=True, color="FFFFFF")
_HEAD_FILL = PatternFill("solid", start_color="0B5A5F", end_color="0B5A5F")


def write(document: Document) -> bytes:
    book = Workbook(write_only=True)
    made = local(document.made_at).replace(tzinfo=None)
    book.properties.title = document.title
    book.properties.creator = document.made_by
    book.properties.language = "en-GB"
    book.properties.created = made
    _lines(book, document)
    _about(book, document)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(book: Any, document: Document) -> None:
    sheet = book.create_sheet("Chronology")
    _dress(sheet, document)
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    names = columns(document)
    for place, name in enumerate(names, start=1):
        width = _WIDE.get(name) or _MIDDLE.get(name) or _NARROW.get(name) or _USUAL_WIDTH
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_text(sheet, name, font=_HEAD, fill=_HEAD_FILL) for name in names])
    written = 1
    dates = dates_of(document)
    for line in document.lines:
        for row in _within_limit(values(line, dates, meeting=bool(document.meeting))):
            sheet.append([_text(sheet, value) for value in row])
            written += 1
    if not document.lines:
        sheet.append([_text(sheet, "No entries in this document")])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{max(written, 2)}"


def _within_limit(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The row, and as many rows below it as its longest text needs. Those repeat the entry and its date."""
    longest = max(map(len, row))
    for start in range(0, max(longest, 1), CELL_LIMIT):
        part = tuple(value[start : start + CELL_LIMIT] for value in row)
        yield part if start == 0 else (f"{row[0]} (continued)", *row[1:3], *part[3:])


def _about(book: Any, document: Document) -> None:
    sheet = book.create_sheet("About this document")
    _dress(sheet, document)
    sheet.column_dimensions["A"].width = 22
    sheet.column_dimensions["B"].width = 100
    pairs = [("Title", document.title), *facts(document)]
    if document.withheld:
        pairs.append(("Not in this document", document.withheld))
    pairs.extend(("Note", note) for note in document.notes)
    if document.meeting:
        pairs.extend((SILENT_HEADING, line) for line in silent(document))
    for name, value in pairs:
        sheet.append([_text(sheet, name, font=_BOLD), _text(sheet, value[:CELL_LIMIT])])
        for start in range(CELL_LIMIT, len(value), CELL_LIMIT):
            sheet.append([_text(sheet, ""), _text(sheet, value[start : start + CELL_LIMIT])])


def _dress(sheet: Any, document: Document) -> None:
    """Landscape, as wide as the page, marked on top and at the foot."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    marking = document.marking.replace("&", "&&")
    sheet.oddHeader.center.text = marking
    sheet.oddFooter.left.text = marking
    sheet.oddFooter.right.text = "Page &P of &N"


def _text(sheet: Any, value: str, *, font: Font | None = None, fill: PatternFill | None = None) -> Any:
    cell = WriteOnlyCell(sheet, value=harmless(value) or None)
    if value:
        # Said outright, so that no text is ever taken for a formula, a number or an error.
        cell.data_type = "s"
    cell.alignment = _WRAPPED
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    return cell
