"""Received files on disk: named by their content, private, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from lineofsight.catalogue.errors import Refused


@dataclass(frozen=True, slots=True)
class Kept:
    sha256: str
    size: int


def path_of(sha256: str) -> Path:
    return Path(settings.FILES) / sha256[:2] / sha256


def keep(chunks: Iterable[bytes], *, name: str) -> Kept:
    """Store the bytes under their hash. A file that is there already is left alone; a crash leaves at
    most a temporary file, which a later call sweeps away."""
    folder = Path(settings.FILES)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep()
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder, prefix="incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.LARGEST_FILE:
                    raise Refused(
                        f"{name} is larger than {settings.LARGEST_FILE // 1024 // 1024} MB. "
                        "Split it by period and send the parts."
                    )
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            raise Refused(f"{name} is empty. Ask the sender for the file again.")
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
