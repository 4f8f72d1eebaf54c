"""What a model would do is foreseen from its own figures, and adds up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineofsight.people import batch, card, foreseeing
from lineofsight.people.matching import Frequencies, shipped
from lineofsight.people.profile import Profile, profile

PLACES = ["3 Mill Lane", "9 Quay Street"]
people = st.builds(
    lambda given, family, day, place: {
        "names": [{"given": given, "family": family}],
        "birth": {"from": day, "to": day, "precision": "day"},
        "addresses": [{"text": place, "postcode": "NS2 4AB"}],
    },
    st.sampled_from(["Sam", "Amelia", "Yusuf"]),
    st.sampled_from(["Rowan-Hale", "Khan", "Thwaite"]),
    st.dates(date(2010, 3, 1), date(2010, 3, 4)).map(date.isoformat),
    st.sampled_from(PLACES),
)


def written(said: list[dict[str, object]]) -> list[Profile]:
    return [profile(n, f"agency{n % 3}", "x", str(n), [one]) for n, one in enumerate(said, start=1)]


@settings(max_examples=8, deadline=None)
@given(st.lists(people, max_size=12))
def test_every_pair_and_every_record_is_told_once(said: list[dict[str, object]]) -> None:
    records = written(said)
    counts = Frequencies.of(records)
    found = foreseeing.foresee(lambda: records, shipped(), counts)
    bands = [one.decision.band for one in batch.judge_all(records, shipped(), counts)]
    assert (found["joins"], found["questions"]) == (bands.count("auto"), bands.count("ask"))
    assert sum(count for _, count, _, _ in found["by_family_name"]) == len(records)
    assert all(max(joined, waiting) <= count for _, count, joined, waiting in found["by_family_name"])
    # Nothing is joined that the model holds for less than it asks for.
    assert 0 <= sum(found["wrong"].values()) <= found["joins"] * (1 - shipped().policy.auto_with_anchor)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"given": "slip", "family": "exact", "birth": "exact", "place": "address"}, "twins"),
        ({"given": "exact", "family": "exact", "birth": "two_parts", "place": "address"}, "one household"),
        ({"given": "exact", "family": "exact", "phone": "same", "place": "different"}, "one household"),
        ({"given": "exact", "family": "exact", "birth": "exact", "place": "different"}, "strangers"),
    ],
)
def test_a_wrong_join_has_a_likeliest_cause(levels: dict[str, str], expected: str) -> None:
    assert foreseeing.cause(levels, shipped()) == expected


def test_a_name_is_as_common_as_its_commonest_part() -> None:
    counts = Frequencies({}, {"khan": 10_000, "thwaite": 1_500, "hale": 3, "others": 988_497})
    told = [profile(n, "x", "x", str(n), [{"names": [{"given": "Sam", "family": family}]}])
            for n, family in enumerate(("Khan", "Thwaite", "Hale", "Nobody"))]  # fmt: skip
    assert [foreseeing.how_common(one, counts) for one in told] == [
        foreseeing.BANDS[0], foreseeing.BANDS[1], foreseeing.BANDS[2], foreseeing.BANDS[2],
    ]  # fmt: skip


def test_a_card_from_before_goes_without_it() -> None:
    kept = {"version": "x", "before": "3", "records": 0, "candidates": 0, "silver_pairs": 0, "random_pairs": 0,
            "one_person": 0, "family": {}, "weights": [], "calibration": [], "drift": []}  # fmt: skip
    assert "would do here" not in card.page(kept, made="today", approved="")
