"""A real Chromium before a real server: the demo, loaded once for all browser tests into a folder of its own.

Playwright's loop would make every later use of the database in its thread fail, so the browser lives in a
thread of one, and a test hands it the steps to take.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: The smallest city that has room for all of the demo's stories.
PEOPLE = "1200"

PRACTITIONER = "amina.oduya@csc.example"
INFORMATION_OFFICER = "ivy.tan@csc.example"
ADMINISTRATOR = "jon.webb@csc.example"

#: Longer than any step takes on a busy machine; a test that reaches it has failed.
PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed; make browser installs it"))


# --- the demo, served --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """The demo's address, its folder and the password of its workers."""

    address: str
    data: Path
    password: str

    @property
    def files(self) -> Path:
        return self.data / "demo" / "files"


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


# --- the browser -------------------------------------------------------------------------------------


@dataclass
class Chrome:
    """`chrome(steps)` runs `steps(chrome)` in the browser's own thread; the rest is for use inside steps."""

    site: Site
    thread: ThreadPoolExecutor
    playwright: Any = None
    browser: Any = None
    kept: dict[str, Any] = field(default_factory=dict)

    def __call__(self, steps: Callable[[Chrome], T]) -> T:
        return self.thread.submit(steps, self).result(timeout=600)

    def start(self) -> None:
        from playwright.sync_api import sync_playwright

        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

    def stop(self) -> None:
        self.browser.close()
        self.playwright.stop()

    def open(self, email: str = "", *, width: int = 1280, script: bool = True) -> Page:
        """A page of its own context, signed in as `email` unless that is empty."""
        state = self.signed_in(email) if email else None
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, storage_state=state,
            accept_downloads=True, locale="en-GB", base_url=self.site.address,
        )  # fmt: skip
        return Page(context)

    def signed_in(self, email: str) -> Any:
        if email not in self.kept:
            page = self.open()
            page.goto("/sign-in")
            page.fill("E-mail address", email)
            page.fill("Password", self.site.password)
            page.press("Enter")
            assert page.tab.url.rstrip("/").count("/sign-in") == 0, "the demo's password was not taken"
            self.kept[email] = page.context.storage_state()
            page.close()
        return self.kept[email]


class Page:
    """A tab and what it complained about."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.tab = context.new_page()
        self.tab.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.tab.on("console", lambda said: self.note(said.text, only="Content Security Policy"))
        self.tab.on("pageerror", lambda error: self.note(str(error)))

    def note(self, words: str, only: str = "") -> None:
        if only in words:
            self.complaints.append(f"{self.tab.url}: {words}")

    def goto(self, path: str) -> int:
        answer = self.tab.goto(path)
        return int(answer.status)

    def fill(self, label: str, text: str) -> None:
        self.tab.get_by_label(label, exact=True).first.fill(text)

    def press(self, key: str) -> None:
        """A key that leads to another page."""
        with self.tab.expect_navigation():
            self.tab.keyboard.press(key)

    def follow(self, name: str, *, role: Any = "link", exact: bool = True) -> None:
        """Reach a link or button by its words, and press Enter on it."""
        found = self.tab.get_by_role(role, name=name, exact=exact).first
        found.focus()
        self.press("Enter")

    @property
    def main(self) -> Any:
        return self.tab.locator("main")

    @property
    def words(self) -> str:
        return str(self.main.inner_text())

    def close(self) -> None:
        self.context.close()
        assert not self.complaints, "\n".join(self.complaints)


@pytest.fixture(scope="session")
def chrome(site: Site) -> Iterator[Chrome]:
    with ThreadPoolExecutor(max_workers=1) as thread:
        found = Chrome(site, thread)
        thread.submit(found.start).result(timeout=120)
        yield found
        thread.submit(found.stop).result(timeout=120)
