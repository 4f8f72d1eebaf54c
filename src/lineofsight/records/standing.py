"""Which version of each row stands, and what the standing rows tell: always a function of the set of
committed files, never of the order in which they came.

Files of one table are ordered by how far they are loaded (then by receipt). Of a row's versions, the one
that the latest file showed stands. It is absent when a later full file that replaces that one lacks it.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby, islice, product
from typing import Any, TypeVar

from django.db import connection

from lineofsight.chronology import services as chronology
from lineofsight.chronology.services import Named, Part, Told
from lineofsight.people import services as people
from lineofsight.people.services import SaidRow
from lineofsight.records import maps
from lineofsight.records.maps import Reader
from lineofsight.records.shapes import Derived, DerivedEntry

CHUNK = 5_000

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(slots=True)
class Settled:
    """What a commit or an undo changed."""

    entries: int = 0
    statements: int = 0
    identities: set[int] | None = None


# --- which version stands -----------------------------------------------------------------------------


def affected_keys(cursor: Any, delivery: int, agency: str, table: str) -> None:
    """Fill the temporary table `touched` with the keys whose standing this delivery may change."""
    cursor.execute("CREATE TEMPORARY TABLE touched (key varchar PRIMARY KEY) ON COMMIT DROP")
    cursor.execute(
        "INSERT INTO touched SELECT DISTINCT r.key FROM records_sighting s JOIN records_sourcerow r ON r.id = s.row_id"
        ' WHERE s.delivery_id = %s AND r."table" = %s ON CONFLICT DO NOTHING',
        [delivery, table],
    )
    cursor.execute(
        'INSERT INTO touched SELECT DISTINCT r.key FROM records_sourcerow r WHERE r.agency = %s AND r."table" = %s'
        ' AND r.seen_in IN (SELECT earlier_id FROM records_replacement WHERE "table" = %s'
        "  AND (later_id = %s OR earlier_id = %s))"
        " ON CONFLICT DO NOTHING",
        [agency, table, table, delivery, delivery],
    )
    cursor.execute("ANALYZE touched")


def keys_at_stake(cursor: Any, delivery: int, agency: str, table: str) -> list[str]:
    """The same keys as a list, for an undo, which must know them before the sightings go."""
    affected_keys(cursor, delivery, agency, table)
    cursor.execute("SELECT key FROM touched")
    keys = [row[0] for row in cursor.fetchall()]
    cursor.execute("DROP TABLE touched")
    return keys


def touch(cursor: Any, keys: Sequence[str]) -> None:
    cursor.execute("CREATE TEMPORARY TABLE touched (key varchar PRIMARY KEY) ON COMMIT DROP")
    cursor.execute("INSERT INTO touched SELECT unnest(%s::varchar[])", [list(keys)])
    cursor.execute("ANALYZE touched")


def rank(cursor: Any, agency: str, table: str) -> list[tuple[int, str]]:
    """Settle the state of every version of the touched keys. Returns (row, new state) of those that changed."""
    cursor.execute(
        """
        WITH seen AS (
            SELECT r.id, r.key, d.loaded_to, d.id AS delivery,
                   row_number() OVER (PARTITION BY r.id ORDER BY d.loaded_to DESC, d.id DESC) AS latest
            FROM records_sourcerow r
            JOIN touched t ON t.key = r.key
            JOIN records_sighting s ON s.row_id = r.id
            JOIN records_delivery d ON d.id = s.delivery_id AND d.state = 'committed'
            WHERE r.agency = %s AND r."table" = %s
        ), ranked AS (
            SELECT id, loaded_to, delivery,
                   row_number() OVER (PARTITION BY key ORDER BY loaded_to DESC, delivery DESC, id DESC) AS place
            FROM seen WHERE latest = 1
        ), standing AS (
            SELECT id, loaded_to, delivery,
                   CASE WHEN place > 1 THEN 'superseded'
                        WHEN EXISTS (SELECT 1 FROM records_replacement x
                                     WHERE x.earlier_id = delivery AND x."table" = %s) THEN 'absent'
                        ELSE 'current' END AS state
            FROM ranked
        ), settled AS (
            UPDATE records_sourcerow r SET state = n.state, seen_to = n.loaded_to, seen_in = n.delivery
            FROM standing n JOIN records_sourcerow old ON old.id = n.id
            WHERE r.id = n.id AND (r.state, r.seen_to, r.seen_in) IS DISTINCT FROM (n.state, n.loaded_to, n.delivery)
            RETURNING r.id, r.state, old.state AS before
        )
        SELECT id, state FROM settled WHERE state IS DISTINCT FROM before
        """,
        [agency, table, table],
    )
    # Only those: a large file moves on every row it saw, and changes few.
    changed: list[tuple[int, str]] = cursor.fetchall()
    cursor.execute("DROP TABLE touched")
    return changed


#: Share of an earlier full file's rows that a later one must show again to count as its replacement.
REPLACES_FROM = 0.5


def note_replacements(cursor: Any, delivery: int, agency: str, table: str) -> None:
    """Find which earlier full files this one replaces, and which later ones replace it."""
    cursor.execute(
        """
        WITH mine AS (
            SELECT DISTINCT r.key FROM records_sighting s JOIN records_sourcerow r ON r.id = s.row_id
            WHERE s.delivery_id = %(d)s AND r."table" = %(t)s
        ), shared AS (
            SELECT s.delivery_id AS other, count(DISTINCT r.key) AS theirs,
                   count(DISTINCT m.key) AS common, (SELECT count(*) FROM mine) AS own
            FROM records_sighting s
            JOIN records_sourcerow r ON r.id = s.row_id AND r.agency = %(a)s AND r."table" = %(t)s
            LEFT JOIN mine m ON m.key = r.key
            JOIN records_deliveredtable dt ON dt.delivery_id = s.delivery_id AND dt."table" = %(t)s AND dt.snapshot
            JOIN records_delivery d ON d.id = s.delivery_id AND d.state = 'committed' AND d.id <> %(d)s
            GROUP BY s.delivery_id
        ), placed AS (
            SELECT other, (o.loaded_to, o.id) > (me.loaded_to, me.id) AS is_later, common, own, theirs
            FROM shared JOIN records_delivery o ON o.id = other CROSS JOIN records_delivery me WHERE me.id = %(d)s
        )
        INSERT INTO records_replacement ("table", later_id, earlier_id)
        SELECT %(t)s, CASE WHEN is_later THEN other ELSE %(d)s END, CASE WHEN is_later THEN %(d)s ELSE other END
        FROM placed WHERE common >= %(share)s * CASE WHEN is_later THEN own ELSE theirs END
        ON CONFLICT DO NOTHING
        """,
        {"d": delivery, "t": table, "a": agency, "share": REPLACES_FROM},
    )


# --- what standing rows tell ----------------------------------------------------------------------------


def waiting_on(cursor: Any, agency: str, rows: Iterable[int], *, earlier_too: bool = False) -> list[int]:
    """Standing rows of other tables that are joined to any of these rows; `earlier_too`: superseded ones as well."""
    cursor.execute(
        "SELECT DISTINCT driver.id FROM records_sourcerow changed"
        " CROSS JOIN LATERAL unnest(changed.links) AS link"
        " JOIN records_sourcerow driver ON driver.agency = changed.agency"
        "  AND driver.links && ARRAY['>' || substr(link, 2)]::varchar[]"
        " WHERE changed.id = ANY(%s) AND link LIKE '@%%' AND (%s OR driver.state <> 'superseded')",
        [list(rows), earlier_too],
    )
    return [row[0] for row in cursor.fetchall()]


def told_with(cursor: Any, agency: str, drivers: Sequence[int], rows: Iterable[int]) -> list[tuple[int, str]]:
    """(driver, join signature) for all that drivers told together with any of these rows, now or earlier."""
    going, found = set(rows), []
    readers: dict[str, Reader | None] = {}
    for start in range(0, len(drivers), CHUNK):
        chunk = load_rows(cursor, drivers[start : start + CHUNK])
        versions = joined_versions(cursor, agency, chunk)
        for row in chunk:
            if row.table not in readers:
                readers[row.table] = maps.reader_for(agency, row.table)
            reader = readers[row.table]
            if reader is None:
                continue
            choices = [
                [None, *((join.name, pk) for pk in versions.get(link or "", ()))]
                for join, link in reader.joins_of(row.raw)
            ]
            for chosen in product(*choices):
                joined = [part for part in chosen if part is not None]
                if going & {pk for _, pk in joined}:
                    signature = sign(joined)
                    found += [(row.id, told) for told in row.derived if told.partition("~")[0] == signature]
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A stored version, as deriving needs it."""

    id: int
    table: str
    key: str
    raw: dict[str, str]
    state: str
    links: list[str]
    derived: list[str]
    join: str


