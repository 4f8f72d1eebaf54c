"""What is open between agencies about a child: queries about gaps, correction notices, key facts, facts side by side.

Whether a query or a notice is answered by a later file is worked out, not stored, from what the reader may see. A
query about an entry that may not be seen is not shown, nor counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median

from django.db.models import QuerySet
from django.utils import timezone

from lineofsight.access import guard
from lineofsight.access.actor import Actor, EntrySubject, Sharing, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission, decide, may_see_location
from lineofsight.catalogue import corroboration
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.corroboration import Rule
from lineofsight.catalogue.errors import NotFound
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.chronology import held, picture
from lineofsight.chronology.knowing import Known, looks_at, then
from lineofsight.chronology.models import (
    CorrectionNotice,
    Finding,
    GapQuery,
    HeldBy,
    KeyFact,
    MeetingChronology,
)
from lineofsight.chronology.picture import Reading
from lineofsight.chronology.triangulation import Item, Missing
from lineofsight.people.names import fold
from lineofsight.people.past import Then
from lineofsight.people.queries import Child, visible_people
from lineofsight.people.sayings import Saying, sayings

OPEN, OVERDUE, ANSWERED, CLOSED, REFUSED = "open", "overdue", "answered", "closed", "refused"


# --- queries -----------------------------------------------------------------------------------------------


#: A query about a whole month without an entry, which no rule of the catalogue calls.
SILENCE = "SILENCE"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with what has become of it. `by`: the record that answered it. About a silent month there is no entry
    that lacks another, and `month` is its first day."""

    row: GapQuery
    state: str
    item: Item | None = None
    by: Item | None = None
    month: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (OPEN, OVERDUE)


def queries_about(reading: Reading) -> tuple[Asked, ...]:
    """Queries about entries that the reader sees and about months that the reader sees to be silent, the oldest
    first."""
    items = {item.key: item for item in reading.items}
    standing = {one.key for one in reading.picture.missing}
    rows = GapQuery.objects.filter(identity__in=reading.child.identity_ids, entry_key__in=list(items))
    found = []
    for row in rows.order_by("asked_at", "id"):
        rule, item = corroboration.rule(row.rule), items[row.entry_key]
        stands = f"{row.rule}{row.side}|{row.entry_key}" in standing
        by = None if stands else partner(reading, rule, item)
        found.append(Asked(row, query_state(row, stands), item, by))
    found += months_asked(reading)
    return tuple(sorted(found, key=lambda one: (one.row.asked_at, one.row.pk)))


def months_asked(reading: Reading) -> Iterable[Asked]:
    """To whoever sees an agency in part its silence is not called, so no question about it is shown either."""
    for row in GapQuery.objects.filter(identity__in=reading.child.identity_ids, rule=SILENCE):
        if row.agency not in reading.ground.partly_seen:
            first = date.fromisoformat(row.entry_key.rpartition("|")[2])
            heard = picture.month_in(reading, row.agency, first).state == picture.HEARD
            yield Asked(row, query_state(row, not heard), month=first)


def query_state(row: GapQuery, stands: bool) -> str:
    if row.closed_at is not None:
        return CLOSED
    if not stands:
        return ANSWERED
    return OVERDUE if timezone.localdate() > row.due else OPEN


def partner(reading: Reading, rule: Rule, item: Item) -> Item | None:
    """The record that now stands beside an entry by this rule."""
    joined = (pair for one in reading.picture.occurrences for pair in one.pairs)
    for pair in (*reading.picture.followed, *joined):
        if pair.rule.id == rule.id and item.key in (pair.a.key, pair.b.key):
            return pair.b if pair.a.key == item.key else pair.a
    return None


def get_query(child: Child, ref: str, reading: Reading) -> Asked:
    found = next((one for one in queries_about(reading) if one.row.ref == tidy_ref(ref)), None)
    if found is None:
        raise NotFound("There is no query with that reference that you can see.")
    return found


