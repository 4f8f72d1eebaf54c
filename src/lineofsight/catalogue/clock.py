"""What time it is for a decision. One place, so that a case can be asked as of another moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_set: ContextVar[datetime | None] = ContextVar("the moment that decisions are taken at", default=None)


def now() -> datetime:
    """Aware, in UTC."""
    return _set.get() or datetime.now(UTC)


def set_moment() -> datetime | None:
    """The moment that stands instead of the real one, if any."""
    return _set.get()


@contextmanager
def at(moment: datetime | None) -> Iterator[None]:
    token = _set.set(moment)
    try:
        yield
    finally:
        _set.reset(token)
