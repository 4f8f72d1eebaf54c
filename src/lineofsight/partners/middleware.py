"""Puts the actor on every request. Who is not signed in is nobody, and nobody may do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue.errors import TooMuch
from lineofsight.partners import rules, sessions, use
from lineofsight.partners.models import SignIn, Worker
from lineofsight.ui.pages import refusal

Answer = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


def before_second_factor(view: View) -> View:
    """Marks a page that a worker may open before they have a second factor. All others lead to getting one."""
    view.before_second_factor = True  # type: ignore[attr-defined]
    return view


def stands_alone(view: View) -> View:
    """Marks a page that is answered before any session, actor or transaction, so that it answers without them."""
    view.stands_alone = True  # type: ignore[attr-defined]
    return view


class StandsAlone:
    """Answers what stands alone, such as whether the service is up when its database is not."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            found = resolve(request.path_info)
        except Resolver404:
            return self.answer(request)
        if getattr(found.func, "stands_alone", False):
            return found.func(request, *found.args, **found.kwargs)
        return self.answer(request)


class OurProxiesAlone:
    """Headers with which a proxy tells what it saw are dropped unless they come from one of ours (C-6)."""

    SAID_BY_PROXIES = (
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_FORWARDED",
    )

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not rules.is_proxy(request.META.get("REMOTE_ADDR", ""), tuple(settings.PROXIES)):
            for name in self.SAID_BY_PROXIES:
                request.META.pop(name, None)
        return self.answer(request)


def actor_of(request: HttpRequest) -> Actor:
    """From current rows on each request: an ended role or account is gone at once."""
    user = request.user
    if not isinstance(user, Worker) or not user.is_active:
        return Actor.nobody()
    row: SignIn | None = getattr(request, "sign_in", None)
    return user.actor(fresh=sessions.fresh(request), vouched=row is not None and row.proved_by_agency)


def agency_name(request: HttpRequest) -> str:
    """Stands beside the worker's name on every page."""
    return request.user.agency.name if isinstance(request.user, Worker) else ""


class ActorMiddleware:
    """The session that counts, the actor, and how much they ask for."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: Any) -> HttpResponse:
        row: SignIn | None = sessions.keep(request)
        request.sign_in = row
        request.signed_in_at = row.started_at if row else None
        request.proved_at = row.proved_at if row else None
        request.actor = SimpleLazyObject(lambda: actor_of(request))
        request.agency_name = SimpleLazyObject(lambda: agency_name(request))
        response = self.within_limits(request)
        # Pages about children must not lie about in a browser or a proxy.
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    def within_limits(self, request: Any) -> HttpResponse:
        if isinstance(request.user, Worker):
            try:
                use.count(request.user.ref, use.REQUESTS)
            except TooMuch as error:
                return too_much(request, error)
        return self.answer(request)

    def process_view(self, request: Any, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Without a second factor there is no content, only the way to get one (A-D1)."""
        if not isinstance(request.user, Worker) or request.sign_in is None:
            return None
        if getattr(view, "before_second_factor", False) or has_second_factor(request):
            return None
        ledger.write(
            request.user.actor(), "page.view", Subject("page", request.resolver_match.view_name),
            outcome=ledger.REFUSED, rule="A-D1", path="no second factor yet",
        )  # fmt: skip
        return redirect("partners:enrol")


def has_second_factor(request: Any) -> bool:
    """Their own, or the one that their agency's sign-in has vouched for in this session."""
    return bool(request.sign_in and request.sign_in.proved_by_agency) or request.user.second_factor


def too_much(request: HttpRequest, error: TooMuch) -> HttpResponse:
    response = refusal(request, 429, str(error))
    response["Retry-After"] = str(error.seconds)
    return response


class GuardMiddleware:
    """Each request is one transaction, in which the database knows who acts and shows what they may see.

    A refusal commits: what it wrote down (the look, the refusal, an alert) stays. Each deed is a transaction of its
    own inside, so one that was refused half-way has left nothing. Only a failure takes everything back."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request)
        request.actor = actor  # type: ignore[attr-defined]
        with transaction.atomic():
            with guard.acting(actor):
                response = self.answer(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response
