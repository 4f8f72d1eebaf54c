"""Puts the actor on every request. Who is not signed in is nobody, and nobody may do nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.partners.models import Worker


def actor_of(request: HttpRequest) -> Actor:
    """From current rows on each request: an ended role or account is gone at once."""
    user = request.user
    return user.actor() if isinstance(user, Worker) and user.is_active else Actor.nobody()


def agency_name(request: HttpRequest) -> str:
    """Stands beside the worker's name on every page."""
    return request.user.agency.name if isinstance(request.user, Worker) else ""


class ActorMiddleware:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        request.agency_name = SimpleLazyObject(lambda: agency_name(request))  # type: ignore[attr-defined]
        response = self.answer(request)
        # Pages about children must not lie about in a browser or a proxy.
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response


class GuardMiddleware:
    """Each request is one transaction, in which the database knows who acts and shows what they may see.

    A refusal commits: what it wrote down (the look, the refusal, an alert) stays. Each deed is a transaction of its
    own inside, so one that was refused half-way has left nothing. Only a failure takes everything back."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        str(actor.ref)
        with transaction.atomic():
            with guard.acting(actor):
                response = self.answer(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response
