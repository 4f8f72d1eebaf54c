"""`lineofsight code EMAIL`: the code that an invented worker's app would show now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from lineofsight.demo import codes
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Show the code with which an invented worker of the demo signs in. Works in a demo alone."
    example = "lineofsight code amina.oduya@csc.example"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="the worker’s e-mail address")

    def work(self, *args: Any, **options: Any) -> dict[str, str]:
        return {"code": codes.code_for(options["email"])}

    def present(self, result: dict[str, str]) -> None:
        self.say(result["code"])
