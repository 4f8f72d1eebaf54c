"""Each situation planted into the demo is found, exactly, and nothing else is found of its child."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lineofsight.chronology import knowing, picture, whole_store
from lineofsight.chronology.triangulation import WAITING
from lineofsight.demo import partnership as demo
from lineofsight.demo import planted
from lineofsight.desk.reading import facts_of, read
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records.feeds import feeds

pytestmark = pytest.mark.usefixtures("consistent")


def bring(partnership: Any, *, later: bool) -> None:
    for file in planted.files(later=later):
        demo.plant(file, partnership.operator)


def children(partnership: Any) -> dict[str, Any]:
    joining.run_matching(by=partnership.operator)
    found = {}
    for child, own in planted.numbers().items():
        (hit,) = people.search(partnership.operator, own["nhs"])
        found[child] = people.get_child(partnership.operator, hit.ref)
    return found


def differing(partnership: Any, child: Any) -> tuple[str, ...]:
    table = facts_of(partnership.operator, child, read(partnership.operator, child))
    return tuple(sorted(f"{row.fact.code} {cell.agency}" for row in table for cell in row.differing))


def test_every_planted_situation_is_found_and_no_other(partnership: Any) -> None:
    bring(partnership, later=False)
    known, operator = children(partnership), partnership.operator
    found = {}
    for one in planted.situations():
        reading = read(operator, known[one.child])
        found[one.child] = (
            tuple((len(o.members), len(o.origins)) for o in reading.picture.occurrences),
            tuple(
                sorted(f"{gap.rule.id} {agency}" for gap in reading.picture.gaps for agency in gap.agencies)
            ),
            differing(partnership, known[one.child]),
            tuple(
                sorted(
                    f"{m.rule.id} {a}"
                    for m in reading.picture.missing
                    if m.state == WAITING
                    for a in m.agencies
                )
            ),
        )
    expected = {
        one.child: (one.occurrences, tuple(sorted(one.gaps)), tuple(sorted(one.differs)), one.waiting)
        for one in planted.situations()
    }
    assert len(expected) >= 12
    assert found == expected


def test_the_address_is_put_right_by_the_next_housing_file(partnership: Any) -> None:
    bring(partnership, later=False)
    bring(partnership, later=True)
    known = children(partnership)
    for one in planted.situations():
        assert differing(partnership, known[one.child]) == tuple(sorted(one.later)), one.title


def test_the_echo_counts_once_and_the_home_told_police(partnership: Any) -> None:
    bring(partnership, later=False)
    known, operator = children(partnership), partnership.operator
    (echo,) = read(operator, known["ines"]).picture.occurrences
    assert (echo.agencies, echo.origins) == (("police", "csc"), ("police",))
    (absence,) = read(operator, known["wilf"]).picture.occurrences
    assert set(absence.agencies) == {"police", "csc", "education", "vcs"}
    assert set(absence.origins) == {"csc", "education", "vcs"}


def test_a_date_was_known_to_one_agency_four_months_before_the_rest(partnership: Any) -> None:
    bring(partnership, later=False)
    one = next(s for s in planted.situations() if s.months_apart)
    child = children(partnership)[one.child]
    versions = {v.agency: v for v in knowing.seen_versions(partnership.operator, child)}
    health, police = versions["health"].recorded, versions["police"].recorded
    assert health and police
    assert (police - health).days // 30 == one.months_apart
    first = knowing.Known.on(date(2026, 4, 1), "health")
    assert [
        e.agency_id for e in knowing.entries_known(partnership.operator, child, first)
    ] == ["health"]  # fmt: skip
    other = knowing.Known.on(date(2026, 4, 1), "police")
    assert not knowing.entries_known(partnership.operator, child, other).exists()


def test_months_of_silence_are_called_only_where_the_files_reach(partnership: Any) -> None:
    bring(partnership, later=False)
    one = next(s for s in planted.situations() if s.silent)
    reading = read(partnership.operator, children(partnership)[one.child])
    _, calendar = picture.calendar(reading, months=60)
    silent = tuple(f"{m.first:%Y-%m}" for m in calendar["education"] if m.state == picture.SILENT)
    assert silent == one.silent


def test_the_index_of_the_whole_store_leads_to_the_same_children(partnership: Any) -> None:
    bring(partnership, later=False)
    known = children(partnership)
    whole_store.read_store(feeds=feeds(), by=partnership.operator)
    from lineofsight.chronology import matters

    leads = {lead.ref for lead in matters.where_to_look(partnership.operator, what=("gap", "differs"))}
    expected = {known[one.child].ref for one in planted.situations() if one.gaps or one.differs}
    assert leads == expected
