"""Reads about partners: no child's data in here."""

from __future__ import annotations

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.partners.models import Agency, Team, Worker


def agencies() -> list[Agency]:
    """Every agency in the order of its badge. Names of partners are known to all partners."""
    return list(Agency.objects.all())


def agencies_by_code() -> dict[str, Agency]:
    return {agency.code: agency for agency in agencies()}


def agency(code: str) -> Agency:
    found = Agency.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Agency.objects.values_list("code", flat=True)) or "none yet: run lineofsight init"
        raise Refused(f"There is no agency with the code “{code}”. Known codes: {known}.", field="agency")
    return found


def workers(actor: Actor) -> list[Worker]:
    """Everyone with an account, for those who manage them."""
    require(actor, Permission.PARTNERS_MANAGE, Subject.partnership())
    return list(Worker.objects.select_related("agency", "team").prefetch_related("roles"))


def worker_by_ref(ref: str) -> Worker | None:
    return Worker.objects.select_related("agency", "team").filter(ref=ref).first()


def worker_by_email(email: str) -> Worker:
    active = Worker.objects.select_related("agency", "team").filter(is_active=True)
    found = active.filter(email__iexact=email.strip()).first()
    if found is None:
        raise Refused(f"Nobody with the address “{email}” has an active account.", field="as")
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
