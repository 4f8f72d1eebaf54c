"""The shapes of a typed date: words for months, days and parts of a day, and the patterns made of them."""

from __future__ import annotations

import re

LONGEST = 120
FIRST_YEAR, LAST_YEAR = 1900, 2199
EXAMPLES = (
    "Try 3/5/2026, 3 May 2026 22:40, yesterday 22:40, last Tuesday, May 2024, about half-term or not known"
)

MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs", "friday fri",
         "saturday sat", "sunday sun")
    )
    for name in names.split()
}  # fmt: skip
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "couple of": 2}
NOT_KNOWN = frozenset(
    (
        "not known",
        "not known when",
        "unknown",
        "n/k",
        "nk",
        "not recorded",
        "don't know",
        "dont know",
        "do not know",
    )
)
PARTS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (20, 30)}
ABOUT = re.compile(r"^(?:in |on |at )?(?:about|around|approximately|approx\.?|roughly|circa|c\.|ca\.|~)\s*")

_month = "|".join(sorted(MONTHS, key=len, reverse=True))
_weekday = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_time = (
    r"(?:(?P<h>\d{1,2})[:.](?P<m>\d{2})(?::\d{2})?(?: ?(?P<half>am|pm))?"
    r"(?: ?(?P<zone>gmt|bst))?(?: ?(?:hrs|hours|h))?"
    r"|(?P<h2>\d{1,2}) ?(?P<half2>am|pm)|(?P<military>\d{4}) ?(?:hrs|hours|h)"
    r"|(?P<named>noon|midday|midnight))"
)
TIME = re.compile(rf"(?:^|[\s,]+)(?:at |@ ?)?{_time}$", re.ASCII)
TIME_FIRST = re.compile(rf"^(?:at )?(?P<time>{_time})\s+(?:on )?(?P<rest>.+)$", re.ASCII)
PART = re.compile(r"^(?:(?P<before>.*?)[\s,]+)?(?:in the |at )?(?P<part>morning|afternoon|evening|night)$")
DAY_MONTH = re.compile(
    r"^(?P<d>\d{1,2})(?:(?P<s>[/.-])(?P<n>\d{1,2})(?:(?P=s)(?P<y>\d{4}|\d{2}))?"
    rf"| ?(?:of )?(?P<mon>{_month})\.?(?: (?P<y2>\d{{4}}|'?\d{{2}}))?)$",
    re.ASCII,
)
MONTH_DAY = re.compile(rf"^(?P<mon>{_month})\.? (?P<d>\d{{1,2}})(?: (?P<y>\d{{4}}))?$", re.ASCII)
ISO_DAY = re.compile(r"^(?P<y>\d{4})[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})$", re.ASCII)
WEEKDAY = re.compile(rf"^(?:(?P<which>last|this|next|on|past) )?(?P<day>{_weekday})$")
WITH_WEEKDAY = re.compile(rf"^(?P<day>{_weekday})\.?,? (?=\d|{_month})(?P<rest>.*)$", re.ASCII)
MONTH = re.compile(rf"^(?:(?P<part>early|mid|late)[ -])?(?P<mon>{_month})\.?(?: (?P<y>\d{{4}}))?$", re.ASCII)
MONTH_NUMBER = re.compile(r"^(?P<n>\d{1,2})[/.-](?P<y>\d{4})$", re.ASCII)
YEAR = re.compile(r"^(?:in )?(?P<y>\d{4})$", re.ASCII)
SCHOOL_YEAR = re.compile(r"^(?:school year |academic year )?(?P<y>\d{4})[/-](?P<z>\d{2})$", re.ASCII)
AGO = re.compile(
    rf"^(?P<n>\d{{1,3}}|{'|'.join(NUMBERS)}) (?P<unit>minute|hour|day|week|fortnight|month|year)s? ago$",
    re.ASCII,
)
TERM = re.compile(r"^(?P<name>autumn|spring|summer) term(?: (?P<y>\d{4}))?$", re.ASCII)
BREAK = re.compile(
    rf"^(?P<which>autumn|winter|spring|summer|{_month})?\s*(?P<kind>half[ -]?term)(?: (?P<y>\d{{4}}))?$"
    r"|^(?P<holiday>christmas|easter|summer)(?P<word> holidays?| break)?(?: (?P<hy>\d{4}))?$",
    re.ASCII,
)
WEEK_OF = re.compile(r"^(?:the )?(?:week (?:of|beginning|commencing)|w/c|wc)\s+(?P<rest>.+)$")
BETWEEN = re.compile(r"^(?:between|from)\s+")
SPLIT = re.compile(r"\s+(?:to|until|till|and|-|–|—)\s+|\s*[–—]\s*|(?<=[a-z0-9])-(?=[a-z0-9])")
