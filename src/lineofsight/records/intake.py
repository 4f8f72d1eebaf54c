"""Reading a received file into staged rows, and the preview of what committing it would change.

All in one transaction: whoever is killed half-way leaves the delivery as it was received.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import connection

from lineofsight.access.bulk import copy_into
from lineofsight.catalogue.errors import Refused
from lineofsight.people import joining, matching
from lineofsight.people import services as people
from lineofsight.records import apart, files, maps
from lineofsight.records.checking import Noticed
from lineofsight.records.maps import Reader
from lineofsight.records.models import (
    CellToCheck,
    DeliveredTable,
    Delivery,
    KeptAside,
    MetValue,
    StagedRow,
)
from lineofsight.records.shapes import ParsedRow, Statement
from lineofsight.records.tables import TableSource
from lineofsight.records.values import LONGEST_SPELLING

#: More new people than this in one file are matched at the commit only: a preview must stay a preview.
MATCH_PREVIEW_LIMIT = 50_000
SHOWN = 25
BATCH = 5_000


@dataclass(slots=True)
class TableReport:
    """What one table of the file holds, for the preview page, the command and the sender."""

    name: str
    table: str = ""
    title: str = ""
    format: str = ""
    refused: str = ""
    needs_map: bool = False
    rows: int = 0
    repeated: int = 0
    new: int = 0
    changed: int = 0
    identical: int = 0
    older: int = 0
    vanished: int = 0
    aside: int = 0
    snapshot: bool = False
    to_check: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, dict[str, int]] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    vanishing: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PeopleReport:
    """What the file would do to who is who."""

    known: int = 0
    new: int = 0
    joined: int = 0
    asked: int = 0
    skipped: bool = False
    cards: list[dict[str, Any]] = field(default_factory=list)


def stage(delivery: Delivery, tick: Callable[[int], None] | None = None) -> None:
    """Read the file, stage its rows, and write the preview into the delivery's report."""
    clear(delivery)
    reports: list[TableReport] = []
    said: dict[str, dict[str, dict[str, Statement]]] = defaultdict(lambda: defaultdict(dict))
    for source in apart.open_tables(files.path_of(delivery.sha256), file_name=delivery.file_name):
        report = TableReport(source.name)
        reports.append(report)
        reader = choose(delivery, source, report)
        if reader is None:
            sample = [[text(cell) for cell in cells] for _, cells in islice(source.rows, 20)]
            note_table(delivery, source, report, None, sample)
            continue
        note_table(delivery, source, report, reader, [])
        stage_rows(delivery, reader, source, report, said[reader.system], tick)
    if not reports:
        raise Refused(f"{delivery.file_name} has no table with rows in it.")
    for report in reports:
        if report.rows:
            compare(delivery, report)
    everyone = meet(delivery, said)
    delivery.state = Delivery.NEEDS_MAP if any(r.needs_map for r in reports) else Delivery.STAGED
    delivery.report = {
        "tables": [asdict(report) for report in reports],
        "people": asdict(everyone),
    }


def asdict(report: Any) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def clear(delivery: Delivery) -> None:
    StagedRow.objects.filter(delivery=delivery).delete()
    KeptAside.objects.filter(delivery=delivery).delete()
    CellToCheck.objects.filter(delivery=delivery).delete()
    DeliveredTable.objects.filter(delivery=delivery).delete()
    MetValue.objects.filter(delivery=delivery).delete()


def choose(delivery: Delivery, source: TableSource, report: TableReport) -> Reader | None:
    """The map for this table: the one given with the file, else the agency's own, else the catalogue's."""
    chosen = maps.choose(
        source.headers, agency=delivery.agency_id, given=delivery.given_map, name=source.name
    )
    report.choices = chosen.choices
    report.refused = chosen.refused
    report.needs_map = chosen.reader is None and not chosen.refused
    if chosen.reader is not None:
        report.table, report.title = chosen.reader.code, chosen.reader.title
        report.format, report.snapshot = chosen.reader.format_title, chosen.reader.snapshot
        report.extra, report.missing = list(chosen.extra), list(chosen.missing)
    return chosen.reader


