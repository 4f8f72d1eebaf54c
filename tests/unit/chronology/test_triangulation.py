"""What the rules say of a handful of entries: one thing, a gap, an echo. No database."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lineofsight.catalogue import corroboration, kinds
from lineofsight.catalogue.agreement import agreement, due, working_days_after
from lineofsight.chronology.triangulation import (
    GAP,
    NOT_DUE,
    UNCALLED,
    UNSEEN,
    WAITING,
    Feeds,
    Ground,
    Item,
    Picture,
    Verdict,
    birthday,
    triangulate,
)

DAY, HOUR = 86400, 3600
NUMBERS = count(1)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def item(agency: str, kind: str, start: str, end: str = "", precision: str = "minute", **more: Any) -> Item:
    key = more.pop("key", f"{agency}|{kind} · {start}|")
    return Item(key, next(NUMBERS), agency, kind, at(start), at(end or start), precision, **more)


ALWAYS = ((at("2020-01-01"), at("2027-01-01")),)


def ground(**more: Any) -> Ground:
    """Everyone is involved, and every agency's files that could tell anything are loaded."""
    telling = {
        "police": "POL_", "csc": "CSC_", "education": "EDU_", "health": "HEALTH_", "yjs": "YJ_",
    }  # fmt: skip
    stretches = {
        (agency, kind): ALWAYS
        for agency, start in telling.items()
        for kind in kinds.kinds()
        if kind.startswith(start)
    } | {("csc", "RHI"): ALWAYS, ("csc", "RHI_DECLINED"): ALWAYS}
    given_ = {
        "feeds": Feeds(stretches), "involved": dict.fromkeys(telling, ALWAYS), "now": at("2026-11-25"),
    }  # fmt: skip
    return Ground(**{**given_, **more})


NIGHT = (
    item("police", "POL_MISSING", "2026-02-03T22:40", "2026-02-04T06:30"),
    item("csc", "CSC_MISSING", "2026-02-03T22:10", "2026-02-04T06:40"),
)


def shape(picture: Picture) -> Any:
    """What counts of a picture, without row numbers."""
    return (
        sorted(
            (tuple(m.key for m in one.members), tuple(sorted(one.origins)), one.confirmed)
            for one in picture.occurrences
        ),
        sorted((one.key, one.state, one.agencies) for one in picture.missing),
        sorted((pair.rule.id, pair.a.key, pair.b.key) for pair in picture.beside + picture.contradictions),
        sorted((pair.rule.id, pair.a.key, pair.b.key) for pair in picture.followed),
    )


# --- the catalogue ---------------------------------------------------------------------------------------


def test_every_rule_names_its_source_and_what_to_do() -> None:
    found = corroboration.rules()
    assert len(found) == 57
    assert all(rule.source and rule.verified for rule in found)
    assert all(rule.only_a for rule in found if rule.gap_a)
    assert {"C01", "C04", "C23", "C27", "C40", "C66", "L01"} <= {rule.id for rule in found}


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    friday = datetime(2026, 12, 24).date()
    assert str(working_days_after(friday, 1)) == "2026-12-29"
    assert str(due("query", friday)) == "2027-01-05"
    assert agreement().clocks["correction"] == 10


# --- one thing -------------------------------------------------------------------------------------------


def test_one_absence_seen_by_police_and_council_is_one_occurrence_of_two_origins() -> None:
    (one,) = triangulate(NIGHT, ground()).occurrences
    assert one.agencies == ("csc", "police")
    assert (one.origins, one.confirmed) == (("csc", "police"), False)
    assert [rule.id for rule in one.rules] == ["C01"]


def test_two_nights_running_are_two_occurrences() -> None:
    second = (
        item("police", "POL_MISSING", "2026-02-04T22:40", "2026-02-05T06:30"),
        item("csc", "CSC_MISSING", "2026-02-04T22:10", "2026-02-05T06:40"),
    )
    found = triangulate((*NIGHT, *second), ground()).occurrences
    assert [len(one.members) for one in found] == [2, 2]


def test_marks_of_the_register_inside_an_absence_belong_to_it() -> None:
    marks = tuple(
        item("education", "EDU_UNAUTHORISED_ABSENCE", f"2026-02-04T{a}", f"2026-02-04T{b}", "half_day")
        for a, b in (("08:30", "12:30"), ("12:30", "16:00"))
    )
    long = (
        item("police", "POL_MISSING", "2026-02-03T22:40", "2026-02-04T19:30"),
        item("csc", "CSC_MISSING", "2026-02-03T22:10", "2026-02-04T19:40"),
    )
    (one,) = triangulate((*long, *marks), ground()).occurrences
    assert len(one.members) == 4
    assert set(one.origins) == {"police", "csc", "education"}


def test_an_echo_is_shown_and_does_not_count_twice() -> None:
    notice = item("police", "POL_VULNERABILITY_NOTICE", "2026-02-03T10:00")
    contact = item("csc", "CSC_CONTACT", "2026-02-04T09:00", facts={"cont_contact_source_code": "Police"})
    (one,) = triangulate((notice, contact), ground()).occurrences
    assert (len(one.members), one.origins) == (2, ("police",))
    other = contact._replace(facts={"cont_contact_source_code": "School"})
    assert triangulate((notice, other), ground()).occurrences == ()


def test_a_person_takes_an_occurrence_apart_and_puts_one_together() -> None:
    keys = [frozenset({one.key}) for one in NIGHT]
    assert triangulate(NIGHT, ground(verdicts=(Verdict("V1", tuple(keys)),))).occurrences == ()
    far = (NIGHT[0], item("csc", "CSC_CONTACT", "2026-05-03T22:10"))
    agreed = Verdict("V2", (frozenset(one.key for one in far),))
    (one,) = triangulate(far, ground(verdicts=(agreed,))).occurrences
    assert one.confirmed


