"""Deeds about entries: take what sources tell, add, correct, comment."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from lineofsight.access import guard, procedures
from lineofsight.access.actor import Actor
from lineofsight.access.bulk import copy_into
from lineofsight.access.deeds import deed, proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock, handling, kinds
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.refs import new_ref
from lineofsight.catalogue.when import When
from lineofsight.chronology.models import (
    Comment,
    Entry,
    EntryName,
    EntryThing,
    LastLook,
    Participation,
    Thing,
    Unread,
)
from lineofsight.people import services as people
from lineofsight.people.queries import Child

#: The id space of people whom a worker adds to by hand when the worker's agency holds no record of its own.
BY_HAND = "lineofsight"

NATURES = ("fact", "reported", "opinion")


@dataclass(frozen=True, slots=True)
class Part:
    """Someone in an entry; `identity` when known."""

    role: str
    name: str = ""
    identity: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A thing in an entry. `key` tells it from others of its kind."""

    kind: str
    key: str
    label: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry on its way in from a source row."""

    identity: int
    agency: str
    kind: str
    when: When
    title: str
    role: str
    source: int
    slot: str
    join: str
    label: str
    recorded_at: datetime | None = None
    narrative: str = ""
    child_words: str = ""
    nature: str = "fact"
    handling: str = "standard"
    conditions: str = ""
    grading: dict[str, str] = field(default_factory=dict)
    author: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    things: tuple[Named, ...] = ()


# --- what sources tell (called by records, inside its commit) --------------------------------------------


ENTRY_COLUMNS = (
    "id", "ref", "version", "state", "identity_id", "agency", "kind", "occurred_from", "occurred_to", "precision",
    "occurred_text", "recorded_at", "received_at", "title", "narrative", "child_words", "nature", "about", "sharing",
    "conceal", "handling", "sensitivity", "location_fields", "conditions", "grading", "author", "facts", "source",
    "source_slot", "source_join", "source_label", "written_by", "reason",
)  # fmt: skip


def take_entries(told: Sequence[Told], *, at: datetime) -> None:
    """Store entries with those in them. The caller settles afterwards which of them stand."""
    if not told:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('chronology_entry_id_seq') FROM generate_series(1, %s)", [len(told)])
        ids = [row[0] for row in cursor.fetchall()]
        with copy_into(cursor, "chronology_entry", ENTRY_COLUMNS) as copy:
            for key, t in zip(ids, told, strict=True):
                held = handling.of(t.handling, t.kind)
                about = {t.identity, *(part.identity for part in t.parts if part.identity)}
                copy.write_row(
                    (key, new_ref("E"), 1, Entry.LIVE, t.identity, t.agency, t.kind, t.when.start, t.when.end,
                     t.when.precision, t.when.text[:200], t.recorded_at, at, t.title, t.narrative, t.child_words,
                     t.nature, array_of(about), held.sharing, held.conceal, held.handling, held.sensitivity, array_of(()),
                     t.conditions, json.dumps(t.grading), t.author[:200],
                     json.dumps(t.facts), t.source, t.slot, t.join, t.label[:250], "", "")
                )  # fmt: skip
        columns = ("entry_id", "identity_id", "name", "role", "occurred_from", "standing")
        with copy_into(cursor, "chronology_participation", columns) as copy:
            for key, t in zip(ids, told, strict=True):
                copy.write_row((key, t.identity, "", t.role, t.when.start, True))
                for part in t.parts:
                    copy.write_row((key, part.identity, part.name[:200], part.role, t.when.start, True))
    named = [(key, thing) for key, t in zip(ids, told, strict=True) for thing in t.things]
    if named:
        link_things(named)


def array_of(numbers: Collection[int]) -> str:
    """As PostgreSQL writes an array: much quicker, for as many as come in a file, than having it written."""
    return f"{{{','.join(map(str, sorted(numbers)))}}}"


def link_things(named: Sequence[tuple[int, Named]]) -> None:
    """Join entries to the things they name, making each thing once."""
    wanted = {(thing.kind, thing.key[:250]): thing.label[:250] for _, thing in named}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chronology_thing (kind, key, label)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING",
            [[kind for kind, _ in wanted], [key for _, key in wanted], list(wanted.values())],
        )
        cursor.execute(
            "SELECT kind, key, id FROM chronology_thing t JOIN unnest(%s::text[], %s::text[]) AS w(k, v)"
            " ON t.kind = w.k AND t.key = w.v",
            [[kind for kind, _ in wanted], [key for _, key in wanted]],
        )
        found = {(kind, key): pk for kind, key, pk in cursor.fetchall()}
        with copy_into(cursor, "chronology_entrything", ("entry_id", "thing_id", "role")) as copy:
            for entry, thing in named:
                copy.write_row((entry, found[thing.kind, thing.key[:250]], thing.role[:40]))


def settle_sources(states: Sequence[tuple[int, str, str]], *, at: datetime) -> None:
    """Which source rows stand: (row, its state 'live' | 'absent' | 'superseded', its join signature).

    Entries of the row with another join signature are superseded too. An entry that a person corrected is
    replaced by its correction, and the correction goes the way of its row: when the source itself changes,
    the new version of the source stands and the correction stays readable behind it."""
    if not states:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH told AS (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS t(source, state, j)),"
            " looked AS ("
            " SELECT e.id, e.replaced_at, told.state, e.source_join <> told.j AS elsewhere,"
            "  EXISTS (SELECT 1 FROM chronology_entry later WHERE later.first_id = coalesce(e.first_id, e.id)"
            "   AND later.version > e.version) AS corrected"
            "  FROM told JOIN chronology_entry e ON e.source = told.source),"
            " now_is AS ("
            " SELECT id, CASE WHEN elsewhere OR corrected THEN 'superseded' ELSE state END AS state,"
            "  CASE WHEN state = 'superseded' OR elsewhere OR corrected"
            "   THEN coalesce(replaced_at, %s) ELSE NULL END AS replaced_at FROM looked),"
            # An update writes the whole entry again, and most entries stand as they were just stored.
            " settled AS ("
            " UPDATE chronology_entry e SET state = now_is.state, replaced_at = now_is.replaced_at FROM now_is"
            " WHERE e.id = now_is.id AND (e.state, e.replaced_at) IS DISTINCT FROM (now_is.state, now_is.replaced_at)"
            " RETURNING e.id, e.state)"
            " UPDATE chronology_participation p SET standing = (settled.state <> 'superseded')"
            " FROM settled WHERE p.entry_id = settled.id AND p.standing <> (settled.state <> 'superseded')",
            [[s[0] for s in states], [s[1] for s in states], [s[2] for s in states], at],
        )


def count_again() -> None:
    """Fresh statistics for the planner, early in a transaction that brings much."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE chronology_entry, chronology_participation, chronology_entrything, chronology_thing"
        )


