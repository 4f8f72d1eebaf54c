"""Reads of the chronology. Every function takes the actor first; what may not be seen is left out by the
same policy that guards a single entry, and only the fact that an agency holds more is told (a pointer)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import connection
from django.db.models import Count, Exists, F, Func, Model, OuterRef, Q, QuerySet

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, EntrySubject, Role, Sharing, Subject
from lineofsight.access.deeds import NOTHING_HERE, looked, proceed, require
from lineofsight.access.policy import Field, Level, Outcome, Permission, decide
from lineofsight.catalogue import kinds
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.catalogue.when import When
from lineofsight.chronology import admission, covering, rules, standing
from lineofsight.chronology.models import (
    Comment,
    CorrectionNotice,
    Entry,
    EntryThing,
    GapQuery,
    KeyFact,
    LastLook,
    MeetingChronology,
    OccurrenceVerdict,
    Participation,
)
from lineofsight.chronology.standing import ALL, Filters, Line, lines, of_child
from lineofsight.partners import queries as partners
from lineofsight.people import guarding
from lineofsight.people import queries as people
from lineofsight.people.queries import Child, owners_of

PAGE = 50

#: Entries and what people decided about a child hang on the child's records.
HANGING: tuple[type[Model], ...] = (
    Participation, Entry, OccurrenceVerdict, GapQuery, CorrectionNotice, KeyFact, MeetingChronology,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Present:
    """Someone in an entry, in their role there. `ref` leads to their page when they are known here."""

    name: str
    role: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One entry as shown in lists, pages and documents."""

    pk: int
    ref: str
    version: int
    state: str
    agency: str
    kind: str
    kind_label: str
    category: str
    when: When
    recorded_at: datetime | None
    received_at: datetime
    title: str
    narrative: str
    child_words: str
    nature: str
    handling: str
    conditions: str
    grading: dict[str, str]
    author: str
    facts: dict[str, str]
    role: str
    people: tuple[Present, ...]
    things: tuple[tuple[str, str, str], ...]
    source: int | None
    source_label: str
    reason: str
    comments: int
    is_new: bool = False
    same_as: tuple[str, ...] = ()
    #: Names of fields of this entry that are not for this reader.
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facet:
    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class ChronologyPage:
    rows: tuple[View, ...]
    newer: str
    older: str
    total: int
    by_agency: tuple[Facet, ...]
    by_category: tuple[Facet, ...]
    by_role: tuple[Facet, ...]
    withheld: tuple[tuple[str, int], ...]
    first: datetime | None
    last: datetime | None


# --- which entries ------------------------------------------------------------------------------------


def visible(actor: Actor, child: Child | None = None) -> Q:
    """Entries that the actor reads in full: the list form of `policy.view_entry`. A test holds the two, and
    the database's own policies, together."""
    return admission.full(actor)


def narrow(actor: Actor, child: Child, found: Sequence[Line], filters: Filters) -> list[Line]:
    """The lines that the filters leave, the oldest first."""
    kept = standing.narrowed(found, filters)
    if filters.person:
        named = Q(name__icontains=filters.person) | Q(identity__person__name__icontains=filters.person)
        with_thing = EntryThing.objects.filter(entry=OuterRef("pk"), thing__label__icontains=filters.person)
        rows = Entry.objects.filter(
            Exists(Participation.objects.filter(named, entry=OuterRef("pk"))) | Exists(with_thing),
            pk__among=[line.pk for line in kept],
        )
        fitting = readable(actor, child, rows, lambda found: naming(found, filters.person))
        kept = [line for line in kept if line.pk in fitting]
    if filters.text:
        rows = with_words(Entry.objects.filter(pk__among=[line.pk for line in kept]), filters.text)
        fitting = readable(actor, child, rows, lambda found: saying(found, filters.text))
        kept = [line for line in kept if line.pk in fitting]
    return kept


def with_words(entries: QuerySet[Entry], text: str) -> QuerySet[Entry]:
    words = SearchQuery(text, config="english", search_type="websearch")
    vector = SearchVector("title", "narrative", "child_words", "author", config="english")
    facts = Func(
        F("facts"), template="jsonb_to_tsvector('english', %(expressions)s, '[\"string\"]')",
        output_field=SearchVectorField(),
    )  # fmt: skip
    found = entries.annotate(words=vector, fact_words=facts)
    return found.filter(Q(words=words) | Q(fact_words=words)).order_by()


