"""What the product promises about security, item by item, with the tests that show it (`security.yaml`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from lineofsight.catalogue.book import FastLoader
from lineofsight.catalogue.errors import CatalogueError

FILE = Path(__file__).with_name("security.yaml")


@dataclass(frozen=True, slots=True)
class Item:
    """`shown`: tests, named from `tests/` on as `file::test`. `not_yet`: what none of them shows, and why."""

    id: str
    must: str
    shown: tuple[str, ...] = ()
    not_yet: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: tuple[Item, ...]


@cache
def sections() -> tuple[Section, ...]:
    content = yaml.load(FILE.read_text(encoding="utf-8"), Loader=FastLoader)  # noqa: S506 (a safe loader)
    return tuple(Section(part["title"], tuple(map(item, part["items"]))) for part in content["sections"])


def item(row: dict[str, object]) -> Item:
    try:
        read = Item(**{**row, "shown": tuple(row.get("shown", ()))})  # type: ignore[arg-type]
    except TypeError as error:
        raise CatalogueError(f"{FILE}: {row.get('id')} has a missing or unknown key ({error}).") from error
    if not read.shown and not read.not_yet:
        raise CatalogueError(f"{FILE}: {read.id} names neither a test nor why there is none.")
    return read


def parts() -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    """Title and rows of each section, for the manual."""
    for section in sections():
        yield section.title, [(i.id, i.must, tests(i), i.not_yet) for i in section.items]


def tests(shown: Item) -> str:
    return "; ".join(f"[{name(test)}](../../tests/{test.partition('::')[0]})" for test in shown.shown)


def name(test: str) -> str:
    """`house/test_x.py::test_nobody_may` as the sentence that it is."""
    return test.partition("::")[2].removeprefix("test_").replace("_", " ").replace(" s ", "’s ")
