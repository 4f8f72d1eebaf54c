"""Spellings that nobody explained yet, put together so that one answer settles several.

Grouping only saves reading: every spelling is shown, and a person may leave any of them out of the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from lineofsight.records.values import Spellings, Suggestion

#: How alike two spellings must be to be shown together, of 100.
ALIKE = 82
#: More than this in one answer is no longer read.
LARGEST = 12


@dataclass(frozen=True, slots=True)
class Group:
    """Spellings with how often each was met, the most frequent first; why a person is asked, and what it may mean."""

    spellings: tuple[tuple[str, int], ...]
    why: str
    suggestions: tuple[Suggestion, ...]

    @property
    def times(self) -> int:
        return sum(times for _, times in self.spellings)


@dataclass(frozen=True, slots=True)
class _Asked:
    spelling: str
    times: int
    words: str
    why: str
    suggestions: tuple[Suggestion, ...]

    @property
    def likeliest(self) -> str:
        return self.suggestions[0].code if self.suggestions else ""


def grouped(
    spellings: Mapping[str, int], base: Spellings, met: Iterable[tuple[str, str]] = ()
) -> list[Group]:
    """Groups of one code list, those met most often first. `met`: (spelling, code) that people settled."""
    known = list(met)
    asked = [
        _Asked(
            spelling,
            times,
            " ".join(base.meanings.fold(spelling)),
            base.read(spelling).why,
            tuple(base.suggest(spelling, known)),
        )
        for spelling, times in sorted(spellings.items(), key=lambda item: (-item[1], item[0]))
    ]
    together: list[list[_Asked]] = []
    of_reason: dict[tuple[str, str], list[list[_Asked]]] = defaultdict(list)
    for one in asked:
        home = _home(one, together) or next(
            (group for group in of_reason[one.likeliest, one.why] if len(group) < LARGEST and _tells(one)),
            None,
        )
        if home is None:
            home = []
            together.append(home)
            of_reason[one.likeliest, one.why].append(home)
        home.append(one)
    found = [
        Group(tuple((one.spelling, one.times) for one in group), group[0].why, group[0].suggestions)
        for group in together
    ]
    return sorted(found, key=lambda group: (-group.times, group.spellings[0][0]))


def _tells(one: _Asked) -> bool:
    """The reason names a word, so that those who share it share something."""
    return "“" in one.why and bool(one.suggestions)


def _home(one: _Asked, together: list[list[_Asked]]) -> list[_Asked] | None:
    """The group whose first spelling is most like this one, if it is likely to mean the same."""
    best, home = float(ALIKE), None
    for group in together:
        first = group[0]
        if len(group) >= LARGEST or first.likeliest != one.likeliest:
            continue
        likeness = fuzz.token_sort_ratio(one.words, first.words, score_cutoff=best)
        if likeness > best or (likeness and home is None):
            best, home = likeness, group
    return home
