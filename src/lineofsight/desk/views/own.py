"""What a worker wrote, and one entry by its own reference: also when they have no other way to the child."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import PointerOnly
from lineofsight.chronology import queries as entries
from lineofsight.desk.views.asking import actor_of
from lineofsight.partners import queries as partners
from lineofsight.ui.dates import show_when
from lineofsight.ui.pages import page


@require_GET
def own_entries(request: HttpRequest) -> HttpResponse:
    """Everything I wrote, and my drafts."""
    actor = actor_of(request)
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    return page(
        request, "desk/own_entries.jinja", title="What I wrote", hits=entries.written_by(actor),
        agencies=partners.agencies_by_code(),
    )  # fmt: skip


@require_GET
def own_entry(request: HttpRequest, entry: str) -> HttpResponse:
    """An entry by its reference. Of one that is not for this reader, where they may know of it: whom to ring."""
    actor = actor_of(request)
    agencies = partners.agencies_by_code()
    try:
        guarded = entries.get_own_entry(actor, entry)
    except PointerOnly as held:
        return page(
            request, "desk/pointer.jinja", title="Held by another agency", words=str(held),
            agency=agencies.get(held.agency),
        )  # fmt: skip
    view = guarded.view
    return page(
        request, "desk/own_entry.jinja", title=f"{view.kind_label}, {show_when(view.when)}",
        view=view, guarded=guarded, agencies=agencies,
    )  # fmt: skip
