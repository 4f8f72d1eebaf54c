"""What may stand after the question mark of an address: each page says what it asks for there, and nothing else is
taken (security requirement B-6).

A name that a page does not know is refused instead of passed over, so that nobody believes a list to be narrower, or
wider, than it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from lineofsight.ui.pages import refusal

View = TypeVar("View", bound=Callable[..., HttpResponse])

#: What pages and the interface for programs take.
METHODS = ("GET", "HEAD", "POST")
#: For a page to which another party sends the browser, with whatever it adds.
ANYTHING = "*"


def asks(*names: str) -> Callable[[View], View]:
    """Marks a view with the names that its address may carry; a view without the mark takes none."""

    def mark(view: View) -> View:
        view.asks = frozenset(names)  # type: ignore[attr-defined]
        return view

    return mark


class NothingUnasked:
    """An address with a name that its page does not ask for is answered 400, whoever asks and whatever is there; a
    method that nothing here takes, 405."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return self.answer(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponse | None:
        asked: frozenset[str] = getattr(view, "asks", frozenset())
        if not request.GET or ANYTHING in asked or set(request.GET) <= asked:
            return None
        return refusal(
            request, 400,
            "Something after the question mark of the address is not known here. Open the address without it.",
        )  # fmt: skip
