"""Received files on disk: named by their content, private, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, limits

# Control characters, halves of letters, and the marks by which a name can be made to read as another.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Kept:
    sha256: str
    size: int


def path_of(sha256: str) -> Path:
    return Path(settings.FILES) / sha256[:2] / sha256


def tidy_name(name: str) -> str:
    """The name as it can be shown: no path, nothing invisible, nothing that turns the reading direction."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return _INVISIBLE.sub("", last).strip()[:250] or "file without a name"


def keep(
    chunks: Iterable[bytes],
    *,
    name: str,
    most_mib: int | None = None,
    look: Callable[[Path], None] | None = None,
) -> Kept:
    """Store the bytes under their hash, `most_mib` of them at the most. A file that is there already is left
    alone; a crash leaves at most a temporary file, which a later call sweeps away. `look` sees the whole file
    before it is kept; what it refuses is not."""
    folder = Path(settings.FILES)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep()
    digest, size = hashlib.sha256(), 0
    most = most_mib or limits().file_mib
    handle, temporary = tempfile.mkstemp(dir=folder, prefix="incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most * MIB:
                    raise Refused(
                        f"{name} is larger than {most} MiB, the most that is taken in this way. "
                        "Split it by period and send the parts, or let it be brought in at the server."
                    )
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            raise Refused(f"{name} is empty. Ask the sender for the file again.")
        if look is not None:
            look(Path(temporary))
        target = path_of(digest.hexdigest())
        target.parent.mkdir(exist_ok=True, mode=0o700)
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return Kept(digest.hexdigest(), size)


def read_chunks(path: Path, size: int = 1 << 20) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


#: A file that has been arriving for a day is not arriving any more.
LEFT_OVER_SECONDS = 24 * 60 * 60


def sweep() -> int:
    """Remove what a crash left half written. Returns how many."""
    before = time.time() - LEFT_OVER_SECONDS
    leftovers = [path for path in Path(settings.FILES).glob("incoming-*") if path.stat().st_mtime < before]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)


def hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in read_chunks(path):
        digest.update(chunk)
    return digest.hexdigest()
