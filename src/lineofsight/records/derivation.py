"""From a stored row to what it tells: about which people, which events, and which values nobody explained.

A map is compiled once into small functions, so that a million rows can be told in well under a minute. The
same row always tells the same, which is why nothing here looks at a clock, a database or another row
than those joined to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from weakref import WeakKeyDictionary

from lineofsight.catalogue import kinds
from lineofsight.catalogue.tables import EntryRule, Moment, OthersRule, ThingRule
from lineofsight.catalogue.when import PRECISIONS, When
from lineofsight.people.identifiers import check
from lineofsight.records import dates, spans, statements
from lineofsight.records.cells import Cells, Row, Text, Truth
from lineofsight.records.mapping import TableMap
from lineofsight.records.shapes import (
    Derived,
    DerivedEntry,
    Participant,
    PersonStatement,
    Problem,
    ThingRef,
)
from lineofsight.records.values import ValueLookup, fold

WhenOf = Callable[[Row], When | None]


class Deriver:
    """A map made ready to tell rows, with what the codes of one agency mean."""

    def __init__(self, table_map: TableMap, values: ValueLookup) -> None:
        self.values = values
        self._tell = _compiled(table_map)

    def derive(self, raw: Mapping[str, str], joined: Mapping[str, Mapping[str, str]]) -> Derived:
        """Everything that a row tells, with the rows joined to it by name."""
        return self._tell(Row(raw, joined, self.values))


def derive(
    table_map: TableMap,
    raw: Mapping[str, str],
    joined: Mapping[str, Mapping[str, str]],
    values: ValueLookup,
    *,
    brief: bool = False,
) -> Derived:
    """The same for a single row; `brief` for a preview, which counts events and prints none."""
    return _compiled(table_map)(Row(raw, joined, values, brief))


_COMPILED: WeakKeyDictionary[TableMap, Callable[[Row], Derived]] = WeakKeyDictionary()


def _compiled(table_map: TableMap) -> Callable[[Row], Derived]:
    found = _COMPILED.get(table_map)
    if found is None:
        found = _COMPILED[table_map] = _compile(table_map)
    return found


def _compile(table_map: TableMap) -> Callable[[Row], Derived]:
    table, cells = table_map.table, Cells(table_map)
    unmapped = _unmapped(cells)
    person = table.person
    if person is None or table.refuse:
        return lambda row: Derived(unmapped=unmapped(row))
    identify = statements.local_id(cells, person, table.key)
    said = statements.statement(cells, person)
    entries = _entries(cells, table.entries)
    required = tuple(join.name for join in table.joins if join.required)
    each, split = person.each, person.split

    def one(
        row: Row, slot: str, told: list[PersonStatement], made: list[DerivedEntry], wrong: list[Problem]
    ) -> None:
        who = identify(row)
        if not who:
            wrong.append(
                Problem("no_person", "", "", "Nothing in the row says whom it is about.", stops=True)
            )
            return
        told.append(PersonStatement(who, said(row)))
        entries(row, who, slot, made, wrong)

    def compiled(row: Row) -> Derived:
        told: list[PersonStatement] = []
        made: list[DerivedEntry] = []
        wrong: list[Problem] = []
        # A row that waits for the row joined to it tells nothing yet.
        if any(name not in row.joined for name in required):
            return Derived(unmapped=unmapped(row))
        if not each:
            one(row, "", told, made, wrong)
        else:
            people = [item.strip() for item in row.raw.get(each, "").split(split) if _is_someone(item)]
            for place, name in enumerate(dict.fromkeys(people), start=1):
                one(
                    Row({**row.raw, each: name}, row.joined, row.values, row.brief),
                    f"{place}.",
                    told,
                    made,
                    wrong,
                )
        return Derived(tuple(told), tuple(made), unmapped(row), tuple(wrong))

    return compiled


def _is_someone(text: str) -> bool:
    """ "A friend" and "two others" are company, not people that anyone could look up."""
    return bool(text.strip()) and not _SOMEBODY.match(text.strip())


_SOMEBODY = re.compile(r"(?:an?|the|his|her|their|some|unknown|other|others|two|three|\d+)\b", re.IGNORECASE)


def _unmapped(cells: Cells) -> Callable[[Row], tuple[tuple[str, str], ...]]:
    own = [
        (name, cells.map.columns[name].type == "codes")
        for name in cells.map.lists
        if name in cells.map.table.columns
    ]

    def unmapped(row: Row) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        raw, read = row.raw, row.values.read
        for name, several in own:
            text = raw.get(name)
            if text:
                for part in cells.map.items(name, text) if several else (text,):
                    if not read(name, part).known:
                        found.append((name, part))
        return tuple(found)

    return unmapped


# Entries

Tell = Callable[[Row, str, str, list[DerivedEntry], list[Problem]], None]


def _entries(cells: Cells, rules: tuple[EntryRule, ...]) -> Tell:
    compiled = [(rule.group, cells.truth(rule.when), _entry(cells, rule)) for rule in rules]

    def tell(row: Row, who: str, slot: str, made: list[DerivedEntry], wrong: list[Problem]) -> None:
        done: set[str] = set()
        for group, holds, build in compiled:
            if group and group in done:
                continue
            if holds(row):
                done.add(group)
                build(row, who, slot, made, wrong)

    return tell


@dataclass(frozen=True, slots=True)
class _Words:
    """The small functions that fill one entry's text."""

    title: Text
    narrative: Text
    child_words: Text
    nature: Text
    role: Text
    handling: Text
    conditions: Text
    author: Text


