from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.formats import format_of, formats
from lineofsight.records.derivation import Deriver, derive
from lineofsight.records.mapping import TableMap, format_map
from lineofsight.records.shapes import Derived


def map_of(name: str) -> TableMap:
    code, _, table = name.partition(".")
    return format_map(format_of(code)).table(table)


def told(name: str, raw: dict[str, str], **joined: dict[str, str]) -> Derived:
    table_map = map_of(name)
    return derive(table_map, raw, joined, table_map.values())


MISSING = {
    "report_no": "M1",
    "nominal_id": "N7",
    "surname": "Rowan-Hale",
    "forenames": "Sam",
    "dob": "12/03/2009",
    "reported_at": "03/05/2026 23:05",
    "last_seen_at": "03/05/2026 19:00",
    "last_seen_place": "Quay Street",
    "risk": "medium",
    "found_at": "04/05/2026 06:10",
    "found_place": "Harbour flats",
    "found_with": "A man; Lee Ash",
    "returned_to": "unaccompanied",
    "prevention_interview": "done",
    "prevention_summary": "Said he was with friends.",
}


def test_a_missing_report_tells_of_the_absence_the_return_and_the_talk() -> None:
    derived = told("police_missing.report", MISSING)
    absence, found, talk = derived.entries
    assert [e.kind for e in derived.entries] == [
        "POL_MISSING",
        "POL_MISSING_FOUND",
        "POL_PREVENTION_INTERVIEW",
    ]
    assert absence.person == "N7" and absence.title == "Reported missing to police, graded medium"
    assert absence.when.start == datetime(2026, 5, 3, 18, 0, tzinfo=UTC)
    assert absence.when.end == datetime(2026, 5, 4, 5, 10, tzinfo=UTC) and absence.when.precision == "minute"
    assert absence.recorded_at == datetime(2026, 5, 3, 22, 5, tzinfo=UTC)
    assert found.title == "Found or returned at Harbour flats, handed over to nobody"
    assert [(p.name, p.role) for p in found.participants] == [
        ("A man", "seen_with"),
        ("Lee Ash", "seen_with"),
    ]
    assert [(t.kind, t.value, t.role) for t in found.things] == [("place", "Harbour flats", "found_at")]
    assert talk.when.precision == "about" and talk.narrative == "Said he was with friends."


def test_an_absence_graded_no_apparent_risk_is_another_kind() -> None:
    assert told("police_missing.report", {**MISSING, "risk": "Absent"}).entries[0].kind == "POL_ABSENT"


def test_an_unknown_grade_is_kept_as_text_and_reported() -> None:
    derived = told("police_missing.report", {**MISSING, "risk": "Med/High"})
    assert derived.unmapped == (("risk", "Med/High"),)
    assert derived.entries[0].title == "Reported missing to police, graded Med/High"


def test_a_date_that_cannot_be_read_leaves_the_entry_undated_with_its_words() -> None:
    entry = told("police_missing.report", {**MISSING, "last_seen_at": "31/02/2026"}).entries[0]
    assert entry.when.precision == "unknown" and entry.when.text == "31/02/2026"


def test_an_end_before_the_start_is_left_out_and_said() -> None:
    derived = told("police_missing.report", {**MISSING, "found_at": "01/05/2026"})
    assert derived.problems[0].code == "ends_before_start"


def test_someone_without_a_number_is_known_by_name_and_birth_date() -> None:
    one = told("police_missing.report", {**MISSING, "nominal_id": ""}).statements[0].local_id
    other = (
        told(
            "police_missing.report",
            {**MISSING, "nominal_id": "", "report_no": "M2", "surname": "ROWAN HALE", "dob": "2009-03-12"},
        )
        .statements[0]
        .local_id
    )
    assert one == other and one.startswith("~")


def test_a_bare_name_may_be_anyones() -> None:
    first, second = ({"name": "Sam", "ref": ref, "session_date": "03/05/2026"} for ref in ("1", "2"))
    assert (
        told("vcs_session.session", first).statements[0].local_id
        != told("vcs_session.session", second).statements[0].local_id
    )


EVENT = {"occurrence_no": "C1", "kind": "crime", "from": "03/05/2026 14:00", "reported": "04/05/2026 09:00"}


