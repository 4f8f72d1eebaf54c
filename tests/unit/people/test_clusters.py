"""Groups of records: never two people in one, whatever order the judgements come in."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.people.clusters import components, plain

NODES = range(9)
pairs = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda pair: pair[0] != pair[1])
edges = st.tuples(pairs, st.sampled_from([0.5, 0.9, 0.99, 1.0]), st.sampled_from(["person", "rule", "model"]))
stories = st.fixed_dictionaries(
    {
        "same": st.lists(edges.map(lambda e: (*e[0], e[1], e[2])), max_size=18),
        "different": st.lists(pairs, max_size=6),
        "strong": st.dictionaries(
            st.sampled_from(NODES), st.sampled_from(["A", "B"]).map(lambda v: {"nhs": v}), max_size=5
        ),
    }
)


def form(story: dict[str, Any]) -> Any:
    return components(NODES, story["same"], story["different"], story["strong"])


@given(stories)
def test_no_group_holds_two_people(story: dict[str, Any]) -> None:
    formed = form(story)
    assert sorted(itertools.chain(*formed.groups)) == list(NODES)
    of = {node: group for group in formed.groups for node in group}
    assert all(of[a] != of[b] for a, b in story["different"])
    for group in formed.groups:
        assert len({story["strong"][node]["nhs"] for node in group if node in story["strong"]}) <= 1


@given(stories)
def test_every_join_is_done_or_refused_with_a_reason(story: dict[str, Any]) -> None:
    formed = form(story)
    of = {node: group for group in formed.groups for node in group}
    refused = {(edge.a, edge.b) for edge, why in formed.refused if why}
    for a, b, _strength, _source in story["same"]:
        assert of[a] == of[b] or (min(a, b), max(a, b)) in refused


@given(stories, st.randoms(use_true_random=False))
def test_the_order_of_judgements_changes_nothing(story: dict[str, Any], shuffle: Any) -> None:
    first = form(story)
    turned = [
        (b, a, strength, source) if shuffle.random() < 0.5 else (a, b, strength, source)
        for a, b, strength, source in story["same"]
    ]
    shuffle.shuffle(turned)
    different = [(b, a) for a, b in story["different"]]
    shuffle.shuffle(different)
    nodes = list(NODES)
    shuffle.shuffle(nodes)
    assert components(nodes, turned, different, story["strong"]) == first


@given(stories)
def test_groups_that_leave_nothing_to_weigh_are_those_that_weighing_gives(story: dict[str, Any]) -> None:
    number = {node: held["nhs"] for node, held in story["strong"].items()}
    # The model never joins two numbers; `plain` rests on that.
    same = [
        e for e in story["same"] if e[3] != "model" or len({number.get(e[0]), number.get(e[1])} - {None}) < 2
    ]
    groups, parts = plain(same, story["different"])
    weighed = form({**story, "same": same}).groups
    assert set(groups) <= set(weighed)
    joined = {node for a, b, *_ in same for node in (a, b)}
    assert sorted(itertools.chain(*groups, *parts)) == sorted(joined)


def test_what_people_said_is_joined_before_what_the_model_thinks() -> None:
    formed = components(
        [1, 2, 3], [(1, 2, 0.9999, "model"), (2, 3, 0.5, "person")], [], {1: {"nhs": "A"}, 3: {"nhs": "B"}}
    )
    assert formed.groups == ((1,), (2, 3))
    ((edge, why),) = formed.refused
    assert edge == (1, 2, 0.9999, "model")
    assert "NHS" in why


def test_different_holds_along_a_chain() -> None:
    formed = components([1, 2, 3], [(1, 2, 0.999, "model"), (2, 3, 0.99, "model")], {(1, 3)})
    assert formed.groups == ((1, 2), (3,))


def test_a_judgement_about_nobody_is_refused() -> None:
    with pytest.raises(Refused, match="record 7"):
        components([1], [(1, 7, 1.0, "person")])
    with pytest.raises(Refused, match="horoscope"):
        components([1, 2], [(1, 2, 1.0, "horoscope")])
