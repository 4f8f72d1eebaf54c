"""Numbers are read, checked and kept: the public test numbers, and what a slip of the pen does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.people.identifiers import KINDS, PNC_LETTERS, UPN_LETTERS, check, pnc_letter, upn_letter

NHS_WEIGHTS = range(10, 1, -1)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("nhs", "999 000 0018", "9990000018"),
        ("nhs", "9990000026", "9990000026"),
        ("nhs", "999-000-0034", "9990000034"),
        ("nhs", "9000000009", "9000000009"),
        ("nhs", "9434765919", "9434765919"),
        ("upn", "B801200005001", "B801200005001"),
        ("upn", "y810400022001", "Y810400022001"),
        ("upn", "J81040002200A", "J81040002200A"),  # temporary
        ("upn", "Y943400022001", "Y943400022001"),  # a council made since 2019
        ("former_upn", "Y943400022001", "Y943400022001"),
        ("pnc", "2003/0011985X", "2003/0011985X"),
        ("pnc", "81/154257C", "1981/0154257C"),
        ("pnc", "19810154257c", "1981/0154257C"),
        ("cro", "123456/19A", "123456/19A"),
        ("cro", "sf39/12345e", "SF39/12345E"),
        ("postcode", "ns1 2ab", "NS1 2AB"),
        ("postcode", "G6T3BF", "G6T 3BF"),
        ("phone", "07700 900123", "+447700900123"),
        ("phone", "+44 (0)7700 900123", "+447700900123"),
        ("uprn", "000100023336956", "100023336956"),
    ],
)
def test_good_numbers_have_one_form(kind: str, written: str, value: str) -> None:
    found = check(kind, written)
    assert (found.value, found.ok, found.why) == (value, True, "")
    assert found.raw == written


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("nhs", "9990000019"),
        ("nhs", "999000001"),
        ("nhs", "99900000l8"),
        ("nhs", ""),
        ("upn", "A801200005001"),
        ("upn", "I801200005001"),
        ("upn", "B80120000500"),
        ("uln", "1111111111"),
        ("uln", "9999999999"),
        ("pnc", "2003/0011985Y"),
        ("pnc", "hello"),
        ("cro", "19A"),
        ("postcode", "12 Quay Street"),
        ("postcode", "ZZ99 3VZ"),
        ("phone", "ring mum"),
        ("phone", "0770"),
        ("phone", "00000 000000"),
        ("uprn", "0"),
        ("uprn", "1234567890123"),
    ],
)
def test_bad_numbers_are_kept_with_the_reason(kind: str, written: str) -> None:
    found = check(kind, written)
    assert not found.ok
    assert found.why
    assert found.raw == written


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_repeated_is_nobodys_nhs_number(digit: str) -> None:
    assert not check("nhs", digit * 10).ok


@given(st.integers(0, 999_999_999))
def test_every_nhs_number_has_exactly_one_last_digit_or_none(nine: int) -> None:
    first = f"{nine:09d}"
    remainder = 11 - sum(int(d) * w for d, w in zip(first, NHS_WEIGHTS, strict=True)) % 11
    good = [last for last in "0123456789" if check("nhs", first + last).ok]
    expected = [] if remainder == 10 else [str(remainder % 11)]
    assert good == ([] if len(set(first)) == 1 and good == [] else expected)


@given(st.integers(0, 10**11 - 1), st.sampled_from("0123456789" + UPN_LETTERS))
def test_a_pupil_number_has_one_first_letter(middle: int, last: str) -> None:
    rest = f"{middle:011d}{last}"
    assert [letter for letter in UPN_LETTERS if check("upn", letter + rest).ok] == [upn_letter(rest)]


@given(st.integers(1950, 2025), st.integers(0, 9_999_999))
def test_a_police_number_has_one_letter_however_it_is_written(year: int, serial: int) -> None:
    letter = pnc_letter(str(year), str(serial))
    whole = f"{year}/{serial:07d}{letter}"
    assert check("pnc", whole).ok
    assert check("pnc", f"{year}/{serial}{letter}").value == whole
    assert sum(check("pnc", f"{year}/{serial:07d}{other}").ok for other in PNC_LETTERS) == 1


@given(st.integers(0, 999_999_999))
def test_a_learner_number_has_at_most_one_last_digit(nine: int) -> None:
    assert sum(check("uln", f"{nine:09d}{last}").ok for last in "0123456789") <= 1


@given(st.sampled_from(KINDS), st.text(max_size=40))
def test_no_text_breaks_the_reader_and_reading_twice_changes_nothing(kind: str, text: str) -> None:
    found = check(kind, text)
    assert found.ok == (not found.why)
    if found.ok:
        assert check(kind, found.value).value == found.value
        assert check(kind, found.value).ok


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="shoe size"):
        check("shoe size", "7")
