"""Seeded files in the shapes that councils send: the same seed gives the same bytes. All children invented."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

GIVEN = [
    "Amara",
    "Tobi",
    "Sam",
    "Leila",
    "Idris",
    "Mabel",
    "Kofi",
    "Niamh",
    "Oskar",
    "Priya",
    "Rowan",
    "Yusuf",
    "Zofia",
    "Callum",
    "Ines",
    "Jude",
    "Kezia",
    "Lowri",
    "Mateo",
    "Nia",
    "Oona",
    "Petra",
    "Quinn",
    "Rhys",
    "Safiya",
    "Teodor",
    "Una",
    "Viktor",
    "Wren",
    "Xanthe",
    "Yara",
    "Zane",
    "Aidan",
    "Bronwen",
    "Cerys",
    "Dafydd",
    "Esme",
    "Farah",
    "Gwen",
    "Hamza",
    "Isla",
    "Jonah",
    "Khadija",
    "Luca",
    "Maisie",
    "Noor",
    "Orla",
    "Piotr",
    "Ruby",
    "Seren",
    "Taliesin",
    "Umar",
    "Vera",
    "Willow",
    "Zaynab",
    "Arlo",
]
HEADS = [
    "Ash",
    "Brad",
    "Cald",
    "Dun",
    "Elm",
    "Fair",
    "Gold",
    "Hart",
    "Ing",
    "Kel",
    "Lang",
    "Mar",
    "Nor",
    "Oak",
    "Pen",
    "Rad",
    "Stan",
    "Thorn",
    "Wake",
    "Whit",
    "Yar",
]
TAILS = [
    "bourne",
    "by",
    "combe",
    "dale",
    "ford",
    "gate",
    "ham",
    "hurst",
    "ley",
    "low",
    "mere",
    "ness",
    "shaw",
    "stead",
    "thorpe",
    "ton",
    "well",
    "wick",
    "worth",
    "yard",
]
STREETS = [
    "Quay",
    "Mill",
    "Chapel",
    "Orchard",
    "Station",
    "Harbour",
    "Castle",
    "Meadow",
    "Bridge",
    "Tannery",
    "Priory",
    "Lantern",
]
SOURCES = ("1A", "1B", "2A", "3A", "5A", "6", "7", "8", "9", "10")
FIRST_DAY = date(2019, 1, 1)

CONTACTS = ("cont_contact_id", "cont_person_id", "cont_contact_date", "cont_contact_source_code",
            "cont_contact_source_desc", "cont_contact_outcome_json")  # fmt: skip
MISSING = ("miss_table_id", "miss_person_id", "miss_missing_episode_start_date", "miss_missing_episode_type",
           "miss_missing_episode_end_date", "miss_missing_rhi_offered", "miss_missing_rhi_accepted")  # fmt: skip
PEOPLE = ("case_id", "surname", "forenames", "preferred_name", "dob", "sex", "nhs_number", "address", "postcode",
          "phone", "school", "worker", "team")  # fmt: skip

#: A few names are very common and most are rare, as in any list of people.
FAMILIES = tuple(head + tail for head in HEADS for tail in TAILS)
FAMILY_SHARES = tuple(accumulate(1 / (place + 3) for place in range(len(FAMILIES))))
GIVEN_SHARES = tuple(accumulate(1 / (place + 3) for place in range(len(GIVEN))))


def nhs_number(number: int) -> str:
    """From the range 999, which is set aside and belongs to nobody; '' where the sum gives no check digit."""
    digits = f"999{number:06d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
    return "" if rest == 10 else digits + str(rest % 11)


def contacts(rows: int, people: int, seed: int, *, first: int = 0) -> Iterator[Sequence[str]]:
    chance = Random(seed + first)
    for number in range(first, first + rows):
        at = moment(chance)
        yield (f"C{number}", f"L{chance.randrange(people)}", at.isoformat(sep=" "), chance.choice(SOURCES),
               "Known to the team", chance.choice(("", '{"NFA":"Y"}', '{"STRATEGY_DISCUSSION":"Y"}')))  # fmt: skip


def missing(rows: int, people: int, seed: int) -> Iterator[Sequence[str]]:
    chance = Random(seed)
    for number in range(rows):
        start = moment(chance)
        end = start + timedelta(minutes=chance.randrange(60, 4000))
        offered = chance.choice("YYN")
        yield (f"M{number}", f"L{chance.randrange(people)}", start.isoformat(sep=" "), chance.choice("MMMA"),
               end.isoformat(sep=" "), offered, chance.choice("YN") if offered == "Y" else "")  # fmt: skip


def people(
    count: int, seed: int, *, prefix: str = "L", first: int = 0, slips: float = 0.0
) -> Iterator[Sequence[str]]:
    """Person number n is the same person whatever the file; `slips` is the share written a little differently."""
    slip = Random(seed * 7919 + 1)
    for number in range(first, first + count):
        chance = Random(seed * 1_000_003 + number)
        given = chance.choices(GIVEN, cum_weights=GIVEN_SHARES)[0]
        family = chance.choices(FAMILIES, cum_weights=FAMILY_SHARES)[0]
        born = date(2006, 1, 1) + timedelta(days=chance.randrange(6500))
        house, street, postcode = (
            chance.randrange(1, 150),
            chance.choice(STREETS),
            f"NS{chance.randrange(1, 30)} {chance.randrange(1, 9)}{chance.choice('ABDEFGHJ')}{chance.choice('ABDEFGHJ')}",
        )
        nhs, sex = nhs_number(number) if chance.random() < 0.7 else "", chance.choice("MF")
        phone = f"07700 900{number % 1000:03d}" if chance.random() < 0.1 else ""
        if slip.random() < slips:
            given, nhs = given[:-1] if len(given) > 3 else given, ""
        yield (f"{prefix}{number}", family, given, "", born.isoformat(), sex, nhs, f"{house} {street} Street, Northshore",
               postcode, phone, "Northshore Academy", "A. Oduya", "Team 1")  # fmt: skip


def moment(chance: Random) -> datetime:
    day = FIRST_DAY + timedelta(days=chance.randrange(2500))
    return datetime(day.year, day.month, day.day, chance.randrange(7, 22), chance.randrange(60))


def write(path: Path, headers: Sequence[str], rows: Iterator[Sequence[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        writer.writerows(rows)
    return path
