"""Filling an empty store with the invented partnership, through the product's own doors alone."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from lineofsight.access.actor import Actor, Role
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import AlreadyThere, Refused
from lineofsight.chronology import whole_store
from lineofsight.demo import generation, planted
from lineofsight.partners import factors
from lineofsight.partners import queries as partners
from lineofsight.partners import services as founding
from lineofsight.partners.rules import EXPORT
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import files
from lineofsight.records import queries as deliveries
from lineofsight.records import services as records
from lineofsight.records.feeds import feeds

SAM = "Sam Rowan-Hale"

Say = Callable[[str], None]
Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Invented:
    """A worker who exists only here. `name` and `agency` make the address."""

    name: str
    job: str
    agency: str
    team: str
    roles: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@{self.agency}.example"


AMINA = Invented("Amina Oduya", "Social worker", "csc", "Adolescent team", (Role.PRACTITIONER, EXPORT))
BEV = Invented("Bev Lund", "Team manager", "csc", "Adolescent team", (Role.TEAM_MANAGER, EXPORT))
NIA = Invented("Nia Pryce", "Duty social worker", "csc", "Front door", (Role.DUTY,))
DEV = Invented(
    "Dev Shah", "Missing from home officer", "police", "Missing persons", (Role.PRACTITIONER, EXPORT)
)
HAL = Invented("Hal Rowe", "Safeguarding lead", "education", "Quayside Academy", (Role.PRACTITIONER,))
JO = Invented("Jo Kerr", "Youth worker", "vcs", "Harbour Youth Project", (Role.PRACTITIONER,))
ROS = Invented("Ros Quill", "Safeguarding nurse", "health", "Safeguarding nurses", (Role.PRACTITIONER,))
KIT = Invented("Kit Sorrel", "Youth justice officer", "yjs", "Youth justice", (Role.PRACTITIONER,))
COL = Invented("Col Marsh", "VEMT coordinator", "csc", "Partnership team", (Role.COORDINATOR, EXPORT))
ED = Invented("Ed Finn", "Independent reviewer", "csc", "Partnership team", (Role.REVIEWER,))
IVY = Invented(
    "Ivy Tan",
    "Information officer",
    "csc",
    "Partnership team",
    (Role.INFORMATION_OFFICER, Role.INDEX_CUSTODIAN),
)
UNA = Invented("Una Blake", "Information guardian", "csc", "Partnership team", (Role.GUARDIAN,))
GIL = Invented("Gil Moran", "Information guardian", "police", "Information management", (Role.GUARDIAN,))
PAT = Invented("Pat Lowe", "Performance analyst", "csc", "Performance", (Role.ANALYST,))
JON = Invented("Jon Webb", "Service desk", "csc", "IT", (Role.SYS_ADMIN,))
WORKERS = (AMINA, BEV, NIA, DEV, HAL, JO, ROS, KIT, COL, ED, IVY, UNA, GIL, PAT, JON)

CONTACTS = {
    "csc": ("the front door team", "01632 960101"),
    "police": ("the vulnerability hub", "01632 960102"),
    "yjs": ("the duty officer", "01632 960103"),
    "health": ("the safeguarding nurses", "01632 960104"),
    "education": ("the school’s safeguarding lead", "01632 960105"),
    "housing": ("the tenancy team", "01632 960106"),
    "vcs": ("Harbour Youth Project", "01632 960107"),
    "earlyhelp": ("the early help hub", "01632 960108"),
}


def folder() -> Path:
    return Path(settings.DATA) / "demo"


def sign_in_file() -> Path:
    return folder() / "sign-in.json"


def is_there() -> bool:
    """The demo was loaded to its end."""
    return sign_in_file().is_file() and json.loads(sign_in_file().read_text(encoding="utf-8")).get(
        "complete", False
    )


def is_begun() -> bool:
    return sign_in_file().is_file()


def password() -> str:
    return str(json.loads(sign_in_file().read_text(encoding="utf-8"))["password"])


def keys() -> dict[str, str]:
    """The keys of the workers' code apps, by address."""
    return dict(json.loads(sign_in_file().read_text(encoding="utf-8")).get("keys", {})) if is_begun() else {}


