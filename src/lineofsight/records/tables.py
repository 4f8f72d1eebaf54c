"""A table found in a file: its name, its column names, its rows; and the row in which the names stand.

Plain Python without Django or catalogue, because it also runs in the small process that opens files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | datetime | time | timedelta | None

LOOK_FOR_HEADER = 30
_NUMBER = re.compile(r"[-+£]?[\d.,/: -]+%?")


@dataclass(slots=True)
class TableSource:
    """One table: `name` is the sheet's name or the file's stem; rows come with their number in the file.

    `notes` says what was odd about the file; it grows while rows are read."""

    name: str
    headers: list[str]
    rows: Iterator[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)


def cell_text(cell: Cell) -> str:
    """A cell as text: dates as ISO, whole numbers without a point, hard spaces as spaces."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.replace("\xa0", " ").strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, datetime):
        if cell.time() == time(0):
            return cell.date().isoformat()
        return f"{cell:%Y-%m-%d %H:%M:%S}" if cell.second else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}" if cell.second else f"{cell:%H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return str(cell)


def table(name: str, rows: Iterator[tuple[int, list[Cell]]], notes: list[str]) -> TableSource | None:
    """Finds the row with the column names; None when there is none."""
    first = list(itertools.islice(rows, LOOK_FOR_HEADER))
    place = header_place([row for _, row in first])
    if place is None:
        return None
    if place:
        notes.append(f"The column names are in row {first[place][0]}; the rows above them were left out.")
    above = first[place - 1][1] if place else []
    headers = header_names(filled_from_above(first[place][1], above, notes), notes)
    rest = itertools.chain(first[place + 1 :], rows)
    return TableSource(name, headers, (pair for pair in rest if is_filled(pair[1])), notes)


def is_filled(row: list[Cell]) -> bool:
    return any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in row)


def header_place(rows: list[list[Cell]]) -> int | None:
    """The first row that is as wide as the table and made of words rather than figures."""
    filled = [[cell for cell in row if cell is not None and str(cell).strip()] for row in rows]
    widest = max((len(row) for row in filled), default=0)
    if widest < 2:
        return None
    wide = [place for place, row in enumerate(filled) if len(row) >= max(2, widest * 0.6)]
    wordy = [place for place in wide if sum(map(_is_word, filled[place])) >= len(filled[place]) * 0.6]
    return (wordy or wide)[0]


def _is_word(cell: Cell) -> bool:
    return isinstance(cell, str) and not _NUMBER.fullmatch(cell.strip())


def filled_from_above(row: list[Cell], above: list[Cell], notes: list[str]) -> list[Cell]:
    """A name that is merged over two rows stands in the upper one, where a table has two rows of names."""
    if len([cell for cell in above if cell is not None and str(cell).strip()]) < 2:
        return row
    full = list(row) + [None] * (len(above) - len(row))
    taken = [
        place
        for place, cell in enumerate(above)
        if cell is not None and str(cell).strip() and (full[place] is None or not str(full[place]).strip())
    ]
    for place in taken:
        full[place] = above[place]
    if taken:
        words = ", ".join(repr(str(above[place]).strip()) for place in taken)
        notes.append(f"These column names stand one row higher, in merged cells: {words}.")
    return full


def header_names(row: list[Cell], notes: list[str]) -> list[str]:
    names: list[str] = []
    seen: dict[str, int] = {}
    while row and (row[-1] is None or not str(row[-1]).strip()):
        row = row[:-1]
    for place, cell in enumerate(row, start=1):
        name = " ".join(str("" if cell is None else cell).replace("\ufeff", "").split()) or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            notes.append(
                f"Two columns are called {name!r}; the later one is shown as '{name} ({seen[name]})'."
            )
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names
