"""The policy: who may see what and do what, readable from top to bottom.

A decision runs account gate, hard denies, ways in, record filter, field filter, further steps; any deny
wins, no way in means no, and the order of rules never matters. Rule numbers (A-…) are those of the security
requirements, section 2.4, printed in docs/reference/security.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from lineofsight.access.actor import Actor, EntrySubject, PersonSubject, Role, Sharing, State, Subject


class Level(IntEnum):
    """What an answer may show. A pointer is: the record exists, and whom to ring."""

    NONE = 0
    POINTER = 1
    FULL = 2


class Outcome(StrEnum):
    ALLOW, DENY, CHALLENGE = "allow", "deny", "challenge"


@dataclass(frozen=True, slots=True)
class Decision:
    """`http` is the answer's status: 404 where even the existence is not told, 403 where it may be known."""

    outcome: Outcome
    level: Level
    rule: str
    why: str
    http: int = 200

    @property
    def allowed(self) -> bool:
        """The thing asked for may be done or read in full."""
        return self.outcome is Outcome.ALLOW and self.level is Level.FULL


def allow(rule: str, why: str, level: Level = Level.FULL) -> Decision:
    return Decision(Outcome.ALLOW, level, rule, why)


def unknown(rule: str, why: str) -> Decision:
    """Denied so that it looks like something that never was (A-X1)."""
    return Decision(Outcome.DENY, Level.NONE, rule, why, 404)


def refuse(rule: str, why: str, level: Level = Level.NONE, http: int = 403) -> Decision:
    """Denied to someone who may know that the thing exists, or whatever it is about."""
    return Decision(Outcome.DENY, level, rule, why, http)


def challenge(rule: str, why: str) -> Decision:
    """A further step is needed first: a purpose, a reason, a fresh proof, a second person."""
    return Decision(Outcome.CHALLENGE, Level.NONE, rule, why, 403)


# --- 1. the account ------------------------------------------------------------------------------------


def gate(actor: Actor) -> Decision | None:
    """A-D1: the same refusal whatever is asked about."""
    if not actor.ref:
        return refuse("A-0", "nobody is signed in")
    return refuse("A-D1", actor.barred) if actor.barred else None


# --- 2. hard denies ------------------------------------------------------------------------------------


def denied(actor: Actor, person: PersonSubject) -> str:
    """The rule that shuts this person to this actor over every way in; empty when none does."""
    if Role.OPERATOR in actor.roles:
        return ""
    if person.disposed:
        return "A-D9"
    if person.sealed and actor.ref not in person.listed:
        return "A-D4"
    if actor.ref in person.conflicted:
        return "A-D2"
    if actor.agency in person.excluded:
        return "A-D7"
    return ""


# --- 3. ways in ----------------------------------------------------------------------------------------


class Way(StrEnum):
    """How an actor comes to a child, strongest first. The value is the rule."""

    MEMBER = "A-P2"
    MANAGER = "A-P3"
    PANEL = "A-P9"
    DUTY = "A-P4"
    EMERGENCY = "A-P5"
    REVIEW = "A-P10"
    AUTHOR = "A-P1"
    AUTHORS_MANAGER = "A-P1 manager"
    OPERATOR = "operator"


def ways(actor: Actor, person: PersonSubject) -> frozenset[Way]:
    """Every way that is open now. Roles without content (guardian, analyst, administrator) have none."""
    found = set()
    if actor.has(Role.PRACTITIONER, Role.TEAM_MANAGER, Role.DUTY, Role.COORDINATOR):
        if actor.ref in person.members or (actor.team and actor.team in person.teams):
            found.add(Way.MEMBER)
        if actor.ref in person.emergency:
            found.add(Way.EMERGENCY)
    if actor.has(Role.TEAM_MANAGER) and actor.team and (actor.agency, actor.team) in person.led:
        found.add(Way.MANAGER)
    if actor.has(Role.COORDINATOR) and person.panel_open:
        found.add(Way.PANEL)
    if actor.has(Role.DUTY) and actor.ref in person.duty:
        found.add(Way.DUTY)
    if actor.has(Role.REVIEWER, Role.INSPECTOR) and actor.ref in person.reviewing:
        found.add(Way.REVIEW)
    if actor.has(Role.OPERATOR):
        found.add(Way.OPERATOR)
    return frozenset(found)


