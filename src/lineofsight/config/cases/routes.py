"""Asks a case through the pages, with a real session, in the rights of the web role."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.test import Client
from django.urls import reverse

from lineofsight.access.actor import Actor
from lineofsight.chronology import queries as entries
from lineofsight.config.cases import asking
from lineofsight.config.cases.asking import ALLOW, CHALLENGE, Answer, denied
from lineofsight.config.cases.reading import Case
from lineofsight.config.cases.world import World
from lineofsight.people import queries as people

ENTRY = re.compile(r"\bE[0-9A-Z]{12}\b")


def client_for(world: World, case: Case) -> Client:
    worker = world.workers[case.actor]
    client = Client()
    client.force_login(worker)
    if not case.context.get("fresh_auth", True):
        worker.sign_ins.update(proved_at=None)
    return client


def answered(response: Any) -> Answer:
    """What a page says: a step that is missing carries a header; being led to sign in, to enrol or to prove who
    one is is a refusal, or a step."""
    body = response.content.decode(errors="replace") if not response.streaming else ""
    if response.headers.get("Line-Of-Sight-Step"):
        return Answer(CHALLENGE, http=403, body=body)
    if response.status_code == 302:
        where = response.headers["Location"]
        if "/sign-in" in where or "/account/" in where:
            return denied(403)
        return Answer(ALLOW, "full", 200, body)
    if response.status_code == 200:
        return Answer(ALLOW, "full", 200, body)
    return Answer(asking.DENY, http=response.status_code, body=body)


def person_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    ref = world.refs.get(case.target[0], "P000000000000")
    answer = answered(client.get(reverse("desk:child", args=[ref])))
    if answer.decision == ALLOW:
        answer.secrets = asking.secrets_of_person(world, case.target[0], actor)
    return answer


def record_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    answer = answered(
        client.get(reverse("desk:own_entry", args=[world.entries.get(case.target[0], "E000000000000")]))
    )
    if answer.decision != ALLOW:
        return answer
    if "data-pointer" in answer.body:
        answer.view = "pointer"
        return answer
    guarded = entries.get_own_entry(actor, world.entries[case.target[0]])
    answer.secrets = asking.secrets_of_record(world, case.target[0], actor, guarded)
    return answer


def record_in_list(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    """Where the record stands in the chronologies of those it is about, and in what the actor wrote."""
    about = world.row("records", case.target[0])["about"]
    ref = world.entries[case.target[0]]
    worst = denied(404)
    for person in about:
        answer = answered(client.get(reverse("desk:chronology", args=[world.refs[person]])))
        if answer.http == 403:
            return answer
        if answer.decision != ALLOW:
            continue
        full, pointed = listed(answer.body)
        if ref in full:
            guarded = entries.get_own_entry(actor, ref)
            answer.secrets = asking.secrets_of_record(world, case.target[0], actor, guarded)
            return answer
        if ref in pointed:
            answer.view = "pointer"
            worst = answer
    if worst.decision == ALLOW:
        return worst
    own = answered(client.get(reverse("desk:own_entries")))
    return own if own.decision == ALLOW and ref in ENTRY.findall(own.body) else worst


def listed(body: str) -> tuple[set[str], set[str]]:
    """References of rows and of pointers on a chronology page."""
    held = re.search(r"<section[^>]*data-withheld.*?</section>", body, re.S)
    pointed = set(ENTRY.findall(held[0])) if held else set()
    return set(ENTRY.findall(body.replace(held[0], "") if held else body)), pointed


def chronology_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    answer = answered(
        client.get(reverse("desk:chronology", args=[world.refs.get(case.target[0], "P000000000000")]))
    )
    if answer.decision == ALLOW:
        full, pointed = listed(answer.body)
        known = set(world.entries.values())
        answer.more = {
            "full": sorted(world.id_of_entry(ref) for ref in full & known),
            "pointers": sorted(world.id_of_entry(ref) for ref in pointed & known),
        }
    return answer


def text_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    answer = answered(client.get(reverse("desk:search"), {"q": str(case.context.get("text", ""))}))
    if answer.decision == ALLOW:
        known = set(world.entries.values())
        answer.view = "none"
        answer.more = {
            "hits": sorted(world.id_of_entry(ref) for ref in set(ENTRY.findall(answer.body)) & known)
        }
    return answer


def index_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    given = asking.identifiers(case)
    purpose = str(case.context.get("purpose") or "")
    why = {"why": purpose} if purpose in KNOWN_PURPOSES or not purpose else {"why": "other", "other": purpose}
    response = client.post(reverse("desk:look_up"), {**given, **why})
    answer = answered(response)
    if answer.http == 200 and not purpose:
        return Answer(CHALLENGE, http=403, body=answer.body)
    if answer.decision != ALLOW or response.status_code == 302:
        return answer
    shown = re.search(r'data-pointer="([^"]*)"', answer.body)
    if shown is None:
        answer.view, answer.more = "none", {"shown": []}
        return answer
    answer.view, answer.more = "pointer", {"shown": shown[1].split()}
    found = asking.search_index_case(world, case, actor)
    answer.secrets = {
        name: [v for v in values if v not in given.values()] for name, values in found.secrets.items()
    }
    return answer


def known_purposes() -> frozenset[str]:
    from lineofsight.catalogue import book

    return frozenset(row["code"] for row in book.rows("purposes.yaml", "purposes")) - {"other"}


KNOWN_PURPOSES = known_purposes()


def claim_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    ref = world.refs.get(case.target[0], "P000000000000")
    given = {"purpose": case.context.get("purpose") or "", "referral": case.context.get("referral") or ""}
    return led_in(client, client.post(reverse("desk:claim", args=[ref]), given), actor, world, case)


def glass_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    ref = world.refs.get(case.target[0], "P000000000000")
    given = {"reason": case.context.get("reason") or ""}
    return led_in(client, client.post(reverse("desk:emergency", args=[ref]), given), actor, world, case)


def led_in(client: Client, response: Any, actor: Actor, world: World, case: Case) -> Answer:
    """A form that lets someone in leads on to the child; one that comes back asks for something more."""
    answer = answered(response)
    if response.status_code == 200:
        return Answer(CHALLENGE, http=403, body=answer.body)
    if answer.decision == ALLOW:
        child = people.assemble(people.person_of(world.refs[case.target[0]]))
        answer.more = {"lasts_minutes": people.minutes_open(child, actor)}
    return answer


def export_page(world: World, case: Case, actor: Actor, client: Client) -> Answer:
    ref = world.refs.get(case.target[0], "P000000000000")
    given = {"format": "json", "made_for": case.context.get("purpose") or ""}
    response = client.post(reverse("desk:document", args=[ref]), given)
    answer = answered(response)
    if answer.decision == ALLOW and "attachment" not in response.headers.get("Content-Disposition", ""):
        return Answer(CHALLENGE, http=403, body=answer.body)
    if answer.decision == ALLOW:
        known = set(world.entries.values())
        answer.more = {
            "included": sorted(world.id_of_entry(r) for r in set(ENTRY.findall(answer.body)) & known)
        }
    return answer


Route = Callable[[World, Case, Actor, Client], Answer]

#: Action -> the further routes that reach its object, by name.
ROUTES: Mapping[str, Mapping[str, Route]] = {
    "view_person": {"page": person_page},
    "view_record": {"page": record_page, "list": record_in_list},
    "list_records": {"page": chronology_page, "list": chronology_page},
    "search_text": {"search": text_page},
    "search_index": {"page": index_page, "search": index_page},
    "self_claim": {"page": claim_page},
    "break_glass": {"page": glass_page},
    "export": {"export": export_page},
}