def forget_sources(told: Sequence[tuple[int, str | None]]) -> list[int]:
    """Remove the entries of source rows that no file shows any more (an undo): (row, join signature), or
    None for all of a row's. The caller has made sure that nothing rests on them. Returns whom they were
    about."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.identity_id FROM chronology_entry e"
            " JOIN unnest(%s::bigint[], %s::text[]) AS gone(source, j)"
            " ON gone.source = e.source AND (gone.j IS NULL OR gone.j = e.source_join)",
            [[source for source, _ in told], [join for _, join in told]],
        )
        rows = cursor.fetchall()
        entries = [row[0] for row in rows]
        cursor.execute(
            "SELECT identity_id FROM chronology_participation WHERE identity_id IS NOT NULL AND entry_id = ANY(%s)",
            [entries],
        )
        touched = {row[0] for row in cursor.fetchall()} | {row[1] for row in rows}
        for statement in (
            "DELETE FROM chronology_entrything WHERE entry_id = ANY(%s)",
            "DELETE FROM chronology_participation WHERE entry_id = ANY(%s)",
            "DELETE FROM chronology_entry WHERE id = ANY(%s)",
        ):
            cursor.execute(statement, [entries])
        cursor.execute(
            "DELETE FROM chronology_thing t WHERE NOT EXISTS"
            " (SELECT 1 FROM chronology_entrything e WHERE e.thing_id = t.id)"
        )
    return sorted(touched)


def forget_looks(identities: Sequence[int]) -> None:
    LastLook.objects.filter(identity_id__in=identities).delete()


# --- what workers write ---------------------------------------------------------------------------------


AS_TEAM = Handling()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a worker shares their words with. `named` and `recipients` are workers; a recipient reads under
    written conditions, until a moment, once they have accepted them."""

    held: Handling = AS_TEAM
    named: tuple[str, ...] = ()
    recipients: tuple[tuple[str, datetime | None], ...] = ()
    conditions: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What happened, as a worker tells it. `others`: children and adults the entry is about as well, by
    reference, so that masking reaches the words; `people_there`: (name, part) of those without a record."""

    kind: str
    when: When
    title: str
    narrative: str = ""
    child_words: str = ""
    nature: str = "fact"
    place: str = ""
    people_there: tuple[tuple[str, str], ...] = ()
    others: tuple[Child, ...] = ()
    role: str = "subject"
    facts: dict[str, str] = field(default_factory=dict)
    location_fields: tuple[str, ...] = ()
    grading: dict[str, str] = field(default_factory=dict)


def own_identity(child: Child, by: Actor) -> int:
    """The identity that a worker's words hang on: their own agency's record of the child if it has one,
    else one made for the purpose and joined to the child by this person's judgement."""
    own = [i.pk for i in child.identities if i.agency == by.agency]
    if own or not by.agency:
        return min(own or child.identity_ids)
    made = people.identities_for(agency=by.agency, system=BY_HAND, local_ids=[child.identities[0].ref])
    identity = next(iter(made.values()))
    people.join_by_hand(identity, child.identity_ids[0], by=by)
    return identity


