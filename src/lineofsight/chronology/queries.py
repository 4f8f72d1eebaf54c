"""Reads of the chronology. Every function takes the actor first; what may not be seen is left out by the
same policy that guards a single entry, and only the fact that an agency holds more is told (a pointer)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Count, Exists, Max, Model, OuterRef, Q, QuerySet

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Handling, Subject
from lineofsight.access.deeds import looked, require
from lineofsight.access.policy import Level, Permission, decide
from lineofsight.catalogue import kinds
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.catalogue.when import When, midnight
from lineofsight.chronology import rules
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
from lineofsight.partners.models import Agency
from lineofsight.people.queries import Child, owners_of

PAGE = 50

#: Entries and what people decided about a child hang on the child's records.
HANGING: tuple[type[Model], ...] = (
    Participation, Entry, OccurrenceVerdict, GapQuery, CorrectionNotice, KeyFact, MeetingChronology,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for. Empty means all."""

    agencies: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    person: str = ""
    text: str = ""
    new_since: datetime | None = None
    oldest_first: bool = False

    @property
    def any(self) -> bool:
        return self != replace(Filters(), oldest_first=self.oldest_first)


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


def of_child(child: Child) -> QuerySet[Entry]:
    """Standing entries in which any of the child's records takes part."""
    taking_part = Participation.objects.filter(identity__in=child.identity_ids, standing=True).values("entry")
    return Entry.objects.filter(pk__in=taking_part).exclude(state=Entry.SUPERSEDED)


def visible(actor: Actor, child: Child) -> Q:
    """The list form of ENTRY_VIEW: the policy is asked once for each class of entry there can be."""
    guard = child.subject()

    def allowed(owner: str, handling: Handling) -> bool:
        subject = Subject(
            "entry", "", owner=owner, involved=guard.involved, circle=guard.circle,
            handling=handling, restricted=guard.restricted,
        )  # fmt: skip
        return decide(actor, Permission.ENTRY_VIEW, subject).level is Level.FULL

    own = [h for h in Handling if allowed(actor.agency or "-", h)]
    others = [h for h in Handling if allowed("another agency", h)]
    return Q(agency=actor.agency, handling__in=own) | (~Q(agency=actor.agency) & Q(handling__in=others))


def apply(entries: QuerySet[Entry], child: Child, filters: Filters) -> QuerySet[Entry]:
    if filters.agencies:
        entries = entries.filter(agency__code__in=filters.agencies)
    if filters.categories:
        entries = entries.filter(
            kind__in=[k.code for k in kinds.kinds().values() if k.category in filters.categories]
        )
    if filters.since:
        entries = entries.filter(occurred_to__gte=midnight(filters.since))
    if filters.until:
        entries = entries.filter(occurred_from__lt=midnight(date.fromordinal(filters.until.toordinal() + 1)))
    if filters.roles:
        entries = entries.filter(
            Exists(Participation.objects.filter(
                entry=OuterRef("pk"), identity__in=child.identity_ids, role__in=filters.roles
            ))
        )  # fmt: skip
    if filters.person:
        named = Q(name__icontains=filters.person) | Q(identity__person__name__icontains=filters.person)
        with_thing = EntryThing.objects.filter(entry=OuterRef("pk"), thing__label__icontains=filters.person)
        entries = entries.filter(
            Exists(Participation.objects.filter(named, entry=OuterRef("pk"))) | Exists(with_thing)
        )
    if filters.text:
        words = SearchQuery(filters.text, config="english", search_type="websearch")
        # Looked up once: a page asks several things of the same entries, and each would read every text again.
        found = entries.annotate(
            words=SearchVector("title", "narrative", "child_words", "author", config="english")
        ).filter(words=words)
        entries = entries.filter(pk__in=list(found.order_by().values_list("pk", flat=True)))
    if filters.new_since:
        entries = entries.filter(received_at__gt=filters.new_since)
    return entries


