"""The agencies' file formats: read from YAML, checked word by word, handed out as frozen values.

A partnership's own column map has the same shape and goes through the same reader, so that a mistake in
either is told with the file, the place in it and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from lineofsight.catalogue import book, kinds
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.catalogue.spec import Spec, word
from lineofsight.catalogue.tables import (
    COLUMN_TYPES,
    DATE_STYLES,
    HANDLINGS,
    NATURES,
    SCOPES,
    VERIFIED,
    AddressRule,
    Choice,
    CodeList,
    Column,
    Condition,
    DatedRule,
    EntryRule,
    Format,
    IdentifierRule,
    Join,
    Moment,
    NameRule,
    OthersRule,
    PersonRule,
    Table,
    ThingRule,
    TreeRule,
)
from lineofsight.catalogue.vocabulary import vocabularies
from lineofsight.catalogue.when import PRECISIONS

IDENTIFIER_KINDS = ("nhs", "upn", "former_upn", "uln", "pnc", "cro", "local")
PERSON_KINDS = ("child", "adult", "unknown")
_ASKS = ("in", "not_in", "has", "words", "matches", "above", "filled")


@cache
def formats() -> tuple[Format, ...]:
    """Every shipped or overlaid format, by file name."""
    return tuple(read_format(book.read(name), str(book.find(name))) for name in book.names("formats"))


def format_of(code: str) -> Format:
    for known in formats():
        if known.code == code:
            return known
    raise CatalogueError(
        f"The catalogue has no format {code!r}; it knows {', '.join(f.code for f in formats())}."
    )


def read_format(content: Mapping[Any, Any], place: str) -> Format:
    """One format or column map; a mistake names the place and says what is wrong there."""
    spec = Spec(content, place)
    code = spec.text("format", needed=True)
    codes = {name: _code_list(name, part) for name, part in spec.parts("codes").items()}
    dates = spec.texts("dates") or ("iso", "dmy", "dmonthy", "ymonthd")
    spec.one_of("dates", dates, DATE_STYLES)
    raw_tables = spec.rows("tables")
    if not raw_tables:
        spec.wrong("tables", "a format needs at least one table")
    outlines = {part.text("name", needed=True): part for part in raw_tables}
    columns = {name: _columns(part, codes) for name, part in outlines.items()}
    tables = tuple(_table(name, part, columns) for name, part in outlines.items())
    found = Format(
        code=code,
        title=spec.text("title") or code,
        owner=spec.text("owner"),
        version=spec.text("version"),
        confidence=spec.text("confidence"),
        sources=spec.texts("sources"),
        agencies=spec.texts("agencies"),
        system=spec.text("system") or code,
        dates=dates,
        codes=codes,
        tables=tables,
        spec=spec.plain(),
        trees=tuple(_tree(part) for part in spec.rows("tree")),
    )
    spec.skip("quirks", "file", "shared")
    spec.done()
    return found


def _tree(spec: Spec) -> TreeRule:
    rule = TreeRule(
        spec.text("kind", needed=True), spec.texts("root"), spec.texts("records"), spec.texts("past")
    )
    spec.one_of("kind", (rule.kind,), ("xml", "json"))
    if not rule.root or not rule.records:
        spec.wrong("root", "say how such a file begins, and where its records are")
    spec.done()
    return rule


def trees() -> list[dict[str, Any]]:
    """Every format that comes as XML or JSON, as plain values for the process that opens files."""
    return [
        {
            "format": known.code, "kind": rule.kind, "root": rule.root, "records": rule.records,
            "past": rule.past,
            "tables": [
                {
                    "name": table.name, "rows": table.rows,
                    "columns": [(c.name, c.path or (c.name,), c.joined) for c in table.columns.values()],
                }
                for table in known.tables
                if table.rows
            ],
        }
        for known in formats()
        for rule in known.trees
    ]  # fmt: skip


def _code_list(name: str, spec: Spec) -> CodeList:
    found = CodeList(
        name=name,
        values=spec.words("values"),
        also=spec.words("also"),
        verified=spec.text("verified") or "unverified",
        source=spec.text("source"),
        vocabulary=spec.text("vocabulary"),
    )
    spec.one_of("verified", (found.verified,), VERIFIED)
    if found.vocabulary:
        spec.one_of("vocabulary", (found.vocabulary,), tuple(vocabularies()))
        said = vocabularies()[found.vocabulary].targets
        spec.one_of("vocabulary", tuple(sorted(said)), tuple(found.values))
    if not found.values:
        spec.wrong("values", "a code list needs at least one code")
    for raw, code in found.also.items():
        if code not in found.values:
            spec.wrong("also", f"{raw!r} stands for {code!r}, which is not in the list")
    spec.done()
    return found


def _columns(spec: Spec, codes: Mapping[str, CodeList]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, part in spec.parts("columns").items():
        column = Column(
            name=name,
            type=part.text("type") or "text",
            required=part.flag("required"),
            meaning=part.text("meaning"),
            aliases=part.texts("aliases"),
            patterns=part.texts("patterns"),
            codes=part.text("codes"),
            split=part.text("split"),
            identifier=part.text("identifier"),
            path=part.texts("path"),
            joined=str(part.take("joined") or ""),
        )
        part.one_of("type", (column.type,), COLUMN_TYPES)
        if column.codes and column.codes not in codes:
            part.wrong("codes", f"there is no code list {column.codes!r} in this file")
        if column.identifier:
            part.one_of("identifier", (column.identifier,), (*IDENTIFIER_KINDS, "postcode", "phone", "uprn"))
        for pattern in column.patterns:
            _regex(part, "patterns", pattern)
        part.done()
        found[name] = column
    if not found:
        spec.wrong("columns", "a table needs its columns")
    return found


def _regex(spec: Spec, key: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        spec.wrong(key, f"{pattern!r} is not a readable pattern ({error})")


class Known:
    """The columns that a rule may name: the table's own, and `join.column` of the tables joined to it."""

    def __init__(self, own: Mapping[str, Column], joined: Mapping[str, Mapping[str, Column]]) -> None:
        self.own, self.joined = own, joined

    def check(self, spec: Spec, key: str, name: str) -> str:
        if name and name not in self.own:
            join, _, column = name.partition(".")
            if column not in self.joined.get(join, {}):
                spec.wrong(key, f"there is no column {name!r} in this table or in a table joined to it")
        return name

    def one(self, spec: Spec, key: str, *, needed: bool = False) -> str:
        return self.check(spec, key, spec.text(key, needed=needed))

    def many(self, spec: Spec, key: str) -> tuple[str, ...]:
        return tuple(self.check(spec, key, name) for name in spec.texts(key))


