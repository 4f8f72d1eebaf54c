"""The whole store read by the rules, person by person, into `Finding`: an index of where to look.

The same function that draws one child's page does the work, so the two cannot differ. People are taken in ranges of
their ids, each range in a transaction of its own, by as many processes as are asked for; memory does not grow with
the store.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from multiprocessing import get_context
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import corroboration
from lineofsight.chronology import held, helping
from lineofsight.chronology.knowing import key_of
from lineofsight.chronology.models import OccurrenceVerdict, Unread
from lineofsight.chronology.picture import SHARING, dated_parts, involved_by, once_each, shared_in, verdict_of
from lineofsight.chronology.triangulation import NO_FACTS, Feeds, Ground, Item, Picture, Verdict, triangulate

#: People in one transaction.
RANGE = 1_000

#: People who are read again as soon as a file is in; more wait for the command.
AT_ONCE = 200

#: Kinds of which a rule asks for a fact; the facts of others are not fetched.
TOLD_BY_FACTS = sorted(
    frozenset().union(
        *(rule.a for rule in corroboration.rules() if rule.unless or rule.reference),
        *(rule.b for rule in corroboration.rules() if rule.told_by or rule.reference),
    )
)

ENTRIES = """
SELECT i.person_id, e.id, e.first_id, e.source, e.agency, e.source_label, e.source_slot, e.kind,
       extract(epoch FROM e.occurred_from)::bigint, extract(epoch FROM e.occurred_to)::bigint, e.precision, p.role,
       CASE WHEN e.kind = ANY(%(facts)s) THEN e.facts END
FROM people_sourceidentity i
JOIN chronology_participation p ON p.identity_id = i.id AND p.standing
JOIN chronology_entry e ON e.id = p.entry_id
WHERE {where} AND e.state <> 'superseded' AND e.precision <> 'unknown'
ORDER BY i.person_id, e.occurred_from, e.id, p.id
"""

STATEMENTS = """
SELECT i.person_id, i.agency, s.facts, s.received_at, s.label
FROM people_sourceidentity i JOIN people_statement s ON s.identity_id = i.id AND s.live
WHERE {where} ORDER BY i.person_id, s.label, s.id
"""

WITHIN, AMONG = "i.person_id BETWEEN %(first)s AND %(last)s", "i.person_id = ANY(%(people)s)"
FORGET = {
    WITHIN: "DELETE FROM chronology_finding WHERE person BETWEEN %(first)s AND %(last)s",
    AMONG: "DELETE FROM chronology_finding WHERE person = ANY(%(people)s)",
}


#: All rows in one value: an array for each column takes the driver several times as long to write.
INSERT = (
    "INSERT INTO chronology_finding (person, what, rule, agency, key, at, records, origins)"
    " SELECT person, what, rule, agency, key, to_timestamp(at), records, origins FROM json_to_recordset(%s::json)"
    " AS found(person bigint, what text, rule text, agency text, key text, at bigint, records smallint, origins smallint)"
)
COLUMNS = ("person", "what", "rule", "agency", "key", "at", "records", "origins")


@dataclass(frozen=True, slots=True)
class Store:
    """What a run found."""

    people: int = 0
    entries: int = 0
    occurrences: int = 0
    gaps: int = 0
    differences: int = 0

    def __add__(self, other: Store) -> Store:
        return Store(
            self.people + other.people, self.entries + other.entries, self.occurrences + other.occurrences,
            self.gaps + other.gaps, self.differences + other.differences,
        )  # fmt: skip


@deed(Permission.MATCH_RUN, as_system=True)
def read_store(
    *, feeds: Feeds, by: Actor, processes: int = 1, tick: Callable[[int], None] | None = None
) -> Store:
    """Everything anew, or rather: every person, whatever was found before."""
    ranges = list(ranges_of_people())
    found = Store()
    if processes == 1:
        for first, last in ranges:
            found += read_range(first, last, feeds)
            if tick:
                tick(RANGE)
    else:
        with ProcessPoolExecutor(
            processes, get_context("spawn"), initializer=helping.begin, initargs=(where_to_connect(),)
        ) as pool:
            for part in pool.map(helping.read_range, *zip(*ranges, strict=True), [feeds] * len(ranges)):
                found += part
                if tick:
                    tick(RANGE)
    Unread.objects.all().delete()
    return found


@deed(Permission.MATCH_RUN, as_system=True)
def read_changed(*, feeds: Feeds, by: Actor, most: int | None = None) -> Store:
    """Only people of whom something has come in, gone or been written since."""
    return read_unread(feeds, most=most)


def read_unread(feeds: Feeds, *, most: int | None = None) -> Store:
    """With the product's own rights: what is found is only an index, and nobody is shown it."""
    with guard.as_system("where to look"):
        return read_some(feeds, most)


