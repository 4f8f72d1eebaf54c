"""Workers with a second factor whose key the tests know, and signing in as a person does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

#: The key of every test worker's code app.
APP_KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "a long enough pass phrase"


def enrol(worker: Any) -> Any:
    """Gives the worker a code app, so that pages open to them."""
    from lineofsight.partners import factors

    factors.give_app(worker, APP_KEY)
    return worker


def code_of(worker: Any) -> str:
    """A code that this worker's app shows and that has not been used."""
    from lineofsight.partners import factors

    return factors.next_code(worker, APP_KEY)


def first_step(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("partners:sign_in"), {"email": email, "password": password, **more})


def second_step(client: Client, worker: Any) -> Any:
    return client.post(reverse("partners:second_step"), {"code": code_of(worker)})


def sign_in(client: Client, worker: Any, password: str = PASSWORD, **more: str) -> Any:
    """Both steps; the answer to the second."""
    first = first_step(client, worker.email, password, **more)
    assert first.status_code == 302, first.content.decode()
    return second_step(client, worker)