def note_table(
    delivery: Delivery,
    source: TableSource,
    report: TableReport,
    reader: Reader | None,
    sample: list[list[str]],
) -> None:
    DeliveredTable.objects.create(
        delivery=delivery,
        name=source.name[:250],
        table=report.table,
        map=None,
        snapshot=report.snapshot,
        columns=source.headers,
        sample=sample,
    )


def stage_rows(
    delivery: Delivery,
    reader: Reader,
    source: TableSource,
    report: TableReport,
    said: dict[str, dict[str, Statement]],
    tick: Callable[[int], None] | None,
) -> None:
    """Stream the rows into the staging table; what cannot be used is kept aside with its reasons."""
    reasons, problems, entries = Counter[str](), Counter[str](), Counter[str]()
    unmapped: dict[str, Counter[str]] = defaultdict(Counter)
    met: Counter[tuple[str, str]] = Counter()
    aside: list[KeptAside] = []
    noticed = Noticed(reader.map.table, reader.map.format.dates)

    def good_rows() -> Iterator[ParsedRow]:
        for row in reader.parse(source):
            report.rows += 1
            if tick and report.rows % 1000 == 0:
                tick(1000)
            for problem in row.problems:
                problems[problem.words] += 1
            if row.kept_aside:
                report.aside += 1
                words = [p.words for p in row.problems if p.stops]
                reasons.update(words)
                aside.append(
                    KeptAside(
                        delivery=delivery, table=source.name, number=row.number, raw=row.raw, reasons=words
                    )
                )
                if len(aside) >= 1000:
                    KeptAside.objects.bulk_create(aside)
                    aside.clear()
                continue
            derived = reader.derive(row.raw, {})
            noticed.row(row, derived.problems)
            for column, value in derived.unmapped:
                unmapped[column][value] += 1
                met[reader.map.fields[column], value] += 1
            if reader.settled:
                met.update(settled_in(reader, row.raw))
            for problem in derived.problems:
                problems[problem.words] += 1
            for entry in derived.entries:
                entries[entry.kind] += 1
            for statement in derived.statements:
                if len(said) < MATCH_PREVIEW_LIMIT or statement.local_id in said:
                    # What is said again counts once, at its last place, so that memory stays flat.
                    heard, spelt = said[statement.local_id], repr(statement.statement)
                    heard.pop(spelt, None)
                    heard[spelt] = statement.statement
            yield row

    # In batches, because rows put aside are stored on the same connection, which a COPY keeps busy.
    rows = good_rows()
    while batch := list(islice(rows, BATCH)):
        copy_rows(delivery, reader, batch)
    KeptAside.objects.bulk_create(aside)
    MetValue.objects.bulk_create(
        (
            MetValue(delivery=delivery, table=reader.code, field=key, spelling=spelling, times=times)
            for (key, spelling), times in met.items()
            if len(spelling) <= LONGEST_SPELLING
        ),
        batch_size=BATCH,
    )
    noticed.close()
    report.to_check = dict(noticed.counts)
    keep_to_check(delivery, source.name, noticed)
    report.notes = list(source.notes)
    report.reasons = dict(reasons.most_common())
    report.problems = dict(problems.most_common(50))
    report.entries = dict(entries)
    report.unmapped = {column: dict(values.most_common(200)) for column, values in sorted(unmapped.items())}
    drop_repeats(delivery, source.name, report)


def settled_in(reader: Reader, raw: Mapping[str, str]) -> list[tuple[str, str]]:
    """(field, spelling) of what this row holds, that people settled and the lists alone would leave open."""
    return [
        (reader.map.fields[column], spelling)
        for column, spelling, _ in reader.used(raw, {})
        if not reader.plain.read(column, spelling).known
    ]


