"""`lineofsight chronology`: a child's chronology as a document."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from lineofsight.catalogue.errors import Refused
from lineofsight.chronology import documents
from lineofsight.chronology.knowing import Known
from lineofsight.desk import packs
from lineofsight.partners import queries as partners
from lineofsight.partners.commanding import actor_for, add_as, day
from lineofsight.people import queries as people
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Write a child's merged chronology as a document."
    example = "lineofsight chronology P7K3M9QX2W4TZ --from 2025-01-01 --format docx --output sam.docx"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ref", help="the child's reference (see lineofsight search)")
        parser.add_argument("--from", dest="since", default="", metavar="DAY", help="first day")
        parser.add_argument("--until", default="", metavar="DAY", help="last day")
        parser.add_argument(
            "--as-known", default="", metavar="DAY", help="as it was known at the end of this day"
        )
        parser.add_argument(
            "--to", default="", metavar="AGENCY",
            help="with --as-known: known to this agency; else the same as --until",
        )  # fmt: skip
        parser.add_argument(
            "--agency", action="append", default=[], metavar="CODE", help="only this agency; may be repeated"
        )
        parser.add_argument("--anonymise", action="store_true", help="take out names, places and exact dates")
        parser.add_argument(
            "--format", choices=documents.FORMATS, default="", help="default: from --output, else json"
        )
        parser.add_argument(
            "--output", default="", metavar="FILE", help="write here; default: standard output"
        )
        parser.add_argument(
            "--for", dest="made_for", default="", metavar="WORDS", help="what the document is for"
        )
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = actor_for(options)
        output = Path(options["output"]) if options["output"] else None
        kind = options["format"] or (output.suffix.lstrip(".").lower() if output else "json")
        if kind not in documents.FORMATS:
            raise Refused(f"Give --format: one of {', '.join(documents.FORMATS)}.")
        for code in options["agency"]:
            partners.agency(code)
        then, to = day(options["as_known"]), options["to"]
        if then and to:
            partners.agency(to)
        child = people.get_child(by, options["ref"], purpose="document", with_statements=True)
        document = packs.gather(
            by, child, since=day(options["since"]), until=day(options["until"] or ("" if then else to)),
            known=Known.on(then, to) if then else None, agencies=options["agency"],
            made_for=options["made_for"], anonymise=options["anonymise"], format=kind,
        )  # fmt: skip
        content = documents.write(document, kind)
        if output:
            output.write_bytes(content)
        elif not self._as_json:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        self.written = output
        answer: dict[str, Any] = {
            "ref": child.ref, "format": kind, "entries": len(document.lines),
            "hash": documents.content_hash(document), "output": str(output) if output else "",
        }  # fmt: skip
        if self._as_json and not output:
            import json

            answer["chronology"] = json.loads(documents.write(document, "json"))
        return answer

    def present(self, result: dict[str, Any]) -> None:
        if result["output"]:
            self.say(f"{result['entries']:,} entries in {result['output']}. Contents hash {result['hash']}.")