def view_person(actor: Actor, person: PersonSubject) -> Decision:
    if shut := gate(actor):
        return shut
    if rule := denied(actor, person):
        return unknown(rule, "shut to this person")
    open_ways = ways(actor, person)
    if not open_ways:
        return unknown("A-0", "no rule permits it")
    way = strongest(open_ways)
    return allow(way.value, way.name.lower().replace("_", " "))


def strongest(open_ways: Iterable[Way]) -> Way:
    return min(open_ways, key=list(Way).index)


# --- 4. which entries ----------------------------------------------------------------------------------

#: Ways that carry what a member of the team around the child sees of sensitive and third-party matter.
AS_MEMBER = frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.OPERATOR})


def wrote(actor: Actor, entry: EntrySubject) -> bool:
    """A-P1: while they stay in the agency they wrote it for."""
    return bool(entry.author) and actor.ref == entry.author and actor.agency == entry.owner


def manages_author(actor: Actor, entry: EntrySubject) -> bool:
    """A-P1: the author's manager of today sees what is live."""
    return (
        actor.has(Role.TEAM_MANAGER)
        and bool(actor.team)
        and (actor.agency, actor.team) == entry.author_led
        and actor.agency == entry.owner
    )


def entry_ways(actor: Actor, entry: EntrySubject) -> frozenset[Way]:
    found = {way for person in entry.about for way in ways(actor, person)}
    if wrote(actor, entry):
        found.add(Way.AUTHOR)
    if manages_author(actor, entry):
        found.add(Way.AUTHORS_MANAGER)
    return frozenset(found)


def view_entry(actor: Actor, entry: EntrySubject) -> Decision:
    """Nothing, a pointer, or the whole entry (with some fields hidden: `hidden_fields`, `masked`)."""
    if shut := gate(actor):
        return shut
    for person in entry.about:
        if rule := denied(actor, person):
            return unknown(rule, "about someone who is shut to this person")
    if entry.state == State.DISPOSED:
        return unknown("A-D9", "disposed")
    found = entry_ways(actor, entry)
    if not found:
        return unknown("A-0", "no rule permits it")
    way = strongest(found)
    seen = allow(way.value, way.name.lower().replace("_", " "))
    if Way.OPERATOR in found or Way.AUTHOR in found:
        return seen
    if entry.state == State.DRAFT:
        return unknown("A-P1", "a draft is its author's alone")
    if entry.handling == "C":
        # No pointer, and the author's manager does not pass.
        if actor.ref not in entry.recipients:
            return unknown("A-D5", "handling C, and not a recipient in date who accepted the conditions")
    elif Way.AUTHORS_MANAGER in found:
        return seen
    listed = actor.ref in entry.named | entry.released | entry.recipients
    if entry.sharing == Sharing.NAMED and not listed:
        if entry.conceal:
            return unknown("A-D6", "for named people, concealed from others")
        return allow("A-D6", f"for people whom {entry.owner} named", Level.POINTER)
    if entry.sharing == Sharing.AGENCY_ONLY and actor.agency != entry.owner and not listed:
        return allow("A-D6", f"kept within {entry.owner}", Level.POINTER)
    if entry.sensitivity and actor.ref not in entry.released:
        own = actor.agency == entry.owner and found & AS_MEMBER
        if not own:
            return allow("A-F4", f"sensitive, for {entry.owner} and those it released it to", Level.POINTER)
    return seen


# --- 5. which fields -----------------------------------------------------------------------------------


class Field(StrEnum):
    """Classes of field that are hidden apart from the rest of an entry or person."""

    LOCATION = "location"
    SOURCE_IDENTITY = "source_identity"
    THIRD_PARTIES = "third_parties"
    PREVIOUS_IDENTITY = "previous_identity"


