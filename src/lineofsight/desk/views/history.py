"""A child's history in context, and chronologies for meetings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from lineofsight.access import ledger
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import local
from lineofsight.chronology import agreeing, documents, matters, picture
from lineofsight.chronology import history as contexts
from lineofsight.chronology import queries as entries
from lineofsight.chronology.picture import Item, Reading
from lineofsight.desk import forms, packs
from lineofsight.desk.reading import read
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.desk.views.facts import around_the_child
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.dates import show_month, show_when
from lineofsight.ui.pages import page

#: A child with more entries than this is shown by the latest so many; the page says so.
MOST = 1_000
#: So many entries, the latest, can be chosen from for a meeting; the page says so when there are more.
MOST_TO_CHOOSE = 1_000
NO_TIME = "No time known"


@require_GET
def history(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="history")
    if ref != child.ref:
        return redirect("desk:history", child.ref)
    reading = read(actor, child)
    views = list(picture.views_for(actor, child, reading.items[-MOST:]).values())
    return page(
        request,
        "desk/history.jinja",
        title=f"History of {child.name}",
        **surround(request, child, "history"),
        frequencies=contexts.frequencies(reading),
        months=contexts.months_of(reading),
        bands=agreement().bands,
        method=agreement(),
        changes=contexts.changes(reading)[:10],
        change_views=picture.views_for(actor, child, [one.item for one in contexts.changes(reading)[:10]]),
        around=contexts.around(views),
        roles=contexts.roles_of(reading, views),
        cut=len(reading.items) > MOST,
        most=MOST,
    )


# --- a chronology for a meeting ------------------------------------------------------------------------------


def meetings(request: HttpRequest, ref: str) -> HttpResponse:
    """Those there are, and a new one drafted from chosen entries."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="meeting")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    reading = read(actor, child)
    offered = reading.items[-MOST_TO_CHOOSE:]
    choices = by_month(offered, picture.views_for(actor, child, offered))
    form = forms.MeetingForm(request.POST or None, entries=choices)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        on = forms.first_day(given["on"])
        if on is None:
            form.add_error("on", "Say on which day the meeting is.")
        else:
            try:
                made = agreeing.draft_meeting(
                    child=child, title=given["title"], on=on, keys=given["entries"], by=actor
                )
            except Refused as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                messages.success(request, "Drafted. Say what each entry signifies.")
                return redirect("desk:meeting", child.ref, made.ref)
    return page(
        request,
        "desk/meetings.jinja",
        title=f"Chronologies for meetings about {child.name}",
        **surround(request, child, "document"),
        form=form,
        made=matters.meetings(child),
        choices=choices,
        cut=len(reading.items) > MOST_TO_CHOOSE,
        most=MOST_TO_CHOOSE,
    )


def by_month(
    items: Sequence[Item], views: Mapping[int, entries.View]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Key and words of each entry to choose from, newest first, under the month in which it began. Those of which
    no time is known come last."""
    names = partners.agencies_by_code()
    months: dict[str, list[tuple[str, str]]] = {}
    for item in reversed(items):
        view = views.get(item.pk)
        if view is None:
            continue
        month = show_month(local(view.when.start).date()) if view.when.is_known else NO_TIME
        months.setdefault(month, []).append((item.key, choice_words(view, names)))
    unknown = months.pop(NO_TIME, None)
    return [*months.items(), *([(NO_TIME, unknown)] if unknown else [])]


def choice_words(view: entries.View, names: Mapping[str, Any]) -> str:
    return f"{show_when(view.when)}, {names[view.agency].short}: {view.title}"


def meeting(request: HttpRequest, ref: str, meeting: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="meeting")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    row = matters.get_meeting(child, meeting)
    reading = read(actor, child)
    form = forms.MeetingFileForm(request.POST if "format" in request.POST else None)
    as_file = form.is_bound and form.is_valid()
    chosen = chosen_for(actor, reading, row, leaving=as_file)
    given = {one.view.agency for one in chosen}
    silent = [code for code in sorted({*child.agencies, *around_the_child(child)}) if code not in given]
    if as_file:
        return as_document(actor, child, row, chosen, silent, form.cleaned_data["format"])
    if request.method == "POST" and not form.is_bound:
        require(actor, Permission.ENTRY_ADD, child.subject())
        key = request.POST.get("line", "")
        if key in {one.key for one in chosen}:
            words = request.POST.get("significance", "")
            agreeing.mark_significance(child=child, meeting=row, key=key, words=words, by=actor)
            messages.success(request, "What the entry signifies stands under your name.")
        return redirect("desk:meeting", child.ref, row.ref)
    ledger.write(
        actor,
        Permission.CHRONOLOGY_EXPORT,
        child.subject(),
        outcome=ledger.LOOKED,
        detail={"meeting": row.ref},
    )
    return page(
        request,
        "desk/meeting.jinja",
        title=f"{row.title}: chronology of {child.name}",
        **surround(request, child, "document"),
        meeting=row,
        lines=chosen,
        silent=silent,
        form=form,
    )


def chosen_for(actor: Actor, reading: Reading, row: Any, *, leaving: bool = False) -> list[packs.Chosen]:
    """The chosen entries that this reader sees, oldest first, with comments and significance."""
    lines = {line.entry_key: line for line in row.lines.all()}
    items = [item for item in reading.items if item.key in lines]
    views = picture.views_for(actor, reading.child, items, leaving=leaving)
    comments = entries.comments_on(list(views.values()))
    return [
        packs.Chosen(item.key, views[item.pk], lines[item.key], comments[item.pk])
        for item in items
        if item.pk in views
    ]


def as_document(
    actor: Actor, child: Child, row: Any, chosen: list[packs.Chosen], silent: list[str], format: str
) -> HttpResponse:
    made = packs.gather_meeting(actor, child, row, chosen, silent, format=format)
    answer = HttpResponse(documents.write(made, format), content_type=documents.MEDIA_TYPES[format])
    answer["Content-Disposition"] = f'attachment; filename="meeting-{row.ref}.{format}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
