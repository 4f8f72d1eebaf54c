"""Agreement and gaps: what is one thing, what should have followed, who has been silent, and what is asked of whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access.actor import Actor
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission, decide
from lineofsight.catalogue import corroboration
from lineofsight.catalogue.agreement import agreement as settled
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.chronology import agreeing, comparing, matters, picture
from lineofsight.chronology import queries as entries
from lineofsight.chronology.picture import Reading
from lineofsight.chronology.triangulation import GAP, UNSEEN, WAITING, Missing
from lineofsight.desk import forms
from lineofsight.desk.reading import read
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page

SHOWN = 20
MONTHS = (12, 24, 60)


@asks("all", "months")
@require_GET
def agreement(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="agreement")
    if ref != child.ref:
        return redirect("desk:agreement", child.ref)
    reading = read(actor, child)
    whole = bool(request.GET.get("all"))
    found = reading.picture
    several = sorted(found.occurrences, key=lambda one: (one.confirmed, -one.lead.start))
    lone = picture.alone(reading)
    asked = matters.queries_about(reading)
    gaps = sorted(matters.gaps_left(reading, asked), key=lambda one: -one.item.start)
    shown_several, shown_lone = (several, lone) if whole else (several[:SHOWN], lone[:SHOWN])
    context = [
        pair for pair in (*found.contradictions, *found.beside) if pair.rule.strength != "weak" or whole
    ]
    shown_context = context if whole else context[:SHOWN]
    items = [
        *(item for one in shown_several for item in one.members), *shown_lone, *(gap.item for gap in found.missing),
        *(item for pair in shown_context for item in (pair.a, pair.b)),
    ]  # fmt: skip
    months = next((n for n in MONTHS if str(n) == request.GET.get("months")), MONTHS[0])
    firsts, calendar = picture.calendar(reading, months=months)
    return page(
        request,
        "desk/agreement.jinja",
        title=f"Agreement and gaps: {child.name}",
        **surround(request, child, "agreement"),
        views=picture.views_for(actor, child, items),
        occurrences=shown_several,
        more_occurrences=len(several) - len(shown_several),
        strong=[gap for gap in gaps if gap.rule.strength == "strong"],
        medium=[gap for gap in gaps if gap.rule.strength == "medium"],
        weak=[gap for gap in gaps if gap.rule.strength == "weak"],
        untold=[one for one in found.missing if one.state in (WAITING, UNSEEN)][-SHOWN:],
        asked_by_gap=by_gap(asked),
        asked_by_month={(one.row.agency, one.month): one for one in asked if one.month},
        asked=asked,
        lone=shown_lone,
        more_lone=len(lone) - len(shown_lone),
        context=shown_context,
        preconditions=corroboration.preconditions(),
        months=firsts,
        month_choices=MONTHS,
        month_count=months,
        calendar=calendar,
        whole=whole,
    )


def by_gap(asked: tuple[matters.Asked, ...]) -> dict[tuple[str, str], matters.Asked]:
    """The latest query about each gap and agency."""
    return {(f"{one.row.rule}{one.row.side}|{one.row.entry_key}", one.row.agency): one for one in asked}


# --- one thing or several ------------------------------------------------------------------------------


def decide_occurrence(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="agreement")
    guarded = entries.get_entry(actor, child, entry)
    reading = read(actor, child)
    one = reading.of_entry(guarded.entry.pk)
    if one is None:
        raise NotFound("That entry is not told by several records.")
    views = picture.views_for(actor, child, one.members)
    shown = [(item, views[item.pk]) for item in one.members]
    form = forms.OccurrenceForm(request.POST or None, records=[(i.key, v.title) for i, v in shown])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            agreeing.decide_occurrence(
                child=child, occurrence=one, verdict=given["verdict"], reason=given["reason"],
                apart=given["apart"], by=actor,
            )  # fmt: skip
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(
                request, "Your answer stands beside the records, with your name and your reason."
            )
            return redirect("desk:agreement", child.ref)
    return page(
        request,
        "desk/occurrence.jinja",
        title="One thing, or several?",
        **surround(request, child, "agreement"),
        one=one,
        shown=shown,
        aspects=comparing.compared([view for _, view in shown], child.name),
        form=form,
        may_decide=decide(actor, Permission.ENTRY_ADD, child.subject()).allowed,
    )


@require_POST
def withdraw_verdict(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="agreement")
    try:
        agreeing.withdraw_verdict(child=child, ref=request.POST.get("verdict", ""), by=actor)
    except NotFound as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The answer is taken back. It stays on record.")
    return redirect("desk:agreement", child.ref)


# --- asking an agency ------------------------------------------------------------------------------------


def gap_named(reading: Reading, key: str) -> Missing | None:
    return next((one for one in reading.picture.missing if one.key == key and one.state == GAP), None)


@dataclass(frozen=True, slots=True)
class Question:
    """What an agency can be asked: how it is begun, who writes it down, and what the page shows of it."""

    title: str
    about: str
    words: str
    ask: Callable[..., Any]
    shown: Mapping[str, Any]


@asks("agency", "gap", "month")
def ask_agency(request: HttpRequest, ref: str) -> HttpResponse:
    """About a gap, or about a silent month when the address or the form names one."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="agreement")
    if request.method == "POST":
        require(actor, Permission.ENTRY_ADD, child.subject())
    given = request.POST if request.method == "POST" else request.GET
    agency = given.get("agency", "")
    about = about_month if given.get("month") else about_gap
    question = about(actor, child, given.get("gap", ""), agency)
    if question is None:
        what = "That month is not silent any more" if given.get("month") else "That gap is no longer there"
        messages.info(request, f"{what}. A record may have come in.")
        return redirect("desk:agreement", child.ref)
    form = forms.AskForm(
        request.POST or None, initial={"gap": question.about, "agency": agency, "words": question.words}
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = question.ask(child=child, words=form.cleaned_data["words"], by=actor)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Asked. An answer is due by {row.due.day} {row.due:%B %Y}.")
            return redirect("desk:agreement", child.ref)
    return page(
        request,
        "desk/ask_agency.jinja",
        title=question.title,
        **surround(request, child, "agreement"),
        **question.shown,
        asked_agency=agency,
        form=form,
    )


def about_gap(actor: Actor, child: Child, named: str, agency: str) -> Question | None:
    gap = gap_named(read(actor, child), named)
    if gap is None or agency not in gap.agencies:
        return None
    return Question(
        "Ask for the record", gap.key, f"{gap.words}. {gap.rule.action}.",
        partial(agreeing.ask_agency, gap=gap, agency=agency),
        {"gap": gap, "view": picture.views_for(actor, child, [gap.item])[gap.item.pk]},
    )  # fmt: skip


def about_month(actor: Actor, child: Child, named: str, agency: str) -> Question | None:
    try:
        first = date.fromisoformat(named).replace(day=1)
    except ValueError:
        return None
    month = picture.month_in(read(actor, child), agency, first) if agency in child.agencies else None
    if month is None or month.state != picture.SILENT:
        return None
    return Question(
        "Ask about a silent month", first.isoformat(), settled().silence_words,
        partial(agreeing.ask_about_month, month=month), {"month": first},
    )  # fmt: skip


def answer_query(request: HttpRequest, ref: str, query: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="agreement")
    asked = matters.get_query(child, query, read(actor, child))
    form = forms.AnswerQueryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            agreeing.answer_query(child=child, ref=query, by=actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, "Closed, with your reason.")
            return redirect("desk:agreement", child.ref)
    return page(
        request,
        "desk/answer_query.jinja",
        title="A record that is asked for",
        **surround(request, child, "agreement"),
        asked=asked,
        view=picture.views_for(actor, child, [asked.item])[asked.item.pk] if asked.item else None,
        form=form,
        may_answer=actor.agency in (asked.row.agency, asked.row.asked_agency),
    )
