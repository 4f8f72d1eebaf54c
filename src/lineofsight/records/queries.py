"""Reads about deliveries and source rows. Every function takes the actor first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from lineofsight.access import guard
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import looked, require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotFound
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.chronology.named import Kept
from lineofsight.chronology.queries import GuardedEntry
from lineofsight.partners.models import Agency
from lineofsight.records import maps
from lineofsight.records.models import (
    CellToCheck,
    DeliveredTable,
    Delivery,
    KeptAside,
    SentBack,
    SourceRow,
)

STAGED = Delivery.STAGED


def deliveries(actor: Actor, *, limit: int = 100) -> list[Delivery]:
    """The latest files of every agency, newest first."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    return list(Delivery.objects.select_related("agency").order_by("-id")[:limit])


def deliveries_of(actor: Actor, agency: str, *, limit: int) -> list[Delivery]:
    """The latest files of one agency, newest first."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    return list(Delivery.objects.select_related("agency").filter(agency__code=agency).order_by("-id")[:limit])


def get_delivery(actor: Actor, ref: str) -> Delivery:
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    delivery = Delivery.objects.select_related("agency").filter(ref=tidy_ref(ref)).first()
    if delivery is None:
        raise NotFound("There is no file with that reference. Open the list of files and choose from there.")
    looked(actor, Permission.FILE_VIEW, delivery.subject())
    return delivery


def about_delivery(actor: Actor, ref: str) -> Delivery | None:
    """What was said of a file when it came, for the next one; nothing of what it holds."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    return Delivery.objects.filter(ref=tidy_ref(ref)).first()


#: Files that showed a row which says something of one of these records of someone.
FILES_ABOUT = """
SELECT DISTINCT d.ref FROM records_delivery d JOIN records_sighting s ON s.delivery_id = d.id WHERE s.row_id IN (
  SELECT t.source FROM people_statement t JOIN people_sourceidentity i ON i.id = t.identity_id WHERE i.ref = ANY(%s)
  UNION
  SELECT e.source FROM chronology_entry e JOIN chronology_participation p ON p.entry_id = e.id
    JOIN people_sourceidentity i ON i.id = p.identity_id WHERE i.ref = ANY(%s))
ORDER BY 1
"""


def files_about(actor: Actor, refs: Sequence[str]) -> list[str]:
    """References of the files that speak of someone, for the report of a breach."""
    require(actor, Permission.LEDGER_VIEW, Subject.partnership())
    with connection.cursor() as cursor:
        cursor.execute(FILES_ABOUT, [list(refs), list(refs)])
        return [ref for (ref,) in cursor.fetchall()]


def tables_of(delivery: Delivery) -> list[DeliveredTable]:
    return list(DeliveredTable.objects.filter(delivery=delivery).order_by("id"))


def kept_aside(delivery: Delivery, *, limit: int | None = None) -> list[KeptAside]:
    """Rows that could not be used, with their reasons, in file order."""
    rows: QuerySet[KeptAside] = KeptAside.objects.filter(delivery=delivery).order_by("table", "number")
    return list(rows[:limit] if limit else rows)


def cells_to_check(delivery: Delivery) -> list[CellToCheck]:
    """Cells that were taken in and that the sender should look at, in file order."""
    return list(CellToCheck.objects.filter(delivery=delivery).order_by("table", "number", "id"))


def sent_back(delivery: Delivery) -> list[SentBack]:
    """When and to whom the report of this file was given, latest first."""
    return list(SentBack.objects.filter(delivery=delivery))


def waiting_files(actor: Actor) -> int:
    """Files that wait for someone's decision."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    return Delivery.objects.filter(state__in=[Delivery.STAGED, Delivery.NEEDS_MAP]).count()


def latest_committed(actor: Actor, agency: str = "") -> Delivery | None:
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    rows = Delivery.objects.filter(state=Delivery.COMMITTED)
    return (rows.filter(agency__code=agency) if agency else rows).order_by("-committed_at", "-id").first()


@dataclass(frozen=True, slots=True)
class Source:
    """The source row behind an entry, cell by cell, with the files that showed it and its other versions."""

    table_title: str
    format_title: str
    key: str
    state: str
    received_at: datetime
    cells: tuple[tuple[str, str, str], ...]
    files: tuple[tuple[str, str, int, datetime], ...]
    versions: int
    joined: tuple[Joined, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """A row of another table that the row behind an entry leads to, and that the entry was told with."""

    table_title: str
    cells: tuple[tuple[str, str, str], ...]


def get_source(actor: Actor, guarded: GuardedEntry) -> Source:
    """What the agency's own system said, word for word. The look is recorded."""
    looked(
        actor,
        Permission.SOURCE_VIEW,
        guarded.subject(),
        people=[guarded.child.ref],
        source=guarded.entry.source,
    )
    with guard.as_system("the source of an entry"):
        return source_of(guarded)


def get_kept_source(actor: Actor, held: Kept) -> Source:
    """The same for an entry that nobody sees yet: for the officers who brought the file in."""
    looked(actor, Permission.FILE_VIEW, Subject("source", held.entry.ref, owner=held.guarded.owner), people=held.people,
           source=held.entry.source)  # fmt: skip
    with guard.as_system("the source of an entry"):
        return source_of(held, joined=True)


