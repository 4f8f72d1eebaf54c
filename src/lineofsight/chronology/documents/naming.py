"""Which words are somebody's name, and what each person is called instead.

A name is found in full, by halves, with initials, turned round, short or with a possessive. Where two
people share a word, the word alone gets a name of its own, so that nobody is taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lineofsight.catalogue.matching import shipped_names
from lineofsight.chronology.documents.folding import Working, fold
from lineofsight.chronology.documents.words import ALSO_WORDS, RANKS, ROLE_WORDS

TITLED = re.compile(
    r"\b(?P<title>(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Rev|Revd|PC|DC|PS|DS|DI|DCI|Sgt|Insp|Inspector|PCSO|Cllr|Judge)"
    r"\.?\s+(?:\d+\s+)?)(?P<name>(?:[A-Z]\.?\s*)?[A-Z][\w'-]+)"
)

_BETWEEN = r"[\W_\x00]{0,3}"
_INITIAL_GAP = r"(?:\.[\s-]?|\s)"


@dataclass(slots=True)
class _Person:
    token: str
    names: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class Roll:
    """Everyone who is known, and every way of writing them."""

    people: list[_Person] = field(default_factory=list)
    _by_name: dict[tuple[str, ...], str] = field(default_factory=dict)

    def knows(self, name: str) -> str:
        """The token of someone by the full name or by initial and family name, or ''."""
        return self._by_name.get(_spelt(parts(name)), "")

    def covers(self, name: str) -> bool:
        """Does every word of it already belong to someone? Then it is nobody new."""
        words = {word.lower() for word in parts(name) if len(word) > 1}
        known = {word.lower() for one in self.people for each in one.names for word in each}
        return len(parts(name)) == 1 and words <= known

    def add(self, token: str, names: Iterable[str]) -> None:
        person = _Person(token)
        for name in names:
            words = parts(name)
            if words:
                person.names.append(words)
                self._by_name.setdefault(_spelt(words), token)
                self._by_name.setdefault(_spelt((words[0][0], *words[1:])), token)
        if person.names:
            self.people.append(person)

    @cached_property
    def _whole(self) -> dict[str, str]:
        """Pattern of more than one word -> token."""
        holders: dict[str, list[tuple[str, bool]]] = {}
        for person in self.people:
            for words in person.names:
                for pattern, is_family in _whole_patterns(words):
                    _hold(holders, pattern, (person.token, is_family))
        return {pattern: _shared(found) for pattern, found in holders.items()}

    @cached_property
    def _single(self) -> dict[str, str]:
        """One word in small letters -> token."""
        holders: dict[str, list[tuple[str, bool]]] = {}
        for person in self.people:
            for words in person.names:
                for word in filter(_tells, words):
                    _hold(holders, word.lower(), (person.token, len(words) > 1 and word != words[0]))
        return {word: _shared(found) for word, found in holders.items()} | self._short(holders)

    def _short(self, holders: dict[str, list[tuple[str, bool]]]) -> dict[str, str]:
        """Sammy for Samuel. A longer form of a short name may be somebody else: it only goes."""
        roots = shipped_names().roots
        found: dict[str, str] = {}
        givens = {words[0].lower(): person.token for person in self.people for words in person.names}
        for form, full_names in roots.items():
            if form in holders:
                continue
            tokens = {givens[full] for full in full_names if full in givens}
            if tokens:
                found[form] = tokens.pop() if len(tokens) == 1 else "[name removed]"
        for given in givens:
            for full in roots.get(given, ()):
                if full not in holders:
                    found.setdefault(full, "[name removed]")
        return found

    @cached_property
    def _surnames(self) -> frozenset[str]:
        return frozenset(
            word.lower() for one in self.people for words in one.names for word in words if _tells(word)
        )

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that is masked when it stands alone."""
        return frozenset(self._single)

    @cached_property
    def _long_words(self) -> tuple[str, ...]:
        return tuple(word for word in self._surnames if len(word) >= 3)

    @cached_property
    def _whole_pattern(self) -> re.Pattern[str] | None:
        if not self._whole:
            return None
        branches = "|".join(f"({pattern})" for pattern in sorted(self._whole, key=len, reverse=True))
        return re.compile(rf"(?<![^\W_])(?:{branches})(?![^\W_])", re.IGNORECASE)

    @cached_property
    def _single_pattern(self) -> re.Pattern[str] | None:
        if not self._single:
            return None
        branches = "|".join(map(re.escape, sorted(self._single, key=len, reverse=True)))
        return re.compile(rf"(?<![^\W_])(?P<word>{branches})(?P<s>s)?(?![^\W_])", re.IGNORECASE)

    def hides_in(self, run: str) -> bool:
        """Is a name part of this run of letters and digits, as in an account's name?"""
        small = run.lower()
        return any(word in small for word in self._long_words)

    def mask(self, working: Working) -> None:
        if self._whole_pattern is not None:
            tokens = [self._whole[pattern] for pattern in sorted(self._whole, key=len, reverse=True)]
            _replace(working, self._whole_pattern, lambda match: tokens[int(match.lastindex or 1) - 1])
        if self._single_pattern is not None:
            _replace(working, self._single_pattern, self._of_single)

    def _of_single(self, match: re.Match[str]) -> str | None:
        word = match["word"].lower()
        needs_capital = word in ALSO_WORDS or len(word) == 2 or word not in self._surnames
        if needs_capital and (match["s"] or not match["word"][0].isupper()):
            # "Wills" and "Roses" are looked at as words of their own, with their capital.
            return self._single[word] if match["s"] and match["word"][0].isupper() else None
        return f"{self._single[word]}’s" if match["s"] else self._single[word]


