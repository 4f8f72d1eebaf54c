"""The content of a document as plain values, and the hash by which two copies can be compared.

The hash is the SHA-256 of the content as JSON: keys sorted, no spaces, UTF-8. It covers every line and the
title block, but not who made the copy and when, so that two people who print the same thing see the same
hash. A JSON file carries exactly this content, so anyone can work the hash out again.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from lineofsight.catalogue.when import When
from lineofsight.chronology.documents.dates import Dates, weekly
from lineofsight.chronology.documents.shapes import Document, Line

T = TypeVar("T")

# What XML 1.0 cannot hold (section 2.2, Char), halves of surrogate pairs among them; and the marks that
# turn reading direction around, with which a text could be made to read as something else.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def tidy(document: Document) -> Document:
    """The same document with only characters that every format can hold."""
    return _tidied(document)


def _tidied(value: T) -> T:
    if isinstance(value, str):
        return tidy_text(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(_tidied(item) for item in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _tidied(getattr(value, one.name)) for one in fields(value)})
    return value


def tidy_text(text: str) -> str:
    """One spelling for each letter, one kind of line end, nothing unprintable."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text)))


def content_hash(document: Document) -> str:
    """64 hexadecimal digits; equal when, and only when, the content is."""
    canonical = json.dumps(
        content(tidy(document)), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def dates_of(document: Document) -> Dates:
    """How this document shows its dates."""
    if not document.anonymised:
        return Dates()
    return weekly((line.when.start for line in document.lines if line.when.is_known), document.made_at)


def content(document: Document) -> dict[str, Any]:
    """Everything the hash covers; the keys are explained in plain.KEYS."""
    dates = dates_of(document)
    return {
        "title": document.title,
        "child": {"name": document.child_name, "ref": document.child_ref, "born": document.born},
        "period": {
            "from": _day(document, dates, "period_from"),
            "to": _day(document, dates, "period_to"),
        },
        "agencies": list(document.agencies),
        "marking": document.marking,
        "partnership": document.partnership,
        "anonymised": document.anonymised,
        "withheld": document.withheld,
        "notes": list(document.notes),
        "lines": [
            _line(line, dates) | (_signifies(line) if document.meeting else {}) for line in document.lines
        ],
    } | (_meeting(document) if document.meeting else {})


def _meeting(document: Document) -> dict[str, Any]:
    silent = [{"agency": agency, "contact": contact} for agency, contact in document.silent]
    return {"meeting": document.meeting, "not_contributed": silent}


def _signifies(line: Line) -> dict[str, str]:
    return {"significance": line.significance, "marked_by": line.marked_by}


def _day(document: Document, dates: Dates, name: str) -> str | None:
    day = getattr(document, name)
    if day is None:
        return None
    return dates.of_day(day) if document.anonymised else str(day.isoformat())


def _line(line: Line, dates: Dates) -> dict[str, Any]:
    return {
        "ref": line.ref,
        "when": _when(line.when, dates),
        "age": line.age,
        "agency": {"code": line.agency, "name": line.agency_name},
        "source": line.source,
        "kind": line.kind,
        "title": line.title,
        "narrative": line.narrative,
        "child_words": line.child_words,
        "nature": line.nature,
        "role": line.role,
        "people": [{"name": name, "role": role} for name, role in line.people],
        "places": list(line.places),
        "things": list(line.things),
        "recorded_by": line.recorded_by,
        "recorded_at": None if line.recorded_at is None else dates.sortable(line.recorded_at),
        "received_at": dates.sortable(line.received_at),
        "handling": line.handling,
        "conditions": line.conditions,
        "grading": line.grading,
        "marks": list(line.marks),
        "comments": list(line.comments),
    }


def _when(when: When, dates: Dates) -> dict[str, str | None]:
    known = when.is_known
    return {
        "from": dates.sortable(when.start) if known else None,
        "to": dates.sortable(when.end) if known and not dates.week_one else None,
        "precision": "week" if known and dates.week_one else when.precision,
        "shown": dates.of_when(when),
        "as_written": "" if dates.week_one else when.text,
    }
