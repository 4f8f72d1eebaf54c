"""Opening what an agency sent: which kind of file it truly is, and the tables inside it, row by row.

The content decides, never the name. Text tables are streamed, so memory stays flat however long they are.
What cannot be read as a table is refused with a sentence that says what to do instead.

Files come from outside and may mean harm, so `apart.open_tables` runs this in a process of its own.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits
from lineofsight.records import archives, sheets, trees, word_tables
from lineofsight.records.archives import DOCUMENT
from lineofsight.records.tables import Cell, TableSource, table

HEAD = 65_536
DELIMITERS = (",", ";", "\t", "|")
# A quotation mark that is opened and never closed would swallow the file: no cell is longer than this.
LONGEST_CELL = 4_000_000

#: How files begin that are no table, whatever they are called, and what they are.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", f"is a PDF. {DOCUMENT}"),
    (b"{\\rtf", f"is a text document. {DOCUMENT}"),
    (b"\x1f\x8b", "is a packed archive. Unpack it and send the files inside."),
    (b"7z\xbc\xaf", "is a packed archive. Unpack it and send the files inside."),
    (b"Rar!", "is a packed archive. Unpack it and send the files inside."),
    (b"BZh", "is a packed archive. Unpack it and send the files inside."),
    (b"\xfd7zXZ", "is a packed archive. Unpack it and send the files inside."),
    (b"\x89PNG", f"is a picture. {DOCUMENT}"),
    (b"\xff\xd8\xff", f"is a picture. {DOCUMENT}"),
    (b"GIF8", f"is a picture. {DOCUMENT}"),
    (b"MZ", "is a program, not a table. It was not opened. Ask the sender what happened."),
    (b"\x7fELF", "is a program, not a table. It was not opened. Ask the sender what happened."),
    (b"#!", "is a program, not a table. It was not opened. Ask the sender what happened."),
)


def open_tables(
    file: BinaryIO,
    *,
    file_name: str,
    limits: Limits,
    known: Sequence[trees.Tree] = (),
    spool: BinaryIO | None = None,
    at_work: Callable[[], None] = lambda: None,
) -> Iterator[TableSource]:
    """The tables in a file, in its own order. Each must be read to its end before the next is asked for.

    `known` are the trees by which XML and JSON are read; their rows wait in `spool` until their table's turn, and
    `at_work` is called as they come, because nothing is told of them until the whole file has been read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size == 0:
        raise Refused(f"{file_name} is empty. Ask the sender to export it again.")
    if size > limits.file_mib * MIB:
        raise Refused(
            f"{file_name} is {size / 1_000_000:,.1f} MB; the most that is taken in at once is {limits.file_mib} MiB. "
            "Ask for it in parts, for example one year at a time."
        )
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return _archive(file, file_name, limits)
    if head.startswith(sheets.OLD):
        return sheets.open_workbook(file, file_name, "old", limits)
    _refuse_others(head, file_name)
    shape = trees.looks_like(head)
    if shape:
        return _tree(file, shape, file_name, limits, list(known), _Waiting(spool or io.BytesIO(), at_work))
    return _text_table(file, head, file_name, limits)


