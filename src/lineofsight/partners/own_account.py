"""What a worker does with their own account: password, second factors, home, and making an invited account
theirs. Agency, team, roles, training and permissions are never theirs to change (security requirement B-5)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from lineofsight.access import ledger
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners import factors, sessions
from lineofsight.partners.models import HomeDetails, Invitation, SecondFactor, SignIn, Worker
from lineofsight.partners.sealing import digest


def note(worker: Worker, action: str, **detail: Any) -> None:
    ledger.write(worker.actor(), action, worker.subject(), detail=detail)


# --- an invitation ----------------------------------------------------------------------------------------


def invited(token: str) -> Worker | None:
    """Whose open invitation this is. Used, over, replaced and invented ones are alike: nobody's."""
    found = (
        Invitation.objects.select_related("worker", "worker__agency", "worker__team")
        .filter(digest=digest("invitation", token), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    worker = found.worker if found else None
    if worker is None or not worker.is_active or worker.has_ended() or worker.agency.suspended_at:
        return None
    return worker


@transaction.atomic
def accept(token: str, password: str) -> Worker:
    """The account is theirs, with the password they chose. The link is used up."""
    used = Invitation.objects.select_for_update().filter(
        digest=digest("invitation", token), used_at=None, expires_at__gt=timezone.now()
    )
    worker = invited(token)
    if worker is None or not used.exists():
        raise NotFound("This link does not work any more.")
    choose_password(worker, password)
    used.update(used_at=timezone.now())
    note(worker, "account.accept")
    return worker


def choose_password(worker: Worker, password: str) -> None:
    try:
        validate_password(password, worker)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error
    worker.set_password(password)
    worker.save(update_fields=["password"])


# --- password ---------------------------------------------------------------------------------------------


@transaction.atomic
def change_password(worker: Worker, *, current: str, new: str, session: str) -> None:
    """Every other session ends, in case someone else knew the old one."""
    if not worker.check_password(current):
        ledger.write(worker.actor(), "account.password", worker.subject(), outcome=ledger.REFUSED)
        raise Refused("This is not your password now. Check it and type it again.", field="current")
    choose_password(worker, new)
    note(worker, "account.password")
    sessions.end(worker, why="password changed", by=worker.actor(), besides=session)


# --- second factors ---------------------------------------------------------------------------------------


def factor_added(worker: Worker, factor: SecondFactor) -> list[str]:
    """Written down; with the first one come the recovery codes, which are shown once."""
    note(worker, "account.second_factor_added", kind=factor.kind)
    if worker.recovery_codes.exists():
        return []
    return new_codes(worker)


def new_codes(worker: Worker) -> list[str]:
    codes = factors.new_recovery_codes(worker)
    note(worker, "account.recovery_codes")
    return codes


@transaction.atomic
def remove_factor(worker: Worker, number: int) -> None:
    """Never the last: nobody works here with a password alone (A-D1)."""
    held = list(worker.factors.select_for_update())
    found = next((factor for factor in held if factor.pk == number), None)
    if found is None:
        raise NotFound("There is no such second factor.")
    if len(held) == 1:
        raise Refused("This is your only second factor. Add another before you remove it.")
    found.delete()
    note(worker, "account.second_factor_removed", kind=found.kind)


# --- sessions and home ------------------------------------------------------------------------------------


def end_session(worker: Worker, ref: str) -> SignIn:
    found = worker.sign_ins.filter(ref=ref).first()
    if found is None:
        raise NotFound("There is no such session.")
    sessions.end(worker, why="ended by the worker", by=worker.actor(), ref=ref)
    return found


@transaction.atomic
def save_home(worker: Worker, *, surname: str, street: str, postcode: str, phone: str) -> HomeDetails:
    home, _ = HomeDetails.objects.update_or_create(
        worker=worker,
        defaults={
            "surname": surname.strip(), "street": street.strip(),
            "postcode": " ".join(postcode.upper().split()), "phone": phone.strip(),
        },
    )  # fmt: skip
    note(worker, "account.home")
    return home
