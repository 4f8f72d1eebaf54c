"""Is the ledger whole? Reads every row again, builds the tree anew and compares it with what is stored and
with heads that were kept elsewhere.

Whoever rules the database can change rows, leaves, parts of the tree and its heads together, and even sign
anew. None of that changes a head that has left the building: so the heads given decide, and what is stored
only helps to name the place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from lineofsight.access import encoding, heads, tree
from lineofsight.access.sealing import STORED_LEVEL, open_transactions, size_of

#: Leaves read at a time: a whole number of stored parts.
CHUNK = 1 << 14

LEAVES = (
    f"SELECT l.place, l.row_id, l.hash, {encoding.COLUMNS} FROM access_ledgerleaf l"  # noqa: S608 (constant names)
    " LEFT JOIN access_ledgerrow r ON r.id = l.row_id WHERE l.place >= %s AND l.place < %s ORDER BY l.place"
)


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong. `row` and `place` are 0 and -1 where there is none to name."""

    what: str
    words: str
    row: int = 0
    place: int = -1


@dataclass(slots=True)
class Verdict:
    """`sealed` rows are in the tree, `waiting` ones not yet; `covered` is how many the last head counts."""

    sealed: int = 0
    waiting: int = 0
    covered: int = 0
    covered_at: datetime | None = None
    heads: int = 0
    broken: Break | None = None
    root: str = field(default="")

    @property
    def whole(self) -> bool:
        return self.broken is None


class Broken(Exception):
    def __init__(self, what: str, words: str, *, row: int = 0, place: int = -1) -> None:
        self.found = Break(what, words, row, place)
        super().__init__(words)


