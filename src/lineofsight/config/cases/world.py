"""The world of a case file, in an empty store, through the product's own services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lineofsight.access.actor import Actor, Role
from lineofsight.access.procedures import Meeting
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.when import When
from lineofsight.chronology import services as writing
from lineofsight.config.cases.reading import CaseFile, moment
from lineofsight.partners import factors, own_account
from lineofsight.partners import queries as partners
from lineofsight.partners import services as founding
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.queries import Child
from lineofsight.people.services import SaidRow

SYSTEM = "cases"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_OFF = date(2099, 1, 1)
#: Which kind of event a kind of record is written as.
KINDS = {"event": "CSC_CONTACT", "intelligence": "POL_INTELLIGENCE", "note": "CSC_CONTACT"}
#: Invented workers' code app. The store they live in is thrown away.
APP_KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class World:
    """What stands in the store, by the file's own ids."""

    file: CaseFile
    workers: dict[str, Any] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    by: Actor = field(default_factory=Actor.operator)

    def actor(self, user: str, *, fresh: bool = True) -> Actor:
        if user not in self.workers:
            raise Refused(f"There is no user {user!r} in the world.")
        found = partners.worker_by_ref(self.workers[user].ref)
        assert found is not None
        return found.actor(fresh=fresh)

    def child(self, person: str) -> Child:
        if person not in self.refs:
            raise Refused(f"There is no person {person!r} in the world.")
        return people.assemble(people.person_of(self.refs[person]))

    def row(self, section: str, ident: str) -> dict[str, Any]:
        found = next((row for row in self.file.world[section] if row.get("id") == ident), None)
        if found is None:
            raise Refused(f"There is no {ident!r} among the {section} of the world.")
        return found

    def id_of_person(self, ref: str) -> str:
        return next((ident for ident, held in self.refs.items() if held == ref), ref)

    def id_of_entry(self, ref: str) -> str:
        return next((ident for ident, held in self.entries.items() if held == ref), ref)

    def now(self) -> datetime:
        return clock.now()

    def in_date(self, row: Mapping[str, Any]) -> bool:
        since, until = moment(row["from"]), moment(row["to"]) if row.get("to") else None
        return since <= clock.now() and (until is None or until > clock.now())

    def meeting(self, ident: str) -> Meeting:
        row = self.row("meetings", ident)
        return Meeting(
            person=self.child(row["person"]).subject(),
            starts=moment(row["starts"]),
            pack_issued=moment(row["pack_issued"]) if row.get("pack_issued") else None,
            minutes_issued=moment(row["minutes_issued"]) if row.get("minutes_issued") else None,
            answers={self.workers[p["user"]].ref: p["state"] for p in row.get("participants", ())},
        )


def build(file: CaseFile) -> World:
    world = World(file)
    for row in file.world["agencies"]:
        add_agency(world, row)
    for row in file.world["users"]:
        add_user(world, row)
    for row in file.world["people"]:
        add_person(world, row)
    for row in file.world["people"]:
        protect(world, row)
    for row in file.world["users"]:
        for number in range(int(row.get("open_reviews", 0))):
            leave_unreviewed(world, row, number)
    for row in file.world["conflicts"]:
        add_conflict(world, row)
    for row in file.world["claims"]:
        admitting.tie(
            world.child(row["person"]), {"duty": "duty", "break_glass": "emergency"}[row["kind"]], world.by,
            worker_ref=world.workers[row["user"]].ref, since=moment(row["from"]), until=moment(row["to"]),
            reason="in the world of the file", reviewed_at=clock.now(),
        )  # fmt: skip
    for row in file.world["assignments"]:
        for person in row.get("people") or ():
            admitting.assign_review(
                child=world.child(person), worker=world.workers[row["user"]].ref, by=world.by,
                since=moment(row["from"]), until=moment(row["to"]) if row.get("to") else None,
            )  # fmt: skip
    for row in file.world["records"]:
        add_record(world, row)
    return world


