"""As known then: which versions of which entries somebody knew on a date.

The partnership knew what had been received and not yet replaced. An agency knew what it had itself recorded, and
what it was shown: the ledger names each version that a list, a page or a document put before one of its workers.
Whose the records were is asked of the judgements that stood on that date (`people.past`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from lineofsight.access import guard, looks
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.when import midnight
from lineofsight.chronology import queries, standing
from lineofsight.chronology.models import Entry, Participation
from lineofsight.people.past import Then, child_then
from lineofsight.people.queries import Child

#: Before and after any look.
BEGINNING, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """Known to whom, at which moment. Without an agency: to the partnership. `record`: the reference of one of the
    child's records, to see whom that one was with when it stood as somebody else's."""

    at: datetime
    agency: str = ""
    record: str = ""

    @classmethod
    def on(cls, day: date, agency: str = "", record: str = "") -> Known:
        """At the end of a day."""
        return cls(midnight(day + timedelta(days=1)) - timedelta(microseconds=1), agency, record)


class Version(NamedTuple):
    pk: int
    key: str
    ref: str
    agency: str
    handling: str
    occurred: datetime
    recorded: datetime | None
    received: datetime
    replaced: datetime | None
    #: Of whom it is: records of people that take part in it.
    records: frozenset[int] = frozenset()

    def stands(self, moment: datetime) -> bool:
        return self.received <= moment and (self.replaced is None or self.replaced > moment)


def key_of(pk: int, first: int | None, source: int | None, agency: str, label: str, slot: str) -> str:
    """The same for an entry whenever its row comes in, and for all of its versions."""
    return f"{agency}|{label}|{slot}" if source is not None else f"w{first or pk}"


def key_of_entry(entry: Entry) -> str:
    return key_of(
        entry.pk, entry.first_id, entry.source, entry.agency_id, entry.source_label, entry.source_slot
    )


def then(actor: Actor, child: Child, known: Known | None) -> Then:
    """The child as their records stood together at that moment; asked once in a request."""
    if known is None:
        return Then(child)
    return guard.remember(
        ("then", actor.ref, child.ref, known),
        lambda: child_then(actor, child, known.at, agency=known.agency, record=known.record),
    )


def all_versions(child: Child) -> QuerySet[Entry]:
    """Every version of every entry that any of the child's records takes part in."""
    numbers = {entry for entry, _, _ in standing.taking_part(child.identity_ids)}
    return Entry.objects.filter(pk__among=numbers)


def seen_versions(actor: Actor, child: Child) -> list[Version]:
    """Those of all versions that this actor may read."""
    taking_part: dict[int, set[int]] = defaultdict(set)
    for entry, record in Participation.objects.filter(identity__in=child.identity_ids).values_list(
        "entry_id", "identity_id"
    ):
        taking_part[entry].add(record)
    rows: Any = (
        all_versions(child)
        .filter(queries.visible(actor, child))
        .order_by()
        .values_list(
            "pk", "first_id", "source", "agency", "source_label", "source_slot", "ref", "sharing",
            "occurred_from", "recorded_at", "received_at", "replaced_at",
        )
    )  # fmt: skip
    return [
        Version(
            pk, key_of(pk, first, source, agency, label, slot), ref, agency, handling, occurred, recorded, received,
            replaced, frozenset(taking_part[pk]),
        )
        for pk, first, source, agency, label, slot, ref, handling, occurred, recorded, received, replaced in rows
    ]  # fmt: skip


def entries_known(actor: Actor, child: Child, known: Known | None) -> QuerySet[Entry]:
    """The entries as they stood, as far as the actor may read them; today's when nothing is given. `child` as `then`
    gives it."""
    if known is None:
        return standing.of_child(child).filter(queries.visible(actor, child))
    if not known.agency:
        stood = Q(received_at__lte=known.at) & (Q(replaced_at=None) | Q(replaced_at__gt=known.at))
        return all_versions(child).filter(stood, queries.visible(actor, child))
    versions = seen_versions(actor, child)
    chosen = known_to(versions, looks_at(child).get(known.agency, Looks()), known)
    return Entry.objects.filter(pk__among=[version.pk for version in chosen])


def first_received(actor: Actor, child: Child) -> date | None:
    """The day on which the first of what this reader may read reached the partnership."""
    first = (
        all_versions(child).filter(queries.visible(actor, child)).aggregate(first=Min("received_at"))["first"]
    )
    return timezone.localtime(first).date() if first else None


def views_known(
    actor: Actor, child: Child, filters: standing.Filters, known: Known | None
) -> tuple[queries.View, ...]:
    """Every visible entry as it stood, oldest first, for a document. The caller has recorded the export."""
    if known is None:
        return queries.all_views(actor, child, filters)
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    child = then(actor, child, known).child
    known_lines = standing.lines_of(entries_known(actor, child, known), child)
    return queries.leaving_views(actor, child, queries.narrow(actor, child, known_lines, filters))