def load_rows(cursor: Any, ids: Sequence[int]) -> list[Row]:
    cursor.execute(
        'SELECT id, "table", key, raw, state, links, derived, "join" FROM records_sourcerow WHERE id = ANY(%s) ORDER BY id',
        [list(ids)],
    )
    return [
        Row(i, table, key, raw if isinstance(raw, dict) else json.loads(raw), state, links, derived, join)
        for i, table, key, raw, state, links, derived, join in cursor.fetchall()
    ]


def joined_versions(cursor: Any, agency: str, rows: Sequence[Row]) -> dict[str, list[int]]:
    """link -> every version of the rows that it leads to, standing or not."""
    wanted = sorted({"@" + link[1:] for row in rows for link in row.links if link.startswith(">")})
    found: dict[str, list[int]] = defaultdict(list)
    if wanted:
        cursor.execute(
            "SELECT r.id, link FROM records_sourcerow r CROSS JOIN LATERAL unnest(r.links) AS link"
            " WHERE r.agency = %s AND r.links && %s::varchar[] AND link = ANY(%s) ORDER BY r.id",
            [agency, wanted, wanted],
        )
        for pk, link in cursor.fetchall():
            found[">" + link[1:]].append(pk)
    return found


def joined_rows(cursor: Any, agency: str, rows: Sequence[Row]) -> dict[str, tuple[int, dict[str, str]]]:
    """link -> the standing row that it leads to."""
    wanted = sorted({"@" + link[1:] for row in rows for link in row.links if link.startswith(">")})
    found: dict[str, tuple[int, dict[str, str]]] = {}
    if not wanted:
        return found
    cursor.execute(
        "SELECT id, raw, links FROM records_sourcerow"
        " WHERE agency = %s AND state <> 'superseded' AND links && %s::varchar[] ORDER BY id",
        [agency, wanted],
    )
    asked = set(wanted)
    for row, raw, links in cursor.fetchall():
        for link in links:
            if link in asked:
                found[">" + link[1:]] = (row, raw if isinstance(raw, dict) else json.loads(raw))
    return found


