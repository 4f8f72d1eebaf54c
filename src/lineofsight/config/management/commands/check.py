"""`lineofsight check`: do the settings, the catalogue and the store fit together?

Stands in for Django's command of the same name and asks Django's own checks too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from lineofsight.catalogue import agreement, book, corroboration, formats, kinds, sign_in
from lineofsight.catalogue import matching as model
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.config import consistency, production
from lineofsight.ui.command import Command as Base

#: Each part of the catalogue, read as the product reads it.
PARTS: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("agencies", book.agencies),
    ("roles", book.roles),
    ("kinds", lambda: [kinds.alike(code) for code in kinds.kinds()]),
    ("formats", formats.formats),
    ("corroboration", lambda: (corroboration.rules(), corroboration.precision())),
    ("agreement", agreement.agreement),
    ("model", model.shipped),
    ("names", model.shipped_names),
    ("sign-in", sign_in.numbers),
)


class Command(Base):
    help = "Check that the settings, the catalogue and the store fit together. Changes nothing."
    example = "lineofsight check --json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--files", type=int, default=consistency.SAMPLE, metavar="NUMBER",
            help=f"received files to read again in full, the latest first (default: {consistency.SAMPLE})",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        self.wrong = False
        super().handle(*args, **options)
        if self.wrong:
            raise SystemExit(1)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        told = settings_words()
        unread = catalogue_words()
        behind = tables_words()
        unsafe = production.unsafe() if settings.PRODUCTION else []
        found = [] if behind else consistency.findings(sample=options["files"])
        self.wrong = bool(unread or behind or found or unsafe or any(row["stops"] for row in told))
        return {
            "ok": not self.wrong,
            "settings": told,
            "unsafe": unsafe,
            "catalogue": unread,
            "tables": behind,
            "store": [
                {"name": f.name, "words": f.sentence(), "count": f.count, "examples": f.examples}
                for f in found
            ],
            "questions": 0 if behind else consistency.HOW_MANY,
        }

    def present(self, result: dict[str, Any]) -> None:
        for row in result["settings"]:
            self.say(f"Settings: {row['words']}")
        for words in result["unsafe"]:
            self.say(f"Unsafe: {words}")
        for words in result["catalogue"]:
            self.say(f"Catalogue: {words}")
        for words in result["tables"]:
            self.say(f"Tables: {words}")
        for row in result["store"]:
            self.say(f"Store: {row['words']}")
        if result["ok"]:
            asked = result["questions"]
            self.say(f"All is well: the catalogue reads, and {asked} questions of the store found nothing.")
        else:
            self.say("Something does not fit together. Keep this text for the people who run the service.")


def settings_words() -> list[dict[str, Any]]:
    """What Django and its applications say of the settings. Warnings are told and stop nothing."""
    said = checks.run_checks(databases=["default"], include_deployment_checks=settings.PRODUCTION)
    return [
        {
            "id": message.id or "",
            "words": " ".join(filter(None, (message.msg, message.hint))),
            "stops": message.is_serious(checks.ERROR),
        }
        for message in said
        if not message.is_silenced()
    ]


def catalogue_words() -> list[str]:
    found = []
    for _, read in PARTS:
        try:
            read()
        except CatalogueError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def tables_words() -> list[str]:
    executor = MigrationExecutor(connections["default"])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return []
    return ["The database does not have this version's tables yet. Run: lineofsight migrate"]
