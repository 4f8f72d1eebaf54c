"""Which known table is this? Told by the column names alone, never by the file's name.

The names are folded (case, spaces, quotes straight and curly, brackets, punctuation) before they are
compared. The best overlap wins, less than sixty in a hundred is not enough, and a tie goes to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lineofsight.catalogue.tables import Format, Table
from lineofsight.records.values import fold

ENOUGH = 0.6
#: Two candidates nearer to each other than this are a tie.
TIE = 0.02


@dataclass(frozen=True, slots=True)
class Binding:
    """Where each column of a table stands in a file; `extra` are headers that it does not know."""

    places: Mapping[str, int]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """`overlap` from 0 to 1; `missing` columns the file lacks, `extra` headers the table does not know."""

    format: Format
    table: Table
    overlap: float
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def refused_because(self) -> str:
        return self.table.refuse


def header_words(header: str) -> str:
    """A header without habits of spelling; one made of signs alone stays as it is."""
    return fold(header) or header.strip()


def _known_texts(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in table.columns.values():
        for alias in column.aliases:
            found.setdefault(header_words(alias), column.name)
    return found | {header_words(name): name for name in table.columns}


def bind(table: Table, headers: Sequence[str]) -> Binding:
    """The exact name first, then aliases, then patterns; each column takes one header, the leftmost."""
    texts = _known_texts(table)
    places: dict[str, int] = {}
    extra: list[int] = []
    for place, header in enumerate(headers):
        name = texts.get(header_words(header))
        if name is not None and name not in places:
            places[name] = place
        else:
            extra.append(place)
    for column in table.columns.values():
        if column.name in places or not column.patterns:
            continue
        for place in extra:
            words = header_words(headers[place])
            if any(re.search(pattern, words) for pattern in column.patterns):
                places[column.name] = place
                extra.remove(place)
                break
    missing = tuple(name for name in table.columns if name not in places)
    return Binding(places, missing, tuple(headers[place] for place in extra))


def recognise(
    headers: Sequence[str], formats: Iterable[Format], *, agency: str | None = None
) -> list[Recognised]:
    """Known tables that these headers may be, best first; those of the sending agency go before others."""
    found = []
    for format_ in formats:
        ours = agency is None or not format_.agencies or agency in format_.agencies
        for table in format_.tables:
            binding = bind(table, headers)
            overlap = _overlap(table, binding, len(headers))
            if overlap >= ENOUGH:
                item = Recognised(format_, table, overlap, binding.missing, binding.extra)
                found.append(
                    (-round(overlap, 6), not ours, len(binding.missing), format_.code, table.name, item)
                )
    return [row[-1] for row in sorted(found, key=lambda row: row[:-1])]


def _overlap(table: Table, binding: Binding, width: int) -> float:
    """The share of the table that is there. A file with all that is required may leave the rest out, so there
    the share of its own headers that the table knows counts too."""
    wanted = [name for name, column in table.columns.items() if not _from_name(table, name)]
    whole = sum(name in binding.places for name in wanted) / len(wanted)
    # A key that is a digest of whatever is filled asks for no column of its own.
    in_key = () if table.key_digest else table.key
    needed = [name for name in wanted if table.columns[name].required or name in in_key]
    if len(binding.places) >= 3 and needed and all(name in binding.places for name in needed) and width:
        # A little below a full match, so that a table which knows every column is preferred.
        return max(whole, 0.98 * len(binding.places) / width)
    return whole


def _from_name(table: Table, column: str) -> bool:
    return bool(table.from_name) and f"?P<{column}>" in table.from_name


def settle(recognised: Sequence[Recognised]) -> Recognised | None:
    """The one table that it is; None when there is none or when two are as likely, so a person must say."""
    if not recognised:
        return None
    best = recognised[0]
    rivals = [item for item in recognised[1:] if best.overlap - item.overlap < TIE]
    return None if rivals else best
