"""What a coded cell means, however it was spelt.

Coded columns are not coded in real life: one region's councils wrote 1,631 different texts for the source
of a referral. A code, its meaning, a letter in front ("a) Male"), a code inside ("q) 6: Police") and
spellings that an agency settled before are all understood. Anything else is kept as it was written and
reported, never dropped and never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lineofsight.catalogue.tables import CodeList

YES_NO = CodeList(
    name="yes_no",
    values={"yes": "yes", "no": "no"},
    also={"y": "yes", "1": "yes", "true": "yes", "t": "yes", "n": "no", "0": "no", "false": "no", "f": "no"},
    verified="read",
    source="the flag spellings met in social care exports",
)

_NOT_WORDS = re.compile(r"[\W_]+")
_LETTER_FIRST = re.compile(r"\s*\(?[A-Za-z]{1,2}[).]\s*(?=\S)")
_CODE_FIRST = re.compile(
    r"\s*\(?([A-Za-z]{0,2}\d{1,2}[A-Za-z]?|[A-Z]{3,6})\)?\s*(?:[:;,=–-]|\.(?=\s)|\s)\s*(.*)", re.DOTALL
)
_PARTED = re.compile(r"\s*([^:–]+?)\s*(?::|–|\s-\s|-\s)\s*(.+)", re.DOTALL)


def fold(text: str) -> str:
    """Letters and figures alone, in lower case, without accents: what stays when spelling habits go."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", text.casefold().replace("'", "").replace("’", "").replace("‘", "")).strip()


@dataclass(frozen=True, slots=True)
class Value:
    """`code` as the list has it, `words` to show; not `known` when no list explains it."""

    code: str
    words: str
    known: bool = True


class Reader:
    """Reads the cells of one column; remembers every spelling it has met."""

    def __init__(self, codes: CodeList, remembered: Mapping[str, str] | None = None) -> None:
        self.codes = codes
        self.seen: dict[str, Value] = {}
        self.folded: dict[str, str] = {}
        # Earlier wins: codes, then meanings, then other spellings, so that a meaning never hides a code.
        for source in (
            {code: code for code in codes.values},
            {m: c for c, m in codes.values.items()},
            codes.also,
        ):
            for text, code in source.items():
                self.folded.setdefault(fold(text), code)
        self.folded.pop("", None)
        self.settled = {**codes.also, **(remembered or {})}
        for text, code in (remembered or {}).items():
            if fold(text):
                self.folded[fold(text)] = code

    def read(self, raw: str) -> Value:
        value = self.seen.get(raw)
        if value is None:
            value = self.seen[raw] = self._read(raw.strip())
        return value

    def _read(self, raw: str) -> Value:
        if raw in self.settled:
            return self._value(self.settled[raw])
        if raw in self.codes.values:
            return self._value(raw)
        for together in candidates(raw):
            found = {self.folded[text] for text in together if text in self.folded}
            # "Neglect - Physical" names two codes: that is for a person to settle.
            if len(found) == 1:
                return self._value(found.pop())
            if found:
                break
        return Value(raw, raw, known=False)

    def _value(self, code: str) -> Value:
        return Value(code, self.codes.values.get(code, code))


def candidates(raw: str) -> Iterator[tuple[str, ...]]:
    """What the text may stand for, most literal first, each folded; texts of one step must agree."""
    yield (fold(raw),)
    bare = _LETTER_FIRST.sub("", raw, count=1) if _LETTER_FIRST.match(raw) else raw
    if bare != raw:
        yield (fold(bare),)
    for pattern in (_PARTED, _CODE_FIRST):
        found = pattern.fullmatch(bare)
        if found and (len(found[1].strip()) > 1 or found[1].strip().isdigit()):
            yield fold(found[1]), fold(found[2])
    if "[" in bare or "(" in bare:
        yield (fold(re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", bare)),)


class ValueLookup:
    """The code lists of one table's columns, with what its agency settled before laid over them."""

    def __init__(
        self, lists: Mapping[str, CodeList], remembered: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.readers = {
            column: Reader(codes, (remembered or {}).get(column)) for column, codes in lists.items()
        }

    def read(self, column: str, raw: str) -> Value:
        """What a cell means; the cell itself when the column has no list."""
        reader = self.readers.get(column)
        return Value(raw, raw) if reader is None else reader.read(raw)

    def knows(self, column: str) -> bool:
        return column in self.readers
