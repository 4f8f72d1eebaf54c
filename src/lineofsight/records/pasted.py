"""A table that someone pastes, from Word, a spreadsheet or an e-mail, made into a file like any other.

Word pastes a cell of several paragraphs as several lines, so a line that cannot begin a row goes on with the one
before it.
"""

from __future__ import annotations

import csv
import io
import re

from lineofsight.catalogue.errors import Refused
from lineofsight.records import spans

STYLES = ("dmy", "iso", "dmonthy", "ymonthd")
#: What a chronology without headings most often holds, by its number of columns.
USUAL = {
    2: ("Date", "Event"), 3: ("Date", "Source", "Event"), 4: ("Date", "Time", "Source", "Event"),
    5: ("Date", "Time", "Source", "Event", "Action"),
}  # fmt: skip
_BAR = re.compile(r"\s*\|\s*")


def as_csv(text: str, about: dict[str, str]) -> bytes:
    """The pasted rows as CSV; `about` (whom it is about) becomes columns of it, where the table has none."""
    rows = rows_of(text)
    headings, body = rows[0], rows[1:]
    have = {heading.casefold() for heading in headings}
    more = {column: value for column, value in about.items() if value and column.casefold() not in have}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*headings, *more])
    for row in body:
        writer.writerow([*row, *[""] * (len(headings) - len(row)), *more.values()])
    return out.getvalue().encode()


def rows_of(text: str) -> list[list[str]]:
    """The heading and the rows below it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    if "\t" not in text:
        if not any("|" in line for line in lines):
            raise Refused(
                "No columns were found in what you pasted. Copy the whole table in Word or the spreadsheet and "
                "paste it here again.", field="text",
            )  # fmt: skip
        lines = [
            "\t".join(_BAR.split(line.strip().strip("|").strip()))
            for line in lines
            if not re.fullmatch(r"[\s|:+-]*", line)
        ]
    if not any(line.strip() for line in lines):
        raise Refused(
            "There are no rows in what you pasted. Copy the whole table and paste it again.", field="text"
        )
    if '"' in text and "\t" in text and text.count('"') % 2 == 0:
        # A spreadsheet puts a cell with line breaks in quotation marks.
        rows = [
            row
            for row in csv.reader(io.StringIO("\n".join(lines)), delimiter="\t")
            if any(map(str.strip, row))
        ]
        if len({len(row) for row in rows}) == 1:
            return _headed(rows)
    return _headed(_from_lines(lines))


def _from_lines(lines: list[str]) -> list[list[str]]:
    split = [[cell.strip() for cell in line.split("\t")] for line in lines]
    width = max(map(len, split))
    rows: list[list[str]] = []
    for cells in split:
        if not rows or _begins(cells, rows[-1], width):
            rows.append(cells)
        elif any(cells):
            # More of the last cell, and perhaps the cells after it.
            rows[-1][-1] = f"{rows[-1][-1]}\n{cells[0]}".strip()
            rows[-1] += cells[1:]
    return rows


def _begins(cells: list[str], before: list[str], width: int) -> bool:
    if len(before) < width and not is_date(cells[0]):
        return False
    return len(cells) == width or is_date(cells[0])


def is_date(text: str) -> bool:
    return bool(text) and spans.read(text, STYLES) is not None


def _headed(rows: list[list[str]]) -> list[list[str]]:
    if not is_date(rows[0][0]):
        if len(rows) < 2:
            raise Refused("Only a heading was pasted. Paste the rows below it too.", field="text")
        return rows
    usual = USUAL.get(max(map(len, rows)))
    if usual is None:
        raise Refused(
            "The first line is not a heading. Paste the table together with its heading, so that it is known what "
            "each column is.", field="text",
        )  # fmt: skip
    return [list(usual), *rows]
