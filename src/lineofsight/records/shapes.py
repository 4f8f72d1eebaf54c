"""What a source row becomes before it reaches any table: the contract between reading and storing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lineofsight.catalogue.when import When

Statement = dict[str, Any]
"""What one source row says about one person. Keys: kind, names, birth, sex, gender, ethnicity,
identifiers, addresses, phones, emails, school, gp, workers, status, relationships, restricted."""


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone named in a row. `local_id` is the sending system's own number, or ''."""

    name: str
    role: str
    local_id: str = ""


@dataclass(frozen=True, slots=True)
class ThingRef:
    """A place, phone, vehicle, online handle or item named in a row."""

    kind: str
    value: str
    label: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class DerivedEntry:
    """One chronology entry as a source row tells it. `slot` tells apart several from one row."""

    slot: str
    kind: str
    person: str
    when: When
    title: str
    role: str = "subject"
    recorded_at: datetime | None = None
    narrative: str = ""
    child_words: str = ""
    nature: str = "fact"
    handling: str = "standard"
    conditions: str = ""
    grading: dict[str, str] = field(default_factory=dict)
    author: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    participants: tuple[Participant, ...] = ()
    things: tuple[ThingRef, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonStatement:
    """`local_id` says whom, `statement` says what."""

    local_id: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a row that a person should know. `stops` keeps the row aside."""

    code: str
    column: str
    value: str
    words: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One row as read: `key` is its natural key in the table, `raw` what was written, cell by cell."""

    table: str
    number: int
    key: str
    raw: dict[str, str]
    digest: bytes
    problems: tuple[Problem, ...] = ()

    @property
    def kept_aside(self) -> bool:
        return any(problem.stops for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything one row says: about people, about events, and values that no map knew."""

    statements: tuple[PersonStatement, ...] = ()
    entries: tuple[DerivedEntry, ...] = ()
    unmapped: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
