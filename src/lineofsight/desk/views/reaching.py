"""Coming to a child whom one does not work with yet: look up, claim for a referral, open in an emergency."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book
from lineofsight.catalogue.errors import NotAllowed, StepNeeded
from lineofsight.desk import forms
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.partners import queries as partners
from lineofsight.people import admitting, index
from lineofsight.people import queries as people
from lineofsight.ui.pages import page


def look_up(request: HttpRequest) -> HttpResponse:
    """The index: who holds a record of someone, and whom to ring."""
    actor = actor_of(request)
    require(actor, Permission.INDEX_SEARCH, Subject.partnership())
    form = forms.LookUpForm(request.POST or None)
    found, status, step = None, 200, False
    if request.method == "POST" and form.is_valid():
        try:
            found = index.look_up(actor, form.identifiers(), form.purpose())
        except StepNeeded as missing:
            form.add_error(None, str(missing))
            status, step = 403, True
        except NotAllowed as refused:
            form.add_error(None, str(refused))
            status = 403
        else:
            if found.ref and not found.shows:
                return redirect("desk:child", found.ref)
    lead = partners.worker_by_ref(found.lead) if found and found.lead else None
    response = page(
        request, "desk/look_up.jinja", status=status, title="Look someone up", form=form, found=found, lead=lead,
        agencies=partners.agencies_by_code(),
        custodians=partners.with_role("index_custodian") if found and "custodian_contact" in found.shows else [],
        may_claim=may(request, Permission.DUTY_CLAIM), may_open=may(request, Permission.GLASS_BREAK),
    )  # fmt: skip
    if step:
        response["Line-Of-Sight-Step"] = "more"
    return response


def claim(request: HttpRequest, ref: str) -> HttpResponse:
    """A duty worker takes a referral about this child."""
    actor = actor_of(request)
    require(actor, Permission.DUTY_CLAIM, Subject.partnership())
    form = forms.ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admitting.claim_duty(child=people.anyone(actor, ref), by=actor, **form.cleaned_data)
        except StepNeeded as step:
            form.add_error(None, str(step))
        else:
            hours = book.access_figures().duty_hours
            messages.success(
                request, f"The child is open to you for {hours} hours. Their lead has been told."
            )
            return redirect("desk:child", ref)
    return page(
        request, "desk/claim.jinja", title="Claim for a referral", form=form,
        hours=book.access_figures().duty_hours,
    )  # fmt: skip


def emergency(request: HttpRequest, ref: str) -> HttpResponse:
    """Open a child's record because waiting would be worse."""
    actor = actor_of(request)
    require(actor, Permission.GLASS_BREAK, Subject.partnership())
    form = forms.EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admitting.break_glass(
                child=people.anyone(actor, ref), reason=form.cleaned_data["reason"], by=actor
            )
        except StepNeeded as step:
            if step.prove:
                raise
            form.add_error("reason", f"{step} At least {book.access_figures().reason_letters} letters.")
        else:
            minutes = book.access_figures().emergency_minutes
            messages.success(
                request,
                f"Open to you for {minutes} minutes. The lead and the guardians of both agencies were told.",
            )
            return redirect("desk:child", ref)
    return page(
        request,
        "desk/emergency.jinja",
        title="Open in an emergency",
        form=form,
        figures=book.access_figures(),
    )
