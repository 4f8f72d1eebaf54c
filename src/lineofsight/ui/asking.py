"""What may stand after the question mark of an address: each page says what it asks for there, and nothing else is
taken (security requirement B-6).

A name that a page does not know is refused instead of passed over, so that nobody believes a list to be narrower, or
wider, than it is.

Addresses are written down on the way, by proxies and browsers. Words that may name a person therefore never stand in
one (L-6): their form is posted, the words stay in the session, and the address carries a reference to them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from lineofsight.ui.pages import refusal

View = TypeVar("View", bound=Callable[..., HttpResponse])

#: What pages and the interface for programs take.
METHODS = ("GET", "HEAD", "POST")
#: For a page to which another party sends the browser, with whatever it adds.
ANYTHING = "*"
#: Where a session keeps words, what a reference to them begins with, how long they may be and how many are kept.
KEPT, MARK, LONGEST, MOST = "asked", "~", 200, 50


def asks(*names: str) -> Callable[[View], View]:
    """Marks a view with the names that its address may carry; a view without the mark takes none."""

    def mark(view: View) -> View:
        view.asks = frozenset(names)  # type: ignore[attr-defined]
        return view

    return mark


def holds(*names: str) -> Callable[[View], View]:
    """Marks a page for looking whose form is posted, because what is typed into the fields `names` may name somebody.

    The post changes nothing but the reader's session and leads to the page's own address, with a reference in place of
    the words; the page finds the words in `request.GET` as ever, and writes addresses with `address`. A reference that
    this session does not know is refused (400): without the words the list would be wider than its reader believes.
    Words in an address that somebody kept or typed still count, and every link of the page has the reference."""

    def hold(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                asked: frozenset[str] = answer.asks  # type: ignore[attr-defined]
                taken = [(n, v) for n, values in request.POST.lists() if n in asked for v in values if v]
                question = [(n, kept(request, v) if n in names else v) for n, v in taken]
                led = HttpResponseRedirect(
                    f"{request.path}?{urlencode(question)}" if question else request.path
                )
                led.status_code = 303
                return led
            given = request.GET.copy()
            references: dict[tuple[str, str], str] = {}
            for name in names:
                words = [known(request, value) for value in given.getlist(name)]
                if None in words:
                    return refusal(
                        request, 400,
                        "The words of this search are no longer kept. Open the page and type them again.",
                    )  # fmt: skip
                for word in filter(None, words):
                    references[name, word] = kept(request, word)
                if words:
                    given.setlist(name, [word or "" for word in words])
            request.GET = given  # type: ignore[assignment]
            request.references = references  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return answer  # type: ignore[return-value]

    return hold


def address(request: HttpRequest, question: Iterable[tuple[str, list[Any]]]) -> str:
    """What stands after the question mark for these names and values, with references in place of words."""
    references: dict[tuple[str, str], str] = getattr(request, "references", {})
    return urlencode([(n, references.get((n, v), v)) for n, values in question for v in values])


def kept(request: HttpRequest, words: str) -> str:
    """A reference to words, which this session keeps until it ends or fifty others were asked."""
    words = words.strip()[:LONGEST]
    held: dict[str, str] = request.session.get(KEPT, {})
    for reference, others in held.items():
        if others == words:
            return reference
    reference = MARK + secrets.token_urlsafe(9)
    request.session[KEPT] = dict([*held.items(), (reference, words)][-MOST:])
    return reference


def known(request: HttpRequest, value: str) -> str | None:
    """The words to which a reference leads, or the words themselves; None where the session does not know it."""
    return request.session.get(KEPT, {}).get(value) if value.startswith(MARK) else value


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
