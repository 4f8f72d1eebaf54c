"""The sealer: every row once, in the order of its transaction, however late it is committed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from lineofsight.access import encoding, heads, ledger, proving, sealing, tree, verifying
from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue.errors import NotFound, Refused
from looks import look

pytestmark = [pytest.mark.usefixtures("clean_ledger"), pytest.mark.alone]
INSERT = (
    "INSERT INTO access_ledgerrow (actor, actor_name, agency, roles, action, outcome, kind, ref, rule, path,"
    " people, records, owners, purpose, request, address, detail) VALUES"
    " ('late', 'Late', '', '{}', 'child.view', 'looked', 'child', 'P1', '', '', '{}', '{}', '{}', '', '', '', '{}')"
    " RETURNING id"
)


def sealed() -> list[int]:
    """Row numbers in the order of the tree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, row_id FROM access_ledgerleaf ORDER BY place")
        found = cursor.fetchall()
    assert [place for place, _ in found] == list(range(len(found)))
    return [row for _, row in found]


def written() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM access_ledgerrow ORDER BY id")
        return [row for (row,) in cursor.fetchall()]


def verdict(given: list[heads.Head] | None = None) -> verifying.Verdict:
    return verifying.verify(given or [], heads.known_keys())


def test_what_is_committed_is_sealed_once_and_in_order() -> None:
    for number in range(20):
        look(number)
    assert sealing.seal(at_once=7) == 20
    assert sealing.seal() == 0
    look(20)
    assert sealing.seal() == 1
    assert sealed() == written() and len(written()) == 21


def test_a_late_commit_leaves_no_gap_and_is_not_skipped(
    another_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    slow, slower = another_connection(), another_connection()
    look(1)
    first = slow.execute(INSERT).fetchone()
    look(2)
    second = slower.execute(INSERT).fetchone()
    look(3)
    assert first and second
    # The rows of open transactions cannot be seen, and whatever began after them waits.
    assert sealing.seal() == 1
    slower.commit()
    assert sealing.seal() == 0
    look(4)
    slow.commit()
    assert sealing.seal() == 5
    assert sorted(sealed()) == written() and len(written()) == 6
    assert sealed().index(first[0]) < sealed().index(second[0])
    sealing.sign_head()
    assert verdict().whole


def test_a_long_transaction_that_writes_at_its_end_is_sealed_too(
    another_connection: Callable[[], psycopg.Connection[Any]],
) -> None:
    slow = another_connection()
    slow.execute("SELECT pg_current_xact_id()")
    look(1)
    assert sealing.seal() == 0
    late = slow.execute(INSERT).fetchone()
    slow.commit()
    assert late and sealing.seal() == 2
    assert sealed() == [late[0], written()[0]]
    assert verdict().whole


def test_a_rolled_back_row_is_no_gap(another_connection: Callable[[], psycopg.Connection[Any]]) -> None:
    other = another_connection()
    look(1)
    other.execute(INSERT)
    other.rollback()
    look(2)
    assert sealing.seal() == 2 and verdict().whole


def test_one_sealer_at_a_time(another_connection: Callable[[], psycopg.Connection[Any]]) -> None:
    look(1)
    other = another_connection()
    other.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.LOCK])
    assert sealing.seal() == 0 and sealing.sign_head() is None
    other.commit()
    assert sealing.seal() == 1


def test_a_store_from_a_dump_goes_on_where_it_was() -> None:
    for number in range(3):
        look(number)
    sealing.seal()
    # As in a new server: what is there bears numbers of transactions that this one has not reached.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_ledgerrow DISABLE TRIGGER access_ledger_append_only")
        cursor.execute("UPDATE access_ledgerrow SET written_in = written_in + 1000000")
        cursor.execute("ALTER TABLE access_ledgerrow ENABLE TRIGGER access_ledger_append_only")
        cursor.execute("TRUNCATE access_ledgerleaf")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM access_ledgerrow ORDER BY id LIMIT 2")
        first = [row for (row,) in cursor.fetchall()]
        cursor.execute(
            f"SELECT {encoding.COLUMNS} FROM access_ledgerrow r WHERE id = ANY(%s) ORDER BY id", [first]
        )
        sealing.grow(cursor, cursor.fetchall())
    look(3)
    assert verdict().whole and verdict().waiting == 2
    assert sealing.seal() == 2
    look(4)
    assert sealing.seal() == 1
    assert sealed() == written() and verdict().whole


# --- heads ----------------------------------------------------------------------------------------------


def test_heads_are_signed_on_a_schedule_and_copied(clean_ledger: Path) -> None:
    now = timezone.now()
    look(1)
    sealing.seal()
    assert sealing.sign_when_due(now=now) is not None
    look(2)
    sealing.seal()
    assert sealing.sign_when_due(now=now + timedelta(seconds=30)) is None
    assert sealing.sign_when_due(now=now + timedelta(seconds=61)) is not None
    assert sealing.sign_when_due(now=now + timedelta(seconds=200)) is None
    last = sealing.sign_when_due(now=now + timedelta(seconds=352))
    assert last is not None and last.size == 2
    assert heads.copy_out() == 3 and heads.copy_out() == 0
    assert heads.read_copies(clean_ledger / heads.COPIES) == heads.stored()
    assert (clean_ledger / heads.COPIES).stat().st_mode & 0o077 == 0
    assert verdict(heads.stored()).covered == 2


