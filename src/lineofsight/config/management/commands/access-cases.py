from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connection, transaction

from lineofsight.access import alerts, ledger
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import Refused
from lineofsight.config import statics
from lineofsight.config.cases import asking, reading, routes, world
from lineofsight.config.cases.asking import Answer
from lineofsight.config.cases.reading import Case
from lineofsight.partners import queries as partners
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Ask the access cases of a file by every route, in an empty scratch database that is left empty"
    example = "LINEOFSIGHT_DATA=./scratch lineofsight access-cases cases.yaml --json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file of the shape access-cases/1")

    def work(self, *args: Any, **options: Any) -> list[dict[str, Any]]:
        file = reading.read(options["file"])
        logging.getLogger("django.request").setLevel(logging.CRITICAL)
        call_command("migrate", verbosity=0, interactive=False)
        statics.gather()
        if partners.workers_exist() or has_people():
            raise Refused(
                "This store holds something, so no case file is loaded into it. Name an empty folder, such as "
                "LINEOFSIGHT_DATA=./scratch lineofsight access-cases FILE --json."
            )
        found: list[dict[str, Any]] = []
        # Nothing of it stays: the store is as empty afterwards as before.
        with transaction.atomic(), clock.at(file.now):
            built = world.build(file)
            for case in file.cases:
                with clock.at(case.at or file.now):
                    found += list(asked_by_all(built, case))
            transaction.set_rollback(True)
        return found

    def handle(self, *args: Any, **options: Any) -> None:
        """With --json one object a line: each case is a result of its own."""
        self.as_lines = bool(options.pop("json", False))
        super().handle(*args, json=False, **options)

    def present(self, result: list[dict[str, Any]]) -> None:
        for row in result:
            if self.as_lines:
                self.say(json.dumps(row, ensure_ascii=False))
            else:
                self.say(
                    f"{row['id']:<8} {row['route']:<8} {row['decision']:<10} {row['view']:<8} {row['http']}"
                )


def has_people() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM people_sourceidentity)")
        return bool(cursor.fetchone()[0])


def asked_by_all(built: world.World, case: Case) -> Iterator[dict[str, Any]]:
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
