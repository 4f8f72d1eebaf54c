"""What gives a person away by its form alone: numbers, addresses, schools, dates.

Each pattern is read from text that `folding.fold` has spelt plainly. Where in doubt, a pattern takes more
rather than less: what is lost can be asked for, what is given away cannot be taken back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from lineofsight.catalogue.when import local
from lineofsight.chronology.documents.dates import MONTHS

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    r"aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?:\.(?=\s?\d))?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|[’']?\d{2}(?!\d|:\d|\.\d))"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_CLOCK = r"(?:T\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_ON = r"(?P<on>\bon\s+(?:the\s+)?)?"

#: In the order in which they are tried.
DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ON}(?<!\d)(?P<year>\d{{4}})[-/.](?P<day2>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?!\d*[A-Z]\b){_CLOCK}(?!\d)",
        rf"{_ON}{_WEEKDAY}(?<![\d/.-])(?P<day>\d{{1,2}})(?P<mark>[-/.])(?P<day2>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}})(?![\d/-])",
        rf"{_ON}{_WEEKDAY}(?<!\d)(?:the\s+)?{_DAY}[\s-]*(?:of\s+)?{_MONTH}(?:[\s,-]*{_YEAR})?",
        rf"{_ON}{_WEEKDAY}\b{_MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+{_YEAR})?",
        rf"{_ON}\b{_MONTH}[\s,-]+(?P<year>\d{{4}})(?!\d)",
        rf"(?P<on>\b(?:on|since|from|until|till|by|before|after|dated|between|and|to)\s+){_WEEKDAY}(?P<day>\d{{1,2}})[/](?P<day2>\d{{1,2}})(?![\d/])",
        rf"\b(?P<lead>in|since|during|until|by|early|late|mid|last|of|from|before|after)[\s-]+{_MONTH}(?!\w)",
        r"\b(?P<lead>in|since|during|until|by|early|late|mid|of|from|before|after|born|spring|summer|autumn|winter)[\s-]+(?P<year>(?:19|20)\d{2})(?![\d:-])",
    )
)
# A year and one or two digits joined by a slash can also be half a police number; DATES asks for all three.

# Lengths are bounded here and below, so that a page without a space cannot hold up the reader.
EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]+(?:\.[\w-]+)+")
WEB = re.compile(
    r"(?:https?://|www\.)[^\s\x00]+|\b[\w-]{1,63}\.(?:com|net|org|co\.uk|gov\.uk|nhs\.uk|sch\.uk)(?:/[^\s\x00]*)?",
    re.I,
)
HANDLE = re.compile(r"(?<![\w@])@[\w.]{2,}")
NAMED_HANDLE = re.compile(
    r"\b(?:snapchat|snap|instagram|insta|tiktok|discord|telegram|facebook|whatsapp|twitch|roblox|xbox|psn|"
    r"gamertag|handle|user\s?name|user|account)\s*(?::|\bas\b|\bname\b:?)\s*(?P<value>[\w.\-]+)",
    re.I,
)
PHONE = re.compile(r"(?<![\w+])(?:\+\s?44|0044|\(?0)(?:[\s().-]*\d){8,11}(?!\d)")
ABROAD = re.compile(r"(?<![\w+])\+\d(?:[\s().-]*\d){7,13}(?!\d)")
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s{0,2}\d[A-Z]{2}\b", re.I)
CAR = re.compile(
    r"\b(?i:[A-Z]{2}\d{2}[\s-]?[A-Z]{3})\b|\b[A-Z]\d{1,3}\s?[A-Z]{3}\b|\b[A-Z]{3}\s?\d{1,3}[A-Z]\b"
)

#: Form -> what stands in its place.
NUMBERS = (
    (re.compile(r"\b\d{2,4}/\d{1,7}[A-Z]\b", re.I), "[police number removed]"),
    (re.compile(r"\b(?:\d{1,6}/\d{2}[A-Z]|SF\d{2}/\d{1,6}[A-Z])\b", re.I), "[police number removed]"),
    (re.compile(r"\b[A-Z]\d{11}[0-9A-Z]\b", re.I), "[pupil number removed]"),
    (re.compile(r"(?<![\d])\d{3}[\s-]?\d{3}[\s-]?\d{4}(?!\d)"), "[number removed]"),
    (re.compile(r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b", re.I), "[number removed]"),
    (re.compile(r"(?<!\w)[A-Z]{0,6}[-/]?\d+(?:[-/]\d+)*/\d+(?!\w)", re.I), "[reference removed]"),
    (
        re.compile(r"(?<!\w)(?=[\w/-]{0,40}\d{4})(?=[\w/-]{0,60}[A-Za-z])\w[\w/-]*\w(?!\w)"),
        "[reference removed]",
    ),
    (re.compile(r"(?<![\d:])\d(?:[\s-]?\d){5,}(?!\d)"), "[number removed]"),
)

_CAP = r"(?:St\.?|[A-Z0-9][\w'’.-]*|of|the|and|on|le|upon|&)"
_SCHOOL = (
    r"(?:School|Academy|College|Sixth\s+Form|Nursery|Primary|Infants?|Juniors?|Grammar|High|PRU|Pre-?school)"
)
SCHOOL = re.compile(rf"(?<!\w)(?:{_CAP}\s+){{1,6}}{_SCHOOL}(?:\s+(?:{_SCHOOL}|Trust))*\b")
_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Close|Drive|Dr|Way|Court|Crescent|Cres|Terrace|Gardens|Gdns|Grove|"
    r"Square|Walk|Row|Mews|View|Rise|Place|Parade|Quay|Wharf|Embankment|Boulevard|Hill|Green|Fields?|Bank|Path)"
)
_STREET_NAMES = r"(?!(?:in|at|on|to|the|and)\s)[\w'’.-]+"
STREET = re.compile(
    rf"(?<!\w)(?:(?i:flat|apartment|unit|room)\s+\w+,?\s+)?(?P<number>\d{{1,4}}[a-zA-Z]?(?:-\d+)?,?\s+)"
    rf"(?:{_STREET_NAMES}\s+){{1,3}}(?i:{_STREET})\b\.?"
    rf"|(?<!\w)(?:[A-Z][\w'’.-]*\s+){{1,3}}{_STREET}\b"
)
FACILITY = re.compile(
    rf"(?<!\w)(?:{_CAP}\s+){{1,5}}(?:Hospital|Surgery|Clinic|Infirmary|(?:Health|Medical|Shopping|Leisure|Sports|"
    r"Community|Youth|Family|Children's)\s+Centre|(?:Children's|Care|Foster|Nursing)\s+Home|Hostel|Hotel|Refuge|"
    r"(?:Bus|Train|Railway|Police|Fire)\s+Station|Station|Retail\s+Park|Park|Church|Mosque|Temple|Library|"
    r"(?:Youth|Boxing|Football|Social)\s+Club|Estate|House|Flats|Towers?|Lodge|Arcade|Market|Mall|Precinct)\b"
)

_NUMBER_OF_MONTH = {name[:3].lower(): place for place, name in enumerate(MONTHS, start=1)}


@dataclass(frozen=True, slots=True)
class Found:
    """A date in running text. `day` and `month` are None where none was written; `lead` is a word before
    it that stays."""

    year: int
    month: int | None
    day: int | None
    lead: str
    had_on: str


def read_date(match: re.Match[str], near: datetime | None) -> Found | None:
    """What was written, with a missing year taken to be the nearest one. None when it is no date."""
    parts = match.groupdict()
    month = _month(parts)
    day = int(parts["day"]) if parts.get("day") else None
    if parts.get("day2") and month is not None and month > 12 and day is not None and day <= 12:
        month, day = day, month
    year = _year(parts.get("year"))
    if year is None:
        year = _nearest_year(month, day, near)
    if year is None or (month is not None and not _is_day(year, month, day or 1)):
        return None
    return Found(year, month, day, parts.get("lead") or "", parts.get("on") or "")


def _month(parts: dict[str, str | None]) -> int | None:
    if parts.get("day2"):
        return int(str(parts["day2"]))
    if parts.get("month"):
        return _NUMBER_OF_MONTH[str(parts["month"])[:3].lower()]
    return None


def _year(text: str | None) -> int | None:
    if not text:
        return None
    number = int(text.strip("’'"))
    if number >= 100:
        return number
    return number + (2000 if number < 70 else 1900)


def _nearest_year(month: int | None, day: int | None, near: datetime | None) -> int | None:
    if near is None or month is None:
        return None
    there = local(near).date()
    options = [
        year for year in (there.year - 1, there.year, there.year + 1) if _is_day(year, month, day or 1)
    ]
    return min(options, key=lambda year: abs((date(year, month, day or 1) - there).days), default=None)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