def check_words(*, kind: str, when: When, title: str, nature: str) -> None:
    if kind not in kinds.kinds():
        raise Refused("Choose what kind of thing happened.", field="kind")
    if not title.strip():
        raise Refused("Say in one sentence what happened.", field="title")
    if len(title) > 1000:
        raise Refused(
            "Keep the sentence under 1,000 characters and put the rest in the account.", field="title"
        )
    if nature not in NATURES:
        raise Refused("Say whether this was seen, told by someone, or is an opinion.", field="nature")
    if when.is_known and when.start > clock.now():
        raise Refused("This date is in the future. The chronology holds what has happened.", field="when")


def check_audience(audience: Audience) -> None:
    held = audience.held
    if held.sharing == "named" and not audience.named and held.handling != "C":
        raise Refused("Name at least one person who will see this.", field="named")
    if held.handling == "C" and not audience.recipients:
        raise Refused("Handling C needs at least one recipient, with written conditions.", field="named")
    if held.handling == "C" and not audience.conditions.strip():
        raise Refused("Write the conditions that recipients must accept.", field="conditions")


@deed(Permission.ENTRY_ADD, on="child")
def add_entry(
    *, child: Child, account: Account, by: Actor, audience: Audience = Audience(), draft: bool = False
) -> Entry:
    """A worker writes down what happened; as a draft it is theirs alone."""
    check_words(kind=account.kind, when=account.when, title=account.title, nature=account.nature)
    check_audience(audience)
    return take_account(child=child, account=account, audience=audience, draft=draft, by=by)


