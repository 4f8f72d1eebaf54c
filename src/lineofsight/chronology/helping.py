"""What a process of its own needs before it can help to read the whole store. Knows Django only once it runs."""

from __future__ import annotations

from typing import Any


def begin(settings: dict[str, Any]) -> None:
    """Connect to the database that the asking process uses."""
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict.update(settings)


def read_range(first: int, last: int, feeds: Any) -> Any:
    from lineofsight.chronology import whole_store

    return whole_store.read_range(first, last, feeds)
