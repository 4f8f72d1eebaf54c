"""Opaque references: say nothing, cannot be guessed, can be read out over the telephone."""

from __future__ import annotations

import secrets

#: Crockford's base 32: no I, L, O or U, so nothing is misheard or spells a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12


def new_ref(prefix: str) -> str:
    """Such as `P7K3M9QX2W4TZ`: a letter for the kind of thing, then 60 random bits."""
    bits = secrets.randbits(LENGTH * 5)
    return prefix + "".join(ALPHABET[(bits >> (5 * place)) & 31] for place in range(LENGTH))


def tidy_ref(text: str) -> str:
    """What someone typed or heard, as we would have written it."""
    return (
        text.strip()
        .upper()
        .replace(" ", "")
        .replace("-", "")
        .replace("O", "0")
        .replace("I", "1")
        .replace("L", "1")
    )