def _table(name: str, spec: Spec, all_columns: Mapping[str, Mapping[str, Column]]) -> Table:
    columns = all_columns[name]
    joins = tuple(_join(join, part, columns, all_columns) for join, part in spec.parts("joins").items())
    known = Known(columns, {join.name: all_columns[join.table] for join in joins})
    person = _person(spec.part("person"), known) if spec.has("person") else None
    spec.skip("person")
    entries = tuple(_entry(part, known) for part in spec.rows("entries"))
    if entries and person is None:
        spec.wrong("person", "a table with entries must say whom they are about")
    slots = [entry.slot for entry in entries]
    for slot in slots:
        if slots.count(slot) > 1:
            spec.wrong("entries", f"two entries share the slot {slot!r}; give one of them a slot of its own")
    table = Table(
        name=name,
        title=spec.text("title") or name,
        columns=columns,
        key=known.many(spec, "key"),
        key_digest=spec.flag("key_digest"),
        scope=spec.text("scope") or "increment",
        refuse=spec.text("refuse"),
        verified=spec.text("verified") or "unverified",
        person=person,
        joins=joins,
        entries=entries,
        leave_out=spec.texts("leave_out"),
        from_name=spec.text("from_name"),
        rows=spec.text("rows"),
    )
    spec.one_of("scope", (table.scope,), SCOPES)
    spec.one_of("verified", (table.verified,), VERIFIED)
    for pattern in (*table.leave_out, table.from_name):
        _regex(spec, "leave_out", pattern)
    if not table.refuse and not table.key:
        spec.wrong("key", "name the column or columns that tell one row from another")
    spec.skip("name", "sheet", "sources", "confidence", "columns", "notes")
    spec.done()
    return table


def _join(
    name: str, spec: Spec, columns: Mapping[str, Column], all_columns: Mapping[str, Mapping[str, Column]]
) -> Join:
    table = spec.text("table", needed=True)
    if table not in all_columns:
        spec.wrong("table", f"there is no table {table!r} in this file")
    on = tuple(spec.words("on").items())
    for mine, theirs in on:
        if mine not in columns or theirs not in all_columns[table]:
            spec.wrong("on", f"{mine!r} must be a column here and {theirs!r} one of {table}")
    if not on:
        spec.wrong("on", "say which column here equals which column there")
    join = Join(name, table, on, spec.flag("required"))
    spec.done()
    return join


