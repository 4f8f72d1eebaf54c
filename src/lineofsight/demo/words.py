"""Sentences from parts: a small grammar, so that no two workers write the same note.

A rule is a list of ways to say something. `{name}` in it stands for a value that was given, or for another
rule, told afresh. What is told never depends on anything but the random source and the values.
"""

from __future__ import annotations

import re
from random import Random

from lineofsight.catalogue.errors import CatalogueError
from lineofsight.demo.city import load

_SLOT = re.compile(r"\{(\w+)\}")
_START = re.compile(r'(^|[.?]["’]? )([a-z])')


class Words:
    def __init__(self, rules: dict[str, list[str]]) -> None:
        self.rules = rules

    @classmethod
    def shipped(cls) -> Words:
        return cls(load("words"))

    def tell(self, rule: str, rng: Random, **values: str) -> str:
        """One way to say `rule`. Sentences begin with a capital."""
        text = self._expand(rng.choice(self._ways(rule)), rng, values, depth=0)
        return _START.sub(lambda found: found[1] + found[2].upper(), " ".join(text.split()))

    def pick(self, rule: str, rng: Random, **values: str) -> str:
        """As `tell`, for a phrase inside a line: the first letter stays as it is."""
        return self._expand(rng.choice(self._ways(rule)), rng, values, depth=0)

    def fill(self, text: str, rng: Random, **values: str) -> str:
        """A sentence written elsewhere, with its slots filled."""
        return self._expand(text, rng, values, depth=0)

    def _ways(self, rule: str) -> list[str]:
        try:
            return self.rules[rule]
        except KeyError:
            raise CatalogueError(f"demo/data/words.yaml has no rule {rule!r}.") from None

    def _expand(self, text: str, rng: Random, values: dict[str, str], depth: int) -> str:
        if depth > 8:
            raise CatalogueError(f"A rule of demo/data/words.yaml leads back to itself: {text!r}.")

        def put(found: re.Match[str]) -> str:
            name = found[1]
            if name in values:
                return values[name]
            return self._expand(rng.choice(self._ways(name)), rng, values, depth + 1)

        return _SLOT.sub(put, text)
