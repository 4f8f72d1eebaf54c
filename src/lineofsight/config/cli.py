"""The console script `lineofsight COMMAND ...`: Django's management, with the database around it.

Exit codes: 0 done; 1 refused, with the reason on stderr; 2 not understood; 130 stopped from the keyboard.
Nobody meets a traceback: what we did not foresee goes to `errors.log` in the data folder under a reference.
"""

from __future__ import annotations

import atexit
import difflib
import json
import os
import secrets
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from lineofsight import __version__
from lineofsight.catalogue.errors import DomainError
from lineofsight.config import collector
from lineofsight.config import environment as env

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

DONE, REFUSED, NOT_UNDERSTOOD, STOPPED = 0, 1, 2, 130

#: Django's commands that read no table, so the database is not started for them.
WITHOUT_DATABASE = {
    "collectstatic", "compilemessages", "diffsettings", "findstatic", "makemessages",
    "makemigrations", "sendtestemail", "startapp", "startproject",
}  # fmt: skip

#: Django's commands that those who look after the machine may want; the rest is for developers.
OF_USE = {
    "changepassword": "Set somebody's password",
    "clearsessions": "Delete sign-ins that have ended; run it daily",
    "collectstatic": "Gather the styles and scripts for a web server in front",
    "dbshell": "Open the database's own prompt",
    "migrate": "Bring the database's tables up to this version",
    "showmigrations": "List which changes of the tables have been made",
}


def main(argv: list[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, stop)
        code = dispatch(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as end:
        return exit_code(end)
    except KeyboardInterrupt:
        say_error("Stopped.")
        return STOPPED
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough. Python would complain again at closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return REFUSED
    except Exception as error:
        return failed(error, as_json="--json" in arguments)


def dispatch(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lineofsight.config.settings")
    match arguments:
        case [] | ["--help" | "-h" | "help"]:
            print(overview())  # noqa: T201
            return DONE
        case ["--version"]:
            print(f"Line of Sight {__version__}")  # noqa: T201
            return DONE
        case ["help", name, *_]:
            return run(name, ["--help"])
        case [name, *_] if name.startswith("-"):
            say_error(f"A command comes first, and {name} is an option.\n\n{overview()}")
            return NOT_UNDERSTOOD
        case [name, *rest]:
            return run(name, rest)
    return NOT_UNDERSTOOD


def run(name: str, rest: list[str]) -> int:
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    app = get_commands().get(name)
    if app is None:
        say_error(unknown(name))
        return NOT_UNDERSTOOD
    command = app if not isinstance(app, str) else load_command_class(app, name)
    if needs_database(name, command, rest) and not {"--help", "-h", "--version"}.intersection(rest):
        switch_on()
    else:
        # Without a database, makemigrations warns that it cannot compare histories. It need not.
        warnings.filterwarnings(
            "ignore", "Got an error checking a consistent migration history", RuntimeWarning
        )
    collector.settle()
    command.run_from_argv(["lineofsight", name, *rest])
    return DONE


def needs_database(name: str, command: BaseCommand, rest: Sequence[str] = ()) -> bool:
    """A command of several parts names those that work without the database."""
    if rest and rest[0] in getattr(command, "parts_without_database", ()):
        return False
    return bool(getattr(command, "needs_database", name not in WITHOUT_DATABASE))


def switch_on() -> None:
    if env.text("DATABASE_URL"):
        return
    from lineofsight.config.machine import programs
    from lineofsight.config.postgres import Server

    # For dbshell: psql comes with the built-in database and need not be installed.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(programs())])
    server = Server(env.data_folder())
    server.start()
    atexit.register(server.leave)


def stop(number: int, _frame: FrameType | None) -> None:
    """Leave by the front door, so that everything is closed and the database is left."""
    raise SystemExit(128 + number)


def exit_code(end: SystemExit) -> int:
    if end.code is None:
        return DONE
    if isinstance(end.code, int):
        return end.code
    say_error(str(end.code))
    return REFUSED


def failed(error: Exception, *, as_json: bool) -> int:
    sentence = in_words(error)
    if as_json:
        print(json.dumps({"error": sentence}, ensure_ascii=False))  # noqa: T201
    if env.flag("LINEOFSIGHT_DEBUG"):
        traceback.print_exception(error)
    say_error(sentence)
    return REFUSED


def in_words(error: Exception) -> str:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import CommandError
    from django.db import OperationalError, ProgrammingError

    if isinstance(error, DomainError | CommandError):
        return str(error)
    if isinstance(error, ImproperlyConfigured):
        return f"The settings do not fit together: {error}"
    cause = error.__cause__
    if isinstance(error, OperationalError) and getattr(cause, "sqlstate", None) is None:
        return f"The database cannot be reached: {first_line(error)} {what_to_check()}"
    if isinstance(error, ProgrammingError) and getattr(cause, "sqlstate", None) == "42P01":
        return "The database does not have this version’s tables yet. Run: lineofsight init"
    return unforeseen(error)


def what_to_check() -> str:
    if env.text("DATABASE_URL"):
        return "Check DATABASE_URL, and that the server runs."
    return f"Its log is {env.data_folder() / 'postgres.log'}."


def unforeseen(error: Exception) -> str:
    reference = secrets.token_hex(4).upper()
    path = env.data_folder() / "errors.log"
    entry = "".join(traceback.format_exception(error))
    try:
        append(path, f"{datetime.now(UTC).isoformat(timespec='seconds')} {reference}\n{entry}\n")
    except OSError:
        # A full disk is no reason to lose the story.
        return f"Something went wrong that we did not foresee, and it could not be kept in {path}:\n{entry}"
    return f"Something went wrong that we did not foresee (reference {reference}). It is in {path}."


def append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(text)


def first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def overview() -> str:
    ours = commands()
    width = max(map(len, [*ours, *OF_USE]))
    listed = [f"  {name:<{width}}  {words}" for name, words in ours.items()]
    theirs = [f"  {name:<{width}}  {words}" for name, words in OF_USE.items()]
    return "\n".join([
        "Line of Sight: one sourced, permissioned chronology for each child.", "",
        "Usage: lineofsight COMMAND [OPTIONS]", "", "Commands:", *listed, "",
        "For those who look after the machine (from Django):", *theirs, "",
        "lineofsight COMMAND --help says more about one command.",
    ])  # fmt: skip


def commands() -> dict[str, str]:
    """Our own, each with the first sentence of its help."""
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    ours = {}
    for name, app in sorted(get_commands().items()):
        if str(app).startswith("lineofsight"):
            command = app if not isinstance(app, str) else load_command_class(app, name)
            ours[name] = " ".join(str(command.help).split()).split(". ")[0].rstrip(".")
    return ours


def unknown(name: str) -> str:
    from django.core.management import get_commands

    near = difflib.get_close_matches(name, get_commands(), n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    ours = ", ".join(commands())
    return f"There is no command {name}.{guess} Our commands are: {ours}. See: lineofsight --help"


def say_error(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
