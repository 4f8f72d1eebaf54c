"""Names as families give them, and as offices then write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from lineofsight.demo.city import load

#: Letters next to each other on the keyboard, for the slips that really happen.
_NEAR = {"a": "s", "e": "r", "i": "o", "o": "p", "n": "m", "m": "n", "r": "t", "s": "d", "t": "r", "l": "k"}


#: The main code of the school census for its longer ones, which social care systems do not have.
_MAIN_CODES = {
    "WEEU": "WOTH",
    "WOTW": "WOTH",
    "BSOM": "BAFR",
    "BNGN": "BAFR",
    "BGHA": "BAFR",
    "AAFR": "AOTH",
    "OARA": "OOTH",
    "OKRD": "OOTH",
}


@dataclass(frozen=True, slots=True)
class Tradition:
    code: str
    share: float
    order: str
    ethnicity: str
    home: str
    boys: tuple[str, ...]
    girls: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]
    seconds: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    endings: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def main_ethnicity(self) -> str:
        return _MAIN_CODES.get(self.ethnicity, self.ethnicity)


class Naming:
    def __init__(self) -> None:
        data = load("names")
        self.traditions = [_tradition(row) for row in data["traditions"]]
        self._shares = [tradition.share for tradition in self.traditions]
        self.short: dict[str, str] = data["short"]
        self.twins: dict[str, list[list[str]]] = data["twins"]
        self.spellings: dict[str, list[str]] = {}
        for tradition in self.traditions:
            self.spellings.update(tradition.spellings)

    def tradition(self, rng: Random) -> Tradition:
        return rng.choices(self.traditions, self._shares)[0]

    def family(self, tradition: Tradition, rng: Random) -> str:
        if tradition.stems and rng.random() < 0.55:
            return rng.choice(tradition.stems) + rng.choice(tradition.tails)
        return rng.choice(tradition.families)

    def given(self, tradition: Tradition, sex: str, adult: bool, rng: Random) -> str:
        if adult:
            return rng.choice(tradition.men if sex == "M" else tradition.women)
        return rng.choice(tradition.boys if sex == "M" else tradition.girls)

    def ending(self, tradition: Tradition, family: str, sex: str) -> str:
        """The family name as a woman carries it, where the language says so."""
        if sex != "F":
            return family
        for man, woman in tradition.endings.items():
            if family.endswith(man):
                return family[: -len(man)] + woman
        return family

    def shortened(self, given: str) -> str:
        return self.short.get(given, given)

    def respelled(self, name: str, rng: Random) -> str:
        ways = self.spellings.get(name)
        return rng.choice(ways) if ways else name

    @staticmethod
    def slip(name: str, rng: Random) -> str:
        """One slip of the finger: a letter doubled, dropped, swapped with its neighbour or mistyped."""
        if len(name) < 4:
            return name
        at = rng.randrange(1, len(name) - 1)
        deed = rng.randrange(4)
        if deed == 0:
            return name[:at] + name[at] + name[at:]
        if deed == 1:
            return name[:at] + name[at + 1 :]
        if deed == 2:
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        return name[:at] + _NEAR.get(name[at], name[at]) + name[at + 1 :]


def _tradition(row: dict[str, Any]) -> Tradition:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    return Tradition(**fields)
