"""Coded fields: what a person settles spellings for.

A code list of a format is one field, whichever of its columns use it, so that what "Health Visitor" means as
the source of a contact need not be said again for a referral. A column that asks yes or no is a field of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lineofsight.catalogue import formats
from lineofsight.catalogue.tables import CodeList, Column, Format
from lineofsight.records.recognition import header_words
from lineofsight.records.values import YES_NO

#: A column's name can be a whole question; this much of it tells it from others.
LONGEST_KEY = 150


@dataclass(frozen=True, slots=True)
class Field:
    """`key` as decisions hold it, such as 'annex_a.source'; `columns` that it is met in."""

    key: str
    codes: CodeList
    columns: tuple[str, ...]
    format: str

    @property
    def title(self) -> str:
        return ", ".join(self.columns)


def key_of(format_: Format, column: Column) -> str:
    """The field that a column belongs to; "" when it is not coded."""
    if column.codes:
        return f"{format_.code}.{column.codes}"
    return f"{format_.code}.{column.name}"[:LONGEST_KEY] if column.type == "flag" else ""


def fields_of(format_: Format) -> dict[str, Field]:
    """The coded fields of a format or column map, by key."""
    columns: dict[str, dict[str, None]] = {}
    lists: dict[str, CodeList] = {}
    for table in format_.tables:
        for column in table.columns.values():
            key = key_of(format_, column)
            if key:
                columns.setdefault(key, {})[column.name] = None
                lists[key] = format_.codes[column.codes] if column.codes else YES_NO
    return {key: Field(key, lists[key], tuple(names), format_.title) for key, names in columns.items()}


@cache
def shipped() -> dict[str, Field]:
    """Every coded field of the catalogue."""
    return {key: field for known in formats.formats() for key, field in fields_of(known).items()}


@cache
def _by_name() -> dict[str, tuple[Field, ...]]:
    found: dict[str, dict[str, Field]] = {}
    for field in shipped().values():
        for name in (field.key, field.codes.name, *field.columns):
            found.setdefault(header_words(name), {})[field.key] = field
    return {name: tuple(fields.values()) for name, fields in found.items()}


def named(name: str, format_: str = "") -> Field | None:
    """The field that a list of spellings calls by its key, its code list or a column. Where several formats
    know the name, the one whose words are known best."""
    exact = shipped().get(name)
    if exact is not None:
        return exact
    found = [
        field
        for field in _by_name().get(header_words(name), ())
        if not format_ or field.key.startswith(f"{format_}.")
    ]
    return max(found, key=lambda field: bool(field.codes.vocabulary), default=None)
