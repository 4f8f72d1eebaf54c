"""Taking words out of what is shown: a child with whom the reader has no basis, a place that is hidden, a source.

Works on values: whatever stands in a hidden field is taken out of the sentences beside it too, however it is
capitalised or broken over lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WITHHELD = "[withheld]"
ANOTHER_CHILD = "[another child]"
#: Shorter values would take out half of every sentence. A name of two letters is still a name.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Veil:
    """Words and what stands in their place. Empty: everything passes as it is."""

    pattern: re.Pattern[str] | None
    instead: Mapping[str, str]

    def over(self, text: str) -> str:
        if self.pattern is None or not text:
            return text
        return self.pattern.sub(lambda found: self.instead[folded(found[0])], text)


CLEAR = Veil(None, {})


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def veil(hidden: Iterable[tuple[str, str]]) -> Veil:
    """From (words, what stands instead). Longer words first, so that a whole name goes before its parts."""
    instead: dict[str, str] = {}
    for words, replacement in hidden:
        key = folded(words)
        if len(key) >= SHORTEST:
            instead.setdefault(key, replacement)
    if not instead:
        return CLEAR
    parts = [
        r"\s+".join(re.escape(word) for word in key.split())
        for key in sorted(instead, key=lambda key: (-len(key), key))
    ]
    return Veil(re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)", re.IGNORECASE), instead)


def names_of(name: str) -> list[str]:
    """A name, and each of its parts that could stand alone."""
    parts = [part for part in re.split(r"\s+", name) if len(part) >= SHORTEST]
    return [name, *parts] if len(parts) > 1 else [name]
