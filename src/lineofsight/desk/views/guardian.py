"""A guardian's desk: alerts, what others saw of the agency's records, what its workers did. References and
workers alone: never a record, never a child's name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from lineofsight.access import alerts, ledger, looks, overseeing, procedures
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.desk.forms_of_access import FindingForm
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.words import looks_in_words
from lineofsight.partners import queries as partners
from lineofsight.people import admitting
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    waiting = overseeing.waiting(actor)
    return page(
        request, "desk/guardian.jinja", title="Guardian’s desk", cases=waiting, settled=overseeing.settled(actor),
        late=sum(case.standing in ("due", "escalated") for case in waiting),
        roles=len(partners.waiting_roles(actor)), agencies=partners.agencies_by_code(),
    )  # fmt: skip


def alert(request: HttpRequest, ref: str) -> HttpResponse:
    """One alert: what, who, when, by which rule, about which reference; and what the guardian found."""
    actor = actor_of(request)
    case = overseeing.get_case(actor, ref)
    form = FindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admitting.settle_alert(case=case, by=actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, "Settled. What you found stays with the alert.")
            return redirect("desk:guardian")
    return page(
        request, "desk/alert.jinja", title=case.kind.label, case=case, form=form,
        findings=alerts.findings(), agencies=partners.agencies_by_code(),
        own=case.alert.worker_agency == actor.agency,
    )  # fmt: skip


@asks("before")
@require_GET
def others(request: HttpRequest) -> HttpResponse:
    """What workers of other agencies saw and did with this agency's records (A-P12)."""
    actor = actor_of(request)
    let_in(actor, Subject("looks", owner=actor.agency), record_agency=actor.agency)
    shown = looks.rows_on_records_of(actor.agency, before=before(request))
    return trail_page(
        request, shown, reverse("desk:others_looks"), title="What others saw of our records", whose="",
    )  # fmt: skip


@require_GET
def workers(request: HttpRequest) -> HttpResponse:
    """Whose trail can be read: this agency's workers, without the guardian themselves."""
    actor = actor_of(request)
    let_in(actor, Subject("looks", owner=actor.agency), about_agency=actor.agency)
    return page(
        request, "desk/trails.jinja", title="What our workers did",
        workers=[w for w in partners.workers_of(actor.agency) if w.ref != actor.ref],
    )  # fmt: skip


@asks("before")
@require_GET
def trail(request: HttpRequest, ref: str) -> HttpResponse:
    """The trail of one of this agency's workers, never the guardian's own."""
    actor = actor_of(request)
    worker = partners.worker_by_ref(ref)
    subject = worker.subject() if worker else Subject("worker", ref)
    let_in(actor, subject, about=ref, about_agency=worker.agency.code if worker else "")
    if worker is None:
        raise NotFound("There is no such worker.")
    shown = looks.rows_by_worker(worker.ref, before=before(request))
    return trail_page(
        request, shown, reverse("desk:trail", args=[ref]), title=f"What {worker.name} did", whose=worker.name,
    )  # fmt: skip


def let_in(
    actor: Actor, subject: Subject, *, about: str = "", about_agency: str = "", record_agency: str = ""
) -> None:
    """Asks whether this guardian may read a trail, and records that they did."""
    decision = procedures.view_audit(
        actor, about=about, about_agency=about_agency, record_agency=record_agency
    )
    proceed(actor, Permission.LEDGER_VIEW, subject, decision)
    ledger.write(
        actor, Permission.LEDGER_VIEW, subject, outcome=ledger.LOOKED, rule=decision.rule, path=decision.why
    )


def before(request: HttpRequest) -> int:
    """The row that the last page ended with."""
    given = request.GET.get("before", "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def trail_page(request: HttpRequest, shown: looks.Page, here: str, **more: Any) -> HttpResponse:
    return page(
        request, "desk/trail.jinja", rows=looks_in_words(shown.looks), agencies=partners.agencies_by_code(),
        older=f"{here}?before={shown.older}" if shown.older else "", newest=here if before(request) else "",
        **more,
    )  # fmt: skip
