"""Sessions: begun by signing in, looked up on every request, ended from either side (N-3).

The cookie holds a session of the framework's; that session names a row here. A session whose row has ended,
was idle for too long or has lasted too long is nobody's.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from lineofsight.access import ledger
from lineofsight.access.actor import Actor
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import rules
from lineofsight.partners.models import Device, SignIn, Worker
from lineofsight.partners.sealing import digest

KEY = "sign_in"
#: `seen_at` is written at most this often. It errs towards ending a session early.
SEEN_EVERY = timedelta(seconds=60)

WORDS_WHEN_ENDED = {
    "idle": "You were signed out because nothing happened for a while. What you had saved is safe.",
    "too long": "You were signed out because a session lasts one working day at most. Sign in again to go on.",
    "ended": "This session was ended. Sign in again to go on.",
}


def address(request: HttpRequest) -> str:
    return rules.address_of(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        tuple(settings.PROXIES),
    )


def begin(sender: Any, request: HttpRequest, user: Worker, **kwargs: Any) -> None:
    """Hears the framework's `user_logged_in`, the one door through which every session begins."""
    row = SignIn.objects.create(
        worker=user,
        proved_at=timezone.now(),
        device_words=rules.device_words(request.META.get("HTTP_USER_AGENT", "")),
        address=address(request),
    )
    request.session[KEY] = row.ref
    request.sign_in = row  # type: ignore[attr-defined]


def keep(request: HttpRequest) -> SignIn | None:
    """The session's row, if it still counts; else the session is closed, and the page asks to sign in."""
    user = request.user
    if not isinstance(user, Worker):
        return None
    row = SignIn.objects.filter(ref=request.session.get(KEY, ""), worker=user).first()
    now = timezone.now()
    why = why_over(row, now)
    if row is None or why:
        if row is not None and row.ended_at is None:
            row.ended_at, row.ended_why = now, why
            row.save(update_fields=["ended_at", "ended_why"])
            ledger.write(user.actor(), "account.session_end", user.subject(), detail={"why": why})
        logout(request)
        request.session["ended"] = why or "ended"
        return None
    if now - row.seen_at >= SEEN_EVERY:
        SignIn.objects.filter(pk=row.pk, ended_at=None).update(seen_at=now)
    return row


def why_over(row: SignIn | None, now: datetime) -> str:
    if row is None:
        return "ended"
    return rules.why_ended(
        started=row.started_at, seen=row.seen_at, ended=row.ended_at is not None, now=now, numbers=numbers()
    )


def fresh(request: HttpRequest) -> bool:
    """Signed in or proved within ten minutes (A-C2)."""
    row: SignIn | None = getattr(request, "sign_in", None)
    return row is not None and rules.is_fresh(row.proved_at, timezone.now(), numbers())


def note_proof(request: HttpRequest) -> None:
    """The worker has just given their second factor again. The session gets a new id with it."""
    row: SignIn = request.sign_in  # type: ignore[attr-defined]
    row.proved_at = timezone.now()
    row.save(update_fields=["proved_at"])
    request.session.cycle_key()


def open_sessions(worker: Worker) -> list[SignIn]:
    """Those that still count, the latest first."""
    now = timezone.now()
    return [row for row in worker.sign_ins.filter(ended_at=None) if not why_over(row, now)]


def end(worker: Worker, *, why: str, by: Actor, besides: str = "", ref: str = "") -> int:
    """Ends sessions of this worker: all, all but one, or one. The next request of each is nobody's."""
    rows: QuerySet[SignIn] = worker.sign_ins.filter(ended_at=None).exclude(ref=besides)
    if ref:
        rows = rows.filter(ref=ref)
    ended = rows.update(ended_at=timezone.now(), ended_why=why)
    if ended:
        ledger.write(by, "account.session_end", worker.subject(), detail={"why": why, "sessions": ended})
    return ended


# --- devices ----------------------------------------------------------------------------------------------


def device_token(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")[:64]


def device_digest(token: str) -> str:
    return digest("device", token)


def is_known_device(request: HttpRequest, email: str) -> bool:
    """Whether someone has signed in to this very account with this browser before."""
    token = device_token(request)
    oldest = timezone.now() - timedelta(days=numbers().known_device_days)
    return Device.objects.filter(
        worker__email__iexact=email.strip(), digest=device_digest(token), last_at__gt=oldest
    ).exists()


def remember_device(request: HttpRequest, response: HttpResponse, worker: Worker) -> bool:
    """Leaves a token in the browser. Returns whether it is a new one for this worker."""
    token, now = device_token(request), timezone.now()
    if not Device.objects.filter(digest=device_digest(token)).exists():
        token = secrets.token_urlsafe(32)  # never one that somebody else put into this browser
    row, new = Device.objects.get_or_create(
        worker=worker, digest=device_digest(token),
        defaults={"words": rules.device_words(request.META.get("HTTP_USER_AGENT", ""))},
    )  # fmt: skip
    if not new:
        row.last_at = now
        row.save(update_fields=["last_at"])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME, token, max_age=timedelta(days=numbers().known_device_days),
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip
    return new


def is_new_place(row: SignIn) -> bool:
    """Whether this worker has not signed in from this part of the network before, as far as sessions are kept.
    The very first sign-in is from no new place."""
    earlier = row.worker.sign_ins.exclude(pk=row.pk).exclude(address="")
    places = {rules.place_of(address) for address in earlier.values_list("address", flat=True).distinct()}
    return bool(places) and bool(row.address) and rules.place_of(row.address) not in places


def forget_devices(worker: Worker) -> None:
    worker.devices.all().delete()
