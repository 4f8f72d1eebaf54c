"""Signed heads: how many rows the ledger had, the root over them, and when; and copies of them elsewhere.

Whoever holds a head can prove later that the rows under it are the same, in the same order, and all there.
So a head is of use only outside the reach of those who could change the database: `copy_out` writes each to
a folder that should lie on another machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from lineofsight.access.models import LedgerHead
from lineofsight.catalogue.errors import Refused

#: In the folder of copies: every head, one a line, the eldest first; and each key that signed some.
COPIES = "heads.jsonl"
KEYS = "ledger-key-*.pem"
#: Far longer than a line is.
LONGEST_LINES = 16_384


@dataclass(frozen=True, slots=True)
class Head:
    size: int
    root: bytes
    at: datetime
    key: str
    signature: bytes

    def signed(self) -> bytes:
        """What the signature is over."""
        return f"lineofsight ledger head 1\n{self.size}\n{self.root.hex()}\n{moment(self.at)}\n".encode()

    def as_dict(self) -> dict[str, Any]:
        return {
            "size": self.size, "root": self.root.hex(), "at": moment(self.at), "key": self.key,
            "signature": self.signature.hex(),
        }  # fmt: skip

    def line(self) -> str:
        return json.dumps(self.as_dict())


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_dict(told: Any) -> Head:
    try:
        return Head(
            size=int(told["size"]),
            root=bytes.fromhex(told["root"]),
            at=datetime.fromisoformat(told["at"]),
            key=str(told["key"]),
            signature=bytes.fromhex(told["signature"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"This is not a head of the ledger: {str(told)[:80]}") from error


def head_of(row: LedgerHead) -> Head:
    return Head(row.size, bytes(row.root), row.at, row.key, bytes(row.signature))


def stored() -> list[Head]:
    """Every head the database has, the eldest first."""
    return [head_of(row) for row in LedgerHead.objects.order_by("id")]


def newest() -> Head | None:
    row = LedgerHead.objects.order_by("-id").first()
    return head_of(row) if row else None


# --- keys -----------------------------------------------------------------------------------------------


def signing_key() -> Ed25519PrivateKey:
    if not settings.LEDGER_KEY:
        raise Refused("Set LINEOFSIGHT_LEDGER_KEY: without it the heads of the ledger cannot be signed.")
    seed = HKDF(hashes.SHA256(), 32, salt=None, info=b"lineofsight ledger heads").derive(
        settings.LEDGER_KEY.encode()
    )
    return Ed25519PrivateKey.from_private_bytes(seed)


def name_of(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def read_key(text: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(text)
    except ValueError as error:
        raise Refused("This is not a public key of the ledger (a PEM file with an Ed25519 key).") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("This is not a public key of the ledger: it is of another kind than Ed25519.")
    return key


def known_keys(files: Iterable[Path] = ()) -> dict[str, Ed25519PublicKey]:
    """By name: those in the files, else our own and those beside the copies."""
    given = [read_key(path.read_bytes()) for path in files]
    if not given:
        given = [read_key(path.read_bytes()) for path in sorted(folder().glob(KEYS))]
        if settings.LEDGER_KEY:
            given.append(signing_key().public_key())
    return {name_of(key): key for key in given}


def sign(size: int, root: bytes, *, at: datetime) -> Head:
    key = signing_key()
    bare = Head(size, root, at, name_of(key.public_key()), b"")
    return Head(size, root, at, bare.key, key.sign(bare.signed()))


def is_signed(head: Head, keys: dict[str, Ed25519PublicKey]) -> bool:
    """By one of the keys we know."""
    key = keys.get(head.key)
    if key is None:
        return False
    try:
        key.verify(head.signature, head.signed())
    except InvalidSignature:
        return False
    return True


# --- copies ---------------------------------------------------------------------------------------------


def folder() -> Path:
    return Path(settings.LEDGER_HEADS)


def read_copies(path: Path) -> list[Head]:
    """Heads from a file, one a line or a single one as `lineofsight ledger head --json` gives it. A last line
    that was cut off while being written is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The heads in {path} cannot be read: {error}") from error
    with contextlib.suppress(ValueError):
        return [from_dict(json.loads(text))]
    lines = text.splitlines(keepends=True)
    return [from_dict(read_json(line)) for line in lines if line.endswith("\n") and line.strip()]


def read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"This is not a head of the ledger: {text[:80]}") from error


def copy_out(to: Path | None = None) -> int:
    """Every head that the copies lack, with the key to check it by. Returns how many were added."""
    place = to or folder()
    path = place / COPIES
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = signing_key().public_key()
        (place / KEYS.replace("*", name_of(key))).write_text(pem(key), encoding="utf-8")
        with private(path) as file:
            lines = [head_of(row).line() + "\n" for row in not_copied(path, last_line(file))]
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Refused(f"The heads of the ledger cannot be copied to {place}: {error.strerror}.") from error
    return len(lines)


def private(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return os.fdopen(handle, "r+b")


def last_line(file: BinaryIO) -> str:
    """The last whole line. The file ends after it from now on: what an interrupted writer left is taken away."""
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - LONGEST_LINES)
    file.seek(start)
    *whole, rest = file.read().split(b"\n")
    file.truncate(end - len(rest))
    file.seek(0, os.SEEK_END)
    return whole[-1].decode() if whole else ""


def not_copied(path: Path, last: str) -> Iterable[LedgerHead]:
    """After the last that was copied; when that is unknown here, as after a restore, all that are not among
    the copies."""
    rows = LedgerHead.objects.order_by("id")
    if not last:
        return rows
    head = from_dict(read_json(last))
    known = rows.filter(signature=head.signature).values_list("id", flat=True).last()
    if known is not None:
        return rows.filter(id__gt=known)
    copied = {one.signature for one in read_copies(path)}
    return [row for row in rows if bytes(row.signature) not in copied]
