"""A map says how one table of an agency is read: shipped in the catalogue, written by a person, or drafted
from a file that nobody knows yet. All three have one shape and one reader.

Reading keeps every cell as it was written. A cell that cannot be understood is reported in words and kept;
only a row without a key or without a person is kept aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError, Refused
from lineofsight.catalogue.formats import read_format
from lineofsight.catalogue.tables import CodeList, Column, Format, Join, Table
from lineofsight.people.identifiers import check
from lineofsight.records import dates, drafting
from lineofsight.records.fields import key_of
from lineofsight.records.recognition import Binding, bind, header_words
from lineofsight.records.shapes import ParsedRow, Problem
from lineofsight.records.tables import Cell, TableSource, cell_text
from lineofsight.records.values import YES_NO, ValueLookup

LONGEST_KEY = 200
_LIST_SPLIT = re.compile(r"\s*[;|\n]\s*|\s*,\s*(?![^()]*\))")


@dataclass(frozen=True, eq=False)
class TableMap:
    """One table with all that is needed to read it. `name` is unique: 'police_missing.report'."""

    format: Format
    table: Table

    @property
    def name(self) -> str:
        return f"{self.format.code}.{self.table.name}"

    @property
    def system(self) -> str:
        """The id space of its people's numbers, within the sending agency."""
        return self.format.system

    @property
    def scope(self) -> str:
        return self.table.scope

    @property
    def refuse(self) -> str:
        return self.table.refuse

    @property
    def joins(self) -> tuple[Join, ...]:
        return self.table.joins

    def joined_name(self, join: Join) -> str:
        """The `name` of the map that reads the other table."""
        return f"{self.format.code}.{join.table}"

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Its own columns, and those of joined tables as `join.column`."""
        found = dict(self.table.columns)
        for join in self.joins:
            other = self.format.table(join.table)
            if other is not None:
                found |= {f"{join.name}.{name}": column for name, column in other.columns.items()}
        return found

    @cached_property
    def lists(self) -> dict[str, CodeList]:
        """The code list of each coded column."""
        found = {}
        for name, column in self.columns.items():
            if column.codes:
                found[name] = self.format.codes[column.codes]
            elif column.type == "flag":
                found[name] = YES_NO
        return found

    @cached_property
    def fields(self) -> dict[str, str]:
        """The field of each coded column, by which people settle what its spellings mean."""
        return {name: key_of(self.format, self.columns[name]) for name in self.lists}

    def values(self, remembered: Mapping[str, Mapping[str, str]] | None = None) -> ValueLookup:
        """Its code lists, with the spellings that the agency settled before: {column: {raw: code}}."""
        return ValueLookup(self.lists, remembered)

    def items(self, column: str, raw: str) -> list[str]:
        """The parts of a cell that holds several, as a list with separators or as JSON."""
        if raw[:1] in "[{":
            packed = _packed(raw)
            if packed is not None:
                return packed
        split = self.columns[column].split
        parts = raw.split(split) if split else _LIST_SPLIT.split(raw)
        return [part.strip() for part in parts if part.strip()]

    def to_dict(self) -> dict[str, Any]:
        """The whole map as plain data: the table first, then the tables joined to it."""
        wanted = [self.table.name, *(join.table for join in self.joins)]
        rows = {str(row["name"]): row for row in self.format.spec["tables"]}
        used = {
            column.codes
            for name in wanted
            for column in (self.format.table(name) or self.table).columns.values()
        }
        codes = {name: part for name, part in (self.format.spec.get("codes") or {}).items() if name in used}
        kept = {
            key: value for key, value in self.format.spec.items() if key not in ("tables", "codes", "quirks")
        }
        tables = [rows[name] for name in dict.fromkeys(wanted)]
        # The tables joined to this one are only read, so their own people and entries do not travel along.
        tables[1:] = [
            {k: v for k, v in row.items() if k not in ("joins", "person", "entries")} for row in tables[1:]
        ]
        whole: dict[str, Any] = _plain({**kept, **({"codes": codes} if codes else {}), "tables": tables})
        return whole

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> TableMap:
        return load_map(content).tables[0]

    def to_yaml(self) -> str:
        return yaml.dump(self.to_dict(), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=110)


def _plain(content: Any) -> Any:
    """Keys as words, whatever YAML took them for, so that the map survives being kept as JSON."""
    if isinstance(content, Mapping):
        return {("on" if key is True else str(key)): _plain(value) for key, value in content.items()}
    return [_plain(item) for item in content] if isinstance(content, (list, tuple)) else content


class _PlainDumper(yaml.SafeDumper):
    """Writes a part that is used twice in full each time: a person reads and edits the result."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _packed(raw: str) -> list[str] | None:
    """What a JSON cell holds. Some systems write every possible key, and leave empty what does not hold."""
    try:
        content = json.loads(raw)
    except ValueError:
        return None
    found: list[str] = []
    _unpack(content, found)
    return list(dict.fromkeys(found))


