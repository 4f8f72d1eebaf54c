"""What the agencies' files say together: one absence, a gap, an echo; and what a person makes of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

import store
from invented import CROSSWALK, MISSING, POLICE_MISSING, SCHOOL_LOG
from lineofsight.chronology import agreeing, picture, whole_store
from lineofsight.chronology import queries as chronology
from lineofsight.chronology.knowing import Known, entries_known
from lineofsight.chronology.models import Finding, Unread
from lineofsight.chronology.triangulation import GAP, WAITING
from lineofsight.people import queries as people
from lineofsight.records import services
from lineofsight.records.feeds import feeds

pytestmark = pytest.mark.usefixtures("consistent")

LOADED = date(2026, 5, 1)
FILES = [
    ("csc", "crosswalk.csv", CROSSWALK), ("csc", "ssd_missing.csv", MISSING),
    ("police", "missing.csv", POLICE_MISSING), ("education", "school-log.csv", SCHOOL_LOG),
]  # fmt: skip


def bring(import_rows: Any, files: Any = FILES) -> list[Any]:
    return [import_rows(*row, loaded_to=LOADED) for row in files]


def sam(partnership: Any, actor: Any = None) -> Any:
    operator = partnership.operator
    hit = next(h for h in people.search(operator, "Rowan-Hale") if "csc" in h.agencies)
    return people.get_child(actor or operator, hit.ref)


def member(partnership: Any, agency: str, *roles: str) -> Any:
    """A worker of this agency who is in the team around Sam."""
    worker, child = partnership.worker(agency, *roles), sam(partnership)
    if worker.ref not in {one.worker_ref for one in child.circle}:
        partnership.around(child, worker)
    return partnership.by(agency, *roles)


def read(partnership: Any, actor: Any = None, **more: Any) -> Any:
    return picture.read(actor or partnership.operator, sam(partnership, actor), feeds(), **more)


def told(partnership: Any) -> Any:
    """What the picture says, without row numbers."""
    found = read(partnership).picture
    return (
        [(tuple(m.key for m in one.members), one.origins, one.confirmed) for one in found.occurrences],
        [(one.key, one.state, one.agencies) for one in found.missing],
    )


def test_two_agencies_records_of_two_nights_are_two_occurrences(partnership: Any, import_rows: Any) -> None:
    bring(import_rows)
    found = read(partnership).picture.occurrences
    assert [(one.agencies, one.origins) for one in found] == [(("police", "csc"), ("police", "csc"))] * 2


@pytest.mark.parametrize("order", sorted(permutations(range(4)))[::5])
def test_the_order_of_files_does_not_matter(order: Any, partnership: Any, import_rows: Any) -> None:
    bring(import_rows, [FILES[n] for n in order])
    found = told(partnership)
    SAID.setdefault("first", found)
    assert found == SAID["first"]


SAID: dict[str, Any] = {}


def test_an_undone_file_leaves_the_picture_as_it_was_and_a_decision_outlives_it(
    partnership: Any, import_rows: Any
) -> None:
    taken = bring(import_rows)
    by = member(partnership, "csc")
    before, child = told(partnership), sam(partnership)
    one = read(partnership).picture.occurrences[0]
    agreeing.decide_occurrence(
        child=child, occurrence=one, verdict="confirmed", reason="The carer told us the same.", by=by
    )
    confirmed = told(partnership)
    assert confirmed != before
    services.undo(delivery=taken[2], by=partnership.operator)
    assert read(partnership).picture.occurrences == ()
    import_rows("police", "again.csv", POLICE_MISSING, loaded_to=LOADED)
    assert told(partnership) == confirmed


def test_a_split_stands_with_its_reason_until_it_is_withdrawn(partnership: Any, import_rows: Any) -> None:
    bring(import_rows)
    by = member(partnership, "csc")
    child = sam(partnership)
    first = read(partnership).picture.occurrences[0]
    row = agreeing.decide_occurrence(
        child=child, occurrence=first, verdict="rejected", reason="Another night.", by=by
    )
    assert len(read(partnership).picture.occurrences) == 1
    agreeing.withdraw_verdict(child=child, ref=row.ref, by=by)
    assert len(read(partnership).picture.occurrences) == 2


def test_a_file_in_two_parts_says_the_same(partnership: Any, import_rows: Any) -> None:
    bring(import_rows)
    whole = told(partnership)
    services_undo_all(partnership)
    head, *rows = POLICE_MISSING.splitlines(keepends=True)
    bring(import_rows, FILES[:2])
    for number, row in enumerate(reversed(rows)):
        import_rows("police", f"part{number}.csv", head + row, loaded_to=LOADED)
    bring(import_rows, FILES[3:])
    assert told(partnership) == whole


def services_undo_all(partnership: Any) -> None:
    from lineofsight.records import queries

    for delivery in queries.deliveries(partnership.operator):
        if delivery.state == "committed":
            services.undo(delivery=delivery, by=partnership.operator)


# --- a gap ---------------------------------------------------------------------------------------------------


def test_a_return_without_an_interview_is_a_gap_only_when_the_file_reaches_it(
    partnership: Any, import_rows: Any
) -> None:
    silent = MISSING.replace("miss_missing_rhi_offered", "miss_missing_rhi_offered").replace(",Y,N", ",,")
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=LOADED)
    import_rows("csc", "ssd_missing.csv", silent, loaded_to=date(2026, 2, 5))
    import_rows("police", "missing.csv", POLICE_MISSING, loaded_to=LOADED)
    (late,) = [m for m in read(partnership).picture.missing if m.rule.id == "C04" and "R-881" in m.key]
    assert late.state == WAITING
    import_rows("csc", "later.csv", silent.replace("2026-03-15 11:20", "2026-03-15 11:25"), loaded_to=LOADED)
    (gap,) = [m for m in read(partnership).picture.missing if m.rule.id == "C04" and "R-881" in m.key]
    assert (gap.state, gap.agencies) == (GAP, ("csc",))


# --- what a reader may not see leaves no trace ----------------------------------------------------------------


def test_an_entry_that_may_not_be_seen_is_in_no_occurrence(partnership: Any, import_rows: Any) -> None:
    from lineofsight.chronology.models import Entry

    bring(import_rows)
    Entry.objects.filter(agency="police", kind="POL_MISSING").update(sharing="agency_only")
    other = member(partnership, "csc")
    found = read(partnership, other)
    assert found.picture.occurrences == ()
    assert not any(item.agency == "police" and item.kind == "POL_MISSING" for item in found.items)
    assert not any("police" in gap.agencies for gap in found.picture.gaps)


@pytest.mark.parametrize("held", [{"handling": "C"}, {"sharing": "agency_only"}], ids=str)
def test_a_reader_s_picture_is_as_if_what_they_may_not_see_had_never_come(
    held: dict[str, str], partnership: Any, import_rows: Any
) -> None:
    """One entry after the other is held closely: occurrences, calendar and what stands alone are the same as in a
    store without it, and no gap is called that is not one there."""
    from django.db import transaction

    from lineofsight.chronology.models import Entry, Participation

    class Undo(Exception):
        pass

    bring(import_rows)
    reader = member(partnership, "csc")

    def seen() -> tuple[Any, set[str]]:
        found = read(partnership, reader)
        shown = (
            [tuple(m.key for m in one.members) for one in found.picture.occurrences],
            [item.key for item in picture.alone(found)],
            [pair.a.key for pair in found.picture.beside],
            {a: [m.entries for m in row] for a, row in picture.calendar(found)[1].items()},
        )
        return shown, {gap.key for gap in found.picture.gaps}

    others = Entry.objects.exclude(agency="csc").filter(
        participations__identity__in=sam(partnership).identity_ids
    )
    for entry in others.distinct():
        found = []
        for hide in (True, False):
            try:
                with transaction.atomic():
                    if hide:
                        Entry.objects.filter(pk=entry.pk).update(**held)
                    else:
                        Participation.objects.filter(entry=entry).update(standing=False)
                    found.append(seen())
                    raise Undo
            except Undo:
                pass
        (hidden, gaps), (gone, gone_gaps) = found
        assert hidden == gone
        assert gaps <= gone_gaps


def test_the_reason_for_an_answer_is_told_to_those_who_see_all_its_records(
    partnership: Any, import_rows: Any
) -> None:
    from lineofsight.chronology.models import Entry

    bring(import_rows)
    by = member(partnership, "csc")
    child = sam(partnership)
    one = read(partnership).picture.occurrences[0]
    keys = [*(item.key for item in one.members), read(partnership).items[-1].key]
    agreeing.join_entries(child=child, keys=keys, reason="The officer rang about it.", by=by)
    reasons = {o.decided.reason for o in read(partnership, by).picture.occurrences if o.decided}
    assert reasons == {"The officer rang about it."}
    Entry.objects.filter(pk=read(partnership).items[-1].pk).update(agency="police", handling="C")
    assert all(not o.decided or o.decided.reason == "" for o in read(partnership, by).picture.occurrences)


# --- as known then -----------------------------------------------------------------------------------------------


def test_as_known_today_is_the_current_view_and_nothing_appears_before_it_came(
    partnership: Any, import_rows: Any, the_time: Any
) -> None:
    bring(import_rows, FILES[:2])
    the_time.shift(3 * 86400)
    bring(import_rows, FILES[2:])
    child, operator = sam(partnership), partnership.operator
    now = set(entries_known(operator, child, None).values_list("pk", flat=True))
    assert (
        set(entries_known(operator, child, Known.on(date(2026, 5, 14))).values_list("pk", flat=True)) == now
    )
    then = entries_known(operator, child, Known.on(date(2026, 5, 12)))
    assert set(then.values_list("agency", flat=True)) == {"csc"}
    assert not entries_known(operator, child, Known.on(date(2026, 5, 10))).exists()


def test_an_agency_knew_what_it_recorded_and_what_it_opened(
    partnership: Any, import_rows: Any, the_time: Any
) -> None:
    bring(import_rows)
    operator, officer = partnership.operator, member(partnership, "police")
    child = sam(partnership)

    def known(day: date) -> set[str]:
        rows = entries_known(operator, child, Known.on(day, "police"))
        return set(rows.values_list("agency", flat=True))

    after = date.today() + timedelta(days=400)
    assert known(date(2026, 5, 12)) == known(after) == {"police"}
    chronology.chronology(officer, child)
    assert known(date(2026, 5, 12)) == {"police"}
    assert known(after) == {view.agency for view in chronology.chronology(officer, child).rows} > {"police"}


# --- the whole store -----------------------------------------------------------------------------------------------


def test_the_whole_store_is_read_by_the_same_rules(partnership: Any, import_rows: Any) -> None:
    bring(import_rows)
    found = whole_store.read_store(feeds=feeds(), by=partnership.operator)
    assert (found.occurrences, Unread.objects.count()) == (2, 0)
    rows = Finding.objects.filter(person=sam(partnership).pk)
    own = read(partnership).picture
    assert sorted(rows.filter(what="occurrence").values_list("key", flat=True)) == sorted(
        one.lead.key for one in own.occurrences
    )
    assert sorted(rows.filter(what="gap").values_list("key", flat=True)) == sorted(
        gap.key for gap in own.gaps for _ in gap.agencies
    )


def test_after_an_import_only_those_it_touched_are_read_again(partnership: Any, import_rows: Any) -> None:
    bring(import_rows)
    whole_store.read_store(feeds=feeds(), by=partnership.operator)
    before = sorted(Finding.objects.values_list("person", "what", "rule", "key"))
    taken = import_rows("csc", "m.csv", MISSING.replace("M3,1205", "M9,1205"), loaded_to=LOADED)
    assert Unread.objects.count() == 1
    services.undo(delivery=taken, by=partnership.operator)
    whole_store.read_changed(feeds=feeds(), by=partnership.operator)
    assert sorted(Finding.objects.values_list("person", "what", "rule", "key")) == before
    assert store.content()["entries"]
