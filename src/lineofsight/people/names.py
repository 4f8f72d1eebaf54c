"""Names made comparable, without taking anyone's name apart on the page.

What is shown is always the name as written. These forms exist only so that O'Neill finds ONEILL, Bill
finds William, and Maxamed finds Mohammed. Letters of other scripts are kept as they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from lineofsight.catalogue.matching import shipped_names

#: Letters that no accent-stripping turns into their usual plain spelling.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"}
)
_BREAKS = re.compile(r"[\s\-‐‑‒–—/_]+")
_BRACKETED = re.compile(r"[(\[\"“][^)\]\"”]*[)\]\"”]")


@lru_cache(maxsize=262144)
def fold(text: str) -> str:
    """Lower case, no accents, apostrophes, hyphens, points or spaces; letters of any script kept."""
    return "".join(words(text))


@lru_cache(maxsize=262144)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a name; spaces and hyphens part them, apostrophes do not."""
    return tuple(word for word in (_plain(part) for part in _BREAKS.split(text)) if word)


def _plain(word: str) -> str:
    # Twice, because lower-casing may bring a mark of its own (the Turkish capital I with a dot).
    spread = unicodedata.normalize("NFKD", word.casefold()).casefold().translate(_PLAIN)
    # Marks of Latin letters go; vowel signs of other scripts are letters to their readers.
    kept: list[str] = []
    for letter in spread:
        is_mark = unicodedata.combining(letter) != 0
        if is_mark and (not kept or kept[-1].isascii()):
            continue
        if letter.isalnum() or unicodedata.category(letter).startswith("M"):
            kept.append(letter)
    return "".join(kept)


@lru_cache(maxsize=262144)
def halves(family: str) -> tuple[str, ...]:
    """The parts of a double-barrelled or several-word family name; () when there is one part."""
    particles = shipped_names().particles
    parts = words(family)
    if len(parts) < 2:
        return ()
    found = tuple(dict.fromkeys(part for part in parts if len(part) > 2 and part not in particles))
    return () if found == ("".join(parts),) else found


@lru_cache(maxsize=262144)
def roots(given: str) -> tuple[str, ...]:
    """What a folded given name may be short for, or another spelling of; itself when nothing is known."""
    return shipped_names().roots.get(given, (given,) if given else ())


def spellings(given: str) -> tuple[str, ...]:
    """The names of which a folded given name is a spelling: maxamed gives muhammad, zebedee itself."""
    return shipped_names().spellings.get(given, (given,) if given else ())


def full_names(given: str) -> tuple[str, ...]:
    """The full names for which a folded given name may be short; () when it is none's short form."""
    return shipped_names().full.get(given, ())


@lru_cache(maxsize=262144)
def sound(name: str) -> str:
    """How a folded name sounds in English; a name of another script stands for itself."""
    if not (name.isascii() and name.isalpha()):
        return name
    import jellyfish

    return str(jellyfish.metaphone(name)).replace(" ", "")[:6] or name


@lru_cache(maxsize=65536)
def without_titles(text: str) -> tuple[str, ...]:
    titles = shipped_names().titles
    parts = text.split()
    while len(parts) > 1 and fold(parts[0]) in titles:
        parts = parts[1:]
    return tuple(parts)


@lru_cache(maxsize=65536)
def split_full(text: str) -> tuple[str, str]:
    """(given, family) of a whole name: 'SURNAME, Forename', 'Forename Surname' or one word.

    One word is read as a given name. Words in capitals after ordinary ones are the family name, as police
    and courts write them; otherwise the last word is, with any particle before it (van, de, al).
    """
    cleaned = " ".join(_BRACKETED.sub(" ", text).split())
    before, comma, after = cleaned.partition(",")
    if comma and fold(before) and fold(after):
        return " ".join(without_titles(after.strip())), before.strip()
    parts = list(without_titles(cleaned.replace(",", " ")))
    if len(parts) < 2:
        return (parts[0] if parts else ""), ""
    start = _family_starts(parts)
    return " ".join(parts[:start]), " ".join(parts[start:])


def _family_starts(parts: list[str]) -> int:
    shouted = [len(part) > 1 and part.isupper() for part in parts]
    if any(shouted) and not all(shouted):
        if shouted[0]:  # SURNAME Forename, without the comma
            return len(parts) - 1 if shouted[-1] else _rotate(parts, shouted)
        return shouted.index(True)
    start = len(parts) - 1
    particles = shipped_names().particles
    while start > 1 and fold(parts[start - 1]) in particles and len(parts[start - 1]) > 1:
        start -= 1
    return start


def _rotate(parts: list[str], shouted: list[bool]) -> int:
    first_given = shouted.index(False)
    family, given = parts[:first_given], parts[first_given:]
    parts[:] = given + family
    return len(given)
