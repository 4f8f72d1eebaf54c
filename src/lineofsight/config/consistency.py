"""Whether the store agrees with itself: named questions that must find nothing.

Each question is one statement that lists what should not be; it changes nothing, and may be asked at any
time. Together they say that no file is half in, that what is shown stands on a source or a writer, and that
who is who follows from what was judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from lineofsight.people import joining

#: As many examples as help to find the cause.
SHOWN = 5
#: Received files that are read again in full; the rest is looked at by size alone.
SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Question:
    """`finds` puts a number of rows into words; `sql` gives one text for each row found."""

    name: str
    finds: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree. `examples` are references and row numbers, never a child's data."""

    name: str
    words: str
    count: int
    examples: tuple[str, ...]

    def sentence(self) -> str:
        return (
            f"{self.count:,} {self.words} ({', '.join(self.examples)}{', …' if self.count > SHOWN else ''})"
        )


QUESTIONS = (
    # --- files and their rows -------------------------------------------------------------------------
    Question(
        "staged_rows_are_waiting",
        "files keep rows on their way in although nobody waits for them",
        "SELECT DISTINCT d.ref FROM records_stagedrow s JOIN records_delivery d ON d.id = s.delivery_id"
        " WHERE d.state NOT IN ('received', 'needs_map', 'staged')",
    ),
    Question(
        "only_files_that_are_in_show_rows",
        "files that are not in still show rows",
        "SELECT DISTINCT d.ref FROM records_sighting s JOIN records_delivery d ON d.id = s.delivery_id"
        " WHERE d.state <> 'committed'",
    ),
    Question(
        "files_that_are_in_say_what_went_in",
        "files are in but do not say what went in",
        "SELECT ref FROM records_delivery WHERE state = 'committed' AND NOT report ? 'committed'",
    ),
    Question(
        "files_that_are_in_show_their_rows",
        "files are in with fewer rows than they were read with",
        "SELECT d.ref FROM records_delivery d CROSS JOIN LATERAL (SELECT coalesce(sum((t ->> 'rows')::bigint"
        "  - (t ->> 'aside')::bigint - (t ->> 'repeated')::bigint), 0) AS n"
        "  FROM jsonb_array_elements(d.report -> 'tables') t) good"
        " WHERE d.state = 'committed' AND good.n <>"
        " (SELECT count(*) FROM records_sighting s WHERE s.delivery_id = d.id)",
    ),
    Question(
        "each_row_was_shown_by_a_file",
        "source rows were shown by no file that is in",
        "SELECT r.id::text FROM records_sourcerow r WHERE NOT EXISTS (SELECT 1 FROM records_sighting s"
        " JOIN records_delivery d ON d.id = s.delivery_id AND d.state = 'committed' WHERE s.row_id = r.id)",
    ),
    Question(
        "one_version_of_a_row_stands",
        "keys have no standing version, or more than one",
        "SELECT r.agency || ' ' || r.\"table\" || ' ' || min(r.id) FROM records_sourcerow r"
        " GROUP BY r.agency, r.\"table\", r.key HAVING count(*) FILTER (WHERE r.state <> 'superseded') <> 1",
    ),
    Question(
        "the_latest_file_decides",
        "source rows do not name the latest file that showed them",
        "SELECT r.id::text FROM records_sourcerow r CROSS JOIN LATERAL (SELECT d.id, d.loaded_to"
        "  FROM records_sighting s JOIN records_delivery d ON d.id = s.delivery_id AND d.state = 'committed'"
        "  WHERE s.row_id = r.id ORDER BY d.loaded_to DESC, d.id DESC LIMIT 1) latest"
        " WHERE (r.seen_in, r.seen_to) IS DISTINCT FROM (latest.id, latest.loaded_to)",
    ),
    Question(
        "absent_means_replaced",
        "standing rows are called absent without a later full file, or are not although there is one",
        "SELECT r.id::text FROM records_sourcerow r WHERE r.state <> 'superseded' AND"
        " (r.state = 'absent') <> EXISTS (SELECT 1 FROM records_replacement x"
        ' WHERE x.earlier_id = r.seen_in AND x."table" = r."table")',
    ),
    Question(
        "replacements_are_between_files_that_are_in",
        "full files are said to replace one another although one is not in",
        "SELECT x.id::text FROM records_replacement x JOIN records_delivery a ON a.id = x.earlier_id"
        " JOIN records_delivery b ON b.id = x.later_id WHERE 'committed' <> ANY(ARRAY[a.state, b.state])",
    ),
    # --- the chronology -------------------------------------------------------------------------------
    Question(
        "entries_have_a_source_or_a_writer",
        "entries rest on a source row that is not there, or on nobody",
        "SELECT e.ref FROM chronology_entry e WHERE (e.source IS NULL AND e.written_by = '')"
        " OR (e.source IS NOT NULL AND NOT EXISTS (SELECT 1 FROM records_sourcerow r WHERE r.id = e.source))",
    ),
    Question(
        "entries_follow_their_source",
        "entries do not stand as their source row does",
        "SELECT e.ref FROM chronology_entry e JOIN records_sourcerow r ON r.id = e.source"
        " WHERE e.version = 1 AND NOT EXISTS (SELECT 1 FROM chronology_entry l WHERE l.first_id = e.id)"
        " AND e.state <> 'superseded'"
        " AND e.state <> CASE r.state WHEN 'current' THEN 'live' ELSE r.state END",
    ),
    Question(
        "standing_entries_are_told_as_they_should_be",
        "standing entries were told with other joined rows than their source row has now",
        "SELECT e.ref FROM chronology_entry e JOIN records_sourcerow r ON r.id = e.source"
        " WHERE e.version = 1 AND e.state <> 'superseded' AND e.source_join <> r.\"join\"",
    ),
    Question(
        "one_version_of_an_entry_stands",
        "corrected entries have several standing versions",
        "SELECT min(ref) FROM chronology_entry WHERE state <> 'superseded'"
        " GROUP BY coalesce(first_id, id) HAVING count(*) > 1",
    ),
    Question(
        "those_in_an_entry_stand_with_it",
        "entries list people as standing although the entry does not, or the reverse",
        "SELECT DISTINCT e.ref FROM chronology_participation p JOIN chronology_entry e ON e.id = p.entry_id"
        " WHERE p.standing <> (e.state <> 'superseded')",
    ),
    Question(
        "entries_are_about_someone",
        "entries do not list the person they are about",
        "SELECT e.ref FROM chronology_entry e WHERE NOT EXISTS (SELECT 1 FROM chronology_participation p"
        " WHERE p.entry_id = e.id AND p.identity_id = e.identity_id)",
    ),
    # --- who is who -----------------------------------------------------------------------------------
    Question(
        "statements_have_a_source",
        "statements rest on a source row that is not there",
        "SELECT s.id::text FROM people_statement s WHERE NOT EXISTS"
        " (SELECT 1 FROM records_sourcerow r WHERE r.id = s.source)",
    ),
    Question(
        "statements_follow_their_source",
        "statements stand although their source row does not",
        "SELECT s.id::text FROM people_statement s JOIN records_sourcerow r ON r.id = s.source"
        " WHERE s.live AND r.state = 'superseded'",
    ),
    Question(
        "records_have_a_reason",
        "agencies' records of someone rest on nothing",
        "SELECT i.ref FROM people_sourceidentity i"
        " WHERE NOT EXISTS (SELECT 1 FROM people_statement s WHERE s.identity_id = i.id)"
        " AND NOT EXISTS (SELECT 1 FROM chronology_participation p WHERE p.identity_id = i.id)"
        " AND NOT EXISTS (SELECT 1 FROM people_circlemember c WHERE c.identity_id = i.id)"
        " AND NOT EXISTS (SELECT 1 FROM people_judgement j"
        "  WHERE j.source = 'person' AND i.id IN (j.a_id, j.b_id))",
    ),
    Question(
        "every_reference_leads_to_a_person",
        "references of records lead to nobody",
        "SELECT i.ref FROM people_sourceidentity i WHERE NOT EXISTS"
        " (SELECT 1 FROM people_person p WHERE p.ref = i.ref)",
    ),
    Question(
        "people_carry_their_eldest_reference",
        "people are not called by the reference of their eldest record",
        "SELECT p.ref FROM people_person p JOIN LATERAL (SELECT i.ref FROM people_sourceidentity i"
        " WHERE i.person_id = p.id ORDER BY i.id LIMIT 1) eldest ON true WHERE eldest.ref <> p.ref",
    ),
    Question(
        "people_list_their_agencies",
        "people do not list the agencies whose records form them",
        "SELECT p.ref FROM people_person p JOIN"
        " (SELECT person_id, array_agg(DISTINCT agency ORDER BY agency) AS held"
        "  FROM people_sourceidentity GROUP BY person_id) own ON own.person_id = p.id"
        " WHERE own.held <> ARRAY(SELECT DISTINCT a FROM unnest(p.agencies) AS a ORDER BY a)",
    ),
    Question(
        "different_people_stay_apart",
        "records that a person called different are joined",
        "SELECT a.ref || ' ' || b.ref FROM people_judgement j JOIN people_sourceidentity a ON a.id = j.a_id"
        " JOIN people_sourceidentity b ON b.id = j.b_id WHERE j.withdrawn_at IS NULL AND j.source = 'person'"
        " AND j.verdict = 'different' AND a.person_id = b.person_id",
    ),
    Question(
        "records_with_statements_can_be_found",
        "records with something to say cannot be searched for",
        "SELECT i.ref FROM people_sourceidentity i WHERE EXISTS"
        " (SELECT 1 FROM people_statement s WHERE s.identity_id = i.id AND s.live)"
        " AND NOT EXISTS (SELECT 1 FROM people_profile p WHERE p.identity_id = i.id)",
    ),
)


