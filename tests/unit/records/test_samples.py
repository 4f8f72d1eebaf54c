"""Files that nobody here wrote, read whole: rows, entries by kind, problems, and values without a meaning."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.formats import formats
from lineofsight.records.derivation import Deriver
from lineofsight.records.mapping import TableMap, load_map, parse, suggest
from lineofsight.records.recognition import recognise, settle
from lineofsight.records.tables import TableSource
from opened import open_tables

SAMPLES = Path(__file__).parents[2] / "samples"
CENSUS = SAMPLES / "school_census"


@dataclass
class Told:
    table: str = ""
    rows: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


def tell(table_map: TableMap, source: TableSource) -> Told:
    told, deriver = Told(table_map.name), Deriver(table_map, table_map.values())
    for row in parse(table_map, source):
        told.rows += 1
        told.keys.add(row.key)
        told.problems.update(problem.code for problem in row.problems)
        derived = deriver.derive(row.raw, {})
        told.kinds.update(entry.kind for entry in derived.entries)
        told.unmapped.update(derived.unmapped)
        told.people.update(person.local_id for person in derived.statements)
        told.problems.update(problem.code for problem in derived.problems)
    return told


def read(path: Path) -> list[Told]:
    found = []
    for source in open_tables(path, file_name=path.name):
        best = settle(recognise(source.headers, formats()))
        assert best is not None, source.name
        if not best.table.refuse:
            found.append(tell(TableMap(best.format, best.table), source))
    return found


def test_the_annex_a_workbook() -> None:
    told = read(SAMPLES / "annex_a/Annex_A.xlsx")
    assert [(t.table, t.rows, dict(t.kinds)) for t in told] == [
        ("annex_a.list_1", 5, {"CSC_CONTACT": 5}),
        ("annex_a.list_2", 5, {"EH_ASSESSMENT": 5}),
        ("annex_a.list_3", 6, {"CSC_REFERRAL": 6}),
        ("annex_a.list_4", 5, {"CSC_ASSESSMENT": 5}),
        ("annex_a.list_5", 5, {"CSC_S47": 5, "CSC_ICPC": 3}),
        ("annex_a.list_6", 5, {"CSC_CASE_OPEN": 5, "CSC_VISIT": 5}),
        ("annex_a.list_7", 7, {"CSC_CP_PLAN": 7, "CSC_VISIT": 7, "CSC_REVIEW": 5}),
        (
            "annex_a.list_8",
            5,
            {"CLA_START": 5, "CLA_PLACEMENT_MOVE": 5, "CSC_REVIEW": 5, "CSC_VISIT": 5, "CLA_END": 1},
        ),
        ("annex_a.list_9", 6, {"CARE_LEAVER_CONTACT": 6}),
    ]
    unmapped = sum((t.unmapped for t in told), Counter())
    assert unmapped == {
        (
            "Was the child assessed as requiring LA children's social care support?",
            "CS Assessment Updated",
        ): 5,
        ("Primary Need Code", "PSRMEM - Support with memory and cognition"): 1,
        ("LA of Placement", "Home Town"): 4,
        ("LA of Placement", "Other Town 1"): 1,
    }
    assert sum((t.problems for t in told), Counter()) == {"unknown_value": 6, "identifier_fails": 1}


def test_the_adoption_lists_are_recognised_and_left_out() -> None:
    for source in open_tables(SAMPLES / "annex_a/Annex_A.xlsx", file_name="Annex_A.xlsx"):
        best = settle(recognise(source.headers, formats()))
        assert best is not None and best.table.name == source.name.lower().replace(" ", "_")
        if source.name in ("List 10", "List 11"):
            with pytest.raises(Refused, match="adoption"):
                parse(TableMap(best.format, best.table), source)
        assert best.extra == ()


@pytest.mark.parametrize(
    ("name", "rows", "kinds", "problems", "unmapped"),
    [
        ("pupilonroll", 9088, {}, {"identifier_fails": 27264}, {}),
        ("pupilnolongeronroll", 308, {"EDU_LEFT_ROLL": 308}, {"identifier_fails": 924}, {}),
        ("addressesoffroll", 1698, {}, {}, {}),
        ("termlysessiondetailsonroll", 39953, {"EDU_ABSENCE_SUMMARY": 14688}, {}, {}),
        ("termlysessiondetailsoffroll", 1328, {"EDU_ABSENCE_SUMMARY": 463}, {}, {}),
        (
            "termlyexclusionsonroll", 10373,
            {"EDU_SUSPENSION": 6259, "EDU_PERM_EXCLUSION": 4114, "EDU_DRUGS_IN_SCHOOL": 727},
            {"unknown_value": 706}, {("reason1", "OT"): 514, ("reason2", "OT"): 164, ("reason3", "OT"): 28},
        ),
        (
            "termlyexclusionsoffroll", 318,
            {"EDU_SUSPENSION": 191, "EDU_PERM_EXCLUSION": 127, "EDU_DRUGS_IN_SCHOOL": 22}, {}, {},
        ),
    ],
)  # fmt: skip
def test_the_school_census(
    name: str,
    rows: int,
    kinds: dict[str, int],
    problems: dict[str, int],
    unmapped: dict[tuple[str, str], int],
) -> None:
    (told,) = read(CENSUS / f"2024_autumn_{name}.csv")
    assert told.table == f"school_census.{name}"
    assert (told.rows, len(told.keys)) == (rows, rows)
    assert told.kinds == kinds and told.problems == problems and told.unmapped == unmapped


def test_the_tables_of_a_census_speak_of_the_same_pupils() -> None:
    (pupils,) = read(CENSUS / "2024_autumn_pupilonroll.csv")
    (absences,) = read(CENSUS / "2024_autumn_termlysessiondetailsonroll.csv")
    assert len(pupils.people) == 9088 and absences.people <= pupils.people


def test_the_census_of_children_in_need_as_loose_tables() -> None:
    flat = SAMPLES / "cin_flat_csv"
    told = [
        one
        for name in ("ChildIdentifiers", "ChildCharacteristics", "CINdetails")
        for one in read(flat / f"{name}.csv")
    ]
    assert [(t.table, t.rows, len(t.people), dict(t.kinds)) for t in told] == [
        ("cin_census.ChildIdentifiers", 332, 332, {}),
        ("cin_census.ChildCharacteristics", 332, 332, {}),
        ("cin_census.CINdetails", 101, 89, {"CSC_REFERRAL": 101, "CSC_ICPC": 85, "CSC_CASE_CLOSED": 63}),
    ]


@pytest.mark.parametrize(
    ("path", "rows", "people", "entries"),
    [
        ("cross_agency/family_context_csc.csv", 500, 500, 500),
        ("cross_agency/family_context_education.csv", 500, 500, 500),
        ("matching/fake_1000.csv", 1000, 1000, 0),
    ],
)
def test_a_file_that_nobody_knows_gets_a_map_that_works(
    path: str, rows: int, people: int, entries: int
) -> None:
    (source,) = open_tables(SAMPLES / path, file_name=path.rpartition("/")[2])
    assert recognise(source.headers, formats()) == []
    read_rows = list(source.rows)
    drafted = suggest(source.headers, [cells for _, cells in read_rows[:50]], name=source.name)
    (table_map,) = load_map(drafted.to_yaml()).tables
    source.rows = iter(read_rows)
    told = tell(table_map, source)
    assert (told.rows, len(told.keys), len(told.people)) == (rows, rows, people)
    assert sum(told.kinds.values()) == entries
