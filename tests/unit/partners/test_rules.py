"""Decisions about accounts and sessions, as tables of plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import rules

NOW = datetime(2026, 5, 11, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("started", "seen", "ended", "why"),
    [
        (1, 0, False, ""),
        (60, 29, False, ""),
        (60, 30, False, "idle"),
        (599, 0, False, ""),
        (600, 0, False, "too long"),
        (1, 0, True, "ended"),
        (-5, -5, False, ""),  # a clock that was put back ends nobody's session
    ],
)
def test_a_session_is_over_when_it_was_ended_idle_or_long(
    started: int, seen: int, ended: bool, why: str
) -> None:
    """N-3, in minutes ago."""
    assert why == rules.why_ended(
        started=NOW - started * MINUTE, seen=NOW - seen * MINUTE, ended=ended, now=NOW, numbers=numbers()
    )


@pytest.mark.parametrize(
    ("ago", "fresh"), [(0, True), (9, True), (10, False), (600, False), (-1, False), (None, False)]
)
def test_a_proof_is_fresh_for_ten_minutes(ago: int | None, fresh: bool) -> None:
    """A-C2."""
    proved = None if ago is None else NOW - ago * MINUTE
    assert rules.is_fresh(proved, NOW, numbers()) is fresh


@pytest.mark.parametrize(
    ("failures", "wait"), [(0, 0), (5, 0), (6, 1), (7, 2), (8, 4), (11, 32), (12, 60), (900, 60)]
)
def test_the_wait_doubles_and_is_capped(failures: int, wait: int) -> None:
    """N-4."""
    assert rules.wait_after(failures, free=5, longest=60) == wait


@given(st.integers(0, 10**6), st.integers(0, 50), st.integers(1, 3600))
def test_one_more_failure_never_shortens_the_wait(failures: int, free: int, longest: int) -> None:
    assert (
        rules.wait_after(failures, free, longest) <= rules.wait_after(failures + 1, free, longest) <= longest
    )


def test_a_day_until_which_something_counts_is_not_one_of_its_days() -> None:
    today = date(2026, 5, 11)
    for since, until, counts in (
        (11, None, True),
        (12, None, False),
        (1, 11, False),
        (1, 12, True),
        (11, 11, False),
    ):
        end = None if until is None else date(2026, 5, until)
        assert rules.in_date(date(2026, 5, since), end, today) is counts


@pytest.mark.parametrize(
    ("roles", "ref", "agency", "allowed"),
    [
        ({"guardian"}, "W1", "police", True),
        ({"guardian"}, "W2", "police", False),
        ({"guardian"}, "W1", "health", False),
        ({"sys_admin", "team_manager"}, "W1", "police", False),
        (set(), "W1", "police", False),
    ],
)
def test_who_approves(roles: set[str], ref: str, agency: str, allowed: bool) -> None:
    """A-D12: a guardian of the same agency, never for themselves."""
    approver = rules.Approver(ref, agency, frozenset(roles))
    assert (rules.why_not_approve(approver, worker="W2", agency="police") == "") is allowed


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("198.51.100.7", "203.0.113.9", (), "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", ("127.0.0.1",), "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", ("127.0.0.1",), "203.0.113.9"),
        ("127.0.0.1", "10.9.9.9, 203.0.113.9", ("127.0.0.1",), "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.1", ("10.0.0.0/24",), "203.0.113.9"),
        ("127.0.0.1", "", ("127.0.0.1",), "127.0.0.1"),
        ("127.0.0.1", "nonsense", ("127.0.0.1",), "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, nonsense", ("127.0.0.1",), "127.0.0.1"),
        ("::1", "2001:db8::9", ("::1",), "2001:db8::9"),
        ("", "203.0.113.9", ("127.0.0.1",), ""),
    ],
)
def test_whose_word_on_an_address_is_believed(
    peer: str, forwarded: str, proxies: tuple[str, ...], address: str
) -> None:
    """C-6: a caller cannot choose the address they are counted under."""
    assert rules.address_of(peer, forwarded, proxies) == address


@given(st.text(max_size=60))
def test_what_a_caller_writes_to_the_left_changes_nothing(text: str) -> None:
    assert rules.address_of("127.0.0.1", f"{text}, 203.0.113.9", ("127.0.0.1",)) == "203.0.113.9"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko Firefox/143.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "A device that does not say what it is"),
        ("<script>alert(1)</script>", "A device that does not say what it is"),
    ],
)
def test_a_device_is_said_as_a_person_would(agent: str, words: str) -> None:
    assert rules.device_words(agent) == words


@pytest.mark.parametrize(
    ("address", "place"),
    [("198.51.100.7", "198.51.0.0/16"), ("2001:db8:1::9", "2001:db8::/32"), ("", ""), ("nonsense", "")],
)
def test_a_place_is_a_part_of_the_network(address: str, place: str) -> None:
    assert rules.place_of(address) == place
