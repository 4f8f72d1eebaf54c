"""Signing in with an agency's own identity provider: a real one, in a process of its own on this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from accounts import PASSWORD, code_of, enrol, first_step
from lineofsight.access import ledger
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.partners import queries, services, single_sign_on

AMR = {"claim": "amr", "any_of": ["mfa", "hwk"]}
BACK = "http://testserver/sign-in/from/police"


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The address of a provider that insists on a nonce and on a registered client."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "-p",
        str(port),
        "-n",
        "true",
        "-r",
        "true",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:  # type: ignore[call-overload]
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(300):
                assert process.poll() is None, "the provider ended before it answered"
                try:
                    requests.get(f"{address}/.well-known/openid-configuration", timeout=5)
                    break
                except requests.ConnectionError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def connect(
    provider: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Lets the police sign in with it; `connect(second_factor=..., passwords=...)`."""
    made = requests.post(
        f"{provider}/oauth2/clients",
        json={"redirect_uris": [BACK], "token_endpoint_auth_method": "client_secret_basic"}, timeout=10,
    ).json()  # fmt: skip
    monkeypatch.setenv("POLICE_SECRET", made["client_secret"])

    def write(**more: Any) -> None:
        row = {
            "agency": "police", "name": "Sign in with your police account", "issuer": provider,
            "client_id": made["client_id"], "secret_from": "POLICE_SECRET", "domains": ["Police.Example"],
        }  # fmt: skip
        path = tmp_path / f"single-sign-on-{len(more)}-{time.monotonic_ns()}.yaml"
        path.write_text(json.dumps({"source": "test", "agencies": [row | more]}), encoding="utf-8")
        settings.SINGLE_SIGN_ON = str(path)

    write(second_factor=AMR)
    return write


@pytest.fixture
def femi(partnership: Any) -> Any:
    """Invited, and with no way in but the provider."""
    worker, _ = services.add_worker(
        email="femi@police.example", name="Femi Okafor", agency=partnership.agency("police"),
        roles=["practitioner"], training_until=date(2099, 1, 1), by=partnership.operator,
    )  # fmt: skip
    return worker


def person(provider: str, subject: str, **claims: Any) -> None:
    """Someone whom the provider knows."""
    known = {"email": "femi@police.example", "email_verified": True, "amr": ["pwd", "mfa"]} | claims
    requests.put(f"{provider}/users/{subject}", json=known, timeout=10).raise_for_status()


