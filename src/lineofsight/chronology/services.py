"""Deeds about entries: take what sources tell, add, correct, comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from lineofsight.access.actor import Actor, Handling
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import kinds
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.refs import new_ref
from lineofsight.catalogue.when import When
from lineofsight.chronology.models import Comment, Entry, EntryThing, LastLook, Participation, Thing, Unread
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
    handling: str = Handling.STANDARD
    conditions: str = ""
    grading: dict[str, str] = field(default_factory=dict)
    author: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    things: tuple[Named, ...] = ()


# --- what sources tell (called by records, inside its commit) --------------------------------------------


def take_entries(told: Sequence[Told], *, at: datetime) -> None:
    """Store entries with those in them. The caller settles afterwards which of them stand."""
    if not told:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('chronology_entry_id_seq') FROM generate_series(1, %s)", [len(told)])
        ids = [row[0] for row in cursor.fetchall()]
        with cursor.copy(
            "COPY chronology_entry (id, ref, version, state, identity_id, agency, kind, occurred_from, occurred_to,"
            " precision, occurred_text, recorded_at, received_at, title, narrative, child_words, nature, handling,"
            " conditions, grading, author, facts, source, source_slot, source_join, source_label, written_by, reason)"
            " FROM STDIN"
        ) as copy:
            for key, t in zip(ids, told, strict=True):
                copy.write_row(
                    (key, new_ref("E"), 1, Entry.LIVE, t.identity, t.agency, t.kind, t.when.start, t.when.end,
                     t.when.precision, t.when.text[:200], t.recorded_at, at, t.title, t.narrative, t.child_words,
                     t.nature, t.handling, t.conditions, json.dumps(t.grading), t.author[:200],
                     json.dumps(t.facts), t.source, t.slot, t.join, t.label[:250], "", "")
                )  # fmt: skip
        with cursor.copy(
            "COPY chronology_participation (entry_id, identity_id, name, role, occurred_from, standing) FROM STDIN"
        ) as copy:
            for key, t in zip(ids, told, strict=True):
                copy.write_row((key, t.identity, "", t.role, t.when.start, True))
                for part in t.parts:
                    copy.write_row((key, part.identity, part.name[:200], part.role, t.when.start, True))
    named = [(key, thing) for key, t in zip(ids, told, strict=True) for thing in t.things]
    if named:
        link_things(named)


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
        with cursor.copy("COPY chronology_entrything (entry_id, thing_id, role) FROM STDIN") as copy:
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


def check_words(*, kind: str, when: When, title: str, nature: str, handling: str) -> None:
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
    if handling not in set(Handling):
        raise Refused("Choose who will see this.", field="handling")
    if when.is_known and when.start > timezone.now():
        raise Refused("This date is in the future. The chronology holds what has happened.", field="when")


@deed(Permission.ENTRY_ADD, on="child")
def add_entry(
    *,
    child: Child,
    kind: str,
    when: When,
    title: str,
    by: Actor,
    narrative: str = "",
    child_words: str = "",
    nature: str = "fact",
    handling: str = Handling.STANDARD,
    place: str = "",
    people_there: Iterable[tuple[str, str]] = (),
    role: str = "subject",
    told_by: str = "",
) -> Entry:
    """A worker writes down what happened. `people_there`: (name, role) of others."""
    check_words(kind=kind, when=when, title=title, nature=nature, handling=handling)
    agency = by.agency or child.identities[0].agency
    now = timezone.now()
    people.hold_the_lock()
    entry = Entry.objects.create(
        identity_id=own_identity(child, by),
        agency_id=agency,
        kind=kind,
        occurred_from=when.start,
        occurred_to=when.end,
        precision=when.precision,
        occurred_text=when.text[:200],
        recorded_at=now,
        received_at=now,
        title=title.strip(),
        narrative=narrative.strip(),
        child_words=child_words.strip(),
        nature=nature,
        handling=handling,
        author=by.name,
        facts={"told by": told_by.strip()} if told_by.strip() else {},
        source_label="Written in Line of Sight",
        written_by=by.ref,
    )
    Participation.objects.create(
        entry=entry, identity_id=entry.identity_id, role=role, occurred_from=when.start
    )
    Participation.objects.bulk_create(
        Participation(
            entry=entry, name=name.strip()[:200], role=part.strip() or "present", occurred_from=when.start
        )
        for name, part in people_there
        if name.strip()
    )
    if place.strip():
        link_things([(entry.pk, Named("place", place.strip().casefold(), place.strip(), "where"))])
    Unread.objects.get_or_create(person=child.pk)
    return entry


@deed(Permission.ENTRY_CORRECT, on="guarded")
def correct_entry(
    *,
    guarded: Any,
    when: When,
    title: str,
    reason: str,
    by: Actor,
    narrative: str = "",
    child_words: str = "",
    nature: str = "fact",
    handling: str = Handling.STANDARD,
) -> Entry:
    """A new version beside the old one, with the reason. The old one stays readable for ever."""
    old: Entry = guarded.entry
    check_words(kind=old.kind, when=when, title=title, nature=nature, handling=handling)
    if not reason.strip():
        raise Refused("Say why this is corrected. The reason stays with the entry.", field="reason")
    if not same_or_stricter(old.handling, handling):
        raise Refused(
            "A correction cannot make an entry visible to more people than before.", field="handling"
        )
    locked = Entry.objects.select_for_update().get(pk=old.pk)
    if locked.state == Entry.SUPERSEDED:
        raise Refused(
            "Someone has corrected this entry in the meantime. Open the newest version and look again."
        )
    now = timezone.now()
    new = Entry.objects.create(
        first_id=locked.first_id or locked.pk,
        version=locked.version + 1,
        identity_id=locked.identity_id,
        agency_id=locked.agency_id,
        kind=locked.kind,
        occurred_from=when.start,
        occurred_to=when.end,
        precision=when.precision,
        occurred_text=when.text[:200],
        recorded_at=now,
        received_at=now,
        title=title.strip(),
        narrative=narrative.strip(),
        child_words=child_words.strip(),
        nature=nature,
        handling=handling,
        conditions=locked.conditions,
        grading=locked.grading,
        author=by.name,
        facts=locked.facts,
        source=locked.source,
        source_slot=locked.source_slot,
        source_join=locked.source_join,
        source_label=locked.source_label,
        written_by=by.ref,
        reason=reason.strip(),
    )
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


def same_or_stricter(old: str, new: str) -> bool:
    order = list(Handling)
    return order.index(Handling(new)) >= order.index(Handling(old))


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
