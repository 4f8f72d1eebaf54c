"""Workbooks: their sheets as tables, with the values that were saved and never a formula run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import Limits
from lineofsight.records.archives import DOCUMENT, locked
from lineofsight.records.tables import Cell, TableSource, table

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_REPEATED = re.compile(rb'number-(?:columns|rows)-repeated="([0-9]+)"')


def open_workbook(
    file: BinaryIO, file_name: str, kind: str, limits: Limits, archive: zipfile.ZipFile | None = None
) -> Iterator[TableSource]:
    """`kind` is xlsx, ods or old (XLS)."""
    import python_calamine

    if archive is not None:
        _check_cells(archive, file_name, limits)
    else:
        _check_old(file, file_name)
    file.seek(0)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(file)
    except python_calamine.PasswordError as error:
        raise locked(file_name) from error
    except Exception as error:  # the reader raises several kinds of its own for a broken file
        raise _unreadable(file_name) from error
    return _sheets(book, file_name, limits)


def _check_old(file: BinaryIO, file_name: str) -> None:
    file.seek(0)
    content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise locked(file_name)
    if "WordDocument".encode("utf-16-le") in content:
        raise Refused(
            f"{file_name} is a Word document of the old kind. Save it as DOCX and send that. {DOCUMENT}"
        )
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise Refused(
            f"{file_name} holds a program (a macro). Save it as a workbook without macros (XLSX) or as CSV, and send that."
        )


def _unreadable(file_name: str) -> Refused:
    return Refused(
        f"{file_name} is damaged or not a workbook. Open it, save it as XLSX or CSV, and send that."
    )


def _check_cells(archive: zipfile.ZipFile, file_name: str, limits: Limits) -> None:
    """A sheet is laid out whole when it is read, so its size is looked at first, from the first cell to the last."""
    for item in archive.infolist():
        name = item.filename.lower()
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _check_sheet(archive, item, file_name, limits)
        elif name == "content.xml":
            _check_repeats(archive, item, file_name, limits)


def _check_sheet(archive: zipfile.ZipFile, item: zipfile.ZipInfo, file_name: str, limits: Limits) -> None:
    cells = 0
    left = top = 1 << 30
    right = bottom = 0
    for text in _pieces(archive, item):
        cells += len(_CELL.findall(text))
        for letters, digits in _PLACE.findall(text):
            column, row = _column_number(letters), int(digits)
            left, right, top, bottom = min(left, column), max(right, column), min(top, row), max(bottom, row)
        spread = (right - left + 1) * (bottom - top + 1) if right else 0
        if max(cells, spread) > limits.cells:
            raise Refused(
                f"{file_name} has a sheet of {max(cells, spread):,} cells or more; the most is {limits.cells:,}. A cell "
                "far from the others counts all between. Save the table as CSV, or send it in parts."
            )
        if right > limits.columns and right - left >= limits.columns:
            raise Refused(f"{file_name} has a sheet of {right:,} columns; the most is {limits.columns:,}.")


def _check_repeats(archive: zipfile.ZipFile, item: zipfile.ZipInfo, file_name: str, limits: Limits) -> None:
    """OpenDocument writes a cell once and how often it is repeated. Empty ones to the edge of the sheet are usual."""
    repeated = 1
    for text in _pieces(archive, item):
        for digits in _REPEATED.findall(text):
            number = int(digits)
            if 1 < number < 16_000:
                repeated += number
            if repeated > limits.cells:
                raise Refused(
                    f"{file_name} has a sheet of more than {limits.cells:,} cells. "
                    "Save the table as CSV, or send it in parts."
                )


def _pieces(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part in pieces that end between two tags, so that no name is cut in two."""
    kept = b""
    with archive.open(item) as part:
        while chunk := part.read(1 << 20):
            text = kept + chunk
            cut = text.rfind(b">") + 1
            yield text[:cut]
            kept = text[cut:][-4096:]
    yield kept


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(book: Any, file_name: str, limits: Limits) -> Iterator[TableSource]:
    found = 0
    for data in book.sheets_metadata:
        if "WorkSheet" not in str(data.typ):
            continue
        try:
            sheet = book.get_sheet_by_name(data.name)
        except Exception as error:  # as above
            raise _unreadable(file_name) from error
        if not sheet.height or not sheet.width:
            continue
        rows = enumerate((list(row) for row in _sheet_rows(sheet)), start=1)
        source = table(data.name, rows, [])
        if source is None:
            continue
        if "Visible" not in str(data.visible):
            source.notes.append("This sheet is hidden in the workbook.")
        found += 1
        if found > limits.tables:
            raise Refused(f"{file_name} has more than {limits.tables} sheets. Send it in parts.")
        yield source
    if not found:
        raise Refused(
            f"{file_name} has no sheet with a table in it. Check that the right workbook was saved."
        )


def _sheet_rows(sheet: Any) -> Iterator[list[Cell]]:
    """Rows from the very first of the sheet, so that row numbers agree with what the sender sees."""
    yield from ([] for _ in range((sheet.start or (0, 0))[0]))
    yield from sheet.iter_rows()
