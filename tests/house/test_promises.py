"""Every security item names tests that are there, or says why there is none yet."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from lineofsight.desk import promises

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
