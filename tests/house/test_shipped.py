"""What is shipped: no styles or scripts inside templates, and nothing that is fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lineofsight

HOUSE = Path(lineofsight.__file__).parent
TEMPLATES = sorted(HOUSE.rglob("*.jinja"))
STATIC = sorted(
    path
    for path in HOUSE.glob("*/static/**/*")
    if path.suffix in {".css", ".js", ".svg", ".html", ".map", ".json"}
)
ELSEWHERE = re.compile(r"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
#: Names that are never fetched: they say which language a drawing is written in.
NAMES = re.compile(r"http://www\.w3\.org/(?:XML/)?\d{4}/[\w/]+|http://purl\.org/[\w/.]+")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_styles_or_handlers_inside(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle\s*=\s*[\"']", text)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"\|\s*safe\b", text), "what is marked safe escapes nothing"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_fetches_from_elsewhere(template: Path) -> None:
    text = NAMES.sub("", template.read_text(encoding="utf-8"))
    assert not re.search(r"(?:src|data|action)\s*=\s*[\"'](?:https?:)?//", text)
    assert not re.search(r"<link[^>]*href\s*=\s*[\"'](?:https?:)?//", text)


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_no_static_file_fetches_from_elsewhere(path: Path) -> None:
    text = NAMES.sub("", path.read_text(encoding="utf-8"))
    if path.suffix == ".css":
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;", text) == []
    elif path.suffix == ".js":
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert re.findall(r"""["'`](?:https?:)?//[a-z0-9-]+\.[a-z][^"'`]*["'`]""", code, re.IGNORECASE) == []
    else:
        assert ELSEWHERE.findall(text) == []


def test_there_is_something_to_look_at() -> None:
    assert len(TEMPLATES) > 10 and len(STATIC) > 1
