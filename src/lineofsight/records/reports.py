"""Pages of the report that goes back to the sender of a file, and the note that it was given."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from lineofsight.catalogue.errors import Refused
from lineofsight.records import queries, sender_report, services
from lineofsight.ui.pages import page


class GivenForm(forms.Form):
    to = forms.CharField(label="To whom", max_length=200, help_text="The person or desk at the agency")
    how = forms.CharField(label="By which way", max_length=200, help_text="Such as secure e-mail")


def report(request: Any, ref: str, form: GivenForm | None = None) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    return page(
        request, "records/report.jinja",
        title="Back to the sender", file=taken, report=sender_report.gather(request.actor, taken),
        shown=sender_report.PRINTED, sent=queries.sent_back(taken), form=form or GivenForm(),
    )  # fmt: skip


def report_csv(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    content = sender_report.as_csv(sender_report.gather(request.actor, taken))
    return attached(content, "text/csv; charset=utf-8", f"report-{taken.ref}.csv")


def report_pdf(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    content = sender_report.as_pdf(sender_report.gather(request.actor, taken))
    return attached(content, "application/pdf", f"report-{taken.ref}.pdf")


def attached(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
def given(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    form = GivenForm(request.POST)
    if form.is_valid():
        try:
            services.send_back(delivery=taken, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(
                request, f"Noted that the report of {taken.file_name} was given to {form.cleaned_data['to']}."
            )
            return redirect("records:report", taken.ref)
    return report(request, ref, form)
