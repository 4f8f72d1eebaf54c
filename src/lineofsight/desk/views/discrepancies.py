"""The work list of agreement: what my agency is asked and told, and where the store shows gaps and differences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access.actor import Actor
from lineofsight.access.policy import Permission
from lineofsight.chronology import matters, whole_store
from lineofsight.desk.reading import facts_of, read
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.records import feeds
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page

#: Children on one page; each is read anew, as far as this reader may see.
SHOWN = 15


@asks("agency", "after")
@require_GET
def discrepancies(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    agency = request.GET.get("agency", "")
    found = matters.where_to_look(
        actor, what=("gap", "differs"), agency=agency, after=request.GET.get("after", ""), limit=SHOWN
    )
    asked, told = matters.open_between(actor)
    rows = [line for lead in found if (line := line_of(actor, lead.ref, agency))]
    mine = [line for ref in sorted({*asked, *told})[:SHOWN] if (line := line_of(actor, ref, ""))]
    return page(
        request,
        "desk/discrepancies.jinja",
        title="Discrepancies",
        agencies=partners.agencies_by_code(),
        agency=agency,
        rows=rows,
        mine=[line for line in mine if line["asked"] or line["notices"]],
        after=found[-1].ref if len(found) == SHOWN else "",
        figure=matters.held_figure(actor, since=timezone.now() - timedelta(days=365)),
        may_read=may(request, Permission.MATCH_RUN),
        actor_agency=actor.agency,
    )


def line_of(actor: Actor, ref: str, agency: str) -> dict[str, Any] | None:
    """One child, read as this actor may see them; None when nothing of it is left to show."""
    child = people.get_child(actor, ref, purpose="discrepancies")
    reading = read(actor, child)
    table = facts_of(actor, child, reading)
    queries = matters.queries_about(reading)
    gaps = [gap for gap in matters.gaps_left(reading, queries) if not agency or agency in gap.agencies]
    differs = [row for row in table if row.differing and (not agency or row in differing(table, agency))]
    asked = [one for one in queries if one.is_open]
    notices = [one for one in matters.notices_about(actor, child, table) if one.is_open]
    if not (gaps or differs or asked or notices):
        return None
    return {"child": child, "gaps": gaps, "differs": differs, "asked": asked, "notices": notices}


def differing(table: Any, agency: str) -> list[Any]:
    return [row for row in table if agency in {cell.agency for cell in row.differing}]


@require_POST
def read_again(request: HttpRequest) -> HttpResponse:
    """Read whoever has changed since; bounded, so that the answer comes at once."""
    actor = actor_of(request)
    found = whole_store.read_changed(feeds=feeds.feeds(), by=actor, most=whole_store.AT_ONCE)
    messages.success(request, f"Read {found.people} children again.")
    return redirect("desk:discrepancies")