def may_see_location(actor: Actor, person: PersonSubject) -> bool:
    """A-F1: of a shielded person only those named for it, whatever their way in."""
    return not person.location_hidden or actor.ref in person.location or Role.OPERATOR in actor.roles


def hidden_of_person(actor: Actor, person: PersonSubject) -> frozenset[Field]:
    hidden = set()
    if not may_see_location(actor, person):
        hidden.add(Field.LOCATION)
    if actor.ref not in person.identity:
        hidden.add(Field.PREVIOUS_IDENTITY)
    return frozenset(hidden)


def hidden_fields(actor: Actor, entry: EntrySubject, *, leaving: bool = False) -> frozenset[Field]:
    """Which classes of field this actor does not see of an entry they see. `leaving`: in a file or on paper."""
    hidden = set()
    if not all(may_see_location(actor, person) for person in entry.about):
        hidden.add(Field.LOCATION)
    found = entry_ways(actor, entry)
    if Way.AUTHOR not in found and actor.ref not in entry.released:
        hidden.add(Field.SOURCE_IDENTITY)
    if leaving or not found & (AS_MEMBER | {Way.AUTHOR, Way.AUTHORS_MANAGER}):
        hidden.add(Field.THIRD_PARTIES)
    return frozenset(hidden)


def masked(actor: Actor, entry: EntrySubject) -> frozenset[str]:
    """A-M1: references of children in a record about several with whom this reader has no basis."""
    if len(entry.about) < 2 or wrote(actor, entry):
        return frozenset()
    return frozenset(p.ref for p in entry.about if p.is_child and not ways(actor, p))


# --- 6. what may be done -------------------------------------------------------------------------------


class Permission(StrEnum):
    CHILDREN_SEARCH = "children.search"
    RESOURCES_VIEW = "resources.view"
    INDEX_SEARCH = "index.search"
    CHILD_VIEW = "child.view"
    CIRCLE_CHANGE = "circle.change"
    DUTY_CLAIM = "duty.claim"
    GLASS_BREAK = "glass.break"
    PROTECTION_CHANGE = "protection.change"
    CONFLICT_DECLARE = "conflict.declare"
    CONFLICT_LIFT = "conflict.lift"
    STAFF_LINK = "staff.link"
    REVIEW_ASSIGN = "review.assign"
    ENTRY_VIEW = "entry.view"
    ENTRY_ADD = "entry.add"
    ENTRY_CORRECT = "entry.correct"
    ENTRY_COMMENT = "entry.comment"
    ENTRY_RELEASE = "entry.release"
    CONDITIONS_ACCEPT = "conditions.accept"
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
    ROW_BRING = "row.bring"
    PEOPLE_MERGE = "people.merge"
    CATALOGUE_VIEW = "catalogue.view"
    PARTNERS_MANAGE = "partners.manage"
    ROLE_GRANT = "role.grant"
    AGREEMENT_MANAGE = "agreement.manage"
    SHARING_DECIDE = "sharing.decide"
    ALERT_REVIEW = "alert.review"
    WORD_ANSWER = "word.answer"
    LOOKERS_VIEW = "lookers.view"
    RECIPIENT_NAME = "recipient.name"
    LEDGER_VIEW = "ledger.view"


#: What each way to a child carries (security requirements 2.6).
CARRIES: dict[Permission, frozenset[Way]] = {
    Permission.CHILD_VIEW: frozenset(Way),
    Permission.ENTRY_ADD: frozenset({Way.MEMBER, Way.PANEL, Way.DUTY, Way.OPERATOR}),
    Permission.ENTRY_COMMENT: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.DUTY, Way.OPERATOR}),
    Permission.CHRONOLOGY_EXPORT: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.OPERATOR}),
    Permission.CIRCLE_CHANGE: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.DUTY, Way.OPERATOR}),
    Permission.PROTECTION_CHANGE: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.OPERATOR}),
    Permission.SHARING_DECIDE: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.DUTY, Way.OPERATOR}),
    Permission.LOOKERS_VIEW: frozenset({Way.MEMBER, Way.MANAGER, Way.PANEL, Way.OPERATOR}),
}

