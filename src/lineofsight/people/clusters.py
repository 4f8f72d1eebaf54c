"""From pairs to people: which records form one person, and which joins had to be refused.

Joining pairs one after another can walk from one child to another. So a group never holds two records
that someone said are different, nor two different verified numbers of a kind that a person has once. What
people said is joined first, then rules, then the model from the surest down; what does not fit goes to
the work list with its reason. The answer depends on the judgements alone, not on their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lineofsight.catalogue.errors import Refused

SOURCES = ("person", "rule", "model")


class Edge(NamedTuple):
    """Someone or something says that `a` and `b` are one person; `strength` from 0 to 1."""

    a: int
    b: int
    strength: float
    source: str


@dataclass(frozen=True, slots=True)
class Clustering:
    """`groups` in order, each sorted; every node is in exactly one. `refused` in the order they were
    tried, with the reason."""

    groups: tuple[tuple[int, ...], ...]
    refused: tuple[tuple[Edge, str], ...]


class _Group:
    __slots__ = ("enemies", "members", "numbers")

    def __init__(self, node: int, numbers: Mapping[str, str]) -> None:
        self.members = [node]
        self.enemies: set[int] = set()
        self.numbers = {kind: value for kind, value in numbers.items() if value}


def components(
    nodes: Iterable[int],
    same_edges: Iterable[tuple[int, int, float, str]],
    different: Iterable[tuple[int, int]] = (),
    strong: Mapping[int, Mapping[str, str]] | None = None,
) -> Clustering:
    """`strong` gives the verified numbers of a node, kind to value, of kinds that nobody has twice."""
    numbers = strong or {}
    of = {node: _Group(node, numbers.get(node, {})) for node in nodes}
    for a, b in different:
        if a in of and b in of:
            of[a].enemies.add(b)
            of[b].enemies.add(a)
    refused = []
    for edge in _in_order(same_edges):
        for node in (edge.a, edge.b):
            if node not in of:
                raise Refused(f"A judgement names record {node}, which is not among the records.")
        mine, theirs = of[edge.a], of[edge.b]
        if mine is theirs:
            continue
        why = _conflict(mine, theirs)
        if why:
            refused.append((edge, why))
        else:
            _join(of, mine, theirs)
    groups = {id(group): group for group in of.values()}
    return Clustering(
        groups=tuple(sorted(tuple(sorted(group.members)) for group in groups.values())),
        refused=tuple(refused),
    )


def _in_order(edges: Iterable[tuple[int, int, float, str]]) -> list[Edge]:
    found = set()
    for a, b, strength, source in edges:
        if source not in SOURCES:
            raise Refused(f"A judgement comes from {source!r}; it must be one of {', '.join(SOURCES)}.")
        found.add(Edge(min(a, b), max(a, b), strength, source))
    return sorted(found, key=lambda edge: (SOURCES.index(edge.source), -edge.strength, edge.a, edge.b))


def _conflict(mine: _Group, theirs: _Group) -> str:
    small, large = sorted((mine, theirs), key=lambda group: len(group.enemies))
    if not small.enemies.isdisjoint(large.members) or not large.enemies.isdisjoint(small.members):
        return "It would join two records that someone said are different people"
    for kind in sorted(mine.numbers.keys() & theirs.numbers.keys()):
        if mine.numbers[kind] != theirs.numbers[kind]:
            return f"It would give one person two different verified numbers ({kind.upper()})"
    return ""


def _join(of: dict[int, _Group], mine: _Group, theirs: _Group) -> None:
    small, large = sorted((mine, theirs), key=lambda group: len(group.members))
    large.members += small.members
    large.enemies |= small.enemies
    large.numbers |= small.numbers
    for node in small.members:
        of[node] = large
