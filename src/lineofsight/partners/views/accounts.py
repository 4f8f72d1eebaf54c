"""Accounts, for those who manage them: who can sign in and what they do here, without any content (A-D11).

Each page asks for the permission and for a second factor given lately (N-6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import agreements, granting, proving, queries, services, sessions
from lineofsight.partners.forms import ChangeForm, ContactForm, RoleForm, SuspendForm, WorkerForm
from lineofsight.ui.pages import page

View = Callable[..., HttpResponse]


def for_administrators(view: View) -> View:
    @wraps(view)
    def run(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request.actor, Permission.PARTNERS_MANAGE, Subject.partnership())
        return view(request, *args, **kwargs) if sessions.fresh(request) else proving.ask(request)

    return run


def named(ref: str) -> Any:
    worker = queries.worker_by_ref(ref)
    if worker is None:
        raise NotFound("There is no account with that reference.")
    return worker


def role_names() -> dict[str, str]:
    return {role.code: role.name for role in book.roles()} | {"export": "May export"}


@for_administrators
def workers(request: Any) -> HttpResponse:
    names = role_names()
    people: list[dict[str, Any]] = [
        {
            "worker": worker,
            "roles": [names.get(role, role) for role in roles],
            "state": queries.state_of(worker),
        }
        for worker, roles in queries.workers_with_roles(request.actor)
    ]
    people.sort(key=lambda row: (not row["worker"].is_active, row["worker"].name.casefold()))
    return page(request, "partners/workers.jinja", title="People with an account", people=people)


@for_administrators
def add_worker(request: Any) -> HttpResponse:
    choices = [(agency.code, agency.name) for agency in queries.agencies()]
    form = WorkerForm(request.POST if request.method == "POST" else None, agencies=choices)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            agency = queries.agency(given.pop("agency"))
            worker, token = services.add_worker(agency=agency, by=request.actor, **given)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return invited(request, worker, token)
    return page(request, "partners/add_worker.jinja", title="Give someone an account", form=form)


def invited(request: Any, worker: Any, token: str) -> HttpResponse:
    """The link is shown in this answer alone: not in a message or a session, where it would stay."""
    link = request.build_absolute_uri(reverse("partners:invitation_link", args=[token]))
    return page(
        request, "partners/worker_invited.jinja",
        title="The invitation is ready", worker=worker, link=link, days=numbers().invitation_days,
        guardian=queries.has_guardian(worker.agency),
    )  # fmt: skip


@for_administrators
def worker(request: Any, ref: str) -> HttpResponse:
    found, names = named(ref), role_names()
    roles = [
        (names.get(held.role, held.role), held, queries.state_of_role(held)) for held in found.roles.all()
    ]
    return page(
        request, "partners/worker.jinja",
        title=found.name, worker=found, roles=roles, state=queries.state_of(found), me=request.actor.ref,
        sessions=sessions.open_sessions(found), second_factor=found.second_factor,
    )  # fmt: skip


@for_administrators
def change_worker(request: Any, ref: str) -> HttpResponse:
    found = named(ref)
    before = {
        "name": found.name, "job": found.job, "team": found.team.name if found.team else "",
        "training_until": found.training_until, "ends": found.ends,
        "usual_from": found.usual_from, "usual_until": found.usual_until,
    }  # fmt: skip
    form = ChangeForm(request.POST if request.method == "POST" else None, initial=before)
    if form.is_valid():
        try:
            services.change_worker(worker=found, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Saved the account of {found.name}.")
            return redirect("partners:worker", found.ref)
    return page(
        request, "partners/change_worker.jinja", title=f"Change {found.name}", form=form, worker=found
    )


@for_administrators
def ask_for_role(request: Any, ref: str) -> HttpResponse:
    found = named(ref)
    form = RoleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            granting.ask_for_role(worker=found, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Asked. It counts once a guardian of {found.agency.name} approves it.")
            return redirect("partners:worker", found.ref)
    return page(
        request,
        "partners/ask_for_role.jinja",
        title=f"Ask for a role for {found.name}",
        form=form,
        worker=found,
    )


@require_POST
@for_administrators
def end_role(request: Any, ref: str, grant: str) -> HttpResponse:
    held = queries.role_by_ref(grant)
    if held.worker.ref != ref:
        raise NotFound("There is no such role.")
    granting.end_role(held=held, by=request.actor)
    messages.success(request, "The role has ended, and so have the sessions.")
    return redirect("partners:worker", ref)


@require_POST
@for_administrators
def end_sessions(request: Any, ref: str) -> HttpResponse:
    found = named(ref)
    services.end_sessions(worker=found, by=request.actor)
    messages.success(request, f"{found.name} is signed out everywhere.")
    return redirect("partners:worker", ref)


@for_administrators
def suspend(request: Any, ref: str) -> HttpResponse:
    found = named(ref)
    form = SuspendForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.suspend(worker=found, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The account of {found.name} is suspended.")
            return redirect("partners:worker", ref)
    return page(request, "partners/suspend.jinja", title=f"Suspend {found.name}", form=form, worker=found)


@require_POST
@for_administrators
def restore(request: Any, ref: str) -> HttpResponse:
    found = services.restore(worker=named(ref), by=request.actor)
    messages.success(request, f"The account of {found.name} is active again.")
    return redirect("partners:worker", ref)


@for_administrators
def invite(request: Any, ref: str) -> HttpResponse:
    found, problem = named(ref), ""
    if request.method == "POST":
        try:
            return invited(request, found, services.invite(worker=found, by=request.actor))
        except Refused as error:
            problem = str(error)
    return page(
        request, "partners/confirm.jinja", title=f"Invite {found.name} again", problem=problem,
        action="Make a new link", back="partners:worker", back_ref=found.ref,
        says=[
            f"Be sure that you speak with {found.name}: ring the number that you have for them, not one they give you.",
            "Their password, second factors and sessions end now. With the new link they choose them again.",
        ],
    )  # fmt: skip


@for_administrators
def end_account(request: Any, ref: str) -> HttpResponse:
    found, problem = named(ref), ""
    if request.method == "POST":
        try:
            services.end_account(worker=found, by=request.actor)
        except Refused as error:
            problem = str(error)
        else:
            messages.success(request, f"The account of {found.name} has ended.")
            return redirect("partners:workers")
    return page(
        request, "partners/end_account.jinja",
        title=f"End the account of {found.name}", worker=found, problem=problem, ended=queries.state_of(found) == "ended",
    )  # fmt: skip


# --- agencies -----------------------------------------------------------------------------------------


@for_administrators
def agencies(request: Any) -> HttpResponse:
    found = queries.agencies()
    barred = {agency.code: agreements.barred(agency) for agency in found}
    return page(request, "partners/agencies.jinja", title="Agencies", agencies=found, barred=barred)


def agency_named(code: str) -> Any:
    try:
        return queries.agency(code)
    except Refused as error:
        raise NotFound(str(error)) from error


@for_administrators
def agency_contact(request: Any, code: str) -> HttpResponse:
    agency = agency_named(code)
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


@for_administrators
def suspend_agency(request: Any, code: str) -> HttpResponse:
    """Suspends, or restores one that is suspended."""
    agency, problem = agency_named(code), ""
    restores = agency.suspended_at is not None
    if request.method == "POST":
        deed = services.restore_agency if restores else services.suspend_agency
        try:
            deed(agency=agency, by=request.actor)
        except Refused as error:
            problem = str(error)
        else:
            done = "may sign in again" if restores else "cannot sign in until you restore it"
            messages.success(request, f"Everyone of {agency.name} {done}.")
            return redirect("partners:agencies")
    return page(
        request, "partners/confirm.jinja", problem=problem, back="partners:agencies",
        title=f"Restore {agency.name}" if restores else f"Suspend {agency.name}",
        action="Restore it" if restores else "Suspend it",
        says=["Its people can sign in again."] if restores else
        ["Nobody of this agency can sign in, and whoever is signed in is out at once. What they wrote stays."],
    )  # fmt: skip
