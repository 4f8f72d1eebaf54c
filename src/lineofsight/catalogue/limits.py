"""How much of a file from outside is taken in, as the partnership's rule book says."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Each in the unit that its name or its row in limits.yaml says."""

    upload_mib: int
    file_mib: int
    unpacked_mib: int
    entries: int
    ratio: int
    cells: int
    tree_mib: int
    depth: int
    columns: int
    tables: int
    pages: int
    letters: int
    words_seconds: int
    memory_mib: int
    seconds: int
    cpu_seconds: int


@cache
def limits() -> Limits:
    place = book.find("limits.yaml")
    found: dict[str, int] = {}
    for row in book.rows("limits.yaml", "limits"):
        name, value = str(row.get("name", "")), row.get("value")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise CatalogueError(f"{place}, {name}: the value must be a whole number above nought.")
        if not row.get("source"):
            raise CatalogueError(f"{place}, {name}: say where this limit comes from (source:).")
        found[name] = value
    known = {field.name for field in fields(Limits)}
    if found.keys() != known:
        odd = ", ".join(sorted(found.keys() ^ known))
        raise CatalogueError(f"{place}: the limits must be exactly the known ones; look at {odd}.")
    return Limits(**found)


def table() -> list[tuple[str, int, str, str, str]]:
    """For the manual: name, value, unit, meaning, source."""
    return [
        (row["name"], row["value"], row["unit"], row["meaning"], row["source"])
        for row in book.rows("limits.yaml", "limits")
    ]
