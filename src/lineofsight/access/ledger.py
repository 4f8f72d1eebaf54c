"""Writing and reading the ledger of deeds and looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.models import LedgerRow

DONE = "done"
LOOKED = "looked"
REFUSED = "refused"
CHALLENGED = "challenged"
POINTED = "pointed"


def write(
    actor: Actor, action: str, subject: Subject, *, outcome: str = DONE, detail: dict[str, Any] | None = None
) -> None:
    """One row, in the caller's transaction: the look or the deed stands only if its row does."""
    LedgerRow.objects.create(
        actor=actor.ref or "nobody",
        actor_name=actor.name,
        agency=actor.agency,
        action=action,
        outcome=outcome,
        kind=subject.kind,
        ref=subject.ref,
        detail=detail or {},
    )


def rows_about(kind: str, refs: Iterable[str], *, limit: int = 100) -> list[LedgerRow]:
    """Newest first. The caller has already been allowed to see the ledger of this subject."""
    return list(LedgerRow.objects.filter(kind=kind, ref__in=list(refs)).order_by("-id")[:limit])


def rows_by(actor: str, *, limit: int = 200) -> list[LedgerRow]:
    """What one worker did, newest first. The caller has already been allowed to see it."""
    return list(LedgerRow.objects.filter(actor=actor).order_by("-id")[:limit])


def newest() -> int:
    """The number of the latest row; 0 before the first."""
    return int(LedgerRow.objects.order_by("-id").values_list("id", flat=True).first() or 0)
