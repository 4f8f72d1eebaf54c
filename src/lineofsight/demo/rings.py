"""Adults whom children name, with the flat, car and number that turn up in several children's records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lineofsight.demo.city import Address
from lineofsight.demo.families import Person
from lineofsight.demo.office import Setting
from lineofsight.demo.police import Police


@dataclass(slots=True)
class Ring:
    name: str
    people: list[Person]
    records: list[str]
    nicks: list[str]
    looks: list[str]
    flat: str
    street: str
    postcode: str
    mark: str
    car: str
    phone: str
    handle: str


def _street(address: str) -> str:
    return re.sub(r"^(Flat )?\d+ ", "", address)


def make_rings(setting: Setting, police: Police, first_number: int) -> list[Ring]:
    """Every ring of the city file, entered in the police's records with its objects and links."""
    found = []
    number = first_number
    for row in setting.city.facts["rings"]:
        people = [_adult(setting, row, adult, number + place) for place, adult in enumerate(row["adults"])]
        number += len(people)
        records = [police.register(person, pnc=True) for person in people]
        ring = Ring(
            name=row["name"],
            people=people,
            records=records,
            nicks=[adult["nick"] for adult in row["adults"]],
            looks=[adult["looks"] for adult in row["adults"]],
            flat=row["flat"]["address"],
            street=_street(row["flat"]["address"]),
            postcode=row["flat"]["postcode"],
            mark=row["vehicle"]["mark"],
            car=row["vehicle"]["detail"],
            phone=row["phone"],
            handle=row["handle"],
        )
        _objects(setting, police, ring)
        found.append(ring)
    return found


def _adult(setting: Setting, ring: dict[str, Any], adult: dict[str, Any], number: int) -> Person:
    born: date = adult["born"]
    flat = ring["flat"]
    street = _street(flat["address"])
    return Person(
        number=number,
        household=number,
        tradition=setting.naming.traditions[0],
        given=adult["given"],
        family=adult["family"],
        sex="F" if adult["given"] in ("Melanie", "Kelly-Ann", "Madison") else "M",
        born=born,
        role="tenant",
        address=Address(
            flat["address"], flat["postcode"], f"99909{number:07d}", flat["address"].split(" ")[0], street, ""
        ),
        age=(setting.today - born).days // 365,
        alias=adult["nick"],
    )


def _objects(setting: Setting, police: Police, ring: Ring) -> None:
    first, last = setting.today - timedelta(days=600), setting.today - timedelta(days=12)
    for kind, value, detail, link in (
        ("vehicle", ring.mark, ring.car, "drives"),
        ("phone", ring.phone, "pay as you go", "uses_phone"),
        ("handle", ring.handle, "picture sharing account", "social_network"),
    ):
        police.link(ring.records[0], police.thing(kind, value, detail), link, first, last)
    police.link(ring.records[0], ring.records[1], "associate", first, last)
