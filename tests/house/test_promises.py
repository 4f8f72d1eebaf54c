"""Every security item names tests that are there, or says why there is none yet."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from lineofsight.desk import promises, standards

TESTS = Path(__file__).resolve().parents[1]
#: How many items there are of each letter. None may be dropped from the page.
ITEMS = {"A": 41, "B": 9, "W": 4, "L": 6, "N": 6, "I": 12, "O": 6, "T": 9, "R": 16, "C": 8}


@cache
def named_in(file: str) -> frozenset[str]:
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_that_is_named_is_there() -> None:
    named = [(i.id, test) for section in promises.sections() for i in section.items for test in i.shown]
    assert [
        one for one in named if one[1].partition("::")[2] not in named_in(one[1].partition("::")[0])
    ] == []


def test_no_item_is_missing_and_none_stands_twice() -> None:
    found = [item.id for section in promises.sections() for item in section.items]
    assert len(set(found)) == len(found)
    assert {letter: sum(one.startswith(f"{letter}-") for one in found) for letter in ITEMS} == ITEMS


#: How many requirements of ASVS 5.0.0 there are of each chapter: levels 1 and 2, and those of level 3 that C-1 names.
CHAPTERS = {
    1: 28,
    2: 12,
    3: 21,
    4: 11,
    5: 13,
    6: 41,
    7: 19,
    8: 13,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 18,
    14: 13,
    15: 21,
    16: 17,
}


def test_every_requirement_of_the_standard_has_its_row() -> None:
    found = [one.id for one in standards.requirements()]
    assert len(set(found)) == len(found)
    assert {
        n: sum(one.chapter == n for one in standards.requirements()) for n in standards.CHAPTERS
    } == CHAPTERS
    assert sum(one.level == 3 for one in standards.requirements()) == 40


def test_what_shows_a_requirement_is_there_and_holds() -> None:
    items = {item.id: item for section in promises.sections() for item in section.items}
    for one in standards.requirements():
        for by in one.by:
            if "::" in by:
                assert by.partition("::")[2] in named_in(by.partition("::")[0]), (one.id, by)
            else:
                assert items[by].shown, f"{one.id} rests on {by}, which no test shows"
        for told in one.told:
            assert (TESTS.parent / told).is_file(), (one.id, told)
