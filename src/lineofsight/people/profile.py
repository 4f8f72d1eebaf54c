"""An identity as the matcher sees it: folded names, a span of birth dates, verified numbers.

Made from what one agency's rows say of one person. What failed a check is left out here and kept there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from lineofsight.people.identifiers import check
from lineofsight.people.names import fold, full_names, halves, roots, sound, spellings, split_full, words

#: More names than this for one record is a list of everyone in the file, not aliases.
MOST_NAMES = 8

#: Below this many years a guessed age is precise enough to look people up by each year.
WIDEST_YEARS = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """Tuples of folded values; `given` first names of every name and alias, preferred first; `middle` the
    names after them; `family` whole family names and their halves, `family_whole` without the halves;
    `given_rare` the given names nearly unheard of in this store, known only beside its counts."""

    identity: int
    agency: str
    system: str
    local_id: str
    kind: str = "unknown"
    given: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    family_whole: tuple[str, ...] = ()
    birth_from: date | None = None
    birth_to: date | None = None
    birth_precision: str = ""
    sex: str = ""
    postcodes: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    nhs: tuple[str, ...] = ()
    upns: tuple[str, ...] = ()
    pncs: tuple[str, ...] = ()
    restricted: bool = False
    given_rare: tuple[str, ...] = ()
    birth: str = ""

    # What follows from the names is worked out once for each name of the store: see `given_forms`.

    @property
    def given_roots(self) -> Names:
        return given_forms(self.given).roots

    @property
    def given_spellings(self) -> Names:
        return given_forms(self.given).spellings

    @property
    def given_full(self) -> Names:
        return given_forms(self.given).full

    @property
    def given_plain(self) -> Names:
        return given_forms(self.given).plain

    @property
    def given_firsts(self) -> Names:
        return given_forms(self.given).firsts

    @property
    def given_initials(self) -> Names:
        return given_forms(self.given).initials

    @property
    def middle_roots(self) -> Names:
        return middle_forms(self.middle).roots

    @property
    def middle_firsts(self) -> Names:
        return middle_forms(self.middle).firsts

    @property
    def middle_initials(self) -> Names:
        return middle_forms(self.middle).initials

    @property
    def family_plain(self) -> Names:
        return family_forms(self.family).plain

    @property
    def family_sounds(self) -> Names:
        return family_forms(self.family).sounds

    @property
    def sectors(self) -> Names:
        return sectors_of(self.postcodes)

    @property
    def birth_is_exact(self) -> bool:
        return bool(self.birth)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; empty ones left out."""
        found: dict[str, Any] = {}
        for name in _KEPT:
            value = getattr(self, name)
            if isinstance(value, date):
                found[name] = value.isoformat()
            elif isinstance(value, tuple):
                if value:
                    found[name] = list(value)
            elif value not in ("", False, None):
                found[name] = value
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        told = data.get
        start, end = told("birth_from"), told("birth_to")
        precision = told("birth_precision") or ""
        return cls(
            told("identity") or 0,
            told("agency") or "",
            told("system") or "",
            told("local_id") or "",
            told("kind") or "unknown",
            tuple(told("given") or ()),
            tuple(told("middle") or ()),
            tuple(told("family") or ()),
            tuple(told("family_whole") or ()),
            date.fromisoformat(start) if start else None,
            date.fromisoformat(end) if end else None,
            precision,
            told("sex") or "",
            tuple(told("postcodes") or ()),
            tuple(told("addresses") or ()),
            tuple(told("phones") or ()),
            tuple(told("nhs") or ()),
            tuple(told("upns") or ()),
            tuple(told("pncs") or ()),
            bool(told("restricted")),
            birth=start if start and precision == "day" else "",
        )


#: What follows from the rest, or from the counts of a store, and is not stored.
_DERIVED = ("given_rare", "birth")
#: What is stored, in the order of the fields.
_KEPT = tuple(field.name for field in fields(Profile) if field.name not in _DERIVED)

