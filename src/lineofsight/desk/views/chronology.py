"""The merged chronology: filters, pages, the picture over time, and the document made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.when import local
from lineofsight.chronology import comparing, documents, rules
from lineofsight.chronology import picture as picture_of
from lineofsight.chronology import queries as entries
from lineofsight.chronology import services as writing
from lineofsight.chronology.knowing import Known
from lineofsight.chronology.queries import Filters, View
from lineofsight.chronology.triangulation import Occurrence
from lineofsight.desk import forms, packs
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.asking import address, asks, holds
from lineofsight.ui.dates import age_at, gap
from lineofsight.ui.pages import page

#: What the address of the chronology and of its picture carries: the filters, the order and a place in the list.
FILTERS = (*forms.FilterForm.base_fields, "after", "before")
#: Those in which somebody is named; they stay out of the address.
NAMING = ("person", "text")


def filters_from(
    request: HttpRequest, child: Child, last_look: datetime | None
) -> tuple[forms.FilterForm, Filters]:
    actor = actor_of(request)
    agencies, categories, roles = entries.choices(actor, child)
    form = forms.FilterForm(
        request.GET,
        agencies=[(f.code, f.label) for f in agencies],
        categories=[(f.code, f.label) for f in categories],
        roles=[(f.code, f.label) for f in roles],
    )
    form.is_valid()
    given = form.cleaned_data
    return form, Filters(
        agencies=tuple(given.get("agency") or ()),
        categories=tuple(given.get("category") or ()),
        roles=tuple(given.get("role") or ()),
        since=forms.first_day(given.get("since")),
        until=forms.last_day(given.get("until")),
        person=(given.get("person") or "").strip(),
        text=(given.get("text") or "").strip(),
        new_since=last_look if given.get("new") else None,
        oldest_first=given.get("order") == "oldest",
    )


@asks(*FILTERS)
@holds(*NAMING)
@require_GET
def chronology(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="chronology")
    if ref != child.ref:
        return redirect("desk:chronology", child.ref)
    # Paging and filtering are one visit: only opening the page counts as having looked.
    last_look = writing.note_look(child, actor)
    form, filters = filters_from(request, child, last_look)
    # With filters each record stands for itself: whoever asks for one agency's wants to see them all.
    several = () if filters.any else picture_of.occurrences_of(actor, child)
    shown = entries.chronology(
        actor,
        child,
        filters,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        last_look=last_look,
        folded=[item.pk for one in several for item in one.members[1:]],
    )
    return page(
        request,
        "desk/chronology.jinja",
        title=f"Chronology of {child.name}",
        **surround(request, child, "chronology"),
        form=form,
        filters=filters,
        tags=filter_tags(request, form, filters),
        shown=shown,
        pointers=entries.pointers(actor, child) if shown.withheld else (),
        rows=with_others(actor, child, with_gaps(child, shown.rows, filters.oldest_first), several),
        picture=(drawn := picture(actor, child, filters)),
        figures=figures(drawn),
        picture_source=f"{reverse('desk:timeline', args=[child.ref])}?{address(request, request.GET.lists())}",
        newer=page_link(request, before=shown.newer),
        older=page_link(request, after=shown.older),
        turned=page_link(request, order="newest" if filters.oldest_first else "oldest"),
        last_look=last_look,
        now=timezone.now(),
    )


def page_link(request: HttpRequest, **cursor: str) -> str:
    if not any(cursor.values()):
        return ""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in cursor.items():
        query[name] = value
    return f"?{address(request, query.lists())}"


def filter_tags(request: HttpRequest, form: forms.FilterForm, filters: Filters) -> list[dict[str, str]]:
    """One removable tag for each filter in use."""
    labels: dict[str, dict[str, str]] = {
        name: dict(form.fields[name].choices)  # type: ignore[attr-defined]
        for name in ("agency", "category", "role")
    }
    tags = []
    for name, values in request.GET.lists():
        if name in ("after", "before", "order") or name not in form.fields:
            continue
        for value in values:
            if not value:
                continue
            words = labels.get(name, {}).get(value) or f"{form.fields[name].label}: {value}"
            tags.append(
                {
                    "text": "New since I last looked" if name == "new" else words,
                    "href": without(request, name, value),
                }
            )
    return tags


def without(request: HttpRequest, name: str, value: str) -> str:
    left = [
        (n, [v for v in values if (n, v) != (name, value)])
        for n, values in request.GET.lists()
        if n not in ("after", "before")
    ]
    return f"?{address(request, left)}"


def with_gaps(child: Child, rows: tuple[View, ...], oldest_first: bool) -> list[dict[str, Any]]:
    """Each row with the child's age then, and the quiet stretch towards the row before it in time."""
    by_ref = {row.ref: row for row in rows}
    found = []
    for place, row in enumerate(rows):
        neighbour = (
            rows[place - 1]
            if place and oldest_first
            else rows[place + 1]
            if not oldest_first and place + 1 < len(rows)
            else None
        )
        quiet = ""
        if (
            neighbour is not None
            and row.when.is_known
            and neighbour.when.is_known
            and rules.gap_between(neighbour.when.end, row.when.start)
        ):
            quiet = gap(neighbour.when.end, row.when.start).removesuffix(" later")
        found.append(
            {
                "view": row,
                "age": age_at(child.birth_from, child.birth_to, row.when.start) if row.when.is_known else "",
                "quiet": quiet,
                "same_as": [by_ref[other] for other in row.same_as if other in by_ref],
            }
        )
    return found