def choices(actor: Actor, child: Child) -> tuple[tuple[Facet, ...], tuple[Facet, ...], tuple[Facet, ...]]:
    """Agencies, categories and parts that occur in what this actor may see, with their counts."""
    mine = of_child(child).filter(visible(actor, child))
    facets = Counter[tuple[str, str]]()
    for agency, kind, count in mine.order_by().values_list("agency", "kind").annotate(n=Count("pk")):
        facets[agency, kind] += count
    return agency_facets(facets), category_facets(facets), role_facets(child, mine)


def own_words(actor: Actor, child: Child, *, limit: int = 3) -> tuple[View, ...]:
    """The child's own words as recorded, newest first, each with its date and source."""
    said = of_child(child).filter(visible(actor, child)).exclude(child_words="")
    return views(child, list(said.order_by("-occurred_from", "-pk")[:limit]))


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
    filters: Filters = Filters(),
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
    everything = of_child(child)
    may_see = visible(actor, child)
    mine = apply(everything.filter(may_see), child, filters)
    listed = mine.exclude(pk__in=list(folded)) if folded else mine
    rows, newer, older = keyset(listed, filters.oldest_first, after, before, page)
    note_list(actor, child, rows, filters)
    facets = Counter[tuple[str, str]]()
    for agency, kind, count in (
        everything.filter(may_see).order_by().values_list("agency", "kind").annotate(n=Count("pk"))
    ):
        facets[agency, kind] += count
    held_back = dict(everything.exclude(may_see).order_by().values_list("agency").annotate(n=Count("pk")))
    total = mine.order_by().count() if filters.any else sum(facets.values())
    known = (
        mine.exclude(precision="unknown").order_by("occurred_from").values_list("occurred_from", flat=True)
    )
    return ChronologyPage(
        rows=views(child, rows, last_look=last_look),
        newer=newer,
        older=older,
        total=total,
        by_agency=agency_facets(facets),
        by_category=category_facets(facets),
        by_role=role_facets(child, everything.filter(may_see)),
        withheld=tuple(sorted(held_back.items())),
        first=known.first(),
        last=known.last(),
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
    entries: QuerySet[Entry], oldest_first: bool, after: str, before: str, page: int
) -> tuple[list[Entry], str, str]:
    """A page and the cursors of the pages on either side of it ("" at an end)."""
    forward = not before
    ascending = oldest_first == forward
    cursor = after or before
    if cursor:
        moment, pk = decode(cursor)
        beyond = Q(occurred_from__gt=moment) | Q(occurred_from=moment, pk__gt=pk)
        behind = Q(occurred_from__lt=moment) | Q(occurred_from=moment, pk__lt=pk)
        entries = entries.filter(beyond if ascending else behind)
    order = ("occurred_from", "pk") if ascending else ("-occurred_from", "-pk")
    found = list(entries.order_by(*order)[: page + 1])
    more = len(found) > page
    found = found[:page]
    if not forward:
        found.reverse()
    if not found:
        return [], "", ""
    has_before = more if not forward else bool(after)
    has_after = more if forward else True
    return (
        found,
        encode(found[0].occurred_from, found[0].pk) if has_before else "",
        encode(found[-1].occurred_from, found[-1].pk) if has_after else "",
    )


def agency_facets(facets: Counter[tuple[str, str]]) -> tuple[Facet, ...]:
    counts = Counter[str]()
    for (agency, _), count in facets.items():
        counts[agency] += count
    names = {a.code: a for a in Agency.objects.filter(code__in=counts)}
    return tuple(
        Facet(code, names[code].name, counts[code]) for code in sorted(counts, key=lambda c: names[c].badge)
    )


def category_facets(facets: Counter[tuple[str, str]]) -> tuple[Facet, ...]:
    counts = Counter[str]()
    for (_, kind), count in facets.items():
        counts[kinds.kind(kind).category] += count
    return tuple(Facet(code, code.replace("_", " ").capitalize(), counts[code]) for code in sorted(counts))


