"""A list of (field, spelling) from anywhere, read so that anyone can ask what the importer would do with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from lineofsight.catalogue.errors import Refused
from lineofsight.records.fields import Field, named
from lineofsight.records.values import Reader, Suggestion, fold, spellings

#: What the columns of such a list may be called.
FIELD = ("field", "column", "list", "code list", "field list")
SPELLING = ("spelling", "raw value", "value", "raw", "text")
MEANING = ("meaning", "accepted code", "code", "accepted", "expected")


@dataclass(frozen=True, slots=True)
class Line:
    field: str
    spelling: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the importer does with a spelling: `mapped` to a code, `asked` of a person, or the field is unknown."""

    field: str
    spelling: str
    does: str
    code: str
    words: str
    why: str
    suggestions: tuple[Suggestion, ...] = ()


def read(text: str, place: str) -> list[Line]:
    """Lines of a CSV with a column for the field, one for the spelling and perhaps one for its meaning."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    headers = {fold(name or ""): name for name in reader.fieldnames or ()}

    def column(names: tuple[str, ...]) -> str:
        return next((headers[name] for name in names if name in headers), "")

    field, spelling, meaning = column(FIELD), column(SPELLING), column(MEANING)
    if not field or not spelling:
        raise Refused(
            f"{place}: a list of spellings needs a column “field” and a column “spelling”; "
            f"this one has {', '.join(headers.values()) or 'none'}."
        )
    return [
        Line(row[field] or "", row[spelling] or "", (row[meaning] or "") if meaning else "") for row in reader
    ]


def answer(line: Line, format_: str = "", decided: Mapping[str, Mapping[str, str]] | None = None) -> Answer:
    """What would be done with it, by the lists and words that are shipped and by what was `decided`."""
    known = named(line.field, format_)
    if known is None:
        return Answer(
            line.field, line.spelling, "not coded", "", "", "no format has a coded column of this name"
        )
    base = spellings(known.codes)
    value = Reader(known.codes, (decided or {}).get(known.key)).read(line.spelling)
    if not line.spelling.strip():
        return Answer(line.field, line.spelling, "empty", "", "", "an empty cell says nothing")
    if value.known:
        return Answer(line.field, line.spelling, "mapped", value.code, value.words, value.why)
    return Answer(line.field, line.spelling, "asked", "", "", value.why, tuple(base.suggest(line.spelling)))


def means(field: Field, meaning: str) -> str | None:
    """The code that a list's own word for a meaning stands for, with or without the letter in front."""
    values = field.codes.values
    for text in (meaning, meaning.split(")", 1)[-1], meaning.split(":", 1)[-1]):
        key = fold(text)
        for code, words in values.items():
            if key and key in (fold(code), fold(words)):
                return code
    value = spellings(field.codes).read(meaning)
    return value.code if value.known else None
