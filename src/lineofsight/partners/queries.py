"""Reads about partners: no child's data in here."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book, clock
from lineofsight.catalogue.errors import NotAllowed, NotFound, Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners.models import Agency, HomeDetails, Team, Worker, WorkerRole
from lineofsight.partners.rules import GUARDIAN, in_date


def agencies() -> list[Agency]:
    """Every agency in the order of its badge. Names of partners are known to all partners."""
    return list(guard.remember("agencies", lambda: tuple(Agency.objects.all())))


def agencies_by_code() -> dict[str, Agency]:
    return {agency.code: agency for agency in agencies()}


def agency(code: str) -> Agency:
    found = Agency.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Agency.objects.values_list("code", flat=True)) or "none yet: run lineofsight init"
        raise Refused(f"There is no agency with the code “{code}”. Known codes: {known}.", field="agency")
    return found


def workers_with_roles(actor: Actor) -> list[tuple[Worker, list[str]]]:
    """Everyone with an account, and their roles today, for those who manage them."""
    require(actor, Permission.PARTNERS_MANAGE, Subject.partnership())
    today = date.today()
    return [
        (
            worker,
            [
                held.role
                for held in worker.roles.all()
                if held.approved_at and in_date(held.since, held.until, today)
            ],
        )
        for worker in Worker.objects.select_related("agency", "team").prefetch_related("roles")
    ]


def state_of(worker: Worker) -> str:
    """active, invited, suspended or ended."""
    if worker.has_ended() or (not worker.is_active and worker.suspended_at is None):
        return "ended"
    if not worker.is_active:
        return "suspended"
    return "active" if worker.last_login else "invited"


def state_of_role(held: WorkerRole) -> str:
    """waiting, refused, to come, held or over."""
    today = date.today()
    if held.refused_at:
        return "refused"
    if held.until and held.until <= today:
        return "over"
    if not held.approved_at:
        return "waiting"
    return "held" if held.since <= today else "to come"


def home_of(actor: Actor, worker: Worker) -> HomeDetails | None:
    """Where a worker lives: for themselves and their agency's guardian. The look is written down."""
    own_guardian = GUARDIAN in actor.roles and actor.agency == worker.agency.code
    if actor.ref != worker.ref and not own_guardian:
        ledger.write(actor, "account.home", worker.subject(), outcome=ledger.REFUSED)
        raise NotAllowed("Only the worker and their agency’s information guardian see where someone lives.")
    if actor.ref != worker.ref:
        ledger.write(actor, "account.home", worker.subject(), outcome=ledger.LOOKED)
    return HomeDetails.objects.filter(worker=worker).first()


def has_guardian(agency: Agency) -> bool:
    """Whether anyone can approve roles there. Without one, the operator of the machine names the first."""
    today = date.today()
    held = WorkerRole.objects.filter(role=GUARDIAN, worker__agency=agency, worker__is_active=True)
    return held.filter(Q(until=None) | Q(until__gt=today), approved_at__isnull=False).exists()


def worker_by_ref(ref: str) -> Worker | None:
    return Worker.objects.select_related("agency", "team").filter(ref=ref).first()


def worker_by_email(email: str) -> Worker:
    active = Worker.objects.select_related("agency", "team").filter(is_active=True)
    found = active.filter(email__iexact=email.strip()).first()
    if found is None:
        raise Refused(f"Nobody with the address “{email}” has an active account.", field="as")
    return found


def any_worker_by_email(email: str) -> Worker:
    """Also one who is suspended or has left."""
    found = Worker.objects.select_related("agency", "team").filter(email__iexact=email.strip()).first()
    if found is None:
        raise Refused(f"Nobody has the address “{email}” here. Check it.", field="email")
    return found


def workers_by_ref(refs: set[str]) -> dict[str, Worker]:
    found = Worker.objects.select_related("agency", "team").filter(ref__in=refs)
    return {worker.ref: worker for worker in found}


def colleagues() -> list[Worker]:
    """Active workers who can be put in the team around a child."""
    return list(Worker.objects.select_related("agency", "team").filter(is_active=True).order_by("name"))


def teams() -> list[Team]:
    return list(Team.objects.select_related("agency"))


