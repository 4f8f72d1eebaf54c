"""Power cuts: an import killed at any moment leaves nothing half in, and the file can be sent again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands import line, lineofsight, surroundings, told
from lineofsight.config.consistency import QUESTIONS
from lineofsight.config.machine import processes_in
from lineofsight.config.postgres import Server

pytestmark = pytest.mark.slow

ROUNDS, SERVER_TOO, LET_FINISH = 50, 10, 6
ROWS = 600
#: Changed only to look at other moments: the same seed cuts at the same shares of an import.
SEED = 20260511
SECONDS_TO_SETTLE = 30.0


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "var"
    for arguments in (("migrate", "--verbosity", "0"), ("init",)):
        done = lineofsight(place, *arguments)
        assert done.returncode == 0, done.stderr
    yield place
    Server(place).stop()


def reports(folder: Path, number: int) -> Path:
    """A police file of missing reports about invented children, three reports each."""
    lines = [
        "report_no,nominal_id,surname,forenames,dob,reported_at,last_seen_at,last_seen_place,risk,found_at"
    ]
    for row in range(ROWS):
        child = number * ROWS + row // 3
        lines.append(
            f"R{number}-{row},N{child},Testname{child % 97},Given{child % 89},"
            f"{1 + child % 28:02d}/0{1 + child % 9}/2011,"
            f"0{1 + row % 9}/03/2026 22:40,0{1 + row % 9}/03/2026 21:10,Harbour {row % 40},medium,"
            f"{10 + row % 9}/03/2026 06:30"
        )
    path = folder / f"missing-{number}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def start(data: Path, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        line("import", str(path), "--agency", "police", "--loaded-to", "2026-05-01"),
        env=surroundings(data), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def cut_the_power(data: Path) -> None:
    """Every process of the server at once, as when the machine goes."""
    for number, program in processes_in(data / "postgres").items():
        if program == "postgres":
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def connect(data: Path) -> psycopg.Connection[Any]:
    server = Server(data)
    server.start()
    settings = server.connection()
    return psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"],
        password=settings["PASSWORD"], autocommit=True,
    )  # fmt: skip


def settled(data: Path) -> psycopg.Connection[Any]:
    """A connection, once the server has noticed that the killed command is gone."""
    connection = connect(data)
    deadline = time.monotonic() + SECONDS_TO_SETTLE
    while connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    ).fetchone():
        assert time.monotonic() < deadline, "the killed command's connection is still there"
        time.sleep(0.05)
    return connection


def wrong(connection: psycopg.Connection[Any]) -> dict[str, int]:
    found = {question.name: len(connection.execute(question.sql).fetchall()) for question in QUESTIONS}
    return {name: count for name, count in found.items() if count}


def committed(connection: psycopg.Connection[Any], path: Path) -> bool:
    """Whether the file is in. If so, all of it is."""
    row = connection.execute(
        "SELECT id, (report -> 'committed' ->> 'entries')::int FROM records_delivery"
        " WHERE file_name = %s AND state = 'committed'", [path.name],
    ).fetchone()  # fmt: skip
    rows, entries = connection.execute(
        "SELECT count(DISTINCT r.id), count(e.id) FROM records_sourcerow r"
        " LEFT JOIN chronology_entry e ON e.source = r.id WHERE r.key LIKE %s",
        [f"%R{path.stem.removeprefix('missing-')}-%"],
    ).fetchone() or (0, 0)
    assert (rows, entries) == ((ROWS, row[1]) if row else (0, 0))
    return row is not None


def test_a_killed_import_leaves_nothing_half_in(data: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    number = 0
    begun = time.monotonic()
    assert start(data, reports(tmp_path, number)).wait(120) == 0
    whole = time.monotonic() - begun
    with settled(data) as connection:
        assert committed(connection, tmp_path / "missing-0.csv")
    went_in, cut, path = 1, 0, reports(tmp_path, number := number + 1)
    for turn in range(1, ROUNDS + 1):
        process = start(data, path)
        finishes = turn % LET_FINISH == 0
        if finishes:
            assert process.wait(120) == 0, f"round {turn}: sending the file again did not work"
        else:
            time.sleep(whole * chance.uniform(0.2, 1.0))
            process.kill()
            process.wait(30)
            cut += 1
        if turn % SERVER_TOO == 0:
            cut_the_power(data)
        with settled(data) as connection:
            assert wrong(connection) == {}, f"round {turn}"
            is_in = committed(connection, path)
        assert is_in or not finishes, f"round {turn}"
        if is_in:
            went_in, path = went_in + 1, reports(tmp_path, number := number + 1)
    assert cut >= ROUNDS * 0.7
    found = told(data, "check")
    assert found["ok"], found
    told(data, "ledger", "seal")
    trail = told(data, "ledger", "verify")
    assert trail["whole"] and trail["sealed"] and trail["waiting"] == 0
    answer = told(data, "import", str(path), "--agency", "police")["files"][0]
    assert (answer["state"], answer["new"]) == ("committed", ROWS)
    assert len(list((data / "files").glob("incoming-*"))) <= cut
