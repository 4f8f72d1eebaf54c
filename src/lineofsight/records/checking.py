"""What the sender of a file should look at: gathered while its rows are read, so that a report can name the rows.

A date such as 03/05/2026 is read day first. Whether that was meant shows in the column as a whole: one 05/23/2026
in it says that it was not, and a column without any day above twelve leaves it open.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lineofsight.catalogue.tables import Table
from lineofsight.records.shapes import ParsedRow, Problem

#: Of each reason, how many cells of a table are kept with their row.
KEPT = 500
_BOTH_WAYS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
#: What the reasons are called in the report, in its order.
TITLES = {
    "unreadable_date": "Dates that cannot be read",
    "ambiguous_date": "Dates that can be read two ways",
    "unreadable_time": "Times that cannot be read",
    "identifier_fails": "Numbers that fail their check",
    "unknown_value": "Values that nobody has explained",
    "required_empty": "Cells that should not be empty",
    "no_date": "Events without a date",
    "ends_before_start": "Ends before it starts",
    "short_row": "Rows with too few cells",
    "long_row": "Rows with too many cells",
}
#: What the sender can do about each.
ADVICE = {
    "unreadable_date": "Write the day as day, month and year, and export again.",
    "ambiguous_date": "Export dates with the year first (2026-05-03), so that nobody has to guess.",
    "unreadable_time": "Write the time as hours and minutes (22:40).",
    "identifier_fails": "Check the number at its source. It was kept as it is and is not used to tell who is who.",
    "unknown_value": "Say what the value means, or use the code of the return.",
    "required_empty": "Fill the cell at its source.",
    "no_date": "Add the date at its source; until then the event stands without one.",
    "ends_before_start": "One of the two dates is wrong. The end was left out.",
    "short_row": "Look at the row in the export: a cell may be missing.",
    "long_row": "Look at the row in the export: a separator inside a text may not be in quotation marks.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One cell to look at."""

    number: int
    code: str
    column: str
    value: str
    words: str


@dataclass(slots=True)
class _Dates:
    """How the dates of one column can be read."""

    day_first: int = 0
    month_first: int = 0
    both: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)


class Noticed:
    """Gathers what is odd in the rows of one table."""

    def __init__(self, table: Table, styles: Sequence[str]) -> None:
        self.counts = Counter[str]()
        self.found: list[Found] = []
        day_first = "dmy" in styles and "mdy" not in styles
        self.dates = {
            name: _Dates()
            for name, column in table.columns.items()
            if day_first and column.type in ("date", "datetime")
        }

    def row(self, row: ParsedRow, problems: Iterable[Problem] = ()) -> None:
        """A row that was taken in, with what was wrong about it when it was read and when it was told."""
        for problem in (*row.problems, *problems):
            self.note(row.number, problem)
        for name, seen in self.dates.items():
            text = row.raw.get(name)
            if text:
                self._date(row.number, text, seen)

    def note(self, number: int, problem: Problem) -> None:
        self.counts[problem.code] += 1
        if self.counts[problem.code] <= KEPT:
            self.found.append(Found(number, problem.code, problem.column, problem.value, problem.words))

    def _date(self, number: int, text: str, seen: _Dates) -> None:
        match = _BOTH_WAYS.match(text)
        if match is None:
            return
        first, second = int(match[1]), int(match[2])
        if first > 12:
            seen.day_first += 1
        elif second > 12:
            seen.month_first += 1
        elif first != second:
            seen.both += 1
            if len(seen.examples) < KEPT:
                seen.examples.append((number, text))

    def close(self) -> None:
        """All rows are read: which columns leave it open how their dates are meant."""
        for name, seen in self.dates.items():
            # A few such dates in a short file are chance; nobody wants to be asked about each.
            unsure = seen.both >= 3 and not seen.day_first
            if not seen.both or not (seen.month_first or unsure):
                continue
            why = (
                f"{seen.month_first:,} other dates in this column can only be month first"
                if seen.month_first
                else "no date in this column shows whether the day or the month comes first"
            )
            self.counts["ambiguous_date"] += seen.both
            self.found += [
                Found(
                    number,
                    "ambiguous_date",
                    name,
                    text,
                    f"“{text}” in column {name} was read day first; {why}.",
                )
                for number, text in seen.examples
            ]
