from __future__ import annotations

import copy
from typing import Any

import pytest

from lineofsight.catalogue import book, kinds
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.catalogue.formats import format_of, formats, read_format
from lineofsight.catalogue.tables import VERIFIED

SMALL: dict[str, Any] = {
    "format": "log",
    "codes": {"mood": {"verified": "unverified", "values": {"A": "fine", "B": "worried"}}},
    "tables": [
        {
            "name": "visit",
            "columns": {
                "ref": {"required": True},
                "who": {},
                "on_day": {"type": "date"},
                "mood": {"codes": "mood"},
            },
            "key": ["ref"],
            "person": {"or": ["who"], "names": {"full": "who"}},
            "entries": [{"kind": "ENGAGEMENT", "at": "on_day", "title": "Visit[, {mood}]"}],
        }
    ],
}


def test_every_shipped_format_can_be_read() -> None:
    assert {known.code for known in formats()} >= {
        "annex_a",
        "camhs_referral",
        "crosswalk",
        "early_help",
        "health_attendance",
        "health_contacts",
        "housing_asb",
        "police_intelligence",
        "police_missing",
        "police_pole",
        "police_ppn",
        "school_census",
        "school_log",
        "school_register",
        "ssd",
        "vcs_session",
        "youth_justice_case",
    }


def test_every_format_says_where_it_comes_from_and_how_sure_it_is() -> None:
    for known in formats():
        assert known.confidence and known.sources and known.agencies and known.system, known.code
        for codes in known.codes.values():
            assert codes.verified in VERIFIED and codes.source, (known.code, codes.name)
        for table in known.tables:
            assert table.verified in VERIFIED and table.title, (known.code, table.name)


def test_the_agencies_are_those_of_the_partnership() -> None:
    ours = {agency.code for agency in book.agencies()}
    assert {code for known in formats() for code in known.agencies} <= ours


def test_all_tables_of_the_safeguarding_data_set_are_known() -> None:
    ssd = format_of("ssd")
    assert len(ssd.tables) == 48
    assert ssd.system == format_of("annex_a").system == format_of("crosswalk").system == "csc_case"


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ("annex_a", "list_10"),
        ("annex_a", "list_11"),
        ("ssd", "ssd_permanence"),
        ("ssd", "ssd_s251_finance"),
        ("ssd", "ssd_sdq_scores"),
        ("health_attendance", "istv"),
    ],
)
def test_what_is_out_of_purpose_is_refused_with_a_reason(code: str, table: str) -> None:
    found = format_of(code).table(table)
    assert found is not None and len(found.refuse) > 40 and not found.entries and found.person is None


def test_complainants_and_victims_of_the_child_have_no_column() -> None:
    for code in ("housing_asb", "youth_justice_case"):
        for table in format_of(code).tables:
            assert table.leave_out, table.name
            assert not [c for c in table.columns if "victim" in c.lower() or "complain" in c.lower()]


def test_every_kind_is_listed_once_and_has_words() -> None:
    found = kinds.kinds()
    assert len(found) == 108
    assert sum(kind.core for kind in found.values()) == 64
    assert all(kind.label and kind.agencies and kind.category for kind in found.values())
    assert kinds.kind("POL_INTELLIGENCE").handling == "confidential"
    with pytest.raises(CatalogueError, match="NOT_A_KIND"):
        kinds.kind("NOT_A_KIND")


def test_a_small_map_is_read() -> None:
    found = read_format(SMALL, "here")
    assert found.system == "log" and found.tables[0].entries[0].slot == "engagement"


def change(path: list[Any], value: Any) -> dict[str, Any]:
    content = copy.deepcopy(SMALL)
    part: Any = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return content


TABLE = ["tables", 0]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["format"], "", "format: this must be given"),
        (["tables"], [], "at least one table"),
        (["colour"], "red", "colour: this is not known here"),
        (["dates"], ["guess"], "'guess' is not one of"),
        ([*TABLE, "key"], [], "tell one row from another"),
        ([*TABLE, "key"], ["nothing"], "no column 'nothing'"),
        ([*TABLE, "scope"], "sometimes", "'sometimes' is not one of"),
        ([*TABLE, "columns"], {}, "needs its columns"),
        ([*TABLE, "columns", "who"], {"type": "thing"}, "columns, who, type: 'thing'"),
        ([*TABLE, "columns", "who"], {"codes": "none"}, "no code list 'none'"),
        ([*TABLE, "columns", "who"], {"patterns": ["("]}, "not a readable pattern"),
        ([*TABLE, "person"], {"names": {"full": "who"}}, "stand for it"),
        ([*TABLE, "person"], {"id": "ref", "sex": "gender"}, "person, sex: there is no column 'gender'"),
        ([*TABLE, "person"], {"id": "ref", "kind": "cat"}, "'cat' is not one of"),
        ([*TABLE, "entries", 0, "kind"], "PARTY", "entries 1, kind: 'PARTY'"),
        ([*TABLE, "entries", 0, "at"], None, "entries 1, at: say which column"),
        ([*TABLE, "entries", 0, "title"], "{nobody}", "title: there is no column 'nobody'"),
        ([*TABLE, "entries", 0, "nature"], "rumour", "'rumour' is not one of"),
        ([*TABLE, "entries", 0, "when"], {"column": "mood"}, "say what is asked"),
        ([*TABLE, "joins"], {"more": {"table": "gone", "on": {"ref": "ref"}}}, "no table 'gone'"),
        (["codes", "mood"], {"values": {}}, "at least one code"),
        (["codes", "mood"], {"values": {"A": "fine"}, "also": {"x": "Z"}}, "stands for 'Z'"),
    ],
)
def test_a_mistake_names_the_file_the_place_and_the_reason(path: list[Any], value: Any, says: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_format(change(path, value), "maps/log.yaml")
    assert str(caught.value).startswith("maps/log.yaml") and says in str(caught.value)


def test_a_bare_on_is_the_word_and_not_a_truth_value() -> None:
    content = change([*TABLE, "joins"], {"self": {"table": "visit", True: {"ref": "ref"}}})
    assert read_format(content, "here").tables[0].joins[0].on == (("ref", "ref"),)
