"""What stands of one child and may be read in full, as light lines: found once for a page.

A page asks a dozen things of the same entries: which come next, how many of each agency, when the first was, what
the picture draws. Each of them asked of the tables again would decide again over every entry. So the policy is asked
once, here, and the rest is counted from the lines.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Func, QuerySet, TextField
from django.db.models.functions import Cast

from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.catalogue import kinds
from lineofsight.catalogue.when import midnight
from lineofsight.chronology import admission
from lineofsight.chronology.models import Entry, Participation
from lineofsight.people.queries import Child

#: No facts, as PostgreSQL writes them.
NO_FACTS = "{}"


class Line(NamedTuple):
    """As much of an entry as lists, counts and rules need."""

    pk: int
    ref: str
    agency: str
    kind: str
    start: datetime
    end: datetime
    precision: str
    received: datetime
    title: str
    about: list[int]
    first: int | None
    source: int | None
    label: str
    slot: str
    stored_facts: str
    #: The child's parts in it; usually one.
    roles: tuple[str, ...]

    @property
    def facts(self) -> Mapping[str, str]:
        """Read from what is stored when asked for: most entries have none, and most pages ask of few."""
        found: dict[str, str] = {} if self.stored_facts == NO_FACTS else json.loads(self.stored_facts)
        return found

    @property
    def role(self) -> str:
        return self.roles[-1] if self.roles else "subject"

    @property
    def dated(self) -> bool:
        return self.precision != "unknown"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for. Empty means all."""

    agencies: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    person: str = ""
    text: str = ""
    new_since: datetime | None = None
    oldest_first: bool = False

    @property
    def any(self) -> bool:
        return self != replace(ALL, oldest_first=self.oldest_first)


ALL = Filters()


# --- which ------------------------------------------------------------------------------------------------


def of_child(child: Child) -> QuerySet[Entry]:
    """Standing entries in which any of the child's records takes part."""
    return of_records(child.identity_ids)


def of_records(records: Collection[int]) -> QuerySet[Entry]:
    """Standing entries in which any of these records takes part. Which they are is looked up here and now, so that
    what is asked of them goes by their numbers."""
    numbers = {entry for entry, _, standing in taking_part(records) if standing}
    return Entry.objects.filter(pk__among=numbers).exclude(state__in=(Entry.SUPERSEDED, Entry.DISPOSED))


def taking_part(records: Collection[int]) -> list[tuple[int, str, bool]]:
    """(entry, part, whether the entry stands) of these records in every version of every entry. Once for a page, and
    once more for the product itself, which comes to more."""
    return guard.remember(
        ("taking part", guard.is_system(), frozenset(records)),
        lambda: list(
            Participation.objects.filter(identity__among=records)
            .order_by("id")
            .values_list("entry", "role", "standing")
        ),
    )


def lines(actor: Actor, child: Child) -> tuple[Line, ...]:
    """Every standing entry of the child that the actor reads in full, the oldest first; once for a page."""
    return guard.remember(
        ("lines", actor, tuple(child.identity_ids)),
        lambda: lines_of(of_child(child).filter(admission.full(actor)), child),
    )


def lines_of(entries: QuerySet[Entry], child: Child) -> tuple[Line, ...]:
    """The lines of any of the child's entries, the oldest first."""
    rows: list[Any] = list(
        entries.order_by("occurred_from", "pk").values_list(
            "pk", "ref", "agency", "kind", Microseconds("occurred_from"), Microseconds("occurred_to"), "precision",
            Microseconds("received_at"), "title", "about", "first_id", "source", "source_label", "source_slot",
            Cast("facts", TextField()),
        )
    )  # fmt: skip
    parts: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for entry, role, _ in taking_part(child.identity_ids):
        parts[entry] += (role,)
    nobody: tuple[str, ...] = ()
    return tuple(
        Line(
            pk, ref, agency, kind, moment(start), moment(end), precision, moment(received), title, about, first, source,
            label, slot, facts, parts.get(pk, nobody),
        )
        for pk, ref, agency, kind, start, end, precision, received, title, about, first, source, label, slot, facts
        in rows
    )  # fmt: skip


class Microseconds(Func):
    """A time as a whole number since 1970: the framework takes eight microseconds to read one as a time, and a child
    with a long history has thousands."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def narrowed(found: Iterable[Line], filters: Filters) -> list[Line]:
    """Those lines that the filters leave, as far as a line tells it: words and people are asked of the tables."""
    kept = list(found)
    if filters.agencies:
        kept = [line for line in kept if line.agency in filters.agencies]
    if filters.categories:
        of_these = {kind.code for kind in kinds.kinds().values() if kind.category in filters.categories}
        kept = [line for line in kept if line.kind in of_these]
    if filters.since:
        begins = midnight(filters.since)
        kept = [line for line in kept if line.end >= begins]
    if filters.until:
        ends = midnight(date.fromordinal(filters.until.toordinal() + 1))
        kept = [line for line in kept if line.start < ends]
    if filters.roles:
        kept = [line for line in kept if not set(filters.roles).isdisjoint(line.roles)]
    if filters.new_since:
        kept = [line for line in kept if line.received > filters.new_since]
    return kept


# --- counted ----------------------------------------------------------------------------------------------


def by_agency(found: Sequence[Line]) -> Counter[str]:
    return Counter(line.agency for line in found)


def by_category(found: Sequence[Line]) -> Counter[str]:
    counts = Counter[str]()
    for kind, count in Counter(line.kind for line in found).items():
        counts[kinds.kind(kind).category] += count
    return counts


def by_role(found: Sequence[Line]) -> Counter[str]:
    return Counter(role for line in found for role in line.roles)


def last_of_each(found: Sequence[Line]) -> dict[str, datetime]:
    """By agency, when its newest dated entry happened."""
    return {line.agency: line.start for line in found if line.dated}
