"""Deeds about partners: found a partnership, give accounts, change and end them."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from lineofsight.access import alerts
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book, clock
from lineofsight.catalogue.errors import AlreadyThere, Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import sessions
from lineofsight.partners.models import Agency, Agreement, Invitation, Team, Worker, WorkerRole
from lineofsight.partners.rules import EXPORT
from lineofsight.partners.sealing import digest


class NewAccount(NamedTuple):
    """The worker, and what to hand over to them."""

    worker: Worker
    secret: str

    def subject(self) -> Subject:
        return self.worker.subject()


def _given_roles() -> tuple[str, ...]:
    """Roles that a person can be given. The operator's is tied to a shell on the server."""
    return (*(role.code for role in book.roles()), EXPORT)


def _checked(password: str, worker: Worker) -> str:
    try:
        validate_password(password, worker)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    return password


def _is_operator(by: Actor) -> bool:
    return by.has(Role.OPERATOR)


@deed(Permission.PARTNERS_MANAGE)
def found_partnership(*, by: Actor) -> list[Agency]:
    """The standard agencies of the catalogue. Safe to run again: what is there stays as it is."""
    return [
        Agency.objects.get_or_create(
            code=kind.code,
            defaults={
                "name": kind.name, "short": kind.short, "letter": kind.letter,
                "kind": kind.kind, "badge": kind.badge,
            },
        )[0]
        for kind in book.agencies()
    ]  # fmt: skip


@deed(Permission.PARTNERS_MANAGE)
def add_agency(
    *, code: str, name: str, by: Actor, kind: str = "", short: str = "", letter: str = ""
) -> Agency:
    """A partner beyond those of the catalogue, such as a school of its own or another voluntary project."""
    if not code.strip() or not name.strip():
        raise Refused("An agency needs a code and a name.", field="code")
    if Agency.objects.filter(code=code.strip()).exists():
        raise AlreadyThere(f"There is already an agency with the code {code.strip()}.", field="code")
    return Agency.objects.create(
        code=code.strip()[:20], name=name.strip()[:120], short=(short or name).strip()[:40], kind=kind[:20],
        letter=(letter or name.strip()[0]).upper()[:2], badge=Agency.objects.count() + 1,
    )  # fmt: skip


@deed(Permission.PARTNERS_MANAGE)
def team_of(*, agency: Agency, name: str, by: Actor) -> Team:
    """The team of this name, made if the agency has none."""
    return Team.objects.get_or_create(agency=agency, name=name.strip())[0]


@deed(Permission.PARTNERS_MANAGE)
def set_contact(*, agency: Agency, contact: str, phone: str, by: Actor) -> Agency:
    """Whom a partner rings when a record is held but not shown."""
    agency.contact, agency.phone = contact.strip(), phone.strip()
    agency.save(update_fields=["contact", "phone"])
    return agency


@deed(Permission.AGREEMENT_MANAGE)
def agree(
    *,
    agency: Agency,
    title: str,
    purpose: str,
    lawful_basis: str,
    by: Actor,
    since: datetime | None = None,
    until: datetime | None = None,
    may_flow: str = "",
    contact: str = "",
    review_on: date | None = None,
) -> Agreement:
    """Enter an agency's place in a sharing agreement. From then until its end, content flows to and from it."""
    for name, value in (("title", title), ("purpose", purpose), ("lawful_basis", lawful_basis)):
        if not value.strip():
            raise Refused(f"Fill in the {name.replace('_', ' ')}.", field=name)
    since = since or clock.now()
    if until is not None and until <= since:
        raise Refused("It ends before it begins. Check the two dates.", field="until")
    return Agreement.objects.create(
        agency=agency, title=title.strip(), purpose=purpose.strip(), lawful_basis=lawful_basis.strip(),
        may_flow=may_flow.strip(), contact=contact.strip(), since=since, until=until, review_on=review_on,
        by_name=by.name,
    )  # fmt: skip


