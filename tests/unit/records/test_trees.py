"""Returns and answers that come as XML or JSON, and the set of files of one return."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_samples import SAMPLES, Told, read

from lineofsight.catalogue import formats
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import limits
from lineofsight.records import apart, reading
from lineofsight.records.reader import AT_WORK
from lineofsight.records.trees import Tree
from opened import open_tables


def whole(path: str) -> dict[str, tuple[int, int, dict[str, int]]]:
    return {told.table: (told.rows, len(told.people), dict(told.kinds)) for told in read(SAMPLES / path)}


@pytest.mark.parametrize(
    ("year", "factors", "assessed"),
    [("2021_no_assessment_factors", {}, 1), ("2024", {("AssessmentFactors", "RB"): 1}, 2),
     ("2026", {("AssessmentFactors", "RB"): 1}, 2)],
)  # fmt: skip
def test_the_census_of_children_in_need_by_year(
    year: str, factors: dict[tuple[str, str], int], assessed: int
) -> None:
    told = {one.table: one for one in read(SAMPLES / f"cin/CIN_Census_{year}.xml")}
    assert told["cin_census.Assessments"].kinds == {"CSC_ASSESSMENT": assessed}
    assert told["cin_census.Assessments"].unmapped == factors
    for table in ("CINPlanDates", "Section47", "ChildProtectionPlans", "CPPreviews"):
        assert told[f"cin_census.{table}"].rows == 1
    assert told["cin_census.CINdetails"].rows == told["cin_census.ChildIdentifiers"].rows == assessed
    assert ("cin_census.PreProceedingsandFGDM" in told) == (year == "2026")


def test_a_whole_census_with_the_older_words() -> None:
    assert whole("cin/fake_CIN_data.xml") == {
        "cin_census.ChildIdentifiers": (332, 332, {}),
        "cin_census.ChildCharacteristics": (332, 332, {}),
        "cin_census.CINdetails": (402, 332, {"CSC_REFERRAL": 402, "CSC_ICPC": 350, "CSC_CASE_CLOSED": 252}),
    }


def test_sex_is_read_in_the_words_of_either_year_within_one_file(tmp_path: Path) -> None:
    children = "".join(
        f"<Child><ChildIdentifiers><LAchildID>{n}</LAchildID>{sex}</ChildIdentifiers></Child>"
        for n, sex in enumerate(["<Sex>F</Sex>", "<GenderCurrent>2</GenderCurrent>", "<Sex>1</Sex>"])
    )
    path = tmp_path / "census.xml"
    path.write_text(f"<Message><Children>{children}</Children></Message>")
    (source,) = list(open_tables(path, file_name=path.name))
    sexes = [cells[source.headers.index("Sex")] for _, cells in source.rows]
    assert sexes == ["F", "2", "1"]
    assert read(path)[0].unmapped == {}


def test_what_breaks_the_schema_is_said_and_the_row_kept() -> None:
    (first, *_) = list(open_tables(SAMPLES / "cin/CIN_Census_2026.xml", file_name="census.xml"))
    rows = list(first.rows)
    assert len(rows) == 2 and "PersonBirthDate" in first.notes[0] and "none belong" in first.notes[0]


def test_the_return_of_looked_after_children_as_one_line_of_xml() -> None:
    assert whole("ssda903/fake_903.xml") == {
        "ssda903.header": (253, 253, {}),
        "ssda903.episodes": (
            459, 198,
            {"CLA_PLACEMENT_MOVE": 286, "CLA_REMAND_OR_PACE": 129, "CUSTODY_OR_SECURE": 43, "CLA_END": 73, "CLA_START": 38},
        ),
        "ssda903.missing": (6, 6, {"CSC_AWAY_UNAUTHORISED": 2, "CSC_MISSING": 4}),
        "ssda903.reviews": (1206, 253, {"CSC_REVIEW": 1206}),
        "ssda903.oc2": (253, 253, {"YJ_OUTCOME": 122, "SUBSTANCE_MISUSE_IDENTIFIED": 140}),
        "ssda903.oc3": (3, 3, {"CARE_LEAVER_CONTACT": 3}),
        "ssda903.uasc": (12, 12, {}),
    }  # fmt: skip


SET_A = {
    "episodes": (
        5050,
        2123,
        {
            "CLA_PLACEMENT_MOVE": 3376,
            "CLA_REMAND_OR_PACE": 1131,
            "CLA_START": 381,
            "CUSTODY_OR_SECURE": 457,
            "CLA_END": 816,
        },
    ),
    "header": (2675, 2675, {}),
    "missing": (43, 39, {"CSC_AWAY_UNAUTHORISED": 24, "CSC_MISSING": 19}),
    "oc2": (2675, 2675, {"SUBSTANCE_MISUSE_IDENTIFIED": 1348, "YJ_OUTCOME": 1306}),
    "oc3": (53, 53, {"CARE_LEAVER_CONTACT": 53}),
    "reviews": (12582, 2675, {"CSC_REVIEW": 12582}),
    "uasc": (132, 132, {}),
}


@pytest.mark.parametrize("name", SET_A)
def test_the_return_as_loose_tables(name: str) -> None:
    assert whole(f"ssda903/set_a/{name}.csv") == {f"ssda903.{name}": SET_A[name]}


@pytest.mark.parametrize("name", ["ad1", "placed_for_adoption", "previous_permanence"])
def test_the_tables_about_adoption_are_known_and_left_out(name: str) -> None:
    assert read(SAMPLES / f"ssda903/set_a/{name}.csv") == []


def test_the_return_as_an_archive_of_tables(tmp_path: Path) -> None:
    path = tmp_path / "return.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*SET_A, "ad1"):
            archive.write(SAMPLES / f"ssda903/set_a/{name}.csv", f"903/{name}.csv")
        archive.writestr("903/readme.pdf", b"%PDF-1.7")
    told = {one.table: (one.rows, len(one.people), dict(one.kinds)) for one in read(path)}
    assert told == {f"ssda903.{name}": counts for name, counts in SET_A.items()}
    first = next(iter(open_tables(path, file_name=path.name)))
    assert "readme.pdf" in first.notes[0]


def test_the_worker_table_with_a_code_that_nobody_knows() -> None:
    (told,) = read(SAMPLES / "ssda903/set_b/sw_episodes.csv")
    assert told.table == "ssda903.social_worker" and told.kinds == {"WORKER_CHANGE": 1}
    assert told.unmapped == {("SW_REASON", "SWLAZY"): 1}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("episodes", 253),
        ("header", 144),
        ("missing", 1),
        ("oc2", 144),
        ("oc3", 39),
        ("reviews", 1134),
        ("uasc", 4),
    ],
)
def test_the_return_of_another_year(name: str, rows: int) -> None:
    (told,) = read(SAMPLES / f"ssda903/set_c_2021/2021-{name}.csv")
    assert (told.table, told.rows) == (f"ssda903.{name}", rows)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("Patient", {"pds_fhir.patient": 1, "pds_fhir.names": 1, "pds_fhir.address": 2}),
        ("Minimal_Patient", {"pds_fhir.patient": 1}),
        ("PatientSearch-Jayne-Smyth", {"pds_fhir.patient": 1, "pds_fhir.names": 1, "pds_fhir.address": 1}),
        ("Sensitive_PatientSearch", {"pds_fhir.patient": 1, "pds_fhir.names": 1}),
        ("RelatedPersonBundle", {"pds_fhir.related_person": 1}),
    ],
)
def test_answers_of_the_personal_demographics_service(name: str, tables: dict[str, int]) -> None:
    assert {told.table: told.rows for told in read(SAMPLES / f"pds_fhir/{name}.json")} == tables


def feed(children: object) -> str:
    return json.dumps({"la_code": 810, "Children": children})


CHILD = {
    "la_child_id": "C1",
    "mis_child_id": "M1",
    "purge": False,
    "child_details": {
        "unique_pupil_number": "A123",
        "first_name": "Ana",
        "surname": "Invented",
        "date_of_birth": "2012-04-03",
        "sex": "F",
        "ethnicity": "WBRI",
        "disabilities": ["HEAR", "LD"],
        "postcode": "HU1 1AA",
        "purge": False,
    },
    "social_care_episodes": [
        {
            "social_care_episode_id": "E1",
            "referral_date": "2025-01-02",
            "referral_source": "1A",
            "closure_date": "2025-08-01",
            "closure_reason": "RC8",
            "care_worker_details": [
                {"worker_id": "W1", "start_date": "2025-01-03", "end_date": "2025-03-01"},
                {"worker_id": "W2", "start_date": "2025-03-01"},
            ],
            "child_and_family_assessments": [
                {
                    "child_and_family_assessment_id": "A1",
                    "start_date": "2025-01-05",
                    "authorisation_date": "2025-02-01",
                    "factors": ["1C", "24A"],
                }
            ],
            "section_47_assessments": [
                {"section_47_assessment_id": "S1", "start_date": "2025-02-03", "icpc_date": "2025-02-10"}
            ],
            "child_protection_plans": [{"child_protection_plan_id": "P1", "start_date": "2025-02-10"}],
            "child_looked_after_placements": [
                {
                    "child_looked_after_placement_id": "L1",
                    "start_date": "2025-04-01",
                    "start_reason": "S",
                    "placement_type": "U6",
                }
            ],
        },
    ],
}


@pytest.mark.parametrize("shape", ["one object", "a list"])
def test_the_early_adopters_feed(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text(feed(CHILD if shape == "one object" else [CHILD, {**CHILD, "la_child_id": "C2"}]))
    told = {one.table.removeprefix("dfe_csc."): one for one in read(path)}
    times = 1 if shape == "one object" else 2
    assert {name: dict(one.kinds) for name, one in told.items()} == {
        "child": {},
        "episode": {"CSC_REFERRAL": times, "CSC_CASE_CLOSED": times},
        "worker": {"WORKER_CHANGE": 2 * times},
        "assessment": {"CSC_ASSESSMENT": times, "CSC_FACTOR_EXPLOITATION": times},
        "section_47": {"CSC_S47": times, "CSC_ICPC": times},
        "protection_plan": {"CSC_CP_PLAN": times},
        "placement": {"CLA_START": times},
    }
    assert sum((one.unmapped for one in told.values()), start=Told().unmapped) == {}


def test_a_file_without_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.xml"
    path.write_text("<Message><Children/></Message>")
    with pytest.raises(Refused, match="no record was found"):
        list(open_tables(path, file_name=path.name))


def test_an_element_that_nobody_knows_is_told_once_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "more.xml"
    path.write_text(
        "<Message><Children><Child><ChildIdentifiers><LAchildID>1</LAchildID></ChildIdentifiers>"
        "<Novelty><Inner>x</Inner></Novelty></Child></Children></Message>"
    )
    (source,) = list(open_tables(path, file_name=path.name))
    assert len(list(source.rows)) == 1
    assert source.notes == ["Elements that no map knows, left out: Novelty (1)."]


def test_a_long_return_says_that_rows_are_being_found_before_any_is_told(tmp_path: Path) -> None:
    children = "".join(
        f"<Child><ChildIdentifiers><LAchildID>{n}</LAchildID></ChildIdentifiers></Child>"
        for n in range(1_600)
    )
    path = tmp_path / "census.xml"
    path.write_text(f"<Message><Children>{children}</Children></Message>")
    signs: list[int] = []
    known = [Tree.of(spec) for spec in formats.trees()]
    with path.open("rb") as file:
        (source,) = reading.open_tables(
            file, file_name=path.name, limits=limits(), known=known, at_work=lambda: signs.append(1)
        )
    assert len(signs) >= 3
    assert len(list(source.rows)) == 1_600


def test_signs_of_work_hold_the_clock_and_are_no_rows(tmp_path: Path) -> None:
    """What a reader sends of a long return, as it comes over the pipe."""
    told: list[dict[str, Any]] = [AT_WORK, AT_WORK, {"table": "t", "headers": ["a"]}, {"rows": [[1, ["x"]]]},
                                  AT_WORK, {"notes": []}, {"done": 1}]  # fmt: skip
    process = apart._Process(tmp_path / "census.xml", "census.xml", limits())
    process.process = cast(Any, SimpleNamespace(stdout=object()))
    for one in told:
        body = json.dumps(one).encode()
        process.buffer += len(body).to_bytes(4, "big") + body
    assert [list(source.rows) for source in process.tables()] == [[[1, ["x"]]]]
