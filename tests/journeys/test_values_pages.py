"""An information officer clears the spellings that wait, through the pages and by command."""

from __future__ import annotations

import csv
import io
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from test_values_settled import CONTACTS, GENDER, SOURCE, riverside, titles

import store
from lineofsight.access import ledger
from lineofsight.catalogue.errors import DomainError
from lineofsight.records import questions, settling

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def officer(partnership: Any, import_rows: Any) -> Any:
    import_rows("csc", "contacts.csv", riverside(CONTACTS))
    return partnership.signed_in("csc", "information_officer")


def text(answer: Any) -> str:
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(words.replace("&#39;", "'").split())


def questions_of(client: Any, field: str, **more: str) -> Any:
    return client.get(reverse("records:value_questions", args=["csc"]), {"field": field, **more})


def test_an_officer_finds_what_waits_answers_it_and_undoes_it(officer: Any, partnership: Any) -> None:
    before = store.exact()
    assert b'data-label="Spellings">3<' in officer.get(reverse("records:values")).content
    page = text(officer.get(reverse("records:values_of_agency", args=["csc"])))
    assert "Contact Source, Referral Source" in page and "Gender" in page
    shown = text(questions_of(officer, SOURCE))
    assert "Riverside scheme 1 time" in shown and "Riverside scheme Project 1 time" in shown
    given = {
        "field": SOURCE,
        "answer_0": "is Other",
        "spelling_0": ["Riverside scheme", "Riverside scheme Project"],
    }
    preview = officer.post(reverse("records:preview_values", args=["csc"]), given)
    assert "2 rows hold one of these spellings" in text(preview)
    assert "2 rows tell something else than now; 2 entries on chronologies read otherwise" in text(preview)
    assert store.difference(before, store.exact()) == {}
    done = officer.post(reverse("records:settle_values", args=["csc"]), given, follow=True)
    assert "2 spellings settled" in text(done)
    assert titles(partnership).count("Contact to social care from Other") == 2
    answers = officer.get(reverse("records:value_answers"))
    assert "Riverside scheme Project Other" in text(answers) and "Worker 1 of csc" in text(answers)
    ref = questions.settled_values(partnership.operator)[0].ref
    asked = officer.get(reverse("records:undo_value", args=[ref]) + "?together=1")
    assert "2 rows tell something else than now" in text(asked)
    undone = officer.post(reverse("records:undo_value", args=[ref]), {"together": "1"}, follow=True)
    assert "2 answers undone" in text(undone) and "Undone" in text(undone)
    assert store.difference(before, store.exact()) == {}
    deeds = [row.detail.get("deed") for row in ledger.rows_about("partnership", [""])]
    assert "settle_values" in deeds and "undo_values" in deeds


def test_one_at_a_time_offers_every_value_and_staying_as_written(officer: Any) -> None:
    page = questions_of(officer, GENDER, one="1")
    assert "this is number 1" in text(page) and "None of these: it stays as it is written" in text(page)
    assert page.content.count(b'type="radio"') >= 4
    given = {"field": GENDER, "one": "1", "from": "0", "answer_0": "as written", "spelling_0": ["Lad"]}
    preview = officer.post(reverse("records:preview_values", args=["csc"]), given)
    assert "No row tells anything else than now" in text(preview)
    done = officer.post(reverse("records:settle_values", args=["csc"]), given, follow=True)
    assert "Gender" not in text(done).split("Answers for this agency")[0]


def test_nothing_chosen_and_wrong_choices_change_nothing(officer: Any) -> None:
    before = store.exact()
    for given in (
        {"field": SOURCE, "answer_0": "", "spelling_0": ["Riverside scheme"]},
        {"field": SOURCE, "answer_0": "is Moon", "spelling_0": ["Riverside scheme"]},
        {"field": SOURCE},
    ):
        for name in ("preview_values", "settle_values"):
            answer = officer.post(reverse(f"records:{name}", args=["csc"]), given, follow=True)
            assert answer.status_code == 200 and "What do these mean" in text(answer)
    assert store.difference(before, store.exact()) == {}


def test_an_unknown_column_or_agency_is_not_found(officer: Any) -> None:
    assert questions_of(officer, "annex_a.moon").status_code == 404
    assert officer.get(reverse("records:values_of_agency", args=["moon"])).status_code == 400


def test_only_custodians_are_offered_every_agency(officer: Any, partnership: Any) -> None:
    assert "Every agency that writes it" not in text(questions_of(officer, SOURCE))
    custodian = partnership.signed_in("csc", "information_officer", "sys_admin")
    assert "Every agency that writes it" in text(questions_of(custodian, SOURCE))
    given = {"field": SOURCE, "whom": "all", "answer_0": "is Other", "spelling_0": ["Riverside scheme"]}
    assert officer.post(reverse("records:settle_values", args=["csc"]), given).status_code == 403
    assert "1 spelling settled" in text(
        custodian.post(reverse("records:settle_values", args=["csc"]), given, follow=True)
    )
    assert "every agency" in text(custodian.get(reverse("records:value_answers")))


# --- by command -------------------------------------------------------------------------------------------

LIST = """\
column,raw_value
Contact Source,3B: Health services
Contact Source,Riverside scheme
Ethnicity,WBRI - White British
Shoe size,9
Gender,
"""


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("values", *arguments, stdout=out)
    return out.getvalue()


def test_a_list_of_spellings_is_told_what_the_importer_does_with_each(
    tmp_path: Path, partnership: Any
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(command(str(path), "--csv"))))
    assert [(row["does"], row["code"]) for row in rows] == [
        ("mapped", "Health services"), ("asked", ""), ("mapped", "White"), ("not coded", ""), ("empty", ""),
    ]  # fmt: skip
    assert all(row["why"] for row in rows)
    assert json.loads(command(str(path), "--json"))[0]["why"] == "the code 3B"
    assert "2 mapped, 1 asked" in command(str(path))


def test_what_waits_is_listed_and_answers_travel_as_yaml(
    officer: Any, partnership: Any, tmp_path: Path
) -> None:
    assert "csc  annex_a.gender: “Lad” (2 times)" in command()
    before = store.exact()
    path = tmp_path / "answers.yaml"
    path.write_text(
        "values:\n  csc:\n    annex_a.source: {Riverside scheme: LA services}\n"
        "    annex_a.gender: {Lad: (as written)}\n  all:\n    annex_a.source: {Talking shed: Other}\n",
        encoding="utf-8",
    )
    told = json.loads(command("--import", str(path), "--json"))
    assert told == {"answers": 3, "settled": 3, "settled_already": 0}
    assert "Contact to social care from LA services" in titles(partnership)
    kept = tmp_path / "kept.yaml"
    kept.write_text(command("--export"), encoding="utf-8")
    again = json.loads(command("--import", str(kept), "--json"))
    assert again == {"answers": 3, "settled": 0, "settled_already": 3}
    for one in questions.settled_values(partnership.operator):
        settling.undo_values(settled=[one], by=partnership.operator)
    assert store.difference(before, store.exact()) == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: b", "answers start with"), ("values: {csc: [1]}", "a mapping is needed"), ("values: [", "not readable YAML"),
        ("values: {csc: {annex_a.source: {Riverside scheme: }}}", "has no answer"),
        ("values: {moon: {annex_a.source: {Riverside scheme: Other}}}", "moon"),
        ("values: {csc: {annex_a.source: {Riverside scheme: Moon}}}", "is not a value of"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_read_are_refused_in_words(
    content: str, words: str, partnership: Any, tmp_path: Path
) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DomainError, match=words):
        command("--import", str(path))
