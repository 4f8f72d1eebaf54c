"""A browser's tab as a person uses it: reach things by their words, press keys, and hear every complaint."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

PRACTITIONER = "amina.oduya@csc.example"
INFORMATION_OFFICER = "ivy.tan@csc.example"
ADMINISTRATOR = "jon.webb@csc.example"

#: Longer than any step takes on a busy machine; a test that reaches it has failed.
PATIENCE_MS = 20_000
#: A sign-in is made anew after this long, before the ten minutes of a fresh one are over.
STALE_SECONDS = 420


@dataclass(frozen=True, slots=True)
class Site:
    """The demo's address, its folder and the password of its workers."""

    address: str
    data: Path
    password: str

    @property
    def files(self) -> Path:
        return self.data / "demo" / "files"


@dataclass
class Chrome:
    """`chrome(steps)` runs `steps(chrome)` in the browser's own thread; the rest is for use inside steps."""

    site: Site
    thread: ThreadPoolExecutor
    playwright: Any = None
    browser: Any = None
    kept: dict[str, Any] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)

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
        """As this worker, with a second factor given lately: some pages ask for that."""
        if time.monotonic() - self.at.get(email, -STALE_SECONDS) >= STALE_SECONDS:
            page = self.open()
            page.goto("/sign-in")
            page.fill("E-mail address", email)
            page.fill("Password", self.site.password)
            page.press("Enter")
            page.give_code()
            assert page.tab.url.rstrip("/").count("/sign-in") == 0, "the demo's password was not taken"
            self.kept[email] = page.context.storage_state()
            self.at[email] = time.monotonic()
            page.close()
        return self.kept[email]

    def forget(self, email: str) -> None:
        """Their sign-in counts no more, as after a change of password."""
        self.kept.pop(email, None)
        self.at.pop(email, None)


class Page:
    """A tab and what it complained about."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.tab = context.new_page()
        self.tab.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        for words in ("Content Security Policy", "Trusted"):
            self.tab.on("console", lambda said, only=words: self.note(said.text, only=only))
        self.tab.on("pageerror", lambda error: self.note(str(error)))

    def note(self, words: str, only: str = "") -> None:
        if only in words:
            self.complaints.append(f"{self.tab.url}: {words}")

    def goto(self, path: str) -> int:
        answer = self.tab.goto(path)
        return int(answer.status)

    def fill(self, label: str, text: str) -> None:
        self.tab.get_by_label(label, exact=True).first.fill(text)

    def give_code(self) -> None:
        """The second step, with the code that the demo's page shows. Each works once, so tests that sign in
        as one worker at the same time may have to wait for the next."""
        for _ in range(40):
            shown = self.tab.locator("[data-demo-code]")
            if shown.count():
                self.fill("Code", str(shown.get_attribute("data-demo-code")))
                self.press("Enter")
            if "/second-step" not in self.tab.url:
                return
            self.tab.wait_for_timeout(2_000)
            self.goto("/sign-in/second-step")
        raise AssertionError("the demo's code was not taken")

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
