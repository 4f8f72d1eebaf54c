"""A gap is asked for and answered, a difference is told and put right, a key fact is held by all."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from invented import CROSSWALK, MISSING, PEOPLE, POLICE_MISSING, SAM_NHS
from lineofsight.access import ledger
from lineofsight.catalogue.errors import NotAllowed, Refused
from lineofsight.chronology import agreeing, matters
from lineofsight.chronology.triangulation import GAP
from lineofsight.desk.reading import facts_of, read
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import services as records


def run(name: str, *arguments: str) -> Any:
    out = io.StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


pytestmark = pytest.mark.usefixtures("consistent")

LOADED = date(2026, 5, 1)
SILENT = MISSING.replace("M,2026-02-04 06:40,Y,N", "M,2026-02-04 06:40,,")


def sam(partnership: Any) -> Any:
    hits = people.search(partnership.operator, "Rowan-Hale")
    hit = next(h for h in hits if "csc" in h.agencies)
    return people.get_child(partnership.operator, hit.ref)


def member(partnership: Any, agency: str, *roles: str) -> Any:
    """A worker of this agency who is in the team around Sam."""
    worker, child = partnership.worker(agency, *roles), sam(partnership)
    if worker.ref not in {one.worker_ref for one in child.circle}:
        partnership.around(child, worker)
    return partnership.by(agency, *roles)


@pytest.fixture
def files(import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=LOADED)
    import_rows("csc", "ssd_missing.csv", SILENT, loaded_to=LOADED)
    import_rows("police", "missing.csv", POLICE_MISSING, loaded_to=LOADED)


def the_gap(partnership: Any) -> Any:
    found = read(partnership.operator, sam(partnership)).picture.gaps
    return next(gap for gap in found if gap.rule.id == "C04" and "R-881" in gap.key)


def asked_about(partnership: Any, row: Any) -> Any:
    return matters.get_query(sam(partnership), row.ref, read(partnership.operator, sam(partnership)))


@pytest.mark.usefixtures("files")
def test_a_query_is_answered_by_the_record_and_opens_again_when_the_file_goes(
    partnership: Any, import_rows: Any
) -> None:
    by, gap = member(partnership, "police"), the_gap(partnership)
    row = agreeing.ask_agency(child=sam(partnership), gap=gap, agency="csc", by=by)
    assert asked_about(partnership, row).state in (matters.OPEN, matters.OVERDUE)
    with pytest.raises(Refused, match="asked already"):
        agreeing.ask_agency(child=sam(partnership), gap=gap, agency="csc", by=by)
    later = import_rows("csc", "later.csv", MISSING, loaded_to=date(2026, 6, 1))
    answered = asked_about(partnership, row)
    assert (answered.state, answered.by.kind) == (matters.ANSWERED, "RHI_DECLINED")
    records.undo(delivery=later, by=partnership.operator)
    assert asked_about(partnership, row).is_open
    assert ledger.rows_about("child", [sam(partnership).ref])[0] is not None


@pytest.mark.usefixtures("files")
def test_a_query_is_closed_with_a_reason_by_one_of_the_two_agencies_alone(partnership: Any) -> None:
    asker, asked, other = (member(partnership, code) for code in ("police", "csc", "vcs"))
    row = agreeing.ask_agency(child=sam(partnership), gap=the_gap(partnership), agency="csc", by=asker)
    given = {"child": sam(partnership), "ref": row.ref, "answer": "did_not_happen"}
    with pytest.raises(NotAllowed):
        agreeing.answer_query(**given, reason="We think so.", by=other)
    with pytest.raises(Refused, match="Say why"):
        agreeing.answer_query(**given, reason=" ", by=asked)
    agreeing.answer_query(**given, reason="He was never offered one.", by=asked)
    assert asked_about(partnership, row).state == matters.CLOSED
    reading = read(partnership.operator, sam(partnership))
    left = matters.gaps_left(reading, matters.queries_about(reading))
    assert the_gap(partnership).key not in {gap.key for gap in left}


def test_a_gap_that_is_not_called_cannot_be_asked_about(partnership: Any, files: None) -> None:
    found = read(partnership.operator, sam(partnership)).picture.missing
    other = next(one for one in found if one.state != GAP)
    with pytest.raises(Refused, match="not a gap"):
        agreeing.ask_agency(child=sam(partnership), gap=other, agency="csc", by=partnership.operator)


# --- facts -----------------------------------------------------------------------------------------------

OLD = PEOPLE.replace("12 Quay Street,NS1 2AB", "3 Mill Lane,NS2 4CD")
MOVED = CROSSWALK.replace('"12 Quay Street, Northshore",NS1 2AB', '"40 Rope Walk, Northshore",NS4 7GH')


def address(partnership: Any) -> Any:
    child = sam(partnership)
    table = facts_of(partnership.operator, child, read(partnership.operator, child))
    return next(row for row in table if row.fact.code == "address"), table


def test_a_notice_closes_itself_when_their_next_file_agrees(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=LOADED)
    import_rows("police", "people.csv", PEOPLE, loaded_to=LOADED)
    assert address(partnership)[0].state == "agrees"
    import_rows("csc", "moved.csv", MOVED, loaded_to=date(2026, 6, 1))
    row, table = address(partnership)
    (old,) = row.differing
    assert (row.state, old.agency) == ("differs", "police")
    by, told = member(partnership, "csc"), member(partnership, "police")
    child = sam(partnership)
    notice = agreeing.send_notice(
        child=child, value=row.newest, said_by=["csc"], agency="police", theirs=old.value.text,
        basis="ISA-01, Children Act 2004 section 11", by=by,
    )  # fmt: skip
    (shown,) = matters.notices_about(partnership.operator, child, table)
    assert shown.is_open
    agreeing.answer_notice(child=child, ref=notice.ref, accept=True, by=told)
    right = PEOPLE.replace("12 Quay Street,NS1 2AB", "40 Rope Walk,NS4 7GH")
    import_rows("police", "people-2.csv", right, loaded_to=date(2026, 6, 2))
    (shown,) = matters.notices_about(partnership.operator, child, address(partnership)[1])
    assert (shown.state, shown.is_open) == ("closed", False)


def test_a_refusal_needs_a_reason_and_the_agency_that_was_told(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", MOVED, loaded_to=LOADED)
    import_rows("police", "people.csv", PEOPLE, loaded_to=LOADED)
    hits = people.search(partnership.operator, "Rowan-Hale")
    if len(hits) > 1:
        one, other = people.pair(partnership.operator, hits[0].ref, hits[1].ref)
        joining.decide_pair(one=one, other=other, verdict="same", by=partnership.operator)
    row, _ = address(partnership)
    told, other = member(partnership, row.differing[0].agency), member(partnership, row.newest.agency)
    child = sam(partnership)
    notice = agreeing.send_notice(
        child=child, value=row.newest, said_by=[row.newest.agency], agency=row.differing[0].agency,
        theirs="", basis="ISA-01", by=partnership.operator,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        agreeing.answer_notice(child=child, ref=notice.ref, accept=True, by=other)
    with pytest.raises(Refused, match="Say why"):
        agreeing.answer_notice(child=child, ref=notice.ref, accept=False, by=told)
    agreeing.answer_notice(child=child, ref=notice.ref, accept=False, reason="He still lives there.", by=told)
    (shown,) = matters.notices_about(partnership.operator, child, address(partnership)[1])
    assert shown.state == matters.REFUSED


def test_where_a_restricted_child_lives_is_in_no_cell_and_no_notice(
    partnership: Any, import_rows: Any
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK, loaded_to=LOADED)
    import_rows("police", "people.csv", OLD, loaded_to=LOADED)
    reader, named = member(partnership, "csc"), partnership.worker("csc", "team_manager")
    admitting.shield(
        child=sam(partnership), kind="shield.location", reason="An adult has threatened to come.",
        named=(named.ref,), review_on=date.today() + timedelta(days=28), by=partnership.operator,
    )  # fmt: skip
    child = sam(partnership)
    table = facts_of(reader, child, read(reader, child))
    hidden = {row.fact.code for row in table if row.state == "hidden"}
    assert {"address", "school", "gp", "phone"} <= hidden
    assert not any(cell.values for row in table if row.fact.code in hidden for cell in row.cells)


# --- key facts ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("files")
def test_a_key_fact_is_held_by_all_once_each_agency_has_said_so(partnership: Any, the_time: Any) -> None:
    from django.utils import timezone

    csc, police, vcs = (member(partnership, code) for code in ("csc", "police", "vcs"))
    child = sam(partnership)
    fact = agreeing.mark_key_fact(
        child=child, kind="plan", words="A plan began.", agencies=["csc", "police"], by=csc
    )
    agreeing.say_held(child=child, ref=fact.ref, by=csc)
    since = timezone.now() - timedelta(days=1)
    assert matters.held_figure(partnership.operator, since=since).percent == 0
    the_time.shift(2 * 86400)
    agreeing.say_held(child=child, ref=fact.ref, by=police)
    figure = matters.held_figure(partnership.operator, since=since)
    assert (figure.percent, round(figure.median_days)) == (100, 2)
    with pytest.raises(NotAllowed):
        agreeing.say_held(child=child, ref=fact.ref, by=vcs)


# --- at the command line ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("files")
def test_the_command_writes_the_chronology_as_an_agency_knew_it(partnership: Any) -> None:
    ref = sam(partnership).ref
    long_ago = run("chronology", ref, "--as-known", "2020-01-01", "--to", "police")
    assert long_ago["entries"] == 0
    today = run("chronology", ref, "--as-known", f"{date.today():%Y-%m-%d}")
    assert today["entries"] == run("chronology", ref)["entries"] > 0
    assert SAM_NHS not in str(long_ago)


@pytest.mark.usefixtures("files")
def test_the_command_reads_the_whole_store_and_then_what_changed(partnership: Any, import_rows: Any) -> None:
    assert run("triangulate", "--all", "--processes", "1")["occurrences"] > 0
    assert run("triangulate")["people"] == 0
    import_rows("csc", "later.csv", MISSING, loaded_to=date(2026, 6, 1))
    assert run("triangulate")["people"] == 1
