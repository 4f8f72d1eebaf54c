"""C-2: a real service does not start on unsafe settings, and says each in one sentence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from commands import surroundings
from lineofsight.config import production

SECRET = "q8Zr2vXk0Lw7Tn4Yb1Hc9Jd6Fg3Ps5Ma_uE-iOyRtWqAzSxDcVfBgNh"


@pytest.fixture
def safe(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings with which nothing is wrong; each test spoils one."""
    settings.DEBUG = False
    settings.SECRET_KEY = SECRET
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.PROXIES = ["127.0.0.1"]
    settings.ALLOWED_HOSTS = ["los.council.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://los.council.example"]
    settings.DEMO_CODE = ""
    settings.DATA = tmp_path
    monkeypatch.setenv("LINEOFSIGHT_HOSTS", "los.council.example")
    monkeypatch.setenv("LINEOFSIGHT_LEDGER_HEADS", str(tmp_path))
    monkeypatch.delenv("LINEOFSIGHT_DEBUG", raising=False)
    return settings


def said() -> list[str]:
    return [*production.about_settings(), *production.about_places()]


def test_nothing_is_said_of_safe_settings(safe: Any) -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", True, "DEBUG is on"),
        ("SECRET_KEY", "", "is not set"),
        ("SECRET_KEY", "short", "too short"),
        ("SECRET_KEY", "a" * 60, "too short"),
        ("SECRET_KEY", "django-insecure-" + SECRET, "looks like an example"),
        ("SECRET_KEY", "(50 random characters, kept with your other secrets)", "looks like an example"),
        ("SESSION_COOKIE_SECURE", False, "without https"),
        ("CSRF_COOKIE_SECURE", False, "without https"),
        ("SECURE_SSL_REDIRECT", False, "without https"),
        ("SECURE_PROXY_SSL_HEADER", None, "No proxy is trusted"),
        ("PROXIES", ["0.0.0.0/0"], "trusts everyone"),
        ("ALLOWED_HOSTS", ["*"], "wildcard"),
        ("ALLOWED_HOSTS", [".council.example"], "wildcard"),
        ("CSRF_TRUSTED_ORIGINS", ["http://los.council.example"], "without https"),
        ("CSRF_TRUSTED_ORIGINS", ["https://*.council.example"], "wildcard"),
        ("DEMO_CODE", "lineofsight.demo.codes.shown", "shown on screen"),
    ],
)
def test_each_unsafe_setting_is_said_in_one_sentence(safe: Any, name: str, value: Any, words: str) -> None:
    setattr(safe, name, value)
    found = said()
    assert len(found) == 1 and words in found[0]
    assert found[0].endswith(".") and "\n" not in found[0]


def test_the_demo_is_no_real_service(safe: Any, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "sign-in.json").write_text("{}")
    assert ["holds the demo" in sentence for sentence in said()] == [True]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LINEOFSIGHT_HOSTS", "", "LINEOFSIGHT_HOSTS is not set"),
        ("LINEOFSIGHT_DEBUG", "1", "LINEOFSIGHT_DEBUG is on"),
        ("LINEOFSIGHT_LEDGER_HEADS", "", "LINEOFSIGHT_LEDGER_HEADS is not set"),
        ("LINEOFSIGHT_LEDGER_HEADS", "/nowhere/at/all", "not a folder"),
    ],
)
def test_each_unsafe_surrounding_is_said(
    safe: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert [words in sentence for sentence in said()] == [True]


# --- the database -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_owns_the_tables_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server of one's own that has no login for the pages; the built-in one always has."""
    assert not any("owns the tables" in sentence for sentence in production.about_database())
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner@db.example/los")
    assert any("owns the tables" in sentence for sentence in production.about_database())
    monkeypatch.setenv("LINEOFSIGHT_WEB_DATABASE_URL", "postgresql://web@db.example/los")
    assert not any("owns the tables" in sentence for sentence in production.about_database())


@pytest.mark.django_db
def test_missing_tables_are_said() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'partners'")
    assert any("this version's tables" in sentence for sentence in production.about_database())


# --- as a process -----------------------------------------------------------------------------------------


def run(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    around = (
        surroundings(data) | {"LINEOFSIGHT_PRODUCTION": "1", "LINEOFSIGHT_LEDGER_TERMS_KEY": SECRET} | more
    )
    around = {name: value for name, value in around.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "lineofsight.config.cli", *arguments],
        capture_output=True, text=True, env=around, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_serve_and_check_refuse_and_say_why(tmp_path: Path) -> None:
    assert "LINEOFSIGHT_DEBUG" not in os.environ
    done = run(tmp_path, "migrate", LINEOFSIGHT_SECRET_KEY=SECRET)
    assert done.returncode == 0, done.stderr
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = str(trial.getsockname()[1])
    served = run(tmp_path, "serve", "--port", port, LINEOFSIGHT_SECRET_KEY=SECRET)
    checked = run(tmp_path, "check", LINEOFSIGHT_SECRET_KEY="changeme", LINEOFSIGHT_KEEP_DATABASE="0")
    assert served.returncode == checked.returncode == 1
    for sentence in (
        "No proxy is trusted",
        "LINEOFSIGHT_HOSTS is not set",
        "LINEOFSIGHT_LEDGER_HEADS is not set",
    ):
        assert sentence in served.stderr, served.stderr
        assert sentence in checked.stdout, checked.stdout
    assert "SECRET_KEY" not in served.stderr and "LINEOFSIGHT_SECRET_KEY is too short" in checked.stdout
    assert "Traceback" not in served.stderr + checked.stderr
