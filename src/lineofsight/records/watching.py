"""A folder into which an agency's files are laid: each is brought in once, moved aside, and gets its report beside it.

Whoever kills the watcher loses nothing: a file is moved only after it is in, and a file that is in comes in no
second time.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from lineofsight.access.actor import Actor
from lineofsight.catalogue.errors import AlreadyThere, DomainError, Refused
from lineofsight.catalogue.limits import limits
from lineofsight.partners.models import Agency
from lineofsight.records import feeds, files, queries, sender_report, services
from lineofsight.records.models import Delivery

DONE, REFUSED, WAITING = "done", "refused", "waiting"
#: Names that programs give to what they are still writing.
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")


@dataclass(slots=True)
class Watcher:
    """`settle`: a file that has not changed for so many seconds is complete. `commit`: put in what needs nobody."""

    folder: Path
    agency: Agency
    by: Actor
    settle: float = 10
    commit: bool = True
    about: dict[str, Any] = field(default_factory=dict)
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def ready(self) -> list[Path]:
        """Complete files, oldest first: not hidden, no link, the same as at the last look and for long enough."""
        now, found = time.time(), []
        for path in self.folder.iterdir():
            if (
                path.name.startswith(".")
                or path.name.lower().endswith(UNFINISHED)
                or path.is_symlink()
                or not path.is_file()
            ):
                continue
            state = path.stat()
            shape = (state.st_size, state.st_mtime_ns)
            steady = self.settle == 0 or self.seen.get(path) == shape
            self.seen[path] = shape
            if steady and now - state.st_mtime >= self.settle:
                found.append((state.st_mtime, path))
        return [path for _, path in sorted(found)]

    def look(self) -> list[dict[str, Any]]:
        """Bring in what is complete. Returns a line for each file."""
        return [self.take(path) for path in self.ready()]

    def take(self, path: Path) -> dict[str, Any]:
        try:
            delivery = services.receive(
                agency=self.agency, file_name=path.name, content=_content(path), by=self.by,
                most_mib=limits().upload_mib, **self.about,
            )  # fmt: skip
        except AlreadyThere as there:
            return self._aside(path, DONE, {"file": path.name, "state": "already_in", "words": str(there)})
        except DomainError as error:
            return self._aside(path, REFUSED, {"file": path.name, "state": "refused", "words": str(error)})
        delivery = services.stage_or_refuse(delivery=delivery, by=self.by)
        if delivery.state == Delivery.STAGED and self.commit:
            delivery = services.commit(delivery=delivery, by=self.by)
            feeds.read_again()
        where = {Delivery.COMMITTED: DONE, Delivery.REFUSED: REFUSED}.get(delivery.state, WAITING)
        return self._aside(path, where, queries.report_of(delivery), delivery)

    def _aside(
        self, path: Path, where: str, report: dict[str, Any], delivery: Delivery | None = None
    ) -> dict[str, Any]:
        """The report first, whole or not at all, then the file: whoever sees the file sees its report."""
        folder = self.folder / where
        folder.mkdir(exist_ok=True, mode=0o700)
        name = _free(folder, path.name)
        _write(
            folder / f"{name}.report.json",
            json.dumps(report, ensure_ascii=False, indent=2, default=str).encode(),
        )
        if delivery is not None and where != REFUSED:
            found = sender_report.gather(self.by, delivery)
            if not found.nothing:
                _write(folder / f"{name}.to-put-right.csv", sender_report.as_csv(found))
        path.rename(folder / name)
        self.seen.pop(path, None)
        return {"file": path.name, "where": where, "state": report["state"], "ref": report.get("ref", ""),
                "words": report.get("words") or report.get("refused", "")}  # fmt: skip


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One watcher for a folder; the lock goes with the process, however it ends."""
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder.")
    handle = os.open(folder / ".lineofsight-watch", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(f"{folder} is watched already. One watcher for a folder is enough.") from error
        yield
    finally:
        os.close(handle)


def _content(path: Path) -> Iterator[bytes]:
    # A link that takes the place of a file between the look and now is not followed.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _free(folder: Path, name: str) -> str:
    """The same name, with the moment before it where it is taken."""
    name = files.tidy_name(name)
    if not (folder / name).exists():
        return name
    moment: datetime = timezone.localtime()
    return f"{moment:%Y-%m-%dT%H%M%S.%f} {name}"


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content)
    draft.chmod(0o600)
    draft.replace(path)
