"""Names, profiles, keys, search, and who may decide that two records are one person."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineofsight.catalogue import matching as catalogue
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.people import names
from lineofsight.people.matching import (
    Decision,
    Frequencies,
    Profile,
    Scored,
    blocking_keys,
    explain,
    profile,
    rank,
    search_query,
    search_terms,
    shipped,
)
from lineofsight.people.profile import address_key

MODEL = shipped()
NOBODY = Frequencies.empty()


def born(day: str, precision: str = "day") -> dict[str, str]:
    return {"from": day, "to": day, "precision": precision}


def child(identity: int = 1, **changes: Any) -> Profile:
    said: dict[str, Any] = {
        "kind": "child",
        "names": [{"given": "Sam", "family": "Rowan-Hale", "use": "legal"}],
        "birth": born("2010-03-12"),
        "sex": "M",
        "addresses": [{"text": "12 Quay Street, Northshore", "postcode": "NS1 2AB"}],
    }
    agency = ("health", "csc")[
        identity % 2
    ]  # two records of a pair are of two lists, unless a test says otherwise
    return profile(identity, agency, "case", f"A-{identity}", [{**said, **changes}])


def named(given: str, family: str = "Rowan-Hale") -> dict[str, Any]:
    return {"names": [{"given": given, "family": family}]}


def numbered(kind: str, value: str) -> dict[str, Any]:
    return {"identifiers": [{"kind": kind, "value": value}]}


def judged(a: Profile, b: Profile) -> tuple[Scored, Decision]:
    scored = MODEL.score(a, b, NOBODY)
    return scored, MODEL.decide(scored, a, b)


# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "folded"),
    [("O'Neill", "oneill"), ("O’NEILL", "oneill"), ("Siân", "sian"), ("Rowan-Hale", "rowanhale"),
     ("van der Berg", "vanderberg"), ("Łukasz", "lukasz"), ("İbrahim", "ibrahim"), ("Sørensen", "sorensen"),
     ("محمد", "محمد"), ("", "")],
)  # fmt: skip
def test_folding(written: str, folded: str) -> None:
    assert names.fold(written) == folded


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_and_no_text_breaks_it(text: str) -> None:
    folded = names.fold(text)
    assert names.fold(folded) == folded
    names.split_full(text)
    names.halves(text)
    names.sound(folded)
    assert all(names.roots(folded)) or not folded


@pytest.mark.parametrize(
    ("written", "given_name", "family"),
    [("SMITH, John Paul", "John Paul", "SMITH"), ("John Paul SMITH", "John Paul", "SMITH"),
     ("SMITH John", "John", "SMITH"), ("Mr Ali bin Hassan", "Ali", "bin Hassan"), ("Cher", "Cher", ""),
     ("Ludwig van Beethoven", "Ludwig", "van Beethoven"), ("محمد علي", "محمد", "علي"), ("", "", ""),
     ("Jay (known as JJ) Hale", "Jay", "Hale")],
)  # fmt: skip
def test_whole_names_are_parted(written: str, given_name: str, family: str) -> None:
    assert names.split_full(written) == (given_name, family)


def test_roots_and_halves_and_sounds() -> None:
    assert names.roots("bill") == ("william",)
    assert set(names.roots("sam")) == {"samuel", "samantha"}
    assert set(names.roots("maxamed")) & set(names.roots("mohammed"))
    assert names.full_names("bill") == ("william",)
    assert names.spellings("kathryn") == ("catherine",) == names.full_names("kate")
    assert names.roots("zebedee") == ("zebedee",)
    assert names.halves("Rowan-Hale") == ("rowan", "hale")
    assert names.halves("van der Berg") == ("berg",)
    assert names.halves("Smith") == ()
    assert names.sound("smith") == names.sound("smyth")
    assert names.sound("علي") == "علي"


# --- profiles and keys -----------------------------------------------------------------------------------


def test_a_profile_keeps_what_passed_and_leaves_out_what_failed() -> None:
    made = child(
        names=[
            {"given": "Samuel James", "family": "Rowan-Hale", "use": "legal"},
            {"given": "Sam", "use": "preferred"},
        ],
        identifiers=[
            {"kind": "nhs", "value": "9990000018", "ok": True},
            {"kind": "nhs", "value": "9990000019"},
            {"kind": "upn", "value": "B801200005001", "ok": False},
            {"kind": "former_upn", "value": "Y810400022001"},
        ],
        addresses=[{"text": "no fixed address", "postcode": "ZZ99 3VZ"}, {"text": "", "uprn": "100"}],
        phones=[{"raw": "07700 900123"}, {"raw": "ask nan"}],
    )
    assert made.given == ("sam", "samuel")
    assert made.middle == ("james",)
    assert made.family == ("rowanhale", "rowan", "hale")
    assert made.family_whole == ("rowanhale",)
    assert (made.nhs, made.upns) == (("9990000018",), ("Y810400022001",))
    assert made.postcodes == ()
    assert "uprn|100" in made.addresses
    assert made.phones == ("+447700900123",)


@pytest.mark.parametrize(
    ("precision", "start", "end"),
    [("day", date(2010, 3, 15), date(2010, 3, 15)), ("month", date(2010, 3, 1), date(2010, 3, 31)),
     ("year", date(2010, 1, 1), date(2010, 12, 31)), ("estimated", date(2009, 3, 15), date(2011, 3, 15))],
)  # fmt: skip
def test_a_birth_date_is_as_wide_as_its_precision(precision: str, start: date, end: date) -> None:
    made = child(birth=born("2010-03-15", precision))
    assert (made.birth_from, made.birth_to) == (start, end)


def test_the_most_precise_birth_date_wins() -> None:
    said = [{"birth": born("2010-03-12")}, {"birth": born("2010-01-01", "year")}]
    assert profile(1, "csc", "c", "1", said).birth == "2010-03-12"
    assert profile(1, "csc", "c", "1", said[::-1]).birth == "2010-03-12"


def test_a_profile_survives_json() -> None:
    made = child(**numbered("nhs", "9990000018"), restricted=True)
    assert Profile.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    empty = profile(1, "csc", "c", "1", [])
    assert Profile.from_dict(json.loads(json.dumps(empty.to_dict()))) == empty


@pytest.mark.parametrize(
    ("text", "postcode", "key"),
    [("12 Quay St., Northshore", "NS12AB", "12 quay street|NS12AB"),
     ("12, Quay Street", "NS12AB", "12 quay street|NS12AB"),
     ("Flat 3, 12 Quay Street", "NS12AB", "flat 3 12 quay street|NS12AB"),
     ("12 Quay Street, Northshore", "", "12 quay street|northshore"),
     ("Rose Cottage, Mill Lane", "NS12AB", "rose cottage|NS12AB"), ("", "NS12AB", ""),
     ("12 Quay Street", "", "")],
)  # fmt: skip
def test_address_keys(text: str, postcode: str, key: str) -> None:
    assert address_key(text, postcode) == key


@pytest.mark.parametrize(
    "changes",
    [
        named("Samuel"),
        named("Sam", "Rowan"),
        named("Sam", "Rowen-Hayle"),
        {**named("Rowan-Hale", "Sam"), "addresses": []},
        {"birth": born("2010-12-03"), "addresses": []},
        {"birth": born("2010-03-15", "month"), "addresses": []},
        {"birth": born("2011-03-12"), "addresses": []},
        {"birth": None},
        {**named("Zed", "Other"), "birth": born("2010-03-12")},
    ],
)
def test_a_slip_still_leaves_a_shared_key(changes: dict[str, Any]) -> None:
    assert set(blocking_keys(child())) & set(blocking_keys(child(2, **changes)))


def test_no_key_is_a_name_alone_and_each_fits_its_column() -> None:
    made = child(**named("A" * 200 + " " + "B" * 200, "C" * 199), birth=None, addresses=[])
    assert blocking_keys(made) == ()
    long = child(**named("A" * 200, "C" * 199))
    assert max(map(len, blocking_keys(long))) <= 120
    assert max(map(len, search_terms(long))) <= 120


# --- one person or two -----------------------------------------------------------------------------------


AUTO = [
    ("the same in everything", {}),
    ("a short name", named("Samuel")),
    ("half of a double name, the same address", named("Sam", "Rowan")),
    ("only the month of birth, the same address", {"birth": born("2010-03-15", "month")}),
    ("a birth date with one digit wrong, the same address", {"birth": born("2010-03-13")}),
    ("day and month the other way round, the same address", {"birth": born("2010-12-03")}),
    ("a guessed birthday in the same year, the same address", {"birth": born("2010-01-01")}),
    ("no birth date, but both are children at one address", {"birth": None}),
    (
        "only an initial, the same birth date and a postcode",
        {**named("S"), "addresses": [{"postcode": "NS1 2AB"}]},
    ),
]
ASK = [
    ("a different birth date and no address", {"birth": born("2010-03-13"), "addresses": []}),
    ("no birth date: a father and a son may share name and address", {"birth": None, "kind": "unknown"}),
    ("no birth date and no address", {"birth": None, "addresses": []}),
    (
        "no birth date and no sex",
        {"birth": None, "kind": "unknown", "sex": "U", "addresses": [{"postcode": "NS1 2AB"}]},
    ),
    ("no birth date, a child and an adult at one address", {"birth": None, "kind": "adult"}),
    ("a guessed birthday in the same year and nothing else", {"birth": born("2010-01-01"), "addresses": []}),
    ("a look-alike name at one address may be a twin", named("Samm")),
    ("restricted", {"restricted": True}),
]
NEVER = [
    ("a twin", {**named("Olivia"), "sex": "F"}),
    ("a brother", {**named("Jack"), "birth": born("2012-07-30")}),
    ("father of one name", {"birth": born("1982-09-01"), "kind": "adult"}),
    ("a stranger", {**named("Jakub", "Nowak"), "birth": born("2014-05-01"), "addresses": []}),
]


@pytest.mark.parametrize(
    ("band", "changes"),
    [(band, case[1]) for band, cases in (("auto", AUTO), ("ask", ASK), ("never", NEVER)) for case in cases],
    ids=[case[0] for cases in (AUTO, ASK, NEVER) for case in cases],
)
def test_bands(band: str, changes: dict[str, Any]) -> None:
    _scored, decision = judged(child(), child(2, **changes))
    assert decision.band == band, decision
    assert decision.reasons


def test_two_records_of_one_list_are_less_likely_one_person() -> None:
    """Abdul and his brother Abdul, both in the housing list without a birth date."""
    told = {**named("Abdul", "Khan"), "birth": None}
    two_lists, one_list = (
        judged(child(1, **told), child(2, **told)),
        judged(child(1, **told), child(3, **told)),
    )
    assert one_list[0].probability < two_lists[0].probability
    assert one_list[1].band == "ask"


def test_child_or_adult_counts_only_where_no_two_birth_dates_say_it_better() -> None:
    grown = judged(child(), child(2, kind="adult"))
    assert grown[0].level("kind") == ""
    assert grown[1].band == "auto"
    assert judged(child(), child(2, kind="adult", birth=None))[0].level("kind") == "different"


def test_different_verified_nhs_numbers_go_to_a_person() -> None:
    scored, decision = judged(
        child(**numbered("nhs", "9990000018")), child(2, **numbered("nhs", "9990000026"))
    )
    assert decision.band == "ask"
    assert "different NHS numbers" in decision.reasons[0]
    assert scored.unvetoed > scored.probability


def test_two_police_numbers_for_one_person_go_to_a_person() -> None:
    _scored, decision = judged(
        child(**numbered("pnc", "2003/0011985X")), child(2, **numbered("pnc", "1981/0154257C"))
    )
    assert decision.band == "ask"
    assert "different police numbers" in decision.reasons[0]


def test_a_brothers_nhs_number_on_a_childs_record_is_asked_about() -> None:
    number = numbered("nhs", "9990000018")
    brother = child(2, **number, **named("Jack"), birth=born("2013-08-01"))
    _scored, decision = judged(child(**number), brother)
    assert decision.band == "ask"
    assert "Given name and birth date both differ" in decision.reasons


def test_brothers_who_share_a_first_name_are_told_apart_by_the_second() -> None:
    one, other = child(**named("Mohammed Yusuf", "Khan")), child(2, **named("Mohammed Ibrahim", "Khan"))
    scored, decision = judged(one, other)
    assert scored.level("given") == "first_same_second_differs"
    assert decision.band == "ask"


def test_two_short_forms_of_one_name_may_be_two_children() -> None:
    amy, mia = child(**named("Amy"), sex="F"), child(2, **named("Mia"), sex="F")
    amelia = child(3, **named("Amelia"), sex="F")
    assert judged(amy, mia)[1].band != "auto"
    assert judged(amy, amelia)[1].band == judged(mia, amelia)[1].band == "auto"


def test_the_first_of_january_needs_an_anchor() -> None:
    guess = {"birth": born("2010-01-01"), "addresses": []}
    assert judged(child(**guess), child(2, **guess))[1].band == "ask"
    assert judged(child(birth=born("2010-01-01")), child(2, birth=born("2010-01-01")))[1].band == "auto"


def test_without_number_or_place_more_is_asked_for() -> None:
    a, b = child(addresses=[], sex="U"), child(2, addresses=[], sex="U")
    many = Frequencies({"sam": 20_000, "others": 980_000}, {"rowanhale": 11_000, "others": 989_000})
    scored = MODEL.score(a, b, many)
    decision = MODEL.decide(scored, a, b)
    assert MODEL.policy.auto_with_anchor <= scored.probability < MODEL.policy.auto_agrees_wholly
    assert decision.band == "ask"


some = st.builds(
    child,
    st.integers(1, 9),
    names=st.lists(
        st.fixed_dictionaries(
            {
                "given": st.sampled_from(
                    ["Sam", "Samuel", "Jack", "Jak", "Mohammed Ali", "Mohammed Yusuf", "S", ""]
                ),
                "family": st.sampled_from(["Rowan-Hale", "Hale", "Khan", "Hail", ""]),
            }
        ),
        max_size=2,
    ),
    birth=st.sampled_from(
        [None, born("2010-03-12"), born("2010-12-03"), born("2010-03-15", "month"), born("1982-01-01")]
    ),
    sex=st.sampled_from(["M", "F", "U"]),
    identifiers=st.lists(
        st.sampled_from([{"kind": "nhs", "value": "9990000018"}, {"kind": "nhs", "value": "9990000026"}]),
        max_size=1,
    ),
    restricted=st.booleans(),
)  # fmt: skip


@settings(max_examples=300)
@given(some, some)
def test_the_order_of_the_pair_never_matters(a: Profile, b: Profile) -> None:
    counts = Frequencies({"sam": 40, "jack": 900}, {"khan": 800, "hale": 3})
    one, other = MODEL.score(a, b, counts), MODEL.score(b, a, counts)
    assert one == other
    assert 0 <= one.probability <= 1
    assert MODEL.decide(one, a, b) == MODEL.decide(other, b, a)
    assert explain(one, a, b, counts) == explain(other, b, a, counts)


@settings(max_examples=300)
@given(some, some)
def test_what_is_never_joined_by_itself(a: Profile, b: Profile) -> None:
    scored, decision = judged(a, b)
    if decision.band == "auto":
        assert not a.restricted
        assert not b.restricted
        same_number = scored.level("nhs") == "same"
        assert scored.level("given") in MODEL.policy.given_agrees or same_number
        assert scored.level("given")
        assert scored.level("birth") in MODEL.policy.birth_agrees or same_number or scored.level("place")
        assert scored.level("nhs") != "different"
        assert scored.probability >= 0.97


@given(some)
def test_the_evidence_adds_up(a: Profile) -> None:
    counts = Frequencies({"sam": 40}, {"hale": 3})
    scored = MODEL.score(a, child(2), counts)
    total = MODEL.prior_bits(counts) + sum(found.bits for found in scored.evidence)
    # What the family class takes away is listed when it is half a bit or more.
    assert total == pytest.approx(scored.weight_bits, abs=0.51)


def test_a_rare_name_says_more_than_a_common_one() -> None:
    counts = Frequencies({"sam": 5000, "zebedee": 1}, {"rowanhale": 50_000})
    common = MODEL.score(child(), child(2), counts)
    rare = MODEL.score(child(**named("Zebedee")), child(2, **named("Zebedee")), counts)
    assert rare.weight_bits > common.weight_bits


def test_the_explanation_is_in_plain_words() -> None:
    a, b = child(), child(2, **named("Samuel", "Rowan-Hale"), sex="F")
    counts = Frequencies({"sam": 12}, {"rowanhale": 36})
    said = explain(MODEL.score(a, b, counts), a, b, counts)
    assert "The same date of birth: 12 March 2010." in said
    assert "A short form of one given name: Sam and Samuel." in said
    assert "34 other records here have the name Rowanhale." in said
    assert "A different sex recorded." in said
    assert any(line.startswith("Not in both records: NHS number") for line in said)


# --- search ----------------------------------------------------------------------------------------------


def test_a_question_is_understood_in_any_order() -> None:
    query = search_query("bill Rowan-Hale born 12/3/2010, 12 Quay Street NS1 2AB 999 000 0018 07700 900123")
    assert query.name_tokens == ("bill", "rowan", "hale", "rowanhale")
    assert query.dob == date(2010, 3, 12)
    assert query.postcode == "NS12AB"
    assert query.address_words == ("12", "quay", "street")
    assert query.identifiers == (("nhs", "9990000018"),)
    assert query.phone == "+447700900123"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [("12 March 2010", "dob", date(2010, 3, 12)), ("2010-03-12", "dob", date(2010, 3, 12)),
     ("12.3.10", "dob", date(2010, 3, 12)), ("hale 2010", "year", 2010), ("sam aged 14", "age", 14),
     ("B801200005001", "identifiers", (("upn", "B801200005001"),)),
     ("81/0154257C", "identifiers", (("pnc", "1981/0154257C"),)), ("a-77", "identifiers", (("id", "A-77"),)),
     ("31/02/2010", "dob", None), ("محمد", "name_tokens", ("محمد",))],
)  # fmt: skip
def test_parts_of_a_question(text: str, field: str, value: object) -> None:
    assert getattr(search_query(text), field) == value


@given(st.text(max_size=80))
def test_no_question_breaks_the_search(text: str) -> None:
    query = search_query(text)
    rank(query, child(), today=date(2026, 11, 2))
    assert all(group and all(group) for group in query.groups())


def test_an_answer_says_why_it_fits() -> None:
    william = child(**named("William"))
    fit, why = rank(search_query("Bill 12 March 2010"), william)
    assert why == ["Known as William", "Born 12 March 2010"]
    worse, _why = rank(search_query("Bill 12 March 2010"), child(**named("Olivia")))
    assert fit > worse


@pytest.mark.parametrize(
    "text", ["sam", "samuel", "rowan", "rowen", "hale 2010", "12 quay street", "ns1 2ab", "12/3/2010"]
)
def test_every_group_of_a_question_finds_the_record_it_is_about(text: str) -> None:
    terms = set(search_terms(child()))
    groups = search_query(text).groups()
    assert groups
    assert all(terms & set(group) for group in groups)


# --- the figures -----------------------------------------------------------------------------------------


def test_the_model_that_is_shipped_is_whole() -> None:
    model = catalogue.load_model()
    assert {part.name for part in model.comparisons} == {
        "given", "family", "birth", "sex", "place", "kind", "register", "nhs", "upn", "pnc", "phone"
    }  # fmt: skip
    assert model.sources
    assert model.prior(10) == model.prior(1000) > model.prior(10_000_000)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("m: 0.9036", "m: 1.850", r"comparisons\[0\].levels\[0\].m.*below 1"),
        ("m: 0.9036", "m: 0.350", r"comparisons\[0\].*add up to 0\.4"),
        ("m: 0.9036", "m: lots", r"levels\[0\].m.*number above 0"),
        ("given_agrees: [exact", "given_agrees: [exactly", "given.exactly"),
        ("ask: 0.5", "ask: 0.9995", "ask <= auto_with_anchor"),
        ("vetoes: [nhs.different", "vetoes: [nhs", "comparison.level"),
        ('version: "3"', "edition: 1", "'version' is missing"),
        ("classes:", "classes: [", "line"),
    ],
)
def test_a_wrong_figure_names_the_file_and_the_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = catalogue.MODEL_FILE.read_text(encoding="utf-8")
    assert old in text
    wrong = tmp_path / "model-9.yaml"
    wrong.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"model-9\.yaml.*{words}"):
        catalogue.load_model(wrong)


def test_a_test_that_does_not_exist_is_named() -> None:
    figures = catalogue.load_model()
    part = figures.comparisons[0]
    from dataclasses import replace

    from lineofsight.people.matching import Model

    wrong = replace(part, levels=(replace(part.levels[0], when="given_by_stars"), *part.levels[1:]))
    with pytest.raises(CatalogueError, match="given_by_stars"):
        Model(replace(figures, comparisons=(wrong, *figures.comparisons[1:])))


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        catalogue.load_names(tmp_path / "nowhere.yaml")
