"""Who has looked at a child, and what was decided about sharing."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access import looks, sharing
from lineofsight.access.deeds import looked, require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book, gateways
from lineofsight.catalogue.errors import Refused
from lineofsight.chronology import named
from lineofsight.desk.forms_of_access import SharingForm
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.ui.pages import page


@require_GET
def lookers(request: HttpRequest, ref: str) -> HttpResponse:
    """W-4: whoever looked in the last days, once each. Opening an entry that this reader may not know of does
    not count, so that nobody appears because of it."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="who has looked")
    looked(actor, Permission.LOOKERS_VIEW, child.subject())
    days = book.access_figures().looks_days
    since, refs = timezone.now() - timedelta(days=days), people.references_of(child.ref)
    opened = looks.entries_looked_at(refs, since=since)
    found = looks.lookers(refs, since=since, besides=opened - named.readable(actor, opened))
    return page(
        request, "desk/lookers.jinja", title=f"Who has looked at {child.name}", **surround(request, child, "lookers"),
        lookers=found, days=days, role_names={role.code: role.name for role in book.roles()},
        purposes={row["code"]: row["label"] for row in book.rows("purposes.yaml", "purposes")},
        now_in_team={m.worker_ref for m in child.circle if m.worker_ref and m.is_in(timezone.now())},
        known=partners.workers_by_ref({one.actor for one in found}),
    )  # fmt: skip


@require_GET
def decisions(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="decisions to share")
    return page(
        request, "desk/sharing.jinja", title=f"Decisions to share about {child.name}",
        **surround(request, child, "sharing"), told=gateways.told(), gateways=gateways.gateways(),
        decisions=sharing.decisions(actor, child.subject(), people.references_of(child.ref)),
    )  # fmt: skip


def decide(request: HttpRequest, ref: str) -> HttpResponse:
    """To share, or not to share: recorded with its reason."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="decide to share")
    require(actor, Permission.SHARING_DECIDE, child.subject())
    form = SharingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            sharing.decide_sharing(child=child, shared=given.pop("shared") == "yes", by=actor, **given)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, "The decision is recorded, with your name.")
            return redirect("desk:sharing", child.ref)
    return page(
        request, "desk/decide_sharing.jinja", title="Record a decision to share or not",
        **surround(request, child, "adding"), form=form,
    )  # fmt: skip
