"""Signing in, in two steps or with an agency's own account, and out; invitations; whether the service is up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_post_parameters

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners import factors, own_account, proving, sessions, signing_in, single_sign_on
from lineofsight.partners.forms import CodeForm, InvitationForm, SignInForm
from lineofsight.partners.middleware import before_second_factor, stands_alone
from lineofsight.ui.asking import ANYTHING, asks
from lineofsight.ui.pages import page

#: The same for an address that nobody has, a wrong password, a suspended account and one that has to wait.
NOT_RECOGNISED = (
    "We do not recognise this address and password together. Check both and try again. "
    "After several tries the next one only counts a minute later. "
    "If you have no account or cannot get in, ask the person who manages access for your agency."
)
NOT_PROVED = (
    "That code does not fit. A code works once, for half a minute: wait for the next one and type it. "
    "After several tries the next one only counts some minutes later."
)
NOT_INVITED = (
    "Your agency knows you, but no invitation here waits for you, or your account is not active. "
    "Ask the person who manages access for your agency."
)


def safe_next(request: Any) -> str:
    """Where to go after signing in: a page of this site, else the first page."""
    return own_path(request, request.POST.get("next") or request.GET.get("next") or "")


def own_path(request: Any, wanted: str) -> str:
    """`wanted` if it is a path of this site, written plainly (I-5); else the first page."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\\" not in wanted
    ours = plain and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL)


@asks("next")
@sensitive_post_parameters("password")
@login_not_required
@before_second_factor
def sign_in(request: Any) -> HttpResponse:
    onward = safe_next(request)
    if request.user.is_authenticated:
        return redirect(onward)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        worker = signing_in.by_password(request, form.cleaned_data["email"], form.cleaned_data["password"])
        if worker is not None and worker.second_factor:
            signing_in.await_second(request, worker, onward)
            return redirect("partners:second_step")
        if worker is not None:
            return signing_in.complete(request, worker, redirect(onward), how="password")
        form.add_error(None, NOT_RECOGNISED)
    ended = sessions.WORDS_WHEN_ENDED.get(request.session.pop("ended", ""), "") if request.session else ""
    return page(
        request, "partners/sign_in.jinja",
        title="Sign in", form=form, onward=onward, ended=ended, providers=single_sign_on.providers(),
    )  # fmt: skip


@login_not_required
@before_second_factor
def second_step(request: Any) -> HttpResponse:
    """The code or the passkey. Whoever waits too long begins again."""
    found = signing_in.awaited(request)
    if found is None:
        return redirect("partners:sign_in")
    worker, step = found
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        how = signing_in.takes_second(
            request, worker,
            **form.cleaned_data, state=step.get("passkey"),
        )  # fmt: skip
        if how:
            onward = redirect(own_path(request, step["onward"]))
            return signing_in.complete(request, worker, onward, how=f"password and {how}")
        form.add_error("code", NOT_PROVED)
    options = ask_for_passkey(request, worker, signing_in.STEP)
    return page(
        request, "partners/second_step.jinja",
        title="Second step", form=form, options=options, demo_code=demo_code(worker.email),
    )  # fmt: skip


def ask_for_passkey(request: Any, worker: Any, step: str) -> str:
    """What the browser is asked, when this worker has a passkey; what is remembered goes into the step."""
    if not factors.takes_passkeys(request.get_host()) or not factors.credentials(worker):
        return ""
    options, state = factors.ask_passkey(worker, signing_in.origin(request))
    request.session[step] = {**request.session.get(step, {}), "passkey": state}
    return options


def demo_code(email: str) -> str:
    """In the invented partnership the page shows the code that an app would show; nowhere else."""
    return import_string(settings.DEMO_CODE)(email) if settings.DEMO_CODE else ""


@login_not_required
@before_second_factor
def sign_out(request: Any) -> HttpResponse:
    """Also for a session that has run out, so that nobody who leaves meets an error."""
    if request.method == "POST":
        if request.user.is_authenticated:
            worker = request.user
            ledger.write(worker.actor(), "account.sign_out", worker.subject())
            if request.sign_in is not None:
                sessions.end(worker, why="signed out", by=worker.actor(), ref=request.sign_in.ref)
            logout(request)
        messages.success(request, "You are signed out.")
    answer = redirect("partners:sign_in")
    # Whoever sits down at this browser next finds nothing that it kept.
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


# --- with an agency's own account -------------------------------------------------------------------------


