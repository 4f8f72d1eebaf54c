"""`lineofsight ledger` as the people who run the service meet it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from lineofsight.access import heads, ledger, looks, proving, sealing
from lineofsight.access.actor import Actor, PersonSubject, Subject
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.config.management.commands import ledger as command
from looks import look

pytestmark = pytest.mark.alone


def run(*arguments: str, code: int = 0) -> Any:
    out = io.StringIO()
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("ledger", *arguments, "--json", stdout=out)
        assert ended.value.code == code
    else:
        call_command("ledger", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ledger", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def sealed(clean_ledger: Path) -> Path:
    for size in (3, 10):
        for number in range(size):
            look(number)
        run("seal")
    return clean_ledger


def test_sealed_and_whole(sealed: Path) -> None:
    told = run("verify")
    assert told["whole"] and told["sealed"] == told["covered"] == 13 and told["heads_kept_elsewhere"] == 2
    assert "The ledger is whole: 13 sealed rows, 0 waiting." in said("verify")
    assert "It agrees with 2 heads" in said("verify")
    look(1)
    assert run("verify")["waiting"] == 1


def test_a_single_head_in_a_file_is_enough(sealed: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text(json.dumps(run("head"), indent=2))
    key = tmp_path / "key.pem"
    key.write_text(run("head")["public_key"])
    assert run("verify", "--head", str(head), "--key", str(key))["covered"] == 13
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_ledgerrow DISABLE TRIGGER access_ledger_append_only")
        cursor.execute(
            "UPDATE access_ledgerrow SET actor = 'nobody' WHERE id = (SELECT max(id) FROM access_ledgerrow)"
        )
        cursor.execute("ALTER TABLE access_ledgerrow ENABLE TRIGGER access_ledger_append_only")
    told = run("verify", "--head", str(head), code=1)
    assert told["broken"]["what"] == "changed" and told["broken"]["place"] == 12


def test_without_a_head_it_says_how_little_that_proves(sealed: Path) -> None:
    (sealed / heads.COPIES).unlink()
    assert "could have made it anew" in said("verify")


def test_proofs_are_checked_from_a_file(sealed: Path, tmp_path: Path) -> None:
    row, between = tmp_path / "row.json", tmp_path / "between.json"
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM access_ledgerrow")
        number = cursor.fetchone()[0]
    row.write_text(json.dumps(run("prove", "--row", str(number))))
    between.write_text(json.dumps(run("prove", "--between", "3", "13")))
    for path in (row, between):
        assert run("check-proof", str(path))["holds"]
    row.write_text(row.read_text().replace("Ines", "Anna"))
    assert "does not stand" in run("check-proof", str(row), code=1)["wrong"][0]
    with pytest.raises(Refused, match="--between"):
        run("prove")
    with pytest.raises(Refused, match="no head 7"):
        run("prove", "--between", "7", "13")
    with pytest.raises(NotFound):
        run("prove", "--row", "999999999")


def test_the_rows_are_checked_from_a_file(sealed: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert run("export", "--rows", str(path), "--to", str(tmp_path / "copies"))["rows"] == 13
    assert path.stat().st_mode & 0o077 == 0
    assert run("check-rows", str(path))["rows"] == 13
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (lines[:-1], lines[::-1], [*lines[:4], lines[4].replace(b"Ines", b"Anna"), *lines[5:]]):
        path.write_bytes(b"".join(changed))
        assert not run("check-rows", str(path), "--head", str(tmp_path / "copies" / heads.COPIES), code=1)[
            "whole"
        ]


def test_the_sealer_ends_with_the_server_that_started_it(clean_ledger: Path) -> None:
    look(1)
    call_command("ledger", "seal", "--watch", beside=1_000_000)
    # A look of this very command's own is not among them: it looks at nothing.
    assert len(heads.stored()) == 1 and heads.read_copies(clean_ledger / heads.COPIES)[0].size == 1


@pytest.mark.parametrize("given", ["", "{}", "[1]", "nonsense\n", '{"size": "x"}'])
def test_what_is_no_head_is_refused(given: str, tmp_path: Path) -> None:
    path = tmp_path / "heads"
    path.write_text(given)
    if given:
        with pytest.raises(Refused):
            heads.read_copies(path)
    else:
        assert heads.read_copies(path) == []


# --- questions ------------------------------------------------------------------------------------------

CHILD = PersonSubject("child", "P7K3M9QX2W4TZ", involved=frozenset({"csc", "police"}))
OFFICER = Actor("WPOL", "=cmd()", agency="police", roles=frozenset({"practitioner"}))
NURSE = Actor("WNUR", "Ada Nwosu", agency="health", roles=frozenset({"practitioner", "duty"}))


@pytest.fixture
def looked_at(db: None) -> None:
    ledger.write(NURSE, "child.view", CHILD, outcome=ledger.LOOKED, purpose="duty call")
    ledger.write(NURSE, "chronology.export", CHILD, owners=["police"], purpose="strategy meeting")
    ledger.write(
        OFFICER, "entry.view", Subject("entry", "E1", owner="csc"), outcome=ledger.LOOKED, people=["POLD"]
    )
    ledger.write(OFFICER, "child.view", CHILD, outcome=ledger.REFUSED, path="no rule permits it")
    ledger.write(OFFICER, "child.view", Subject("child", "POTHER"), outcome=ledger.LOOKED)


@pytest.mark.usefixtures("looked_at")
def test_who_has_looked_at_this_child() -> None:
    refs = [CHILD.ref, "POLD"]
    found = looks.lookers(refs)
    assert [(one.name, one.agency, one.roles, one.times) for one in found] == [
        ("=cmd()", "police", ("practitioner",), 1), ("Ada Nwosu", "health", ("duty", "practitioner"), 2),
    ]  # fmt: skip
    assert found[1].purposes == ("strategy meeting", "duty call") and found[1].first < found[1].last
    assert looks.lookers(refs, since=timezone.now() + timedelta(days=1)) == []

    first = looks.rows_about(refs, limit=3)
    assert [row.outcome for row in first.looks] == ["refused", "looked", "done"] and first.older
    rest = looks.rows_about(refs, before=first.older, limit=3)
    assert [row.purpose for row in rest.looks] == ["duty call"] and rest.older == 0
    assert [row.path for row in looks.rows_about(refs, outcomes=["refused"]).looks] == ["no rule permits it"]


@pytest.mark.usefixtures("looked_at")
def test_what_a_worker_did_and_what_others_saw_of_ours() -> None:
    assert [row.action for row in looks.rows_by_worker("WNUR").looks] == ["chronology.export", "child.view"]
    assert [(row.actor, row.action) for row in looks.rows_on_records_of("police").looks] == [
        ("WNUR", "chronology.export"), ("WNUR", "child.view"),
    ]  # fmt: skip
    assert [row.actor for row in looks.rows_on_records_of("csc", limit=1).looks] == ["WPOL"]
    now = datetime.now(UTC)
    assert [row.actor for row in looks.who_saw([CHILD.ref], since=now - timedelta(1), until=now + timedelta(1))] == [
        "WNUR", "WNUR",
    ]  # fmt: skip


@pytest.mark.usefixtures("looked_at")
def test_the_breach_report(tmp_path: Path) -> None:
    path = tmp_path / "saw.csv"
    told = run("who-saw", CHILD.ref, "--csv", str(path))
    assert told["rows"] == 2 and [one["name"] for one in told["workers"]] == ["Ada Nwosu"]
    assert told["workers"][0]["did"] == ["child.view", "chronology.export"]
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [row["purpose"] for row in rows] == ["duty call", "strategy meeting"]
    assert "1 worker, 2 rows" in said("who-saw", CHILD.ref), "asking is no look at the child"
    assert run("who-saw", CHILD.ref, "--until", "2020-01-02", "--since", "2020-01-01")["rows"] == 0
    with pytest.raises(Refused, match="before the first"):
        run("who-saw", CHILD.ref, "--until", "2020-01-01", "--since", "2020-01-02")
    assert looks.rows_by_worker(Actor.operator().ref).looks[0].action == "ledger.view"


@pytest.mark.parametrize("text", ["=1+1", " =1", "'@x", "\t-1", "＝1", "+44"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert command.cell(text).startswith("'")
    assert command.cell("Ines Marlow") == "Ines Marlow"


def test_proof_and_tree_agree_about_the_words(clean_ledger: Path) -> None:
    look(1)
    sealing.seal()
    head = sealing.sign_head()
    assert head is not None
    with pytest.raises(Refused, match="must have rows"):
        proving.prove_beginning(heads.sign(0, bytes(32), at=timezone.now()), head)


def test_production_asks_for_keys_and_a_place_elsewhere(settings: Any, tmp_path: Path) -> None:
    from lineofsight.access.checks import ledger_settings

    assert ledger_settings() == []
    settings.PRODUCTION, settings.LEDGER_TERMS_KEY = True, ""
    settings.DATA, settings.LEDGER_HEADS = tmp_path, tmp_path / "ledger-heads"
    assert [message.id for message in ledger_settings()] == ["access.E001", "access.W001"]
    settings.LEDGER_TERMS_KEY, settings.LEDGER_HEADS = "long", "/elsewhere"
    assert ledger_settings() == []
