"""What a row says about a person: numbers checked, names in parts only if the source has parts.

Nothing is joined here. Whether two agencies mean the same child is decided elsewhere, on this evidence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from hashlib import blake2b
from typing import Any

from lineofsight.catalogue.tables import AddressRule, DatedRule, NameRule, PersonRule
from lineofsight.people.identifiers import check
from lineofsight.records import dates
from lineofsight.records.cells import Cells, Row, Text
from lineofsight.records.shapes import Statement
from lineofsight.records.values import fold

Part = Callable[[Row, Statement], None]


def local_id(cells: Cells, rule: PersonRule, key: tuple[str, ...]) -> Text:
    """The sending system's own number. Where there is none, a digest of what names the person; and where even
    the birth date is missing, of the row as well, because a bare name may be anyone's."""
    own = [cells.text(name) for name in rule.id]
    either = [(cells.text(name), cells.map.columns[name].type == "date") for name in rule.either]
    birth = cells.text(rule.birth) if rule.birth in rule.either else None
    row_key = [cells.text(name) for name in key]
    space, styles = cells.map.format.code, cells.styles

    def known(row: Row) -> str:
        parts = [" ".join(part(row).split()) for part in own]
        if parts and all(parts):
            number = ":".join(parts)
            if not rule.id_check:
                return number
            checked = check(rule.id_check, number)
            if checked.ok:
                return checked.value
        named = [_folded(text(row), dated, styles) for text, dated in either]
        if not any(named):
            return ""
        if birth is not None and not birth(row):
            named += [fold(text(row)) for text in row_key]
        return "~" + blake2b("\x1f".join([space, *named]).encode(), digest_size=10).hexdigest()

    return known


def _folded(text: str, dated: bool, styles: tuple[str, ...]) -> str:
    if dated and text:
        stamp = dates.read(text, styles)
        if stamp is not None:
            return stamp.day.isoformat()
    return fold(text)


def statement(cells: Cells, rule: PersonRule) -> Callable[[Row], Statement]:
    """A function that gives what one row says about its person."""
    parts: list[Part] = [_names(cells, rule.names)] if rule.names else []
    if rule.birth:
        parts.append(_birth(cells, rule))
    for name in ("sex", "gender", "ethnicity"):
        column = getattr(rule, name)
        if column:
            parts.append(_plain(name, cells.code(column) if name == "sex" else cells.words(column)))
    if rule.identifiers:
        parts.append(_identifiers(cells, rule))
    if rule.addresses:
        parts.append(_addresses(cells, rule.addresses))
    if rule.phones:
        parts.append(_phones(cells, rule.phones))
    if rule.emails:
        parts.append(_emails(cells, rule.emails))
    for name, single in (("school", rule.school), ("gp", rule.gp)):
        if single is not None:
            parts.append(_single(name, _dated(cells, single)))
    for name, several in (
        ("workers", rule.workers),
        ("status", rule.status),
        ("relationships", rule.relationships),
    ):
        if several:
            readers = [_dated(cells, one, relation=name == "relationships") for one in several]
            parts.append(_several(name, readers))
    kind = cells.choice(rule.kind)
    restricted = cells.truth(rule.restricted) if rule.restricted else None

    def told(row: Row) -> Statement:
        said: Statement = {"kind": kind(row) or "unknown"}
        for part in parts:
            part(row, said)
        if restricted is not None and restricted(row):
            said["restricted"] = True
        return said

    return told


def _plain(name: str, text: Text) -> Part:
    def part(row: Row, said: Statement) -> None:
        found = text(row)
        if found:
            said[name] = found

    return part


def _names(cells: Cells, rules: tuple[NameRule, ...]) -> Part:
    readers = [
        (rule, [cells.text(name) for name in rule.given], cells.text(rule.family), cells.text(rule.full))
        for rule in rules
    ]
    # A preferred surname alone borrows the forenames of the first rule, and the reverse.
    first_given, first_family = readers[0][1], readers[0][2]

    def part(row: Row, said: Statement) -> None:
        found: list[dict[str, str]] = []
        for rule, given, family, full in readers:
            text = full(row)
            if text:
                for one in text.split(rule.split) if rule.split else (text,):
                    if one.strip():
                        found += _whole_name(" ".join(one.split()), rule.use)
                continue
            forenames, surname = _joined(given, row), family(row)
            if rule.use != "legal" and (forenames or surname):
                forenames = forenames or _joined(first_given, row)
                surname = surname or first_family(row)
            if forenames or surname:
                name = {"given": forenames, "family": surname, "use": rule.use}
                if not any({**name, "use": other["use"]} == other for other in found):
                    found.append(name)
        if found:
            said["names"] = found

    return part


