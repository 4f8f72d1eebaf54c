"""Pages that gather from many rooms. Each asks queries and services, and draws what they answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission, decide
from lineofsight.catalogue.errors import NotAllowed, Refused
from lineofsight.catalogue.when import When, local
from lineofsight.chronology import documents, rules
from lineofsight.chronology import queries as entries
from lineofsight.chronology import services as writing
from lineofsight.chronology.queries import Filters, View
from lineofsight.desk import forms, packs, rulebook
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.queries import Child
from lineofsight.records import queries as records
from lineofsight.ui.dates import age_at, gap, show_day, show_when, understand
from lineofsight.ui.pages import page


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def may(request: HttpRequest, permission: Permission, subject: Subject | None = None) -> bool:
    return decide(actor_of(request), permission, subject or Subject.partnership()).allowed


# --- my work -------------------------------------------------------------------------------------------


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then my children and what waits for me."""
    actor = actor_of(request)
    if not may(request, Permission.CHILDREN_SEARCH):
        if may(request, Permission.PARTNERS_MANAGE):
            return redirect("partners:workers")
        raise NotAllowed("Your account has no role yet. Ask the person who manages accounts for your agency.")
    children = []
    for person, role in people.my_children(actor)[:30]:
        child = people.assemble(person)
        since = entries.last_look(actor, child)
        count, newest = entries.newest_for(actor, child, since)
        children.append(
            {"child": child, "role": role, "age": age_today(child), "new": count, "newest": newest, "since": since}
        )
    waiting = []
    if may(request, Permission.MATCH_VIEW):
        waiting.append(("people:questions", people.count_questions(actor), "question about who is who", "questions about who is who"))
    if may(request, Permission.FILES_VIEW):
        waiting.append(("records:files", records.waiting_files(actor), "file waits for your decision", "files wait for your decision"))
    return page(
        request,
        "desk/home.jinja",
        title="Home",
        children=children,
        waiting=[row for row in waiting if row[1]],
        agencies=partners.agencies_by_code(),
    )


def age_today(child: Child) -> str:
    return age_at(child.birth_from, child.birth_to, timezone.localdate())


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
        hits=[(hit, age_at(hit.birth_from, hit.birth_to, timezone.localdate())) for hit in hits],
        agencies=partners.agencies_by_code(),
    )


@require_GET
def children(request: HttpRequest) -> HttpResponse:
    """My children, with a search box for all others."""
    actor = actor_of(request)
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    mine = [(people.assemble(person), role) for person, role in people.my_children(actor)]
    return page(
        request,
        "desk/children.jinja",
        title="Children",
        mine=[(child, role, age_today(child)) for child, role in mine],
        agencies=partners.agencies_by_code(),
    )


# --- the child -----------------------------------------------------------------------------------------


def surround(request: HttpRequest, child: Child, tab: str) -> dict[str, Any]:
    """What stands at the top of each of the child's pages."""
    actor = actor_of(request)
    today = timezone.localdate()
    working = [m for m in child.circle if m.until is None or m.until > today]
    known = partners.workers_by_ref({m.worker_ref for m in child.circle})
    birthday = next_birthday(child, today)
    return {
        "child": child,
        "age": age_today(child),
        "birthday": birthday,
        "born": packs.born_words(child),
        "circle": [(member, known.get(member.worker_ref)) for member in working],
        "tab": tab,
        "agencies": partners.agencies_by_code(),
        "may_add": decide(actor, Permission.ENTRY_ADD, child.subject()).allowed,
        "may_export": decide(actor, Permission.CHRONOLOGY_EXPORT, child.subject()).allowed,
        "questions": len(people.questions_about(child)) if may(request, Permission.MATCH_VIEW) else 0,
    }


def next_birthday(child: Child, today: date) -> str:
    """“16 on 12 March” when the birth date is exact and the child is under 18."""
    if child.birth_from is None or child.birth_from != child.birth_to:
        return ""
    years = today.year - child.birth_from.year - ((today.month, today.day) < (child.birth_from.month, child.birth_from.day)) + 1
    if years > 18:
        return ""
    born = child.birth_from
    day = f"{born.day} {born:%B}"
    return f"{years} on {day}"


@require_GET
def overview(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, with_statements=True)
    if ref != child.ref:
        return redirect("desk:child", child.ref)
    shown = entries.chronology(actor, child, page=6)
    return page(
        request,
        "desk/overview.jinja",
        title=child.name,
        **surround(request, child, "overview"),
        latest=shown.rows,
        total=shown.total,
        withheld=shown.withheld,
        by_agency=shown.by_agency,
        last_contact=entries.last_contact(actor, child),
        voice=entries.own_words(actor, child),
        facts=held_facts(child),
    )


