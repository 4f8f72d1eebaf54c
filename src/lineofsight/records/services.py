"""Deeds about files: receive, map, stage, commit, undo, discard. Each is whole or nothing."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import AlreadyThere, CatalogueError, HasDependents, Refused
from lineofsight.chronology import queries as chronology_queries
from lineofsight.chronology import services as chronology
from lineofsight.chronology import whole_store
from lineofsight.partners import agreements
from lineofsight.partners.models import Agency
from lineofsight.people import services as people
from lineofsight.records import files, intake, maps, standing
from lineofsight.records.models import (
    ColumnMap,
    DeliveredTable,
    Delivery,
    KeptAside,
    Replacement,
    SentBack,
    Sighting,
    SourceRow,
    StagedRow,
)

Tick = Callable[[int], None]


@deed(Permission.FILE_RECEIVE, as_system=True)
def receive(
    *,
    agency: Agency,
    file_name: str,
    content: Iterable[bytes],
    by: Actor,
    lawful_basis: str = "",
    sender: str = "",
    period_from: date | None = None,
    loaded_to: date | None = None,
    given_map: dict[str, Any] | None = None,
    most_mib: int | None = None,
) -> Delivery:
    """Take a file in. Nothing is read from it yet; the bytes are safe on disk before anyone is told so. `most_mib`
    is the largest that this way in takes; without it, what the server takes."""
    agreements.refuse_without(agency, by)
    file_name = files.tidy_name(file_name)
    today = timezone.localdate()
    if loaded_to and loaded_to > today:
        raise Refused(
            "“Loaded to” is in the future. Give the last day that the file covers.", field="loaded_to"
        )
    if period_from and loaded_to and period_from > loaded_to:
        raise Refused("The period ends before it starts. Check the two dates.", field="period_from")
    kept = files.keep(content, name=file_name, most_mib=most_mib)
    there = Delivery.objects.filter(agency=agency, sha256=kept.sha256, state=Delivery.COMMITTED).first()
    if there is not None:
        raise AlreadyThere(
            f"This very file came in on {timezone.localtime(there.committed_at):%d %B %Y at %H:%M}"
            f" as {there.file_name}. There is nothing to do.",
            field="file",
        )
    waiting = Delivery.objects.filter(agency=agency, sha256=kept.sha256).exclude(
        state__in=[Delivery.COMMITTED, Delivery.UNDONE, Delivery.DISCARDED]
    )
    StagedRow.objects.filter(delivery__in=waiting).delete()
    KeptAside.objects.filter(delivery__in=waiting).delete()
    waiting.update(state=Delivery.DISCARDED)
    return Delivery.objects.create(
        agency=agency,
        file_name=file_name,
        size=kept.size,
        sha256=kept.sha256,
        lawful_basis=lawful_basis.strip()[:200],
        sender=sender.strip()[:200],
        period_from=period_from,
        loaded_to=loaded_to or today,
        given_map=given_map,
        received_at=timezone.now(),
        received_by=by.name,
    )


@deed(Permission.FILE_RECEIVE, on="delivery", as_system=True)
def stage(*, delivery: Delivery, by: Actor, tick: Tick | None = None) -> Delivery:
    """Read the file and prepare the preview. Safe to run again."""
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state not in (Delivery.RECEIVED, Delivery.NEEDS_MAP, Delivery.STAGED):
        raise Refused(f"This file is {words_for(locked.state)}; it cannot be read again.")
    intake.stage(locked, tick)
    locked.staged_at = timezone.now()
    locked.save()
    return locked


def stage_or_refuse(*, delivery: Delivery, by: Actor) -> Delivery:
    """Prepare the preview; a file that cannot be read is kept in the list with the reason."""
    try:
        return stage(delivery=delivery, by=by)
    except (Refused, CatalogueError) as error:
        return refuse(delivery=delivery, words=str(error), by=by)


def refuse(*, delivery: Delivery, words: str, by: Actor) -> Delivery:
    """Note why a file could not be read. Outside the rolled-back staging, so that the reason is kept."""
    return note_refusal(delivery=delivery, words=words, by=by)


@deed(Permission.FILE_RECEIVE, on="delivery", as_system=True)
def note_refusal(*, delivery: Delivery, words: str, by: Actor) -> Delivery:
    delivery.state = Delivery.REFUSED
    delivery.report = {"refused": words, "tables": [], "people": {}}
    delivery.save(update_fields=["state", "report"])
    return delivery


@deed(Permission.MAP_SAVE, on="delivery", as_system=True)
def use_map(*, delivery: Delivery, spec: dict[str, Any], by: Actor) -> Delivery:
    """Settle how this file is read; once it is put in, the agency's next file is read the same way."""
    if delivery.state not in (Delivery.RECEIVED, Delivery.NEEDS_MAP, Delivery.STAGED):
        raise Refused(f"This file is {words_for(delivery.state)}; its map cannot be changed.")
    readers = maps.readers_of(spec, place=f"the map for {delivery.file_name}")
    tables = list(DeliveredTable.objects.filter(delivery=delivery))
    if not any(maps.fits(reader, table.columns) for reader in readers for table in tables):
        raise Refused(
            "This map fits no table of the file. Check the names of its columns against the file’s."
        )
    delivery.given_map = spec
    delivery.state = Delivery.RECEIVED
    delivery.save(update_fields=["given_map", "state"])
    return delivery


