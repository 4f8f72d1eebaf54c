"""What the store holds, as plain values that can be compared."""

# ruff: noqa: E501 (rows of files and of tables)
from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.db import connection

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

#: How each table reads when nothing but its content counts: no ids, no references, no time of arrival.
CONTENT = {
    "entries": (
        "SELECT r.agency, r.\"table\", r.key, encode(r.digest, 'hex'), e.source_slot, e.kind, e.state, e.version,"
        " e.occurred_from::text, e.occurred_to::text, e.precision, e.occurred_text, e.recorded_at::text, e.title,"
        " e.narrative, e.child_words, e.nature, e.handling, e.conditions, e.grading::text, e.author, e.facts::text,"
        " i.agency, i.system, i.local_id,"
        " ARRAY(SELECT p.role || '/' || p.name || '/' || coalesce(o.system || ' ' || o.local_id, '')"
        "  FROM chronology_participation p LEFT JOIN people_sourceidentity o ON o.id = p.identity_id"
        "  WHERE p.entry_id = e.id AND p.standing ORDER BY 1)::text,"
        " ARRAY(SELECT t.kind || '/' || t.key || '/' || x.role FROM chronology_entrything x"
        "  JOIN chronology_thing t ON t.id = x.thing_id WHERE x.entry_id = e.id ORDER BY 1)::text"
        " FROM chronology_entry e JOIN people_sourceidentity i ON i.id = e.identity_id"
        " LEFT JOIN records_sourcerow r ON r.id = e.source WHERE e.state <> 'superseded'"
    ),
    "statements": (
        "SELECT i.agency, i.system, i.local_id, r.\"table\", r.key, encode(r.digest, 'hex'), s.facts::text"
        " FROM people_statement s JOIN people_sourceidentity i ON i.id = s.identity_id"
        " JOIN records_sourcerow r ON r.id = s.source WHERE s.live"
    ),
    "people": (
        "SELECT p.kind, p.name, p.birth_from::text, p.birth_to::text, p.restricted, p.agencies::text,"
        " (SELECT array_agg(i.agency || ' ' || i.system || ' ' || i.local_id"
        "  ORDER BY i.agency, i.system, i.local_id) FROM people_sourceidentity i WHERE i.person_id = p.id)::text FROM people_person p"
        " WHERE EXISTS (SELECT 1 FROM people_sourceidentity i WHERE i.person_id = p.id)"
    ),
    "rows": "SELECT agency, \"table\", key, encode(digest, 'hex'), state, seen_to::text FROM records_sourcerow",
    "profiles": (
        "SELECT i.agency, i.system, i.local_id, (p.data - 'identity')::text, p.terms::text FROM people_profile p"
        " JOIN people_sourceidentity i ON i.id = p.identity_id"
    ),
}

#: How each table reads when an undo must bring back the very rows: ids and references too. Files and the ledger
#: only ever grow, and the matcher's withdrawn judgements are kept.
EXACT = {
    name: f"SELECT to_jsonb(t){without} FROM {name} t"
    for name, without in (
        ("chronology_entry", ""),
        ("chronology_participation", ""),
        ("chronology_entrything", ""),
        ("chronology_thing", ""),
        ("chronology_comment", ""),
        ("people_person", ""),
        ("people_sourceidentity", ""),
        ("people_statement", ""),
        ("people_profile", ""),
        ("people_circlemember", ""),
        ("records_sourcerow", ""),
        ("records_sighting", ""),
        ("records_replacement", " - 'id'"),
        ("records_stagedrow", ""),
    )
} | {
    "standing judgements": (
        "SELECT to_jsonb(j) - 'id' - 'at' FROM people_judgement j WHERE j.withdrawn_at IS NULL"
    )
}


def content() -> dict[str, list[str]]:
    """What stands, whoever brought it in which order."""
    return read(CONTENT)


def exact() -> dict[str, list[str]]:
    """Every row of the rooms that files write to."""
    return read(EXACT)


def read(questions: dict[str, str]) -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for name, sql in questions.items():
            cursor.execute(sql)
            found[name] = sorted(json.dumps(row, default=str) for row in cursor.fetchall())
    return found


def difference(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    """What went and what came, for a message that helps."""
    return {
        name: {
            "gone": sorted(set(before[name]) - set(after[name])),
            "new": sorted(set(after[name]) - set(before[name])),
        }
        for name in before
        if before[name] != after[name]
    }


def agreed(by: Any) -> None:
    """The standard agencies, each in a sharing agreement that stands."""
    from lineofsight.partners import services

    for agency in services.found_partnership(by=by):
        services.agree(
            agency=agency, title="Sharing agreement", purpose="Safeguarding", since=LONG_AGO,
            lawful_basis="Children Act 2004 section 16LA", by=by,
        )  # fmt: skip


def received(partnership: Any, agency: str, name: str, text: str, **more: Any) -> Any:
    """A file as it is received: kept, and not read yet."""
    from lineofsight.records import services

    return services.receive(
        agency=partnership.agency(agency), file_name=name, content=[text.encode()],
        by=partnership.operator, **more,
    )  # fmt: skip
