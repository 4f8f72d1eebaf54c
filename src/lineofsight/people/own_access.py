"""What a worker can open now, and why: for their own eyes. Nobody who is shut to them is named here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.policy import Permission, Way, view_person, ways
from lineofsight.catalogue import clock
from lineofsight.people import guarding
from lineofsight.people.models import CircleMember, Person, Tie

#: What a tie to a worker says to them.
WORDS = {
    Tie.DUTY: "You claimed them for a referral",
    Tie.EMERGENCY: "You opened them in an emergency",
    Tie.REVIEWING: "You review them",
    Tie.LISTED: "You are named for a sealed person",
    Tie.LOCATION_GRANT: "You are named for a hidden location",
    Tie.IDENTITY_GRANT: "You are named for a former identity",
}


@dataclass(frozen=True, slots=True)
class Basis:
    """One reason for which one child is open. `until` not included; none: no end is set."""

    ref: str
    name: str
    why: str
    until: datetime | None


def bases(actor: Actor) -> list[Basis]:
    """Each reason for each child, those that end first at the top; the list is recorded."""
    now = clock.now()
    in_date = Q(until=None) | Q(until__gt=now)
    found: list[tuple[Person, str, datetime | None]] = []
    with guard.as_system("a worker's own access"):
        mine = Q(worker_ref=actor.ref) | (Q(team=int(actor.team)) if actor.team else Q(pk=None))
        places = CircleMember.objects.filter(
            mine, in_date, since__lte=now, for_ref=F("identity__person__ref")
        ).select_related("identity__person")
        for place in places:
            through = "" if place.worker_ref else "Your whole team is "
            words = f"{through}in the team as {place.role}" if through else f"In the team as {place.role}"
            found.append((place.identity.person, words, place.until))
        ties = Tie.objects.filter(in_date, since__lte=now).select_related("identity__person")
        for tie in ties.filter(worker_ref=actor.ref, kind__in=WORDS):
            found.append((tie.identity.person, WORDS[tie.kind], tie.until))
        if actor.has(Role.COORDINATOR):
            for tie in ties.filter(kind=Tie.PANEL):
                found.append((tie.identity.person, f"Open to the panel {tie.value}", tie.until))
        subjects = guarding.subjects({person.pk for person, *_ in found})
    listed = [
        Basis(person.ref, person.name or "Name not known", why, until)
        for person, why, until in found
        if view_person(actor, subjects[person.pk]).allowed
    ]
    note(actor, {basis.ref for basis in listed})
    return sorted(listed, key=lambda basis: (basis.until is None, basis.until or now, basis.name, basis.why))


def note(actor: Actor, refs: Iterable[str]) -> None:
    people = sorted(refs)
    ledger.write(
        actor, Permission.CHILD_VIEW, Subject.partnership(), outcome=ledger.LOOKED, people=people,
        detail={"listed": len(people), "opened": "own access"},
    )  # fmt: skip


def led_alone(actor: Actor) -> int:
    """How many children a manager comes to through their team's members alone (A-P3)."""
    if not (actor.has(Role.TEAM_MANAGER) and actor.team):
        return 0
    subjects = guarding.subjects(guarding.reach(actor).people)
    return sum(ways(actor, subject) == {Way.MANAGER} for subject in subjects.values())


def names(actor: Actor, refs: Iterable[str]) -> dict[str, str]:
    """Name by reference of those this actor may see; others are left out."""
    with guard.as_system("names beside references"):
        people = list(Person.objects.filter(ref__in=list(refs)))
        subjects = guarding.subjects({person.pk for person in people})
    return {p.ref: p.name for p in people if p.name and view_person(actor, subjects[p.pk]).allowed}
