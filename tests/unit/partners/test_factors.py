"""Second factors: codes as the standards say them, and each used once."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from accounts import APP_KEY
from lineofsight.partners import factors, sealing

#: The key of the examples in RFC 4226 and RFC 6238.
RFC_KEY = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(
            [
                "755224",
                "287082",
                "359152",
                "969429",
                "338314",
                "254676",
                "287922",
                "162583",
                "399871",
                "520489",
            ]
        )
    ),
)
def test_codes_are_those_of_rfc_4226(counter: int, code: str) -> None:
    assert factors.code_at(RFC_KEY, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """The last six of the RFC's eight digits."""
    assert factors.code_at(RFC_KEY, seconds // factors.STEP_SECONDS) == code


def test_a_clock_may_be_one_step_off(the_time: Any) -> None:
    here = factors.step_now()
    taken = [
        step - here
        for step in range(here - 4, here + 5)
        if factors.step_of(APP_KEY, factors.code_at(APP_KEY, step))
    ]
    assert taken == [-1, 0, 1]


@pytest.mark.parametrize("typed", ["", " ", "12345", "abcdef", "１２３４５６", "000000000000", "-1"])
def test_nonsense_is_no_code(typed: str, the_time: Any) -> None:
    assert factors.step_of(APP_KEY, typed) == 0


def test_a_code_is_read_with_its_spaces(the_time: Any) -> None:
    code = factors.code_now(APP_KEY)
    assert factors.step_of(APP_KEY, f" {code[:3]} {code[3:]} ") == factors.step_now()


def test_a_used_code_and_earlier_ones_are_refused(partnership: Any, the_time: Any) -> None:
    ada = partnership.worker("csc")
    here = factors.step_now()
    assert factors.takes_code(ada, factors.code_at(APP_KEY, here)) == "app"
    assert [factors.takes_code(ada, factors.code_at(APP_KEY, here + n)) for n in (-1, 0, 1, 1)] == [
        "",
        "",
        "app",
        "",
    ]


def test_recovery_codes_are_one_person_s(partnership: Any) -> None:
    ada, bev = partnership.worker("csc"), partnership.worker("police")
    codes = factors.new_recovery_codes(ada)
    assert factors.takes_code(bev, codes[0]) == ""
    assert factors.takes_code(ada, codes[0].replace("0", "o").lower()) == "recovery code"
    old = codes[1]
    factors.new_recovery_codes(ada)
    assert factors.takes_code(ada, old) == ""


@pytest.mark.parametrize(
    ("host", "takes"),
    [
        ("localhost:8000", True),
        ("los.council.example", True),
        ("127.0.0.1:8000", False),
        ("[::1]:8000", False),
        ("10.0.0.5", False),
    ],
)  # fmt: skip
def test_passkeys_need_a_name(host: str, takes: bool) -> None:
    assert factors.takes_passkeys(host) is takes


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "not json", '{"id": 1}', '{"response": {}}'])
def test_nonsense_is_no_passkey(partnership: Any, answer: str) -> None:
    from lineofsight.catalogue.errors import Refused

    ada = partnership.worker("csc")
    _, state = factors.begin_passkey(ada, "https://los.council.example")
    with pytest.raises(Refused, match="could not be taken"):
        factors.add_passkey(ada, "https://los.council.example", state, answer, "key")
    assert not factors.takes_passkey(ada, "https://los.council.example", state, answer)


def test_sealed_text_opens_with_this_key_and_an_earlier_one(settings: Any) -> None:
    from cryptography.fernet import InvalidToken

    sealed = sealing.seal("JBSW")
    assert "JBSW" not in sealed and sealing.unseal(sealed) == "JBSW"
    earlier, settings.SECRET_KEY = settings.SECRET_KEY, "another key, which is long enough to be one"
    with pytest.raises(InvalidToken):
        sealing.unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [earlier]
    assert sealing.unseal(sealed) == "JBSW"


def test_digests_differ_by_purpose() -> None:
    assert (
        sealing.digest("one", "text")
        != sealing.digest("another", "text")
        != sealing.digest("another", "texts")
    )