def _hold(holders: dict[str, list[tuple[str, bool]]], form: str, holder: tuple[str, bool]) -> None:
    found = holders.setdefault(form, [])
    if holder not in found:
        found.append(holder)


def _spelt(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def parts(name: str) -> tuple[str, ...]:
    """The words of a name in the order given, family last; () for a role that stands where a name would."""
    before, comma, after = fold(name).partition(",")
    ordered = f"{after} {before}" if comma and after.strip() else f"{before} {after}"
    ordered = re.sub(r"\([^)]*\)", lambda match: f" {match.group()[1:-1]} ", ordered)
    words = [word for word in re.split(r"[^\w']+|_|\d+", ordered) if word]
    words = [piece for word in words for piece in word.removesuffix("'s").split("'") if piece]
    titles = shipped_names().titles | RANKS
    kept = [word for word in words if word.lower() not in titles and word.lower() not in ROLE_WORDS]
    return tuple(kept) if any(map(_tells, kept)) else ()


def _tells(word: str) -> bool:
    """Does the word alone point to somebody? An initial does not, nor "van" or "O"."""
    return len(word) > 1 and word.lower() not in shipped_names().particles


def _whole_patterns(words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """(pattern, is it only the family name?) for each way of writing more than one word."""
    if len(words) < 2:
        return
    spelt = [re.escape(word) for word in words]
    given, families = spelt[0], spelt[1:]
    telling = [re.escape(word) for word in words[1:] if _tells(word)]
    together = _BETWEEN.join(families)
    yield _BETWEEN.join(spelt), False
    yield _BETWEEN.join([together, given]), False
    if len(families) > 1:
        yield together, True
        yield from ((rf"{given}{_BETWEEN}{family}", False) for family in telling)
    if len(words[0]) > 1:
        capital = rf"(?-i:{re.escape(words[0][0].upper())})"
        for family in dict.fromkeys((together, *telling)):
            yield rf"{capital}{_INITIAL_GAP}{family}", False
        initials = [rf"(?-i:{re.escape(word[0].upper())})" for word in words[1:]]
        yield rf"{given}\s{'[.-]?'.join(initials)}\.?", False
    yield from _initials(words)


def _initials(words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """S.R-H. and SRH. Two bare capitals are left, since they are mostly a role or an office."""
    if not all(len(word) > 1 for word in words):
        return
    capitals = [rf"(?-i:{re.escape(word[0].upper())})" for word in words]
    yield r"[.\s-]{1,2}".join(capitals) + r"\.?", False
    if len(words) > 2:
        yield "".join(capitals), False


def _shared(holders: list[tuple[str, bool]]) -> str:
    tokens = list(dict.fromkeys(token for token, _ in holders))
    if len(tokens) == 1:
        return tokens[0]
    if all(is_family for _, is_family in holders) or len(tokens) > 3:
        return "[shared family name]" if all(is_family for _, is_family in holders) else "[shared name]"
    return " or ".join(tokens)


def _replace(
    working: Working, pattern: re.Pattern[str], words_for: Callable[[re.Match[str]], str | None]
) -> None:
    for match in list(pattern.finditer(working.plain)):
        words = words_for(match)
        if words:
            working.take(match.start(), match.end(), words)