def _entry(cells: Cells, rule: EntryRule) -> Tell:
    words = _Words(
        title=_title(cells, rule.title),
        narrative=_narrative(cells, rule.narrative),
        child_words=cells.text(rule.child_words),
        nature=cells.choice(rule.nature),
        role=cells.choice(rule.role),
        handling=cells.choice(rule.handling) if rule.handling else lambda row: "",
        conditions=cells.text(rule.conditions),
        author=cells.words(rule.author) if rule.author else lambda row: "",
    )
    when, recorded = _span(cells, rule), _recorded(cells, rule.recorded)
    grading = [(_short_name(name), cells.text(name)) for name in rule.grading]
    facts = [(_short_name(name), cells.words(name)) for name in rule.facts]
    others, things = _others(cells, rule.others), _things(cells, rule.things)
    kind_of = _kind_of(cells, rule)

    def build(row: Row, who: str, slot: str, made: list[DerivedEntry], wrong: list[Problem]) -> None:
        moment = when(row, wrong)
        if moment is None:
            return
        kind = kind_of(row)
        if row.brief:
            made.append(DerivedEntry(slot + rule.slot, kind, who, moment, ""))
            return
        made.append(
            DerivedEntry(
                slot=slot + rule.slot,
                kind=kind,
                person=who,
                when=moment,
                title=words.title(row),
                role=words.role(row).replace(" ", "_") or "subject",
                recorded_at=recorded(row) if recorded else None,
                narrative=words.narrative(row),
                child_words=words.child_words(row),
                nature=words.nature(row) or "fact",
                handling=words.handling(row) or kinds.kind(kind).handling,
                conditions=words.conditions(row),
                grading={name: found for name, text in grading if (found := text(row))},
                author=words.author(row),
                facts={name: found for name, text in facts if (found := text(row))},
                participants=others(row) if others else (),
                things=things(row) if things else (),
            )
        )

    return build


def _kind_of(cells: Cells, rule: EntryRule) -> Text:
    """The kind that a cell names by code or label, in whatever spelling; else the rule's own."""
    if not rule.kind_of:
        return lambda row: rule.kind
    text = cells.text(rule.kind_of)
    named = {fold(word): kind.code for kind in kinds.kinds().values() for word in (kind.code, kind.label)}
    return lambda row: named.get(fold(text(row)), rule.kind)


def _short_name(name: str) -> str:
    """`professional.prof_professional_name` is a fact called by its column."""
    return name.rpartition(".")[2] if name.count(".") == 1 else name


