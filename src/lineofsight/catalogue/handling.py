"""How careful an entry is held: from the words agencies use to whom it is shared with; and which fields are
hidden apart from the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError

SHARINGS = ("team_around", "agency_only", "named")
CODES = ("", "P", "C")
FIELD_CLASSES = ("location", "source_identity", "third_parties")


@dataclass(frozen=True, slots=True)
class Handling:
    """With whom an entry is shared (`sharing`, `conceal`), under which police code, and whether it is of a
    sensitive kind."""

    sharing: str = "team_around"
    conceal: bool = False
    handling: str = ""
    sensitivity: str = ""


@dataclass(frozen=True, slots=True)
class HandlingClass:
    code: str
    sharing: str
    says: str
    conceal: bool = False
    handling: str = ""


@cache
def classes() -> dict[str, HandlingClass]:
    place = book.find("handling.yaml")
    found = {}
    for number, row in enumerate(book.rows("handling.yaml", "classes"), start=1):
        try:
            made = HandlingClass(**row)
        except TypeError as error:
            raise CatalogueError(
                f"{place}, class {number}: a key is missing or unknown ({error})."
            ) from error
        if made.sharing not in SHARINGS or made.handling not in CODES:
            raise CatalogueError(
                f"{place}, class {made.code}: sharing is one of {', '.join(SHARINGS)}, handling P, C or nothing."
            )
        found[made.code] = made
    return found


@cache
def sensitive_kinds() -> dict[str, str]:
    """Kind of event -> the sensitive category it belongs to."""
    return {
        kind: str(row["category"]) for row in book.rows("handling.yaml", "sensitive") for kind in row["kinds"]
    }


@cache
def shared_clinical() -> frozenset[str]:
    return frozenset(book.read("handling.yaml").get("shared_clinical", ()))


@cache
def of(code: str, kind: str) -> Handling:
    """What a source's word for handling means for an entry of this kind."""
    known = classes()
    if code not in known:
        raise CatalogueError(f"{code!r} is no class of handling in handling.yaml.")
    given = known["standard" if kind in shared_clinical() and code == "confidential" else code]
    return Handling(given.sharing, given.conceal, given.handling, sensitive_kinds().get(kind, ""))


# --- fields ----------------------------------------------------------------------------------------------


@cache
def _words() -> dict[str, re.Pattern[str]]:
    given = book.read("handling.yaml").get("fields", {})
    if set(given) != set(FIELD_CLASSES):
        raise CatalogueError(f"{book.find('handling.yaml')}: fields must be {', '.join(FIELD_CLASSES)}.")
    return {
        name: re.compile(r"(?:^|\s)(?:" + "|".join(re.escape(word) for word in words) + r")s?(?:\s|$)")
        for name, words in given.items()
    }


@cache
def class_of_field(name: str) -> str:
    """'location', 'source_identity', 'third_parties', or '' for a field that is not hidden apart."""
    plain = re.sub(r"[^a-z]+", " ", name.casefold()).strip()
    return next((kind for kind, pattern in _words().items() if pattern.search(plain)), "")