def _choice(spec: Spec, key: str, known: Known, allowed: tuple[str, ...] = (), default: str = "") -> Choice:
    value = spec.take(key)
    if not isinstance(value, Mapping):
        choice = Choice(word(value) or default)
    else:
        part = Spec(value, f"{spec.place}, {key}")
        choice = Choice(
            part.text("else") or default, known.one(part, "column", needed=True), part.words("values")
        )
        part.done()
    if allowed:
        spec.one_of(key, tuple(v for v in (choice.constant, *choice.values.values()) if v), allowed)
    return choice


def _condition(value: Any, place: str, known: Known) -> Condition:
    if isinstance(value, list):
        return Condition("all", parts=tuple(_condition(item, place, known) for item in value))
    spec = Spec(value, place)
    for op in ("all", "any", "not"):
        if spec.has(op):
            inner = spec.take(op)
            items = inner if isinstance(inner, list) else [inner]
            spec.done()
            return Condition(op, parts=tuple(_condition(item, f"{place}, {op}", known) for item in items))
    column = known.one(spec, "column", needed=True)
    asked = [op for op in _ASKS if spec.has(op)]
    if not asked:
        spec.wrong("column", f"say what is asked of it: {', '.join(_ASKS)}")
    parts = tuple(Condition(op, column, spec.texts(op)) for op in asked)
    for part in parts:
        if part.op == "matches":
            for pattern in part.values:
                _regex(spec, "matches", pattern)
    spec.done()
    return parts[0] if len(parts) == 1 else Condition("all", parts=parts)


def _when(spec: Spec, known: Known, key: str = "when") -> Condition | None:
    value = spec.take(key)
    return None if value is None else _condition(value, f"{spec.place}, {key}", known)


def _moment(spec: Spec, key: str, known: Known) -> Moment | None:
    value = spec.take(key)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        names = spec.texts(key)
        return Moment(tuple(known.check(spec, key, name) for name in names))
    part = Spec(value, f"{spec.place}, {key}")
    moment = Moment(
        columns=known.many(part, "column"),
        time=known.one(part, "time"),
        session=known.one(part, "session"),
        sessions={code: _clock(part, pair) for code, pair in (part.take("sessions") or {}).items()},
        hours=float(part.text("hours") or 0),
        precision=part.text("precision"),
        term=known.one(part, "term"),
        year=known.one(part, "year"),
        unknown=part.text("unknown"),
        span=part.flag("span"),
        exact=known.one(part, "exact"),
    )
    if moment.precision:
        part.one_of("precision", (moment.precision,), PRECISIONS)
    if not (moment.columns or moment.unknown or moment.term):
        part.wrong("column", "name the column that tells when")
    part.done()
    return moment


def _clock(spec: Spec, pair: Any) -> tuple[str, str]:
    clock = re.compile(r"\d\d:\d\d")
    if not (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(t, str) and clock.fullmatch(t) for t in pair)
    ):
        spec.wrong("sessions", 'a half day needs two quoted times, such as ["08:30", "12:30"]')
    return pair[0], pair[1]


def _dated(
    spec: Spec, known: Known, parts: tuple[str, ...], kinds_allowed: tuple[str, ...] = ()
) -> DatedRule:
    found: dict[str, str] = {}
    for name in parts:
        text = spec.text(name)
        if text:
            found[name] = text if text.startswith("=") else known.check(spec, name, text)
    kind = _choice(spec, "kind" if "kind" in spec.content else "type", known, kinds_allowed)
    rule = DatedRule(found, kind, _when(spec, known))
    spec.skip("kind", "type")
    spec.done()
    return rule


def _name(spec: Spec, known: Known) -> NameRule:
    rule = NameRule(
        given=known.many(spec, "given"),
        family=known.one(spec, "family"),
        full=known.one(spec, "full"),
        use=spec.text("use") or "legal",
        split=spec.text("split"),
    )
    spec.one_of("use", (rule.use,), ("legal", "preferred", "former", "alias", "street"))
    spec.done()
    return rule


def _address(spec: Spec, known: Known) -> AddressRule:
    rule = AddressRule(
        text=known.many(spec, "text"),
        postcode=known.one(spec, "postcode"),
        uprn=known.one(spec, "uprn"),
        json=known.one(spec, "json"),
        use=_choice(spec, "use", known, ("home", "placement", "other"), "home"),
        start=known.one(spec, "from"),
        end=known.one(spec, "to"),
    )
    spec.done()
    return rule