#: Rows of other tables that are shown beside one; a row leads to a few.
MOST_JOINED = 20


def joined_with(row: SourceRow) -> Iterator[Joined]:
    """The standing rows that this one leads to: the occurrence behind a role, the person behind a visit."""
    leads = ["@" + link[1:] for link in row.links if link.startswith(">")]
    rows = SourceRow.objects.filter(agency=row.agency, links__overlap=leads).exclude(
        state=SourceRow.SUPERSEDED
    )
    for other in rows.order_by("table", "id")[:MOST_JOINED] if leads else ():
        title, cells = as_sent(other)
        yield Joined(title, cells)


def as_sent(row: SourceRow) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """What its table is called, and each cell with its column and what that means."""
    reader = maps.reader_for(row.agency, row.table)
    meanings = {name: column.meaning for name, column in reader.map.table.columns.items()} if reader else {}
    cells = tuple((name, meanings.get(name, ""), value) for name, value in row.raw.items())
    return reader.title if reader else row.table, cells


def source_of(guarded: GuardedEntry | Kept, *, joined: bool = False) -> Source:
    """`joined`: with the rows that it leads to, for those who may see the file whole."""
    row = SourceRow.objects.filter(pk=guarded.entry.source or 0).first()
    if row is None:
        raise NotFound("This entry was written here, so there is no source row behind it.")
    reader = maps.reader_for(row.agency, row.table)
    title, cells = as_sent(row)
    sightings = row.sightings.select_related("delivery").order_by("delivery__loaded_to", "delivery_id")
    return Source(
        table_title=title,
        format_title=reader.format_title if reader else "",
        key=row.key,
        state=row.state,
        received_at=row.received_at,
        cells=cells,
        files=tuple(
            (s.delivery.ref, s.delivery.file_name, s.number, s.delivery.received_at) for s in sightings
        ),
        versions=SourceRow.objects.filter(agency=row.agency, table=row.table, key=row.key).count(),
        joined=tuple(joined_with(row)) if joined else (),
    )


def report_of(delivery: Delivery) -> dict[str, Any]:
    """What scripts read: one mapping per file, with the sums over its tables."""
    tables: list[dict[str, Any]] = delivery.report.get("tables", [])
    sums = Counter[str]()
    for table in tables:
        for name in ("rows", "new", "changed", "identical", "older", "vanished", "aside", "repeated"):
            sums[name] += table[name]
    unmapped: dict[str, dict[str, int]] = {}
    for table in tables:
        for column, values in table["unmapped"].items():
            unmapped.setdefault(column, {}).update(values)
    return {
        "file": delivery.file_name,
        "ref": delivery.ref,
        "agency": delivery.agency_id,
        "state": delivery.state,
        "sha256": delivery.sha256,
        "format": ", ".join(dict.fromkeys(t["table"].split(".")[0] for t in tables if t["table"])),
        "rows_read": sums["rows"],
        "new": sums["new"],
        "changed": sums["changed"],
        "identical": sums["identical"],
        "older": sums["older"],
        "vanished": sums["vanished"],
        "repeated": sums["repeated"],
        "kept_aside": [
            {"table": row.table, "row": row.number, "reasons": row.reasons} for row in kept_aside(delivery, limit=1000)
        ],
        "kept_aside_count": sums["aside"],
        "unmapped": unmapped,
        "people": delivery.report.get("people", {}),
        "refused": delivery.report.get("refused", ""),
        "tables": [
            {k: t[k] for k in ("name", "table", "title", "refused", "needs_map", "rows", "new", "changed", "identical",
                               "older", "vanished", "aside", "repeated", "reasons", "problems", "extra", "missing",
                               "notes", "entries")}
            for t in tables
        ],
        "committed": delivery.report.get("committed", {}),
    }  # fmt: skip


def committed_like(agency: Agency, sha256: str) -> Delivery:
    """The file with this content that is in."""
    return Delivery.objects.get(agency=agency, sha256=sha256, state=Delivery.COMMITTED)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A standing row of a directory, with the file that shows it. It is about no person."""

    raw: dict[str, str]
    agency: str
    received_at: datetime
    file_name: str


def listed_services(actor: Actor) -> tuple[list[ListedRow], dict[str, str]]:
    """Services of every directory that is in, and the names of their providers by number. Nobody's record, so
    no look is noted."""
    require(actor, Permission.RESOURCES_VIEW, Subject.partnership())
    with guard.as_system("a directory, which is about nobody"):
        return listed()


def listed() -> tuple[list[ListedRow], dict[str, str]]:
    standing = SourceRow.objects.filter(state=SourceRow.CURRENT)
    rows = list(standing.filter(table="oruk_service.service").order_by("id"))
    files = dict(Delivery.objects.filter(pk__in={row.seen_in for row in rows}).values_list("pk", "file_name"))
    providers = standing.filter(table="oruk_service.organization").values_list("raw", flat=True)
    return (
        [ListedRow(row.raw, row.agency, row.received_at, files.get(row.seen_in, "")) for row in rows],
        {raw.get("id", ""): raw.get("name", "") for raw in providers},
    )
