"""The small process that opens files from outside: `python -m lineofsight.records.reader`, started by `apart`.

The task comes on standard input, answers go to standard output. Before the first byte of the file is looked at,
the process gives up all that it does not need.
"""

from __future__ import annotations

import codecs
import ctypes
import encodings.ascii
import encodings.cp437
import encodings.cp1252
import encodings.latin_1
import encodings.utf_8_sig
import encodings.utf_16
import encodings.utf_16_be
import encodings.utf_16_le
import encodings.utf_32
import fcntl
import json
import os
import re
import resource
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import python_calamine

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits
from lineofsight.records import reading
from lineofsight.records.tables import TableSource, cell_text
from lineofsight.records.trees import Tree

if TYPE_CHECKING:
    from lineofsight.records.page_words import Words

FILE, SPOOL = 3, 4
BATCH_ROWS, BATCH_LETTERS = 500, 1_000_000
#: Loaded now, because afterwards nothing can be loaded.
LOADED = (python_calamine, encodings)
ENCODINGS = (
    "ascii",
    "cp437",
    "cp1252",
    "latin-1",
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
)
#: In which the fonts of older PDF files count their letters.
OF_PDFS = ("mac-roman", "charmap", "cp1250", "cp1251", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")

#: What no database text can hold: the zero byte, and halves of letters outside the first plane.
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")

#: Rows are being found: the file is long, and not stuck.
AT_WORK = {"at work": True}

# Linux: sched.h.
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
# Linux: prctl.h.
_NO_NEW_PRIVILEGES, _NOT_DUMPABLE = 38, 4


def main() -> None:
    task = json.loads(sys.stdin.buffer.read())
    limits = Limits(**task["limits"])
    trees = [Tree.of(spec) for spec in task["trees"]]
    if task["words"]:
        # The library for PDF takes a while to load, so tables do without it.
        from lineofsight.records import page_words
    for encoding in ENCODINGS if not task["words"] else (*ENCODINGS, *OF_PDFS):
        codecs.lookup(encoding)
    keep_only(task["file"], task["spool"])
    with os.fdopen(FILE, "rb") as file, os.fdopen(SPOOL, "w+b") as spool:
        give_up(limits)
        try:
            if task["words"]:
                tell_words(page_words.open_words(file, file_name=task["file_name"], limits=limits))
            else:
                tell(file, spool, task["file_name"], limits, trees)
        except Refused as refusal:
            send({"refused": str(refusal)})
        except MemoryError:
            os._exit(3)


def keep_only(file: int, spool: int) -> None:
    """The file and the spool under the lowest numbers, and nothing else open."""
    held = [fcntl.fcntl(one, fcntl.F_DUPFD, 512) for one in (file, spool)]
    os.closerange(FILE, 512)
    for one, number in zip(held, (FILE, SPOOL), strict=True):
        os.dup2(one, number)
    os.closerange(SPOOL + 1, 1024)


def give_up(limits: Limits) -> None:
    """Network, further descriptors, memory, time: none can be taken back from here on."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    # Where user namespaces are closed this fails, and the limit of descriptors below still leaves no socket.
    libc.unshare(_NEW_USER | _NEW_NETWORK)
    memory = limits.memory_mib * MIB
    for what, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 4 * limits.tree_mib * MIB), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0),
        # All that are allowed are open: no file, no socket, no pipe can be had.
        (resource.RLIMIT_NOFILE, SPOOL + 1),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    sys.setrecursionlimit(400)


def tell(file: BinaryIO, spool: BinaryIO, file_name: str, limits: Limits, trees: list[Tree]) -> None:
    told = 0
    for source in reading.open_tables(
        file, file_name=file_name, limits=limits, known=trees, spool=spool, at_work=lambda: send(AT_WORK)
    ):
        told += 1
        if told > limits.tables:
            raise Refused(f"{file_name} has more than {limits.tables} tables. Send it in parts.")
        if len(source.headers) > limits.columns:
            raise Refused(
                f"{file_name} has a table of {len(source.headers):,} columns; the most is {limits.columns:,}."
            )
        send({"table": storable(source.name), "headers": [storable(header) for header in source.headers]})
        tell_rows(source)
        send({"notes": [storable(note) for note in source.notes[:100]]})
    send({"done": told})


def tell_words(words: Words) -> None:
    """What the file is, then its pages one by one, then what was odd about it."""
    from lineofsight.records.page_words import tidy

    send({"kind": words.kind, "paged": words.paged})
    for page in words.pages:
        send({"page": storable(tidy(page))})
    send({"notes": [storable(note) for note in words.notes[:100]]})


def tell_rows(source: TableSource) -> None:
    batch: list[tuple[int, list[str]]] = []
    letters = 0
    for number, cells in source.rows:
        row = [cell_text(cell) for cell in cells]
        joined = "".join(row)
        if NOT_STORABLE.search(joined):
            row = [storable(cell) for cell in row]
            note(source)
        batch.append((number, row))
        letters += len(joined)
        if len(batch) >= BATCH_ROWS or letters > BATCH_LETTERS:
            send({"rows": batch})
            batch, letters = [], 0
    if batch:
        send({"rows": batch})


def storable(text: str) -> str:
    return NOT_STORABLE.sub("", text)


def note(source: TableSource) -> None:
    words = "The file holds characters that stand for nothing (zero bytes, halves of a letter), which were taken out."
    if words not in source.notes:
        source.notes.append(words)


def send(answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
    out = sys.stdout.buffer
    out.write(len(body).to_bytes(4, "big"))
    out.write(body)
    out.flush()


if __name__ == "__main__":
    main()
