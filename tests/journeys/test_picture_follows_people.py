"""A merge, a split or an undo of either reaches the picture and its index by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invented import FILES
from lineofsight.chronology import matters, picture, whole_store
from lineofsight.chronology.models import Finding, Unread
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import Person, SourceIdentity
from lineofsight.records import services
from lineofsight.records.feeds import feeds, sent_to
from store import received

pytestmark = pytest.mark.usefixtures("consistent")

LOADED = date(2026, 5, 1)


class Undo(Exception):
    pass


def bring_in_and_read(partnership: Any) -> None:
    if SourceIdentity.objects.exists():
        return
    for row in FILES:
        taken = received(partnership, *row, loaded_to=LOADED)
        staged = services.stage(delivery=taken, by=partnership.operator)
        services.commit(delivery=staged, by=partnership.operator)
    whole_store.read_store(feeds=feeds(), by=partnership.operator)


def index() -> list[Any]:
    refs = dict(Person.objects.values_list("pk", "ref"))
    rows = Finding.objects.values_list("person", "what", "rule", "agency", "key", "at", "records", "origins")
    return sorted((refs[person], *map(str, rest)) for person, *rest in rows)


def index_made_anew(by: Any) -> list[Any]:
    """What reading everyone would find; nothing of it stays."""
    try:
        with transaction.atomic():
            whole_store.read_store(feeds=feeds(), by=by)
            found = index()
            raise Undo
    except Undo:
        return found


def pictures(by: Any) -> dict[str, Any]:
    """Of every person, what their page would say: occurrences, gaps and facts."""
    told = {}
    for person in Person.objects.filter(identities__isnull=False).distinct().order_by("ref"):
        child = people.get_child(by, person.ref)
        reading = picture.read(by, child, feeds())
        table = matters.facts(by, child, reading, sent=sent_to([]))
        told[child.ref] = (
            sorted((tuple(m.key for m in one.members), one.origins) for one in reading.picture.occurrences),
            sorted((one.key, one.state, one.agencies) for one in reading.picture.missing),
            [
                (row.fact.code, row.state, [(c.agency, c.state, sorted(c.keys)) for c in row.cells])
                for row in table
            ],
        )
    return told


def decide(partnership: Any, one: Any, other: Any, verdict: str) -> Any:
    return joining.decide_pair(one=one, other=other, verdict=verdict, by=partnership.operator)


deeds = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["same", "different", "withdraw"])),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_deeds=deeds)
def test_after_merges_and_splits_the_index_is_as_if_read_anew_and_undone_as_if_never(
    partnership: Any, given_deeds: Any
) -> None:
    bring_in_and_read(partnership)
    ids = list(SourceIdentity.objects.order_by("id"))
    before, told = index(), pictures(partnership.operator)
    standing: dict[frozenset[int], Any] = {}
    try:
        with transaction.atomic():
            for one, other, verdict in given_deeds:
                pair = frozenset((one, other))
                if len(pair) == 1 or (verdict == "withdraw" and pair not in standing):
                    continue
                if verdict == "withdraw":
                    joining.withdraw_judgement(judgement=standing.pop(pair), by=partnership.operator)
                else:
                    standing[pair] = decide(partnership, ids[one], ids[other], verdict)
                assert not Unread.objects.exists()
            assert index() == index_made_anew(partnership.operator)
            for judgement in standing.values():
                joining.withdraw_judgement(judgement=judgement, by=partnership.operator)
            assert index() == before
            assert pictures(partnership.operator) == told
            raise Undo
    except Undo:
        pass


def test_two_people_taken_for_one_have_one_picture_and_each_their_own_after_the_split(
    partnership: Any,
) -> None:
    bring_in_and_read(partnership)
    tobi, dale = (SourceIdentity.objects.get(local_id=local) for local in ("1205", "N502"))
    before, told = index(), pictures(partnership.operator)
    merged = decide(partnership, tobi, dale, "same")
    assert SourceIdentity.objects.get(local_id="N502").person_id == tobi.person_id
    assert index() == index_made_anew(partnership.operator)
    assert not Finding.objects.filter(person=dale.person_id).exists()
    joining.withdraw_judgement(judgement=merged, by=partnership.operator)
    assert (index(), pictures(partnership.operator)) == (before, told)


def test_a_whole_run_of_the_matcher_leaves_nothing_to_be_read_again(partnership: Any) -> None:
    bring_in_and_read(partnership)
    joining.run_matching(by=partnership.operator)
    assert not Unread.objects.exists()
    assert index() == index_made_anew(partnership.operator)


def test_what_is_only_counted_changes_nothing_of_the_index(partnership: Any) -> None:
    bring_in_and_read(partnership)
    before = index()
    joining.run_matching(by=partnership.operator, only_count=True)
    assert index() == before


def test_of_a_child_whose_only_file_is_taken_out_no_finding_stays(partnership: Any) -> None:
    bring_in_and_read(partnership)
    from lineofsight.records import queries

    for delivery in queries.deliveries(partnership.operator):
        if delivery.state == "committed":
            services.undo(delivery=delivery, by=partnership.operator)
    whole_store.read_changed(feeds=feeds(), by=partnership.operator)
    assert not Finding.objects.exists()
