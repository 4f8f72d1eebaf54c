"""`deed`: the frame around everything that changes something.

Asks the policy, opens the transaction, does the work, writes the ledger: all or nothing. A refusal is
written down too, outside the work it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import transaction

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.policy import HIDDEN_WHEN_REFUSED, Decision, Permission, decide
from lineofsight.catalogue.errors import NotAllowed, NotFound

P = ParamSpec("P")
R = TypeVar("R")


class Guarded(Protocol):
    """Anything that can say by which facts it is protected."""

    def subject(self) -> Subject: ...


def require(actor: Actor, permission: Permission, subject: Subject) -> Decision:
    """Pass, or raise: not found when even the existence is not for this person, else not allowed."""
    decision = decide(actor, permission, subject)
    if decision.allowed:
        return decision
    ledger.write(actor, permission, subject, outcome=ledger.REFUSED, path=decision.why)
    if permission in HIDDEN_WHEN_REFUSED and not decision.level:
        raise NotFound("There is nothing here that you can see. Check the reference, or search by name.")
    raise NotAllowed("Your role does not allow this. Ask your information officer if you think it should.")


def deed(permission: Permission, on: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a function that changes something. `on` names the keyword that holds the guarded thing;
    without it the deed concerns the whole partnership. Takes keywords alone, `by` (the actor) among them.
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
            with transaction.atomic():
                result = work(*args, **kwargs)
                named = result.subject() if hasattr(result, "subject") else subject
                ledger.write(
                    by, permission, named, detail={"deed": work.__name__}, path=decision.why,
                    people=whom(guarded, result), records=[str(getattr(result, "ref", ""))],
                )  # fmt: skip
            return result

        run.deed = permission  # type: ignore[attr-defined]
        return run

    return frame


def whom(*things: Any) -> list[str]:
    return [ref for thing in things if hasattr(thing, "whom") for ref in thing.whom()]


def looked(
    actor: Actor, permission: Permission, subject: Subject, *, people: Iterable[str] = (),
    records: Iterable[str] = (), purpose: str = "", **detail: Any,
) -> None:  # fmt: skip
    """Asks and records a read. Called before the content leaves."""
    decision = require(actor, permission, subject)
    ledger.write(
        actor, permission, subject, outcome=ledger.LOOKED, detail=detail, people=people, records=records,
        purpose=purpose, path=decision.why,
    )  # fmt: skip