def _whole_name(text: str, use: str) -> list[dict[str, str]]:
    """A name that the source does not part; one in brackets behind it is what the person is called."""
    found = _BRACKETS.fullmatch(text)
    if not found:
        return [{"full": text, "use": use}]
    return [{"full": found[1], "use": use}, {"full": found[2], "use": "alias"}]


_BRACKETS = re.compile(r"(.*\S)\s*\(([^()\d]+)\)")


def _joined(texts: list[Text], row: Row) -> str:
    return " ".join(found for text in texts if (found := text(row)))


def _birth(cells: Cells, rule: PersonRule) -> Part:
    text, styles = cells.text(rule.birth), cells.styles
    approximate = cells.code(rule.birth_approximate) if rule.birth_approximate else None

    def part(row: Row, said: Statement) -> None:
        stamp = dates.read(text(row), styles) if text(row) else None
        if stamp is None:
            return
        precision = stamp.precision if stamp.precision in ("month", "year") else "day"
        if precision == "day" and rule.birth_fifteenth and stamp.day.day == 15:
            # Councils enter the 15th when the day is not known. Source: guidance to ssd_person, pers_dob.
            stamp, precision = dates.Stamp(stamp.day, precision="month"), "month"
        first, last = dates.span(dates.Stamp(_first(stamp.day, precision), precision=precision))
        if approximate is not None and approximate(row) == "yes":
            precision = "estimated"
        said["birth"] = {"from": first.isoformat(), "to": last.isoformat(), "precision": precision}

    return part


def _first(day: date, precision: str) -> date:
    return day.replace(day=1) if precision == "month" else day


def _identifiers(cells: Cells, rule: PersonRule) -> Part:
    readers = [(cells.text(one.column), cells.choice(one.kind)) for one in rule.identifiers]

    def part(row: Row, said: Statement) -> None:
        found: list[dict[str, Any]] = []
        for text, kind in readers:
            raw, what = text(row), kind(row)
            if raw and what:
                checked = check(what, raw)
                item = {"kind": what, "value": checked.value, "raw": raw, "ok": checked.ok}
                found.append(item if checked.ok else {**item, "why": checked.why})
        if found:
            said["identifiers"] = found

    return part


def _addresses(cells: Cells, rules: tuple[AddressRule, ...]) -> Part:
    readers = []
    for rule in rules:
        lines = [cells.text(name) for name in rule.text]
        start, end = _day(cells, rule.start), _day(cells, rule.end)
        readers.append(
            (
                lines,
                cells.text(rule.postcode),
                cells.text(rule.uprn),
                cells.text(rule.json),
                cells.choice(rule.use),
                start,
                end,
            )
        )

    def part(row: Row, said: Statement) -> None:
        found = []
        for lines, postcode, uprn, packed, use, start, end in readers:
            inside = _unpacked(packed(row))
            text = _address_text([line(row) for line in lines]) or inside.get("text", "")
            code = postcode(row) or inside.get("postcode", "") or _last_postcode(text)
            number = uprn(row) or inside.get("uprn", "")
            if text or code or number:
                found.append(_address(text, code, number, use(row), start(row), end(row)))
        if found:
            said["addresses"] = found

    return part


def _address(
    text: str, code: str, number: str, use: str, start: str | None, end: str | None
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "text": text,
        "postcode": code,
        "ok": False,
        "uprn": "",
        "use": use,
        "from": start,
        "to": end,
    }
    if code:
        checked = check("postcode", code)
        item["postcode"], item["ok"] = checked.value or code, checked.ok
        if not checked.ok:
            item["why"] = checked.why
    if number:
        property_number = check("uprn", number.removesuffix(".0"))
        item["uprn"] = property_number.value if property_number.ok else ""
    return item