def verify(
    given: Sequence[heads.Head],
    keys: dict[str, Ed25519PublicKey],
    *,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Everything, of one moment of the store. `given` are heads kept elsewhere. Stops at the first break."""
    verdict = Verdict()
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try:
            Check(cursor, verdict, given, keys, told).run()
        except Broken as broken:
            verdict.broken = broken.found
    return verdict


class Check:
    """One pass over the tree, from the left."""

    def __init__(
        self, cursor: Any, verdict: Verdict, given: Sequence[heads.Head], keys: dict[str, Ed25519PublicKey],
        told: Callable[[int, int], None],
    ) -> None:  # fmt: skip
        self.cursor, self.verdict, self.given, self.keys, self.told = cursor, verdict, given, keys, told
        self.stored = heads.stored()
        self.waiting_heads: dict[int, list[heads.Head]] = defaultdict(list)
        self.growing = tree.Growing()
        self.fits_to = 0
        self.before: tuple[int, int] = (0, 0)
        self.disorder: tuple[int, int] | None = None
        self.nodes: dict[tuple[int, int], bytes] = {}

    def run(self) -> None:
        total = size_of(self.cursor)
        for head in [*self.given, *self.stored]:
            self.waiting_heads[head.size].append(head)
        self.signatures()
        self.heads_at(0)
        for start in range(0, total, CHUNK):
            self.chunk(start, min(start + CHUNK, total))
            self.told(self.growing.size, total)
        self.verdict.sealed = total
        self.verdict.root = self.growing.root().hex()
        self.end(total)
        self.outside()

    # -- heads -----------------------------------------------------------------------------------------

    def signatures(self) -> None:
        for head in dict.fromkeys([*self.given, *self.stored]):
            if not heads.is_signed(head, self.keys):
                why = "does not fit" if head.key in self.keys else f"is by a key we do not have ({head.key})"
                raise Broken(
                    "head",
                    f"The signature on the head over {head.size:,} rows of {heads.moment(head.at)} {why}.",
                )
        have = set(self.stored)
        for head in self.given:
            if head not in have:
                raise Broken(
                    "head",
                    f"The head over {head.size:,} rows of {heads.moment(head.at)}, which was kept elsewhere,"
                    " is no longer in the database, or was changed there.",
                    row=self.row_at(head.size - 1),
                    place=head.size - 1,
                )
        self.verdict.heads = len(have)

    def heads_at(self, size: int) -> None:
        """The heads over exactly the leaves read so far."""
        for head in self.waiting_heads.pop(size, ()):
            if head.root != self.growing.root():
                self.resealed(head)
            if head.size >= self.verdict.covered:
                self.verdict.covered, self.verdict.covered_at = head.size, head.at
            self.fits_to = size

    def resealed(self, head: heads.Head) -> None:
        signed = f"does not lead to the head over {head.size:,} rows of {heads.moment(head.at)}"
        if self.disorder is not None:
            row, place = self.disorder
            raise Broken("order", f"Row {row} stands out of order: the tree {signed}.", row=row, place=place)
        first = self.row_at(self.fits_to)
        raise Broken(
            "resealed",
            f"From row {first} on, rows were changed and sealed again: what stands at places {self.fits_to:,}"
            f" to {head.size - 1:,} {signed}.",
            row=first,
            place=self.fits_to,
        )

    # -- leaves ----------------------------------------------------------------------------------------

    def chunk(self, start: int, end: int) -> None:
        self.read_nodes(start, end)
        self.cursor.execute(LEAVES, [start, end])
        place = start
        for at, row_id, stored, *row in self.cursor.fetchall():
            if at != place:
                self.no_leaf(place)
            self.leaf(place, row_id, stored, tuple(row))
            place += 1
        if place != end:
            self.no_leaf(place)

    def leaf(self, place: int, row_id: int, stored: bytes, row: tuple[Any, ...]) -> None:
        if row[0] is None:
            raise Broken("removed", f"Row {row_id} was removed.", row=row_id, place=place)
        found = tree.leaf_hash(encoding.encode(row))
        if found != stored:
            raise Broken(
                "changed",
                f"Row {row_id} of {clock(row[2])} does not say what it said when it was sealed.",
                row=row_id, place=place,
            )  # fmt: skip
        here = (row[1], row_id)
        if here <= self.before and self.disorder is None:
            self.disorder = (row_id, place)
        self.before = here
        for level, at, part in self.growing.add(found):
            if level >= STORED_LEVEL and self.nodes.get((level, at)) != part:
                self.no_node(level, at)
        self.heads_at(self.growing.size)

    def no_leaf(self, place: int) -> None:
        raise Broken(
            "leaf",
            f"The leaf at place {place:,} of the tree was removed; before it stands row"
            f" {self.row_at(place - 1)}.",
            row=self.row_at(place - 1),
            place=place,
        )

    def row_at(self, place: int) -> int:
        self.cursor.execute("SELECT row_id FROM access_ledgerleaf WHERE place = %s", [place])
        found = self.cursor.fetchone()
        return found[0] if found else 0

    # -- parts of the tree -----------------------------------------------------------------------------

    def read_nodes(self, start: int, end: int) -> None:
        """Those whose last leaf is among the leaves from `start` to before `end`."""
        levels = range(STORED_LEVEL, max(end.bit_length(), STORED_LEVEL + 1))
        self.cursor.execute(
            "SELECT n.level, n.place, n.hash FROM access_ledgernode n"
            " JOIN unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS want(level, first, last)"
            " ON n.level = want.level AND n.place >= want.first AND n.place < want.last",
            [list(levels), [start >> level for level in levels], [end >> level for level in levels]],
        )
        self.nodes = {(level, place): part for level, place, part in self.cursor.fetchall()}

    def no_node(self, level: int, place: int) -> None:
        first = place << level
        if self.disorder is not None:
            row, at = self.disorder
            raise Broken("order", f"Row {row} stands out of order in the tree.", row=row, place=at)
        state = "was changed" if (level, place) in self.nodes else "was removed"
        raise Broken(
            "part",
            f"The stored part of the tree over places {first:,} to {first + (1 << level) - 1:,} {state}, or"
            f" the rows from {self.row_at(first)} on were sealed again.",
            row=self.row_at(first),
            place=first,
        )

    # -- the end ---------------------------------------------------------------------------------------

    def end(self, total: int) -> None:
        for size in sorted(self.waiting_heads):
            head = self.waiting_heads[size][0]
            raise Broken(
                "cut off",
                f"The ledger was cut off: the head of {heads.moment(head.at)} counts {size:,} sealed rows,"
                f" and {total:,} are there. The last is row {self.row_at(total - 1)}.",
                row=self.row_at(total - 1),
                place=total,
            )
        self.cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE level >= %s AND ((place + 1) << level) <= %s)"
            " FROM access_ledgernode",
            [STORED_LEVEL, total],
        )
        count, fitting = self.cursor.fetchone()
        if count != fitting:
            raise Broken("part", "There are parts of the tree over rows that are not there.", place=total)

    def outside(self) -> None:
        """Rows that are not in the tree: they wait for the sealer, or were put in behind its back."""
        _, above = open_transactions(self.cursor)
        restored = self.before[0] > above
        for row, written_in in self.unsealed():
            if restored:
                # From a dump, and the sealer has not been here since: it sees to these first.
                self.verdict.waiting += 1
                continue
            if (written_in, row) < self.before:
                raise Broken(
                    "inserted",
                    f"Row {row} was put in behind the seal: rows written later are sealed, it is not.",
                    row=row,
                )
            if written_in >= above:
                raise Broken(
                    "inserted",
                    f"Row {row} bears the number of a transaction that has not been.",
                    row=row,
                )
            self.verdict.waiting += 1

    def unsealed(self) -> Iterator[tuple[int, int]]:
        self.cursor.execute(
            "SELECT r.id, r.written_in FROM access_ledgerrow r WHERE NOT EXISTS"
            " (SELECT FROM access_ledgerleaf l WHERE l.row_id = r.id) ORDER BY r.id"
        )
        yield from self.cursor.fetchall()


def clock(microseconds: int) -> str:
    return heads.moment(datetime.fromtimestamp(microseconds / 1_000_000).astimezone())
