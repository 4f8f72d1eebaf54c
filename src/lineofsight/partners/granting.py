"""Deeds about roles and the permission to export: asked for by one person, approved by another, confirmed each
quarter (A-D12, N-5).

The operator of the machine approves an agency's first guardian; from then on that agency's guardians approve. A
change of roles ends the worker's sessions, so that nothing old stays open (N-3).
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from lineofsight.access.actor import Actor, Role
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import AlreadyThere, NotAllowed, Refused, StepNeeded
from lineofsight.partners import queries, rules, sessions
from lineofsight.partners.models import Worker, WorkerRole


@deed(Permission.PARTNERS_MANAGE, on="worker")
def ask_for_role(
    *, worker: Worker, role: str, why: str, by: Actor, since: date | None = None, until: date | None = None
) -> WorkerRole:
    """It opens nothing until a guardian approves it."""
    if role not in {given.code for given in book.roles()} | {rules.EXPORT}:
        raise Refused("Choose one of the roles in the list.", field="role")
    if worker.ref == by.ref:
        raise Refused("You cannot ask for a role of your own. Ask another administrator.")
    since = since or date.today()
    if until is not None and until <= since:
        raise Refused("The last day must be later than the first.", field="until")
    if queries.standing_roles(worker).filter(role=role).exists():
        raise AlreadyThere(f"{worker.name} has this already, or it waits to be approved.", field="role")
    return WorkerRole.objects.create(
        worker=worker, role=role, since=since, until=until, why=why.strip()[:200], asked_by=by.ref
    )


@deed(Permission.ROLE_GRANT, on="asked")
def approve_role(*, asked: WorkerRole, by: Actor) -> WorkerRole:
    """It counts from now on. Never by the one who asked, and never for oneself."""
    _may_decide(by, asked)
    if asked.asked_by == by.ref:
        raise Refused("Whoever asked for a role does not approve it. Ask another guardian.")
    waiting = _still_waiting(asked)
    waiting.approved_by, waiting.approved_at = by.ref, timezone.now()
    waiting.save(update_fields=["approved_by", "approved_at"])
    sessions.end(waiting.worker, why="roles changed", by=by)
    return waiting


@deed(Permission.ROLE_GRANT, on="asked")
def refuse_role(*, asked: WorkerRole, by: Actor) -> WorkerRole:
    _may_decide(by, asked)
    waiting = _still_waiting(asked)
    waiting.refused_at = timezone.now()
    waiting.save(update_fields=["refused_at"])
    return waiting


@deed(Permission.ROLE_GRANT, on="held")
def confirm_role(*, held: WorkerRole, by: Actor) -> WorkerRole:
    """Still needed for another quarter."""
    _may_decide(by, held)
    held.confirmed_at = timezone.now()
    held.save(update_fields=["confirmed_at"])
    return held


@deed(Permission.ROLE_GRANT, on="held")
def withdraw_role(*, held: WorkerRole, by: Actor) -> WorkerRole:
    """A guardian finds that it is not needed any more, or it lapses because nobody confirmed it."""
    _may_decide(by, held)
    return _ended(held, by)


@deed(Permission.PARTNERS_MANAGE, on="held")
def end_role(*, held: WorkerRole, by: Actor) -> WorkerRole:
    """Taking a role away needs nobody's approval, but nobody takes away their own."""
    if held.worker.ref == by.ref:
        raise Refused("You cannot change your own roles. Ask another administrator.")
    return _ended(held, by)


def _ended(held: WorkerRole, by: Actor) -> WorkerRole:
    held.until = max(date.today(), held.since)
    held.save(update_fields=["until"])
    sessions.end(held.worker, why="roles changed", by=by)
    return held


def _may_decide(by: Actor, role: WorkerRole) -> None:
    """A guardian of the worker's own agency, who has just shown who they are (A-C2); never for themselves."""
    if by.has(Role.OPERATOR):
        return
    approver = rules.Approver(by.ref, by.agency, by.roles)
    if why := rules.why_not_approve(approver, worker=role.worker.ref, agency=role.worker.agency.code):
        raise NotAllowed(why)
    if not by.fresh:
        raise StepNeeded("Show that it is still you before you decide about a role.", prove=True)


def _still_waiting(asked: WorkerRole) -> WorkerRole:
    waiting = WorkerRole.objects.select_for_update().select_related("worker__agency").get(pk=asked.pk)
    if waiting.approved_at or waiting.refused_at:
        raise AlreadyThere("This has been decided already.")
    return waiting