# --- gaps ------------------------------------------------------------------------------------------------

FOUND = item("police", "POL_MISSING_FOUND", "2026-02-04T06:30")


def interview(**more: Any) -> Any:
    (one,) = [m for m in triangulate((FOUND,), ground(**more)).missing if m.rule.id == "C04"]
    return one


def test_a_return_without_an_interview_is_a_gap() -> None:
    assert (interview().state, interview().agencies) == (GAP, ("csc",))
    held = item("csc", "RHI", "2026-02-06T09:00")
    assert not [m for m in triangulate((FOUND, held), ground()).missing if m.rule.id == "C04"]


def test_no_gap_is_called_before_its_time_or_before_the_file_reaches_it() -> None:
    assert interview(now=at("2026-02-05")).state == NOT_DUE
    late = Feeds({("csc", "RHI"): ((at("2020-01-01"), at("2026-02-05")),)})
    assert interview(feeds=late).state == WAITING
    assert interview(feeds=Feeds()).state == UNCALLED


def test_no_gap_is_called_of_an_agency_that_was_not_involved_or_is_seen_in_part() -> None:
    assert interview(involved={"csc": ((at("2026-03-01"), at("2027-01-01")),)}).state == UNCALLED
    assert interview(partly_seen=frozenset({"csc"})).state == UNSEEN


def test_a_hole_between_two_files_is_not_covered() -> None:
    holes = ((at("2026-01-01"), at("2026-02-05")), (at("2026-02-08"), at("2026-11-01")))
    assert interview(feeds=Feeds({("csc", "RHI"): holes})).state == WAITING


def test_a_run_of_whole_days_unseen_without_a_report_is_one_gap() -> None:
    marks = [
        item(
            "education",
            "EDU_UNAUTHORISED_ABSENCE",
            f"2026-03-{d:02d}T{a}",
            f"2026-03-{d:02d}T{b}",
            "half_day",
        )
        for d in (5, 6, 9)
        for a, b in (("08:30", "12:30"), ("12:30", "16:00"))
    ]  # Thursday, Friday, Monday
    found = [m for m in triangulate(marks, ground()).missing if m.rule.id == "C08"]
    assert [(m.state, m.agencies) for m in found] == [(GAP, ("police",))]
    absent = item("police", "POL_MISSING", "2026-03-05T20:00", "2026-03-09T20:00")
    assert not [m for m in triangulate([*marks, absent], ground()).missing if m.rule.id == "C08"]


def test_a_custody_without_notice_to_the_council_and_a_plan_without_a_core_group() -> None:
    custody = item("police", "POL_CUSTODY", "2026-03-05T20:00", "2026-03-06T08:00")
    (gap,) = [m for m in triangulate((custody,), ground()).missing if m.rule.id == "C23"]
    assert (gap.state, gap.agencies) == (GAP, ("csc", "police"))
    plan = item("csc", "CSC_CP_PLAN", "2026-03-05T00:00", "2026-09-05T00:00", "day")
    feeds = Feeds({("csc", "MULTI_AGENCY_MEETING"): ALWAYS})
    assert [m.state for m in triangulate((plan,), ground(feeds=feeds)).missing if m.rule.id == "L01"] == [GAP]


def test_half_a_year_of_age_is_counted_in_months() -> None:
    assert birthday(datetime(2010, 3, 31).date(), 17.5) == at("2027-09-28T00:00") - HOUR


# --- order does not matter ---------------------------------------------------------------------------------

KINDS = sorted(corroboration.paired_kinds())
AGENCIES = ("police", "csc", "education", "health", "yjs")


@st.composite
def worlds(draw: Any) -> list[Item]:
    found = []
    for number in range(draw(st.integers(0, 14))):
        start = at("2026-02-02") + draw(st.integers(0, 14 * 24)) * HOUR
        found.append(
            Item(
                f"a|t{draw(st.integers(0, 1))} · {number}|", number, draw(st.sampled_from(AGENCIES)),
                draw(st.sampled_from(KINDS)), start, start + draw(st.sampled_from((0, 4, 30))) * HOUR,
                draw(st.sampled_from(("minute", "day", "half_day"))),
            )
        )  # fmt: skip
    return found


@settings(max_examples=150, deadline=None)
@given(world=worlds(), chance=st.randoms(use_true_random=False), split=st.integers(0, 14))
def test_the_order_of_entries_and_their_row_numbers_change_nothing(
    world: list[Item], chance: Any, split: int
) -> None:
    verdicts = (
        Verdict("V1", (frozenset(i.key for i in world[:split]), frozenset(i.key for i in world[split:]))),
    )
    other = [one._replace(pk=one.pk + 1000) for one in world]
    chance.shuffle(other)
    for said in ((), verdicts):
        assert shape(triangulate(world, ground(verdicts=said))) == shape(
            triangulate(other, ground(verdicts=said))
        )


@settings(max_examples=80, deadline=None)
@given(world=worlds(), split=st.integers(0, 14))
def test_what_a_person_said_always_stands(world: list[Item], split: int) -> None:
    one, other = frozenset(i.key for i in world[:split]), frozenset(i.key for i in world[split:])
    picture = triangulate(world, ground(verdicts=(Verdict("V1", (one, other)),)))
    for found in picture.occurrences:
        keys = {member.key for member in found.members}
        assert keys <= one or keys <= other


def test_the_catalogue_file_is_documented() -> None:
    text = (Path(corroboration.__file__).parent / "data" / "corroboration.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Which records")