Names = tuple[str, ...]


class GivenForms(NamedTuple):
    """What a record's given names are compared by. `plain` can be compared letter by letter."""

    roots: Names
    spellings: Names
    full: Names
    plain: Names
    firsts: Names
    initials: Names


class MiddleForms(NamedTuple):
    roots: Names
    firsts: Names
    initials: Names


class FamilyForms(NamedTuple):
    plain: Names
    sounds: Names


@lru_cache(maxsize=131072)
def given_forms(given: Names) -> GivenForms:
    return GivenForms(
        roots=_once(root for name in given for root in roots(name)),
        spellings=_once(form for name in given for form in spellings(name)),
        full=_once(form for name in given for form in full_names(name)),
        plain=tuple(name for name in given if _is_plain(name)),
        firsts=_once(name[0] for name in given),
        initials=tuple(name for name in given if len(name) == 1),
    )


@lru_cache(maxsize=131072)
def middle_forms(middle: Names) -> MiddleForms:
    return MiddleForms(
        roots=_once(root for name in middle for root in roots(name)),
        firsts=_once(name[0] for name in middle if name),
        initials=tuple(name for name in middle if len(name) == 1),
    )


@lru_cache(maxsize=131072)
def family_forms(family: Names) -> FamilyForms:
    return FamilyForms(
        plain=tuple(name for name in family if _is_plain(name)), sounds=_once(sound(name) for name in family)
    )


@lru_cache(maxsize=131072)
def sectors_of(postcodes: Names) -> Names:
    """'NS1 2' of 'NS1 2AB'."""
    return _once(code[:-2] for code in postcodes)


def _is_plain(name: str) -> bool:
    """Letters can be compared one by one only where each is one: other scripts agree whole or not."""
    return name.isascii() and len(name) > 2


def profile(
    identity: int, agency: str, system: str, local_id: str, statements: Iterable[Mapping[str, Any]]
) -> Profile:
    """What all statements about one identity come to; the latest last, as they are given."""
    said = list(statements)
    given, middle, family, whole = _names(said)
    birth_from, birth_to, precision = _birth(said)
    postcodes, addresses = _places(said)
    return Profile(
        identity=identity,
        agency=agency,
        system=system,
        local_id=local_id,
        kind=_latest(said, "kind", ("child", "adult")) or "unknown",
        given=given,
        middle=middle,
        family=family,
        family_whole=whole,
        birth_from=birth_from,
        birth_to=birth_to,
        birth_precision=precision,
        sex=_latest(said, "sex", ("M", "F")),
        postcodes=postcodes,
        addresses=addresses,
        phones=_phones(said),
        nhs=_verified(said, ("nhs",), "nhs"),
        upns=_verified(said, ("upn", "former_upn"), "upn"),
        pncs=_verified(said, ("pnc",), "pnc"),
        restricted=any(bool(one.get("restricted")) for one in said),
        birth=birth_from.isoformat() if precision == "day" and birth_from is not None else "",
    )


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _latest(said: list[Mapping[str, Any]], key: str, allowed: tuple[str, ...]) -> str:
    for one in reversed(said):
        if one.get(key) in allowed:
            return str(one[key])
    return ""


_USES = ("preferred", "legal", "former", "alias", "street")


