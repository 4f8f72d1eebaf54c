"""`lineofsight identities`: who is who, for measuring against a truth."""

from __future__ import annotations

import csv
import io
from typing import Any

from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.people import queries
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "List every source identity with the person it belongs to: agency, system, local id, person ref."
    example = "lineofsight identities --csv > identities.csv"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--csv", action="store_true", help="print CSV (the default)")
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> list[dict[str, str]]:
        return [
            {"agency": agency, "system": system, "local_id": local_id, "person_ref": ref}
            for agency, system, local_id, ref in queries.all_identities(actor_for(options))
        ]

    def present(self, result: list[dict[str, str]]) -> None:
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["agency", "system", "local_id", "person_ref"])
        writer.writerows(row.values() for row in result)
        self.stdout.write(lines.getvalue(), ending="")
