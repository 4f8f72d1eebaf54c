"""Each file is opened again, and what a practitioner would notice is looked for."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import LONDON, When
from lineofsight.chronology.documents import FORMATS, MEDIA_TYPES, Document, Line, content_hash, write
from lineofsight.chronology.documents.dates import Dates, quiet_words
from lineofsight.chronology.documents.plain import KEYS, harmless
from lineofsight.chronology.documents.sheet import CELL_LIMIT
from lineofsight.chronology.documents.table import HEADINGS, WIDTHS, Gap, Row, rows

HOSTILE = '#panic("x") *b* $y$ <script>alert(1)</script> </style> {{7*7}} ]]> &amp; \x00\x0b\ud800\u202e end'


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type]


def a_line(ref: str = "E1", when: When | None = None, **changes: object) -> Line:
    usual: dict[str, object] = {
        "ref": ref,
        "when": when or When.at(at(2024, 5, 3, 22, 40)),
        "age": "15 years 1 month",
        "agency": "police",
        "agency_name": "Northshore Police",
        "kind": "Missing",
        "title": "Sam was reported missing",
        "narrative": "His carer rang.\nHe came back next day.",
        "child_words": "I wanted to be on my own.",
        "nature": "reported",
        "role": "missing person",
        "people": (("Kai Okonjo", "seen with"),),
        "places": ("12 Quay Street, Northshore",),
        "things": ("Phone 07700 900123",),
        "source": "Police export, record M123",
        "recorded_at": at(2024, 5, 3, 23, 5),
        "recorded_by": "PC J. Brown",
        "received_at": at(2024, 5, 6, 6, 0),
        "handling": "restricted",
        "conditions": "Ask before telling the family",
        "grading": "3 5 2",
        "marks": ("corrected",),
        "comments": ("Checked with school",),
    }
    return Line(**(usual | changes))  # type: ignore[arg-type]


def a_document(*lines: Line, **changes: object) -> Document:
    usual: dict[str, object] = {
        "title": "Chronology of Sam Rowan-Hale",
        "child_name": "Sam Rowan-Hale",
        "child_ref": "CH-7Q2F9K",
        "born": "12 March 2009",
        "period_from": date(2024, 1, 1),
        "period_to": date(2024, 12, 31),
        "agencies": ("Police",),
        "made_by": "A. Oduya",
        "made_for": "Strategy discussion",
        "made_at": at(2025, 1, 2, 9, 30).replace(microsecond=123456),
        "partnership": "Northshore Safeguarding Children Partnership",
        "lines": lines,
        "withheld": "3 entries are held by other agencies and are not in this document.",
        "notes": ("Made from feeds loaded to 1 January 2025.",),
    }
    return Document(**(usual | changes))  # type: ignore[arg-type]


def three() -> Document:
    return a_document(
        a_line("E1"),
        a_line("E2", When.on(date(2024, 5, 4)), title="Sam was seen at home"),
        a_line(
            "E3", When.on(date(2024, 9, 1)), title="A meeting was held", child_words="", handling="standard"
        ),
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._quiet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._quiet = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._quiet = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.words.append(data)


def page(document: Document) -> _Text:
    parser = _Text()
    parser.feed(write(document, "html").decode())
    return parser


def paper(document: Document) -> docx.document.Document:
    return docx.Document(io.BytesIO(write(document, "docx")))


def book(document: Document) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(write(document, "xlsx")))


def csv_rows(document: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write(document, "csv").decode("utf-8-sig"), newline="")))


# --- all formats ---


def test_every_format_shows_the_same_hash_and_the_marking() -> None:
    document = three()
    digest = content_hash(document)
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    word = "\n".join(cell.text for cell in paper(document).tables[0]._cells)
    about = [cell.value for row in book(document)["About this document"].iter_rows() for cell in row]
    assert digest in word
    assert digest in about
    assert digest in page(document).words
    assert json.loads(write(document, "json"))["content_hash"] == digest
    assert {row["Contents hash"] for row in csv_rows(document)} == {digest}
    assert {row["Marking"] for row in csv_rows(document)} == {"OFFICIAL-SENSITIVE"}
    assert set(MEDIA_TYPES) == set(FORMATS)


def test_the_hash_follows_the_content_and_not_the_copy() -> None:
    document = three()
    assert content_hash(replace(document, made_by="K. Lind", made_at=at(2025, 3, 1))) == content_hash(
        document
    )
    changed = replace(document.lines[0], narrative="Something else")
    assert content_hash(replace(document, lines=(changed, *document.lines[1:]))) != content_hash(document)
    assert content_hash(replace(document, lines=document.lines[::-1])) != content_hash(document)


def test_anyone_can_work_the_hash_out_from_the_json() -> None:
    whole = json.loads(write(three(), "json"))
    canonical = json.dumps(whole["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == whole["content_hash"]


def test_an_unknown_format_is_refused_with_the_choices() -> None:
    with pytest.raises(Refused, match="docx, pdf, xlsx, csv, html, json"):
        write(three(), "odt")


@pytest.mark.parametrize("format", FORMATS)
def test_a_document_without_lines_says_so(format: str) -> None:
    made = write(a_document(), format)
    assert made
    if format in ("csv", "html"):
        assert "No entries in this document" in made.decode("utf-8-sig")


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_is_only_text(format: str) -> None:
    line = a_line(
        title=HOSTILE, narrative=HOSTILE, child_words=HOSTILE, people=((HOSTILE, HOSTILE),), source=HOSTILE
    )
    document = a_document(
        line, title=HOSTILE, marking=HOSTILE, notes=(HOSTILE,), made_by=HOSTILE, withheld=HOSTILE
    )
    assert write(document, format)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec=None), max_size=60), st.sampled_from(["docx", "pdf", "xlsx", "html"]))
def test_any_text_at_all_can_be_written(text: str, format: str) -> None:
    assert write(
        a_document(a_line(title=text, narrative=text), title=text, marking=text, made_by=text), format
    )


# --- the table ---


def test_a_row_says_everything() -> None:
    (row,) = rows(a_document(a_line()))
    assert isinstance(row, Row)
    said = dict(zip(HEADINGS, ("\n".join(words.text for words in cell) for cell in row.cells), strict=True))
    assert said["Date and time"] == "3 May 2024, 22:40\nTo the minute"
    assert said["Source agency and record"] == "Northshore Police\nPolice export, record M123\nEntry E1"
    assert "Missing. Reported, not confirmed." in said["What happened"]
    assert "The child’s own words: “I wanted to be on my own.”" in said["What happened"]
    assert (
        "Sam Rowan-Hale: missing person\nKai Okonjo: seen with" in said["People and their role in this entry"]
    )
    assert (
        "PC J. Brown\nRecorded 3 May 2024, 23:05\nReached us 6 May 2024, 06:00"
        in said["Who recorded it and when"]
    )
    assert said["Marks"].splitlines() == [
        "Restricted",
        "Condition: Ask before telling the family",
        "Grading: 3 5 2",
        "Corrected",
        "Comment: Checked with school",
    ]
    assert [words.text for words in row.cells[3] if words.tone == "quoted"] == [
        "The child’s own words: “I wanted to be on my own.”"
    ]
    assert len(HEADINGS) == len(WIDTHS) == len(row.cells)
    assert sum(WIDTHS) == 273  # landscape A4 less two margins of 12 mm


def test_a_quiet_stretch_is_named_where_it_lies() -> None:
    document = three()
    assert [isinstance(row, Gap) for row in rows(document)] == [False, False, True, False]
    backwards = replace(document, lines=document.lines[::-1])
    assert [isinstance(row, Gap) for row in rows(backwards)] == [False, True, False, False]
    (gap,) = (row for row in rows(backwards) if isinstance(row, Gap))
    assert gap.text == "About 4 months without an entry in this document"
    muddled = replace(document, lines=(document.lines[1], document.lines[0], document.lines[2]))
    assert not any(isinstance(row, Gap) for row in rows(muddled))


def test_a_long_entry_may_run_over_the_page() -> None:
    (short,) = rows(a_document(a_line()))
    (long,) = rows(a_document(a_line(narrative="Long. " * 400)))
    assert isinstance(short, Row) and short.keep_together
    assert isinstance(long, Row) and not long.keep_together


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When.at(at(2024, 5, 3, 22, 40, 15), precision="second"), "3 May 2024, 22:40:15"),
        (When.at(at(2024, 5, 3, 22), precision="hour"), "3 May 2024, about 22:00"),
        (
            When.between(at(2024, 5, 3, 22, 40), at(2024, 5, 4, 1, 10), "minute"),
            "3 May 2024, 22:40 to 4 May 2024, 01:10",
        ),
        (When.between(at(2024, 5, 3, 9), at(2024, 5, 3, 10, 30), "minute"), "3 May 2024, 09:00 to 10:30"),
        (When.between(at(2024, 5, 3), at(2024, 5, 3, 12), "half_day"), "3 May 2024, morning"),
        (When.between(at(2024, 5, 3, 12), at(2024, 5, 4), "half_day"), "3 May 2024, afternoon"),
        (When.on(date(2024, 3, 31)), "31 March 2024"),  # the clocks change on this day
        (When.on(date(2024, 10, 27)), "27 October 2024"),
        (When.between(at(2024, 5, 6), at(2024, 5, 13), "week"), "Week of 6 May 2024"),
        (When.between(at(2024, 5, 1), at(2024, 6, 1), "month"), "May 2024"),
        (When.between(at(2024, 1, 1), at(2025, 1, 1), "year"), "2024"),
        (When.between(at(2024, 4, 15), at(2024, 7, 20), "term", "summer term"), "15 April to 19 July 2024"),
        (When.between(at(2024, 5, 27), at(2024, 6, 1), "about", "half-term"), "About 27 to 31 May 2024"),
        (When.unknown("not recalled"), "Date not known"),
    ],
)
def test_a_date_shows_no_more_than_was_known(when: When, words: str) -> None:
    assert Dates().of_when(when) == words


def test_the_sources_own_words_stand_by_an_unsure_date() -> None:
    assert Dates().as_written(When.unknown("not recalled")) == "not recalled"
    assert Dates().as_written(When.on(date(2024, 5, 3), "03/05/2024")) == ""


@pytest.mark.parametrize(
    ("days", "words"),
    [(28, "4 weeks"), (90, "12 weeks"), (122, "About 4 months"), (800, "About 2 years")],
)
def test_a_stretch_is_said_as_people_say_it(days: int, words: str) -> None:
    assert quiet_words(timedelta(days=days)) == words


# --- Word ---


def test_word_has_a_repeating_header_row_and_every_line_in_order() -> None:
    made = paper(three())
    table = made.tables[1]
    head = table.rows[0]._tr
    assert head.trPr is not None and head.trPr.find(qn("w:tblHeader")) is not None
    assert [cell.text for cell in table.rows[0].cells] == list(HEADINGS)
    firsts = [row.cells[3].text.split("\n")[0] for row in table.rows[1:]]
    assert firsts[0] == "Sam was reported missing"
    assert "without an entry" in firsts[2]
    assert firsts[3] == "A meeting was held"
    styles = {
        paragraph.style.name for row in table.rows for cell in row.cells for paragraph in cell.paragraphs
    }
    assert {"Chronology Strong", "Chronology Quiet", "Chronology Quotation", "Chronology Heading"} <= styles


def test_word_pages_are_numbered_marked_wide_and_english() -> None:
    made = paper(three())
    section = made.sections[0]
    assert section.page_width > section.page_height
    assert section.header.paragraphs[0].text == "OFFICIAL-SENSITIVE"
    foot = section.footer.paragraphs[0]._p
    assert [field.get(qn("w:instr")) for field in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
    assert "OFFICIAL-SENSITIVE" in section.footer.paragraphs[0].text
    assert {lang.get(qn("w:val")) for lang in made.styles.element.iter(qn("w:lang"))} == {"en-GB"}
    assert made.core_properties.title == "Chronology of Sam Rowan-Hale"
    assert made.core_properties.author == "A. Oduya"
    assert made.core_properties.comments == ""


def test_word_holds_two_thousand_lines() -> None:
    lines = tuple(
        a_line(f"E{place}", When.at(at(2020, 1, 1, 9) + timedelta(hours=place))) for place in range(2000)
    )
    made = paper(a_document(*lines))
    assert len(made.tables[1]._tbl.tr_lst) == 2001


# --- Excel and CSV ---


def test_excel_has_a_frozen_header_filters_and_page_numbers() -> None:
    sheet = book(three())["Chronology"]
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.auto_filter.ref == "A1:Z4"
    assert sheet.oddHeader.center.text == "OFFICIAL-SENSITIVE"
    assert sheet.oddFooter.right.text == "Page &P of &N"
    assert sheet.page_setup.orientation == "landscape"
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["E1", "E2", "E3"]
    sortable = [row[2].value for row in sheet.iter_rows(min_row=2)]
    assert sortable == sorted(sortable)
    assert sortable[0] == "2024-05-03T22:40:00+01:00"
    assert sheet["B2"].value == "3 May 2024, 22:40"


STRIPPED = st.text(
    st.sampled_from(
        ' \t\r\n\x0b\x0c\x00\x1f\x7f\x85\xa0\xad\u2003\u200b\u200e\u202e\u2066\u3000\ufeff"“”‘’`'
    ),
    max_size=6,
)


@given(before=STRIPPED, sign=st.sampled_from("=+-@＝＋－＠﹦﹢﹣﹫"), after=st.text(max_size=20))
def test_no_text_starts_a_formula_whatever_stands_before_the_sign(before: str, sign: str, after: str) -> None:
    written = harmless(before + sign + after)
    assert written == "'" + before + sign + after
    assert harmless(written) == written


@given(st.text(max_size=40))
def test_what_starts_no_formula_is_left_as_it_is(text: str) -> None:
    written = harmless(text)
    assert written in (text, f"'{text}") and harmless(written) == written
    if text[:1].isalnum():
        assert written == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_no_cell_can_start_a_formula(start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    document = a_document(a_line(title=text, narrative=text, people=((text, ""),)), title=text, marking=text)
    for sheet in book(document).worksheets:
        for row in sheet.iter_rows():
            assert not any(cell.data_type == "f" for cell in row)
            assert all(cell.value == harmless(str(cell.value)) for cell in row if cell.value)
    for values in csv_rows(document):
        assert not any(value.lstrip().startswith(("=", "+", "-", "@", "＝")) for value in values.values())


def test_a_text_longer_than_a_cell_goes_on_below() -> None:
    text = "".join(f"{place:07d} " for place in range(10_000))
    sheet = book(a_document(a_line(narrative=text)))["Chronology"]
    found = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in found] == ["E1", "E1 (continued)", "E1 (continued)"]
    assert "".join(str(row[11]) for row in found) == text
    assert len(str(found[0][11])) == CELL_LIMIT


def test_csv_opens_as_utf_8_with_one_row_for_each_line() -> None:
    document = three()
    assert write(document, "csv").startswith(b"\xef\xbb\xbf")
    found = csv_rows(document)
    assert [row["Entry"] for row in found] == ["E1", "E2", "E3"]
    assert found[0]["Narrative"] == "His carer rang.\nHe came back next day."
    assert found[0]["People and roles"] == "Kai Okonjo: seen with"
    assert found[1]["Date precision"] == "day only"
    assert "3 entries are held by other agencies" in found[0]["About this document"]


# --- JSON and the web page ---


def test_json_has_iso_times_and_explains_its_keys() -> None:
    whole = json.loads(write(three(), "json"))
    assert whole["keys"] == KEYS
    line = whole["content"]["lines"][0]
    assert line["when"]["from"] == "2024-05-03T22:40:00+01:00"
    assert line["when"]["precision"] == "minute"
    assert line["received_at"] == "2024-05-06T06:00:00+01:00"
    assert line["people"] == [{"name": "Kai Okonjo", "role": "seen with"}]
    assert whole["content"]["period"] == {"from": "2024-01-01", "to": "2024-12-31"}


def test_the_web_page_stands_alone_and_runs_nothing() -> None:
    document = a_document(
        a_line(title=HOSTILE, narrative=HOSTILE), marking='"}</style><script>x</script>', title=HOSTILE
    )
    found = page(document)
    tags = [tag for tag, _ in found.tags]
    assert "script" not in tags
    assert not any(
        name.startswith("on") or name in ("src", "href") for _, given in found.tags for name in given
    )
    assert any("<script>alert(1)</script>" in words for words in found.words)
    assert tags.count("style") == 1
    assert dict(found.tags[0:1])["html"] == {"lang": "en-GB"}
    assert [given.get("scope") for tag, given in found.tags if tag == "th"] == ["col"] * len(HEADINGS)


def test_the_web_page_repeats_its_header_in_print_and_numbers_its_pages() -> None:
    made = write(three(), "html").decode()
    assert "thead { display: table-header-group; }" in made
    assert "counter(page)" in made and "counter(pages)" in made
    assert made.count("OFFICIAL-SENSITIVE") >= 3


# --- PDF ---


def test_pdf_is_tagged_titled_and_the_same_each_time() -> None:
    document = three()
    made = write(document, "pdf")
    assert made.startswith(b"%PDF-")
    assert made == write(document, "pdf")
    assert b"pdfuaid:part" in made
    assert b"/Lang" in made and b"en-GB" in made
    assert b"Chronology of Sam Rowan-Hale" in made


def test_pdf_is_made_even_where_no_font_has_the_letter() -> None:
    assert write(a_document(a_line(title="Name \U000e0041 \ue123 \U0001f9ff")), "pdf").startswith(b"%PDF-")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_pdf_pages_carry_the_header_row_the_marking_and_the_page_number() -> None:
    lines = tuple(
        a_line(f"E{place}", When.at(at(2024, 1, 1, 9) + timedelta(days=place))) for place in range(60)
    )
    made = write(
        a_document(*lines, a_line("E99", When.unknown(), narrative="w" * 400 + " " + HOSTILE)), "pdf"
    )
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True)
    pages = read.stdout.decode().split("\f")[:-1]
    assert len(pages) > 5
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert text.count("OFFICIAL-SENSITIVE") >= 2
        assert "What happened" in text
    whole = "".join(pages)
    assert all(f"Entry E{place}" in whole for place in range(60))
    assert '#panic("x") *b* $y$' in whole
    assert whole.count("w" * 16) >= 25


def test_word_file_is_sound_xml_whatever_was_typed() -> None:
    made = write(a_document(a_line(narrative=HOSTILE), title=HOSTILE, made_by=HOSTILE), "docx")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert "<script>" not in archive.read("word/document.xml").decode()