def held_facts(child: Child) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the agencies say of the child, each value with who says so. Where someone is restricted,
    nothing that tells where they live, learn or can be reached."""
    lists: dict[str, dict[str, dict[str, None]]] = {}

    def say(name: str, value: str, agency: str) -> None:
        if value.strip(" ,"):
            lists.setdefault(name, {}).setdefault(value.strip(" ,"), {})[agency] = None

    for identity in child.identities:
        for said in identity.said:
            facts = said.facts
            for name in facts.get("names", ()):
                words = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
                say("Name", words if name.get("use", "legal") == "legal" else f"{words} ({name['use']})", identity.agency)
            birth = facts.get("birth") or {}
            if birth.get("from"):
                say("Born", birth_words(birth), identity.agency)
            for number in facts.get("identifiers", ()):
                note = "" if number.get("ok") else f" — fails its check: {number.get('why', '')}"
                say(number["kind"].replace("_", " ").upper(), f"{number.get('value') or number.get('raw')}{note}", identity.agency)
            if child.restricted:
                continue
            for address in facts.get("addresses", ()):
                say("Address", ", ".join(filter(None, (address.get("text"), address.get("postcode")))), identity.agency)
            for phone in facts.get("phones", ()):
                say("Phone", phone.get("raw") or phone.get("value", ""), identity.agency)
            for name in ("school", "gp"):
                if facts.get(name):
                    say(name.upper() if name == "gp" else "School", facts[name].get("name", ""), identity.agency)
    return [
        (name, [(value, list(agencies)) for value, agencies in sorted(values.items())]) for name, values in lists.items()
    ]


def birth_words(birth: dict[str, Any]) -> str:
    start, end = birth["from"], birth.get("to") or birth["from"]
    if start == end:
        return show_day(date.fromisoformat(start))
    return f"between {show_day(date.fromisoformat(start))} and {show_day(date.fromisoformat(end))}"


# --- the chronology ------------------------------------------------------------------------------------


def filters_from(request: HttpRequest, child: Child, last_look: datetime | None) -> tuple[forms.FilterForm, Filters]:
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


@require_GET
def chronology(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="chronology")
    if ref != child.ref:
        return redirect("desk:chronology", child.ref)
    # Paging and filtering are one visit: only opening the page counts as having looked.
    last_look = writing.note_look(child, actor)
    form, filters = filters_from(request, child, last_look)
    shown = entries.chronology(
        actor,
        child,
        filters,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        last_look=last_look,
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
        rows=with_gaps(child, shown.rows, filters.oldest_first),
        picture=picture(actor, child, filters),
        picture_source=f"{reverse('desk:timeline', args=[child.ref])}?{request.GET.urlencode()}",
        newer=page_link(request, before=shown.newer),
        older=page_link(request, after=shown.older),
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
    return f"?{query.urlencode()}"


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
            tags.append({"text": "New since I last looked" if name == "new" else words, "href": without(request, name, value)})
    return tags


def without(request: HttpRequest, name: str, value: str) -> str:
    kept = [(n, v) for n, values in request.GET.lists() for v in values if (n, v) != (name, value) and n not in ("after", "before")]
    return f"?{urlencode(kept)}"


def with_gaps(child: Child, rows: tuple[View, ...], oldest_first: bool) -> list[dict[str, Any]]:
    """Each row with the child's age then, and the quiet stretch towards the row before it in time."""
    by_ref = {row.ref: row for row in rows}
    found = []
    for place, row in enumerate(rows):
        neighbour = rows[place - 1] if place and oldest_first else rows[place + 1] if not oldest_first and place + 1 < len(rows) else None
        quiet = ""
        if neighbour is not None and row.when.is_known and neighbour.when.is_known and rules.gap_between(neighbour.when.end, row.when.start):
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


def picture(actor: Actor, child: Child, filters: Filters) -> dict[str, Any]:
    """What the picture over time draws: lanes per agency, a mark per entry."""
    marks = entries.marks(actor, child, filters)
    now = timezone.now()
    known = partners.agencies_by_code()
    used = {mark.agency for mark in marks}
    return {
        "from": min((mark.start for mark in marks), default=now).isoformat(),
        "to": max([now, *(mark.end for mark in marks)]).isoformat(),
        "now": now.isoformat(),
        "lanes": [{"code": a.code, "name": a.short, "badge": a.badge} for a in known.values() if a.code in used],
        "marks": [
            {
                "ref": mark.ref,
                "lane": mark.agency,
                "start": mark.start.isoformat(),
                "end": mark.end.isoformat() if mark.end > mark.start else None,
                "precision": mark.precision,
                "kind": mark.kind_label,
                "label": mark.title,
                "href": reverse("desk:entry", args=[child.ref, mark.ref]),
            }
            for mark in marks
        ],
    }


@require_GET
def timeline(request: HttpRequest, ref: str) -> JsonResponse:
    """The same marks as the page's picture, for the script that draws it larger."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="timeline")
    _, filters = filters_from(request, child, entries.last_look(actor, child))
    return JsonResponse(picture(actor, child, filters))


@require_GET
def records_joined(request: HttpRequest, ref: str) -> HttpResponse:
    """Which agencies' records form this child, and what joins them."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="records", with_statements=True)
    settles = may(request, Permission.MATCH_VIEW)
    return page(
        request,
        "desk/records_joined.jinja",
        title=f"Records of {child.name}",
        **surround(request, child, "records"),
        judgements=[people.line_of(row) for row in people.judgements_of(child)],
        open_pairs=[people.line_of(row) for row in people.questions_about(child)] if settles else [],
        settles=settles,
        facts=held_facts(child),
    )


