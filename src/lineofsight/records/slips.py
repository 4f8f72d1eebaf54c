"""Slips of the pen, mended only where one known word alone is near; and words that an export cut off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA

#: Shorter words have too many neighbours.
SHORTEST = 5
#: From this length on two slips may be mended.
LONG = 11
#: As many words as are remembered; a column of accounts must not fill the memory.
REMEMBERED = 20_000


class Slips:
    """`words` are those that count, to which a slip may be mended; `known` are no slips, whatever they look like."""

    def __init__(self, words: Iterable[str], known: Iterable[str]) -> None:
        self.words = sorted({word for word in words if len(word) >= SHORTEST})
        self.known = frozenset((*known, *self.words))
        self.by_letter: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            self.by_letter[word[0]].append(word)
        self.mended: dict[str, str] = {}

    def mend(self, word: str) -> str:
        """The word that was meant, or the word itself."""
        if word in self.known or len(word) < SHORTEST or not word.isalpha():
            return word
        found = self.mended.get(word)
        if found is None:
            if len(self.mended) >= REMEMBERED:
                self.mended.clear()
            near = self.near(word)
            # A margin: where another known word is as near, or nearly so, nobody can tell.
            found = self.mended[word] = near[0] if len(near) == 1 else word
        return found

    def near(self, word: str) -> list[str]:
        allowed = 1 if len(word) < LONG else 2
        return [
            known
            for known in self.by_letter.get(word[0], ())
            if abs(len(known) - len(word)) <= allowed
            and OSA.distance(word, known, score_cutoff=allowed) <= allowed
            and is_a_slip(word, known)
        ]

    def completed(self, start: str) -> str:
        """The one known word that begins so, or the beginning itself."""
        if start in self.known or len(start) < SHORTEST - 1:
            return start
        found = [word for word in self.by_letter.get(start[0], ()) if word.startswith(start)]
        return found[0] if len(found) == 1 else start


def is_a_slip(word: str, known: str) -> bool:
    """Another last letter makes another word more often than a slip: police and policy."""
    return len(word) != len(known) or word[-1] == known[-1]
