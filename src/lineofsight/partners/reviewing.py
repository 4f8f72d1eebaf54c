"""What a schedule does with accounts every day (N-5). Safe to run twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import granting, queries, services, sessions, throttle, use
from lineofsight.partners.models import Agency, SignIn, Worker, WorkerRole

#: Ended sessions are listed for this long. The ledger keeps their rows for good.
KEPT_DAYS = 90


def review(*, by: Actor) -> dict[str, Any]:
    """Ends leavers, suspends unused accounts, lapses unconfirmed roles, forgets what is no longer needed."""
    left = [services.end_account(worker=worker, by=by) for worker in leavers()]
    why = f"not used for {numbers().unused_days} days"
    unused_ = [services.suspend(worker=worker, why=why, by=by) for worker in unused()]
    lapsed = [granting.withdraw_role(held=held, by=by) for held in overdue()]
    sessions.close_old()
    throttle.forget_old()
    use.forget_old()
    SignIn.objects.filter(started_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
    return {
        "ended": [worker.ref for worker in left],
        "suspended": [worker.ref for worker in unused_],
        "lapsed": [{"worker": held.worker.ref, "role": held.role} for held in lapsed],
        "to_confirm": {
            agency.code: len(due)
            for agency in Agency.objects.all()
            if (due := queries.roles_to_confirm(agency.code, within=numbers().recertify_notice_days))
        },
    }


def leavers() -> list[Worker]:
    return list(Worker.objects.select_related("agency").filter(is_active=True, ends__lte=date.today()))


def unused() -> list[Worker]:
    """Active accounts in which nobody has signed in for the 45 days; a new one counts from its first day."""
    oldest = timezone.now() - timedelta(days=numbers().unused_days)
    return list(
        Worker.objects.select_related("agency").filter(
            Q(last_login__lt=oldest) | Q(last_login=None, joined__lt=oldest.date()), is_active=True
        )
    )


def overdue() -> list[WorkerRole]:
    """Due and not confirmed in the days of notice (N-5). An agency's last guardian stays, because nobody could
    approve anything there without one; the count of what waits says so every day."""
    found: list[WorkerRole] = []
    for agency in Agency.objects.all():
        keep = queries.last_guardian(agency.code)
        due = queries.roles_to_confirm(agency.code, within=-numbers().recertify_notice_days)
        found += [held for held in due if held.pk != keep]
    return found
