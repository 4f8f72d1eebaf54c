"""Which map reads which table: the one given with the file, the agency's own, or the catalogue's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from lineofsight.catalogue import formats
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.tables import Join
from lineofsight.records import derivation, mapping, recognition, values
from lineofsight.records.models import ColumnMap, SettledValue
from lineofsight.records.shapes import Derived, ParsedRow
from lineofsight.records.tables import TableSource


class Reader:
    """One table's map, ready to read, to derive and to say how its rows are joined to others."""

    def __init__(self, table_map: mapping.TableMap, *, own: bool = False) -> None:
        self.map, self.own = table_map, own
        self.code = table_map.name
        self.system = table_map.system
        self.title = table_map.table.title
        self.format_title = table_map.format.title
        self.snapshot = table_map.scope == "snapshot"
        self.plain = self.values = table_map.values()
        self.settled: dict[str, values.Reader] = {}

    def as_settled(self, decisions: Decisions) -> Reader:
        """The same table, read with what an agency's people settled. Itself when that is nothing."""
        remembered = {column: decisions[key] for column, key in self.map.fields.items() if key in decisions}
        if not remembered:
            return self
        found = copy(self)
        found.values = self.map.values(remembered)
        found.settled = {column: found.values.readers[column] for column in remembered}
        return found

    @cached_property
    def spec(self) -> dict[str, Any]:
        return self.map.to_dict()

    def parse(self, source: TableSource) -> Iterator[ParsedRow]:
        return mapping.parse(self.map, source)

    def derive(self, raw: Mapping[str, str], joined: dict[str, dict[str, str]]) -> Derived:
        return derivation.derive(self.map, raw, joined, self.values)

    def told_by(self, raw: Mapping[str, str], joined: Mapping[str, Mapping[str, str]]) -> tuple[Derived, str]:
        """What the row tells, and the signature of the settled values that made it tell it: "" when it would tell
        the same without them."""
        told = derivation.derive(self.map, raw, joined, self.values)
        used = self.used(raw, joined) if self.settled else []
        if not used:
            return told, ""
        plain = derivation.derive(self.map, raw, joined, self.plain)
        same = (told.statements, told.entries) == (plain.statements, plain.entries)
        return told, "" if same else sign_values(used)

    def used(self, raw: Mapping[str, str], joined: Mapping[str, Mapping[str, str]]) -> list[Used]:
        """The settled values that stand in the coded cells of a row and of the rows joined to it."""
        found = []
        for column, reader in self.settled.items():
            for part in self.parts_of(column, raw, joined):
                decided = reader.decided(part)
                if decided is not None:
                    found.append((column, part, decided.code))
        return found

    def parts_of(
        self, column: str, raw: Mapping[str, str], joined: Mapping[str, Mapping[str, str]]
    ) -> Sequence[str]:
        """The spellings in one coded cell: one, or several where the cell is a list."""
        if column in self.map.table.columns:
            text = raw.get(column, "")
        else:
            join, _, name = column.partition(".")
            text = joined.get(join, {}).get(name, "")
        if not text:
            return ()
        return self.map.items(column, text) if self.map.columns[column].type == "codes" else (text,)

    @cached_property
    def wanted_as(self) -> tuple[tuple[str, ...], ...]:
        """Sets of columns by which other tables of the format are joined to this one."""
        found = {
            tuple(theirs for _, theirs in join.on)
            for table in self.map.format.tables
            for join in table.joins
            if join.table == self.map.table.name
        }
        return tuple(sorted(found))

    def joins_of(self, raw: Mapping[str, str]) -> list[tuple[Join, str]]:
        """Each join with the link that leads to its row ("" when a cell is empty)."""
        return [
            (
                join,
                link(
                    ">",
                    self.map.joined_name(join),
                    [t for _, t in join.on],
                    [raw.get(m, "") for m, _ in join.on],
                ),
            )
            for join in self.map.joins
        ]

    def links_of(self, raw: Mapping[str, str]) -> list[str]:
        """`>` where this row leads, `@` by what others lead to it."""
        leading = [found for _, found in self.joins_of(raw)]
        own = [link("@", self.code, columns, [raw.get(c, "") for c in columns]) for columns in self.wanted_as]
        return [found for found in (*leading, *own) if found]


#: A coded column, a spelling in it and the code that a person settled for it.
Used = tuple[str, str, str]
#: What people settled, by field: {field: {spelling: code}}.
Decisions = Mapping[str, Mapping[str, str]]


def sign_values(used: Sequence[Used]) -> str:
    """Stands for the settled values that a row is told with."""
    words = "\x1e".join("\x1f".join(one) for one in sorted(used))
    return hashlib.blake2b(words.encode(), digest_size=6).hexdigest()


