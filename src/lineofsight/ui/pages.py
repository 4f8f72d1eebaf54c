"""A page: a template with what every page needs around it, and the pages that say something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, TypedDict

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from lineofsight.access import occasion

log = logging.getLogger(__name__)


class Room(TypedDict):
    """One entry of the navigation."""

    text: str
    href: str
    current: bool


def page(request: HttpRequest, template: str, /, status: int = 200, **context: Any) -> HttpResponse:
    """Draw `template` inside the layout. What a view passes wins over what every page gets."""
    words = render_to_string(template, {**surroundings(request), **context}, request=request)
    response = HttpResponse(words, status=status)
    # What is on a page belongs to the person who asked for it, never to a cache on the way.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def surroundings(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    return {
        "actor": actor if actor is not None and actor.ref else None,
        "agency_name": getattr(request, "agency_name", ""),
        "navigation": navigation(request),
        "flashes": flashes(request),
        "partnership": getattr(settings, "PARTNERSHIP_NAME", ""),
        "marking": getattr(settings, "MARKING", "OFFICIAL-SENSITIVE"),
        "docs_url": getattr(settings, "DOCS_URL", ""),
        "sign_out_url": getattr(settings, "SIGN_OUT_URL", "/sign-out"),
        "account_url": getattr(settings, "ACCOUNT_URL", "/account"),
        "search_query": "",
    }


def navigation(request: HttpRequest) -> Sequence[Room]:
    """The rooms this person can use. Named in settings.NAVIGATION, because only a higher floor knows them."""
    path = getattr(settings, "NAVIGATION", "")
    return import_string(path)(request) if path else ()


def flashes(request: HttpRequest) -> list[dict[str, str]]:
    """What the last deed said, each once. Level words: success, info, warning, error."""
    if not hasattr(request, "_messages"):
        return []
    return [
        {"text": str(message), "level": message.level_tag or "info"}
        for message in messages.get_messages(request)
    ]


WORDS = {
    400: ("We could not use what was sent", "Go back, check what you entered and send it again."),
    403: (
        "You cannot do this",
        "Your role does not allow it. If your work needs it, "
        "ask the person who manages access for your agency.",
    ),
    # Never says whether the thing exists: absent and not-for-you must look alike.
    404: (
        "There is nothing here for you",
        "The page does not exist, or it is not one you can see. Check the address or search for the child. "
        "If you need it for your work, ask the agency that holds the record.",
    ),
    429: ("Too much at once", "What you see is kept safe by keeping count of how much is opened."),
    500: (
        "Something went wrong on our side",
        "What you entered may not have been saved. Try again in a few minutes. "
        "If it happens again, tell the people who run the service and give them the time and the reference.",
    ),
    503: ("This cannot be shown now", "Try again in a few minutes."),
}


def refusal(request: HttpRequest, status: int, words: str = "", *, reference: str = "") -> HttpResponse:
    """A page for 400, 403, 404, 429, 500 or 503. A 404 always says the same, whatever `words` are.

    A program that asked (`FOR_PROGRAMS` begins its address) gets the same words as JSON instead of a page."""
    title, advice = WORDS[status]
    said = words if words and status not in (404, 500) else ""
    if request.path_info.startswith(settings.FOR_PROGRAMS):
        told = " ".join(part for part in (said or f"{title}.", advice, reference) if part)
        return JsonResponse({"error": told}, status=status, headers={"Cache-Control": "no-store"})
    return page(
        request, "ui/error.jinja", status=status, title=title, words=said, advice=advice, reference=reference
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Nothing of what went wrong, only the number under which the log has it."""
    now = occasion.current()
    reference = now.number if now else ""
    log.error("Reference %s", reference)
    return refusal(request, 500, reference=reference)