def come(client: Client, subject: str, onward: str = "/children") -> Any:
    """There and back: what this product answers when the person returns."""
    asked = client.get(reverse("partners:with_agency", args=["police"]), {"next": onward})
    assert asked.status_code == 302, asked.content.decode()
    back = requests.post(asked.url, data={"sub": subject}, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    return client.get(back.headers["Location"].removeprefix("http://testserver"))


def words(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_invited_worker_comes_with_the_agency_s_account(
    client: Client, connect: Any, provider: str, femi: Any
) -> None:
    """N-1: single sign-on with proof of second factor."""
    person(provider, "f1")
    shown = words(client.get("/sign-in?next=/children"))
    assert 'href="/sign-in/with/police?next=%2Fchildren"' in shown
    answer = come(client, "f1")
    assert (answer.status_code, answer.url) == (302, "/children")
    assert client.get("/children").status_code == 200, "the agency's second factor is one"
    femi.refresh_from_db()
    assert femi.subject_there == "f1"
    row = next(row for row in ledger.rows_about("worker", [femi.ref]) if row.action == "account.sign_in")
    assert row.detail["how"] == "agency’s sign-in with a second factor"


def test_the_protocol_s_own_guards_are_used(client: Client, connect: Any, partnership: Any) -> None:
    asked = parse_qs(urlsplit(client.get(reverse("partners:with_agency", args=["police"])).url).query)
    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 20, name
    assert asked["redirect_uri"] == [BACK]


def test_without_proof_of_a_second_factor_ours_is_asked(
    client: Client, connect: Any, provider: str, femi: Any
) -> None:
    person(provider, "f2", amr=["pwd"])
    assert come(client, "f2").status_code == 302
    assert client.get("/children").url == reverse("partners:enrol"), "none of ours yet: the way to one"
    enrol(femi)
    again = Client()
    assert come(again, "f2").url == reverse("partners:second_step")
    assert again.get("/children").status_code == 302
    assert again.post(reverse("partners:second_step"), {"code": code_of(femi)}).url == "/children"


def test_the_second_factor_s_claim_is_the_agency_s_to_name(
    client: Client, connect: Any, provider: str, femi: Any
) -> None:
    connect(second_factor={"claim": "acr", "any_of": ["urn:strong"]})
    person(provider, "f3", acr="urn:strong", amr=[])
    come(client, "f3")
    assert client.get("/children").status_code == 200


# --- who does not get in ----------------------------------------------------------------------------------


def test_nobody_gets_an_account_by_coming(
    client: Client, connect: Any, provider: str, partnership: Any
) -> None:
    from lineofsight.partners.models import Worker

    before = Worker.objects.count()
    person(provider, "stranger", email="stranger@police.example")
    answer = come(client, "stranger")
    assert answer.status_code == 403 and "no invitation here waits for you" in words(answer)
    assert Worker.objects.count() == before
    assert client.get("/children").status_code == 302


@pytest.mark.parametrize(
    "claims",
    [{"email_verified": False}, {"email_verified": "true"}, {"email": "femi@elsewhere.example"},
     {"email": "femi@police.example.elsewhere.example"}, {"email": ""}],
)  # fmt: skip
def test_an_invitation_is_for_a_verified_address_of_the_agency(
    client: Client, connect: Any, provider: str, femi: Any, claims: dict[str, Any]
) -> None:
    person(provider, "f4", **claims)
    assert come(client, "f4").status_code == 403
    femi.refresh_from_db()
    assert femi.subject_there == ""


def test_an_invitation_that_ran_out_binds_nobody(
    client: Client, connect: Any, provider: str, femi: Any, partnership: Any
) -> None:
    femi.invitations.update(expires_at=femi.invitations.get().made_at)
    person(provider, "f5")
    assert come(client, "f5").status_code == 403
    services.invite(worker=femi, by=partnership.operator)
    assert come(Client(), "f5").status_code == 302


def test_another_person_with_the_same_address_is_not_that_worker(
    client: Client, connect: Any, provider: str, femi: Any
) -> None:
    person(provider, "f6")
    come(client, "f6")
    person(provider, "f7")  # the address was given to somebody new
    assert come(Client(), "f7").status_code == 403


def test_a_provider_speaks_for_its_own_agency_alone(
    client: Client, connect: Any, provider: str, partnership: Any
) -> None:
    connect(second_factor=AMR, domains=["police.example", "health.example"])
    services.add_worker(
        email="hana@health.example", name="Hana", agency=partnership.agency("health"),
        roles=["practitioner"], by=partnership.operator,
    )  # fmt: skip
    person(provider, "h1", email="hana@health.example")
    assert come(client, "h1").status_code == 403


def test_suspended_and_unknown_sound_the_same(
    connect: Any, provider: str, femi: Any, partnership: Any
) -> None:
    person(provider, "f8")
    come(Client(), "f8")
    services.suspend(worker=femi, why="lost laptop", by=partnership.operator)
    person(provider, "u8", email="unknown@police.example")
    suspended, unknown = come(Client(), "f8"), come(Client(), "u8")
    assert suspended.status_code == unknown.status_code == 403
    said = [words(answer).split("<main")[1].split("</main")[0] for answer in (suspended, unknown)]
    assert said[0] == said[1]


def test_passwords_are_off_where_the_agency_signs_in_itself(
    connect: Any, femi: Any, partnership: Any
) -> None:
    """N-1: local accounts are the exception."""
    other = partnership.worker("police")
    assert first_step(Client(), other.email, PASSWORD).status_code == 200
    connect(second_factor=AMR, passwords=True)
    assert first_step(Client(), other.email, PASSWORD).status_code == 302


def test_the_invitation_page_leads_to_the_agency_s_sign_in(
    client: Client, connect: Any, provider: str, femi: Any, partnership: Any
) -> None:
    token = services.invite(worker=femi, by=partnership.operator)
    shown = words(client.get(f"/invitation/{token}", follow=True))
    assert "Sign in with your police account" in shown and "New password" not in shown
    assert client.post("/invitation", {"password": "four quite unrelated words"}).status_code == 200
    femi.refresh_from_db()
    assert not femi.has_usable_password()


# --- answers that were tampered with ----------------------------------------------------------------------


def test_an_answer_that_nobody_asked_for_is_refused(client: Client, connect: Any, femi: Any) -> None:
    answer = client.get(reverse("partners:from_agency", args=["police"]), {"code": "x", "state": "y"})
    assert answer.status_code == 403 and "could not be reached, or did not answer as it should" in words(
        answer
    )


def test_another_browser_s_answer_is_refused(client: Client, connect: Any, provider: str, femi: Any) -> None:
    """Nobody is signed in as somebody else by following a link."""
    person(provider, "f9")
    asked = client.get(reverse("partners:with_agency", args=["police"]))
    back = requests.post(asked.url, data={"sub": "f9"}, allow_redirects=False, timeout=10)
    path = back.headers["Location"].removeprefix("http://testserver")
    other = Client()
    assert other.get(path).status_code == 403
    assert other.get("/children").status_code == 302
    assert client.get(path).status_code == 302
    assert Client().get(path).status_code == 403, "and a code works once"


def test_a_token_for_another_question_is_refused(
    client: Client, connect: Any, provider: str, femi: Any
) -> None:
    """The nonce ties the token to this browser's question."""
    person(provider, "f10")
    asked = client.get(reverse("partners:with_agency", args=["police"]))
    session = client.session
    key = next(key for key in dict(session.items()) if key.startswith("_state_police_"))
    session[key]["data"]["nonce"] = "another"
    session.save()
    back = requests.post(asked.url, data={"sub": "f10"}, allow_redirects=False, timeout=10)
    assert client.get(back.headers["Location"].removeprefix("http://testserver")).status_code == 403


def test_saying_no_at_the_provider_leads_back(client: Client, connect: Any, femi: Any) -> None:
    asked = client.get(reverse("partners:with_agency", args=["police"]))
    back = requests.post(asked.url, data={"action": "deny"}, allow_redirects=False, timeout=10)
    answer = client.get(back.headers["Location"].removeprefix("http://testserver"))
    assert answer.status_code == 403 and "Back to sign-in" in words(answer)


def test_a_provider_that_is_down_stops_nobody_who_is_in(
    client: Client, connect: Any, femi: Any, partnership: Any
) -> None:
    """R-12: the sign-on provider is down: what is signed in goes on; nothing fails open."""
    connect(second_factor=AMR, issuer="http://127.0.0.1:9")
    inside = partnership.signed_in("police")
    answer = client.get(reverse("partners:with_agency", args=["police"]))
    assert answer.status_code == 403 and "Try again in a few minutes" in words(answer)
    assert inside.get("/children").status_code == 200


# --- proving again ----------------------------------------------------------------------------------------


def test_who_came_that_way_proves_it_that_way(client: Client, connect: Any, provider: str, femi: Any) -> None:
    """A-C2: the agency must say that it asked just now, with a second factor, the same person."""
    person(provider, "f11", auth_time=int(time.time()))
    come(client, "f11")
    session = femi.sign_ins.get()
    session.proved_at -= timedelta(
        minutes=11
    )  # the provider's clock is the real one, so time cannot be moved
    session.save()
    page = words(client.get("/account/prove?next=/account/recovery-codes"))
    assert "Sign in with your police account" in page
    sent = client.get(reverse("partners:with_agency", args=["police"]), {"next": "/account/recovery-codes"})
    query = parse_qs(urlsplit(sent.url).query)
    assert query["prompt"] == ["login"] and query["max_age"] == ["0"]
    person(provider, "f11", auth_time=int(time.time()) - 3600)
    assert come(client, "f11").status_code == 403, "asked too long ago"
    person(provider, "f12", email="other@police.example", auth_time=int(time.time()))
    assert come(client, "f12").status_code == 403, "somebody else"
    person(provider, "f11", auth_time=int(time.time()), amr=["pwd"])
    assert come(client, "f11").status_code == 403, "without a second factor"
    assert client.get("/account/recovery-codes").status_code == 302
    person(provider, "f11", auth_time=int(time.time()))
    assert come(client, "f11", "/account/recovery-codes").url == "/account/recovery-codes"
    assert client.get("/account/recovery-codes").status_code == 200


# --- the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words_"),
    [({"issuer": "http://login.police.example"}, "https"), ({"secret_from": "NOT_THERE"}, "NOT_THERE"),
     ({"agency": None, "domains": None}, "every key")],
)  # fmt: skip
def test_a_wrong_file_says_what_is_wrong(connect: Any, change: dict[str, Any], words_: str) -> None:
    connect(**change)
    with pytest.raises(CatalogueError, match=words_):
        single_sign_on.providers()


def test_secrets_stay_in_the_environment(connect: Any, settings: Any, partnership: Any) -> None:
    text = Path(settings.SINGLE_SIGN_ON).read_text(encoding="utf-8")
    assert os.environ["POLICE_SECRET"] not in text
    assert queries.has_account("nobody@police.example") is False
