"""Reading agencies' records beside one another: what is one thing, what should have followed, what contradicts.

A pure function of entries, decisions, involvements and feeds. It knows nothing of order of arrival, of tables or
of who asks: give it the entries that a reader may see and it says nothing about others. The rules are the
catalogue's (`corroboration.yaml`). Times are seconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from lineofsight.catalogue import corroboration
from lineofsight.catalogue.agreement import is_working_day, working_days_after
from lineofsight.catalogue.corroboration import DAY, HOUR, Reach, Rule
from lineofsight.catalogue.when import LONDON

NOTHING: frozenset[str] = frozenset()
NO_FACTS: Mapping[str, str] = {}


class Item(NamedTuple):
    """As much of an entry as the rules need. `key` is the same whenever and however often its row comes in."""

    key: str
    pk: int
    agency: str
    kind: str
    start: int
    end: int
    precision: str
    role: str = "subject"
    facts: Mapping[str, str] = NO_FACTS
    places: frozenset[str] = NOTHING
    people: frozenset[str] = NOTHING

    @property
    def feed(self) -> str:
        """Which table of the agency told it."""
        return self.key.partition(" · ")[0]


class Pair(NamedTuple):
    """Two records that a rule reads together."""

    rule: Rule
    a: Item
    b: Item


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided about keys: those of one group are one thing, those of two groups are not."""

    ref: str
    groups: tuple[frozenset[str], ...]
    verdict: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing and the records of it, earliest first. `origins` counts who knew by themselves; an echo does not."""

    members: tuple[Item, ...]
    pairs: tuple[Pair, ...]
    echoes: frozenset[str]
    origins: tuple[str, ...]
    decided: Verdict | None = None

    @property
    def lead(self) -> Item:
        return self.members[0]

    @property
    def agencies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(member.agency for member in self.members))

    @property
    def confirmed(self) -> bool:
        return self.decided is not None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple({pair.rule.id: pair.rule for pair in self.pairs}.values())


#: Called as a gap; the agency's file does not reach so far; the reader does not see all that the agency holds;
#: nobody who could hold it is involved or sends it; the time for it has not passed.
GAP, WAITING, UNSEEN, UNCALLED, NOT_DUE = "gap", "waiting", "unseen", "uncalled", "not due"


@dataclass(frozen=True, slots=True)
class Missing:
    """An entry beside which another should stand and does not. Only with state GAP is it called one."""

    rule: Rule
    side: str
    item: Item
    agencies: tuple[str, ...]
    until: int
    state: str

    @property
    def key(self) -> str:
        """The same gap whenever it is worked out."""
        return f"{self.rule.id}{self.side}|{self.item.key}"

    @property
    def words(self) -> str:
        return (self.rule.only_a if self.side == "a" else self.rule.only_b) or self.rule.both

    @property
    def day(self) -> date:
        """Of the entry that lacks another beside it."""
        return day_of(self.item.start)

    @property
    def kinds(self) -> frozenset[str]:
        """What was looked for."""
        return self.rule.b if self.side == "a" else self.rule.a


@dataclass(frozen=True, slots=True)
class Feeds:
    """Which stretches of time each agency's files cover, by the kinds of event that they can tell."""

    stretches: Mapping[tuple[str, str], tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def telling(self, kinds: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted({agency for agency, kind in self.stretches if kind in kinds}))

    def cover(self, agency: str, kinds: Iterable[str], start: int, end: int) -> bool:
        """Every feed of this agency that could tell such a thing covers the whole stretch."""
        feeds = [found for kind in kinds if (found := self.stretches.get((agency, kind)))]
        return bool(feeds) and all(
            any(first <= start and end <= last for first, last in feed) for feed in feeds
        )


Involved = Mapping[str, Sequence[tuple[int, int]]]


def is_involved(involved: Involved, agency: str, moment: int) -> bool:
    return any(start <= moment <= end for start, end in involved.get(agency, ()))


@dataclass(frozen=True, slots=True)
class Ground:
    """What surrounds the entries: who is involved when, whose files cover what, whom the reader sees in part."""

    feeds: Feeds
    involved: Involved
    now: int
    verdicts: tuple[Verdict, ...] = ()
    partly_seen: frozenset[str] = NOTHING
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    occurrences: tuple[Occurrence, ...]
    missing: tuple[Missing, ...]
    followed: tuple[Pair, ...]
    beside: tuple[Pair, ...]
    contradictions: tuple[Pair, ...]

    @property
    def gaps(self) -> tuple[Missing, ...]:
        return tuple(one for one in self.missing if one.state == GAP)


# --- when ---------------------------------------------------------------------------------------------

Range = tuple[int, int]


def begins(item: Item) -> Range:
    """The range in which it began, widened by what its precision leaves open."""
    start, end, precision = item.start, item.end, item.precision
    if precision in ("minute", "second"):
        return start, start
    widths = corroboration.precision()
    if precision == "hour":
        return start - widths.hour, start + widths.hour
    if precision == "day":
        return start - widths.day, start + DAY + widths.day
    if precision == "half_day":
        return start, min(end, start + 6 * HOUR)
    return start, end


def lasts(item: Item, *, widened: bool = False) -> Range:
    if widened and item.precision in ("day", "hour"):
        widths = corroboration.precision()
        by = widths.day if item.precision == "day" else widths.hour
        return item.start - by, item.end + by
    return item.start, item.end


def ended(item: Item) -> Range:
    if item.precision == "day":
        width = corroboration.precision().day
        return item.end - DAY - width, item.end + width
    return item.end, item.end


@lru_cache(maxsize=65536)
def _day_of_hour(hours: int) -> date:
    return datetime.fromtimestamp(hours * HOUR, UTC).astimezone(LONDON).date()


def day_of(moment: int) -> date:
    """The day on the partnership's clock, whose offset is whole hours."""
    return _day_of_hour(moment // HOUR)


@lru_cache(maxsize=65536)
def midnight_of(day: date) -> int:
    return int(datetime.combine(day, time.min, LONDON).timestamp())


def moved(moment: int, reach: Reach, *, end: bool) -> int:
    if not reach.working:
        return moment + reach.amount
    day = working_days_after(day_of(moment), reach.amount)
    return midnight_of(day + timedelta(days=1)) if end else midnight_of(day)


def birthday(born: date, years: float) -> int:
    whole = int(years)
    months = born.month - 1 + round((years - whole) * 12)
    year, month = born.year + whole + months // 12, months % 12 + 1
    return midnight_of(date(year, month, min(born.day, 28)))


# --- which pairs --------------------------------------------------------------------------------------


def reach_of(rule: Rule, a: Item, born: date | None) -> Range | None:
    """Between which moments b must begin to fit a; None when this cannot be told."""
    window, form = rule.window, rule.window.form
    if form == "offset":
        low, high = ended(a) if window.at == "end" else begins(a)
        return moved(low, window.start, end=False), moved(high, window.end, end=True)
    if form in ("within", "school_hours", "half_day"):
        return lasts(a)
    if form == "overlap":
        return lasts(a, widened=True)
    if form == "school_morning":
        morning = working_days_after(day_of(a.start), 1)
        return begins(a)[0], midnight_of(morning) + 12 * HOUR + HOUR // 2
    if form == "before_age" and born is not None:
        return 0, birthday(born, window.years)
    return None


def fits(rule: Rule, a: Item, b: Item) -> bool:
    """Everything of the rule that is not time."""
    if a.key == b.key:
        return False
    if rule.relation == "same_occurrence":
        if rule.same_agency:
            if a.agency != b.agency or a.feed == b.feed:
                return False
        elif a.agency == b.agency:
            return False
    if rule.roles_b and b.role not in rule.roles_b:
        return False
    if rule.window.overlap:
        low, high = lasts(a, widened=True)
        first, last = lasts(b, widened=True)
        if last < low or first > high:
            return False
    if rule.window.form == "school_hours" and not in_school_hours(b.start):
        return False
    if "place" in rule.share and not a.places & b.places:
        return False
    if "person" in rule.share and not a.people & b.people:
        return False
    if any(a.facts.get(n) and b.facts.get(n) and a.facts[n] != b.facts[n] for n in rule.reference):
        return False
    return not rule.told_by or named_source(rule, b)


def named_source(rule: Rule, b: Item) -> bool:
    """b names one of these as its source, or names none."""
    said = " ".join(text for name, text in b.facts.items() if "source" in name).casefold()
    return not said or any(word in said for word in rule.told_by)


def in_school_hours(moment: int) -> bool:
    at = datetime.fromtimestamp(moment, UTC).astimezone(LONDON)
    return at.weekday() < 5 and time(9) <= at.time() <= time(15, 30)


class Shelf:
    """The items of some kinds, findable by when they may have begun."""

    __slots__ = ("lows", "reach", "rows")

    def __init__(self, items: Iterable[Item]) -> None:
        self.rows = sorted(((*begins(item), item) for item in items), key=lambda row: (row[0], row[2].key))
        self.lows = [row[0] for row in self.rows]
        self.reach = max((high - low for low, high, _ in self.rows), default=0)

    def between(self, start: int, end: int) -> Iterator[Item]:
        rows = self.rows
        for place in range(bisect_left(self.lows, start - self.reach), len(rows)):
            low, high, item = rows[place]
            if low > end:
                return
            if high >= start:
                yield item


def shelved(by_kind: Mapping[str, list[Item]], kinds: frozenset[str]) -> Shelf:
    return Shelf(item for kind in kinds if kind in by_kind for item in by_kind[kind])


def during(rule: Rule, items: Iterable[Item], reach: Range) -> Iterator[Item]:
    """Of items for which beginning is not enough: those whose whole time meets the reach."""
    for item in items:
        low, high = lasts(item, widened=rule.window.form == "overlap")
        if low <= reach[1] and high >= reach[0]:
            yield item


# --- the whole ------------------------------------------------------------------------------------------


def triangulate(items: Sequence[Item], ground: Ground) -> Picture:
    """Everything the rules say of one child's entries."""
    skipped = corroboration.precision().not_paired
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.precision not in skipped:
            by_kind[item.kind].append(item)
    present = by_kind.keys()
    joined: list[Pair] = []
    followed: list[Pair] = []
    beside: list[Pair] = []
    against: list[Pair] = []
    missing: list[Missing] = []
    for rule in rules_for(frozenset(present)):
        has_a, has_b = not rule.a.isdisjoint(present), not rule.b.isdisjoint(present)
        if not (has_a or (has_b and rule.gap_b)):
            continue
        if rule.window.form == "full_days":
            missing += unseen_days(rule, by_kind, ground)
            continue
        pairs = list(pairs_of(rule, by_kind, ground.born))
        if rule.joins:
            joined += best(rule, pairs)
        elif rule.relation == "contradiction":
            against += pairs
        elif rule.relation == "expected_follow_on":
            followed += nearest(pairs)
        else:
            beside += nearest(pairs)
        if rule.gap_a and has_a:
            found = {pair.a.key for pair in pairs}
            missing += lacking(rule, "a", of_rule(rule, "a", by_kind), found, ground)
        if rule.gap_b and has_b:
            found = {pair.b.key for pair in pairs}
            missing += lacking(rule, "b", of_rule(rule, "b", by_kind), found, ground)
    return Picture(
        occurrences=tuple(group(joined, items, ground.verdicts)),
        missing=tuple(sorted(missing, key=lambda one: (one.item.start, one.key))),
        followed=tuple(followed),
        beside=tuple(beside),
        contradictions=tuple(against),
    )


def occurrences(items: Sequence[Item], verdicts: Sequence[Verdict]) -> tuple[Occurrence, ...]:
    """Only what is one thing: for a list that shows it in one row. The same as in the whole picture."""
    skipped = corroboration.precision().not_paired
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.precision not in skipped:
            by_kind[item.kind].append(item)
    joined: list[Pair] = []
    for rule in rules_for(frozenset(by_kind)):
        if rule.joins:
            joined += best(rule, list(pairs_of(rule, by_kind, None)))
    return tuple(group(joined, items, verdicts))


@lru_cache(maxsize=16384)
def rules_for(present: frozenset[str]) -> tuple[Rule, ...]:
    """Those that speak of any of these kinds: most children have few of the kinds there are."""
    return tuple(
        rule
        for rule in corroboration.rules()
        if not rule.a.isdisjoint(present) or (rule.gap_b and not rule.b.isdisjoint(present))
    )


def of_rule(rule: Rule, side: str, by_kind: Mapping[str, list[Item]]) -> list[Item]:
    kinds, roles = (rule.a, rule.roles_a) if side == "a" else (rule.b, rule.roles_b)
    return [
        item for kind in kinds if kind in by_kind for item in by_kind[kind] if not roles or item.role in roles
    ]


def pairs_of(rule: Rule, by_kind: Mapping[str, list[Item]], born: date | None) -> Iterator[Pair]:
    """Every a with every b that fits it."""
    ones = of_rule(rule, "a", by_kind)
    if not ones or rule.b.isdisjoint(by_kind.keys()):
        return
    shelf = shelved(by_kind, rule.b)
    meets = rule.window.form in ("overlap", "half_day")
    for a in ones:
        reach = reach_of(rule, a, born)
        if reach is None:
            continue
        near = (
            during(rule, (row[2] for row in shelf.rows), reach)
            if meets
            else shelf.between(reach[0], reach[1])
        )
        for b in near:
            if fits(rule, a, b):
                yield Pair(rule, a, b)


def apart(pair: Pair) -> tuple[int, str, str]:
    return abs(pair.a.start - pair.b.start), pair.a.key, pair.b.key


def best(rule: Rule, pairs: list[Pair]) -> list[Pair]:
    """Of each agency's records the one that fits best, from both sides; within an interval, all that lie in it."""
    to_a: dict[tuple[str, str], Pair] = {}
    to_b: dict[tuple[str, str], Pair] = {}
    for pair in sorted(pairs, key=apart):
        to_a.setdefault((pair.b.key, pair.a.agency), pair)
        to_b.setdefault((pair.a.key, pair.b.agency), pair)
    if rule.window.form == "within":
        return list(to_a.values())
    return [pair for pair in to_a.values() if to_b[pair.a.key, pair.b.agency] is pair]


def nearest(pairs: list[Pair]) -> list[Pair]:
    """For each a the b nearest to it."""
    found: dict[str, Pair] = {}
    for pair in sorted(pairs, key=apart):
        found.setdefault(pair.a.key, pair)
    return list(found.values())


# --- one thing, several records ----------------------------------------------------------------------------


def group(pairs: list[Pair], items: Sequence[Item], verdicts: Sequence[Verdict]) -> Iterator[Occurrence]:
    """Entries that pairs and people join. Surer and nearer pairs first, so the outcome has no order but this one."""
    by_key = {item.key: item for item in items}
    home = {pair.a.key: {pair.a.key} for pair in pairs} | {pair.b.key: {pair.b.key} for pair in pairs}
    apart_keys: dict[str, set[str]] = defaultdict(set)
    for verdict in verdicts:
        groups = [[key for key in keys if key in by_key] for keys in verdict.groups]
        for place, keys in enumerate(groups):
            for other in (key for rest in groups[place + 1 :] for key in rest):
                for key in keys:
                    apart_keys[key].add(other)
                    apart_keys[other].add(key)
    for verdict in verdicts:
        for agreed in verdict.groups:
            known = sorted(key for key in agreed if key in by_key)
            for key in known[1:]:
                join(home, known[0], key, apart_keys)
    many = {pair.b.key for pair in pairs if pair.rule.window.form == "within"}
    for pair in sorted(pairs, key=lambda one: (one.rule.window.form == "within", *apart(one), one.rule.id)):
        if pair.rule.same_agency or alone_of_its_kind(home, pair.a.key, pair.b.key, by_key, many):
            join(home, pair.a.key, pair.b.key, apart_keys)
    for whole in {id(found): found for found in home.values() if len(found) > 1}.values():
        yield occurrence(whole, by_key, pairs, verdicts)


def join(home: dict[str, set[str]], one: str, other: str, apart_keys: Mapping[str, set[str]]) -> None:
    a, b = home.setdefault(one, {one}), home.setdefault(other, {other})
    if a is b or any(not apart_keys[key].isdisjoint(b) for key in a if key in apart_keys):
        return
    a |= b
    for key in b:
        home[key] = a


def alone_of_its_kind(
    home: Mapping[str, set[str]], one: str, other: str, by_key: Mapping[str, Item], many: set[str]
) -> bool:
    """Two records of one kind from one agency are two things, except marks inside an interval."""
    a, b = home[one], home[other]
    if a is b:
        return True
    mine = {(by_key[key].agency, by_key[key].kind) for key in a if key not in many}
    return not any((by_key[key].agency, by_key[key].kind) in mine for key in b if key not in many)


def occurrence(
    keys: set[str], by_key: Mapping[str, Item], pairs: list[Pair], verdicts: Sequence[Verdict]
) -> Occurrence:
    members = sorted((by_key[key] for key in keys), key=lambda item: (item.start, item.end, item.key))
    own = tuple(
        sorted(
            (pair for pair in pairs if pair.a.key in keys and pair.b.key in keys),
            key=lambda pair: (pair.rule.id, pair.a.key, pair.b.key),
        )
    )
    echoes = frozenset(pair.b.key for pair in own if pair.rule.echo)
    origins = tuple(dict.fromkeys(item.agency for item in members if item.key not in echoes))
    return Occurrence(
        members=tuple(members),
        pairs=own,
        echoes=echoes,
        origins=origins or (members[0].agency,),
        decided=next((v for v in verdicts if any(keys <= group for group in v.groups)), None),
    )


# --- what should stand there ---------------------------------------------------------------------------


def lacking(
    rule: Rule, side: str, items: Iterable[Item], found: set[str], ground: Ground
) -> Iterator[Missing]:
    wanted = rule.b if side == "a" else rule.a
    telling = ground.feeds.telling(wanted)
    for item in items:
        if item.key in found or any(item.facts.get(name) for name in rule.unless):
            continue
        reach = reach_of(rule, item, ground.born) if side == "a" else reversed_reach(rule, item)
        if reach is not None:
            yield called(rule, side, item, reach, wanted, telling, ground)


def reversed_reach(rule: Rule, b: Item) -> Range | None:
    """Where a would have to lie for this b; told only for windows that are the same from both sides or half a day."""
    if rule.window.form == "offset" and not (rule.window.start.working or rule.window.end.working):
        low, high = begins(b)
        return low - rule.window.end.amount, high - rule.window.start.amount
    return lasts(b) if rule.window.form == "half_day" else None


def called(
    rule: Rule,
    side: str,
    item: Item,
    reach: Range,
    wanted: frozenset[str],
    telling: tuple[str, ...],
    ground: Ground,
) -> Missing:
    """The preconditions, one after the other."""
    low, high = reach
    could = tuple(
        agency
        for agency in telling
        if not (rule.relation == "same_occurrence" and agency == item.agency and not rule.same_agency)
        and is_involved(ground.involved, agency, item.start)
    )
    if not could:
        state = UNCALLED
    elif high > ground.now:
        state = NOT_DUE
    elif not all(ground.feeds.cover(agency, wanted, max(low, item.start - DAY), high) for agency in could):
        state = WAITING
    elif not ground.partly_seen.isdisjoint(could):
        state = UNSEEN
    else:
        state = GAP
    return Missing(rule, side, item, could, high, state)


def unseen_days(rule: Rule, by_kind: Mapping[str, list[Item]], ground: Ground) -> Iterator[Missing]:
    """Runs of whole school days of a without any b near them. The first mark of the run stands for it."""
    marks = sorted(of_rule(rule, "a", by_kind), key=lambda item: (item.start, item.key))
    by_day: dict[date, list[Item]] = defaultdict(list)
    for mark in marks:
        by_day[day_of(mark.start)].append(mark)
    whole = [day for day in sorted(by_day) if len(by_day[day]) > 1]
    run: list[date] = []
    shelf = shelved(by_kind, rule.b)
    telling = ground.feeds.telling(rule.b)
    for day in [*whole, date.max]:
        if run and day != next_school_day(run[-1]):
            if len(run) >= rule.window.days:
                low = midnight_of(run[0]) - DAY
                high = midnight_of(run[-1]) + 2 * DAY
                if not any(True for _ in overlapping(shelf, low, high)):
                    yield called(rule, "a", by_day[run[0]][0], (low, high), rule.b, telling, ground)
            run = []
        run.append(day)


def overlapping(shelf: Shelf, low: int, high: int) -> Iterator[Item]:
    return (item for _, _, item in shelf.rows if item.start <= high and item.end >= low)


def next_school_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
