"""Looking into an archive before anything of it is unpacked: what it is, how large, and what does not belong.

A workbook, a Word document and a set of tables are all archives. What would fill a disk, leave the folder, run
a program or hide a second file is refused in words; nothing is ever written to disk.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from typing import BinaryIO

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits

DOCUMENT = "Add it to the child's record as a document; its words are kept, but no rows can be read from it."
_CHUNK = 1 << 16
#: Parts of a workbook or document that hold program code, or what starts some.
_PROGRAMS = (
    "vbaproject.bin",
    "vbadata.xml",
    "activex",
    "macrosheets/",
    "dialogsheets/",
    "basic/",
    "scripts/",
)
_TABLES = (".csv", ".tsv", ".txt")
_SKIPPED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def open_archive(file: BinaryIO, file_name: str, limits: Limits) -> zipfile.ZipFile:
    """The archive, checked whole: its size unpacked, its names, its programs."""
    try:
        archive = zipfile.ZipFile(file)
        _check_ends(file, archive, file_name)
        _check_names(archive, file_name, limits)
        _check_sizes(archive, file_name, limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        if "password" in str(error) or "encrypted" in str(error):
            raise locked(file_name) from error
        raise Refused(
            f"{file_name} is damaged and cannot be opened. Ask the sender to send it again."
        ) from error
    return archive


def kind_of(archive: zipfile.ZipFile, file_name: str) -> str:
    """xlsx, ods, docx or tables (an archive of CSV files)."""
    names = set(archive.namelist())
    kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    if "opendocument" in kind and "manifest:encryption-data" in _manifest(archive, names):
        raise locked(file_name)
    if "word/document.xml" in names:
        return "docx"
    if "opendocument.text" in kind:
        raise Refused(
            f"{file_name} is an OpenDocument text. If it holds a chronology, save it as Word (docx) and send that. "
            f"{DOCUMENT}"
        )
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "opendocument.spreadsheet" in kind:
        return "ods"
    if tables_in(archive):
        return "tables"
    raise Refused(f"{file_name} is an archive without a table in it. Unpack it and send the files inside.")


def tables_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        item
        for item in archive.infolist()
        if item.filename.lower().endswith(_TABLES) and not _is_skipped(item)
    ]


def others_in(archive: zipfile.ZipFile) -> list[str]:
    """Files of an archive of tables that are not read."""
    taken = {item.filename for item in tables_in(archive)}
    return [item.filename for item in archive.infolist()
            if item.filename not in taken and not item.is_dir() and not _is_skipped(item)]  # fmt: skip


def _is_skipped(item: zipfile.ZipInfo) -> bool:
    return any(part in item.filename for part in _SKIPPED)


def _check_ends(file: BinaryIO, archive: zipfile.ZipFile, file_name: str) -> None:
    """The archive is the whole file: one that begins or ends as something else may be read as that elsewhere."""
    size = file.seek(0, io.SEEK_END)
    starts = min((item.header_offset for item in archive.infolist()), default=0)
    end = (
        archive.start_dir
        + sum(_directory_entry(item) for item in archive.infolist())
        + 22
        + len(archive.comment)
    )
    # A large archive has 76 bytes more at its end.
    if starts or size - end not in (0, 76):
        raise Refused(
            f"{file_name} is two files in one: an archive with something else before or behind it. "
            "Open it where it was made, save it again, and send that."
        )


def _directory_entry(item: zipfile.ZipInfo) -> int:
    name = item.orig_filename.encode("utf-8" if item.flag_bits & 0x800 else "cp437")
    return 46 + len(name) + len(item.extra) + len(item.comment)


def _check_names(archive: zipfile.ZipFile, file_name: str, limits: Limits) -> None:
    items = archive.infolist()
    if len(items) > limits.entries:
        raise Refused(
            f"{file_name} holds {len(items):,} files; the most is {limits.entries:,}. Send it in parts."
        )
    if len({item.filename for item in items}) != len(items):
        raise Refused(f"{file_name} holds two files of one name, so nobody can tell which is meant.")
    for item in items:
        name = item.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise Refused(
                f"{file_name} holds a file that would be written outside its folder ({name[:60]}). "
                "No program of an agency makes such an archive: ask the sender what happened."
            )
        if stat.S_ISLNK(item.external_attr >> 16):
            raise Refused(
                f"{file_name} holds a link instead of a file. Ask the sender for the files themselves."
            )
        if item.flag_bits & 0x1:
            raise locked(file_name)
        if any(part in name.lower() for part in _PROGRAMS):
            raise Refused(
                f"{file_name} holds a program (a macro). Save it as a workbook or document without macros "
                "(XLSX, DOCX) or as CSV, and send that."
            )
        if name.lower().endswith((".zip", ".7z", ".rar", ".gz", ".xz", ".bz2")):
            raise Refused(
                f"{file_name} holds another archive ({name[:60]}). Unpack it and send the files inside."
            )


def _check_sizes(archive: zipfile.ZipFile, file_name: str, limits: Limits) -> None:
    """Unpacks every part into nothing, because the sizes that an archive states may be untrue."""
    total, most = 0, limits.unpacked_mib * MIB
    packed = 0
    stated = sum(item.file_size for item in archive.infolist())
    if stated > most:
        raise _too_large(file_name, limits)
    for item in archive.infolist():
        packed += item.compress_size
        size = 0
        with archive.open(item) as part:
            while chunk := part.read(_CHUNK):
                size += len(chunk)
                if total + size > most:
                    raise _too_large(file_name, limits)
        total += size
        if size > MIB and size > limits.ratio * max(1, item.compress_size):
            raise _too_packed(file_name, limits)
    if total > MIB and total > limits.ratio * max(1, packed):
        raise _too_packed(file_name, limits)


def _too_large(file_name: str, limits: Limits) -> Refused:
    return Refused(
        f"{file_name} unfolds to more than {limits.unpacked_mib} MiB, which is too large to read. Ask for it in parts."
    )


def _too_packed(file_name: str, limits: Limits) -> Refused:
    return Refused(
        f"{file_name} unfolds to more than {limits.ratio} times its size, as no true table does. "
        "Ask the sender to save it again as CSV."
    )


def locked(file_name: str) -> Refused:
    return Refused(
        f"{file_name} is protected by a password, so it cannot be read. Save a copy without the "
        "password and send that by your secure route."
    )


def _manifest(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "META-INF/manifest.xml" not in names:
        return ""
    with archive.open("META-INF/manifest.xml") as part:
        return part.read(1_000_000).decode("utf-8", "replace")
