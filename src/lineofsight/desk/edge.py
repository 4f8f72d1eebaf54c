"""The edge: refusals become pages once, here, with the words they carry."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from lineofsight.catalogue.errors import DomainError, NotAllowed, NotFound, StepNeeded
from lineofsight.partners import proving
from lineofsight.ui.pages import refusal


class WordsForRefusals:
    """Turns a domain error that a view let through into a page of the right kind."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotFound):
            return refusal(request, 404)
        if isinstance(error, StepNeeded) and error.prove:
            return proving.ask(request)
        if isinstance(error, NotAllowed | StepNeeded):
            return refusal(request, 403, str(error))
        if isinstance(error, DomainError):
            return refusal(request, 400, str(error))
        return None


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token no longer fits: mostly a page left open overnight."""
    return refusal(
        request,
        403,
        "This page was open for too long, or your browser did not send its token. "
        "Go back, copy what you wrote, open the page again and send it once more.",
    )
