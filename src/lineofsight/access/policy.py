"""The policy: who may do what, readable from top to bottom.

A permission lists its alternatives; an alternative is a list of named predicates that must all hold.
No alternative holds: no access. Rules and their reasons follow the access model of the product's
security requirements (decision order: account, hard denies, permit path, record filter).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from lineofsight.access.actor import Actor, Handling, Role, Subject


class Permission(StrEnum):
    CHILDREN_SEARCH = "children.search"
    CHILD_VIEW = "child.view"
    CIRCLE_CHANGE = "circle.change"
    ENTRY_VIEW = "entry.view"
    ENTRY_ADD = "entry.add"
    ENTRY_CORRECT = "entry.correct"
    ENTRY_COMMENT = "entry.comment"
    CHRONOLOGY_EXPORT = "chronology.export"
    SOURCE_VIEW = "source.view"
    MATCH_VIEW = "match.view"
    MATCH_DECIDE = "match.decide"
    MATCH_RUN = "match.run"
    FILES_VIEW = "files.view"
    FILE_VIEW = "file.view"
    FILE_RECEIVE = "file.receive"
    FILE_COMMIT = "file.commit"
    FILE_UNDO = "file.undo"
    MAP_SAVE = "map.save"
    CATALOGUE_VIEW = "catalogue.view"
    PARTNERS_MANAGE = "partners.manage"
    LEDGER_VIEW = "ledger.view"


class Level(IntEnum):
    """What an answer may show. A pointer is: the record exists, and whom to ring."""

    NONE = 0
    POINTER = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Decision:
    level: Level
    why: str

    @property
    def allowed(self) -> bool:
        return self.level is Level.FULL


Predicate = Callable[[Actor, Subject], bool]


def works_with_children(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.PRACTITIONER, Role.MANAGER, Role.COORDINATOR, Role.INFORMATION_OFFICER)


def is_information_officer(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.INFORMATION_OFFICER)


def is_coordinator(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.COORDINATOR)


def is_administrator(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.ADMINISTRATOR)


def is_operator(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.OPERATOR)


def is_manager(actor: Actor, _: Subject) -> bool:
    return actor.has(Role.MANAGER)


def in_the_team_around_the_child(actor: Actor, subject: Subject) -> bool:
    return bool(actor.ref) and actor.ref in subject.circle


def own_agency_holds_a_record(actor: Actor, subject: Subject) -> bool:
    return bool(actor.agency) and actor.agency in subject.involved


def own_agency_made_it(actor: Actor, subject: Subject) -> bool:
    return bool(actor.agency) and actor.agency == subject.owner


def is_open(_: Actor, subject: Subject) -> bool:
    """Restricted people are seen by those named around them alone (PDS code R, sealed records)."""
    return not subject.restricted


def is_standard(_: Actor, subject: Subject) -> bool:
    return subject.handling == Handling.STANDARD


def is_not_confidential(_: Actor, subject: Subject) -> bool:
    return subject.handling in (Handling.STANDARD, Handling.RESTRICTED)


ANYONE_WITH_A_BASIS: tuple[tuple[Predicate, ...], ...] = (
    (works_with_children, in_the_team_around_the_child),
    (works_with_children, own_agency_holds_a_record, is_open),
    (is_coordinator, is_open),
    (is_information_officer, is_open),
    (is_operator,),
)

#: Permission -> alternatives; all predicates of one alternative must hold.
PERMITS: dict[Permission, tuple[tuple[Predicate, ...], ...]] = {
    Permission.CHILDREN_SEARCH: ((works_with_children,), (is_operator,)),
    Permission.CHILD_VIEW: ANYONE_WITH_A_BASIS,
    Permission.CIRCLE_CHANGE: (
        (is_manager, own_agency_holds_a_record, is_open),
        (is_coordinator, is_open),
        (works_with_children, in_the_team_around_the_child),
        (is_operator,),
    ),
    Permission.ENTRY_VIEW: (
        (works_with_children, in_the_team_around_the_child),
        (works_with_children, own_agency_made_it, is_open),
        (works_with_children, own_agency_holds_a_record, is_open, is_standard),
        (is_coordinator, is_open, is_not_confidential),
        (is_information_officer, is_open, is_not_confidential),
        (is_operator,),
    ),
    Permission.ENTRY_ADD: ANYONE_WITH_A_BASIS,
    Permission.ENTRY_CORRECT: ((works_with_children, own_agency_made_it), (is_operator,)),
    Permission.ENTRY_COMMENT: ANYONE_WITH_A_BASIS,
    Permission.CHRONOLOGY_EXPORT: ANYONE_WITH_A_BASIS,
    Permission.SOURCE_VIEW: (
        (works_with_children, own_agency_made_it),
        (is_information_officer,),
        (is_operator,),
    ),
    Permission.MATCH_VIEW: ((is_information_officer,), (is_operator,)),
    Permission.MATCH_DECIDE: ((is_information_officer,), (is_operator,)),
    Permission.MATCH_RUN: ((is_information_officer,), (is_operator,)),
    Permission.FILES_VIEW: ((is_information_officer,), (is_operator,)),
    Permission.FILE_VIEW: ((is_information_officer,), (is_operator,)),
    Permission.FILE_RECEIVE: ((is_information_officer,), (is_operator,)),
    Permission.FILE_COMMIT: ((is_information_officer,), (is_operator,)),
    Permission.FILE_UNDO: ((is_information_officer,), (is_operator,)),
    Permission.MAP_SAVE: ((is_information_officer,), (is_operator,)),
    Permission.CATALOGUE_VIEW: ((is_administrator,), (is_information_officer,), (is_operator,)),
    Permission.PARTNERS_MANAGE: ((is_administrator,), (is_operator,)),
    Permission.LEDGER_VIEW: ((is_information_officer,), (is_operator,)),
}

#: For these a refused reader who knows the child still learns that something exists, and whom to ring.
LEAVES_A_POINTER = {Permission.ENTRY_VIEW}

#: Refused and may not even know of it: the answer is "not found", as if it had never existed.
HIDDEN_WHEN_REFUSED = {
    Permission.CHILD_VIEW,
    Permission.ENTRY_VIEW,
    Permission.SOURCE_VIEW,
    Permission.CHRONOLOGY_EXPORT,
    Permission.ENTRY_ADD,
    Permission.ENTRY_CORRECT,
    Permission.ENTRY_COMMENT,
    Permission.CIRCLE_CHANGE,
}


def decide(actor: Actor, permission: Permission, subject: Subject) -> Decision:
    """The one decision. An error inside a predicate is a no."""
    if not actor.ref:
        return Decision(Level.NONE, "nobody is signed in")
    for alternative in PERMITS.get(permission, ()):
        if all(predicate(actor, subject) for predicate in alternative):
            return Decision(Level.FULL, " and ".join(p.__name__.replace("_", " ") for p in alternative))
    if permission in LEAVES_A_POINTER and decide(actor, Permission.CHILD_VIEW, subject).allowed:
        return Decision(Level.POINTER, f"held as {subject.handling} by {subject.owner}")
    return Decision(Level.NONE, "no rule permits it")