def retell(
    agency: str,
    rows: Sequence[int],
    *,
    at: datetime,
    fresh: Sequence[int] = (),
    tick: Callable[[int], None] | None = None,
) -> Settled:
    """Bring chronology and statements in line with the state of these source rows, and of the `fresh` ones (in
    order): what those tell is not stored yet, though they may be marked as told."""
    settled = Settled(identities=set())
    assert settled.identities is not None
    many, first = len(rows) + len(fresh) > CHUNK, True
    known: Known = {}
    merged = (row for row, _ in groupby(heapq.merge(sorted(set(rows)), fresh)))
    parts = in_parts(merged, CHUNK)
    for chunk, states, untold, rejoined in one_ahead(loaded(agency, parts), partial(read_chunk, fresh)):
        take(agency, untold, known, at=at, settled=settled)
        if first and many:
            # The first of many: from here on the planner must know that these tables are not empty.
            chronology.count_again()
            people.count_again()
        first = False
        chronology.settle_sources(states, at=at)
        settled.identities |= people.settle_sources(states, at=at)
        unmarked = [(row.id, s or "-", s) for row, _, s, _ in untold if (s or "-") not in row.derived]
        if unmarked:
            with connection.cursor() as cursor:
                cursor.execute(
                    'UPDATE records_sourcerow r SET derived = array_append(r.derived, n.j), "join" = n.s'
                    " FROM unnest(%s::bigint[], %s::varchar[], %s::varchar[]) AS n(id, j, s) WHERE n.id = r.id",
                    [list(column) for column in zip(*unmarked, strict=True)],
                )
        if rejoined:
            # Told with these joined rows before, and so again.
            with connection.cursor() as cursor:
                cursor.execute(
                    'UPDATE records_sourcerow r SET "join" = n.s'
                    " FROM unnest(%s::bigint[], %s::varchar[]) AS n(id, s) WHERE n.id = r.id",
                    [list(column) for column in zip(*rejoined, strict=True)],
                )
        if tick:
            tick(len(chunk))
    return settled


