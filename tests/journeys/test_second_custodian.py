"""A protected person becomes one with another record only when two custodians say so (A-G1, A-D12)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from invented import CROSSWALK, SCHOOL_LOG
from lineofsight.access.models import Alert
from lineofsight.catalogue.errors import NotAllowed, Refused, StepNeeded
from lineofsight.people import queries, services
from lineofsight.people.models import Judgement, Person, Proposal, SourceIdentity

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def first(partnership: Any) -> Client:
    client: Client = partnership.signed_in("csc", "index_custodian")
    return client


@pytest.fixture
def second(partnership: Any) -> Client:
    client: Client = partnership.signed_in("health", "index_custodian")
    return client


@pytest.fixture
def where(partnership: Any, import_rows: Any) -> str:
    """The address of a pair: Sam, whose place is hidden, and what the school holds of somebody."""
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("education", "log.csv", SCHOOL_LOG.replace("Samuel Rowan-Hale", "Jamie Hale"))
    one = SourceIdentity.objects.get(local_id="1204")
    other = SourceIdentity.objects.filter(agency="education").order_by("id")[0]
    Person.objects.filter(pk=one.person_id).update(restricted=True)
    return f"/who-is-who/{one.ref}/{other.ref}"


def people_of(where: str) -> set[int]:
    return {SourceIdentity.objects.get(ref=ref).person_id for ref in where.split("/")[-2:]}


def propose(client: Client, where: str) -> str:
    answer = client.post(f"{where}/answer", {"verdict": "same", "note": "Rang the school"}, follow=True)
    return answer.content.decode()


def test_one_custodian_alone_joins_nobody(first: Client, where: str) -> None:
    told = propose(first, where)
    assert "nothing is joined until a second custodian agrees" in told
    assert len(people_of(where)) == 2 and not Judgement.objects.filter(source="person").exists()
    assert "Waiting for a second custodian" in first.get("/who-is-who").content.decode()
    shown = first.get(where, follow=True).content.decode()
    assert "Take it back" in shown and "Your answer" not in shown
    refused = first.post(f"{where}/second-custodian", {"verdict": "same", "note": ""}).content.decode()
    assert "Another custodian has to agree" in refused and len(people_of(where)) == 2


def test_two_custodians_join_and_a_guardian_is_told_and_it_can_be_undone(
    first: Client, second: Client, where: str
) -> None:
    propose(first, where)
    shown = second.get(where, follow=True).content.decode()
    assert "Rang the school" in shown and "a guardian is told" in shown
    answer = second.post(f"{where}/second-custodian", {"verdict": "same", "note": ""}, follow=True)
    assert "Two custodians agree" in answer.content.decode()
    assert len(people_of(where)) == 1
    judgement = Judgement.objects.get(source="person")
    assert judgement.note.startswith("Agreed by ") and "Rang the school" in judgement.note
    assert Alert.objects.filter(kind="merged").exists()
    assert "Waiting for a second custodian" not in second.get("/who-is-who").content.decode()
    second.post(f"{where}/undo")
    assert len(people_of(where)) == 2


def test_a_second_custodian_who_doubts_it_leaves_an_open_question(
    first: Client, second: Client, where: str
) -> None:
    asked = first.get("/who-is-who").content.decode().count("data-key-item")
    propose(first, where)
    assert first.get("/who-is-who").content.decode().count("data-key-item") < asked
    second.post(f"{where}/second-custodian", {"verdict": "unsure", "note": ""})
    assert len(people_of(where)) == 2 and Proposal.objects.get().verdict == "unsure"
    assert second.get("/who-is-who").content.decode().count("data-key-item") == asked
    assert second.get(f"{where}/second-custodian").status_code == 404


def test_it_is_taken_back_or_answered_anew(first: Client, where: str) -> None:
    propose(first, where)
    first.post(f"{where}/second-custodian/withdraw")
    assert "Your answer" in first.get(where).content.decode()
    propose(first, where)
    first.post(f"{where}/answer", {"verdict": "different", "note": ""})
    assert not Proposal.objects.filter(closed_at=None).exists()
    assert Judgement.objects.get(source="person").verdict == "different"


def test_the_second_has_to_prove_who_they_are_and_the_first_to_be_a_custodian_still(
    partnership: Any, first: Client, second: Client, where: str
) -> None:
    propose(first, where)
    proposal = Proposal.objects.get()
    with pytest.raises(StepNeeded):
        services.answer_proposal(
            proposal=proposal, verdict="same", by=partnership.by("health", "index_custodian")
        )
    partnership.worker("csc", "index_custodian").roles.all().delete()
    with pytest.raises(NotAllowed):
        services.answer_proposal(
            proposal=proposal, verdict="same", by=partnership.by("health", "index_custodian", fresh=True)
        )
    assert len(people_of(where)) == 2 and Proposal.objects.get().closed_at is None


def test_an_unprotected_pair_needs_one(partnership: Any, first: Client, where: str) -> None:
    Person.objects.update(restricted=False)
    propose(first, where)
    assert len(people_of(where)) == 1


def test_nothing_waits_twice(partnership: Any, first: Client, second: Client, where: str) -> None:
    propose(first, where)
    proposal = Proposal.objects.get()
    services.withdraw_proposal(proposal=proposal, by=partnership.by("csc", "index_custodian"))
    with pytest.raises(Refused, match="no longer waits"):
        services.answer_proposal(
            proposal=proposal, verdict="same", by=partnership.by("health", "index_custodian", fresh=True)
        )
    assert queries.proposals(partnership.by("health", "index_custodian")) == []
