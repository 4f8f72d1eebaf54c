"""Whoever rules the database changes what they like. With a head kept elsewhere it is found, each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineofsight.access import encoding, heads, sealing, verifying
from looks import look

pytestmark = pytest.mark.alone

#: Sizes of the heads; whole parts of the tree end at 256 and 512.
SIZES = (100, 256, 400, 600)
TABLES = ("row", "leaf", "node", "head")

TEXTS = ("actor", "actor_name", "agency", "action", "outcome", "kind", "ref", "rule", "path", "purpose",
         "request", "address")  # fmt: skip
CHANGES = (
    *(f"{name} = {name} || 'x'" for name in TEXTS),
    "at = at + interval '1 microsecond'", "written_in = written_in - 1", "id = id + 1000000",
    "people = people || 'P9'::text", "people = '{}'", "owners = owners[2:]", "records = '{E1}'",
    "roles = roles || roles", "detail = detail || '{\"number\": -1}'", "detail = detail - 'number'",
    "people = ARRAY[people[1] || '\",\"P9']",
)  # fmt: skip


class Ruler:
    """A superuser's hands: no trigger holds."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.cursor = connection.cursor()
        for table in TABLES:
            self.do(f"ALTER TABLE access_ledger{table} DISABLE TRIGGER access_ledger_append_only")

    def do(self, statement: str, *values: Any) -> int:
        self.cursor.execute(statement, values)
        return int(self.cursor.rowcount)

    def some_row(self) -> int:
        self.do("SELECT id FROM access_ledgerrow ORDER BY id")
        return int(self.chance.choice(self.cursor.fetchall())[0])

    def place(self) -> int:
        return self.chance.randrange(SIZES[-1])

    # -- covering up -----------------------------------------------------------------------------------

    def in_order(self) -> list[tuple[Any, ...]]:
        self.do(f"SELECT {encoding.COLUMNS} FROM access_ledgerrow r ORDER BY written_in, id")
        return list(self.cursor.fetchall())

    def seal_again(self, rows: list[tuple[Any, ...]]) -> None:
        """The whole tree made anew over these rows, and every head signed again with the true key."""
        old = heads.stored()
        self.do("DELETE FROM access_ledgerleaf")
        self.do("DELETE FROM access_ledgernode")
        self.do("DELETE FROM access_ledgerhead")
        done = 0
        for head in old:
            sealing.grow(self.cursor, rows[done : head.size])
            done = min(head.size, len(rows))
            sealing.keep_head(self.cursor, head.at)
        sealing.grow(self.cursor, rows[done:])

    # -- one of each kind ------------------------------------------------------------------------------

    def change(self) -> int:
        row = self.some_row()
        while not self.do(f"UPDATE access_ledgerrow SET {self.chance.choice(CHANGES)} WHERE id = %s", row):
            pass
        return row

    def change_and_the_leaf(self) -> None:
        row = self.some_row()
        self.do("UPDATE access_ledgerrow SET actor_name = 'Nobody' WHERE id = %s", row)
        self.do(
            "UPDATE access_ledgerleaf SET hash = %s WHERE row_id = %s", verifying.tree.leaf_hash(b"x"), row
        )

    def change_and_seal_again(self) -> None:
        self.change()
        self.seal_again(self.in_order())

    def remove(self) -> None:
        self.do("DELETE FROM access_ledgerrow WHERE id = %s", self.some_row())

    def remove_with_its_leaf(self) -> None:
        row = self.some_row()
        self.do("DELETE FROM access_ledgerrow WHERE id = %s", row)
        self.do("DELETE FROM access_ledgerleaf WHERE row_id = %s", row)

    def remove_and_close_the_gap(self) -> None:
        row = self.some_row()
        self.do("DELETE FROM access_ledgerrow WHERE id = %s", row)
        self.do("SELECT place FROM access_ledgerleaf WHERE row_id = %s", row)
        place = self.cursor.fetchone()[0]
        self.do("DELETE FROM access_ledgerleaf WHERE place = %s", place)
        self.do("UPDATE access_ledgerleaf SET place = -place WHERE place > %s", place)
        self.do("UPDATE access_ledgerleaf SET place = -place - 1 WHERE place < 0")

    def remove_and_seal_again(self) -> None:
        self.remove()
        self.seal_again(self.in_order())

    def insert(self) -> None:
        """A copy of a row, as if written at some time before."""
        self.do(
            "INSERT INTO access_ledgerrow SELECT (r).* FROM (SELECT jsonb_populate_record(old, jsonb_build_object("
            " 'id', %s::bigint, 'actor', 'forged', 'written_in', old.written_in - %s)) AS r"
            " FROM access_ledgerrow old WHERE id = %s) made",
            self.chance.choice([-1, 10**9]), self.chance.randrange(1, 3), self.some_row(),
        )  # fmt: skip

    def insert_and_seal_again(self) -> None:
        self.insert()
        self.seal_again(self.in_order())

    def insert_from_the_future(self) -> None:
        self.insert()
        self.do("UPDATE access_ledgerrow SET written_in = 10^15 WHERE actor = 'forged'")

    def swap_rows(self) -> None:
        """Two rows take each other's number."""
        one, other = self.two("SELECT id FROM access_ledgerrow")
        self.do("UPDATE access_ledgerrow SET id = -1 WHERE id = %s", one)
        self.do("UPDATE access_ledgerrow SET id = %s WHERE id = %s", one, other)
        self.do("UPDATE access_ledgerrow SET id = %s WHERE id = -1", other)

    def swap_leaves(self) -> None:
        one, other = self.two("SELECT place FROM access_ledgerleaf")
        self.do("UPDATE access_ledgerleaf SET place = -1 WHERE place = %s", one)
        self.do("UPDATE access_ledgerleaf SET place = %s WHERE place = %s", one, other)
        self.do("UPDATE access_ledgerleaf SET place = %s WHERE place = -1", other)

    def swap_and_seal_again(self) -> None:
        rows = self.in_order()
        one, other = self.chance.sample(range(len(rows)), 2)
        rows[one], rows[other] = rows[other], rows[one]
        self.seal_again(rows)

    def two(self, question: str) -> list[int]:
        self.do(question)
        return [found for (found,) in self.chance.sample(self.cursor.fetchall(), 2)]

    def cut_off(self) -> None:
        """The end goes, with all that spoke of it."""
        left = self.place()
        self.do(
            "DELETE FROM access_ledgerrow WHERE id IN (SELECT row_id FROM access_ledgerleaf WHERE place >= %s)",
            left,
        )
        self.do("DELETE FROM access_ledgerleaf WHERE place >= %s", left)
        if self.chance.random() < 0.7:
            self.do("DELETE FROM access_ledgernode WHERE ((place + 1) << level) > %s", left)
            self.do("DELETE FROM access_ledgerhead WHERE size > %s", left)

    def unseal(self) -> None:
        """As if the last rows had never been sealed, to seal them again in another way."""
        left = self.place()
        self.do("DELETE FROM access_ledgerleaf WHERE place >= %s", left)
        self.do("DELETE FROM access_ledgernode WHERE ((place + 1) << level) > %s", left)
        self.do("DELETE FROM access_ledgerhead WHERE size > %s", left)

    def change_a_leaf(self) -> None:
        self.do("UPDATE access_ledgerleaf SET hash = sha256(hash) WHERE place = %s", self.place())

    def remove_a_leaf(self) -> None:
        self.do("DELETE FROM access_ledgerleaf WHERE place = %s", self.place())

    def change_a_node(self) -> None:
        self.do(
            "UPDATE access_ledgernode SET hash = sha256(hash) WHERE (level, place) = (%s, %s)", *self.node()
        )

    def remove_a_node(self) -> None:
        self.do("DELETE FROM access_ledgernode WHERE (level, place) = (%s, %s)", *self.node())

    def insert_a_node(self) -> None:
        self.do(
            "INSERT INTO access_ledgernode VALUES (%s, %s, sha256(''))",
            *self.chance.choice([(8, 2), (10, 0)]),
        )

    def node(self) -> tuple[int, int]:
        return self.chance.choice([(8, 0), (8, 1), (9, 0)])

    def change_a_head(self) -> None:
        what = self.chance.choice([
            "size = size - 1", "root = sha256(root)", "at = at + interval '1 hour'", "key = reverse(key)",
            "signature = sha512(signature)",
        ])  # fmt: skip
        self.do(f"UPDATE access_ledgerhead SET {what} WHERE size = %s", self.chance.choice(SIZES))

    def remove_a_head(self) -> None:
        self.do("DELETE FROM access_ledgerhead WHERE size = %s", self.chance.choice(SIZES))

    def forge_a_head(self) -> None:
        """With the true key, over what is not there."""
        head = heads.sign(self.place(), bytes(32), at=timezone.now())
        self.do(
            "INSERT INTO access_ledgerhead (size, root, at, key, signature) VALUES (%s, %s, %s, %s, %s)",
            head.size, head.root, head.at, head.key, head.signature,
        )  # fmt: skip


