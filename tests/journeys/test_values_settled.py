"""Spellings that nobody explained are kept, answered once, and the answer holds for what came before and after."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest

import store
from invented import OCCURRENCES, PEOPLE
from lineofsight.access import ledger
from lineofsight.catalogue.errors import NotAllowed, Refused
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.people import queries as people
from lineofsight.records import questions, services, settling
from lineofsight.records.settling import Answer, Effect

pytestmark = pytest.mark.usefixtures("consistent")

FIRST, SECOND = date(2026, 5, 1), date(2026, 6, 1)
SOURCE, GENDER = "annex_a.source", "annex_a.gender"
CONTACTS = """\
Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),Date of Contact,Contact Source
1204,Lad,White British,15/03/2011,15,03/02/2026,Hearthstone
1205,Lad,White British,15/09/2012,13,04/02/2026,Police
1206,F,White British,15/06/2013,12,05/02/2026,Hearthstone Project
"""
MORE = """\
Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),Date of Contact,Contact Source
1204,Lad,White British,15/03/2011,15,06/05/2026,HEARTHSTONE
1207,F,White British,15/06/2013,12,07/05/2026,Talkshop
"""
CHANGED = CONTACTS.replace("1205,Lad", "1205,Boy")
ROLES = """\
occurrence_no,nominal_id,role
OC1,N501,main suspect person
OC1,N502,hanger on
"""


def settle(by: Any, *pairs: tuple[str, str, str], agency: str = "csc") -> list[Any]:
    return settling.settle_values(agency=agency, answers=[Answer(*pair) for pair in pairs], by=by)


LAD = (GENDER, "Lad", "M")


def titles(partnership: Any) -> list[str]:
    told = []
    for ref in {
        hit.ref
        for words in ("1204", "1205", "1206", "1207")
        for hit in people.search(partnership.operator, words)
    }:
        child = people.get_child(partnership.operator, ref, with_statements=True)
        told += [view.title for view in chronology.all_views(partnership.operator, child)]
    return sorted(told)


def waiting(partnership: Any, agency: str = "csc") -> dict[str, dict[str, int]]:
    found = questions.waiting_values(partnership.operator, agency)
    return {one.field.key: one.spellings for one in found}


# --- kept, asked, answered ------------------------------------------------------------------------------


def test_what_nobody_explained_is_kept_as_written_and_asked_about(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    assert "Contact to social care from Riverside scheme" in titles(partnership)
    assert waiting(partnership) == {
        SOURCE: {"Riverside scheme": 1, "Riverside scheme Project": 1}, GENDER: {"Lad": 2},
    }  # fmt: skip


def test_one_answer_holds_for_rows_that_are_in_and_for_those_to_come(
    partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS), loaded_to=FIRST)
    settle(partnership.by("csc", "information_officer"), (SOURCE, "Riverside scheme", "LA services"))
    assert titles(partnership).count("Contact to social care from LA services") == 1
    import_rows("csc", "more.csv", riverside(MORE), loaded_to=SECOND)
    assert titles(partnership).count("Contact to social care from LA services") == 2
    assert waiting(partnership)[SOURCE] == {"Riverside scheme Project": 1, "Talking shed": 1}


def riverside(text: str) -> str:
    """The same rows with names that no list knows."""
    return (
        text.replace("HEARTHSTONE", "RIVERSIDE SCHEME")
        .replace("Hearthstone", "Riverside scheme")
        .replace("Talkshop", "Talking shed")
    )


RIVERSIDE = (SOURCE, "Riverside scheme", "LA services")
SCHEME = (SOURCE, "Riverside scheme project", "Other")


def test_the_preview_counts_what_then_changes(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()
    assert settling.effect_of("csc", [Answer(*RIVERSIDE)]) == Effect(rows=1, changed=1, entries=1)
    assert settling.effect_of("csc", [Answer(*LAD)]) == Effect(rows=2, changed=2, entries=0)
    assert settling.effect_of("csc", [Answer(*RIVERSIDE), Answer(*LAD)]).rows == 2
    assert store.difference(before, store.exact()) == {}


def test_what_was_told_before_stays_readable_behind_it(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()["chronology_entry"]
    settle(partnership.operator, RIVERSIDE)
    after = store.exact()["chronology_entry"]
    assert len(after) == len(before) + 1
    assert sum("superseded" in row for row in after) == 1


# --- undone ---------------------------------------------------------------------------------------------


def test_an_answer_is_undone_exactly(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before, asked = store.exact(), waiting(partnership)
    made = settle(partnership.operator, RIVERSIDE, LAD)
    assert store.difference(before, store.exact()) != {}
    settling.undo_values(settled=made, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}
    assert waiting(partnership) == asked


@pytest.mark.parametrize("order", sorted(permutations(range(3))))
def test_answers_are_undone_exactly_in_any_order(
    order: tuple[int, ...], partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()
    made = [settle(partnership.operator, pair)[0] for pair in (RIVERSIDE, LAD, SCHEME)]
    for number in order:
        settling.undo_values(settled=[made[number]], by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


def test_an_answer_undone_twice_says_so(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    made = settle(partnership.operator, RIVERSIDE)
    settling.undo_values(settled=made, by=partnership.operator)
    with pytest.raises(Refused, match="has been undone already"):
        settling.undo_values(settled=made, by=partnership.operator)


def test_a_comment_on_what_an_answer_made_a_row_tell_is_not_lost(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    made = settle(partnership.operator, RIVERSIDE)
    [hit] = people.search(partnership.operator, "1204")
    child = people.get_child(partnership.operator, hit.ref)
    view = next(v for v in chronology.all_views(partnership.operator, child) if "LA services" in v.title)
    guarded = chronology.get_entry(partnership.operator, child, view.ref)
    writing.comment(guarded=guarded, text="This was the outreach van.", by=partnership.operator)
    settling.undo_values(settled=made, by=partnership.operator)
    assert "Contact to social care from Riverside scheme" in titles(partnership)
    assert any("outreach van" in row for row in store.exact()["chronology_comment"])


# --- order ----------------------------------------------------------------------------------------------

STEPS = {
    "a": ("file", "contacts.csv", CONTACTS, FIRST),
    "b": ("file", "more.csv", MORE, SECOND),
    "c": ("file", "changed.csv", CHANGED, SECOND),
    "x": ("settle", RIVERSIDE),
    "y": ("settle", LAD),
}
TOLD: dict[str, Any] = {}


@pytest.mark.parametrize(
    "order", ["abcxy", "xyabc", "axbyc", "yacxb", "bcaxy", "cbyax", "xbayc", "yxcba", "abxcy", "cxayb"]
)
def test_any_order_of_files_and_answers_gives_the_same_store(
    order: str, partnership: Any, import_rows: Any
) -> None:
    for letter in order:
        kind, *given = STEPS[letter]
        if kind == "file":
            import_rows("csc", given[0], riverside(given[1]), loaded_to=given[2])
        else:
            settle(partnership.operator, given[0])
    TOLD.setdefault("first", store.content())
    assert store.difference(TOLD["first"], store.content()) == {}


def test_files_and_answers_may_go_in_any_order_too(partnership: Any, import_rows: Any) -> None:
    empty = store.content()
    first = import_rows("csc", "contacts.csv", riverside(CONTACTS), loaded_to=FIRST)
    made = settle(partnership.operator, RIVERSIDE, LAD)
    second = import_rows("csc", "changed.csv", riverside(CHANGED), loaded_to=SECOND)
    services.undo(delivery=first, by=partnership.operator)
    settling.undo_values(settled=made[:1], by=partnership.operator)
    services.undo(delivery=second, by=partnership.operator)
    settling.undo_values(settled=made[1:], by=partnership.operator)
    assert store.difference(empty, store.content()) == {}


def test_joined_rows_are_told_anew_with_what_their_codes_mean(partnership: Any, import_rows: Any) -> None:
    for name, text in (("people.csv", PEOPLE), ("occurrences.csv", OCCURRENCES), ("roles.csv", ROLES)):
        import_rows("police", name, text)
    before = store.exact()
    made = settle(partnership.operator, ("police_pole.role", "hanger on", "associate"), agency="police")
    assert store.difference(before, store.exact()) != {}
    settling.undo_values(settled=made, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


# --- for whom, by whom -----------------------------------------------------------------------------------


def test_an_agencys_own_answer_counts_before_the_one_for_all(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()
    for_all = settle(partnership.operator, RIVERSIDE, agency="")
    with_all = store.content()
    own = settle(partnership.operator, (SOURCE, "Riverside scheme", "Police"))
    assert titles(partnership).count("Contact to social care from Police") == 2
    settling.undo_values(settled=own, by=partnership.operator)
    assert store.difference(with_all, store.content()) == {}
    settling.undo_values(settled=for_all, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


def test_two_answers_that_say_the_same_stand_for_each_other(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()
    for_all, own = settle(partnership.operator, RIVERSIDE, agency=""), settle(partnership.operator, RIVERSIDE)
    settled = store.exact()
    settling.undo_values(settled=for_all, by=partnership.operator)
    assert store.difference(settled, store.exact()) == {}
    settling.undo_values(settled=own, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


def test_another_agencys_answer_says_nothing_of_ours(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.exact()
    settle(partnership.operator, RIVERSIDE, agency="health")
    assert store.difference(before, store.exact()) == {}


def test_only_information_officers_settle_and_only_custodians_for_all(
    partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    with pytest.raises(NotAllowed):
        settle(partnership.by("csc"), RIVERSIDE)
    officer = partnership.by("csc", "information_officer")
    with pytest.raises(NotAllowed):
        settle(officer, RIVERSIDE, agency="")
    settle(officer, RIVERSIDE)
    custodian = partnership.by("csc", "information_officer", "sys_admin")
    settle(custodian, LAD, agency="")
    made = questions.settled_values(partnership.operator, "csc")[0]
    assert ledger.rows_about("value", [made.together])[0].detail["fields"] == [SOURCE]
    rows = [row.detail["deed"] for row in ledger.rows_about("partnership", [""]) if "deed" in row.detail]
    assert rows.count("settle_values") == 2


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((SOURCE, "Riverside scheme", "Moon"), "“Moon” is not a value of Contact Source, Referral Source"),
        (("annex_a.moon", "Riverside scheme", "Other"), "No list of values is called “annex_a.moon”"),
        ((SOURCE, " ", "Other"), "A spelling is needed"),
        ((SOURCE, "riverside SCHEME", "Police"), "was settled as LA services by"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_words(
    pair: tuple[str, str, str], words: str, partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    settle(partnership.operator, RIVERSIDE)
    before = store.exact()
    with pytest.raises(Refused, match=words):
        settle(partnership.operator, LAD, pair)
    assert store.difference(before, store.exact()) == {}


def test_a_spelling_may_stay_as_it_is_written(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    before = store.content()
    settle(partnership.operator, (SOURCE, "Riverside scheme", ""))
    assert store.difference(before, store.content()) == {}
    assert waiting(partnership)[SOURCE] == {"Riverside scheme Project": 1}
