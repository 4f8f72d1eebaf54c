"""The child: what stands on top of every page about them, the overview, the records, the team."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lineofsight.access.actor import Actor
from lineofsight.access.policy import Permission, decide, may_see_location
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.chronology import queries as entries
from lineofsight.desk import forms, packs
from lineofsight.desk.views.asking import actor_of, may
from lineofsight.partners import queries as partners
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.queries import Child
from lineofsight.ui.dates import age_at, show_day
from lineofsight.ui.pages import page


def age_today(child: Child) -> str:
    return age_at(child.birth_from, child.birth_to, timezone.localdate())


def surround(request: HttpRequest, child: Child, tab: str) -> dict[str, Any]:
    """What stands at the top of each of the child's pages."""
    actor = actor_of(request)
    today = timezone.localdate()
    working = [m for m in child.circle if m.is_in(clock.now())]
    known = partners.workers_by_ref({m.worker_ref for m in child.circle})
    birthday = next_birthday(child, today)
    return {
        "child": child,
        "age": age_today(child),
        "birthday": birthday,
        "born": packs.born_words(child),
        "circle": [(member, known.get(member.worker_ref)) for member in working],
        "lead": next(
            ((m, known.get(m.worker_ref)) for m in working if m.role.casefold().startswith("lead")), None
        ),
        "location_hidden": child.subject().location_hidden,
        "shows_location": may_see_location(actor, child.subject()),
        "tab": tab,
        "agencies": partners.agencies_by_code(),
        "may_add": decide(actor, Permission.ENTRY_ADD, child.subject()).allowed,
        "may_protect": decide(actor, Permission.PROTECTION_CHANGE, child.subject()).allowed,
        "may_decide_sharing": decide(actor, Permission.SHARING_DECIDE, child.subject()).allowed,
        "may_see_lookers": decide(actor, Permission.LOOKERS_VIEW, child.subject()).allowed,
        "may_export": decide(actor, Permission.CHRONOLOGY_EXPORT, child.subject()).allowed,
        "questions": len(people.questions_about(child)) if may(request, Permission.MATCH_VIEW) else 0,
    }


def next_birthday(child: Child, today: date) -> str:
    """“16 on 12 March” when the birth date is exact and the child is under 18."""
    if child.birth_from is None or child.birth_from != child.birth_to:
        return ""
    years = (
        today.year
        - child.birth_from.year
        - ((today.month, today.day) < (child.birth_from.month, child.birth_from.day))
        + 1
    )
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
        former=people.former_of(actor, child),
        facts=held_facts(actor, child),
    )


def held_facts(actor: Actor, child: Child) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """What the agencies say of the child, each value with who says so. Of someone whose location
    is hidden from this reader nothing that tells where they live, learn or can be reached (A-F1)."""
    shows_location = may_see_location(actor, child.subject())
    lists: dict[str, dict[str, dict[str, None]]] = {}

    def say(name: str, value: str, agency: str) -> None:
        if value.strip(" ,"):
            lists.setdefault(name, {}).setdefault(value.strip(" ,"), {})[agency] = None

    for identity in child.identities:
        for said in identity.said:
            facts = said.facts
            for name in facts.get("names", ()):
                words = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get(
                    "full", ""
                )
                say(
                    "Name",
                    words if name.get("use", "legal") == "legal" else f"{words} ({name['use']})",
                    identity.agency,
                )
            birth = facts.get("birth") or {}
            if birth.get("from"):
                say("Born", birth_words(birth), identity.agency)
            for number in facts.get("identifiers", ()):
                note = "" if number.get("ok") else f" — fails its check: {number.get('why', '')}"
                say(
                    number["kind"].replace("_", " ").upper(),
                    f"{number.get('value') or number.get('raw')}{note}",
                    identity.agency,
                )
            if not shows_location:
                continue
            for address in facts.get("addresses", ()):
                say(
                    "Address",
                    ", ".join(filter(None, (address.get("text"), address.get("postcode")))),
                    identity.agency,
                )
            for phone in facts.get("phones", ()):
                say("Phone", phone.get("raw") or phone.get("value", ""), identity.agency)
            for name in ("school", "gp"):
                if facts.get(name):
                    say(
                        name.upper() if name == "gp" else "School",
                        facts[name].get("name", ""),
                        identity.agency,
                    )
    return [
        (name, [(value, list(agencies)) for value, agencies in sorted(values.items())])
        for name, values in lists.items()
    ]


