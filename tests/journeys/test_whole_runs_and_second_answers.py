"""A whole run counted, applied and undone as one thing; which question comes first; two people about one pair."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

import store
from invented import CROSSWALK, FILES, SCHOOL_LOG
from lineofsight.catalogue import matching as catalogue
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.people import answering, joining, queries, services
from lineofsight.people.models import Judgement, NameCount, SecondAnswer, SourceIdentity, WholeRun

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def custodian(partnership: Any) -> Client:
    client: Client = partnership.signed_in("csc", "index_custodian")
    return client


def standing() -> set[tuple[Any, ...]]:
    return set(
        Judgement.objects.filter(withdrawn_at=None).values_list(
            "a_id", "b_id", "verdict", "source", "model", "probability", "note"
        )
    )


def everything() -> tuple[Any, ...]:
    names = set(NameCount.objects.values_list("part", "name", "count"))
    return standing(), names, dict(SourceIdentity.objects.values_list("id", "person_id")), store.content()


@pytest.fixture
def disturbed(partnership: Any, import_rows: Any) -> Any:
    """A store that a whole run would change: its judgements stem from other figures and somebody is alone."""
    for row in FILES:
        import_rows(*row)
    services.run_matching(by=partnership.operator)
    WholeRun.objects.all().delete()
    one = Judgement.objects.filter(source="model", verdict="same", withdrawn_at=None).order_by("id")[0]
    Judgement.objects.filter(withdrawn_at=None, source="model", a=one.a_id).update(
        model="2", verdict="unsure"
    )
    NameCount.objects.filter(part="given").order_by("id")[0].delete()
    joining.regroup_all()
    return partnership


# --- a run as one thing -----------------------------------------------------------------------------------


def test_a_run_is_undone_exactly(disturbed: Any) -> None:
    before = everything()
    run = services.run_matching(by=disturbed.operator)
    assert run.moved >= 1 and everything()[0] != before[0]
    undone = services.undo_run(by=disturbed.operator)
    assert everything() == before
    assert undone.undone_by == disturbed.operator.name
    with pytest.raises(Refused, match="undone already"):
        services.undo_run(by=disturbed.operator)


def test_between_a_run_and_its_undo_the_history_keeps_what_stood(disturbed: Any) -> None:
    services.run_matching(by=disturbed.operator)
    run = WholeRun.objects.get()
    services.undo_run(by=disturbed.operator)
    made = Judgement.objects.filter(at=run.at, source="model")
    assert made.exists() and not made.filter(withdrawn_at=None).exists()
    assert Judgement.objects.filter(withdrawn_at=run.at, source="model").exists(), (
        "and not said to have stood on"
    )


def test_an_answer_given_after_the_run_stands_when_the_run_is_undone(disturbed: Any) -> None:
    services.run_matching(by=disturbed.operator)
    one, other = SourceIdentity.objects.get(local_id="1204"), SourceIdentity.objects.get(local_id="N501")
    services.decide_pair(one=one, other=other, verdict="different", by=disturbed.operator)
    services.undo_run(by=disturbed.operator)
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.person_id != other.person_id


def test_a_run_is_not_undone_under_a_file_that_came_in_since(disturbed: Any, import_rows: Any) -> None:
    services.run_matching(by=disturbed.operator)
    import_rows("education", "later.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Sam Rowan-Hale"))
    with pytest.raises(Refused, match="Files have come in since"):
        services.undo_run(by=disturbed.operator)


def test_the_page_counts_first_then_applies_then_undoes(disturbed: Any, custodian: Client) -> None:
    before = everything()
    counted = custodian.post("/who-is-who/compare").content.decode()
    assert "Nothing has changed yet" in counted and "Records that come to another person" in counted
    assert everything() == before
    custodian.post("/who-is-who/apply")
    assert everything()[0] != before[0]
    listed = custodian.get("/who-is-who").content.decode()
    assert "The latest run" in listed and "Undo this run" in listed
    custodian.post(f"/who-is-who/runs/{WholeRun.objects.get().ref}/undo")
    assert everything() == before
    assert "Undone by" in custodian.get("/who-is-who").content.decode()


# --- which question comes first ---------------------------------------------------------------------------


def test_the_answer_that_settles_most_comes_first(partnership: Any, import_rows: Any) -> None:
    """Two records of one person, both in doubt with a third: one answer settles both, so it is asked first, though
    another pair is likelier; and once said it is not asked again of the other record."""
    for row in FILES:
        import_rows(*row)
    # Records without NHS numbers: two of those are never joined.
    unnumbered = SourceIdentity.objects.exclude(profile__data__has_key="nhs").order_by("id")
    keys = list(unnumbered.values_list("pk", flat=True))[:6]
    Judgement.objects.filter(source="model").delete()
    now = timezone.now()

    def judge(a: int, b: int, verdict: str, probability: float) -> None:
        Judgement.objects.create(
            a_id=keys[a],
            b_id=keys[b],
            verdict=verdict,
            source="model",
            model="3",
            probability=probability,
            at=now,
        )

    judge(0, 1, "same", 0.9999)
    judge(0, 2, "unsure", 0.6)
    judge(1, 2, "unsure", 0.6)
    judge(4, 5, "unsure", 0.97)
    joining.regroup_all()
    lines = queries.questions(partnership.operator)
    assert [line.settles for line in lines] == [2, 1], (
        "two people are asked about once, whatever their records"
    )
    assert queries.count_questions(partnership.operator) == 2
    first, third = (SourceIdentity.objects.get(pk=keys[n]) for n in (0, 2))
    services.decide_pair(one=first, other=third, verdict="different", by=partnership.operator)
    assert [line.settles for line in queries.questions(partnership.operator)] == [1]


# --- two people about one pair ----------------------------------------------------------------------------


@pytest.fixture
def every_answer_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "second_look_one_in", lambda: 1)


def answered(partnership: Any, import_rows: Any) -> Judgement:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("education", "log.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale"))
    line = queries.questions(partnership.operator)[0]
    one, other = queries.pair(partnership.operator, line.a_ref, line.b_ref)
    return services.decide_pair(
        one=one, other=other, verdict="same", note="Rang the school", by=partnership.operator, seconds=40
    )


def test_a_second_person_answers_without_seeing_the_first_answer(
    partnership: Any, import_rows: Any, every_answer_twice: None, custodian: Client
) -> None:
    first = answered(partnership, import_rows)
    assert "waits for a second person" in custodian.get("/who-is-who").content.decode()
    where = custodian.get("/who-is-who/again").headers["Location"]
    shown = custodian.get(where).content.decode()
    for told in (
        "Rang the school",
        "Answered",
        partnership.operator.name,
        "Joined already",
        "are joined today",
    ):
        assert told not in shown, told
    before = store.content()
    custodian.post(where, {"verdict": "different", "note": ""})
    assert store.difference(before, store.content()) == {}, "a second answer joins and parts nobody"
    second = SecondAnswer.objects.get(judgement=first)
    assert second.verdict == "different" and second.seconds is not None
    listed = custodian.get("/who-is-who").content.decode()
    assert (
        "0 of 1 pair that two people answered" in listed and "Two people answered these differently" in listed
    )


def test_nobody_answers_their_own_question_twice(
    partnership: Any, import_rows: Any, every_answer_twice: None
) -> None:
    first = answered(partnership, import_rows)
    assert answering.second_looks(partnership.operator) == []
    with pytest.raises(Refused, match="Somebody else"):
        services.answer_again(judgement=first, verdict="same", by=partnership.operator)
    with pytest.raises(NotFound):
        answering.get_second_look(partnership.operator, first.a.ref, first.b.ref)


def test_about_one_answer_in_ten_is_looked_at_twice() -> None:
    assert catalogue.second_look_one_in() == 10
    chosen = sum(answering.sampled(number, 10) for number in range(5_000))
    assert 400 < chosen < 600


def test_the_page_tells_how_long_an_answer_takes(
    partnership: Any, import_rows: Any, custodian: Client, the_time: time_machine.Traveller
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("education", "log.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale"))
    where = custodian.get("/who-is-who/next").headers["Location"]
    custodian.get(where)
    the_time.shift(37)
    custodian.post(f"{where}/answer", {"verdict": "different", "note": ""})
    assert Judgement.objects.get(source="person").seconds == 37
    assert "37 seconds, the middle one" in custodian.get("/who-is-who").content.decode()
