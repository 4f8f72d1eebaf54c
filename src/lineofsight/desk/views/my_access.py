"""What I can open now and why, what waits for my word, and what I was told as a lead or a manager."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access import overseeing
from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import book, clock
from lineofsight.chronology import named
from lineofsight.chronology import services as chronology
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.partners import queries as partners
from lineofsight.people import own_access
from lineofsight.ui.pages import page

#: What ends within these days is marked.
SOON = timedelta(days=7)


@require_GET
def my_access(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    waiting, listed = named.on_lists(actor)
    words = overseeing.words_for(actor) if may(request, Permission.WORD_ANSWER) else []
    names = {role.code: role.name for role in book.roles()}
    worker = partners.worker_by_ref(actor.ref)
    return page(
        request, "desk/my_access.jinja", title="My access", bases=own_access.bases(actor),
        led=own_access.led_alone(actor), waiting=waiting, listed=listed, words=words,
        names=own_access.names(actor, {case.alert.about for case in words}),
        roles=[(names.get(held.role, held.role), held.until) for held in worker.grants_today()] if worker else [],
        worker=worker, soon=clock.now() + SOON, agencies=partners.agencies_by_code(),
    )  # fmt: skip


@require_POST
def accept(request: HttpRequest, number: int) -> HttpResponse:
    """Accept the conditions under which an entry is shared with me."""
    chronology.accept_conditions(name=number, by=actor_of(request))
    messages.success(
        request, "You accepted the conditions. The entry is below, and on the child’s chronology."
    )
    return redirect("desk:my_access")


@require_POST
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    """Seen; or, of a look that was drawn for me to confirm: as it should be, or I cannot say."""
    actor = actor_of(request)
    require(actor, Permission.WORD_ANSWER, Subject("alert", ref))
    word = overseeing.word_for(actor, ref)
    if request.POST.get("answer") == "doubt":
        overseeing.doubt_look(alert=word, by=actor)
        messages.success(request, "Your agency’s guardian looks into it.")
    else:
        overseeing.see_word(alert=word, by=actor)
        messages.success(request, "Noted.")
    return redirect("desk:my_access")
