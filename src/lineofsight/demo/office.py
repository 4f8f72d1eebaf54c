"""What every office of the city shares while it writes: the files, the city, the words, the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from lineofsight.demo.city import City
from lineofsight.demo.families import Person
from lineofsight.demo.naming import Naming
from lineofsight.demo.recording import HABITS, Written, write_down
from lineofsight.demo.sheets import Sheets
from lineofsight.demo.words import Words

_PLACES = {office: place for place, office in enumerate(HABITS)}


@dataclass(slots=True)
class Setting:
    sheets: Sheets
    city: City
    naming: Naming
    words: Words
    today: date
    seed: int

    def written(self, person: Person, office: str, *, again: int = 0) -> Written:
        """The same office writes the same person the same way, however often it is asked."""
        # A plain number seeds faster than words do, and this is asked several times for each person.
        place = (self.seed * 4_000_037 + person.number) * 64 + _PLACES[office] * 4 + again
        rng = Random(place)  # noqa: S311 (an invented city, not a secret)
        return write_down(person, office, self.naming, rng)


def iso(day: date) -> str:
    return f"{day.year}-{day.month:02d}-{day.day:02d}"


def stamp(moment: date | datetime) -> str:
    """As the social care extract writes a time."""
    if isinstance(moment, datetime):
        return f"{iso(moment)} {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return f"{iso(moment)} 00:00:00"


def british(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year}"


def british_time(moment: datetime) -> str:
    return f"{british(moment)} {clock(moment)}"


def clock(moment: datetime) -> str:
    return f"{moment.hour:02d}:{moment.minute:02d}"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute)
