"""Whoever guesses a reference, or takes one from elsewhere, learns nothing: neither from the answer, nor from what
the database is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from test_addresses import ROWS, Row, World, asked, headers, without_tokens

from lineofsight.chronology.models import Entry
from lineofsight.people import queries as people

#: References that nobody was given, each in another shape; all are text to the addresses.
GUESSES = ("P0", "1", "P" + "9" * 12, "E" + "Z" * 12, "..%2f..%2fetc", "%00", "' OR 1=1 --", "é" * 40)
#: Whose place in an address holds a random reference, so that a guess is a guess.
GUESSABLE = {"child", "entry", "draft", "letter", "file in", "file waiting", "query", "notice", "key fact", "meeting",
             "value", "worker", "a", "b"}  # fmt: skip
#: Addresses that answer a guess in a way of their own, each with why.
OWN_WAY = {
    "partners:invitation_link": "a link that leads nowhere says so, as one that has run out does",
    "desk:claim": "a form that is the same for every reference",
    "desk:emergency": "a form that is the same for every reference",
    "desk:conflict": "a form that is the same for every reference",
    "partners:end_session": "a session of one's own, or none",
    "desk:trail": "a guardian is refused another agency's worker and a worker who never was in the same words",
}
#: What a look at a protected person leaves besides: their guardian is told. It is one row more to write.
TOLD = 'INSERT INTO "access_alert"'


def guessable(row: Row) -> list[str]:
    return sorted(GUESSABLE & set(row.address.values())) if row.name not in OWN_WAY else []


def insider(row: Row) -> str:
    """Someone who gets in with the true reference."""
    return next((who for who in ("owner", "partner", "duty", "manager", "officer", "custodian", "sys_admin",
                                 "guardian") if row.may[who] == "in"), "")  # fmt: skip


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_another_child_s_things_are_not_found_under_this_child(world: World, partnership: Any) -> None:
    """Under a child whom this worker may see too, so that only the wrong pair can be the reason."""
    tobi = people.get_child(partnership.operator, people.search(partnership.operator, "Tobi Adeyemi")[0].ref)
    for who in ("csc", "police", "yjs"):
        workers = [w for key, w in partnership._made.items() if key[0] == who and w.is_active]
        partnership.around(tobi, *workers)
    pairs = [row for row in ROWS if "child" in row.address.values() and len(row.address) > 1]
    assert len(pairs) >= 8
    for row in pairs:
        with taken_back():
            answer = asked(world.clients[insider(row)], row, world, child=tobi.ref)
        assert answer.status_code == 404, f"{row.method} {row.name}"


def test_a_guess_is_answered_alike_everywhere(world: World) -> None:
    """By whoever may open the page with the true reference, and by a worker who may not: one and the same page."""
    seen: dict[str, dict[str, str]] = {}
    for row in ROWS:
        for place in guessable(row):
            for who in filter(None, (insider(row), "stranger")):
                for guess in ("P000000000000", "E000000000000") if who == "stranger" else ("X000000000000",):
                    with taken_back():
                        answer = asked(world.clients[who], row, world, **{place: guess})
                    if row.may[who] == 403:
                        assert answer.status_code == 403, (row.name, who)
                        continue
                    assert answer.status_code == 404, (row.method, row.name, who, guess)
                    seen.setdefault(who, {}).setdefault(
                        without_tokens(answer).partition("<main")[2], row.name
                    )
    several = {who: list(pages.values()) for who, pages in seen.items() if len(pages) > 1}
    assert not several
    client = Client(raise_request_exception=False)
    client.cookies = world.clients["owner"].cookies
    for guess in GUESSES:
        assert client.get(f"/children/{guess}").status_code in (400, 404), guess


# --- what the database is asked ----------------------------------------------------------------------------


def statements(client: Client, address: str) -> tuple[list[str], Any]:
    """Every statement of one request, without its values."""
    found: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        words = re.sub(r"\"s\d+_x\d+\"|_?s\d+_x\d+", "savepoint", str(sql))
        words = re.sub(r"%s(::\w+(\[\])?)?(, ?%s(::\w+(\[\])?)?)+", "%s", words)
        if not words.startswith(TOLD):
            found.append(" ".join(words.split()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(address)
    return found, answer


def test_hidden_and_absent_are_asked_about_in_the_same_words(world: World) -> None:
    """So that the time they take does not differ by a question more or less."""
    wrong = []
    for who in ("stranger", "conflicted member", "idle duty", "expired member"):
        client = world.clients[who]
        for row in ROWS:
            if row.method != "get" or row.may[who] != 404 or row.address.get("ref") != "child":
                continue
            never = {place: f"{world.refs[place][0]}000000000000" for place in guessable(row)}
            with taken_back():
                hidden, one = statements(client, row.url(world))
            with taken_back():
                absent, other = statements(client, row.url(world, **never))
            assert (one.status_code, other.status_code) == (404, 404)
            if hidden != absent or headers(one) != headers(other):
                wrong.append((who, row.name, sorted(set(hidden) ^ set(absent)), len(hidden) - len(absent)))
    assert not wrong, wrong


def test_an_entry_that_is_concealed_and_one_that_never_was_are_asked_about_alike(
    world: World, partnership: Any
) -> None:
    """Under a child whom the reader works with: as many questions for the one as for the other."""
    Entry.objects.filter(ref=world.refs["entry"]).update(sharing="named", conceal=True)
    client = world.clients["partner"]
    found = []
    for ref in (world.refs["entry"], "E000000000000"):
        with taken_back():
            found.append(statements(client, reverse("desk:entry", args=[world.refs["child"], ref])))
    (hidden, one), (absent, other) = found
    assert (one.status_code, other.status_code) == (404, 404)
    assert hidden == absent, sorted(set(hidden) ^ set(absent))
