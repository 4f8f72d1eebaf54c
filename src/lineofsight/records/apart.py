"""Files from outside are opened by a small process apart, which can do nothing but read them.

It has little memory, little time, no network, no descriptor beyond the file, its spool and its answer, and knows
neither the database nor any secret. Whatever happens to it, the file is refused in words and this process goes on.
Answers are length and JSON, so nothing that it sends can be more than text.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineofsight.catalogue import formats
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits, limits
from lineofsight.records.tables import TableSource

#: No single answer of the reader is larger: a batch of rows ends well below it.
LARGEST_ANSWER = 64 * MIB
READER = "lineofsight.records.reader"


def open_tables(path: Path, *, file_name: str, most: Limits | None = None) -> Iterator[TableSource]:
    """As `reading.open_tables`, with every cell as text. Leaving early ends the process too."""
    most = most or limits()
    with _Process(path, file_name, most) as process:
        yield from process.tables()


@dataclass(frozen=True, slots=True)
class Words:
    """A document's text. `kind`: pdf, docx or text. `paged`: the file itself says where its pages begin."""

    kind: str
    pages: tuple[str, ...]
    paged: bool
    notes: tuple[str, ...]


def read_words(path: Path, *, file_name: str, most: Limits | None = None) -> Words:
    """As `page_words.open_words`, with all pages read."""
    most = most or limits()
    with _Process(path, file_name, most, words=True) as process:
        return process.words()


class _Process:
    def __init__(self, path: Path, file_name: str, most: Limits, *, words: bool = False) -> None:
        self.path, self.file_name, self.most, self.of_words = path, file_name, most, words
        # A table may be as long as it likes while rows come; somebody waits for the words of a document.
        self.end = time.monotonic() + most.words_seconds if words else math.inf
        self.advice = (
            "Print it to a PDF, or send it in parts." if words else "Ask for it as CSV, or in parts."
        )
        self.buffer = bytearray()

    def __enter__(self) -> _Process:
        self.spool = tempfile.TemporaryFile(dir=_spool_folder())
        self.file = self.path.open("rb")
        task = {"words": self.of_words, "file_name": self.file_name, "limits": asdict(self.most), "trees": formats.trees(),
                "file": self.file.fileno(), "spool": self.spool.fileno()}  # fmt: skip
        self.process = subprocess.Popen(  # noqa: S603 (our own reader, no shell)
            [sys.executable, "-I", "-X", "utf8", "-m", READER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pass_fds=(self.file.fileno(), self.spool.fileno()), cwd="/", env=_surroundings(), start_new_session=True,
        )  # fmt: skip
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(task).encode())
            self.process.stdin.close()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.selector.close()
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.file.close()
        self.spool.close()

    def tables(self) -> Iterator[TableSource]:
        while (answer := self._answer()) is not None:
            if "table" in answer:
                source = TableSource(str(answer["table"]), [str(h) for h in answer["headers"]], iter(()))
                source.rows = self._rows(source)
                yield source
            elif "done" in answer:
                return
        raise self._broke_off()

    def words(self) -> Words:
        kind, paged, pages = "", False, list[str]()
        while (answer := self._answer()) is not None:
            if "kind" in answer:
                kind, paged = str(answer["kind"]), bool(answer["paged"])
            elif "page" in answer:
                pages.append(str(answer["page"]))
            elif "notes" in answer:
                return Words(kind, tuple(pages), paged, tuple(str(note) for note in answer["notes"]))
        raise self._broke_off()

    def _rows(self, source: TableSource) -> Iterator[tuple[int, list[Any]]]:
        while (answer := self._answer()) is not None:
            if "rows" in answer:
                yield from answer["rows"]
            if "notes" in answer:
                source.notes[:] = answer["notes"]
                return
        raise self._broke_off()

    def _answer(self) -> dict[str, Any] | None:
        """The next answer; None when the process has ended without one. That it is still finding rows is an answer
        to the clock alone."""
        while (answer := self._next()) is not None and "at work" in answer:
            pass
        return answer

    def _next(self) -> dict[str, Any] | None:
        head = self._read(4)
        if head is None:
            return None
        size = int.from_bytes(head, "big")
        if size > LARGEST_ANSWER:
            raise self._broke_off()
        body = self._read(size)
        if body is None:
            return None
        answer: dict[str, Any] = json.loads(body)
        if "refused" in answer:
            raise Refused(str(answer["refused"]))
        return answer

    def _read(self, size: int) -> bytes | None:
        assert self.process.stdout is not None
        until = min(time.monotonic() + self.most.seconds, self.end)
        while len(self.buffer) < size:
            left = until - time.monotonic()
            if left <= 0 or not self.selector.select(left):
                raise Refused(
                    f"{self.file_name} takes too long to read: nothing came out of it for {self.most.seconds} seconds. "
                    f"{self.advice}"
                    if time.monotonic() < self.end
                    else f"{self.file_name} takes more than {self.most.words_seconds} seconds to read. {self.advice}"
                )
            data = os.read(self.process.stdout.fileno(), MIB)
            if not data:
                return None
            self.buffer += data
        found = bytes(self.buffer[:size])
        del self.buffer[:size]
        return found

    def _broke_off(self) -> Refused:
        return Refused(
            f"{self.file_name} cannot be read with the memory and time that one file is given "
            f"({self.most.memory_mib} MiB). {self.advice}"
        )


def _surroundings() -> dict[str, str]:
    """What the interpreter needs to start, and no secret."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _spool_folder() -> str:
    """Rows that wait their turn are about children, so they lie with the received files and not in a shared folder."""
    from django.conf import settings

    folder = Path(settings.FILES)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(folder)