def readable(
    actor: Actor, child: Child, found: QuerySet[Entry], fitting: Callable[[Sequence[View]], set[int]]
) -> set[int]:
    """Of entries that were found by words, those in which this reader can read the words. What is covered up
    must not be found, or searching would tell it (A-X1)."""
    rows = list(found)
    own, hidden = set(child.identity_ids), covering.needs_cover(actor, child)
    plain = {e.pk for e in rows if not hidden and not e.facts and own.issuperset(e.about)}
    covered = [e for e in rows if e.pk not in plain]
    return plain | fitting(views(actor, child, covered))


def naming(found: Sequence[View], words: str) -> set[int]:
    """Which of them name somebody or something so, as the reader sees them."""
    wanted = words.casefold()
    return {
        view.pk
        for view in found
        if any(wanted in person.name.casefold() for person in view.people)
        or any(wanted in label.casefold() for _, label, _ in view.things)
    }


def saying(found: Sequence[View], words: str) -> set[int]:
    """Which of them say these words, as the reader sees them."""
    if not found:
        return set()
    texts = [
        " ".join((view.title, view.narrative, view.child_words, view.author, *view.facts.values()))
        for view in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said.pk FROM unnest(%s::bigint[], %s::text[]) AS said(pk, words)"
            " WHERE to_tsvector('english', said.words) @@ websearch_to_tsquery('english', %s)",
            [[view.pk for view in found], texts, words],
        )
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class TextHit:
    """An entry found by its words, with the child it is read with."""

    child: Child
    view: View


def search_text(actor: Actor, text: str, *, limit: int = 50) -> list[TextHit]:
    """Entries that this actor reads in full and that say these words, newest first, over all their children."""
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    if not text.strip() or actor.has(Role.OPERATOR):
        return []
    found = with_words(come_to(actor), text)
    rows = list(found.order_by("-occurred_from", "-pk")[: limit * 2])
    together: dict[frozenset[int], list[Entry]] = {}
    for entry in rows:
        together.setdefault(frozenset(entry.about), []).append(entry)
    found_of = [(people.child_of(actor, about), entries) for about, entries in together.items()]
    read = {
        view.pk: TextHit(child, view)
        for (child, _), shown in zip(found_of, views_together(actor, found_of), strict=True)
        for view in shown
    }
    fitting = saying([hit.view for hit in read.values()], text)
    hits = [read[entry.pk] for entry in rows if entry.pk in fitting]
    ledger.write(
        actor, Permission.CHILDREN_SEARCH, Subject.partnership(), outcome=ledger.LOOKED,
        detail={"text": True, "found": len(hits), "shown": [hit.view.ref for hit in hits[:limit]]},
    )  # fmt: skip
    return hits[:limit]


def come_to(actor: Actor) -> QuerySet[Entry]:
    """All entries that this actor reads in full, over all children: found from the records they come to and
    from what they wrote, so that it does not grow with the store."""
    within = guarding.reach(actor).records
    reached = standing.of_records(within).values("pk")
    own = Entry.objects.filter(written_by=actor.ref).values("pk")
    numbers = set(reached.union(own).values_list("pk", flat=True))
    return Entry.objects.filter(visible(actor), pk__among=numbers).exclude(state=Entry.SUPERSEDED)


def written_by(actor: Actor, *, limit: int = 200) -> list[TextHit]:
    """What the actor wrote themselves, drafts too, newest first: theirs while they stay in the agency (A-P1)."""
    rows = (
        Entry.objects.filter(visible(actor), written_by=actor.ref, agency__code=actor.agency)
        .exclude(state=Entry.SUPERSEDED)
        .order_by("-received_at", "-pk")[:limit]
    )
    hits = [
        TextHit(child, views(actor, child, [e])[0])
        for e in rows
        for child in [people.child_of(actor, e.about)]
    ]
    ledger.write(
        actor, Permission.ENTRY_VIEW, Subject.partnership(), outcome=ledger.LOOKED,
        detail={"own": True, "shown": [hit.view.ref for hit in hits]},
    )  # fmt: skip
    return hits