KINDS = sorted(
    name
    for name, value in vars(Ruler).items()
    if callable(value)
    and not name.startswith("_")
    and name not in ("do", "some_row", "place", "in_order", "seal_again", "two", "node")
)


@pytest.fixture
def ledger_of_600(clean_ledger: Path) -> list[heads.Head]:
    """The heads that were kept elsewhere."""
    start, done = timezone.now(), 0
    for number, size in enumerate(SIZES):
        while done < size:
            batch = min(37, size - done)
            with transaction.atomic():
                for _ in range(batch):
                    look(done)
                    done += 1
        sealing.seal()
        sealing.sign_head(now=start + timedelta(minutes=number))
    heads.copy_out()
    return heads.read_copies(clean_ledger / heads.COPIES)


def found(kept: list[heads.Head], tamper: Callable[[], Any]) -> tuple[verifying.Verdict, Any]:
    """What the check says after the tampering, which is undone again."""
    with transaction.atomic():
        told = tamper()
        verdict = verifying.verify(kept, heads.known_keys())
        transaction.set_rollback(True)
    return verdict, told


@pytest.mark.slow
def test_a_thousand_tampers_are_all_found(ledger_of_600: list[heads.Head]) -> None:
    clean = verifying.verify(ledger_of_600, heads.known_keys())
    assert clean.whole and clean.sealed == clean.covered == 600 and clean.waiting == 0 and clean.heads == 4

    @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(KINDS), st.integers(0, 2**32))
    def try_one(kind: str, seed: int) -> None:
        verdict, told = found(ledger_of_600, lambda: getattr(Ruler(Random(seed)), kind)())
        assert verdict.broken is not None, kind
        assert verdict.broken.words
        if kind == "change" and verdict.broken.what == "changed":
            assert verdict.broken.row == told

    try_one()
    assert verifying.verify(ledger_of_600, heads.known_keys()) == clean


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_tampering_is_found(kind: str, ledger_of_600: list[heads.Head]) -> None:
    verdict, _ = found(ledger_of_600, lambda: getattr(Ruler(Random(5)), kind)())
    assert verdict.broken is not None and verdict.broken.words