Untold = tuple[Row, Reader, str, Derived]
#: (system, local id) -> the source identity.
Known = dict[tuple[str, str], int]
#: Rows, the joined rows that they reach, and who reads each table.
Loaded = tuple[list[Row], dict[str, tuple[int, dict[str, str]]], dict[str, Reader | None]]


def loaded(agency: str, parts: Iterable[list[int]]) -> Iterator[Loaded]:
    """All that reading a part needs of the tables."""
    readers: dict[str, Reader | None] = {}
    for part in parts:
        with connection.cursor() as cursor:
            chunk = load_rows(cursor, part)
            reached = joined_rows(cursor, agency, chunk)
        for table in {row.table for row in chunk} - readers.keys():
            readers[table] = maps.reader_for(agency, table)
        yield chunk, reached, readers


def read_chunk(
    fresh: Sequence[int], given: Loaded
) -> tuple[list[Row], list[tuple[int, str, str]], list[Untold], list[tuple[int, str]]]:
    """What each row of a part says, without the tables: the rows, the state and signature of each, what has to be
    told, and what was told before with these joined rows."""
    chunk, reached, readers = given
    states: list[tuple[int, str, str]] = []
    untold: list[Untold] = []
    rejoined: list[tuple[int, str]] = []
    for row in chunk:
        reader = readers[row.table]
        if reader is None:
            continue
        signature, joined, complete = signature_of(row, reader, reached)
        derived: Derived | None = None
        if complete and reader.settled:
            derived, by_values = reader.told_by(row.raw, joined)
            signature += f"~{by_values}" if by_values else ""
        if not complete:
            states.append((row.id, "superseded", "waiting"))
            if row.join:
                rejoined.append((row.id, ""))
            continue
        state = "live" if row.state == "current" else row.state
        if state != "live" or not holds(fresh, row.id):
            # What a fresh row tells is stored as live.
            states.append((row.id, state, signature))
        if row.state != "superseded" and (holds(fresh, row.id) or (signature or "-") not in row.derived):
            untold.append((row, reader, signature, derived or reader.derive(row.raw, joined)))
        elif row.state != "superseded" and row.join != signature:
            rejoined.append((row.id, signature))
    return chunk, states, untold, rejoined


def one_ahead(given: Iterable[Given], work: Callable[[Given], Made]) -> Iterator[Made]:
    """The results in order, the next one in the making while the caller waits for the database with this one."""
    with ThreadPoolExecutor(1) as beside:
        waiting: Future[Made] | None = None
        for one in given:
            begun = beside.submit(copy_context().run, work, one)
            if waiting is not None:
                yield waiting.result()
            waiting = begun
        if waiting is not None:
            yield waiting.result()


def holds(ordered: Sequence[int], row: int) -> bool:
    """Whether the row is among these, which are in order."""
    place = bisect_left(ordered, row)
    return place < len(ordered) and ordered[place] == row