def role_facets(child: Child, entries: QuerySet[Entry]) -> tuple[Facet, ...]:
    counts = dict(
        Participation.objects.filter(
            entry__in=entries.order_by().values("pk"), identity__in=child.identity_ids
        )
        .order_by()
        .values_list("role")
        .annotate(n=Count("pk"))
    )
    return tuple(Facet(role, role.replace("_", " ").capitalize(), counts[role]) for role in sorted(counts))


# --- from rows to what is shown -------------------------------------------------------------------------


def views(child: Child, entries: Sequence[Entry], *, last_look: datetime | None = None) -> tuple[View, ...]:
    """Entries with everyone and everything in them, in four queries however many there are."""
    ids = [entry.pk for entry in entries]
    own = set(child.identity_ids)
    parts: dict[int, list[Participation]] = defaultdict(list)
    for part in Participation.objects.filter(entry__in=ids).order_by("id"):
        parts[part.entry_id].append(part)
    known = owners_of(
        [p.identity_id for rows in parts.values() for p in rows if p.identity_id and p.identity_id not in own]
    )
    things: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for link in EntryThing.objects.filter(entry__in=ids).select_related("thing").order_by("id"):
        things[link.entry_id].append((link.thing.kind, link.thing.label, link.role))
    remarks = dict(
        Comment.objects.filter(Q(entry__in=ids)).order_by().values_list("entry").annotate(n=Count("pk"))
    )
    hints = rules.duplicate_hints([happening(entry) for entry in entries])
    return tuple(
        view_of(
            entry,
            own=own,
            parts=parts[entry.pk],
            known=known,
            things=() if child.restricted else tuple(things[entry.pk]),
            comments=remarks.get(entry.pk, 0),
            is_new=last_look is not None and entry.received_at > last_look,
            same_as=tuple(hints.get(entry.ref, ())),
        )
        for entry in entries
    )


def happening(entry: Entry) -> rules.Happening:
    return rules.Happening(
        entry.ref, entry.agency_id, entry.kind, kinds.alike(entry.kind),
        entry.occurred_from, entry.occurred_to, entry.precision,
    )  # fmt: skip


