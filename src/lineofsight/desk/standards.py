"""How the product stands to OWASP ASVS 5.0, requirement by requirement (`asvs.yaml`, security requirement C-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from lineofsight.catalogue.book import FastLoader
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.desk import promises

FILE = Path(__file__).with_name("asvs.yaml")

#: By the standard's chapters, in our words.
CHAPTERS = {
    1: "Encoding and cleaning", 2: "Checking input and the order of work", 3: "In the browser", 4: "Interfaces",
    5: "Files", 6: "Signing in", 7: "Sessions", 8: "Who may do what", 9: "Tokens", 10: "OAuth and OpenID Connect",
    11: "Cryptography", 12: "Connections", 13: "Configuration", 14: "Protecting data", 15: "Code and libraries",
    16: "Logs and errors",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requirement:
    """`by`: items of security.yaml, or tests named from `tests/` on; `told`: documents from the top on; `na`: why it
    does not apply; `not_yet`: what is missing, beside what is there."""

    id: str
    level: int
    what: str
    by: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    na: str = ""
    not_yet: str = ""

    @property
    def chapter(self) -> int:
        return int(self.id.partition(".")[0])

    @property
    def state(self) -> str:
        """shown, part, not yet, or not applicable."""
        if self.na:
            return "not applicable"
        if not (self.by or self.told):
            return "not yet"
        return "part" if self.not_yet else "shown"


@cache
def requirements() -> tuple[Requirement, ...]:
    content = yaml.load(FILE.read_text(encoding="utf-8"), Loader=FastLoader)  # noqa: S506 (a safe loader)
    return tuple(map(requirement, content["requirements"]))


def requirement(row: dict[str, object]) -> Requirement:
    try:
        read = Requirement(**{**row, "by": tuple(row.get("by", ())), "told": tuple(row.get("told", ()))})  # type: ignore[arg-type]
    except TypeError as error:
        raise CatalogueError(f"{FILE}: {row.get('id')} has a missing or unknown key ({error}).") from error
    if bool(read.na) == bool(read.by or read.told or read.not_yet):
        raise CatalogueError(f"{FILE}: {read.id} must say either why it does not apply or how it stands.")
    return read


def parts() -> Iterator[tuple[str, list[tuple[str, str, str, str, str]]]]:
    """Title and rows of each chapter, for the manual."""
    for number, title in CHAPTERS.items():
        yield (
            f"{number}. {title}",
            [
                (
                    one.id,
                    str(one.level),
                    one.what,
                    shown(one),
                    one.not_yet or (one.na and f"Does not apply. {one.na}"),
                )
                for one in requirements()
                if one.chapter == number
            ],
        )


def shown(one: Requirement) -> str:
    """Where it can be seen, as links from the manual's reference pages."""
    tests = [f"[{promises.name(by)}](../../tests/{by.partition('::')[0]})" for by in one.by if "::" in by]
    items = [f"[{by}](security.md)" for by in one.by if "::" not in by]
    documents = [f"[{Path(told).stem}](../../{told})" for told in one.told]
    return "; ".join([*items, *tests, *documents])
