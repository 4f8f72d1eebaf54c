"""What may be lying in the data folder, and which of it is refused.

What we did not make, or what others could have read or changed, is never repaired silently: each refusal says
what was found, where, and what to do.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from lineofsight.catalogue.errors import ServerError
from lineofsight.config.machine import account_name, major_version, open_private, ordinary_account

#: Bytes that a socket's path may have on Linux, without the closing zero (unix(7), sun_path).
LONGEST_SOCKET_PATH = 107


def check_data(data: Path) -> None:
    """A folder of ours that nobody else can change; made when missing."""
    with suppress(FileExistsError):
        data.mkdir(parents=True, mode=0o700)
    if not data.is_dir():
        raise ServerError(f"{data} is not a folder. Choose another place with LINEOFSIGHT_DATA.")
    status = data.stat()
    if status.st_uid != os.geteuid():
        raise ServerError(
            f"The data folder {data} belongs to {account_name(status.st_uid)}, and this program "
            f"runs as {account_name(os.geteuid())}. Run it as the folder's owner, or choose another folder "
            "with LINEOFSIGHT_DATA."
        )
    if status.st_mode & 0o022:
        raise ServerError(
            f"Other people on this machine can change the data folder {data}. Close it with: chmod 700 {data}"
        )


def check_cluster(cluster: Path, password_file: Path) -> None:
    """No cluster yet, or one that we made and that this version can run."""
    if cluster.is_symlink():
        raise ServerError(f"{cluster} is a link, not a folder. Remove the link, or move the folder here.")
    if not cluster.exists():
        return
    status = cluster.stat()
    if status.st_uid not in own_uids():
        raise ServerError(
            f"The database folder {cluster} belongs to {account_name(status.st_uid)}. "
            "Run this as its owner, or choose another folder with LINEOFSIGHT_DATA."
        )
    if status.st_mode & 0o077:
        raise ServerError(
            f"Other people on this machine can read the database folder {cluster}. "
            f"If nobody has changed it, close it with: chmod 700 {cluster}"
        )
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ServerError(
            f"{cluster} is there but is not a database. Move it away, then try again."
        ) from None
    if found != major_version():
        raise ServerError(
            f"The database in {cluster} was made by PostgreSQL {found}, and this version of "
            f"Line of Sight brings PostgreSQL {major_version()}. Start it with the earlier version, "
            "make a back-up, and restore that here."
        )
    if not password_file.exists():
        raise ServerError(
            f"The database in {cluster} was not made by Line of Sight, or its password file "
            f"{password_file} is gone. Restore that file, or choose another folder "
            "with LINEOFSIGHT_DATA."
        )


def own_uids() -> set[int]:
    return {os.geteuid(), ordinary_account()[0]} if os.geteuid() == 0 else {os.geteuid()}


def password(path: Path) -> str:
    """Made once. It appears whole or not at all, so that two first starts agree on one."""
    if not path.exists():
        draft = path.parent / f"postgres.password-{secrets.token_hex(8)}"
        handle = open_private(draft)
        try:
            os.write(handle, secrets.token_urlsafe(32).encode("ascii"))
            os.fsync(handle)
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.close(handle)
            draft.unlink()
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise ServerError(
            f"Others could have read or replaced the database's password in {path}. It must be a plain "
            f"file of yours alone. If it is yours, close it with: chmod 600 {path}"
        )
    return path.read_text(encoding="ascii").strip()


def socket_folder(data: Path, cluster: Path, name: str) -> str:
    """The folder of the socket; for a long path, a short link to it in a private temporary folder."""
    if len(os.fsencode(cluster / name)) <= LONGEST_SOCKET_PATH:
        return str(cluster)
    mark = hashlib.blake2b(os.fsencode(data), digest_size=8).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"lineofsight-{os.geteuid()}-{mark}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise ServerError(
            f"{folder} should be a private folder of yours and is not. Remove it, then try again; "
            "or choose a shorter path with LINEOFSIGHT_DATA."
        )
    link = folder / "db"
    with suppress(FileExistsError):
        link.symlink_to(cluster)
    if not link.is_symlink() or link.readlink() != cluster:
        raise ServerError(f"{link} leads somewhere else. Remove {folder}, then try again.")
    return str(link)
