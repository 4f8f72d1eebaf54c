"""The kinds of event that a chronology can hold, as the partnership's rule book lists them.

`harm_class` is for sorting and colour only: it is never summed and never shown as a judgement of a child.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError

FORMS = ("point", "interval")
HANDLINGS = ("standard", "restricted", "confidential")


@dataclass(frozen=True, slots=True)
class Kind:
    """`agencies` are the kinds of agency that usually record it; `signals` says why it matters;
    `source` and `verified` are given where they differ from the file's."""

    code: str
    label: str
    agencies: tuple[str, ...]
    category: str
    form: str
    harm_class: int
    handling: str
    core: bool
    signals: str = ""
    retention: str = ""
    source: str = ""
    verified: str = ""


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its code, in the order of the file."""
    place = book.find("kinds.yaml")
    found: dict[str, Kind] = {}
    for number, row in enumerate(book.rows("kinds.yaml", "kinds"), start=1):
        try:
            kind = Kind(**{**row, "agencies": tuple(row["agencies"])})
        except (TypeError, KeyError) as error:
            raise CatalogueError(f"{place}, kind {number}: a key is missing or unknown ({error}).") from error
        if kind.form not in FORMS or kind.handling not in HANDLINGS or kind.harm_class not in range(5):
            raise CatalogueError(
                f"{place}, kind {number} ({kind.code}): form must be one of {', '.join(FORMS)}, "
                f"handling one of {', '.join(HANDLINGS)}, harm_class 0 to 4."
            )
        if kind.code in found:
            raise CatalogueError(f"{place}, kind {number}: {kind.code} is there twice.")
        found[kind.code] = kind
    return found


def knows(code: str) -> bool:
    return code in kinds()


def kind(code: str) -> Kind:
    if code not in kinds():
        raise CatalogueError(f"{code!r} is not a kind of event in kinds.yaml.")
    return kinds()[code]


@cache
def alike(code: str) -> frozenset[str]:
    """Kinds under which the same thing may stand in another agency's record; the kind itself is one."""
    found = {code}
    for row in book.rows("alike.yaml", "groups"):
        unknown = [name for name in row.get("kinds", ()) if not knows(name)]
        if unknown:
            raise CatalogueError(
                f"{book.find('alike.yaml')}, {row.get('name')}: unknown kind {', '.join(unknown)}."
            )
        if code in row["kinds"]:
            found.update(row["kinds"])
    return frozenset(found)
