"""My work, search and my children."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access import overseeing
from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotAllowed
from lineofsight.chronology import named
from lineofsight.chronology import queries as entries
from lineofsight.desk import navigation
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.desk.views.child import age_today
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.records import queries as records
from lineofsight.ui.asking import asks, holds
from lineofsight.ui.dates import age_at
from lineofsight.ui.pages import page


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then my children and what waits for me."""
    actor = actor_of(request)
    if not may(request, Permission.CHILDREN_SEARCH):
        if rooms := navigation.rooms(request):
            return redirect(rooms[0]["href"])
        if actor.barred:
            require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
        raise NotAllowed(
            "Your account has no role that opens a page here. Ask the person who manages accounts for your agency."
        )
    mine = people.my_children(actor)[:30]
    together = people.assemble_all([person for person, _ in mine])
    children = [
        {
            "child": child, "role": role, "age": age_today(child), "new": news.count, "newest": news.newest,
            "since": news.since,
        }
        for (_, role), child, news in zip(mine, together, entries.news(actor, together), strict=True)
    ]  # fmt: skip
    waiting = []
    if may(request, Permission.MATCH_VIEW):
        waiting.append(
            (
                "people:questions",
                people.count_questions(actor),
                "question about who is who",
                "questions about who is who",
            )
        )
    conditions, _ = named.on_lists(actor)
    told = overseeing.words_for(actor) if may(request, Permission.WORD_ANSWER) else []
    waiting.append(
        ("desk:my_access", len(conditions), "set of conditions to accept", "sets of conditions to accept")
    )
    waiting.append(("desk:my_access", len(told), "thing you were told", "things you were told"))
    if may(request, Permission.FILES_VIEW):
        waiting.append(
            (
                "records:files",
                records.waiting_files(actor),
                "file waits for your decision",
                "files wait for your decision",
            )
        )
    return page(
        request,
        "desk/home.jinja",
        title="Home",
        children=children,
        waiting=[row for row in waiting if row[1]],
        agencies=partners.agencies_by_code(),
    )


@asks("q")
@holds("q")
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    hits = people.search(actor_of(request), text)
    if len(hits) == 1 and hits[0].why == ("reference",):
        return redirect("desk:child", hits[0].ref)
    return page(
        request,
        "desk/search.jinja",
        title=f"Search for {text}" if text else "Search",
        search_query=text,
        texts=entries.search_text(actor_of(request), text) if text else [],
        hits=[(hit, age_at(hit.birth_from, hit.birth_to, timezone.localdate())) for hit in hits],
        agencies=partners.agencies_by_code(),
    )


@require_GET
def children(request: HttpRequest) -> HttpResponse:
    """My children, with a search box for all others."""
    actor = actor_of(request)
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    rows = people.my_children(actor)
    together = people.assemble_all([person for person, _ in rows])
    mine = [(child, role) for (_, role), child in zip(rows, together, strict=True)]
    return page(
        request,
        "desk/children.jinja",
        title="Children",
        mine=[(child, role, age_today(child)) for child, role in mine],
        agencies=partners.agencies_by_code(),
    )
