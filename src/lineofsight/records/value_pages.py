"""Values: which spellings wait for an answer, answering one or many, what an answer would change, undo."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission, decide
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import queries as partners
from lineofsight.records import questions, settling
from lineofsight.records.settling import Answer
from lineofsight.ui.asking import asks
from lineofsight.ui.dates import plural
from lineofsight.ui.pages import page

#: Groups on a page of many. More are not read with care.
MANY = 20
SHOWN_ANSWERS = 200
LEAVE, AS_WRITTEN, CODE = "", "as written", "is "
FOR_ALL = "all"


def values(request: HttpRequest) -> HttpResponse:
    """Agencies with spellings that wait, and the latest answers."""
    actor = request.actor  # type: ignore[attr-defined]
    waiting = questions.count_waiting(actor)
    known = {agency.code: agency for agency in partners.agencies()}
    return page(
        request, "records/values.jinja", title="Values that wait for an answer",
        rows=[(known[code], count) for code, count in sorted(waiting.items(), key=lambda row: -row[1])],
        answers=answer_lines(questions.settled_values(actor, limit=10)),
    )  # fmt: skip


def of_agency(request: HttpRequest, agency: str) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    found = partners.agency(agency)
    waiting = questions.waiting_values(actor, found.code)
    return page(
        request, "records/values_of_agency.jinja", title=f"Values of {found.name}", agency=found,
        waiting=[(one, field_url(found.code, one.field.key)) for one in waiting],
        answers=answer_lines(questions.settled_values(actor, found.code, limit=SHOWN_ANSWERS)),
    )  # fmt: skip


def field_url(agency: str, field: str, **more: Any) -> str:
    return f"{reverse('records:value_questions', args=[agency])}?{urlencode({'field': field, **more})}"


@asks("field", "one", "from")
def value_questions(request: HttpRequest, agency: str) -> HttpResponse:
    """The groups of one field: one at a time with every choice laid out, or many in a list."""
    actor = request.actor  # type: ignore[attr-defined]
    found, field = partners.agency(agency), request.GET.get("field", "")
    asked, groups = questions.groups_waiting(actor, found.code, field)
    alone = request.GET.get("one") == "1"
    start = number_in(request.GET.get("from", ""), len(groups))
    size = 1 if alone else MANY
    shown = groups[start : start + size]
    more = {"one": 1} if alone else {}
    return page(
        request, "records/value_questions.jinja", title="What do these mean?",
        agency=found, field=asked, groups=list(enumerate(shown)), count=len(groups), start=start, alone=alone,
        values=list(asked.codes.values.items()), prefix=CODE, as_written=AS_WRITTEN,
        for_all=may_settle_for_all(actor),
        later=field_url(found.code, field, **more, **{"from": start + size}) if start + size < len(groups) else "",
        earlier=field_url(found.code, field, **more, **{"from": max(0, start - size)}) if start else "",
        other_way=field_url(found.code, field, **({} if alone else {"one": 1}), **{"from": start}),
    )  # fmt: skip


def number_in(text: str, count: int) -> int:
    return min(int(text), max(0, count - 1)) if text.isdecimal() and len(text) < 9 else 0


def may_settle_for_all(actor: Any) -> bool:
    return decide(actor, Permission.PARTNERS_MANAGE, Subject.partnership()).allowed


@require_POST
def preview_values(request: HttpRequest, agency: str) -> HttpResponse:
    """What the answers would change, before they are settled."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, Permission.MAP_SAVE, Subject.partnership())
    found, field = partners.agency(agency), request.POST.get("field", "")
    answers, for_whom = answers_in(request), whom(request, found.code)
    back = field_url(found.code, field, **{"from": number_in(request.POST.get("from", ""), 10**8)})
    if request.POST.get("one") == "1":
        back += "&one=1"
    try:
        fresh = settling.new_answers(for_whom, answers)
        if not fresh:
            raise Refused("Nothing was answered. Choose what at least one spelling means.")
        effect = settling.effect_of(for_whom, fresh)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(back)
    words = settling.fields_for(for_whom)[field].codes.values
    return page(
        request, "records/value_preview.jinja", title="What these answers change", agency=found, field=field,
        for_all=not for_whom, effect=effect, back=back,
        answers=[(one, words.get(one.code, ""), f"{CODE}{one.code}" if one.code else AS_WRITTEN) for one in fresh],
        one_at_a_time=request.POST.get("one", ""), start=request.POST.get("from", ""),
    )  # fmt: skip


