"""Files made to do harm, or broken in ways that files are. Each is small to make and named for what it does.
# ruff: noqa: E501 (a file a line)

`refused`: what its refusal must say; '' where it is taken in, because the harm is in what it may do later.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from openpyxl import Workbook

ROW = "ref,name,dob,session_date,session_time,worker,activity,place,notes,child_said,concern"
GOOD = f"{ROW}\n7,Tobi Invented,2012-09-01,2026-05-04,18:30,Kit,Boxing,Hall,came,I like it,no\n"
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><Message><Children>&j;</Children></Message>"
)
XXE = (
    '<?xml version="1.0"?><!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<Message><Children><Child><ChildIdentifiers><LAchildID>&x;</LAchildID></ChildIdentifiers></Child></Children></Message>"
)


@dataclass(frozen=True, slots=True)
class Hostile:
    name: str
    file_name: str
    make: Callable[[], bytes]
    refused: str = ""


def zipped(*members: tuple[str, bytes | str], stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(1 << 20))
    return out.getvalue()


def lying_sizes() -> bytes:
    """A part that says it is ten bytes long and is fifty million."""
    true = bytearray(zipped(("a.csv", bytes(50_000_000))))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = true.index(mark)
        true[at + place : at + place + 4] = struct.pack("<I", 10)
    return bytes(true)


def linked() -> bytes:
    item = zipfile.ZipInfo("data.csv")
    item.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(item, "/etc/passwd")
    return out.getvalue()


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(content: bytes, name: str, change: Callable[[bytes], bytes], **more: bytes) -> bytes:
    """The same archive with one part changed, and more parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            part = old.read(item)
            new.writestr(item.filename, change(part) if item.filename == name else part)
        for extra, part in more.items():
            new.writestr(extra.replace("__", "/").replace("_dot_", "."), part)
    return out.getvalue()


def good_workbook() -> bytes:
    return workbook(
        ROW.split(","), ["7", "Tobi Invented", date(2012, 9, 1), date(2026, 5, 4), "18:30", "Kit", "Boxing"]
    )


SHEET = "xl/worksheets/sheet1.xml"


def far_cell() -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    return changed(good_workbook(), SHEET, lambda part: part.replace(b"</sheetData>", far))