def _unpack(content: Any, found: list[str]) -> None:
    if isinstance(content, dict):
        for key, value in content.items():
            if str(value).strip().casefold() in ("y", "yes", "true", "1"):
                found.append(str(key).strip())
            elif str(value).strip().casefold() not in ("n", "no", "false", "0", "none", ""):
                _unpack(value, found)
    elif isinstance(content, list):
        for item in content:
            _unpack(item, found)
    elif content is not None and str(content).strip():
        found.append(str(content).strip())


@dataclass(frozen=True, eq=False)
class FormatMap:
    format: Format
    tables: tuple[TableMap, ...]

    def table(self, name: str) -> TableMap:
        for table in self.tables:
            if table.table.name == name:
                return table
        raise CatalogueError(f"{self.format.code} has no table {name!r}.")


def format_map(format_: Format) -> FormatMap:
    return FormatMap(format_, tuple(TableMap(format_, table) for table in format_.tables))


def load_map(source: Path | str | Mapping[str, Any]) -> FormatMap:
    """A column map from a file, from YAML text or from `to_dict`."""
    if isinstance(source, Mapping):
        return format_map(read_format(source, "this map"))
    if isinstance(source, Path) or ("\n" not in source and source.endswith((".yaml", ".yml"))):
        path = Path(source)
        if not path.is_file():
            raise CatalogueError(f"{path}: there is no such map file.")
        place, text = str(path), path.read_text(encoding="utf-8-sig")
    else:
        place, text = "this map", source
    try:
        content = yaml.load(text, Loader=book.FastLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise CatalogueError(f"{place}{line}: this is not readable YAML ({error}).") from error
    return format_map(read_format(content or {}, place))


def suggest(
    headers: Sequence[str], sample_rows: Sequence[Sequence[Cell]], *, name: str = "my_table"
) -> TableMap:
    """A first map for a table that nobody knows, for a person to correct."""
    rows = [[cell_text(cell) for cell in row] for row in sample_rows]
    return load_map(drafting.draft(headers, rows, name)).tables[0]


# Reading rows


Look = Callable[[str], Problem | None]


def parse(
    table_map: TableMap,
    source: TableSource,
    *,
    defaults: Mapping[str, str] | None = None,
    values: ValueLookup | None = None,
) -> Iterator[ParsedRow]:
    """Every row of a table, with what is wrong about it in words. `defaults` fill empty cells by column."""
    if table_map.refuse:
        raise Refused(table_map.refuse)
    table = table_map.table
    binding = bind(table, source.headers)
    filled = {**_from_file_name(table, source.name), **(defaults or {})}
    _check_columns(table_map, binding, filled, source)
    names = {place: name for name, place in binding.places.items()}
    left_out = [re.compile(pattern) for pattern in table.leave_out]
    for place, header in enumerate(source.headers):
        if place not in names and not any(p.search(header_words(header)) for p in left_out):
            names[place] = header
    width = len(source.headers)
    looks = _looks(table_map, values or table_map.values())
    needed = [c for c in table.columns.values() if c.required and c.name in binding.places]
    person = _person_missing(table_map)
    return (
        _row(table_map, number, cells, names, width, filled, looks, needed, person)
        for number, cells in source.rows
    )


def _from_file_name(table: Table, name: str) -> dict[str, str]:
    found = re.search(table.from_name, name.casefold()) if table.from_name else None
    return {key: value for key, value in found.groupdict().items() if value} if found else {}


def _check_columns(
    table_map: TableMap, binding: Binding, filled: Mapping[str, str], source: TableSource
) -> None:
    table, person = table_map.table, table_map.table.person
    lost = [name for name in binding.missing if name not in filled]
    keys = [
        name for name in table.key if name in lost and (table.columns[name].required or len(table.key) == 1)
    ]
    if keys:
        raise Refused(
            f"{source.name} cannot be read as {table.title}: no column {' or '.join(map(repr, keys))}, "
            "which tells one row from another. Check the export, or make a column map for it."
        )
    if person is not None:
        has_id = person.id and not any(name in lost for name in person.id)
        if not has_id and (not person.either or all(name in lost for name in person.either)):
            raise Refused(
                f"{source.name} cannot be read as {table.title}: no column says whom a row is about. "
                "Check the export, or make a column map for it."
            )
    for name in lost:
        if table.columns[name].required:
            source.notes.append(f"The column {name!r} is not in this table.")


def _row(
    table_map: TableMap,
    number: int,
    cells: Sequence[Cell],
    names: Mapping[int, str],
    width: int,
    filled: Mapping[str, str],
    looks: Mapping[str, Look],
    needed: Sequence[Column],
    person_missing: Callable[[Mapping[str, str]], bool],
) -> ParsedRow:
    raw: dict[str, str] = {}
    problems: list[Problem] = []
    for place, name in names.items():
        if place < len(cells):
            text = cell_text(cells[place])
            if text:
                raw[name] = text
    for name, text in filled.items():
        raw.setdefault(name, text)
    if len(cells) != width:
        problems += _ragged(cells, width, raw)
    for name, text in raw.items():
        look = looks.get(name)
        if look is not None:
            problem = look(text)
            if problem is not None:
                problems.append(problem)
    problems += [_empty(column) for column in needed if column.name not in raw]
    key, why = _key(table_map.table, raw)
    if why is not None:
        problems.append(why)
    if person_missing(raw):
        problems.append(Problem("no_person", "", "", "Nothing in the row says whom it is about.", stops=True))
    return ParsedRow(table_map.name, number, key, raw, digest(raw), tuple(problems))


def digest(raw: Mapping[str, str]) -> bytes:
    """Sixteen bytes that stand for what the row says, whatever the order of its columns."""
    joined = "\x1e".join(f"{name}\x1f{raw[name]}" for name in sorted(raw))
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _ragged(cells: Sequence[Cell], width: int, raw: dict[str, str]) -> list[Problem]:
    if len(cells) < width:
        words = (
            f"The row has {len(cells)} cells where the table has {width} columns; the rest count as empty."
        )
        return [Problem("short_row", "", str(len(cells)), words)]
    spare = {
        f"cell {width + n}": text for n, cell in enumerate(cells[width:], 1) if (text := cell_text(cell))
    }
    raw.update(spare)
    if not spare:
        return []
    words = (
        f"The row has {len(cells)} cells where the table has {width} columns, so its values may have "
        "slipped into wrong columns. Check it at the source."
    )
    return [Problem("long_row", "", str(len(cells)), words)]


def _empty(column: Column) -> Problem:
    return Problem("required_empty", column.name, "", f"{column.name} is empty but is needed.")


def _key(table: Table, raw: Mapping[str, str]) -> tuple[str, Problem | None]:
    parts = [" ".join(raw.get(name, "").split()) for name in table.key]
    lost = [
        name
        for name, part in zip(table.key, parts, strict=True)
        if not part and (table.columns[name].required or not any(parts)) and not table.key_digest
    ]
    if lost or not any(parts):
        names = ", ".join(lost or table.key)
        words = f"The row has nothing in {names}, so it cannot be told from other rows."
        return "", Problem("no_key", names, "", words, stops=True)
    key = "|".join(parts)
    if table.key_digest or len(key) > LONGEST_KEY:
        key = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return key, None


def _person_missing(table_map: TableMap) -> Callable[[Mapping[str, str]], bool]:
    person = table_map.table.person
    if person is None:
        return lambda raw: False
    # A person that a joined row names is looked for when the rows are brought together.
    own = [name for name in person.id if name in table_map.table.columns]
    if len(own) < len(person.id):
        return lambda raw: False
    either = person.either

    def missing(raw: Mapping[str, str]) -> bool:
        return not (own and all(name in raw for name in own)) and not any(name in raw for name in either)

    return missing


def _looks(table_map: TableMap, values: ValueLookup) -> dict[str, Look]:
    """What is looked at in each column."""
    found: dict[str, Look] = {}
    styles = table_map.format.dates
    for name, column in table_map.table.columns.items():
        if column.type in ("date", "datetime"):
            found[name] = _date_look(name, styles)
        elif column.type == "time":
            found[name] = _time_look(name)
        elif column.identifier:
            found[name] = _identifier_look(name, column.identifier)
        elif values.knows(name):
            found[name] = _code_look(table_map, name, values)
    return found


def _date_look(name: str, styles: tuple[str, ...]) -> Look:
    def look(text: str) -> Problem | None:
        if dates.read(text, styles) is not None:
            return None
        return Problem("unreadable_date", name, text, f'"{_short(text)}" in column {name} is not a date.')

    return look


def _time_look(name: str) -> Look:
    def look(text: str) -> Problem | None:
        if dates.read_clock(text) is not None:
            return None
        return Problem(
            "unreadable_time", name, text, f'"{_short(text)}" in column {name} is not a time of day.'
        )

    return look


def _identifier_look(name: str, kind: str) -> Look:
    def look(text: str) -> Problem | None:
        found = check(kind, text)
        if found.ok:
            return None
        words = f'"{_short(text)}" in column {name} is kept but not used to match: {found.why}.'
        return Problem("identifier_fails", name, text, words)

    return look


def _code_look(table_map: TableMap, name: str, values: ValueLookup) -> Look:
    several = table_map.columns[name].type == "codes"

    def look(text: str) -> Problem | None:
        for part in table_map.items(name, text) if several else (text,):
            if not values.read(name, part).known:
                words = (
                    f'"{_short(part)}" in column {name} is not a value that we know. '
                    "Say what it means, or leave it as text."
                )
                return Problem("unknown_value", name, part, words)
        return None

    return look


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