# --- the team around the child ---------------------------------------------------------------------------


def team(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="team")
    colleagues = [(w.ref, f"{w.name}, {w.job or w.agency.short}") for w in partners.colleagues()]
    form = forms.TeamForm(request.POST or None, workers=colleagues)
    if request.method == "POST" and form.is_valid():
        try:
            joining.join_circle(
                child=child, worker_ref=form.cleaned_data["worker"], role=form.cleaned_data["role"], by=actor
            )
        except Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, "The team around the child has changed.")
            return redirect("desk:team", child.ref)
    known = partners.workers_by_ref({m.worker_ref for m in child.circle})
    return page(
        request,
        "desk/team.jinja",
        title=f"Team around {child.name}",
        **surround(request, child, "team"),
        form=form,
        members=[(m, known.get(m.worker_ref)) for m in child.circle],
        may_change=decide(actor, Permission.CIRCLE_CHANGE, child.subject()).allowed,
    )


@require_POST
def leave_team(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="team")
    joining.leave_circle(child=child, worker_ref=request.POST.get("worker", ""), by=actor)
    messages.success(request, "They have left the team from today. That they were in it stays on record.")
    return redirect("desk:team", child.ref)


# --- entries -----------------------------------------------------------------------------------------


def add_entry(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="add an entry")
    require(actor, Permission.ENTRY_ADD, child.subject())
    form = forms.EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            entry = writing.add_entry(
                child=child,
                kind=given["kind"],
                when=given["when"],
                title=given["title"],
                narrative=given["narrative"],
                child_words=given["child_words"],
                nature=given["nature"],
                handling=given["handling"],
                place=given["place"],
                people_there=form.people_there(),
                told_by=given["told_by"],
                by=actor,
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Added: {show_when(given['when'])}. {given['title']}")
            return redirect("desk:entry", child.ref, entry.ref)
    return page(
        request,
        "desk/add_entry.jinja",
        title=f"Add what happened to {child.name}",
        **surround(request, child, "chronology"),
        form=form,
    )


def entry(request: HttpRequest, ref: str, entry: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="entry")
    guarded = entries.get_entry(actor, child, entry)
    earlier, later = entries.neighbours(actor, child, guarded.entry)
    return page(
        request,
        "desk/entry.jinja",
        title=f"{guarded.view.kind_label}, {show_when(guarded.view.when)}",
        **surround(request, child, "chronology"),
        guarded=guarded,
        view=guarded.view,
        entry_age=age_at(child.birth_from, child.birth_to, guarded.view.when.start) if guarded.view.when.is_known else "",
        earlier=earlier,
        later=later,
        may_correct=not guarded.later and decide(actor, Permission.ENTRY_CORRECT, guarded.subject()).allowed,
        may_comment=decide(actor, Permission.ENTRY_COMMENT, guarded.subject()).allowed,
        may_see_source=guarded.view.source is not None and decide(actor, Permission.SOURCE_VIEW, guarded.subject()).allowed,
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
            "nature": view.nature, "handling": view.handling,
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            new = writing.correct_entry(guarded=guarded, by=actor, **given)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, "Corrected. The earlier version stays readable below.")
            return redirect("desk:entry", child.ref, new.ref)
    return page(
        request,
        "desk/correct_entry.jinja",
        title="Correct this entry",
        **surround(request, child, "chronology"),
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


# --- documents -----------------------------------------------------------------------------------------


def document(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="document")
    require(actor, Permission.CHRONOLOGY_EXPORT, child.subject())
    agencies, _, _ = entries.choices(actor, child)
    form = forms.DocumentForm(request.POST or None, agencies=[(f.code, f.label) for f in agencies])
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
        )
        answer = HttpResponse(documents.write(made, given["format"]), content_type=documents.MEDIA_TYPES[given["format"]])
        # The name of a file shows in lists and mails, so it never carries the child's.
        name = f"chronology-{'anonymised' if given['anonymise'] else child.ref}-{timezone.localdate():%Y-%m-%d}.{given['format']}"
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


# --- small answers ---------------------------------------------------------------------------------------


@require_GET
def understand_date(request: HttpRequest) -> JsonResponse:
    """How a typed date is understood, while it is typed."""
    text = request.GET.get("text", "")[:100]
    try:
        when: When = understand(text, now=local(timezone.now()))
    except Refused as error:
        return JsonResponse({"refused": str(error)}, status=400)
    return JsonResponse({"understood": show_when(when)})


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """The rule book as loaded, with what has been verified and what has not."""
    require(actor_of(request), Permission.CATALOGUE_VIEW, Subject.partnership())
    return page(request, "desk/catalogue.jinja", title="Catalogue", **rulebook.contents())


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    return page(request, "desk/guide.jinja", title="Ten minutes with Line of Sight")
