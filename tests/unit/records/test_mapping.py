from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import CatalogueError, Refused
from lineofsight.catalogue.formats import format_of, formats
from lineofsight.records.mapping import TableMap, cell_text, format_map, load_map, parse, suggest
from lineofsight.records.reading import Cell, TableSource
from lineofsight.records.shapes import ParsedRow

HOW_TO = Path(__file__).parents[3] / "docs/how-to/write-a-column-map.md"


def map_of(name: str) -> TableMap:
    code, _, table = name.partition(".")
    return format_map(format_of(code)).table(table)


def rows_of(name: str, rows: Iterable[dict[str, Cell]]) -> list[ParsedRow]:
    given = list(rows)
    headers = list(dict.fromkeys(header for row in given for header in row))
    cells = (
        (number, [row.get(header, "") for header in headers]) for number, row in enumerate(given, start=2)
    )
    return list(parse(map_of(name), TableSource("file", headers, cells)))


REPORT: dict[str, Cell] = {
    "report_no": "M1",
    "nominal_id": "",
    "surname": "Rowan-Hale",
    "forenames": "Sam",
    "dob": "12/03/2009",
    "reported_at": "03/05/2026 23:05",
    "last_seen_at": "03/05/2026 19:00",
    "risk": "medium",
}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  Ann\xa0Lee ", "Ann Lee"),
        (12.0, "12"),
        (1.5, "1.5"),
        (True, "yes"),
        (7, "7"),
        (date(2026, 5, 3), "2026-05-03"),
        (datetime(2026, 5, 3), "2026-05-03"),
        (datetime(2026, 5, 3, 9, 5), "2026-05-03 09:05"),
        (datetime(2026, 5, 3, 9, 5, 7), "2026-05-03 09:05:07"),
        (time(9, 5), "09:05"),
        (timedelta(hours=25, minutes=1), "25:01"),
    ],
)
def test_cells_become_text(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


def test_a_good_row_has_no_problems() -> None:
    (row,) = rows_of("police_missing.report", [REPORT])
    assert row.problems == () and row.key == "M1" and row.table == "police_missing.report" and row.number == 2


def test_problems_are_told_in_words_and_never_stop_the_row() -> None:
    (row,) = rows_of(
        "police_missing.report", [{**REPORT, "dob": "31/02/2009", "risk": "Med/High", "last_seen_at": ""}]
    )
    assert not row.kept_aside
    assert {problem.code: problem.words for problem in row.problems} == {
        "unreadable_date": '"31/02/2009" in column dob is not a date.',
        "unknown_value": '"Med/High" in column risk is not a value that we know. '
        "Say what it means, or leave it as text.",
        "required_empty": "last_seen_at is empty but is needed.",
    }
    assert row.raw["dob"] == "31/02/2009"


def test_a_failing_number_is_kept_and_explained() -> None:
    (row,) = rows_of("crosswalk.person", [{"case_id": 4.0, "surname": "Ash", "nhs_number": "0000000000"}])
    assert row.key == "4" and [problem.code for problem in row.problems] == ["identifier_fails"]


def test_only_a_row_without_a_key_or_a_person_is_kept_aside() -> None:
    no_key, nobody = rows_of(
        "police_missing.report",
        [{**REPORT, "report_no": " "}, {**REPORT, "surname": "", "forenames": "", "dob": ""}],
    )
    assert [p.code for p in no_key.problems if p.stops] == ["no_key"]
    assert [p.code for p in nobody.problems if p.stops] == ["no_person"]


def test_a_file_without_its_key_or_its_people_is_refused() -> None:
    with pytest.raises(Refused, match="'report_no'"):
        rows_of("police_missing.report", [{"surname": "Ash"}])
    with pytest.raises(Refused, match="whom a row is about"):
        rows_of("police_missing.report", [{"report_no": "M1", "risk": "low"}])


def test_ragged_rows_are_reported_and_their_spare_cells_kept() -> None:
    headers = ["case_id", "surname", "dob"]
    cells: list[tuple[int, list[Cell]]] = [
        (2, ["1", "Ash"]),
        (3, ["2", "Elm", "01/02/2010", "spare"]),
        (4, ["3", "Oak", "", ""]),
    ]
    rows = list(parse(map_of("crosswalk.person"), TableSource("file", headers, iter(cells))))
    assert [[problem.code for problem in row.problems] for row in rows] == [["short_row"], ["long_row"], []]
    assert rows[1].raw["cell 4"] == "spare"


def test_the_digest_does_not_depend_on_the_order_of_columns() -> None:
    one, two = (
        rows_of("crosswalk.person", [{"case_id": "1", "surname": "Ash", "extra": "x"}]),
        rows_of("crosswalk.person", [{"extra": "x", "Last name": "Ash", "Case ID": "1"}]),
    )
    assert one[0].digest == two[0].digest and len(one[0].digest) == 16
    changed = rows_of("crosswalk.person", [{"case_id": "1", "surname": "Ash", "extra": "y"}])
    assert changed[0].digest != one[0].digest


def test_complainants_and_victims_never_get_in() -> None:
    (case,) = rows_of(
        "housing_asb.asb_case",
        [
            {
                "case_ref": "A1",
                "opened": "01/02/2026",
                "persons": "Ann Ash",
                "Complainant name": "Mrs Elm",
                "Caller": "07700 900111",
            }
        ],
    )
    assert "Elm" not in json.dumps(case.raw) and "900111" not in json.dumps(case.raw)
    (offence,) = rows_of(
        "youth_justice_case.offence",
        [{"yjs_id": "1", "offence_date": "01/02/2026", "offence": "Theft", "Victim surname": "Elm"}],
    )
    assert "Elm" not in json.dumps(offence.raw)


def test_defaults_fill_what_a_file_leaves_out() -> None:
    source = TableSource("f", ["case_id", "surname"], iter([(2, ["1", "Ash"])]))
    (row,) = parse(map_of("crosswalk.person"), source, defaults={"team": "East"})
    assert row.raw["team"] == "East"


@pytest.mark.parametrize("name", [f"{f.code}.{t.name}" for f in formats() for t in f.tables if not t.refuse])
def test_every_map_survives_being_written_down(name: str) -> None:
    table_map = map_of(name)
    again = TableMap.from_dict(json.loads(json.dumps(table_map.to_dict())))
    assert again.name == name and again.table == table_map.table and again.lists == table_map.lists
    (from_text,) = [m for m in load_map(table_map.to_yaml()).tables if m.name == name]
    assert from_text.table == table_map.table


def test_a_map_file_that_is_missing_or_broken_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such map file"):
        load_map(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("format: [\n")
    with pytest.raises(CatalogueError, match=r"broken\.yaml, line 2"):
        load_map(broken)


def test_the_worked_example_of_the_manual_works() -> None:
    text = HOW_TO.read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (table_map,) = load_map(example).tables
    headers = [
        "Shift date",
        "Time",
        "Area",
        "Young person (name given)",
        "Age / DOB if known",
        "Who with",
        "What we saw or talked about",
        "In their words",
        "Told anyone?",
        "Staff on shift",
    ]
    cells: list[Cell] = [
        "03/05/2026",
        "21:30",
        "Bus station",
        "Sam (Smiler)",
        "",
        "two older lads",
        "Talked.",
        "It’s fine",
        "No",
        "Kez",
    ]
    (row,) = parse(table_map, TableSource("street", headers, iter([(2, cells)])))
    assert row.problems == ()


def test_a_draft_never_guesses_the_kind_of_event() -> None:
    headers = ["ID", "Name", "DOB", "Date of visit", "Notes", "Worker phone"]
    drafted = suggest(
        headers, [["1", "Ann Ash", "01/02/2010", "03/05/2026", "Long talk at the door.", "07700 900123"]]
    )
    assert [entry.kind for entry in drafted.table.entries] == ["OTHER"]
    person = drafted.table.person
    assert person is not None and person.birth == "DOB" and person.phones == ()


word = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)


@given(st.lists(word, min_size=1, max_size=6, unique=True), st.lists(st.lists(word, max_size=6), max_size=4))
def test_any_table_gets_a_draft_or_a_sentence(headers: list[str], rows: list[list[str]]) -> None:
    try:
        suggest(headers, rows)
    except CatalogueError as error:
        assert str(error)


@given(st.dictionaries(st.sampled_from(sorted(format_of("police_ppn").tables[0].columns)), word))
def test_weird_text_never_breaks_a_row(cells: dict[str, str]) -> None:
    base = {"notice_no": "1", "subject_surname": "Ash", "subject_forenames": "Ann"}
    (row,) = rows_of("police_ppn.notice", [{**base, **cells}])
    assert len(row.digest) == 16 and len(row.key) <= 300
