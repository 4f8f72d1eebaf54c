"""What an agency knew on a date, from versions and from what it was shown: plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lineofsight.chronology.knowing import Known, Looks, Version, held_at, known_at, known_to

START = datetime(2026, 1, 1, tzinfo=UTC)
AGENCIES = ("police", "csc")


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@st.composite
def histories(draw: Any) -> list[Version]:
    """Entries in up to three versions each, one replacing the other as it comes in."""
    found: list[Version] = []
    for number in range(draw(st.integers(0, 5))):
        agency, occurred = draw(st.sampled_from(AGENCIES)), draw(st.integers(0, 20))
        recorded = occurred + draw(st.integers(0, 10))
        times = sorted(draw(st.sets(st.integers(occurred, 60), min_size=1, max_size=3)))
        for place, received in enumerate(times):
            replaced = day(times[place + 1]) if place + 1 < len(times) else None
            pk = len(found)
            found.append(
                Version(
                    pk, f"key {number}", f"E{pk}", agency, "standard", day(occurred), day(recorded),
                    day(received), replaced,
                )
            )  # fmt: skip
    return found


@st.composite
def looks_for(draw: Any, versions: list[Version]) -> Looks:
    """A worker of the agency was shown some of the versions while they stood."""
    first = {}
    for version in versions:
        if draw(st.booleans()):
            until = version.replaced or day(90)
            days = max(0, (until - version.received).days - 1)
            first[version.ref] = version.received + timedelta(days=draw(st.integers(0, days)))
    return Looks(first, sorted(first.values()))


@given(histories())
def test_as_known_today_to_the_partnership_is_what_stands(versions: list[Version]) -> None:
    held = held_at(versions, {}, Known(day(100)))
    assert set(held) == {version.pk for version in versions if version.replaced is None}
    assert len({version.key for version in held.values()}) == len(held)


@given(histories(), st.integers(0, 70))
def test_nothing_is_known_to_the_partnership_before_it_was_received(
    versions: list[Version], number: int
) -> None:
    for version in held_at(versions, {}, Known(day(number))).values():
        assert version.received <= day(number)


@given(st.data(), st.integers(0, 70), st.sampled_from(AGENCIES))
def test_an_agency_knows_what_others_hold_only_once_it_was_shown(data: Any, number: int, agency: str) -> None:
    versions = data.draw(histories())
    looks = data.draw(looks_for(versions))
    known = known_to(versions, looks, Known(day(number), agency))
    assert len({version.key for version in known}) == len(known)
    for version in known:
        if version.agency == agency:
            assert version.recorded is not None and version.recorded <= day(number)
        else:
            assert version.received <= looks.first[version.ref] <= day(number)


@given(st.data(), st.integers(0, 70), st.integers(0, 30), st.sampled_from(AGENCIES))
def test_what_an_agency_has_learnt_it_does_not_forget(
    data: Any, number: int, later: int, agency: str
) -> None:
    """Of an entry of another agency it may learn a newer version; it never comes to know nothing of it."""
    versions = data.draw(histories())
    looks = data.draw(looks_for(versions))
    first = {v.key for v in known_to(versions, looks, Known(day(number), agency)) if v.agency != agency}
    after = {v.key for v in known_to(versions, looks, Known(day(number + later), agency))}
    assert first <= after


def test_what_an_agency_recorded_it_knew_before_it_reached_us() -> None:
    version = Version(1, "k", "E1", "police", "standard", day(1), day(2), day(40), None)
    assert known_at(version, "police", Looks()) == day(2)
    assert [v.pk for v in known_to([version], Looks(), Known(day(3), "police"))] == [1]
    assert held_at([version], {}, Known(day(3))) == {}
