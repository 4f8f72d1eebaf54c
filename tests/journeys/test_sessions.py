"""Sessions: how long they last, who ends them, and proving again who one is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import code_of, enrol, sign_in
from lineofsight.access import ledger
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import granting, own_account, services, use


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def ada(partnership: Any) -> Any:
    return partnership.worker("csc", "practitioner")


def words(answer: Any) -> str:
    return str(answer.content.decode())


# --- time -------------------------------------------------------------------------------------------------


def test_a_session_ends_after_half_an_hour_without_a_request(client: Client, ada: Any, the_time: Any) -> None:
    """N-3: idle 30 minutes."""
    client.force_login(ada)
    for _ in range(4):
        the_time.shift(20 * 60)
        assert is_in(client)
    the_time.shift(30 * 60)
    answer = client.get("/children")
    assert answer.status_code == 302 and answer.url.startswith("/sign-in")
    assert "nothing happened for a while" in words(client.get(answer.url))
    row = ledger.rows_about("worker", [ada.ref])[0]
    assert (row.action, row.detail["why"]) == ("account.session_end", "idle")


def test_a_session_ends_after_ten_hours_however_busy(client: Client, ada: Any, the_time: Any) -> None:
    """N-3: absolute 10 hours."""
    client.force_login(ada)
    for _ in range(39):
        the_time.shift(15 * 60)
        assert is_in(client)
    the_time.shift(15 * 60)
    assert not is_in(client)


def test_the_numbers_are_those_of_the_catalogue() -> None:
    assert (numbers().idle_minutes, numbers().longest_session_hours, numbers().fresh_minutes) == (30, 10, 10)


# --- ended by somebody ------------------------------------------------------------------------------------


def test_a_worker_sees_their_sessions_and_ends_one_or_all_others(ada: Any, the_time: Any) -> None:
    """N-3: sessions are listed and can be ended."""
    agents = {
        "laptop": "Windows NT 10.0 Chrome/140.0",
        "phone": "iPhone Mobile Safari/605",
        "other": "Linux Firefox/143.0",
    }
    clients = {name: Client(HTTP_USER_AGENT=agent) for name, agent in agents.items()}
    for client in clients.values():
        the_time.shift(60)
        sign_in(client, ada)
    shown = words(clients["laptop"].get("/account"))
    for device in ("Chrome on Windows", "Safari on iPhone", "Firefox on Linux", "127.0.0.1"):
        assert device in shown
    phone = ada.sign_ins.get(device_words="Safari on iPhone")
    clients["laptop"].post(reverse("partners:end_session", args=[phone.ref]))
    assert [is_in(client) for client in clients.values()] == [True, False, True]
    clients["laptop"].post(reverse("partners:end_sessions"))
    assert [is_in(client) for client in clients.values()] == [True, False, False]


def test_nobody_ends_another_s_session_from_their_own_page(
    client: Client, ada: Any, partnership: Any
) -> None:
    theirs = partnership.signed_in("police")
    session = partnership.worker("police").sign_ins.get()
    client.force_login(ada)
    assert client.post(reverse("partners:end_session", args=[session.ref])).status_code == 404
    assert is_in(theirs)


def suspended(partnership: Any, worker: Any) -> None:
    services.suspend(worker=worker, why="lost laptop", by=partnership.operator)


def agency_suspended(partnership: Any, worker: Any) -> None:
    services.suspend_agency(agency=worker.agency, by=partnership.operator)


def role_ended(partnership: Any, worker: Any) -> None:
    granting.end_role(held=worker.roles.get(), by=partnership.operator)


def role_approved(partnership: Any, worker: Any) -> None:
    asked = granting.ask_for_role(
        worker=worker, role="coordinator", why="panel", by=partnership.by("csc", "sys_admin")
    )
    granting.approve_role(asked=asked, by=partnership.operator)


def account_ended(partnership: Any, worker: Any) -> None:
    services.end_account(worker=worker, by=partnership.operator)


def signed_out_by_an_administrator(partnership: Any, worker: Any) -> None:
    services.end_sessions(worker=worker, by=partnership.operator)


def invited_again(partnership: Any, worker: Any) -> None:
    services.invite(worker=worker, by=partnership.operator)


@pytest.mark.parametrize(
    "happens",
    [
        suspended,
        agency_suspended,
        role_ended,
        role_approved,
        account_ended,
        signed_out_by_an_administrator,
        invited_again,
    ],
)
def test_the_next_request_of_every_session_is_nobody_s(partnership: Any, ada: Any, happens: Any) -> None:
    """N-3: all sessions end at suspension, role change and agency suspension: with the next request."""
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(ada)
        assert is_in(client)
    happens(partnership, ada)
    assert [is_in(client) for client in clients] == [False, False]
    assert any(row.action == "account.session_end" for row in ledger.rows_about("worker", [ada.ref]))


def test_changing_the_password_ends_every_other_session(client: Client, ada: Any) -> None:
    other = Client()
    for one in (client, other):
        one.force_login(ada)
    given = {"current": "not the pass phrase", "password": "four quite unrelated words"}
    assert "This is not your password now" in words(client.post(reverse("partners:password"), given))
    given["current"] = "a long enough pass phrase"
    assert client.post(reverse("partners:password"), given | {"password": "password1234"}).status_code == 200
    assert client.post(reverse("partners:password"), given).status_code == 302
    assert is_in(client) and not is_in(other)


# --- proving again ----------------------------------------------------------------------------------------


def test_ten_minutes_later_a_change_of_second_factor_needs_a_proof(
    client: Client, ada: Any, the_time: Any
) -> None:
    """A-C2: signed in or proved within 10 minutes."""
    client.force_login(ada)
    assert client.get(reverse("partners:enrol_app")).status_code == 200
    the_time.shift(10 * 60)
    answer = client.get(reverse("partners:enrol_app"))
    assert (answer.status_code, answer.url) == (302, "/account/prove?next=%2Faccount%2Fsecond-factor%2Fapp")
    assert "That code does not fit" in words(client.post(answer.url, {"code": "123123"}))
    proved = client.post(
        reverse("partners:prove"), {"code": code_of(ada), "next": reverse("partners:enrol_app")}
    )
    assert proved.url == reverse("partners:enrol_app")
    assert client.get(proved.url).status_code == 200
    assert any(row.action == "account.prove" for row in ledger.rows_about("worker", [ada.ref]))


def test_what_was_typed_is_kept_until_the_proof(partnership: Any, the_time: Any) -> None:
    client = partnership.signed_in("csc", "sys_admin")
    admin, health = (
        partnership.worker("csc", "sys_admin"),
        reverse("partners:agency_contact", args=["health"]),
    )
    the_time.shift(11 * 60)
    answer = client.post(health, {"contact": "Front <desk>", "phone": "07700 900456"})
    assert answer.url.startswith("/account/prove")
    assert partnership.agency("health").contact == "", "nothing is done before the proof"
    kept = words(client.post(reverse("partners:prove"), {"code": code_of(admin), "next": health}))
    assert 'value="Front &lt;desk&gt;"' in kept and f'action="{health}"' in kept
    assert client.post(health, {"contact": "Front <desk>", "phone": "07700 900456"}).status_code == 302
    again = client.post(reverse("partners:prove"), {"code": own_account.new_codes(admin)[0], "next": health})
    assert again.status_code == 302, "it is offered once"


def test_administrators_pages_need_a_second_factor_given_lately(partnership: Any, the_time: Any) -> None:
    """N-6: on a separate path, with a fresh second factor; the framework's own admin site is not there."""
    from django.conf import settings

    client = partnership.signed_in("csc", "sys_admin")
    for address in ("/manage/people", "/manage/people/new", "/manage/agencies"):
        assert client.get(address).status_code == 200
    the_time.shift(10 * 60)
    for address in ("/manage/people", "/manage/people/new", "/manage/agencies"):
        assert client.get(address).url.startswith("/account/prove?next=")
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert client.get("/admin/").status_code == 404


