"""`lineofsight import`: agency files in, one after the other, each whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandParser

from lineofsight.access.actor import Actor
from lineofsight.catalogue.errors import AlreadyThere, DomainError, Refused
from lineofsight.partners import queries as partners
from lineofsight.partners.commanding import actor_for, add_as, day
from lineofsight.partners.models import Agency
from lineofsight.records import files, queries, services
from lineofsight.records.feeds import read_again
from lineofsight.records.models import Delivery
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Bring agency files in: recognise, map, preview and commit each in one transaction."
    example = "lineofsight import ssd_missing.csv ssd_contacts.csv --agency csc --loaded-to 2026-11-01"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="CSV, XLSX, XLS, ODS, XML, JSON, DOCX or ZIP files"
        )
        parser.add_argument(
            "--agency", required=True, metavar="CODE", help="the agency that sent them, such as csc"
        )
        parser.add_argument(
            "--map", default="", metavar="FILE", help="a column map (YAML) for files of no known format"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        parser.add_argument(
            "--loaded-to", default="", metavar="DAY", help="last day the file covers (default: today)"
        )
        parser.add_argument("--period-from", default="", metavar="DAY", help="first day the file covers")
        parser.add_argument(
            "--lawful-basis", default="", metavar="REF", help="reference of the sharing agreement"
        )
        parser.add_argument("--sender", default="", help="who sent it")
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        by = actor_for(options)
        agency = partners.agency(options["agency"])
        reports = [self.bring_in(Path(name), agency, by, options) for name in options["files"]]
        read_again()
        self.turned_away = [report for report in reports if report["state"] in ("refused", "needs_map")]
        return {"files": reports, "dry_run": options["dry_run"]}

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.turned_away:
            for report in self.turned_away:
                self.stderr.write(f"{report['file']}: {report['refused']}")
            raise SystemExit(1)

    def bring_in(self, path: Path, agency: Agency, by: Actor, options: dict[str, Any]) -> dict[str, Any]:
        """One file from disk to committed; the report says how far it came and why no further."""
        try:
            delivery = services.receive(
                agency=agency,
                file_name=path.name,
                content=content_of(path),
                lawful_basis=options["lawful_basis"],
                sender=options["sender"],
                period_from=day(options["period_from"]),
                loaded_to=day(options["loaded_to"]),
                given_map=map_from(options["map"]),
                by=by,
            )
        except AlreadyThere as there:
            return already_in(agency, path, str(there))
        except DomainError as error:
            return nothing_read(path, agency, str(error))
        try:
            with self.progress(None, f"Reading {path.name}") as bar:
                delivery = services.stage(delivery=delivery, by=by, tick=bar.advance)
        except DomainError as error:
            delivery = services.refuse(delivery=delivery, words=str(error), by=by)
            return queries.report_of(delivery)
        report = queries.report_of(delivery)
        if delivery.state == Delivery.NEEDS_MAP:
            report["refused"] = needs_map_words(delivery)
            return report
        only_refused = [t["refused"] for t in report["tables"] if t["refused"]]
        if only_refused and len(only_refused) == len(report["tables"]):
            services.refuse(delivery=delivery, words=only_refused[0], by=by)
            return report | {"state": "refused", "refused": only_refused[0]}
        if options["dry_run"]:
            services.discard(delivery=delivery, by=by)
            return report | {"state": "previewed"}
        with self.progress(report["rows_read"], f"Putting in {path.name}") as bar:
            delivery = services.commit(delivery=delivery, by=by, tick=bar.advance)
        return report | {"state": delivery.state, "committed": delivery.report["committed"]}

    def present(self, result: dict[str, Any]) -> None:
        for report in result["files"]:
            self.say(f"{report['file']}: {words_of(report)}")
            for table in report["tables"]:
                if table["refused"] and report["state"] != "refused":
                    self.say(f"  {table['name']} was not taken in. {table['refused']}")
            for row in report["kept_aside"][:5]:
                self.say(f"  row {row['row']} kept aside: {' '.join(row['reasons'])}")
            more = report["kept_aside_count"] - len(report["kept_aside"][:5])
            if more > 0:
                self.say(f"  and {more:,} more kept aside; see the file's page, or --json")
            for column, values in report["unmapped"].items():
                shown = ", ".join(f"“{value}” ({count})" for value, count in list(values.items())[:5])
                self.say(f"  values of {column} that no list knows, kept as written: {shown}")


def content_of(path: Path) -> Any:
    if not path.is_file():
        raise Refused(f"{path}: there is no such file.")
    return files.read_chunks(path)


def map_from(name: str) -> dict[str, Any] | None:
    if not name:
        return None
    path = Path(name)
    if not path.is_file():
        raise Refused(f"{path}: there is no such map file.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: this is not readable YAML ({error}).") from error
    if not isinstance(content, dict):
        raise Refused(f"{path}: a column map is a mapping; see docs/how-to/write-a-column-map.md.")
    return content


EMPTY: dict[str, Any] = {
    "ref": "", "sha256": "", "format": "", "rows_read": 0, "new": 0, "changed": 0, "identical": 0, "older": 0,
    "vanished": 0, "repeated": 0, "kept_aside": [], "kept_aside_count": 0, "unmapped": {}, "people": {},
    "refused": "", "tables": [], "committed": {},
}  # fmt: skip


def nothing_read(path: Path, agency: Agency, words: str) -> dict[str, Any]:
    return EMPTY | {"file": path.name, "agency": agency.code, "state": "refused", "refused": words}


def already_in(agency: Agency, path: Path, words: str) -> dict[str, Any]:
    """The report of the file that is in, told as what this delivery of it changes: nothing."""
    there = queries.committed_like(agency, files.hash_of(path))
    report = queries.report_of(there)
    same = report["rows_read"] - report["kept_aside_count"] - report["repeated"]
    for table in report["tables"]:
        table |= {"new": 0, "changed": 0, "vanished": 0, "older": 0,
                  "identical": table["rows"] - table["aside"] - table["repeated"]}  # fmt: skip
    return report | {
        "file": path.name, "state": "already_in", "new": 0, "changed": 0, "vanished": 0, "older": 0,
        "identical": same, "note": words, "people": {}, "committed": {},
    }  # fmt: skip


def needs_map_words(delivery: Delivery) -> str:
    unknown = [t for t in delivery.report["tables"] if t["needs_map"]]
    likely = sorted({choice for t in unknown for choice in t["choices"]})
    words = f"No map fits {' and '.join(t['name'] for t in unknown)}."
    if likely:
        words += f" It may be {' or '.join(likely)}, and a person must say which."
    return words + " Give one with --map, or make one on its page under Files in."


def words_of(report: dict[str, Any]) -> str:
    if report["state"] == "already_in":
        return str(report["note"])
    if report["refused"]:
        return f"not taken in. {report['refused']}"
    counts = [
        f"{report[name]:,} {words}"
        for name, words in (
            ("new", "new"), ("changed", "changed"), ("identical", "identical"), ("older", "older than what stands"),
            ("vanished", "no longer in the file"), ("kept_aside_count", "kept aside"),
        )
        if report[name]
    ]  # fmt: skip
    read = f"{report['format']}, {report['rows_read']:,} rows read" + (
        f": {', '.join(counts)}" if counts else ""
    )
    people = report["people"]
    if people:
        read += f". People: {people['known']:,} known, {people['new']:,} new"
        if people["joined"] or people["asked"]:
            read += (
                f" ({people['joined']:,} joined to someone known, {people['asked']:,} for a person to settle)"
            )
    entries = report["committed"].get("entries")
    return read + (f". {entries:,} entries." if entries is not None else ".")