def test_a_clock_that_was_put_back_keeps_no_head_waiting(clean_ledger: Path) -> None:
    now = timezone.now()
    for back in range(3):
        look(back)
        sealing.seal()
        assert sealing.sign_when_due(now=now - timedelta(hours=back)) is not None
        assert heads.copy_out() == 1
    assert heads.read_copies(clean_ledger / heads.COPIES) == heads.stored()


def test_after_a_restore_the_copies_keep_what_they_had(clean_ledger: Path) -> None:
    for number in range(3):
        look(number)
        sealing.seal()
        sealing.sign_head()
    assert heads.copy_out() == 3
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE access_ledgerhead")
    sealing.sign_head()
    assert heads.copy_out() == 1 and heads.copy_out() == 0
    copies = heads.read_copies(clean_ledger / heads.COPIES)
    assert [head.size for head in copies] == [1, 2, 3, 3]


def test_a_line_that_a_crash_cut_off_is_written_again(clean_ledger: Path) -> None:
    path = clean_ledger / heads.COPIES
    for number in range(2):
        look(number)
        sealing.seal()
        sealing.sign_head(now=timezone.now() + timedelta(seconds=number))
        heads.copy_out()
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert len(heads.read_copies(path)) == 1
    assert heads.copy_out() == 1 and path.read_bytes() == whole


def test_a_head_signed_by_another_key_is_refused(settings: Any) -> None:
    look(1)
    sealing.seal()
    head = sealing.sign_head()
    assert head is not None
    ours = heads.known_keys()
    forged = heads.Head(head.size, bytes(32), head.at, head.key, head.signature)
    assert heads.is_signed(head, ours) and not heads.is_signed(forged, ours)
    settings.LEDGER_KEY = "another key"
    assert not heads.is_signed(heads.sign(1, head.root, at=head.at), ours)
    settings.LEDGER_KEY = ""
    with pytest.raises(Refused, match="LINEOFSIGHT_LEDGER_KEY"):
        sealing.sign_head()


# --- proofs ---------------------------------------------------------------------------------------------


def test_a_row_and_a_beginning_are_proved_without_the_database() -> None:
    signed = []
    for size in (1, 300, 513, 700):
        for number in range(size - len(written())):
            look(number)
        sealing.seal()
        signed.append(sealing.sign_head())
    keys = heads.known_keys()
    for row in (written()[0], written()[255], written()[256], written()[650], written()[-1]):
        proof = json.loads(json.dumps(proving.prove_row(row, signed[-1])))
        assert proving.check(proof, keys) == []
        told = encoding.decode(proof["row"])
        assert (
            told["id"] == row
            and told["actor_name"] == "Ines Marlow"
            and told["detail"]["é"] == ["ü", None, 2.5]
        )
        proof["row"] = proof["row"].replace("Ines", "Anna")
        assert "does not stand" in proving.check(proof, keys)[0]
    for first, second in ((0, 1), (0, 3), (1, 2), (1, 3), (2, 3), (3, 3)):
        proof = proving.prove_beginning(signed[first], signed[second])
        assert proving.check(proof, keys) == []
        proof["first"]["root"] = signed[3 - first].root.hex()
        assert len(proving.check(proof, keys)) == 2
    assert "key that we do not have" in proving.check(proving.prove_row(written()[0], signed[0]), {})[0]
    with pytest.raises(NotFound):
        proving.prove_row(written()[-1], signed[0])
    with pytest.raises(Refused):
        proving.check({"proof": "something"}, keys)


def test_the_bytes_of_a_row_are_as_documented() -> None:
    ledger.write(*(by_hand := row_by_hand())[:3], **by_hand[3])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {encoding.COLUMNS} FROM access_ledgerrow r")
        row = cursor.fetchone()
    told = encoding.decode(encoding.encode(row))
    assert encoding.encode(row).decode() == (
        f'[1,{row[0]},{row[1]},{row[2]},"WAAA","Zoë \\"Z\\"","csc",["duty","practitioner"],"entry.view","looked",'
        '"entry","E1","A-P2","member of the team","P1 P2".split,'.replace('"P1 P2".split', '["P1","P2"]')
        + '["E1"],["police"],"other: a\\nb","","",{"a":{"x":1,"y":null},"b":[true,"€"]}]'
    )
    assert told["people"] == ["P1", "P2"]
    assert tree.leaf_hash(encoding.encode(row)) != tree.leaf_hash(encoding.encode(row)[:-1])


def row_by_hand() -> tuple[Any, ...]:
    return (
        Actor("WAAA", 'Zoë "Z"', agency="csc", roles=frozenset({"practitioner", "duty"})), "entry.view",
        Subject("entry", "E1", owner="police"),
        {
            "outcome": ledger.LOOKED, "people": ["P1", "P2", "P1"], "records": ["E1"], "rule": "A-P2",
            "path": "member of the team", "purpose": "other: a\nb",
            "detail": {"b": [True, "€"], "a": {"y": None, "x": 1}},
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "seals"),
    [("lineofsight_web", False), ("lineofsight_worker", True), ("lineofsight_reader", False)],
)
def test_only_the_worker_role_may_write_the_tree(role: str, seals: bool) -> None:
    look(1)
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        try:
            if seals:
                assert sealing.seal() == 1 and sealing.sign_head() is not None
                assert verdict(heads.stored()).whole
            else:
                with pytest.raises((DatabaseError, psycopg.Error), match="permission denied"):
                    sealing.seal()
                with pytest.raises((DatabaseError, psycopg.Error), match="permission denied"):
                    sealing.sign_head()
        finally:
            cursor.execute("RESET ROLE")
    assert len(sealed()) == seals
