"""Who was who on a past day: the people that records formed by the judgements that stood then.

Judgements are dated and never edited, and so are the statements by which they are checked, so the people of any past
moment can be formed again as they were formed then. Records that today's reader may not see stay out of it, whoever
they were taken for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.catalogue import clock
from lineofsight.people import joining
from lineofsight.people.models import SourceIdentity, Statement
from lineofsight.people.queries import Child, Identity, visible_people


class Judged(NamedTuple):
    """A judgement with the time during which it stood."""

    a: int
    b: int
    verdict: str
    source: str
    strength: float
    at: datetime
    withdrawn_at: datetime | None

    def stood(self, moment: datetime) -> bool:
        return self.at <= moment and (self.withdrawn_at is None or self.withdrawn_at > moment)


@dataclass(frozen=True, slots=True)
class Past:
    """Every record that was ever joined to some, and how they were grouped at any moment. `changes`: the moments at
    which anything came in, was judged or was withdrawn; between two of them nothing changed."""

    nodes: frozenset[int]
    judged: tuple[Judged, ...]
    changes: tuple[datetime, ...]
    known: dict[int, dict[int, frozenset[int]]] = field(default_factory=dict)

    def person_of(self, identity: int, moment: datetime) -> frozenset[int]:
        """The records of the person that this one was with."""
        place = bisect_right(self.changes, moment)
        if place not in self.known:
            self.known[place] = self.formed(moment)
        return self.known[place].get(identity, frozenset((identity,)))

    def formed(self, moment: datetime) -> dict[int, frozenset[int]]:
        judged = [
            (one.a, one.b, one.verdict, one.source, one.strength) for one in self.judged if one.stood(moment)
        ]
        joined = sorted({key for a, b, verdict, *_ in judged if verdict == "same" for key in (a, b)})
        profiles = {one.identity: one for one in joining.build_profiles(joined, at=moment)} if joined else {}
        groups = joining.grouped(sorted(self.nodes), judged, profiles, joining.model(at=moment)).groups
        return {member: frozenset(group) for group in groups for member in group}


def past_of(identities: Collection[int]) -> Past:
    """Follows every judgement there ever was from these records, withdrawn ones too."""
    reached: set[int] = set()
    frontier, judged = set(identities), set[Judged]()
    with guard.as_system("who was who"), connection.cursor() as cursor:
        while frontier:
            reached |= frontier
            cursor.execute(
                "SELECT a_id, b_id, verdict, source, coalesce(probability, 1), at, withdrawn_at FROM people_judgement"
                " WHERE a_id = ANY(%s) AND verdict <> 'unsure' UNION ALL"
                " SELECT a_id, b_id, verdict, source, coalesce(probability, 1), at, withdrawn_at FROM people_judgement"
                " WHERE b_id = ANY(%s) AND verdict <> 'unsure'",
                [list(frontier), list(frontier)],
            )
            found = {Judged(*row) for row in cursor.fetchall()}
            judged |= found
            frontier = {key for one in found if one.verdict == "same" for key in (one.a, one.b)} - reached
        inside = tuple(sorted((one for one in judged if one.a in reached and one.b in reached), key=in_order))
        moments = {moment for one in inside for moment in (one.at, one.withdrawn_at) if moment}
        if inside:
            cursor.execute(
                "SELECT received_at, superseded_at FROM people_statement WHERE identity_id = ANY(%s)",
                [list(reached)],
            )
            moments.update(moment for row in cursor.fetchall() for moment in row if moment)
    return Past(frozenset(reached), inside, tuple(sorted(moments)))


def in_order(one: Judged) -> tuple[int, int, datetime, str]:
    return one.a, one.b, one.at, one.source


@dataclass(frozen=True, slots=True)
class Then:
    """A child as their records stood together at a moment. `elsewhere`: records that are the child's today and stood
    as somebody else's then, by person. `no_longer`: records that were the child's then and are not today."""

    child: Child
    elsewhere: tuple[tuple[Identity, ...], ...] = ()
    no_longer: tuple[Identity, ...] = ()
    past: Past | None = None

    def was_with(self, record: int, ref: str, moment: datetime) -> bool:
        """Whether whoever opened a page by this reference, at this moment or before the one of `child`, came to this
        record."""
        opened = next((one.pk for one in self.child.identities if one.ref == ref), record)
        return self.past is None or record in self.past.person_of(opened, moment)


def child_then(actor: Actor, child: Child, at: datetime, *, agency: str = "", record: str = "") -> Then:
    """The person whom the child's first record was with at a moment; with an agency, whom that agency's own records
    of the child were with; with a record (its reference), whom that one was with. The caller has looked the child up."""
    if at >= clock.now():
        return Then(child)
    past = past_of(child.identity_ids)
    if not past.judged:
        return Then(child, past=past)
    with guard.as_system("who was who"):
        anchors = [one for one in child.identities if record and one.ref == record]
        anchors = anchors or [one for one in child.identities if agency and one.agency == agency]
        anchors = (
            anchors or [one for one in child.identities if one.ref == child.ref] or [child.identities[0]]
        )
        mine = frozenset[int]().union(*(past.person_of(one.pk, at) for one in anchors))
        others = identities_of(mine.difference(child.identity_ids))
        apart: dict[frozenset[int], list[Identity]] = {}
        there = said_by(child.identity_ids, at)
        for one in child.identities:
            if one.pk not in mine and one.pk in there:
                apart.setdefault(past.person_of(one.pk, at), []).append(one)
    seen = seen_by(actor, others)
    identities = tuple(
        sorted((*(one for one in child.identities if one.pk in mine), *seen), key=lambda one: one.pk)
    )
    return Then(
        replace(
            child, identities=identities, agencies=tuple(sorted({one.agency for one in identities}))
        ),
        tuple(tuple(group) for group in apart.values()),
        seen,
        past,
    )  # fmt: skip


def said_by(identities: Collection[int], at: datetime) -> set[int]:
    """Those of these records of which anything had come in."""
    return set(
        Statement.objects.filter(identity__in=list(identities), received_at__lte=at).values_list(
            "identity_id", flat=True
        )
    )


def in_by(child: Child, at: datetime) -> tuple[Identity, ...]:
    """Records of the child of which anything had come in."""
    there = said_by(child.identity_ids, at)
    return tuple(one for one in child.identities if one.pk in there)


def identities_of(keys: Collection[int]) -> list[tuple[Identity, int]]:
    """Records with the person that each is with today."""
    rows = SourceIdentity.objects.filter(pk__in=list(keys)).order_by("id")
    return [(Identity(i.pk, i.ref, i.agency_id, i.system, i.local_id), i.person_id) for i in rows]


def seen_by(actor: Actor, others: Sequence[tuple[Identity, int]]) -> tuple[Identity, ...]:
    """Those of other people's records whose people this reader may see today."""
    if not others:
        return ()
    allowed = set(
        visible_people(actor).filter(pk__in={person for _, person in others}).values_list("pk", flat=True)
    )
    return tuple(identity for identity, person in others if person in allowed)
