"""A first map for a table that nobody knows: proposed from its column names and the look of its cells.

It is a draft for a person to correct. It never guesses what kind of event a row tells: that stays "other"
until someone says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lineofsight.people.identifiers import check
from lineofsight.records import dates
from lineofsight.records.values import fold

STYLES = ("iso", "dmy", "dmonthy", "ymonthd")

#: What a column may be by its name, the first that fits. Patterns over folded headers.
_BY_NAME: tuple[tuple[str, str], ...] = (
    ("nhs", r"\bnhs\b"),
    ("former_upn", r"\b(former|previous) ?upn\b"),
    ("upn", r"\b(upn|unique pupil)\b"),
    ("pnc", r"\bpnc\b"),
    ("birth", r"\b(dob|d o b|birth|born)\b"),
    ("postcode", r"\bpost ?code\b"),
    ("phone", r"\b(phone|telephone|mobile|tel)\b"),
    ("email", r"\be ?mail\b"),
    ("given", r"\b(forenames?|first names?|given names?|fname)\b"),
    ("family", r"\b(surname|last name|family name|lname)\b"),
    ("alias", r"\b(alias|known as|aka|nickname|street name|preferred name)\b"),
    ("said", r"\b(said|own words|voice|quote)\b"),
    ("narrative", r"\b(notes?|narrative|description|details?|summary|happened|comments?|text|observed)\b"),
    ("author", r"\b(author|worker|officer|staff|recorded by|completed by|practitioner|contact name)\b"),
    ("school", r"\b(school|academy|college)\b"),
    ("address", r"\b(address|street|lives at)\b"),
    ("place", r"\b(place|location|venue|where|spot)\b"),
    ("sex", r"\b(sex|gender)\b"),
    ("ethnicity", r"\bethnic"),
    ("recorded", r"\b(created|recorded|entered|logged|submitted)\b"),
    ("time", r"\btime\b"),
    (
        "person_id",
        r"(child|person|client|case|pupil|student|patient|service user|young person|yp|cms)"
        r".*\b(id|ref|no|number|identifier)\b",
    ),
    ("id", r"\b(id|ref|reference|number|no|identifier)\b"),
    ("name", r"\b(name|young person|child|pupil|student|client|who)\b"),
    ("date", r"\b(date|when|day|on)\b"),
)  # fmt: skip
_LOOKS = {"nhs": "nhs", "upn": "upn", "former_upn": "former_upn", "pnc": "pnc", "postcode": "postcode"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF_OTHERS = re.compile(r"\b(contact|worker|officer|emergency|parent|carer|gp|office|team|organisation)\b")
_NO_EVENT = re.compile(r"\b(as of|current|coverage|extract|updated|expected|death|due|end|closed|closure)\b")


def draft(headers: Sequence[str], rows: Sequence[Sequence[str]], name: str = "my_table") -> dict[str, Any]:
    """A map as plain data, in the shape that `load_map` reads."""
    columns = {header: [row[n].strip() for row in rows if n < len(row)] for n, header in enumerate(headers)}
    roles = {header: _role(header, cells) for header, cells in columns.items()}
    held: dict[str, list[str]] = {}
    for header, role in roles.items():
        held.setdefault(role, []).append(header)
    key = _key(held, columns)
    table: dict[str, Any] = {
        "name": "rows",
        "title": name.replace("_", " "),
        "columns": {header: _column(role, header in key and len(key) == 1) for header, role in roles.items()},
        "key": key or list(headers),
        "scope": "increment",
    }
    if len(key) != 1:
        table["key_digest"] = True
    person = _person(held, key)
    if person:
        table["person"] = person
        if held.get("date"):
            table["entries"] = [_entry(held, name)]
    return {
        "format": fold(name).replace(" ", "_") or "my_table",
        "title": name.replace("_", " "),
        "confidence": "draft from the column names; check every line",
        "dates": list(STYLES),
        "tables": [table],
    }


def _role(header: str, cells: list[str]) -> str:
    words, filled = fold(_CAMEL.sub(" ", header)), [cell for cell in cells if cell]
    role = next((role for role, pattern in _BY_NAME if re.search(pattern, words)), "")
    # A worker's number is no evidence of who a child is, and the day of an extract is no event.
    if role in ("phone", "email", "address", "postcode", "id") and _OF_OTHERS.search(words):
        return "fact"
    dated = _share(filled, lambda cell: dates.read(cell, STYLES) is not None)
    if role in ("date", "recorded", "") and dated > 0.5 and _NO_EVENT.search(words):
        return "dated_fact"
    if role in ("date", "recorded", "birth", "time"):
        if role == "time" and dated > 0.8:
            return "date"
        return role if not filled or role == "time" or dated > 0.5 else "fact"
    if not role or role in ("id", "name"):
        for kind in ("nhs", "upn", "postcode"):
            if _share(filled, lambda cell, kind=kind: check(kind, cell).ok) > 0.8:
                return kind
    if dated > 0.9 and role not in ("id", "person_id", "phone", *_LOOKS):
        return "date"
    if role in ("", "id", "place", "name") and filled and sum(map(len, filled)) / len(filled) > 60:
        return "narrative"
    return role or "fact"


def _share(cells: list[str], holds: Any) -> float:
    return sum(1 for cell in cells if holds(cell)) / len(cells) if cells else 0.0


def _column(role: str, required: bool) -> dict[str, Any]:
    column: dict[str, Any] = {}
    if role in _LOOKS:
        column = {"type": "identifier", "identifier": _LOOKS[role]}
    elif role in ("date", "recorded", "dated_fact"):
        column = {"type": "datetime"}
    elif role == "birth":
        column = {"type": "date"}
    elif role == "time":
        column = {"type": "time"}
    return {**column, "required": True} if required else column


def _key(held: dict[str, list[str]], columns: dict[str, list[str]]) -> list[str]:
    """A column of numbers that never repeats; none is better than a wrong one."""
    for header in (*held.get("id", []), *held.get("person_id", [])):
        cells = columns[header]
        if cells and all(cells) and len(set(cells)) == len(cells):
            return [header]
    return []


def _person(held: dict[str, list[str]], key: list[str]) -> dict[str, Any]:
    def first(role: str) -> str:
        return held.get(role, [""])[0]

    person: dict[str, Any] = {}
    numbers = held.get("person_id", []) or [h for h in held.get("id", []) if h not in key]
    if not numbers and key and not held.get("date"):
        numbers = key  # a list of people: the row's number is the person's
    if numbers:
        person["id"] = numbers[0]
    either = [first(role) for role in ("nhs", "upn", "family", "given", "name", "birth") if first(role)]
    if first("family"):
        either = [column for column in either if column != first("name")]
    if either:
        person["or"] = either
    if not person:
        return {}
    names: list[dict[str, Any]] = []
    if first("family"):
        names.append(
            {"given": first("given"), "family": first("family")}
            if first("given")
            else {"family": first("family")}
        )
    elif first("name"):
        names.append({"full": first("name")})
    names += [{"full": alias, "use": "alias"} for alias in held.get("alias", [])]
    if names:
        person["names"] = names
    for part, role in (("birth", "birth"), ("gender", "sex"), ("ethnicity", "ethnicity")):
        if first(role):
            person[part] = first(role)
    numbers_held = {kind: first(kind) for kind in ("nhs", "upn", "former_upn", "pnc") if first(kind)}
    if numbers_held:
        person["identifiers"] = numbers_held
    address = {
        part: first(role) for part, role in (("text", "address"), ("postcode", "postcode")) if first(role)
    }
    if address:
        person["addresses"] = [address]
    for part, role in (("phones", "phone"), ("emails", "email")):
        if held.get(role):
            person[part] = held[role]
    if first("school"):
        person["school"] = {"name": first("school")}
    return person


def _entry(held: dict[str, list[str]], name: str) -> dict[str, Any]:
    at: Any = held["date"][0]
    if held.get("time"):
        at = {"column": at, "time": held["time"][0]}
    entry: dict[str, Any] = {"kind": "OTHER", "at": at, "title": f"Entry in {name.replace('_', ' ')}"}
    if held.get("recorded"):
        entry["recorded"] = held["recorded"][0]
    if held.get("narrative"):
        entry["narrative"] = held["narrative"]
    if held.get("said"):
        entry["child_words"] = held["said"][0]
    entry["nature"] = "reported"
    if held.get("author"):
        entry["author"] = held["author"][0]
    facts = [*held.get("fact", []), *held["date"][1:], *held.get("dated_fact", [])]
    if facts:
        entry["facts"] = facts
    if held.get("place"):
        entry["things"] = [{"kind": "place", "value": held["place"][0], "role": "happened_at"}]
    return entry
