"""The worked examples of the access rules, asked by every route (security requirements B-8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lineofsight.catalogue.errors import Refused
from lineofsight.config.cases import reading
from lineofsight.config.cases.answers import answers
from lineofsight.people.models import SourceIdentity

FILE = Path(__file__).resolve().parents[1] / "samples" / "access" / "cases.yaml"
AS_SETS = ("full", "pointers", "hits", "shown", "included", "redacted")


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, Any]]:
    return {case["id"]: case["expect"] for case in yaml.safe_load(FILE.read_text(encoding="utf-8"))["cases"]}


def test_every_example_is_decided_as_it_should_by_every_route(db: None, expected: dict[str, Any]) -> None:
    rows = answers(reading.read(FILE))
    assert {row["id"] for row in rows} == set(expected)
    assert {row["route"] for row in rows} == {"service", "page", "list", "search"}
    wrong = [
        (row["id"], row["route"], found) for row in rows if (found := differences(expected[row["id"]], row))
    ]
    assert wrong == []
    assert not SourceIdentity.objects.exists(), "the store is as empty as before"


def differences(expect: dict[str, Any], row: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = [("leaks", [], row["leaks"])] if "leaks" in row else []
    for key, value in expect.items():
        given = row.get(key)
        if key in AS_SETS:
            same = sorted(given or []) == sorted(value)
        elif key in ("hidden", "effects"):
            same = set(value) <= set(given or [])
        else:
            same = given == value
        if not same:
            found.append((key, value, given))
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "access-cases/2"}, "schema must be"),
        ({"colour": "red"}, "unknown key colour"),
        ({"world": {"pets": []}}, "unknown key pets"),
        ({"world": {"users": [{"id": "amy", "shoe": 5}]}}, "users amy: unknown key shoe"),
        ({"cases": [{"id": "X", "actor": "amy", "action": "fly"}]}, "no action 'fly'"),
        ({"cases": [{"id": "X", "actor": "a", "action": "export", "context": {"to": 1}}]}, "unknown key to"),
        ({"now": "tomorrow"}, "is no date"),
    ],
)
def test_what_is_unknown_in_a_file_is_named(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    content = {"schema": "access-cases/1", "now": "2026-03-10T10:00:00Z", "world": {}, "cases": []} | change
    path = tmp_path / "cases.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(Refused, match=words):
        reading.read(path)