def gaps_left(reading: Reading, asked: Iterable[Asked]) -> tuple[Missing, ...]:
    """Gaps that no answer has closed, each with the agencies that have not answered. A refusal to share, with its
    reason, closes a gap like any other answer."""
    closed = {
        (f"{one.row.rule}{one.row.side}|{one.row.entry_key}", one.row.agency)
        for one in asked
        if one.state == CLOSED
    }
    found = []
    for gap in reading.picture.gaps:
        left = tuple(agency for agency in gap.agencies if (gap.key, agency) not in closed)
        if left:
            found.append(replace(gap, agencies=left))
    return tuple(found)


# --- facts -------------------------------------------------------------------------------------------------


def facts(
    actor: Actor,
    child: Child,
    reading: Reading,
    *,
    sent: Mapping[int, date],
    known: Known | None = None,
) -> tuple[held.Row, ...]:
    """What each agency holds, side by side. The caller has looked the child up."""
    found = then(actor, child, known)
    child = found.child
    at = known.at if known else None
    today = timezone.localtime(at).date() if at else timezone.localdate()
    said = [
        held.Said(
            one.agency,
            one.facts,
            timezone.localtime(one.received_at).date(),
            sent.get(one.source) if at is None else None,
            one.label,
        )
        for one in sayings(child, at=at)
        if known is None or not known.agency or shown_to(found, known, one)
    ]
    return held.table(
        said,
        child.agencies,
        today,
        with_location=may_see_location(actor, child.subject()),
        more=recorded_risk(reading.items),
    )


def shown_to(found: Then, known: Known, said: Saying) -> bool:
    """An agency knew its own records, and those of others that were in, and were held to be this child's, when it
    opened the child's chronology."""
    if said.agency == known.agency:
        return True
    seen = guard.remember(("looks", found.child.ref, known), lambda: looks_at(found.child)).get(known.agency)
    return seen is not None and any(
        said.received_at <= look <= known.at and found.was_with(said.record, ref, look)
        for look, ref in seen.at_child
    )


def recorded_risk(items: Iterable[Item]) -> Iterable[held.Value]:
    """The grade that each agency's latest record carries, as recorded."""
    for item in items:
        text = next((item.facts[name] for name in agreement().risk_facts if item.facts.get(name)), "")
        if text:
            day = timezone.localtime(
                datetime.fromtimestamp(item.start, timezone.get_current_timezone())
            ).date()
            yield held.Value("risk", item.agency, text, fold(text), day, None, day, day, item.key)


@dataclass(frozen=True, slots=True)
class Notice:
    """A correction notice with what has become of it. `agreed_on`: the day the agency's file came that agrees."""

    row: CorrectionNotice
    label: str
    state: str
    agreed_on: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state in (OPEN, OVERDUE, "acknowledged")


def notices_about(actor: Actor, child: Child, table: Sequence[held.Row]) -> tuple[Notice, ...]:
    """Notices about facts that the reader may see."""
    by_code = {row.fact.code: row for row in table}
    found = []
    for row in CorrectionNotice.objects.filter(identity__in=child.identity_ids).order_by("sent_at", "id"):
        shown = by_code.get(row.fact)
        if shown is None or shown.state == held.HIDDEN:
            continue
        cell = shown.cell(row.agency)
        agrees = next((v for v in cell.values if v.key == row.value_key), None) if cell else None
        found.append(
            Notice(row, shown.fact.label, notice_state(row, agrees), agrees.received if agrees else None)
        )
    return tuple(found)


def notice_state(row: CorrectionNotice, agrees: held.Value | None) -> str:
    if agrees is not None:
        return CLOSED
    if row.refused_at is not None:
        return REFUSED
    if timezone.localdate() > row.due:
        return OVERDUE
    return "acknowledged" if row.acknowledged_at else OPEN