def test_the_first_broken_place_is_named(ledger_of_600: list[heads.Head]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_id FROM access_ledgerleaf WHERE place IN (300, 450) ORDER BY place")
        early, late = (row for (row,) in cursor.fetchall())

    def change(ruler: Ruler) -> None:
        for row in (late, early):
            ruler.do("UPDATE access_ledgerrow SET actor = 'x' WHERE id = %s", row)

    verdict, _ = found(ledger_of_600, lambda: change(Ruler(Random(1))))
    assert verdict.broken is not None
    assert (verdict.broken.what, verdict.broken.row, verdict.broken.place) == ("changed", early, 300)
    assert f"Row {early} " in verdict.broken.words

    def swap(ruler: Ruler) -> None:
        rows = ruler.in_order()
        rows[300], rows[450] = rows[450], rows[300]
        ruler.seal_again(rows)

    verdict, _ = found(ledger_of_600, lambda: swap(Ruler(Random(1))))
    assert verdict.broken is not None and verdict.broken.what in ("order", "head")

    def cover_up(ruler: Ruler) -> None:
        """Everything made anew, and the true heads put back beside it."""
        ruler.do("UPDATE access_ledgerrow SET actor = 'x' WHERE id = %s", early)
        ruler.seal_again(ruler.in_order())
        ruler.do("DELETE FROM access_ledgerhead")
        for head in ledger_of_600:
            ruler.do(
                "INSERT INTO access_ledgerhead (size, root, at, key, signature) VALUES (%s, %s, %s, %s, %s)",
                head.size, head.root, head.at, head.key, head.signature,
            )  # fmt: skip

    verdict, _ = found(ledger_of_600, lambda: cover_up(Ruler(Random(1))))
    assert verdict.broken is not None and verdict.broken.what == "resealed"
    assert verdict.broken.place == 256, "the head before it still fits"
    assert "places 256 to 399" in verdict.broken.words
