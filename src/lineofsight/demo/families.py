"""Households with real family structure: the reason why matching is not a puzzle about names alone.

Couples, lone parents, step families with half siblings, grandparents who bring up children, twins with
look-alike names, father and son of one name, brothers who all carry one first name, people who moved.
A household comes from its own number and the seed, so any part of the city can be made without the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from lineofsight.demo import numbering
from lineofsight.demo.city import Address, City, School
from lineofsight.demo.naming import Naming, Tradition


@dataclass(slots=True)
class Person:
    number: int
    household: int
    tradition: Tradition
    given: str
    family: str
    sex: str
    born: date
    role: str
    address: Address
    age: int
    middle: str = ""
    former_family: str = ""
    alias: str = ""
    phone: str = ""
    gp: str = ""
    school: School | None = None
    old_address: Address | None = None
    moved_on: date | None = None
    twin: bool = False

    @property
    def is_child(self) -> bool:
        return self.age < 18

    @property
    def nhs(self) -> str:
        return numbering.nhs_number(self.number)

    @property
    def upn(self) -> str:
        return numbering.pupil_number(self.number) if 4 <= self.age <= 19 else ""

    @property
    def case(self) -> str:
        return numbering.case_number(self.number)


@dataclass(slots=True)
class Household:
    index: int
    tradition: Tradition
    address: Address
    people: list[Person] = field(default_factory=list)

    @property
    def children(self) -> list[Person]:
        return [person for person in self.people if person.is_child]

    @property
    def adults(self) -> list[Person]:
        return [person for person in self.people if not person.is_child]


_SHAPES = ("couple", "lone", "step", "grandparents", "three", "pair", "single")
_SHAPE_SHARES = (0.40, 0.24, 0.13, 0.04, 0.05, 0.08, 0.06)
_CHILDREN_SHARES = (0.30, 0.38, 0.19, 0.09, 0.04)


class Families:
    def __init__(self, city: City, naming: Naming, *, seed: int, today: date, people: int) -> None:
        self.city = city
        self.naming = naming
        self.seed = seed
        self.today = today
        # There are only a thousand numbers for stories: a larger city has fewer telephones that we know.
        self.phone_share = min(0.75, 2_400 / max(people, 1))
        self.houses = max(200, people // 3)

    def households(self, people: int, *, with_teenager: frozenset[int] = frozenset()) -> Iterator[Household]:
        """Households until `people` is reached. Those of `with_teenager` have a child of 13 to 17."""
        number = 0
        index = 0
        while number < people:
            household = self.household(index, number, needs_teenager=index in with_teenager)
            number += len(household.people)
            index += 1
            yield household

    def household(self, index: int, first_number: int, *, needs_teenager: bool = False) -> Household:
        rng = Random(f"{self.seed}:household:{index}")  # noqa: S311 (an invented city, not a secret)
        tradition = self.naming.tradition(rng)
        household = Household(index, tradition, self.city.address(index * 2 + 1))
        shape = rng.choices(_SHAPES, _SHAPE_SHARES)[0]
        if needs_teenager and shape in ("pair", "single"):
            shape = "lone"
        _Settling(self, household, rng, first_number).settle(shape, needs_teenager)
        return household


class _Settling:
    """Fills one household. Apart from `Families` because it holds the state of a single family."""

    def __init__(self, families: Families, household: Household, rng: Random, number: int) -> None:
        self.families = families
        self.naming = families.naming
        self.tradition = household.tradition
        self.household = household
        self.rng = rng
        self.number = number
        self.family_name = self.naming.family(self.tradition, rng)

    def settle(self, shape: str, needs_teenager: bool) -> None:
        rng = self.rng
        mother_age = rng.randint(24, 52)
        if needs_teenager:
            mother_age = max(mother_age, 33)
        father: Person | None = None
        mother: Person | None = None
        if shape in ("couple", "step", "three", "pair"):
            father = self._adult(
                "M", mother_age + rng.randint(-3, 8), "father" if shape != "pair" else "partner"
            )
        if shape == "grandparents":
            mother_age = rng.randint(48, 68)
            mother = self._adult("F", mother_age, "grandmother")
        elif shape != "single" or rng.random() < 0.5:
            mother = self._adult("F", mother_age, "mother" if shape != "pair" else "partner")
        else:
            father = self._adult("M", rng.randint(19, 70), "tenant")
        if mother and father and shape != "pair":
            self._marry(mother, father)
        if shape == "three":
            self._adult(rng.choice("MF"), mother_age + rng.randint(22, 32), "grandparent")
        if shape not in ("pair", "single"):
            self._children(shape, father, mother_age, needs_teenager)
        self._settle_down()

    def _add(self, sex: str, given: str, family: str, born: date, role: str) -> Person:
        today = self.families.today
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        person = Person(
            self.number,
            self.household.index,
            self.tradition,
            given,
            family,
            sex,
            born,
            role,
            self.household.address,
            age,
        )
        self.number += 1
        self.household.people.append(person)
        return person

    def _birthday(self, age: int) -> date:
        rng = self.rng
        born = self.families.today - timedelta(days=int(age * 365.25) + rng.randrange(365))
        # Where births were not registered, offices write the first of January.
        if self.tradition.code in ("somali", "afghan", "kurdish") and age > 5 and rng.random() < 0.35:
            return date(born.year, 1, 1)
        return born

    def _adult(self, sex: str, age: int, role: str) -> Person:
        rng = self.rng
        given = self.naming.given(self.tradition, sex, True, rng)
        return self._add(sex, given, self._adult_family(sex), self._birthday(max(age, 18)), role)

    def _adult_family(self, sex: str) -> str:
        if self.tradition.order == "chain":
            return f"{self.rng.choice(self.tradition.families)} {self.rng.choice(self.tradition.families)}"
        if (
            self.tradition.order == "mixed"
            and sex == "F"
            and self.tradition.seconds
            and self.rng.random() < 0.5
        ):
            return self.rng.choice(self.tradition.seconds)
        own = self.family_name if not self.household.people else self.naming.family(self.tradition, self.rng)
        return self.naming.ending(self.tradition, own, sex)

    def _marry(self, mother: Person, father: Person) -> None:
        if self.tradition.order not in ("family", "gendered") or self.rng.random() < 0.3:
            return
        mother.former_family = mother.family
        mother.family = self.naming.ending(self.tradition, father.family, "F")

    def _children(self, shape: str, father: Person | None, mother_age: int, needs_teenager: bool) -> None:
        rng = self.rng
        count = 1 + rng.choices(range(5), _CHILDREN_SHARES)[0]
        if self.tradition.code in ("somali", "pakistani", "bangladeshi", "traveller", "kurdish"):
            count += rng.randrange(3)
        ages = sorted((rng.randint(0, min(19, max(1, mother_age - 19))) for _ in range(count)), reverse=True)
        if needs_teenager:
            ages[0] = rng.randint(13, 17)
        other_family = self.naming.family(self.tradition, rng)
        twin_at = rng.randrange(count) if rng.random() < 0.035 else -1
        used: set[str] = set()
        for place, age in enumerate(ages):
            # The older children of a step family often keep the name of their own father.
            theirs = other_family if shape == "step" and place < (count + 1) // 2 else self.family_name
            child = self._child(theirs, age, father, place, used)
            if place == twin_at:
                self._twin_of(child)

    def _child(self, family: str, age: int, father: Person | None, place: int, used: set[str]) -> Person:
        rng = self.rng
        sex = rng.choice("MF")
        given = self.naming.given(self.tradition, sex, False, rng)
        for _ in range(4):
            if given not in used:
                break
            given = self.naming.given(self.tradition, sex, False, rng)
        if father and sex == "M" and place == 0 and rng.random() < 0.04:
            given = father.given
        if self.tradition.order == "mixed" and sex == "M" and rng.random() < 0.25:
            given = f"Mohammed {given}" if not given.startswith("Mohammed") else given
        used.add(given)
        child = self._add(sex, given, self._child_family(family, father, sex), self._birthday(age), "child")
        if rng.random() < 0.5:
            child.middle = self.naming.given(self.tradition, sex, rng.random() < 0.5, rng)
        return child

    def _child_family(self, family: str, father: Person | None, sex: str) -> str:
        if self.tradition.order == "chain":
            own = (
                father.given if father else self.tradition.men[self.household.index % len(self.tradition.men)]
            )
            return f"{own} {(father.family if father else self.family_name).split()[0]}"
        if self.tradition.code == "british" and self.rng.random() < 0.07:
            return f"{family}-{self.naming.family(self.tradition, self.rng)}"
        return self.naming.ending(self.tradition, family, sex)

    def _twin_of(self, child: Person) -> None:
        rng = self.rng
        pairs = self.naming.twins["boys" if child.sex == "M" else "girls"]
        pair = rng.choice(pairs)
        child.given, child.twin = pair[0], True
        twin = self._add(child.sex, pair[1], child.family, child.born, "child")
        twin.twin, twin.middle = True, child.middle

    def _settle_down(self) -> None:
        rng = self.rng
        household, families = self.household, self.families
        has_phone = rng.random() < families.phone_share
        phone = numbering.phone(household.index * 13 + 7)
        moved = rng.random() < 0.22
        old = families.city.address((household.index * 2 + rng.randrange(2, 4_000)) % (families.houses * 2))
        moved_on = families.today - timedelta(days=rng.randrange(40, 1_400))
        gp = families.city.gp_for(household.index)
        for person in household.people:
            person.gp = gp
            person.school = families.city.school_for(person.age, household.index)
            if has_phone and (person.age >= 18 or (person.age >= 13 and rng.random() < 0.2)):
                person.phone = phone
            if moved and (person.age > 1):
                person.old_address, person.moved_on = old, moved_on
            if person.is_child and rng.random() < 0.02:
                person.former_family = self.naming.family(self.tradition, rng)
