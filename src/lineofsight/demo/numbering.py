"""Numbers for invented people: right in shape and check, unique, and from ranges kept for examples.

NHS numbers start with 9 (the synthetic range 900 to 999), pupil numbers carry a council code that no
council has, phones are of the range that Ofcom keeps for stories.
"""

from __future__ import annotations

from lineofsight.people.identifiers import pnc_letter, upn_letter

#: Primes, so that multiplying spreads people over the range and never gives two people one number.
_NHS_RANGE = 99_999_989
_CASE_RANGE = 8_999_993
_UPN_RANGE = 999_999_937

#: Not the code of any council in England.
_COUNCIL = "899"


def spread(number: int, *, step: int, modulus: int) -> int:
    """A number that looks unrelated to `number`, different for each of them below `modulus`."""
    return number * step % modulus


def nhs_number(person: int) -> str:
    """Ten digits that pass the check. One body in eleven has no check digit, so each person has eight."""
    for attempt in range(8):
        body = f"{900_000_000 + spread(person * 8 + attempt + 1, step=48_271, modulus=_NHS_RANGE):09d}"
        check = (
            11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        )
        if check != 10:
            return f"{body}{check % 11}"
    raise ValueError(f"No NHS number can be made for person {person}.")


def failing_nhs_number(person: int) -> str:
    """An NHS number with its last digit mistyped, as happens."""
    right = nhs_number(person)
    return right[:9] + str((int(right[9]) + 3) % 10)


def pupil_number(person: int) -> str:
    rest = f"{_COUNCIL}{spread(person + 1, step=613, modulus=_UPN_RANGE):09d}"
    return upn_letter(rest) + rest


def police_number(person: int, year: int) -> str:
    serial = f"{spread(person + 1, step=7_919, modulus=9_999_991):07d}"
    return f"{year}/{serial}{pnc_letter(str(year), serial)}"


def case_number(person: int) -> str:
    """The number of a child in the social care system."""
    return str(1_000_000 + spread(person + 1, step=104_729, modulus=_CASE_RANGE))


def phone(index: int) -> str:
    return f"07700 900{index % 1000:03d}"
