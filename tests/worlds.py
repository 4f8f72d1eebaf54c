"""Random worlds in the shape of a case file: small, crowded, with every rule at work in them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
ROLES = (
    "practitioner", "practitioner", "practitioner", "team_manager", "team_manager", "duty", "coordinator", "reviewer",
    "inspector", "analyst", "guardian", "sys_admin", "records_officer", "index_custodian",
)  # fmt: skip
#: Ends of terms: none, past, exactly now (which is over), to come.
ENDS = (None, None, NOW - timedelta(days=9), NOW, NOW + timedelta(minutes=1), NOW + timedelta(days=30))


def maybe(rng: random.Random, share: float, value: Any) -> Any:
    return value if rng.random() < share else None


def term(rng: random.Random) -> dict[str, Any]:
    ends = rng.choice(ENDS)
    begins = (
        NOW + timedelta(days=1) if rng.random() < 0.08 else NOW - timedelta(days=rng.choice((10, 40, 400)))
    )
    if ends is not None and ends < begins:
        begins = ends - timedelta(days=1)
    return {"from": begins.isoformat(), **({"to": ends.isoformat()} if ends else {})}


def world(
    seed: int, *, users: int = 9, people: int = 5, records: int = 14
) -> dict[str, list[dict[str, Any]]]:
    rng = random.Random(seed)
    agencies = [
        {"id": a, "name": a.title(), "kind": a,
         "agreement": {"status": "suspended" if rng.random() < 0.08 else "active",
                       "ends": (NOW + timedelta(days=rng.choice((-1, 90, 300, 900)))).isoformat()
                       if rng.random() < 0.5 else (NOW + timedelta(days=400)).isoformat()}}
        for a in ("csc", "pol", "hlt")
    ]  # fmt: skip
    teams = [{"id": f"{a}-{n}", "agency": a} for a in ("csc", "pol", "hlt") for n in (1, 2)]
    staff = [user(rng, number, teams) for number in range(users)]
    ids = [row["id"] for row in staff]
    folk = [person(rng, number, ids, teams) for number in range(people)]
    return {
        "agencies": agencies, "teams": teams, "users": staff, "people": folk,
        "conflicts": [
            {"user": rng.choice(ids), "person": rng.choice(folk)["id"],
             "covers": rng.choice(("person", "household")), "state": rng.choice(("declared", "upheld", "lifted"))}
            for _ in range(rng.randrange(3))
        ],
        "claims": [
            {"user": rng.choice(ids), "person": rng.choice(folk)["id"], "kind": rng.choice(("duty", "break_glass")),
             **with_end(term(rng))}
            for _ in range(rng.randrange(5))
        ],
        "assignments": [
            {"user": rng.choice(ids), "kind": "review", "people": [rng.choice(folk)["id"]], **with_end(term(rng))}
            for _ in range(rng.randrange(4))
        ],
        "requests": [], "meetings": [],
        "records": [record(rng, number, staff, folk) for number in range(records)],
    }  # fmt: skip


def with_end(given: dict[str, Any]) -> dict[str, Any]:
    return given if "to" in given else given | {"to": (NOW + timedelta(days=1)).isoformat()}


def user(rng: random.Random, number: int, teams: list[dict[str, Any]]) -> dict[str, Any]:
    team = rng.choice(teams)
    made = {
        "id": f"u{number}", "agency": team["agency"], "surname": f"Worker{number}",
        "roles": sorted({rng.choice(ROLES) for _ in range(rng.choice((1, 1, 1, 2)))}),
    }  # fmt: skip
    if rng.random() < 0.8:
        made["team"] = team["id"]
    if rng.random() < 0.06:
        made["mfa"] = False
    if rng.random() < 0.06:
        made["status"] = "suspended"
    if rng.random() < 0.15:
        made["training_until"] = (NOW + timedelta(days=rng.choice((-1, 0, 20)))).date().isoformat()
    return made


def person(rng: random.Random, number: int, users: list[str], teams: list[dict[str, Any]]) -> dict[str, Any]:
    places = [
        ({"team": rng.choice(teams)["id"]} if rng.random() < 0.2 else {"user": who})
        | {"role": "worker"}
        | term(rng)
        for who in rng.sample(users, rng.randrange(1, 5))
    ]
    made: dict[str, Any] = {
        "id": f"p{number}", "kind": rng.choice(("child", "child", "child", "adult")), "team_around": places,
        "fields": {"forename": f"Given{number}", "surname": f"Family{number}", "dob": f"201{number}-05-0{number + 1}"},
    }  # fmt: skip
    made["household"] = maybe(rng, 0.5, rng.choice(("h1", "h2")))
    made["shield"] = rng.choice((None, None, None, None, "location", "sealed"))
    made["allowed"] = rng.sample(users, 2) if made["shield"] == "sealed" else None
    made["excluded_agencies"] = maybe(rng, 0.12, [rng.choice(("csc", "pol", "hlt"))])
    made["panel"] = maybe(rng, 0.3, rng.choice(("open", "closed")))
    made["staff_user"] = maybe(rng, 0.08, rng.choice(users))
    made["state"] = maybe(rng, 0.05, "disposed")
    return {key: value for key, value in made.items() if value is not None}


def record(
    rng: random.Random, number: int, users: list[dict[str, Any]], people: list[dict[str, Any]]
) -> dict[str, Any]:
    author = rng.choice(users)
    ids = [row["id"] for row in users]
    made: dict[str, Any] = {
        "id": f"r{number}", "kind": "event",
        "about": [p["id"] for p in rng.sample(people, rng.choice((1, 1, 1, 2)))],
        "agency": author["agency"] if rng.random() < 0.9 else rng.choice(("csc", "pol", "hlt")),
        "author": author["id"],
        "sharing": rng.choice(("team_around", "team_around", "team_around", "agency_only", "named")),
        "fields": {"body": f"Words of record {number}"},
    }  # fmt: skip
    if made["sharing"] == "named":
        made["named"] = rng.sample(ids, rng.randrange(3))
        made["conceal"] = rng.random() < 0.4
    if rng.random() < 0.2:
        made["handling"] = rng.choice(("P", "C", "C"))
        made["recipients"] = [
            {"user": who, "acknowledged": rng.random() < 0.7, "to": ends.isoformat()}
            for who, ends in zip(rng.sample(ids, 2), (NOW, NOW + timedelta(days=5)), strict=True)
        ]
    made["released_to"] = maybe(rng, 0.15, rng.sample(ids, 2))
    made["category"] = maybe(rng, 0.2, rng.choice(("sexual_health", "substance_misuse", "counselling")))
    made["state"] = rng.choice((None,) * 12 + ("draft", "disposed"))
    return {key: value for key, value in made.items() if value is not None}
