"""What a coded cell means, however it was spelt.

Coded columns are not coded in real life: one region's councils wrote 1,631 different texts for the source
of a referral. What an agency settled counts first; then codes, meanings and spellings that the list holds;
then what the evidence in the text leaves no doubt about (see `meanings`). Anything else is kept as it was
written and put to a person, never dropped and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lineofsight.catalogue.tables import CodeList
from lineofsight.records.meanings import Meanings

YES_NO = CodeList(
    name="yes_no",
    values={"yes": "yes", "no": "no", "unknown": "not known"},
    also={"y": "yes", "1": "yes", "true": "yes", "t": "yes", "n": "no", "0": "no", "false": "no", "f": "no"},
    verified="read",
    source="the flag spellings met in social care exports",
    vocabulary="yes_no",
)
#: What a person settles for a spelling that says nothing more than it says: it stays, and is not asked again.
AS_WRITTEN = ""

#: A longer cell is an account and no spelling: it is kept as written, and nobody is asked about it.
LONGEST_SPELLING = 500

#: Spellings remembered for each list; a column of accounts must not fill the memory.
REMEMBERED = 50_000
#: From this likeness on (0 to 1) a spelling met before makes a suggestion that is worth reading.
LIKE_ENOUGH = 0.6

_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Letters and figures alone, in lower case, without accents: what stays when spelling habits go."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", text.casefold().replace("'", "").replace("’", "").replace("‘", "")).strip()


def spelling_key(text: str) -> str:
    """The same for spellings that one answer settles together; signs stand for themselves."""
    return fold(text) or text.strip()


@dataclass(frozen=True, slots=True)
class Value:
    """`code` as the list has it, `words` to show; not `known` when a person must say. `why` tells either way."""

    code: str
    words: str
    known: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code that a spelling may mean, for a person to choose or not."""

    code: str
    words: str
    why: str


class Spellings:
    """What a code list says of itself: the part that is the same for every agency."""

    def __init__(self, codes: CodeList) -> None:
        self.codes = codes
        self.seen: dict[str, Value] = {}
        self.plain = _by_key({code: code for code in codes.values} | {m: c for c, m in codes.values.items()})
        self.folded = _by_key(codes.also) | self.plain

    @cached_property
    def meanings(self) -> Meanings:
        return Meanings(self.codes)

    def value(self, code: str, why: str) -> Value:
        return Value(code, self.codes.values.get(code, code), why=why)

    def read(self, raw: str) -> Value:
        found = self.seen.get(raw)
        if found is None:
            if len(self.seen) >= REMEMBERED:
                self.seen.clear()
            found = self.seen[raw] = self._read(raw.strip())
        return found

    def _read(self, raw: str) -> Value:
        if len(raw) > LONGEST_SPELLING:
            return Value(raw, raw, False, "it is an account rather than a value")
        key = fold(raw)
        if raw in self.codes.values:
            return self.value(raw, "the code itself")
        if len(self.plain.get(key, ())) == 1:
            return self.value(next(iter(self.plain[key])), "the words of the list")
        met = {self.codes.also[raw]} if raw in self.codes.also else self.folded.get(key, set())
        verdict = self.meanings.verdict(raw)
        if met:
            return self._met_before(raw, met, verdict.code)
        if verdict.code:
            alike = self.meanings.met_alike(raw)
            if alike and verdict.code not in alike:
                return Value(
                    raw, raw, False, "its words say one value, and councils have used them for another"
                )
            return self.value(verdict.code, verdict.why)
        alike = self.meanings.met_alike(raw)
        if len(alike) == 1:
            return self.value(next(iter(alike)), "the same words as a spelling met before")
        return Value(raw, raw, False, verdict.why)

    def _met_before(self, raw: str, met: set[str], said: str) -> Value:
        """Councils err too: a spelling whose own words say otherwise than what was settled for it is asked about."""
        if len(met) > 1:
            return Value(raw, raw, False, "councils have used this spelling for different values")
        code = next(iter(met))
        if said and said != code:
            words = self.codes.values
            return Value(raw, raw, False, f"met before as {words[code]}, but it says {words[said]}")
        if raw not in self.codes.also and (doubt := self.meanings.doubt(raw)):
            return Value(raw, raw, False, doubt)
        return self.value(code, "a spelling met before")

    def suggest(self, raw: str, met: Iterable[tuple[str, str]] = (), limit: int = 3) -> list[Suggestion]:
        """The likeliest codes, each with what makes it likely."""
        values = self.codes.values
        hinted = self.meanings.hints(raw)
        found = [Suggestion(code, values[code], why) for code, why in hinted.items() if code in values]
        for code, likeness, text in self.meanings.similar(raw, met):
            if likeness >= LIKE_ENOUGH and code not in hinted and code in values:
                found.append(Suggestion(code, values[code], f"written like “{text}”"))
        return found[:limit]


def _by_key(texts: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for text, code in texts.items():
        found.setdefault(fold(text), set()).add(code)
    found.pop("", None)
    return found


_SPELLINGS: dict[int, Spellings] = {}


def spellings(codes: CodeList) -> Spellings:
    """Made once for each list. The list is held, so that its identity cannot pass to another."""
    found = _SPELLINGS.get(id(codes))
    if found is None or found.codes is not codes:
        found = _SPELLINGS[id(codes)] = Spellings(codes)
    return found


class Reader:
    """Reads the cells of one column as one agency means them."""

    def __init__(self, codes: CodeList, remembered: Mapping[str, str] | None = None) -> None:
        self.codes = codes
        self.base = spellings(codes)
        self.exact = dict(remembered or {})
        self.settled: dict[str, set[str]] = {}
        for text, code in self.exact.items():
            self.settled.setdefault(spelling_key(text), set()).add(code)

    def read(self, raw: str) -> Value:
        if self.exact:
            decided = self.decided(raw)
            if decided is not None:
                return decided
        return self.base.read(raw)

    def decided(self, raw: str) -> Value | None:
        """What a person settled for this spelling, or for one that differs in case and punctuation alone."""
        text = raw.strip()
        found = {self.exact[text]} if text in self.exact else self.settled.get(spelling_key(text), set())
        if not found:
            return None
        if len(found) > 1:
            return Value(text, text, False, "settled in two ways that differ in case or punctuation alone")
        code = next(iter(found))
        if code == AS_WRITTEN:
            return Value(text, text, True, "settled: it stays as written")
        return self.base.value(code, "settled by a person")


#: So many spellings of a column are remembered.
MOST_SPELLINGS = 4_096


class ValueLookup:
    """The code lists of one table's columns, with what its agency settled laid over them."""

    def __init__(
        self, lists: Mapping[str, CodeList], remembered: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.readers = {
            column: Reader(codes, (remembered or {}).get(column)) for column, codes in lists.items()
        }
        # A column has few spellings and many cells.
        self._read = {
            column: lru_cache(MOST_SPELLINGS)(reader.read) for column, reader in self.readers.items()
        }

    def read(self, column: str, raw: str) -> Value:
        """What a cell means; the cell itself when the column has no list."""
        read = self._read.get(column)
        return Value(raw, raw) if read is None else read(raw)

    def knows(self, column: str) -> bool:
        return column in self.readers