def _title(cells: Cells, template: str) -> Text:
    """`[, graded {risk}]` is left out when risk is empty; outside brackets an empty one is "not stated"."""
    pieces: list[tuple[bool, list[str | Text]]] = []
    for piece in re.findall(r"\[[^\]]*\]|[^\[\]]+", template):
        optional = piece.startswith("[")
        parts = re.split(r"\{([^{}]*)\}", piece.strip("[]") if optional else piece)
        pieces.append((optional, [cells.words(part) if odd % 2 else part for odd, part in enumerate(parts)]))

    def title(row: Row) -> str:
        out: list[str] = []
        for optional, parts in pieces:
            texts = [part if isinstance(part, str) else part(row) for part in parts]
            if optional and not all(
                text for text, part in zip(texts, parts, strict=True) if not isinstance(part, str)
            ):
                continue
            out += [
                text or ("" if isinstance(part, str) else "not stated")
                for text, part in zip(texts, parts, strict=True)
            ]
        told = " ".join("".join(out).split())
        return told[:1].upper() + told[1:]

    return title


def _narrative(cells: Cells, names: tuple[str, ...]) -> Text:
    if len(names) == 1:
        return cells.text(names[0])
    texts = [(cells.map.columns[name].meaning or name, cells.words(name)) for name in names]

    def narrative(row: Row) -> str:
        found = [(label, text) for label, words in texts if (text := words(row))]
        if not found:
            return ""
        first = found[0][1] if found[0][0] == texts[0][0] else f"{found[0][0]}: {found[0][1]}"
        return "\n\n".join([first, *(f"{label}: {text}" for label, text in found[1:])])

    return narrative


# When


def _span(cells: Cells, rule: EntryRule) -> Callable[[Row, list[Problem]], When | None]:
    start = _moment(cells, rule.at)
    end = _moment(cells, rule.until) if rule.until else None
    needed = any(name in cells.map.columns and cells.map.columns[name].required for name in rule.at.columns)
    column = rule.at.columns[0] if rule.at.columns else ""
    kind, span = rule.kind, rule.at.span

    def when(row: Row, wrong: list[Problem]) -> When | None:
        first = start(row)
        if first is None:
            if not needed:
                return None
            words = (
                f"The row tells of something ({kind}) but {column} is empty, so it is kept without a date."
            )
            wrong.append(Problem("no_date", column, "", words))
            first = When.unknown()
        if span and not first.is_known and first.text:
            words = f'"{first.text[:60]}" in column {column} is not a date that can be read; the entry is kept without one.'
            wrong.append(Problem("unreadable_date", column, first.text, words))
        last = end(row) if end else None
        if last is None or not last.is_known or not first.is_known:
            return first
        if last.end < first.start:
            words = f"It ends ({last.text}) before it starts ({first.text}); the end was left out."
            wrong.append(Problem("ends_before_start", column, last.text, words))
            return first
        rougher = max(first.precision, last.precision, key=PRECISIONS.index)
        return When(first.start, last.end, rougher, f"{first.text} to {last.text}")

    return when


def _moment(cells: Cells, rule: Moment) -> WhenOf:
    """What the row says of when; None when it says nothing, an unknown moment when it cannot be read."""
    if rule.term:
        return _of_term(cells, rule)
    if rule.span:
        return _as_written(cells, rule)
    readers = [(cells.text(name), cells.map.columns[name].type == "date") for name in rule.columns]
    clock = cells.text(rule.time) if rule.time else None
    session = cells.code(rule.session) if rule.session else None
    styles, unknown, hours, precision = cells.styles, rule.unknown, rule.hours, rule.precision
    sessions = {
        mark: (time.fromisoformat(a), time.fromisoformat(b)) for mark, (a, b) in rule.sessions.items()
    }

    def moment(row: Row) -> When | None:
        for text, only_day in readers:
            written, whole_day = text(row), only_day
            if written:
                break
        else:
            return When.unknown(unknown) if unknown else None
        stamp = dates.read(written, styles)
        if stamp is None:
            return When.unknown(written)
        if whole_day and stamp.moment is not None:
            stamp = dates.Stamp(stamp.day)
        if clock is not None and clock(row):
            stamp, written = _with_clock(stamp, clock(row)), f"{written} {clock(row)}"
        if session is not None and session(row) in sessions:
            return _half_day(stamp, sessions[session(row)], f"{written} {session(row)}")
        found = dates.as_when(stamp, written)
        if hours:
            return When(
                found.end, found.end + timedelta(hours=hours), precision or "about", f"after {written}"
            )
        return found if not precision else When(found.start, found.end, precision, found.text)

    return moment


