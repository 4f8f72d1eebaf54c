"""The hash tree against the vectors of the Certificate Transparency reference code (RFC 6962)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.access import tree

#: The leaves of the reference tests (google/certificate-transparency, merkletree tests; Apache 2.0).
DATA = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
LEAVES = [tree.leaf_hash(data) for data in DATA]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
#: (place counted from 1, size, path) and (first, second, path).
INCLUSION: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (3, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (2, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip


def part(level: int, place: int) -> bytes:
    """A full part, straight from the definition."""
    return by_definition(LEAVES_OF_MANY[place << level : (place + 1) << level])


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = by_definition(leaves[:middle]), by_definition(leaves[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


LEAVES_OF_MANY = LEAVES + [tree.leaf_hash(str(number).encode()) for number in range(300)]


def test_an_empty_tree_and_an_empty_leaf() -> None:
    assert tree.Growing().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.leaf_hash(b"").hex() == ROOTS[0]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size: int) -> None:
    growing = tree.Growing()
    for leaf in LEAVES[:size]:
        growing.add(leaf)
    assert growing.root().hex() == ROOTS[size - 1]
    assert tree.root(size, part).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("number", "size", "path"), INCLUSION)
def test_the_known_paths(number: int, size: int, path: list[str]) -> None:
    found = tree.inclusion(number - 1, size, part)
    assert [step.hex() for step in found] == path
    root = bytes.fromhex(ROOTS[size - 1])
    assert tree.is_included(LEAVES[number - 1], number - 1, size, found, root)


@pytest.mark.parametrize(("first", "second", "path"), CONSISTENCY)
def test_the_known_beginnings(first: int, second: int, path: list[str]) -> None:
    found = tree.consistency(first, second, part)
    assert [step.hex() for step in found] == path
    assert tree.is_beginning(
        first, second, bytes.fromhex(ROOTS[first - 1]), bytes.fromhex(ROOTS[second - 1]), found
    )


@given(st.integers(1, 300), st.data())
def test_a_tree_of_any_size_is_as_defined(size: int, data: st.DataObject) -> None:
    leaves = LEAVES_OF_MANY[:size]
    growing, completed = tree.Growing(), {}
    for leaf in leaves:
        completed |= {(level, place): found for level, place, found in growing.add(leaf)}
    root = by_definition(leaves)
    assert growing.root() == root
    assert all(found == part(level, place) for (level, place), found in completed.items())

    place = data.draw(st.integers(0, size - 1))
    path = tree.inclusion(place, size, part)
    assert tree.is_included(leaves[place], place, size, path, root)
    first = data.draw(st.integers(1, size))
    early = by_definition(leaves[:first])
    shown = tree.consistency(first, size, part)
    assert tree.is_beginning(first, size, early, root, shown)


@given(st.integers(2, 300), st.data())
def test_a_path_that_was_meddled_with_leads_nowhere(size: int, data: st.DataObject) -> None:
    root = by_definition(LEAVES_OF_MANY[:size])
    place = data.draw(st.integers(0, size - 1))
    leaf, path = LEAVES_OF_MANY[place], tree.inclusion(place, size, part)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != place))
    assert not tree.is_included(LEAVES_OF_MANY[other], place, size, path, root)
    assert not tree.is_included(leaf, place, size, path[:-1], root)
    assert not tree.is_included(leaf, place, size, [*path, root], root)
    assert not tree.is_included(leaf, size, size, path, root)
    first = data.draw(st.integers(1, size - 1))
    shown = tree.consistency(first, size, part)
    early = by_definition(LEAVES_OF_MANY[:first])
    assert not tree.is_beginning(first, size, by_definition(LEAVES_OF_MANY[1 : first + 1]), root, shown)
    assert not tree.is_beginning(first, size, early, early, shown)
    assert not tree.is_beginning(first, size, early, root, shown[:-1])
    assert not tree.is_beginning(first, size, early, root, [*shown, root])


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    with pytest.raises(ValueError, match="no leaf 8"):
        tree.inclusion(8, 8, part)
    with pytest.raises(ValueError, match="not the beginning"):
        tree.consistency(9, 8, part)