def remember(*, agency: Agency, reader: maps.Reader, columns: list[str], by: Actor) -> ColumnMap:
    """Keep an agency's own map; a changed one is a new version, the old one stays for old rows."""
    latest = ColumnMap.objects.filter(agency=agency, table=reader.code).order_by("-version").first()
    fingerprint = maps.fingerprint(columns)
    if latest is not None and latest.map == reader.spec and latest.columns == fingerprint:
        return latest
    return ColumnMap.objects.create(
        agency=agency,
        columns=fingerprint,
        table=reader.code,
        name=reader.title[:100],
        version=(latest.version if latest else 0) + 1,
        map=reader.spec,
        made_by=by.name,
    )


@deed(Permission.FILE_COMMIT, on="delivery", as_system=True)
def commit(*, delivery: Delivery, by: Actor, tick: Tick | None = None) -> Delivery:
    """Put a staged file in, in one transaction: rows, versions, people, entries, or none of them."""
    people.hold_the_lock()
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state != Delivery.STAGED:
        raise Refused(f"This file is {words_for(locked.state)}, not waiting to be put in.")
    same = Delivery.objects.filter(agency=locked.agency, sha256=locked.sha256, state=Delivery.COMMITTED)
    if same.exists():
        raise AlreadyThere("The same file was put in by someone else a moment ago. There is nothing to do.")
    now = timezone.now()
    locked.state, locked.committed_at, locked.committed_by = Delivery.COMMITTED, now, by.name
    locked.save(update_fields=["state", "committed_at", "committed_by"])
    keep_own_maps(locked, by)
    fresh = store_rows(locked, now)
    stood = settle_tables(locked, now, tick, fresh)
    StagedRow.objects.filter(delivery=locked).delete()
    locked.report = {**locked.report, "committed": stood}
    locked.save(update_fields=["report"])
    return locked


def keep_own_maps(delivery: Delivery, by: Actor) -> None:
    if not delivery.given_map:
        return
    tables = {t.table: t.columns for t in DeliveredTable.objects.filter(delivery=delivery)}
    for reader in maps.readers_of(delivery.given_map, place=f"the map for {delivery.file_name}"):
        if reader.code in tables:
            remember(agency=delivery.agency, reader=reader, columns=tables[reader.code], by=by)


def store_rows(delivery: Delivery, now: Any) -> array[int]:
    """Versions not seen before are stored; every staged row leaves its sighting. Returns those whose key nobody
    had sent before, in order: they stand at once, and are stored as they will stand, because writing a row twice
    takes twice as long. Their telling follows in this transaction."""
    fresh = array("q")
    with connection.cursor() as cursor:
        # A table apart, because one statement that both reads and fills the rows walks over what it has just
        # written, and takes a time that grows with the square of the file.
        cursor.execute("CREATE TEMPORARY TABLE met_before (id bigint PRIMARY KEY) ON COMMIT DROP")
        cursor.execute(
            "INSERT INTO met_before SELECT DISTINCT s.id FROM records_stagedrow s JOIN records_sourcerow o"
            ' ON o.agency = %s AND o."table" = s."table" AND o.key = s.key WHERE s.delivery_id = %s',
            [delivery.agency_id, delivery.pk],
        )
        cursor.execute("ANALYZE met_before")
        cursor.execute(
            'INSERT INTO records_sourcerow (agency, "table", key, digest, raw, number, links, state, received_at,'
            ' seen_to, seen_in, "join", derived)'
            ' SELECT %(a)s, s."table", s.key, s.digest, s.raw, s.number, s.links,'
            " CASE WHEN known.id IS NULL THEN 'current' ELSE 'superseded' END, %(now)s, %(to)s, %(d)s, '',"
            """ CASE WHEN known.id IS NULL AND s."table" = ANY(%(alone)s) THEN '{-}'::varchar[] ELSE '{}' END"""
            " FROM records_stagedrow s LEFT JOIN met_before known ON known.id = s.id"
            " WHERE s.delivery_id = %(d)s ORDER BY s.id"
            ' ON CONFLICT (agency, "table", key, digest) DO NOTHING RETURNING id, state',
            {
                "a": delivery.agency_id, "now": now, "to": delivery.loaded_to, "d": delivery.pk,
                "alone": tables_without_joins(delivery),
            },
        )  # fmt: skip
        # Numbers side by side instead of objects: a file of a million rows must not fill the memory.
        while found := cursor.fetchmany(10_000):
            fresh.extend(row for row, state in found if state == SourceRow.CURRENT)
        cursor.execute("DROP TABLE met_before")
        # As with staging: without fresh statistics the joins that follow would be planned for one row.
        cursor.execute("ANALYZE records_sourcerow")
        cursor.execute(
            "INSERT INTO records_sighting (delivery_id, row_id, number)"
            " SELECT s.delivery_id, r.id, s.number FROM records_stagedrow s"
            ' JOIN records_sourcerow r ON r.agency = %s AND r."table" = s."table" AND r.key = s.key'
            " AND r.digest = s.digest WHERE s.delivery_id = %s ON CONFLICT DO NOTHING",
            [delivery.agency_id, delivery.pk],
        )
        cursor.execute("ANALYZE records_sighting")
    return fresh


