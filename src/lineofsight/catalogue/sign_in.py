"""The numbers of sign-in and of accounts, from `sign_in.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError

FILE = "sign_in.yaml"


@dataclass(frozen=True, slots=True)
class SignInNumbers:
    """Each in the unit of its name. The file gives each with its source."""

    idle_minutes: int
    longest_session_hours: int
    fresh_minutes: int
    second_step_minutes: int
    known_device_days: int
    shortest_password: int
    longest_password: int
    recovery_codes: int
    free_tries_account: int
    free_tries_address: int
    longest_wait_seconds: int
    free_tries_code: int
    longest_wait_code_seconds: int
    tries_forgotten_minutes: int
    invitation_days: int
    unused_days: int
    recertify_days: int
    recertify_notice_days: int
    requests_most: int
    requests_minutes: int
    index_searches_most: int
    index_searches_minutes: int

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def longest_session(self) -> timedelta:
        return timedelta(hours=self.longest_session_hours)

    @property
    def fresh(self) -> timedelta:
        return timedelta(minutes=self.fresh_minutes)


@cache
def our_words(partnership: str) -> frozenset[str]:
    """Words that passwords may not be made of, small letters alone: those of the file and of the partnership's name.
    A partnership's own file without them has the name's alone."""
    listed = book.rows(FILE, "our_words") if "our_words" in book.read(FILE) else []
    named = [word for word in re.split(r"[^a-z]+", partnership.casefold()) if len(word) > 3]
    return frozenset({str(row["code"]) for row in listed} | set(named))


@cache
def numbers() -> SignInNumbers:
    wanted = {field.name for field in fields(SignInNumbers)}
    given: dict[str, int] = {}
    for row in book.rows(FILE, "numbers"):
        code, value = row.get("code"), row.get("value")
        if code not in wanted:
            raise CatalogueError(f"{book.find(FILE)}: there is no number called {code}.")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise CatalogueError(f"{book.find(FILE)}, {code}: the value must be a whole number from 1 up.")
        given[str(code)] = value
    if missing := sorted(wanted - set(given)):
        raise CatalogueError(f"{book.find(FILE)}: these numbers are missing: {', '.join(missing)}.")
    return SignInNumbers(**given)
