"""Signing in and out, accounts, and whom to ring at each agency."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from lineofsight.access import ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners import queries, services
from lineofsight.partners.forms import ContactForm, SignInForm, WorkerForm
from lineofsight.ui.pages import page

#: The same for an address that nobody has and for a wrong password, so that neither can be found out.
NOT_RECOGNISED = (
    "We do not recognise this address and password together. Check both and try again. "
    "If you have no account or cannot get in, ask the person who manages access for your agency."
)


@sensitive_post_parameters("password")
@login_not_required
def sign_in(request: Any) -> HttpResponse:
    onward = safe_next(request)
    if request.user.is_authenticated:
        return redirect(onward)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        address = form.cleaned_data["email"]
        worker = authenticate(request, username=address, password=form.cleaned_data["password"])
        if worker is not None:
            login(request, worker)
            actor = worker.actor()
            ledger.write(actor, "account.sign_in", Subject("worker", actor.ref, owner=actor.agency))
            return redirect(onward)
        ledger.write(
            Actor.nobody(), "account.sign_in", Subject("worker"),
            outcome=ledger.REFUSED, detail={"address": fingerprint(address)},
        )  # fmt: skip
        form.add_error(None, NOT_RECOGNISED)
    return page(request, "partners/sign_in.jinja", title="Sign in", form=form, onward=onward)


def safe_next(request: Any) -> str:
    """Where to go after signing in: a page of this site, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def fingerprint(address: str) -> str:
    """Tells attempts on one address from others. What was typed is not kept: it may be a password."""
    return salted_hmac("lineofsight.partners.sign_in", address.strip().casefold()).hexdigest()[:16]


@login_not_required
def sign_out(request: Any) -> HttpResponse:
    """Also for a session that has run out, so that nobody who leaves meets an error."""
    if request.method == "POST":
        if request.user.is_authenticated:
            actor: Actor = request.user.actor()
            ledger.write(actor, "account.sign_out", Subject("worker", actor.ref, owner=actor.agency))
            logout(request)
        messages.success(request, "You are signed out.")
    return redirect("partners:sign_in")


# --- accounts -----------------------------------------------------------------------------------------


def may_manage(request: Any) -> None:
    require(request.actor, Permission.PARTNERS_MANAGE, Subject.partnership())


def workers(request: Any) -> HttpResponse:
    names = {role.code: role.name for role in book.roles()}
    people: list[dict[str, Any]] = [
        {"worker": worker, "roles": [names.get(role, role) for role in roles_today(worker)]}
        for worker in queries.workers(request.actor)
    ]
    people.sort(key=lambda row: (not row["worker"].is_active, row["worker"].name.casefold()))
    return page(
        request, "partners/workers.jinja", title="People with an account", people=people, me=request.actor.ref
    )


def roles_today(worker: Any) -> list[str]:
    today = date.today()
    return [
        held.role
        for held in worker.roles.all()
        if held.since <= today and (held.until is None or held.until > today)
    ]


def add_worker(request: Any) -> HttpResponse:
    may_manage(request)
    choices = [(agency.code, agency.name) for agency in queries.agencies()]
    form = WorkerForm(request.POST if request.method == "POST" else None, agencies=choices)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            agency = queries.agency(given.pop("agency"))
            worker, password = services.add_worker(agency=agency, by=request.actor, **given)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            # Shown in this answer alone: not in an address, a message or a session, where it would stay.
            return page(
                request, "partners/worker_added.jinja",
                title="The account is ready", worker=worker, password=password,
            )  # fmt: skip
    return page(request, "partners/add_worker.jinja", title="Give someone an account", form=form)


def end_account(request: Any, ref: str) -> HttpResponse:
    may_manage(request)
    worker = queries.worker_by_ref(ref)
    if worker is None:
        raise NotFound("There is no account with that reference.")
    problem = ""
    if request.method == "POST":
        try:
            services.end_account(worker=worker, by=request.actor)
        except Refused as error:
            problem = str(error)
        else:
            messages.success(request, f"The account of {worker.name} has ended.")
            return redirect("partners:workers")
    return page(
        request, "partners/end_account.jinja",
        title=f"End the account of {worker.name}", worker=worker, problem=problem,
    )  # fmt: skip


# --- agencies -----------------------------------------------------------------------------------------


def agencies(request: Any) -> HttpResponse:
    may_manage(request)
    return page(request, "partners/agencies.jinja", title="Agencies", agencies=queries.agencies())


def agency_contact(request: Any, code: str) -> HttpResponse:
    may_manage(request)
    try:
        agency = queries.agency(code)
    except Refused as error:
        raise NotFound(str(error)) from error
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        initial={"contact": agency.contact, "phone": agency.phone},
    )
    if form.is_valid():
        services.set_contact(agency=agency, by=request.actor, **form.cleaned_data)
        messages.success(request, f"Saved whom to ring at {agency.name}.")
        return redirect("partners:agencies")
    return page(
        request,
        "partners/agency_contact.jinja",
        title=f"Whom to ring at {agency.name}",
        form=form,
        agency=agency,
    )