def workers_exist() -> bool:
    return Worker.objects.exists()


def has_account(email: str) -> bool:
    return Worker.objects.filter(email__iexact=email).exists()


def led_by(refs: set[str]) -> dict[str, tuple[str, str]]:
    """Worker ref -> (agency, team) of today: whose manager may see what they wrote (A-P1)."""
    if not refs:
        return {}
    rows = Worker.objects.filter(ref__in=refs, team__isnull=False).values_list("ref", "agency__code", "team")
    return {ref: (agency, str(team)) for ref, agency, team in rows}


def team_of(actor: Actor) -> frozenset[str]:
    """References of everyone in the actor's own team and agency."""
    return frozenset(
        Worker.objects.filter(agency__code=actor.agency, team=int(actor.team)).values_list("ref", flat=True)
    )


def with_role(role: str) -> list[Worker]:
    """Active workers who hold a role today: whom to ring when only they may tell."""
    today = clock.now().date()
    held = WorkerRole.objects.filter(
        Q(until=None) | Q(until__gt=today), role=role, since__lte=today, approved_at__isnull=False
    )
    rows = Worker.objects.select_related("agency", "team").filter(is_active=True, roles__in=held)
    return list(rows.distinct().order_by("name"))


# --- roles ------------------------------------------------------------------------------------------------


def role_by_ref(ref: str) -> WorkerRole:
    found = WorkerRole.objects.select_related("worker", "worker__agency").filter(ref=ref).first()
    if found is None:
        raise NotFound("There is no such role.")
    return found


def standing_roles(worker: Worker) -> QuerySet[WorkerRole]:
    """Approved and not over, or waiting."""
    return worker.roles.filter(Q(until=None) | Q(until__gt=date.today()), refused_at=None)


def waiting_roles(by: Actor) -> list[WorkerRole]:
    """What this guardian may decide: their own agency's, and never their own."""
    rows = WorkerRole.objects.filter(approved_at=None, refused_at=None)
    if not by.has(Role.OPERATOR):
        rows = rows.filter(worker__agency__code=by.agency).exclude(worker__ref=by.ref)
    return list(rows.select_related("worker", "worker__agency").order_by("asked_at"))


def roles_to_confirm(agency: str, *, within: int = 0) -> list[WorkerRole]:
    """Roles of this agency that nobody has confirmed for a quarter, less `within` days."""
    oldest = timezone.now() - timedelta(days=numbers().recertify_days - within)
    held = WorkerRole.objects.filter(
        Q(until=None) | Q(until__gt=date.today()),
        Q(confirmed_at=None) | Q(confirmed_at__lt=oldest),
        worker__agency__code=agency, worker__is_active=True, approved_at__lt=oldest,
    )  # fmt: skip
    return list(held.select_related("worker", "worker__agency").order_by("worker__name", "role"))


def last_guardian(agency: str) -> int | None:
    """The role of an agency's only guardian, without whom nobody could approve anything there."""
    held = WorkerRole.objects.filter(
        Q(until=None) | Q(until__gt=date.today()), role=GUARDIAN, worker__agency__code=agency,
        worker__is_active=True, approved_at__isnull=False,
    ).values_list("pk", flat=True)  # fmt: skip
    return held[0] if len(held) == 1 else None


def own_hours(refs: set[str]) -> dict[str, tuple[int, int]]:
    """Usual hours of those workers who keep others than the partnership: their own, else their agency's."""
    of_agency = {kind.code: kind.hours for kind in book.agencies() if kind.hours}
    found: dict[str, tuple[int, int]] = {}
    for worker in Worker.objects.filter(ref__in=refs).select_related("agency"):
        if worker.usual_from is not None and worker.usual_until is not None:
            found[worker.ref] = (worker.usual_from, worker.usual_until)
        elif hours := of_agency.get(worker.agency.code):
            found[worker.ref] = (hours[0], hours[1])
    return found


def workers_of(agency: str) -> list[Worker]:
    """Everyone who has or had an account in this agency, by name."""
    return list(Worker.objects.select_related("agency", "team").filter(agency__code=agency).order_by("name"))
