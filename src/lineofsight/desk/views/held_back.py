"""Entries of the agency's own files that are kept for named people, and whom to name for them."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access.policy import Permission
from lineofsight.catalogue import kinds
from lineofsight.catalogue.errors import Refused
from lineofsight.chronology import named
from lineofsight.chronology import services as chronology
from lineofsight.desk.forms_of_access import RecipientForm
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.partners import queries as partners
from lineofsight.records import queries as records
from lineofsight.ui.pages import page


def label(kind: str) -> str:
    known = kinds.kinds().get(kind)
    return known.label if known else kind


@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """Kind, date and source alone: no word of them."""
    actor = actor_of(request)
    rows = [(one, label(one.entry.kind)) for one in named.kept(actor)]
    return page(request, "desk/held.jinja", title="Held for named people", rows=rows)


def name_recipient(request: HttpRequest, entry: str) -> HttpResponse:
    actor = actor_of(request)
    kept = named.get_kept(actor, entry)
    workers = [(w.ref, f"{w.name}, {w.agency.short}") for w in partners.colleagues() if w.ref != actor.ref]
    form = RecipientForm(request.POST or None, workers=workers)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        until = timezone.make_aware(datetime.combine(given.pop("until"), time()))
        try:
            chronology.name_recipient(held=kept, until=until, by=actor, **given)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            before = "They see nothing before they have accepted the conditions."
            messages.success(request, f"Named. {before}" if kept.entry.handling == "C" else "Named.")
            return redirect("desk:held")
    return page(
        request, "desk/name_recipient.jinja", title="Name someone for this entry", form=form, kept=kept,
        kind=label(kept.entry.kind),
        source=records.get_kept_source(actor, kept) if may(request, Permission.FILE_VIEW) else None,
    )  # fmt: skip
