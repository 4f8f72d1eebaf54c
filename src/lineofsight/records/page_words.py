"""The words of a letter, minutes or a report, page by page: PDF, Word and plain text.

The content decides what a file is, never its name. Nothing in it is run, followed or fetched. What would act when a
colleague opens the original (a macro, a script, another file inside) is refused in words, because the original is
handed on as it came. Files come from outside, so `apart.read_words` runs this in a process of its own.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits
from lineofsight.records import archives, reading
from lineofsight.records.pdf_words import open_pdf
from lineofsight.records.word_tables import Body

HEAD = 65_536
SEND = "Save it as a PDF, as Word (docx) or as plain text, and choose that."
#: How files begin that are none of the three, and what they are.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "is a rich text document (RTF)"),
    (b"\xd0\xcf\x11\xe0", "is a document of an old Office version, or one behind a password"),
    (b"MZ", "is a program, not a document. It was not opened"),
    (b"\x7fELF", "is a program, not a document. It was not opened"),
    (b"#!", "is a program, not a document. It was not opened"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"II*\x00", "is a picture"),
    (b"MM\x00*", "is a picture"),
    (b"\x1f\x8b", "is a packed archive"),
    (b"7z\xbc\xaf", "is a packed archive"),
    (b"Rar!", "is a packed archive"),
    (b"From ", "is an e-mail"),
)
_WEB = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml", b"<body", b"<table")
#: Parts of a Word document that hold another file; Word itself writes pictures and charts elsewhere.
_WITHIN = re.compile(
    r"word/(embeddings/.*\.(bin|exe|js|vbs|lnk|docm|xlsm|pptm)|.*\.(rtf|html?|mht|mhtml))$", re.IGNORECASE
)
_LEFT_OUT = {
    "word/footnotes.xml": "footnotes",
    "word/endnotes.xml": "endnotes",
    "word/comments.xml": "comments",
}


@dataclass(slots=True)
class Words:
    """`kind`: pdf, docx or text. `pages` come as they are read. `paged`: the file itself says where pages begin.
    `notes` is whole once the pages have been read."""

    kind: str
    pages: Iterator[str]
    paged: bool = True
    notes: list[str] = field(default_factory=list)


def open_words(file: BinaryIO, *, file_name: str, limits: Limits) -> Words:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size == 0:
        raise Refused(f"{file_name} is empty. Ask for it again.")
    if size > limits.upload_mib * MIB:
        raise Refused(
            f"{file_name} is larger than {limits.upload_mib} MiB, the most that is taken in this way."
        )
    head = file.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _word(file, file_name, limits)
    if head.startswith(b"%PDF-"):
        _refuse_second_file(file, size, file_name)
        notes: list[str] = []
        return Words("pdf", open_pdf(file, file_name, limits, notes), True, notes)
    _refuse_others(head, file_name)
    _refuse_second_file(file, size, file_name)
    return _text(file, head, file_name, limits)


def tidy(text: str) -> str:
    """Lines as they stand, without trailing spaces and without more than one empty line between them."""
    lines = "\n".join(line.rstrip() for line in text.replace("\xa0", " ").replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines.replace("\r", "\n")).strip("\n")


def _refuse_others(head: bytes, file_name: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    for mark, words in _OTHERS:
        if head.startswith(mark) or start.startswith(mark.lower()):
            raise Refused(f"{file_name} {words}. {SEND}")
    if b"%PDF-" in head[:1024]:
        raise Refused(f"{file_name} is a PDF with something before it. {SEND}")
    if start.startswith(_WEB):
        raise Refused(f"{file_name} is a web page, whatever its name says. {SEND}")


def _refuse_second_file(file: BinaryIO, size: int, file_name: str) -> None:
    """An archive at the end of another file is opened as that archive by other programs."""
    file.seek(max(0, size - HEAD - 22))
    tail = file.read()
    behind = tail.rpartition(b"%%EOF")[2] if b"%%EOF" in tail else b""
    file.seek(0)
    if b"PK\x05\x06" in tail or len(behind.strip(b"\x00 \r\n\t")) > 1024:
        raise Refused(
            f"{file_name} is two files in one: a document with something else behind it. Open it where it was made, "
            "save it again, and choose that."
        )


# --- plain text -------------------------------------------------------------------------------------------


def _text(file: BinaryIO, head: bytes, file_name: str, limits: Limits) -> Words:
    encoding, notes = reading.encoding_of(file, head)
    file.seek(0)
    # "utf-16" and its like take their mark off; a letter is never longer than four bytes.
    text = file.read(4 * limits.letters + 4).decode(encoding, "replace")
    if reading.is_rubbish(text):
        raise Refused(f"{file_name} does not hold readable text. {SEND}")
    if len(text) > limits.letters:
        raise _too_long(file_name, limits)
    pages = [tidy(page) for page in text.replace("\x1a", "").rstrip("\f\r\n").split("\f")]
    if len(pages) > limits.pages:
        raise Refused(
            f"{file_name} has {len(pages):,} pages; the most is {limits.pages:,}. Send it in parts."
        )
    return Words("text", iter(pages), len(pages) > 1, notes)


def _too_long(file_name: str, limits: Limits) -> Refused:
    return Refused(f"{file_name} holds more than {limits.letters:,} letters. Send it in parts.")


# --- Word -------------------------------------------------------------------------------------------------


def _word(file: BinaryIO, file_name: str, limits: Limits) -> Words:
    archive = archives.open_archive(file, file_name, limits)
    if archives.kind_of(archive, file_name) != "docx":
        raise Refused(
            f"{file_name} is a workbook or a set of tables. An information officer takes it in as a file."
        )
    _refuse_what_acts(archive, file_name)
    flow = Flow(file_name, limits)
    with archive.open("word/document.xml") as part:
        while chunk := part.read(1 << 16):
            flow.feed(chunk)
        flow.close()
    if flow.fetches:
        raise _fetches(file_name)
    pages = [tidy("\n".join(lines)) for lines in flow.pages]
    if sum(map(len, pages)) > limits.letters:
        raise _too_long(file_name, limits)
    if len(pages) > limits.pages:
        raise Refused(
            f"{file_name} has {len(pages):,} pages; the most is {limits.pages:,}. Send it in parts."
        )
    left = [words for name, words in _LEFT_OUT.items() if name in set(archive.namelist())]
    notes = [f"Its {' and '.join(left)} are not shown here. Open the original for them."] if left else []
    if len(pages) > 1:
        notes.append(
            "Pages are as Word last laid them out; on another machine they may begin a line sooner or later."
        )
    return Words("docx", iter(pages), len(pages) > 1, notes)


def _refuse_what_acts(archive: zipfile.ZipFile, file_name: str) -> None:
    for item in archive.infolist():
        if _WITHIN.fullmatch(item.filename):
            raise Refused(
                f"{file_name} holds another file inside it. Save a copy without it, and send what was inside by itself."
            )
        if item.filename.endswith(".rels") and _points_elsewhere(archive.read(item), file_name):
            raise _fetches(file_name)


def _fetches(file_name: str) -> Refused:
    return Refused(
        f"{file_name} fetches something from elsewhere when it is opened (a template, a picture or another program's "
        "data). Save it as a PDF, and choose that."
    )


def _points_elsewhere(part: bytes, file_name: str) -> bool:
    """Whether it says that something beyond a link to click lies outside the document."""
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("Type", "").rpartition("/")[2]
        if attributes.get("TargetMode", "").casefold() == "external" and kind != "hyperlink":
            found.append(kind)

    def doctype(*_: object) -> None:
        raise Refused(f"{file_name} carries a document type declaration (DTD), by which XML files do harm.")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, doctype
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise Refused(
            f"{file_name} is damaged and cannot be opened. Ask the sender to send it again."
        ) from error
    return bool(found)


class Flow(Body):
    """The paragraphs of a document in their order, the cells of a row on one line, split where pages begin."""

    def __init__(self, file_name: str, limits: Limits) -> None:
        super().__init__(file_name, limits)
        self.pages: list[list[str]] = [[]]
        self.fetches = False
        self.code: list[str] | None = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        super()._start(name, attributes)
        space, _, local = name.rpartition(" ")
        if local == "instrText":
            self.code = []
        elif local == "lastRenderedPageBreak" or (
            local == "br" and attributes.get(f"{space} type") == "page"
        ):
            self._turn()

    def _turn(self) -> None:
        begun = self.paragraph.text.strip() if self.paragraph is not None and self._cell() is None else ""
        if begun and self.paragraph is not None:
            self.pages[-1] += self.paragraph.text.split("\n")
            self.paragraph.text = ""
        # Word writes a break that somebody made and then where it laid it out: one turn of the page.
        if any(line.strip() for line in self.pages[-1]):
            self.pages.append([])

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "p" and self.paragraph is not None and self._cell() is None:
            self.pages[-1] += self.paragraph.text.split("\n")
        elif local == "tr" and len(self.open) == 1 and self.open[0]:
            cells = [" ".join(cell.words().split("\n")) for cell in self.open[0][-1]]
            self.pages[-1].append(" | ".join(cells))
        elif local == "instrText" and self.code is not None:
            # A field that starts another program and takes its data (DDE) needs no macro to do harm.
            self.fetches |= bool(re.match(r"\s*(DDE|DDEAUTO|INCLUDETEXT|IMPORT)\b", "".join(self.code), re.I))
            self.code = None
        super()._end(name)

    def _data(self, data: str) -> None:
        if self.code is not None:
            self.code.append(data)
        super()._data(data)
