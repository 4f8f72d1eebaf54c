"""Roles and the permission to export: asked for by one person, approved by another, confirmed each quarter.

The operator of the machine approves an agency's first guardian; from then on that agency's guardians approve
(A-D12, N-5). A change of roles ends the worker's sessions, so that nothing old stays open (N-3).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Role
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import AlreadyThere, NotAllowed, NotFound, Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import rules, sessions
from lineofsight.partners.models import Worker, WorkerRole


def may_approve(by: Actor, worker: Worker) -> None:
    if by.has(Role.OPERATOR):
        return
    approver = rules.Approver(by.ref, by.agency, by.roles)
    why = rules.why_not_approve(approver, worker=worker.ref, agency=worker.agency.code)
    if why:
        ledger.write(by, "role.approve", worker.subject(), outcome=ledger.REFUSED, detail={"why": why})
        raise NotAllowed(why)


def ask(
    *, worker: Worker, role: str, why: str, by: Actor, since: date | None = None, until: date | None = None
) -> WorkerRole:
    """Asks for a role. It opens nothing until a guardian approves it."""
    if role not in {given.code for given in book.roles()} | {rules.EXPORT}:
        raise Refused("Choose one of the roles in the list.", field="role")
    if worker.ref == by.ref:
        raise Refused("You cannot ask for a role of your own. Ask another administrator.")
    since = since or date.today()
    if until is not None and until <= since:
        raise Refused("The last day must be later than the first.", field="until")
    if standing(worker).filter(role=role).exists():
        raise AlreadyThere(f"{worker.name} has this already, or it waits to be approved.", field="role")
    with transaction.atomic():
        asked = WorkerRole.objects.create(
            worker=worker, role=role, since=since, until=until, why=why.strip()[:200], asked_by=by.ref
        )
        ledger.write(by, "role.ask", worker.subject(), detail={"role": role})
    return asked


def standing(worker: Worker) -> QuerySet[WorkerRole]:
    """Approved and not over, or waiting."""
    today = date.today()
    return worker.roles.filter(Q(until=None) | Q(until__gt=today), refused_at=None)


def approve(*, asked: WorkerRole, by: Actor) -> WorkerRole:
    """It counts from now on. Never by the one who asked, and never for oneself."""
    may_approve(by, asked.worker)
    if asked.asked_by == by.ref:
        raise Refused("Whoever asked for a role does not approve it. Ask another guardian.")
    with transaction.atomic():
        waiting = WorkerRole.objects.select_for_update().get(pk=asked.pk)
        if waiting.approved_at or waiting.refused_at:
            raise AlreadyThere("This has been decided already.")
        waiting.approved_by, waiting.approved_at = by.ref, timezone.now()
        waiting.save(update_fields=["approved_by", "approved_at"])
        changed(waiting, "role.approve", by)
    return waiting


def refuse(*, asked: WorkerRole, by: Actor) -> WorkerRole:
    may_approve(by, asked.worker)
    with transaction.atomic():
        waiting = WorkerRole.objects.select_for_update().get(pk=asked.pk)
        if waiting.approved_at or waiting.refused_at:
            raise AlreadyThere("This has been decided already.")
        waiting.refused_at = timezone.now()
        waiting.save(update_fields=["refused_at"])
        ledger.write(by, "role.refuse", waiting.worker.subject(), detail={"role": waiting.role})
    return waiting


def end(*, held: WorkerRole, by: Actor, why: str = "ended") -> WorkerRole:
    """Taking a role away needs nobody's approval, but nobody takes away their own."""
    if held.worker.ref == by.ref:
        raise Refused("You cannot change your own roles. Ask another administrator.")
    with transaction.atomic():
        held.until = max(date.today(), held.since)
        held.save(update_fields=["until"])
        changed(held, "role.end", by, why=why)
    return held


def changed(held: WorkerRole, action: str, by: Actor, **detail: str) -> None:
    ledger.write(by, action, held.worker.subject(), detail={"role": held.role, **detail})
    sessions.end(held.worker, why="roles changed", by=by)


# --- once a quarter ---------------------------------------------------------------------------------------


def due_for_confirmation(agency: str, *, within: int = 0) -> list[WorkerRole]:
    """Roles of this agency that nobody has confirmed for a quarter, less `within` days."""
    now, today = timezone.now(), date.today()
    oldest = now - timedelta(days=numbers().recertify_days - within)
    held = WorkerRole.objects.filter(
        Q(until=None) | Q(until__gt=today),
        worker__agency__code=agency,
        worker__is_active=True,
        approved_at__lt=oldest,
    ).filter(Q(confirmed_at=None) | Q(confirmed_at__lt=oldest))
    return list(held.select_related("worker", "worker__agency").order_by("worker__name", "role"))


def confirm(*, held: WorkerRole, by: Actor) -> WorkerRole:
    """Still needed for another quarter."""
    may_approve(by, held.worker)
    with transaction.atomic():
        held.confirmed_at = timezone.now()
        held.save(update_fields=["confirmed_at"])
        ledger.write(by, "role.confirm", held.worker.subject(), detail={"role": held.role})
    return held


def lapse(*, by: Actor) -> list[WorkerRole]:
    """Ends every role that was due and not confirmed in the days of notice (N-5). An agency's last guardian
    stays, because nobody could approve anything there without one; the list says so every day."""
    gone: list[WorkerRole] = []
    codes = WorkerRole.objects.values_list("worker__agency__code", flat=True).distinct()
    for code in codes:
        overdue = due_for_confirmation(code, within=-numbers().recertify_notice_days)
        keep = last_guardian(code)
        gone += [end(held=held, by=by, why="not confirmed") for held in overdue if held.pk != keep]
    return gone


def last_guardian(agency: str) -> int | None:
    today = date.today()
    held = WorkerRole.objects.filter(
        Q(until=None) | Q(until__gt=today), role=rules.GUARDIAN, worker__agency__code=agency,
        worker__is_active=True, approved_at__isnull=False,
    ).values_list("pk", flat=True)  # fmt: skip
    return held[0] if len(held) == 1 else None


# --- reading ----------------------------------------------------------------------------------------------


def waiting(by: Actor) -> list[WorkerRole]:
    """What this guardian may decide: their own agency's, and never their own."""
    rows = WorkerRole.objects.filter(approved_at=None, refused_at=None).select_related(
        "worker", "worker__agency"
    )
    if not by.has(Role.OPERATOR):
        rows = rows.filter(worker__agency__code=by.agency).exclude(worker__ref=by.ref)
    return list(rows.order_by("asked_at"))


def grant(ref: str) -> WorkerRole:
    found = WorkerRole.objects.select_related("worker", "worker__agency").filter(ref=ref).first()
    if found is None:
        raise NotFound("There is no such role.")
    return found


def is_guardian(by: Actor) -> bool:
    return rules.GUARDIAN in by.roles
