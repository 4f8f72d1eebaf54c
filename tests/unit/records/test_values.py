from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.formats import format_of
from lineofsight.catalogue.tables import CodeList
from lineofsight.records.values import YES_NO, Reader, ValueLookup, fold

VARIANTS = Path(__file__).parents[2] / "samples/annex_a/value_variants.csv"
SOURCE = CodeList(
    "source", {"1A": "Family member", "3D": "Other primary health", "6": "Police"}, {"the polis": "6"}
)


@pytest.mark.parametrize(
    "raw",
    [
        "6",
        "Police",
        "POLICE",
        " police ",
        "q) 6: Police",
        "g) Police",
        "6 - Police",
        "the polis",
        "Polise",
        "POLICE.",
        "‘6’ - police",
    ],
)
def test_one_meaning_in_many_spellings(raw: str) -> None:
    assert Reader(SOURCE).read(raw).code == "6"


@pytest.mark.parametrize(
    "raw", ["", "6: anything", "Policy", "not police", "1A / 6", "Police - Family member", "60"]
)
def test_what_is_not_known_is_kept_as_it_was(raw: str) -> None:
    value = Reader(SOURCE).read(raw)
    assert not value.known and value.words == raw


def test_what_an_agency_settled_before_counts_first() -> None:
    lookup = ValueLookup({"from": SOURCE}, {"from": {"Plod": "6", "Police": "1A"}})
    assert lookup.read("from", "plod").code == "6"
    assert lookup.read("from", "Police").code == "1A"
    assert lookup.read("elsewhere", "Police").words == "Police"


@pytest.mark.parametrize(
    ("raw", "code"), [("Y", "yes"), ("a) Yes", "yes"), ("TRUE", "yes"), ("b) No", "no"), ("0", "no")]
)
def test_flags(raw: str, code: str) -> None:
    assert Reader(YES_NO).read(raw).code == code


def test_register_marks_made_of_signs() -> None:
    marks = Reader(format_of("school_register").codes["mark"])
    assert [marks.read(mark).words for mark in ("/", "\\", "#", "N")] == [
        "present, morning",
        "present, afternoon",
        "planned whole school closure",
        "reason not yet established",
    ]


def test_codes_of_other_template_years() -> None:
    codes = format_of("annex_a").codes
    assert Reader(codes["source"]).read("q) 6: Police").code == "Police"
    assert Reader(codes["source"]).read("a) 1A: Individual").code == "Individual"
    assert Reader(codes["ethnicity"]).read("k) APKN").code == "Asian or Asian British"
    assert Reader(codes["need"]).read("N1 - Abuse or Neglect").code == "Abuse or neglect"
    assert Reader(codes["need"]).read("PSRMEM - Support with memory and cognition").known is False


def test_spellings_met_in_one_region_are_known() -> None:
    known = {
        column.name: Reader(format_of("annex_a").codes[column.codes])
        for table in format_of("annex_a").tables
        for column in table.columns.values()
        if column.codes
    }
    found: Counter[bool] = Counter()
    with VARIANTS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["column"] in known and row["accepted_code"] != "zzCodeError" and row["raw_value"].strip():
                found[known[row["column"]].read(row["raw_value"]).known] += 1
    assert found[True] > 6000 and found[False] < 150


@given(st.text(max_size=40))
def test_any_text_can_be_looked_up(text: str) -> None:
    value = Reader(SOURCE).read(text)
    assert value.known or value.words == text.strip()
    assert fold(fold(text)) == fold(text)
