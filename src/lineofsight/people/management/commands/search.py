"""`lineofsight search`: find a person."""

from __future__ import annotations

from typing import Any

from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.people import queries
from lineofsight.ui.command import Command as Base
from lineofsight.ui.dates import show_day


class Command(Base):
    help = "Find people by name (as it sounds, or a nickname), birth date, identifier, address or reference."
    example = "lineofsight search 'Sam Rowan 12/3/2009'"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("words", nargs="+", help="what to look for")
        parser.add_argument("--limit", type=int, default=25, help="how many to show (default: 25)")
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> list[queries.Hit]:
        return queries.search(actor_for(options), " ".join(options["words"]), limit=options["limit"])

    def present(self, result: list[queries.Hit]) -> None:
        if not result:
            self.say("Nobody found. Try another spelling, a birth date or an identifier.")
        for hit in result:
            born = show_day(hit.birth_from) if hit.birth_from else "birth date not known"
            known = f", also {', '.join(hit.also_known)}" if hit.also_known else ""
            place = f"; {hit.places[0]}" if hit.places else ""
            self.say(f"{hit.ref}  {hit.name} ({born}){known}{place}  [{', '.join(hit.agencies)}]")
