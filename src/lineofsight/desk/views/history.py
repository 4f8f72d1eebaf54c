"""A child's history in context, and chronologies for meetings."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access import ledger
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.errors import Refused
from lineofsight.chronology import agreeing, matters, picture
from lineofsight.chronology import history as contexts
from lineofsight.chronology import queries as entries
from lineofsight.chronology.picture import Reading
from lineofsight.desk import forms
from lineofsight.desk.reading import read
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.desk.views.facts import around_the_child, safe
from lineofsight.people import queries as people
from lineofsight.ui.pages import page

#: A child with more entries than this is shown by the latest so many; the page says so.
MOST = 1_000


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
    views = picture.views_for(actor, child, reading.items[-200:])
    keys = {item.key: item.pk for item in reading.items[-200:]}
    form = forms.MeetingForm(
        request.POST or None,
        entries=[(key, views[pk].title) for key, pk in reversed(keys.items()) if pk in views],
    )
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
        views_by_key={key: views[pk] for key, pk in reversed(keys.items()) if pk in views},
    )


def meeting(request: HttpRequest, ref: str, meeting: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="meeting")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    row = matters.get_meeting(child, meeting)
    reading = read(actor, child)
    as_file = request.GET.get("as") == "csv"
    lines = lines_of(actor, reading, row, leaving=as_file)
    if request.method == "POST":
        require(actor, Permission.ENTRY_ADD, child.subject())
        key = request.POST.get("line", "")
        if key in {line["key"] for line in lines}:
            words = request.POST.get("significance", "")
            agreeing.mark_significance(child=child, meeting=row, key=key, words=words, by=actor)
            messages.success(request, "What the entry signifies stands under your name.")
        return redirect("desk:meeting", child.ref, row.ref)
    ledger.write(actor, Permission.CHRONOLOGY_EXPORT, child.subject(), detail={"meeting": row.ref})
    if as_file:
        return lines_csv(lines, row.ref)
    given = {line["view"].agency for line in lines}
    return page(
        request,
        "desk/meeting.jinja",
        title=f"{row.title}: chronology of {child.name}",
        **surround(request, child, "document"),
        meeting=row,
        lines=lines,
        silent=[code for code in sorted({*child.agencies, *around_the_child(child)}) if code not in given],
    )


def lines_of(actor: Actor, reading: Reading, row: Any, *, leaving: bool = False) -> list[dict[str, Any]]:
    """The chosen entries that this reader sees, oldest first, with comments and significance."""
    chosen = {line.entry_key: line for line in row.lines.all()}
    items = [item for item in reading.items if item.key in chosen]
    views = picture.views_for(actor, reading.child, items, leaving=leaving)
    comments = entries.comments_on(list(views.values()))
    return [
        {"key": item.key, "view": views[item.pk], "line": chosen[item.key], "comments": comments[item.pk]}
        for item in items
        if item.pk in views
    ]


def lines_csv(lines: list[dict[str, Any]], ref: str) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("when", "agency", "what", "source", "significance", "marked by", "comments"))
    for line in lines:
        view, own = line["view"], line["line"]
        comments = "; ".join(f"{c.by_name}: {c.text}" for c in line["comments"])
        cells = (view.when.text or timezone.localtime(view.when.start).date(), view.agency, view.title,
                 view.source_label, own.significance, own.marked_name, comments)  # fmt: skip
        writer.writerow(safe(text) for text in cells)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="meeting-{ref}.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
