"""Questions to the ledger: who has looked, what a worker did, what others saw of an agency's records.

Reading the ledger is itself a look: the caller asks the policy and records it before coming here. Every
question is answered from an index, however long the ledger is; pages go on from the last row they showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from lineofsight.access.ledger import DONE, LOOKED
from lineofsight.access.models import LedgerRow

#: How far back a page about one person goes unless asked otherwise (W-4).
RECENT = timedelta(days=90)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One row: who, as what, did what, to whom and which records, why and when."""

    row: int
    at: datetime
    actor: str
    name: str
    agency: str
    roles: tuple[str, ...]
    action: str
    outcome: str
    kind: str
    ref: str
    rule: str
    path: str
    people: tuple[str, ...]
    records: tuple[str, ...]
    owners: tuple[str, ...]
    purpose: str
    request: str
    address: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `older` is what the next page goes on from, 0 at the end."""

    looks: tuple[Look, ...]
    older: int


@dataclass(frozen=True, slots=True)
class Looker:
    """One worker who looked at someone, with how often and why."""

    actor: str
    name: str
    agency: str
    roles: tuple[str, ...]
    purposes: tuple[str, ...]
    times: int
    first: datetime
    last: datetime


def look_of(row: LedgerRow) -> Look:
    return Look(
        row=row.pk, at=row.at, actor=row.actor, name=row.actor_name, agency=row.agency,
        roles=tuple(row.roles), action=row.action, outcome=row.outcome, kind=row.kind, ref=row.ref,
        rule=row.rule, path=row.path, people=tuple(row.people), records=tuple(row.records),
        owners=tuple(row.owners), purpose=row.purpose, request=row.request, address=row.address,
        detail=row.detail,
    )  # fmt: skip


def about(people: Iterable[str], since: datetime | None, until: datetime | None) -> QuerySet[LedgerRow]:
    """Rows about any of these references, which should be all that ever led to the person."""
    rows = LedgerRow.objects.filter(people__overlap=list(people))
    if since is not None:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until is not None else rows


def page_of(rows: QuerySet[LedgerRow], before: int, limit: int) -> Page:
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    shown = tuple(look_of(row) for row in found[:limit])
    return Page(shown, shown[-1].row if len(found) > limit else 0)


def rows_about(
    people: Iterable[str], *, since: datetime | None = None, until: datetime | None = None,
    outcomes: Iterable[str] = (), before: int = 0, limit: int = PAGE,
) -> Page:  # fmt: skip
    """What was done, seen and refused about a person; the last 90 days unless `since` is given."""
    rows = about(people, since or timezone.now() - RECENT, until)
    if chosen := list(outcomes):
        rows = rows.filter(outcome__in=chosen)
    # Adding nothing keeps the planner from walking the whole ledger backwards to spare itself a sort.
    return page_of(rows.order_by((F("pk") + 0).desc()), before, limit)


def entries_looked_at(people: Iterable[str], *, since: datetime | None = None) -> set[str]:
    """References of the entries about this person that anyone opened by themselves."""
    rows = about(people, since or timezone.now() - RECENT, None).filter(kind="entry")
    return set(rows.values_list("ref", flat=True))


def lookers(
    people: Iterable[str], *, since: datetime | None = None, besides: Iterable[str] = ()
) -> list[Looker]:
    """Who has looked at this person: one line for each worker, the latest first; the last 90 days unless
    `since` is given. Refused attempts are not among them. `besides`: entries that must not be known of, so
    that opening one of them does not count."""
    rows = about(people, since or timezone.now() - RECENT, None).filter(outcome__in=[LOOKED, DONE])
    rows = rows.exclude(kind="entry", ref__in=list(besides))
    found: dict[str, list[LedgerRow]] = {}
    wanted = ("pk", "at", "actor", "actor_name", "agency", "roles", "purpose")
    for row in rows.only(*wanted).order_by((F("pk") + 0).desc()):
        found.setdefault(row.actor, []).append(row)
    return [
        Looker(
            actor=actor,
            name=own[0].actor_name,
            agency=own[0].agency,
            roles=tuple(dict.fromkeys(role for row in own for role in row.roles)),
            purposes=tuple(dict.fromkeys(row.purpose for row in own if row.purpose)),
            times=len(own),
            first=own[-1].at,
            last=own[0].at,
        )
        for actor, own in found.items()
    ]


def rows_by_worker(worker: str, *, since: datetime | None = None, before: int = 0, limit: int = PAGE) -> Page:
    """All that one worker did, saw and was refused."""
    rows = LedgerRow.objects.filter(actor=worker)
    if since is not None:
        rows = rows.filter(at__gte=since)
    return page_of(rows.order_by("-pk"), before, limit)


def rows_on_records_of(
    agency: str, *, since: datetime | None = None, before: int = 0, limit: int = PAGE
) -> Page:
    """What others saw and did with an agency's records; the last 90 days unless `since` is given."""
    rows = LedgerRow.objects.filter(owners__contains=[agency], at__gte=since or timezone.now() - RECENT)
    return page_of(rows.exclude(agency=agency).order_by("-pk"), before, limit)


def who_saw(
    people: Iterable[str], *, since: datetime, until: datetime, files: Iterable[str] = ()
) -> Iterator[Look]:
    """Everyone who saw or received a person's data in a period, the eldest first: looks and lists, documents,
    exports and downloads, and whoever opened one of the `files` that speak of them. For the report of a
    breach (C-8)."""
    rows = LedgerRow.objects.filter(
        Q(people__overlap=list(people)) | Q(kind="file", ref__in=list(files)),
        at__gte=since, at__lt=until, outcome__in=[LOOKED, DONE],
    ).order_by((F("pk") + 0).asc())  # fmt: skip
    for row in rows.iterator(chunk_size=2000):
        yield look_of(row)
