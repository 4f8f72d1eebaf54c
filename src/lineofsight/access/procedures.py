"""Decisions that take more than a way in: look-ups, claims, broken glass, release, export, merge, packs,
the audit trail, roles, disposal, subject access. Each is asked with plain values and answers like the policy;
a feature that is built later asks what stands here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lineofsight.access.actor import Actor, EntrySubject, PersonSubject, Role, Shield, State
from lineofsight.access.policy import (
    CARRIES,
    ROLES,
    Decision,
    Level,
    Outcome,
    Permission,
    allow,
    challenge,
    decide,
    denied,
    gate,
    refuse,
    unknown,
    view_entry,
    view_person,
    ways,
)
from lineofsight.catalogue.book import access_figures


def by_role(actor: Actor, permission: Permission) -> Decision | None:
    """The refusal when the account is shut or no role of the actor carries this; else None."""
    if shut := gate(actor):
        return shut
    if not actor.roles & ROLES[permission]:
        return refuse("A-0", "no role of theirs carries this")
    return None


# --- looking someone up in the index --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was typed: how many identifiers, for what purpose."""

    identifiers: int
    purpose: str


def look_up(actor: Actor, asked: LookUp, match: PersonSubject | None, *, own_household: bool) -> Decision:
    """A-P7 and A-S2. A sealed or conflicted person is as absent as one who was never there."""
    if no := by_role(actor, Permission.INDEX_SEARCH):
        return no
    there = match is not None and not denied(actor, match)
    if there and own_household:
        return refuse("A-S2", "the person lives at the searcher's own address")
    if not asked.purpose.strip():
        return challenge("A-C1", "say what the look-up is for")
    if asked.identifiers < access_figures().identifiers_least:
        return challenge("A-P7", "give at least two things that identify the person")
    if match is None or not there:
        return allow("A-P7", "nobody found", Level.NONE)
    if ways(actor, match):
        return view_person(actor, match)
    return allow("A-P7", "a match without a basis", Level.POINTER)


def pointer_shows(match: PersonSubject) -> tuple[str, ...]:
    """What a pointer to a person offers: of someone whose location is shielded the custodian alone."""
    return ("custodian_contact",) if match.location_hidden else ("agencies", "lead_contact")


# --- coming to a child in a hurry ------------------------------------------------------------------------


def claim_duty(actor: Actor, person: PersonSubject, *, purpose: str, referral: str) -> Decision:
    """A-P4."""
    if no := by_role(actor, Permission.DUTY_CLAIM):
        return no
    if rule := denied(actor, person):
        return unknown(rule, "shut to this person")
    if not purpose.strip() or not referral.strip():
        return challenge("A-P4", "a claim needs its purpose and the reference of the referral")
    return allow("A-P4", "duty claim")


def break_glass(actor: Actor, person: PersonSubject, *, reason: str) -> Decision:
    """A-P5. Sealed people and conflicts stay shut, and look as if they were not there."""
    if no := by_role(actor, Permission.GLASS_BREAK):
        return no
    if rule := denied(actor, person):
        return unknown(rule, "shut to this person")
    figures = access_figures()
    if actor.unreviewed >= figures.unreviewed_most:
        return refuse("A-P5", "earlier uses have not been reviewed yet")
    if len(" ".join(reason.split())) < figures.reason_letters:
        return challenge("A-P5", "the reason is too short to be one")
    if not actor.fresh:
        return challenge("A-C2", "prove again that it is you")
    return allow("A-P5", "broken glass")


# --- what leaves, what is widened ------------------------------------------------------------------------


def export(actor: Actor, person: PersonSubject, *, purpose: str) -> Decision:
    """A-D10."""
    seen = view_person(actor, person)
    if not seen.allowed or Role.OPERATOR in actor.roles:
        return seen
    if not ways(actor, person) & CARRIES[Permission.CHRONOLOGY_EXPORT]:
        return refuse("A-D10", "their way to this child does not carry an export", Level.FULL)
    if "export" not in actor.permissions:
        return refuse("A-D10", "no export permission", Level.FULL)
    if not purpose.strip():
        return challenge("A-D10", "say what the file is for")
    if not actor.fresh:
        return challenge("A-C2", "prove again that it is you")
    return seen