def _refuse_others(head: bytes, file_name: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    for mark, words in _OTHERS:
        if head.startswith(mark) or start.startswith(mark.lower()):
            raise Refused(f"{file_name} {words}")
    if b"%PDF-" in head[:1024]:
        raise Refused(f"{file_name} is a PDF with something before it. {DOCUMENT}")
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<script", b"<svg")):
        raise Refused(
            f"{file_name} is a web page, whatever its name says. Open it in a spreadsheet program, "
            "save it as XLSX or CSV, and send that."
        )


def _archive(file: BinaryIO, file_name: str, limits: Limits) -> Iterator[TableSource]:
    archive = archives.open_archive(file, file_name, limits)
    kind = archives.kind_of(archive, file_name)
    if kind == "docx":
        return word_tables.open_document(archive, file_name, limits)
    if kind == "tables":
        return _tables_within(archive, file_name, limits)
    return sheets.open_workbook(file, file_name, kind, limits, archive)


def _tables_within(archive: zipfile.ZipFile, file_name: str, limits: Limits) -> Iterator[TableSource]:
    """The CSV files of an archive, each with its own name: how a return of many tables is sent."""
    left_out = archives.others_in(archive)
    for number, item in enumerate(archives.tables_in(archive)):
        with archive.open(item) as part:
            inner = io.BytesIO(part.read())
        head = inner.getvalue()[:HEAD]
        if not head.strip():
            continue
        name = item.filename.rpartition("/")[2]
        _refuse_others(head, f"{file_name}, {name}")
        for source in _text_table(inner, head, name, limits):
            if left_out and not number:
                source.notes.append(
                    f"Files in the archive that are no tables, left out: {', '.join(left_out[:20])}."
                )
            yield source


# XML and JSON


def _tree(
    file: BinaryIO,
    shape: str,
    file_name: str,
    limits: Limits,
    known: list[trees.Tree],
    waiting: _Waiting,
) -> Iterator[TableSource]:
    read = trees.read_xml if shape == "xml" else trees.read_json
    tree, notes = read(file, [one for one in known if one.kind == shape], file_name, limits, waiting.add)
    waiting.flush()
    found = [place for place, _ in enumerate(tree.tables) if waiting.places.get(place)]
    if not found:
        raise Refused(f"{file_name} holds nobody and nothing: no record was found in it. Check the export.")
    for place in found:
        columns = [column.name for column in tree.tables[place].columns]
        yield TableSource(
            tree.tables[place].name, columns, waiting.rows(place), notes if place == found[0] else []
        )


class _Waiting:
    """Rows of several tables as they come, written aside in batches, read again table by table."""

    BATCH = 500

    def __init__(self, spool: BinaryIO, at_work: Callable[[], None]) -> None:
        self.spool = spool
        self.at_work = at_work
        self.rows_of: dict[int, list[tuple[int, list[str]]]] = {}
        self.places: dict[int, list[tuple[int, int]]] = {}

    def add(self, place: int, number: int, cells: list[str]) -> None:
        rows = self.rows_of.setdefault(place, [])
        rows.append((number, cells))
        if len(rows) >= self.BATCH:
            self._write(place)

    def flush(self) -> None:
        for place in list(self.rows_of):
            self._write(place)

    def _write(self, place: int) -> None:
        data = json.dumps(self.rows_of.pop(place)).encode()
        self.places.setdefault(place, []).append((self.spool.seek(0, io.SEEK_END), len(data)))
        self.spool.write(data)
        self.at_work()

    def rows(self, place: int) -> Iterator[tuple[int, list[Cell]]]:
        for start, size in self.places[place]:
            self.spool.seek(start)
            yield from json.loads(self.spool.read(size))


# Text


def _text_table(file: BinaryIO, head: bytes, file_name: str, limits: Limits) -> Iterator[TableSource]:
    encoding, notes = encoding_of(file, head)
    text = head.decode(encoding, "replace")
    _refuse_rubbish(text, file_name)
    delimiter = _delimiter(text)
    if not delimiter:
        raise Refused(
            f"{file_name} does not look like a table: no column separator (comma, semicolon, tab or bar) was "
            "found. Save it as CSV or XLSX and send that."
        )
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file_name)
    rows = _csv_rows(file, encoding, delimiter, file_name, limits, notes)
    source = table(stem, rows, notes)
    if source is None:
        raise Refused(f"{file_name} has no row with column names, so it is not a table that can be read.")
    return iter((source,))


def encoding_of(file: BinaryIO, head: bytes) -> tuple[str, list[str]]:
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
        file.seek(0)
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", [
            "The file is not UTF-8; it was read as Windows text (cp1252). Check names with accents."
        ]
    return "utf-8", []


def is_rubbish(text: str) -> bool:
    """Bytes that were never text: too many control characters or zeros in the beginning."""
    sample = text[:8192]
    odd = sum(
        1 for c in sample if (c < " " and c not in "\t\r\n\x00\x1a") or "\x7f" <= c <= "\x9f" or c == "\ufffd"
    )
    zeros = sample.count("\x00")
    return odd > len(sample) * 0.05 or zeros > len(sample) * 0.2


def _refuse_rubbish(text: str, file_name: str) -> None:
    if is_rubbish(text):
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
    file: BinaryIO, encoding: str, delimiter: str, file_name: str, limits: Limits, notes: list[str]
) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    previous = csv.field_size_limit(LONGEST_CELL)
    try:
        for number, row in enumerate(csv.reader(_without_zeros(text, notes), delimiter=delimiter), start=1):
            if len(row) > limits.columns:
                raise Refused(
                    f"{file_name}: row {number} has {len(row):,} cells; the most is {limits.columns:,}. "
                    "Check that the right file was chosen."
                )
            yield number, list(row)
    except csv.Error as error:
        raise Refused(
            f"{file_name}: row {number + 1} cannot be read ({error}). Most often a quotation mark is "
            "opened there and not closed."
        ) from error
    finally:
        csv.field_size_limit(max(previous, LONGEST_CELL))
        # The file is the caller's, so it is not closed with the text.
        text.detach()


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
