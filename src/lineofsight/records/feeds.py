"""How far each agency's files reach: what must be known before silence means anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from lineofsight.access import guard
from lineofsight.catalogue.when import midnight
from lineofsight.chronology import whole_store
from lineofsight.chronology.triangulation import Feeds
from lineofsight.records import maps
from lineofsight.records.models import DeliveredTable, Delivery, SourceRow

Stretch = tuple[int, int]


@guard.as_system("how far files reach")
def feeds(*, at: datetime | None = None) -> Feeds:
    """Which days the files in the store cover, by agency and kind of event. `at`: as they stood at that moment.

    A file without a first day is taken to reach back to the beginning; days between two files are a hole."""
    with guard.as_system("how far files reach"):
        return read_feeds(at)


def read_feeds(at: datetime | None) -> Feeds:
    committed = Q(delivery__state=Delivery.COMMITTED)
    if at is not None:
        committed &= Q(delivery__committed_at__lte=at)
    rows: Any = (
        DeliveredTable.objects.filter(committed)
        .exclude(table="")
        .values_list("delivery__agency", "table", "delivery__period_from", "delivery__loaded_to")
        .distinct()
    )
    by_table: dict[tuple[str, str], set[Stretch]] = defaultdict(set)
    for agency, table, first, last in rows:
        start = int(midnight(first).timestamp()) if first else 0
        by_table[agency, table].add((start, int(midnight(last + timedelta(days=1)).timestamp())))
    found: dict[tuple[str, str], list[tuple[Stretch, ...]]] = defaultdict(list)
    for (agency, table), stretches in sorted(by_table.items()):
        whole = merged(stretches)
        for kind in kinds_of(agency, table):
            found[agency, kind].append(whole)
    return Feeds({key: together(tables) for key, tables in found.items()})


def kinds_of(agency: str, table: str) -> frozenset[str]:
    """The kinds of event that rows of this table can tell."""
    reader = maps.reader_for(agency, table)
    return frozenset(rule.kind for rule in reader.map.table.entries) if reader else frozenset()


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def together(tables: list[tuple[Stretch, ...]]) -> tuple[Stretch, ...]:
    """Where several tables of an agency tell one kind, only days that all of them cover count."""
    whole = tables[0]
    for other in tables[1:]:
        whole = tuple((max(a, c), min(b, d)) for a, b in whole for c, d in other if max(a, c) <= min(b, d))
    return whole


@guard.as_system("how far files reach")
def loaded_to(agency: str) -> date | None:
    """The last day that any file of this agency covers."""
    rows = Delivery.objects.filter(agency__code=agency, state=Delivery.COMMITTED)
    return rows.order_by("-loaded_to").values_list("loaded_to", flat=True).first()


@guard.as_system("how far files reach")
def sent_to(sources: Iterable[int]) -> dict[int, date]:
    """For each source row the last day for which a file showed it."""
    with guard.as_system("how far files reach"):
        return dict(SourceRow.objects.filter(pk__in=list(sources)).values_list("pk", "seen_to"))


# --- the index of where to look --------------------------------------------------------------------------


def read_again() -> None:
    """After a file: few people are read again at once; after a large file `lineofsight triangulate` does the rest."""
    whole_store.read_unread(feeds(), most=whole_store.AT_ONCE)


def people_moved(people: Collection[int], *, at_once: bool) -> None:
    """After a merge, a split or an undo of either, the index says of these people what it would say had they
    always been so."""
    with guard.as_system("where to look"):
        whole_store.mark_people(people)
        if at_once:
            whole_store.read_these(sorted(people), feeds())