def pointers(actor: Actor, child: Child) -> tuple[tuple[str, str], ...]:
    """(agency, reference) of every entry of which this actor learns only that it is held, and whom to ring."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    return guard.remember(
        ("pointers", actor, tuple(child.identity_ids)), lambda: found_pointers(actor, child)
    )


def found_pointers(actor: Actor, child: Child) -> tuple[tuple[str, str], ...]:
    pointed = admission.pointed(actor)
    # Whoever comes to the child has what takes part in its entries already.
    known = admission.pass_of(actor).reach.records.issuperset(child.identity_ids)
    entries = of_child(child) if known else None
    with guard.as_system("pointers"):
        rows = of_child(child) if entries is None else entries
        rows = rows.filter(pointed).order_by("agency", "pk")
        return tuple(rows.values_list("agency__code", "ref"))


def choices(actor: Actor, child: Child) -> tuple[tuple[Facet, ...], tuple[Facet, ...], tuple[Facet, ...]]:
    """Agencies, categories and parts that occur in what this actor may see, with their counts."""
    mine = lines(actor, child)
    return (
        agency_facets(standing.by_agency(mine)),
        facets(standing.by_category(mine)),
        facets(standing.by_role(mine)),
    )


def own_words(actor: Actor, child: Child, *, limit: int = 3) -> tuple[View, ...]:
    """The child's own words as recorded, newest first, each with its date and source."""
    said = Entry.objects.filter(pk__among=[line.pk for line in lines(actor, child)]).exclude(child_words="")
    return views(actor, child, list(said.order_by("-occurred_from", "-pk")[:limit]))


# --- one page -----------------------------------------------------------------------------------------


def encode(moment: datetime, pk: int) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}-{pk}"


def decode(cursor: str) -> tuple[datetime, int]:
    try:
        stamp, pk = cursor.rsplit("-", 1)
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC), int(pk)
    except ValueError as error:
        raise Refused("This link to a further page is damaged. Start again from the first page.") from error


