"""How a child is protected: shields and who is named for them, agencies left out, household, panel, lead; and
“I know this family”."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import Refused
from lineofsight.desk import forms_of_protection as forms
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.partners import queries as partners
from lineofsight.people import admitting, protecting
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.pages import page

Deed = Callable[[Child, dict[str, Any], Actor], Any]

#: Name of a form -> what its button does, and the words when it is done.
DEEDS: dict[str, tuple[Deed, str]] = {
    "shield": (
        lambda child, given, by: admitting.shield(
            child=child, kind=given["kind"], reason=given["reason"], review_on=given["review_on"],
            named=tuple(given["named"]), by=by,
        ),
        "The protection stands from now on.",
    ),
    "lift": (
        lambda child, given, by: admitting.lift_shield(child=child, by=by, **given),
        "Lifted. That it stood, and why, stays on record.",
    ),
    "name": (
        lambda child, given, by: admitting.name_worker(child=child, by=by, **given),
        "Named.",
    ),
    "exclude": (
        lambda child, given, by: admitting.exclude_agency(child=child, by=by, **given),
        "This agency sees nothing of the child from now on.",
    ),
    "include": (
        lambda child, given, by: admitting.include_agency(child=child, by=by, **given),
        "This agency sees again what it may.",
    ),
    "household": (
        lambda child, given, by: admitting.set_household(child=child, by=by, **given),
        "The household is noted.",
    ),
    "open_panel": (
        lambda child, given, by: admitting.open_to_panel(child=child, by=by, **given),
        "Open to the panel’s coordinators.",
    ),
    "close_panel": (
        lambda child, given, by: admitting.close_panel(child=child, by=by, **given),
        "Closed to the panel.",
    ),
    "lead": (
        lambda child, given, by: admitting.take_the_lead(child=child, by=by, **given),
        "They lead the work with the child from now on.",
    ),
}  # fmt: skip


def protection(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="protection")
    require(actor, Permission.PROTECTION_CHANGE, child.subject())
    stands = protecting.protection(actor, child)
    chosen = request.POST.get("deed", "")
    made = forms.made(
        chosen, request.POST if request.method == "POST" else None, workers=worker_choices(),
        team=team_choices(actor, child), agencies=[(agency.code, agency.name) for agency in partners.agencies()],
        left_out=[tie.agency for tie in stands.ties if tie.agency], panels=stands.panels,
    )  # fmt: skip
    if chosen in DEEDS and made[chosen].is_valid():
        deed, words = DEEDS[chosen]
        try:
            deed(child, made[chosen].cleaned_data, actor)
        except Refused as error:
            made[chosen].add_error(error.field if error.field in made[chosen].fields else None, str(error))
        else:
            messages.success(request, words)
            return redirect(after(actor, child))
    return page(
        request, "desk/protection.jinja", title=f"Protection of {child.name}", **surround(request, child, "protection"),
        forms=made, form=made.get(chosen) or made["shield"], stands=stands, known=known_workers(stands),
    )  # fmt: skip


def after(actor: Actor, child: Child) -> str:
    """Back to this page, or home when the child is shut to this worker now."""
    return (
        reverse("desk:protection", args=[child.ref])
        if people.still_open(actor, child)
        else reverse("desk:home")
    )


def worker_choices() -> list[tuple[str, str]]:
    return [(w.ref, f"{w.name}, {w.job or w.agency.short}") for w in partners.colleagues()]


def team_choices(actor: Actor, child: Child) -> list[tuple[str, str]]:
    """Everyone in the team in their own name, and whoever asks."""
    refs = {m.worker_ref for m in child.circle if m.worker_ref and m.is_in(clock.now())} | {actor.ref}
    known = partners.workers_by_ref(refs).values()
    return [(w.ref, f"{w.name}, {w.agency.short}") for w in sorted(known, key=lambda w: w.name)]


def known_workers(stands: protecting.Protection) -> dict[str, str]:
    refs = {tie.worker for tie in stands.ties if tie.worker}
    return {ref: f"{w.name}, {w.agency.name}" for ref, w in partners.workers_by_ref(refs).items()}


def conflict(request: HttpRequest, ref: str) -> HttpResponse:
    """“I know this family”. The answer is the same whether there is such a person or not (A-X1)."""
    actor = actor_of(request)
    require(actor, Permission.CONFLICT_DECLARE, Subject.partnership())
    form = forms.ConflictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        admitting.declare_own_conflict(ref=ref, by=actor, **form.cleaned_data)
        messages.success(
            request, "Noted. You see nothing of them from now on. Tell your manager, who finds someone else."
        )
        return redirect("desk:home")
    return page(request, "desk/conflict.jinja", title="I know this family", form=form, ref=ref)
