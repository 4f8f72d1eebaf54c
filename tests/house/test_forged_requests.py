"""Another site, or a link, does nothing in a worker's name: every deed asks for its token and for where it comes
from, looking changes nothing, and nobody is sent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from test_addresses import ASKERS, ROWS, Row, World, asked

#: What a look may write: that it happened, to whom it was told, and how much one asks for.
TRAIL = {
    "access_alert", "access_ledgerrow", "access_ledgerleaf", "access_ledgernode", "access_ledgerhead",
    "chronology_lastlook", "django_session", "partners_signin", "partners_use",
}  # fmt: skip


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def who_gets_in(row: Row) -> str:
    return next((asker for asker in ASKERS if row.may[asker] == "in" and asker != "nobody"), "owner")


def sent(world: World, row: Row, who: str, *, strict: bool = False, **head: str) -> Any:
    once = Client(enforce_csrf_checks=strict, raise_request_exception=False)
    once.cookies = SimpleCookie(world.clients[who].cookies.output(header="", sep=";"))
    return getattr(once, row.method)(row.url(world), row.given(world), headers=head)


DEEDS = [row for row in ROWS if row.method == "post"]


def test_no_deed_without_a_token(world: World) -> None:
    for row in DEEDS:
        with taken_back():
            answer = sent(world, row, who_gets_in(row), strict=True)
        assert answer.status_code == 403, row.name
        assert "did not send its token" in answer.content.decode(), row.name


def test_no_deed_from_another_site(world: World) -> None:
    """Even with the token: browsers say where a request comes from."""
    before = everything()
    for row in DEEDS:
        for site in ("cross-site", "same-site"):
            answer = sent(world, row, who_gets_in(row), **{"Sec-Fetch-Site": site})
            assert answer.status_code == 403, (row.name, site)
            assert "another site" in answer.content.decode(), row.name
    assert changed(before) == set()
    one = next(row for row in DEEDS if row.name == "desk:comment")
    with taken_back():
        assert sent(world, one, "owner", **{"Sec-Fetch-Site": "same-origin"}).status_code == 302
    with taken_back():
        elsewhere = sent(world, one, "owner", strict=True, Origin="https://elsewhere.example")
        assert elsewhere.status_code == 403
    link = Row("desk:home", {})
    assert sent(world, link, "owner", **{"Sec-Fetch-Site": "cross-site"}).status_code == 200, (
        "a link may lead here"
    )


def everything() -> dict[str, Any]:
    """A digest of each table."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
            )
            found[table] = cursor.fetchone()
    return found


def changed(before: dict[str, Any]) -> set[str]:
    after = everything()
    return {table for table in after if after[table] != before[table]} - TRAIL


def test_looking_changes_nothing_but_the_trail(world: World) -> None:
    before = everything()
    assert len(before) > 40
    for row in ROWS:
        if row.method != "get" or row.name == "partners:sign_out":
            continue
        for who in {who_gets_in(row), "stranger"}:
            asked(world.clients[who], row, world)
            head = Client(raise_request_exception=False)
            head.cookies = SimpleCookie(world.clients[who].cookies.output(header="", sep=";"))
            head.head(row.url(world), row.given(world))
    assert changed(before) == set()


ELSEWHERE = (
    "https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/", "\\\\elsewhere.example",
    "https:elsewhere", "///elsewhere.example", "/%2f/elsewhere.example", "javascript:alert(1)", "/\t/elsewhere.example",
    " //elsewhere.example",
    "http:///elsewhere.example", "/home\r\nSet-Cookie: a=b", "data:text/html,x", "//elsewhere.example\\@testserver/",
)  # fmt: skip


def test_nobody_is_sent_elsewhere(world: World) -> None:
    """Whatever an address or a form names as the page to go to next, and whatever the host is called."""
    for place in ELSEWHERE:
        for name in ("partners:sign_in", "partners:sign_out", "partners:prove", "partners:second_step"):
            for who in ("member", "nobody"):
                with taken_back():
                    once = Client(raise_request_exception=False)
                    once.cookies = SimpleCookie(world.clients[who].cookies.output(header="", sep=";"))
                    stays_here(once.get(f"{reverse(name)}?next={quote(place)}"), (name, place))
    for name in ("partners:sign_in", "partners:prove", "partners:second_step"):
        for place in ELSEWHERE:
            with taken_back():
                stays_here(world.clients["member"].post(reverse(name), {"next": place}), (name, place))


def stays_here(answer: Any, where: Any) -> None:
    assert answer.status_code < 500, where
    target = answer.headers.get("Location", "/")
    assert target.startswith("/") and not target.startswith(("//", "/\\")), (where, target)
    assert "Set-Cookie: a=b" not in str(answer.headers), where


def test_another_host_s_name_is_refused(client: Client, db: None) -> None:
    for host in (
        "elsewhere.example",
        "testserver.elsewhere.example",
        "testserver:80@elsewhere.example",
        "a b",
    ):
        answer = client.get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400, host
        assert "elsewhere" not in answer.content.decode(), host
    forwarded = client.get("/sign-in", headers={"X-Forwarded-Host": "elsewhere.example"})
    assert "elsewhere" not in forwarded.content.decode()
