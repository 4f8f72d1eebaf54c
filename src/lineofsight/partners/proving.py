"""Proving again that it is you, before something that needs a fresh sign-in, and going on where you were.

What was typed in a form that came too late is kept in the session, never in an address, for as long as the
proof may take; afterwards the page offers to send it once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import sessions

KEY = "typed"
#: Characters that are kept; more is more than anyone types in a form.
MOST = 200_000
NEVER_KEPT = {"csrfmiddlewaretoken", "password", "current", "passkey"}


def fresh_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that asks for a second factor given in the last ten minutes."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if sessions.fresh(request) else ask(request)

    return run


def ask(request: HttpRequest) -> HttpResponse:
    """Leads to the page on which to prove it. Call it where a deed needs a fresh sign-in and there is none."""
    request.session.pop(KEY, None)
    if request.method == "POST" and not request.FILES:
        pairs = [(name, value) for name, values in request.POST.lists() for value in values]
        typed = [pair for pair in pairs if pair[0] not in NEVER_KEPT]
        if sum(len(value) for _, value in typed) <= MOST:
            request.session[KEY] = {"path": request.get_full_path(), "pairs": typed, "at": time.time()}
    address = request.get_full_path()
    return redirect(f"/account/prove?{urlencode({'next': address})}")


def typed_for(request: HttpRequest, path: str) -> list[tuple[str, str]]:
    """What waits to be sent to this path, once."""
    kept: dict[str, Any] | None = request.session.pop(KEY, None)
    if not kept or kept["path"] != path or time.time() - kept["at"] > numbers().fresh_minutes * 60:
        return []
    return [(str(name), str(value)) for name, value in kept["pairs"]]
