"""Text spelt plainly for finding things in it, with the way back to the letters as written."""

from __future__ import annotations

import re
import unicodedata

#: Letters and signs that no accent-stripping turns into their usual plain spelling.
_PLAIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
    "Æ": "AE", "Œ": "OE", "Ø": "O", "Đ": "D", "Ð": "D", "Þ": "Th", "Ł": "L", "Ħ": "H",
    "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    if letter.isspace():
        return " "
    kept = ""
    for part in unicodedata.normalize("NFKD", letter):
        # Accents go, and so do letters without width that would split a name unseen.
        if unicodedata.category(part) in ("Mn", "Cf") and not _is_vowel_sign(part):
            continue
        kept += part if part in "\n" or part.isprintable() else ""
    return kept


def _is_vowel_sign(mark: str) -> bool:
    """Marks above U+0370 belong to other scripts, where they are letters to their readers."""
    return unicodedata.category(mark) == "Mn" and ord(mark) > 0x0370 and not 0x1DC0 <= ord(mark) <= 0x1DFF


def fold(text: str) -> str:
    return "".join(map(_letter, text))


class Working:
    """A text from which pieces are taken one after another. A piece that is taken is out of sight for
    the patterns that come later, so nothing is replaced twice and no replacement is replaced."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._where: list[int] = []
        letters: list[str] = []
        for place, letter in enumerate(text):
            plain = _letter(letter)
            letters.append(plain)
            self._where.extend([place] * len(plain))
        self.plain = "".join(letters)
        self._taken: list[tuple[int, int, str]] = []

    def take(self, start: int, end: int, words: str) -> None:
        """`start` and `end` count in the plain spelling."""
        self._taken.append((self._where[start], self._after(end), words))
        self.plain = f"{self.plain[:start]}{chr(0) * (end - start)}{self.plain[end:]}"

    def _after(self, end: int) -> int:
        """Accents that follow the last letter go with it."""
        place = self._where[end - 1] + 1
        limit = self._where[end] if end < len(self._where) else len(self.text)
        return limit if not re.search(r"\S", _visible(self.text[place:limit])) else place

    def result(self) -> str:
        out: list[str] = []
        at = 0
        for start, end, words in sorted(self._taken):
            out.append(self.text[at:start])
            out.append(words)
            at = max(at, end)
        out.append(self.text[at:])
        return "".join(out)


def _visible(text: str) -> str:
    return fold(text)
