"""Finding a record by what someone types: the words of the index, the question, the order of answers.

The order says how well a record fits the words typed. It says nothing about the person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lineofsight.people.identifiers import check
from lineofsight.people.names import fold, roots, sound, words
from lineofsight.people.profile import Profile

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What was understood of the words typed. `identifiers` are (kind, value)."""

    name_tokens: tuple[str, ...] = ()
    dob: date | None = None
    year: int | None = None
    age: int | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    postcode: str = ""
    address_words: tuple[str, ...] = ()
    phone: str = ""

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """For each thing typed, the terms of `search_terms` of which a record should have one. Those that
        find fewest records come first."""
        found = [(f"{kind}:{value}"[:_LONGEST],) for kind, value in self.identifiers]
        found += [(f"t:{self.phone}",)] if self.phone else []
        found += [(f"d:{self.dob.isoformat()}",)] if self.dob else []
        found += [(f"pc:{self.postcode}",)] if self.postcode else []
        groups: list[tuple[str, ...]] = list(found)
        groups += [_ways_to_write(token) for token in self.name_tokens]
        groups += [(f"a:{word}"[:_LONGEST],) for word in self.address_words]
        groups += [(f"y:{self.year}",)] if self.year else []
        return tuple(groups)


def _ways_to_write(token: str) -> tuple[str, ...]:
    ways = [token, *(f"r:{root}" for root in roots(token)), f"s:{sound(token)}"]
    return tuple(dict.fromkeys(way[:_LONGEST] for way in ways))


def search_terms(p: Profile) -> tuple[str, ...]:
    """The words of the index for one record: 'rowan', 'r:william', 's:RWN', 'd:2010-03-12', 'y:2010',
    'nhs:9990000018', 'pc:NS12AB', 't:+4477…', 'a:quay', 'id:A-77'."""
    names = (*p.given, *p.middle, *p.family)
    found = [name[:_LONGEST] for name in names]
    found += [f"r:{root}"[:_LONGEST] for name in (*p.given, *p.middle) for root in roots(name)]
    found += [f"s:{sound(name)}"[:_LONGEST] for name in names]
    if p.birth:
        found.append(f"d:{p.birth}")
    if p.birth_from and p.birth_to:
        last = min(p.birth_to.year, p.birth_from.year + 5)
        found += [f"y:{year}" for year in range(p.birth_from.year, last + 1)]
    found += [f"nhs:{value}" for value in p.nhs]
    found += [f"upn:{value}" for value in p.upns]
    found += [f"pnc:{value}" for value in p.pncs]
    found += [f"pc:{code}" for code in p.postcodes]
    found += [f"t:{phone}" for phone in p.phones]
    found += [f"a:{word}"[:_LONGEST] for word in _street_words(p)]
    if p.local_id:
        found.append(f"id:{p.local_id.upper()}"[:_LONGEST])
    return tuple(dict.fromkeys(term for term in found if term))


def _street_words(p: Profile) -> tuple[str, ...]:
    streets = (key.split("|")[0] for key in p.addresses if not key.startswith("uprn|"))
    return tuple(dict.fromkeys(word for street in streets for word in street.split()))


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "|".join(_MONTHS)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_SLASHED = re.compile(r"\b(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})\b")
_SPOKEN = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({_MONTH})[a-z]*\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_AGE = re.compile(r"\b(?:age|aged)\s*(\d{1,3})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:born\s+(?:in\s+)?)?((?:19|20)\d{2})\b", re.IGNORECASE)
_POSTCODE = re.compile(r"\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2}\b")
_PNC = re.compile(r"\b(?:\d{4}|\d{2})/\d{1,7}[A-Za-z]\b")
_UPN = re.compile(r"\b[A-Za-z]\d{11}[0-9A-Za-z]\b")
_LONG_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[\s\-]?\d){8,13}(?!\w)")
_HOUSE = re.compile(r"\b(?:(?:flat|unit)\s+)?(\d{1,4}[a-z]?)\s+([^\W\d_]{3,})(\s+[^\W\d_]+)?", re.IGNORECASE)
_REFERENCE = re.compile(r"(?<!\w)(?=[\w\-/]*\d)[\w\-/]{3,20}(?!\w)")
_STREETS = frozenset(
    {
        "street", "st", "road", "rd", "avenue", "ave", "close", "cl", "drive", "dr", "lane", "ln", "court",
        "ct", "crescent", "way", "place", "terrace", "square", "walk", "gardens", "grove", "park", "hill",
        "mews", "row", "view", "rise", "green",
    }
)  # fmt: skip
_NOISE = frozenset({"born", "dob", "aged", "age", "nhs", "upn", "pnc", "the", "and", "number", "no"})


