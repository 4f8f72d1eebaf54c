"""Proofs from the ledger, and their check. The check needs no database: a file and a public key are enough."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from lineofsight.access import encoding, heads, tree
from lineofsight.access.sealing import STORED_LEVEL
from lineofsight.catalogue.errors import NotFound, Refused

BLOCK = 1 << STORED_LEVEL


class Stored:
    """The stored tree, asked for its full parts. Small ones are made from the 256 leaves they lie among."""

    def __init__(self) -> None:
        self._blocks: dict[int, list[bytes]] = {}

    def complete(self, level: int, place: int) -> bytes:
        if level >= STORED_LEVEL:
            return self._ask_one(
                "SELECT hash FROM access_ledgernode WHERE level = %s AND place = %s", [level, place]
            )
        start = place << level
        leaves = self._block(start // BLOCK)[start % BLOCK : start % BLOCK + (1 << level)]
        if len(leaves) < 1 << level:
            raise Refused("The tree of the ledger is not whole. Run: lineofsight ledger verify")
        growing = tree.Growing()
        for leaf in leaves:
            growing.add(leaf)
        return growing.root()

    def _block(self, number: int) -> list[bytes]:
        if number not in self._blocks:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT hash FROM access_ledgerleaf WHERE place >= %s AND place < %s ORDER BY place",
                    [number * BLOCK, (number + 1) * BLOCK],
                )
                self._blocks[number] = [leaf for (leaf,) in cursor.fetchall()]
        return self._blocks[number]

    def _ask_one(self, question: str, values: list[Any]) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(question, values)
            found = cursor.fetchone()
        if found is None:
            raise Refused("The tree of the ledger is not whole. Run: lineofsight ledger verify")
        return bytes(found[0])


def prove_row(row: int, head: heads.Head) -> dict[str, Any]:
    """That this row, word for word, is one of those under the head."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.place, {encoding.COLUMNS} FROM access_ledgerrow r"  # noqa: S608 (constant names)
            " JOIN access_ledgerleaf l ON l.row_id = r.id WHERE r.id = %s",
            [row],
        )
        found = cursor.fetchone()
    if found is None or found[0] >= head.size:
        raise NotFound(f"Row {row} is not under the head over {head.size} rows. Give a later head.")
    place, *values = found
    return {
        "proof": "lineofsight ledger row 1",
        "row": encoding.encode(tuple(values)).decode(),
        "place": place,
        "path": [step.hex() for step in tree.inclusion(place, head.size, Stored().complete)],
        "head": head.as_dict(),
    }


def prove_beginning(first: heads.Head, second: heads.Head) -> dict[str, Any]:
    """That the rows under the first head are the first of those under the second."""
    if not 0 < first.size <= second.size:
        raise Refused("The first head must have rows, and no more than the second.")
    return {
        "proof": "lineofsight ledger beginning 1",
        "path": [step.hex() for step in tree.consistency(first.size, second.size, Stored().complete)],
        "first": first.as_dict(),
        "second": second.as_dict(),
    }


# --- without a database ---------------------------------------------------------------------------------


def check(proof: Any, keys: dict[str, Ed25519PublicKey]) -> list[str]:
    """What is wrong with a proof; nothing when it holds."""
    match proof:
        case {"proof": "lineofsight ledger row 1", "row": str(), "place": int(), "path": [*_], "head": _}:
            return check_row(proof, keys)
        case {"proof": "lineofsight ledger beginning 1", "path": [*_], "first": _, "second": _}:
            return check_beginning(proof, keys)
    raise Refused("This is not a proof of the ledger. `lineofsight ledger prove --json` writes one.")


def check_row(proof: dict[str, Any], keys: dict[str, Ed25519PublicKey]) -> list[str]:
    head, path = heads.from_dict(proof["head"]), steps(proof)
    wrong = unsigned(head, keys)
    leaf = tree.leaf_hash(proof["row"].encode())
    if not tree.is_included(leaf, proof["place"], head.size, path, head.root):
        wrong.append(f"The row does not stand at place {proof['place']} under this head.")
    return wrong


def check_beginning(proof: dict[str, Any], keys: dict[str, Ed25519PublicKey]) -> list[str]:
    first, second = heads.from_dict(proof["first"]), heads.from_dict(proof["second"])
    wrong = unsigned(first, keys) + unsigned(second, keys)
    if not tree.is_beginning(first.size, second.size, first.root, second.root, steps(proof)):
        wrong.append("The rows under the first head are not the beginning of those under the second.")
    return wrong


def steps(proof: dict[str, Any]) -> list[bytes]:
    try:
        return [bytes.fromhex(step) for step in proof["path"]]
    except (TypeError, ValueError) as error:
        raise Refused("This proof cannot be read: a step of its path is no hash.") from error


def unsigned(head: heads.Head, keys: dict[str, Ed25519PublicKey]) -> list[str]:
    if head.key not in keys:
        return [f"The head over {head.size} rows is signed with a key that we do not have: {head.key}."]
    if not heads.is_signed(head, keys):
        return [f"The signature on the head over {head.size} rows does not fit."]
    return []


def read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused("This is not a proof of the ledger: it is no JSON.") from error


def check_rows(
    lines: Iterable[bytes], given: Sequence[heads.Head], keys: dict[str, Ed25519PublicKey]
) -> tuple[int, list[str]]:
    """Rows as `lineofsight ledger export --rows` writes them, against heads: how many, and what is wrong."""
    wrong = [words for head in given for words in unsigned(head, keys)]
    due: dict[int, list[heads.Head]] = {}
    for head in given:
        due.setdefault(head.size, []).append(head)
    growing, fits_to = tree.Growing(), 0
    for line in lines:
        growing.add(tree.leaf_hash(line.rstrip(b"\n")))
        for head in due.pop(growing.size, ()):
            if head.root != growing.root():
                wrong.append(
                    f"Rows {fits_to + 1:,} to {head.size:,} of the file are not those under the head"
                    f" of {heads.moment(head.at)}."
                )
                return growing.size, wrong
            fits_to = head.size
    wrong += [f"The file ends before row {size:,}, which a head counts." for size in sorted(due) if size]
    return growing.size, wrong


def export_rows() -> Iterator[bytes]:
    """Every sealed row in the order of the tree, as the bytes that its leaf is the hash of, one a line."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {encoding.COLUMNS} FROM access_ledgerleaf l"  # noqa: S608 (constant names)
            " JOIN access_ledgerrow r ON r.id = l.row_id ORDER BY l.place"
        )
        for row in cursor:
            yield encoding.encode(row) + b"\n"
