"""Takes out of a text whatever could tell who it is about, and puts the same words for the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lineofsight.chronology.documents import patterns
from lineofsight.chronology.documents.dates import MONTHS, Dates, monday, month_words, week_number
from lineofsight.chronology.documents.folding import Working, fold
from lineofsight.chronology.documents.naming import TITLED, Roll
from lineofsight.chronology.documents.words import KIND_OF_PLACE

#: A date further than this from the first entry tells no order that matters: its month is enough.
_NEAR_ENOUGH = timedelta(days=366 * 2)

_MIXED_RUN = re.compile(r"(?<![\w.])(?=[\w.-]{0,60}[\d_.])[\w.-]*\w")
_LEADING = re.compile(
    r"(?:(?:the|at|in|on|of|and|from|to|after|before|near|by|her|his|their|he|she|they|outside|inside|attends|both)\s+)+",
    re.IGNORECASE,
)


_TWICE = re.compile(r"\b(Email|Handle|Phone|Place|School|Vehicle)(?::? )(?=\1 \d)")


class Tokens:
    """'Phone 1' for the first telephone, and again whenever it comes back."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, label: str, key: str) -> str:
        token = self._given.get((label, key))
        if token is None:
            self._counts[label] = self._counts.get(label, 0) + 1
            token = self._given[label, key] = f"{label} {self._counts[label]}"
        return token