def read_some(feeds: Feeds, most: int | None) -> Store:
    return read_these(list(Unread.objects.order_by("pk").values_list("pk", flat=True)[:most]), feeds)


def read_these(people: Sequence[int], feeds: Feeds) -> Store:
    """These people and nobody else; of one who is gone nothing stays."""
    found = Store()
    for start in range(0, len(people), RANGE):
        chunk = people[start : start + RANGE]
        with transaction.atomic():
            found += keep(read_people(AMONG, {"people": chunk}, feeds), AMONG, {"people": chunk})
            Unread.objects.filter(pk__in=chunk).delete()
    return found


def mark_unread(sources: Sequence[int], identities: Iterable[int] = ()) -> None:
    """Entries of these source rows, or these records, have changed: inside an import's commit and undo."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chronology_unread (person) SELECT DISTINCT i.person_id"
            " FROM unnest(%s::bigint[]) AS told(source) JOIN chronology_entry e ON e.source = told.source"
            " JOIN chronology_participation p ON p.entry_id = e.id"
            " JOIN people_sourceidentity i ON i.id = p.identity_id ON CONFLICT DO NOTHING",
            [list(sources)],
        )
        cursor.execute(
            "INSERT INTO chronology_unread (person) SELECT DISTINCT person_id FROM people_sourceidentity"
            " WHERE id = ANY(%s) ON CONFLICT DO NOTHING",
            [list(identities)],
        )


def mark_people(people: Iterable[int]) -> None:
    """Records have come to these people or gone from them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chronology_unread (person) SELECT DISTINCT unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
            [list(people)],
        )


# --- the work of one range -------------------------------------------------------------------------------


def where_to_connect() -> dict[str, Any]:
    """The part of the connection's settings that another process needs."""
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    return {key: connection.settings_dict.get(key) for key in keys}