def _names(
    said: list[Mapping[str, Any]],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    names = [name for one in reversed(said) for name in one.get("names") or ()]
    names.sort(key=lambda name: _USES.index(name["use"]) if name.get("use") in _USES else 1)
    given: list[str] = []
    middle: list[str] = []
    whole: list[str] = []
    parts: list[str] = []
    for name in names:
        first, last = str(name.get("given") or ""), str(name.get("family") or "")
        if not first and not last:
            first, last = split_full(str(name.get("full") or ""))
        forenames = words(first)
        if forenames:
            # "Jean-Luc" is one given name; "Mohammed Yusuf" is a first and a second one.
            head = fold(first.split()[0]) or forenames[0]
            given.append(head)
            middle.extend(fold(part) for part in first.split()[1:])
        whole.append(fold(last))
        parts.extend(halves(last))
    wholes = _once(whole)[:MOST_NAMES]
    return (
        _once(given)[:MOST_NAMES],
        _once(middle)[:MOST_NAMES],
        _once([*wholes, *parts])[: 2 * MOST_NAMES],
        wholes,
    )


def _birth(said: list[Mapping[str, Any]]) -> tuple[date | None, date | None, str]:
    """The most precise date given, the latest among equals; widened to what its precision means."""
    best: tuple[int, date, date, str] | None = None
    for one in said:
        birth = one.get("birth") or {}
        start, end = _day(birth.get("from")), _day(birth.get("to"))
        if start is None and end is None:
            continue
        start, end = start or end, end or start
        assert start is not None and end is not None
        if end < start:
            start, end = end, start
        precision = str(birth.get("precision") or ("day" if start == end else "estimated"))
        if precision == "day" and start != end:
            precision = "estimated"
        rank = {"day": 3, "month": 2, "year": 1}.get(precision, 0)
        if best is None or rank >= best[0]:
            best = (rank, start, end, precision)
    if best is None:
        return None, None, ""
    _, start, end, precision = best
    return *_widened(start, end, precision), precision


def _widened(start: date, end: date, precision: str) -> tuple[date, date]:
    if precision == "month":
        following = (end.replace(day=28) + timedelta(days=4)).replace(day=1)
        return start.replace(day=1), following - timedelta(days=1)
    if precision == "year":
        return start.replace(month=1, day=1), end.replace(month=12, day=31)
    if precision != "day" and start == end:
        return start - timedelta(days=365), end + timedelta(days=365)
    return start, end


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None


def _phones(said: list[Mapping[str, Any]]) -> tuple[str, ...]:
    found = (check("phone", str(one.get("value") or one.get("raw") or "")) for one in _each(said, "phones"))
    return _once(phone.value for phone in found if phone.ok)


def _verified(said: list[Mapping[str, Any]], kinds: tuple[str, ...], kind: str) -> tuple[str, ...]:
    found = []
    for one in _each(said, "identifiers"):
        if one.get("kind") in kinds and one.get("ok", True):
            number = check(kind, str(one.get("value") or one.get("raw") or ""))
            if number.ok:
                found.append(number.value)
    return tuple(sorted(set(found)))


def _each(said: list[Mapping[str, Any]], key: str) -> Iterable[Mapping[str, Any]]:
    return (item for one in reversed(said) for item in one.get(key) or ())


def _places(said: list[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    postcodes: list[str] = []
    addresses: list[str] = []
    for one in _each(said, "addresses"):
        code = check("postcode", str(one.get("postcode") or postcode_in(str(one.get("text") or ""))))
        value = code.value.replace(" ", "") if code.ok else ""
        postcodes.append(value)
        addresses.append(address_key(str(one.get("text") or ""), value))
        property_number = check("uprn", str(one.get("uprn") or ""))
        if property_number.ok:
            addresses.append(f"uprn|{property_number.value}")
    return _once(postcodes), _once(addresses)


_POSTCODE_IN = re.compile(r"\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2}\b")
_INSIDE = frozenset({"flat", "apartment", "apt", "unit", "room", "floor", "first", "ground", "no", "the"})
_SHORT = {
    "st": "street", "rd": "road", "ave": "avenue", "av": "avenue", "cl": "close", "dr": "drive",
    "ln": "lane", "ct": "court", "cres": "crescent", "gdns": "gardens", "pl": "place", "sq": "square",
    "ter": "terrace", "terr": "terrace", "apartment": "flat", "apt": "flat", "pk": "park", "gr": "grove",
}  # fmt: skip


def postcode_in(text: str) -> str:
    found = _POSTCODE_IN.search(text)
    return found[0] if found else ""


@lru_cache(maxsize=65536)
def address_key(text: str, postcode: str) -> str:
    """'12 quay street|NS12AB': number and street with the postcode, or with the town when there is none.
    '' when there is too little to tell one dwelling from another."""
    lines = re.split(r"[,\n;]+", _POSTCODE_IN.sub(" ", text))
    split = [[_SHORT.get(word, word) for word in words(line)] for line in lines]
    split = [line for line in split if line]
    kept: list[str] = []
    used = 0
    for used, line in enumerate(split, start=1):  # noqa: B007 (how many lines the number and street took)
        kept += line
        has_number = any(word[0].isdigit() for word in kept)
        if has_number and any(word.isalpha() and word not in _INSIDE for word in kept):
            break
    if not any(word[0].isdigit() for word in kept):
        kept, used = (split[0], 1) if split else ([], 0)  # a named house
    area = postcode or (" ".join(split[-1]) if len(split) > used else "")
    return f"{' '.join(word for word in kept if word not in ('no', 'the'))}|{area}" if kept and area else ""


#: Names in a key are cut to this, so that a key always fits its column.
_LONGEST = 32


def keys_of_numbers(p: Profile) -> tuple[str, ...]:
    """Those of the blocking keys that are a number: pairs that share one are always shown, however unlikely."""
    return tuple([f"n:{v}" for v in p.nhs] + [f"u:{v}" for v in p.upns] + [f"p:{v}" for v in p.pncs])


def blocking_keys(p: Profile) -> tuple[str, ...]:
    """Short strings; two records are compared when they share one. The look-up of one new record and the
    batch run use the same keys, so both meet the same candidates.

    Each is narrow enough for a store of a million: a number, or a name with a whole date, a name pair with
    a year or a day of the year, a postcode or phone with a name. There is no key of a name alone. Above
    KEY_CAP holders a key is a default value (an office phone, a hostel), and the batch leaves it out.
    """
    keys = list(keys_of_numbers(p))
    givens = [root[:_LONGEST] for root in p.given_roots[:6]]
    sounds = [name[:_LONGEST] for name in p.family_sounds[:6]]
    codes = p.postcodes[:4]
    for day in _days(p):
        keys += [f"sd:{name}|{day}" for name in sounds]
        keys += [f"gd:{name}|{day}" for name in givens]
        keys += [f"pd:{code}|{day}" for code in codes]
    pairs = [f"{name}|{root}" for name in sounds for root in givens][:18]
    keys += [f"sg:{pair}|{year}" for pair in pairs for year in _years(p)]
    if p.birth:
        keys += [f"md:{pair}|{p.birth[5:]}" for pair in pairs]
    keys += [f"pg:{code}|{root}" for code in codes for root in givens]
    keys += [f"t:{phone}|{root}" for phone in p.phones[:4] for root in givens]
    # Given and family name the other way round: both orders give one key, where there is a whole date.
    if p.birth:
        keys += [
            f"x:{a}|{b}|{p.birth}" if a <= b else f"x:{b}|{a}|{p.birth}"
            for a in [name[:_LONGEST] for name in p.given[:3]]
            for b in [name[:_LONGEST] for name in p.family_whole[:3]]
        ]
    return tuple(dict.fromkeys(keys))


#: More holders than this and a key says nothing; documented with `blocking_keys`.
KEY_CAP = 1000


def _days(p: Profile) -> tuple[str, ...]:
    """The whole birth date, and the one with day and month changed round where that is a date."""
    if not p.birth:
        return ()
    year, month, day = p.birth.split("-")
    if int(day) <= 12 and day != month:
        return p.birth, f"{year}-{day}-{month}"
    return (p.birth,)


def _years(p: Profile) -> tuple[int, ...]:
    if p.birth_from is None or p.birth_to is None:
        return ()
    first, last = p.birth_from.year, p.birth_to.year
    return tuple(range(first, last + 1)) if last - first < WIDEST_YEARS else ()
