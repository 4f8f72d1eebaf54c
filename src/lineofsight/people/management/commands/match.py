"""`lineofsight match`: compare everyone with everyone."""

from __future__ import annotations

from typing import Any

from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.people import services
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Compare all source identities with one another: renew name counts, judgements and people."
    example = "lineofsight match --json"

    def add_arguments(self, parser: Any) -> None:
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> services.MatchRun:
        return services.run_matching(by=actor_for(options))