def _as_written(cells: Cells, rule: Moment) -> WhenOf:
    """As a person wrote it into a table: a stretch, a week, "about"."""
    texts, clock = [cells.text(name) for name in rule.columns], cells.text(rule.time)
    exact, styles = cells.text(rule.exact), cells.styles

    def moment(row: Row) -> When | None:
        written = next((found for text in texts if (found := text(row))), "")
        if not written:
            return None
        return spans.read(written, styles, clock=clock(row), precision=exact(row)) or When.unknown(written)

    return moment


def _with_clock(stamp: dates.Stamp, text: str) -> dates.Stamp:
    clock = dates.read_clock(text)
    return stamp if clock is None else dates.Stamp(stamp.day, datetime.combine(stamp.day, clock), "minute")


def _half_day(stamp: dates.Stamp, hours: tuple[time, time], text: str) -> When:
    start, end = (datetime.combine(stamp.day, hour) for hour in hours)
    return When.between(start, end, "half_day", text)


def _of_term(cells: Cells, rule: Moment) -> WhenOf:
    term, year = cells.text(rule.term), cells.text(rule.year)

    def moment(row: Row) -> When | None:
        name, number = term(row).casefold(), year(row)
        if name not in dates.TERMS or not number.isdigit() or not 1900 < int(number) < 2200:
            return When.unknown(rule.unknown)
        counted, counted_year = dates.term_before(name, int(number))
        text = f"{counted} term {counted_year}"
        return dates.whole_term(counted, counted_year, text)

    return moment


def _recorded(cells: Cells, rule: Moment | None) -> Callable[[Row], datetime | None] | None:
    if rule is None:
        return None
    moment = _moment(cells, rule)

    def recorded(row: Row) -> datetime | None:
        found = moment(row)
        return found.start.astimezone(UTC) if found is not None and found.is_known else None

    return recorded


# Who else, and what


def _others(cells: Cells, rules: tuple[OthersRule, ...]) -> Callable[[Row], tuple[Participant, ...]] | None:
    if not rules:
        return None
    readers: list[tuple[OthersRule, Text, Text, Text, Truth]] = [
        (rule, cells.text(rule.names), cells.choice(rule.role), cells.text(rule.id), cells.truth(rule.when))
        for rule in rules
    ]

    def others(row: Row) -> tuple[Participant, ...]:
        found = []
        for rule, names, role, number, holds in readers:
            text = names(row)
            if not text or not holds(row):
                continue
            for name in text.split(rule.split) if rule.split else (text,):
                if name.strip():
                    who, part = _parted(" ".join(name.split()), rule.parted)
                    found.append(Participant(who, part or role(row) or "other", number(row)))
        return tuple(found)

    return others


def _parted(text: str, mark: str) -> tuple[str, str]:
    """ "Jo Reed: social worker" is a name and a role, where the map says what stands between them."""
    name, found, part = text.rpartition(mark) if mark else ("", "", text)
    return (name.strip(), part.strip().replace(" ", "_")) if found else (text, "")


def _things(cells: Cells, rules: tuple[ThingRule, ...]) -> Callable[[Row], tuple[ThingRef, ...]] | None:
    if not rules:
        return None
    readers = [
        (
            rule,
            cells.choice(rule.kind),
            cells.text(rule.value),
            cells.text(rule.label),
            cells.truth(rule.when),
        )
        for rule in rules
    ]

    def things(row: Row) -> tuple[ThingRef, ...]:
        found = []
        for rule, kind, value, label, holds in readers:
            text = value(row)
            if not text or not holds(row) or not kind(row):
                continue
            for one in text.split(rule.split) if rule.split else (text,):
                if one.strip():
                    found.append(
                        ThingRef(kind(row), _thing_value(kind(row), one.strip()), label(row), rule.role)
                    )
        return tuple(found)

    return things


def _thing_value(kind: str, text: str) -> str:
    if kind == "phone":
        checked = check("phone", text)
        return checked.value if checked.ok else " ".join(text.split())
    if kind == "vehicle":
        return re.sub(r"[\s-]+", "", text).upper()
    return " ".join(text.split())