@pytest.mark.parametrize(
    ("role", "event", "kinds"),
    [
        ("suspect", {"offence_title": "Robbery"}, ["POL_CRIME_SUSPECT"]),
        ("victim", {"offence_title": "Robbery"}, ["POL_CRIME_VICTIM"]),
        ("witness", {"offence_title": "Robbery"}, ["POL_CRIME_WITNESS"]),
        ("suspect", {"offence_title": "Possession with intent to supply cannabis"}, ["POL_DRUG_SUPPLY"]),
        ("arrested", {"offence_title": "Possession of a bladed article"}, ["POL_WEAPON"]),
        ("suspect", {"offence_title": "Possession of cannabis"}, ["POL_DRUG_POSSESSION"]),
        ("victim", {"offence_title": "Possession with intent to supply"}, ["POL_CRIME_VICTIM"]),
        ("stopped", {"kind": "stop_search"}, ["POL_STOP_SEARCH"]),
        ("arrested", {"kind": "custody"}, ["POL_CUSTODY"]),
        ("reporter", {"kind": "log"}, ["POL_INCIDENT"]),
        ("suspect", {"outcome": "22", "outcome_date": "01/06/2026"}, ["POL_CRIME_SUSPECT", "YJ_DIVERSION"]),
        ("victim", {"outcome": "22", "outcome_date": "01/06/2026"}, ["POL_CRIME_VICTIM"]),
    ],
)
def test_the_same_child_has_a_role_in_each_occurrence(
    role: str, event: dict[str, str], kinds: list[str]
) -> None:
    raw = {"occurrence_no": "C1", "nominal_id": "N7", "role": role}
    derived = told("police_pole.role", raw, event={**EVENT, **event})
    assert [entry.kind for entry in derived.entries] == kinds
    assert len({entry.slot for entry in derived.entries}) == len(kinds)


def test_a_role_waits_for_its_occurrence() -> None:
    assert (
        told("police_pole.role", {"occurrence_no": "C1", "nominal_id": "N7", "role": "victim"}) == Derived()
    )


def test_conditions_travel_with_intelligence_and_its_grade_stays_whole() -> None:
    raw = {
        "ref": "I1",
        "submitted_at": "03/05/2026",
        "subject": "Sam",
        "subject_surname": "Rowan-Hale",
        "subject_forenames": "Sam",
        "subject_dob": "12/03/2009",
        "source_grade": "2",
        "info_grade": "D",
        "handling": "C",
        "conditions": "Not to be told to the family.",
        "text": "Seen with an adult.",
    }
    (entry,) = told("police_intelligence.report", raw).entries
    assert entry.handling == "confidential" and entry.conditions == "Not to be told to the family."
    assert entry.grading == {"source_grade": "2", "info_grade": "D", "handling": "C"}


def test_a_worker_is_named_through_the_row_joined_to_it() -> None:
    raw = {
        "invo_involvements_id": "1",
        "invo_person_id": "7",
        "invo_professional_id": "W1",
        "invo_professional_role_id": "Allocated Case Worker",
        "invo_involvement_start_date": "2026-05-03",
    }
    derived = told("ssd.ssd_involvements", raw, worker={"prof_professional_name": "A. Oduya"})
    assert derived.entries[0].title == "Worker from this date: A. Oduya, Allocated Case Worker"
    assert derived.statements[0].statement["workers"][0] == {
        "name": "A. Oduya",
        "role": "Allocated Case Worker",
        "team": "",
        "from": "2026-05-03",
        "to": None,
    }


def test_assessment_factors_in_json_belong_to_the_child_of_the_assessment() -> None:
    joined = {"cina_person_id": "7", "cina_assessment_auth_date": "2026-05-03"}
    for packed in ('["10A", "24A"]', '{"10A": "Y", "24A": "Y", "3A": "N"}', "10A, 24A"):
        raw = {"cinf_table_id": "1", "cinf_assessment_id": "9", "cinf_assessment_factors_json": packed}
        derived = told("ssd.ssd_assessment_factors", raw, assessment=joined)
        assert derived.entries[0].title == "Assessment named: Missing, Child criminal exploitation"
        assert derived.statements[0].local_id == "7"


