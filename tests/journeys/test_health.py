"""Whether the service is up: for machines, without a word about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client


@pytest.mark.django_db
def test_health_says_nothing_but_that_it_is_up(client: Client, django_assert_num_queries: Any) -> None:
    """C-7."""
    with django_assert_num_queries(1):
        answer = client.get("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (
        not answer.cookies and answer["X-Frame-Options"] == "DENY" and "no-store" in answer["Cache-Control"]
    )
    assert "Server" not in answer and "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_health_answers_when_the_database_does_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise OperationalError("the database is down at 10.0.0.5")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", down)
        answer = client.get("/health")
    assert (answer.status_code, answer.content) == (503, b"")
