from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connection

from lineofsight.catalogue.errors import Refused
from lineofsight.config import statics
from lineofsight.config.cases import reading
from lineofsight.config.cases.answers import answers
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
        return answers(file)

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