def chronology(
    actor: Actor,
    child: Child,
    filters: Filters = ALL,
    *,
    after: str = "",
    before: str = "",
    page: int = PAGE,
    last_look: datetime | None = None,
    folded: Iterable[int] = (),
) -> ChronologyPage:
    """One page of the merged chronology. `after`/`before` are the cursors that a page hands out;
    the child has been looked up (and the look recorded) by the caller, what is listed is recorded here. `folded`
    entries stand in the row of another; they count and have no row of their own."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    everything = lines(actor, child)
    mine = narrow(actor, child, everything, filters)
    inside = frozenset(folded)
    listed = [line for line in mine if line.pk not in inside]
    shown, newer, older = keyset(listed, filters.oldest_first, after, before, page)
    by_pk = Entry.objects.in_bulk([line.pk for line in shown])
    rows = [by_pk[line.pk] for line in shown if line.pk in by_pk]
    note_list(actor, child, rows, filters)
    dated = [line for line in mine if line.dated]
    return ChronologyPage(
        rows=views(actor, child, rows, last_look=last_look),
        newer=newer,
        older=older,
        total=len(mine),
        by_agency=agency_facets(standing.by_agency(everything)),
        by_category=facets(standing.by_category(everything)),
        by_role=facets(standing.by_role(everything)),
        withheld=withheld(actor, child),
        first=dated[0].start if dated else None,
        last=dated[-1].start if dated else None,
    )


def note_list(actor: Actor, child: Child, rows: Sequence[Entry], filters: Filters) -> None:
    """Which entries were listed, whose they are, and what was searched for."""
    ledger.write(
        actor,
        Permission.ENTRY_VIEW,
        child.subject(),
        outcome=ledger.LOOKED,
        records=[entry.ref for entry in rows],
        owners=sorted({entry.agency_id for entry in rows}),
        detail={"listed": len(rows)} | ({"terms": ledger.terms_hash(filters.text)} if filters.text else {}),
    )


def keyset(
    found: Sequence[Line], oldest_first: bool, after: str, before: str, page: int
) -> tuple[Sequence[Line], str, str]:
    """A page of lines that come oldest first, and the cursors of the pages on either side ("" at an end). A cursor
    names a place in time, so that a page begins where the last one ended whatever came in meanwhile."""
    ordered, start, end = (found if oldest_first else found[::-1]), 0, page
    if after or before:
        earlier = bisect_left(found, decode(after or before), key=lambda line: (line.start, line.pk))
        upto = bisect_right(found, decode(after or before), key=lambda line: (line.start, line.pk))
        behind, beyond = (earlier, upto) if oldest_first else (len(found) - upto, len(found) - earlier)
        start, end = (beyond, beyond + page) if after else (max(0, behind - page), behind)
    shown = ordered[start:end]
    if not shown:
        return [], "", ""
    return (
        shown,
        encode(shown[0].start, shown[0].pk) if start else "",
        encode(shown[-1].start, shown[-1].pk) if end < len(ordered) else "",
    )


def agency_facets(counts: Counter[str]) -> tuple[Facet, ...]:
    known = partners.agencies_by_code()
    return tuple(
        Facet(code, known[code].name, counts[code]) for code in sorted(counts, key=lambda c: known[c].badge)
    )


def facets(counts: Counter[str]) -> tuple[Facet, ...]:
    return tuple(Facet(code, code.replace("_", " ").capitalize(), counts[code]) for code in sorted(counts))


# --- from rows to what is shown -------------------------------------------------------------------------


def views(
    actor: Actor,
    child: Child,
    entries: Sequence[Entry],
    *,
    last_look: datetime | None = None,
    leaving: bool = False,
) -> tuple[View, ...]:
    """Entries with everyone and everything in them that this actor may see, in a few queries however many
    there are. `leaving`: for a file or paper, where more is left out."""
    return views_together(actor, [(child, entries)], last_look=last_look, leaving=leaving)[0]


def views_together(
    actor: Actor,
    groups: Sequence[tuple[Child, Sequence[Entry]]],
    *,
    last_look: datetime | None = None,
    leaving: bool = False,
) -> list[tuple[View, ...]]:
    """The same for several children, each with the entries to be read with them."""
    everything = [entry for _, entries in groups for entry in entries]
    ids = [entry.pk for entry in everything]
    parts: dict[int, list[Participation]] = defaultdict(list)
    for part in Participation.objects.filter(entry__among=ids).order_by("id"):
        parts[part.entry_id].append(part)
    there = {p.identity_id for rows in parts.values() for p in rows if p.identity_id}
    known = owners_of(there.union(*(entry.about for entry in everything)))
    things: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for link in EntryThing.objects.filter(entry__among=ids).select_related("thing").order_by("id"):
        things[link.entry_id].append((link.thing.kind, link.thing.label, link.role))
    remarks = dict(
        Comment.objects.filter(entry__among=ids).order_by().values_list("entry").annotate(n=Count("pk"))
    )
    covers = covering.covers(actor, everything, known, leaving=leaving)
    found = []
    for child, entries in groups:
        hints = rules.duplicate_hints([happening(entry) for entry in entries])
        own = set(child.identity_ids)
        found.append(
            tuple(
                view_of(
                    entry,
                    covers[entry.pk],
                    own=own,
                    parts=parts[entry.pk],
                    known=known,
                    things=tuple(things[entry.pk]),
                    comments=remarks.get(entry.pk, 0),
                    is_new=last_look is not None and entry.received_at > last_look,
                    same_as=tuple(hints.get(entry.ref, ())),
                )
                for entry in entries
            )
        )
    return found


def happening(entry: Entry) -> rules.Happening:
    return rules.Happening(
        entry.ref, entry.agency_id, entry.kind, kinds.alike(entry.kind),
        entry.occurred_from, entry.occurred_to, entry.precision,
    )  # fmt: skip


def view_of(
    entry: Entry,
    cover: covering.Cover,
    *,
    own: set[int],
    parts: Sequence[Participation],
    known: dict[int, Any],
    things: tuple[tuple[str, str, str], ...],
    comments: int,
    is_new: bool = False,
    same_as: tuple[str, ...] = (),
) -> View:
    role, present, clear = "subject", [], cover.veil.over
    for part in parts:
        if part.identity_id in own:
            role = part.role
        elif part.identity_id in cover.masked:
            present.append(Present("Another child", part.role))
        elif part.identity_id and part.identity_id in known:
            person = known[part.identity_id]
            present.append(Present(part.name or person.name or "Name not known", part.role, person.ref))
        else:
            present.append(Present(clear(part.name), part.role))
    kind = kinds.kind(entry.kind)
    return View(
        pk=entry.pk, ref=entry.ref, version=entry.version, state=entry.state, agency=entry.agency_id,
        kind=entry.kind, kind_label=kind.label, category=kind.category, when=cover.when(entry.when),
        recorded_at=entry.recorded_at, received_at=entry.received_at, title=clear(entry.title),
        narrative=clear(entry.narrative), child_words=clear(entry.child_words), nature=entry.nature,
        handling=cover.words, conditions=clear(entry.conditions), grading=entry.grading, author=entry.author,
        facts=cover.facts(entry.facts), role=role, people=tuple(present), things=cover.things(things),
        source=entry.source, source_label=entry.source_label, reason=clear(entry.reason), comments=comments,
        is_new=is_new, same_as=same_as, hidden=cover.hidden,
    )  # fmt: skip


# --- the picture, one entry, all entries -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """As much of an entry as the picture over time needs."""

    ref: str
    agency: str
    kind_label: str
    start: datetime
    end: datetime
    precision: str
    title: str


def marks(actor: Actor, child: Child, filters: Filters = ALL) -> list[Mark]:
    """Every visible entry with a known date, oldest first, for the picture over time."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    # A title may name another child or a place. Where any could be hidden, the picture shows the kind alone.
    bare = bool(covering.needs_cover(actor, child))
    own = set(child.identity_ids)
    found = []
    for line in narrow(actor, child, lines(actor, child), filters):
        if line.dated:
            label = kinds.kind(line.kind).label
            title = label if bare or not own.issuperset(line.about) else line.title
            found.append(Mark(line.ref, line.agency, label, line.start, line.end, line.precision, title))
    return found