@require_POST
def settle_values(request: HttpRequest, agency: str) -> HttpResponse:
    found, field = partners.agency(agency), request.POST.get("field", "")
    more = {"one": 1} if request.POST.get("one") == "1" else {}
    start = number_in(request.POST.get("from", ""), 10**8)
    try:
        made = settling.settle_values(
            agency=whom(request, found.code),
            answers=answers_in(request),
            by=request.actor,  # type: ignore[attr-defined]
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            f"{plural(len(made), 'spelling')} settled. Rows that are in tell it so from now on, and so will new files.",
        )
    left = questions.waiting_values(request.actor, found.code)  # type: ignore[attr-defined]
    if any(one.field.key == field for one in left):
        return redirect(field_url(found.code, field, **more, **({"from": start} if start else {})))
    return redirect("records:values_of_agency", found.code)


def answers_in(request: HttpRequest) -> list[Answer]:
    """Each ticked spelling with the answer chosen for its group."""
    field = request.POST.get("field", "")
    found = []
    for name, chosen in request.POST.items():
        if not name.startswith("answer_") or chosen == LEAVE:
            continue
        code = "" if chosen == AS_WRITTEN else str(chosen).removeprefix(CODE)
        spellings = request.POST.getlist(f"spelling_{name.removeprefix('answer_')}")
        found += [Answer(field, spelling, code) for spelling in spellings]
    return found


def whom(request: HttpRequest, agency: str) -> str:
    """The agency that the answers count for; "" for all."""
    if request.POST.get("whom") != FOR_ALL:
        return agency
    settling.may_settle_for_all(request.actor)  # type: ignore[attr-defined]
    return ""


# --- answers that were given --------------------------------------------------------------------------------


def answer_lines(settled: Any) -> list[dict[str, Any]]:
    return questions.words_of(settled)


def value_answers(request: HttpRequest) -> HttpResponse:
    """Every answer, who gave it and when, undone ones among them."""
    found = questions.settled_values(request.actor, limit=SHOWN_ANSWERS)  # type: ignore[attr-defined]
    return page(
        request, "records/value_answers.jinja", title="Answers about values", answers=answer_lines(found)
    )


@asks("together")
def undo_value(request: HttpRequest, ref: str) -> HttpResponse:
    """Take an answer back, or all that were given in one go with it."""
    actor = request.actor  # type: ignore[attr-defined]
    together = "together" in (request.POST if request.method == "POST" else request.GET)
    require(actor, Permission.MAP_SAVE, Subject.partnership())
    settled = questions.get_settled(actor, ref, together=together)
    whole = settled if together else questions.get_settled(actor, ref, together=True)
    stand = [one for one in settled if one.undone_at is None]
    problem = ""
    if request.method == "POST":
        try:
            settling.undo_values(settled=settled, by=actor)
        except Refused as error:
            problem = str(error)
        else:
            messages.success(
                request, f"{plural(len(settled), 'answer')} undone. The rows tell what they told before."
            )
            return redirect("records:value_answers")
    effect = settling.effect_of(stand[0].agency, [], without=stand) if stand else None
    return page(
        request, "records/value_undo.jinja", title="Undo this answer" if len(settled) == 1 else "Undo these answers",
        answers=answer_lines(settled), ref=ref, together=together, others=len(whole) - len(stand), effect=effect,
        problem=problem,
    )  # fmt: skip
