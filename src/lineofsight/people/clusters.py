"""From pairs to people: which records form one person, and which joins had to be refused.

Joining pairs one after another can walk from one child to another. So a group never holds two records
that someone said are different, nor two different verified numbers of a kind that a person has once. What
people said is joined first, then rules, then the model from the surest down; what does not fit goes to
the work list with its reason, and so does what fits two about as well. The answer depends on the
judgements alone, not on their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from lineofsight.catalogue.errors import Refused

SOURCES = ("person", "rule", "model")

SAID_DIFFERENT = "It would join two records that someone said are different people"


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
    apart: Callable[[int, int], bool] | None = None,
) -> Clustering:
    """`strong` gives the verified numbers of a node, kind to value, of kinds that nobody has twice; `apart`
    says of two nodes that no edge joins whether they look like two people. What a person said is not held
    against it."""
    ordered = _in_order(same_edges)
    build = _Building(list(nodes), list(different), strong or {}, apart, {(e.a, e.b) for e in ordered})
    of, refused = build.join(ordered)
    torn = _torn(ordered, refused)
    if torn:
        told = dict.fromkeys(torn, "Another record fits one of the two about as well") | dict(refused)
        of, again = build.join([edge for edge in ordered if edge not in torn])
        told |= dict(again)
        refused = [(edge, told[edge]) for edge in ordered if edge in told and of[edge.a] is not of[edge.b]]
    groups = {id(group): group for group in of.values()}
    return Clustering(
        groups=tuple(sorted(tuple(sorted(group.members)) for group in groups.values())),
        refused=tuple(refused),
    )


def plain(
    same_edges: Iterable[tuple[int, int, float, str]], different: Iterable[tuple[int, int]] = ()
) -> tuple[list[tuple[int, ...]], list[list[int]]]:
    """(groups, parts): groups in which the model itself joins every record with every other, and nobody says
    otherwise, so that nothing about them is left to weigh; and the other parts, for `components`.

    Holds as long as the model never joins two verified numbers of a kind that a person has once. Most people
    are such a group, and their records need not be looked at again."""
    parent: dict[int, int] = {}
    count: dict[int, int] = {}
    spoken: set[int] = set()

    def find(node: int) -> int:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent[above]
            node = parent[node]
        return node

    for a, b, source in {(min(a, b), max(a, b), source) for a, b, _, source in same_edges}:
        top, below = find(a), find(b)
        joins = count.get(below, 0) + 1
        if top != below:
            parent[top] = below
            joins += count.pop(top, 0)
        count[below] = joins
        if source != "model":
            spoken.add(a)
    spoken.update(node for pair in different for node in pair if node in parent)
    said = {find(node) for node in spoken}
    parts: dict[int, list[int]] = {}
    for node in parent:
        parts.setdefault(find(node), []).append(node)
    groups, others = [], []
    for root, members in parts.items():
        if root not in said and count[root] == len(members) * (len(members) - 1) // 2:
            groups.append(tuple(sorted(members)))
        else:
            others.append(members)
    return groups, others


@dataclass(frozen=True, slots=True)
class _Building:
    nodes: Sequence[int]
    different: Sequence[tuple[int, int]]
    strong: Mapping[int, Mapping[str, str]]
    apart: Callable[[int, int], bool] | None
    joined: Set[tuple[int, int]]

    def join(self, ordered: Iterable[Edge]) -> tuple[dict[int, _Group], list[tuple[Edge, str]]]:
        of = {node: _Group(node, self.strong.get(node, {})) for node in self.nodes}
        for a, b in self.different:
            if a in of and b in of:
                of[a].enemies.add(b)
                of[b].enemies.add(a)
        refused = []
        for edge in ordered:
            for node in (edge.a, edge.b):
                if node not in of:
                    raise Refused(f"A judgement names record {node}, which is not among the records.")
            mine, theirs = of[edge.a], of[edge.b]
            if mine is theirs:
                continue
            why = _conflict(mine, theirs)
            if not why and edge.source == "model" and self._two_people(mine, theirs):
                why = "It would bring together records that look like two people"
            if why:
                refused.append((edge, why))
            else:
                _join(of, mine, theirs)
        return of, refused

    def _two_people(self, mine: _Group, theirs: _Group) -> bool:
        if self.apart is None or len(mine.members) == 1 == len(theirs.members):
            return False
        return any(
            self.apart(a, b)
            for a in mine.members
            for b in theirs.members
            if (min(a, b), max(a, b)) not in self.joined
        )


#: Odds that are not this many times those of a refused edge at the same record do not settle it either.
DECISIVE = 30.0


def _torn(ordered: Iterable[Edge], refused: Iterable[tuple[Edge, str]]) -> set[Edge]:
    """Edges of the model at a record that another edge, about as strong, would give to somebody else: a son
    and a father of one name, and a record without a birth date. Neither is joined; a person says whose."""
    against: dict[int, float] = {}
    for edge, why in refused:
        # What a person said about a pair settles that pair; it does not shake the others.
        if edge.source == "model" and why != SAID_DIFFERENT:
            for node in (edge.a, edge.b):
                against[node] = max(against.get(node, 0.0), _odds(edge.strength))
    if not against:
        return set()
    return {
        edge
        for edge in ordered
        if edge.source == "model"
        and _odds(edge.strength) < DECISIVE * max(against.get(edge.a, 0.0), against.get(edge.b, 0.0))
    }


def _odds(strength: float) -> float:
    return strength / max(1e-12, 1.0 - strength)


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
        return SAID_DIFFERENT
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
