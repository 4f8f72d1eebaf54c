"""Rules of access that are met on the way round them: lifting a conflict, opening once too often, a look-up without a
purpose, a row about a sealed child, and what a guardian is and is not told of on the spot."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from invented import FILES
from lineofsight.access.models import Alert, LedgerRow
from lineofsight.catalogue.errors import NotAllowed, NotFound, Refused, StepNeeded
from lineofsight.partners.models import HomeDetails
from lineofsight.people import admitting, arriving, index
from lineofsight.people import queries as people
from lineofsight.people.models import Person, SourceIdentity

REASON = "The child is at the station and alone."
SAM = {"surname": "Rowan-Hale", "forename": "Sam", "dob": "12/03/2011"}


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    hits = people.search(partnership.operator, "Rowan-Hale")
    return people.get_child(partnership.operator, next(h.ref for h in hits if "csc" in h.agencies))


def told(kind: str) -> int:
    return Alert.objects.filter(kind=kind).count()


# --- conflicts of interest ---------------------------------------------------------------------------------


def test_a_conflict_is_lifted_by_another_agency_s_guardian_alone(partnership: Any, sam: Any) -> None:
    """A-D2, A-D12: with a reason and a fresh proof, and never by the worker's own agency or by themselves."""
    known = partnership.worker("csc", "practitioner", "guardian")
    child = partnership.around(sam, known)
    admitting.declare_conflict(child=child, worker=known.ref, by=known.actor())

    def lift(by: Any, reason: str = "They moved away.") -> int:
        return admitting.lift_conflict(child=child, worker=known.ref, reason=reason, by=by)

    for nobody in (
        known.actor(fresh=True),
        partnership.by("csc", "guardian", fresh=True),
        partnership.by("police", "team_manager", fresh=True),
        partnership.by("csc", "sys_admin", fresh=True),
    ):
        with pytest.raises(NotAllowed):
            lift(nobody)
    with pytest.raises(StepNeeded):
        lift(partnership.by("police", "guardian"))
    with pytest.raises(Refused, match="Say why"):
        lift(partnership.by("police", "guardian", fresh=True), " ")
    with pytest.raises(NotFound):
        people.get_child(known.actor(), sam.ref)
    assert lift(partnership.by("police", "guardian", fresh=True)) == 1
    assert people.get_child(known.actor(), sam.ref).ref == sam.ref
    row = LedgerRow.objects.filter(action="conflict.lift", outcome="done").get()
    assert row.actor == partnership.worker("police", "guardian").ref


# --- in an emergency ---------------------------------------------------------------------------------------


def test_three_uses_that_nobody_reviewed_stop_the_fourth(partnership: Any, sam: Any) -> None:
    """A-P5: until a guardian has looked at one of them."""
    by = partnership.by("police", fresh=True)
    for _ in range(3):
        admitting.break_glass(child=sam, reason=REASON, by=by)
    with pytest.raises(NotAllowed):
        admitting.break_glass(child=sam, reason=REASON, by=by)
    assert told("break_glass") % 3 == 0, "of the fourth nothing came about"
    admitting.break_glass(child=sam, reason=REASON, by=partnership.by("health", fresh=True))
    guardian = partnership.by("health", "guardian")
    admitting.review_emergency(worker=by.ref, about=sam.ref, finding="as_it_should_be", by=guardian)
    admitting.break_glass(child=sam, reason=REASON, by=by)


# --- looking somebody up -----------------------------------------------------------------------------------


def test_a_look_up_without_a_purpose_finds_nothing_and_tells_nobody(partnership: Any, sam: Any) -> None:
    """A-C1: a coded purpose, in words when it is another; with one's own child nobody asks."""
    client, address = partnership.signed_in("housing"), reverse("desk:look_up")
    for purpose in ({}, {"why": ""}, {"why": "curious"}, {"why": "other", "other": " "}):
        answer = client.post(address, SAM | purpose)
        shown = answer.content.decode()
        assert "govuk-error-summary" in shown and sam.ref not in shown, purpose
    with pytest.raises(StepNeeded):
        index.look_up(partnership.by("housing"), SAM, " ")
    assert told("index_look") == 0
    found = client.post(address, SAM | {"why": "referral"}).content.decode()
    assert "govuk-error-summary" not in found and told("index_look") >= 1
    partnership.around(sam, partnership.worker("housing"))
    assert client.get(reverse("desk:child", args=[sam.ref])).status_code == 200


def test_somebody_of_the_searcher_s_own_home_is_not_found(partnership: Any, sam: Any) -> None:
    """A-S2, and near it: another house of the same street and the same name tells nobody."""
    near, own = partnership.worker("housing"), partnership.worker("health")
    HomeDetails.objects.create(worker=near, surname="Rowan-Hale", street="12 Quay Street", postcode="NS1 9ZZ")
    HomeDetails.objects.create(worker=own, surname="Other", street="12 Quay Street", postcode="NS1 2AB")
    assert index.look_up(near.actor(), SAM, "A referral").ref == sam.ref
    assert told("own_household") == 0
    with pytest.raises((NotAllowed, NotFound, StepNeeded)):
        index.look_up(own.actor(), SAM, "A referral")
    assert told("own_household") >= 1


def test_the_third_look_up_of_one_person_is_told_and_the_second_is_not(partnership: Any, sam: Any) -> None:
    """W-1: without a basis. Of one's own child it is no look-up at all."""
    by = partnership.by("housing")
    for _ in range(2):
        index.look_up(by, SAM, "A referral")
    assert told("index_often") == 0
    index.look_up(by, SAM, "A referral")
    assert told("index_often") >= 1
    before = told("index_look")
    member = partnership.worker("health")
    partnership.around(sam, member)
    for _ in range(4):
        index.look_up(member.actor(), SAM, "A referral")
    assert told("index_look") == before


def test_a_protected_child_who_is_tried_is_told_and_another_is_not(partnership: Any, sam: Any) -> None:
    """W-1: whoever is simply in no team with a child and tries the address has made a mistake."""
    client = partnership.signed_in("housing")
    address = reverse("desk:child", args=[sam.ref])
    assert client.get(address).status_code == 404 and told("protected_touched") == 0
    admitting.shield(
        child=sam, kind="shield.sealed", reason="Threats", named=(partnership.worker("csc").ref,),
        review_on=date(2099, 1, 1), by=partnership.operator,
    )  # fmt: skip
    assert client.get(address).status_code == 404 and told("protected_touched") >= 1


# --- a row about a sealed child ----------------------------------------------------------------------------


def test_a_row_about_a_sealed_child_waits_and_its_sender_sees_no_difference(
    partnership: Any, sam: Any
) -> None:
    """A-G2: no second person is made, the custodian's side is told, and the answer is that of any row."""
    by = partnership.by("housing")
    answers = [arriving.arrive(row=SAM, by=by)]
    answers.append(arriving.arrive(row=SAM | {"surname": "Nobody", "forename": "Nia"}, by=by))
    admitting.shield(
        child=sam, kind="shield.sealed", reason="Threats", named=(partnership.worker("csc").ref,),
        review_on=date(2099, 1, 1), by=partnership.operator,
    )  # fmt: skip
    before = (Person.objects.count(), SourceIdentity.objects.count())
    assert told("quarantine") == 0
    answers.append(arriving.arrive(row=SAM, by=by))
    assert {one.told for one in answers} == {"received"}
    assert [one.effect for one in answers] == ["match", "new_person", "quarantine"]
    assert (Person.objects.count(), SourceIdentity.objects.count()) == before
    assert told("quarantine") >= 1 and answers[-1].ref == ""
