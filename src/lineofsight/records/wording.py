"""A spelling taken apart into plain words, so that habits of writing no longer tell spellings apart.

Case, spacing, punctuation, accents, damaged characters ("childrenâ€™s"), plurals, "&" and "+", cut-off ends and
common abbreviations go; the words stay, in their order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

Words = tuple[str, ...]

_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DAMAGED = re.compile("[ÃÂâ]")
_LOST = re.compile(r"(?<=\w)(?:\?{1,3}|\ufffd+)(?=s\b)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_QUOTES = str.maketrans({"‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
_AND = re.compile(r"\s*[&+]\s*|\s+and\s+", re.IGNORECASE)
_EMERGENCY = re.compile(r"\ba\s*(?:&|\+|and)\s*e\b", re.IGNORECASE)
_POINTS = re.compile(r"(?<=\b[a-z])[./](?=[a-z]\b)", re.IGNORECASE)
_ONE_OR_MORE = re.compile(r"(?<=\w)\((e?s)\)", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{1,4}\d+[a-z]*\d?|[a-z]+(?:'[a-z]+)*|\d+(?:[a-z](?![a-z]))?", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


def repair(text: str) -> str:
    """The text with broken encodings mended, and signs that look alike made one."""
    text = unicodedata.normalize("NFC", text)
    for _ in range(3):
        if not _DAMAGED.search(text):
            break
        try:
            text = text.encode("cp1252").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
    text = _UNSEEN.sub("", text).translate(_DASHES).translate(_QUOTES)
    text = _LOST.sub("'", text)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.split())


def singular(word: str) -> str:
    """One form for one and many. Not grammar, only a habit that is the same for all sides."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1]


@lru_cache(maxsize=50_000)
def plain_words(text: str) -> Words:
    """The words of a repaired text, in order."""
    text = _EMERGENCY.sub(" ae ", _ONE_OR_MORE.sub(r"\1", text))
    text = _POINTS.sub("", _POINTS.sub("", text))
    text = _AND.sub(" and ", _CAMEL.sub(" ", text))
    found = (m.group().casefold().replace("'", "") for m in _WORD.finditer(text))
    return tuple(singular(word) for word in found)


class Phrases:
    """Phrases of plain words, each standing for something; the longest that fits is taken."""

    def __init__(self, phrases: Mapping[Words, str] | None = None) -> None:
        self.known: dict[Words, str] = dict(phrases or {})
        self.longest = max(map(len, self.known), default=0)

    def __bool__(self) -> bool:
        return bool(self.known)

    def at(self, words: Words, place: int) -> tuple[int, str] | None:
        """(how many words, what they stand for) of the longest phrase that starts here."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            found = self.known.get(words[place : place + length])
            if found is not None:
                return length, found
        return None

    def rewrite(self, words: Words) -> Words:
        """Each phrase replaced by the words it stands for."""
        out: list[str] = []
        place = 0
        while place < len(words):
            found = self.at(words, place)
            if found is None:
                out.append(words[place])
                place += 1
            else:
                out += found[1].split()
                place += found[0]
        return tuple(out)


def phrases(pairs: Iterable[tuple[str, str]]) -> Phrases:
    """Phrases from text to text, both folded to plain words."""
    known: dict[Words, str] = {}
    for text, stands_for in pairs:
        words = plain_words(repair(text))
        if words:
            known[words] = " ".join(plain_words(repair(stands_for)))
    return Phrases(known)
