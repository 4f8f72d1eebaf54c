"""`lineofsight ledger`: seal, verify, prove and ask the ledger of deeds and looks."""

from __future__ import annotations

import csv
import os
import sys
import threading
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from lineofsight.access import heads, looks, proving, sealing, verifying
from lineofsight.access.actor import Subject
from lineofsight.access.deeds import looked
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.partners.commanding import actor_for, add_as, day
from lineofsight.people.queries import references_of
from lineofsight.ui.command import Command as Base
from lineofsight.ui.dates import plural

COLUMNS = (
    "row", "at", "actor", "name", "agency", "roles", "action", "outcome", "kind", "ref", "rule", "path",
    "people", "records", "owners", "purpose", "request", "address",
)  # fmt: skip
#: A spreadsheet takes what begins with one of these for a formula.
FORMULA = tuple("=+-@\t\r＝＋－＠")


class Command(Base):
    help = "Seal, verify, prove and ask the ledger of deeds and looks."
    example = "lineofsight ledger verify --head /media/elsewhere/heads.jsonl"
    parts_without_database = ("check-proof", "check-rows")

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", metavar="PART", required=True)

        def part(name: str, words: str) -> ArgumentParser:
            one: ArgumentParser = parts.add_parser(name, help=short(words), description=words)
            one.add_argument(
                "--json", action="store_true", default=SUPPRESS,
                help="print the result as JSON and nothing else",
            )  # fmt: skip
            return one

        one = part(
            "verify", "Read every row again and compare it with the tree and with heads kept elsewhere."
        )
        add_heads(one)
        one = part("seal", "Seal what waits, sign a head and copy it out. `serve` does this by itself.")
        one.add_argument("--watch", action="store_true", help="go on until stopped")
        one.add_argument("--beside", type=int, default=0, help=SUPPRESS)
        one = part("head", "Show the newest signed head and the key to check it by. Keep them elsewhere.")
        one = part("export", "Copy the signed heads to a folder, and the rows to a file.")
        one.add_argument("--to", type=Path, metavar="FOLDER", help="instead of LINEOFSIGHT_LEDGER_HEADS")
        one.add_argument("--rows", type=Path, metavar="FILE", help="every sealed row, one a line")
        one = part("prove", "Prove that a row stands under a head, or that one head grew out of another.")
        one.add_argument("--row", type=int, help="the number of the row")
        one.add_argument(
            "--under", default="", metavar="HEAD", help="with --row: the head (default: the newest)"
        )
        one.add_argument(
            "--between", nargs=2, metavar="HEAD", help="two heads, each by its size or as a file"
        )
        one = part("check-proof", "Check a proof. Needs no database.")
        one.add_argument("file", type=Path, help="what `ledger prove --json` printed")
        add_keys(one)
        one = part("check-rows", "Check a file of rows against heads. Needs no database.")
        one.add_argument("file", type=Path, help="what `ledger export --rows` wrote")
        add_heads(one)
        one = part(
            "who-saw", "Everyone who saw or received a person's data in a period: for a breach report."
        )
        one.add_argument("ref", help="any reference of the person")
        one.add_argument("--since", default="", metavar="DAY", help="first day (default: 90 days ago)")
        one.add_argument("--until", default="", metavar="DAY", help="last day (default: today)")
        one.add_argument("--csv", type=Path, metavar="FILE", help="every row, for a spreadsheet; - prints it")
        add_as(one)

    def handle(self, *args: Any, **options: Any) -> None:
        self.wrong = False
        super().handle(*args, **options)
        if self.wrong:
            raise SystemExit(1)

    def work(self, *args: Any, **options: Any) -> Any:
        part: Callable[[dict[str, Any]], Any] = getattr(self, options["part"].replace("-", "_"))
        return part(options)

    # -- whole or not ----------------------------------------------------------------------------------

    def verify(self, options: dict[str, Any]) -> dict[str, Any]:
        given, where = heads_from(options["head"])
        with self.progress(None, "Rows read") as bar:
            verdict = verifying.verify(
                given, heads.known_keys(options["key"]), told=lambda done, _: bar.advance(done - bar.done)
            )
        self.wrong = not verdict.whole
        return {
            "whole": verdict.whole, "sealed": verdict.sealed, "waiting": verdict.waiting,
            "covered": verdict.covered, "covered_at": verdict.covered_at, "heads_kept_elsewhere": len(given),
            "heads_from": where, "root": verdict.root, "broken": verdict.broken,
        }  # fmt: skip

    def seal(self, options: dict[str, Any]) -> dict[str, Any] | None:
        if options["watch"]:
            for _ in sealing.watch(threading.Event()):
                if options["beside"] and os.getppid() != options["beside"]:
                    break
            return None
        sealed = sealing.seal()
        head = sealing.sign_head()
        copied = heads.copy_out()
        return {
            "sealed": sealed, "size": head.size if head else None, "heads_copied": copied,
            "to": heads.folder(),
        }  # fmt: skip

    def head(self, options: dict[str, Any]) -> dict[str, Any]:
        newest = the_head("")
        key = heads.known_keys().get(newest.key)
        return newest.as_dict() | {"public_key": heads.pem(key) if key else ""}

    def export(self, options: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "heads_copied": heads.copy_out(options["to"]), "to": options["to"] or heads.folder(),
        }  # fmt: skip
        if options["rows"]:
            answer["rows"] = write_rows(options["rows"], proving.export_rows())
        return answer

    # -- proofs ----------------------------------------------------------------------------------------

    def prove(self, options: dict[str, Any]) -> dict[str, Any]:
        if (options["row"] is None) == (options["between"] is None):
            raise Refused("Give --row with the number of a row, or --between with two heads.")
        if options["between"]:
            return proving.prove_beginning(*(the_head(name) for name in options["between"]))
        return proving.prove_row(options["row"], the_head(options["under"]))

    def check_proof(self, options: dict[str, Any]) -> dict[str, Any]:
        proof = proving.read(read(options["file"]))
        wrong = proving.check(proof, heads.known_keys(options["key"]))
        self.wrong = bool(wrong)
        return {"holds": not wrong, "proof": proof["proof"], "wrong": wrong}

    def check_rows(self, options: dict[str, Any]) -> dict[str, Any]:
        given, where = heads_from(options["head"])
        if not given:
            raise Refused("Without a head a file of rows proves nothing. Give one with --head.")
        with options["file"].open("rb") as lines:
            count, wrong = proving.check_rows(lines, given, heads.known_keys(options["key"]))
        self.wrong = bool(wrong)
        return {"whole": not wrong, "rows": count, "heads": len(given), "heads_from": where, "wrong": wrong}

    # -- questions -------------------------------------------------------------------------------------

    def who_saw(self, options: dict[str, Any]) -> dict[str, Any]:
        by = actor_for(options)
        since, until = period(day(options["since"]), day(options["until"]))
        refs = references_of(options["ref"])
        looked(by, Permission.LEDGER_VIEW, Subject("ledger", refs[0]), records=refs, purpose="who saw")
        found = list(looks.who_saw(refs, since=since, until=until))
        if options["csv"]:
            write_csv(options["csv"], found)
        return {
            "person": options["ref"], "references": refs, "since": since, "until": until, "rows": len(found),
            "workers": [
                {"name": name, "agency": agency, "reference": actor, "times": times, "first": first,
                 "last": last, "did": did, "purposes": purposes}
                for actor, (name, agency, times, first, last, did, purposes) in by_worker(found).items()
            ],
        }  # fmt: skip

    def present(self, result: Any) -> None:
        if result is None:
            return
        if "whole" in result and "covered" in result:
            self.present_verdict(result)
        elif "workers" in result:
            self.present_workers(result)
        else:
            super().present(result)

    def present_verdict(self, told: dict[str, Any]) -> None:
        if told["broken"]:
            self.say(f"The ledger is broken. {told['broken'].words}")
        else:
            self.say(
                f"The ledger is whole: {plural(told['sealed'], 'sealed row')}, {told['waiting']:,} waiting."
            )
        if not told["heads_kept_elsewhere"]:
            self.say(
                "No head from elsewhere was given, so whoever rules this database could have made it anew."
            )
        elif not told["broken"]:
            self.say(
                f"It agrees with {plural(told['heads_kept_elsewhere'], 'head')} from {told['heads_from']};"
                f" the last covers {plural(told['covered'], 'row')} and is of {told['covered_at']:%Y-%m-%d %H:%M} UTC."
            )

    def present_workers(self, told: dict[str, Any]) -> None:
        for row in told["workers"]:
            self.say(
                f"{row['name']} ({row['agency'] or 'no agency'}): {row['times']:,} times,"
                f" {row['first']:%Y-%m-%d %H:%M} to {row['last']:%Y-%m-%d %H:%M} UTC, {', '.join(row['did'])}"
            )
        self.say(f"{plural(len(told['workers']), 'worker')}, {plural(told['rows'], 'row')} of the ledger.")


