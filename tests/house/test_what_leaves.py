"""What leaves the service besides what was asked for: headers, error pages, logs, files, mail. None of it tells."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.test import Client
from test_addresses import ROWS, World, asked

import lineofsight

SOURCE = Path(lineofsight.__file__).parent

#: Of the invented children: nothing of this stands in a log.
CANARIES = (
    "Rowan-Hale", "Samuel", "Adeyemi", "Fenwick", "Quay Street", "NS1 2AB", "07700 900123", "2011-03-12", "12/03/2011",
    "12/3/2011", "Harbour Academy", "He rang from a car", "Rang home", "He told me the same", "blade",
)  # fmt: skip


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(name)s %(message)s").format(record))


def test_logs_hold_no_word_about_a_child(world: World) -> None:
    """At the level at which a service logs, over every page, deed, refusal and failure of the census. Statements
    to the database are logged on no installation: that needs DEBUG, with which no real service starts."""
    kept = Kept()
    logging.getLogger().addHandler(kept)
    kept.setLevel(logging.INFO)
    try:
        for row in ROWS:
            for who in ("owner", "officer", "stranger"):
                with transaction.atomic():
                    asked(world.clients[who], row, world)
                    transaction.set_rollback(True)
        broken(world)
    finally:
        logging.getLogger().removeHandler(kept)
    assert len(kept.lines) > 20, "refusals are logged"
    told = [line for line in kept.lines if any(word.casefold() in line.casefold() for word in CANARIES)]
    assert told == []


def broken(world: World) -> Any:
    """A page whose table has gone."""
    client = Client(raise_request_exception=False)
    client.cookies = world.clients["owner"].cookies
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE chronology_participation RENAME COLUMN standing TO stood")
        answer = client.get(f"/children/{world.refs['child']}/chronology")
        transaction.set_rollback(True)
    return answer


def test_an_error_says_nothing_of_the_inside(world: World) -> None:
    answer = broken(world)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong on our side" in page and "Reference:" in page
    for word in ("Traceback", "psycopg", "django", "SELECT", "chronology_participation", "stood", "/src/", ".py",
                 world.refs["child"], "Rowan"):  # fmt: skip
        assert word not in page, word
    for name in ("Server", "X-Powered-By"):
        assert name not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_files_leave_as_attachments(world: World) -> None:
    """And are never more than what they say they are."""
    found = 0
    for row in ROWS:
        for who in ("owner", "officer"):
            if row.may[who] != "in":
                continue
            with transaction.atomic():
                answer = asked(world.clients[who], row, world)
                transaction.set_rollback(True)
            kind = answer.headers.get("Content-Type", "")
            if answer.status_code != 200 or kind.startswith(("text/html", "application/json")) or not kind:
                continue
            if row.name == "partners:health":
                continue
            found += 1
            assert answer.headers["Content-Disposition"].startswith("attachment; filename="), row.name
            assert answer.headers["X-Content-Type-Options"] == "nosniff", row.name
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], row.name
    assert found >= 4


def test_a_real_service_says_https_alone() -> None:
    """Its settings, as a process of its own reads them."""
    given = {
        "LINEOFSIGHT_PRODUCTION": "1", "LINEOFSIGHT_SECRET_KEY": "k" * 50, "DATABASE_URL": "postgresql://u@h/d",
        "LINEOFSIGHT_PROXIES": "192.0.2.1", "LINEOFSIGHT_HOSTS": "los.council.example",
    }  # fmt: skip
    names = (
        "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "X_FRAME_OPTIONS",
        "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "DEBUG",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS", "OURS",
    )  # fmt: skip
    program = (
        "import json; from lineofsight.config import settings as s; "
        f"print(json.dumps([getattr(s, name) for name in {names}]))"
    )
    told = subprocess.run([sys.executable, "-c", program], env={"PATH": os.environ["PATH"]} | given, check=True,
                          capture_output=True, text=True)  # fmt: skip
    assert dict(zip(names, json.loads(told.stdout), strict=True)) == {
        "SECURE_HSTS_SECONDS": 31_536_000, "SECURE_SSL_REDIRECT": True, "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True, "X_FRAME_OPTIONS": "DENY", "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True, "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin", "DEBUG": False,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True, "OURS": "__Host-lineofsight",
    }  # fmt: skip


def test_every_page_keeps_to_itself(client: Client, db: None, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    answer = client.get("/sign-in", secure=True)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for part in ("frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"):
        assert part in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_methods_that_no_page_takes_are_refused(client: Client, db: None, method: str) -> None:
    for address in ("/", "/sign-in", "/api/files", "/nowhere"):
        answer = client.generic(method, address)
        assert answer.status_code == 405 and answer.headers["Allow"] == "GET, HEAD, POST", (method, address)


def test_the_product_sends_no_mail(world: World) -> None:
    """Until it does, with a reference and a link and nothing else, no line of it may reach for the means."""
    for row in ROWS:
        if row.method == "post":
            with transaction.atomic():
                asked(world.clients["sys_admin" if row.may["sys_admin"] == "in" else "owner"], row, world)
                transaction.set_rollback(True)
    assert mail.outbox == []
    reach = [path.name for path in SOURCE.rglob("*.py") if any(
        word in path.read_text(encoding="utf-8") for word in ("django.core.mail", "smtplib", EmailMessage.__name__)
    )]  # fmt: skip
    assert reach == []
