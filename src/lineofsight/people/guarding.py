"""What the policy needs to know of people: as values for one decision, and as sets for lists.

`subjects` describes given people; `reach` says which records an actor comes to. Both read the rows of now, on
every request: an ended place or claim is gone at once (A-D8).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from lineofsight.access import guard
from lineofsight.access.actor import Actor, PersonSubject, Role, Shield
from lineofsight.access.policy import gate
from lineofsight.catalogue import clock
from lineofsight.people.models import Tie

PLACES = """
SELECT i.person_id, c.worker_ref, c.team_id, c.role, a.code, w.team_id
  FROM people_circlemember c
  JOIN people_sourceidentity i ON i.id = c.identity_id
  JOIN people_person p ON p.id = i.person_id AND p.ref = c.for_ref
  LEFT JOIN partners_worker w ON w.ref = c.worker_ref
  LEFT JOIN partners_agency a ON a.id = w.agency_id
 WHERE i.person_id = ANY(%(people)s) AND guard.in_date(c.since, c.until, %(now)s) ORDER BY c.since, c.id
"""

TIES = """
SELECT i.person_id, t.kind, t.worker_ref, t.agency, t.value
  FROM people_tie t JOIN people_sourceidentity i ON i.id = t.identity_id
 WHERE i.person_id = ANY(%(people)s) AND guard.in_date(t.since, t.until, %(now)s)
"""

#: Conflicts that cover a household, and staff who live in one, reach everybody else who lives there.
HOUSEHOLDS = """
SELECT DISTINCT mine.person_id, o.kind, o.worker_ref
  FROM (SELECT i.person_id, h.value FROM people_tie h JOIN people_sourceidentity i ON i.id = h.identity_id
         WHERE i.person_id = ANY(%(people)s) AND h.kind = 'household' AND guard.in_date(h.since, h.until, %(now)s)) mine
  JOIN people_tie there ON there.kind = 'household' AND there.value = mine.value
   AND guard.in_date(there.since, there.until, %(now)s)
  JOIN people_sourceidentity lives ON lives.id = there.identity_id
  JOIN people_sourceidentity same ON same.person_id = lives.person_id
  JOIN people_tie o ON o.identity_id = same.id AND guard.in_date(o.since, o.until, %(now)s)
   AND (o.kind = 'staff' OR (o.kind = 'conflict' AND o.value = 'household'))
"""

ABOUT = """
SELECT p.id, p.ref, p.kind, p.restricted, p.agencies, p.name FROM people_person p WHERE p.id = ANY(%(people)s)
"""


def subjects(people: Collection[int]) -> dict[int, PersonSubject]:
    """Person id -> what the policy needs to know, for as many people as asked, in four queries; once for a
    page."""
    known: dict[int, PersonSubject | None] = guard.remember("subjects", no_subjects)
    if missing := set(people) - set(known):
        known.update(dict.fromkeys(missing) | described(missing))
    return {pk: subject for pk in people if (subject := known[pk]) is not None}


def is_protected(people: Collection[int]) -> bool:
    """Whether one of these people is sealed, hidden, or shut to an agency."""
    return any(person.shields or person.excluded for person in subjects(people).values())


def no_subjects() -> dict[int, PersonSubject | None]:
    return {}


def described(people: Collection[int]) -> dict[int, PersonSubject]:
    given = {"people": list(people), "now": clock.now()}
    with guard.as_system("who may see"), connection.cursor() as cursor:
        rows = fetch(cursor, ABOUT, given)
        places = grouped(fetch(cursor, PLACES, given))
        ties = grouped(fetch(cursor, TIES, given))
        living = any(kind == Tie.HOUSEHOLD for of in ties.values() for kind, *_ in of)
        kin = grouped(fetch(cursor, HOUSEHOLDS, given)) if living else {}
    return {
        pk: subject_of(ref, kind, restricted, agencies, places.get(pk, []), ties.get(pk, []), kin.get(pk, []))
        for pk, ref, kind, restricted, agencies, _ in rows
    }


def fetch(cursor: Any, sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, given)
    return list(cursor.fetchall())


def grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for person, *rest in rows:
        found[person].append(tuple(rest))
    return found


def subject_of(
    ref: str, kind: str, restricted: bool, agencies: list[str], places: list[tuple[Any, ...]],
    ties: list[tuple[Any, ...]], kin: list[tuple[Any, ...]],
) -> PersonSubject:  # fmt: skip
    def workers(*kinds: str) -> frozenset[str]:
        return frozenset(worker for k, worker, _, _ in ties if k in kinds)

    kinds = {k for k, *_ in ties}
    shields = {Shield.SEALED} if Tie.SEALED in kinds else set()
    if restricted or Tie.LOCATION in kinds:
        shields.add(Shield.LOCATION)
    near = frozenset(worker for _, worker in kin)
    return PersonSubject(
        "child",
        ref,
        is_child=kind != "adult",
        involved=frozenset(agencies),
        members=frozenset(worker for worker, *_ in places if worker),
        teams=frozenset(str(team) for _, team, *_ in places if team),
        led=frozenset((agency, str(team)) for worker, _, _, agency, team in places if worker and team),
        lead=next(
            (w for k, w, _, _ in ties if k == Tie.LEAD),
            next((w for w, _, role, *_ in places if w and role.casefold().startswith("lead")), ""),
        ),
        duty=workers(Tie.DUTY),
        emergency=workers(Tie.EMERGENCY),
        reviewing=workers(Tie.REVIEWING),
        panel_open=Tie.PANEL in kinds,
        shields=frozenset(shields),
        listed=workers(Tie.LISTED),
        location=workers(Tie.LOCATION_GRANT),
        identity=workers(Tie.IDENTITY_GRANT),
        conflicted=workers(Tie.CONFLICT, Tie.STAFF) | near,
        staff=Tie.STAFF in kinds or any(k == Tie.STAFF for k, _ in kin),
        excluded=frozenset(agency for k, _, agency, _ in ties if k == Tie.EXCLUDED),
        disposed=Tie.DISPOSED in kinds,
    )


# --- as sets ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reach:
    """The people, and the records (identities) of people, that an actor comes to. `everything`: no bounds.

    `as_member`: with a member's rights. `denied`: shut over every way in, so that an entry about several
    people is judged by each of them."""

    people: frozenset[int] = frozenset()
    records: frozenset[int] = frozenset()
    as_member: frozenset[int] = frozenset()
    denied: frozenset[int] = frozenset()
    everything: bool = False


NOWHERE = Reach()

#: `guard.reach` stands in guard.sql of this room; the same sets bind raw SQL of the web role.
REACH = "SELECT people, records, as_member, denied FROM guard.reach(%s, %s, %s::bigint, %s, %s)"


def reach(actor: Actor) -> Reach:
    """Where this actor comes to now. The list form of the policy's ways and hard denies."""
    if actor.has(Role.OPERATOR):
        return Reach(everything=True)
    if gate(actor):
        return NOWHERE
    with connection.cursor() as cursor:
        if guard.is_bound():
            # A bound connection may ask for whoever acts on it, and for nobody else.
            cursor.execute("SELECT people, records, as_member, denied FROM guard.my_reach()")
        else:
            cursor.execute(
                REACH, [actor.ref, actor.agency, actor.team or None, sorted(actor.roles), clock.now()]
            )
        people, records, as_member, denied = cursor.fetchone() or (None,) * 4
    return Reach(
        frozenset(people or ()), frozenset(records or ()), frozenset(as_member or ()), frozenset(denied or ())
    )