def short(words: str) -> str:
    """The first sentence, as the list of parts shows it."""
    first = words.split(". ")[0].rstrip(".")
    return first[:1].lower() + first[1:]


def add_heads(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--head", type=Path, metavar="FILE",
        help="signed heads kept elsewhere (default: those in LINEOFSIGHT_LEDGER_HEADS)",
    )  # fmt: skip
    add_keys(parser)


def add_keys(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--key", type=Path, metavar="FILE", action="append", default=[],
        help="the public key, kept elsewhere; may be given several times (default: those beside the heads)",
    )  # fmt: skip


def heads_from(given: Path | None) -> tuple[list[heads.Head], str]:
    """The heads to compare with, and where they are from."""
    path = given or heads.folder() / heads.COPIES
    if given is None and not path.exists():
        return [], ""
    return heads.read_copies(path), str(path)


def the_head(name: str) -> heads.Head:
    """By its size, or from a file, where the last one counts; the newest when not named."""
    if not name:
        newest = heads.newest()
        if newest is None:
            raise Refused("There is no signed head yet. Run: lineofsight ledger seal")
        return newest
    found = (
        [head for head in heads.stored() if head.size == int(name)]
        if name.isdecimal()
        else heads.read_copies(Path(name))
    )
    if not found:
        raise Refused(f"There is no head {name}. `lineofsight ledger head` shows the newest.")
    return found[-1]


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error