@dataclass(frozen=True, slots=True)
class GuardedEntry:
    """One entry read with one child: what deeds about it are asked on."""

    entry: Entry
    child: Child
    view: View
    guarded: EntrySubject
    earlier: tuple[View, ...] = ()
    later: str = ""
    comments: tuple[Comment, ...] = field(default=())

    def subject(self) -> EntrySubject:
        return self.guarded

    def whom(self) -> list[str]:
        return [self.child.ref]


def get_entry(actor: Actor, child: Child, ref: str) -> GuardedEntry:
    """The entry with its history and comments; the look is recorded. A pointer raises NotAllowed."""
    guarded, entry = asked_for(ref, within=child)
    looked(actor, Permission.ENTRY_VIEW, guarded, child=child.ref)
    if entry is None:
        raise NotFound(NOTHING_HERE)
    return opened(actor, child, entry, guarded)


def get_own_entry(actor: Actor, ref: str) -> GuardedEntry:
    """An entry by its own reference: the way of an author, or of an author's manager, who has no other way to
    the child any more (A-P1)."""
    guarded, entry = asked_for(ref)
    looked(actor, Permission.ENTRY_VIEW, guarded)
    if entry is None:
        raise NotFound(NOTHING_HERE)
    return opened(actor, people.child_of(actor, entry.about), entry, guarded)


def get_own_entry_to_change(actor: Actor, ref: str) -> GuardedEntry:
    """An entry for a deed on it. Who sees a pointer alone may not do the deed; the deed itself decides, so this
    only stops at what may not be known of."""
    guarded, entry = asked_for(ref)
    decision = decide(actor, Permission.ENTRY_VIEW, guarded)
    if decision.outcome is not Outcome.ALLOW:
        proceed(actor, Permission.ENTRY_VIEW, guarded, decision)
    if entry is None:
        raise NotFound(NOTHING_HERE)
    if decision.level is not Level.FULL:
        proceed(actor, Permission.ENTRY_CORRECT, guarded, decide(actor, Permission.ENTRY_CORRECT, guarded))
    return opened(actor, people.child_of(actor, entry.about), entry, guarded)