def keep_to_check(delivery: Delivery, table: str, noticed: Noticed) -> None:
    """Cells that the sender should look at, each with its row."""
    CellToCheck.objects.bulk_create(
        (
            CellToCheck(
                delivery=delivery, table=table[:250], number=one.number, code=one.code, column=one.column[:250],
                value=one.value[:300], words=one.words,
            )
            for one in noticed.found
        ),
        batch_size=1_000,
    )  # fmt: skip


STAGED_COLUMNS = ("delivery_id", "table", "number", "key", "raw", "digest", "links", "aside", "problems")


def copy_rows(delivery: Delivery, reader: Reader, rows: list[ParsedRow]) -> None:
    with (
        connection.cursor() as cursor,
        copy_into(cursor, "records_stagedrow", STAGED_COLUMNS) as copy,
    ):
        for row in rows:
            copy.write_row(
                (delivery.pk, reader.code, row.number, row.key[:300], json.dumps(row.raw), row.digest,
                 reader.links_of(row.raw), False, "[]")
            )  # fmt: skip


def drop_repeats(delivery: Delivery, name: str, report: TableReport) -> None:
    """The same row twice counts once. Two different rows under one key: the first stands, the other is kept
    aside, because nobody can tell which is meant."""
    given: list[Any] = [delivery.pk, report.table]
    with connection.cursor() as cursor:
        # Fresh rows have no statistics yet, and a guess of one row would make every join below quadratic.
        cursor.execute("ANALYZE records_stagedrow")
        cursor.execute(
            "DELETE FROM records_stagedrow WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
            ' (PARTITION BY key, digest ORDER BY id) AS n FROM records_stagedrow WHERE delivery_id = %s AND "table" = %s)'
            " repeated WHERE n > 1)",
            given,
        )
        report.repeated = cursor.rowcount
        cursor.execute(
            "DELETE FROM records_stagedrow s USING (SELECT id, row_number() OVER same AS n,"
            ' first_value(number) OVER same AS taken FROM records_stagedrow WHERE delivery_id = %s AND "table" = %s'
            " WINDOW same AS (PARTITION BY key ORDER BY id)) twice"
            " WHERE s.id = twice.id AND twice.n > 1 RETURNING s.number, s.raw, s.key, twice.taken",
            given,
        )
        clashes = cursor.fetchall()
    KeptAside.objects.bulk_create(
        KeptAside(
            delivery=delivery,
            table=name,
            number=number,
            raw=raw if isinstance(raw, dict) else json.loads(raw),
            reasons=[f"The key {key} is used twice with different content; row {first} was taken."],
        )
        for number, raw, key, first in clashes
    )
    if clashes:
        report.aside += len(clashes)
        report.reasons["The same key is used twice with different content; the first row was taken."] = len(
            clashes
        )


# --- the preview ---------------------------------------------------------------------------------------