#: The parts of an address, as case systems name them, in the order in which they are read out.
_ADDRESS_LINES = (
    "room", "floor", "flat", "building", "house", "saon", "paon", "street", "line1", "line2", "line3",
    "addressline1", "addressline2", "addressline3", "locality", "town", "posttown", "county",
)  # fmt: skip
_AT_THE_END = re.compile(r"\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2}\s*$")


def _one_line(text: str) -> str:
    return ", ".join(found for line in text.splitlines() if (found := " ".join(line.split()).strip(",")))


def _address_text(lines: list[str]) -> str:
    """Lines with commas between them, but none between a house number and its street."""
    text = ", ".join(found for line in lines if (found := _one_line(line)))
    return re.sub(r"\b(\d+[A-Za-z]?), (?=[^\W\d])", r"\1 ", text)


def _last_postcode(text: str) -> str:
    found = _AT_THE_END.search(text)
    return found[0] if found else ""


def _unpacked(text: str) -> dict[str, str]:
    """An address kept as key-value text; a plain address in its place is taken as it stands."""
    if not text:
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        return {"text": _one_line(text)}
    if not isinstance(content, dict):
        return {"text": " ".join(str(content).split())}
    cells = {
        fold(str(name)).replace(" ", ""): " ".join(str(value or "").split())
        for name, value in content.items()
    }
    lines = [cells[name] for name in _ADDRESS_LINES if cells.get(name)]
    return {
        "text": _address_text(lines),
        "postcode": cells.get("postcode", ""),
        "uprn": cells.get("uprn", ""),
    }


def _phones(cells: Cells, names: tuple[str, ...]) -> Part:
    texts = [(cells.text(name), name) for name in names]

    def part(row: Row, said: Statement) -> None:
        found = []
        for text, name in texts:
            for raw in cells.map.items(name, text(row)) if text(row) else ():
                checked = check("phone", raw)
                found.append({"value": checked.value if checked.ok else "", "raw": raw})
        if found:
            said["phones"] = found

    return part


def _emails(cells: Cells, names: tuple[str, ...]) -> Part:
    texts = [cells.text(name) for name in names]

    def part(row: Row, said: Statement) -> None:
        found = [text(row).casefold() for text in texts if "@" in text(row)]
        if found:
            said["emails"] = found

    return part


def _day(cells: Cells, name: str) -> Callable[[Row], str | None]:
    if not name:
        return lambda row: None
    text, styles = cells.text(name), cells.styles

    def day(row: Row) -> str | None:
        stamp = dates.read(text(row), styles) if text(row) else None
        return stamp.day.isoformat() if stamp else None

    return day


def _dated(
    cells: Cells, rule: DatedRule, *, relation: bool = False
) -> Callable[[Row], dict[str, Any] | None]:
    """A school, worker, status or relationship; None when the row tells nothing of it."""
    texts: dict[str, Text] = {}
    days: dict[str, Callable[[Row], str | None]] = {}
    for name, source in rule.parts.items():
        if name in ("from", "to") and not relation:
            days[name] = _day(cells, source)
        else:
            texts[name] = _fixed(source) if source.startswith("=") else cells.words(source)
    holds, kind, label = cells.truth(rule.when), cells.choice(rule.kind), "type" if relation else "kind"
    telling = [name for name, source in rule.parts.items() if not source.startswith("=") and name != "role"]

    def dated(row: Row) -> dict[str, Any] | None:
        if not holds(row):
            return None
        found: dict[str, Any] = {name: text(row) for name, text in texts.items()}
        for name, day in days.items():
            found[name] = day(row)
        what = kind(row)
        if not any(found[name] for name in telling) or (rule.kind.column and not what):
            return None
        if what:
            found[label] = what
        if relation:
            found = {"key": "", "to": "", **found}
        return found

    return dated


def _fixed(source: str) -> Text:
    return lambda row: source[1:]


def _single(name: str, reader: Callable[[Row], dict[str, Any] | None]) -> Part:
    def part(row: Row, said: Statement) -> None:
        found = reader(row)
        if found:
            said[name] = found

    return part


def _several(name: str, readers: list[Callable[[Row], dict[str, Any] | None]]) -> Part:
    def part(row: Row, said: Statement) -> None:
        found = [item for reader in readers if (item := reader(row))]
        if found:
            said[name] = found

    return part
