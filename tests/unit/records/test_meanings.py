"""Spellings that nobody has met before, read by rules: what maps by itself, and what is left to a person."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.formats import format_of
from lineofsight.catalogue.tables import CodeList
from lineofsight.catalogue.vocabulary import vocabularies
from lineofsight.records.grouping import grouped
from lineofsight.records.slips import Slips
from lineofsight.records.values import YES_NO, Reader, Spellings, spelling_key
from lineofsight.records.wording import plain_words, repair

ANNEX_A = format_of("annex_a").codes


@cache
def by_rules(name: str) -> Spellings:
    """The list without any spelling met before."""
    return Spellings(replace(ANNEX_A[name] if name != "yes_no" else YES_NO, also={}))


MAPPED = [
    # case, spacing, punctuation, numbering
    ("source", "HEALTH   SERVICES", "Health services"),
    ("source", "1) Police", "Police"),
    ("source", "g) Police.", "Police"),
    ("source", "* housing association *", "Housing"),
    ("source", "01 - Police", "Police"),
    # an official code, alone or beside words, in front or behind, in brackets, with a letter before it
    ("source", "3E", "Health services"),
    ("source", "3B: Health services", "Health services"),
    ("source", "n) 3D: Health services", "Health services"),
    ("source", "Health Visitor [3B]", "Health services"),
    ("need", "N1f - Emotional Abuse", "Abuse or neglect"),
    ("ceased", "Sentenced to custody (E9)", "Sentenced to custody"),
    ("ceased", "E45 - SG former foster carer(s) who were relative/friend", "Special Guardianship Orders"),
    ("placement", "U4IN - Placement with other foster carer", "Foster Placement"),
    ("ethnicity", "WBRI", "White"),
    ("ethnicity", "WROM - Gypsy/Roma", "White"),
    ("ethnicity", "k) APKN", "Asian or Asian British"),
    ("closure", "Adopted (CIN RC1)", "Adopted"),
    # label and details in any order, plurals, abbreviations, "&" and "and"
    ("source", "Hospital - A & E Dept", "Health services"),
    ("source", "Neighbours/Friends", "Individual"),
    ("placement", "Placed with parents or other with p/resp", "Placed with parents"),
    ("legal", "Accomm. under Sec 20", "Accommodated under S20"),
    ("accommodation", "B&B", "Bed and breakfast"),
    ("abuse", "Emotional, Physical & Sexual", "Multiple"),
    ("abuse", "NEGL", "Neglect"),
    ("ethnicity", "White + Black Caribbean", "Mixed"),
    ("ethnicity", "Black/Black Brit - Nigerian", "Black or black British"),
    # damaged characters, hard spaces, curly quotes, dashes
    ("source", "8 - Other – children’s centres", "Other"),
    ("source", "Other - childrenâ€™s centres", "Other"),
    ("source", "‘POLICE’.", "Police"),
    ("ethnicity", "White\xa0–\xa0Irish", "White"),
    # slips of the pen, and ends cut off by an export
    ("ethnicity", "Bangaldeshi", "Asian or Asian British"),
    ("source", "Helth Visitor", "Health services"),
    ("ethnicity", "WOTH - Any other White backgro", "White"),
    # what follows a label and says nothing else
    ("source", "LA services - Waltham Forest Direct", "LA services"),
    ("need", "Family in acute stress: conditions of accommodation", "Family in acute stress"),
    # yes and no
    ("yes_no", "1 - Yes", "yes"),
    ("yes_no", "b. No", "no"),
    ("yes_no", "TRUE", "yes"),
    ("yes_no", "0 = No", "no"),
]

ASKED = [
    # codes and words, or two codes, that say different values
    ("placement", "H5 - Young Offender Institution"),
    ("source", "1A / 6"),
    ("source", "Police and Probation"),
    ("ethnicity", "White (not yet obtained)"),
    ("ethnicity", "Mixed - White"),
    # words that turn a meaning round
    ("source", "not Police"),
    ("source", "former foster carer of a police officer"),
    ("gender", "not male"),
    ("yes_no", "not yes"),
    # a word that nobody explained, or that councils use for different values
    ("source", "Hearthstone"),
    ("source", "Police liaison nurse"),
    ("source", "Early years"),
    ("ethnicity", "Kurdish"),
    ("placement", "Placement with relative or friend"),
    # words that look alike and mean something else
    ("source", "Policy"),
    ("gender", "Femail male"),
    ("need", "N10"),
    ("accommodation", "With friends"),
    ("yes_no", "maybe"),
    ("source", ""),
    ("source", "???"),
]


@pytest.mark.parametrize(("name", "spelling", "code"), MAPPED)
def test_a_spelling_without_doubt_maps_by_itself(name: str, spelling: str, code: str) -> None:
    value = by_rules(name).read(spelling)
    assert (value.known, value.code) == (True, code), value.why
    assert value.why


@pytest.mark.parametrize(("name", "spelling"), ASKED)
def test_a_spelling_in_doubt_is_left_to_a_person(name: str, spelling: str) -> None:
    value = by_rules(name).read(spelling)
    assert not value.known, value
    assert value.words == spelling and value.why


def test_what_is_asked_comes_with_suggestions_and_reasons() -> None:
    suggested = by_rules("source").suggest("Police and Probation")
    assert {(s.code, s.why) for s in suggested} >= {
        ("Police", "its words: “police”"),
        ("Other legal agency", "its words: “probation”"),
    }
    assert (
        by_rules("source").suggest("Hearthstone", [("Hearthstone Project", "LA services")])[0].code
        == "LA services"
    )


def test_a_spelling_that_was_settled_against_its_own_words_is_asked_about() -> None:
    """One region's list says that "Internal (Early Help)" is the police."""
    value = Reader(ANNEX_A["source"]).read("Internal (Early Help)")
    assert not value.known
    assert value.why == "met before as Police, but it says LA services"


