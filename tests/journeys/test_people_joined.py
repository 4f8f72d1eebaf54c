"""Which records are one person: what may never decide it, what a person decides, and how it is undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import store
from invented import ATTENDANCES, CROSSWALK, FILES, MISSING, SAM_UPN, SCHOOL_LOG, TOBI_MISTYPED
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.chronology import queries as chronology
from lineofsight.config import consistency
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import SourceIdentity

#: The same pupil number under another first name: a person decides.
OTHER_NAME = SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale")

pytestmark = pytest.mark.usefixtures("consistent")


def identity(local_id: str) -> SourceIdentity:
    return SourceIdentity.objects.select_related("person").get(local_id=local_id)


def decide(partnership: Any, one: str, other: str, verdict: str) -> Any:
    return joining.decide_pair(
        one=identity(one),
        other=identity(other),
        verdict=verdict,
        by=partnership.operator,
        note="rang the school",
    )


def groups() -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for row in SourceIdentity.objects.all():
        found.setdefault(row.person_id, set()).add(row.local_id)
    return {frozenset(members) for members in found.values()}


# --- what never decides ----------------------------------------------------------------------------------


def test_a_number_that_fails_its_check_is_kept_and_marked_and_joins_nobody(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    """Two children whose only common trait is the same mistyped number."""
    other = CROSSWALK.replace("Adeyemi,Tobi", "Brandreth,Noor").replace("01/09/2012", "17/02/2014")
    other = "".join(line for line in other.splitlines(keepends=True) if line[:4] in ("case", "1205"))
    number = other.splitlines()[1].split(",")[6]
    other = (
        other.replace(number, TOBI_MISTYPED)
        .replace("3 Mill Lane", "9 Fold Yard")
        .replace("NS2 4CD", "NS8 8ZZ")
    )
    import_rows("csc", "crosswalk.csv", other.replace("07700 900124", "07700 900777"))
    import_rows("health", "attendances.csv", ATTENDANCES)
    assert identity("1205").person_id != identity("H78").person_id
    assert people.questions(partnership.operator) == []
    said = child_named("Noor Brandreth").identities[0].said[0].facts["identifiers"][0]
    assert (said["raw"], said["ok"], bool(said["why"])) == (TOBI_MISTYPED, False, True)
    assert people.search(partnership.operator, TOBI_MISTYPED) == []


def test_twins_are_never_joined_by_the_model(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    row = ",H{n},A-{n},2026-04-0{n},10:00,Cough,,,,,discharged,,Fenwick,{name},30/06/2013,NS3 1EF\n"
    header = ATTENDANCES.splitlines(keepends=True)[0]
    import_rows(
        "health", "attendances.csv", header + row.format(n=1, name="Ada") + row.format(n=2, name="Ida")
    )
    joining.run_matching(by=partnership.operator)
    for one, other in (("1206", "1207"), ("1206", "H2"), ("1207", "H1"), ("H1", "H2")):
        assert identity(one).person_id != identity(other).person_id, (one, other)


def test_a_judgement_of_a_record_about_itself_is_refused(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    with pytest.raises(Refused, match="one and the same record"):
        decide(partnership, "1204", "1204", "same")


# --- answers, and the way back ----------------------------------------------------------------------------


def test_same_and_back_again(partnership: Any, import_rows: Any) -> None:
    """The reference of each record leads to whoever it belongs to, before, during and after a merge."""
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("csc", "missing.csv", MISSING)
    import_rows("education", "log.csv", OTHER_NAME)
    operator = partnership.operator
    pupil = next(row.local_id for row in SourceIdentity.objects.filter(agency="education").order_by("id"))
    refs = {name: identity(name).ref for name in ("1204", pupil)}
    before = store.content()
    told = {
        name: len(chronology.all_views(operator, people.get_child(operator, ref)))
        for name, ref in refs.items()
    }

    judgement = decide(partnership, "1204", pupil, "same")
    merged = people.get_child(operator, refs[pupil])
    assert merged.ref == refs["1204"] == people.get_child(operator, refs["1204"]).ref
    assert len(chronology.all_views(operator, merged)) == sum(told.values())
    assert set(merged.agencies) == {"csc", "education"}
    assert [hit.ref for hit in people.search(operator, refs[pupil])] == [refs["1204"]]

    joining.withdraw_judgement(judgement=judgement, by=operator)
    for name, ref in refs.items():
        child = people.get_child(operator, ref)
        assert child.ref == ref and len(chronology.all_views(operator, child)) == told[name]
    assert store.difference(before, store.content()) == {}


def test_different_and_back_again(partnership: Any, import_rows: Any) -> None:
    """A person's word parts what the model joined, and stands however often everyone is compared again."""
    for row in FILES:
        import_rows(*row)
    joined = next(group for group in groups() if "1204" in group)
    assert joined == {"1204", "N501", "H77", SAM_UPN}
    judgement = decide(partnership, "1204", "N501", "different")
    assert identity("1204").person_id != identity("N501").person_id
    joining.run_matching(by=partnership.operator)
    import_rows("csc", "more.csv", MISSING.replace("M1", "K1"))
    assert identity("1204").person_id != identity("N501").person_id
    asked = {frozenset((row.a_label, row.b_label)) for row in people.questions(partnership.operator)}
    assert not any(("1204" in str(pair) and "N501" in str(pair)) for pair in asked), "it is answered"
    joining.withdraw_judgement(judgement=judgement, by=partnership.operator)
    assert joined in groups()