def with_others(
    actor: Actor, child: Child, rows: list[dict[str, Any]], several: Sequence[Occurrence]
) -> list[dict[str, Any]]:
    """Beside a row that stands for several records, what each of them says."""
    leads = {one.lead.pk: one for one in several}
    here = [leads[row["view"].pk] for row in rows if row["view"].pk in leads]
    views = picture_of.views_for(actor, child, [item for one in here for item in one.members])
    for row in rows:
        one = leads.get(row["view"].pk)
        members = [(item, views[item.pk]) for item in one.members if item.pk in views] if one else []
        row["several"] = one
        row["members"] = members
        row["aspects"] = comparing.compared([view for _, view in members], child.name) if members else ()
        if one:
            own = {view.ref for _, view in members}
            row["same_as"] = [view for view in row["same_as"] if view.ref not in own]
    return rows


def picture(actor: Actor, child: Child, filters: Filters) -> dict[str, Any]:
    """What the picture over time draws: lanes per agency, a mark per entry."""
    marks = entries.marks(actor, child, filters)
    now = timezone.now()
    used = {mark.agency for mark in marks}
    return {
        "from": min((mark.start for mark in marks), default=now),
        "to": max([now, *(mark.end for mark in marks)]),
        "now": now,
        "lanes": [
            {"code": a.code, "name": a.short, "letter": a.letter, "badge": a.badge}
            for a in partners.agencies_by_code().values()
            if a.code in used
        ],
        "marks": [{"lane": mark.agency, "start": mark.start, "mark": mark} for mark in marks],
    }


def figures(drawn: dict[str, Any]) -> dict[str, Any]:
    """The picture's counts as a table: agencies down, years across."""
    counts = Counter((mark["lane"], local(mark["start"]).year) for mark in drawn["marks"])
    years = sorted({year for _, year in counts})
    return {
        "years": years,
        "rows": [
            (
                lane["name"],
                [counts[lane["code"], year] for year in years],
                sum(counts[lane["code"], y] for y in years),
            )
            for lane in drawn["lanes"]
        ],
    }


def for_script(child: Child, drawn: dict[str, Any]) -> dict[str, Any]:
    """The same as JSON can say it, each mark with what is told of it and where it leads."""
    before, after = reverse("desk:entry", args=[child.ref, "REF"]).rsplit("REF", 1)
    marks = [drawing["mark"] for drawing in drawn["marks"]]
    return {
        **drawn,
        **{name: drawn[name].isoformat() for name in ("from", "to", "now")},
        "marks": [
            {
                "ref": mark.ref,
                "lane": mark.agency,
                "start": mark.start.isoformat(),
                "end": mark.end.isoformat() if mark.end > mark.start else None,
                "precision": mark.precision,
                "kind": mark.kind_label,
                "label": mark.title,
                "href": f"{before}{mark.ref}{after}",
            }
            for mark in marks
        ],
    }


@asks(*FILTERS)
@holds(*NAMING)
@require_GET
def timeline(request: HttpRequest, ref: str) -> JsonResponse:
    """The same marks as the page's picture, for the script that draws it larger."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="timeline")
    _, filters = filters_from(request, child, entries.last_look(actor, child))
    return JsonResponse(for_script(child, picture(actor, child, filters)))


@asks("known", "to")
def document(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="document")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    agencies, _, _ = entries.choices(actor, child)
    form = forms.DocumentForm(
        request.POST or None,
        agencies=[(f.code, f.label) for f in agencies],
        initial={"known": request.GET.get("known", ""), "to": request.GET.get("to", "")},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        full = people.assemble(people.person_of(child.ref), with_statements=True)
        made = packs.gather(
            actor,
            full,
            since=forms.first_day(given["since"]),
            until=forms.last_day(given["until"]),
            agencies=given["agency"],
            made_for=given["made_for"],
            anonymise=given["anonymise"],
            format=given["format"],
            known=Known.on(given["known"], given["to"]) if given["known"] else None,
        )
        answer = HttpResponse(
            documents.write(made, given["format"]), content_type=documents.MEDIA_TYPES[given["format"]]
        )
        # The name of a file shows in lists and mails, so it never carries the child's.
        about = "anonymised" if given["anonymise"] else child.ref
        name = f"chronology-{about}-{timezone.localdate():%Y-%m-%d}.{given['format']}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    return page(
        request,
        "desk/document.jinja",
        title=f"Chronology of {child.name} as a document",
        **surround(request, child, "document"),
        form=form,
    )
