"""The numbers by which agencies know people: read, checked, and never trusted when they fail.

A failing number is kept with the reason, so that someone can put it right at its source; it is never
used to join records.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lineofsight.catalogue.errors import Refused


@dataclass(frozen=True, slots=True)
class Identifier:
    """`value` is the normal form (or '' when there is none), `raw` what was written."""

    kind: str
    value: str
    raw: str
    ok: bool
    why: str = ""


#: Check letters of pupil numbers: no I, O or S. Source: arthurdejong/python-stdnum, stdnum/gb/upn.py (LGPL;
#: the rule, not the code). That library refuses the councils made since 2019 (838, 839, 940 to 943), whose
#: pupil numbers are true ones, so only the letter is checked here.
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"

#: Check letters of police numbers, at (two-digit year and seven-digit serial) mod 23.
#: Source: ministryofjustice/hmpps-person-record, PNCIdentifier.kt (MIT).
PNC_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"

_UPN = re.compile(r"([A-Z])(\d{11})([0-9A-Z])")
_PNC = re.compile(r"(\d{4}|\d{2})/?(\d{1,7})([A-Z])")
_CRO = re.compile(r"(?:\d{1,6}/\d{2}[A-Z]|SF\d{2}/\d{1,6}[A-Z])")
_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
#: '+', a country code and nine digits: the shortest whole British number.
_SHORTEST_PHONE = 11
_GAPS = re.compile(r"[\s.\-–‑_]+")


@lru_cache(maxsize=65536)
def check(kind: str, text: str) -> Identifier:
    """What was written, in its normal form, and whether it may be used to match."""
    reader = _READERS.get(kind)
    if reader is None:
        raise Refused(f"{kind!r} is not a kind of number that we know; use one of {', '.join(KINDS)}.")
    raw = str(text).strip()
    if not raw:
        return Identifier(kind, "", raw, False, "Nothing was written")
    value, why = reader(raw)
    return Identifier(kind, value, raw, not why, why)


def _compact(text: str) -> str:
    return _GAPS.sub("", text).upper()


def _digits(text: str, length: int) -> tuple[str, str]:
    value = _compact(text)
    if not (value.isascii() and value.isdigit()):
        return value, "It should hold digits only"
    if len(value) != length:
        return value, f"It should have {length} digits; this has {len(value)}"
    return value, ""


def _weighted(value: str) -> int:
    return sum(int(digit) * weight for digit, weight in zip(value[:9], range(10, 1, -1), strict=True))


def _nhs(text: str) -> tuple[str, str]:
    value, why = _digits(text, 10)
    if why:
        return value, why
    # All ten repeated-digit numbers pass the sum, and are typed when nobody knows the number.
    if len(set(value)) == 1:
        return value, "One digit repeated is not anyone's NHS number"
    expected = 11 - _weighted(value) % 11
    if expected % 11 != int(value[9]) or expected == 10:
        return value, "The last digit does not fit the others, so a digit is wrong"
    return value, ""


def _uln(text: str) -> tuple[str, str]:
    value, why = _digits(text, 10)
    if why:
        return value, why
    remainder = _weighted(value) % 11
    if remainder == 0 or 10 - remainder != int(value[9]):
        return value, "The last digit does not fit the others, so a digit is wrong"
    if value == "9999999999":  # the placeholder that schools use
        return value, "This stands for a number that is not known"
    return value, ""


def upn_letter(rest: str) -> str:
    """The check letter of the twelve characters that follow it; a last letter counts as its place."""
    places = [int(c) if c.isdigit() else UPN_LETTERS.index(c) for c in rest]
    return UPN_LETTERS[sum(value * place for place, value in enumerate(places, start=2)) % 23]


def _upn(text: str) -> tuple[str, str]:
    value = _compact(text)
    found = _UPN.fullmatch(value) if value.isascii() else None
    if not found:
        return value, "It should be one letter and 12 digits; a temporary number ends in a letter"
    if found[1] not in UPN_LETTERS or (found[3].isalpha() and found[3] not in UPN_LETTERS):
        return value, "The letters I, O and S are not used in a pupil number"
    if upn_letter(value[1:]) != found[1]:
        return value, "The first letter does not fit the digits, so something is wrong"
    return value, ""


def pnc_letter(year: str, serial: str) -> str:
    return PNC_LETTERS[int(f"{year[-2:]}{int(serial):07d}") % 23]


def _pnc(text: str) -> tuple[str, str]:
    value = _compact(text)
    found = _PNC.fullmatch(value) if value.isascii() else None
    if not found:
        return value, "It should look like 2019/0123456A"
    year, serial, letter = found[1], found[2], found[3]
    if len(year) == 2:
        year = f"20{year}" if int(year) <= date.today().year % 100 else f"19{year}"
    value = f"{year}/{int(serial):07d}{letter}"
    if pnc_letter(year, serial) != letter:
        return value, "The letter does not fit the digits, so something is wrong"
    return value, ""


def _cro(text: str) -> tuple[str, str]:
    value = _compact(text)
    # The same letter table is used, but several older forms exist, so only the shape is asked.
    return value, "" if _CRO.fullmatch(value) else "It should look like 123456/19A"


def _postcode(text: str) -> tuple[str, str]:
    value = re.sub(r"[^0-9A-Z]", "", text.upper())
    if value == "GIR0AA":
        return "GIR 0AA", ""
    found = _POSTCODE.fullmatch(value)
    if not found:
        return text.strip().upper(), "It does not look like a postcode"
    spaced = f"{found[1]} {found[2]}"
    # ZZ99 codes say "no fixed address", "not known", a country: thousands of people share them.
    if value.startswith("ZZ99"):
        return spaced, "It stands for no fixed or no known address"
    return spaced, ""


def _phone(text: str) -> tuple[str, str]:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return "", "It does not look like a phone number"
    value = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # `is_valid` refuses the numbers set aside for stories (07700 900xxx), so length decides; a number
    # without its area code is possible, but belongs to many.
    if not phonenumbers.is_possible_number(number) or len(value) < _SHORTEST_PHONE:
        return value, "It has too many or too few digits for a phone number"
    if len(set(value[-7:])) == 1:
        return value, "One digit repeated is not a phone number"
    return value, ""


def _uprn(text: str) -> tuple[str, str]:
    value = _compact(text)
    if not (value.isascii() and value.isdigit()) or not 1 <= len(value.lstrip("0")) <= 12:
        return value, "It should be 1 to 12 digits"
    return value.lstrip("0"), ""


def _local(text: str) -> tuple[str, str]:
    return " ".join(text.split()), ""


_READERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "nhs": _nhs,
    "upn": _upn,
    "former_upn": _upn,
    "uln": _uln,
    "pnc": _pnc,
    "cro": _cro,
    "postcode": _postcode,
    "phone": _phone,
    "uprn": _uprn,
    "local": _local,
}
KINDS = tuple(_READERS)
