"""A person says who is who: the question, the answer, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import enrol
from lineofsight.access import ledger
from lineofsight.access.actor import Actor
from lineofsight.partners import queries as partners
from lineofsight.partners import services as partner_services
from lineofsight.people import queries, services
from lineofsight.people.views import in_a_hundred, likelihood
from store import agreed

SOURCES = count(1)
OPERATOR = Actor.operator()
SAM: dict[str, Any] = {
    "kind": "child",
    "names": [{"given": "Sam", "family": "Rowan-Hale", "use": "legal"}],
    "birth": {"from": "2011-03-12", "to": "2011-03-12", "precision": "day"},
    "sex": "M",
    "addresses": [{"text": "12 Quay Street, Northshore", "postcode": "NS1 2AB", "ok": True, "use": "home"}],
    "phones": [{"value": "+447700900123", "raw": "07700 900123"}],
    "school": {"name": "Harbour Academy", "urn": "", "from": None, "to": None},
}


@pytest.fixture(autouse=True)
def partnership(db: None) -> None:
    agreed(OPERATOR)


@pytest.fixture
def custodian(client: Client) -> Iterator[Client]:
    client.force_login(worker("index_custodian"))
    yield client


def worker(role: str) -> Any:
    return enrol(partner_services.add_worker(
        email=f"{role}@northshore.example", name="Ines Marlow", agency=partners.agency("csc"), roles=[role],
        training_until=date(2099, 1, 1), by=OPERATOR,
    )[0])  # fmt: skip


def say(agency: str, system: str, local_id: str, facts: dict[str, Any]) -> str:
    """An agency says this of someone. Returns the reference of its record."""
    with transaction.atomic():
        pk = services.identities_for(agency=agency, system=system, local_ids=[local_id])[local_id]
        row = services.SaidRow(pk, next(SOURCES), "", f"{agency} {local_id}", facts)
        services.take_statements([row], at=timezone.now())
        services.settle([pk], at=timezone.now())
    return next(
        i.ref for i in queries.assemble(queries.owners_of([pk])[pk]).identities if i.local_id == local_id
    )


@pytest.fixture
def pair() -> tuple[str, str]:
    """A restricted record always goes to a person, so this pair is sure to be a question."""
    number = {"kind": "nhs", "value": "9990000018", "raw": "999 000 0018", "ok": True}
    failing = {"kind": "upn", "value": "X1", "raw": "X1", "ok": False, "why": "too short for a UPN"}
    one = say("csc", "case", "1204", {**SAM, "identifiers": [number, failing]})
    other = say("health", "ed", "H77", {**SAM, "sex": "F", "identifiers": [number]})
    return one, other


def question(refs: tuple[str, str], name: str = "question") -> str:
    return reverse(f"people:{name}", args=refs)


def test_the_list_is_kind_when_there_is_nothing_to_answer(custodian: Client) -> None:
    words = custodian.get(reverse("people:questions")).content.decode()
    assert "No open questions" in words and "Nobody has answered a question yet." in words
    assert "Compare everyone again" in words and "about two minutes for a million" in words
    answer = custodian.get(reverse("people:next"), follow=True)
    assert "There is no open question left." in answer.content.decode()


def test_two_records_stand_side_by_side(custodian: Client, pair: tuple[str, str]) -> None:
    words = custodian.get(question(pair)).content.decode()
    for shown in (
        "Sam Rowan-Hale",
        "12 March 2011",
        "NHS number 9990000018",
        "Harbour Academy",
        "07700 900123",
    ):
        assert shown in words
    assert "Agrees" in words and "Differs" in words
    assert "too short for a UPN" in words and "Not relied on" in words
    assert "style=" not in words.replace("stylesheet", "")
    person = queries.owners_of([queries.pair(OPERATOR, *pair)[0].pk]).popitem()[1]
    assert any(row.purpose == "who is who" for row in ledger.rows_about("child", [person.ref]))


def test_different_and_back_again(custodian: Client, pair: tuple[str, str]) -> None:
    """Given an answer, the next question opens with the way back; undo leaves everything as before."""
    before = queries.pair(OPERATOR, *pair)[0].person_id == queries.pair(OPERATOR, *pair)[1].person_id
    answer = custodian.post(
        question(pair, "answer"), {"verdict": "different", "note": "Two <b>cousins"}, follow=True
    )
    words = answer.content.decode()
    assert "Saved for Sam Rowan-Hale: different people." in words
    assert f'href="{question(pair)}#answered">Undo</a>' in words
    one, other = queries.pair(OPERATOR, *pair)
    assert one.person_id != other.person_id
    shown = custodian.get(question(pair)).content.decode()
    assert (
        "Answered: different people" in shown and "Two &lt;b&gt;cousins" in shown and "Ines Marlow" in shown
    )
    assert "Different people" in custodian.get(reverse("people:questions")).content.decode()
    undone = custodian.post(question(pair, "undo"), follow=True).content.decode()
    assert "The answer is undone." in undone and "Answered:" not in undone
    one, other = queries.pair(OPERATOR, *pair)
    assert (one.person_id == other.person_id) is before
    assert custodian.post(question(pair, "undo")).status_code == 404


def test_same_joins_and_says_beforehand_what_it_joins(custodian: Client) -> None:
    one = say("csc", "case", "1", SAM)
    other = say("police", "nspis", "2", {"names": [{"given": "Tobi", "family": "Adeyemi", "use": "legal"}]})
    shown = custodian.get(question((one, other))).content.decode()
    assert "What “Same person” would join" in shown and "These 2 records" in shown
    custodian.post(question((one, other), "answer"), {"verdict": "same"})
    first, second = queries.pair(OPERATOR, one, other)
    assert first.person_id == second.person_id
    assert "What “Same person” would join" not in custodian.get(question((one, other))).content.decode()


def test_what_could_find_a_restricted_child_is_not_shown(custodian: Client) -> None:
    one = say("csc", "case", "1", {**SAM, "restricted": True})
    other = say("health", "ed", "2", SAM)
    words = custodian.get(question((one, other))).content.decode()
    for kept in ("Quay Street", "NS1 2AB", "07700", "Harbour Academy"):
        assert kept not in words
    assert words.count("Not shown: restricted") == 3
    assert "Sam Rowan-Hale" in words
    listed = custodian.get(reverse("people:questions")).content.decode()
    assert "1 open question" in listed and "restricted, so a person decides" in listed
    led = custodian.get(reverse("people:next"))
    assert set(led.url.split("/")[-2:]) == {one, other}
    again = custodian.get(reverse("people:next"), {"after_a": one, "after_b": other}, follow=True)
    assert "This is the only open question." in again.content.decode()


def test_an_answer_that_is_none_keeps_the_note(custodian: Client, pair: tuple[str, str]) -> None:
    words = custodian.post(
        question(pair, "answer"), {"verdict": "perhaps", "note": "Rang the school"}
    ).content.decode()
    assert "There is something to check" in words and "Rang the school</textarea>" in words
    assert queries.answers(OPERATOR) == []


def test_everyone_is_compared_again(custodian: Client, pair: tuple[str, str]) -> None:
    counted = custodian.post(reverse("people:compare")).content.decode()
    assert "Nothing has changed yet" in counted and "2 records were compared" in counted
    words = custodian.post(reverse("people:apply"), follow=True).content.decode()
    assert "Compared 2 records." in words


@pytest.mark.parametrize("role", ["practitioner", "information_officer", "guardian", "sys_admin"])
def test_others_do_not_see_who_is_who(client: Client, pair: tuple[str, str], role: str) -> None:
    client.force_login(worker(role))
    assert client.get(reverse("people:questions")).status_code == 403
    assert client.get(question(pair)).status_code == 403
    assert client.post(question(pair, "answer"), {"verdict": "same"}).status_code == 403
    assert client.post(reverse("people:compare")).status_code == 403


def test_an_unknown_pair_is_nothing(custodian: Client, pair: tuple[str, str]) -> None:
    assert custodian.get(question((pair[0], "P000000000000"))).status_code == 404


@pytest.mark.parametrize(
    ("probability", "words", "figure"),
    [(0.999, "very likely", "more than 99 in 100"), (0.8, "likely", "about 80 in 100"),
     (0.3, "possible", "about 30 in 100"), (0.001, "possible", "fewer than 1 in 100")],
)  # fmt: skip
def test_likelihood_in_words(probability: float, words: str, figure: str) -> None:
    assert (likelihood(probability), in_a_hundred(probability)) == (words, figure)
