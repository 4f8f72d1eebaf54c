"""N-2: how passwords are chosen and kept."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.partners import passwords


def test_a_password_is_kept_with_argon2id_at_the_asked_cost() -> None:
    kept = make_password("four quite unrelated words")
    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("four quite unrelated words", kept)
    assert not check_password("four quite unrelated word", kept)


def test_never_more_than_two_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third waits. Counted inside the library's own hashing."""
    import argon2.low_level

    now, most, lock = [0], [0], threading.Lock()
    hashing = argon2.low_level.hash_secret

    def counted(*args: Any, **kwargs: Any) -> Any:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        try:
            return hashing(*args, **kwargs)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(argon2.low_level, "hash_secret", counted)
    threads = [threading.Thread(target=make_password, args=("four quite unrelated words",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == passwords.AT_ONCE == 2


def test_who_waits_longest_comes_next() -> None:
    turns, order, waiting = passwords.Turns(1), list[int](), list[threading.Thread]()

    def take(number: int) -> None:
        with turns:
            order.append(number)

    with turns:
        for number in range(6):
            waiting.append(threading.Thread(target=take, args=(number,)))
            waiting[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for thread in waiting:
        thread.join()
    assert order == list(range(6))
    with turns, pytest.raises(ZeroDivisionError), passwords.Turns(1):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("password", "words"),
    [("elevenchars", "at least 12"), ("x" * 129, "at most 128"), ("password1234", "too common")],
)
def test_short_long_and_common_ones_are_refused(password: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        validate_password(password)


@pytest.mark.parametrize("password", ["q" * 3 + " wet lantern", "ünïcödé wörds ✓", "zw9-" * 32])
def test_anything_else_of_12_to_128_will_do(password: str) -> None:
    validate_password(password)


@pytest.mark.parametrize(
    "password", ["Northshore-Police-2026", "SAFEGUARDING1234", "lineofsight!!!", "social-worker-99"]
)
def test_words_that_everybody_here_knows_are_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="words that everybody here knows"):
        validate_password(password)


def test_such_a_word_among_others_will_do() -> None:
    validate_password("police lantern wet gravel")


# --- a list of stolen ones --------------------------------------------------------------------------------


def listed(path: Path, stolen: list[str], *, newline: str = "\r\n", counts: bool = True) -> Path:
    lines = sorted(hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper() for word in stolen)
    path.write_bytes("".join(f"{line}{f':{len(line) * n}' if counts else ''}{newline}"
                             for n, line in enumerate(lines)).encode())  # fmt: skip
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stolen=st.lists(st.text(max_size=12), unique=True, max_size=40), others=st.lists(st.text(max_size=12), max_size=10),
    newline=st.sampled_from(["\n", "\r\n"]), counts=st.booleans(),
)  # fmt: skip
def test_exactly_what_is_listed_is_found(
    tmp_path: Path, stolen: list[str], others: list[str], newline: str, counts: bool
) -> None:
    path = listed(tmp_path / "stolen.txt", stolen, newline=newline, counts=counts)
    for word in stolen + others:
        assert passwords.is_listed(path, word) is (word in stolen), word


def test_a_stolen_password_is_refused_without_the_network(settings: Any, tmp_path: Path) -> None:
    settings.BREACHED_PASSWORDS = str(listed(tmp_path / "stolen.txt", ["wet lantern on a quay", "another"]))
    with pytest.raises(ValidationError, match="list of stolen ones"):
        validate_password("wet lantern on a quay")
    validate_password("wet lantern on a pier")


def test_a_list_that_cannot_be_read_stops_new_passwords(settings: Any, tmp_path: Path) -> None:
    """Nothing fails open."""
    settings.BREACHED_PASSWORDS = str(tmp_path / "nowhere.txt")
    with pytest.raises(Refused, match="could not be read"):
        validate_password("wet lantern on a quay")
