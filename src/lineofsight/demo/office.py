"""What every office of the city shares while it writes: the files, the city, the words, the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from lineofsight.demo.city import City
from lineofsight.demo.families import Person
from lineofsight.demo.naming import Naming
from lineofsight.demo.recording import Written, write_down
from lineofsight.demo.sheets import Sheets
from lineofsight.demo.words import Words


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
        rng = Random(f"{self.seed}:{office}:{person.number}:{again}")  # noqa: S311
        return write_down(person, office, self.naming, rng)


def iso(day: date) -> str:
    return day.strftime("%Y-%m-%d")


def stamp(moment: date | datetime) -> str:
    """As the social care extract writes a time."""
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    return moment.strftime("%Y-%m-%d 00:00:00")


def british(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def british_time(moment: datetime) -> str:
    return moment.strftime("%d/%m/%Y %H:%M")


def clock(moment: datetime) -> str:
    return moment.strftime("%H:%M")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute)