def test_what_was_written_after_a_merge_goes_with_its_own_record(partnership: Any, import_rows: Any) -> None:
    """A place in the team around the child was given for one of the two: it sleeps while they are one, for somebody
    to look at again, and wakes when they are two (A-G1)."""
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("education", "log.csv", OTHER_NAME)
    pupil = SourceIdentity.objects.filter(agency="education").order_by("id")[0]
    lead = partnership.worker("yjs")
    joining.join_circle(
        child=people.get_child(partnership.operator, pupil.ref), worker_ref=lead.ref, role="case holder",
        by=partnership.operator,
    )  # fmt: skip
    judgement = joining.decide_pair(
        one=identity("1204"), other=pupil, verdict="same", by=partnership.operator
    )
    with pytest.raises(NotFound):
        people.get_child(lead.actor(), identity("1204").ref)
    assert [m.sleeps for m in people.get_child(partnership.operator, pupil.ref).circle] == [True]
    joining.withdraw_judgement(judgement=judgement, by=partnership.operator)
    assert people.get_child(lead.actor(), pupil.ref).agencies == ("education",)
    assert [person.ref for person, _ in people.my_children(lead.actor())] == [pupil.ref]


class Undo(Exception):
    """Takes an example's rows out again."""


answers = st.lists(
    st.tuples(
        st.integers(0, 8), st.integers(0, 8), st.sampled_from(["same", "different", "unsure", "withdraw"])
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_answers=answers)
def test_people_follow_from_the_answers_whatever_their_order(partnership: Any, given_answers: Any) -> None:
    """Any run of answers and withdrawals leaves people as the standing judgements form them; with all
    withdrawn, as they were."""
    if not SourceIdentity.objects.exists():
        from lineofsight.records import services
        from store import received

        for row in FILES:
            staged = services.stage(delivery=received(partnership, *row), by=partnership.operator)
            services.commit(delivery=staged, by=partnership.operator)
    ids = list(SourceIdentity.objects.order_by("id"))
    before, standing = groups(), {}
    try:
        with transaction.atomic():
            for one, other, verdict in given_answers:
                pair = frozenset((one, other))
                if len(pair) == 1 or (verdict == "withdraw" and pair not in standing):
                    continue
                if verdict == "withdraw":
                    joining.withdraw_judgement(judgement=standing.pop(pair), by=partnership.operator)
                else:
                    standing[pair] = joining.decide_pair(
                        one=ids[one], other=ids[other], verdict=verdict, by=partnership.operator
                    )
            assert [found.sentence() for found in consistency.findings(sample=0)] == []
            for judgement in standing.values():
                joining.withdraw_judgement(judgement=judgement, by=partnership.operator)
            assert groups() == before
            raise Undo
    except Undo:
        pass


def test_a_name_that_many_bear_does_not_crowd_out_the_child_a_worker_knows(
    partnership: Any, import_rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Candidates are taken from the people a worker may see, not sifted afterwards."""
    header, *rows = CROSSWALK.splitlines(keepends=True)
    sam = next(row for row in rows if row.startswith("1204"))
    cells = sam.split(",")
    many = "".join(
        ",".join([str(9000 + n), *cells[1:4], f"0{n}/02/2003", *cells[5:6], "", *cells[7:]])
        for n in range(1, 7)
    )
    import_rows("csc", "many.csv", header + many + sam)
    worker = partnership.worker("yjs")
    joining.join_circle(
        child=people.get_child(partnership.operator, identity("1204").ref), worker_ref=worker.ref,
        role="case holder", by=partnership.operator,
    )  # fmt: skip
    monkeypatch.setattr(people, "CANDIDATES", 2)
    hits = people.search(worker.actor(), "Samuel Rowan-Hale")
    assert [hit.ref for hit in hits] == [identity("1204").person.ref]
