"""One's own account: second factors, sessions, password, home; proving again who one is."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import factors, own_account, proving, queries, sessions, signing_in, single_sign_on
from lineofsight.partners.forms import AppForm, CodeForm, HomeForm, PasskeyForm, PasswordForm
from lineofsight.partners.middleware import before_second_factor, has_second_factor
from lineofsight.partners.views.doors import NOT_PROVED, ask_for_passkey, demo_code, go_on, safe_next
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page

ISSUER = "Line of Sight"


def account(request: Any) -> HttpResponse:
    worker = request.user
    names = {role.code: role.name for role in book.roles()} | {"export": "May export"}
    return page(
        request, "partners/account.jinja",
        title="Your account",
        worker=worker,
        roles=[(names.get(held.role, held.role), held) for held in worker.grants_today()],
        factors=list(worker.factors.all()),
        codes_left=worker.recovery_codes.filter(used_at=None).count(),
        sessions=sessions.open_sessions(worker),
        here=request.sign_in.ref,
        has_password=worker.has_usable_password(),
        home=queries.home_of(request.actor, worker),
    )  # fmt: skip


# --- second factors ---------------------------------------------------------------------------------------


def may_change_factors(request: Any) -> bool:
    """The first factor needs no proof, for there is nothing to prove it with; each later change does."""
    return not has_second_factor(request) or sessions.fresh(request)


@before_second_factor
def enrol(request: Any) -> HttpResponse:
    """Which second factor to add."""
    return page(
        request, "partners/enrol.jinja",
        title="Add a second factor", first=not request.user.second_factor,
        passkeys=factors.takes_passkeys(request.get_host()),
    )  # fmt: skip


@before_second_factor
def enrol_app(request: Any) -> HttpResponse:
    if not may_change_factors(request):
        return proving.ask(request)
    secret = request.session.setdefault("app_secret", factors.new_app_secret())
    form = AppForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            factor = factors.add_app(request.user, secret, form.cleaned_data["code"])
        except Refused as error:
            form.add_error("code", str(error))
        else:
            request.session.pop("app_secret")
            return added(request, factor)
    size, path = drawn(factors.app_address(request.user, secret, ISSUER))
    return page(
        request, "partners/enrol_app.jinja",
        title="Add a code app", form=form, secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        size=size, path=path,
    )  # fmt: skip


def drawn(text: str) -> tuple[int, str]:
    """The squares of a QR code as one path, and the side it needs with its margin of four."""
    rows = segno.make(text, error="m").matrix
    squares = [
        f"M{x + 4} {y + 4}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    ]
    return len(rows) + 8, "".join(squares)


@before_second_factor
def enrol_passkey(request: Any) -> HttpResponse:
    if not may_change_factors(request):
        return proving.ask(request)
    if not factors.takes_passkeys(request.get_host()):
        return redirect("partners:enrol")
    origin = signing_in.origin(request)
    form = PasskeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            state = request.session.pop("new_passkey", None)
            factor = factors.add_passkey(request.user, origin, state, given["passkey"], given["name"])
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return added(request, factor)
    options, request.session["new_passkey"] = factors.begin_passkey(request.user, origin)
    return page(request, "partners/enrol_passkey.jinja", title="Add a passkey", form=form, options=options)


def added(request: Any, factor: Any) -> HttpResponse:
    """The first factor brings recovery codes, shown in this answer alone."""
    codes = own_account.factor_added(request.user, factor)
    sessions.note_proof(request)
    if codes:
        return page(request, "partners/recovery_codes.jinja", title="Keep these codes", codes=codes)
    messages.success(request, f"Added: {factor.name}.")
    return redirect("partners:account")


@proving.fresh_only
def remove_factor(request: Any, number: int) -> HttpResponse:
    factor = next((held for held in request.user.factors.all() if held.pk == number), None)
    problem = ""
    if request.method == "POST":
        try:
            own_account.remove_factor(request.user, number)
        except Refused as error:
            problem = str(error)
        else:
            messages.success(request, "The second factor is removed.")
            return redirect("partners:account")
    elif factor is None:
        return redirect("partners:account")
    return page(
        request, "partners/confirm.jinja", title=f"Remove {factor.name}" if factor else "Remove a second factor",
        problem=problem, action="Remove it", back="partners:account",
        says=["You can no longer sign in with it."],
    )  # fmt: skip


@proving.fresh_only
def recovery_codes(request: Any) -> HttpResponse:
    if request.method == "POST":
        codes = own_account.new_codes(request.user)
        return page(request, "partners/recovery_codes.jinja", title="Keep these codes", codes=codes)
    return page(
        request, "partners/confirm.jinja", title="Make new recovery codes",
        problem="", action="Make new codes", back="partners:account",
        says=["The codes you have now stop working. The new ones are shown once."],
    )  # fmt: skip


# --- sessions ---------------------------------------------------------------------------------------------


@require_POST
def end_session(request: Any, ref: str) -> HttpResponse:
    ended = own_account.end_session(request.user, ref)
    messages.success(request, f"Ended the session on {ended.device_words}.")
    return redirect("partners:account")


@require_POST
def end_sessions(request: Any) -> HttpResponse:
    """All but this one."""
    worker = request.user
    sessions.end(worker, why="ended by the worker", by=request.actor, besides=request.sign_in.ref)
    messages.success(request, "Every other session is ended.")
    return redirect("partners:account")


# --- password and home ------------------------------------------------------------------------------------


@sensitive_post_parameters("current", "password")
@proving.fresh_only
def password(request: Any) -> HttpResponse:
    if not request.user.has_usable_password():
        return redirect("partners:account")
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            own_account.change_password(
                request.user, current=given["current"], new=given["password"], session=request.sign_in.ref
            )
        except Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, "Your password is changed, and every other session is ended.")
            return redirect("partners:account")
    return page(request, "partners/password.jinja", title="Change your password", form=form)


def home(request: Any) -> HttpResponse:
    kept = queries.home_of(request.actor, request.user)
    before = {name: getattr(kept, name) for name in HomeForm.base_fields} if kept else {}
    form = HomeForm(request.POST if request.method == "POST" else None, initial=before)
    if form.is_valid():
        own_account.save_home(request.user, **form.cleaned_data)
        messages.success(request, "Saved where you live.")
        return redirect("partners:account")
    return page(request, "partners/home_details.jinja", title="Where you live", form=form)


# --- proving again ----------------------------------------------------------------------------------------


@asks("next")
def prove(request: Any) -> HttpResponse:
    """The second factor once more, then back to where one was."""
    worker, onward = request.user, safe_next(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        step = request.session.get("prove", {})
        how = signing_in.takes_second(
            request, worker,
            **form.cleaned_data, state=step.get("passkey"),
        )  # fmt: skip
        if how:
            request.session.pop("prove", None)
            sessions.note_proof(request)
            signing_in.note(worker, "account.prove", {"how": how})
            return go_on(request, onward)
        form.add_error("code", NOT_PROVED)
    options = ask_for_passkey(request, worker, "prove")
    provider = single_sign_on.provider_of(worker.agency.code) if worker.subject_there else None
    return page(
        request, "partners/prove.jinja",
        title="Show that it is still you", form=form, options=options, onward=onward, provider=provider,
        own_factor=worker.second_factor, minutes=sessions.numbers().fresh_minutes, demo_code=demo_code(worker.email),
    )  # fmt: skip