def release(actor: Actor, entry: EntrySubject, *, lawful_basis: str) -> Decision:
    """A-P11: the owning agency alone widens, freshly signed in, on a stated basis."""
    seen = decide(actor, Permission.ENTRY_RELEASE, entry)
    if not seen.allowed:
        return seen
    if not lawful_basis.strip():
        return challenge("A-P11", "name the lawful basis")
    return seen if actor.fresh else challenge("A-C2", "prove again that it is you")


def delete(actor: Actor, entry: EntrySubject) -> Decision:
    """A-P11: nobody deletes."""
    seen = view_entry(actor, entry)
    if seen.outcome is not Outcome.ALLOW:
        return seen
    return refuse("A-P11", "nothing is deleted; a correction stands beside what it corrects", seen.level)


# --- who is who -------------------------------------------------------------------------------------------


def merge(actor: Actor, people: Collection[PersonSubject], second: Actor | None) -> Decision:
    """A-G1: two custodians, neither of them shut out from either person."""
    if shut := gate(actor):
        return shut
    if not actor.has(Role.INDEX_CUSTODIAN):
        return refuse("A-G1", "merging is for custodians of the index")
    for person in people:
        if rule := denied(actor, person):
            return unknown(rule, "shut to this person")
    if not actor.fresh:
        return challenge("A-C2", "prove again that it is you")
    if second is None:
        return challenge("A-G1", "a second custodian must agree")
    if second.ref == actor.ref:
        return refuse("A-D12", "nobody is their own second person")
    if not second.has(Role.INDEX_CUSTODIAN) or gate(second):
        return refuse("A-G1", "the second person is no custodian of the index")
    if any(denied(second, person) for person in people):
        return refuse("A-G1", "the second person is shut out from one of them")
    return allow("A-G1", "two custodians agree")


def stricter(shields: Collection[str]) -> Shield:
    """A-G1: the shield that a merged person carries."""
    order = list(Shield)
    return max((Shield(shield) for shield in shields), key=order.index, default=Shield.NONE)


def import_row(actor: Actor) -> Decision:
    """A-G2: matched with the matcher's own rights; the importer is told the same whatever it met."""
    return by_role(actor, Permission.ROW_BRING) or allow("A-G2", "received")


# --- meetings ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """As much of a meeting as decides who reads its papers. `answers`: worker ref -> accepted, apologies,
    disinvited."""

    person: PersonSubject
    starts: datetime
    pack_issued: datetime | None
    minutes_issued: datetime | None
    answers: Mapping[str, str]

    def closes(self) -> datetime:
        return self.starts + timedelta(days=access_figures().pack_days)


def view_pack(actor: Actor, meeting: Meeting, now: datetime) -> Decision:
    """A-P6: for those who accepted, from issue until 28 days after the start."""
    if no := guest(actor, meeting):
        return no
    if meeting.answers[actor.ref] == "apologies":
        return refuse("A-P6", "who sent apologies gets the minutes only")
    if meeting.pack_issued is None or now < meeting.pack_issued or now >= meeting.closes():
        return unknown("A-P6", "the pack is not open")
    return allow("A-P6", "accepted the invitation")


def view_minutes(actor: Actor, meeting: Meeting, now: datetime) -> Decision:
    if no := guest(actor, meeting):
        return no
    if meeting.minutes_issued is None or now < meeting.minutes_issued or now >= meeting.closes():
        return unknown("A-P6", "the minutes are not open")
    return allow("A-P6", meeting.answers[actor.ref])


def guest(actor: Actor, meeting: Meeting) -> Decision | None:
    if shut := gate(actor):
        return shut
    if rule := denied(actor, meeting.person):
        return unknown(rule, "shut to this person")
    if meeting.answers.get(actor.ref) not in ("accepted", "apologies"):
        return unknown("A-P6", "not invited, or disinvited")
    return None


def in_pack(actor: Actor, entry: EntrySubject) -> bool:
    """Whether an entry is in this recipient's own copy (A-D2, A-D4, A-D5, A-D7)."""
    if any(denied(actor, person) for person in entry.about) or entry.state != State.LIVE:
        return False
    return entry.handling != "C" or actor.ref in entry.recipients


# --- oversight --------------------------------------------------------------------------------------------