def many_cells(number: int) -> bytes:
    """Cells that are all there. The values differ, so that it does not pack like a bomb."""

    def rows() -> Iterator[bytes]:
        yield b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        for row in range(number // 100):
            yield (
                b"<row>"
                + b"".join(b"<c><v>%d</v></c>" % (row * 7919 + n * 104_729) for n in range(100))
                + b"</row>"
            )
        yield b"</sheetData></worksheet>"

    return changed(good_workbook(), SHEET, lambda _: b"".join(rows()))


def merged_header() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Sessions of the project"])
    sheet.append(["ref", "Person", None, "Session", None, None, None])
    sheet.append([None, "name", "dob", "session_date", "session_time", "worker", "activity"])
    for cells in ("B2:C2", "D2:G2", "A2:A3"):
        sheet.merge_cells(cells)
    sheet.append(["7", "Tobi Invented", date(2012, 9, 1), date(2026, 5, 4), "18:30", "Kit", "Boxing"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repeated_cells() -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="15999">'
        "<text:p>x</text:p></table:table-cell>"
    )
    body = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" xmlns:text="{text}"><office:body>'
        f'<office:spreadsheet><table:table table:name="s">'
        + f'<table:table-row table:number-rows-repeated="15999">{cell}</table:table-row>' * 200
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", body),
        ("META-INF/manifest.xml", "<manifest/>"),
    )  # fmt: skip


def patient(**more: object) -> bytes:
    whole = {
        "resourceType": "Patient", "id": "9000000009", "meta": {"security": [{"code": "U"}]},
        "name": [{"use": "usual", "given": ["Ta\u0000mi"], "family": "Inv\ud800ented"}], "birthDate": "2012-09-01", **more,
    }  # fmt: skip
    return json.dumps(whole).encode()


def deep_word() -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    inner = "<w:tbl><w:tr><w:tc>" * 2_000 + "</w:tc></w:tr></w:tbl>" * 2_000
    return zipped(("word/document.xml", f"<w:document {space}><w:body>{inner}</w:body></w:document>"))


def macro_word() -> bytes:
    return zipped(("word/document.xml", "<x/>"), ("word/vbaProject.bin", b"\x00" * 100))


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CORPUS: tuple[Hostile, ...] = (
    # Archives
    Hostile("zip bomb", "export.xlsx", bomb, "too large to read"),
    Hostile("tightly packed", "export.zip", lambda: zipped(("a.csv", bytes(40_000_000))), "times its size"),
    Hostile("sizes that lie", "export.zip", lying_sizes, "damaged"),
    Hostile(
        "archive in an archive",
        "export.zip",
        lambda: zipped(("inner.zip", zipped(("a.csv", "x")))),
        "another archive",
    ),
    Hostile(
        "many parts",
        "export.zip",
        lambda: zipped(*((f"{n}.csv", "a,b\n1,2") for n in range(1_001))),
        "the most is 1,000",
    ),
    Hostile(
        "leaves its folder",
        "export.zip",
        lambda: zipped(("../../etc/cron.d/evil.csv", GOOD)),
        "outside its folder",
    ),
    Hostile(
        "leaves by a backslash",
        "export.zip",
        lambda: zipped(("..\\..\\evil.csv", GOOD)),
        "outside its folder",
    ),
    Hostile("absolute path", "export.zip", lambda: zipped(("/etc/evil.csv", GOOD)), "outside its folder"),
    Hostile("drive letter", "export.zip", lambda: zipped(("C:/evil.csv", GOOD)), "outside its folder"),
    Hostile("link", "export.zip", linked, "holds a link"),
    Hostile(
        "archive behind a picture", "export.zip", lambda: b"GIF89a" + zipped(("a.csv", GOOD)), "is a picture"
    ),
    Hostile(
        "archive behind a PDF", "export.pdf", lambda: b"%PDF-1.7\n" + zipped(("a.csv", GOOD)), "is a PDF"
    ),
    Hostile(
        "program behind an archive",
        "export.xlsx",
        lambda: good_workbook() + b"MZ" + b"\x90" * 500,
        "two files in one",
    ),
    Hostile("archive cut off", "export.xlsx", lambda: good_workbook()[:3000], "damaged"),
    Hostile("archive without a table", "export.zip", lambda: zipped(("a.exe", b"MZ")), "without a table"),
    Hostile(
        "program inside a set of tables",
        "export.zip",
        lambda: zipped(("a.csv", b"MZ\x90\x00" * 50)),
        "is a program",
    ),
    # Programs
    Hostile(
        "workbook with a macro",
        "export.xlsm",
        lambda: changed(good_workbook(), "", bytes, xl__vbaProject_dot_bin=b"\x00" * 100),
        "a macro",
    ),
    Hostile(
        "workbook with old macros",
        "export.xlsx",
        lambda: changed(good_workbook(), "", bytes, xl__macrosheets__sheet1_dot_xml=b"<x/>"),
        "a macro",
    ),
    Hostile("document with a macro", "notes.docm", macro_word, "a macro"),
    Hostile(
        "old workbook with a macro",
        "export.xls",
        lambda: OLD + b"\x00" * 600 + "_VBA_PROJECT".encode("utf-16-le"),
        "a macro",
    ),
    Hostile(
        "locked workbook",
        "export.xlsx",
        lambda: OLD + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    Hostile("Windows program", "export.csv", lambda: b"MZ\x90\x00" + bytes(range(256)) * 4, "is a program"),
    Hostile("Linux program", "export.csv", lambda: b"\x7fELF" + bytes(range(256)) * 4, "is a program"),
    Hostile("shell script", "export.csv", lambda: b"#!/bin/sh\nrm -rf a,b,c\n", "is a program"),
    # XML
    Hostile("a billion laughs", "census.xml", LAUGHS.encode, "document type declaration"),
    Hostile("reads another file", "census.xml", XXE.encode, "document type declaration"),
    Hostile(
        "reads another file, in UTF-16",
        "census.xml",
        lambda: XXE.replace('<?xml version="1.0"?>', "").encode("utf-16"),
        "document type declaration",
    ),
    Hostile(
        "fetches its grammar",
        "census.xml",
        lambda: b'<?xml version="1.0"?><!DOCTYPE Message SYSTEM "http://192.0.2.1/x.dtd"><Message/>',
        "document type declaration",
    ),
    Hostile(
        "parameter entities",
        "census.xml",
        lambda: b'<!DOCTYPE Message [<!ENTITY % x SYSTEM "http://192.0.2.1/x"> %x;]><Message/>',
        "document type declaration",
    ),
    Hostile("deep XML", "census.xml", lambda: b"<Message>" + b"<Children>" * 100_000, "levels deep"),
    Hostile(
        "XML cut off",
        "census.xml",
        lambda: b"<Message><Children><Child><ChildIdentifiers>",
        "not well-formed",
    ),
    Hostile(
        "XML in no encoding",
        "census.xml",
        lambda: b'<?xml version="1.0" encoding="klingon"?><Message/>',
        "encoding that is not known",
    ),
    Hostile("XML of nobody", "feed.xml", lambda: b"<rss><channel/></rss>", "nobody here knows"),
    Hostile(
        "a hundred thousand elements that nobody knows",
        "census.xml",
        lambda: b"<Message>" + b"".join(b"<x%d/>" % n for n in range(100_000)) + b"</Message>",
        "no record",
    ),
    Hostile(
        "document that reads another file",
        "notes.docx",
        lambda: zipped(("word/document.xml", XXE)),
        "document type declaration",
    ),
    Hostile("document nested deep", "notes.docx", deep_word, "nested deeper"),
    Hostile(
        "workbook that laughs",
        "export.xlsx",
        lambda: changed(good_workbook(), SHEET, lambda _: LAUGHS.encode()),
        "no sheet",
    ),
    # JSON
    Hostile("deep JSON", "feed.json", lambda: b'{"Children":' + b"[" * 100_000, "not readable JSON"),
    Hostile("JSON cut off", "feed.json", lambda: b'{"Children": [{"la_child_id": "1"', "not readable JSON"),
    Hostile("JSON of nobody", "feed.json", lambda: b'{"secret": "x"}', "nobody here knows"),
    Hostile("JSON with halves of letters", "patient.json", patient),
    Hostile(
        "JSON with an endless number",
        "patient.json",
        lambda: patient(multipleBirthInteger=1).replace(b": 1}", b": " + b"9" * 10_000 + b"}"),
    ),
    # Text
    Hostile("empty", "export.csv", bytes, "is empty"),
    Hostile("only spaces", "export.csv", lambda: b" \r\n" * 2_000, "does not look like a table"),
    Hostile("only zero bytes", "export.csv", lambda: bytes(5_000), "readable text"),
    Hostile(
        "random bytes",
        "export.csv",
        lambda: bytes((n * n * 31 + n) % 256 for n in range(9_000)),
        "readable text",
    ),
    Hostile("zero bytes in words", "export.csv", lambda: GOOD.replace("Tobi", "To\x00bi").encode()),
    Hostile("Windows text", "export.csv", lambda: GOOD.replace("Tobi", "Zoë").encode("cp1252")),
    Hostile("UTF-16 without a mark", "export.csv", lambda: GOOD.encode("utf-16-le")),
    Hostile(
        "mixed encodings",
        "export.csv",
        lambda: GOOD.encode() + GOOD.replace("Tobi", "Zoë").split("\n")[1].encode("cp1252"),
    ),
    Hostile(
        "a quotation mark never closed",
        "export.csv",
        lambda: (ROW + '\n7,"' + "x" * 5_000_000).encode(),
        "cannot be read",
    ),
    Hostile(
        "a hundred thousand columns",
        "export.csv",
        lambda: b",".join(b"c%d" % n for n in range(100_000)) + b"\n1,2\n",
        "the most is 2,000",
    ),
    Hostile("one endless line", "export.csv", lambda: b"a,b\n" + b"x" * 20_000_000, "cannot be read"),
    Hostile(
        "web page called a workbook",
        "export.xls",
        lambda: b"<html><script>alert(1)</script><table></table></html>",
        "web page",
    ),
    Hostile("drawing with a script", "export.csv", lambda: b"<svg onload='alert(1)'></svg>", "web page"),
    Hostile(
        "PDF that runs", "export.csv", lambda: b"%PDF-1.7\n/OpenAction /JavaScript (app.alert(1))", "is a PDF"
    ),
    Hostile("PDF behind spaces", "export.csv", lambda: b"\n" * 100 + b"%PDF-1.7\n", "is a PDF"),
    Hostile("text document", "export.csv", lambda: b"{\\rtf1 {\\object\\objautlink x}}", "text document"),
    # Sheets
    Hostile("one cell at the far corner", "export.xlsx", far_cell, "cells or more"),
    Hostile("ten million cells", "export.xlsx", lambda: many_cells(10_000_000), "too large to read"),
    Hostile("four million cells", "export.xlsx", lambda: many_cells(4_000_000), "cells or more"),
    Hostile("repeated cells", "export.ods", repeated_cells, "more than 3,000,000 cells"),
    Hostile(
        "formulas",
        "export.xlsx",
        lambda: workbook(
            ROW.split(","),
            [
                "=1+1",
                "=cmd|' /C calc'!A0",
                date(2012, 9, 1),
                date(2026, 5, 4),
                "",
                "@SUM(1)",
                "+1",
                "-1",
                '=HYPERLINK("x")',
            ],
            ["8", "Ada Invented", date(2012, 9, 1), date(2026, 5, 4), "", "K", "Box", "Hall", "'=1+1"],
        ),
    ),
    Hostile("merged header rows", "export.xlsx", merged_header),
    Hostile(
        "dates as numbers",
        "export.xlsx",
        lambda: workbook(ROW.split(","), ["7", "Tobi Invented", 41153, 46146.77, "", "K", "Box"]),
    ),
    Hostile(
        "markup in every cell",
        "export.csv",
        lambda: (ROW + "\n" + ",".join(["<script>alert(1)</script>"] * 11) + "\n").encode(),
    ),
)
NAMES = {hostile.name: hostile for hostile in CORPUS}
assert len(NAMES) == len(CORPUS)

#: Names that a file may come under.
FILE_NAMES = (
    "../../etc/passwd.csv",
    "..\\..\\evil.csv",
    "a\x00b.csv",
    "x" * 900 + ".csv",
    "\u202evsc.exe",
    "<script>alert(1)</script>.csv",
    "=cmd.csv",
    "con\r\nSet-Cookie: x.csv",
    " ",
    "файл.csv",
)
