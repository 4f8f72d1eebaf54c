"""The picture that nobody held: one child's entries read beside one another, as far as the reader may see them.

Nothing here is stored. Whatever is shown is a function of the entries that pass `queries.visible`, of people's
decisions and of how far the agencies' files reach, so an entry that may not be seen leaves no trace in an
occurrence, a gap, a count or a date, and undoing a file undoes what followed from it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import corroboration, kinds
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.corroboration import DAY
from lineofsight.catalogue.when import midnight
from lineofsight.chronology import queries, standing
from lineofsight.chronology.held import day as day_in
from lineofsight.chronology.knowing import Known, entries_known, key_of, then
from lineofsight.chronology.models import Entry, OccurrenceVerdict
from lineofsight.chronology.standing import Line, lines, lines_of
from lineofsight.chronology.triangulation import (
    Feeds,
    Ground,
    Item,
    Occurrence,
    Picture,
    Verdict,
    occurrences,
    triangulate,
)
from lineofsight.partners import queries as partners
from lineofsight.people.names import fold
from lineofsight.people.queries import Child
from lineofsight.people.sayings import sayings

#: Kinds of which a rule asks whether both name one place or person.
SHARING = frozenset().union(*(rule.a | rule.b for rule in corroboration.rules() if rule.share))

PLACES_IN = (
    "SELECT x.entry_id, t.key FROM chronology_entrything x JOIN chronology_thing t ON t.id = x.thing_id"
    " WHERE x.entry_id = ANY(%s) AND t.kind = 'place'"
)
PEOPLE_IN = (
    "SELECT p.entry_id, i.person_id, p.name FROM chronology_participation p"
    " LEFT JOIN people_sourceidentity i ON i.id = p.identity_id WHERE p.entry_id = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A child's entries and what they say together. `items` are all that the reader may see."""

    child: Child
    items: tuple[Item, ...]
    picture: Picture
    ground: Ground
    known: Known | None = None

    def of_entry(self, pk: int) -> Occurrence | None:
        return next(
            (one for one in self.picture.occurrences if any(item.pk == pk for item in one.members)), None
        )

    @property
    def folded(self) -> frozenset[int]:
        """Entries that stand in the row of another."""
        return frozenset(item.pk for one in self.picture.occurrences for item in one.members[1:])


def read(actor: Actor, child: Child, feeds: Feeds, *, known: Known | None = None) -> Reading:
    """The picture today, or as it was known then. The caller has looked the child up, which records the look."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    today, child = child, then(actor, child, known).child
    seen = lines_of(entries_known(actor, child, known), child) if known else lines(actor, child)
    items = items_of(seen, child)
    moment = known.at if known else timezone.now()
    ground = Ground(
        feeds=feeds,
        involved=involvement(items, child, moment, known.at if known else None),
        now=int(moment.timestamp()),
        verdicts=as_seen(verdicts(today, moment if known else None), items),
        partly_seen=frozenset(agency for agency, _ in queries.withheld(actor, child)),
        born=born_then(child, known),
    )
    return Reading(child, items, triangulate(items, ground), ground, known)


def born_then(child: Child, known: Known | None) -> date | None:
    """As most of the records said it; where they did not agree on a day, none."""
    if known is None:
        return child.birth_from if child.birth_from == child.birth_to else None
    births = Counter(
        (day_in(birth.get("from")), day_in(birth.get("to") or birth.get("from")))
        for said in sayings(child, at=known.at)
        if (birth := said.facts.get("birth") or {}).get("from")
    )
    if not births:
        return None
    first, last = max(births, key=lambda birth: (births[birth], birth[0] == birth[1], str(birth)))
    return first if first == last else None


def occurrences_of(actor: Actor, child: Child) -> tuple[Occurrence, ...]:
    """What several visible records tell of one thing, without the rest of the picture."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    items = items_of(lines(actor, child), child)
    return occurrences(items, as_seen(verdicts(child), items))


def views_for(
    actor: Actor, child: Child, items: Iterable[Item], *, leaving: bool = False
) -> dict[int, queries.View]:
    """Items of a reading as they are shown, by their row. That they were shown is recorded. `leaving`: in a file."""
    pks = {item.pk for item in items}
    if not pks:
        return {}
    rows = Entry.objects.filter(pk__among=pks)
    chosen = list((queries.leaving(rows) if leaving else rows).order_by("occurred_from", "pk"))
    queries.note_list(actor, child, chosen, standing.ALL)
    return {view.pk: view for view in queries.views(actor, child, chosen, leaving=leaving)}