def birth_words(birth: dict[str, Any]) -> str:
    start, end = birth["from"], birth.get("to") or birth["from"]
    if start == end:
        return show_day(date.fromisoformat(start))
    return f"between {show_day(date.fromisoformat(start))} and {show_day(date.fromisoformat(end))}"


def team(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="team")
    colleagues = [(w.ref, f"{w.name}, {w.job or w.agency.short}") for w in partners.colleagues()]
    whole = [(f"team:{t.pk}", f"Everyone in {t.name}, {t.agency.short}") for t in partners.teams()]
    form = forms.TeamForm(request.POST or None, workers=colleagues + whole)
    if again := request.POST.get("again", ""):
        member = next((m for m in child.circle if str(m.pk) == again and m.sleeps), None)
        if member is None:
            raise NotFound("That place is not waiting to be given again.")
        joining.join_circle(
            child=child,
            role=member.role,
            worker_ref=member.worker_ref,
            team=member.team,
            until=member.until,
            by=actor,
        )
        messages.success(request, "The place is given again, from now.")
        return redirect("desk:team", child.ref)
    if request.method == "POST" and form.is_valid():
        try:
            chosen = form.cleaned_data["worker"]
            who = {"team": chosen[5:]} if chosen.startswith("team:") else {"worker_ref": chosen}
            joining.join_circle(child=child, role=form.cleaned_data["role"], by=actor, **who)
        except Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, "The team around the child has changed.")
            return redirect("desk:team", child.ref)
    known = partners.workers_by_ref({m.worker_ref for m in child.circle})
    teams = {str(team.pk): team for team in partners.teams()}
    return page(
        request,
        "desk/team.jinja",
        title=f"Team around {child.name}",
        **surround(request, child, "team"),
        form=form,
        members=[(m, known.get(m.worker_ref), teams.get(m.team)) for m in child.circle],
        now=clock.now(),
        awake={(m.worker_ref, m.team) for m in child.circle if m.is_in(clock.now())},
        may_change=decide(actor, Permission.CIRCLE_CHANGE, child.subject()).allowed,
    )


@require_POST
def leave_team(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="team")
    member = request.POST.get("member", "")
    joining.leave_circle(child=child, member=int(member) if member.isdecimal() else 0, by=actor)
    messages.success(request, "They have left the team. That they were in it stays on record.")
    return redirect("desk:team", child.ref)


@require_GET
def records_joined(request: HttpRequest, ref: str) -> HttpResponse:
    """Which agencies' records form this child, and what joins them."""
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="records", with_statements=True)
    settles = may(request, Permission.MATCH_VIEW)
    lines = [people.line_of(row) for row in people.judgements_of(child)]
    return page(
        request,
        "desk/records_joined.jinja",
        title=f"Records of {child.name}",
        **surround(request, child, "records"),
        identities=[(identity, told(identity)) for identity in child.identities],
        answers=[row for row in lines if row.by_human],
        joins=[row for row in lines if not row.by_human],
        open_pairs=[people.line_of(row) for row in people.questions_about(child)] if settles else [],
        settles=settles,
        facts=held_facts(actor, child),
    )


def told(identity: people.Identity) -> list[str]:
    """What a record says of the person, each thing once however often it is repeated."""
    said: dict[str, None] = {}
    for row in identity.said:
        for name in row.facts.get("names", ()):
            words = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
            use = name.get("use", "legal")
            said[words if use == "legal" else f"{words} ({use})"] = None
        birth = row.facts.get("birth") or {}
        if birth.get("from"):
            said[f"born {birth_words(birth)}"] = None
    return [words for words in said if words]
