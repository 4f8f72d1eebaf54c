"""`lineofsight keys`: keys for agencies' own systems."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from lineofsight.catalogue.errors import Refused
from lineofsight.partners import queries as partners
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.records import keys
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Make, list and revoke the keys by which agencies’ own systems bring files in. A secret is shown once."
    example = 'lineofsight keys --make "nightly export" --agency csc --days 365'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--make", default="", metavar="NAME", help="make a key; NAME says what it is for")
        parser.add_argument("--agency", default="", metavar="CODE", help="whose key it is")
        parser.add_argument(
            "--days", type=int, default=365, help="for how many days it is good (default: 365)"
        )
        parser.add_argument("--revoke", default="", metavar="REF", help="end a key from this moment")
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = actor_for(options)
        made = ""
        if options["make"]:
            if not options["agency"]:
                raise Refused("Say whose key it is with --agency, such as --agency csc.")
            _, made = keys.make_key(
                agency=partners.agency(options["agency"]), name=options["make"], days=options["days"], by=by
            )
        if options["revoke"]:
            keys.revoke_key(key=keys.get_key(options["revoke"]), by=by)
        return {
            "secret": made,
            "keys": [
                {
                    "ref": key.ref, "agency": key.agency_id, "name": key.name, "from": key.valid_from.isoformat(),
                    "to": key.valid_to.isoformat(), "revoked": bool(key.revoked_at),
                }
                for key in keys.every_key()
            ],
        }  # fmt: skip

    def present(self, result: dict[str, Any]) -> None:
        if result["secret"]:
            self.say(f"{result['secret']}")
            self.say("Give it to the agency by a secure way now: it cannot be shown again.")
        for key in result["keys"]:
            until = "revoked" if key["revoked"] else f"{key['from']} to {key['to']}"
            self.say(f"{key['ref']}  {key['agency']:<10} {key['name']} ({until})")
