"""The edge: refusals become pages once, here, with the words they carry."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lineofsight.access import ledger, occasion
from lineofsight.access.actor import Subject
from lineofsight.catalogue.errors import (
    DomainError,
    LedgerUnavailable,
    NotAllowed,
    NotFound,
    StepNeeded,
    TooMuch,
)
from lineofsight.partners import proving
from lineofsight.partners.middleware import too_much
from lineofsight.ui.pages import refusal

View = TypeVar("View", bound=Callable[..., HttpResponse])


class WordsForRefusals:
    """Turns a domain error that a view let through into a page of the right kind.

    Also the last place before content leaves: what a rolled-back transaction took out of the ledger is
    written again, and a page that left no row leaves one here. If that cannot be, nothing is shown."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        try:
            ledger.rewrite_after_rollback()
            note_the_page(request, response)
        except LedgerUnavailable as error:
            return closed(request, error)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, LedgerUnavailable):
            return closed(request, error)
        if isinstance(error, NotFound):
            return refusal(request, 404)
        if isinstance(error, StepNeeded):
            # The header tells programs what the page tells people.
            response = proving.ask(request) if error.prove else refusal(request, 403, str(error))
            response["Line-Of-Sight-Step"] = "prove" if error.prove else "more"
            return response
        if isinstance(error, TooMuch):
            return too_much(request, error)
        if isinstance(error, NotAllowed):
            return refusal(request, 403, str(error))
        if isinstance(error, DomainError):
            return refusal(request, 400, str(error))
        return None


def note_the_page(request: HttpRequest, response: HttpResponse) -> None:
    """A signed-in worker's page whose view wrote nothing: a form, a list of the worker's own. A view that
    shows no record of anyone is marked `holds_nothing`."""
    now, match = occasion.current(), request.resolver_match
    if now is None or now.rows or match is None or response.status_code != 200:
        return
    if getattr(match.func, "holds_nothing", False) or not getattr(match.func, "login_required", True):
        return
    actor = getattr(request, "actor", None)
    if actor is not None and actor.ref:
        ledger.write(actor, "page.view", Subject("page", match.view_name), outcome=ledger.LOOKED)


def holds_nothing(view: View) -> View:
    """Marks a view that shows no record of anyone, so that looking at it is no look."""
    view.holds_nothing = True  # type: ignore[attr-defined]
    return view


def closed(request: HttpRequest, error: LedgerUnavailable) -> HttpResponse:
    """As simple as can be, because what is broken may break more."""
    response = HttpResponse(f"{error}\n", status=503, content_type="text/plain; charset=utf-8")
    with contextlib.suppress(LedgerUnavailable):
        response = refusal(request, 503, str(error))
    response["Retry-After"] = "60"
    return response


class NothingUnwritable:
    """An address with a zero byte, which no text in the database can hold, was never one of ours."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return refusal(request, 400)
        return self.answer(request)


class OurOwnFormsAlone:
    """What another site asks for in a worker's browser is not done, whatever token it brings (I-3).

    Browsers tell in `Sec-Fetch-Site` from where a request comes; programs and old browsers say nothing, and for
    them the token has to do. A link from elsewhere may lead here: it only shows."""

    #: From our own page, or from nobody's: an address that was typed, a form that was sent again.
    OURS = ("", "same-origin", "none")
    ONLY_SHOWS = ("GET", "HEAD", "OPTIONS")

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        # No other site's page holds a page of ours, a picture or a file.
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: object, kwargs: object
    ) -> HttpResponse | None:
        came_from = request.headers.get("Sec-Fetch-Site", "")
        if request.method in self.ONLY_SHOWS or came_from in self.OURS:
            return None
        if request.headers.get("Origin", "") in settings.CSRF_TRUSTED_ORIGINS:
            return None
        return refusal(
            request,
            403,
            "This was sent from another site, so nothing was done. Open the page here and do it from there.",
        )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer fits: mostly a page left open overnight."""
    return refusal(
        request,
        403,
        "This page was open for too long, or your browser did not send its token. "
        "Go back, copy what you wrote, open the page again and send it once more.",
    )
