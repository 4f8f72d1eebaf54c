"""Entries kept for named people: who waits to accept conditions, what nobody has been named for yet, and which of
some entries a reader may know of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, EntrySubject, Sharing, Subject
from lineofsight.access.deeds import NOTHING_HERE, require
from lineofsight.access.policy import Permission, decide, denied, view_entry
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound
from lineofsight.chronology import admission
from lineofsight.chronology.models import Entry, EntryName
from lineofsight.chronology.queries import visible
from lineofsight.people.queries import owners_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """Conditions that a worker has to accept before they learn anything of the entry."""

    number: int
    conditions: str
    lawful_basis: str
    agency: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry on whose list a worker stands, and which they see."""

    entry: str
    agency: str
    kind: str
    until: datetime | None


def on_lists(actor: Actor) -> tuple[list[Waiting], list[Listed]]:
    """What waits for this worker's word, and what they see because they are named."""
    now = clock.now()
    with guard.as_system("a worker's own lists"):
        rows = list(
            EntryName.objects.filter(Q(until=None) | Q(until__gt=now), worker_ref=actor.ref, since__lte=now)
            .select_related("entry")
            .order_by("since", "id")[:200]
        )
        described = admission.subjects([row.entry for row in rows])
        waiting, listed = [], []
        for row in rows:
            subject = described[row.entry_id]
            if row.kind == EntryName.RECIPIENT and row.accepted_at is None:
                if not any(denied(actor, person) for person in subject.about):
                    waiting.append(
                        Waiting(row.pk, row.conditions, row.lawful_basis, subject.owner, row.since, row.until)
                    )
            elif view_entry(actor, subject).allowed:
                listed.append(Listed(row.entry.ref, subject.owner, row.kind, row.until))
    return waiting, listed


def readable(actor: Actor, refs: Iterable[str]) -> set[str]:
    """Those of these entries that the actor reads in full."""
    wanted = list(refs)
    return set(Entry.objects.filter(visible(actor), ref__in=wanted).values_list("ref", flat=True))


# --- kept for named people, and nobody named ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of the agency's own file that nobody sees until somebody is named. No word of it is in here."""

    entry: Entry
    guarded: EntrySubject
    people: tuple[str, ...]

    def subject(self) -> EntrySubject:
        return self.guarded

    def whom(self) -> list[str]:
        return list(self.people)


def kept(actor: Actor, *, ref: str = "") -> list[Kept]:
    """Entries from the actor's agency's files that are kept for named people without anyone in date on their
    list. Of people who are shut to the actor none is told."""
    require(actor, Permission.RECIPIENT_NAME, Subject("kept", owner=actor.agency))
    now = clock.now()
    named = EntryName.objects.filter(Q(until=None) | Q(until__gt=now), since__lte=now)
    with guard.as_system("kept for named people"):
        rows = Entry.objects.filter(
            Q(handling="C") | Q(sharing=Sharing.NAMED),
            agency_id=actor.agency,
            written_by="",
            source__isnull=False,
        ).exclude(state__in=(Entry.SUPERSEDED, Entry.DISPOSED))
        if ref:
            rows = rows.filter(ref=ref)
        # Lists hang on the first version.
        rows = rows.exclude(pk__in=named.values("entry")).exclude(first__in=named.values("entry"))
        found = list(rows.order_by("-occurred_from", "id")[:200])
        described = admission.subjects(found)
        owners = owners_of(list({record for entry in found for record in entry.about}))
    listed = []
    for entry in found:
        subject = described[entry.pk]
        if decide(actor, Permission.RECIPIENT_NAME, subject).allowed:
            refs = dict.fromkeys(owners[record].ref for record in entry.about if record in owners)
            listed.append(Kept(entry, subject, tuple(refs)))
    ledger.write(
        actor, Permission.RECIPIENT_NAME, Subject("kept", ref, owner=actor.agency), outcome=ledger.LOOKED,
        people=[ref for one in listed for ref in one.people], records=[one.entry.ref for one in listed],
    )  # fmt: skip
    return listed


def get_kept(actor: Actor, ref: str) -> Kept:
    found = kept(actor, ref=ref)
    if not found:
        raise NotFound(NOTHING_HERE)
    return found[0]
