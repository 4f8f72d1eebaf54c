"""The sealer: adds written rows to the hash tree, behind the writers' backs, and signs heads.

A row's number says nothing about when it is committed: a transaction may take number 7 and end after one
that took 9. So rows are sealed in the order of the transactions that wrote them, and only those whose
transaction is older than every open one. Whatever commits later stands behind: no gap, and none is skipped.

Writers wait for nothing here, and only one sealer works at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from lineofsight.access import encoding, heads, tree
from lineofsight.access.models import LedgerHead
from lineofsight.catalogue.errors import Refused

log = logging.getLogger(__name__)

#: Every sealer of one database asks for this lock; whoever does not get it has nothing to do.
LOCK = 0x6C65646765720001
#: Parts of the tree from this level up are stored: 2^8 leaves.
STORED_LEVEL = 8
AT_ONCE = 20_000
EVERY_SECONDS = 5.0
#: A head is signed when the tree has grown and the last is older than the first; in any case after the second.
HEAD_WHEN_GROWN = timedelta(seconds=60)
HEAD_ALWAYS = timedelta(seconds=290)

UNSEALED = (
    f"SELECT {encoding.COLUMNS} FROM access_ledgerrow r"  # noqa: S608 (constant names)
    " WHERE (r.written_in, r.id) > (%s, %s) AND r.written_in < %s"
    " AND NOT EXISTS (SELECT FROM access_ledgerleaf l WHERE l.row_id = r.id)"
    " ORDER BY r.written_in, r.id LIMIT %s"
)
RESTORED = (
    f"SELECT {encoding.COLUMNS} FROM access_ledgerrow r"  # noqa: S608 (constant names)
    " WHERE (r.written_in >= %s OR r.written_in < %s)"
    " AND NOT EXISTS (SELECT FROM access_ledgerleaf l WHERE l.row_id = r.id)"
    " ORDER BY r.written_in < %s, r.written_in, r.id LIMIT %s"
)


def seal(*, at_once: int = AT_ONCE) -> int:
    """Seals what can be sealed now. Returns how many rows."""
    count = 0
    while more := seal_some(at_once):
        count += more
        if more < at_once:
            break
    return count


def seal_some(at_once: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        if not alone(cursor):
            return 0
        last, row = last_sealed(cursor)
        # In this order: what had ended before the first question is visible to the second.
        below, above = open_transactions(cursor)
        if last > above:
            return seal_restored(cursor, below, above, at_once)
        cursor.execute(UNSEALED, [last, row, below, at_once])
        return grow(cursor, cursor.fetchall())


def seal_restored(cursor: Any, below: int, above: int, at_once: int) -> int:
    """The database came from a dump into another server, whose transactions count from the beginning: first
    what was not sealed there, then what has been written here."""
    cursor.execute(RESTORED, [above, below, above, at_once])
    return grow(cursor, cursor.fetchall())


def alone(cursor: Any) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])


def open_transactions(cursor: Any) -> tuple[int, int]:
    """All transactions below the first number have ended; none at or above the second has begun."""
    cursor.execute(
        "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
        " FROM pg_current_snapshot() AS s"
    )
    below, above = cursor.fetchone()
    return below, above


def last_sealed(cursor: Any) -> tuple[int, int]:
    """The transaction and number of the row sealed last: every row before it in this order is sealed."""
    cursor.execute(
        "SELECT r.written_in, r.id FROM access_ledgerleaf l JOIN access_ledgerrow r ON r.id = l.row_id"
        " ORDER BY l.place DESC LIMIT 1"
    )
    found = cursor.fetchone()
    return found or (0, 0)


def grow(cursor: Any, rows: list[tuple[Any, ...]]) -> int:
    """Leaves for these rows, in this order, and the parts of the tree that they complete."""
    if not rows:
        return 0
    growing = as_it_stands(cursor)
    leaves, nodes = [], []
    for row in rows:
        leaf = tree.leaf_hash(encoding.encode(row))
        leaves.append((growing.size, row[0], leaf))
        nodes += [part for part in growing.add(leaf) if part[0] >= STORED_LEVEL]
    with cursor.copy("COPY access_ledgerleaf (place, row_id, hash) FROM STDIN") as copy:
        for line in leaves:
            copy.write_row(line)
    if nodes:
        with cursor.copy("COPY access_ledgernode (level, place, hash) FROM STDIN") as copy:
            for line in nodes:
                copy.write_row(line)
    return len(rows)


def as_it_stands(cursor: Any) -> tree.Growing:
    """The tree as it is stored: its full parts, from the nodes and the last few leaves."""
    size = size_of(cursor)
    tail = size >> STORED_LEVEL << STORED_LEVEL
    growing = tree.Growing(tail, [part for _, part in stored_parts(cursor, tail)])
    cursor.execute("SELECT hash FROM access_ledgerleaf WHERE place >= %s ORDER BY place", [tail])
    for (leaf,) in cursor.fetchall():
        growing.add(leaf)
    return growing


def stored_parts(cursor: Any, end: int) -> Iterator[tuple[int, bytes]]:
    """(level, hash) of the full parts before `end`, which must be a multiple of 256; largest first."""
    wanted = list(tree.full_parts(0, end))
    cursor.execute(
        "SELECT n.level, n.place, n.hash FROM access_ledgernode n"
        " JOIN unnest(%s::smallint[], %s::bigint[]) AS want(level, place) USING (level, place)",
        [[level for level, _ in wanted], [place for _, place in wanted]],
    )
    found = {(level, place): part for level, place, part in cursor.fetchall()}
    for one in wanted:
        if one not in found:
            raise Refused("The tree of the ledger is not whole. Run: lineofsight ledger verify")
        yield one[0], found[one]


def size_of(cursor: Any) -> int:
    cursor.execute("SELECT coalesce(max(place) + 1, 0) FROM access_ledgerleaf")
    return int(cursor.fetchone()[0])


# --- heads ----------------------------------------------------------------------------------------------


def sign_head(*, now: datetime | None = None) -> heads.Head | None:
    """A head over what is sealed. None while another sealer works."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not alone(cursor):
            return None
        return keep_head(cursor, now or timezone.now())


