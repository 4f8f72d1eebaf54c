"""`lineofsight match`: compare everyone with everyone; learn, look at and approve the figures for it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from lineofsight.catalogue.errors import Refused
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.people import queries, services, training
from lineofsight.ui.command import Command as Base

COLUMNS = (
    "a_agency", "a_system", "a_local_id", "b_agency", "b_system", "b_local_id", "reason", "probability",
)  # fmt: skip


class Command(Base):
    help = (
        "Compare all source identities with one another: renew name counts, judgements and people. "
        "Or learn the model's figures from the records here, look at their card, approve them."
    )
    example = (
        "lineofsight match --json\n"
        "  lineofsight match --learn\n"
        "  lineofsight match --card card.md\n"
        "  lineofsight match --approve 2026-11-25.1 --name 'Noor Brandreth, information lead'\n"
        "  lineofsight match --questions-csv questions.csv"
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="count what a run would change, and change nothing"
        )
        parser.add_argument(
            "--undo",
            action="store_true",
            help="undo the latest run as a whole, while no file has come in since",
        )
        parser.add_argument(
            "--learn", action="store_true", help="learn figures from the records here, for approval"
        )
        parser.add_argument(
            "--approve", metavar="VERSION", default="", help="use these learnt figures from the next run on"
        )
        parser.add_argument("--retire", metavar="VERSION", default="", help="go back to the shipped figures")
        parser.add_argument("--name", default="", help="who approves or retires: a person's name")
        parser.add_argument(
            "--card",
            metavar="FILE",
            default="",
            help="write the latest learnt model's card (and its picture beside it)",
        )
        parser.add_argument(
            "--questions-csv", metavar="FILE", default="", help="write the pairs put to a person, as they stand"
        )  # fmt: skip
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> Any:
        by = actor_for(options)
        if options["undo"]:
            run = services.undo_run(by=by)
            return {"run": run.ref, "moved_back": run.moved, "undone_by": run.undone_by}
        if options["questions_csv"]:
            return self.write_questions(Path(options["questions_csv"]), by)
        if options["card"]:
            return self.write_card(Path(options["card"]), by)
        if options["learn"]:
            return training.learn_model(by=by)
        if options["approve"]:
            model = training.approve_model(version=options["approve"], name=options["name"], by=by)
            return {"version": model.version, "approved_by": model.approved_by, "next": "lineofsight match"}
        if options["retire"]:
            model = training.retire_model(version=options["retire"], name=options["name"], by=by)
            return {"version": model.version, "retired_by": model.retired_by, "next": "lineofsight match"}
        return services.run_matching(by=by, only_count=options["dry_run"])

    def write_questions(self, path: Path, by: Any) -> dict[str, Any]:
        count = 0
        with _new_file(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for count, row in enumerate(queries.all_questions(by), start=1):  # noqa: B007 - the last is the count
                writer.writerow(row)
        return {"questions": count, "file": str(path)}

    def write_card(self, path: Path, by: Any) -> dict[str, str]:
        page, picture = queries.model_card(by)
        drawn = path.with_suffix(".svg")
        with _new_file(path) as file:
            file.write(f"{page}\n![What each agreement is worth]({drawn.name})\n")
        with _new_file(drawn) as file:
            file.write(picture)
        return {"card": str(path), "picture": str(drawn)}


def _new_file(path: Path) -> Any:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as problem:
        raise Refused(f"{path} cannot be written: {problem.strerror}. Name another file.") from problem
