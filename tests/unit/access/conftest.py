"""A ledger whose rows are really committed: sealing is about what other connections see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections


@pytest.fixture
def clean_ledger(transactional_db: None, settings: Any, tmp_path: Path) -> Path:
    """No row, leaf, part or head; the folder for copies of heads."""
    settings.LEDGER_HEADS = tmp_path / "elsewhere"
    settings.LEDGER_HEADS.mkdir()
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE access_ledgerrow, access_ledgerleaf, access_ledgernode, access_ledgerhead")
    return settings.LEDGER_HEADS


@pytest.fixture
def another_connection(clean_ledger: Path) -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    """Opens connections beside Django's, each with a transaction of its own."""
    opened = []

    def connect() -> psycopg.Connection[Any]:
        given = connections["default"].settings_dict
        opened.append(
            psycopg.connect(
                host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"],
                dbname=given["NAME"],
            )
        )  # fmt: skip
        return opened[-1]

    yield connect
    for one in opened:
        one.close()
