"""`lineofsight watch`: files laid into a folder are brought in by themselves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import close_old_connections

from lineofsight.partners import queries as partners
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.records import watching
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = (
        "Bring in the files that are laid into a folder: each once it is complete, with its report beside it in "
        "done, refused or waiting. Safe to stop at any moment."
    )
    example = "lineofsight watch /srv/from-police --agency police"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="where the agency’s files arrive")
        parser.add_argument(
            "--agency", required=True, metavar="CODE", help="whose files they are, such as police"
        )
        parser.add_argument(
            "--preview-only",
            action="store_true",
            help="read and show; a person puts each file in on its page",
        )
        parser.add_argument(
            "--settle",
            type=float,
            default=10,
            metavar="SECONDS",
            help="a file unchanged for so long is complete (default: 10)",
        )
        parser.add_argument(
            "--every", type=float, default=15, metavar="SECONDS", help="how often to look (default: 15)"
        )
        parser.add_argument("--once", action="store_true", help="look once and stop")
        parser.add_argument(
            "--lawful-basis", default="", metavar="REF", help="reference of the sharing agreement"
        )
        parser.add_argument("--sender", default="", help="whom to ask about the files")
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        folder = Path(options["folder"])
        watcher = watching.Watcher(
            folder, partners.agency(options["agency"]), actor_for(options), settle=options["settle"],
            commit=not options["preview_only"],
            about={"lawful_basis": options["lawful_basis"], "sender": options["sender"]},
        )  # fmt: skip
        with watching.alone(folder):
            found = watcher.look()
            if options["once"]:
                if options["settle"]:
                    # The first look only learns what is there.
                    time.sleep(options["settle"])
                    found += watcher.look()
                return {"files": found}
            while True:
                for line in found:
                    self.say(words_of(line))
                time.sleep(options["every"])
                close_old_connections()
                found = watcher.look()

    def present(self, result: dict[str, Any]) -> None:
        for line in result["files"]:
            self.say(words_of(line))


def words_of(line: dict[str, Any]) -> str:
    return f"{line['file']}: {line['where']}" + (f". {line['words']}" if line["words"] else "")