def items_of(found: Iterable[Line], child: Child) -> tuple[Item, ...]:
    """Entries as the rules read them, oldest first."""
    dated = [line for line in found if line.dated]
    places, people = shared_in([line.pk for line in dated if line.kind in SHARING])
    own = {f"p{child.pk}"}
    return once_each(
        Item(
            key_of(line.pk, line.first, line.source, line.agency, line.label, line.slot), line.pk, line.agency,
            line.kind, int(line.start.timestamp()), int(line.end.timestamp()), line.precision, line.role, line.facts,
            places.get(line.pk, frozenset()), people.get(line.pk, frozenset()) - own,
        )
        for line in dated
    )  # fmt: skip


def once_each(items: Iterable[Item]) -> tuple[Item, ...]:
    """Two entries of one source row and slot are told apart by their content, never by their row numbers."""
    every = tuple(items)
    if len({item.key for item in every}) == len(every):
        return every
    by_key: dict[str, list[Item]] = defaultdict(list)
    for item in every:
        by_key[item.key].append(item)
    found: list[Item] = []
    for key, same in by_key.items():
        same.sort(key=lambda item: (item.start, item.end, item.kind))
        found += [item._replace(key=f"{key}#{place}") if place else item for place, item in enumerate(same)]
    return tuple(found)


def shared_in(pks: Sequence[int]) -> tuple[dict[int, frozenset[str]], dict[int, frozenset[str]]]:
    """Places and people named in these entries; someone known here by the person that they are."""
    places: dict[int, set[str]] = defaultdict(set)
    people: dict[int, set[str]] = defaultdict(set)
    if pks:
        with connection.cursor() as cursor:
            cursor.execute(PLACES_IN, [list(pks)])
            for pk, key in cursor.fetchall():
                places[pk].add(key)
            cursor.execute(PEOPLE_IN, [list(pks)])
            for pk, person, name in cursor.fetchall():
                people[pk].add(f"p{person}" if person else fold(name))
    return {pk: frozenset(v) for pk, v in places.items()}, {
        pk: frozenset(v - {""}) for pk, v in people.items()
    }


# --- who is involved when ---------------------------------------------------------------------------------


def involvement(
    items: Iterable[Item], child: Child, moment: datetime, at: datetime | None = None
) -> dict[str, list[tuple[int, int]]]:
    """By agency, from its entries as seen here, its records' dates of workers, plans and schools, and the team."""
    found = involved_by(items)
    now = int(moment.timestamp())
    for said in sayings(child, at=at):
        for start, end in dated_parts(said.facts, now):
            found[said.agency].append((start, end))
    workers = partners.workers_by_ref({member.worker_ref for member in child.circle})
    for member in child.circle:
        worker = workers.get(member.worker_ref)
        if worker is not None:
            end = int(member.until.timestamp()) if member.until else now
            found[worker.agency.code].append((int(member.since.timestamp()), end))
    return found