def asked_for(ref: str, within: Child | None = None) -> tuple[EntrySubject, Entry | None]:
    """What the policy decides about a reference: an entry (of this child), or one that is about nobody and so
    is shut to all, when there is none."""
    with guard.as_system("a reference"):
        entry = Entry.objects.filter(ref=tidy_ref(ref)).first()
        if entry is not None and within is not None and not set(entry.about) & set(within.identity_ids):
            entry = None
    # Where there is none, as much is asked about the child as of one that is hidden: no time tells them apart (A-X1).
    nobodys = Entry(
        pk=0, about=within.identity_ids[:1] if within else [], sharing=Sharing.NAMED, state=Entry.LIVE
    )
    described = admission.subjects([entry or nobodys])
    if entry is None:
        return EntrySubject("entry", tidy_ref(ref)), None
    return described[entry.pk], entry


def opened(actor: Actor, child: Child, entry: Entry, guarded: EntrySubject) -> GuardedEntry:
    """Everything of an entry that the actor was let in to."""
    chain = list(Entry.objects.filter(Q(pk=entry.chain) | Q(first=entry.chain)).order_by("version"))
    return GuardedEntry(
        entry=entry,
        child=child,
        view=views(actor, child, [entry])[0],
        guarded=guarded,
        earlier=views(actor, child, [e for e in chain if e.version < entry.version]),
        later=next((e.ref for e in reversed(chain) if e.version > entry.version), ""),
        comments=tuple(Comment.objects.filter(entry__in=chain).order_by("at", "id")),
    )


def neighbours(actor: Actor, child: Child, entry: Entry) -> tuple[str, str]:
    """The entries just before and just after in time: left and right keys on the entry's page."""
    found = lines(actor, child)
    here = (entry.occurred_from, entry.pk)
    behind = bisect_left(found, here, key=lambda line: (line.start, line.pk))
    beyond = bisect_right(found, here, key=lambda line: (line.start, line.pk))
    return found[behind - 1].ref if behind else "", found[beyond].ref if beyond < len(found) else ""


