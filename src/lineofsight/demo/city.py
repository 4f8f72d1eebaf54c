"""The invented city: where people live, which schools there are, who works there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

#: Postcodes end in a digit and two letters that are never C, I, K, M, O or V.
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_HOUSES_PER_POSTCODE = 15


@lru_cache(maxsize=16)
def load(name: str) -> Any:
    """One of this room's data files. Read once; nobody changes what it gives."""
    text = files("lineofsight.demo").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe loaders)


@dataclass(frozen=True, slots=True)
class Address:
    line: str
    postcode: str
    uprn: str
    number: str
    street: str
    estate: str

    @property
    def full(self) -> str:
        return f"{self.line}, Northshore"


@dataclass(frozen=True, slots=True)
class School:
    code: str
    name: str
    phase: str
    urn: str


class City:
    """Places by number, so that a city of a million needs no list of them."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = load("city")
        # Streets that a story names are left to the story, or a stranger would live in its house.
        kept = set(self.facts["story_streets"])
        self.streets = [
            street
            for last in self.facts["street_lasts"]
            for first in self.facts["street_firsts"]
            if (street := f"{first} {last}") not in kept
        ]
        self.schools = [School(**row) for row in self.facts["schools"]]
        self.by_phase = {
            phase: [school for school in self.schools if school.phase == phase]
            for phase in ("primary", "secondary", "sixth", "alternative")
        }

    def address(self, index: int) -> Address:
        """The `index`-th house. Fifteen neighbours share a postcode, as they do outside."""
        postcode_no, house = divmod(index, _HOUSES_PER_POSTCODE)
        # Far apart in the list means far apart in the alphabet too: streets do not fill up in order.
        block, street_no = divmod(postcode_no, len(self.streets))
        street = self.streets[street_no * 37 % len(self.streets)]
        number = str(block * _HOUSES_PER_POSTCODE + house + 1)
        estates = self.facts["estates"]
        estate_no = street_no % len(estates)
        return Address(
            line=f"{number} {street}",
            postcode=self._postcode(postcode_no, estate_no),
            uprn=f"9990{index + 1:08d}",
            number=number,
            street=street,
            estate=estates[estate_no],
        )

    def _postcode(self, number: int, estate_no: int) -> str:
        pair, digit = divmod(number, 10)
        first, second = divmod(pair * 29, len(_INWARD))
        letters = _INWARD[first % len(_INWARD)] + _INWARD[second]
        return f"{self.facts['area']}{estate_no + 1} {digit}{letters}"

    def school_for(self, age: int, index: int) -> School | None:
        """Where a child of that age in that household goes, or nowhere under four and over seventeen."""
        if not 4 <= age <= 17:
            return None
        choices = self.by_phase["primary" if age < 11 else "secondary" if age < 16 else "sixth"]
        return choices[index % len(choices)]

    def gp_for(self, index: int) -> str:
        gps: list[str] = self.facts["gps"]
        return gps[index * 5 % len(gps)]
