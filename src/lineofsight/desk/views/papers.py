"""A document about a child: keep it, read it page by page, write events from it, take a copy of the original."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.limits import limits
from lineofsight.chronology import queries as entries
from lineofsight.desk import forms
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.desk.views.entry import team_to_name, written
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.records import papers
from lineofsight.records.papers import Shown
from lineofsight.ui.pages import page


def keep_paper(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep a letter, minutes or a report, to write events from it."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="keep a document")
    require(actor, Permission.ENTRY_ADD, child.subject())
    around = surround(request, child, "adding")
    form = forms.PaperForm(request.POST or None, request.FILES or None, team=team_to_name(around))
    entry = written(
        request, form,
        lambda told: papers.keep_paper(
            child=child, by=actor, file_name=form.cleaned_data["file"].name,
            content=form.cleaned_data["file"].chunks(), **told,
        ),
    )  # fmt: skip
    if entry is not None:
        return redirect("desk:paper", child.ref, entry.ref)
    return page(
        request, "desk/keep_paper.jinja", title=f"A document about {child.name}", **around, form=form,
        most_mib=limits().upload_mib,
    )  # fmt: skip


def paper(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    """The words of a document, page by page, beside the form for what happened and what was written from it."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="read a document")
    guarded = entries.get_entry(actor, child, entry)
    if request.method == "POST":
        require(actor, Permission.ENTRY_ADD, child.subject())
    held = papers.get_paper(actor, guarded)
    around = surround(request, child, "adding")
    form = None
    if around["may_add"] and held.whole:
        form = forms.FromPaperForm(
            request.POST or None,
            team=team_to_name(around),
            initial=forms.audience_of(guarded.subject(), guarded.entry.conditions),
        )
        made = written(request, form, writer(child, held, form, actor))
        if made is not None:
            # On to the next one: the same page, which lists what was written.
            return redirect(reverse("desk:paper", args=[child.ref, guarded.entry.ref]) + "#written")
    return page(
        request, "desk/paper.jinja", title=guarded.view.title, **around, guarded=guarded, view=guarded.view,
        paper=held, form=form, made=papers.made_from(actor, guarded),
    )  # fmt: skip


def writer(child: Child, held: Shown, form: Any, actor: Actor) -> Callable[[dict[str, Any]], Any]:
    def write(told: dict[str, Any]) -> Any:
        given = form.cleaned_data
        return papers.write_from(
            child=child, paper=held, by=actor, page=given["page"], place=given["where"], **told
        )

    return write


@require_POST
def original(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    """The file as it came, for a purpose that is recorded."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="take a copy")
    guarded = entries.get_entry(actor, child, entry)
    found = papers.get_original(actor, guarded, made_for=request.POST.get("made_for", "")[:200])
    answer = HttpResponse(b"".join(found.chunks), content_type=found.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