@deed(Permission.AGREEMENT_MANAGE, on="agreement")
def suspend_agreement(*, agreement: Agreement, why: str, by: Actor) -> Agreement:
    """Nothing flows from now, until another agreement stands."""
    if not why.strip():
        raise Refused("Say why it is suspended.", field="why")
    agreement.suspended_at, agreement.suspended_why = clock.now(), why.strip()
    agreement.save(update_fields=["suspended_at", "suspended_why"])
    return agreement


@deed(Permission.PARTNERS_MANAGE)
def suspend_agency(*, agency: Agency, by: Actor) -> Agency:
    """Nobody of this agency gets in until it is restored; who is in is out with the next request."""
    if any(worker.ref == by.ref for worker in agency.workers.all()):
        raise Refused("You cannot suspend your own agency. Ask an administrator of another one.")
    agency.suspended_at = timezone.now()
    agency.save(update_fields=["suspended_at"])
    for worker in agency.workers.filter(sign_ins__ended_at=None).distinct():
        sessions.end(worker, why="agency suspended", by=by)
    return agency


@deed(Permission.PARTNERS_MANAGE)
def restore_agency(*, agency: Agency, by: Actor) -> Agency:
    agency.suspended_at = None
    agency.save(update_fields=["suspended_at"])
    return agency


# --- accounts ---------------------------------------------------------------------------------------------


@deed(Permission.PARTNERS_MANAGE)
def add_worker(
    *,
    email: str,
    name: str,
    agency: Agency,
    roles: list[str],
    by: Actor,
    job: str = "",
    team: str = "",
    password: str = "",
    since: date | None = None,
    training_until: date | None = None,
) -> NewAccount:
    """A new account. Returns the worker and what to hand over: the password that was given, else the token
    of an invitation. Roles count at once when the operator of the machine gives them, and else once a
    guardian of the agency has approved them (A-D12)."""
    if Worker.objects.filter(email__iexact=email.strip()).exists():
        raise AlreadyThere(f"There is already an account for {email.strip()}.", field="email")
    given = _given_roles()
    if not roles or set(roles) - set(given):
        raise Refused(f"Choose at least one of: {', '.join(given)}.", field="roles")
    worker = Worker(
        email=email.strip().lower(), name=name.strip(), agency=agency, job=job.strip(),
        training_until=training_until,
    )  # fmt: skip
    if password:
        worker.set_password(_checked(password, worker))
    else:
        worker.set_unusable_password()
    if team:
        worker.team = Team.objects.get_or_create(agency=agency, name=team.strip())[0]
    worker.save()
    approved = {"approved_by": by.ref, "approved_at": timezone.now()} if _is_operator(by) else {}
    WorkerRole.objects.bulk_create(
        WorkerRole(worker=worker, role=role, since=since or date.today(), asked_by=by.ref, **approved)
        for role in dict.fromkeys(roles)
    )
    return NewAccount(worker, password or _new_invitation(worker, by))


def _new_invitation(worker: Worker, by: Actor) -> str:
    """Earlier invitations stop working with it."""
    now, token = timezone.now(), secrets.token_urlsafe(24)
    Invitation.objects.filter(worker=worker, used_at=None, expires_at__gt=now).update(expires_at=now)
    Invitation.objects.create(
        worker=worker, digest=digest("invitation", token), made_by=by.ref,
        expires_at=now + timedelta(days=numbers().invitation_days),
    )  # fmt: skip
    return token


