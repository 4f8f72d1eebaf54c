"""What every test stands on. Tests that ask for the database get one of their own, apart from any demo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from lineofsight.config.postgres import Server

#: Kept between runs, so that only the first one makes a cluster.
DATA = Path(__file__).resolve().parents[1] / "build" / "test-data"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The embedded server without durability, shared by all test processes; none when DATABASE_URL is set."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    server = Server(DATA, durable=False)
    server.start()
    own = connections["default"].settings_dict
    own.update({key: value for key, value in server.connection().items() if key != "NAME"})
    yield
    server.leave()
