"""The access rules a second time, as plainly as can be: over the rows of a case file, rule by rule, with no code of
the product. Slow and obvious; the product must agree with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NONE, POINTER, FULL = "none", "pointer", "full"
CHILDREN_ROLES = {"practitioner", "team_manager", "duty", "coordinator"}


def moment(value: Any) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def in_date(row: dict[str, Any], now: datetime, since: str = "from", until: str = "to") -> bool:
    begins, ends = moment(row.get(since)), moment(row.get(until))
    return (begins is None or begins <= now) and (ends is None or now < ends)


class Oracle:
    def __init__(self, world: dict[str, list[dict[str, Any]]], now: datetime) -> None:
        self.w, self.now = world, now
        self.users = {u["id"]: u for u in world["users"]}
        self.people = {p["id"]: p for p in world["people"]}
        self.agencies = {a["id"]: a for a in world["agencies"]}

    # --- A-D1
    def shut_out(self, user: dict[str, Any]) -> bool:
        agreement = self.agencies[user["agency"]].get("agreement") or {}
        if user.get("status", "active") != "active" or not user.get("mfa", True):
            return True
        trained = moment(user.get("training_until"))
        if trained is not None and trained <= self.now:
            return True
        ends = moment(agreement.get("ends"))
        return agreement.get("status") != "active" or (ends is not None and ends <= self.now)

    # --- A-D2, A-D3, A-D4, A-D7, A-D9
    def same_house(self, a: dict[str, Any], b: dict[str, Any]) -> bool:
        return a is b or (a.get("household") is not None and a.get("household") == b.get("household"))

    def denied(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        if person.get("state") == "disposed":
            return True
        if person.get("shield") == "sealed" and user["id"] not in (person.get("allowed") or []):
            return True
        if user["agency"] in (person.get("excluded_agencies") or []):
            return True
        for other in self.w["people"]:
            if other.get("staff_user") == user["id"] and self.same_house(other, person):
                return True
        for conflict in self.w["conflicts"]:
            if conflict["user"] != user["id"] or conflict["state"] == "lifted":
                continue
            about = self.people[conflict["person"]]
            if about is person or (conflict["covers"] == "household" and self.same_house(about, person)):
                return True
        return False

    # --- A-P2, A-P3, A-P4, A-P5, A-P9, A-P10
    def is_member(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        if not CHILDREN_ROLES & set(user["roles"]):
            return False
        return any(
            in_date(place, self.now)
            and (place.get("user") == user["id"] or (place.get("team") and place["team"] == user.get("team")))
            for place in person.get("team_around") or []
        )

    def is_manager(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        if "team_manager" not in user["roles"] or not user.get("team"):
            return False
        for place in person.get("team_around") or []:
            if place.get("user") and in_date(place, self.now):
                other = self.users[place["user"]]
                if other.get("team") == user["team"] and other["agency"] == user["agency"]:
                    return True
        return False

    def has_panel(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        return "coordinator" in user["roles"] and person.get("panel") == "open"

    def has_claim(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        for claim in self.w["claims"]:
            if claim["user"] == user["id"] and claim["person"] == person["id"] and in_date(claim, self.now):
                if claim["kind"] == "duty" and "duty" in user["roles"]:
                    return True
                if claim["kind"] == "break_glass" and CHILDREN_ROLES & set(user["roles"]):
                    return True
        return any(
            a["user"] == user["id"] and person["id"] in a["people"] and in_date(a, self.now)
            and {"reviewer", "inspector"} & set(user["roles"])
            for a in self.w["assignments"]
        )  # fmt: skip

    def has_member_rights(self, user: dict[str, Any], person: dict[str, Any]) -> bool:
        return self.is_member(user, person) or self.is_manager(user, person) or self.has_panel(user, person)

    def person(self, user_id: str, person_id: str) -> str:
        user, person = self.users[user_id], self.people[person_id]
        if self.shut_out(user) or self.denied(user, person):
            return NONE
        return FULL if self.has_member_rights(user, person) or self.has_claim(user, person) else NONE

    def record(self, user_id: str, record: dict[str, Any]) -> str:
        user = self.users[user_id]
        about = [self.people[p] for p in record["about"]]
        if (
            self.shut_out(user)
            or any(self.denied(user, p) for p in about)
            or record.get("state") == "disposed"
        ):
            return NONE
        author = self.users.get(record.get("author", ""))
        if author is user and user["agency"] == record["agency"]:
            return FULL
        if record.get("state") == "draft":
            return NONE
        managed = (
            author is not None and "team_manager" in user["roles"] and user.get("team") is not None
            and user["team"] == author.get("team") and user["agency"] == author["agency"] == record["agency"]
        )  # fmt: skip
        way = managed or any(self.has_member_rights(user, p) or self.has_claim(user, p) for p in about)
        if not way:
            return NONE
        if record.get("handling") == "C":
            terms = [r for r in record.get("recipients") or [] if r["user"] == user_id]
            if not any(r["acknowledged"] and in_date(r, self.now) for r in terms):
                return NONE
        elif managed:
            return FULL
        released = user_id in (record.get("released_to") or [])
        # Whoever was named as a recipient of handling C was named.
        listed = released or user_id in (record.get("named") or []) or record.get("handling") == "C"
        if record.get("sharing") == "named" and not listed:
            return NONE if record.get("conceal") else POINTER
        if record.get("sharing") == "agency_only" and user["agency"] != record["agency"] and not listed:
            return POINTER
        if record.get("category") and not released:
            own = user["agency"] == record["agency"] and any(self.has_member_rights(user, p) for p in about)
            if not own:
                return POINTER
        return FULL