def involved_by(items: Iterable[Item]) -> dict[str, list[tuple[int, int]]]:
    """Each entry of an agency's own, for its length and for so many days after it began."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    lingers = agreement().lingers
    for item in items:
        end = max(item.end, item.start + lingers(item.agency) * DAY)
        stretches = found[item.agency]
        if stretches and stretches[-1][0] <= item.start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], end))
        else:
            stretches.append((item.start, end))
    return found


def dated_parts(facts: Mapping[str, Any], now: int) -> Iterable[tuple[int, int]]:
    parts = [*facts.get("workers", ()), *facts.get("status", ()), facts.get("school") or {}]
    for part in parts:
        start, end = day_in(part.get("from")), day_in(part.get("to"))
        if start is not None:
            last = int(midnight(end + timedelta(days=1)).timestamp()) if end else now
            yield int(midnight(start).timestamp()), max(last, int(midnight(start).timestamp()))


# --- decisions ----------------------------------------------------------------------------------------------


def verdicts(child: Child, at: datetime | None = None) -> tuple[Verdict, ...]:
    """What people decided and did not take back, the latest last; `at`: as decided by then."""
    rows = OccurrenceVerdict.objects.filter(identity__in=child.identity_ids)
    if at is None:
        rows = rows.filter(withdrawn_at=None)
    else:
        rows = rows.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), at__lte=at)
    return tuple(verdict_of(row) for row in rows.order_by("at", "id"))


def as_seen(given: Iterable[Verdict], items: Iterable[Item]) -> tuple[Verdict, ...]:
    """The reason for an answer may speak of each record that it is about: whoever does not see them all is told the
    answer alone."""
    seen = {item.key for item in items}
    return tuple(
        one if all(group <= seen for group in one.groups) else replace(one, reason="") for one in given
    )


def verdict_of(row: OccurrenceVerdict) -> Verdict:
    groups = tuple(frozenset(keys) for keys in row.groups)
    return Verdict(row.ref, groups, row.verdict, row.reason, row.by_name, row.at)


# --- the calendar of silence ----------------------------------------------------------------------------------

HEARD, SILENT, NOT_LOADED, NOT_INVOLVED, IN_PART = "heard", "silent", "not loaded", "not involved", "in part"


@dataclass(frozen=True, slots=True)
class Month:
    """One agency in one month. Only SILENT is a finding."""

    agency: str
    first: date
    state: str
    entries: int = 0


def calendar(reading: Reading, *, months: int = 24) -> tuple[tuple[date, ...], dict[str, tuple[Month, ...]]]:
    """The last so many months, and each agency in them. Silence is called only where the agency is involved for
    the whole month and every feed that told of this child before covers it."""
    firsts = month_starts(
        datetime.fromtimestamp(reading.ground.now, tz=timezone.get_current_timezone()), months
    )
    counts: dict[tuple[str, date], int] = defaultdict(int)
    told: dict[str, set[str]] = defaultdict(set)
    for item in reading.items:
        told[item.agency].add(item.kind)
        day = datetime.fromtimestamp(item.start, tz=timezone.get_current_timezone()).date()
        counts[item.agency, day.replace(day=1)] += 1
    agencies = sorted(set(reading.child.agencies) | set(told))
    found = {
        agency: tuple(
            month_of(reading, agency, first, counts[agency, first], told[agency]) for first in firsts
        )
        for agency in agencies
    }
    return firsts, found


def month_starts(now: datetime, months: int) -> tuple[date, ...]:
    found = [now.date().replace(day=1)]
    while len(found) < months:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return tuple(reversed(found))


def month_in(reading: Reading, agency: str, first: date) -> Month:
    """One agency in the month that begins on this day."""
    mine = [item for item in reading.items if item.agency == agency]
    zone = timezone.get_current_timezone()
    count = sum(datetime.fromtimestamp(item.start, zone).date().replace(day=1) == first for item in mine)
    return month_of(reading, agency, first, count, {item.kind for item in mine})


def month_of(reading: Reading, agency: str, first: date, count: int, told: set[str]) -> Month:
    if count:
        return Month(agency, first, HEARD, count)
    start = int(midnight(first).timestamp())
    end = int(midnight((first.replace(day=28) + timedelta(days=4)).replace(day=1)).timestamp())
    feeds = [kind for kind in told if (agency, kind) in reading.ground.feeds.stretches]
    involved = any(a <= start and b >= end - 1 for a, b in reading.ground.involved.get(agency, ()))
    if not involved:
        state = NOT_INVOLVED
    elif agency in reading.ground.partly_seen:
        state = IN_PART
    elif not feeds or not all(reading.ground.feeds.cover(agency, [kind], start, end) for kind in feeds):
        state = NOT_LOADED
    else:
        state = SILENT
    return Month(agency, first, state)


# --- what one agency alone knows ---------------------------------------------------------------------------


def alone(reading: Reading) -> tuple[Item, ...]:
    """Serious entries that no other agency's record joins, the newest first."""
    shared = {item.pk for one in reading.picture.occurrences if len(one.agencies) > 1 for item in one.members}
    found = [
        item
        for item in reading.items
        if item.pk not in shared and kinds.kind(item.kind).harm_class >= agreement().alone_from
    ]
    return tuple(sorted(found, key=lambda item: (-item.start, item.key)))
