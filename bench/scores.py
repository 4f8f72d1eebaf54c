"""How well a grouping of records agrees with the truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.population import Truth


@dataclass(frozen=True, slots=True)
class Scores:
    precision: float
    recall: float
    recall_with_questions: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    people_whole: float
    mixed_children: float  # children whose cluster holds someone else's record, per 100,000
    mixed_by_cause: dict[str, float]
    twins_merged: float
    questions_per_1000: float
    questions_true: float
    recall_by_tradition: dict[str, tuple[float, float, float]]
    lost_by: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def closed(groups: Iterable[Sequence[int]], pairs: Iterable[tuple[int, int]], count: int) -> list[int]:
    """The group of each record (1 to count) once these pairs are joined too."""
    parent = list(range(count + 1))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for group in groups:
        for member in group[1:]:
            parent[find(member)] = find(group[0])
    for a, b in pairs:
        parent[find(a)] = find(b)
    return [find(node) for node in range(count + 1)]


def _recall(owner: Sequence[int], people: Mapping[int, Sequence[int]]) -> tuple[int, int]:
    found = total = 0
    for records in people.values():
        total += _pairs(len(records))
        found += sum(_pairs(n) for n in Counter(owner[r] for r in records).values())
    return found, total


def score(
    person_of: Sequence[int],
    groups: Sequence[Sequence[int]],
    questions: Sequence[tuple[int, int]],
    truth: Truth | None = None,
) -> Scores:
    """`person_of[record]` for records 1 to n (place 0 unused)."""
    count = len(person_of) - 1
    people: dict[int, list[int]] = defaultdict(list)
    for record in range(1, count + 1):
        people[person_of[record]].append(record)
    owner = closed(groups, (), count)
    answered = closed(groups, [(a, b) for a, b in questions if person_of[a] == person_of[b]], count)
    right, total = _recall(owner, people)
    asked, _ = _recall(answered, people)
    joined = sum(_pairs(len(group)) for group in groups)
    precision_sum = recall_sum = 0.0
    whole = 0
    for group in groups:
        for person, held in Counter(person_of[r] for r in group).items():
            precision_sum += held * held / len(group)
            recall_sum += held * held / len(people[person])
            whole += len(group) == held == len(people[person])
    bp, br = precision_sum / count, recall_sum / count
    mixed, causes, twins, pairs_of_twins, by_tradition, children = 0, Counter[str](), 0, 0, {}, 0
    if truth is not None:
        mixed, causes, children = _mixed(person_of, groups, truth)
        twins, pairs_of_twins = _twins(people, owner, truth)
        by_tradition = _traditions(people, owner, answered, person_of, groups, truth)
    per = 100_000 / max(1, children)
    return Scores(
        precision=right / max(1, joined),
        recall=right / max(1, total),
        recall_with_questions=asked / max(1, total),
        bcubed_precision=bp,
        bcubed_recall=br,
        bcubed_f1=2 * bp * br / (bp + br),
        people_whole=whole / len(people),
        mixed_children=mixed * per,
        mixed_by_cause={cause: round(n * per, 1) for cause, n in causes.most_common()},
        twins_merged=twins / max(1, pairs_of_twins),
        questions_per_1000=1000 * len(questions) / len(people),
        questions_true=sum(person_of[a] == person_of[b] for a, b in questions) / max(1, len(questions)),
        recall_by_tradition=by_tradition,
        lost_by={},
    )


def cause(one: int, other: int, truth: Truth) -> str:
    """What two people whose records were joined are to each other."""
    if truth.twin_of[one] == other:
        return "twins"
    if truth.household[one] != truth.household[other]:
        return "strangers"
    roles = {truth.role[one], truth.role[other]}
    if roles == {"child"}:
        return "siblings"
    return "parent and child" if "child" in roles else "adults of one household"


def _mixed(
    person_of: Sequence[int], groups: Sequence[Sequence[int]], truth: Truth
) -> tuple[int, Counter[str], int]:
    affected: dict[int, str] = {}
    for group in groups:
        held = sorted({person_of[r] for r in group})
        if len(held) < 2:
            continue
        for person in held:
            if truth.is_child[person]:
                other = next(
                    (o for o in held if o != person and truth.household[o] == truth.household[person]), None
                )
                affected[person] = cause(
                    person, other if other is not None else next(o for o in held if o != person), truth
                )
    children = sum(truth.is_child[person] for person in set(person_of[1:]))
    return len(affected), Counter(affected.values()), children


def _twins(people: Mapping[int, Sequence[int]], owner: Sequence[int], truth: Truth) -> tuple[int, int]:
    merged = pairs = 0
    for person, records in people.items():
        other = truth.twin_of[person]
        if other > person and other in people:
            pairs += 1
            merged += not {owner[r] for r in records}.isdisjoint(owner[r] for r in people[other])
    return merged, pairs


def _traditions(
    people: Mapping[int, Sequence[int]], owner: Sequence[int], answered: Sequence[int], person_of: Sequence[int],
    groups: Sequence[Sequence[int]], truth: Truth,
) -> dict[str, tuple[float, float, float]]:  # fmt: skip
    """Tradition to (automatic recall, recall with questions, mixed children per 100,000)."""
    of: dict[str, dict[int, Sequence[int]]] = defaultdict(dict)
    children: Counter[str] = Counter()
    for person, records in people.items():
        of[truth.tradition[person]][person] = records
        children[truth.tradition[person]] += truth.is_child[person]
    mixed: Counter[str] = Counter()
    for group in groups:
        held = {person_of[r] for r in group}
        if len(held) > 1:
            mixed.update(truth.tradition[p] for p in held if truth.is_child[p])
    found = {}
    for tradition, theirs in of.items():
        right, total = _recall(owner, theirs)
        asked, _ = _recall(answered, theirs)
        found[tradition] = (
            right / max(1, total),
            asked / max(1, total),
            1e5 * mixed[tradition] / max(1, children[tradition]),
        )
    return found
