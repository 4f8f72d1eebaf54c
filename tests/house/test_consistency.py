"""The questions of `lineofsight check` find what they are there to find, and nothing in a sound store."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from invented import FILES
from lineofsight.config import consistency
from lineofsight.people import services as joining
from lineofsight.people.models import SourceIdentity

#: question -> what makes it find something. Each damages one thing, as a mistake in the product would.
DAMAGE = {
    "staged_rows_are_waiting": (
        'INSERT INTO records_stagedrow (delivery_id, "table", number, key, raw, digest, links, aside, problems)'
        " SELECT min(id), 't', 1, 'k', '{}', 'x', '{}', false, '[]' FROM records_delivery"
    ),
    "only_files_that_are_in_show_rows": "UPDATE records_delivery SET state = 'undone' WHERE file_name = 'roles.csv'",
    "files_that_are_in_say_what_went_in": "UPDATE records_delivery SET report = report - 'committed'",
    "files_that_are_in_show_their_rows": "DELETE FROM records_sighting WHERE id = (SELECT max(id) FROM records_sighting)",
    "each_row_was_shown_by_a_file": "DELETE FROM records_sighting",
    "one_version_of_a_row_stands": "UPDATE records_sourcerow SET state = 'superseded' WHERE key LIKE '%M1%'",
    "the_latest_file_decides": "UPDATE records_sourcerow SET seen_to = '2020-01-01'",
    "absent_means_replaced": "UPDATE records_sourcerow SET state = 'absent' WHERE key LIKE '%M1%'",
    "replacements_are_between_files_that_are_in": (
        "INSERT INTO records_replacement (\"table\", later_id, earlier_id) SELECT 't', max(id), min(id)"
        " FROM records_delivery; UPDATE records_delivery SET state = 'undone' WHERE file_name = 'crosswalk.csv'"
    ),
    "entries_have_a_source_or_a_writer": "UPDATE chronology_entry SET source = source + 100000",
    "entries_follow_their_source": "UPDATE chronology_entry SET state = 'absent'",
    "standing_entries_are_told_as_they_should_be": "UPDATE chronology_entry SET source_join = 'other'",
    "one_version_of_an_entry_stands": (
        "UPDATE chronology_entry SET first_id = (SELECT min(id) FROM chronology_entry), version = 2"
        " WHERE id = (SELECT max(id) FROM chronology_entry)"
    ),
    "those_in_an_entry_stand_with_it": "UPDATE chronology_participation SET standing = false",
    "entries_are_about_someone": "DELETE FROM chronology_participation",
    "statements_have_a_source": "UPDATE people_statement SET source = source + 100000",
    "statements_follow_their_source": "UPDATE records_sourcerow SET state = 'superseded'",
    "records_have_a_reason": "DELETE FROM people_statement; DELETE FROM chronology_participation",
    "every_reference_leads_to_a_person": "UPDATE people_person SET ref = 'P' || lpad(id::text, 12, '0')",
    "people_carry_their_eldest_reference": "UPDATE people_person SET ref = 'P' || lpad(id::text, 12, '0')",
    "people_list_their_agencies": "UPDATE people_person SET agencies = '{housing}'",
    "different_people_stay_apart": (
        "UPDATE people_sourceidentity SET person_id = (SELECT min(person_id) FROM people_sourceidentity)"
    ),
    "records_with_statements_can_be_found": "DELETE FROM people_profile",
    "people_follow_from_judgements": "UPDATE people_judgement SET withdrawn_at = now() WHERE verdict = 'same'",
    "received_files_are_kept": "UPDATE records_delivery SET sha256 = repeat('0', 64) WHERE file_name = 'roles.csv'",
}


@pytest.fixture
def store(partnership: Any, import_rows: Any) -> None:
    for row in FILES:
        import_rows(*row)
    one, other = SourceIdentity.objects.filter(local_id__in=("1206", "1207")).order_by("id")
    joining.decide_pair(one=one, other=other, verdict="different", by=partnership.operator)


def test_a_sound_store_has_nothing_to_tell(store: None) -> None:
    assert [found.sentence() for found in consistency.findings()] == []


@pytest.mark.parametrize("name", DAMAGE)
def test_each_question_finds_its_damage(name: str, store: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DAMAGE[name])
    found = {finding.name: finding for finding in consistency.findings()}
    assert name in found
    assert found[name].count >= 1 and found[name].examples[0] in found[name].sentence()


def test_every_question_is_tried() -> None:
    asked = {question.name for question in consistency.QUESTIONS}
    assert asked | {"people_follow_from_judgements", "received_files_are_kept"} == set(DAMAGE)
    assert len(DAMAGE) == consistency.HOW_MANY
