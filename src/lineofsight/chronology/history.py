"""A child's history in its context: how often, how serious as recorded, what changed after what, who was there.

Counts of what the reader may see. Bands of seriousness group entries and are never added up; nothing here grades a
child.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from lineofsight.catalogue import corroboration, kinds
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.corroboration import DAY
from lineofsight.chronology.control import Chart, chart
from lineofsight.chronology.picture import Reading, month_starts
from lineofsight.chronology.queries import View
from lineofsight.chronology.triangulation import Item, Pair

#: Parts in which someone was harmed, and in which someone is said to have harmed.
HARMED = frozenset({"victim", "injured", "complainant"})
SUSPECTED = frozenset({"suspect", "offender", "arrested", "accused"})

#: The rule that asks the section 45 question.
SECTION_45 = "C27"


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often one kind was recorded, month by month."""

    kind: str
    label: str
    band: str
    chart: Chart
    first: date
    last: date
    total: int


def months_of(reading: Reading, months: int = 24) -> tuple[date, ...]:
    return month_starts(datetime.fromtimestamp(reading.ground.now, timezone.get_current_timezone()), months)


def frequencies(reading: Reading, *, months: int = 24) -> tuple[Frequency, ...]:
    """Kinds in the order of the catalogue; one thing that several agencies recorded under one kind counts once."""
    firsts = months_of(reading, months)
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in once(reading):
        by_kind[item.kind].append(item)
    found = []
    for code, kind in kinds.kinds().items():
        items = by_kind.get(code)
        if not items:
            continue
        counts = Counter(day_of(item).replace(day=1) for item in items)
        found.append(
            Frequency(
                code, kind.label, agreement().bands.get(kind.harm_class, ""),
                chart([counts[first] for first in firsts]), min(map(day_of, items)), max(map(day_of, items)),
                len(items),
            )
        )  # fmt: skip
    return tuple(found)


def once(reading: Reading) -> Iterable[Item]:
    """Entries, of those in one occurrence only the first of each kind."""
    met: set[tuple[int, str]] = set()
    home = {item.pk: one.lead.pk for one in reading.picture.occurrences for item in one.members}
    for item in reading.items:
        mark = (home.get(item.pk, item.pk), item.kind)
        if mark not in met:
            met.add(mark)
            yield item


def day_of(item: Item) -> date:
    return datetime.fromtimestamp(item.start, timezone.get_current_timezone()).date()


@dataclass(frozen=True, slots=True)
class Change:
    """What was recorded in the days before and after an event, by kind. Side by side; nothing is inferred."""

    item: Item
    days: int
    rows: tuple[tuple[str, int, int], ...]


def changes(reading: Reading) -> tuple[Change, ...]:
    """After placement moves and changes of worker, the latest first."""
    found = []
    items = list(once(reading))
    for item in items:
        days = agreement().changes.get(item.kind)
        if days is None:
            continue
        before, after = Counter[str](), Counter[str]()
        for other in items:
            if other is item or kinds.kind(other.kind).harm_class < 1:
                continue
            apart = other.start - item.start
            if -days * DAY <= apart < 0:
                before[other.kind] += 1
            elif 0 <= apart <= days * DAY:
                after[other.kind] += 1
        rows = tuple(
            (kinds.kind(kind).label, before[kind], after[kind])
            for kind in kinds.kinds()
            if before[kind] or after[kind]
        )
        found.append(Change(item, days, rows))
    return tuple(reversed(found))


@dataclass(slots=True)
class Around:
    """Someone who appears with the child: in which entries, in which part each time."""

    name: str
    ref: str
    entries: list[tuple[View, str]] = field(default_factory=list)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(role for _, role in self.entries))

    @property
    def both(self) -> bool:
        return bool(HARMED & set(self.parts)) and bool(SUSPECTED & set(self.parts))


def around(views: Sequence[View]) -> tuple[Around, ...]:
    """Those who appear more than once come first, by name; each part stands as it was recorded."""
    found: dict[str, Around] = {}
    for view in views:
        for person in view.people:
            if person.name.strip():
                place = person.ref or person.name.casefold()
                found.setdefault(place, Around(person.name, person.ref)).entries.append((view, person.role))
    return tuple(sorted(found.values(), key=lambda one: (len(one.entries) < 2, one.name.casefold())))


@dataclass(frozen=True, slots=True)
class Roles:
    """The child as harmed and as suspected, on one line; `pairs` are what the section 45 rule read together."""

    harmed: tuple[View, ...]
    suspected: tuple[View, ...]
    pairs: tuple[Pair, ...]
    question: str

    @property
    def both(self) -> bool:
        return bool(self.harmed and self.suspected)


def roles_of(reading: Reading, views: Sequence[View]) -> Roles:
    rule = corroboration.rule(SECTION_45)
    pairs = tuple(pair for pair in reading.picture.beside if pair.rule.id == rule.id)
    return Roles(
        tuple(view for view in views if view.role in HARMED),
        tuple(view for view in views if view.role in SUSPECTED),
        pairs,
        f"{rule.both}. {rule.action}." if pairs else "",
    )