def take_account(
    *, child: Child, account: Account, audience: Audience, by: Actor, draft: bool = False
) -> Entry:
    """Stores what a worker tells, unchecked: `add_entry` has checked it."""
    now, when = clock.now(), account.when
    with guard.as_system("whose words these are"):
        people.hold_the_lock()
        identity = own_identity(child, by)
    others = [min(other.identity_ids) for other in account.others]
    held = audience.held
    entry = Entry.objects.create(
        identity_id=identity,
        agency_id=by.agency or child.identities[0].agency,
        state=Entry.DRAFT if draft else Entry.LIVE,
        kind=account.kind,
        occurred_from=when.start, occurred_to=when.end, precision=when.precision,
        occurred_text=when.text[:200],
        recorded_at=now,
        received_at=now,
        title=account.title.strip(),
        narrative=account.narrative.strip(),
        child_words=account.child_words.strip(),
        nature=account.nature,
        about=sorted({identity, *others}),
        sharing=held.sharing, conceal=held.conceal, handling=held.handling,
        sensitivity=held.sensitivity or handling.sensitive_kinds().get(account.kind, ""),
        location_fields=list(account.location_fields),
        conditions=audience.conditions.strip(),
        grading=account.grading,
        author=by.name,
        facts={name: value.strip() for name, value in account.facts.items() if value.strip()},
        source_label="Written in Line of Sight",
        written_by=by.ref,
    )  # fmt: skip
    Participation.objects.create(
        entry=entry, identity_id=identity, role=account.role, occurred_from=when.start
    )
    Participation.objects.bulk_create(
        [
            Participation(entry=entry, identity_id=other, role="subject", occurred_from=when.start)
            for other in others
        ]
        + [
            Participation(
                entry=entry, name=name.strip()[:200], role=part.strip() or "present", occurred_from=when.start
            )
            for name, part in account.people_there
            if name.strip()
        ]
    )
    if account.place.strip():
        place = account.place.strip()
        link_things([(entry.pk, Named("place", place.casefold(), place, "where"))])
    name_for(entry, audience, by=by)
    Unread.objects.get_or_create(person=child.pk)
    return entry


def name_for(entry: Entry, audience: Audience, *, by: Actor) -> None:
    for ref in audience.named:
        put_on_list(entry, EntryName.NAMED, ref, by=by)
    for ref, until in audience.recipients:
        put_on_list(
            entry, EntryName.RECIPIENT, ref, by=by, until=until, conditions=audience.conditions.strip()
        )


def put_on_list(
    entry: Entry, kind: str, worker: str, *, by: Actor, until: datetime | None = None, conditions: str = "",
    lawful_basis: str = "", accepted: bool = False,
) -> EntryName:  # fmt: skip
    """Put a worker on one of an entry's lists. A recipient has to accept the conditions before anything shows."""
    now = clock.now()
    return EntryName.objects.create(
        entry_id=entry.chain, kind=kind, worker_ref=worker, since=now, until=until, conditions=conditions,
        lawful_basis=lawful_basis.strip(), by_ref=by.ref, accepted_at=now if accepted else None,
    )  # fmt: skip


def mark_disposed(entry: Entry, *, by: Actor) -> None:
    """It is nobody's any more (A-D9). What is left of it goes with the disposal job."""
    Entry.objects.filter(pk=entry.pk).update(state=Entry.DISPOSED)


@deed(Permission.ENTRY_CORRECT, on="guarded")
def correct_entry(*, guarded: Any, account: Account, reason: str, by: Actor) -> Entry:
    """A new version beside the old one, with the reason. The old one stays readable for ever, and whoever was
    named for it is named for the new one."""
    old: Entry = guarded.entry
    check_words(kind=old.kind, when=account.when, title=account.title, nature=account.nature)
    if not reason.strip():
        raise Refused("Say why this is corrected. The reason stays with the entry.", field="reason")
    locked = Entry.objects.select_for_update().get(pk=old.pk)
    if locked.state == Entry.SUPERSEDED:
        raise Refused(
            "Someone has corrected this entry in the meantime. Open the newest version and look again."
        )
    now, when = clock.now(), account.when
    kept = (
        "version", "identity_id", "agency_id", "kind", "about", "sharing", "conceal", "handling", "sensitivity",
        "location_fields", "conditions", "grading", "facts", "source", "source_slot", "source_join", "source_label",
    )  # fmt: skip
    new = Entry.objects.create(
        **{name: getattr(locked, name) for name in kept} | {"version": locked.version + 1},
        first_id=locked.chain,
        state=Entry.DRAFT if locked.state == Entry.DRAFT else Entry.LIVE,
        occurred_from=when.start, occurred_to=when.end, precision=when.precision,
        occurred_text=when.text[:200],
        recorded_at=now,
        received_at=now,
        title=account.title.strip(),
        narrative=account.narrative.strip(),
        child_words=account.child_words.strip(),
        nature=account.nature,
        author=by.name,
        written_by=by.ref,
        reason=reason.strip(),
    )  # fmt: skip
    Participation.objects.bulk_create(
        Participation(
            entry=new, identity_id=p.identity_id, name=p.name, role=p.role, occurred_from=when.start
        )
        for p in locked.participations.order_by("id")
    )
    EntryThing.objects.bulk_create(
        EntryThing(entry=new, thing_id=t.thing_id, role=t.role) for t in locked.things.order_by("id")
    )
    locked.state, locked.replaced_at = Entry.SUPERSEDED, now
    locked.save(update_fields=["state", "replaced_at"])
    locked.participations.update(standing=False)
    return new


