"""Situations planted into the demo's files, each with what must be found of it and nothing else.

Their children and files are apart from the generated city's (`data/planted.yaml`), so that a test can say exactly
what the picture of each shows. Every file covers the days that its agency's other files cover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lineofsight.demo import numbering
from lineofsight.demo.city import load
from lineofsight.demo.generation import SENDERS

#: The day for which the planted files were written, and how far back they reach.
TODAY = date(2026, 11, 2)
REACHES_BACK = timedelta(days=730)

#: Beyond everyone whom the generator numbers.
FIRST_NUMBER = 3_000_000

_TOKEN = re.compile(r"<(\w+)\.(\w+)>")


@dataclass(frozen=True, slots=True)
class Situation:
    """What must be found of one child: `occurrences` as (records, origins), `gaps` and `waiting` as rule and agency,
    `differs` as fact and agency, `later` the same once the later files are in."""

    child: str
    title: str
    occurrences: tuple[tuple[int, int], ...]
    gaps: tuple[str, ...]
    differs: tuple[str, ...]
    later: tuple[str, ...]
    waiting: tuple[str, ...]
    silent: tuple[str, ...]
    months_apart: int


@dataclass(frozen=True, slots=True)
class PlantedFile:
    agency: str
    name: str
    text: str
    basis: str
    sender: str
    period_from: date
    loaded_to: date
    map: Mapping[str, Any] | None
    later: bool


def situations() -> tuple[Situation, ...]:
    return tuple(
        Situation(
            child=row["child"],
            title=row["title"],
            occurrences=tuple((records, origins) for records, origins in row["occurrences"]),
            gaps=tuple(row["gaps"]),
            differs=tuple(row["differs"]),
            later=tuple(row.get("later", row["differs"])),
            waiting=tuple(row.get("waiting", ())),
            silent=tuple(row.get("silent", ())),
            months_apart=row.get("months_apart", 0),
        )
        for row in load("planted")["situations"]
    )


def numbers() -> dict[str, dict[str, str]]:
    """Each child's number in each system."""
    found = {}
    for place, child in enumerate(load("planted")["children"]):
        number = FIRST_NUMBER + place
        found[child] = {
            "case": numbering.case_number(number), "nhs": numbering.nhs_number(number),
            "upn": numbering.pupil_number(number), "nominal": f"77{place:05d}", "yjs": f"YJ77{place:05d}",
            "patient": f"N77{place:05d}",
        }  # fmt: skip
    return found


def files(*, later: bool | None = None) -> Iterator[PlantedFile]:
    """In the order in which they are best loaded; `later`: only those that come later, or only the others."""
    content, known = load("planted"), numbers()
    for row in content["files"]:
        is_later = row.get("later", False)
        if later is not None and is_later is not later:
            continue
        basis, behind, sender = SENDERS[row["agency"]]
        yield PlantedFile(
            agency=row["agency"],
            name=row["name"],
            text=_TOKEN.sub(lambda found: known[found[1]][found[2]], row["text"]),
            basis=basis,
            sender=sender,
            period_from=row.get("period_from", TODAY - REACHES_BACK),
            loaded_to=row.get("loaded_to", TODAY - timedelta(days=behind)),
            map=content[row["map"]] if "map" in row else None,
            later=is_later,
        )
