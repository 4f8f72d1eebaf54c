"""A seeded city that several agencies know: families as they are, written down as offices write.

Couples, lone parents, step families, grandparents, separated parents with two homes, foster placements,
siblings, twins with look-alike names, brothers who all carry one first name, a father and son of one name,
people who moved, shared phones, hostels. Each agency has its own gaps and its own mistakes. Names and
their spellings come from the demo's lists, by naming tradition. Everyone is invented; the same seed and
settings give the same bytes. Rates are assumptions, set apart for development and for evaluation.
"""

# ruff: noqa: SIM905, E501
from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from bench import surnames
from lineofsight.demo import numbering
from lineofsight.demo.naming import Naming, Tradition

TODAY = date(2026, 9, 1)

MORE_BOYS = """Adam Aaron Albert Alexander Alex Arthur Arlo Austin Benjamin Billy Blake Bobby Cameron Carter Christopher
David Dominic Dylan Edward Elijah Elliot Evan Felix Francis Freddie Frederick Gabriel Grayson Harrison Henry Hugo
Hunter Isaac Ivan Jackson Jason Jasper John Jonathan Jordan Joel Kayden Leon Levi Lincoln Louis Luca Lucas Marcus
Matthew Michael Miles Myles Nathaniel Nicholas Ollie Parker Patrick Peter Philip Quentin Ralph Raphael Robert Roman
Ronnie Rory Rowan Rufus Samson Sebastian Sidney Sonny Spencer Stephen Teddy Thaddeus Tobias Tommy Tristan Vincent
Wilfred Zachary Zane""".split()
MORE_GIRLS = """Ada Adeline Agatha Alexandra Alice Amelie Anna Annabel Arabella Aurora Beatrice Bella Bonnie Catherine Charlotte
Clara Connie Darcey Delilah Dorothy Edith Eliza Elizabeth Elsie Emma Esme Eva Evelyn Felicity Florence Francesca Gabriella
Georgina Gwen Hallie Hannah Hazel Hope Ida Iris Isabel Isabella Isobel Ivy Jane Jemima Josephine Katherine Lucy Lydia
Mabel Madison Margaret Margot Maria Martha Mary Matilda Maya Myla Nancy Nell Ottilie Orla Penelope Petra Polly Robyn
Rosalind Rose Ruth Sadie Sally Samantha Sara Sienna Sophia Stella Susannah Tabitha Thea Theresa Tilly Ursula Verity
Victoria Violet Willow Winifred Wren Zelda""".split()
STREETS = """Quay Mill Chapel Orchard Station Harbour Castle Meadow Bridge Tannery Priory Lantern Church Victoria Albert
Spring Beck Holme Ropery Dock Anlaby Park Wood Garth Field Marsh Ferry Abbey Elm Ash Oak Lime Chestnut Cedar Willow Rowan
Poplar Hawthorn Regent Queen King Prince Duke Nelson Wellington Cromwell York Durham Lincoln Derby Salisbury Ely""".split()
KINDS_OF_STREET = ("Street", "Road", "Avenue", "Close", "Lane", "Grove", "Drive", "Terrace")
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True)
class Agency:
    """How an agency comes to hold people and what it writes. Shares from 0 to 1."""

    code: str
    system: str
    children: float
    adults: float
    again: float  # a second record of the same person
    birth: float
    sex: float
    address: float
    postcode: float
    phone: float
    nhs: float
    upn: float
    pnc: float
    middle: float
    alias: float
    stale: float  # writes the address before the last move
    care: float  # how many slips it makes, 1 as on average
    kind: float = 1.0  # says whether it is a child or an adult


