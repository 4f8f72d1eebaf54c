"""Signing in and out, and giving and ending accounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lineofsight.access import ledger
from lineofsight.access.actor import Actor
from lineofsight.partners import queries, services
from store import agreed

PASSWORD = "a long enough pass phrase"


@pytest.fixture
def partnership(db: None) -> Actor:
    by = Actor.operator()
    agreed(by)
    return by


def worker(by: Actor, email: str, *roles: str, name: str = "Ada Lindqvist") -> Any:
    return services.add_worker(
        email=email, name=name, agency=queries.agency("csc"), roles=list(roles), password=PASSWORD, by=by
    )[0]


@pytest.fixture
def administrator(partnership: Actor) -> Any:
    return worker(partnership, "ada@northshore.example", "sys_admin")


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("partners:sign_in"), {"email": email, "password": password, **more})


def test_a_worker_signs_in_and_is_led_to_the_page_they_asked_for(client: Client, administrator: Any) -> None:
    asked = client.get("/manage/people")
    assert asked.status_code == 302 and asked.url == "/sign-in?next=/manage/people"
    assert 'name="next" value="/manage/people"' in client.get(asked.url).content.decode()
    answer = sign_in(client, "ADA@northshore.example", next="/manage/people")
    assert (answer.status_code, answer.url) == (302, "/manage/people")
    row = ledger.rows_about("worker", [administrator.ref])[0]
    assert (row.action, row.outcome, row.actor) == ("account.sign_in", "done", administrator.ref)


@pytest.mark.parametrize(
    "next_", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(client: Client, administrator: Any, next_: str) -> None:
    assert sign_in(client, "ada@northshore.example", next=next_).url == reverse("desk:home")


def test_an_unknown_address_and_a_wrong_password_sound_the_same(client: Client, administrator: Any) -> None:
    unknown = sign_in(client, "nobody@northshore.example")
    wrong = sign_in(client, "ada@northshore.example", "not the pass phrase")
    for answer in (unknown, wrong):
        assert "We do not recognise this address and password together" in answer.content.decode()
        assert "sessionid" not in answer.cookies
    rows = [row for row in ledger.rows_about("worker", [""]) if row.action == "account.sign_in"]
    assert [row.outcome for row in rows] == ["refused", "refused"]
    assert all("northshore" not in str(row.detail) for row in rows)
    assert rows[0].detail["address"] != rows[1].detail["address"]


def test_what_was_typed_stays_apart_from_the_password(client: Client, administrator: Any) -> None:
    shown = sign_in(client, "ada@northshore.example", "not the pass phrase").content.decode()
    assert 'value="ada@northshore.example"' in shown
    assert "not the pass phrase" not in shown


def test_who_is_signed_in_is_not_asked_again(client: Client, administrator: Any) -> None:
    client.force_login(administrator)
    assert client.get(reverse("partners:sign_in")).url == reverse("desk:home")


def test_signing_out_ends_the_session_and_is_written_down(client: Client, administrator: Any) -> None:
    client.force_login(administrator)
    answer = client.post(reverse("partners:sign_out"), follow=True)
    assert "You are signed out." in answer.content.decode()
    assert client.get("/manage/people").status_code == 302
    assert ledger.rows_about("worker", [administrator.ref])[0].action == "account.sign_out"
    assert client.post(reverse("partners:sign_out")).status_code == 302


def test_an_administrator_gives_an_account_and_sees_the_password_once(
    client: Client, administrator: Any
) -> None:
    client.force_login(administrator)
    assert "Children&#39;s Social Care" in client.get(reverse("partners:add_worker")).content.decode()
    given = {
        "name": "Femi <Okafor>", "email": "femi@police.example", "agency": "police", "job": "Constable",
        "team": "Missing", "roles": ["practitioner"],
    }  # fmt: skip
    answer = client.post(reverse("partners:add_worker"), given)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    words = answer.content.decode()
    assert "Femi &lt;Okafor&gt;" in words and "only time the password is shown" in words
    password = words.split('data-copy="')[1].split('"')[0]
    assert password not in client.get(reverse("partners:workers")).content.decode()
    assert sign_in(Client(), "femi@police.example", password).status_code == 302
    again = client.post(reverse("partners:add_worker"), given).content.decode()
    assert "There is already an account for femi@police.example." in again
    assert 'href="#id_email"' in again and 'value="Constable"' in again


def test_an_account_ends_after_a_question_and_at_once(client: Client, administrator: Any) -> None:
    leaver = worker(Actor.operator(), "jo@northshore.example", "practitioner", name="Jo Whitcombe")
    theirs = Client()
    theirs.force_login(leaver)
    client.force_login(administrator)
    address = reverse("partners:end_account", args=[leaver.ref])
    assert "can no longer sign in" in client.get(address).content.decode()
    answer = client.post(address, follow=True).content.decode()
    assert "The account of Jo Whitcombe has ended." in answer and "Ended" in answer
    assert theirs.get("/manage/people").status_code == 302
    assert sign_in(Client(), "jo@northshore.example").status_code == 200
    own = client.post(reverse("partners:end_account", args=[administrator.ref])).content.decode()
    assert "You cannot end your own account." in own
    assert client.get(reverse("partners:end_account", args=["W000000000000"])).status_code == 404


def test_whom_to_ring_at_an_agency(client: Client, administrator: Any) -> None:
    client.force_login(administrator)
    assert "Nobody named yet" in client.get(reverse("partners:agencies")).content.decode()
    address = reverse("partners:agency_contact", args=["health"])
    missing = client.post(address, {"contact": "Front desk", "phone": ""}).content.decode()
    assert "Enter the telephone number." in missing and 'value="Front desk"' in missing
    answer = client.post(address, {"contact": "Front desk", "phone": "07700 900456"}, follow=True)
    assert "07700 900456" in answer.content.decode()
    assert client.get(reverse("partners:agency_contact", args=["nowhere"])).status_code == 404


@pytest.mark.parametrize("name", ["workers", "add_worker", "agencies"])
def test_a_practitioner_manages_no_accounts(client: Client, partnership: Actor, name: str) -> None:
    client.force_login(worker(partnership, "jo@northshore.example", "practitioner"))
    assert client.get(reverse(f"partners:{name}")).status_code == 403
