"""What councils' own words say in terms of a national code list: read from YAML into frozen values.

A vocabulary holds nouns only: the codes that other years and systems use for the same thing, the words that
say a code, the words that say nothing, and the words that different councils use for different codes, which
therefore always go to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.spec import Spec

FOLDER = "vocabularies"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`codes`, `says` and `sub_codes` lead from a text to a code of the list.

    `weak` are codes that count only when they stand alone; `unsure` words always go to a person; `neutral` ones
    say nothing. Where words say several codes: `several` names the code for two of a set, and `over` pairs
    the one that is then meant with the one it outweighs. `wide` are codes whose words also open a narrower one,
    so that an official code beside them counts.
    """

    name: str
    source: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    sub_codes: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    weak: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    short: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, str] = field(default_factory=dict)
    over: tuple[tuple[str, str], ...] = ()
    wide: tuple[str, ...] = ()
    vague_heads: tuple[str, ...] = ()
    own_words: tuple[str, ...] = ()
    places: str = ""

    @property
    def targets(self) -> frozenset[str]:
        """The codes of the list that it leads to."""
        return frozenset({*self.codes.values(), *self.sub_codes.values(), *self.says.values()})


NOTHING = Vocabulary("")


@cache
def vocabularies() -> Mapping[str, Vocabulary]:
    """Every shipped or overlaid vocabulary, by name."""
    found = [_read(Spec(book.read(name), str(book.find(name)))) for name in book.names(FOLDER)]
    return {vocabulary.name: vocabulary for vocabulary in found}


def vocabulary(name: str) -> Vocabulary:
    return vocabularies().get(name, NOTHING)


def _read(spec: Spec) -> Vocabulary:
    found = Vocabulary(
        name=spec.text("vocabulary", needed=True),
        source=spec.text("source", needed=True),
        codes=_by_text(spec, "codes"),
        sub_codes=_by_text(spec, "sub_codes"),
        says=_by_text(spec, "says"),
        weak=spec.texts("weak"),
        unsure=spec.texts("unsure"),
        neutral=spec.texts("neutral"),
        short=spec.words("short"),
        several=_by_text(spec, "several"),
        over=tuple((part.text("this", needed=True), part.text("than", needed=True)) for part in spec.rows("over")),
        wide=spec.texts("wide"),
        vague_heads=spec.texts("vague_heads"),
        own_words=spec.texts("own_words"),
        places=spec.text("places"),
    )  # fmt: skip
    spec.done()
    return found


def _by_text(spec: Spec, key: str) -> dict[str, str]:
    """{code: [texts]} turned round, with a text that stands for two codes refused."""
    part = spec.part(key) if spec.has(key) else None
    spec.skip(key)
    found: dict[str, str] = {}
    for code in part.content if part else ():
        for text in part.texts(code) if part else ():
            if found.get(text, code) != code:
                spec.wrong(key, f"{text!r} stands for both {found[text]!r} and {code!r}")
            found[text] = code
    return found
