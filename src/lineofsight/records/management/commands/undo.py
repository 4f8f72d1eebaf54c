"""`lineofsight undo`: take a file out again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from lineofsight.catalogue.errors import Refused
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.records import queries, services
from lineofsight.records.feeds import read_again
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Take a file out again, as if it had never come. Refused while other work rests on it."
    example = "lineofsight undo F7K3M9QX2W4TZ"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "ref", nargs="?", default="", help="the file's reference (see lineofsight import --json)"
        )
        parser.add_argument("--last", action="store_true", help="the file that was put in last")
        parser.add_argument(
            "--agency", default="", metavar="CODE", help="with --last: the last of this agency"
        )
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = actor_for(options)
        if options["last"] == bool(options["ref"]):
            raise Refused("Give the reference of a file, or --last.")
        if options["last"]:
            delivery = queries.latest_committed(by, options["agency"])
            if delivery is None:
                raise Refused("No file is in.")
        else:
            delivery = queries.get_delivery(by, options["ref"])
        undone = services.undo(delivery=delivery, by=by)
        read_again()
        return {
            "file": undone.file_name,
            "ref": undone.ref,
            "agency": undone.agency_id,
            "state": undone.state,
        }
