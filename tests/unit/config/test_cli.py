"""The command line: exit codes, sentences instead of tracebacks, and what `--json` promises."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from lineofsight import __version__
from lineofsight.catalogue.errors import Refused
from lineofsight.config import cli
from lineofsight.config.management.commands import serve
from lineofsight.config.postgres import Server
from lineofsight.ui.command import Command, Progress, lines, plain


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="los-") as folder:
        place = Path(folder) / "var"
        yield place
        if place.exists():
            Server(place).stop()


def lineofsight(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lineofsight.config.cli", *arguments], capture_output=True, text=True,
        env=own_environment(data) | environment, timeout=120, check=False,
    )  # fmt: skip


def own_environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PORT")}
    return kept | {"LINEOFSIGHT_DATA": str(data)}


# -- the console script ---------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_alone_it_lists_our_commands_and_starts_nothing(data: Path, arguments: tuple[str, ...]) -> None:
    done = lineofsight(data, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "serve " in done.stdout
    assert done.stdout.index("serve ") < done.stdout.index("from Django") < done.stdout.index("migrate ")
    assert not (data / "postgres").exists()


def test_help_for_one_command_shows_an_example_and_hides_djangos_switches(data: Path) -> None:
    done = lineofsight(data, "serve", "--help")
    assert done.returncode == 0
    assert "lineofsight serve --port 8080" in done.stdout
    assert "--settings" not in done.stdout
    assert "--traceback" not in done.stdout
    assert not (data / "postgres").exists()


def test_it_says_its_version(data: Path) -> None:
    assert lineofsight(data, "--version").stdout == f"Line of Sight {__version__}\n"


def test_an_unknown_command_is_answered_with_ours(data: Path) -> None:
    done = lineofsight(data, "serv")
    assert done.returncode == 2
    assert "There is no command serv. Did you mean serve?" in done.stderr
    assert lineofsight(data, "--port", "1").returncode == 2


def test_a_wrong_option_is_not_understood(data: Path) -> None:
    done = lineofsight(data, "serve", "--port", "none", "--skip-checks")
    assert done.returncode == 2
    assert "'none' is not a port" in done.stderr


def test_a_command_has_the_database_while_it_runs_and_no_longer(data: Path) -> None:
    done = lineofsight(data, "serve", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": done.stderr.strip()}
    assert "lineofsight init" in done.stderr
    assert not Server(data).is_running()
    assert (data / "postgres" / "PG_VERSION").exists()


def test_a_folder_that_cannot_be_used_is_a_sentence(data: Path) -> None:
    data.mkdir(mode=0o700)
    data.chmod(0o777)
    done = lineofsight(data, "showmigrations")
    assert done.returncode == 1
    assert "chmod 700" in done.stderr
    assert "Traceback" not in done.stderr
    assert "foresee" not in done.stderr


def test_a_command_that_is_told_to_stop_leaves_the_database(data: Path) -> None:
    script = (
        "import sys, time; from lineofsight.config import cli\n"
        "def wait(arguments):\n    cli.switch_on(); print('here', flush=True); time.sleep(60)\n"
        "cli.dispatch = wait\nsys.exit(cli.main([]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=own_environment(data), text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    assert Server(data).is_running()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not Server(data).is_running()


# -- words for what goes wrong --------------------------------------------------------------------


def test_what_we_did_not_foresee_is_kept_under_a_reference(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEOFSIGHT_DATA", str(data))
    try:
        raise RuntimeError("a wheel came off")
    except RuntimeError as error:
        sentence = cli.in_words(error)
    log = data / "errors.log"
    reference = sentence.partition("(reference ")[2][:8]
    assert len(reference) == 8
    assert str(log) in sentence
    assert "wheel" not in sentence
    assert f"{reference}\nTraceback" in log.read_text()
    assert "a wheel came off" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_database_out_of_reach_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@/nowhere")
    error = OperationalError("no such place\nand more")
    error.__cause__ = psycopg.OperationalError("no such place")
    assert cli.in_words(error) == (
        "The database cannot be reached: no such place Check DATABASE_URL, and that the server runs."
    )


@pytest.mark.parametrize("error", [Refused("Not like this."), CommandError("Not like this.")])
def test_a_refusal_is_its_own_sentence(error: Exception) -> None:
    assert cli.in_words(error) == "Not like this."


def test_tracebacks_show_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEOFSIGHT_DEBUG", "1")
    assert cli.failed(Refused("Not like this."), as_json=False) == 1
    assert "lineofsight.catalogue.errors.Refused" in capsys.readouterr().err


def test_exit_codes_of_a_command_are_kept() -> None:
    assert [cli.exit_code(SystemExit(code)) for code in (None, 0, 2, "words")] == [0, 0, 2, 1]


def test_which_commands_need_the_database() -> None:
    assert not cli.needs_database(
        "makemigrations", serve.Command.__mro__[2]()
    )  # a command of Django's own kind
    assert cli.needs_database("serve", serve.Command())


def test_a_port_in_use_is_refused_with_another_one_to_try() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port} .* in use"):
            serve.require_free("127.0.0.1", port)
    serve.require_free("127.0.0.1", port)
    with pytest.raises(Refused, match="not ours to use"):
        serve.require_free("192.0.2.1", port)


# -- what our commands have in common -------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    name: str
    day: date


class Count(Command):
    help = "Count things."
    example = "lineofsight count --things 3"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--things", type=int, default=3)
        parser.add_argument("--refuse", action="store_true")

    def work(self, *args: Any, things: int, refuse: bool, **options: Any) -> Any:
        print("printed by a library on the way")
        self.say("counting")
        if refuse:
            raise Refused("There is nothing to count. Bring a file.")
        return {
            "things_counted": things,
            "rows": [Row("Wren", date(2024, 5, 3))],
            "at": datetime(2024, 5, 3, tzinfo=UTC),
        }

    def present(self, result: Any) -> None:
        super().present({"things_counted": result["things_counted"], "done": True})


def run(*arguments: str) -> int:
    try:
        Count().run_from_argv(["lineofsight", "count", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_result_is_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--things", "1200") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "counting",
        "Things counted  1,200",
        "Done            yes",
    ]


def test_json_is_the_result_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == {
        "things_counted": 3,
        "rows": [{"name": "Wren", "day": "2024-05-03"}],
        "at": "2024-05-03T00:00:00+00:00",
    }
    assert "printed by a library" in output.err


def test_a_refusal_is_a_sentence_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--refuse") == 1
    assert capsys.readouterr().err == "There is nothing to count. Bring a file.\n"
    assert run("--refuse", "--json") == 1
    output = capsys.readouterr()
    assert json.loads(output.out) == {"error": "There is nothing to count. Bring a file."}
    assert output.err.endswith("There is nothing to count. Bring a file.\n")


def test_a_usage_error_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--things", "many") == 2
    assert "--things" in capsys.readouterr().err


def test_a_value_without_a_form_in_json_is_named() -> None:
    with pytest.raises(TypeError, match="a object has no form in JSON"):
        plain(object())


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.uuids()
    | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=10,
)


@given(values)
def test_every_plain_value_can_be_json_and_words(value: Any) -> None:
    result = plain(value)
    assert json.loads(json.dumps(result)) == result
    assert all(isinstance(line, str) for line in lines(result))


def test_progress_says_nothing_where_nobody_watches() -> None:
    watched = io.StringIO()
    with Progress(10, "Reading", shown=False, to=watched) as bar:
        assert list(bar.over(range(10))) == list(range(10))
    assert watched.getvalue() == ""
    assert bar.done == 10


def test_progress_is_a_line_with_both_numbers() -> None:
    bar = Progress(2000, "Reading rows", shown=True, to=io.StringIO())
    bar.advance(1000)
    assert bar.line() == f"Reading rows [{'#' * 15}{' ' * 15}] 1,000 of 2,000"
    assert Progress(None, "Reading rows", shown=False, to=io.StringIO()).line() == "Reading rows: 0"