def view_audit(actor: Actor, *, about: str, about_agency: str, record_agency: str) -> Decision:
    """A-P12: a guardian reads the trail of their agency's people and of whoever touched its records."""
    if no := by_role(actor, Permission.ALERT_REVIEW):
        return no
    if about and about == actor.ref:
        return refuse("A-P12", "never their own trail")
    if actor.agency not in (about_agency, record_agency):
        return refuse("A-P12", "neither their agency's worker nor their agency's record")
    return allow("A-P12", "guardian of the agency concerned")


def lift_conflict(actor: Actor, *, of: Actor, proposed_by: str) -> Decision:
    """A-D2 and A-D12: by a guardian of another agency, and nobody in a matter of their own."""
    if no := by_role(actor, Permission.CONFLICT_LIFT):
        return no
    if actor.ref in (of.ref, proposed_by):
        return refuse("A-D12", "nobody decides on a matter of their own")
    if actor.agency == of.agency:
        return refuse("A-D2", "lifting needs a guardian of another agency")
    return (
        allow("A-D2", "guardian of another agency") if actor.fresh else challenge("A-C2", "prove it is you")
    )


def grant_role(actor: Actor, *, to: Actor, approver: Actor | None) -> Decision:
    """A-D12: an administrator gives, a guardian approves, neither to themselves."""
    if shut := gate(actor):
        return shut
    if not actor.has(Role.SYS_ADMIN):
        return refuse("A-D12", "roles are given by administrators")
    if to.ref == actor.ref:
        return refuse("A-D12", "nobody decides on a matter of their own")
    if approver is None:
        return challenge("A-D12", "a guardian must approve")
    if approver.ref in (actor.ref, to.ref) or not approver.has(Role.GUARDIAN):
        return refuse("A-D12", "approval needs a guardian who is neither of the two")
    return allow("A-D12", "a guardian approved") if actor.fresh else challenge("A-C2", "prove it is you")


#: Who may approve a disposal that another proposed.
DISPOSES = frozenset({Role.GUARDIAN, Role.RECORDS_OFFICER})


def approve_disposal(actor: Actor, *, proposed_by: str, holds: Collection[str]) -> Decision:
    """A-D12, A-H1: a named hold blocks whatever the schedule says."""
    if shut := gate(actor):
        return shut
    if not actor.roles & DISPOSES:
        return refuse("A-0", "no role of theirs approves disposals")
    if actor.ref == proposed_by:
        return refuse("A-D12", "nobody decides on a matter of their own")
    if holds:
        return refuse("A-H1", "a hold stands on it", http=409)
    return allow("A-D12", "proposed by another") if actor.fresh else challenge("A-C2", "prove it is you")


def read_config(actor: Actor) -> Decision:
    """A-D11: administration is configuration and accounts."""
    if shut := gate(actor):
        return shut
    return allow("A-D11", "administrator") if actor.has(Role.SYS_ADMIN) else refuse("A-0", "not theirs")


def view_aggregate(actor: Actor) -> Decision:
    if shut := gate(actor):
        return shut
    return allow("A-P8", "analyst") if actor.has(Role.ANALYST) else refuse("A-P8", "not an analyst")


def cell(count: int) -> str:
    """A-P8: what a table shows for a count."""
    return "suppressed" if 1 <= count <= access_figures().small_number_most else str(count)


# --- subject access ---------------------------------------------------------------------------------------


def sar_export(actor: Actor, *, assigned: bool, second: Actor | None) -> Decision:
    """A-P13: inside an assigned request alone, and a second reviewer signs."""
    if shut := gate(actor):
        return shut
    if not actor.has(Role.RECORDS_OFFICER):
        return refuse("A-P13", "not a records officer")
    if not assigned:
        return unknown("A-P13", "not an assigned request")
    if second is None:
        return challenge("A-P13", "a second reviewer must sign")
    if second.ref == actor.ref:
        return refuse("A-D12", "nobody is their own second person")
    return allow("A-P13", "an assigned request, signed by another")


def in_sar(
    controller: str, entry: EntrySubject, *, released: Collection[str], exempt: Collection[str]
) -> bool:
    """Own agency's records, and what other controllers released; exemptions and drafts stay out."""
    if entry.ref in exempt or entry.state != State.LIVE:
        return False
    return entry.owner == controller or entry.ref in released
