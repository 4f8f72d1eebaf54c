"""The ledger's codes in the words of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lineofsight.access.looks import Look

ACTIONS = {
    "child.view": "opened a child",
    "children.search": "searched",
    "index.search": "looked someone up",
    "entry.view": "read entries",
    "entry.add": "added an entry",
    "entry.correct": "corrected an entry",
    "entry.comment": "commented",
    "entry.release": "released an entry",
    "source.view": "opened a source row",
    "chronology.export": "made a document",
    "circle.change": "changed the team",
    "duty.claim": "claimed a child",
    "glass.break": "opened in an emergency",
    "protection.change": "changed the protection",
    "conflict.declare": "declared a conflict",
    "alert.review": "looked into an alert",
    "ledger.view": "read a trail",
    "lookers.view": "asked who had looked",
    "account.sign_in": "signed in",
    "page.view": "opened a page",
}
OUTCOMES = {
    "done": "",
    "looked": "",
    "refused": "refused",
    "challenged": "asked for a further step",
    "pointed": "told whom to ring",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a trail. `what` and `ended` are words."""

    look: Look
    what: str
    ended: str


def looks_in_words(found: Iterable[Look]) -> list[Line]:
    return [Line(look, action(look.action), OUTCOMES.get(look.outcome, look.outcome)) for look in found]


def action(code: str) -> str:
    return ACTIONS.get(code, code.replace(".", ": ").replace("_", " "))