def ranges_of_people() -> Iterator[tuple[int, int]]:
    """First and last number of so many people, one range after the other, whatever numbers are not in use."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(p), max(p) FROM (SELECT DISTINCT person_id AS p FROM people_sourceidentity"
                " WHERE person_id > %s ORDER BY p LIMIT %s) AS part",
                [last, RANGE],
            )
            first, last = cursor.fetchone()
        if first is None:
            return
        yield first, last


def read_range(first: int, last: int, feeds: Feeds) -> Store:
    given = {"first": first, "last": last}
    with transaction.atomic():
        return keep(read_people(WITHIN, given, feeds), WITHIN, given)


@dataclass(frozen=True, slots=True)
class Whole:
    """One person, as the whole store is read: without a reader, because nothing of it is shown."""

    person: int
    entries: int
    picture: Picture
    differences: tuple[held.Row, ...]


def read_people(where: str, given: dict[str, Any], feeds: Feeds) -> Iterator[Whole]:
    now = timezone.now()
    said = statements_of(where, given)
    decided = verdicts_of(where, given)
    with connection.cursor() as cursor:
        # nosemgrep: sql-from-a-value (`where` is one of our own clauses)
        cursor.execute(ENTRIES.format(where=where), {**given, "facts": TOLD_BY_FACTS})
        rows = cursor.fetchall()
    places, people = shared_in([row[1] for row in rows if row[7] in SHARING])
    met: set[int] = set()
    for person, own in groupby(rows, key=itemgetter(0)):
        items = once_each(items_of(own, places, people, f"p{person}"))
        met.add(person)
        yield whole(person, items, said.get(person, []), tuple(decided.get(person, ())), feeds, now)
    for person in said.keys() - met:
        yield whole(person, (), said[person], (), feeds, now)


def items_of(
    rows: Iterable[Any], places: dict[int, frozenset[str]], people: dict[int, frozenset[str]], own: str
) -> Iterator[Item]:
    """One for each entry, though two records of the person may take part in it."""
    last, none = 0, frozenset[str]()
    for _, pk, first, source, agency, label, slot, kind, start, end, precision, role, facts in rows:
        if pk != last:
            last = pk
            yield Item(
                key_of(pk, first, source, agency, label, slot), pk, agency, kind, start, end, precision, role,
                json.loads(facts) if facts else NO_FACTS, places.get(pk, none), people.get(pk, none) - {own},
            )  # fmt: skip


def whole(
    person: int, items: tuple[Item, ...], said: list[held.Said], decided: tuple[Verdict, ...], feeds: Feeds,
    now: datetime,
) -> Whole:  # fmt: skip
    moment = int(now.timestamp())
    involved = involved_by(items)
    for one in said:
        for stretch in dated_parts(one.facts, moment):
            involved[one.agency].append(stretch)
    agencies = sorted({one.agency for one in said})
    differences: tuple[held.Row, ...] = ()
    if len(agencies) > 1:
        table = held.table(said, agencies, now.date(), with_location=True)
        differences = tuple(row for row in table if row.state == held.DIFFERS)
    ground = Ground(feeds=feeds, involved=involved, now=moment, verdicts=decided, born=born_of(said))
    return Whole(person, len(items), triangulate(items, ground), differences)


def born_of(said: Iterable[held.Said]) -> date | None:
    for one in said:
        birth = one.facts.get("birth") or {}
        if birth.get("from") and birth.get("from") == birth.get("to"):
            return held.day(birth["from"])
    return None


def statements_of(where: str, given: dict[str, Any]) -> dict[int, list[held.Said]]:
    found: dict[int, list[held.Said]] = defaultdict(list)
    with connection.cursor() as cursor:
        # nosemgrep: sql-from-a-value (`where` is one of our own clauses)
        cursor.execute(STATEMENTS.format(where=where), given)
        for person, agency, written, received, label in cursor:
            facts = json.loads(written)
            if facts.keys() - {"kind"}:
                found[person].append(held.Said(agency, facts, received.date(), None, label))
    return found


def verdicts_of(where: str, given: dict[str, Any]) -> dict[int, list[Verdict]]:
    chosen = (
        {"identity__person__in": given["people"]}
        if where == AMONG
        else {"identity__person__gte": given["first"], "identity__person__lte": given["last"]}
    )
    found: dict[int, list[Verdict]] = defaultdict(list)
    rows = OccurrenceVerdict.objects.filter(withdrawn_at=None, **chosen).select_related("identity")
    for row in rows.order_by("at", "id"):
        found[row.identity.person_id].append(verdict_of(row))
    return found


def keep(found: Iterable[Whole], where: str, given: dict[str, Any]) -> Store:
    """Replace what was found of these people before."""
    total = Store()
    rows: list[tuple[Any, ...]] = []
    for one in found:
        mine = list(rows_of(one))
        rows += mine
        kinds = [row[1] for row in mine]
        total += Store(1, one.entries, kinds.count("occurrence"), kinds.count("gap"), kinds.count("differs"))
    with connection.cursor() as cursor:
        cursor.execute(FORGET[where], given)
        # Row security allows no COPY.
        cursor.execute(INSERT, [json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows])])
    return total


def rows_of(one: Whole) -> Iterator[tuple[Any, ...]]:
    for occurrence in one.picture.occurrences:
        rule = occurrence.rules[0].id if occurrence.rules else ""
        yield (
            one.person, "occurrence", rule, "", occurrence.lead.key[:420], occurrence.lead.start,
            len(occurrence.members), len(occurrence.origins),
        )  # fmt: skip
    for gap in one.picture.gaps:
        for agency in gap.agencies:
            yield (one.person, "gap", gap.rule.id, agency, gap.key[:420], gap.item.start, 1, 1)
    for row in one.differences:
        for cell in row.differing:
            yield (one.person, "differs", row.fact.code, cell.agency, "", None, 1, 1)
