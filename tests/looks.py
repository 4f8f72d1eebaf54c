"""Rows for the ledger, without the rooms above it."""

from __future__ import annotations

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, PersonSubject

WORKER = Actor("WAAA", "Ines Marlow", agency="csc", roles=frozenset({"practitioner"}))


def look(number: int, by: Actor = WORKER) -> None:
    """A look at one of seven invented children."""
    ledger.write(
        by, "child.view", PersonSubject("child", f"P{number % 7:012d}", involved=frozenset({"csc", "police"})),
        outcome=ledger.LOOKED, purpose="“duty” \\ call\nback", detail={"number": number, "é": ["ü", None, 2.5]},
    )  # fmt: skip