@dataclass
class Masker:
    """`literals` are known texts (whole addresses, account names, numbers), in any letters, each with what
    stands for it. `dates` counts weeks in the moved calendar; `shift` moves a day into it."""

    roll: Roll
    dates: Dates
    shift: timedelta
    tokens: Tokens = field(default_factory=Tokens)
    literals: dict[str, str] = field(default_factory=dict)
    _compiled: tuple[int, re.Pattern[str] | None] = (-1, None)

    def learn(self, literal: str, token: str) -> None:
        key = spelt_alike(literal)
        if len(key) > 1:
            self.literals.setdefault(key, token)

    def mask(self, text: str, near: datetime | None = None) -> str:
        """`near` says which year a date without a year belongs to."""
        if not text.strip():
            return text
        working = Working(text)
        self._each(working, patterns.EMAIL, lambda match: self.tokens.of("Email", match.group().lower()))
        self._each(working, patterns.WEB, lambda match: "[web address removed]")
        self._take_literals(working)
        for pattern in patterns.DATES:
            self._each(working, pattern, lambda match: self._date(match, near))
        self._each(working, patterns.NAMED_HANDLE, self._handle, group="value")
        self._each(
            working, patterns.HANDLE, lambda match: self.tokens.of("Handle", spelt_alike(match.group()))
        )
        self._each(working, _MIXED_RUN, self._run_with_a_name)
        self._numbers(working)
        self._places(working)
        self.roll.mask(working)
        self._each(working, TITLED, lambda match: f"{match['title'].split()[0]} [name removed]")
        # "Phone 07700 900123" would read "Phone Phone 1".
        return _TWICE.sub("", working.result())

    def _each(
        self,
        working: Working,
        pattern: re.Pattern[str],
        words_for: Callable[[re.Match[str]], str | None],
        group: str | int = 0,
    ) -> None:
        for match in list(pattern.finditer(working.plain)):
            words = None if "\0" in match.group() else words_for(match)
            if words is not None:
                working.take(match.start(group), match.end(group), words)

    def _take_literals(self, working: Working) -> None:
        size, pattern = self._compiled
        if size != len(self.literals):
            branches = sorted(self.literals, key=len, reverse=True)
            spelt = "|".join(r"[\W_]+".join(map(re.escape, branch.split())) for branch in branches)
            pattern = re.compile(rf"(?<![^\W_])(?:{spelt})(?![^\W_])", re.I) if branches else None
            self._compiled = (len(self.literals), pattern)
        if pattern is not None:
            self._each(working, pattern, lambda match: self.literals.get(spelt_alike(match.group())))

    def _numbers(self, working: Working) -> None:
        for pattern in (patterns.PHONE, patterns.ABROAD):
            self._each(working, pattern, lambda match: self.tokens.of("Phone", _phone_key(match.group())))
        for pattern, words in patterns.NUMBERS[:3]:
            self._each(working, pattern, lambda match, words=words: words)  # type: ignore[misc]
        self._each(working, patterns.POSTCODE, lambda match: "[postcode removed]")
        self._each(
            working,
            patterns.CAR,
            lambda match: self.tokens.of("Vehicle", spelt_alike(match.group()).replace(" ", "")),
        )
        for pattern, words in patterns.NUMBERS[3:]:
            self._each(working, pattern, lambda match, words=words: words)  # type: ignore[misc]

    def _places(self, working: Working) -> None:
        for label, pattern in (
            ("School", patterns.SCHOOL),
            ("Place", patterns.STREET),
            ("Place", patterns.FACILITY),
        ):
            for match in list(pattern.finditer(working.plain)):
                if "\0" in match.group():
                    continue
                lead = _LEADING.match(match.group())
                start = match.start() + (lead.end() if lead else 0)
                name = working.plain[start : match.end()]
                if distinctive(name) or re.search(r"\d", name):
                    working.take(start, match.end(), self.place(label, name))

    def place(self, label: str, name: str) -> str:
        key = spelt_alike(without_lead(name))
        return self.literals.get(key) or self.tokens.of(label, key)

    def _handle(self, match: re.Match[str]) -> str | None:
        value = match["value"]
        # "account closed" and "user known" are sentences; an account's name has something odd in it.
        odd = bool(re.search(r"[\d_.]", value)) or ":" in match.group()
        return self.tokens.of("Handle", spelt_alike(value)) if odd or self.roll.hides_in(value) else None

    def _run_with_a_name(self, match: re.Match[str]) -> str | None:
        run = match.group().rstrip(".")
        if not re.search(r"[\d_.]", run) or not self.roll.hides_in(run) or re.fullmatch(r"(?:\w\.)+\w+", run):
            return None
        words = [word for word in re.split(r"[\d_.\-]+", run) if word]
        if not re.search(r"[\d_]", run) and all(word[:1].isupper() for word in words[1:]):
            # A missing space after a full stop, not an account's name.
            return None
        return self.tokens.of("Handle", spelt_alike(match.group()))

    def _date(self, match: re.Match[str], near: datetime | None) -> str | None:
        parts = match.groupdict()
        alone = not parts.get("day") and not parts.get("year")
        if alone and str(parts["month"]).lower().rstrip(".") in self.roll.words:
            return None  # somebody is called April: the name is looked for instead
        found = patterns.read_date(match, near)
        if found is None:
            return f"{parts.get('on') or parts.get('lead') or ''} [date removed]".strip()
        if found.month is None:
            return f"{found.lead} {self._moved(date(found.year, 7, 1), '%Y')}"
        if found.day is None:
            form = "month" if parts.get("year") else "name"
            words = self._moved(date(found.year, found.month, 15), form)
            return f"{found.lead} {words}" if found.lead else f"{_in(found.had_on)}{words}"
        return f"{_in(found.had_on)}{self._moved(date(found.year, found.month, found.day), 'week')}"

    def _moved(self, day: date, form: str) -> str:
        try:
            moved = day + self.shift
        except OverflowError:
            return "[date removed]"
        if form == "%Y":
            return str(moved.year)
        if form == "name":
            return MONTHS[moved.month - 1]
        first = self.dates.week_one
        if form == "week" and first is not None and abs(moved - first) <= _NEAR_ENOUGH:
            return f"week {week_number(first, moved)} ({month_words(monday(moved))})"
        return month_words(moved)


def without_lead(name: str) -> str:
    """'The Hillview Academy' is Hillview Academy."""
    lead = _LEADING.match(name)
    return name[lead.end() :] if lead else name


def _in(on: str) -> str:
    """'on 3 May' is a day; what it becomes is a week."""
    word = on.strip().lower().removesuffix("the").strip()
    if not word:
        return ""
    return ("In " if on[:1].isupper() else "in ") if word == "on" else f"{on.strip()} "


def distinctive(name: str) -> tuple[str, ...]:
    """The words that make this place this one and no other."""
    words = re.findall(r"[\w']+", fold(name))
    return tuple(
        word for word in words if word.lower().removesuffix("'s") not in KIND_OF_PLACE and not word.isdigit()
    )


def spelt_alike(text: str) -> str:
    """The letters and digits alone, by which two ways of writing one thing are known to be one."""
    return " ".join(re.findall(r"[^\W_]+", fold(text).lower()))


def _phone_key(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return re.sub(r"^(?:0044|44)0?", "0", digits)
