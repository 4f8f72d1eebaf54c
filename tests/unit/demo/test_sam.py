"""The child of the demonstration: known to many agencies, a little differently to each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from made import Made

from lineofsight.demo.generation import generate


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(generate(tmp_path_factory.mktemp("sam"), people=1200, stories=15))


@pytest.fixture(scope="module")
def numbers(made: Made) -> dict[str, set[str]]:
    """Sam's number or numbers in each system."""
    case = next(row["case_id"] for row in made.rows("crosswalk") if row["alias"] == "Smiler")
    sam = made.truth["csc", "csc_case", case]
    found: dict[str, set[str]] = {}
    for (_, system, local), person in made.truth.items():
        if person == sam:
            found.setdefault(system, set()).add(local)
    return found


def test_sam_is_known_to_eight_agencies(made: Made, numbers: dict[str, set[str]]) -> None:
    assert numbers.keys() == {
        "csc_case", "police_rms", "school_census", "school_mis", "ed_attendance", "health_pas", "yjs_case",
        "housing_tenancy", "early_help",
    }  # fmt: skip
    assert len(numbers["police_rms"]) == 2
    assert any(row["name"].startswith("Sam Rowan") for row in made.rows("vcs_sessions"))


def test_each_agency_writes_sam_its_own_way(made: Made, numbers: dict[str, set[str]]) -> None:
    police = [row for row in made.rows("pole_person") if row["nominal_id"] in numbers["police_rms"]]
    assert {(row["surname"], row["forenames"], row["dob"]) for row in police} == {
        ("Rowan-Hale", "Samuel John", "12/03/2009"),
        ("Rowan", "Sam", "03/12/2009"),
    }
    (yjs,) = (row for row in made.rows("yjs_children") if row["yjs_id"] in numbers["yjs_case"])
    assert (yjs["surname"], yjs["forenames"], yjs["alias"]) == ("Rowan Hale", "Samuel", "Smiler")
    (home,) = (row for row in made.rows("tenancies") if row["person_id"] in numbers["housing_tenancy"])
    assert (home["address"], home["to"]) == ("14 Capstan Walk", "")


def test_the_story_has_the_size_of_a_real_one(made: Made, numbers: dict[str, set[str]]) -> None:
    columns = {
        "ssd_contacts": ("cont_person_id", "csc_case"),
        "ssd_cp_visits": ("cppv_person_id", "csc_case"),
        "ssd_missing": ("miss_person_id", "csc_case"),
        "ssd_involvements": ("invo_person_id", "csc_case"),
        "pole_role": ("nominal_id", "police_rms"),
        "missing_reports": ("nominal_id", "police_rms"),
        "school_log": ("UPN", "school_mis"),
        "yjs_contacts": ("yjs_id", "yjs_case"),
        "health_contacts": ("local_id", "health_pas"),
    }
    counts = Counter[str]()
    for name, (column, system) in columns.items():
        counts[name] = sum(row[column] in numbers[system] for row in made.rows(name))
    assert counts["missing_reports"] >= 14
    assert counts["ssd_missing"] < counts["missing_reports"], "social care does not have them all"
    assert counts["ssd_involvements"] == 4
    assert counts["school_log"] >= 12
    assert 100 <= sum(counts.values()) <= 200


def test_one_absence_is_seen_by_four_agencies(made: Made, numbers: dict[str, set[str]]) -> None:
    (report,) = (row for row in made.rows("missing_reports") if row["last_seen_at"] == "22/09/2026 16:40")
    assert report["nominal_id"] in numbers["police_rms"]
    assert any(
        row["miss_missing_episode_start_date"] == "2026-09-23 00:00:00" for row in made.rows("ssd_missing")
    )
    marks = [row for row in made.rows("register_marks") if row["UPN"] in numbers["school_mis"]]
    absent = {(row["Date"], row["Session"]) for row in marks if row["Code"] in "ON"}
    assert ("23/09/2026", "AM") in absent
    assert any(
        row["session_date"] == "23/09/2026" and row["name"] == "Sam Rowan"
        for row in made.rows("vcs_sessions")
    )


def test_a_return_without_an_interview(made: Made, numbers: dict[str, set[str]]) -> None:
    (row,) = (
        row
        for row in made.rows("ssd_missing")
        if row["miss_person_id"] in numbers["csc_case"]
        and row["miss_missing_episode_start_date"].startswith("2026-05-01")
    )
    assert (row["miss_missing_rhi_offered"], row["miss_missing_rhi_accepted"]) == ("N", "")


def test_sam_is_both_victim_and_suspect(made: Made, numbers: dict[str, set[str]]) -> None:
    roles = {row["role"] for row in made.rows("pole_role") if row["nominal_id"] in numbers["police_rms"]}
    assert {"suspect", "arrested", "victim"} <= roles


def test_adults_of_concern_turn_up_with_several_children(made: Made) -> None:
    dex = next(row["nominal_id"] for row in made.rows("pole_person") if row["alias"] == "Dex")
    assert sum(row["to_id"] == dex for row in made.rows("pole_link")) >= 3


def test_the_story_is_told_in_a_small_city_too(tmp_path: Path) -> None:
    manifest = generate(tmp_path, people=300, stories=1)
    assert any(row["alias"] == "Smiler" for row in Made(manifest).rows("crosswalk"))
