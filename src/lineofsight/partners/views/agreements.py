"""The register of sharing agreements, kept by guardians. Any agency's guardian may enter one, because an agency
whose agreement is over gets no further than its own account."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import agreements, queries, services
from lineofsight.partners.forms import AgreementForm, SuspendAgreementForm
from lineofsight.ui.pages import page


@require_GET
def register(request: Any) -> HttpResponse:
    return page(
        request, "partners/agreements.jinja", title="Sharing agreements", lines=agreements.register(request.actor)
    )  # fmt: skip


def add(request: Any) -> HttpResponse:
    require(request.actor, Permission.AGREEMENT_MANAGE, Subject.partnership())
    choices = [(agency.code, agency.name) for agency in queries.agencies()]
    form = AgreementForm(request.POST if request.method == "POST" else None, agencies=choices)
    if form.is_valid():
        given = dict(form.cleaned_data)
        since, until = given.pop("since"), given.pop("until")
        try:
            agreed = services.agree(
                agency=queries.agency(given.pop("agency")), since=begins(since), until=begins(until),
                by=request.actor, **given,
            )  # fmt: skip
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Entered. It stands for {agreed.agency.name} between its two dates.")
            return redirect("partners:agreements")
    return page(request, "partners/add_agreement.jinja", title="Enter a sharing agreement", form=form)


def begins(day: date | None) -> datetime | None:
    """The first moment of a day, here."""
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def suspend(request: Any, ref: str) -> HttpResponse:
    found = agreements.agreement(request.actor, ref)
    form = SuspendAgreementForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.suspend_agreement(agreement=found, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Suspended. Nothing flows to and from {found.agency.name} under it.")
            return redirect("partners:agreements")
    return page(
        request, "partners/suspend_agreement.jinja", title=f"Suspend “{found.title}”", form=form, agreement=found
    )  # fmt: skip
