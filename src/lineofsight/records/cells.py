"""Looking into a row as a map's rules do: its cells, those of joined rows, their codes, words and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from lineofsight.catalogue.tables import Choice, Condition
from lineofsight.records import dates
from lineofsight.records.mapping import TableMap
from lineofsight.records.values import ValueLookup, fold

Joined = Mapping[str, Mapping[str, str]]


class Row:
    """One row being told: `raw` its own cells, `joined` the rows brought to it, `values` what codes mean. A `brief`
    telling says which events there are and when, without their words."""

    __slots__ = ("brief", "joined", "raw", "values")

    def __init__(
        self, raw: Mapping[str, str], joined: Joined, values: ValueLookup, brief: bool = False
    ) -> None:
        self.raw, self.joined, self.values, self.brief = raw, joined, values, brief


Text = Callable[[Row], str]
Truth = Callable[[Row], bool]


class Cells:
    """Makes the small functions by which a compiled map reads a row."""

    def __init__(self, table_map: TableMap) -> None:
        self.map = table_map
        self.styles = table_map.format.dates

    def text(self, name: str) -> Text:
        """The cell as it was written, '' when empty or not named."""
        if not name:
            return lambda row: ""
        if name in self.map.table.columns:
            return lambda row: row.raw.get(name, "")
        join, _, column = name.partition(".")
        return lambda row: row.joined[join].get(column, "") if join in row.joined else ""

    def code(self, name: str) -> Text:
        """The code of a coded cell; other cells as they are."""
        text = self.text(name)
        if name not in self.map.lists:
            return text

        def code(row: Row) -> str:
            cell = text(row)
            return row.values.read(name, cell).code if cell else ""

        return code

    def words(self, name: str) -> Text:
        """The cell for a reader: what its code means, its date in words."""
        text = self.text(name)
        column = self.map.columns[name]
        if column.type in ("codes", "list"):

            def several(row: Row) -> str:
                cell = text(row)
                return (
                    ", ".join(row.values.read(name, part).words for part in self.map.items(name, cell))
                    if cell
                    else ""
                )

            return several
        if name in self.map.lists:

            def meaning(row: Row) -> str:
                cell = text(row)
                return row.values.read(name, cell).words if cell else ""

            return meaning
        if column.type in ("date", "datetime"):
            return lambda row: day_words(cell, self.styles) if (cell := text(row)) else ""
        if column.type == "number":
            return lambda row: text(row).removesuffix(".0")
        return text

    def choice(self, choice: Choice) -> Text:
        """A fixed word, or the one that a column chooses."""
        if not choice.column:
            return lambda row: choice.constant
        code, words = self.code(choice.column), self.words(choice.column)
        values = choice.values

        def chosen(row: Row) -> str:
            found = code(row)
            return values.get(found) or choice.constant or (words(row) if not values else "")

        return chosen

    def truth(self, condition: Condition | None) -> Truth:
        if condition is None:
            return lambda row: True
        if condition.op in ("all", "any", "not"):
            parts = [self.truth(part) for part in condition.parts]
            if condition.op == "any":
                return lambda row: any(part(row) for part in parts)
            if condition.op == "not":
                return lambda row: not any(part(row) for part in parts)
            return lambda row: all(part(row) for part in parts)
        return self._ask(condition)

    def _ask(self, condition: Condition) -> Truth:
        name, text, code = condition.column, self.text(condition.column), self.code(condition.column)
        wanted = {fold(value) or value for value in condition.values}
        match condition.op:
            case "filled":
                expected = condition.values != ("no",)
                return lambda row: bool(text(row)) is expected
            case "in":
                return lambda row: (fold(code(row)) or code(row)) in wanted
            case "not_in":
                return lambda row: (fold(code(row)) or code(row)) not in wanted
            case "has":
                items = self.map.items

                def has(row: Row) -> bool:
                    cell = text(row)
                    read = row.values.read
                    return any(
                        (fold(read(name, part).code) or part) in wanted for part in items(name, cell) if cell
                    )

                return has
            case "words":
                # Whole words or their beginnings: "stab" finds stabbed and stabbing.
                pattern = re.compile(r"\b(?:" + "|".join(re.escape(value) for value in sorted(wanted)) + ")")
                return lambda row: bool(pattern.search(fold(text(row))))
            case "matches":
                expression = re.compile("|".join(condition.values), re.IGNORECASE)
                return lambda row: bool(expression.search(text(row)))
            case _:
                floor = float(condition.values[0])
                return lambda row: number(text(row)) > floor


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("-inf")


def day_words(text: str, styles: tuple[str, ...]) -> str:
    """A date for a title: 3 May 2026. What cannot be read stays as it was written."""
    stamp = dates.read(text, styles)
    if stamp is None:
        return text
    if stamp.precision in ("month", "year"):
        return f"{stamp.day:%B %Y}" if stamp.precision == "month" else f"{stamp.day:%Y}"
    return long_day(stamp.day)


def long_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
