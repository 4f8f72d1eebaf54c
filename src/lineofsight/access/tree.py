"""The hash tree of RFC 6962, section 2.1, over plain values: no table, no clock, no key.

A leaf is SHA-256 of a zero byte and the data, a node SHA-256 of a one byte and its two halves. The left part
of a tree is always the largest full one that is smaller than the whole, so a tree that grows keeps every full
part it ever had. `complete(level, place)` is how a proof asks for such a part: the hash over the leaves
`place << level` up to `(place + 1) << level`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

Complete = Callable[[int, int], bytes]

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree to which leaves are added at the right: holds one hash for each full part, largest first."""

    def __init__(self, size: int = 0, parts: Sequence[bytes] = ()) -> None:
        self.size = size
        self.parts = list(parts)

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Adds a leaf hash. Returns the full parts that it completes, as (level, place, hash)."""
        completed = []
        part, place, level = leaf, self.size, 0
        while place & 1:
            part = node_hash(self.parts.pop(), part)
            place >>= 1
            level += 1
            completed.append((level, place, part))
        self.parts.append(part)
        self.size += 1
        return completed

    def root(self) -> bytes:
        return joined(self.parts)


def joined(parts: Sequence[bytes]) -> bytes:
    """The root over full parts that stand side by side, largest first."""
    if not parts:
        return EMPTY
    root = parts[-1]
    for part in reversed(parts[:-1]):
        root = node_hash(part, root)
    return root


def full_parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The full parts (level, place) that make up the leaves from `start` to before `end`, left to right.
    `start` must be where a part of that width begins, as it always is within a tree."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def root(size: int, complete: Complete) -> bytes:
    return span(0, size, complete)


def span(start: int, end: int, complete: Complete) -> bytes:
    return joined([complete(level, place) for level, place in full_parts(start, end)])


def largest_left(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


# --- proofs ---------------------------------------------------------------------------------------------


def inclusion(place: int, size: int, complete: Complete) -> list[bytes]:
    """PATH(m, D[n]): what is needed, beside the leaf itself, to reach the root of a tree of `size`."""
    if not 0 <= place < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {place}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + largest_left(end - start)
        if place < middle:
            path.append(span(middle, end, complete))
            end = middle
        else:
            path.append(span(start, middle, complete))
            start = middle
    return path[::-1]


def consistency(first: int, second: int, complete: Complete) -> list[bytes]:
    """PROOF(m, D[n]): that the tree of `first` leaves is the beginning of the tree of `second`."""
    if not 0 < first <= second:
        raise ValueError(f"a tree of {first} leaves is not the beginning of one of {second}")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + largest_left(end - start)
        if first <= middle:
            path.append(span(middle, end, complete))
            end = middle
        else:
            path.append(span(start, middle, complete))
            start, whole = middle, False
    if not whole:
        path.append(span(start, end, complete))
    return path[::-1]


def is_included(leaf: bytes, place: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2: does this path lead from the leaf to the root?"""
    if not 0 <= place < size:
        return False
    at, last, found = place, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_beginning(
    first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """RFC 9162, section 2.1.4.2: does this path show that the first tree is the beginning of the second?"""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
