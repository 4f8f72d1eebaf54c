"""What several records of one thing say, aspect by aspect, with the differences marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineofsight.chronology.queries import View
from lineofsight.people.names import fold
from lineofsight.ui.dates import show_when


@dataclass(frozen=True, slots=True)
class Aspect:
    """One line of the comparison: what each record says, "" where it says nothing. Silence is no difference."""

    label: str
    texts: tuple[str, ...]
    differs: bool


def compared(views: Sequence[View], child_name: str) -> tuple[Aspect, ...]:
    """Time, place, who, part and grade, then the words themselves."""
    aspects = (
        ("When", [show_when(view.when) for view in views]),
        ("Place", [", ".join(label for kind, label, _ in view.things if kind == "place") for view in views]),
        ("Who else", [", ".join(sorted(p.name for p in view.people if p.name)) for view in views]),
        (f"{child_name}’s part", [view.role.replace("_", " ") for view in views]),
        ("Grade", [grade_of(view) for view in views]),
        ("How it is known", [view.nature for view in views]),
    )
    found = [Aspect(label, tuple(texts), differ(texts)) for label, texts in aspects if any(texts)]
    return (*found, Aspect("What", tuple(view.title for view in views), False))


def grade_of(view: View) -> str:
    risk = next((view.facts[name] for name in ("risk", "rosh", "gravity") if view.facts.get(name)), "")
    graded = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in view.grading.items())
    return ", ".join(filter(None, (risk, graded)))


def differ(texts: Sequence[str]) -> bool:
    return len({fold(text) for text in texts if text}) > 1