def view_of(
    entry: Entry,
    *,
    own: set[int],
    parts: Iterable[Participation],
    known: dict[int, Any],
    things: tuple[tuple[str, str, str], ...],
    comments: int,
    is_new: bool = False,
    same_as: tuple[str, ...] = (),
) -> View:
    role, present = "subject", []
    for part in parts:
        if part.identity_id in own:
            role = part.role
        elif part.identity_id and part.identity_id in known:
            person = known[part.identity_id]
            present.append(Present(part.name or person.name or "Name not known", part.role, person.ref))
        else:
            present.append(Present(part.name, part.role))
    kind = kinds.kind(entry.kind)
    return View(
        pk=entry.pk, ref=entry.ref, version=entry.version, state=entry.state, agency=entry.agency_id,
        kind=entry.kind, kind_label=kind.label, category=kind.category, when=entry.when,
        recorded_at=entry.recorded_at, received_at=entry.received_at, title=entry.title,
        narrative=entry.narrative, child_words=entry.child_words, nature=entry.nature, handling=entry.handling,
        conditions=entry.conditions, grading=entry.grading, author=entry.author, facts=entry.facts, role=role,
        people=tuple(present), things=things, source=entry.source, source_label=entry.source_label,
        reason=entry.reason, comments=comments, is_new=is_new, same_as=same_as,
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


def marks(actor: Actor, child: Child, filters: Filters = Filters()) -> list[Mark]:
    """Every visible entry with a known date, oldest first, for the picture over time."""
    require(actor, Permission.CHILD_VIEW, child.subject())
    rows = (
        apply(of_child(child).filter(visible(actor, child)), child, filters)
        .exclude(precision="unknown")
        .order_by("occurred_from", "pk")
        .values_list("ref", "agency__code", "kind", "occurred_from", "occurred_to", "precision", "title")
    )
    return [
        Mark(ref, agency, kinds.kind(kind).label, start, end, precision, title)
        for ref, agency, kind, start, end, precision, title in rows
    ]


@dataclass(frozen=True, slots=True)
class GuardedEntry:
    """One entry read with one child: what deeds about it are asked on."""

    entry: Entry
    child: Child
    view: View
    earlier: tuple[Entry, ...] = ()
    later: str = ""
    comments: tuple[Comment, ...] = field(default=())

    def subject(self) -> Subject:
        return self.entry.subject_for(self.child.subject())

    def whom(self) -> list[str]:
        return [self.child.ref]


def get_entry(actor: Actor, child: Child, ref: str) -> GuardedEntry:
    """The entry with its history and comments; the look is recorded. A pointer raises NotAllowed."""
    entry = Entry.objects.filter(ref=tidy_ref(ref)).first()
    taking_part = (
        entry is not None
        and Participation.objects.filter(entry=entry, identity__in=child.identity_ids).exists()
    )
    if entry is None or not taking_part:
        raise NotFound("There is nothing here that you can see. Check the reference, or search by name.")
    looked(actor, Permission.ENTRY_VIEW, entry.subject_for(child.subject()), people=[child.ref])
    first = entry.first_id or entry.pk
    chain = list(Entry.objects.filter(Q(pk=first) | Q(first=first)).order_by("version"))
    return GuardedEntry(
        entry=entry,
        child=child,
        view=views(child, [entry])[0],
        earlier=tuple(e for e in chain if e.version < entry.version),
        later=next((e.ref for e in reversed(chain) if e.version > entry.version), ""),
        comments=tuple(Comment.objects.filter(entry__in=chain).order_by("at", "id")),
    )


def neighbours(actor: Actor, child: Child, entry: Entry) -> tuple[str, str]:
    """The entries just before and just after in time: left and right keys on the entry's page."""
    mine = of_child(child).filter(visible(actor, child))
    behind = mine.filter(
        Q(occurred_from__lt=entry.occurred_from) | Q(occurred_from=entry.occurred_from, pk__lt=entry.pk)
    )
    beyond = mine.filter(
        Q(occurred_from__gt=entry.occurred_from) | Q(occurred_from=entry.occurred_from, pk__gt=entry.pk)
    )
    earlier = behind.order_by("-occurred_from", "-pk").values_list("ref", flat=True).first()
    later = beyond.order_by("occurred_from", "pk").values_list("ref", flat=True).first()
    return earlier or "", later or ""


def all_views(actor: Actor, child: Child, filters: Filters = Filters()) -> tuple[View, ...]:
    """Every visible entry, oldest first, for a document. The caller has recorded the export."""
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    entries = apply(of_child(child).filter(visible(actor, child)), child, filters)
    return views(child, list(entries.order_by("occurred_from", "pk")))


def withheld(actor: Actor, child: Child) -> tuple[tuple[str, int], ...]:
    """How many entries each agency holds that this actor may know of but not read."""
    held_back = Counter(of_child(child).exclude(visible(actor, child)).values_list("agency__code", flat=True))
    return tuple(sorted(held_back.items()))


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


def newest_for(
    actor: Actor, child: Child, since: datetime | None, *, limit: int = 5
) -> tuple[int, tuple[View, ...]]:
    """How much came in since a moment, and the latest of it: for the list of one's own children."""
    entries = of_child(child).filter(visible(actor, child))
    fresh = entries.filter(received_at__gt=since) if since else entries
    return fresh.count(), views(child, list(fresh.order_by("-received_at", "-pk")[:limit]))


def last_contact(actor: Actor, child: Child) -> tuple[tuple[str, datetime], ...]:
    """Per agency, when its newest visible entry happened."""
    rows = (
        of_child(child)
        .filter(visible(actor, child))
        .exclude(precision="unknown")
        .order_by()
        .values_list("agency")
        .annotate(latest=Max("occurred_from"))
    )
    return tuple(sorted(rows))


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
