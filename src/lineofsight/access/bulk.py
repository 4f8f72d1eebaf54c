"""Many rows at once into a table that row security binds.

COPY does not go with row security, so rows are copied into a temporary table beside it and inserted from there
in one statement, which the policies check like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import sql


@contextmanager
def copy_into(cursor: Any, table: str, columns: Sequence[str]) -> Iterator[Any]:
    """Gives what `cursor.copy` gives; the rows are in the table when the block ends, in their order."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    parts = {"table": sql.Identifier(table), "beside": sql.Identifier(f"copied_{table}"), "names": names}
    raw = cursor.cursor if hasattr(cursor, "cursor") else cursor
    raw.execute(
        sql.SQL(
            "CREATE TEMP TABLE {beside} ON COMMIT DROP AS SELECT {names} FROM {table} WHERE false"
        ).format(**parts)
    )
    with raw.copy(sql.SQL("COPY {beside} ({names}) FROM STDIN").format(**parts)) as copy:
        yield copy
    raw.execute(sql.SQL("INSERT INTO {table} ({names}) SELECT {names} FROM {beside}").format(**parts))
    raw.execute(sql.SQL("DROP TABLE {beside}").format(**parts))
