"""What is served is complete, ours to serve, fetches nothing from elsewhere and needs no inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lineofsight

PACKAGE = Path(lineofsight.__file__).parent
STATIC = PACKAGE / "ui" / "static" / "lineofsight"
FONTS = PACKAGE / "ui" / "fonts"
TEMPLATES = sorted(PACKAGE.glob("*/jinja2/**/*.jinja"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_templates_have_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text), "a style attribute is blocked by the page policy"
    assert "<style" not in text
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "an event attribute is blocked by the page policy"
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", text), (
        "nothing comes from elsewhere"
    )


def test_the_style_sheet_fetches_only_our_own_files() -> None:
    sheet = (STATIC / "app.css").read_text(encoding="utf-8")
    assert not sheet.startswith("\ufeff")
    for address in re.findall(r"url\(([^)]*)\)", sheet):
        name = address.strip("\"'")
        assert (STATIC / name).is_file(), name
    assert "GDS Transport" not in sheet
    assert "crest" not in sheet
    assert "@import" not in sheet


@pytest.mark.parametrize("name", ["app.js", "timeline.js", "govuk-frontend.min.js"])
def test_scripts_fetch_nothing_from_elsewhere(name: str) -> None:
    script = (STATIC / name).read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[\w./-]+", script))
    # Names of XML languages look like addresses and are never fetched.
    assert {address for address in addresses if "www.w3.org/" not in address} == set()
    assert "sourceMappingURL" not in script
    assert not re.search(r"\beval\(|new Function\(", script)
    for module in re.findall(r"(?:from|import)\s*[\"']([^\"']+)[\"']", script):
        assert (STATIC / module).is_file()


@pytest.mark.parametrize("subset", ["latin", "latin-ext"])
def test_web_fonts_are_there(subset: str) -> None:
    font = STATIC / "fonts" / f"atkinson-hyperlegible-next-{subset}-wght-normal.woff2"
    assert font.read_bytes()[:4] == b"wOF2"


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_document_fonts_are_there(weight: str) -> None:
    assert (FONTS / f"AtkinsonHyperlegibleNext-{weight}.ttf").read_bytes()[:4] == b"\0\1\0\0"


def test_licences_travel_with_what_they_cover() -> None:
    said = (STATIC / "LICENCES.txt").read_text(encoding="utf-8")
    for name in ("GOV.UK Frontend", "d3-scale", "d3-selection", "Atkinson Hyperlegible Next"):
        assert name in said
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE").read_text(encoding="utf-8").upper()


def test_no_maps_and_no_crown() -> None:
    names = [path.name for path in STATIC.rglob("*") if path.is_file()]
    assert not [name for name in names if name.endswith(".map") or "crest" in name or "crown" in name]


def test_the_twelve_badges_have_a_colour_with_enough_contrast() -> None:
    sheet = (STATIC / "app.css").read_text(encoding="utf-8")
    for number in range(1, 13):
        found = re.search(rf"\.los-badge--{number}\{{--los-badge: (#[0-9a-f]{{6}})", sheet)
        assert found, number
        assert contrast(found[1]) >= 4.5


def contrast(colour: str) -> float:
    """Of white on `colour`, by WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
