"""The built-in database: private, shared, and back after a crash. These tests run a real server."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lineofsight.catalogue.errors import ServerError
from lineofsight.config import leftovers
from lineofsight.config.machine import major_version, processes_in, waited_for
from lineofsight.config.postgres import PORT, SETTINGS, Server, meaning


@pytest.fixture
def data() -> Iterator[Path]:
    """Pytest's own folders have names too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="los-") as folder:
        place = Path(folder) / "var"
        yield place
        if place.exists():
            # Whatever a test left running must not outlive it.
            Server(place).stop()


@pytest.fixture
def server(data: Path) -> Server:
    server = Server(data, durable=False)
    server.start()
    return server


def ask(server: Server, question: str, **changes: str) -> object:
    given = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    connection = server.connection()
    parts = {ours: connection[theirs] for ours, theirs in given.items()} | changes
    with psycopg.connect(**parts, autocommit=True) as link:
        cursor = link.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def in_another_process(
    data: Path, work: str, *, python: str = sys.executable, **how: object
) -> subprocess.Popen[str]:
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from lineofsight.config.postgres import Server
        server = Server(Path({str(data)!r}), durable=False)
        """) + textwrap.dedent(work)
    return subprocess.Popen(
        [python, "-c", script], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, **how,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# -- a first start --------------------------------------------------------------------------------


def test_a_first_start_makes_a_private_database_that_answers(server: Server, data: Path) -> None:
    assert server.is_running()
    assert ask(server, "SELECT current_user::text") == "lineofsight"
    assert ask(server, "SHOW server_encoding") == "UTF8"
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW wal_level") == SETTINGS["wal_level"]
    assert mode(data) == mode(server.cluster) == 0o700
    for name in ("postgres.password", "postgres.log", "postgres.lock", "postgres.users"):
        assert mode(data / name) == 0o600


def test_the_product_works_as_a_user_whom_row_security_binds(server: Server) -> None:
    assert ask(server, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False
    ask(server, "CREATE EXTENSION pg_trgm")
    ask(server, "CREATE DATABASE test_lineofsight")


def test_a_wrong_password_is_refused_on_the_socket_too(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(server, "SELECT 1", password="guess")


def test_the_connection_is_known_before_the_first_start(data: Path) -> None:
    before = Server(data).connection()
    server = Server(data, durable=False)
    server.start()
    assert before == server.connection()
    assert ask(server, "SELECT 1") == 1


def test_starting_twice_and_stopping_twice_changes_nothing(server: Server) -> None:
    first = server._postmaster()
    server.start()
    assert server._postmaster() == first
    server.stop()
    server.stop()
    assert not server.is_running()


def test_durability_is_on_unless_a_test_asks_otherwise(data: Path) -> None:
    server = Server(data)
    server.start()
    assert [ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
        "on"
    ] * 3


def test_a_path_too_long_for_a_socket_still_works(data: Path) -> None:
    server = Server(data / ("long" * 30), durable=False)
    server.data.parent.mkdir(mode=0o700)
    try:
        server.start()
        host = Path(str(server.connection()["HOST"]))
        assert len(str(host / f".s.PGSQL.{PORT}")) <= leftovers.LONGEST_SOCKET_PATH
        assert mode(host.parent) == 0o700
        assert ask(server, "SELECT 1") == 1
        host.parent.chmod(0o755)
        with pytest.raises(ServerError, match="private folder"):
            server.connection()
        host.parent.chmod(0o700)
    finally:
        server.stop()
        shutil.rmtree(host.parent)


# -- crashes --------------------------------------------------------------------------------------


def test_after_kill_9_of_the_server_committed_work_is_there(data: Path) -> None:
    server = Server(data)
    server.start()
    ask(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(server._postmaster(), signal.SIGKILL)
    server.start()
    assert ask(server, "SELECT count(*) FROM kept") == 1000


def test_after_kill_9_of_every_process_of_the_server(server: Server) -> None:
    ask(server, "CREATE TABLE kept AS SELECT 1 AS n")
    ask(server, "CHECKPOINT", user="postgres", dbname="postgres")
    for process in server._processes():
        os.kill(process, signal.SIGKILL)
    waited_for(lambda: not server._processes(), 10)
    server.start()
    assert ask(server, "SELECT n FROM kept") == 1


@pytest.mark.parametrize("number", ["1", "ours", "4194303", "not a number", ""])
def test_a_stale_pid_file_is_no_obstacle_even_when_its_number_is_used_again(
    server: Server, number: str
) -> None:
    server.stop()
    number = str(os.getpid()) if number == "ours" else number
    stale = f"{number}\n{server.cluster}\n1700000000\n{PORT}\n.\n\n  1 1\nready\n"
    (server.cluster / "postmaster.pid").write_text(stale)
    (server.cluster / f".s.PGSQL.{PORT}.lock").write_text(stale)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(server.cluster / f".s.PGSQL.{PORT}"))
    assert not server.is_running()
    server.start()
    assert ask(server, "SELECT 1") == 1


def test_kill_9_while_the_database_is_being_made_leaves_nothing_half_made(data: Path) -> None:
    maker = in_another_process(data, "server.start()")
    assert waited_for(lambda: any(data.glob("postgres.new-*/cluster/global")), 30)
    maker.kill()
    maker.communicate()
    assert not (data / "postgres").exists()
    server = Server(data, durable=False)
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert not list(data.glob("postgres.new-*"))


def test_a_crash_before_our_own_database_was_made_is_finished_by_the_next_start(server: Server) -> None:
    ask(server, "DROP DATABASE lineofsight", user="postgres", dbname="postgres")
    ask(server, "DROP ROLE lineofsight", user="postgres", dbname="postgres")
    server.start()
    assert ask(server, "SELECT current_database()::text") == "lineofsight"


# -- several users --------------------------------------------------------------------------------


def test_processes_that_start_at_once_share_one_server(data: Path) -> None:
    work = "server.start(); print(server._postmaster(), flush=True); sys.stdin.read(); server.leave()"
    users = [in_another_process(data, work) for _ in range(3)]
    assert all(user.stdout for user in users)
    numbers = {user.stdout.readline().strip() for user in users if user.stdout}
    assert len(numbers) == 1, numbers
    server = Server(data)
    for user in users:
        assert server.is_running()
        user.communicate("", timeout=60)
    assert not server.is_running(), "the last one out switches it off"


def test_leaving_keeps_the_server_for_the_others(server: Server, data: Path) -> None:
    other = in_another_process(data, "server.start(); print('here', flush=True); sys.stdin.read()")
    assert other.stdout is not None
    assert other.stdout.readline() == "here\n"
    server.leave()
    assert server.is_running()
    # A user that is killed says no goodbye; the next one takes the server over and switches it off.
    other.kill()
    other.communicate()
    server.start()
    server.leave()
    assert not server.is_running()


def test_it_is_left_running_when_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEOFSIGHT_KEEP_DATABASE", "1")
    server.leave()
    assert server.is_running()


def test_a_copy_of_the_process_does_not_switch_it_off(server: Server) -> None:
    server._owner_process = os.getppid()
    server.leave()
    assert server.is_running()


# -- what is refused ------------------------------------------------------------------------------


def test_a_folder_that_others_can_change_is_refused(data: Path) -> None:
    data.mkdir()
    data.chmod(0o777)
    with pytest.raises(ServerError, match="chmod 700"):
        Server(data).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_somebody_elses_folder_is_refused(data: Path) -> None:
    data.mkdir(mode=0o700)
    os.chown(data, 12345, 12345)
    with pytest.raises(ServerError, match="belongs to 12345"):
        Server(data).start()
    os.chown(data, 0, 0)


def test_a_cluster_that_others_can_read_is_refused(server: Server) -> None:
    server.stop()
    server.cluster.chmod(0o755)
    with pytest.raises(ServerError, match="can read the database folder"):
        server.start()


def test_a_link_in_place_of_the_cluster_is_refused(server: Server) -> None:
    server.stop()
    elsewhere = server.data / "elsewhere"
    server.cluster.rename(elsewhere)
    server.cluster.symlink_to(elsewhere)
    with pytest.raises(ServerError, match="is a link"):
        server.start()
    server.cluster.unlink()


def test_another_major_version_is_refused_by_name(server: Server) -> None:
    server.stop()
    (server.cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerError, match=f"PostgreSQL 9.*PostgreSQL {major_version()}"):
        server.start()


def test_a_cluster_without_our_password_is_refused(server: Server) -> None:
    server.stop()
    server._password_file.unlink()
    assert server.connection()["PASSWORD"] == ""
    with pytest.raises(ServerError, match="password file"):
        server.start()
    assert not server._password_file.exists()


def test_a_password_that_does_not_fit_is_explained(server: Server) -> None:
    server._password_file.write_text("something-else")
    with pytest.raises(ServerError, match="does not accept the password"):
        server.start()


def test_a_password_that_others_can_read_is_refused(server: Server) -> None:
    server._password_file.chmod(0o644)
    with pytest.raises(ServerError, match="chmod 600"):
        server.connection()


def test_a_folder_that_is_no_database_is_refused(data: Path) -> None:
    (data / "postgres").mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    with pytest.raises(ServerError, match="is not a database"):
        Server(data).start()


def test_a_server_that_cannot_start_shows_the_last_lines_of_its_log(server: Server) -> None:
    server.stop()
    with (server.cluster / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ServerError, match="no_such_setting"):
        server.start()
    assert not processes_in(server.cluster)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("FATAL:  sorry, too many clients already", ""),
        ("FATAL:  the database system is starting up", "getting ready"),
        ("FATAL:  the database system is not yet accepting connections", "getting ready"),
        ('connection to server on socket "x" failed: No such file or directory', "absent"),
        ('connection to server on socket "x" failed: Connection refused', "absent"),
        ('FATAL:  database "lineofsight" does not exist', "unfinished"),
        ('FATAL:  password authentication failed for user "lineofsight"', "unfinished"),
    ],
)
def test_what_a_failed_connection_says(error: str, said: str) -> None:
    assert meaning(error) == said


# -- root and others ------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="runs as an ordinary user already")
def test_root_gives_up_its_powers_and_keeps_its_files(server: Server) -> None:
    assert server.cluster.stat().st_uid == 0
    status = Path(f"/proc/{server._postmaster()}/status").read_text()
    powers = {
        line.split()[0]: int(line.split()[1], 16) for line in status.splitlines() if line.startswith("Cap")
    }
    assert powers["CapEff:"] == powers["CapPrm:"] == 0


def test_an_ordinary_user_needs_nothing_special(data: Path) -> None:
    python, libraries = python_for_everyone()
    account = pwd.getpwnam("nobody")
    data.parent.chmod(0o711)
    data.mkdir()
    os.chown(data, account.pw_uid, account.pw_gid)
    data.chmod(0o700)
    user = in_another_process(
        data, "server.start(); print(server.is_running(), server._way().name); server.leave()",
        python=python, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd="/",
        env={"PYTHONPATH": libraries, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    output, _ = user.communicate(timeout=120)
    cluster_owner = (data / "postgres").stat().st_uid
    os.chown(data, 0, 0)
    shutil.rmtree(data)
    assert output == "True as-is\n"
    assert cluster_owner == account.pw_uid


def python_for_everyone() -> tuple[str, str]:
    if os.geteuid() != 0:
        pytest.skip("runs as an ordinary user already, so every other test shows it")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    libraries = os.pathsep.join(path for path in sys.path if path)
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        check = "import psycopg, lineofsight.config.postgres"
        with tempfile.TemporaryDirectory() as place:
            Path(place).chmod(0o755)
            try:
                done = subprocess.run(
                    [python, "-c", check], user="nobody", extra_groups=[], cwd=place, capture_output=True,
                    env={"PYTHONPATH": outside_root(libraries), "PYTHONDONTWRITEBYTECODE": "1"}, check=False,
                )  # fmt: skip
            except OSError:
                continue
        if done.returncode == 0:
            return python, outside_root(libraries)
    pytest.skip("no Python of this version and its packages can be read by an ordinary user on this machine")


def outside_root(libraries: str) -> str:
    """The packages alone: the interpreter brings its own standard library."""
    return os.pathsep.join(
        path for path in libraries.split(os.pathsep) if "site-packages" in path or "src" in path
    )


WITHOUT_NAMESPACES = """
import ctypes, os, sys
ready, allowed = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None).unshare(0x10000000) != 0:
        os._exit(77)
    os.write(ready[1], b"r")
    os.read(allowed[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as limit:
        limit.write("0")
    os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
os.close(ready[1])
if os.read(ready[0], 1) == b"r":
    for kind in ("uid_map", "gid_map"):
        with open(f"/proc/{child}/{kind}", "w") as ids:
            ids.write("0 0 65536")
    os.write(allowed[1], b"a")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_root_without_namespaces_uses_the_account_nobody_and_opens_no_folder(data: Path) -> None:
    data.mkdir(mode=0o700)
    for _ in ("made", "started again"):
        script = (
            "from pathlib import Path; from lineofsight.config.postgres import Server\n"
            f"server = Server(Path({str(data)!r}), durable=False); server.start()\n"
            "print(server.is_running(), server._way().name); server.leave(); print(server.is_running())"
        )
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_NAMESPACES, script],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode == 77 or "Permission" in done.stderr:
            pytest.skip("this machine cannot make a place without user namespaces")
        if "the folders are closed to this user" in done.stderr:
            pytest.skip("the packages lie in a folder that the account nobody may not enter")
        assert done.stdout == "True account\nFalse\n", done.stderr
        assert mode(data) == 0o700
        assert data.stat().st_uid == 0
        assert (data / "postgres").stat().st_uid == pwd.getpwnam("nobody").pw_uid
