"""Decisions about accounts and sessions, as functions of plain values."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lineofsight.catalogue.sign_in import SignInNumbers

#: Roles that open an account's own affairs only: approving others is theirs, content is not.
GUARDIAN = "guardian"
#: Not a role: permission to take a chronology out of the system. Asked for, approved and confirmed as a role is.
EXPORT = "export"


def why_ended(
    *, started: datetime, seen: datetime, ended: bool, now: datetime, numbers: SignInNumbers
) -> str:
    """Why a session is over ('' while it is not)."""
    if ended:
        return "ended"
    if now - started >= numbers.longest_session:
        return "too long"
    if now - seen >= numbers.idle:
        return "idle"
    return ""


def is_fresh(proved_at: datetime | None, now: datetime, numbers: SignInNumbers) -> bool:
    """Signed in, or proved again, a short time ago (A-C2). A time to come proves nothing."""
    return proved_at is not None and timedelta(0) <= now - proved_at < numbers.fresh


def wait_after(failures: int, free: int, longest: int) -> int:
    """Seconds until the next try counts: none for the free ones, then 1, 2, 4 and so on up to the longest."""
    over = failures - free
    if over <= 0:
        return 0
    return int(min(2 ** min(over - 1, 30), longest))


def in_date(since: date, until: date | None, today: date) -> bool:
    """From a day until, and not including, a day (A-D8)."""
    return since <= today and (until is None or until > today)


@dataclass(frozen=True, slots=True)
class Approver:
    ref: str
    agency: str
    roles: frozenset[str]


def why_not_approve(approver: Approver, *, worker: str, agency: str) -> str:
    """Why this person may not approve a role of that worker ('' if they may). A-D12: never one's own."""
    if GUARDIAN not in approver.roles:
        return "Only an information guardian approves roles."
    if approver.ref == worker:
        return "Nobody approves a role of their own. Ask another guardian of your agency."
    if approver.agency != agency:
        return "A guardian approves the roles of their own agency alone."
    return ""


SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
           ("CrOS", "Chromebook"), ("Mac OS X", "Mac"), ("Linux", "Linux"))  # fmt: skip
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip


def device_words(agent: str) -> str:
    """A browser's own description, as a person would say it: “Chrome on Windows”."""
    system = next((words for mark, words in SYSTEMS if mark in agent), "")
    browser = next((words for mark, words in BROWSERS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "A device that does not say what it is"


def address_of(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """The address that asks. `X-Forwarded-For` is believed only from our own proxies, and read from the
    right: the last address that is not one of them. Anything to the left a caller could have made up."""
    if not is_proxy(peer, proxies):
        return peer
    for said in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        found = _address(said)
        if found is None:
            return peer
        if not _is_ours(found, proxies):
            return str(found)
    return peer


#: An address stands for its neighbourhood: a provider hands out others of the same one.
NEIGHBOURHOOD = {4: 16, 6: 32}


def place_of(address: str) -> str:
    """Where an address is, as roughly as tells one town's network from another's: “198.51.0.0/16”."""
    found = _address(address)
    if found is None:
        return ""
    return str(ipaddress.ip_network(f"{found}/{NEIGHBOURHOOD[found.version]}", strict=False))


def is_proxy(peer: str, proxies: tuple[str, ...]) -> bool:
    here = _address(peer)
    return here is not None and _is_ours(here, proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_ours(address: ipaddress.IPv4Address | ipaddress.IPv6Address, proxies: tuple[str, ...]) -> bool:
    for text in proxies:
        network = ipaddress.ip_network(text, strict=False)
        if address.version == network.version and address in network:
            return True
    return False