WITH_CHILDREN = frozenset({Role.PRACTITIONER, Role.TEAM_MANAGER, Role.DUTY, Role.COORDINATOR})
WITH_FILES = frozenset({Role.INFORMATION_OFFICER, Role.OPERATOR})
WITH_INDEX = frozenset({Role.INDEX_CUSTODIAN, Role.OPERATOR})
WITH_ACCOUNTS = frozenset({Role.SYS_ADMIN, Role.OPERATOR})

#: What a role carries by itself, whatever child it concerns. None of these shows an entry.
ROLES: dict[Permission, frozenset[Role]] = {
    Permission.CHILDREN_SEARCH: WITH_CHILDREN | WITH_INDEX | {Role.REVIEWER, Role.INSPECTOR},
    Permission.RESOURCES_VIEW: WITH_CHILDREN | WITH_INDEX | WITH_FILES | {Role.REVIEWER, Role.INSPECTOR},
    Permission.INDEX_SEARCH: WITH_CHILDREN | {Role.OPERATOR},
    Permission.DUTY_CLAIM: frozenset({Role.DUTY}),
    Permission.GLASS_BREAK: frozenset({Role.PRACTITIONER, Role.TEAM_MANAGER, Role.DUTY}),
    Permission.CONFLICT_DECLARE: frozenset(Role),
    Permission.CONDITIONS_ACCEPT: WITH_CHILDREN | {Role.OPERATOR},
    Permission.CONFLICT_LIFT: frozenset({Role.GUARDIAN}),
    Permission.STAFF_LINK: frozenset({Role.GUARDIAN, Role.OPERATOR}),
    Permission.REVIEW_ASSIGN: frozenset({Role.GUARDIAN, Role.OPERATOR}),
    Permission.MATCH_VIEW: WITH_INDEX,
    Permission.MATCH_DECIDE: WITH_INDEX,
    Permission.MATCH_RUN: WITH_INDEX,
    Permission.FILES_VIEW: WITH_FILES,
    Permission.FILE_VIEW: WITH_FILES,
    Permission.FILE_RECEIVE: WITH_FILES,
    Permission.FILE_COMMIT: WITH_FILES,
    Permission.FILE_UNDO: WITH_FILES,
    Permission.MAP_SAVE: WITH_FILES,
    Permission.ROW_BRING: WITH_CHILDREN | WITH_FILES | {Role.RECORDS_OFFICER, Role.INDEX_CUSTODIAN},
    Permission.PEOPLE_MERGE: frozenset({Role.INDEX_CUSTODIAN}),
    Permission.CATALOGUE_VIEW: WITH_FILES | WITH_ACCOUNTS | {Role.GUARDIAN},
    Permission.PARTNERS_MANAGE: WITH_ACCOUNTS,
    Permission.ROLE_GRANT: frozenset({Role.GUARDIAN, Role.OPERATOR}),
    Permission.AGREEMENT_MANAGE: frozenset({Role.GUARDIAN, Role.OPERATOR}),
    Permission.ALERT_REVIEW: frozenset({Role.GUARDIAN}),
    Permission.WORD_ANSWER: WITH_CHILDREN,
    Permission.RECIPIENT_NAME: frozenset({Role.INFORMATION_OFFICER, Role.TEAM_MANAGER, Role.OPERATOR}),
    Permission.LEDGER_VIEW: frozenset({Role.GUARDIAN, Role.OPERATOR}),
}

#: These hold no content. Whoever has them needs no training in date and no agreement in force (A-D1 is about
#: content), because without them nobody could put either right.
WITHOUT_CONTENT = frozenset({Permission.PARTNERS_MANAGE, Permission.ROLE_GRANT, Permission.AGREEMENT_MANAGE,
                             Permission.CATALOGUE_VIEW})  # fmt: skip

