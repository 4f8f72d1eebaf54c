"""Which entries an actor comes to: as values for one decision, and as conditions for lists.

The conditions say in the database's words what `policy.view_entry` says of one entry; `guard.sql` of this room
says it a third time, where no query of ours can forget it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from lineofsight.access import guard
from lineofsight.access.actor import Actor, EntrySubject, Role, Sharing
from lineofsight.catalogue import clock
from lineofsight.chronology.models import Entry, EntryName
from lineofsight.partners import queries as partners
from lineofsight.people import guarding
from lineofsight.people.models import Person
from lineofsight.people.queries import owners_of

NOTHING = Q(pk__in=())
LISTS = (EntryName.NAMED, EntryName.RECIPIENT, EntryName.RELEASED)


# --- one by one ------------------------------------------------------------------------------------------


def subjects(entries: Sequence[Entry], owners: Mapping[int, Person] | None = None) -> dict[int, EntrySubject]:
    """Entry id -> what the policy needs to know of it, in a few queries however many there are. `owners`: record ->
    person, of all that the entries are about, where the caller has asked already."""
    if owners is None:
        owners = owners_of({record for entry in entries for record in entry.about})
    people = guarding.subjects({person.pk for person in owners.values()})
    listed = lists(entries)
    led = partners.led_by({entry.written_by for entry in entries if entry.written_by})
    found = {}
    for entry in entries:
        about = {owners[record].pk: None for record in entry.about if record in owners}
        names = listed[entry.chain]
        found[entry.pk] = EntrySubject(
            "entry",
            entry.ref,
            owner=entry.agency_id,
            about=tuple(people[pk] for pk in about),
            author=entry.written_by,
            author_led=led.get(entry.written_by, ("", "")),
            sharing=entry.sharing,
            conceal=entry.conceal,
            handling=entry.handling,
            sensitivity=entry.sensitivity,
            state=entry.state if entry.state in (Entry.DRAFT, Entry.DISPOSED) else Entry.LIVE,
            named=frozenset(names[EntryName.NAMED]),
            recipients=frozenset(names[EntryName.RECIPIENT]),
            released=frozenset(names[EntryName.RELEASED]),
        )
    return found


def lists(entries: Sequence[Entry]) -> dict[int, dict[str, set[str]]]:
    """Chain -> kind of list -> workers on it now."""
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    careful = [e.chain for e in entries if e.handling == "C" or e.sensitivity or e.sharing != Sharing.TEAM_AROUND
               or e.facts]  # fmt: skip
    if careful:
        with guard.as_system("who is named"):
            for chain, kind, worker in (
                in_date().filter(entry__in=careful).values_list("entry", "kind", "worker_ref")
            ):
                found[chain][kind].add(worker)
    return found


def in_date() -> QuerySet[EntryName]:
    now = clock.now()
    return EntryName.objects.filter(
        Q(until=None) | Q(until__gt=now),
        ~Q(kind=EntryName.RECIPIENT) | Q(accepted_at__lte=now),
        since__lte=now,
    )


# --- as conditions ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pass:
    """What one actor holds now: where they come to, which lists they stand on, whose manager they are."""

    actor: Actor
    reach: guarding.Reach
    named: frozenset[int]
    recipient: frozenset[int]
    released: frozenset[int]
    team: frozenset[str]

    def on(self, chains: Collection[int]) -> Q:
        return Q(first__in=chains) | Q(first=None, pk__in=chains)

    def written(self) -> Q:
        """A-P1, the author."""
        return Q(written_by=self.actor.ref, agency=self.actor.agency)

    def managed(self) -> Q:
        """A-P1, the author's manager."""
        return Q(written_by__in=self.team, agency=self.actor.agency)

    def shut(self) -> Q:
        return Q(about__overlap=list(self.reach.denied)) if self.reach.denied else NOTHING

    def come_to(self) -> Q:
        """Live entries to which any way leads, past handling C."""
        there = Q(about__overlap=list(self.reach.records)) if self.reach.records else NOTHING
        return (there | self.managed()) & ~Q(state=Entry.DRAFT) & (~Q(handling="C") | self.on(self.recipient))

    def plain_manager(self) -> Q:
        return self.managed() & ~Q(handling="C")

    def listed(self) -> Q:
        own = Q(sharing=Sharing.AGENCY_ONLY, agency=self.actor.agency)
        return Q(sharing=Sharing.TEAM_AROUND) | own | self.on(self.named | self.released | self.recipient)

    def sensitive(self) -> Q:
        """A-F4: what passes."""
        member = Q(about__overlap=list(self.reach.as_member)) if self.reach.as_member else NOTHING
        return Q(sensitivity="") | (Q(agency=self.actor.agency) & member) | self.on(self.released)


def pass_of(actor: Actor) -> Pass:
    """What the actor holds now; once for a page, which asks for it again and again."""
    return guard.remember(("pass", actor), lambda: found_pass(actor))


def found_pass(actor: Actor) -> Pass:
    reach, team = guarding.reach(actor), frozenset[str]()
    found = named(actor)
    if actor.has(Role.TEAM_MANAGER) and actor.team:
        with guard.as_system("whose manager this is"):
            team = partners.team_of(actor)
    return Pass(
        actor, reach, found[EntryName.NAMED], found[EntryName.RECIPIENT], found[EntryName.RELEASED], team
    )


def named(actor: Actor) -> dict[str, frozenset[int]]:
    """Kind of list -> chains of entries whose list names this worker, in date."""
    found: dict[str, set[int]] = {kind: set() for kind in LISTS}
    if guard.is_bound() and not guard.is_system():
        # The database says it of whoever acts, by the function that its own policies ask.
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(['guard.named_for_me(%s)'] * len(LISTS))}", LISTS)
            found = {kind: set(chains) for kind, chains in zip(LISTS, cursor.fetchone(), strict=True)}
    else:
        for kind, chain in in_date().filter(worker_ref=actor.ref).values_list("kind", "entry"):
            found[kind].add(chain)
    return {kind: frozenset(chains) for kind, chains in found.items()}


def full(actor: Actor) -> Q:
    """Entries to be read in full."""
    if actor.has(Role.OPERATOR):
        return Q()
    if not actor.ref or actor.barred:
        return NOTHING
    held = pass_of(actor)
    others = held.come_to() & (held.plain_manager() | (held.listed() & held.sensitive()))
    return ~Q(state=Entry.DISPOSED) & ~held.shut() & (held.written() | others)


def pointed(actor: Actor) -> Q:
    """Entries of which the actor learns that they exist and whom to ring, and no more."""
    if actor.has(Role.OPERATOR) or not actor.ref or actor.barred:
        return NOTHING
    held = pass_of(actor)
    kept = (~held.listed() & ~Q(sharing=Sharing.NAMED, conceal=True)) | (held.listed() & ~held.sensitive())
    return (
        ~Q(state=Entry.DISPOSED)
        & ~held.shut()
        & held.come_to()
        & ~held.written()
        & ~held.plain_manager()
        & kept
    )
