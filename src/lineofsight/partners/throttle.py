"""Making guessing slow without locking anyone out (N-4).

Failures are counted for what was typed as an account, whether it exists or not, and for the address they came
from. After some free ones each further try counts only when a wait is over, and the wait doubles up to a
minute. A browser in which this worker has signed in before has a count of its own, so whoever tries from
elsewhere never makes its owner wait. Nothing here is ever said on screen.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners.models import FailedTries
from lineofsight.partners.rules import wait_after
from lineofsight.partners.sealing import digest

#: What is counted -> the names of its two numbers in the catalogue.
KINDS = {
    "account": ("free_tries_account", "longest_wait_seconds"),
    "device": ("free_tries_account", "longest_wait_seconds"),
    "address": ("free_tries_address", "longest_wait_seconds"),
    "code": ("free_tries_code", "longest_wait_code_seconds"),
}


def key(kind: str, *parts: str) -> str:
    return digest(f"tries {kind}", "\x1f".join(part.strip().casefold() for part in parts))


def must_wait(kind: str, *parts: str) -> bool:
    """Whether a try now does not count, however right it is."""
    row = FailedTries.objects.filter(pk=key(kind, *parts)).first()
    if row is None or forgotten(row):
        return False
    free, longest = (getattr(numbers(), name) for name in KINDS[kind])
    return timezone.now() < row.last_at + timedelta(seconds=wait_after(row.failures, free, longest))


def forgotten(row: FailedTries) -> bool:
    return timezone.now() - row.last_at > timedelta(minutes=numbers().tries_forgotten_minutes)


def note_failure(kind: str, *parts: str) -> int:
    """One more failure; how many there are now. Counts rightly when many are noted at once."""
    now = timezone.now()
    old = now - timedelta(minutes=numbers().tries_forgotten_minutes)
    with transaction.atomic():
        FailedTries.objects.get_or_create(pk=key(kind, *parts))
        rows = FailedTries.objects.filter(pk=key(kind, *parts))
        rows.update(
            failures=Case(When(last_at__lt=old, then=Value(1)), default=F("failures") + 1), last_at=now
        )
        return rows.values_list("failures", flat=True)[0]


def forget(kind: str, *parts: str) -> None:
    """Someone got in, so the count starts again."""
    FailedTries.objects.filter(pk=key(kind, *parts)).delete()


def forget_old() -> int:
    old = timezone.now() - timedelta(minutes=numbers().tries_forgotten_minutes)
    return FailedTries.objects.filter(last_at__lt=old).delete()[0]
