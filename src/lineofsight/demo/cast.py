"""A child of a story, with everything that the agencies call them by, and the slots of a ring of adults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from lineofsight.demo.families import Household, Person
from lineofsight.demo.recording import Written
from lineofsight.demo.rings import Ring

_CARERS = {"mother": "mum", "father": "dad", "grandmother": "nan"}


@dataclass(slots=True)
class Member:
    """A child of a story, with everything that the agencies call them by."""

    child: Person
    household: Household
    ring: Ring
    start: date
    intensity: float
    records: list[str] = field(default_factory=list)
    case: str = ""
    justice: str = ""
    police_hand: Written | None = None
    school_hand: Written | None = None
    has_club: bool = False
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return (
            self.child.given.split(" ")[-1] if self.child.given.startswith("Mohammed ") else self.child.given
        )

    @property
    def carer(self) -> str:
        return next((_CARERS[one.role] for one in self.household.people if one.role in _CARERS), "carer")


def ring_values(ring: Ring, facts: dict[str, list[str]], rng: Random) -> dict[str, str]:
    """The slots that stand for the adults and places around a child."""
    return {
        "nick": rng.choice(ring.nicks),
        "flat": ring.flat,
        "flat_street": ring.street,
        "mark": ring.mark,
        "car": ring.car,
        "phone_end": ring.phone[-3:],
        "handle": ring.handle,
        "place": rng.choice(facts["public_places"]),
        "far": rng.choice(facts["far_places"]),
        "street": f"{rng.choice(facts['street_firsts'])} {rng.choice(facts['street_lasts'])}",
        "officer": rng.choice(facts["officers"]),
    }
