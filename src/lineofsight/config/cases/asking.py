"""Asks each case through the product's services, and says what was decided.

What a service raises is the decision: not found, not allowed, a further step. What it returns is searched for
everything that should be hidden: a value that stands in it anywhere is not hidden.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any

from lineofsight.access import ledger, procedures
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.policy import Decision, Field, Level, Outcome, hidden_fields, hidden_of_person
from lineofsight.catalogue.errors import NotAllowed, NotFound, PointerOnly, Refused, StepNeeded
from lineofsight.catalogue.handling import class_of_field
from lineofsight.catalogue.when import When
from lineofsight.chronology import queries as entries
from lineofsight.chronology import services as writing
from lineofsight.config.cases.reading import Case
from lineofsight.config.cases.world import World
from lineofsight.desk import packs
from lineofsight.people import admitting, arriving, index
from lineofsight.people import queries as people
from lineofsight.people import services as joining

ALLOW, DENY, CHALLENGE = "allow", "deny", "challenge"


@dataclass
class Answer:
    decision: str
    view: str = "none"
    http: int = 200
    body: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    #: Things to hide: name -> values that must not stand in the body.
    secrets: dict[str, list[str]] = field(default_factory=dict)

    def hidden(self) -> list[str]:
        """Of what is to be hidden, all of which no value stands in any byte of the answer."""
        return sorted(
            name for name, values in self.secrets.items() if not any(v and v in self.body for v in values)
        )

    def leaks(self) -> list[str]:
        return sorted(
            name for name, values in self.secrets.items() if any(v and v in self.body for v in values)
        )


def denied(http: int) -> Answer:
    return Answer(DENY, http=http)


def asked(work: Callable[[], Answer]) -> Answer:
    """What a service raises, as a decision."""
    try:
        return work()
    except NotFound:
        return denied(404)
    except PointerOnly as held:
        return Answer(ALLOW, "pointer", 200, body=str(held))
    except StepNeeded:
        return Answer(CHALLENGE, http=403)
    except NotAllowed:
        return denied(403)


def of(actor: Actor, case: Case, decision: Decision) -> Answer:
    """A decision of the policy whose feature is built later; written down like any other."""
    outcomes = {
        Outcome.ALLOW: ledger.DONE,
        Outcome.DENY: ledger.REFUSED,
        Outcome.CHALLENGE: ledger.CHALLENGED,
    }
    ledger.write(
        actor, f"case.{case.action}", Subject("case", case.id), outcome=outcomes[decision.outcome],
        rule=decision.rule, path=decision.why,
    )  # fmt: skip
    view = {Level.NONE: "none", Level.POINTER: "pointer", Level.FULL: "full"}[decision.level]
    return Answer(
        decision.outcome.value, view if decision.outcome is Outcome.ALLOW else "none", decision.http
    )


def plain(value: Any) -> str:
    """Everything that a returned value says, for searching."""
    return json.dumps(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value,
                      default=lambda o: plain(o) if is_dataclass(o) else str(o), ensure_ascii=False)  # fmt: skip


# --- looking ----------------------------------------------------------------------------------------------


def view_person_case(world: World, case: Case, actor: Actor) -> Answer:
    ref = world.refs.get(case.target[0], case.target[0])
    child = people.get_child(actor, ref)
    facts = people.shown_facts(actor, child)
    former = people.former_of(actor, child)
    answer = Answer(ALLOW, "full", body=plain({"name": child.name, "facts": facts, "former": former}))
    answer.secrets = secrets_of_person(world, case.target[0], actor)
    return answer


def secrets_of_person(world: World, ident: str, actor: Actor) -> dict[str, list[str]]:
    row = world.row("people", ident)
    subject = world.child(ident).subject()
    hidden = hidden_of_person(actor, subject)
    found: dict[str, list[str]] = {}
    held = row.get("fields") or {}
    if Field.LOCATION in hidden:
        found["location"] = [str(held.get(n, "")) for n in ("postcode", "address", "school", "gp", "phone")]
    if Field.PREVIOUS_IDENTITY in hidden and row.get("adopted_from"):
        former = str(row["adopted_from"])
        names = next((p.get("fields") or {} for p in world.file.world["people"] if p["id"] == former), {})
        found["previous_identity"] = [world.refs.get(former, former), str(names.get("surname", ""))]
    return found


def view_record_case(world: World, case: Case, actor: Actor) -> Answer:
    guarded = entries.get_own_entry(actor, world.entries.get(case.target[0], case.target[0]))
    answer = Answer(ALLOW, "full", body=plain(guarded.view))
    answer.secrets = secrets_of_record(world, case.target[0], actor, guarded)
    return answer


def secrets_of_record(
    world: World, ident: str, actor: Actor, guarded: Any, *, leaving: bool = False
) -> dict[str, list[str]]:
    row = world.row("records", ident)
    subject = guarded.subject()
    classes = hidden_fields(actor, subject, leaving=leaving)
    located = set(row.get("location_fields") or ()) if Field.LOCATION in classes else set()
    found = {
        name: [str(value)]
        for name, value in (row.get("fields") or {}).items()
        if name != "body" and (name in located or class_of_field(name) in classes)
    }
    for name in guarded.view.hidden:
        if name.startswith("person:"):
            person = world.id_of_person(name.removeprefix("person:"))
            held = world.row("people", person).get("fields") or {}
            found[f"person:{person}"] = [str(held.get(n, "")) for n in ("forename", "surname", "dob")]
    return found


def list_records_case(world: World, case: Case, actor: Actor) -> Answer:
    child = people.get_child(actor, world.refs.get(case.target[0], case.target[0]), purpose="chronology")
    shown = entries.chronology(actor, child, page=500)
    pointed = entries.pointers(actor, child)
    full = [world.id_of_entry(view.ref) for view in shown.rows]
    if len(full) != shown.total or len(pointed) != sum(n for _, n in shown.withheld):
        raise Refused(f"{case.id}: the counts of the chronology do not agree with its rows.")
    return Answer(
        ALLOW, "full", body=plain(shown),
        more={"full": sorted(full), "pointers": sorted(world.id_of_entry(ref) for _, ref in pointed)},
    )  # fmt: skip


def search_text_case(world: World, case: Case, actor: Actor) -> Answer:
    hits = entries.search_text(actor, str(case.context.get("text", "")))
    found = sorted(world.id_of_entry(hit.view.ref) for hit in hits)
    return Answer(ALLOW, body=plain([hit.view for hit in hits]), more={"hits": found})


def search_index_case(world: World, case: Case, actor: Actor) -> Answer:
    given = identifiers(case)
    found = index.look_up(actor, given, str(case.context.get("purpose") or ""))
    if not found.ref:
        return Answer(ALLOW, "none", more={"shown": []})
    ident = world.id_of_person(found.ref)
    if not found.shows:
        return Answer(ALLOW, "full", body=plain(found), more={"shown": []})
    row = world.row("people", ident)
    held = row.get("fields") or {}
    answer = Answer(
        ALLOW, "pointer", body=plain(asdict(replace(found, ref=""))), more={"shown": list(found.shows)}
    )
    answer.secrets = {
        "chronology": [str((r.get("fields") or {}).get("body", "")) for r in world.file.world["records"]],
        "location": [str(held.get(n, "")) for n in ("postcode", "address", "school", "gp", "phone")],
    }
    if "agencies" not in found.shows:
        answer.secrets |= {"agencies": list(world.child(ident).agencies), "lead_contact": [found.lead]}
    return answer


#: Other names that a file may give an identifier.
ALSO_CALLED = {"nhs_number": "nhs", "first_name": "forename", "given": "forename", "last_name": "surname",
               "family": "surname", "date_of_birth": "dob", "telephone": "phone"}  # fmt: skip


def identifiers(case: Case) -> dict[str, str]:
    held = case.context.get("identifiers") or {}
    return {ALSO_CALLED.get(name, name): day_words(value) for name, value in held.items()}


def day_words(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- doing ------------------------------------------------------------------------------------------------


def claim_case(world: World, case: Case, actor: Actor) -> Answer:
    tie = admitting.claim_duty(
        child=people.anyone(actor, world.refs.get(case.target[0], case.target[0])), by=actor,
        purpose=str(case.context.get("purpose") or ""), referral=str(case.context.get("referral") or ""),
    )  # fmt: skip
    return Answer(ALLOW, "full", more={"lasts_minutes": minutes_of(tie)})


def glass_case(world: World, case: Case, actor: Actor) -> Answer:
    child = people.anyone(actor, world.refs.get(case.target[0], case.target[0]))
    tie = admitting.break_glass(child=child, reason=str(case.context.get("reason") or ""), by=actor)
    return Answer(ALLOW, "full", more={"lasts_minutes": minutes_of(tie)})


def minutes_of(tie: Any) -> int:
    return int((tie.until - tie.since).total_seconds() // 60)


def edit_case(world: World, case: Case, actor: Actor) -> Answer:
    guarded = entries.get_own_entry_to_change(actor, world.entries.get(case.target[0], case.target[0]))
    kind = guarded.entry.kind
    account = writing.Account(kind=kind, when=When.unknown(), title="Corrected", narrative="Corrected.")
    writing.correct_entry(guarded=guarded, account=account, reason="as the case asks", by=actor)
    return Answer(ALLOW, "full", more={"effects": ["new_version"]})


def comment_case(world: World, case: Case, actor: Actor) -> Answer:
    guarded = entries.get_own_entry_to_change(actor, world.entries.get(case.target[0], case.target[0]))
    writing.comment(guarded=guarded, text="As the case asks.", by=actor)
    return Answer(ALLOW, "full")


def release_case(world: World, case: Case, actor: Actor) -> Answer:
    guarded = entries.get_own_entry_to_change(actor, world.entries.get(case.target[0], case.target[0]))
    writing.release_entry(
        guarded=guarded, to=actor.ref, lawful_basis=str(case.context.get("lawful_basis") or ""), by=actor
    )
    return Answer(ALLOW, "full")


def delete_case(world: World, case: Case, actor: Actor) -> Answer:
    subject, _ = entries.asked_for(world.entries.get(case.target[0], case.target[0]))
    return of(actor, case, procedures.delete(actor, subject))


def export_case(world: World, case: Case, actor: Actor) -> Answer:
    child = people.get_child(actor, world.refs.get(case.target[0], case.target[0]), purpose="export")
    document = packs.gather(actor, child, made_for=str(case.context.get("purpose") or ""), format="json")
    included = sorted(world.id_of_entry(line.ref) for line in document.lines)
    answer = Answer(ALLOW, "full", body=plain(document), more={"included": included})
    for ident in included:
        guarded = entries.get_own_entry(actor, world.entries[ident])
        for name, values in secrets_of_record(world, ident, actor, guarded, leaving=True).items():
            answer.secrets.setdefault(name, []).extend(values)
    return answer


def merge_case(world: World, case: Case, actor: Actor) -> Answer:
    children = [world.child(person) for person in case.target]
    second = second_person(world, case.context.get("second_approver"), Role.INDEX_CUSTODIAN)
    joining.merge_people(children=children, second=second, by=actor)
    merged = people.assemble(people.person_of(children[0].ref)).subject()
    shield = procedures.stricter(merged.shields).value or "none"
    return Answer(ALLOW, "full", more={"result_shield": shield, "effects": ["reversible"]})


def import_case(world: World, case: Case, actor: Actor) -> Answer:
    row = {name: day_words(value) for name, value in (case.context.get("row") or {}).items()}
    arrived = arriving.arrive(row=row, by=actor)
    return Answer(ALLOW, "full", more={"shown_to_actor": arrived.told, "effects": [arrived.effect]})


def audit_case(world: World, case: Case, actor: Actor) -> Answer:
    about = case.context.get("about_user")
    of_agency = world.row("users", about)["agency"] if about else ""
    decision = procedures.view_audit(
        actor, about=world.workers[about].ref if about else "", about_agency=of_agency,
        record_agency=str(case.context.get("record_agency") or ""),
    )  # fmt: skip
    answer = of(actor, case, decision)
    if answer.decision == ALLOW:
        bodies = [str((row.get("fields") or {}).get("body", "")) for row in world.file.world["records"]]
        answer.secrets = {"record_body": bodies}
        answer.body = plain(people.trail(actor, world.workers[about].ref if about else ""))
    return answer


def conflict_case(world: World, case: Case, actor: Actor) -> Answer:
    proposer = case.context.get("proposed_by")
    admitting.lift_conflict(
        child=world.child(case.target[0]), worker=world.workers[case.context["for_user"]].ref,
        reason="as the case asks", by=actor, proposed_by=world.workers[proposer].ref if proposer else "",
    )  # fmt: skip
    return Answer(ALLOW, "full")


def role_case(world: World, case: Case, actor: Actor) -> Answer:
    second = second_person(world, case.context.get("approved_by_guardian"), Role.GUARDIAN)
    to = world.actor(case.context["for_user"])
    return of(actor, case, procedures.grant_role(actor, to=to, approver=second))


def second_person(world: World, given: Any, role: Role) -> Actor | None:
    """A user of the world; or, where a case only says that there was one, somebody of the role."""
    if given is True:
        return Actor("somebody", "Somebody of the role", roles=frozenset({role}))
    return world.actor(str(given)) if given else None


def disposal_case(world: World, case: Case, actor: Actor) -> Answer:
    proposer = case.context.get("proposed_by")
    return of(
        actor, case, procedures.approve_disposal(
            actor, proposed_by=world.workers[proposer].ref if proposer else "",
            holds=as_list(case.context.get("holds")),
        )
    )  # fmt: skip


def as_list(given: Any) -> list[str]:
    if isinstance(given, list | tuple):
        return [str(one) for one in given]
    return [str(given)] if given else []


def pack_case(world: World, case: Case, actor: Actor) -> Answer:
    meeting, row = world.meeting(case.target[0]), world.row("meetings", case.target[0])
    answer = of(actor, case, procedures.view_pack(actor, meeting, world.now()))
    if answer.decision == ALLOW:
        subjects = [(ident, entries.asked_for(world.entries[ident])[0]) for ident in row.get("pack") or ()]
        answer.more["included"] = sorted(i for i, subject in subjects if procedures.in_pack(actor, subject))
    return answer


def minutes_case(world: World, case: Case, actor: Actor) -> Answer:
    return of(actor, case, procedures.view_minutes(actor, world.meeting(case.target[0]), world.now()))


def sar_case(world: World, case: Case, actor: Actor) -> Answer:
    ident = case.target[0]
    second = second_person(world, case.context.get("second_reviewer"), Role.RECORDS_OFFICER)
    known = next((row for row in world.file.world["requests"] if row["id"] == ident), None)
    assigned = known is not None and any(
        row["kind"] == "sar" and world.workers[row["user"]].ref == actor.ref and ident in (row.get("requests") or ())
        and world.in_date(row) for row in world.file.world["assignments"]
    )  # fmt: skip
    answer = of(actor, case, procedures.sar_export(actor, assigned=assigned, second=second))
    if answer.decision == ALLOW and known is not None:
        released, exempt = set(known.get("released") or ()), set(known.get("exempt") or ())
        included = []
        redacted = set()
        for row in world.file.world["records"]:
            if known["person"] not in row["about"]:
                continue
            subject = replace(entries.asked_for(world.entries[row["id"]])[0], ref=row["id"])
            if procedures.in_sar(known["controller"], subject, released=released, exempt=exempt):
                included.append(row["id"])
                redacted |= {n for n in row.get("fields") or {} if class_of_field(n) in REDACTED}
        answer.more |= {"included": sorted(included), "redacted": sorted(redacted)}
    return answer


#: What subject access takes out of what it gives: others' secrets (A-F2, A-F3).
REDACTED = ("source_identity", "third_parties")


def config_case(world: World, case: Case, actor: Actor) -> Answer:
    return of(actor, case, procedures.read_config(actor))


def aggregate_case(world: World, case: Case, actor: Actor) -> Answer:
    answer = of(actor, case, procedures.view_aggregate(actor))
    if answer.decision == ALLOW:
        shown = procedures.cell(int(case.context.get("true_count") or 0))
        answer.more["cell"] = int(shown) if shown.isdecimal() else shown
    return answer


SERVICE: Mapping[str, Callable[[World, Case, Actor], Answer]] = {
    "view_person": view_person_case, "view_record": view_record_case, "list_records": list_records_case,
    "search_text": search_text_case, "search_index": search_index_case, "self_claim": claim_case,
    "break_glass": glass_case, "edit_record": edit_case, "comment_record": comment_case,
    "delete_record": delete_case, "release_record": release_case, "export": export_case,
    "merge_people": merge_case, "import_row": import_case, "view_audit": audit_case, "lift_conflict": conflict_case,
    "grant_role": role_case, "approve_disposal": disposal_case, "view_pack": pack_case,
    "view_minutes": minutes_case, "sar_export": sar_case, "read_config": config_case,
    "view_aggregate": aggregate_case,
}  # fmt: skip
