"""The ledger: a row for each look, deed and refusal, and no way to change one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from invented import CROSSWALK, MISSING
from lineofsight.access import ledger, occasion
from lineofsight.access.models import LedgerRow
from lineofsight.catalogue.errors import NotAllowed, NotFound, Refused
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.chronology.services import Account
from lineofsight.desk import packs
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import queries as files


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
    sam = partnership.around(sam, by)
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


def test_each_action_leaves_exactly_one_row_that_says_all(
    partnership: Any, sam: Any, child_named: Any
) -> None:
    """L-1: who, as what, about whom, which record, whose, in which request; each time one row."""
    by = partnership.by("csc", "practitioner", "export", fresh=True)
    officer = partnership.by("csc", "information_officer", "index_custodian", fresh=True)
    sam = partnership.around(sam, by)
    tobi = child_named("Adeyemi")
    entry = chronology.get_entry(by, sam, chronology.all_views(by, sam)[0].ref)
    one, other = (people.identity_by_ref(officer, child.identities[0].ref) for child in (sam, tobi))
    account = Account(kind="ENGAGEMENT", when=entry.view.when, title="Seen.")
    made: dict[str, Any] = {}

    def keep(name: str, result: Any) -> Any:
        made[name] = result
        return result

    def decide() -> Any:
        return keep("pair", joining.decide_pair(one=one, other=other, verdict="unsure", by=officer))

    def add() -> Any:
        return keep("entry", writing.add_entry(child=sam, account=account, by=by))

    def join() -> Any:
        colleague = partnership.worker("csc").ref
        return keep("member", joining.join_circle(child=sam, worker_ref=colleague, role="helper", by=by))

    alone, both = [sam.ref], [one.ref, other.ref]
    actions: list[tuple[str, str, Any, list[str], str, Callable[[], Any]]] = [
        ("child.view", "looked", by, alone, "child", lambda: people.get_child(by, sam.ref)),
        ("child.view", "looked", by, alone, "partnership", lambda: people.my_children(by)),
        ("children.search", "looked", by, alone, "partnership", lambda: people.search(by, "Rowan-Hale")),
        ("entry.view", "looked", by, alone, "child", lambda: chronology.chronology(by, sam)),
        ("entry.view", "looked", by, alone, "entry", lambda: chronology.get_entry(by, sam, entry.entry.ref)),
        ("source.view", "looked", by, alone, "entry", lambda: files.get_source(by, entry)),
        ("chronology.export", "done", by, alone, "child", lambda: packs.gather(by, sam, made_for="Panel")),
        ("entry.add", "done", by, alone, "child", add),
        ("entry.comment", "done", by, alone, "entry", lambda: writing.comment(guarded=entry, text="So.", by=by)),
        ("circle.change", "done", by, alone, "child", join),
        ("circle.change", "done", by, alone, "child", lambda: joining.leave_circle(
            child=sam, member=made["member"].pk, by=by)),
        ("match.decide", "done", officer, both, "partnership", decide),
        ("match.view", "looked", officer, both, "partnership", lambda: people.answers(officer)),
        ("match.view", "looked", officer, [], "partnership", lambda: people.questions(officer)),
        ("match.decide", "done", officer, both, "partnership", lambda: joining.withdraw_judgement(
            judgement=made["pair"], by=officer)),
    ]  # fmt: skip
    for action, outcome, actor, about, kind, do in actions:
        before = LedgerRow.objects.filter(actor=actor.ref).count()
        with occasion.begun(address="192.0.2.1") as now:
            do()
        found = list(LedgerRow.objects.filter(actor=actor.ref).order_by("pk")[before:])
        assert [(row.action, row.outcome, row.kind, row.people) for row in found] == [
            (action, outcome, kind, about)
        ], action
        (row,) = found
        assert (row.actor_name, row.agency, row.roles) == (actor.name, actor.agency, sorted(actor.roles))
        assert row.request == now.number and row.address == "192.0.2.1"
        assert row.path or action.endswith((".search", ".view", ".export"))
    assert LedgerRow.objects.get(action="entry.add", actor=by.ref).records == [made["entry"].ref]


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
    by, colleague = partnership.by("csc"), partnership.worker("police").ref
    sam = partnership.around(sam, by)
    with pytest.raises(Refused):
        joining.join_circle(child=sam, worker_ref=colleague, role=" ", by=by)
    assert rows(by) == []
    joining.join_circle(child=sam, worker_ref=colleague, role="police lead", by=by)
    assert rows(by) == [("circle.change", "done", "child", sam.ref)]


def test_the_ledger_holds_no_words_about_children(partnership: Any, sam: Any) -> None:
    people.search(partnership.by("csc"), "Rowan-Hale 12/03/2011")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(l)::text, ' ') FROM access_ledgerrow l")
        everything = cursor.fetchone()[0]
    for word in ("Rowan", "Quay Street", "2011"):
        # As a word: a digest or a fraction of a second may have the same four figures.
        assert not re.search(rf"\b{word}\b", everything)