def note(*, complete: bool, word: str, keys: dict[str, str]) -> None:
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = sign_in_file()
    path.touch(mode=0o600)
    path.write_text(json.dumps({"password": word, "complete": complete, "keys": keys}), encoding="utf-8")


def tables_exist() -> bool:
    return "records_delivery" in connection.introspection.table_names()


def refuse_real_store() -> None:
    """The demo never mixes with anything else."""
    if not is_begun() and tables_exist() and partners.workers_exist():
        raise Refused(
            "This store holds something that is not the demo, so the demo is not loaded into it. "
            "Name another folder, such as LINEOFSIGHT_DATA=./demo-var make demo."
        )


def wipe() -> None:
    """Back to nothing: tables, received files, generated files. Only ever a demo store."""
    refuse_real_store()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    for path in (folder(), Path(settings.FILES)):
        shutil.rmtree(path, ignore_errors=True)


def load(say: Say, tick: Tick, *, people_count: int = 3000, seed: int = 7) -> None:
    """Generate, found, import, match, and put a team around some children. Goes on where it stopped."""
    word = password() if is_begun() else f"lantern-{secrets.token_hex(4)}"
    apps = keys() or {worker.email: factors.new_app_secret() for worker in WORKERS}
    note(complete=False, word=word, keys=apps)
    by = Actor.operator()
    founding.found_partnership(by=by)
    for agency in partners.agencies():
        if not agency.agreements.exists():
            founding.agree(
                agency=agency, title="Northshore information sharing agreement",
                purpose="Safeguarding children who are criminally exploited",
                lawful_basis="Children Act 2004 section 16LA", since=clock.now() - timedelta(days=365),
                until=clock.now() + timedelta(days=365), by=by,
            )  # fmt: skip
    for code, (contact, phone) in CONTACTS.items():
        founding.set_contact(agency=partners.agency(code), contact=contact, phone=phone, by=by)
    for worker in WORKERS:
        if not partners.has_account(worker.email):
            made, _ = founding.add_worker(
                email=worker.email,
                name=worker.name,
                agency=partners.agency(worker.agency),
                roles=list(worker.roles),
                job=worker.job,
                team=worker.team,
                password=word,
                training_until=date.today() + timedelta(days=365),
                by=by,
            )
            factors.give_app(made, apps[worker.email])
    say("Writing the agencies’ files")
    # A smaller city has room for fewer stories.
    manifest = generation.generate(
        folder() / "files", seed=seed, people=people_count, stories=min(60, people_count // 20)
    )
    total = len(manifest.entries)
    for number, entry in enumerate(manifest.entries, start=1):
        tick(number, total, f"{entry.agency}: {Path(entry.path).name}")
        bring_in(entry, folder() / "files", by)
    tick(total, total, "")
    for file in planted.files(later=False):
        plant(file, by)
    say("Comparing everyone with everyone")
    joining.run_matching(by=by)
    put_teams_around(by)
    say("Reading the agencies’ records beside one another")
    whole_store.read_store(feeds=feeds(), by=by)
    note(complete=True, word=word, keys=apps)


def bring_in(entry: generation.Entry, base: Path, by: Actor) -> None:
    """One file as an information officer would: received, read, put in. A file of no known format waits
    for its map, as the guide shows."""
    path = base / entry.path
    try:
        delivery = records.receive(
            agency=partners.agency(entry.agency),
            file_name=path.name,
            content=files.read_chunks(path),
            lawful_basis=entry.basis,
            sender=entry.sender,
            period_from=entry.period_from,
            loaded_to=entry.loaded_to,
            by=by,
        )
    except AlreadyThere:
        return
    delivery = records.stage(delivery=delivery, by=by)
    if delivery.state == deliveries.STAGED:
        records.commit(delivery=delivery, by=by)


def plant(file: planted.PlantedFile, by: Actor) -> None:
    """A file of the planted situations, with the map that it needs."""
    try:
        delivery = records.receive(
            agency=partners.agency(file.agency),
            file_name=file.name,
            content=[file.text.encode()],
            lawful_basis=file.basis,
            sender=file.sender,
            period_from=file.period_from,
            loaded_to=file.loaded_to,
            given_map=dict(file.map) if file.map else None,
            by=by,
        )
    except AlreadyThere:
        return
    delivery = records.stage(delivery=delivery, by=by)
    if delivery.state == deliveries.STAGED:
        records.commit(delivery=delivery, by=by)


#: Who is around the main child of the demo, in which role, since how many days.
AROUND_SAM = (
    (AMINA, "lead social worker", 272),
    (DEV, "missing from home officer", 200),
    (HAL, "school safeguarding lead", 400),
    (JO, "youth worker", 240),
    (ROS, "safeguarding nurse", 150),
    (KIT, "youth justice officer", 120),
)
#: Who is around the others, in turn, as places in that list.
IN_TURN = ((0, 1), (0, 2, 3), (0, 1, 4), (0, 3, 5), (1, 2, 4))
OTHERS = 25


def put_teams_around(by: Actor) -> None:
    """Teams around Sam and some others, and of each thing that opens or shuts a record one example."""
    sam = next(iter(people.search(by, SAM, limit=1)), None)
    if sam is None:
        return
    join(by, sam.ref, AROUND_SAM)
    for own in planted.numbers().values():
        # Since yesterday: what is planted must not change with who works with the child.
        for hit in people.search(by, own["nhs"], limit=1):
            join(by, hit.ref, ((AMINA, "duty social worker", 1),))
    others = people.busiest_children(by, besides=sam.ref, limit=OTHERS)
    for place, ref in enumerate(others):
        join(by, ref, tuple(AROUND_SAM[n] for n in IN_TURN[place % len(IN_TURN)]))
    if len(others) < OTHERS:
        return
    for ref in others[:6]:
        join_team(by, ref, AMINA)
    hide_location(by, others[0])
    say_who_knows_the_family(by, others[1])
    hold_a_panel(by, others[2])
    have_reviewed(by, others[3])


def join(by: Actor, ref: str, members: tuple[tuple[Invented, str, int], ...]) -> None:
    for member, role, days in members:
        child: Any = people.get_child(by, ref, purpose="demo")
        worker = partners.worker_by_email(member.email)
        if worker.ref not in child.subject().members:
            joining.join_circle(
                child=child,
                worker_ref=worker.ref,
                role=role,
                since=clock.now() - timedelta(days=days),
                by=by,
            )


def join_team(by: Actor, ref: str, of: Invented) -> None:
    child, team = people.get_child(by, ref, purpose="demo"), partners.worker_by_email(of.email).team
    if team is not None and str(team.pk) not in child.subject().teams:
        joining.join_circle(child=child, team=str(team.pk), role="case team", by=by)


def hide_location(by: Actor, ref: str) -> None:
    """Where this child is, the social worker alone sees."""
    child = people.get_child(by, ref, purpose="demo")
    if not child.subject().location_hidden:
        admitting.shield(
            child=child, kind="shield.location", reason="An adult has threatened to come to the address.",
            named=(partners.worker_by_email(AMINA.email).ref,), review_on=date.today() + timedelta(days=28), by=by,
        )  # fmt: skip


def say_who_knows_the_family(by: Actor, ref: str) -> None:
    """The youth worker is in the team, and sees nothing of this child from now."""
    child, worker = people.get_child(by, ref, purpose="demo"), partners.worker_by_email(JO.email)
    if worker.ref not in child.subject().conflicted:
        admitting.declare_conflict(
            child=child, worker=worker.ref, covers="household", reason="Lives next door.", by=by
        )


def hold_a_panel(by: Actor, ref: str) -> None:
    child = people.get_child(by, ref, purpose="demo")
    if not child.subject().panel_open:
        admitting.open_to_panel(child=child, panel="Exploitation panel", by=by)


def have_reviewed(by: Actor, ref: str) -> None:
    child, worker = people.get_child(by, ref, purpose="demo"), partners.worker_by_email(ED.email)
    if worker.ref not in child.subject().reviewing:
        admitting.assign_review(child=child, worker=worker.ref, until=clock.now() + timedelta(days=60), by=by)