def search_query(text: str, *, most_tokens: int = 8) -> ParsedQuery:
    """Whatever was typed, in any order: names, a birth date or year, an age, a number, an address."""
    rest = " ".join(text[:300].split())
    identifiers: list[tuple[str, str]] = []
    rest = _take(rest, _PNC, lambda raw: _number("pnc", raw, identifiers))
    rest = _take(rest, _UPN, lambda raw: _number("upn", raw, identifiers))
    dob, rest = _date(rest)
    phones: list[str] = []
    rest = _take(rest, _LONG_NUMBER, lambda raw: _long_number(raw, identifiers, phones))
    postcodes: list[str] = []
    rest = _take(rest, _POSTCODE, lambda raw: _postcode(raw, postcodes))
    age, rest = _first(rest, _AGE)
    address, rest = _address(rest)
    year, rest = _first(rest, _YEAR)
    for found in _REFERENCE.findall(rest):
        identifiers.append(("id", found.upper()))
    rest = _REFERENCE.sub(" ", rest)
    tokens = [word for word in words(re.sub(r"[,;:\"()]", " ", rest)) if word not in _NOISE]
    whole = [fold(part) for part in rest.replace(",", " ").split() if "-" in part]
    return ParsedQuery(
        name_tokens=tuple(dict.fromkeys(token for token in [*tokens, *whole] if token))[:most_tokens],
        dob=dob,
        year=year,
        age=age if age is not None and age < 120 else None,
        identifiers=tuple(dict.fromkeys(identifiers)),
        postcode=postcodes[0] if postcodes else "",
        address_words=address,
        phone=phones[0] if phones else "",
    )


def _take(text: str, pattern: re.Pattern[str], use: Callable[[str], bool]) -> str:
    """The text without what was understood; what was not is left for the next reader."""
    return pattern.sub(lambda found: " " if use(found[0]) else found[0], text)


def _number(kind: str, raw: str, found: list[tuple[str, str]]) -> bool:
    number = check(kind, raw)
    if number.ok:
        found.append((kind, number.value))
    return number.ok


def _long_number(raw: str, identifiers: list[tuple[str, str]], phones: list[str]) -> bool:
    if _number("nhs", raw, identifiers):
        return True
    phone = check("phone", raw)
    if phone.ok:
        phones.append(phone.value)
    return phone.ok


def _postcode(raw: str, found: list[str]) -> bool:
    code = check("postcode", raw)
    if code.ok:
        found.append(code.value.replace(" ", ""))
    return code.ok


def _first(text: str, pattern: re.Pattern[str]) -> tuple[int | None, str]:
    found = pattern.search(text)
    if not found:
        return None, text
    return int(found[1]), f"{text[: found.start()]} {text[found.end() :]}"


def _date(text: str) -> tuple[date | None, str]:
    for pattern, order in ((_ISO, (1, 2, 3)), (_SPOKEN, (3, 2, 1)), (_SLASHED, (3, 2, 1))):
        found = pattern.search(text)
        if not found:
            continue
        year, month, day = (found[n] for n in order)
        number = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
        try:
            known = date(_century(year), number, int(day))
        except ValueError:
            continue
        return known, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _century(year: str) -> int:
    if len(year) == 4:
        return int(year)
    this = date.today().year
    return 2000 + int(year) if 2000 + int(year) <= this else 1900 + int(year)


