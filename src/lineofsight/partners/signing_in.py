"""The two steps of signing in, and what each leaves in the ledger.

Whoever is unknown, mistyped, suspended or made to wait gets the same answer after the same work (N-4).
"""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import factors, sessions, single_sign_on, throttle
from lineofsight.partners.backend import WorkerBackend
from lineofsight.partners.models import SignIn, Worker

STEP = "second_step"
BACKEND = "lineofsight.partners.backend.WorkerBackend"


def fingerprint(address: str) -> str:
    """Tells attempts on one address from others. What was typed is not kept: it may be a password."""
    return salted_hmac("lineofsight.partners.sign_in", address.strip().casefold()).hexdigest()[:16]


def by_password(request: HttpRequest, email: str, password: str) -> Worker | None:
    """Whose password it is, if the try counts. The hash is worked out in every case."""
    known = sessions.is_known_device(request, email)
    device, asker = sessions.device_token(request), sessions.address(request)
    waits = {
        "device": throttle.must_wait("device", email, device),
        "account": throttle.must_wait("account", email),
        "address": throttle.must_wait("address", asker),
    }
    must_wait = waits["device"] if known else waits["account"] or waits["address"]
    found = authenticate(request, username=email, password=password)
    if isinstance(found, Worker) and not must_wait and single_sign_on.takes_passwords(found.agency.code):
        return found
    if known:
        throttle.note_failure("waited" if must_wait else "device", email, device)
    else:
        throttle.note_failure("waited" if must_wait else "account", email)
    throttle.note_failure("address", "" if known else asker)
    ledger.write(
        Actor.nobody(), "account.sign_in", Subject("worker"),
        outcome=ledger.REFUSED, detail={"address": fingerprint(email), "from": asker},
    )  # fmt: skip
    return None


# --- the second step --------------------------------------------------------------------------------------


def await_second(request: HttpRequest, worker: Worker, onward: str) -> None:
    """The password was right. Nobody is signed in yet; who is awaited is kept in a session of its own."""
    request.session.flush()
    request.session[STEP] = {"worker": worker.pk, "at": time.time(), "onward": onward}


def awaited(request: HttpRequest) -> tuple[Worker, dict[str, Any]] | None:
    """Who is awaited, and where they want to go; nobody after ten minutes."""
    step = request.session.get(STEP)
    if not step or not 0 <= time.time() - step["at"] < numbers().second_step_minutes * 60:
        return None
    worker = WorkerBackend().get_user(step["worker"])
    return (worker, step) if worker is not None else None


def takes_second(
    request: HttpRequest, worker: Worker, *, code: str = "", passkey: str = "", state: Any = None
) -> str:
    """How the worker proved it: 'app', 'recovery code' or 'passkey'; '' when they did not, or must wait."""
    known = sessions.is_known_device(request, worker.email)
    whose = (worker.ref, sessions.device_token(request) if known else "")
    if throttle.must_wait("code", *whose):
        proof = ""
    elif passkey:
        proof = "passkey" if factors.takes_passkey(worker, origin(request), state, passkey) else ""
    else:
        proof = factors.takes_code(worker, code)
    if proof:
        throttle.forget("code", *whose)
    else:
        throttle.note_failure("code", *whose)
        refused(worker, "account.second_factor", {"from": sessions.address(request)})
    if proof == "recovery code":
        note(worker, "account.recovery_code_used")
    return proof


def origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


# --- in ---------------------------------------------------------------------------------------------------


def complete(
    request: HttpRequest, worker: Worker, response: HttpResponse, *, how: str, proved_by_agency: bool = False
) -> HttpResponse:
    """Signs in, with a new session id, and answers with `response`."""
    with transaction.atomic():
        request.session.flush()
        login(request, worker, backend=BACKEND)
        row: SignIn = request.sign_in  # type: ignore[attr-defined]
        if proved_by_agency:
            row.proved_by_agency = True
            row.save(update_fields=["proved_by_agency"])
        throttle.forget("account", worker.email)
        throttle.forget("device", worker.email, sessions.device_token(request))
        note(worker, "account.sign_in", {"how": how, "from": row.address, "session": row.ref})
        first = not worker.devices.exists()
        told = {"device": row.device_words, "from": row.address}
        if sessions.remember_device(request, response, worker) and not first:
            note(worker, "account.new_device", told)
        if sessions.is_new_place(row):
            note(worker, "account.new_place", told)
    return response


def note(worker: Worker, action: str, detail: dict[str, Any] | None = None) -> None:
    ledger.write(worker.actor(), action, worker.subject(), detail=detail)


def refused(worker: Worker, action: str, detail: dict[str, Any] | None = None) -> None:
    ledger.write(worker.actor(), action, worker.subject(), outcome=ledger.REFUSED, detail=detail)