def in_parts(rows: Iterable[int], size: int = 20_000) -> Iterator[list[int]]:
    """A few at a time, so that memory stays flat however many there are."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def signature_of(
    row: Row, reader: Reader, reached: dict[str, tuple[int, dict[str, str]]]
) -> tuple[str, dict[str, dict[str, str]], bool]:
    """Which joined rows this row is told with; False at the end when a required one is not in yet."""
    joined: dict[str, dict[str, str]] = {}
    parts: list[tuple[str, int]] = []
    for join, link in reader.joins_of(row.raw):
        target = reached.get(link) if link else None
        if target is None:
            if join.required:
                return "", {}, False
            continue
        joined[join.name] = target[1]
        parts.append((join.name, target[0]))
    return sign(parts), joined, True


def sign(parts: Sequence[tuple[str, int]]) -> str:
    """Stands for the joined rows that a row is told with; empty when it is told alone."""
    if not parts:
        return ""
    words = "&".join(f"{name}={row}" for name, row in parts)
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


#: So many identities met before are remembered: most files speak of the same people again and again.
MOST_KNOWN = 100_000


def take(agency: str, fresh: Sequence[Untold], known: Known, *, at: datetime, settled: Settled) -> None:
    """Store what newly standing rows say: identities first, then statements and entries. `known`: identities that
    earlier parts met; those of this part come in."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for _, reader, _, derived in fresh:
        wanted[reader.system].update(s.local_id for s in derived.statements)
        for entry in derived.entries:
            wanted[reader.system].add(entry.person)
            wanted[reader.system].update(p.local_id for p in entry.participants if p.local_id)
    if len(known) > MOST_KNOWN:
        known.clear()
    for system, local_ids in wanted.items():
        unmet = [local_id for local_id in local_ids if (system, local_id[:200]) not in known]
        met = people.identities_for(agency=agency, system=system, local_ids=unmet) if unmet else {}
        known.update(((system, local_id), identity) for local_id, identity in met.items())
    said, told = [], []
    kinds: dict[int, str] = {}
    telling: set[int] = set()
    for row, reader, signature, derived in fresh:
        label = f"{reader.title} · {row.key}"
        for statement in derived.statements:
            identity = known[reader.system, statement.local_id[:200]]
            said.append(SaidRow(identity, row.id, signature, label, statement.statement))
            kind = str(statement.statement.get("kind", ""))
            if statement.statement.keys() <= {"kind"} and kinds.get(identity, "") in ("", kind):
                kinds[identity] = kind
            else:
                telling.add(identity)
        for entry in derived.entries:
            made = told_from(entry, row, reader, signature, label, agency, known)
            told.append(made)
            for identity in (made.identity, *(part.identity for part in made.parts if part.identity)):
                kinds.setdefault(identity, "")
    people.take_statements(one_per_person(said), at=at)
    chronology.take_entries(told, at=at)
    settled.entries += len(told)
    settled.statements += len(said)
    assert settled.identities is not None
    # Most rows of event tables only say whom they are about.
    settled.identities |= telling | people.unsettled(
        {i: kind for i, kind in kinds.items() if i not in telling}
    )


def one_per_person(said: Sequence[SaidRow]) -> list[SaidRow]:
    """A row that speaks twice of one person (a list with a name in it twice) says it once."""
    return list({(row.source, row.identity, row.join): row for row in said}.values())


def told_from(
    entry: DerivedEntry,
    row: Row,
    reader: Reader,
    signature: str,
    label: str,
    agency: str,
    known: Known,
) -> Told:
    return Told(
        identity=known[reader.system, entry.person[:200]],
        agency=agency,
        kind=entry.kind,
        when=entry.when,
        title=entry.title,
        role=entry.role,
        source=row.id,
        slot=entry.slot[:40],
        join=signature,
        label=label,
        recorded_at=entry.recorded_at,
        narrative=entry.narrative,
        child_words=entry.child_words,
        nature=entry.nature,
        handling=entry.handling,
        conditions=entry.conditions,
        grading=entry.grading,
        author=entry.author,
        facts=entry.facts,
        parts=tuple(
            Part(p.role, p.name, known.get((reader.system, p.local_id[:200])) if p.local_id else None)
            for p in entry.participants
        ),
        things=tuple(Named(t.kind, t.value, t.label or t.value, t.role) for t in entry.things if t.value),
    )
