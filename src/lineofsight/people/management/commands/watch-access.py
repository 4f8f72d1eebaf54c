"""`lineofsight watch-access`: the signals that take days to show. Run it every night."""

from __future__ import annotations

from typing import Any

from lineofsight.access import alerts
from lineofsight.access.actor import Actor
from lineofsight.people import watching
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = (
        "Look over how access was used, draw last month's sample, and tell of birthdays and agreements that come. "
        "Run it every night; a second run tells nobody twice."
    )
    example = "lineofsight watch-access"

    def work(self, *args: Any, **options: Any) -> dict[str, int]:
        return watching.watch(by=Actor.operator())

    def present(self, result: dict[str, int]) -> None:
        for kind, number in result.items():
            self.say(f"{number:4}  {alerts.kinds()[kind].label}")