def tables_without_joins(delivery: Delivery) -> list[str]:
    """Rows of these tables are always told alone and by the lists, so how they will be told is known before they are."""
    codes = (
        DeliveredTable.objects.filter(delivery=delivery)
        .exclude(table="")
        .values_list("table", flat=True)
        .distinct()
    )
    readers = {code: maps.reader_for(delivery.agency_id, code) for code in codes}
    return [
        code
        for code, reader in readers.items()
        if reader is not None and not (reader.map.joins or reader.settled)
    ]


def settle_tables(delivery: Delivery, now: Any, tick: Tick | None, fresh: array[int]) -> dict[str, int]:
    """Which versions stand now, what they tell, who is who, after a commit. `fresh` rows were not told before."""
    tables = list(DeliveredTable.objects.filter(delivery=delivery).exclude(table="").distinct())
    changed: set[int] = set()
    with connection.cursor() as cursor:
        for table in tables:
            if delivery.state == Delivery.COMMITTED and table.snapshot:
                standing.note_replacements(cursor, delivery.pk, delivery.agency_id, table.table)
        for code in dict.fromkeys(table.table for table in tables):
            standing.affected_keys(cursor, delivery.pk, delivery.agency_id, code)
            changed.update(row for row, _ in standing.rank(cursor, delivery.agency_id, code))
        for part in standing.in_parts(fresh if others_join(delivery) else ()):
            changed.update(standing.waiting_on(cursor, delivery.agency_id, part))
        changed.update(standing.waiting_on(cursor, delivery.agency_id, changed))
    changed.difference_update(row for row in list(changed) if standing.holds(fresh, row))
    settled = standing.retell(delivery.agency_id, sorted(changed), fresh=fresh, at=now, tick=tick)
    people.settle(sorted(settled.identities or ()), at=now)
    for part in standing.in_parts(fresh):
        whole_store.mark_unread(part)
    whole_store.mark_unread(sorted(changed), settled.identities or ())
    return {
        "rows": len(changed) + len(fresh), "entries": settled.entries, "statements": settled.statements,
    }  # fmt: skip


def others_join(delivery: Delivery) -> bool:
    """Other tables look rows of this file up, so rows that came earlier may have waited for them."""
    codes = DeliveredTable.objects.filter(delivery=delivery).exclude(table="").values_list("table", flat=True)
    readers = (maps.reader_for(delivery.agency_id, code) for code in codes.distinct())
    return any(reader is not None and reader.wanted_as for reader in readers)


