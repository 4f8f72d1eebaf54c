"""Loading the rule book: shipped YAML, with the partnership's own files laid over it.

`LINEOFSIGHT_CATALOGUE` names a folder whose files replace the shipped file of the same path.
Everything is read once into frozen values; a bad file stops the start-up check with its place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lineofsight.catalogue.errors import CatalogueError

SHIPPED = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class AgencyKind:
    code: str
    name: str
    short: str
    letter: str
    kind: str
    badge: int
    #: First usual hour and the one that no longer is, where the agency's differ from the partnership's.
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleWords:
    code: str
    name: str
    says: str


def folders() -> tuple[Path, ...]:
    """The partnership's own folder first, then the shipped one."""
    own = os.environ.get("LINEOFSIGHT_CATALOGUE", "")
    return (Path(own), SHIPPED) if own else (SHIPPED,)


def find(name: str) -> Path:
    """The file that counts for `name`, such as 'agencies.yaml' or 'matching/model-1.yaml'."""
    for folder in folders():
        path = folder / name
        if path.is_file():
            return path
    raise CatalogueError(f"The catalogue has no file {name}. Looked in {', '.join(map(str, folders()))}.")


def names(folder: str) -> tuple[str, ...]:
    """Names of all YAML files in a catalogue folder, own and shipped, each once, sorted."""
    found = {path.name for base in folders() for path in (base / folder).glob("*.yaml")}
    return tuple(sorted(f"{folder}/{name}" for name in found))


def read(name: str) -> dict[str, Any]:
    """One YAML file as a mapping."""
    path = find(name)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=FastLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise CatalogueError(f"{path}{place}: this is not readable YAML ({error}).") from error
    if not isinstance(content, dict):
        raise CatalogueError(f"{path}: the file must hold a mapping of names to values.")
    return content


FastLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rows(name: str, key: str) -> list[dict[str, Any]]:
    """The list under `key`, each row a mapping."""
    content = read(name).get(key)
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise CatalogueError(f"{find(name)}: '{key}' must be a list of rows.")
    return content


@cache
def agencies() -> tuple[AgencyKind, ...]:
    try:
        found = tuple(
            AgencyKind(**{**row, "hours": tuple(row.get("hours", ()))})
            for row in rows("agencies.yaml", "agencies")
        )
    except TypeError as error:
        raise CatalogueError(
            f"{find('agencies.yaml')}: a row has a missing or unknown key ({error})."
        ) from error
    for one in found:
        if one.hours and not (len(one.hours) == 2 and 0 <= one.hours[0] < 24 and 0 <= one.hours[1] <= 24):
            raise CatalogueError(
                f"{find('agencies.yaml')}: hours of {one.code} are two whole hours, such as [6, 22]."
            )
    return found


@cache
def roles() -> tuple[RoleWords, ...]:
    try:
        return tuple(RoleWords(**row) for row in rows("roles.yaml", "roles"))
    except TypeError as error:
        raise CatalogueError(
            f"{find('roles.yaml')}: a row has a missing or unknown key ({error})."
        ) from error


@dataclass(frozen=True, slots=True)
class AccessFigures:
    """Numbers of the access rules; the rule each belongs to stands in `access.yaml`."""

    duty_hours: int
    emergency_minutes: int
    reason_letters: int
    unreviewed_most: int
    fresh_minutes: int
    identifiers_least: int
    pack_days: int
    small_number_most: int
    looks_days: int


@cache
def access_figures() -> AccessFigures:
    try:
        return AccessFigures(**{row["code"]: int(row["value"]) for row in rows("access.yaml", "figures")})
    except (TypeError, KeyError, ValueError) as error:
        raise CatalogueError(
            f"{find('access.yaml')}: a row is missing, unknown or no number ({error})."
        ) from error