def decisions_for(agency: str) -> dict[str, dict[str, str]]:
    """What was settled for this agency; its own answers count before those for everyone."""
    found: dict[str, dict[str, str]] = {}
    standing = SettledValue.objects.filter(undone_at=None, agency__in=["", agency]).order_by("agency", "id")
    for field_, spelling, code in standing.values_list("field", "spelling", "code"):
        found.setdefault(field_, {})[spelling] = code
    return found


def link(sign: str, table: str, columns: Sequence[str], values: Sequence[str]) -> str:
    if not all(values):
        return ""
    return f"{sign}{table}.{'+'.join(columns)}:{'|'.join(value.strip().casefold() for value in values)}"[:400]


@cache
def shipped() -> dict[str, Reader]:
    """Readers of the catalogue's tables, by code."""
    return {
        reader.code: reader
        for known in formats.formats()
        for table in mapping.format_map(known).tables
        if not table.refuse
        for reader in [Reader(table)]
    }


def readers_of(spec: Mapping[str, Any], *, place: str) -> list[Reader]:
    """Readers of a map that someone wrote. Its name must not be one of the catalogue's."""
    found = mapping.load_map(spec)
    if any(found.format.code == known.code for known in formats.formats()):
        raise Refused(
            f"{place}: the name “{found.format.code}” belongs to a map of the catalogue. Choose another `format:`."
        )
    return [Reader(table, own=True) for table in found.tables if not table.refuse]


def reader_for(agency: str, code: str) -> Reader | None:
    """The reader that rows of this table were taken in with, and what the agency's people settled since."""
    found = plain_reader(agency, code)
    return None if found is None else found.as_settled(decisions_for(agency))


def plain_reader(agency: str, code: str) -> Reader | None:
    """The same by the lists alone."""
    if code in shipped():
        return shipped()[code]
    kept = ColumnMap.objects.filter(agency__code=agency, table=code).order_by("-version").first()
    if kept is None:
        return None
    return next((r for r in readers_of(kept.map, place=kept.name) if r.code == code), None)


def fingerprint(columns: Sequence[str]) -> str:
    """The same for the same set of headers, in any order and spelling habit."""
    folded = sorted({recognition.header_words(column) for column in columns})
    return hashlib.sha256("\x00".join(folded).encode()).hexdigest()


def fits(reader: Reader, columns: Sequence[str]) -> bool:
    """Every column that the map needs is there."""
    bound = recognition.bind(reader.map.table, columns)
    needed = [name for name, column in reader.map.table.columns.items() if column.required]
    needed += list(reader.map.table.key)
    return bool(bound.places) and all(name in bound.places for name in needed)


@dataclass(frozen=True, slots=True)
class Chosen:
    """`choices` are the candidates when a person must say; `refused` why a known table is not taken."""

    reader: Reader | None
    refused: str = ""
    choices: list[str] = field(default_factory=list)
    extra: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def choose(columns: Sequence[str], *, agency: str, given: Mapping[str, Any] | None, name: str) -> Chosen:
    """Find the map for a table with these columns, with what the agency's people settled of its values."""
    found = _chosen(columns, agency=agency, given=given, name=name)
    if found.reader is None:
        return found
    return replace(found, reader=found.reader.as_settled(decisions_for(agency)))


def _chosen(columns: Sequence[str], *, agency: str, given: Mapping[str, Any] | None, name: str) -> Chosen:
    if given:
        readers = readers_of(given, place="the map given with the file")
        fitting = [reader for reader in readers if fits(reader, columns)]
        if fitting:
            return chosen(fitting[0], columns)
        # A workbook may hold other sheets beside the one the map is for.
        other = known(columns, agency=agency)
        if other.reader is not None or other.refused:
            return other
        wanted = ", ".join(c for r in readers for c in r.map.table.columns)
        raise Refused(
            f"The map does not fit the table {name}: it needs the columns {wanted}, "
            f"the table has {', '.join(columns)}."
        )
    return known(columns, agency=agency)


def known(columns: Sequence[str], *, agency: str) -> Chosen:
    """The agency's own map for these columns, else the catalogue's."""
    kept = (
        ColumnMap.objects.filter(agency__code=agency, columns=fingerprint(columns))
        .order_by("-version")
        .first()
    )
    if kept is not None:
        own = next((r for r in readers_of(kept.map, place=kept.name) if fits(r, columns)), None)
        if own is not None:
            return chosen(own, columns)
    found = recognition.recognise(columns, formats.formats(), agency=agency)
    best = recognition.settle(found)
    if best is None:
        return Chosen(None, choices=[f"{item.format.code}.{item.table.name}" for item in found[:5]])
    if best.refused_because:
        return Chosen(None, refused=best.refused_because)
    return chosen(shipped()[f"{best.format.code}.{best.table.name}"], columns)


def chosen(reader: Reader, columns: Sequence[str]) -> Chosen:
    bound = recognition.bind(reader.map.table, columns)
    return Chosen(reader, extra=bound.extra, missing=bound.missing)
