"""`lineofsight init`: an empty partnership."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from lineofsight.access.actor import Actor, Role
from lineofsight.catalogue.errors import AlreadyThere
from lineofsight.partners import queries, services
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Set up an empty partnership: tables, the standard agencies, one administrator. Safe to run again."
    example = "lineofsight init --admin it@northshore.example --name 'Kim Archer'"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--admin", default="admin@partnership.example", help="the administrator's e-mail address"
        )
        parser.add_argument("--name", default="Administrator", help="the administrator's name")
        parser.add_argument("--agency", default="csc", help="the administrator's agency (default: csc)")
        parser.add_argument(
            "--password", default="", help="a password; without one an invitation is made and printed"
        )

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = Actor.operator()
        call_command("migrate", verbosity=0, interactive=False)
        agencies = services.found_partnership(by=by)
        answer: dict[str, Any] = {"agencies": [agency.code for agency in agencies]}
        try:
            worker, secret = services.add_worker(
                email=options["admin"],
                name=options["name"],
                agency=queries.agency(options["agency"]),
                roles=[Role.SYS_ADMIN],
                password=options["password"],
                by=by,
            )
        except AlreadyThere:
            answer["administrator"] = f"{options['admin']} (there already; the password is unchanged)"
        else:
            given = options["password"]
            how = {"password": secret} if given else {"invitation": f"/invitation/{secret}"}
            answer |= {"administrator": worker.email, **how}
        return answer