@dataclass(frozen=True, slots=True)
class Looks:
    """When an agency's workers were first shown each version, and when they looked at the child at all, by which
    reference."""

    first: Mapping[str, datetime] = field(default_factory=dict)
    at_child: Sequence[tuple[datetime, str]] = ()


def looks_at(child: Child) -> dict[str, Looks]:
    """From the ledger, by agency."""
    first: dict[str, dict[str, datetime]] = defaultdict(dict)
    at_child: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    refs = [child.ref, *(identity.ref for identity in child.identities)]
    for look in looks.who_saw(refs, since=BEGINNING, until=END):
        if not look.agency:
            continue
        at_child[look.agency].append((look.at, look.ref))
        for ref in (*look.records, look.ref):
            first[look.agency].setdefault(ref, look.at)
    return {agency: Looks(first[agency], at_child[agency]) for agency in at_child}


def known_at(version: Version, agency: str, seen: Looks) -> datetime | None:
    """When this agency first knew this version: it recorded it, or was shown it."""
    if version.agency == agency:
        return version.recorded or version.received
    return seen.first.get(version.ref)


def known_to(versions: Iterable[Version], seen: Looks, known: Known) -> list[Version]:
    """What an agency knew, each entry in the latest version that it knew by then."""
    found: dict[str, Version] = {}
    for version in versions:
        learnt = known_at(version, known.agency, seen)
        if learnt is None or learnt > known.at:
            continue
        if version.agency == known.agency and version.replaced and version.replaced <= known.at:
            continue
        held = found.get(version.key)
        if held is None or newer(version, held, known.at):
            found[version.key] = version
    return list(found.values())


def newer(one: Version, other: Version, at: datetime) -> bool:
    """What had come in by then counts before what came in later; of the latter, the earliest."""
    if (one.received <= at) != (other.received <= at):
        return one.received <= at
    return one.received > other.received if one.received <= at else one.received < other.received


@dataclass(frozen=True, slots=True)
class Passage:
    """How long a fact took: it happened, was recorded, reached the partnership, and was known to each agency."""

    version: Version
    known: tuple[tuple[str, datetime], ...]

    @property
    def to_record(self) -> timedelta | None:
        return self.version.recorded - self.version.occurred if self.version.recorded else None

    @property
    def to_receive(self) -> timedelta:
        return self.version.received - self.version.occurred


@dataclass(frozen=True, slots=True)
class Between:
    """What somebody came to know between two moments, and what they no longer held."""

    learnt: tuple[Passage, ...]
    dropped: tuple[Version, ...]


def between(actor: Actor, child: Child, agency: str, first: datetime, second: datetime) -> Between:
    """From whom it came, and how long each step took. A record that was joined to the child in between brings what it
    held already."""
    at_first, at_second = Known(first, agency), Known(second, agency)
    children = [then(actor, child, known).child for known in (at_first, at_second)]
    child = together(child, children)
    versions = seen_versions(actor, child)
    seen = looks_at(child)
    before, after = (
        held_at([v for v in versions if not v.records.isdisjoint(one.identity_ids)], seen, known)
        for one, known in zip(children, (at_first, at_second), strict=True)
    )
    learnt = sorted(
        (version for pk, version in after.items() if pk not in before), key=lambda v: (v.occurred, v.pk)
    )
    keys = {version.key for version in after.values()}
    return Between(
        tuple(passage(version, seen, child.agencies) for version in learnt),
        tuple(version for version in before.values() if version.key not in keys),
    )


def together(child: Child, others: Iterable[Child]) -> Child:
    """With every record of any of these."""
    records = {one.pk: one for each in (child, *others) for one in each.identities}
    return replace(
        child,
        identities=tuple(records[pk] for pk in sorted(records)),
        agencies=tuple(sorted({one.agency for one in records.values()})),
    )


def held_at(versions: Sequence[Version], seen: dict[str, Looks], known: Known) -> dict[int, Version]:
    if not known.agency:
        return {version.pk: version for version in versions if version.stands(known.at)}
    chosen = known_to(versions, seen.get(known.agency, Looks()), known)
    return {version.pk: version for version in chosen}


def passage(version: Version, seen: dict[str, Looks], agencies: Iterable[str]) -> Passage:
    found = []
    for agency in agencies:
        learnt = known_at(version, agency, seen.get(agency, Looks()))
        if learnt is not None:
            found.append((agency, learnt))
    return Passage(version, tuple(sorted(found, key=lambda pair: pair[1])))


def titles_of(actor: Actor, child: Child, versions: Iterable[Version]) -> dict[int, str]:
    """What each of these versions says happened. They have passed the policy on their way here; that they were
    shown is recorded."""
    rows = list(Entry.objects.filter(pk__in=[version.pk for version in versions]))
    if rows:
        queries.note_list(actor, child, rows, standing.ALL)
    return {row.pk: row.title for row in rows}
