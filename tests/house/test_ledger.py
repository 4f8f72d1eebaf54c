"""The ledger: a row for each look, deed and refusal, and no way to change one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from invented import CROSSWALK, MISSING
from lineofsight.access import ledger
from lineofsight.catalogue.errors import NotAllowed, NotFound, Refused
from lineofsight.chronology import queries as chronology
from lineofsight.desk import packs
from lineofsight.people import queries as people
from lineofsight.people import services as joining


@pytest.fixture
def sam(import_rows: Any, child_named: Any) -> Any:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("csc", "missing.csv", MISSING)
    return child_named("Rowan-Hale")


def rows(actor: Any) -> list[tuple[str, str, str, str]]:
    """Oldest first: (action, outcome, kind, ref) of what this actor did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome, kind, ref FROM access_ledgerrow WHERE actor = %s ORDER BY id",
            [actor.ref],
        )
        return list(cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("access_ledgerrow", "actor"), ("access_ledgerleaf", "place"), ("access_ledgernode", "place"),
        ("access_ledgerhead", "size"),
    ],
)  # fmt: skip
def test_the_database_refuses_to_change_the_ledger(
    change: str, table: str, column: str, partnership: Any
) -> None:
    change = change.format(table, column, column)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO access_ledgerleaf VALUES (0, 1, '')")
        cursor.execute("INSERT INTO access_ledgernode VALUES (8, 0, '')")
        cursor.execute(
            "INSERT INTO access_ledgerhead (size, root, at, key, signature) VALUES (0, '', now(), '', '')"
        )
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER access_ledger_never_emptied")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_each_look_leaves_a_row(partnership: Any, sam: Any) -> None:
    by = partnership.by("csc", "practitioner", "export", fresh=True)
    sam = partnership.around(sam, partnership.worker("csc", "practitioner", "export"))
    people.search(by, "Rowan-Hale")
    people.get_child(by, sam.ref)
    entry = chronology.all_views(by, sam)[0]
    chronology.get_entry(by, sam, entry.ref)
    packs.gather(by, sam, made_for="Strategy discussion")
    assert rows(by) == [
        ("children.search", "looked", "partnership", ""),
        ("child.view", "looked", "child", sam.ref),
        ("entry.view", "looked", "entry", entry.ref),
        ("chronology.export", "done", "child", sam.ref),
    ]
    told = ledger.rows_about("child", [sam.ref])[0]
    assert told.purpose == "Strategy discussion" and told.detail["entries"] == len(told.records) == 4
    assert told.people == [sam.ref] and told.owners == ["csc"] and told.roles == ["practitioner"]


def test_each_refusal_leaves_a_row(partnership: Any, sam: Any) -> None:
    stranger = partnership.by("housing")
    with pytest.raises(NotFound):
        people.get_child(stranger, sam.ref)
    with pytest.raises(NotFound):
        packs.gather(stranger, sam)
    with pytest.raises(NotAllowed):
        people.questions(stranger)
    with pytest.raises(NotFound):
        joining.join_circle(child=sam, worker_ref=stranger.ref, role="neighbour", by=stranger)
    assert [row[1:] for row in rows(stranger)] == [
        ("refused", "child", sam.ref), ("refused", "child", sam.ref), ("refused", "partnership", ""),
        ("refused", "child", sam.ref),
    ]  # fmt: skip


def test_a_deed_that_is_refused_half_way_leaves_no_row(partnership: Any, sam: Any) -> None:
    by, colleague = partnership.by("csc", "team_manager"), partnership.worker("csc")
    sam = partnership.around(sam, partnership.worker("csc", "team_manager"))
    with pytest.raises(Refused):
        joining.join_circle(child=sam, worker_ref=colleague.ref, role=" ", by=by)
    assert rows(by) == []
    joining.join_circle(child=sam, worker_ref=colleague.ref, role="social worker", by=by)
    assert rows(by) == [("circle.change", "done", "child", sam.ref)]


def test_the_ledger_holds_no_words_about_children(partnership: Any, sam: Any) -> None:
    people.search(partnership.by("csc"), "Rowan-Hale 12/03/2011")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(l)::text, ' ') FROM access_ledgerrow l")
        everything = cursor.fetchone()[0]
    for word in ("Rowan", "Quay Street", "2011"):
        assert word not in everything