@deed(Permission.PARTNERS_MANAGE, on="worker")
def invite(*, worker: Worker, by: Actor) -> str:
    """A new link for someone whose first one ran out, or who lost password and second factor alike. What
    opened the account until now stops doing so, and its sessions end."""
    if worker.ref == by.ref:
        raise Refused("You cannot invite yourself. Ask another administrator.")
    if not worker.is_active or worker.has_ended():
        raise Refused(f"The account of {worker.name} is not active. Restore it first.")
    worker.set_unusable_password()
    worker.subject_there = ""
    worker.save(update_fields=["password", "subject_there"])
    worker.factors.all().delete()
    worker.recovery_codes.all().delete()
    sessions.forget_devices(worker)
    sessions.end(worker, why="invited again", by=by)
    # Whoever holds the link becomes this worker, so someone besides the administrator has to know (W-1).
    alerts.raise_alert("invited_again", by, agencies=[worker.agency.code], account=worker.ref)
    return _new_invitation(worker, by)


@deed(Permission.PARTNERS_MANAGE, on="worker")
def change_worker(
    *,
    worker: Worker,
    by: Actor,
    name: str,
    job: str,
    team: str,
    training_until: date | None,
    ends: date | None,
    usual_from: int | None = None,
    usual_until: int | None = None,
) -> Worker:
    """What stands beside somebody's name, until when their training counts, their last day, and the hours that they
    are on the rota, if those are their own."""
    if worker.ref == by.ref:
        raise Refused("You cannot change your own account. Ask another administrator.")
    worker.name, worker.job = name.strip(), job.strip()
    worker.team = (
        Team.objects.get_or_create(agency=worker.agency, name=team.strip())[0] if team.strip() else None
    )
    worker.training_until, worker.ends = training_until, ends
    if (usual_from is None) != (usual_until is None) or (
        usual_from is not None and usual_from == usual_until
    ):
        raise Refused("Give the first and the last hour of their day, or neither.", field="usual_until")
    worker.usual_from, worker.usual_until = usual_from, usual_until
    worker.save(update_fields=["name", "job", "team", "training_until", "ends", "usual_from", "usual_until"])
    return worker


@deed(Permission.PARTNERS_MANAGE, on="worker")
def suspend(*, worker: Worker, why: str, by: Actor) -> Worker:
    """Nobody gets in with this account until it is restored. Roles stay as they are."""
    if worker.ref == by.ref:
        raise Refused("You cannot suspend your own account. Ask another administrator.")
    if not why.strip():
        raise Refused("Say why the account is suspended.", field="why")
    worker.is_active, worker.suspended_at, worker.suspended_why = False, timezone.now(), why.strip()[:200]
    worker.save(update_fields=["is_active", "suspended_at", "suspended_why"])
    sessions.end(worker, why="suspended", by=by)
    return worker


@deed(Permission.PARTNERS_MANAGE, on="worker")
def restore(*, worker: Worker, by: Actor) -> Worker:
    if worker.ref == by.ref:
        raise Refused("You cannot restore your own account. Ask another administrator.")
    if worker.suspended_at is None:
        raise Refused(f"The account of {worker.name} is not suspended.")
    worker.is_active, worker.suspended_at, worker.suspended_why = True, None, ""
    worker.last_login = timezone.now()  # the 45 days begin again
    worker.save(update_fields=["is_active", "suspended_at", "suspended_why", "last_login"])
    return worker


@deed(Permission.PARTNERS_MANAGE, on="worker")
def end_account(*, worker: Worker, by: Actor) -> Worker:
    """A leaver. The account and its roles end today; what they did keeps their name."""
    if worker.ref == by.ref:
        raise Refused("You cannot end your own account. Ask another administrator.")
    today = date.today()
    worker.is_active, worker.ends = False, today
    worker.suspended_at, worker.suspended_why = None, ""
    worker.save(update_fields=["is_active", "ends", "suspended_at", "suspended_why"])
    worker.roles.filter(until=None).update(until=today)
    sessions.end(worker, why="account ended", by=by)
    return worker


@deed(Permission.PARTNERS_MANAGE, on="worker")
def end_sessions(*, worker: Worker, by: Actor) -> Worker:
    """Signs somebody out everywhere, as when a laptop was lost."""
    sessions.end(worker, why="ended by an administrator", by=by)
    sessions.forget_devices(worker)
    return worker
