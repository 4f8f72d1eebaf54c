"""What a chronology document is made of, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lineofsight.catalogue.when import When


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table. `role` is the child's own part in this entry; `people` are the others in it.
    `significance` is for a meeting: what the entry signifies in the words of `marked_by`."""

    ref: str
    when: When
    agency: str
    agency_name: str
    kind: str
    title: str
    source: str
    received_at: datetime
    age: str = ""
    narrative: str = ""
    child_words: str = ""
    nature: str = "fact"
    role: str = ""
    people: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    recorded_at: datetime | None = None
    recorded_by: str = ""
    handling: str = "standard"
    conditions: str = ""
    grading: str = ""
    marks: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    significance: str = ""
    marked_by: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """Someone whose names are known, so that they can be taken out. Never printed.
    `kind` is child, adult or professional."""

    name: str
    role: str = ""
    born: str = ""
    kind: str = "adult"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The lines and what is said about them. `agencies` are the filter's words; () means all agencies.
    In an anonymised document every date stands for a whole week and is shown so.
    `meeting` names a meeting or review: its table has a column for the agencies' comments and one for what each
    entry signifies, and `silent` are the agencies that have not contributed, with whom to ring."""

    title: str
    child_name: str
    child_ref: str
    made_by: str
    made_at: datetime
    born: str = ""
    period_from: date | None = None
    period_to: date | None = None
    agencies: tuple[str, ...] = ()
    made_for: str = ""
    marking: str = "OFFICIAL-SENSITIVE"
    partnership: str = ""
    lines: tuple[Line, ...] = ()
    people: tuple[Named, ...] = ()
    withheld: str = ""
    notes: tuple[str, ...] = ()
    anonymised: bool = False
    meeting: str = ""
    silent: tuple[tuple[str, str], ...] = ()
