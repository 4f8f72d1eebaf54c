"""Makes the whole partnership's files in a folder, the same files for the same seed.

What is written: one folder for each agency with its files, `manifest.json` with the order in which to load
them, and `truth.csv` with the person behind each record, for measuring the matching.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from lineofsight.catalogue.errors import Refused
from lineofsight.demo import annex, blemishes
from lineofsight.demo.city import City
from lineofsight.demo.families import Families, Household, Person
from lineofsight.demo.lives import Lives
from lineofsight.demo.naming import Naming
from lineofsight.demo.office import Setting
from lineofsight.demo.sam import SamStory
from lineofsight.demo.sheets import SORTED_UP_TO, Sheets, shipped
from lineofsight.demo.stories import Stories
from lineofsight.demo.words import Words

Progress = Callable[[int, int], None]

#: What each agency's sharing rests on, how far behind its feed runs, and who sends it.
SENDERS = {
    "csc": ("ISA-01, Children Act 2004 section 11", 1, "Performance and Data, Children's Services"),
    "police": ("ISA-02, Children Act 2004 section 16E", 2, "Protecting Vulnerable People, MASH desk"),
    "education": ("ISA-03, Education Act 2002 section 175", 3, "Education data team"),
    "health": (
        "ISA-04, Children Act 2004 section 11",
        10,
        "Safeguarding children team, Northshore Hospitals",
    ),
    "yjs": ("ISA-05, Crime and Disorder Act 1998 section 115", 4, "Youth Justice performance officer"),
    "housing": ("ISA-06, Crime and Disorder Act 1998 section 115", 30, "Housing data officer"),
    "earlyhelp": ("ISA-07, consent recorded with the family", 7, "Family hub co-ordinator"),
    "vcs": ("ISA-08, agreement with Harbour Light", 5, "Harbour Light office"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to load: who sent it, on what basis, and for which days it can be believed to be whole."""

    agency: str
    path: str
    basis: str
    period_from: date
    period_to: date
    loaded_to: date
    sender: str


@dataclass(frozen=True, slots=True)
class Manifest:
    seed: int
    today: date
    people: int
    folder: Path
    entries: tuple[Entry, ...]
    rows: dict[str, int]

    @property
    def total_rows(self) -> int:
        return sum(self.rows.values())


def generate(
    folder: Path,
    *,
    seed: int = 7,
    people: int = 3000,
    stories: int = 60,
    today: date = date(2026, 11, 2),
    progress: Progress | None = None,
) -> Manifest:
    """Write the files of an invented partnership of about `people` people to `folder`.

    `progress(done, of)` is told after every thousand people or so. A folder that already holds files of
    another kind is refused.
    """
    _refuse_if_unfit(folder, people, stories)
    city, naming = City(), Naming()
    sheets = Sheets(folder, people=people)
    setting = Setting(sheets, city, naming, Words.shipped(), today, seed)
    families = Families(city, naming, seed=seed, today=today, people=people)
    lives = Lives(setting)
    lives.care.staff()
    told = _homes_of_stories(people, stories)
    cast: list[tuple[Person, Household]] = []
    done = 0
    for household in families.households(people, with_teenager=told):
        child = next((one for one in household.people if 13 <= one.age <= 17 and one.role == "child"), None)
        without: frozenset[int] = frozenset()
        if household.index in told and child:
            cast.append((child, household))
            without = frozenset({child.number})
        lives.tell(household, without=without)
        before, done = done, done + len(household.people)
        if progress and done // 1000 != before // 1000:
            progress(min(done, people), people)
    if stories:
        _tell_stories(setting, lives, cast, done)
    if people <= SORTED_UP_TO:
        blemishes.spoil(sheets)
    sheets.close()
    if stories:
        annex.write(folder / "csc" / "Annex A November.xlsx", sheets, today)
        blemishes.write_later_file(folder / "csc" / "later" / "ssd_missing.csv", sheets, today)
    manifest = Manifest(seed, today, done, folder, tuple(_entries(today, stories > 0)), dict(sheets.counts))
    _write_manifest(manifest)
    return manifest


def _tell_stories(setting: Setting, lives: Lives, cast: list[tuple[Person, Household]], done: int) -> None:
    stories = Stories(setting, lives, first_number=done + 100)
    stories.enter(cast)
    sam = SamStory(setting, lives, first_number=done)
    ring = stories.rings[0]
    # The younger ones around Sam: boys of the same ring, the youngest first.
    boys = [one for one in stories.members if one.ring is ring and one.child.sex == "M"]
    sam.enter(ring, sorted(boys, key=lambda one: one.child.born, reverse=True)[:3])
    sam.tell()
    stories.tell()


def _refuse_if_unfit(folder: Path, people: int, stories: int) -> None:
    if people < 200 or people > 2_000_000:
        raise Refused("An invented city has between 200 and 2,000,000 people.", field="people")
    if stories and stories > people // 20:
        raise Refused(
            f"{people} people are too few for {stories} stories; allow 20 for each.", field="stories"
        )
    if stories and people > SORTED_UP_TO:
        raise Refused(
            f"Stories are told in a city of at most {SORTED_UP_TO:,} people. Ask for none.", field="stories"
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise Refused(f"{folder} holds other files. Choose an empty folder.", field="folder")


def _homes_of_stories(people: int, stories: int) -> frozenset[int]:
    """Households spread evenly over the city. About four people live in one."""
    households = people // 4
    return frozenset(5 + place * max(1, (households - 10) // max(1, stories)) for place in range(stories))


def _entries(today: date, stories: bool) -> list[Entry]:
    found = []
    for sheet in shipped():
        basis, behind, sender = SENDERS[sheet.agency]
        end = today - timedelta(days=behind)
        found.append(Entry(sheet.agency, sheet.path, basis, today - timedelta(days=730), end, end, sender))
        if sheet.name == "ssd_care_leavers" and stories:
            found.append(
                Entry(
                    "csc", "csc/Annex A November.xlsx", basis, today - timedelta(days=365), end, end, sender
                )
            )
    return found


def _write_manifest(manifest: Manifest) -> None:
    plain = asdict(manifest)
    del plain["folder"]
    plain["total_rows"] = manifest.total_rows
    text = json.dumps(plain, indent=1, default=str, ensure_ascii=False)
    (manifest.folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
