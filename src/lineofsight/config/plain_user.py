"""Run one program as an ordinary user. PostgreSQL refuses to run as root, and containers often are root.

A script of its own (`python -I plain_user.py WAY UID GID FOLDER PROGRAM ARGUMENT...`), because the change of
user must happen in a process that has one thread and nothing else to lose. It stands in FOLDER, changes user
and becomes PROGRAM. It uses the standard library alone and never changes a mode, an owner or an account.

Ways:
  as-is      keep the present user.
  namespace  keep the present user, but call it UID inside a Linux user namespace. Files stay the caller's
             own, and root's powers are gone.
  account    become the account UID. FOLDER must belong to it; the folders above need not be open to it,
             because a process may use the folder that it already stands in.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000

#: Exit codes that tell the caller which step was refused.
NOT_PERMITTED, NOT_REACHABLE = 96, 97


def enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", encoding="ascii")
    (own / "uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    (own / "gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")


def become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def main(arguments: list[str]) -> int:  # or never, once it has become the program
    way, uid, gid, folder, program, *rest = arguments
    os.umask(0o077)
    os.chdir(folder)
    try:
        if way == "namespace":
            enter_namespace(int(uid), int(gid))
        elif way == "account":
            become(int(uid), int(gid))
    except OSError as error:
        print(f"{way}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return NOT_PERMITTED
    if not os.access(program, os.X_OK) or not os.access(".", os.R_OK | os.X_OK):
        print(f"{way}: the folders are closed to this user", file=sys.stderr)  # noqa: T201
        return NOT_REACHABLE
    return os.execv(program, [program, *rest])  # noqa: S606  # no shell: arguments are passed as they are


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
