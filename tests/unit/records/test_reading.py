from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from lineofsight.catalogue.errors import Refused
from lineofsight.records.tables import Cell
from opened import open_tables

SAMPLES = Path(__file__).parents[2] / "samples"


def write(tmp_path: Path, content: bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(path: Path) -> tuple[list[str], list[tuple[int, list[Cell]]], list[str]]:
    (table,) = list(open_tables(path, file_name=path.name))
    rows = list(table.rows)
    return table.headers, rows, table.notes


TEXT = "name,note\nZoë,“quoted”\nSiân,plain\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    headers, rows, notes = read(write(tmp_path, TEXT.encode(encoding)))
    assert headers == ["name", "note"]
    assert [cells for _, cells in rows] == [["Zoë", "“quoted”"], ["Siân", "plain"]]
    assert bool(notes) == (encoding == "cp1252")


def test_a_late_odd_byte_is_found_in_a_long_file(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,2\n" * 40_000 + "Zoë,x\n".encode("cp1252")
    _, rows, _ = read(write(tmp_path, content))
    assert rows[-1][1] == ["Zoë", "x"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [["ref", "note"], ["1", "a"], ["2", "b"]]
    headers, rows, _ = read(write(tmp_path, "\n".join(delimiter.join(line) for line in lines).encode()))
    assert headers == ["ref", "note"] and len(rows) == 2


def test_line_breaks_inside_quotes_and_commas_in_semicolon_files(tmp_path: Path) -> None:
    _, rows, _ = read(write(tmp_path, b'ref;note\n1;"first, line\nsecond"\n2;x\n'))
    assert rows == [(2, ["1", "first, line\nsecond"]), (3, ["2", "x"])]


def test_zero_bytes_are_taken_out_and_said(tmp_path: Path) -> None:
    _, rows, notes = read(write(tmp_path, b"a,b\n1,x\x00y\n"))
    assert rows == [(2, ["1", "xy"])] and "zero bytes" in notes[0]


def test_the_header_may_stand_lower(tmp_path: Path) -> None:
    content = b"Report of visits,,\nRun on 01/02/2026,,\n,,\nref,name,seen on\n1,Ann,02/01/2026\n"
    headers, rows, notes = read(write(tmp_path, content))
    assert headers == ["ref", "name", "seen on"] and rows[0][0] == 5 and "row 4" in notes[0]


def test_headers_that_are_empty_or_twice_get_names(tmp_path: Path) -> None:
    headers, _, notes = read(write(tmp_path, b",name,name\n0,a,b\n"))
    assert headers == ["column 1", "name", "name (2)"] and "name (2)" in notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"{\\rtf1 text", "text document"),
        (b"<html><table><tr><td>1</td></tr></table>", "web page"),
        (b"<?xml version='1.0'?><Ledger/>", "XML"),
        (b'{"a": 1}', "JSON"),
        (b"\x1f\x8b\x08rest", "archive"),
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken", "damaged"),
        (bytes(range(128, 160)) * 40 + bytes(range(1, 9)) * 40, "readable text"),
        (b"just one line of words\nand another\n", "no column separator"),
    ],
)
def test_what_is_not_a_table_is_refused_in_words(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        list(open_tables(write(tmp_path, content, "thing.csv"), file_name="thing.csv"))
    assert says in str(caught.value) and "thing.csv" in str(caught.value)


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="in parts"):
        open_tables(write(tmp_path, b"a,b\n1,2\n" * 300_000), file_name="big.csv", file_mib=1)


def zipped(tmp_path: Path, **members: str) -> Path:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


def test_a_word_file_without_a_table_and_a_bare_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="as a document"):
        list(open_tables(zipped(tmp_path, word__document_xml="<x/>"), file_name="notes.xlsx"))
    with pytest.raises(Refused, match="Unpack it"):
        list(open_tables(zipped(tmp_path, one_png="x"), file_name="all.xlsx"))


def test_a_locked_workbook_is_refused(tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(Refused, match="password"):
        open_tables(write(tmp_path, content, "locked.xlsx"), file_name="locked.xlsx")


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Visits"
    sheet.append(["Our visits"])
    sheet.append([])
    sheet.append(["ref", "name", "day", "seen at", "count"])
    sheet.append([12, "Ann", date(2026, 1, 2), datetime(2026, 1, 2, 14, 30), 1.5])
    book.create_sheet("Empty")
    path = tmp_path / "visits.csv"
    book.save(path)
    (table,) = list(open_tables(path, file_name="visits.csv"))
    assert table.name == "Visits" and table.headers == ["ref", "name", "day", "seen at", "count"]
    assert list(table.rows) == [(4, [12.0, "Ann", date(2026, 1, 2), datetime(2026, 1, 2, 14, 30), 1.5])]


def test_a_workbook_without_a_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    Workbook().save(path)
    with pytest.raises(Refused, match="no sheet with a table"):
        list(open_tables(path, file_name="empty.xlsx"))


def test_formulas_give_the_values_that_were_saved() -> None:
    tables = list(open_tables(SAMPLES / "annex_a/Annex_A.xlsx", file_name="Annex_A.xlsx"))
    assert [table.name for table in tables] == [f"List {n}" for n in range(1, 12)]
    ages = [cells[4] for _, cells in tables[0].rows]
    assert all(isinstance(age, float) and 0 < age < 25 for age in ages)


@settings(max_examples=200)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write(tmp_path_factory.mktemp("any"), content)
    try:
        for table in open_tables(path, file_name="any.csv"):
            for number, cells in table.rows:
                assert number > 0 and cells
    except Refused as refusal:
        assert "any.csv" in str(refusal)


cell = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=100)
@given(rows=st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_was_written_is_what_is_read(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["one", "two", "three"], *rows])
    path = write(tmp_path_factory.mktemp("same"), out.getvalue().encode())
    _, found, _ = read(path)
    assert [cells for _, cells in found] == [row for row in rows if any(text.strip() for text in row)]