def leaving(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """What may be in a file: never handling C, nor a draft (A-D10)."""
    return entries.exclude(handling="C").exclude(state=Entry.DRAFT)


def all_views(actor: Actor, child: Child, filters: Filters = ALL) -> tuple[View, ...]:
    """Every visible entry, oldest first, for a document. The caller has recorded the export."""
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    return leaving_views(actor, child, narrow(actor, child, lines(actor, child), filters))


def leaving_views(actor: Actor, child: Child, found: Sequence[Line]) -> tuple[View, ...]:
    """As they go into a file, the oldest first."""
    entries = leaving(Entry.objects.filter(pk__among=[line.pk for line in found]))
    return views(actor, child, list(entries.order_by("occurred_from", "pk")), leaving=True)


def withheld(actor: Actor, child: Child) -> tuple[tuple[str, int], ...]:
    """How many entries each agency holds that this actor may know of but not read: pointers alone. What is
    not even a pointer is in no count."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    return tuple(sorted(Counter(agency for agency, _ in pointers(actor, child)).items()))


def comments_on(entries: Sequence[View]) -> dict[int, list[Comment]]:
    found: dict[int, list[Comment]] = defaultdict(list)
    for row in Comment.objects.filter(entry__in=[view.pk for view in entries]).order_by("at", "id"):
        found[row.entry_id].append(row)
    return found


def last_look(actor: Actor, child: Child) -> datetime | None:
    """When this worker last opened the chronology."""
    row = (
        LastLook.objects.filter(worker_ref=actor.ref, identity__in=child.identity_ids).order_by("-at").first()
    )
    return row.at if row else None


@dataclass(frozen=True, slots=True)
class News:
    """What came in about a child since the actor last looked: how much, and the latest of it."""

    since: datetime | None
    count: int
    newest: tuple[View, ...]


def news(actor: Actor, children: Sequence[Child], *, limit: int = 5) -> list[News]:
    """For the list of one's own children, in a few queries however many they are."""
    whose = {record: place for place, child in enumerate(children) for record in child.identity_ids}
    looks: list[datetime | None] = [None] * len(children)
    for record, at in LastLook.objects.filter(worker_ref=actor.ref, identity__in=whose).values_list(
        "identity", "at"
    ):
        looks[whose[record]] = max(filter(None, (looks[whose[record]], at)))
    rows = (
        standing.of_records(whose)
        .filter(visible(actor))
        .order_by("-received_at", "-pk")
        .values_list("pk", "received_at", "about")
    )
    counts, newest = [0] * len(children), defaultdict[int, list[int]](list)
    for pk, received, about in rows:
        for place in {whose[record] for record in about if record in whose}:
            since = looks[place]
            if since is None or received > since:
                counts[place] += 1
                if len(newest[place]) < limit:
                    newest[place].append(pk)
    chosen = Entry.objects.in_bulk({pk for pks in newest.values() for pk in pks})
    groups = [(child, [chosen[pk] for pk in newest[place]]) for place, child in enumerate(children)]
    shown = views_together(actor, groups)
    return [News(*row) for row in zip(looks, counts, shown, strict=True)]


def last_contact(actor: Actor, child: Child) -> tuple[tuple[str, datetime], ...]:
    """Per agency, when its newest visible entry happened."""
    return tuple(sorted(standing.last_of_each(lines(actor, child)).items()))


# --- what hangs on an entry from its first version on ------------------------------------------------------


def those_that_stand(actor: Actor, chains: Iterable[int]) -> dict[int, Entry]:
    """Chain -> the version that stands, of those that the actor reads in full."""
    wanted = list(chains)
    if not wanted:
        return {}
    rows = Entry.objects.filter(Q(pk__in=wanted) | Q(first__in=wanted), visible(actor))
    return {entry.chain: entry for entry in rows.exclude(state=Entry.SUPERSEDED)}


def read_with(actor: Actor, child: Child, entries: Sequence[Entry]) -> list[TextHit]:
    """Standing entries as they are shown beside something else about this child: each with this child if it is about
    them, else with its own (records that were joined may have been split since). The look is recorded."""
    own = set(child.identity_ids)
    hits = []
    for entry in entries:
        whose = child if own & set(entry.about) else people.child_of(actor, entry.about)
        hits.append(TextHit(whose, views(actor, whose, [entry])[0]))
    if hits:
        ledger.write(
            actor, Permission.ENTRY_VIEW, child.subject(), outcome=ledger.LOOKED,
            records=[hit.view.ref for hit in hits], people=sorted({hit.child.ref for hit in hits}),
            owners=sorted({hit.view.agency for hit in hits}), detail={"beside": len(hits)},
        )  # fmt: skip
    return hits


def is_whole(actor: Actor, entry: Entry) -> bool:
    """Whether nothing of what an entry holds is kept from this reader but who told it. A letter cannot have one address
    taken out of it with certainty, so it is shown whole or not at all."""
    known = owners_of(entry.about)
    cover = covering.covers(actor, [entry], known)[entry.pk]
    return not cover.masked and Field.LOCATION not in cover.classes


# --- for other rooms, inside their own deeds ------------------------------------------------------------


def sources_with_work(sources: Sequence[int]) -> int:
    """How many comments and corrections rest on entries of these source rows."""
    entries = Entry.objects.filter(source__in=sources)
    return Comment.objects.filter(entry__in=entries).count() + entries.filter(version__gt=1).count()


def identities_in_use(identities: Sequence[int]) -> set[int]:
    """Those that any entry still speaks of, or that something people decided hangs on."""
    found: set[int] = set()
    for model in HANGING:
        found.update(
            model._default_manager.filter(identity__in=identities).values_list("identity_id", flat=True)
        )
    return found


def tellings_with_work(told: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of these (source row, join signature), those on whose entries a comment or a correction rests."""
    if not told:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.source, e.source_join FROM chronology_entry e"
            " JOIN unnest(%s::bigint[], %s::text[]) AS t(source, j) ON t.source = e.source AND t.j = e.source_join"
            " WHERE e.version > 1 OR EXISTS (SELECT 1 FROM chronology_comment c WHERE c.entry_id = e.id)",
            [[source for source, _ in told], [join for _, join in told]],
        )
        return set(cursor.fetchall())
