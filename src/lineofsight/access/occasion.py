"""The occasion of what the ledger holds: one request or one command, with its number, address and purpose.

The ledger's rows carry these, so that all that one request did can be told together. The occasion also
remembers which looks and refusals were written in it, because a transaction that is rolled back takes its
rows with it, and a look has happened all the same.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string


@dataclass(slots=True)
class Noted:
    """A row as it was written, and whether its transaction is known to stand."""

    values: tuple[Any, ...]
    row: int
    stands: bool = False

    def stand(self) -> None:
        self.stands = True


@dataclass(slots=True)
class Occasion:
    number: str = field(default_factory=lambda: secrets.token_hex(8))
    address: str = ""
    purpose: str = ""
    #: Rows of any outcome, so that the edge can tell whether a page left one.
    rows: int = 0
    noted: list[Noted] = field(default_factory=list)


_current: ContextVar[Occasion | None] = ContextVar("lineofsight_occasion", default=None)


def current() -> Occasion | None:
    return _current.get()


@contextmanager
def begun(*, address: str = "", purpose: str = "") -> Iterator[Occasion]:
    """Inside, what is written to the ledger belongs to one new occasion."""
    occasion = Occasion(address=address, purpose=purpose)
    token = _current.set(occasion)
    try:
        yield occasion
    finally:
        _current.reset(token)


def state_purpose(words: str) -> None:
    """Why this worker asks, as they said it: stands on every row from here to the end of the request."""
    if (occasion := current()) is not None:
        occasion.purpose = words


class OccasionMiddleware:
    """Each request is an occasion of its own; the answer carries its number for those who report a fault."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with begun(address=client_address(request)) as occasion:
            request.occasion = occasion  # type: ignore[attr-defined]
            response = self.answer(request)
        response["X-Request-Id"] = occasion.number
        return response


def client_address(request: HttpRequest) -> str:
    """The caller's address, or nothing when it is none."""
    try:
        return str(ipaddress.ip_address(import_string(settings.CLIENT_ADDRESS)(request)))
    except ValueError:
        return ""
