"""The second lock: row security in PostgreSQL, and who is acting on this connection.

Each room says in its `guard.sql` who may read and write its tables; `apply` lays all of them down after every
migration, as owner. While a request runs, `enter` tells the database who acts, for this transaction alone and
sealed with a code that SQL cannot forge; a connection on which nobody acts reads nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, InternalError, OperationalError, connection, transaction
from psycopg import sql
from psycopg.pq import TransactionStatus

from lineofsight.access.actor import Actor, Role
from lineofsight.catalogue import clock

Found = TypeVar("Found")

WEB, WORKER, READER = "lineofsight_web", "lineofsight_worker", "lineofsight_reader"
ROLES = (WEB, WORKER, READER)

#: What the database was told on this connection; empty while row security does not bind it.
_told: ContextVar[str] = ContextVar("who acts on the connection", default="")


#: What was found out about the actor in this request, so that one page asks for it once.
_memory: ContextVar[dict[Any, Any] | None] = ContextVar("what this request found out", default=None)


def remember(what: Any, find: Callable[[], Found]) -> Found:
    """The answer of `find`, kept until the request ends or a deed changes something. Outside a request nothing is
    kept."""
    memory = _memory.get()
    if memory is None:
        return find()
    if what not in memory:
        memory[what] = find()
    found: Found = memory[what]
    return found


def forget() -> None:
    """A deed may have let someone in or shut them out."""
    memory = _memory.get()
    if memory is not None:
        memory.clear()


def key() -> bytes:
    """What seals the context. From the secret key, so that no further secret has to be kept."""
    return hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"los guard").digest()


def sealed(body: str, backend: int) -> str:
    """The body with its seal: binds it to one connection of the server."""
    inner = hashlib.sha256(key() + f"{backend}|{body}".encode()).digest()
    return hashlib.sha256(key() + inner).hexdigest() + ":" + body


def worker_body(actor: Actor) -> str:
    """With the moment, so that the policy here and the policies there decide as of one clock: the database's
    own stands still from the start of the transaction."""
    return f"worker|{actor.ref}|{clock.now().isoformat()}|{'vouched' if actor.vouched else ''}"


def system_body(reason: str) -> str:
    moment = clock.set_moment()
    return f"system|{reason}|{moment.isoformat() if moment else ''}"


def tell(body: str, role: str = "") -> None:
    """Who acts from here on, in one statement with the role to step down to."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('guard.context', %s, true)"
            + (", set_config('role', %s, true)" if role else ""),
            [sealed(body, backend), *([role] if role else [])],
        )
    _told.set(body)


def body_for(actor: Actor) -> str:
    return system_body("operator") if actor.has(Role.OPERATOR) else worker_body(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """This transaction is the actor's, with the rights of the web role. Call it inside `atomic`."""
    before, memory = _told.get(), _memory.set({})
    # Signed in as owner (tests, one-login set-ups): step down to the web role for this transaction.
    tell(body_for(actor), role=settings.GUARD_DROPS_TO)
    try:
        yield
    finally:
        _told.set(before)
        _memory.reset(memory)
        if works():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('guard.context', '', true)"
                    + (", set_config('role', 'none', true)" if settings.GUARD_DROPS_TO else "")
                )


@contextmanager
def as_system(reason: str) -> Iterator[None]:
    """The product itself looks or writes, on behalf of a decision that was already taken: the matcher, an
    import, a pointer. `reason` is a word for the database's log. Nothing changes where nothing is bound."""
    before = _told.get()
    if not before or is_system():
        yield
        return
    tell(system_body(reason))
    try:
        yield
    finally:
        if works():
            tell(before)
        else:
            _told.set(before)


def act_as_key(ref: str) -> None:
    """For the rest of this request a program's key acts instead of a worker: it reads what is its agency's own, as
    each room's guard.sql says. Nothing changes where nothing is bound."""
    if is_bound():
        tell(f"key|{ref}|{clock.now().isoformat()}")


def works() -> bool:
    """Whether the transaction can still take statements. One that failed is rolled back, and what it set with it."""
    if connection.connection is None or connection.needs_rollback:
        return False
    return bool(connection.connection.info.transaction_status != TransactionStatus.INERROR)


def is_system() -> bool:
    """Whether the product itself acts on this connection."""
    return _told.get().startswith("system|")


def is_bound() -> bool:
    """Whether row security holds what this connection reads."""
    return bool(_told.get())


# --- laying the policies down ---------------------------------------------------------------------------


def files() -> list[Path]:
    """Every room's guard.sql, from the ground up."""
    rooms = [Path(config.path) for config in reversed(list(apps.get_app_configs()))]
    return [path for room in rooms if (path := room / "guard.sql").is_file()]


#: Roles belong to the whole server. Two databases of one server that are laid down at once meet there; who comes
#: second tries again.
TRIES = 8


def apply(**_: Any) -> None:
    """Functions, grants and policies as the code has them. Safe to run again; runs after every migration."""
    for tried in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                lay_down()
        except (InternalError, IntegrityError, OperationalError):
            if tried == TRIES or connection.in_atomic_block:
                raise
            time.sleep(0.2 * tried)
        else:
            return


def lay_down() -> None:
    with connection.cursor() as cursor:
        for path in files():
            cursor.execute(path.read_text(encoding="utf-8"))
        for role, password in settings.GUARD_LOGINS.items():
            given = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password)
            )
            cursor.execute(given.as_string(cursor.connection))
        cursor.execute("DELETE FROM guard.secret")
        cursor.execute("INSERT INTO guard.secret (value) VALUES (%s)", [key()])
