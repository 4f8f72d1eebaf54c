"""PDF: tagged, titled, in English, with page numbers and the marking on every page.

The typesetting is `chronology.typ`. It receives the words as data; no Typst source is ever built from what
someone typed, so a record cannot contain instructions.
"""

from __future__ import annotations

import json
import re
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from lineofsight.chronology.documents.shapes import Document
from lineofsight.chronology.documents.table import (
    SILENT_HEADING,
    Gap,
    Row,
    facts,
    headings,
    rows,
    silent,
    widths,
)

_HERE = Path(__file__).resolve().parent
_FONTS = _HERE.parents[1] / "ui" / "fonts"

# A letter sequence without a break, such as a web address, would run out of a narrow column.
_LONG_RUN = re.compile(r"[^\s\-\u200b]{19,}")
_BREAK_AFTER = 16


def write(document: Document) -> bytes:
    data = json.dumps(_data(document), ensure_ascii=False)
    try:
        return _compile(data, document, ["ua-1"])
    except typst.TypstError:
        # PDF/UA refuses a file with a letter that no font here can draw. Such a file is still tagged;
        # it only stops claiming the standard.
        return _compile(data, document, [])


def _compile(data: str, document: Document, standards: Any) -> bytes:
    made = typst.compile(
        str(_HERE / "chronology.typ"),
        root=str(_HERE),
        font_paths=_fonts(),
        sys_inputs={"data": data},
        pdf_standards=standards,
        timestamp=document.made_at.astimezone(UTC).replace(microsecond=0),  # typst refuses finer
    )
    assert isinstance(made, bytes)
    return made


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """Ours first; the system's for scripts that ours does not draw."""
    return typst.Fonts(font_paths=[str(_FONTS)] if _FONTS.is_dir() else [])


def _data(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "author": document.made_by,
        "marking": document.marking,
        "facts": [
            [name, breakable(value) if name != "Contents hash" else value] for name, value in facts(document)
        ],
        "withheld": document.withheld,
        "notes": list(document.notes),
        "headings": list(headings(document)),
        "widths": list(widths(document)),
        "silent": {"heading": SILENT_HEADING, "lines": silent(document)} if document.meeting else None,
        "rows": [_row(row) for row in rows(document)],
    }


def _row(row: Row | Gap) -> dict[str, Any]:
    if isinstance(row, Gap):
        return {"gap": row.text}
    cells = [[[words.tone, breakable(words.text)] for words in cell] for cell in row.cells]
    return {"cells": cells, "keep": row.keep_together}


def breakable(text: str) -> str:
    """The same words, with places to break inside very long ones."""
    return _LONG_RUN.sub(lambda run: _broken(run.group()), text)


def _broken(run: str) -> str:
    return "\u200b".join(run[start : start + _BREAK_AFTER] for start in range(0, len(run), _BREAK_AFTER))
