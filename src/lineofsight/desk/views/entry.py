"""One entry: add, read, correct, comment, and the source row behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission, decide
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import local
from lineofsight.chronology import queries as entries
from lineofsight.chronology import services as writing
from lineofsight.desk import forms
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.people import queries as people
from lineofsight.records import papers
from lineofsight.records import queries as records
from lineofsight.ui.dates import age_at, show_when, understand
from lineofsight.ui.pages import page


def add_entry(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="add an entry")
    require(actor, Permission.ENTRY_ADD, child.subject())
    around = surround(request, child, "adding")
    form = forms.EntryForm(request.POST or None, team=team_to_name(around))
    entry = written(request, form, lambda told: writing.add_entry(child=child, by=actor, **told))
    if entry is not None:
        return redirect("desk:entry", child.ref, entry.ref)
    return page(
        request, "desk/add_entry.jinja", title=f"Add what happened to {child.name}", **around, form=form
    )


def team_to_name(around: dict[str, Any]) -> list[tuple[str, str]]:
    return [(w.ref, f"{w.name}, {w.job or w.agency.short}") for _, w in around["circle"] if w is not None]


def written(request: HttpRequest, form: Any, write: Callable[[dict[str, Any]], Any]) -> Any:
    """The entry that a form with an account and an audience made, when it was sent and is in order; else None, with
    what is wrong in the form. `write` takes account, audience and draft."""
    if request.method != "POST" or not form.is_valid():
        return None
    told = {"account": form.account(), "audience": form.audience_given(), "draft": "draft" in request.POST}
    try:
        entry = write(told)
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None
    given = form.cleaned_data
    kept = "Kept as your draft" if entry.state == entry.DRAFT else "Added"
    messages.success(request, f"{kept}: {show_when(given['when'])}. {given['title']}")
    return entry


@require_POST
def finish_draft(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="finish a draft")
    guarded = entries.get_entry(actor, child, entry)
    try:
        writing.finish_draft(guarded=guarded, by=actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Finished. Those you chose can read it now.")
    return redirect("desk:entry", child.ref, guarded.entry.ref)


def entry(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="entry")
    guarded = entries.get_entry(actor, child, entry)
    earlier, later = entries.neighbours(actor, child, guarded.entry)
    paper = papers.find_paper(actor, guarded)
    return page(
        request,
        "desk/entry.jinja",
        title=f"{guarded.view.kind_label}, {show_when(guarded.view.when)}",
        **surround(request, child, "chronology"),
        guarded=guarded,
        view=guarded.view,
        entry_age=age_at(child.birth_from, child.birth_to, guarded.view.when.start)
        if guarded.view.when.is_known
        else "",
        earlier=earlier,
        later=later,
        may_correct=not guarded.later and decide(actor, Permission.ENTRY_CORRECT, guarded.subject()).allowed,
        may_comment=decide(actor, Permission.ENTRY_COMMENT, guarded.subject()).allowed,
        paper=paper,
        made=papers.made_from(actor, guarded) if paper else [],
        original_form=forms.OriginalForm(),
        cited=papers.source_in_paper(actor, guarded),
        may_see_source=guarded.view.source is not None
        and decide(actor, Permission.SOURCE_VIEW, guarded.subject()).allowed,
        comment_error="",
        comment_text="",
    )


@require_GET
def source(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="source")
    guarded = entries.get_entry(actor, child, entry)
    return page(
        request,
        "desk/source.jinja",
        title=f"Source of: {guarded.view.title}",
        **surround(request, child, "chronology"),
        guarded=guarded,
        view=guarded.view,
        found=records.get_source(actor, guarded),
    )


def correct_entry(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="correct an entry")
    guarded = entries.get_entry(actor, child, entry)
    require(actor, Permission.ENTRY_CORRECT, guarded.subject())
    view = guarded.view
    form = forms.CorrectionForm(
        request.POST or None,
        initial={
            "when": view.when.text if view.when.text and understood(view.when.text) else show_when(view.when),
            "title": view.title, "narrative": view.narrative, "child_words": view.child_words,
            "nature": view.nature,
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            new = writing.correct_entry(
                guarded=guarded, account=form.account(view.kind), reason=form.cleaned_data["reason"], by=actor
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, "Corrected. The earlier version stays readable below.")
            return redirect("desk:entry", child.ref, new.ref)
    return page(
        request,
        "desk/correct_entry.jinja",
        title="Correct this entry",
        **surround(request, child, "adding"),
        guarded=guarded,
        view=view,
        form=form,
    )


def understood(text: str) -> bool:
    try:
        understand(text, now=local(timezone.now()))
    except Refused:
        return False
    return True


@require_POST
def comment(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="comment")
    guarded = entries.get_entry(actor, child, entry)
    try:
        writing.comment(guarded=guarded, text=request.POST.get("text", ""), by=actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your comment stands beside the entry.")
    return redirect("desk:entry", child.ref, guarded.entry.ref)
