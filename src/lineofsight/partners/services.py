"""Deeds about partners: found a partnership, give accounts and roles, end them."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from lineofsight.access.actor import Actor, Role
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book, clock
from lineofsight.catalogue.errors import AlreadyThere, Refused
from lineofsight.partners.models import EXPORT, Agency, Agreement, Team, Worker, WorkerRole

#: What a person can be given: roles, and the permission to make documents. The operator's role is tied to a shell
#: on the server.
GIVEN_ROLES = (*(role for role in Role if role is not Role.OPERATOR), EXPORT)


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
) -> tuple[Worker, str]:
    """A new account. Returns the worker and the password to hand over (made here if none was given)."""
    if Worker.objects.filter(email__iexact=email.strip()).exists():
        raise AlreadyThere(f"There is already an account for {email.strip()}.", field="email")
    unknown = sorted(set(roles) - set(GIVEN_ROLES))
    if unknown or not roles:
        raise Refused(f"Choose at least one of: {', '.join(GIVEN_ROLES)}.", field="roles")
    password = password or secrets.token_urlsafe(12)
    worker = Worker(email=email.strip().lower(), name=name.strip(), agency=agency, job=job.strip())
    try:
        validate_password(password, worker)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    if team:
        worker.team = Team.objects.get_or_create(agency=agency, name=team.strip())[0]
    worker.set_password(password)
    worker.save()
    WorkerRole.objects.bulk_create(
        WorkerRole(worker=worker, role=role, since=since or date.today()) for role in dict.fromkeys(roles)
    )
    return worker, password


@deed(Permission.PARTNERS_MANAGE, on="worker")
def set_password(*, worker: Worker, password: str, by: Actor) -> Worker:
    try:
        validate_password(password, worker)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    worker.set_password(password)
    worker.save(update_fields=["password"])
    return worker


@deed(Permission.PARTNERS_MANAGE, on="worker")
def end_account(*, worker: Worker, by: Actor) -> Worker:
    """A leaver. The account and its roles end today; what they did keeps their name."""
    if worker.ref == by.ref:
        raise Refused("You cannot end your own account. Ask another administrator.")
    worker.is_active = False
    worker.save(update_fields=["is_active"])
    worker.roles.filter(until=None).update(until=date.today())
    return worker
