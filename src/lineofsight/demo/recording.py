"""How one office writes one person down: its spelling, its gaps, its old address.

Rates are assumptions. They are there so that matching is a real job, and they follow what offices are known
for: police rarely hold an NHS number, hospitals write names as said at the desk, schools copy birth papers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from lineofsight.demo.families import Person
from lineofsight.demo.naming import Naming


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of records in which an office does each thing."""

    short_name: float = 0.0
    respell: float = 0.05
    slip: float = 0.015
    drop_hyphen: float = 0.2
    half_surname: float = 0.05
    former_surname: float = 0.1
    swap_date: float = 0.006
    first_of_january: float = 0.003
    old_address: float = 0.06
    no_address: float = 0.02
    nhs: float = 0.0
    upn: float = 0.0
    phone: float = 0.5
    middle: float = 0.2


HABITS = {
    "csc": Habits(respell=0.06, nhs=0.82, upn=0.75, old_address=0.08, phone=0.7, middle=0.1),
    "police": Habits(
        short_name=0.10,
        respell=0.14,
        slip=0.035,
        drop_hyphen=0.45,
        half_surname=0.12,
        swap_date=0.015,
        first_of_january=0.012,
        old_address=0.22,
        no_address=0.07,
        middle=0.3,
    ),
    "education": Habits(short_name=0.02, respell=0.03, slip=0.008, upn=0.985, old_address=0.05, middle=0.6),
    "health": Habits(short_name=0.03, respell=0.05, slip=0.015, nhs=0.95, old_address=0.12, phone=0.6),
    "housing": Habits(
        short_name=0.12, respell=0.08, slip=0.03, swap_date=0.012, first_of_january=0.02, old_address=0.0
    ),
    "yjs": Habits(short_name=0.04, respell=0.06, slip=0.015, old_address=0.1),
    "earlyhelp": Habits(short_name=0.12, respell=0.08, slip=0.025, drop_hyphen=0.3, no_address=0.5),
    "vcs": Habits(short_name=0.35, respell=0.1, slip=0.05, drop_hyphen=0.5, half_surname=0.25),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A person as written by one office."""

    surname: str
    forenames: str
    born: date
    line: str
    address: str
    postcode: str
    phone: str
    nhs: str
    upn: str

    @property
    def full(self) -> str:
        return f"{self.forenames} {self.surname}"


def write_down(person: Person, office: str, naming: Naming, rng: Random) -> Written:
    habits = HABITS[office]
    chance = rng.random
    address = person.address
    if person.old_address and chance() < habits.old_address * 3:
        address = person.old_address
    known = chance() >= habits.no_address
    return Written(
        surname=_surname(person, habits, naming, rng),
        forenames=_forenames(person, habits, naming, rng),
        born=_born(person.born, habits, rng),
        line=address.line if known else "",
        address=address.full if known else "",
        postcode=address.postcode if known else "",
        phone=person.phone if chance() < habits.phone else "",
        nhs=person.nhs if habits.nhs and chance() < habits.nhs else "",
        upn=person.upn if habits.upn and chance() < habits.upn else "",
    )


def _surname(person: Person, habits: Habits, naming: Naming, rng: Random) -> str:
    chance = rng.random
    name = person.family
    if person.former_family and chance() < habits.former_surname:
        name = person.former_family
    if "-" in name or " " in name:
        if chance() < habits.drop_hyphen:
            name = name.replace("-", " ")
        elif chance() < habits.half_surname:
            name = name.replace(" ", "-").split("-")[-1]
    if chance() < habits.respell:
        name = naming.respelled(name, rng)
    if "'" in name and chance() < habits.drop_hyphen:
        name = name.replace("'", "")
    return naming.slip(name, rng) if chance() < habits.slip else name


def _forenames(person: Person, habits: Habits, naming: Naming, rng: Random) -> str:
    chance = rng.random
    name = person.given
    if chance() < habits.short_name:
        name = naming.shortened(name)
    elif chance() < habits.respell:
        name = naming.respelled(name, rng)
    if chance() < habits.slip:
        name = naming.slip(name, rng)
    if person.middle and chance() < habits.middle:
        name = f"{name} {person.middle}"
    return name


def _born(born: date, habits: Habits, rng: Random) -> date:
    chance = rng.random
    if chance() < habits.swap_date and born.day <= 12:
        return date(born.year, born.day, born.month)
    if chance() < habits.first_of_january:
        return date(born.year, 1, 1)
    return born
