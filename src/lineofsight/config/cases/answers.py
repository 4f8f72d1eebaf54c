"""What each case was answered by each route, as the rows that are printed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction

from lineofsight.access import alerts, ledger
from lineofsight.catalogue import clock
from lineofsight.config.cases import asking, routes
from lineofsight.config.cases.asking import Answer
from lineofsight.config.cases.reading import Case, CaseFile
from lineofsight.config.cases.world import World, build


def answers(file: CaseFile) -> list[dict[str, Any]]:
    """Every case by every route, in one transaction that is taken back: the store is as empty as before."""
    found: list[dict[str, Any]] = []
    with transaction.atomic(), clock.at(file.now):
        built = build(file)
        for case in file.cases:
            with clock.at(case.at or file.now):
                found += asked_by_all(built, case)
        transaction.set_rollback(True)
    return found


def asked_by_all(built: World, case: Case) -> Iterator[dict[str, Any]]:
    """The case by each route, each taken back, so that no answer depends on an earlier one."""
    fresh = bool(case.context.get("fresh_auth", True))
    for route in ("service", *routes.ROUTES.get(case.action, {})):
        with transaction.atomic():
            looked, told = ledger.newest(), alerts.newest()
            actor = built.actor(case.actor, fresh=fresh)
            if route == "service":
                answer = asking.asked(partial(asking.SERVICE[case.action], built, case, actor))
            else:
                client = routes.client_for(built, case)
                answer = routes.ROUTES[case.action][route](built, case, actor, client)
            # What was refused half-way is written again, as the edge does for a page.
            ledger.rewrite_after_rollback()
            row = told_as(case, route, answer, effects(answer, looked, told))
            transaction.set_rollback(True)
        yield row


def effects(answer: Answer, looked: int, told: int) -> list[str]:
    """What has happened besides, from what was written down since."""
    found = set(answer.more.pop("effects", ()))
    if ledger.newest() > looked:
        found.add("audit")
    for alert in alerts.since(told):
        if alert.to_worker:
            found.add("notify_lead")
        else:
            found.add("alert_guardian")
        if alert.review:
            found.add("review_task")
    return sorted(found)


def told_as(case: Case, route: str, answer: Answer, happened: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": case.id, "route": route, "decision": answer.decision, "view": answer.view, "http": answer.http,
        "hidden": answer.hidden(), "effects": happened, **answer.more,
    }  # fmt: skip
    if leaks := answer.leaks():
        row["leaks"] = leaks
    return row
