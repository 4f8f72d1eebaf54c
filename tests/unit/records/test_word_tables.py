"""The table that agencies e-mail: from Word, and as people write it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.formats import formats
from lineofsight.catalogue.when import When
from lineofsight.chronology.documents import dates as printed
from lineofsight.chronology.documents.table import HEADINGS
from lineofsight.chronology.documents.word import _STYLES
from lineofsight.records import own_document, spans
from lineofsight.records.derivation import Deriver
from lineofsight.records.mapping import TableMap, parse
from lineofsight.records.recognition import recognise, settle
from lineofsight.records.shapes import Derived
from opened import open_tables

HERE = ZoneInfo("Europe/London")
STYLES = ("dmy", "iso", "dmonthy", "ymonthd")


def document(
    tmp_path: Path, above: list[str], rows: list[list[str]], facts: Sequence[tuple[str, str]] = ()
) -> Path:
    paper = docx.Document()
    for line in above:
        paper.add_paragraph(line)
    if facts:
        block = paper.add_table(rows=0, cols=2)
        for pair in facts:
            for cell, text in zip(block.add_row().cells, pair, strict=True):
                cell.text = text
    table = paper.add_table(rows=0, cols=len(rows[0]))
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    path = tmp_path / "chronology.docx"
    paper.save(str(path))
    return path


def told(path: Path) -> list[Derived]:
    found = []
    for source in open_tables(path, file_name=path.name):
        best = settle(recognise(source.headers, formats()))
        assert best is not None, source.headers
        table_map = TableMap(best.format, best.table)
        deriver = Deriver(table_map, table_map.values())
        found += [deriver.derive(row.raw, {}) for row in parse(table_map, source)]
    return found


ROWS = [
    ["Date", "Time", "Source", "Significant event", "Action taken"],
    ["03/05/2026", "22:40", "Police", "Reported missing by carer", "Graded medium"],
    ["4 - 6 May 2026", "", "School", "Not in school", ""],
    ["May half term", "", "Carer", "Came home with new trainers\nand a second phone", "Noted"],
]


@pytest.mark.parametrize("where", ["in lines above", "in a block above", "in columns"])
def test_a_chronology_as_agencies_write_it(tmp_path: Path, where: str) -> None:
    rows, lines, facts = ROWS, [], []
    if where == "in lines above":
        lines = ["Multi-agency chronology", "Child’s name: Sam Invented", "DOB: 14/02/2011"]
    elif where == "in a block above":
        facts = [("Name of child:", "Sam Invented"), ("Date of birth", "14/02/2011")]
    else:
        rows = [["Child", "DOB", *ROWS[0]], *(["Sam Invented", "14/02/2011", *row] for row in ROWS[1:])]
    one, two, three = told(document(tmp_path, lines, rows, facts))
    assert len({derived.statements[0].local_id for derived in (one, two, three)}) == 1
    assert one.statements[0].statement["names"] == [{"full": "Sam Invented", "use": "legal"}]
    first, second, third = (derived.entries[0] for derived in (one, two, three))
    assert first.when.start == datetime(2026, 5, 3, 22, 40, tzinfo=HERE) and first.when.precision == "minute"
    assert (first.title, first.narrative) == ("Reported missing by carer", "Graded medium")
    assert first.facts == {"source": "Police", "action": "Graded medium"}
    assert second.when.start == datetime(2026, 5, 4, tzinfo=HERE)
    assert second.when.end == datetime(2026, 5, 7, tzinfo=HERE)
    assert not third.when.is_known and third.when.text == "May half term"
    assert third.title == "Entry of a chronology, from Carer"
    assert "second phone" in third.narrative
    assert [problem.code for problem in three.problems] == ["unreadable_date"]


def test_a_document_that_says_nowhere_whom_it_is_about_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="whom a row is about"):
        told(document(tmp_path, [], ROWS))


def test_a_document_without_a_table_is_refused_with_what_to_do(tmp_path: Path) -> None:
    paper = docx.Document()
    paper.add_paragraph("Dear colleague")
    paper.save(str(tmp_path / "letter.docx"))
    with pytest.raises(Refused, match="write beside it what happened"):
        list(open_tables(tmp_path / "letter.docx", file_name="letter.docx"))


def test_words_struck_out_under_tracked_changes_are_not_read(tmp_path: Path) -> None:
    path = document(tmp_path, ["Child: Sam Invented", "DOB: 14/02/2011"], ROWS[:2])
    paper = docx.Document(str(path))
    run = paper.tables[0].rows[1].cells[3].paragraphs[0].runs[0]
    wrong = docx.oxml.OxmlElement("w:del")
    struck = docx.oxml.OxmlElement("w:r")
    text = docx.oxml.OxmlElement("w:delText")
    text.text = "by mother "
    struck.append(text)
    wrong.append(struck)
    run._r.addprevious(wrong)
    paper.save(str(path))
    assert told(path)[0].entries[0].title == "Reported missing by carer"


def test_our_own_headings_and_styles_are_those_of_the_writer() -> None:
    assert own_document.HEADINGS == HEADINGS
    assert (
        _STYLES["strong"], _STYLES["quiet"], _STYLES["quoted"],
    ) == (own_document.STRONG, own_document.QUIET, own_document.QUOTED)  # fmt: skip
    assert {code: words for words, code in spans.PRECISION_WORDS.items()} == printed.PRECISION_WORDS


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("3 May 2026", datetime(2026, 5, 3), datetime(2026, 5, 4), "day"),
        ("03.05.26 at 9.15pm", datetime(2026, 5, 3, 21, 15), datetime(2026, 5, 3, 21, 15), "minute"),
        ("3 to 5 May 2026", datetime(2026, 5, 3), datetime(2026, 5, 6), "day"),
        ("28 April to 2 May 2026", datetime(2026, 4, 28), datetime(2026, 5, 3), "day"),
        ("3-5/05/2026", datetime(2026, 5, 3), datetime(2026, 5, 6), "day"),
        ("03/05/2026 - 05/06/2026", datetime(2026, 5, 3), datetime(2026, 6, 6), "day"),
        ("3 May 2026, 22:40 to 23:30", datetime(2026, 5, 3, 22, 40), datetime(2026, 5, 3, 23, 30), "minute"),
        (
            "3 May 2026, 22:40 to 4 May 2026, 06:10",
            datetime(2026, 5, 3, 22, 40),
            datetime(2026, 5, 4, 6, 10),
            "minute",
        ),
        ("Week of 4 May 2026", datetime(2026, 5, 4), datetime(2026, 5, 11), "week"),
        ("w/c 04/05/2026", datetime(2026, 5, 4), datetime(2026, 5, 11), "week"),
        ("May 2026", datetime(2026, 5, 1), datetime(2026, 6, 1), "month"),
        ("about 3 May 2026", datetime(2026, 5, 3), datetime(2026, 5, 4), "about"),
        ("3 May 2026, afternoon", datetime(2026, 5, 3, 12), datetime(2026, 5, 3, 17), "half_day"),
        ("2025", datetime(2025, 1, 1), datetime(2026, 1, 1), "year"),
    ],
)
def test_dates_as_people_write_them(text: str, start: datetime, end: datetime, precision: str) -> None:
    found = spans.read(text, STYLES)
    assert found is not None, text
    assert (found.start, found.end, found.precision) == (
        start.replace(tzinfo=HERE), end.replace(tzinfo=HERE), precision,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "half term", "31/02/2026", "5 to 3 May 2026", "unknown"])
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert spans.read(text, STYLES) is None


moments = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)).map(lambda m: m.replace(microsecond=0))


@given(
    start=moments,
    minutes=st.integers(0, 6_000).filter(lambda n: n != 1),
    precision=st.sampled_from(["minute", "hour", "day", "month", "about"]),
)
def test_what_a_document_prints_is_read_back_as_the_same_time(
    start: datetime, minutes: int, precision: str
) -> None:
    end = start + timedelta(minutes=minutes)
    if precision == "minute":
        when = When.between(start.replace(second=0), end.replace(second=0), "minute")
    elif precision == "hour":
        when = When.between(
            start.replace(minute=0, second=0), start.replace(minute=0, second=0) + timedelta(hours=1), "hour"
        )
    elif precision == "month":
        first = date(start.year, start.month, 1)
        when = When.between(datetime(first.year, first.month, 1),
                            datetime(first.year + first.month // 12, first.month % 12 + 1, 1), "month")  # fmt: skip
    else:
        when = When(When.on(start.date()).start, When.on(end.date()).end, precision)
    words = printed.Dates()
    read = spans.read(words.of_when(when), STYLES, precision=words.precision(when).capitalize())
    assert read is not None, words.of_when(when)
    assert (read.start, read.end, read.precision) == (when.start, when.end, when.precision), words.of_when(
        when
    )


@given(content=st.binary(max_size=300))
def test_any_word_file_is_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", content)
    path = tmp_path_factory.mktemp("any") / "any.docx"
    path.write_bytes(out.getvalue())
    with pytest.raises(Refused):
        list(open_tables(path, file_name="any.docx"))