def test_words_may_come_in_another_order_than_when_they_were_met() -> None:
    codes = CodeList("team", {"A": "early team", "B": "late team"}, {"Night owls, riverside": "B"})
    assert Spellings(codes).read("Riverside night owls").code == "B"
    assert not Spellings(codes).read("Riverside").known


def test_every_vocabulary_leads_to_codes_of_the_lists_that_use_it() -> None:
    used = {codes.vocabulary: codes for codes in [*ANNEX_A.values(), YES_NO] if codes.vocabulary}
    assert set(vocabularies()) - {"words"} == set(used)
    for name, codes in used.items():
        assert vocabularies()[name].targets <= set(codes.values)


def test_every_label_says_its_own_code() -> None:
    for codes in [*ANNEX_A.values(), YES_NO]:
        base = Spellings(replace(codes, also={}))
        for code, label in codes.values.items():
            assert base.read(label.upper()).code == code
            assert base.read(f"  {label} ").code == code


def test_spellings_that_belong_together_are_asked_about_together() -> None:
    asked = {
        "Early Years Setting": 3,
        "early years settings": 1,
        "Hearthstone": 9,
        "Early years provision": 1,
    }
    groups = grouped(asked, by_rules("source"))
    assert groups[0].spellings == (("Hearthstone", 9),)
    together = {tuple(sorted(text for text, _ in group.spellings)) for group in groups}
    assert any({"Early Years Setting", "early years settings"} <= set(group) for group in together)
    assert sum(group.times for group in groups) == 14


SPELLINGS = st.one_of(st.text(max_size=30), st.sampled_from([spelling for _, spelling, _ in MAPPED]))


@given(SPELLINGS)
def test_repair_and_words_are_settled_after_one_round(text: str) -> None:
    once = repair(text)
    assert repair(once) == once
    words = plain_words(once)
    assert plain_words(" ".join(words)) == words


@given(SPELLINGS)
def test_any_text_gets_an_answer_with_its_reason(text: str) -> None:
    value = by_rules("ethnicity").read(text)
    assert value.why
    assert value.known or value.words == text.strip()


@given(
    st.sampled_from([(name, spelling) for name, spelling, _ in MAPPED]),
    st.dictionaries(SPELLINGS, st.just("x"), max_size=4),
)
def test_what_a_spelling_means_does_not_depend_on_what_else_was_settled(
    asked: tuple[str, str], settled: dict[str, str]
) -> None:
    name, spelling = asked
    codes = ANNEX_A[name] if name != "yes_no" else YES_NO
    unrelated = {
        text: next(iter(codes.values)) for text in settled if spelling_key(text) != spelling_key(spelling)
    }
    assert Reader(codes, unrelated).read(spelling) == Reader(codes).read(spelling)


@pytest.mark.parametrize(
    ("word", "mended"),
    [
        ("polise", "police"), ("hospitall", "hospital"), ("policy", "policy"), ("carer", "carer"),
        ("nospital", "nospital"), ("hos", "hos"), ("career", "career"),
    ],
)  # fmt: skip
def test_a_slip_is_mended_only_when_nobody_can_doubt_it(word: str, mended: str) -> None:
    assert Slips(["police", "hospital", "carer"], ["career"]).mend(word) == mended


def test_where_two_words_are_near_nobody_guesses() -> None:
    assert Slips(["placed", "places"], []).mend("placee") == "placee"


def test_a_column_of_accounts_does_not_ask_and_does_not_fill_the_memory() -> None:
    value = by_rules("source").read("She said that " * 60)
    assert not value.known and value.why == "it is an account rather than a value"