#: The statements, who is who, and the files on disk.
HOW_MANY = len(QUESTIONS) + 2


def findings(*, sample: int = SAMPLE) -> list[Finding]:
    """Everything that does not agree, asked of one moment of the store."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = [found for question in QUESTIONS if (found := ask(cursor, question)) is not None]
        for name, words, wrong in (
            ("people_follow_from_judgements", "records are not joined as they were judged", ungrouped()),
            (
                "received_files_are_kept",
                "received files are gone from the disk or changed",
                lost_files(sample),
            ),
        ):
            refs = list(wrong)
            if refs:
                found.append(Finding(name, words, len(refs), tuple(refs[:SHOWN])))
    return found


def ask(cursor: Any, question: Question) -> Finding | None:
    cursor.execute(
        f"SELECT found, count(*) OVER () FROM ({question.sql}) AS wrong(found) ORDER BY found LIMIT {SHOWN}"  # noqa: S608 (constant text)
    )
    rows = cursor.fetchall()
    return Finding(question.name, question.finds, rows[0][1], tuple(row[0] for row in rows)) if rows else None


# --- what one statement cannot ask --------------------------------------------------------------------


def ungrouped() -> Iterator[str]:
    """References of records whose person is not the one that the standing judgements form."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, i.ref, p.ref FROM people_sourceidentity i"
            " JOIN people_person p ON p.id = i.person_id"
        )
        held = {key: (own, person) for key, own, person in cursor.fetchall()}
    eldest = joining.whole_groups()
    for key, (own, person) in sorted(held.items()):
        if held[eldest.get(key, key)][0] != person:
            yield own


def lost_files(sample: int) -> Iterator[str]:
    """References of files, and of entries with a document, whose bytes are not as they came; the latest `sample` are
    read in full."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ref, sha256, size FROM (SELECT ref, sha256, size, received_at AS at FROM records_delivery"
            " UNION ALL SELECT e.ref, p.sha256, p.size, p.kept_at FROM records_paper p"
            "  JOIN chronology_entry e ON e.id = p.entry_id) kept ORDER BY at DESC"
        )
        rows: Sequence[tuple[str, str, int]] = cursor.fetchall()
    for place, (ref, sha256, size) in enumerate(rows):
        path = Path(settings.FILES) / sha256[:2] / sha256
        if not path.is_file() or path.stat().st_size != size:
            yield ref
        elif place < sample:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    yield ref