AGENCIES = (
    Agency("csc", "csc_case", 0.34, 0.26, 0.01, 0.97, 0.99, 0.95, 0.93, 0.50, 0.55, 0.55, 0.0, 0.45, 0.30, 0.18, 1.0),
    Agency("earlyhelp", "early_help", 0.18, 0.16, 0.03, 0.93, 0.70, 0.80, 0.80, 0.60, 0.08, 0.10, 0.0, 0.15, 0.10, 0.25, 1.4),
    Agency("education", "school_mis", 0.74, 0.0, 0.02, 0.999, 0.99, 0.93, 0.93, 0.55, 0.0, 0.97, 0.0, 0.55, 0.20, 0.10, 0.7),
    Agency("health", "health_pas", 0.66, 0.42, 0.02, 0.995, 0.99, 0.80, 0.97, 0.45, 0.96, 0.0, 0.0, 0.30, 0.05, 0.15, 0.6, 0.6),
    Agency("police", "police_rms", 0.20, 0.33, 0.14, 0.93, 0.95, 0.75, 0.62, 0.40, 0.0, 0.0, 0.28, 0.25, 0.25, 0.30, 1.6, 0.4),
    Agency("yjs", "yjs_case", 0.06, 0.0, 0.01, 0.99, 0.98, 0.85, 0.88, 0.45, 0.10, 0.15, 0.70, 0.30, 0.25, 0.22, 1.0),
    Agency("housing", "housing", 0.14, 0.52, 0.05, 0.88, 0.50, 0.99, 0.98, 0.60, 0.0, 0.0, 0.0, 0.10, 0.05, 0.08, 1.3, 0.8),
)  # fmt: skip


@dataclass(frozen=True)
class Wrongs:
    """How often things are written wrongly, and how families are. All are shares."""

    typo_given: float = 0.022
    typo_family: float = 0.022
    nickname: float = 0.10
    respelled: float = 0.22
    swapped: float = 0.006
    initial: float = 0.008
    half: float = 0.30
    other_family: float = 0.55  # of those whose family name changed: the agency still has the former one
    changed_family: float = 0.03
    day_month: float = 0.008
    birth_typo: float = 0.012
    first_of_january: float = 0.012
    imprecise: float = 0.25  # of those without a birth date: an estimated year instead
    wrong_sex: float = 0.006
    nhs_typo: float = 0.006
    nhs_sibling: float = 0.004
    upn_changed: float = 0.03
    postcode_typo: float = 0.012
    only_middle: float = 0.012
    twins: float = 0.016
    alike_twins: float = 0.40
    father_son: float = 0.04
    one_first_name: float = 0.30
    moved: float = 0.22
    two_homes: float = 0.10
    placed: float = 0.008
    phone_home: float = 0.75
    hostel: float = 0.01
    restricted: float = 0.003
    wrong_kind: float = 0.02  # a child who has grown up, a map that calls everyone a child
    gaps: float = 1.0  # missing birth dates, in relation to the agencies' usual
    skew: float = 1.0  # how unequal names are: the power of their rank
    few_surnames: bool = False  # only those of the demo's lists, 7 to 33 for most traditions: a hard case


DEVELOPMENT = Wrongs()
#: Set once, apart from what the figures were chosen on: more slips, more reuse of names, less phone.
EVALUATION = Wrongs(
    typo_given=0.028, typo_family=0.018, nickname=0.08, respelled=0.28, swapped=0.009, initial=0.006,
    half=0.36, changed_family=0.04, day_month=0.012, birth_typo=0.010, first_of_january=0.016,
    wrong_sex=0.008, nhs_typo=0.004, nhs_sibling=0.006, upn_changed=0.05, postcode_typo=0.016,
    only_middle=0.016, twins=0.018, alike_twins=0.5, father_son=0.05, one_first_name=0.25, moved=0.26,
    two_homes=0.12, placed=0.01, phone_home=0.65, hostel=0.012, wrong_kind=0.03, gaps=1.2, skew=0.9,
)  # fmt: skip


@dataclass(slots=True)
class Someone:
    number: int
    household: int
    tradition: str
    given: str
    family: str
    sex: str
    born: date
    is_child: bool
    homes: list[tuple[str, str]]
    phones: list[str]
    middle: str = ""
    former: str = ""
    twin_of: int = -1
    role: str = "child"
    nhs: str = ""
    upn: str = ""
    upn_later: str = ""
    pnc: str = ""
    restricted: bool = False


@dataclass(slots=True)
class Written:
    """One agency's record, and the truth about it."""

    agency: str
    system: str
    local_id: str
    person: int
    facts: dict[str, Any]


@dataclass(slots=True)
class Truth:
    """What is true of each person, by number."""

    household: list[int] = field(default_factory=list)
    tradition: list[str] = field(default_factory=list)
    is_child: list[bool] = field(default_factory=list)
    twin_of: list[int] = field(default_factory=list)
    role: list[str] = field(default_factory=list)


