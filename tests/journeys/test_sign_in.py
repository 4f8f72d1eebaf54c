"""Signing in and out, in two steps, and what it tells to whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import APP_KEY, PASSWORD, code_of, enrol, first_step, second_step, sign_in
from lineofsight.access import alerts, ledger
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import factors, own_account, services

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


def rows(worker: Any) -> list[tuple[str, str]]:
    """What the ledger holds about this worker, oldest first."""
    return [(row.action, row.outcome) for row in reversed(ledger.rows_about("worker", [worker.ref]))]


@pytest.fixture
def ada(partnership: Any) -> Any:
    return partnership.worker("csc", "practitioner")


def words(answer: Any) -> str:
    return str(answer.content.decode())


# --- in and out -------------------------------------------------------------------------------------------


def test_a_worker_signs_in_with_two_steps_and_is_led_to_the_page_they_asked_for(
    client: Client, ada: Any
) -> None:
    """N-1: a local account uses a second factor."""
    asked = client.get("/children")
    assert asked.status_code == 302 and asked.url == "/sign-in?next=/children"
    assert 'name="next" value="/children"' in words(client.get(asked.url))
    first = first_step(client, ada.email.upper(), next="/children")
    assert (first.status_code, first.url) == (302, reverse("partners:second_step"))
    assert client.get("/children").status_code == 302, "a password alone opens nothing"
    second = second_step(client, ada)
    assert (second.status_code, second.url) == (302, "/children")
    assert client.get("/children").status_code == 200
    assert ("account.sign_in", "done") in rows(ada)


def test_a_code_works_once(client: Client, ada: Any) -> None:
    code = code_of(ada)
    for asker, status in ((client, 302), (Client(), 200)):
        first_step(asker, ada.email)
        assert asker.post(reverse("partners:second_step"), {"code": code}).status_code == status
    assert ("account.second_factor", "refused") in rows(ada)


def test_a_recovery_code_works_once_with_the_password(client: Client, ada: Any) -> None:
    code, *others = own_account.new_codes(ada)
    assert len(others) == numbers().recovery_codes - 1
    for asker, status in ((client, 302), (Client(), 200)):
        first_step(asker, ada.email)
        typed = code.lower().replace("-", " ")
        assert asker.post(reverse("partners:second_step"), {"code": typed}).status_code == status
    assert ("account.recovery_code_used", "done") in rows(ada)


def test_the_second_step_is_not_kept_open(client: Client, ada: Any, the_time: Any) -> None:
    first_step(client, ada.email)
    the_time.shift(numbers().second_step_minutes * 60 + 1)
    assert second_step(client, ada).url == reverse("partners:sign_in")
    assert client.get(reverse("partners:second_step")).url == reverse("partners:sign_in")


def test_the_session_gets_a_new_id_at_each_step(client: Client, ada: Any) -> None:
    """N-3: a new session id at sign-in, so that one that somebody planted is worth nothing."""
    from django.conf import settings

    seen = set()
    client.get("/account/prove")
    session = client.session
    session["planted"] = True
    session.save()
    seen.add(client.cookies[settings.SESSION_COOKIE_NAME].value)
    first_step(client, ada.email)
    seen.add(client.cookies[settings.SESSION_COOKIE_NAME].value)
    second_step(client, ada)
    seen.add(client.cookies[settings.SESSION_COOKIE_NAME].value)
    assert len(seen) == 3 and "planted" not in client.session


def test_signing_out_ends_the_session_and_is_written_down(client: Client, ada: Any) -> None:
    client.force_login(ada)
    stolen = Client()
    stolen.cookies = client.cookies.copy()
    left = client.post(reverse("partners:sign_out"))
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"', "nothing is left in the browser"
    answer = client.get(left.headers["Location"])
    assert "You are signed out." in words(answer)
    assert client.get("/children").status_code == stolen.get("/children").status_code == 302
    assert ("account.sign_out", "done") in rows(ada)
    assert client.post(reverse("partners:sign_out")).status_code == 302


def test_who_is_signed_in_is_not_asked_again(client: Client, ada: Any) -> None:
    client.force_login(ada)
    assert client.get(reverse("partners:sign_in")).url == reverse("desk:home")


@pytest.mark.parametrize(
    "next_",
    ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\elsewhere.example",
     "\\\\elsewhere.example", "/%09/elsewhere.example\t", "\t//elsewhere.example", "https:elsewhere.example",
     "///elsewhere.example", "/\t/elsewhere.example"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(client: Client, ada: Any, next_: str) -> None:
    """I-5: own relative paths only, in every spelling."""
    answer = sign_in(client, ada, next=next_)
    assert answer.url.startswith("/") and not re.match(r"/[/\\\t]", answer.url)
    proved = client.post(reverse("partners:prove"), {"code": code_of(ada), "next": next_})
    assert proved.url.startswith("/") and not re.match(r"/[/\\\t]", proved.url)


# --- nobody learns who has an account ---------------------------------------------------------------------


def without_tokens(answer: Any) -> str:
    text = re.sub(r'nonce="[^"]*"', "", words(answer))
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def headers(answer: Any) -> dict[str, str]:
    """Without those that differ with every nonce, and with the length of what was typed."""
    mine = ("Content-Security-Policy", "Content-Length", "X-Request-Id")
    return {name: value for name, value in answer.headers.items() if name not in mine}


def test_unknown_wrong_suspended_and_made_to_wait_look_the_same(partnership: Any, ada: Any) -> None:
    """N-4: the same answer, after the same work, for unknown user, wrong password, locked and suspended."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    suspended = partnership.worker("police")
    services.suspend(worker=suspended, why="lost laptop", by=partnership.operator)
    left = partnership.worker("health")
    services.end_account(worker=left, by=partnership.operator)
    waiting = partnership.worker("education")
    for _ in range(numbers().free_tries_account + 1):
        first_step(Client(), waiting.email, "not the pass phrase")
    answers, work = [], []
    for email, password in (
        ("nobody@csc.example", PASSWORD), (ada.email, "not the pass phrase"),
        (suspended.email, PASSWORD), (left.email, PASSWORD), (waiting.email, PASSWORD),
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            answer = first_step(Client(), email, password)
        answers.append((answer.status_code, without_tokens(answer).replace(email, "THEM"), headers(answer),
                        sorted(answer.cookies)))  # fmt: skip
        work.append(len(asked))
    assert all(answer == answers[0] for answer in answers)
    assert "We do not recognise this address and password together" in answers[0][1]
    assert len(set(work)) == 1, work


def test_each_refusal_costs_one_hash(partnership: Any, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """N-4: the time is that of one Argon2 hash, whoever is asked for."""
    from lineofsight.partners import passwords

    done: list[str] = []

    class Turn:
        def __enter__(self) -> None:
            done.append("hash")

        def __exit__(self, *_: Any) -> None: ...

    monkeypatch.setattr(passwords, "turns", Turn())
    services.suspend(worker=partnership.worker("police"), why="lost laptop", by=partnership.operator)
    for email in ("nobody@csc.example", ada.email, partnership.worker("police").email):
        done.clear()
        first_step(Client(), email, "not the pass phrase")
        assert done == ["hash"], email


def test_what_was_typed_is_not_written_down(client: Client, ada: Any) -> None:
    shown = words(first_step(client, ada.email, "not the pass phrase"))
    assert f'value="{ada.email}"' in shown and "not the pass phrase" not in shown
    refused = [row for row in ledger.rows_about("worker", [""]) if row.action == "account.sign_in"]
    assert [row.outcome for row in refused] == ["refused"]
    assert ada.email not in str(refused[0].detail)


# --- guessing is slow, and locks nobody out ---------------------------------------------------------------


def test_guessing_from_elsewhere_never_makes_the_owner_wait(client: Client, ada: Any, the_time: Any) -> None:
    """N-4: the wait grows and is capped, and whoever knows password and second factor gets in from a browser
    in which they have been before."""
    sign_in(client, ada)
    client.post(reverse("partners:sign_out"))
    the_time.shift(60)
    for _ in range(numbers().free_tries_account + 5):
        first_step(Client(), ada.email, "a guess of somebody")
    assert first_step(Client(), ada.email).status_code == 200, "the right password from elsewhere has to wait"
    assert sign_in(client, ada).status_code == 302
    the_time.shift(numbers().longest_wait_seconds + 1)
    assert first_step(Client(), ada.email).status_code == 302, "the wait is capped"


def test_guessing_in_a_known_browser_is_slow_too(client: Client, ada: Any, the_time: Any) -> None:
    sign_in(client, ada)
    client.post(reverse("partners:sign_out"))
    for _ in range(numbers().free_tries_account + 1):
        first_step(client, ada.email, "a guess of somebody")
    assert first_step(client, ada.email).status_code == 200
    the_time.shift(numbers().longest_wait_seconds + 1)
    assert first_step(client, ada.email).status_code == 302


def test_many_accounts_from_one_address_are_slowed(partnership: Any, ada: Any, the_time: Any) -> None:
    for number in range(numbers().free_tries_address + 1):
        first_step(Client(), f"somebody{number}@csc.example", "a guess of somebody")
    assert first_step(Client(), ada.email).status_code == 200
    assert first_step(Client(REMOTE_ADDR="198.51.100.7"), ada.email).status_code == 302


def test_codes_cannot_be_guessed_one_after_another(client: Client, ada: Any, the_time: Any) -> None:
    first_step(client, ada.email)
    for _ in range(numbers().free_tries_code + 1):
        client.post(reverse("partners:second_step"), {"code": "000000"})
    answer = client.post(reverse("partners:second_step"), {"code": code_of(ada)})
    assert answer.status_code == 200 and "That code does not fit" in words(answer)
    the_time.shift(numbers().longest_wait_code_seconds + 1)
    assert second_step(client, ada).status_code == 302


def test_a_new_device_is_told_and_a_known_one_is_not(ada: Any, the_time: Any) -> None:
    """W-1: sign-in from a new device."""
    first, second = Client(HTTP_USER_AGENT=WINDOWS), Client()
    for client in (first, second, first):
        the_time.shift(60)
        sign_in(client, ada)
        client.post(reverse("partners:sign_out"))
    told = [row for row in ledger.rows_about("worker", [ada.ref]) if row.action == "account.new_device"]
    raised = [alert for alert in alerts.since(0) if alert.worker_ref == ada.ref]
    assert len(told) == 1
    assert [(alert.kind, alert.to_agency) for alert in raised] == [("new_device", "csc")]


def test_a_new_place_is_told_and_a_neighbouring_address_is_not(ada: Any, the_time: Any) -> None:
    """W-1: sign-in from a new place."""
    client = Client()
    for address in ("198.51.100.7", "198.51.7.100", "203.0.113.9", "198.51.100.8"):
        the_time.shift(60)
        client.defaults["REMOTE_ADDR"] = address
        sign_in(client, ada)
        client.post(reverse("partners:sign_out"))
    told = [row for row in ledger.rows_about("worker", [ada.ref]) if row.action == "account.new_place"]
    assert [row.detail["address"] for row in told] == ["203.0.113.9"]


# --- the first second factor ------------------------------------------------------------------------------


def test_without_a_second_factor_there_is_only_the_way_to_get_one(client: Client, partnership: Any) -> None:
    """A-D1: a worker without a second factor sees no content."""
    ada = partnership.worker("csc", "practitioner")
    ada.factors.all().delete()
    assert first_step(client, ada.email).status_code == 302
    for address in ("/", "/children", "/search?q=Rowan", "/account", "/guide", "/manage/people"):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, reverse("partners:enrol")), address
    assert "Nothing about a child opens with a password alone" in words(client.get(reverse("partners:enrol")))
    page = words(client.get(reverse("partners:enrol_app")))
    key = re.search(r'data-copy="([A-Z2-7 ]+)"', page)[1].replace(" ", "")  # type: ignore[index]
    assert "That code does not fit" in words(client.post(reverse("partners:enrol_app"), {"code": "000000"}))
    done = words(client.post(reverse("partners:enrol_app"), {"code": factors.code_now(key)}))
    assert "only time they are shown" in done
    assert len(re.findall(r'<code class="los-reference">[0-9A-Z]{5}-[0-9A-Z]{5}</code>', done)) == 10
    assert client.get("/").status_code == 200
    assert ("account.second_factor_added", "done") in rows(ada)


def test_secrets_are_not_readable_in_the_database(ada: Any) -> None:
    from django.db import connection

    codes = own_account.new_codes(ada)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT string_agg(to_jsonb(f)::text, ' ') FROM partners_secondfactor f)"
            " || (SELECT string_agg(to_jsonb(r)::text, ' ') FROM partners_recoverycode r)"
        )
        everything = cursor.fetchone()[0]
    assert APP_KEY not in everything
    assert not any(code in everything or code.replace("-", "") in everything for code in codes)


def test_the_last_second_factor_cannot_be_removed(client: Client, ada: Any) -> None:
    client.force_login(ada)
    address = reverse("partners:remove_factor", args=[ada.factors.get().pk])
    assert "This is your only second factor" in words(client.post(address))
    other = enrol(ada).factors.last()
    assert client.post(reverse("partners:remove_factor", args=[other.pk])).status_code == 302
    assert ada.factors.count() == 1
    assert client.post(reverse("partners:remove_factor", args=[other.pk])).status_code == 404


def test_nobody_removes_what_is_another_s(client: Client, ada: Any, partnership: Any) -> None:
    theirs = partnership.worker("police").factors.get()
    client.force_login(ada)
    assert client.post(reverse("partners:remove_factor", args=[theirs.pk])).status_code == 404
    assert partnership.worker("police").factors.count() == 1
