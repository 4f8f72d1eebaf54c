"""The batch run and the scorer of one pair give the same answers, on invented families."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.people import batch
from lineofsight.people.clusters import components
from lineofsight.people.evidence import NEAREST_SQL, PREDICATES, TOLD
from lineofsight.people.identifiers import check
from lineofsight.people.matching import KEY_CAP, Frequencies, blocking_keys, shipped
from lineofsight.people.profile import Profile, profile

# --- invented families: couples, siblings, twins, a father and son of one name --------------------------

GIVEN = {
    "M": ["Oliver", "Jack", "Mohammed", "Yusuf", "Thomas", "William", "Jakub", "Kieran", "Jayden", "Samuel"],
    "F": ["Olivia", "Amelia", "Aisha", "Fatima", "Ella", "Elizabeth", "Zofia", "Kiera", "Siân", "Charlotte"],
}
FAMILY = [
    "Smith",
    "Khan",
    "O'Neill",
    "Rowan-Hale",
    "Ackroyd",
    "Nowak",
    "Thwaite",
    "van der Berg",
    "Hussain",
    "Li",
]
SHORT = {"William": "Bill", "Mohammed": "Maxamed", "Elizabeth": "Lizzie", "Samuel": "Sam", "Yusuf": "Yousef"}
STREETS = ["Quay Street", "Mill Lane", "Church Road", "Harbour Close", "Lantern Way"]


def nhs_numbers() -> Iterator[str]:
    for serial in range(99_000_000, 99_999_999):
        for last in "0123456789":
            if check("nhs", f"9{serial:08d}{last}").ok:
                yield f"9{serial:08d}{last}"


@cache
def records(families: int, seed: int) -> tuple[list[Profile], dict[int, int]]:
    """(profiles, identity to true person)."""
    chance = random.Random(seed)
    numbers = nhs_numbers()
    found: list[Profile] = []
    truth: dict[int, int] = {}
    person = 0
    for _ in range(families):
        for member in _family(chance):
            person += 1
            member["nhs"] = next(numbers)
            for agency in ("csc", "school", "police", "health"):
                if chance.random() < 0.55:
                    identity = len(found) + 1
                    found.append(
                        profile(identity, agency, agency, f"L{identity}", [_said(member, agency, chance)])
                    )
                    truth[identity] = person
    return found, truth


def _family(chance: random.Random) -> list[dict[str, Any]]:
    family = chance.choice(FAMILY)
    home = (
        f"{chance.randint(1, 40)} {chance.choice(STREETS)}",
        f"NS{chance.randint(1, 9)} {chance.randint(1, 9)}AB",
    )
    phone = f"07700 900{chance.randint(0, 999):03d}"

    def member(sex: str, born: date, kind: str) -> dict[str, Any]:
        return {
            "given": chance.choice(GIVEN[sex]), "second": chance.choice(["", "", *GIVEN[sex]]),
            "family": family,
            "sex": sex, "born": born, "home": home, "phone": phone, "kind": kind,
        }  # fmt: skip

    def day(first: int, last: int) -> date:
        return date(first, 1, 1) + timedelta(days=chance.randint(0, 365 * (last - first)))

    members = [member("M", day(1970, 1992), "adult"), member("F", day(1970, 1992), "adult")]
    for _ in range(chance.randint(1, 3)):
        members.append(member(chance.choice("MF"), day(2008, 2020), "child"))
    if chance.random() < 0.3:
        others = [name for name in GIVEN[members[-1]["sex"]] if name != members[-1]["given"]]
        members.append({**members[-1], "given": chance.choice(others)})  # twins
    if chance.random() < 0.2:
        members.append(
            {**member("M", day(2008, 2020), "child"), "given": members[0]["given"]}
        )  # father and son
    return members


def _said(member: dict[str, Any], agency: str, chance: random.Random) -> dict[str, Any]:
    given, family, born = member["given"], member["family"], member["born"]
    slip = chance.random()
    if slip < 0.15:
        given = SHORT.get(given, given)
    elif slip < 0.25 and len(given) > 3:
        given = given[:2] + given[3:]
    elif slip < 0.30:
        given = given[0]
    elif slip < 0.5 and member["second"]:
        given = f"{given} {member['second']}"
    if "-" in family and chance.random() < 0.4:
        family = family.split("-")[0]
    precision = chance.choice(["day"] * 8 + ["month", "year", "estimated"])
    if chance.random() < 0.06:
        born = born.replace(month=min(12, born.day), day=born.month)
    elif chance.random() < 0.06:
        born = born.replace(day=1, month=1)
    said: dict[str, Any] = {"kind": member["kind"], "sex": member["sex"] if chance.random() < 0.95 else "U"}
    said["names"] = [{"given": given, "family": family}]
    if chance.random() < 0.05:
        said["names"] = [
            {"full": f"{given} {family}" if chance.random() < 0.5 else f"{family.upper()}, {given}"}
        ]
    elif chance.random() < 0.03:
        said["names"] = [{"given": family, "family": given}]
    if chance.random() < 0.95:
        said["birth"] = {"from": born.isoformat(), "to": born.isoformat(), "precision": precision}
    if chance.random() < 0.85:
        said["addresses"] = [{"text": f"{member['home'][0]}, Northshore", "postcode": member["home"][1]}]
    if chance.random() < 0.5:
        said["phones"] = [{"raw": member["phone"]}]
    if agency in ("health", "csc") and chance.random() < 0.7:
        said["identifiers"] = [{"kind": "nhs", "value": member["nhs"], "ok": True}]
    said["restricted"] = chance.random() < 0.01
    return said


# --- the same answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("families", "seed"), [(60, 1), (60, 2), (1, 3)])
def test_the_batch_gives_what_the_pair_scorer_gives(families: int, seed: int) -> None:
    found, _truth = records(families, seed)
    model, counts = shipped(), batch.frequencies(found)
    by_identity = {one.identity: one for one in found}
    scored = {(a, b): (p, levels) for a, b, p, levels in batch.score_all(found, model, counts, threads=1)}
    for (a, b), (probability, levels) in scored.items():
        assert a < b
        alone = model.score(by_identity[a], by_identity[b], counts)
        assert probability == pytest.approx(alone.probability, abs=1e-6)
        assert levels == model.levels(by_identity[a], by_identity[b], counts)
    # And nothing is missing: whatever shares a key and deserves a decision is there.
    keys = {one.identity: set(blocking_keys(one)) for one in found}
    for one, other in combinations(found, 2):
        if keys[one.identity].isdisjoint(keys[other.identity]):
            continue
        decision = model.decide(model.score(one, other, counts), one, other)
        assert decision.band == "never" or (one.identity, other.identity) in scored


def test_groups_are_of_one_person_and_most_true_pairs_are_joined_or_asked() -> None:
    found, truth = records(200, 4)
    model, counts = shipped(), batch.frequencies(found)
    by_identity = {one.identity: one for one in found}
    judged = list(batch.judge_all(found, model, counts))
    assert {one.decision.band for one in judged} == {"auto", "ask"}
    formed = components(
        by_identity,
        [(one.a, one.b, one.probability, "model") for one in judged if one.decision.band == "auto"],
        strong={one.identity: {"nhs": one.nhs[0]} for one in found if len(one.nhs) == 1},
        apart=lambda a, b: model.apart(by_identity[a], by_identity[b], counts),
    )
    joined = [truth[a] == truth[b] for group in formed.groups for a, b in combinations(group, 2)]
    asked = sum(truth[one.a] == truth[one.b] for one in judged if one.decision.band == "ask")
    true_pairs = sum(truth[a] == truth[b] for a, b in combinations(sorted(truth), 2))
    # Ten given and ten family names for everyone: far fewer than anywhere, so a look-alike gets through.
    assert sum(joined) / len(joined) > 0.99
    assert (sum(joined) + asked) / true_pairs > 0.7


def test_the_batch_decides_as_the_pair_scorer_does() -> None:
    found, _truth = records(150, 5)
    model, counts = shipped(), batch.frequencies(found)
    by_identity = {one.identity: one for one in found}
    for one in batch.judge_all(found, model, counts):
        a, b = by_identity[one.a], by_identity[one.b]
        assert one.decision == model.decide(model.score(a, b, counts), a, b)


def test_a_shared_number_is_always_shown_however_unlikely() -> None:
    number = next(nhs_numbers())
    identifiers = [{"kind": "nhs", "value": number}]
    child = profile(1, "csc", "c", "1", [{
        "names": [{"given": "Olivia", "family": "Thwaite"}], "sex": "F", "identifiers": identifiers,
        "birth": {"from": "2012-05-09", "to": "2012-05-09", "precision": "day"},
        "addresses": [{"text": "3 Mill Lane", "postcode": "NS2 4AB"}],
    }])  # fmt: skip
    other = profile(2, "health", "h", "2", [{
        "names": [{"given": "Jakub", "family": "Nowak"}], "sex": "M", "identifiers": identifiers,
        "birth": {"from": "1984-11-30", "to": "1984-11-30", "precision": "day"},
        "addresses": [{"text": "31 Quay Street", "postcode": "NS7 1AB"}],
    }])  # fmt: skip
    counts = Frequencies.empty()
    ((a, b, _probability, levels),) = batch.score_all([child, other], shipped(), counts)
    assert (a, b, levels["nhs"], levels["given"]) == (1, 2, "same", "different")
    assert shipped().decide(shipped().score(child, other, counts), child, other).band == "ask"


def test_a_key_that_a_thousand_share_is_a_default_value() -> None:
    office = [{"raw": "07700 900111"}]
    crowd = [
        profile(
            n, "csc", "c", str(n), [{"names": [{"given": "Samuel", "family": f"Unit{n}"}], "phones": office}]
        )
        for n in range(1, KEY_CAP + 2)
    ]
    assert list(batch.score_all(crowd, shipped(), Frequencies.empty())) == []


def test_no_records_give_no_pairs() -> None:
    assert list(batch.score_all([], shipped(), Frequencies.empty())) == []


def test_memory_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Refused, match="2GB"):
        list(batch.score_all([], shipped(), Frequencies.empty(), memory="lots'; drop"))


# --- each test, written twice ----------------------------------------------------------------------------


@cache
def asker() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:")
    database.execute("set threads = 1")
    database.execute(NEAREST_SQL)
    return database


def in_sql(a: Profile, b: Profile) -> dict[str, bool]:
    """Every predicate over one pair, asked of DuckDB."""
    columns, values = [], []
    for side, one in (("l", a), ("r", b)):
        for name in batch.COLUMNS:
            value = getattr(one, name)
            kind = "varchar[]" if isinstance(value, tuple) else "date" if name in batch._DATES else "varchar"
            columns.append(f"?::{kind} as {name}_{side}")
            values.append(list(value) if isinstance(value, tuple) else value)
    tests = {
        **{f"when {k}": p.sql for k, p in PREDICATES.items()},
        **{f"told {k}": p.sql for k, p in TOLD.items()},
    }
    tests["when otherwise"] = "true"
    asked = ", ".join(f"coalesce({sql}, false)" for sql in tests.values())
    row = asker().execute(f"select {asked} from (select {', '.join(columns)})", values).fetchone()
    assert row is not None
    return dict(zip(tests, row, strict=True))


def in_python(a: Profile, b: Profile) -> dict[str, bool]:
    found = {f"when {name}": predicate.holds(a, b) for name, predicate in PREDICATES.items()}
    return found | {f"told {name}": predicate.holds(a, b) for name, predicate in TOLD.items()}


given_names = st.sampled_from(
    ["Sam", "Samuel", "Samantha", "S", "Mohammed", "Maxamed", "Mohammed Yusuf", "Mohammed Ali", "Mohammed Y",
     "Kiera",
     "Kiara", "Siân", "Jean-Luc", "محمد", "علي", "Li", "Rowan", ""]
)  # fmt: skip
family_names = st.sampled_from(
    ["Rowan-Hale", "Rowan", "Hale", "Smith", "Smyth", "Smithe", "O'Neill", "ONeil", "van der Berg", "Berg",
     "Sam", "علي", "Li", ""]
)  # fmt: skip
births = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "from": st.dates(date(2009, 12, 28), date(2010, 3, 12)).map(date.isoformat),
            "precision": st.sampled_from(["day", "day", "month", "year", "estimated"]),
        }
    ),
    st.sampled_from(["2010-01-01", "2010-02-03", "2010-03-02"]).map(
        lambda d: {"from": d, "precision": "day"}
    ),
)
statements = st.fixed_dictionaries(
    {
        "names": st.lists(st.fixed_dictionaries({"given": given_names, "family": family_names}), max_size=3),
        "birth": births,
        "sex": st.sampled_from(["M", "F", "U"]),
        "addresses": st.lists(
            st.fixed_dictionaries(
                {
                    "text": st.sampled_from(["12 Quay Street, Northshore", "12 Quay St", "Rose Cottage", ""]),
                    "postcode": st.sampled_from(["NS1 2AB", "NS1 2AD", "NS9 9ZZ", "ZZ99 3VZ", ""]),
                }
            ),
            max_size=2,
        ),
        "phones": st.lists(st.sampled_from([{"raw": "07700 900123"}, {"raw": "07700 900456"}]), max_size=2),
        "identifiers": st.lists(
            st.sampled_from(
                [{"kind": "nhs", "value": "9990000018"}, {"kind": "nhs", "value": "9990000026"},
                 {"kind": "upn", "value": "B801200005001"}, {"kind": "pnc", "value": "2003/0011985X"}]
            ),
            max_size=2,
        ),
    }
)  # fmt: skip
profiles = st.lists(statements, min_size=1, max_size=2).map(lambda said: profile(1, "csc", "c", "1", said))


@settings(max_examples=300, deadline=None)
@given(profiles, profiles)
def test_each_test_gives_the_same_answer_in_both_languages(a: Profile, b: Profile) -> None:
    assert in_sql(a, b) == in_python(a, b)


@settings(max_examples=200, deadline=None)
@given(st.text("abcdeilmnorst", min_size=3, max_size=12), st.text("abcdeilmnorst", min_size=3, max_size=12))
def test_likeness_of_names_is_one_measure(a: str, b: str) -> None:
    one = profile(1, "csc", "c", "1", [{"names": [{"given": a, "family": b}]}])
    other = profile(2, "csc", "c", "2", [{"names": [{"given": b, "family": a}]}])
    assert in_sql(one, other) == in_python(one, other)


@settings(max_examples=200, deadline=None)
@given(profiles, profiles)
def test_every_test_is_symmetric(a: Profile, b: Profile) -> None:
    assert in_python(a, b) == in_python(b, a)