# --- key facts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyFactView:
    row: KeyFact
    label: str
    held: tuple[HeldBy, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        have = {one.agency for one in self.held}
        return tuple(agency for agency in self.row.agencies if agency not in have)

    @property
    def held_by_all(self) -> bool:
        return not self.waiting

    @property
    def is_overdue(self) -> bool:
        return bool(self.waiting) and timezone.localdate() > self.row.due


def key_facts(actor: Actor, child: Child) -> tuple[KeyFactView, ...]:
    """Newest first; one that rests on an entry is seen by those who may see the entry."""
    guard = child.subject()
    found = []
    rows = KeyFact.objects.filter(identity__in=child.identity_ids).prefetch_related("held")
    for row in rows:
        sharing = row.handling if row.handling in set(Sharing) else Sharing.TEAM_AROUND
        subject = EntrySubject(
            "entry", row.ref, owner=row.owner, about=(guard,), author=row.marked_by, sharing=sharing
        )
        if decide(actor, Permission.ENTRY_VIEW, subject).allowed:
            label = agreement().key_facts.get(row.kind, row.kind)
            found.append(KeyFactView(row, label, tuple(sorted(row.held.all(), key=lambda one: one.at))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class HeldFigure:
    """For the board: of how many key facts, what share every agency asked holds, and in how many days."""

    facts: int
    held_by_all: int
    median_days: float | None

    @property
    def percent(self) -> int | None:
        return round(100 * self.held_by_all / self.facts) if self.facts else None


def held_figure(actor: Actor, *, since: datetime) -> HeldFigure:
    """Over the children whom this actor may see."""
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    rows: QuerySet[KeyFact] = KeyFact.objects.filter(
        identity__person__in=visible_people(actor).values("pk"), marked_at__gte=since
    )
    days, whole = [], 0
    total = 0
    for row in rows.prefetch_related("held"):
        total += 1
        times = {one.agency: one.at for one in row.held.all()}
        if set(row.agencies) <= set(times):
            whole += 1
            days.append(
                (max(times[agency] for agency in row.agencies) - row.marked_at).total_seconds() / 86400
            )
    return HeldFigure(total, whole, round(median(days), 1) if days else None)


# --- chronologies for meetings -----------------------------------------------------------------------------------


def meetings(child: Child) -> list[MeetingChronology]:
    return list(MeetingChronology.objects.filter(identity__in=child.identity_ids))


def get_meeting(child: Child, ref: str) -> MeetingChronology:
    found = MeetingChronology.objects.filter(identity__in=child.identity_ids, ref=tidy_ref(ref)).first()
    if found is None:
        raise NotFound("There is no chronology for a meeting with that reference.")
    return found


# --- where to look --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lead:
    """A child of whom something was found when the whole store was last read. No counts: they are worked out again
    from what the reader may see."""

    person: int
    ref: str
    name: str


def where_to_look(
    actor: Actor, *, what: Sequence[str], agency: str = "", after: str = "", limit: int = 25
) -> list[Lead]:
    """Children whom this actor may see, by reference. The page asks each child's picture what of it may be shown."""
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    rows = Finding.objects.filter(what__in=list(what))
    if agency:
        rows = rows.filter(agency=agency)
    children = visible_people(actor).filter(pk__in=rows.values("person"), ref__gt=after, kind="child")
    return [Lead(p.pk, p.ref, p.name or "Name not known") for p in children.order_by("ref")[:limit]]


def open_between(actor: Actor) -> tuple[list[str], list[str]]:
    """References of the visible children about whom the actor's agency is asked or told something, or asked or told
    others: (queries, notices)."""
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    mine = visible_people(actor)
    asked = GapQuery.objects.filter(closed_at=None, identity__person__in=mine.values("pk"))
    told = CorrectionNotice.objects.filter(refused_at=None, identity__person__in=mine.values("pk"))
    return (
        sorted(set(asked.values_list("identity__person__ref", flat=True))),
        sorted(set(told.values_list("identity__person__ref", flat=True))),
    )
