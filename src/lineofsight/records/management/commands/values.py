"""`lineofsight values`: what spellings mean, which wait for an answer, and answers out and in."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from lineofsight.access.actor import Actor
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import queries as partners
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.records import maps, questions, settling, sharing, spelling_lists
from lineofsight.ui.command import Command as Base
from lineofsight.ui.dates import plural

COLUMNS = ("field", "spelling", "does", "code", "words", "why", "suggestions")


class Command(Base):
    help = (
        "Tell what the importer does with each spelling of a list (a CSV with columns field and spelling), list the"
        " spellings that wait for an answer, or take answers out and in as YAML."
    )
    example = "lineofsight values spellings.csv --csv"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="", metavar="FILE",
            help="a CSV with columns field and spelling (without it: the spellings that wait for an answer)",
        )  # fmt: skip
        parser.add_argument("--csv", action="store_true", help="print a line for each spelling, as CSV")
        parser.add_argument(
            "--format", default="", metavar="NAME", help="the format whose fields are meant, such as annex_a"
        )
        parser.add_argument(
            "--agency", default="", metavar="CODE", help="with this agency’s answers, or only this agency’s"
        )
        parser.add_argument("--export", action="store_true", help="print the answers that stand as YAML")
        parser.add_argument(
            "--import", dest="answers", default="", metavar="FILE", help="settle the answers of a YAML file"
        )
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> Any:
        self.mode, by = "list", actor_for(options)
        asked = [bool(options["file"]), options["export"], bool(options["answers"])]
        if sum(asked) > 1:
            raise Refused("Give a list, or --export, or --import, one at a time.")
        self.as_csv = options["csv"]
        if options["agency"]:
            partners.agency(options["agency"])
        if options["file"]:
            self.mode = "answers"
            return self.read(Path(options["file"]), options["format"], options["agency"])
        if options["export"]:
            self.mode = "export"
            return self.export(by, options["agency"])
        if options["answers"]:
            self.mode = "import"
            return self.settle(Path(options["answers"]), by)
        return self.waiting(by, options["agency"])

    def read(self, path: Path, format_: str, agency: str) -> list[dict[str, Any]]:
        """What the importer does with each line of the list."""
        lines = spelling_lists.read(text_of(path), path.name)
        decided = maps.decisions_for(agency) if agency else {}
        return [told(spelling_lists.answer(line, format_, decided)) for line in lines]

    def waiting(self, by: Actor, agency: str) -> list[dict[str, Any]]:
        agencies = [agency] if agency else list(questions.count_waiting(by))
        return [
            {"agency": each, "field": one.field.key, "spelling": spelling, "times": times}
            for each in agencies
            for one in questions.waiting_values(by, each)
            for spelling, times in sorted(one.spellings.items(), key=lambda row: (-row[1], row[0]))
        ]

    def export(self, by: Actor, agency: str) -> dict[str, Any]:
        answers: dict[str, list[settling.Answer]] = {}
        for one in questions.settled_values(by, agency or None):
            if one.undone_at is None:
                answers.setdefault(one.agency, []).append(settling.Answer(one.field, one.spelling, one.code))
        self.text = sharing.to_yaml(answers)
        return {
            agency or "all": {one.field: {one.spelling: one.code} for one in given}
            for agency, given in answers.items()
        }

    def settle(self, path: Path, by: Actor) -> dict[str, Any]:
        """Settle what is not settled yet; the whole file or nothing of it."""
        answers = sharing.from_yaml(text_of(path), path.name)
        for agency in filter(None, answers):
            partners.agency(agency)
        made = settling.settle_shared(answers=answers, by=by)
        given = sum(map(len, answers.values()))
        return {"answers": given, "settled": len(made), "settled_already": given - len(made)}

    def present(self, result: Any) -> None:
        if self.mode == "export":
            self.say(self.text.rstrip())
        elif self.mode == "import":
            super().present(result)
        elif self.as_csv:
            self.say(as_csv(result).rstrip("\n"))
        elif self.mode == "answers":
            self.present_answers(result)
        else:
            for row in result:
                self.say(
                    f"{row['agency']}  {row['field']}: “{row['spelling']}” ({plural(row['times'], 'time')})"
                )
            self.say(
                f"{plural(len(result), 'spelling')} {'waits' if len(result) == 1 else 'wait'} for an answer."
            )

    def present_answers(self, result: list[dict[str, Any]]) -> None:
        for row in result:
            if row["does"] == "mapped":
                self.say(f"{row['field']}: “{row['spelling']}” is {row['words']} ({row['why']})")
            else:
                likely = ", ".join(one["words"] for one in row["suggestions"])
                self.say(
                    f"{row['field']}: “{row['spelling']}” is {row['does']}: {row['why']}"
                    + (f". Likely: {likely}" if likely else "")
                )
        counted = Counter(row["does"] for row in result)
        self.say(
            ", ".join(f"{count:,} {does}" for does, count in counted.most_common()) or "The list is empty."
        )


def told(answer: spelling_lists.Answer) -> dict[str, Any]:
    row = {name: getattr(answer, name) for name in COLUMNS[:-1]}
    return row | {
        "suggestions": [{"code": s.code, "words": s.words, "why": s.why} for s in answer.suggestions]
    }


def as_csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO(newline="")
    names = list(rows[0]) if rows else list(COLUMNS)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = {**row, "suggestions": "; ".join(one["code"] for one in row.get("suggestions", ()))}
        writer.writerow([cells[name] for name in names])
    return out.getvalue()


def text_of(path: Path) -> str:
    if not path.is_file():
        raise Refused(f"{path}: there is no such file.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="cp1252", errors="replace")