# --- how much ---------------------------------------------------------------------------------------------


def test_more_than_a_person_can_read_is_stopped_with_the_time(
    client: Client, ada: Any, the_time: Any
) -> None:
    """I-11: 600 requests in 10 minutes, answered 429 with the time."""
    client.force_login(ada)
    for _ in range(numbers().requests_most):
        use.count(ada.ref, use.REQUESTS)
    answer = client.get("/account")
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 600
    assert "It goes on at" in words(answer)
    assert is_in(_other(enrol, ada))
    the_time.shift(601)
    assert is_in(client)


def _other(_: Any, ada: Any) -> Client:
    """Somebody else, whose count is their own."""
    from lineofsight.access.actor import Actor

    worker, _ = services.add_worker(
        email="other@csc.example",
        name="Other",
        agency=ada.agency,
        roles=["practitioner"],
        by=Actor.operator(),
    )
    enrol(worker)
    client = Client()
    client.force_login(worker)
    return client


def test_index_searches_are_counted_apart(ada: Any) -> None:
    """I-11: 30 index searches an hour."""
    from lineofsight.catalogue.errors import TooMuch

    for _ in range(30):
        use.count(ada.ref, use.INDEX_SEARCHES)
    with pytest.raises(TooMuch, match="30 searches of the index in 60 minutes"):
        use.count(ada.ref, use.INDEX_SEARCHES)
    use.count(ada.ref, use.REQUESTS)


def test_a_session_of_a_worker_cannot_be_ended_by_themselves_as_administrator(partnership: Any) -> None:
    by = partnership.by("csc", "sys_admin")
    with pytest.raises(Refused, match="Ask another administrator"):
        services.suspend(worker=partnership.worker("csc", "sys_admin"), why="x", by=by)
