"""What a real service must not be started with (security requirement C-2): one sentence for each.

`lineofsight check` says them, and `lineofsight serve` refuses to start while there is one, when
LINEOFSIGHT_PRODUCTION is on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from lineofsight.config import environment as env

SHORTEST_SECRET = 50
#: How examples begin that people leave in place of a secret.
NO_SECRETS = (
    "change",
    "secret",
    "django-insecure",
    "insecure",
    "password",
    "example",
    "default",
    "test",
    "(",
)


def unsafe() -> list[str]:
    """Everything that is wrong with these settings and this database for a real service."""
    return [*about_settings(), *about_places(), *about_database()]


def about_settings() -> Iterator[str]:
    if settings.DEBUG:
        yield "DEBUG is on, so errors show the inside of the service to anyone: leave it off."
    if env.flag("LINEOFSIGHT_DEBUG"):
        yield "LINEOFSIGHT_DEBUG is on, so commands print the inside of the service: leave it out."
    yield from about_secret(secret_key())
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SECURE_SSL_REDIRECT):
        yield "Cookies would travel without https: set LINEOFSIGHT_PRODUCTION=1 and put a proxy with https in front."
    if settings.SECURE_PROXY_SSL_HEADER is None:
        yield (
            "No proxy is trusted, so no request would count as https: name the proxy's address in LINEOFSIGHT_PROXIES."
        )
    if any(network in ("0.0.0.0/0", "::/0") for network in settings.PROXIES):
        yield "LINEOFSIGHT_PROXIES trusts everyone: name the proxy's own address."
    if any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield "LINEOFSIGHT_HOSTS holds a wildcard: name the service's own host, such as los.council.example."
    if not env.words("LINEOFSIGHT_HOSTS"):
        yield "LINEOFSIGHT_HOSTS is not set: name the service's own host, such as los.council.example."
    if any(not origin.startswith("https://") or "*" in origin for origin in settings.CSRF_TRUSTED_ORIGINS):
        yield "LINEOFSIGHT_ORIGINS holds an address without https or with a wildcard: write https://los.council.example."
    if settings.DEMO_CODE:
        yield "The second factor's codes would be shown on screen: set LINEOFSIGHT_PRODUCTION=1."


def secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:  # the framework's word for an empty one
        return ""


def about_secret(secret: str) -> Iterator[str]:
    plain = secret.casefold()
    if not secret:
        yield "LINEOFSIGHT_SECRET_KEY is not set: give 50 random characters and keep them with your other secrets."
    elif len(secret) < SHORTEST_SECRET or len(set(secret)) < 10:
        yield f"LINEOFSIGHT_SECRET_KEY is too short: give at least {SHORTEST_SECRET} random characters."
    elif plain.startswith(NO_SECRETS):
        yield "LINEOFSIGHT_SECRET_KEY looks like an example: give 50 random characters of your own."


def about_places() -> Iterator[str]:
    """What lies beside the database."""
    if (Path(settings.DATA) / "demo" / "sign-in.json").exists():
        yield "The data folder holds the demo, whose passwords are known: name another folder in LINEOFSIGHT_DATA."
    head = env.text("LINEOFSIGHT_LEDGER_HEADS")
    if not head:
        yield (
            "LINEOFSIGHT_LEDGER_HEADS is not set: name a folder on another machine, to which the ledger's signed "
            "heads are copied."
        )
    elif not Path(head).is_dir():
        yield f"LINEOFSIGHT_LEDGER_HEADS names {head}, which is not a folder that can be reached."


#: Of the role that serves: whether it is above the rules of the database, and whether it could change them.
ROLE = (
    "SELECT r.rolsuper OR r.rolbypassrls, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'USAGE'))"
    " FROM pg_roles r WHERE r.rolname = current_user"
)


def about_database() -> Iterator[str]:
    try:
        above, owner = asked(ROLE)
        behind = is_behind()
    except DatabaseError:
        yield "The database cannot be asked: check DATABASE_URL, and that the server runs."
        return
    if above:
        yield "The database role that serves is a superuser, or above row security: serve with a role that is not."
    elif owner and not serves_as_web():
        yield "The database role that serves owns the tables, so it could change the rules: serve with the web role."
    if behind:
        yield "The database does not have this version's tables yet: run lineofsight migrate as their owner."


def serves_as_web() -> bool:
    """The pages sign in to the database on their own: always to the built-in one, and elsewhere when told how.
    A command that asks this works as owner."""
    return not env.text("DATABASE_URL") or bool(env.text("LINEOFSIGHT_WEB_DATABASE_URL"))


def asked(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def is_behind() -> bool:
    executor = MigrationExecutor(connections["default"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
