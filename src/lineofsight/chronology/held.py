"""What each agency holds of a child, side by side: agreement, difference, stale, unknown, not to be shown.

Plain values in, plain values out. Agreement is decided on a tidied form (`key`), never on spelling, and the newest
value is pointed out, never chosen: a person decides who is out of date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lineofsight.catalogue.agreement import Fact, agreement
from lineofsight.people.identifiers import check
from lineofsight.people.names import fold, words
from lineofsight.people.profile import address_key

AGREES, DIFFERS, ALONE, UNKNOWN, HIDDEN = "agrees", "differs", "alone", "unknown", "hidden"


@dataclass(frozen=True, slots=True)
class Said:
    """One record's statement on its way into the table. `sent`: the last day for which the agency's files showed it."""

    agency: str
    facts: Mapping[str, Any]
    received: date
    sent: date | None
    label: str


@dataclass(frozen=True, slots=True)
class Value:
    """`since` is from when it holds, as the agency says; else None."""

    fact: str
    agency: str
    text: str
    key: str
    since: date | None
    until: date | None
    received: date
    sent: date | None
    label: str

    @property
    def dated(self) -> tuple[date, date]:
        """By which the newest is found: from when it holds, else when it was last sent."""
        return self.since or self.sent or self.received, self.sent or self.received


@dataclass(frozen=True, slots=True)
class Cell:
    agency: str
    state: str
    values: tuple[Value, ...] = ()
    stale: bool = False

    @property
    def value(self) -> Value | None:
        return self.values[0] if self.values else None

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(value.key for value in self.values)


@dataclass(frozen=True, slots=True)
class Row:
    fact: Fact
    state: str
    cells: tuple[Cell, ...]
    newest: Value | None = None

    def cell(self, agency: str) -> Cell | None:
        return next((cell for cell in self.cells if cell.agency == agency), None)

    @property
    def differing(self) -> tuple[Cell, ...]:
        """Cells that hold something other than the newest value."""
        if self.state != DIFFERS or self.newest is None:
            return ()
        return tuple(cell for cell in self.cells if cell.state == DIFFERS)


def table(
    said: Iterable[Said],
    agencies: Sequence[str],
    today: date,
    *,
    with_location: bool,
    more: Iterable[Value] = (),
) -> tuple[Row, ...]:
    """One row for each fact of the catalogue, one cell for each agency that holds a record of the child."""
    found: dict[tuple[str, str], list[Value]] = defaultdict(list)
    for one in said:
        for value in values_of(one):
            found[value.fact, value.agency].append(value)
    for value in more:
        found[value.fact, value.agency].append(value)
    return tuple(row_of(fact, agencies, found, today, with_location) for fact in agreement().facts)


def row_of(
    fact: Fact,
    agencies: Sequence[str],
    found: Mapping[tuple[str, str], list[Value]],
    today: date,
    with_location: bool,
) -> Row:
    if fact.location and not with_location:
        return Row(fact, HIDDEN, tuple(Cell(agency, HIDDEN) for agency in agencies))
    held = {agency: current(found.get((fact.code, agency), ()), today, fact.code) for agency in agencies}
    filled = {agency: values for agency, values in held.items() if values}
    newest = max(
        (values[0] for values in filled.values()), key=lambda value: (value.dated, value.agency), default=None
    )
    compared = fact.code in agreement().same_for_all and len(filled) > 1
    cells = []
    for agency in agencies:
        values = held[agency]
        if not values:
            cells.append(Cell(agency, UNKNOWN))
            continue
        state = ALONE
        if compared and newest is not None:
            state = AGREES if alike(values, filled[newest.agency], newest) else DIFFERS
        last = values[0].sent or values[0].received
        stale = bool(fact.stale_after_days) and today - last > timedelta(days=fact.stale_after_days)
        cells.append(Cell(agency, state, values, stale))
    states = {cell.state for cell in cells}
    whole = DIFFERS if DIFFERS in states else AGREES if AGREES in states else ALONE if filled else UNKNOWN
    return Row(fact, whole, tuple(cells), newest)


def alike(values: Sequence[Value], others: Sequence[Value], newest: Value) -> bool:
    if any(value.key == newest.key for value in values):
        return True
    if newest.fact == "address":
        # A record that holds a postcode alone does not contradict an address there.
        return any(one_place(value.key, newest.key) for value in values)
    if newest.fact == "birth":
        return any(birth_fits(value.key, newest.key) for value in values)
    return newest.fact == "name" and any(a.key == b.key for a in values for b in others)


def one_place(one: str, other: str) -> bool:
    return "|" in one and "|" in other and one.partition("|")[2] == other.partition("|")[2] and "" in (
        one.partition("|")[0], other.partition("|")[0]
    )  # fmt: skip


def birth_fits(one: str, other: str) -> bool:
    """A date and a stretch that holds it do not differ."""
    (a, b), (c, d) = one.split("/"), other.split("/")
    return a <= d and c <= b


def current(values: Sequence[Value], today: date, fact: str) -> tuple[Value, ...]:
    """What the agency holds now, the newest first, each once. Of things that one has one of, only the newest."""
    standing = [value for value in values if value.until is None or value.until > today]
    ordered = sorted(standing, key=lambda value: (value.dated, value.label, value.text), reverse=True)
    once = tuple({value.key: value for value in reversed(ordered)}.values())[::-1]
    return once[:1] if fact in ("school", "gp", "address", "birth", "risk") else once


# --- from statements to values ------------------------------------------------------------------------


def values_of(one: Said) -> Iterable[Value]:
    facts = one.facts

    def value(fact: str, text: str, key: str, since: Any = None, until: Any = None) -> Iterable[Value]:
        if text and key:
            yield Value(
                fact, one.agency, text, key[:400], day(since), day(until), one.received, one.sent, one.label
            )

    for name in facts.get("names", ()):
        text = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
        if name.get("use", "legal") in ("legal", "preferred"):
            yield from value("name", text, name_key(text))
    birth = facts.get("birth") or {}
    if birth.get("from"):
        until = birth.get("to") or birth["from"]
        first, last = in_words(birth["from"]), in_words(until)
        text = first if first == last else f"{first} to {last}"
        yield from value("birth", text, f"{birth['from']}/{until}")
    for address in facts.get("addresses", ()):
        text = ", ".join(filter(None, (address.get("text"), address.get("postcode"))))
        if address.get("use") == "safe":
            yield from value("safe_contact", text, fold(text))
            continue
        key = place_key(text, address.get("postcode") or "")
        yield from value("address", text, key, address.get("from"), address.get("to"))
    for phone in facts.get("phones", ()):
        text = phone.get("raw") or phone.get("value") or ""
        yield from value("phone", text, str(phone.get("value") or fold(text)))
    for fact in ("school", "gp"):
        held = facts.get(fact) or {}
        yield from value(
            fact, held.get("name", ""), fold(held.get("name", "")), held.get("from"), held.get("to")
        )
    for worker in facts.get("workers", ()):
        text = ", ".join(filter(None, (worker.get("name"), worker.get("role"))))
        yield from value("worker", text, fold(text), worker.get("from"), worker.get("to"))
    for status in facts.get("status", ()):
        kind = str(status.get("kind") or "").replace("_", " ")
        text = ": ".join(filter(None, (kind, status.get("value"))))
        yield from value("legal", text, kind, status.get("from"), status.get("to"))
    for other in facts.get("relationships", ()):
        kind, number = (
            str(other.get("type") or "").replace("_", " "),
            other.get("to") or other.get("key") or "",
        )
        yield from value(
            "associates", f"{kind}, their number {number}" if number else kind, fold(kind + number)
        )


def in_words(text: str) -> str:
    found = day(text)
    return f"{found.day} {found:%B %Y}" if found else text


def name_key(text: str) -> str:
    """First and last name, whichever way the rest is written."""
    parts = words(text)
    return " ".join((parts[0], parts[-1])) if parts else ""


def place_key(text: str, postcode: str) -> str:
    found = check("postcode", postcode)
    code = found.value.replace(" ", "") if found.ok else ""
    return address_key(text, code) or (f"|{code}" if code else fold(text))


def day(text: Any) -> date | None:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None
