"""Numbers, words and families of the invented city."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import CatalogueError
from lineofsight.demo import numbering
from lineofsight.demo.city import City
from lineofsight.demo.families import Families
from lineofsight.demo.naming import Naming
from lineofsight.demo.words import Words
from lineofsight.people.identifiers import check

people = st.integers(min_value=0, max_value=2_000_000)


@given(people)
def test_numbers_pass_their_checks(person: int) -> None:
    assert check("nhs", numbering.nhs_number(person)).ok
    assert numbering.nhs_number(person).startswith("9")
    assert check("upn", numbering.pupil_number(person)).ok
    assert check("pnc", numbering.police_number(person, 2024)).ok


@given(people, people)
def test_two_people_never_share_a_number(one: int, other: int) -> None:
    if one != other:
        for make in (numbering.nhs_number, numbering.pupil_number, numbering.case_number):
            assert make(one) != make(other)


@given(st.integers(min_value=0, max_value=1_500_000))
def test_addresses_have_a_postcode_of_the_right_shape_in_an_unused_area(index: int) -> None:
    address = City().address(index)
    assert check("postcode", address.postcode).ok
    assert address.postcode.startswith("NS")


def test_neighbours_share_a_postcode_and_no_two_houses_are_one() -> None:
    city = City()
    houses = [city.address(index) for index in range(6_000)]
    assert len({(house.line, house.postcode) for house in houses}) == len(houses)
    assert len({house.postcode for house in houses}) == 400


def _families(count: int) -> Families:
    return Families(City(), Naming(), seed=7, today=date(2026, 11, 2), people=count)


def test_a_household_is_the_same_whoever_came_before() -> None:
    families = _families(2_000)
    walked = list(families.households(600))
    seventh = families.household(7, walked[7].people[0].number)
    assert seventh == walked[7]


def test_families_have_the_structure_that_makes_matching_hard() -> None:
    households = list(_families(6_000).households(6_000))
    everyone = [person for household in households for person in household.people]
    assert [person.number for person in everyone] == list(range(len(everyone)))
    assert any(person.twin for person in everyone)
    assert any(person.born.month == 1 and person.born.day == 1 for person in everyone)
    assert any("-" in child.family for child in everyone if child.is_child)
    assert any(
        child.given == adult.given and child.sex == adult.sex == "M"
        for household in households
        for child in household.children
        for adult in household.adults
    ), "father and son of one name"
    surnames = [{child.family for child in household.children} for household in households]
    assert sum(len(names) > 1 for names in surnames) > 50, "half and step siblings"
    assert sum(person.is_child for person in everyone) > len(everyone) * 0.4


def test_a_story_household_has_a_teenager() -> None:
    wanted = frozenset(range(0, 200, 9))
    for household in _families(2_000).households(700, with_teenager=wanted):
        if household.index in wanted:
            assert any(13 <= child.age <= 17 for child in household.children)


def test_words_begin_sentences_with_a_capital_and_fill_their_slots() -> None:
    words = Words({"greeting": ['{he} came. {he} said "{word}." {he} left.'], "word": ["no"]})
    assert words.tell("greeting", Random(1), he="she") == 'She came. She said "no." She left.'


def test_an_unknown_rule_or_a_circle_is_named() -> None:
    with pytest.raises(CatalogueError, match="no rule 'lost'"):
        Words({"a": ["{lost}"]}).tell("a", Random(1))
    with pytest.raises(CatalogueError, match="leads back"):
        Words({"a": ["{a}"]}).tell("a", Random(1))