def keep_head(cursor: Any, now: datetime) -> heads.Head:
    standing = as_it_stands(cursor)
    head = heads.sign(standing.size, standing.root(), at=now)
    LedgerHead.objects.create(
        size=head.size, root=head.root, at=head.at, key=head.key, signature=head.signature
    )
    return head


def sign_when_due(*, now: datetime | None = None) -> heads.Head | None:
    """A head if the schedule asks for one."""
    now = now or timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        if not alone(cursor):
            return None
        last = heads.newest()
        age = now - last.at if last else HEAD_ALWAYS
        grown = last is None or size_of(cursor) > last.size
        # A clock that was put back must not keep us waiting until it has caught up.
        if age >= HEAD_ALWAYS or age < timedelta(0) or (grown and age >= HEAD_WHEN_GROWN):
            return keep_head(cursor, now)
        return None


# --- going on -------------------------------------------------------------------------------------------


def watch(stop: threading.Event, *, every: float = EVERY_SECONDS) -> Iterator[int]:
    """Seals, signs and copies until told to stop; yields after each round how many rows it sealed. What goes
    wrong is said once and tried again in the next round: the rows wait where they are."""
    said = ""
    while not stop.is_set():
        sealed, wrong = one_round()
        if wrong and wrong != said:
            log.warning("The ledger is not sealed or its heads are not copied: %s", wrong)
        said = wrong
        yield sealed
        stop.wait(every)


def one_round() -> tuple[int, str]:
    """How many rows were sealed, and what went wrong."""
    with let_go():
        try:
            sealed = seal()
            if sign_when_due() is not None:
                heads.copy_out()
            return sealed, ""
        except (DatabaseError, psycopg.Error, Refused) as error:
            # COPY speaks to the driver itself, so its errors come as the driver's.
            return 0, str(error).strip()


@contextmanager
def let_go() -> Iterator[None]:
    """A connection is held only while there is work."""
    try:
        yield
    finally:
        connection.close()
