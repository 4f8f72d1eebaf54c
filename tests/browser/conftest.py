"""A real Chromium before a real server: the demo, loaded once for all browser tests into a folder of its own.

Playwright's loop would make every later use of the database in its thread fail, so the browser lives in a
thread of one, and a test hands it the steps to take.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from driving import CHROMIUM, Chrome, Site

HERE = Path(__file__).parent

#: The smallest city that has room for all of the demo's stories.
PEOPLE = "1200"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(
                    pytest.mark.skip(reason="Chromium is not installed; make browser installs it")
                )


def run_of(data: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """A command of the product on this folder, whatever database the tests themselves use."""
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE") and not name.startswith("LINEOFSIGHT_")
    }
    return [sys.executable, "-m", "lineofsight.config.cli", *arguments], {
        **surroundings,
        "LINEOFSIGHT_DATA": str(data),
    }


def load(data: Path) -> str:
    """Once for all test processes; the second waits for the first."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "loading.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        command, surroundings = run_of(data, "demo", "--no-serve", "--people", PEOPLE)
        subprocess.run(command, env=surroundings, check=True, stdout=subprocess.DEVNULL, timeout=600)
    return str(json.loads((data / "demo" / "sign-in.json").read_text(encoding="utf-8"))["password"])


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def wait_until_served(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail("The demo's server ended before it answered.")
        try:
            with urllib.request.urlopen(f"{address}/sign-in", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("The demo's server did not answer.")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    base = tmp_path_factory.getbasetemp()
    data = (base if worker_id == "master" else base.parent) / "browser-demo"
    password = load(data)
    port = str(free_port())
    command, surroundings = run_of(data, "serve", "--port", port)
    with subprocess.Popen(command, env=surroundings | {"PORT": port}, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until_served(f"http://127.0.0.1:{port}", server)
            yield Site(f"http://127.0.0.1:{port}", data, password)
        finally:
            server.terminate()
            server.wait(timeout=60)


@pytest.fixture(scope="session")
def chrome(site: Site) -> Iterator[Chrome]:
    with ThreadPoolExecutor(max_workers=1) as thread:
        found = Chrome(site, thread)
        thread.submit(found.start).result(timeout=120)
        yield found
        thread.submit(found.stop).result(timeout=120)
