"""Files come again, late, changed, in any order, and go again: what stands is what they say together."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

import store
from invented import (
    CROSSWALK,
    FILES,
    MISSING,
    OCCURRENCES,
    PEOPLE,
    POLICE_MISSING,
    ROLES,
    SAM_UPN,
    SCHOOL_LOG,
)
from lineofsight.catalogue.errors import AlreadyThere, HasDependents, Refused
from lineofsight.catalogue.when import When
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import queries, services

pytestmark = pytest.mark.usefixtures("consistent")

FIRST, SECOND, THIRD = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
ENDED = MISSING.replace("2026-03-15 11:20", "2026-03-15 12:05")
WITHOUT_M3 = "".join(line for line in MISSING.splitlines(keepends=True) if not line.startswith("M3"))


def rows_of(child: Any, actor: Any) -> dict[str, Any]:
    return {f"{v.agency} {v.title}": v for v in chronology.all_views(actor, child)}


def episodes(child: Any, actor: Any) -> list[Any]:
    return [v for v in chronology.all_views(actor, child) if v.kind == "CSC_MISSING"]


# --- again ---------------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "missing.csv", MISSING)
    before = store.exact()
    with pytest.raises(AlreadyThere, match=r"This very file came in on"):
        import_rows("csc", "the same under another name.csv", MISSING)
    assert store.difference(before, store.exact()) == {}


def test_the_same_rows_in_another_file_change_nothing_that_is_shown(import_rows: Any) -> None:
    import_rows("csc", "missing.csv", MISSING, loaded_to=FIRST)
    before = store.content()
    again = import_rows(
        "csc", "missing-quoted.csv", MISSING.replace("M1,1204", '"M1","1204"'), loaded_to=FIRST
    )
    assert queries.report_of(again)["identical"] == 3
    assert again.report["committed"]["entries"] == 0
    assert store.difference(before, store.content()) == {}


def test_a_row_written_twice_counts_once_and_two_rows_under_one_key_are_told(import_rows: Any) -> None:
    twice = (
        MISSING + MISSING.splitlines(keepends=True)[1] + "M2,1204,2026-03-14 20:00,M,2026-03-15 11:20,Y,Y\n"
    )
    taken = import_rows("csc", "missing.csv", twice)
    report = queries.report_of(taken)
    assert (report["rows_read"], report["new"], report["repeated"], report["kept_aside_count"]) == (
        5,
        3,
        1,
        1,
    )
    assert "used twice with different content; row 3 was taken" in report["kept_aside"][0]["reasons"][0]


# --- order ---------------------------------------------------------------------------------------------

SMALL = [
    ("csc", "crosswalk.csv", CROSSWALK), ("csc", "missing.csv", MISSING),
    ("police", "missing.csv", POLICE_MISSING), ("education", "log.csv", SCHOOL_LOG),
]  # fmt: skip
ORDERS = sorted(permutations(range(4)))


@pytest.mark.parametrize("order", ORDERS[1::4] + ORDERS[-1:])
def test_the_order_of_files_does_not_matter(order: tuple[int, ...], db: None, request: Any) -> None:
    """The same four files forwards and in this order, each into an empty store."""
    found = arrive(request, [SMALL[n] for n in order])
    assert store.difference(expected(request), found) == {}


def arrive(request: Any, files: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    bring = request.getfixturevalue("import_rows")
    for agency, name, text in files:
        bring(agency, name, text, loaded_to=SECOND)
    return store.content()


FORWARDS: dict[str, list[str]] = {}


def expected(request: Any) -> dict[str, list[str]]:
    """What the files say in their plain order: read once, from an emptied store."""
    if not FORWARDS:
        operator = request.getfixturevalue("partnership").operator
        for delivery in queries.deliveries(operator):
            services.undo(delivery=delivery, by=operator)
        assert store.content()["entries"] == store.content()["rows"] == store.content()["people"] == []
        FORWARDS.update(arrive(request, SMALL))
    return FORWARDS


@pytest.mark.parametrize("order", ["PRO", "POR", "ORP", "OPR", "RPO", "ROP"])
def test_joined_tables_may_come_in_any_order(order: str, import_rows: Any) -> None:
    """A role speaks once its occurrence is in; before that it waits."""
    tables = {"P": ("people.csv", PEOPLE), "O": ("occurrences.csv", OCCURRENCES), "R": ("roles.csv", ROLES)}
    for letter in order:
        import_rows("police", *tables[letter], loaded_to=SECOND)
        told = [row for row in store.content()["entries"] if '"police_pole.role"' in row]
        seen = order[: order.index(letter) + 1]
        assert len(told) == (4 if {"O", "R"} <= set(seen) else 0)
    JOINED.setdefault("first", store.content())
    assert store.difference(JOINED["first"], store.content()) == {}


JOINED: dict[str, dict[str, list[str]]] = {}


def test_an_occurrence_that_changes_is_told_anew(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    import_rows("police", "roles.csv", ROLES, loaded_to=FIRST)
    import_rows("police", "occurrences.csv", OCCURRENCES, loaded_to=FIRST)
    import_rows("police", "people.csv", PEOPLE, loaded_to=FIRST)
    before = store.exact()
    later = OCCURRENCES.replace(
        "Found with wraps and a second phone.", "Found with wraps. Says he was made to."
    )
    taken = import_rows("police", "occurrences-2.csv", later, loaded_to=SECOND)
    told = rows_of(child_named("Rowan-Hale"), partnership.operator)
    supply = told["police Possession with intent to supply a Class A drug: suspect"]
    assert supply.narrative == "Found with wraps. Says he was made to."
    assert len(told) == 2, "the third is under handling code C, which leaves in no document"
    services.undo(delivery=taken, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


@pytest.mark.parametrize("out", ["121", "12", "21"])
def test_joined_rows_leave_no_trace_when_their_files_go(out: str, partnership: Any, import_rows: Any) -> None:
    """Whichever version of an occurrence goes out first, what was told with it goes too, and no more."""
    import_rows("police", "roles.csv", ROLES, loaded_to=FIRST)
    waiting = store.exact()
    one = import_rows("police", "occurrences.csv", OCCURRENCES, loaded_to=FIRST)
    only_one = store.content()
    later = OCCURRENCES.replace("second phone", "third phone")
    two = import_rows("police", "occurrences-2.csv", later, loaded_to=SECOND)
    both = store.exact()
    if out == "121":
        services.undo(delivery=one, by=partnership.operator)
        kept = set(both["chronology_entry"]) & set(store.exact()["chronology_entry"])
        assert len(kept) == 4, "what the later file told keeps its references"
        one = import_rows("police", "occurrences.csv", OCCURRENCES, loaded_to=FIRST)
        services.undo(delivery=two, by=partnership.operator)
        assert store.difference(only_one, store.content()) == {}
        services.undo(delivery=one, by=partnership.operator)
    else:
        for number in out:
            services.undo(delivery={"1": one, "2": two}[number], by=partnership.operator)
    assert store.difference(waiting, store.exact()) == {}


# --- later files ---------------------------------------------------------------------------------------


def test_a_later_file_changes_a_row_and_both_versions_are_kept(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=FIRST)
    import_rows("csc", "missing.csv", MISSING, loaded_to=FIRST)
    later = import_rows("csc", "missing-2.csv", ENDED, loaded_to=SECOND)
    assert (queries.report_of(later)["changed"], queries.report_of(later)["identical"]) == (1, 2)
    sam = child_named("Rowan-Hale")
    second = episodes(sam, partnership.operator)[1]
    assert second.when.end.hour == 12
    source = queries.get_source(
        partnership.operator, chronology.get_entry(partnership.operator, sam, second.ref)
    )
    assert source.versions == 2


def test_an_older_file_after_a_newer_one_changes_nothing_that_stands(
    partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "missing-2.csv", ENDED, loaded_to=SECOND)
    before = store.content()
    older = import_rows("csc", "missing.csv", MISSING, loaded_to=FIRST)
    assert queries.report_of(older)["older"] == 1
    after = store.content()
    assert {name: after[name] for name in ("entries", "people", "profiles")} == {
        name: before[name] for name in ("entries", "people", "profiles")
    }
    services.undo(delivery=older, by=partnership.operator)
    assert store.difference(before, store.content()) == {}


def test_a_row_that_vanishes_is_absent_and_may_come_back(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    operator = partnership.operator
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=FIRST)
    import_rows("csc", "missing.csv", MISSING, loaded_to=FIRST)
    later = import_rows("csc", "missing-2.csv", WITHOUT_M3, loaded_to=SECOND)
    assert queries.report_of(later)["vanished"] == 1
    assert [v.state for v in episodes(child_named("Adeyemi"), operator)] == ["absent"]
    import_rows("csc", "missing-3.csv", MISSING + "M4,1205,2026-05-02 21:00,M,,N,N\n", loaded_to=THIRD)
    assert [v.state for v in episodes(child_named("Adeyemi"), operator)] == ["live", "live"]


def test_a_small_part_of_a_full_file_makes_nothing_vanish(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    many = MISSING + "".join(f"N{n},1205,2026-01-{n:02d} 20:00,M,,N,N\n" for n in range(1, 9))
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=FIRST)
    import_rows("csc", "missing.csv", many, loaded_to=FIRST)
    part = import_rows("csc", "part.csv", MISSING, loaded_to=SECOND)
    assert queries.report_of(part)["vanished"] == 0
    assert {v.state for v in episodes(child_named("Adeyemi"), partnership.operator)} == {"live"}


# --- out again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(FILES)))
def test_a_file_that_goes_out_leaves_the_store_as_it_was(
    place: int, partnership: Any, import_rows: Any
) -> None:
    for row in [*FILES[:place], *FILES[place + 1 :]]:
        import_rows(*row, loaded_to=SECOND)
    before = store.exact()
    taken = import_rows(*FILES[place], loaded_to=SECOND)
    assert store.exact() != before
    services.undo(delivery=taken, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}
    with pytest.raises(Refused, match="taken out again"):
        services.undo(delivery=taken, by=partnership.operator)


def test_files_may_go_out_in_any_order(partnership: Any, import_rows: Any) -> None:
    taken = [import_rows(*row, loaded_to=SECOND) for row in FILES]
    for place in (4, 0, 7, 2, 1, 3, 6, 5):
        services.undo(delivery=taken[place], by=partnership.operator)
    assert all(rows == [] for rows in store.exact().values()), store.exact()


def test_a_changed_and_a_vanished_row_stand_as_before_when_the_later_file_goes(
    partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "missing.csv", MISSING, loaded_to=FIRST)
    before = store.exact()
    changed = WITHOUT_M3.replace("2026-03-15 11:20", "2026-03-15 12:05")
    later = import_rows("csc", "missing-2.csv", changed, loaded_to=SECOND)
    services.undo(delivery=later, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


def test_a_file_stays_while_a_comment_or_a_correction_rests_on_it(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    taken = import_rows("csc", "missing.csv", MISSING)
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    member = partnership.by("csc")
    sam = partnership.around(child_named("Rowan-Hale"), partnership.worker("csc"))
    guarded = chronology.get_entry(member, sam, episodes(sam, member)[0].ref)
    writing.comment(guarded=guarded, text="He told me the same.", by=member)
    before = store.exact()
    with pytest.raises(HasDependents, match="1 comment"):
        services.undo(delivery=taken, by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


def test_a_file_stays_while_an_answer_rests_on_it(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    # The same pupil number under another first name: a person decides.
    taken = import_rows("education", "log.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale"))
    operator = partnership.operator
    asked = next(row for row in people.questions(operator) if SAM_UPN in (row.a_label + row.b_label))
    one, other = people.pair(operator, asked.a_ref, asked.b_ref)
    joining.decide_pair(one=one, other=other, verdict="same", by=operator)
    with pytest.raises(HasDependents, match="who is who"):
        services.undo(delivery=taken, by=operator)
    joining.withdraw_judgement(judgement=people.get_answer(operator, asked.a_ref, asked.b_ref), by=operator)
    services.undo(delivery=taken, by=operator)
    assert queries.get_delivery(operator, taken.ref).state == "undone"


def test_what_a_worker_wrote_keeps_its_child_when_the_file_goes(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    """The entry hangs on the agency's own record, so that record stays, with its reference."""
    taken = import_rows("csc", "crosswalk.csv", CROSSWALK)
    sam, by = child_named("Rowan-Hale"), partnership.by("csc", "duty")
    admitting.claim_duty(child=sam, purpose="A new referral", referral="R-1", by=by)
    day = datetime.now().astimezone() - timedelta(days=1)
    told = writing.Account(kind="CSC_CONTACT", when=When(day, day, "minute", ""), title="Rang home.")
    writing.add_entry(child=people.get_child(by, sam.ref), account=told, by=by)
    services.undo(delivery=taken, by=partnership.operator)
    assert people.get_child(partnership.operator, sam.ref).ref == sam.ref
    again = people.get_child(partnership.operator, sam.ref)
    assert [v.title for v in chronology.all_views(partnership.operator, again)] == ["Rang home."]
