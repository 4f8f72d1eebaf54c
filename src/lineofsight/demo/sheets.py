"""The files that the agencies send: columns as published, one writer per file, the same bytes every time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from lineofsight.catalogue.errors import CatalogueError
from lineofsight.demo.city import load

#: Up to here rows wait in memory and leave in the order in which a system lists them. Beyond, they are
#: written as they come, so that a city of a million needs no more memory than a small one.
SORTED_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    path: str
    agency: str
    columns: tuple[str, ...]
    sort: str = ""
    encoding: str = "utf-8"


def shipped() -> list[Sheet]:
    return [Sheet(**{**row, "columns": tuple(row["columns"])}) for row in load("files")["files"]]


class Sheets:
    """All files of one run. `add` takes cells by column name and refuses a name that the file has not."""

    def __init__(self, folder: Path, *, people: int) -> None:
        self.folder = folder
        self.sheets = {sheet.name: sheet for sheet in shipped()}
        self.counts: Counter[str] = Counter()
        self._keep = people <= SORTED_UP_TO
        self._rows: dict[str, list[list[str]]] = {name: [] for name in self.sheets}
        self._columns = {name: frozenset(sheet.columns) for name, sheet in self.sheets.items()}
        self._writers: dict[str, Any] = {}
        self._files: list[TextIO] = []
        self._per_day: Counter[tuple[str, date]] = Counter()
        self._day_room = max(80, people // 40)
        self._known: set[tuple[str, str]] = set()
        self._truth_file = self._open(folder / "truth.csv", "utf-8")
        self._truth = csv.writer(self._truth_file, lineterminator="\n")
        self._truth.writerow(["agency", "system", "local_id", "person"])

    @property
    def is_small(self) -> bool:
        """Whether the city is small enough for the long lists that a benchmark has no use for."""
        return self._keep

    def add(self, name: str, cells: Mapping[str, str]) -> None:
        if not cells.keys() <= self._columns[name]:
            unknown = ", ".join(sorted(cells.keys() - self._columns[name]))
            raise CatalogueError(f"demo/data/files.yaml: {name} has no column {unknown}.")
        get = cells.get
        row = [get(column, "") for column in self.sheets[name].columns]
        self.counts[name] += 1
        if self._keep:
            self._rows[name].append(row)
        else:
            self._writer(name).writerow(row)

    def know(self, agency: str, system: str, local_id: str, person: int) -> None:
        """Who a record really is about, once a record. For measuring the matching, never for loading."""
        if (system, local_id) not in self._known:
            self._known.add((system, local_id))
            self._truth.writerow([agency, system, local_id, person])

    def next_household(self) -> None:
        """In a large city what is known of one household is forgotten before the next."""
        if not self._keep:
            self._known.clear()

    def number(self, kind: str, day: date) -> int:
        """The next number of that day, so that later numbers belong to later days as in a real office."""
        self._per_day[kind, day] += 1
        count = self._per_day[kind, day]
        beyond, place = divmod(count, self._day_room)
        return (day.timetuple().tm_yday - 1 + 366 * beyond) * self._day_room + place

    def rows(self, name: str) -> list[list[str]]:
        """What waits to be written; only for a city small enough to be kept."""
        return self._rows[name]

    def close(self) -> None:
        if self._keep:
            for name, rows in self._rows.items():
                self._in_order(name, rows)
                writer = self._writer(name)
                for row in rows:
                    writer.writerow(row)
        else:
            for name in self.sheets:
                self._writer(name)
        for file in self._files:
            file.close()

    def _in_order(self, name: str, rows: list[list[str]]) -> None:
        sort = self.sheets[name].sort
        if sort:
            at = self.sheets[name].columns.index(sort)
            rows.sort(key=lambda row: row[at])

    def _writer(self, name: str) -> Any:
        if name not in self._writers:
            sheet = self.sheets[name]
            writer = csv.writer(self._open(self.folder / sheet.path, sheet.encoding), lineterminator="\r\n")
            writer.writerow(sheet.columns)
            self._writers[name] = writer
        return self._writers[name]

    def _open(self, path: Path, encoding: str) -> TextIO:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A system that writes in an old encoding puts a question mark where it lacks the letter.
        file = path.open("w", encoding=encoding, newline="", errors="replace", buffering=1 << 20)
        self._files.append(file)
        return file