def add_agency(world: World, row: Mapping[str, Any]) -> None:
    agency = founding.add_agency(code=row["id"], name=row["name"], kind=row.get("kind", ""), by=world.by)
    agreement = row.get("agreement")
    if agreement is None:
        return
    made = founding.agree(
        agency=agency, title="Agreement of the file", purpose="Safeguarding", lawful_basis="as the file says",
        since=LONG_AGO, until=moment(agreement["ends"]) if agreement.get("ends") else None, by=world.by,
    )  # fmt: skip
    if agreement.get("status", "active") != "active":
        founding.suspend_agreement(agreement=made, why="as the file says", by=world.by)


def add_user(world: World, row: Mapping[str, Any]) -> None:
    training = moment(row["training_until"]).date() if row.get("training_until") else FAR_OFF
    worker, _ = founding.add_worker(
        email=f"{row['id']}@{row['agency']}.example",
        name=f"{row['id'].title()} {row.get('surname', '')}".strip(),
        agency=partners.agency(row["agency"]),
        roles=[*row.get("roles", ()), *row.get("permissions", ())],
        team=row.get("team", ""), since=LONG_AGO.date(), training_until=training, by=world.by,
    )  # fmt: skip
    if row.get("mfa", True):
        factors.give_app(worker, APP_KEY)
    if row.get("surname") or row.get("home_postcode"):
        own_account.save_home(
            worker, surname=row.get("surname", ""), street="", postcode=row.get("home_postcode", ""), phone=""
        )
    if row.get("status", "active") != "active":
        founding.suspend(worker=worker, why="as the file says", by=world.by)
    world.workers[row["id"]] = worker


def add_person(world: World, row: Mapping[str, Any]) -> None:
    """A record of the lead's agency, as one row of a file would make it."""
    held = row.get("fields") or {}
    lead = (
        world.row("users", row["lead"])["agency"]
        if row.get("lead")
        else world.file.world["agencies"][0]["id"]
    )
    facts: dict[str, Any] = {
        "kind": row.get("kind", "child"),
        "names": [{"given": held.get("forename", ""), "family": held.get("surname", ""), "use": "legal"}],
    }
    if held.get("dob"):
        day = moment(held["dob"]).date().isoformat()
        facts["birth"] = {"from": day, "to": day, "precision": "day"}
    if held.get("postcode") or held.get("address"):
        facts["addresses"] = [{"text": held.get("address", ""), "postcode": held.get("postcode", "")}]
    for name in ("school", "gp"):
        if held.get(name):
            facts[name] = {"name": held[name]}
    if held.get("phone"):
        facts["phones"] = [{"raw": held["phone"], "value": held["phone"]}]
    joining.hold_the_lock()
    [identity] = joining.identities_for(agency=lead, system=SYSTEM, local_ids=[row["id"]]).values()
    joining.take_statements(
        [SaidRow(identity, source=-identity, join="", label=f"{SYSTEM} {row['id']}", facts=facts)],
        at=clock.now(),
    )
    joining.settle([identity], at=clock.now())
    world.refs[row["id"]] = people.ref_of(identity)


def protect(world: World, row: Mapping[str, Any]) -> None:
    child, by = world.child(row["id"]), world.by
    workers = world.workers

    def tie(kind: str, **more: Any) -> None:
        admitting.tie(child, kind, by, since=LONG_AGO, **more)

    if row.get("lead"):
        tie("lead", worker_ref=workers[row["lead"]].ref)
    if row.get("shield") in ("location", "sealed"):
        tie(f"shield.{row['shield']}", reason="as the file says")
    for key, kind in (
        ("allowed", "named.sealed"), ("location_grants", "named.location"), ("identity_grants", "named.identity")
    ):  # fmt: skip
        for user in row.get(key) or ():
            tie(kind, worker_ref=workers[user].ref)
    for agency in row.get("excluded_agencies") or ():
        tie("excluded", agency=agency)
    if row.get("panel") == "open":
        tie("panel", value="panel")
    if row.get("household"):
        tie("household", value=row["household"])
    if row.get("staff_user"):
        tie("staff", worker_ref=workers[row["staff_user"]].ref)
    if row.get("adopted_from"):
        tie("formerly", value=world.refs.get(str(row["adopted_from"]), str(row["adopted_from"])))
    if row.get("state") == "disposed":
        tie("disposed")
    for number, place in enumerate(row.get("team_around") or ()):
        who = (
            {"team": team_id(world, place["team"])}
            if place.get("team")
            else {"worker_ref": workers[place["user"]].ref}
        )
        joining.join_circle(
            child=child, role=role_of(place, number), since=moment(place["from"]),
            until=moment(place["to"]) if place.get("to") else None, by=by, **who,
        )  # fmt: skip