@deed(Permission.FILE_UNDO, on="delivery", as_system=True)
def undo(*, delivery: Delivery, by: Actor, tick: Tick | None = None) -> Delivery:
    """Take a file out again: the store is then as if it had never come. Refused while work rests on it."""
    people.hold_the_lock()
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state != Delivery.COMMITTED:
        raise Refused(f"This file is {words_for(locked.state)}; only a file that is in can be taken out.")
    alone = rows_only_in(locked)
    with connection.cursor() as cursor:
        joined = standing.waiting_on(cursor, locked.agency_id, alone, earlier_too=True)
        drivers = [row for row in joined if row not in set(alone)]
        # What was told together with a row about to go was told by this file too.
        with_gone = standing.told_with(cursor, locked.agency_id, drivers, alone)
    refuse_if_needed([*alone, *{driver for driver, _ in with_gone}])
    now = timezone.now()
    codes = list(
        DeliveredTable.objects.filter(delivery=locked)
        .exclude(table="")
        .values_list("table", flat=True)
        .distinct()
    )
    with connection.cursor() as cursor:
        keys = {code: standing.keys_at_stake(cursor, locked.pk, locked.agency_id, code) for code in codes}
    told: list[tuple[int, str | None]] = [*((row, None) for row in alone), *with_gone]
    touched = people.forget_sources(told) | set(chronology.forget_sources(told))
    Sighting.objects.filter(delivery=locked).delete()
    Replacement.objects.filter(Q(later=locked) | Q(earlier=locked)).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_sourcerow r SET derived = ARRAY(SELECT d FROM unnest(r.derived) WITH ORDINALITY AS t(d, n)"
            "  WHERE NOT d = ANY(gone.told) ORDER BY n)"
            " FROM (SELECT id, array_agg(j) AS told FROM unnest(%s::bigint[], %s::varchar[]) AS g(id, j) GROUP BY id) gone"
            " WHERE gone.id = r.id",
            [[driver for driver, _ in with_gone], [join for _, join in with_gone]],
        )
        cursor.execute("DELETE FROM records_sourcerow WHERE id = ANY(%s)", [alone])
        locked.state, locked.undone_at, locked.undone_by = Delivery.UNDONE, now, by.name
        locked.save(update_fields=["state", "undone_at", "undone_by"])
        changed = list(drivers)
        for code in codes:
            standing.touch(cursor, keys[code])
            changed += [row for row, _ in standing.rank(cursor, locked.agency_id, code)]
        changed += standing.waiting_on(cursor, locked.agency_id, changed)
    settled = standing.retell(locked.agency_id, changed, at=now, tick=tick)
    touched |= settled.identities or set()
    in_use = chronology_queries.identities_in_use(sorted(touched))
    gone = people.forget_unsaid(sorted(touched), keep=in_use)
    chronology.forget_looks(gone)
    people.settle(sorted(touched - set(gone)), at=now)
    whole_store.mark_unread(changed, touched - set(gone))
    return locked


def rows_only_in(delivery: Delivery) -> list[int]:
    """Versions that no other file in the store shows."""
    others = Sighting.objects.exclude(delivery=delivery).values("row")
    return list(
        SourceRow.objects.filter(sightings__delivery=delivery)
        .exclude(pk__in=others)
        .values_list("pk", flat=True)
    )


def refuse_if_needed(rows: list[int]) -> None:
    work = chronology_queries.sources_with_work(rows)
    if work:
        raise HasDependents(
            f"{work} comments or corrections rest on entries of this file, so it cannot be taken out. "
            "Ask the agency for a corrected file instead: changed rows replace the old ones."
        )
    answers = people.answers_resting_on(rows)
    if answers:
        raise HasDependents(
            f"{answers} answers about who is who, or team memberships, rest on people that only this file knows. "
            "Undo those first."
        )


@deed(Permission.FILE_RECEIVE, on="delivery", as_system=True)
def discard(*, delivery: Delivery, by: Actor) -> Delivery:
    """Put a file aside that was never put in. That it came stays in the list."""
    if delivery.state == Delivery.COMMITTED:
        raise Refused("This file is in. Take it out with undo.")
    if delivery.state in (Delivery.UNDONE, Delivery.DISCARDED):
        raise Refused(f"This file is {words_for(delivery.state)} already.")
    with transaction.atomic():
        StagedRow.objects.filter(delivery=delivery).delete()
        KeptAside.objects.filter(delivery=delivery).delete()
        delivery.state = Delivery.DISCARDED
        delivery.save(update_fields=["state"])
    return delivery


@deed(Permission.FILE_RECEIVE, on="delivery")
def send_back(*, delivery: Delivery, to: str, how: str, by: Actor) -> SentBack:
    """Note that the report of a file was given to the agency that sent it. Nothing is sent from here."""
    if not to.strip():
        raise Refused("Say to whom at the agency the report was given.", field="to")
    if not how.strip():
        raise Refused("Say by which way, such as secure e-mail.", field="how")
    return SentBack.objects.create(
        delivery=delivery, to=to.strip()[:200], how=how.strip()[:200], at=timezone.now(), by_name=by.name
    )


STATE_WORDS = {
    Delivery.RECEIVED: "received and not read yet",
    Delivery.NEEDS_MAP: "waiting for a column map",
    Delivery.STAGED: "waiting for your decision",
    Delivery.COMMITTED: "in",
    Delivery.UNDONE: "taken out again",
    Delivery.REFUSED: "refused",
    Delivery.DISCARDED: "put aside",
}


def words_for(state: str) -> str:
    return STATE_WORDS[state]