def _identifiers(spec: Spec, known: Known) -> tuple[IdentifierRule, ...]:
    value = spec.take("identifiers")
    if value is None:
        return ()
    if isinstance(value, Mapping):
        part = Spec(value, f"{spec.place}, identifiers")
        for kind in part.content:
            part.one_of(kind, (kind,), IDENTIFIER_KINDS)
        return tuple(IdentifierRule(known.one(part, kind), Choice(kind)) for kind in part.content)
    found = []
    for part in spec.rows("identifiers"):
        column = known.one(part, "column", needed=True)
        found.append(IdentifierRule(column, _choice(part, "kind", known, IDENTIFIER_KINDS)))
        part.done()
    return tuple(found)


def _person(spec: Spec, known: Known) -> PersonRule:
    birth = spec.take("birth")
    born = Spec(birth, f"{spec.place}, birth") if isinstance(birth, Mapping) else None
    parts = ("name", "role", "team", "urn", "from", "to", "value", "key")
    rule = PersonRule(
        id=known.many(spec, "id"),
        id_check=spec.text("id_check"),
        either=known.many(spec, "or"),
        each=known.one(spec, "each"),
        split=spec.text("split") or ";",
        kind=_choice(spec, "kind", known, PERSON_KINDS, "child"),
        names=tuple(_name(part, known) for part in spec.rows("names")),
        birth=known.one(born, "column", needed=True) if born else known.one(spec, "birth"),
        birth_approximate=known.one(born, "approximate") if born else "",
        birth_fifteenth=born.flag("fifteenth") if born else False,
        sex=known.one(spec, "sex"),
        gender=known.one(spec, "gender"),
        ethnicity=known.one(spec, "ethnicity"),
        identifiers=_identifiers(spec, known),
        addresses=tuple(_address(part, known) for part in spec.rows("addresses")),
        phones=known.many(spec, "phones"),
        emails=known.many(spec, "emails"),
        school=_dated(spec.part("school"), known, parts) if spec.has("school") else None,
        gp=_dated(spec.part("gp"), known, parts) if spec.has("gp") else None,
        workers=tuple(_dated(part, known, parts) for part in spec.rows("workers")),
        status=tuple(_dated(part, known, parts) for part in spec.rows("status")),
        relationships=tuple(_dated(part, known, parts) for part in spec.rows("relationships")),
        restricted=_when(spec, known, "restricted"),
    )
    if not (rule.id or rule.either):
        spec.wrong("id", "name the person's number, or the columns (or:) that stand for it")
    if born:
        born.done()
    spec.skip("birth", "school", "gp", "identifiers")
    spec.done()
    return rule


def _entry(spec: Spec, known: Known) -> EntryRule:
    kind = spec.text("kind", needed=True)
    if not kinds.knows(kind):
        spec.wrong("kind", f"{kind!r} is not a kind of event in kinds.yaml")
    at = _moment(spec, "at", known)
    if at is None:
        raise CatalogueError(f"{spec.place}, at: say which column tells when it happened.")
    others = []
    for part in spec.rows("others"):
        names = known.one(part, "names", needed=True)
        role = _choice(part, "role", known, default="other")
        split, local = part.text("split"), known.one(part, "id")
        parted = str(part.take("parted") or "")
        others.append(OthersRule(names, role, split, local, _when(part, known), parted))
        part.done()
    things = []
    for part in spec.rows("things"):
        thing = _choice(part, "kind", known, ("place", "phone", "vehicle", "handle", "item"))
        value, label = known.one(part, "value", needed=True), known.one(part, "label")
        role_there, split = part.text("role"), part.text("split")
        things.append(ThingRule(thing, value, label, role_there, _when(part, known), split))
        part.done()
    rule = EntryRule(
        kind=kind,
        slot=spec.text("slot") or kind.lower(),
        at=at,
        title=spec.text("title", needed=True),
        when=_when(spec, known),
        group=spec.text("group"),
        kind_of=known.one(spec, "kind_of"),
        until=_moment(spec, "until", known),
        recorded=_moment(spec, "recorded", known),
        narrative=known.many(spec, "narrative"),
        child_words=known.one(spec, "child_words"),
        nature=_choice(spec, "nature", known, NATURES, "fact"),
        role=_choice(spec, "role", known, default="subject"),
        handling=_choice(spec, "handling", known, HANDLINGS) if spec.has("handling") else None,
        conditions=known.one(spec, "conditions"),
        grading=known.many(spec, "grading"),
        author=known.one(spec, "author"),
        facts=known.many(spec, "facts"),
        others=tuple(others),
        things=tuple(things),
    )
    for name in re.findall(r"\{([^{}]*)\}", rule.title):
        known.check(spec, "title", name)
    spec.skip("handling")
    spec.done()
    return rule