def role_of(place: Mapping[str, Any], number: int) -> str:
    """Somebody may stand in a team twice, in one role at different times."""
    return f"{str(place.get('role', 'member')).replace('_', ' ')} {number or ''}".strip()


def team_id(world: World, name: str) -> str:
    agency = world.row("teams", name)["agency"]
    return str(founding.team_of(agency=partners.agency(agency), name=name, by=world.by).pk)


def leave_unreviewed(world: World, row: Mapping[str, Any], number: int) -> None:
    """An emergency that this worker opened before, about somebody outside the file, and nobody has looked at."""
    name = f"unreviewed-{row['id']}-{number}"
    [identity] = joining.identities_for(agency=row["agency"], system=SYSTEM, local_ids=[name]).values()
    child = people.assemble(people.person_of(people.ref_of(identity)))
    ended = clock.now() - timedelta(days=3)
    admitting.tie(
        child, "emergency", world.by, worker_ref=world.workers[row["id"]].ref, since=ended - timedelta(hours=1),
        until=ended, reason="in the world of the file",
    )  # fmt: skip


def add_conflict(world: World, row: Mapping[str, Any]) -> None:
    lifted = row.get("state") == "lifted"
    admitting.tie(
        world.child(row["person"]), "conflict", world.by, worker_ref=world.workers[row["user"]].ref,
        value=row.get("covers", "person"), reason=row.get("state", "declared"), since=LONG_AGO,
        until=LONG_AGO + timedelta(days=1) if lifted else None,
    )  # fmt: skip


def add_record(world: World, row: Mapping[str, Any]) -> None:
    author = world.actor(row["author"]) if row.get("author") else world.by
    writer = replace(author, agency=row["agency"], roles=frozenset({Role.OPERATOR}), barred="")
    about = [world.child(person) for person in row["about"]]
    fields = {name: str(value) for name, value in (row.get("fields") or {}).items()}
    body = fields.pop("body", "")
    recipients = row.get("recipients") or ()
    handling = str(row.get("handling") or "")
    held = Handling(
        sharing=row.get("sharing", "team_around"), conceal=bool(row.get("conceal")),
        handling=handling if handling in ("P", "C") else "", sensitivity=row.get("category") or "",
    )  # fmt: skip
    entry = writing.take_account(
        child=about[0],
        account=writing.Account(
            kind=KINDS.get(row.get("kind", "event"), "CSC_CONTACT"),
            when=When.at(moment(row["occurred"])) if row.get("occurred") else When.unknown(),
            title="As recorded", narrative=body, others=tuple(about[1:]), facts=fields,
            location_fields=tuple(row.get("location_fields") or ()),
            grading={name: str(value) for name, value in (row.get("grading") or {}).items()},
        ),
        audience=writing.Audience(
            held,
            named=tuple(world.workers[user].ref for user in row.get("named") or ()),
            conditions="As the file says." if handling == "C" else "",
        ),
        draft=row.get("state") == "draft",
        by=writer,
    )  # fmt: skip
    for recipient in recipients:
        writing.put_on_list(
            entry, "recipient", world.workers[recipient["user"]].ref, by=writer,
            until=moment(recipient["to"]) if recipient.get("to") else None,
            accepted=bool(recipient.get("acknowledged")),
        )  # fmt: skip
    for user in row.get("released_to") or ():
        writing.put_on_list(entry, "released", world.workers[user].ref, by=writer)
    if row.get("state") == "disposed":
        writing.mark_disposed(entry, by=world.by)
    world.entries[row["id"]] = entry.ref
