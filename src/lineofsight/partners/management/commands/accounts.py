"""`lineofsight accounts`: what a schedule, or the operator of the machine, does with accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from lineofsight.access.actor import Actor
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import granting, queries, reviewing, services
from lineofsight.ui.command import Command as Base

DEEDS = ("review", "approve", "invite", "suspend", "restore", "end-sessions")


class Command(Base):
    help = (
        "Look after accounts. review: end leavers, suspend what was not used, lapse unconfirmed roles; run it daily. "
        "approve: let a role that waits count, as for an agency’s first guardian. invite: a new link for one person."
    )
    example = "lineofsight accounts review"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deed", choices=DEEDS, metavar="DEED", help=", ".join(DEEDS))
        parser.add_argument(
            "email", nargs="?", default="", metavar="EMAIL", help="whose account (not for review)"
        )
        parser.add_argument("--why", default="by the operator", help="the reason, for suspend")

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = Actor.operator()
        if options["deed"] == "review":
            return reviewing.review(by=by)
        worker = queries.any_worker_by_email(options["email"])
        match options["deed"]:
            case "approve":
                waiting = [row for row in queries.waiting_roles(by) if row.worker_id == worker.pk]
                if not waiting:
                    raise Refused(f"No role of {worker.name} waits to be approved.")
                return {"approved": [granting.approve_role(asked=row, by=by).role for row in waiting]}
            case "invite":
                return {"path": f"/invitation/{services.invite(worker=worker, by=by)}"}
            case "suspend":
                services.suspend(worker=worker, why=options["why"], by=by)
            case "restore":
                services.restore(worker=worker, by=by)
            case "end-sessions":
                services.end_sessions(worker=worker, by=by)
        return {"done": options["deed"], "worker": worker.ref}

    def present(self, result: dict[str, Any]) -> None:
        if "to_confirm" in result:
            for name, words in (("ended", "leavers ended"), ("suspended", "unused accounts suspended"),
                                ("lapsed", "roles lapsed")):  # fmt: skip
                self.say(f"{len(result[name])} {words}")
            for code, number in result["to_confirm"].items():
                self.say(f"{code}: {number} roles wait for their guardian to confirm them")
        elif "path" in result:
            self.say(f"Hand this over, with the address of the service before it: {result['path']}")
        else:
            self.say("Done.")
