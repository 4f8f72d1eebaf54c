"""The case file as checked values. An unknown key is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from lineofsight.catalogue.errors import Refused

SCHEMA = "access-cases/1"

WORLD: dict[str, frozenset[str]] = {
    "agencies": frozenset({"id", "name", "kind", "agreement", "note"}),
    "teams": frozenset({"id", "agency", "name", "note"}),
    "users": frozenset({
        "id", "agency", "team", "roles", "permissions", "surname", "home_postcode", "status", "mfa",
        "training_until", "open_reviews", "note",
    }),
    "people": frozenset({
        "id", "kind", "lead", "household", "shield", "allowed", "location_grants", "identity_grants", "adopted_from",
        "excluded_agencies", "panel", "staff_user", "state", "fields", "team_around", "note",
    }),
    "records": frozenset({
        "id", "kind", "about", "agency", "author", "sharing", "named", "released_to", "conceal", "handling",
        "recipients", "grading", "category", "state", "occurred", "location_fields", "fields", "note",
    }),
    "conflicts": frozenset({"user", "person", "covers", "state", "note"}),
    "claims": frozenset({"user", "person", "kind", "from", "to", "note"}),
    "assignments": frozenset({"user", "kind", "people", "requests", "from", "to", "note"}),
    "requests": frozenset({"id", "person", "controller", "released", "exempt", "note"}),
    "meetings": frozenset({"id", "person", "starts", "pack_issued", "pack", "participants", "minutes_issued", "note"}),
}  # fmt: skip
CASE = frozenset({"id", "actor", "action", "target", "at", "context", "expect", "rule", "note"})

ACTIONS: dict[str, frozenset[str]] = {
    "view_person": frozenset(), "view_record": frozenset(), "list_records": frozenset(),
    "edit_record": frozenset(), "comment_record": frozenset(), "delete_record": frozenset(),
    "view_minutes": frozenset(), "read_config": frozenset(), "view_pack": frozenset(),
    "search_index": frozenset({"purpose", "identifiers"}),
    "search_text": frozenset({"text"}),
    "self_claim": frozenset({"purpose", "referral"}),
    "break_glass": frozenset({"reason", "fresh_auth"}),
    "export": frozenset({"purpose", "fresh_auth"}),
    "release_record": frozenset({"lawful_basis", "fresh_auth"}),
    "merge_people": frozenset({"second_approver"}),
    "import_row": frozenset({"row"}),
    "view_audit": frozenset({"about_user", "record_agency"}),
    "lift_conflict": frozenset({"for_user", "proposed_by", "fresh_auth"}),
    "grant_role": frozenset({"for_user", "approved_by_guardian", "fresh_auth"}),
    "approve_disposal": frozenset({"proposed_by", "holds", "fresh_auth"}),
    "sar_export": frozenset({"second_reviewer"}),
    "view_aggregate": frozenset({"measure", "true_count"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    actor: str
    action: str
    target: tuple[str, ...]
    at: datetime | None
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFile:
    now: datetime
    world: Mapping[str, list[dict[str, Any]]]
    cases: tuple[Case, ...]


def read(path: Path) -> CaseFile:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is not readable YAML: {error}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise Refused(f"{path} is no access case file: its schema must be {SCHEMA}.")
    keys(content, frozenset({"schema", "now", "world", "cases", "note"}), str(path))
    world = content.get("world") or {}
    keys(world, frozenset(WORLD), f"{path}, world")
    for section, rows in world.items():
        for number, row in enumerate(rows or (), start=1):
            keys(row, WORLD[section], f"{path}, {section} {row.get('id', number)}")
    return CaseFile(
        now=moment(content["now"]),
        world={section: list(world.get(section) or ()) for section in WORLD},
        cases=tuple(case_of(row, str(path)) for row in content.get("cases") or ()),
    )


def case_of(row: dict[str, Any], place: str) -> Case:
    where = f"{place}, case {row.get('id', '?')}"
    keys(row, CASE, where)
    action, context = str(row.get("action", "")), row.get("context") or {}
    if action not in ACTIONS:
        raise Refused(f"{where}: there is no action {action!r}. Known: {', '.join(ACTIONS)}.")
    keys(context, ACTIONS[action], f"{where}, context")
    target = row.get("target")
    targets = target if isinstance(target, list) else [target] if target is not None else []
    return Case(
        str(row["id"]), str(row["actor"]), action, tuple(map(str, targets)),
        moment(row["at"]) if row.get("at") else None, context,
    )  # fmt: skip


def keys(row: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(row, dict):
        raise Refused(f"{where}: expected names and values.")
    if unknown := sorted(set(map(str, row)) - known):
        raise Refused(f"{where}: unknown key {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")


def moment(value: Any) -> datetime:
    """A date without a time is midnight UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time.min, tzinfo=UTC)
    text = str(value).replace("Z", "+00:00")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{value}” is no date. Write 2026-03-10 or 2026-03-10T10:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