def _address(text: str) -> tuple[tuple[str, ...], str]:
    """'12 Quay Street' gives its words; a lone number before a name is not an address."""
    found = _HOUSE.search(text)
    if not found:
        return (), text
    second = (found[3] or "").strip()
    named = second.lower() in _STREETS
    kept = (found[1].lower(), *words(found[2]), *(words(second) if named else ()))
    end = found.end() if named else found.end(2)
    return kept, f"{text[: found.start()]} {text[end:]}"


def rank(query: ParsedQuery, p: Profile, *, today: date | None = None) -> tuple[float, list[str]]:
    """(fit, why): a whole number agreeing comes first, then names, then birth date, then place."""
    fit, why = 0.0, []
    numbers = {"nhs": p.nhs, "upn": p.upns, "pnc": p.pncs, "id": (p.local_id.upper(),)}
    labels = {"nhs": "NHS number", "upn": "Pupil number", "pnc": "Police number", "id": "Record number"}
    for kind, value in query.identifiers:
        if value in numbers.get(kind, ()):
            fit += 20
            why.append(f"{labels[kind]} {value}")
    for token in query.name_tokens:
        gain, words_of_it = _name_fit(token, p)
        fit += gain
        why += [words_of_it] if words_of_it else []
    gain, words_of_it = _birth_fit(query, p, today or date.today())
    fit += gain
    why += [words_of_it] if words_of_it else []
    if query.phone and query.phone in p.phones:
        fit += 10
        why.append("phone number")
    if query.postcode and query.postcode in p.postcodes:
        fit += 5
        why.append(f"postcode {query.postcode[:-3]} {query.postcode[-3:]}")
    shared = [word for word in query.address_words if word in _street_words(p)]
    if shared:
        fit += 1.5 * len(shared)
        why.append(f"address with {' '.join(shared)}")
    return fit, [f"{reason[0].upper()}{reason[1:]}" for reason in why]


def _name_fit(token: str, p: Profile) -> tuple[float, str]:
    if token in p.family_whole or token in p.given:
        return 6.0, ""
    if token in p.family:
        return 5.0, f"{token.title()} is part of the family name"
    if token in p.middle:
        return 4.0, f"{token.title()} is a second name"
    asked = set(roots(token))
    for name in (*p.given, *p.middle):
        if asked & set(roots(name)):
            return 4.5, f"known as {name.title()}"
    starts = [name for name in (*p.given, *p.family) if len(token) > 2 and name.startswith(token)]
    if starts:
        return 3.0, f"{starts[0].title()} begins so"
    heard = sound(token)
    for name in (*p.given, *p.family):
        if sound(name) == heard:
            return 2.0, f"{name.title()} sounds alike"
    return -2.0, ""


def _birth_fit(query: ParsedQuery, p: Profile, today: date) -> tuple[float, str]:
    if p.birth_from is None or p.birth_to is None:
        return 0.0, ""
    start, end = p.birth_from, p.birth_to
    if query.dob:
        if p.birth == query.dob.isoformat():
            return 8.0, f"born {_long(query.dob)}"
        if start <= query.dob <= end:
            return 3.0, "could be born then"
        if p.birth and _parts_shared(start, query.dob) == 2:
            return 2.0, f"born {_long(start)}, near that date"
        return -4.0, ""
    if query.year:
        if not start.year <= query.year <= end.year:
            return -3.0, ""
        return 3.0, f"born {_long(start)}" if p.birth else f"could be born in {query.year}"
    if query.age is not None:
        youngest, oldest = _age(end, today), _age(start, today)
        return (3.0, f"aged {query.age}") if youngest <= query.age <= oldest else (-3.0, "")
    return 0.0, ""


def _parts_shared(a: date, b: date) -> int:
    return (a.year == b.year) + (a.month == b.month) + (a.day == b.day)


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
