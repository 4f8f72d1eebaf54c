"""The sealer beside the web server: it seals, comes back when it is killed, and leaves with the server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from commands import line, lineofsight, surroundings, told
from lineofsight.config.machine import processes_in
from lineofsight.config.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PATIENCE_SECONDS = 60.0


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "var"
    done = lineofsight(place, "init")
    assert done.returncode == 0, done.stderr
    yield place
    Server(place).stop()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def served(data: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        line("serve", "--port", str(free_port())), env=surroundings(data), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def eventually(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def sealers(of: int) -> list[int]:
    """Processes that were told to seal beside this one."""
    found = []
    for place in Path("/proc").iterdir():
        with suppress(OSError):
            said = (place / "cmdline").read_bytes().split(b"\0") if place.name.isdecimal() else []
            if b"--beside" in said and str(of).encode() in said:
                found.append(int(place.name))
    return found


def heads_of(data: Path) -> int:
    path = data / "ledger-heads" / "heads.jsonl"
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_it_seals_comes_back_and_leaves(data: Path, number: signal.Signals) -> None:
    server = served(data)
    try:
        eventually(lambda: heads_of(data) >= 1)
        first = sealers(server.pid)
        assert len(first) == 1
        os.kill(first[0], signal.SIGKILL)
        eventually(lambda: sealers(server.pid) not in ([], first))
        server.send_signal(number)
        server.wait(PATIENCE_SECONDS)
        eventually(lambda: not sealers(server.pid))
    finally:
        server.kill()
        server.wait()
    verdict = told(data, "ledger", "verify")
    assert verdict["whole"] and verdict["heads_kept_elsewhere"] >= 1 and verdict["sealed"] >= 2


def test_a_trail_that_the_power_failed_is_whole_and_goes_on(data: Path) -> None:
    """The server of the database dies while rows are sealed; what was sealed stands, the rest follows."""
    watching = subprocess.Popen(
        line("ledger", "seal", "--watch"), env=surroundings(data), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: heads_of(data) >= 1)
        for number, program in processes_in(data / "postgres").items():
            if program == "postgres":
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
    finally:
        watching.kill()
        watching.wait()
    for _ in range(2):
        told(data, "init")
    told(data, "ledger", "seal")
    verdict = told(data, "ledger", "verify")
    assert verdict["whole"] and verdict["waiting"] == 0 and verdict["heads_kept_elsewhere"] >= 2
