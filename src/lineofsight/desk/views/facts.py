"""Facts that agencies hold side by side, notices about differences, and key facts with who holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access import ledger
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.chronology import agreeing, held, matters
from lineofsight.chronology import queries as entries
from lineofsight.desk import forms
from lineofsight.desk.reading import facts_of, read
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page


@require_GET
def facts(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    if ref != child.ref:
        return redirect("desk:facts", child.ref)
    table = facts_of(actor, child, read(actor, child))
    return page(
        request,
        "desk/facts.jinja",
        title=f"What each agency holds: {child.name}",
        **surround(request, child, "facts"),
        table=table,
        notices=matters.notices_about(actor, child, table),
        key_facts=matters.key_facts(actor, child),
        actor_agency=actor.agency,
    )


def values_to_choose(row: held.Row) -> list[tuple[held.Value, tuple[str, ...]]]:
    """Each value once with the agencies that say it, the newest first."""
    found: dict[str, tuple[held.Value, list[str]]] = {}
    values = sorted((v for cell in row.cells for v in cell.values), key=lambda v: v.dated, reverse=True)
    for value in values:
        found.setdefault(value.key, (value, []))[1].append(value.agency)
    return [(value, tuple(dict.fromkeys(agencies))) for value, agencies in found.values()]


@asks("agency", "fact")
def send_notice(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    if request.method == "POST":
        require(actor, Permission.ENTRY_ADD, child.subject())
    given = request.POST if request.method == "POST" else request.GET
    agency = given.get("agency", "")
    table = facts_of(actor, child, read(actor, child))
    row = next((one for one in table if one.fact.code == given.get("fact")), None)
    cell = row.cell(agency) if row is not None and row.state == held.DIFFERS else None
    if row is None or cell is None:
        messages.info(request, "The agencies no longer differ here.")
        return redirect("desk:facts", child.ref)
    names = partners.agencies_by_code()
    offered = [(value, said) for value, said in values_to_choose(row) if agency not in said]
    form = forms.NoticeForm(
        request.POST or None,
        values=[(v.key, f"{v.text} ({', '.join(names[a].short for a in said)})") for v, said in offered],
        initial={"fact": row.fact.code, "agency": agency, "value": offered[0][0].key if offered else ""},
    )
    if request.method == "POST" and form.is_valid():
        value, said = next(pair for pair in offered if pair[0].key == form.cleaned_data["value"])
        try:
            notice = agreeing.send_notice(
                child=child, value=value, said_by=said, agency=agency,
                theirs=cell.value.text if cell.value else "", basis=form.cleaned_data["basis"], by=actor,
            )  # fmt: skip
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            due = f"{notice.due.day} {notice.due:%B %Y}"
            messages.success(request, f"{names[agency].name} is told. An answer is due by {due}.")
            return redirect("desk:facts", child.ref)
    return page(
        request,
        "desk/notice.jinja",
        title=f"Tell {names[agency].name} what differs",
        **surround(request, child, "facts"),
        row=row,
        cell=cell,
        told_agency=agency,
        form=form,
    )


def notice_shown(request: HttpRequest, child: Child, ref: str) -> matters.Notice:
    actor = actor_of(request)
    table = facts_of(actor, child, read(actor, child))
    found = next((one for one in matters.notices_about(actor, child, table) if one.row.ref == ref), None)
    if found is None:
        raise NotFound("There is no notice with that reference that you can see.")
    return found


def answer_notice(request: HttpRequest, ref: str, notice: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    shown = notice_shown(request, child, notice)
    form = forms.AnswerNoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            agreeing.answer_notice(
                child=child, ref=notice, accept=given["answer"] == "accept", reason=given["reason"], by=actor
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, "Your answer stands beside the notice.")
            return redirect("desk:facts", child.ref)
    return page(
        request,
        "desk/answer_notice.jinja",
        title=f"A notice about {shown.label.lower()}",
        **surround(request, child, "facts"),
        notice=shown,
        form=form,
        may_answer=actor.agency == shown.row.agency and shown.is_open,
    )


@require_GET
def notices_csv(request: HttpRequest, ref: str) -> HttpResponse:
    """The open notices of a child for an agency's own system."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    table = facts_of(actor, child, read(actor, child))
    chosen = [one for one in matters.notices_about(actor, child, table) if one.is_open]
    ledger.write(actor, Permission.CHRONOLOGY_EXPORT, child.subject(), detail={"notices": len(chosen)})
    answer = HttpResponse(as_csv(chosen), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="notices-{child.ref}-{timezone.localdate()}.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def as_csv(notices: Sequence[matters.Notice]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        (
            "notice",
            "fact",
            "to",
            "you hold",
            "we hold",
            "from",
            "since",
            "shared on the basis of",
            "sent",
            "answer due",
        )
    )
    for one in notices:
        row = one.row
        writer.writerow(
            safe(text)
            for text in (
                row.ref, one.label, row.agency, row.theirs, row.value, " ".join(row.said_by),
                row.since or "", row.basis, f"{timezone.localtime(row.sent_at):%Y-%m-%d}", row.due,
            )
        )  # fmt: skip
    return out.getvalue()


def safe(value: object) -> str:
    """A cell that a spreadsheet would take for a formula is kept as text."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


# --- key facts -------------------------------------------------------------------------------------------


def around_the_child(child: Child) -> list[str]:
    """Agencies with a worker in the team around the child today."""
    working = {m.worker_ref for m in child.circle if m.worker_ref and m.is_in(clock.now())}
    return sorted({worker.agency.code for worker in partners.workers_by_ref(working).values()})


@asks("entry")
def mark_key_fact(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    require(actor, Permission.ENTRY_ADD, child.subject())
    named = request.GET.get("entry") or request.POST.get("entry") or ""
    guarded = entries.get_entry(actor, child, named) if named else None
    form = forms.KeyFactForm(
        request.POST or None, initial={"words": guarded.view.title if guarded is not None else ""}
    )
    if request.method == "POST" and form.is_valid():
        try:
            agreeing.mark_key_fact(
                child=child, agencies=around_the_child(child), guarded=guarded, by=actor, **form.cleaned_data
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(
                request, "Marked. Each agency around the child is asked to say that it holds it."
            )
            return redirect("desk:facts", child.ref)
    return page(
        request,
        "desk/key_fact.jinja",
        title="Mark a key fact",
        **surround(request, child, "facts"),
        form=form,
        guarded=guarded,
        asked=around_the_child(child),
    )


@require_POST
def say_held(request: HttpRequest, ref: str, fact: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="facts")
    if fact not in {one.row.ref for one in matters.key_facts(actor, child)}:
        raise NotFound("There is no key fact with that reference that you can see.")
    agreeing.say_held(child=child, ref=fact, by=actor)
    messages.success(request, "Thank you. It is on record that your agency’s own record shows it.")
    return redirect("desk:facts", child.ref)
