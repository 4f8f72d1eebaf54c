"""The matcher at the command line: count first, learn, approve with a name, write the questions down."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

import store
from invented import CROSSWALK, FILES, SCHOOL_LOG
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.matching import load_model_text, model_text
from lineofsight.people import joining, matching, queries, services, training
from lineofsight.people.learning import Learnt
from lineofsight.people.management.commands.match import Command
from lineofsight.people.models import Judgement, LearntModel, SourceIdentity

pytestmark = pytest.mark.usefixtures("consistent")


FORESEEN = {
    "joins": 4_000, "questions": 300, "wrong": {"strangers": 1.2, "one household": 0.4, "twins": 0.1},
    "by_family_name": [["one in a hundred records or more", 200, 90, 40], ["fewer", 9_800, 6_000, 300]],
}  # fmt: skip


def learnt(version: str, others: float) -> LearntModel:
    from dataclasses import replace

    from lineofsight.people import card

    figures = replace(matching.shipped().figures, version=version, others=others)
    told = Learnt(figures, 10_000, 900, 800, 700, 600.0, {"household": 50.0, "twins": 4.0, "namesakes": 3.0})
    return LearntModel.objects.create(
        version=version,
        figures=model_text(figures),
        card=card.of(told, matching.shipped().figures, FORESEEN),
        made_by="a test",
    )


def test_a_run_is_counted_first_and_changes_nothing_by_that(partnership: Any, import_rows: Any) -> None:
    for row in FILES:
        import_rows(*row)
    services.run_matching(by=partnership.operator)
    SourceIdentity.objects.filter(local_id="H77").update(
        person=SourceIdentity.objects.get(local_id="1206").person
    )
    before = store.exact()
    counted = services.run_matching(by=partnership.operator, only_count=True)
    assert counted.moved >= 1 and not counted.done
    assert {
        key: value for key, value in store.difference(before, store.exact()).items() if "ledger" not in key
    } == {}
    done = services.run_matching(by=partnership.operator)
    assert (done.moved, done.people, done.done) == (counted.moved, counted.people, True)


def test_questions_go_to_a_file_with_both_sides_and_the_reason(
    partnership: Any, import_rows: Any, tmp_path: Path
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("education", "log.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale"))
    path = tmp_path / "questions.csv"
    assert Command().write_questions(path, partnership.operator)["questions"] == 1
    (row,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert {row["a_agency"], row["b_agency"]} == {"csc", "education"}
    assert "1204" in (row["a_local_id"], row["b_local_id"])
    assert row["reason"]
    with pytest.raises(Refused, match="cannot be written"):
        Command().write_questions(tmp_path / "nowhere" / "questions.csv", partnership.operator)


def test_a_sure_pair_that_the_groups_would_not_bear_says_so(partnership: Any, import_rows: Any) -> None:
    for row in FILES:
        import_rows(*row)
    one = SourceIdentity.objects.get(local_id="1204")
    judgement = Judgement.objects.filter(a=one, source="model", verdict="same", withdrawn_at=None)[0]
    other = SourceIdentity.objects.get(local_id="1206")
    SourceIdentity.objects.filter(pk=judgement.b_id).update(person=other.person)
    judgement = Judgement.objects.get(pk=judgement.pk)
    assert queries.asked_because(judgement) == (queries.REFUSED_JOIN,)
    services.run_matching(by=partnership.operator)
    assert queries.asked_because(Judgement.objects.get(pk=judgement.pk)) == tuple(judgement.reasons)


def test_too_few_records_teach_nothing(partnership: Any, import_rows: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    with pytest.raises(Refused, match="the shipped figures stand"):
        training.learn_model(by=partnership.operator)
    assert not LearntModel.objects.exists()


def test_learnt_figures_count_once_a_named_person_has_approved_them(partnership: Any, tmp_path: Path) -> None:
    operator = partnership.operator
    learnt("2026-05-01.1", 1.2)
    assert joining.model() is matching.shipped()
    with pytest.raises(Refused, match="who approves"):
        training.approve_model(version="2026-05-01.1", name=" ", by=operator)
    training.approve_model(version="2026-05-01.1", name="Noor Brandreth", by=operator)
    assert joining.model().figures.others == 1.2
    learnt("2026-05-02.1", 1.3)
    training.approve_model(version="2026-05-02.1", name="Noor Brandreth", by=operator)
    assert joining.model().version == "2026-05-02.1"
    with pytest.raises(Refused, match="retired by Noor Brandreth"):
        training.approve_model(version="2026-05-01.1", name="Ada Fenwick", by=operator)
    card, picture = queries.model_card(operator)
    assert "Approved by Noor Brandreth" in card and "the same given name" in card
    assert "| put to a person | 300 | 30.0 |" in card and "| strangers | 1.2 | 12.0 |" in card
    assert "| one in a hundred records or more | 200 | 45.0% | 20.0% |" in card
    assert picture.startswith("<svg") and "script" not in picture
    Command().write_card(tmp_path / "card.md", operator)
    assert (tmp_path / "card.svg").exists()
    training.retire_model(version="2026-05-02.1", name="Noor Brandreth", by=operator)
    assert joining.model() is matching.shipped()
    with pytest.raises(NotFound, match=r"2026-05-01\.1, 2026-05-02\.1"):
        training.retire_model(version="2027-01-01.1", name="x", by=operator)


def test_a_model_survives_its_writing_down() -> None:
    figures = matching.shipped().figures
    assert load_model_text(model_text(figures), name="again") == figures