class _Names:
    def __init__(self, chance: Random, skew: float, *, few: bool) -> None:
        self.naming = Naming()
        self.shares = list(accumulate(t.share for t in self.naming.traditions))
        self.pools: dict[tuple[str, str], tuple[list[str], list[float]]] = {}
        for tradition in self.naming.traditions:
            british = tradition.code == "british"
            for kind in ("boys", "girls", "men", "women", "families"):
                names = list(getattr(tradition, kind))
                if kind in ("boys", "men"):
                    names = [
                        *names,
                        *(MORE_BOYS if british else tradition.men if kind == "boys" else tradition.boys),
                    ]
                elif kind in ("girls", "women"):
                    names = [
                        *names,
                        *(MORE_GIRLS if british else tradition.women if kind == "girls" else tradition.girls),
                    ]
                else:
                    if not few:
                        names += surnames.more(tradition.code)
                    names += [stem + tail for stem in tradition.stems for tail in tradition.tails]
                names = list(dict.fromkeys(names))
                # The order of fashion differs from city to city.
                head = names[: max(6, len(names) // 3)]
                chance.shuffle(head)
                names[: len(head)] = head
                # So that the commonest British surname has about one in a hundred people, as it does.
                head_of, fall = (10, 0.85 * skew) if kind == "families" and not few else (4, skew)
                weights = list(accumulate((place + head_of) ** -fall for place in range(len(names))))
                self.pools[tradition.code, kind] = (names, weights)

    def tradition(self, chance: Random) -> Tradition:
        return chance.choices(self.naming.traditions, cum_weights=self.shares)[0]

    def pick(self, tradition: Tradition, kind: str, chance: Random) -> str:
        names, weights = self.pools[tradition.code, kind]
        return chance.choices(names, cum_weights=weights)[0]


class Population:
    """People until `records` are written. Iterate once; `truth` is whole afterwards."""

    def __init__(self, records: int, seed: int, wrongs: Wrongs = DEVELOPMENT, *, care: float = 1.0) -> None:
        self.records = records
        self.wrongs = wrongs
        self.chance = Random(seed)
        self.aside = Random(seed + 1)
        self.names = _Names(self.chance, wrongs.skew, few=wrongs.few_surnames)
        self.truth = Truth()
        self.agencies = tuple(replace(a, care=a.care * care) for a in AGENCIES)
        self.dwellings = 0
        self.spread = self.chance.randrange(1, 1_000)

    def __iter__(self) -> Iterator[Written]:
        chance, written, household, number = self.chance, 0, 0, 0
        foster: list[tuple[str, str]] = []
        while written < self.records:
            people = self._household(household, number, foster)
            household += 1
            number += len(people)
            for one in people:
                self._remember(one)
            for record in self._written(people, chance):
                yield record
                written += 1

    def _remember(self, one: Someone) -> None:
        truth = self.truth
        truth.household.append(one.household)
        truth.tradition.append(one.tradition)
        truth.is_child.append(one.is_child)
        truth.twin_of.append(one.twin_of)
        truth.role.append(one.role)

    # --- families ----------------------------------------------------------------------------------

    def _dwelling(self) -> tuple[str, str]:
        number = self.dwellings
        self.dwellings += 1
        return self._dwelling_at(number)

    def _elsewhere(self) -> tuple[str, str]:
        """Any home of the city, where somebody else may live now."""
        return self._dwelling_at(self.chance.randrange(self.dwellings + 3_000))

    def _dwelling_at(self, number: int) -> tuple[str, str]:
        street, house = divmod(number, 60)
        kind = KINDS_OF_STREET[(street // len(STREETS)) % len(KINDS_OF_STREET)]
        name = STREETS[(street + self.spread) % len(STREETS)]
        flat = f"Flat {house % 3 + 1}, " if street % 9 == 0 else ""
        code = street * 4 + house // 15
        letters = LETTERS[code % 20] + LETTERS[code // 20 % 20]
        post = f"NS{code // 3600 % 90 + 1} {code // 400 % 9 + 1}{letters}"
        return f"{flat}{house // (3 if flat else 1) + 1} {name} {kind}", post

    def _born(self, age: int, tradition: Tradition) -> date:
        born = TODAY - timedelta(days=int(age * 365.25) + self.chance.randrange(365))
        if tradition.code in ("somali", "afghan", "kurdish") and age > 5 and self.chance.random() < 0.3:
            return date(born.year, 1, 1)
        return born

    def _household(self, index: int, number: int, foster: list[tuple[str, str]]) -> list[Someone]:
        chance, wrongs, names = self.chance, self.wrongs, self.names
        tradition = names.tradition(chance)
        home = self._dwelling()
        hostel = chance.random() < wrongs.hostel
        if hostel:
            home = (f"Harbour House Hostel, {1 + index // 3000} Dock Road", f"NS1 {1 + index // 3000 % 9}HH")
        # Addresses elsewhere: the last home, and where the other parent lives.
        before, other_home = self._elsewhere(), self._elsewhere()
        moved = chance.random() < wrongs.moved
        phone = f"07{chance.randrange(300, 999)}{chance.randrange(1_000_000):06d}"
        shape = chance.choices(("couple", "lone", "step", "grand", "pair", "single"), (40, 26, 13, 5, 9, 7))[
            0
        ]
        family = names.pick(tradition, "families", chance)
        people: list[Someone] = []

        def add(given: str, last: str, sex: str, born: date, role: str) -> Someone:
            one = Someone(
                number + len(people), index, tradition.code, given, last, sex, born,
                (TODAY - born).days < 18 * 365.25, [home, before] if moved and role != "baby" else [home], [], role=role,
            )  # fmt: skip
            one.nhs = numbering.nhs_number(one.number)
            if 4 * 365 < (TODAY - born).days < 20 * 365:
                one.upn = numbering.pupil_number(one.number * 2)
                one.upn_later = numbering.pupil_number(one.number * 2 + 1)
            one.pnc = numbering.police_number(one.number, 2005 + one.number % 20)
            one.restricted = chance.random() < wrongs.restricted
            people.append(one)
            return one

        mother_age = chance.randint(22, 50)
        father = mother = None
        if shape in ("couple", "step", "pair"):
            father = add(names.pick(tradition, "men", chance), self._own(tradition, family, "M"), "M",
                         self._born(max(19, mother_age + chance.randint(-4, 9)), tradition), "father")  # fmt: skip
        if shape == "single":
            sex = chance.choice("MF")
            add(names.pick(tradition, "men" if sex == "M" else "women", chance), self._own(tradition, family, sex), sex,
                self._born(chance.randint(18, 75), tradition), "single")  # fmt: skip
        else:
            age = chance.randint(46, 68) if shape == "grand" else mother_age
            last = (
                family
                if shape in ("couple", "pair") and chance.random() < 0.7
                else names.pick(tradition, "families", chance)
            )
            mother = add(names.pick(tradition, "women", chance), self._own(tradition, last, "F"), "F", self._born(age, tradition),
                         "grandmother" if shape == "grand" else "mother")  # fmt: skip
            if last == family:
                mother.former = names.pick(tradition, "families", chance)
        if shape not in ("pair", "single"):
            self._children(add, tradition, shape, family, father, mother_age)
        for one in people:
            if chance.random() < wrongs.phone_home and (one.role != "child" or chance.random() < 0.7):
                one.phones.append(phone)
            if not one.is_child and chance.random() < 0.7:
                one.phones.insert(0, f"07{chance.randrange(300, 999)}{chance.randrange(1_000_000):06d}")
            if one.role == "child":
                if chance.random() < wrongs.changed_family:
                    one.former = names.pick(tradition, "families", chance)
                if shape in ("lone", "step") and chance.random() < wrongs.two_homes * 2:
                    one.homes.append(other_home)
                if chance.random() < wrongs.placed:
                    if len(foster) < 40 or chance.random() < 0.1:
                        foster.append(self._dwelling())
                    one.homes.insert(0, chance.choice(foster[-60:]))
        return people

    def _own(self, tradition: Tradition, family: str, sex: str) -> str:
        chance = self.chance
        if tradition.order == "chain":
            return f"{chance.choice(tradition.families)} {chance.choice(tradition.families)}"
        if tradition.order == "mixed" and sex == "F" and tradition.seconds and chance.random() < 0.5:
            return chance.choice(tradition.seconds)
        return self.names.naming.ending(tradition, family, sex)

    def _children(
        self, add: Any, tradition: Tradition, shape: str, family: str, father: Someone | None, mother_age: int
    ) -> None:
        chance, wrongs, names = self.chance, self.wrongs, self.names
        count = 1 + chance.choices(range(5), (30, 38, 19, 9, 4))[0]
        if tradition.code in ("somali", "pakistani", "bangladeshi", "traveller", "kurdish"):
            count += chance.randrange(3)
        other = names.pick(tradition, "families", chance)
        first_name = ""
        if (
            tradition.code in ("pakistani", "bangladeshi", "somali", "arabic")
            and chance.random() < wrongs.one_first_name
        ):
            first_name = (
                "Mohamed"
                if tradition.code == "somali"
                else chance.choice(("Mohammed", "Muhammad", "Syed", "Abdul"))
            )
        used: set[str] = {father.given} if father else set()
        # Brothers and sisters are at least ten months apart.
        age_days = chance.randrange(30, max(60, min(19 * 365, (mother_age - 18) * 365)))
        for place in range(count):
            born = TODAY - timedelta(days=age_days)
            if (
                tradition.code in ("somali", "afghan", "kurdish")
                and age_days > 2000
                and chance.random() < 0.25
            ):
                born = date(born.year, 1, 1)
            age_days = age_days + chance.randrange(310, 1800)
            if age_days > 19.5 * 365 and place:
                break
            sex = chance.choice("MF")
            given = names.pick(tradition, "boys" if sex == "M" else "girls", chance)
            for _ in range(5):
                if given not in used:
                    break
                given = names.pick(tradition, "boys" if sex == "M" else "girls", chance)
            if father and sex == "M" and place == 0 and chance.random() < wrongs.father_son:
                given = father.given
            used.add(given)
            last = other if shape == "step" and place < (count + 1) // 2 else family
            if tradition.order == "chain":
                last = f"{father.given if father else family.split()[0]} {(father.family if father else family).split()[0]}"
            elif tradition.code in ("british", "irish", "caribbean") and chance.random() < 0.08:
                last = f"{last}-{names.pick(tradition, 'families', chance)}"
            else:
                last = names.naming.ending(tradition, last, sex)
            child = add(given, last, sex, born, "child")
            if first_name and sex == "M":
                child.given, child.middle = first_name, given
            elif chance.random() < 0.55:
                child.middle = names.pick(
                    tradition, chance.choice(("boys", "men") if sex == "M" else ("girls", "women")), chance
                )
            if chance.random() < wrongs.twins:
                self._twin(add, child, tradition, used)

    def _twin(self, add: Any, child: Someone, tradition: Tradition, used: set[str]) -> None:
        chance, names = self.chance, self.names
        sex = child.sex if chance.random() < 0.7 else "MF"[child.sex == "M"]
        if chance.random() < self.wrongs.alike_twins and sex == child.sex:
            pair = chance.choice(names.naming.twins["boys" if sex == "M" else "girls"])
            child.given, given = pair
        else:
            given = names.pick(tradition, "boys" if sex == "M" else "girls", chance)
            while given in used:
                given = names.pick(tradition, "boys" if sex == "M" else "girls", chance) + (
                    "" if chance.random() < 0.9 else "e"
                )
        used.add(given)
        twin = add(given, child.family, sex, child.born, "child")
        if chance.random() < 0.5:
            twin.middle = (
                child.middle
                if sex == child.sex and chance.random() < 0.3
                else names.pick(tradition, "men" if sex == "M" else "women", chance)
            )
        child.twin_of, twin.twin_of = twin.number, child.number

    # --- as offices write ----------------------------------------------------------------------------

    def _written(self, people: list[Someone], chance: Random) -> Iterator[Written]:
        for one in people:
            times: list[Agency] = []
            for agency in self.agencies:
                share = agency.children if one.is_child else agency.adults
                if agency.upn > 0.9 and not one.upn:
                    continue
                if chance.random() < share:
                    times.append(agency)
                    if chance.random() < agency.again:
                        times.append(agency)
            if not times:
                times.append(
                    chance.choice([a for a in self.agencies if a.code in ("health", "csc", "police")])
                )
            for place, agency in enumerate(times):
                yield Written(
                    agency.code, agency.system, f"{agency.code[:2].upper()}{one.number * 16 + place:07d}",
                    one.number, self._facts(one, people, agency),
                )  # fmt: skip

    def _facts(self, one: Someone, people: list[Someone], agency: Agency) -> dict[str, Any]:
        chance, wrongs, care = self.chance, self.wrongs, agency.care
        facts: dict[str, Any] = {
            "kind": self._kind_of(one, agency),
            "names": self._names_of(one, agency),
        }
        birth = self._birth_of(one, agency)
        if birth:
            facts["birth"] = birth
        if chance.random() < agency.sex:
            wrong = chance.random() < wrongs.wrong_sex * care
            facts["sex"] = "MF"[one.sex == "M"] if wrong else one.sex
        place = self._place_of(one, agency)
        if place:
            facts["addresses"] = [place]
        if one.phones and chance.random() < agency.phone:
            facts["phones"] = [{"raw": chance.choice(one.phones)}]
        numbers = []
        if chance.random() < agency.nhs:
            nhs = one.nhs
            slip = chance.random() / care
            if slip < wrongs.nhs_sibling and len(people) > 1:
                nhs = chance.choice(people).nhs
            elif slip < wrongs.nhs_sibling + wrongs.nhs_typo:
                nhs = numbering.failing_nhs_number(one.number)
            numbers.append({"kind": "nhs", "value": nhs})
        if one.upn and chance.random() < agency.upn:
            changed = chance.random() < wrongs.upn_changed
            numbers.append({"kind": "upn", "value": one.upn_later if changed else one.upn})
        if (one.pnc and chance.random() < agency.pnc) and (TODAY - one.born).days > 10 * 365:
            numbers.append({"kind": "pnc", "value": one.pnc})
        if numbers:
            facts["identifiers"] = numbers
        if one.restricted:
            facts["restricted"] = True
        return facts

    def _kind_of(self, one: Someone, agency: Agency) -> str:
        """Drawn apart, so that everything else of a seed is as it was before this was written down."""
        if self.aside.random() >= agency.kind:
            return "unknown"
        wrong = self.aside.random() < self.wrongs.wrong_kind * agency.care
        return "adult" if one.is_child == wrong else "child"

    def _names_of(self, one: Someone, agency: Agency) -> list[dict[str, str]]:
        chance, wrongs, care, naming = self.chance, self.wrongs, agency.care, self.names.naming
        given, family = one.given, one.family
        short = naming.shortened(given)
        if one.former and chance.random() < wrongs.other_family:
            family = one.former
        if given in naming.spellings and chance.random() < wrongs.respelled:
            given = chance.choice(naming.spellings[given])
        elif short != given and chance.random() < wrongs.nickname:
            given = short
        if "-" in family and chance.random() < wrongs.half:
            family = chance.choice(family.split("-"))
        elif " " in family and chance.random() < wrongs.half * 0.6:
            family = chance.choice(family.split(" "))
        elif family in naming.spellings and chance.random() < wrongs.respelled * 0.7:
            family = chance.choice(naming.spellings[family])
        if chance.random() < wrongs.typo_given * care:
            given = naming.slip(given, chance)
        if chance.random() < wrongs.typo_family * care:
            family = naming.slip(family, chance)
        middle = one.middle
        if middle and chance.random() < wrongs.only_middle * care:
            given, middle = middle, ""
        elif (
            one.middle
            and one.given in ("Mohammed", "Muhammad", "Mohamed", "Syed", "Abdul")
            and chance.random() < 0.18
        ):
            given, middle = one.middle, ""
        elif chance.random() < wrongs.initial * care:
            given = given[0]
        if middle and chance.random() < agency.middle:
            given = f"{given} {middle if chance.random() < 0.75 else middle[0]}"
        if chance.random() < wrongs.swapped * care:
            given, family = family, given
        if agency.code == "earlyhelp":
            return [{"full": f"{given} {family}"}]
        found = [{"given": given, "family": family.upper() if agency.code == "police" else family}]
        if chance.random() < agency.alias:
            if short != one.given:
                found.append({"given": short, "use": "preferred"})
            elif one.former and family != one.former and chance.random() < 0.5:
                found.append({"family": one.former, "use": "former"})
        return found

    def _birth_of(self, one: Someone, agency: Agency) -> dict[str, str] | None:
        chance, wrongs, care = self.chance, self.wrongs, agency.care
        born = one.born
        if chance.random() < (1 - agency.birth) * wrongs.gaps:
            if chance.random() < wrongs.imprecise:
                year = born.year + chance.choice((0, 0, 0, 1, -1))
                return {"from": f"{year}-01-01", "to": f"{year}-12-31", "precision": "year"}
            return None
        slip = chance.random() / care
        if slip < wrongs.day_month and born.day <= 12:
            born = born.replace(month=born.day, day=born.month)
        elif slip < wrongs.day_month + wrongs.birth_typo:
            part = chance.randrange(3)
            if part == 0:
                born = born.replace(year=born.year + chance.choice((-1, 1, -10, 10)), day=min(born.day, 28))
            elif part == 1:
                born = born.replace(month=chance.randint(1, 12), day=min(born.day, 28))
            else:
                born = born.replace(day=chance.randint(1, 28))
        elif slip < wrongs.day_month + wrongs.birth_typo + wrongs.first_of_january:
            born = born.replace(month=1, day=1)
        text = born.isoformat()
        return {"from": text, "to": text, "precision": "day"}

    def _place_of(self, one: Someone, agency: Agency) -> dict[str, str]:
        chance, wrongs = self.chance, self.wrongs
        home = one.homes[0]
        if len(one.homes) > 1 and chance.random() < agency.stale * 1.6:
            home = one.homes[chance.randrange(1, len(one.homes))]
        place: dict[str, str] = {}
        if chance.random() < agency.address:
            text = home[0]
            if chance.random() < 0.15:
                text = text.replace("Street", "St").replace("Road", "Rd").replace("Avenue", "Ave")
            place["text"] = f"{text}, Northshore"
        if chance.random() < agency.postcode:
            code = home[1]
            if chance.random() < wrongs.postcode_typo * agency.care:
                code = code[:-1] + chance.choice(LETTERS)
            place["postcode"] = code
        return place


COLUMNS = ("case_id", "surname", "forenames", "preferred_name", "former_surname", "dob", "sex", "nhs_number", "upn",
           "address", "postcode", "phone")  # fmt: skip


def write(folder: Path, population: Population) -> dict[str, Path]:
    """One person list for each agency, and `truth.csv` (agency, system, local_id, person)."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    files: dict[str, Any] = {}
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth:
        known = csv.writer(truth)
        known.writerow(("agency", "system", "local_id", "person"))
        for one in population:
            if one.agency not in files:
                paths[one.agency] = folder / f"{one.agency}.csv"
                files[one.agency] = paths[one.agency].open("w", encoding="utf-8", newline="")
                csv.writer(files[one.agency]).writerow(COLUMNS)
            csv.writer(files[one.agency]).writerow(_row(one))
            known.writerow((one.agency, one.system, one.local_id, one.person))
    for file in files.values():
        file.close()
    return paths


def _row(one: Written) -> tuple[str, ...]:
    facts = one.facts
    name = facts["names"][0]
    also = facts["names"][1] if len(facts["names"]) > 1 else {}
    place = (facts.get("addresses") or [{}])[0]
    numbers = {n["kind"]: n["value"] for n in facts.get("identifiers", ())}
    given, family = name.get("given", ""), name.get("family", "")
    if "full" in name:
        given, _, family = name["full"].partition(" ")
    birth = facts.get("birth", {})
    return (
        one.local_id, family, given, also.get("given", ""), also.get("family", ""),
        birth.get("from", "") if birth.get("precision") == "day" else birth.get("from", "")[:4],
        facts.get("sex", ""), numbers.get("nhs", ""), numbers.get("upn", ""), place.get("text", ""),
        place.get("postcode", ""), (facts.get("phones") or [{"raw": ""}])[0]["raw"],
    )  # fmt: skip
