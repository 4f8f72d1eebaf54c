"""A passkey in a real browser, with an authenticator of its own; and the second step without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driving import Chrome, Page

WORKER = "jo.kerr@vcs.example"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


def first_step(page: Page, chrome: Chrome, base: str) -> None:
    page.tab.goto(f"{base}/sign-in")
    page.fill("E-mail address", WORKER)
    page.fill("Password", chrome.site.password)
    page.press("Enter")


def test_a_passkey_is_added_and_used_instead_of_a_code(chrome: Chrome) -> None:
    """N-1: at a name, since browsers give no passkeys to a bare number."""

    def steps(chrome: Chrome) -> list[str]:
        base = chrome.site.address.replace("127.0.0.1", "localhost")
        page = chrome.open()
        devtools = page.context.new_cdp_session(page.tab)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        first_step(page, chrome, base)
        page.give_code()
        page.tab.goto(f"{base}/account/second-factor/passkey")
        page.tab.wait_for_selector("body.govuk-frontend-supported")
        page.fill("What you will call it", "blue key")
        page.press("Enter")
        seen = [page.words]
        if "Keep these codes" in seen[0]:
            page.tab.goto(f"{base}/account")
            seen = [page.words]
        page.follow("Sign out", role="button")
        first_step(page, chrome, base)
        page.follow("Use your passkey", role="button")
        page.tab.goto(f"{base}/account/prove?next=/children")
        page.follow("Use your passkey", role="button")
        seen.append(page.tab.url.removeprefix(base))
        page.close()
        return seen

    account, after = chrome(steps)
    assert "blue key" in account and after == "/children"


def test_the_second_step_works_without_script(chrome: Chrome) -> None:
    def steps(chrome: Chrome) -> str:
        page = chrome.open(script=False)
        first_step(page, chrome, chrome.site.address)
        page.give_code()
        where = str(page.tab.url)
        page.close()
        return where

    assert "/sign-in" not in chrome(steps)
