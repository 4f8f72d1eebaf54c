"""The scanners' own order: each rule of ours is tried, and each exception says why (C-4)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

import lineofsight

SOURCE = Path(lineofsight.__file__).parent
RULES = Path(__file__).parent / "rules"
#: A line that a scanner is told to leave alone, and what is said after it.
EXCEPTION = re.compile(
    r"#\s*(?:ruff: )?(?:noqa: S\d+|nosec\b|nosemgrep: [\w-]+)(?P<why>.*)$", flags=re.MULTILINE
)
UNESCAPED = re.compile(r"\|\s*safe\b|{%-?\s*autoescape\s+false")


def test_every_rule_of_ours_is_tried_on_what_it_finds_and_what_it_leaves() -> None:
    rules = {rule["id"] for rule in yaml.safe_load((RULES / "semgrep.yml").read_text())["rules"]}
    code = (RULES / "semgrep.py").read_text()
    assert set(re.findall(r"# ruleid: ([\w-]+)", code)) == rules
    assert set(re.findall(r"# ok: ([\w-]+)", code)) == rules


def test_every_exception_from_a_scanner_has_a_reason() -> None:
    found = [
        (path.name, match[0])
        for path in sorted(SOURCE.rglob("*.py"))
        for match in EXCEPTION.finditer(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 10
    assert [one for one in found if not re.search(r"[a-z]{3}", EXCEPTION.search(one[1])["why"])] == []


def test_no_template_switches_escaping_off() -> None:
    templates = sorted(SOURCE.rglob("*.jinja"))
    assert len(templates) > 50
    assert [path.name for path in templates if UNESCAPED.search(path.read_text(encoding="utf-8"))] == []
