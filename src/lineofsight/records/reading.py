"""Opening what an agency sent: which kind of file it truly is, and the tables inside it, row by row.

The content decides, never the name. Text tables are streamed, so memory stays flat however long they are.
What cannot be read as a table is refused with a sentence that says what to do instead.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from lineofsight.catalogue.errors import Refused

Cell = str | int | float | bool | date | datetime | time | timedelta | None

#: Largest file taken in, and largest unpacked workbook: a small zip can unfold to fill a disk.
LIMIT_BYTES = 500_000_000
LIMIT_UNPACKED = 2_000_000_000
HEAD = 65_536
LOOK_FOR_HEADER = 30
DELIMITERS = (",", ";", "\t", "|")
# A quotation mark that is opened and never closed would swallow the file: no cell is longer than this.
LONGEST_CELL = 4_000_000

_DOCUMENT = "Add it to the child's record as a document; its words are kept, but no rows can be read from it."
_NUMBER = re.compile(r"[-+£]?[\d.,/: -]+%?")


@dataclass(slots=True)
class TableSource:
    """One table: `name` is the sheet's name or the file's stem; rows come with their number in the file.

    `notes` says what was odd about the file; it grows while rows are read."""

    name: str
    headers: list[str]
    rows: Iterator[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)


def open_tables(path: Path, *, file_name: str, limit: int = LIMIT_BYTES) -> Iterator[TableSource]:
    """The tables in a file, in its own order. Each must be read to its end before the next is asked for."""
    size = path.stat().st_size
    if size == 0:
        raise Refused(f"{file_name} is empty. Ask the sender to export it again.")
    if size > limit:
        raise Refused(
            f"{file_name} is {_megabytes(size)}; the most that is taken in at once is {_megabytes(limit)}. "
            "Ask for it in parts, for example one year at a time."
        )
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _workbook(path, file_name, _zip_kind(path, file_name))
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _workbook(path, file_name, "old")
    _refuse_others(head, file_name)
    return _text_table(path, head, file_name)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


def _refuse_others(head: bytes, file_name: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if head.startswith(b"%PDF"):
        raise Refused(f"{file_name} is a PDF. {_DOCUMENT}")
    if start.startswith(b"{\\rtf"):
        raise Refused(f"{file_name} is a text document. {_DOCUMENT}")
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        raise Refused(
            f"{file_name} is a web page, whatever its name says. Open it in a spreadsheet program, "
            "save it as XLSX or CSV, and send that."
        )
    if start.startswith(b"<?xml"):
        raise Refused(f"{file_name} is an XML file. Ask the sender for the same data as CSV or XLSX tables.")
    if start.startswith((b"{", b"[{")):
        raise Refused(f"{file_name} is a JSON file. Ask the sender for the same data as CSV or XLSX tables.")
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise Refused(f"{file_name} is a packed archive. Unpack it and send the files inside.")


# Workbooks


def _zip_kind(path: Path, file_name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            unpacked = sum(item.file_size for item in archive.infolist())
            kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
            locked = "manifest:encryption-data" in _manifest(archive, names)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise Refused(
            f"{file_name} is damaged and cannot be opened. Ask the sender to send it again."
        ) from error
    if unpacked > LIMIT_UNPACKED:
        raise Refused(
            f"{file_name} unfolds to {_megabytes(unpacked)}, which is too large to read. Ask for it in parts."
        )
    if "word/document.xml" in names or "opendocument.text" in kind:
        raise Refused(f"{file_name} is a text document. {_DOCUMENT}")
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "opendocument.spreadsheet" in kind:
        if locked:
            raise _locked(file_name)
        return "ods"
    raise Refused(f"{file_name} is an archive, not a table. Unpack it and send the files inside.")


def _manifest(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "META-INF/manifest.xml" not in names:
        return ""
    with archive.open("META-INF/manifest.xml") as part:
        return part.read(1_000_000).decode("utf-8", "replace")


def _locked(file_name: str) -> Refused:
    return Refused(
        f"{file_name} is protected by a password, so it cannot be read. Save a copy without the "
        "password and send that by your secure route."
    )


def _workbook(path: Path, file_name: str, kind: str) -> Iterator[TableSource]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise _locked(file_name) from error
    except Exception as error:  # the reader raises several kinds of its own for a broken file
        raise _unreadable_workbook(path, file_name, kind) from error
    return _sheets(book, file_name)


def _unreadable_workbook(path: Path, file_name: str, kind: str) -> Refused:
    if kind == "old":
        content = path.read_bytes()
        if "EncryptedPackage".encode("utf-16-le") in content:
            return _locked(file_name)
        if "WordDocument".encode("utf-16-le") in content:
            return Refused(f"{file_name} is a text document. {_DOCUMENT}")
    return Refused(
        f"{file_name} is damaged or not a workbook. Open it, save it as XLSX or CSV, and send that."
    )


def _sheets(book: Any, file_name: str) -> Iterator[TableSource]:
    found = False
    for data in book.sheets_metadata:
        if "WorkSheet" not in str(data.typ):
            continue
        sheet = book.get_sheet_by_name(data.name)
        if not sheet.height or not sheet.width:
            continue
        rows = enumerate((list(row) for row in _sheet_rows(sheet)), start=1)
        table = _table(data.name, rows, [])
        if table is None:
            continue
        if "Visible" not in str(data.visible):
            table.notes.append("This sheet is hidden in the workbook.")
        found = True
        yield table
    if not found:
        raise Refused(
            f"{file_name} has no sheet with a table in it. Check that the right workbook was saved."
        )


def _sheet_rows(sheet: Any) -> Iterator[list[Cell]]:
    """Rows from the very first of the sheet, so that row numbers agree with what the sender sees."""
    yield from ([] for _ in range((sheet.start or (0, 0))[0]))
    yield from sheet.to_python(skip_empty_area=True)


# Text


def _text_table(path: Path, head: bytes, file_name: str) -> Iterator[TableSource]:
    encoding, notes = _encoding(path, head)
    text = head.decode(encoding, "replace")
    _refuse_rubbish(text, file_name)
    delimiter = _delimiter(text)
    if not delimiter:
        raise Refused(
            f"{file_name} does not look like a table: no column separator (comma, semicolon, tab or bar) was "
            "found. Save it as CSV or XLSX and send that."
        )
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file_name)
    rows = _csv_rows(path, encoding, delimiter, file_name, notes)
    table = _table(stem, rows, notes)
    if table is None:
        raise Refused(f"{file_name} has no row with column names, so it is not a table that can be read.")
    return iter((table,))


def _encoding(path: Path, head: bytes) -> tuple[str, list[str]]:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name, []
    # Text in a Western script as UTF-16 has a zero in every second byte.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 2 * 0.6 and min(even, odd) < len(head) // 2 * 0.1:
        return ("utf-16-le" if odd > even else "utf-16-be"), []
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", [
            "The file is not UTF-8; it was read as Windows text (cp1252). Check names with accents."
        ]
    return "utf-8", []


def _refuse_rubbish(text: str, file_name: str) -> None:
    sample = text[:8192]
    odd = sum(
        1 for c in sample if (c < " " and c not in "\t\r\n\x00\x1a") or "\x7f" <= c <= "\x9f" or c == "\ufffd"
    )
    zeros = sample.count("\x00")
    if odd > len(sample) * 0.05 or zeros > len(sample) * 0.2:
        raise Refused(
            f"{file_name} does not hold readable text or a workbook. Check that the right file was "
            "chosen, then save it as CSV or XLSX."
        )


def _delimiter(text: str) -> str:
    """The separator that gives the most columns most steadily over the first rows."""
    lines = text.replace("\x00", "")
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        if delimiter not in lines:
            continue
        with_break = itertools.islice(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter), 50)
        try:
            widths = [len(row) for row in with_break if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count) if widths else 1
        if usual < 2:
            usual = max(widths, default=1)
        if usual < 2:
            continue
        score = widths.count(usual) / len(widths) * usual
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _csv_rows(
    path: Path, encoding: str, delimiter: str, file_name: str, notes: list[str]
) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        previous = csv.field_size_limit(LONGEST_CELL)
        try:
            for number, row in enumerate(
                csv.reader(_without_zeros(file, notes), delimiter=delimiter), start=1
            ):
                yield number, list(row)
        except csv.Error as error:
            raise Refused(
                f"{file_name}: row {number + 1} cannot be read ({error}). Most often a quotation mark is "
                "opened there and not closed."
            ) from error
        finally:
            csv.field_size_limit(max(previous, LONGEST_CELL))


def _without_zeros(lines: Iterator[str], notes: list[str]) -> Iterator[str]:
    told = False
    for line in lines:
        if "\x00" in line:
            if not told:
                notes.append(
                    "The file holds zero bytes, which were taken out. Check the rows where words look joined."
                )
                told = True
            line = line.replace("\x00", "")
        yield line


# Finding the row with the column names


def _table(name: str, rows: Iterator[tuple[int, list[Cell]]], notes: list[str]) -> TableSource | None:
    first = list(itertools.islice(rows, LOOK_FOR_HEADER))
    place = _header_place([row for _, row in first])
    if place is None:
        return None
    if place:
        notes.append(f"The column names are in row {first[place][0]}; the rows above them were left out.")
    headers = _header_names(first[place][1], notes)
    rest = itertools.chain(first[place + 1 :], rows)
    return TableSource(name, headers, (pair for pair in rest if _is_filled(pair[1])), notes)


def _is_filled(row: list[Cell]) -> bool:
    return any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in row)


def _header_place(rows: list[list[Cell]]) -> int | None:
    """The first row that is as wide as the table and made of words rather than figures."""
    filled = [[cell for cell in row if cell is not None and str(cell).strip()] for row in rows]
    widest = max((len(row) for row in filled), default=0)
    if widest < 2:
        return None
    wide = [place for place, row in enumerate(filled) if len(row) >= max(2, widest * 0.6)]
    wordy = [place for place in wide if sum(map(_is_word, filled[place])) >= len(filled[place]) * 0.6]
    return (wordy or wide)[0]


def _is_word(cell: Cell) -> bool:
    return isinstance(cell, str) and not _NUMBER.fullmatch(cell.strip())


def _header_names(row: list[Cell], notes: list[str]) -> list[str]:
    names: list[str] = []
    seen: dict[str, int] = {}
    while row and (row[-1] is None or not str(row[-1]).strip()):
        row = row[:-1]
    for place, cell in enumerate(row, start=1):
        name = " ".join(str("" if cell is None else cell).replace("\ufeff", "").split()) or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            notes.append(
                f"Two columns are called {name!r}; the later one is shown as '{name} ({seen[name]})'."
            )
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names