@deed(Permission.ENTRY_CORRECT, on="guarded")
def finish_draft(*, guarded: Any, by: Actor) -> Entry:
    """A draft becomes an entry that its audience sees, from now."""
    entry: Entry = guarded.entry
    if entry.state != Entry.DRAFT:
        raise Refused("This entry is finished already.")
    entry.state, entry.received_at = Entry.LIVE, clock.now()
    entry.save(update_fields=["state", "received_at"])
    return entry


@deed(Permission.ENTRY_RELEASE, on="guarded")
def release_entry(
    *, guarded: Any, to: str, lawful_basis: str, by: Actor, until: datetime | None = None
) -> EntryName:
    """The owning agency opens one entry to one more worker, on a stated basis (A-P11)."""
    subject = guarded.subject()
    proceed(by, Permission.ENTRY_RELEASE, subject, procedures.release(by, subject, lawful_basis=lawful_basis))
    return put_on_list(guarded.entry, EntryName.RELEASED, to, by=by, until=until, lawful_basis=lawful_basis)


@deed(Permission.RECIPIENT_NAME, on="held", as_system=True)
def name_recipient(
    *, held: Any, to: str, conditions: str, lawful_basis: str, by: Actor, until: datetime | None = None
) -> EntryName:
    """The agency that sent an entry for named people names one. They see it once they accept the conditions."""
    if to == by.ref:
        raise Refused("Nobody names themselves. Ask a colleague who answers for the records.", field="to")
    if not conditions.strip():
        raise Refused("Write the conditions that the recipient must accept.", field="conditions")
    if not lawful_basis.strip():
        raise Refused("Name the lawful basis.", field="lawful_basis")
    entry: Entry = held.entry
    kind = EntryName.RECIPIENT if entry.handling == "C" else EntryName.NAMED
    return put_on_list(
        entry, kind, to, by=by, until=until, conditions=conditions.strip(), lawful_basis=lawful_basis
    )


@deed(Permission.CONDITIONS_ACCEPT, as_system=True)
def accept_conditions(*, name: int, by: Actor) -> EntryName:
    """The recipient accepts what they may do with it; from now they see it."""
    found = EntryName.objects.filter(
        pk=name, worker_ref=by.ref, kind=EntryName.RECIPIENT, accepted_at=None
    ).first()
    if found is None:
        raise NotFound("There are no conditions here for you to accept.")
    found.accepted_at = clock.now()
    found.save(update_fields=["accepted_at"])
    return found


@deed(Permission.ENTRY_COMMENT, on="guarded")
def comment(*, guarded: Any, text: str, by: Actor) -> Comment:
    """A colleague's remark beside the entry."""
    if not text.strip():
        raise Refused("Write your comment first.", field="text")
    return Comment.objects.create(
        entry=guarded.entry, text=text.strip(), by_ref=by.ref, by_name=by.name, agency=by.agency
    )


def note_look(child: Child, by: Actor) -> datetime | None:
    """Remember that this worker opened the chronology now. Returns when they had opened it before this
    visit: looks within half an hour count as one visit, so that a reload does not hide what is new."""
    identity, now = min(child.identity_ids), timezone.now()
    row, made = LastLook.objects.get_or_create(
        worker_ref=by.ref, identity_id=identity, defaults={"at": now, "before": None}
    )
    if not made and (now - row.at).total_seconds() > 1800:
        row.before = row.at
    if not made:
        row.at = now
        row.save(update_fields=["at", "before"])
    return row.before


__all__ = [
    "Named", "Part", "Thing", "Told", "add_entry", "comment", "correct_entry", "forget_looks", "forget_sources",
    "note_look", "settle_sources", "take_entries",
]  # fmt: skip
