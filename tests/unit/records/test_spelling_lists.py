"""Fields by the names that people use, lists of spellings, and answers as YAML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.records import fields, sharing, spelling_lists
from lineofsight.records.settling import Answer


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("annex_a.source", "annex_a.source"), ("Contact Source", "annex_a.source"),
        ("referral source", "annex_a.source"), ("Referral NFA?", "annex_a.Referral NFA?"),
    ],
)  # fmt: skip
def test_a_field_is_found_by_its_key_its_list_or_a_column(name: str, key: str) -> None:
    field = fields.named(name)
    assert field is not None and field.key == key


def test_a_name_that_several_formats_know_is_told_apart_by_the_format() -> None:
    assert {fields.named("gender", code).key for code in ("annex_a", "ssd")} == {
        "annex_a.gender",
        "ssd.gender",
    }  # type: ignore[union-attr]
    assert fields.named("Shoe size") is None


def test_one_list_is_one_field_whatever_columns_use_it() -> None:
    assert fields.shipped()["annex_a.source"].columns == ("Contact Source", "Referral Source")


def test_a_list_may_name_its_columns_in_several_ways() -> None:
    lines = spelling_lists.read("\ufeffColumn,Raw value,Accepted code\nGender,Lad,a) Male\n", "list.csv")
    assert lines == [spelling_lists.Line("Gender", "Lad", "a) Male")]
    with pytest.raises(Refused, match="needs a column “field” and a column “spelling”; this one has a, b"):
        spelling_lists.read("a,b\n1,2\n", "list.csv")


@pytest.mark.parametrize(
    ("field", "meaning", "code"),
    [
        ("annex_a.source", "d) Health services", "Health services"), ("annex_a.gender", "b) Female", "F"),
        ("annex_a.Referral NFA?", "True", "yes"), ("annex_a.need", "zzCodeError", None),
    ],
)  # fmt: skip
def test_a_lists_own_word_for_a_meaning_is_understood(field: str, meaning: str, code: str | None) -> None:
    assert spelling_lists.means(fields.shipped()[field], meaning) == code


texts = (
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["", "csc", "police"]), texts, texts), texts | st.just(""), max_size=6
    )
)
def test_answers_come_back_from_yaml_as_they_went(given: dict[tuple[str, str, str], str]) -> None:
    answers: dict[str, list[Answer]] = {}
    for (agency, field, spelling), code in given.items():
        answers.setdefault(agency, []).append(Answer(field, spelling, code))
    back = sharing.from_yaml(sharing.to_yaml(answers), "answers.yaml")
    assert {a: set(g) for a, g in back.items()} == {a: set(g) for a, g in answers.items()}
