"""Who asks, and whether they may: what every page starts with."""

from __future__ import annotations

from django.http import HttpRequest

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.policy import Permission, decide


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def may(request: HttpRequest, permission: Permission, subject: Subject | None = None) -> bool:
    return decide(actor_of(request), permission, subject or Subject.partnership()).allowed
