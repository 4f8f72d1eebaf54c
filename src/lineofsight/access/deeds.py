"""`deed`: the frame around everything that changes something.

Asks the policy, opens the transaction, does the work, writes the ledger: all or nothing. A refusal is
written down too, outside the work it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from lineofsight.access import alerts, guard, ledger, occasion
from lineofsight.access.actor import Actor, EntrySubject, PersonSubject, Subject
from lineofsight.access.policy import Decision, Outcome, Permission, decide
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import DomainError, NotAllowed, NotFound, PointerOnly, StepNeeded

P = ParamSpec("P")
R = TypeVar("R")


class Guarded(Protocol):
    """Anything that can say by which facts it is protected."""

    def subject(self) -> Subject: ...


NOTHING_HERE = "There is nothing here that you can see. Check the reference, or search by name."


def require(actor: Actor, permission: Permission, subject: Subject) -> Decision:
    """Pass, or raise: not found when even the existence is not for this person, else not allowed."""
    return proceed(actor, permission, subject, decide(actor, permission, subject))


def proceed(actor: Actor, permission: Permission, subject: Subject, decision: Decision) -> Decision:
    """Pass with a decision that was taken, or raise what it means. What is refused is written down."""
    if decision.allowed:
        return decision
    note_refusal(actor, permission, subject, decision)
    error = meaning(subject, decision)
    error.refusal = (actor, permission, subject, decision)
    raise error


def note_refusal(
    actor: Actor, permission: Permission, subject: Subject, decision: Decision, *, again: bool = False
) -> None:
    """Written down, and told to a guardian where a protected person was reached for (W-1). `again`: the
    transaction in which it was noted was taken back; in a request the edge writes the ledger's part again."""
    outcomes = {
        Outcome.CHALLENGE: ledger.CHALLENGED,
        Outcome.ALLOW: ledger.POINTED,
        Outcome.DENY: ledger.REFUSED,
    }
    if not (again and occasion.current()):
        ledger.write(
            actor,
            permission,
            subject,
            outcome=outcomes[decision.outcome],
            rule=decision.rule,
            path=decision.why,
        )
    if (
        decision.rule in ("A-D2", "A-D4")
        and decision.http == 404
        and isinstance(subject, PersonSubject | EntrySubject)
    ):
        alerts.raise_alert(
            "protected_touched", actor, about=subject.ref, permission=permission, rule=decision.rule
        )

    if decision.http == 404 and subject.kind in ("child", "entry"):
        notice_guessing(actor)


def notice_guessing(actor: Actor) -> None:
    """Many references that lead nowhere, in a short time (W-1). What is hidden counts like what never was."""
    figures = alerts.figures()
    window = timedelta(minutes=figures["guessing_minutes"])
    tried = ledger.refused_lately(actor.ref, timezone.now() - window, kinds=("child", "entry"))
    if len(tried) < figures["guessing_times"]:
        return
    if not alerts.already_open("guessing", actor.ref, since=clock.now() - window):
        alerts.raise_alert("guessing", actor, references=len(tried))


def meaning(subject: Subject, decision: Decision) -> DomainError:
    """The words for whoever was refused."""
    if decision.outcome is Outcome.CHALLENGE:
        return StepNeeded(f"{decision.why[0].upper()}{decision.why[1:]}.", prove=decision.rule == "A-C2")
    if decision.http == 404:
        return NotFound(NOTHING_HERE)
    if decision.rule == "A-D1":
        return NotAllowed(
            f"{decision.why} Until that is settled you see no records. Ask your information officer."
        )
    if decision.outcome is Outcome.ALLOW:
        return PointerOnly(f"This is {decision.why}. Ring the agency that holds it.", agency=subject.owner)
    return NotAllowed("Your role does not allow this. Ask your information officer if you think it should.")


def deed(
    permission: Permission, on: str = "", *, as_system: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a function that changes something. `on` names the keyword that holds the guarded thing;
    without it the deed concerns the whole partnership. Takes keywords alone, `by` (the actor) among them.
    `as_system`: once it is decided, the product does the work with its own rights in the database (the matcher
    meets everybody, a claim is written before it lets anyone in).
    A returned object with a `subject()` is what the ledger row names, else the guarded thing is. Either may
    have a `whom()`: the references of the people it is about."""

    def frame(work: Callable[P, R]) -> Callable[P, R]:
        @wraps(work)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            by = kwargs["by"]
            assert isinstance(by, Actor)
            guarded = kwargs.get(on) if on else None
            subject = guarded.subject() if guarded is not None else Subject.partnership()  # type: ignore[attr-defined]
            decision = require(by, permission, subject)
            try:
                with transaction.atomic():
                    with guard.as_system(work.__name__) if as_system else nullcontext():
                        result = work(*args, **kwargs)
                        people = whom(guarded, result)
                    named = result.subject() if hasattr(result, "subject") else subject
                    ledger.write(
                        by, permission, named, detail={"deed": work.__name__}, rule=decision.rule, path=decision.why,
                        people=people, records=[str(getattr(result, "ref", ""))],
                    )  # fmt: skip
            except DomainError as error:
                if error.refusal is not None:
                    # Refused half-way: what was written about it went with the work, and is written again.
                    note_refusal(*error.refusal, again=True)
                raise
            finally:
                guard.forget()
            return result

        run.deed = permission  # type: ignore[attr-defined]
        return run

    return frame


def whom(*things: Any) -> list[str]:
    return [ref for thing in things if hasattr(thing, "whom") for ref in thing.whom()]


def looked(
    actor: Actor, permission: Permission, subject: Subject, *, people: Iterable[str] = (),
    records: Iterable[str] = (), purpose: str = "", **detail: Any,
) -> Decision:  # fmt: skip
    """Asks and records a read. Called before the content leaves."""
    decision = require(actor, permission, subject)
    ledger.write(
        actor, permission, subject, outcome=ledger.LOOKED, detail=detail, people=people, records=records,
        purpose=purpose, rule=decision.rule, path=decision.why,
    )  # fmt: skip
    return decision