#: Refused and may not even know of it: the answer is "not found", as if it had never existed.
HIDDEN_WHEN_REFUSED = frozenset({*CARRIES, Permission.ENTRY_VIEW, Permission.ENTRY_CORRECT,
                                 Permission.ENTRY_RELEASE, Permission.SOURCE_VIEW})  # fmt: skip


def decide(actor: Actor, permission: Permission, subject: Subject) -> Decision:
    """The one decision. An error inside it is a no."""
    try:
        return decided(actor, permission, subject)
    except Exception:
        return unknown("A-0", "the decision failed")


def decided(actor: Actor, permission: Permission, subject: Subject) -> Decision:
    if isinstance(subject, EntrySubject):
        return decide_entry(actor, permission, subject)
    if isinstance(subject, PersonSubject) and permission in CARRIES:
        return decide_person(actor, permission, subject)
    if (shut := gate(actor)) and not (actor.ref and permission in WITHOUT_CONTENT):
        return shut
    if isinstance(subject, PersonSubject) and (rule := denied(actor, subject)):
        return unknown(rule, "shut to this person")
    if role := next((role for role in sorted(ROLES.get(permission, ())) if role in actor.roles), None):
        return allow("role", role.replace("_", " "))
    if permission in HIDDEN_WHEN_REFUSED:
        return unknown("A-0", "no rule permits it")
    return refuse("A-0", "no role of theirs carries this")


def decide_person(actor: Actor, permission: Permission, person: PersonSubject) -> Decision:
    seen = view_person(actor, person)
    if not seen.allowed:
        return seen
    if not ways(actor, person) & CARRIES[permission]:
        return refuse("A-0", "their way to this child does not carry this", Level.FULL)
    return seen


def may_name(actor: Actor, entry: EntrySubject) -> Decision:
    """Who names the recipients of what their agency keeps for named people: those who answer for its files and
    its teams, without seeing the entry. Nobody who is shut to one of its people."""
    if shut := gate(actor):
        return shut
    if any(denied(actor, person) for person in entry.about) or entry.state == State.DISPOSED:
        return unknown("A-0", "about someone who is shut to this person")
    if Role.OPERATOR in actor.roles:
        return allow("operator", "operator")
    if actor.agency == entry.owner and actor.roles & ROLES[Permission.RECIPIENT_NAME]:
        return allow("A-D5", "answers for the agency's own records")
    return unknown("A-0", "no rule permits it")


def decide_entry(actor: Actor, permission: Permission, entry: EntrySubject) -> Decision:
    if permission is Permission.RECIPIENT_NAME:
        return may_name(actor, entry)
    seen = view_entry(actor, entry)
    if permission is Permission.ENTRY_VIEW or seen.outcome is not Outcome.ALLOW:
        return seen
    no = refuse("A-P11", "not theirs to change", seen.level)
    operates = Role.OPERATOR in actor.roles
    if permission is Permission.ENTRY_CORRECT:
        return seen if wrote(actor, entry) or operates or own_import(actor, entry) else no
    if seen.level is not Level.FULL:
        return no
    found = entry_ways(actor, entry)
    if permission is Permission.ENTRY_COMMENT:
        # A-P11: members and managers comment; an author and the author's manager belong to them.
        commenting = CARRIES[permission] | {Way.AUTHOR, Way.AUTHORS_MANAGER}
        return seen if found & commenting else no
    if permission is Permission.ENTRY_RELEASE:
        releasing = AS_MEMBER | {Way.AUTHOR, Way.AUTHORS_MANAGER}
        return seen if operates or (actor.agency == entry.owner and found & releasing) else no
    if permission is Permission.SOURCE_VIEW:
        return seen if operates or actor.agency == entry.owner else no
    return no


def own_import(actor: Actor, entry: EntrySubject) -> bool:
    """An entry from an agency's file has no author here: a member of that agency may correct it beside
    the source, which the source's next version overrules."""
    member = any(Way.MEMBER in ways(actor, person) for person in entry.about)
    return not entry.author and actor.agency == entry.owner and member
