"""Reading a mapping with care: typed values out, and a mistake told with its place and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineofsight.catalogue.errors import CatalogueError


class Spec:
    """A mapping being read: gives typed values, and knows its place for the sake of clear words."""

    def __init__(self, content: Any, place: str) -> None:
        self.place = place
        if not isinstance(content, Mapping):
            raise CatalogueError(f"{place}: here a mapping of names to values is needed, not {content!r}.")
        # YAML 1.1 reads a bare `on` as true; in a map it can only be the word.
        self.content = {("on" if key is True else str(key)): value for key, value in content.items()}
        self.seen: set[str] = set()

    def wrong(self, key: str, why: str) -> None:
        raise CatalogueError(f"{self.place}, {key}: {why}.")

    def has(self, key: str) -> bool:
        return self.content.get(key) is not None

    def take(self, key: str) -> Any:
        self.seen.add(key)
        return self.content.get(key)

    def skip(self, *keys: str) -> None:
        self.seen.update(keys)

    def text(self, key: str, *, needed: bool = False) -> str:
        value = self.take(key)
        if isinstance(value, (list, dict)):
            self.wrong(key, f"one value is needed, not {value!r}")
        text = word(value)
        if needed and not text:
            self.wrong(key, "this must be given")
        return text

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if value not in (None, True, False):
            self.wrong(key, f"this must be true or false, not {value!r}")
        return bool(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if value is None:
            return ()
        if isinstance(value, Mapping):
            self.wrong(key, f"a value or a list is needed, not {value!r}")
        return tuple(word(item) for item in value) if isinstance(value, list) else (word(value),)

    def part(self, key: str) -> Spec:
        return Spec(self.take(key), f"{self.place}, {key}")

    def parts(self, key: str) -> dict[str, Spec]:
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(key, "a mapping of names is needed")
        return {str(name): Spec(inner or {}, f"{self.place}, {key}, {name}") for name, inner in value.items()}

    def rows(self, key: str) -> list[Spec]:
        value = self.take(key)
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        return [Spec(item, f"{self.place}, {key} {number}") for number, item in enumerate(items, start=1)]

    def words(self, key: str) -> dict[str, str]:
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(key, "a mapping of codes to words is needed")
        return {word(code): word(meaning) for code, meaning in value.items()}

    def one_of(self, key: str, values: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        for value in values:
            if value not in allowed:
                self.wrong(key, f"{value!r} is not one of {', '.join(allowed)}")

    def done(self) -> None:
        for key in self.content:
            if key not in self.seen:
                self.wrong(key, f"this is not known here; known are {', '.join(sorted(self.seen))}")

    def plain(self) -> dict[str, Any]:
        return {key: value for key, value in self.content.items() if key != "shared"}


def word(value: Any) -> str:
    """A scalar as the person who wrote the YAML meant it: a bare yes or no is a word, not a truth value."""
    if value is None:
        return ""
    if value is True:
        return "yes"
    return "no" if value is False else str(value).strip()