@asks("next")
@login_not_required
@before_second_factor
def with_agency(request: Any, code: str) -> HttpResponse:
    provider = single_sign_on.provider_of(code)
    if provider is None:
        raise NotFound("This agency has no sign-in of its own here.")
    again = request.user.is_authenticated
    request.session["onward"] = safe_next(request)
    back = request.build_absolute_uri(reverse("partners:from_agency", args=[code]))
    try:
        return single_sign_on.ask(request, provider, back, again=again)
    except Refused as error:
        return not_let_in(request, str(error))


@asks(ANYTHING)
@login_not_required
@before_second_factor
def from_agency(request: Any, code: str) -> HttpResponse:
    provider = single_sign_on.provider_of(code)
    if provider is None:
        raise NotFound("This agency has no sign-in of its own here.")
    onward = own_path(request, request.session.pop("onward", ""))
    try:
        claims = single_sign_on.answer(request, provider)
    except Refused as error:
        return not_let_in(request, str(error))
    if request.user.is_authenticated:
        return proved_again(request, provider, claims, onward)
    worker = single_sign_on.worker_for(provider, claims)
    if worker is None or not signing_in.WorkerBackend().user_can_authenticate(worker):
        ledger.write(
            Actor.nobody(), "account.sign_in", Subject("worker"), outcome=ledger.REFUSED,
            detail={"address": signing_in.fingerprint(str(claims.get("email", ""))), "agency": code},
        )  # fmt: skip
        return not_let_in(request, NOT_INVITED)
    if provider.shows_second_factor(claims):
        return signing_in.complete(
            request,
            worker,
            redirect(onward),
            how="agency’s sign-in with a second factor",
            proved_by_agency=True,
        )
    if worker.second_factor:
        signing_in.await_second(request, worker, onward)
        return redirect("partners:second_step")
    return signing_in.complete(request, worker, redirect(onward), how="agency’s sign-in")


def proved_again(request: Any, provider: Any, claims: Any, onward: str) -> HttpResponse:
    """Someone who is signed in went to the agency to prove who they are (A-C2)."""
    same = request.user.subject_there and claims["sub"] == request.user.subject_there
    if same and single_sign_on.is_just_now(claims) and provider.shows_second_factor(claims):
        sessions.note_proof(request)
        signing_in.note(request.user, "account.prove", {"how": "agency’s sign-in"})
        return go_on(request, onward)
    return not_let_in(
        request, "Your agency’s sign-in did not show that it was you, just now, with a second factor."
    )


def go_on(request: Any, onward: str) -> HttpResponse:
    """After a proof: back to the page, or to the form that came too late, with what was typed."""
    typed = proving.typed_for(request, onward)
    if not typed:
        return redirect(own_path(request, onward))
    return page(request, "partners/go_on.jinja", title="Thank you. Go on", onward=onward, typed=typed)


def not_let_in(request: Any, words: str) -> HttpResponse:
    return page(request, "partners/not_let_in.jinja", status=403, title="You are not signed in", words=words)


# --- an invitation ----------------------------------------------------------------------------------------


@login_not_required
@before_second_factor
def invitation_link(request: Any, token: str) -> HttpResponse:
    """Takes the token out of the address, where it could be read over a shoulder."""
    request.session["invitation"] = token[:64]
    return redirect("partners:invitation")


@sensitive_post_parameters("password")
@login_not_required
@before_second_factor
def invitation(request: Any) -> HttpResponse:
    token = request.session.get("invitation", "")
    worker = own_account.invited(token)
    if worker is None:
        return page(
            request, "partners/no_invitation.jinja", status=404, title="This link does not work any more"
        )
    provider = single_sign_on.provider_of(worker.agency.code)
    by_password = single_sign_on.takes_passwords(worker.agency.code)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if by_password and form.is_valid():
        try:
            worker = own_account.accept(token, form.cleaned_data["password"])
        except Refused as error:
            form.add_error("password", str(error))
        else:
            if worker.second_factor:  # then it is asked for, as at every other way in
                signing_in.await_second(request, worker, reverse("partners:account"))
                return redirect("partners:second_step")
            return signing_in.complete(request, worker, redirect("partners:enrol"), how="invitation")
    return page(
        request, "partners/invitation.jinja",
        title="Make the account yours", form=form, worker=worker, provider=provider, by_password=by_password,
    )  # fmt: skip


# --- is it up ---------------------------------------------------------------------------------------------


@stands_alone
@login_not_required
def health(request: Any) -> HttpResponse:
    """200 or 503, and not a word more (C-7)."""
    status = 200
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        status = 503
    return HttpResponse(status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
