"""What of an entry that is read is hidden from this reader: fields of a class, other children, places.

An entry is covered as a whole: a value that stands in a hidden field, or the name of a masked child, is taken
out of its sentences too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lineofsight.access.actor import Actor, EntrySubject
from lineofsight.access.policy import Field, hidden_fields, masked, may_see_location
from lineofsight.catalogue.handling import class_of_field
from lineofsight.catalogue.when import When
from lineofsight.chronology import admission
from lineofsight.chronology.models import Entry
from lineofsight.chronology.veil import ANOTHER_CHILD, CLEAR, WITHHELD, Veil, names_of, veil
from lineofsight.people import queries as people
from lineofsight.people.queries import Child

#: Kinds of thing that tell where someone is or how to reach them.
PLACES = frozenset({"place", "phone", "address", "vehicle"})


@dataclass(frozen=True, slots=True)
class Cover:
    """Laid over one entry for one reader. `masked`: records of children whose part is shown without a name.
    `words`: how it is held, for the reader."""

    veil: Veil = CLEAR
    classes: frozenset[Field] = frozenset()
    also: frozenset[str] = frozenset()
    masked: frozenset[int] = frozenset()
    hidden: tuple[str, ...] = ()
    words: str = ""

    def hides(self, field: str) -> bool:
        return field in self.also or class_of_field(field) in self.classes

    def facts(self, held: Mapping[str, str]) -> dict[str, str]:
        return {name: self.veil.over(str(value)) for name, value in held.items() if not self.hides(name)}

    def things(self, held: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
        if Field.LOCATION in self.classes:
            held = [thing for thing in held if thing[0] not in PLACES]
        return tuple((kind, self.veil.over(label), role) for kind, label, role in held)

    def when(self, given: When) -> When:
        """What the source wrote of the date may hold anything."""
        return (
            replace(given, text=self.veil.over(given.text))
            if self.veil is not CLEAR and given.text
            else given
        )


def needs_cover(actor: Actor, child: Child) -> bool:
    """Whether places are hidden on this child's pages."""
    return not may_see_location(actor, child.subject())


def covers(
    actor: Actor, entries: Sequence[Entry], known: Mapping[int, Any], *, leaving: bool = False
) -> dict[int, Cover]:
    """Entry id -> its cover. `known`: record id -> person, of everybody in the entries and of whom they are about."""
    described = admission.subjects(entries, known)
    without = {pk: masked(actor, subject) for pk, subject in described.items()}
    hidden = {
        person.ref for subject in described.values() for person in subject.about
        if not may_see_location(actor, person)
    }  # fmt: skip
    refs = {person.ref: pk for pk, person in known.items()}
    aliases = people.names_by_person({refs[ref] for some in without.values() for ref in some if ref in refs})
    places = people.facts_by_person([refs[ref] for ref in hidden if ref in refs])
    return {
        entry.pk: cover(
            actor, entry, described[entry.pk], known, aliases,
            tuple(place for pk in entry.about for facts in places.get(pk, ()) for place in where_in(facts)),
            leaving=leaving,
        )
        for entry in entries
    }  # fmt: skip


def cover(
    actor: Actor,
    entry: Entry,
    subject: EntrySubject,
    known: Mapping[int, Any],
    aliases: Mapping[int, Iterable[str]],
    places: tuple[str, ...],
    *,
    leaving: bool,
) -> Cover:
    classes = hidden_fields(actor, subject, leaving=leaving)
    also = frozenset(entry.location_fields) if Field.LOCATION in classes else frozenset()
    without = masked(actor, subject)
    covered = frozenset(record for record, person in known.items() if person.ref in without)
    found = Cover(classes=classes, also=also, masked=covered, words=held_words(entry))
    gone = [name for name in entry.facts if found.hides(name)]
    words: list[tuple[str, str]] = [(str(entry.facts[name]), WITHHELD) for name in gone]
    if Field.LOCATION in classes:
        words += [(place, WITHHELD) for place in places]
    for record in covered:
        called = [known[record].name, *aliases.get(record, ())]
        words += [(part, ANOTHER_CHILD) for name in called if name for part in names_of(name)]
    hidden = (*gone, *(f"person:{ref}" for ref in sorted(without)))
    return replace(found, veil=veil(words) if words else CLEAR, hidden=hidden)


def held_words(entry: Entry) -> str:
    """How an entry is held, for the reader: empty when it is shared with the team around the child."""
    if entry.handling == "C":
        return "handling C"
    if entry.sharing == "named":
        return "named people"
    if entry.sharing == "agency_only":
        return "own agency"
    return entry.sensitivity.replace("_", " ")


def where_in(facts: Mapping[str, Any]) -> Iterable[str]:
    """Everything that what an agency says tells of where someone is and how they can be reached."""
    for address in facts.get("addresses", ()):
        text = address.get("text", "")
        yield from (text, address.get("postcode", ""), text.split(",")[0])
    for phone in facts.get("phones", ()):
        yield from (phone.get("raw", ""), phone.get("value", ""))
    for place in ("school", "gp"):
        yield (facts.get(place) or {}).get("name", "")
    for worker in facts.get("workers", ()):
        yield worker.get("team", "")
