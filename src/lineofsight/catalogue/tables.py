"""The shapes of a table map: which columns an agency's table has, whom a row is about, what it tells.

Plain frozen values. `formats` reads them from YAML; `records` carries them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COLUMN_TYPES = (
    "text",
    "date",
    "datetime",
    "time",
    "code",
    "codes",
    "flag",
    "number",
    "list",
    "json",
    "identifier",
)
VERIFIED = ("read", "partial", "unverified")
SCOPES = ("snapshot", "increment")
NATURES = ("fact", "reported", "opinion")
HANDLINGS = ("standard", "restricted", "confidential")
DATE_STYLES = ("iso", "dmy", "dmonthy", "ymonthd", "mdy", "excel")


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes and what they mean. `also` holds other spellings met in files, each with its code; `vocabulary` names
    the words and official codes by which a spelling that nobody has met before may be read."""

    name: str
    values: Mapping[str, str]
    also: Mapping[str, str] = field(default_factory=dict)
    verified: str = "partial"
    source: str = ""
    vocabulary: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """`aliases` are other header texts for it, `patterns` regular expressions over folded headers. `path` leads to
    it in XML or JSON from the element that is the row (see records.trees); `joined` stands between several."""

    name: str
    type: str = "text"
    required: bool = False
    meaning: str = ""
    aliases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    codes: str = ""
    split: str = ""
    identifier: str = ""
    path: tuple[str, ...] = ()
    joined: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """`parts` are joined by `op` all, any or not; otherwise `op` asks something of one column."""

    op: str
    column: str = ""
    values: tuple[str, ...] = ()
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A fixed word, or one chosen by what a column holds."""

    constant: str = ""
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened: the first filled of `columns`, with what makes it exact or vague.

    `hours` makes a range that starts there (an interview held some time after the return); `sessions`
    turns a half-day mark into clock times; `unknown` is what to say when no column tells. With `span` the words of
    a person are read: stretches, weeks, "about"; `exact` names a column that says how exact they are."""

    columns: tuple[str, ...] = ()
    time: str = ""
    session: str = ""
    sessions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hours: float = 0
    precision: str = ""
    term: str = ""
    year: str = ""
    unknown: str = ""
    span: bool = False
    exact: str = ""


@dataclass(frozen=True, slots=True)
class NameRule:
    given: tuple[str, ...] = ()
    family: str = ""
    full: str = ""
    use: str = "legal"
    split: str = ""


@dataclass(frozen=True, slots=True)
class AddressRule:
    text: tuple[str, ...] = ()
    postcode: str = ""
    uprn: str = ""
    json: str = ""
    use: Choice = field(default_factory=lambda: Choice("home"))
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """A column whose kind is fixed, or told by another column (`kind.column`)."""

    column: str
    kind: Choice


@dataclass(frozen=True, slots=True)
class DatedRule:
    """A school, worker, status or relationship: named parts, each a column (or `=words` for fixed words)."""

    parts: Mapping[str, str]
    kind: Choice = field(default_factory=Choice)
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class PersonRule:
    """Whom a row is about, and what it says about them.

    `id` names the sending system's own number; where it is empty, a digest of the `either` columns stands
    for it. `each` names a column that lists several people, each of whom the row is about."""

    id: tuple[str, ...] = ()
    id_check: str = ""
    either: tuple[str, ...] = ()
    each: str = ""
    split: str = ";"
    kind: Choice = field(default_factory=lambda: Choice("child"))
    names: tuple[NameRule, ...] = ()
    birth: str = ""
    birth_approximate: str = ""
    birth_fifteenth: bool = False
    sex: str = ""
    gender: str = ""
    ethnicity: str = ""
    identifiers: tuple[IdentifierRule, ...] = ()
    addresses: tuple[AddressRule, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    school: DatedRule | None = None
    gp: DatedRule | None = None
    workers: tuple[DatedRule, ...] = ()
    status: tuple[DatedRule, ...] = ()
    relationships: tuple[DatedRule, ...] = ()
    restricted: Condition | None = None


@dataclass(frozen=True, slots=True)
class OthersRule:
    """`parted` is what stands between a name and its role in the cell itself."""

    names: str
    role: Choice
    split: str = ""
    id: str = ""
    when: Condition | None = None
    parted: str = ""


@dataclass(frozen=True, slots=True)
class ThingRule:
    kind: Choice
    value: str
    label: str = ""
    role: str = ""
    when: Condition | None = None
    split: str = ""


@dataclass(frozen=True, slots=True)
class EntryRule:
    """One chronology entry that a row may tell. Of rules with one `group`, the first that holds counts.
    `kind_of` names a column that holds a kind's code or label; where it holds neither, `kind` counts."""

    kind: str
    slot: str
    at: Moment
    title: str
    when: Condition | None = None
    group: str = ""
    kind_of: str = ""
    until: Moment | None = None
    recorded: Moment | None = None
    narrative: tuple[str, ...] = ()
    child_words: str = ""
    nature: Choice = field(default_factory=lambda: Choice("fact"))
    role: Choice = field(default_factory=lambda: Choice("subject"))
    handling: Choice | None = None
    conditions: str = ""
    grading: tuple[str, ...] = ()
    author: str = ""
    facts: tuple[str, ...] = ()
    others: tuple[OthersRule, ...] = ()
    things: tuple[ThingRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of `table` whose second column of each pair equals this row's first."""

    name: str
    table: str
    on: tuple[tuple[str, str], ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `refuse` says why it is recognised but not taken in; `rows` leads to its rows in a tree."""

    name: str
    title: str
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    key_digest: bool = False
    scope: str = "increment"
    refuse: str = ""
    verified: str = "partial"
    person: PersonRule | None = None
    joins: tuple[Join, ...] = ()
    entries: tuple[EntryRule, ...] = ()
    leave_out: tuple[str, ...] = ()
    from_name: str = ""
    rows: str = ""

    def join(self, name: str) -> Join | None:
        return next((join for join in self.joins if join.name == name), None)


@dataclass(frozen=True, slots=True)
class TreeRule:
    """A format that comes as XML or JSON: how it is known (`root`: the XML root element, or a key or kind of
    resource), the paths of its records, and the paths of what is passed over on purpose (`past`)."""

    kind: str
    root: tuple[str, ...]
    records: tuple[str, ...]
    past: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """A family of tables from one kind of system. `spec` is the mapping that it was read from."""

    code: str
    title: str
    owner: str
    version: str
    confidence: str
    sources: tuple[str, ...]
    agencies: tuple[str, ...]
    system: str
    dates: tuple[str, ...]
    codes: Mapping[str, CodeList]
    tables: tuple[Table, ...]
    spec: Mapping[str, Any]
    trees: tuple[TreeRule, ...] = ()

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)
