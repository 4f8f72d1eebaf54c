"""The invented partnership: the same every time, whole in itself, and clearly invented."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from made import Made
from openpyxl import load_workbook

from lineofsight.catalogue.errors import Refused
from lineofsight.demo.generation import generate
from lineofsight.people.identifiers import check


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(generate(tmp_path_factory.mktemp("city")))


def prints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, seed=11, people=900, stories=12)
    assert prints(tmp_path / "one") == prints(tmp_path / "two")


def test_another_seed_makes_another_city(tmp_path: Path) -> None:
    generate(tmp_path / "one", seed=1, people=400, stories=0)
    generate(tmp_path / "two", seed=2, people=400, stories=0)
    assert prints(tmp_path / "one")["csc/crosswalk.csv"] != prints(tmp_path / "two")["csc/crosswalk.csv"]


def test_every_file_of_the_manifest_is_there_in_its_order(made: Made) -> None:
    written = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert written["entries"][0]["path"] == "csc/crosswalk.csv"
    assert {entry["agency"] for entry in written["entries"]} == {
        "csc", "police", "education", "health", "yjs", "housing", "earlyhelp", "vcs",
    }  # fmt: skip
    for entry in written["entries"]:
        assert (made.folder / entry["path"]).is_file(), entry["path"]
        assert entry["period_from"] < entry["period_to"] <= entry["loaded_to"] < "2026-11-02"


def test_the_default_city_has_the_promised_size(made: Made) -> None:
    assert 3_000 <= made.manifest.people <= 3_020
    assert 20_000 <= made.manifest.total_rows <= 40_000
    for name in made.sheets:
        assert made.rows(name), f"{name} is empty"


def test_rows_have_numbers_of_their_own(made: Made) -> None:
    for name, column in {
        "crosswalk": "case_id",
        "ssd_person": "pers_person_id",
        "ssd_address": "addr_table_id",
        "ssd_contacts": "cont_contact_id",
        "ssd_cin_episodes": "cine_referral_id",
        "ssd_cin_assessments": "cina_assessment_id",
        "ssd_cp_plans": "cppl_cp_plan_id",
        "ssd_cp_visits": "cppv_cp_visit_id",
        "ssd_missing": "miss_table_id",
        "ssd_involvements": "invo_involvements_id",
        "pole_person": "nominal_id",
        "pole_occurrence": "occurrence_no",
        "pole_object": "object_id",
        "missing_reports": "report_no",
        "ppn": "notice_no",
        "intelligence": "ref",
        "pupilonroll": "pupilonrolltableid",
        "school_log": "Incident ID",
        "ed_attendances": "attendance.unique_identifier",
        "camhs_referrals": "ServiceRequestId",
        "yjs_children": "yjs_id",
        "asb_cases": "case_ref",
        "vcs_sessions": "ref",
    }.items():
        twice = [key for key, count in Counter(row[column] for row in made.rows(name)).items() if count > 1]
        assert not twice, f"{name}.{column}: {twice[:3]}"


@pytest.mark.parametrize(
    ("agency", "system", "name", "column"),
    [
        ("csc", "csc_case", "crosswalk", "case_id"),
        ("csc", "csc_case", "ssd_missing", "miss_person_id"),
        ("police", "police_rms", "pole_person", "nominal_id"),
        ("police", "police_rms", "pole_role", "nominal_id"),
        ("police", "police_rms", "missing_reports", "nominal_id"),
        ("education", "school_mis", "school_log", "UPN"),
        ("education", "school_mis", "register_marks", "UPN"),
        ("health", "ed_attendance", "ed_attendances", "patient.local_patient_identifier.value"),
        ("health", "health_pas", "health_contacts", "local_id"),
        ("health", "health_pas", "camhs_referrals", "local_id"),
        ("yjs", "yjs_case", "yjs_contacts", "yjs_id"),
        ("housing", "housing_tenancy", "tenancies", "person_id"),
        ("earlyhelp", "early_help", "eh_episodes", "person_id"),
    ],
)
def test_truth_knows_every_number(made: Made, agency: str, system: str, name: str, column: str) -> None:
    unknown = {row[column] for row in made.rows(name) if row[column]} - {
        local
        for found_agency, found_system, local in made.truth
        if (found_agency, found_system) == (agency, system)
    }
    assert not unknown


def test_truth_knows_the_census(made: Made) -> None:
    for name, column in (
        ("pupilonroll", "pupilonrolltableid"),
        ("pupilnolongeronroll", "pupilnolongeronrolltableid"),
    ):
        for row in made.rows(name):
            assert ("education", "school_census", f"{row['NativeId']}:{row[column]}") in made.truth


@pytest.mark.parametrize(
    ("name", "column", "to", "key"),
    [
        ("ssd_address", "addr_person_id", "ssd_person", "pers_person_id"),
        ("ssd_contacts", "cont_person_id", "ssd_person", "pers_person_id"),
        ("ssd_missing", "miss_person_id", "ssd_person", "pers_person_id"),
        ("ssd_assessment_factors", "cinf_assessment_id", "ssd_cin_assessments", "cina_assessment_id"),
        ("ssd_cin_assessments", "cina_referral_id", "ssd_cin_episodes", "cine_referral_id"),
        ("ssd_cp_plans", "cppl_icpc_id", "ssd_initial_cp_conference", "icpc_icpc_id"),
        ("ssd_cp_visits", "cppv_cp_plan_id", "ssd_cp_plans", "cppl_cp_plan_id"),
        ("ssd_involvements", "invo_professional_id", "ssd_professionals", "prof_professional_id"),
        ("ssd_cla_episodes", "clae_cla_placement_id", "ssd_cla_placement", "clap_cla_placement_id"),
        ("pole_role", "occurrence_no", "pole_occurrence", "occurrence_no"),
        ("pole_role", "nominal_id", "pole_person", "nominal_id"),
        ("missing_reports", "nominal_id", "pole_person", "nominal_id"),
        ("sightings", "report_no", "missing_reports", "report_no"),
        ("ppn", "occurrence_no", "pole_occurrence", "occurrence_no"),
        ("addressesonroll", "pupilonrolltableid", "pupilonroll", "pupilonrolltableid"),
        ("termlysessiondetailsonroll", "pupilonrolltableid", "pupilonroll", "pupilonrolltableid"),
        ("termlyexclusionsonroll", "pupilonrolltableid", "pupilonroll", "pupilonrolltableid"),
        ("yjs_offences", "yjs_id", "yjs_children", "yjs_id"),
        ("yjs_contacts", "yjs_id", "yjs_children", "yjs_id"),
    ],
)
def test_tables_fit_together(made: Made, name: str, column: str, to: str, key: str) -> None:
    assert {row[column] for row in made.rows(name) if row[column]} <= {row[key] for row in made.rows(to)}


def test_links_join_people_and_things(made: Made) -> None:
    known = {row["nominal_id"] for row in made.rows("pole_person")} | {
        row["object_id"] for row in made.rows("pole_object")
    }
    for row in made.rows("pole_link"):
        assert {row["from_id"], row["to_id"]} <= known


def test_nothing_could_be_a_real_number_or_place(made: Made) -> None:
    postcode = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
    for name, column, value in made.every_cell():
        if column in ("nhs_number", "pers_common_child_id", "patient.nhs_number.value"):
            assert value[0] == "9" or len(set(value)) == 1, (name, value)
        for found in postcode.findall(value):
            assert found.startswith("NS"), (name, found)
        if "phone" in column:
            assert re.fullmatch(r"07700 900\d{3}", value), (name, value)


def test_the_deliberate_wrongs_are_few_and_there(made: Made) -> None:
    numbers = [check("nhs", row["nhs_number"]) for row in made.rows("health_contacts") if row["nhs_number"]]
    assert 1 <= sum(not number.ok for number in numbers) <= 3
    assert any("31/02" in row["dob"] for row in made.rows("vcs_sessions"))
    assert [row["outcome"] for row in made.rows("pole_occurrence")].count("99") == 1
    assert (made.folder / "housing" / "tenancies.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (made.folder / "police" / "ppn.csv").read_bytes().decode("utf-8")
    wrong = [row["upn"] for row in made.rows("pupilonroll") if row["upn"] and not check("upn", row["upn"]).ok]
    assert not wrong


def test_a_later_file_shows_one_change_one_loss_and_two_arrivals(made: Made) -> None:
    before = {row["miss_table_id"]: row for row in made.rows("ssd_missing")}
    later = {
        row["miss_table_id"]: row for row in made.read(made.folder / "csc/later/ssd_missing.csv", "utf-8")
    }
    assert len(before.keys() - later.keys()) == 1
    assert len(later.keys() - before.keys()) == 2
    assert sum(before[key] != later[key] for key in before.keys() & later.keys()) == 1


def test_the_workbook_has_nine_lists_of_known_children(made: Made) -> None:
    book = load_workbook(made.folder / "csc" / "Annex A November.xlsx", read_only=True)
    cases = {row["pers_person_id"] for row in made.rows("ssd_person")}
    assert len(book.sheetnames) == 9
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0][0] == "Child Unique ID"
        assert len(rows) > 1, sheet.title
        assert {row[0] for row in rows[1:]} <= cases
    book.close()


_FREE_TEXT = {
    "missing_reports": "prevention_summary",
    "pole_occurrence": "summary",
    "ppn": "narrative",
    "intelligence": "text",
    "school_log": "Description",
    "health_contacts": "summary",
    "yjs_contacts": "notes",
    "vcs_sessions": "notes",
}


def test_no_sentence_is_worn_out(made: Made) -> None:
    texts = [row[column] for name, column in _FREE_TEXT.items() for row in made.rows(name) if row[column]]
    sentences: Counter[str] = Counter()
    for text in texts:
        sentences.update({part.strip() for part in re.split(r"(?<=[.?])\s", text) if part.strip()})
    sentence, count = sentences.most_common(1)[0]
    assert count <= len(texts) * 0.02, f"{sentence!r} is in {count} of {len(texts)} texts"


def test_no_slot_is_left_open(made: Made) -> None:
    for name, column, value in made.every_cell():
        if "json" not in column:
            assert "{" not in value and "}" not in value, (name, column, value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"people": 50}, "between 200"),
        ({"people": 400, "stories": 60}, "too few"),
        ({"people": 50_000, "stories": 10}, "at most"),
    ],
)
def test_an_impossible_city_is_refused(tmp_path: Path, asked: dict[str, int], words: str) -> None:
    with pytest.raises(Refused, match=words):
        generate(tmp_path, **asked)  # type: ignore[arg-type]


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="other files"):
        generate(tmp_path, people=300, stories=0)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_large_city_is_written_as_it_comes(tmp_path: Path) -> None:
    told: list[int] = []
    manifest = generate(tmp_path, people=21_000, stories=0, progress=lambda done, of: told.append(done))
    assert manifest.people >= 21_000
    assert told == sorted(told) and told[-1] == 21_000
    local = [row["case_id"] for row in Made(manifest).rows("crosswalk")]
    assert len(set(local)) == len(local)


def test_another_today_moves_every_date(tmp_path: Path) -> None:
    manifest = generate(tmp_path, people=900, stories=10, today=date(2027, 5, 3))
    reports = Made(manifest).rows("missing_reports")
    assert max(row["reported_at"][6:10] for row in reports) == "2027"
