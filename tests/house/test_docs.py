"""The manual keeps up with the product: reference pages are fresh, links lead somewhere, nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lineofsight.desk import handbook, reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
SECTIONS = [
    "Context", "Options and costs", "Decision", "Consequences", "How it is enforced",
    "What would change our mind",
]  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)")
LARGEST_PICTURE = 300_000


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    return reference.pages()


def test_the_reference_pages_are_as_the_code_is(fresh: dict[str, str]) -> None:
    stale = [name for name, words in fresh.items() if (DOCS / name).read_text(encoding="utf-8") != words]
    assert stale == [], "run: lineofsight reference"


def test_every_command_of_ours_is_in_the_manual() -> None:
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in reference.our_commands() if f"\n## {name}\n" not in page] == []


def test_every_setting_that_the_code_reads_has_words() -> None:
    assert reference.settings_in_code() - set(reference.SETTINGS) == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    words = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = [
        link
        for link in LINK.findall(words)
        if not link.startswith(("http://", "https://", "mailto:"))
        and not resolves(page, *link.partition("#")[::2])
    ]
    assert broken == []


def resolves(page: Path, path: str, anchor: str) -> bool:
    target = (page.parent / path) if path else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target)


def anchors(page: Path) -> set[str]:
    """Headings as links name them: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_every_decision_has_its_sections(decision: Path) -> None:
    words = decision.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", words, flags=re.MULTILINE) == SECTIONS
    assert words.startswith(f"# {int(decision.name[:4])}. ")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_pictures_are_small_and_used() -> None:
    written = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = list((DOCS / "images").glob("*.png"))
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE] == []
    assert [path.name for path in pictures if path.name not in written] == []


def test_the_guide_may_hold_only_what_the_manual_can_show() -> None:
    reader = handbook.Markdown()
    reader.feed("<h2>A &amp; B</h2><ol><li><strong>One</strong>, then\n  <code>two</code>.</li></ol>")
    assert "".join(reader.parts) == "\n\n## A & B\n\n1. **One**, then `two`."
    with pytest.raises(Exception, match="may not hold <table>"):
        reader.feed("<table>")
