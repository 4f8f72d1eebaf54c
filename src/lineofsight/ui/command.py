"""What every command of the product has in common: words for people, `--json` for programs, no traceback.

A command sets `help` and `example`, declares its arguments, and returns its result from `work`. The result is
printed as words by `present`, or as JSON. A refusal becomes its sentence on stderr and exit code 1.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, TextIO, TypeVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import connections

from lineofsight.access import ledger, occasion
from lineofsight.catalogue.errors import DomainError

T = TypeVar("T")

#: Django's own switches: they still work, but are no part of what a user needs to read.
HIDDEN = {
    "--settings", "--pythonpath", "--no-color", "--force-color", "--skip-checks", "--traceback", "--version",
}  # fmt: skip

#: A bar for work that is over at once would only flicker.
PATIENCE_SECONDS = 2.0
REDRAW_SECONDS = 0.1
BAR_WIDTH = 30


class HelpFormatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keeps the lines of the example as written."""


class Command(BaseCommand):
    """Subclass this for a command of ours."""

    #: One call that works as it stands, shown at the end of `--help`.
    example = ""
    #: False for a command that works without the database; it is then not started.
    needs_database = True
    requires_system_checks: Sequence[str] = []  # type: ignore[assignment]  # `lineofsight check` runs them

    _as_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        if self.example:
            kwargs.setdefault("epilog", f"Example:\n  {self.example}")
        kwargs.setdefault("formatter_class", HelpFormatter)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
        hide(parser)
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        options = vars(parser.parse_args(argv[2:]))
        try:
            self.execute(*options.pop("args", ()), **options)
        except (CommandError, DomainError) as refusal:
            if options["traceback"]:
                raise
            self.refuse(refusal, as_json=options["json"])
        finally:
            with contextlib.suppress(Exception):
                connections.close_all()

    def refuse(self, refusal: Exception, *, as_json: bool) -> None:
        if as_json:
            print(json.dumps({"error": str(refusal)}, ensure_ascii=False))  # noqa: T201
        print(str(refusal), file=sys.stderr)  # noqa: T201
        raise SystemExit(getattr(refusal, "returncode", 1))

    def handle(self, *args: Any, **options: Any) -> None:
        self._as_json = bool(options.pop("json", False))
        for name in ("settings", "pythonpath", "no_color", "force_color", "skip_checks", "traceback"):
            options.pop(name, None)
        if not self._as_json:
            self.present(self.work_on_occasion(*args, **options))
            return
        # Whatever is printed on the way must not end up inside the JSON.
        out, self.stdout = self.stdout, self.stderr
        try:
            with contextlib.redirect_stdout(sys.stderr):
                result = self.work_on_occasion(*args, **options)
        finally:
            self.stdout = out
        self.stdout.write(as_json(result))

    def work_on_occasion(self, *args: Any, **options: Any) -> Any:
        """One command is one occasion in the ledger. What it looked at and was refused stays there, also when
        the command fails."""
        with occasion.begun():
            try:
                return self.work(*args, **options)
            finally:
                ledger.rewrite_after_rollback()

    def work(self, *args: Any, **options: Any) -> Any:
        """Do it, and return what a program would want to know."""
        raise CommandError(f"The command {type(self).__module__.rpartition('.')[2]} has no work.")

    def present(self, result: Any) -> None:
        """The result in words. By default names and values in two columns, or one line for each item."""
        for line in lines(plain(result)):
            self.say(line)

    def say(self, words: str = "") -> None:
        """A line for people: never part of the JSON."""
        if not self._as_json:
            self.stdout.write(words)
            self.stdout.flush()

    def progress(self, total: int | None, words: str) -> Progress:
        """`with self.progress(len(rows), "Reading rows") as bar: bar.advance()`, or `bar.over(rows)`."""
        return Progress(total, words, shown=not self._as_json and sys.stderr.isatty(), to=sys.stderr)


class Progress:
    """A bar on a terminal for work that lasts. Says nothing in a pipe, a log or a test."""

    def __init__(self, total: int | None, words: str, *, shown: bool, to: TextIO) -> None:
        self.total, self.words, self.done = total, words, 0
        self._shown, self._to = shown, to
        self._begun = self._drawn = time.monotonic()
        self._visible = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._visible:
            self._to.write("\r\x1b[K")
            self._to.flush()

    def advance(self, by: int = 1) -> None:
        self.done += by
        if not self._shown:
            return
        now = time.monotonic()
        if now - self._begun >= PATIENCE_SECONDS and now - self._drawn >= REDRAW_SECONDS:
            self._drawn, self._visible = now, True
            self._to.write(f"\r\x1b[K{self.line()}")
            self._to.flush()

    def over(self, items: Iterable[T]) -> Iterator[T]:
        with self:
            for item in items:
                yield item
                self.advance()

    def line(self) -> str:
        if not self.total:
            return f"{self.words}: {self.done:,}"
        part = min(1.0, self.done / self.total)
        bar = "#" * round(part * BAR_WIDTH)
        return f"{self.words} [{bar:<{BAR_WIDTH}}] {self.done:,} of {self.total:,}"


def hide(parser: ArgumentParser) -> None:
    for action in parser._actions:
        if HIDDEN.intersection(action.option_strings):
            action.help = SUPPRESS


def as_json(result: Any) -> str:
    return json.dumps(plain(result), ensure_ascii=False, indent=2)


def plain(value: Any) -> Any:
    """The same value in the shapes that JSON has."""
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime | date | time_of_day):
        return value.isoformat()
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value, key=str)]
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    if isinstance(value, Decimal | UUID | PurePath | timedelta):
        return str(value)
    raise TypeError(
        f"a {type(value).__name__} has no form in JSON; return plain values from the command's work"
    )


def lines(result: Any) -> Iterator[str]:
    if result is None:
        return
    if isinstance(result, dict):
        width = max((len(label(key)) for key in result), default=0)
        for key, value in result.items():
            yield f"{label(key):<{width}}  {words(value)}".rstrip()
    elif isinstance(result, list):
        yield from (words(item) for item in result)
    else:
        yield words(result)


def label(key: str) -> str:
    """`rows_read` as "Rows read"."""
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def words(value: Any) -> str:
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(words(item) for item in value) or "none"
        case dict():
            return ", ".join(f"{label(key)}: {words(item)}" for key, item in value.items()) or "none"
        case _:
            return str(value)