def compare(delivery: Delivery, report: TableReport) -> None:
    """Count what is new, changed, identical, older than what stands, and gone."""
    given: dict[str, Any] = {
        "d": delivery.pk,
        "t": report.table,
        "a": delivery.agency_id,
        "to": delivery.loaded_to,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE stands.id IS NULL),
                   count(*) FILTER (WHERE stands.digest <> s.digest AND stands.seen_to <= %(to)s),
                   count(*) FILTER (WHERE stands.digest = s.digest),
                   count(*) FILTER (WHERE stands.digest <> s.digest AND stands.seen_to > %(to)s)
            FROM records_stagedrow s
            LEFT JOIN records_sourcerow stands ON stands.agency = %(a)s AND stands."table" = s."table"
                 AND stands.key = s.key AND stands.state <> 'superseded'
            WHERE s.delivery_id = %(d)s AND s."table" = %(t)s
            """,
            given,
        )
        report.new, report.changed, report.identical, report.older = cursor.fetchone()
        cursor.execute(
            """
            SELECT s.key, stands.raw, s.raw FROM records_stagedrow s
            JOIN records_sourcerow stands ON stands.agency = %(a)s AND stands."table" = s."table"
                 AND stands.key = s.key AND stands.state <> 'superseded'
            WHERE s.delivery_id = %(d)s AND s."table" = %(t)s AND stands.digest <> s.digest ORDER BY s.number LIMIT 25
            """,
            given,
        )
        report.changes = [difference(key, old, new) for key, old, new in cursor.fetchall()]
        if report.snapshot:
            count_vanished(cursor, given, report)


def count_vanished(cursor: Any, given: dict[str, Any], report: TableReport) -> None:
    """Rows that stand now, were in an earlier full file that this one replaces, and are not in this one."""
    from lineofsight.records.standing import REPLACES_FROM

    cursor.execute(
        """
        WITH replaced AS (
            SELECT si.delivery_id AS id FROM records_sighting si
            JOIN records_sourcerow r ON r.id = si.row_id AND r.agency = %(a)s AND r."table" = %(t)s
            JOIN records_delivery d ON d.id = si.delivery_id AND d.state = 'committed' AND d.loaded_to <= %(to)s
            JOIN records_deliveredtable dt ON dt.delivery_id = d.id AND dt."table" = %(t)s AND dt.snapshot
            LEFT JOIN records_stagedrow s ON s.delivery_id = %(d)s AND s."table" = %(t)s AND s.key = r.key
            GROUP BY si.delivery_id HAVING count(s.id) >= %(share)s * count(*)
        )
        SELECT r.key FROM records_sourcerow r
        WHERE r.agency = %(a)s AND r."table" = %(t)s AND r.state = 'current'
          AND r.seen_in IN (SELECT id FROM replaced)
          AND NOT EXISTS (SELECT 1 FROM records_stagedrow s
                          WHERE s.delivery_id = %(d)s AND s."table" = %(t)s AND s.key = r.key)
        ORDER BY r.key
        """,
        given | {"share": REPLACES_FROM},
    )
    gone = [row[0] for row in cursor.fetchall()]
    report.vanished, report.vanishing = len(gone), gone[:SHOWN]


def difference(key: str, old: Any, new: Any) -> dict[str, Any]:
    """Both versions of the cells that differ."""
    old = old if isinstance(old, dict) else json.loads(old)
    new = new if isinstance(new, dict) else json.loads(new)
    columns = [c for c in dict.fromkeys([*old, *new]) if old.get(c, "") != new.get(c, "")]
    return {"key": key, "cells": [[c, old.get(c, ""), new.get(c, "")] for c in columns]}


def meet(delivery: Delivery, said: dict[str, dict[str, dict[str, Statement]]]) -> PeopleReport:
    """Who the people in the file are: known by their number, or compared with everyone stored."""
    report = PeopleReport()
    profiles, number = [], 0
    for system, statements in said.items():
        known = people.known_identities(delivery.agency_id, system, [key[:200] for key in statements])
        report.known += len(known)
        fresh = [key for key in statements if key[:200] not in known]
        report.new += len(fresh)
        for local_id in fresh:
            number -= 1
            profiles.append(
                matching.profile(number, delivery.agency_id, system, local_id, statements[local_id].values())
            )
        report.skipped = report.skipped or len(statements) >= MATCH_PREVIEW_LIMIT
    if report.skipped:
        return report
    by_number = {profile.identity: profile for profile in profiles}
    bands: dict[int, str] = {}
    for proposal in joining.propose(profiles):
        newcomer = proposal.a if proposal.a < 0 else proposal.b
        if bands.get(newcomer) != "auto":
            bands[newcomer] = proposal.band
        if proposal.band == "ask" and len(report.cards) < SHOWN:
            report.cards.append({"local_id": by_number[newcomer].local_id, "reasons": list(proposal.reasons)})
    report.joined = sum(band == "auto" for band in bands.values())
    report.asked = sum(band == "ask" for band in bands.values())
    return report