def test_what_social_care_says_about_a_person() -> None:
    raw = {
        "pers_person_id": "7",
        "pers_forename": "Sam",
        "pers_surname": "Rowan-Hale",
        "pers_dob": "15/03/2009",
        "pers_sex": "1",
        "pers_common_child_id": "999 000 0018",
    }
    said: dict[str, Any] = told("ssd.ssd_person", raw).statements[0].statement
    assert said["birth"] == {"from": "2009-03-01", "to": "2009-03-31", "precision": "month"}
    assert (
        said["sex"] == "M"
        and said["identifiers"][0]["value"] == "9990000018"
        and said["identifiers"][0]["ok"]
    )


def test_an_address_in_json_reads_as_one_line() -> None:
    packed = '{"HOUSE": "12", "STREET": "Quay Street", "TOWN": "Northshore", "UPRN": "000999090000014"}'
    raw = {
        "addr_table_id": "1",
        "addr_person_id": "7",
        "addr_address_json": packed,
        "addr_address_postcode": "ns12ab",
        "addr_address_start_date": "2024-01-02",
    }
    (address,) = told("ssd.ssd_address", raw).statements[0].statement["addresses"]
    assert address == {
        "text": "12 Quay Street, Northshore",
        "postcode": "NS1 2AB",
        "ok": True,
        "uprn": "999090000014",
        "use": "home",
        "from": "2024-01-02",
        "to": None,
    }


def test_return_interviews_have_no_date_of_their_own() -> None:
    raw = {
        "miss_table_id": "1",
        "miss_person_id": "7",
        "miss_missing_episode_start_date": "2026-05-03 22:40:00",
        "miss_missing_episode_end_date": "2026-05-04 06:00:00",
        "miss_missing_rhi_offered": "Y",
        "miss_missing_rhi_accepted": "N",
    }
    episode, interview = told("ssd.ssd_missing", raw).entries
    assert (episode.kind, interview.kind, interview.when.precision) == (
        "CSC_MISSING",
        "RHI_DECLINED",
        "about",
    )


def test_a_register_mark_is_half_a_day() -> None:
    raw = {
        "UPN": "B801200005001",
        "Surname": "Ash",
        "Forename": "Ann",
        "Date": "05/05/2026",
        "Session": "AM",
        "Code": "N",
    }
    (entry,) = told("school_register.mark", raw).entries
    assert entry.when.precision == "half_day" and entry.when.start == datetime(2026, 5, 5, 7, 30, tzinfo=UTC)
    assert told("school_register.mark", {**raw, "Code": "/"}).entries == ()


def test_each_person_named_in_a_case_has_an_entry_of_their_own() -> None:
    raw = {
        "case_ref": "A1",
        "opened": "01/02/2026",
        "category": "drugs",
        "location": "Quay Street",
        "persons": "Ann Ash (Annie); Bo Elm; a friend",
    }
    derived = told("housing_asb.asb_case", raw)
    assert [entry.slot for entry in derived.entries] == ["1.asb_incident", "2.asb_incident"]
    assert derived.statements[0].statement["names"] == [
        {"full": "Ann Ash", "use": "legal"},
        {"full": "Annie", "use": "alias"},
    ]


def test_a_childs_own_words_stay_apart() -> None:
    raw = {
        "name": "Ann",
        "session_date": "03/05/2026",
        "session_time": "17:30",
        "notes": "Quiet today.",
        "child_said": "I owe them",
        "concern": "y",
        "worker": "Kez",
    }
    (entry,) = told("vcs_session.session", raw).entries
    assert (
        entry.kind == "DISCLOSURE" and entry.child_words == "I owe them" and entry.narrative == "Quiet today."
    )


EVERY = [f"{known.code}.{table.name}" for known in formats() for table in known.tables if not table.refuse]
word = st.text(st.characters(blacklist_categories=["Cs"]), max_size=16)


@given(st.sampled_from(EVERY), st.data())
def test_any_cells_can_be_told_and_always_tell_the_same(name: str, data: st.DataObject) -> None:
    table_map = map_of(name)
    columns = sorted(table_map.table.columns)
    raw = data.draw(st.dictionaries(st.sampled_from(columns), word.filter(bool), max_size=12))
    joined = {}
    for join in table_map.joins:
        other = table_map.format.table(join.table)
        assert other is not None
        joined[join.name] = data.draw(
            st.dictionaries(st.sampled_from(sorted(other.columns)), word, max_size=6)
        )
    first = derive(table_map, raw, joined, table_map.values())
    assert first == Deriver(map_of(name), table_map.values()).derive(raw, joined)
    assert len({entry.slot for entry in first.entries}) == len(first.entries)
