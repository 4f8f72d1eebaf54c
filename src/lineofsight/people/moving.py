"""Who keeps something by person hears, in the same transaction, that records have come to another one.

A merge, a split and an undo move records between people and touch no entry. Rooms above this one that keep an index
by person (`records/apps.py` says which) lay down here what is to be done about it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Hears(Protocol):
    def __call__(self, people: Collection[int], *, at_once: bool) -> None:
        """`people`: those who lost records, gained some or are gone. `at_once`: this was the deed itself; else it is
        part of a larger one, such as an import, which sees to the rest at its own end."""


_heard_by: list[Hears] = []


def heard_by(listener: Hears) -> None:
    _heard_by.append(listener)


def tell(people: Collection[int], *, at_once: bool) -> None:
    for listener in _heard_by if people else ():
        listener(people, at_once=at_once)