def write_rows(path: Path, rows: Iterable[bytes]) -> int:
    count = 0
    with private(path) as file:
        for line in rows:
            file.write(line)
            count += 1
    return count


def private(path: Path) -> Any:
    """For writing; readable by its owner alone, because the ledger names workers and children's references."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from error
    return os.fdopen(handle, "wb")


def write_csv(path: Path, found: Iterable[looks.Look]) -> None:
    if str(path) == "-":
        rows_of_csv(sys.stdout, found)
        return
    with private(path) as file:
        import io

        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        rows_of_csv(text, found)
        text.flush()


def rows_of_csv(out: Any, found: Iterable[looks.Look]) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for look in found:
        writer.writerow([cell(getattr(look, name)) for name in COLUMNS])


def cell(value: Any) -> str:
    """As text that no spreadsheet takes for a formula."""
    if isinstance(value, datetime):
        return heads.moment(value)
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.lstrip(" \"'\n\x00").startswith(FORMULA) else text


def period(since: date | None, until: date | None) -> tuple[datetime, datetime]:
    """Whole days, in the partnership's own time."""
    today = timezone.localdate()
    here = timezone.get_current_timezone()
    first, last = since or today - timedelta(days=90), until or today
    if last < first:
        raise Refused("The last day is before the first.")
    return (
        datetime.combine(first, time.min, here).astimezone(UTC),
        datetime.combine(last + timedelta(days=1), time.min, here).astimezone(UTC),
    )


def by_worker(
    found: Iterable[looks.Look],
) -> dict[str, tuple[str, str, int, datetime, datetime, list[str], list[str]]]:
    told: dict[str, tuple[str, str, int, datetime, datetime, list[str], list[str]]] = {}
    for look in found:
        name, agency, times, first, _, did, purposes = told.get(
            look.actor, (look.name, look.agency, 0, look.at, look.at, [], [])
        )
        did += [look.action] if look.action not in did else []
        purposes += [look.purpose] if look.purpose and look.purpose not in purposes else []
        told[look.actor] = (name, agency, times + 1, first, look.at, did, purposes)
    return told
