"""Rows out of XML and JSON, as a format's `tree` and its tables' `rows` say.

A tree is a list of tables, each with a path from the root to the elements that are its rows, and for each column
the paths from a row to what fills it:

    A/B            a child, and its child; several are joined
    ^Details/A/B   from the nearest ancestor called Details
    ^/A/B          from the record that the row lies in
    ^^/A/B         from the root of the file
    A[use=home]/B  only where the element's own `use` says home
    .              the element itself

XML is read as a stream, one record after the other, so memory stays flat. A document type declaration is refused
before anything of it is read, so no entity is ever expanded and no other file or address is looked at.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, Limits

_CHUNK = 1 << 16
_ELEMENT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*[\s/>]")
_STEP = re.compile(r"([^\[\]]+)(?:\[([^=\]]+)=([^\]]*)\])?")
#: Unknown names told at the most; a hostile file has a million.
_TOLD = 40
#: Several values of one cell.
JOINED = "; "

Step = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Path:
    """`up` names the ancestor to start from: None is the row itself, '' the record, '^' the root."""

    up: str | None
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, text: str) -> Path:
        up = None
        if text.startswith("^"):
            up, _, text = text[1:].partition("/")
        return cls(up, steps_of(text))


def steps_of(text: str) -> tuple[Step, ...]:
    found: list[Step] = []
    for part in re.findall(r"[^/\[\]]+(?:\[[^\]]*\])?", text):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(f"{text!r} is not a path")
        found.append((match[1], match[2] or "", match[3] or ""))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ColumnPath:
    name: str
    paths: tuple[Path, ...]
    joined: str


@dataclass(frozen=True, slots=True)
class TreeTable:
    name: str
    rows: tuple[Step, ...]
    columns: tuple[ColumnPath, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """`root` is the XML root element, or the JSON keys or kinds of resource of which one must be there. `records`
    are paths of the elements that are worked through one at a time; the rows of tables lie in them. `past` is left
    out on purpose."""

    format: str
    kind: str
    root: tuple[str, ...]
    records: tuple[tuple[Step, ...], ...]
    past: frozenset[tuple[str, ...]]
    tables: tuple[TreeTable, ...]

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Tree:
        """From the plain values of `Format.tree_spec`."""
        return cls(
            spec["format"], spec["kind"], tuple(spec["root"]),
            tuple(steps_of(path) for path in spec["records"]),
            frozenset(_names(steps_of(path)) for path in spec["past"]),
            tuple(
                TreeTable(
                    one["name"], steps_of(one["rows"]),
                    tuple(ColumnPath(name, tuple(Path.of(p) for p in paths), joined or JOINED)
                          for name, paths, joined in one["columns"]),
                )
                for one in spec["tables"]
            ),
        )  # fmt: skip


@dataclass(slots=True)
class Node:
    """An element with its text and children; `parent` leads up."""

    name: str
    parent: Node | None
    line: int
    text: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def words(self) -> str:
        return "".join(self.text).strip()

    def find(self, steps: tuple[Step, ...]) -> list[Node]:
        found = [self]
        for name, key, value in steps:
            if name != ".":
                found = [child for node in found for child in node.children if child.name == name]
            if key:
                found = [n for n in found if any(c.name == key and c.words() == value for c in n.children)]
        return found

    def up(self, name: str) -> Node | None:
        node: Node | None = self
        while node is not None and node.name != name:
            node = node.parent
        return node


def row_of(node: Node, record: Node, table: TreeTable) -> list[str]:
    cells = []
    for column in table.columns:
        text = ""
        for path in column.paths:
            start = start_of(path, node, record)
            found = start.find(path.steps) if start is not None else []
            text = column.joined.join(dict.fromkeys(words for one in found if (words := one.words())))
            if text:
                break
        cells.append(text)
    return cells


def start_of(path: Path, node: Node, record: Node) -> Node | None:
    if path.up is None:
        return node
    if path.up == "^":
        while node.parent is not None:
            node = node.parent
        return node
    return node.up(path.up) if path.up else record


Emit = Callable[[int, int, list[str]], None]
"""Called with the place of the table, the line or number of the row, its cells."""


# XML


def read_xml(
    file: BinaryIO, trees: list[Tree], file_name: str, limits: Limits, emit: Emit
) -> tuple[Tree, list[str]]:
    """Emits every row of the tree that fits; returns it, and what was odd."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > limits.tree_mib * MIB:
        raise Refused(f"{file_name} is an XML file of more than {limits.tree_mib} MiB. Ask for it in parts.")
    reader = _XmlReader(trees, file_name, limits, emit)
    reader.read(file)
    assert reader.tree is not None
    return reader.tree, reader.notes()


class _XmlReader:
    """Keeps the open elements and the record under way; drops a record once its rows are told."""

    def __init__(self, trees: list[Tree], file_name: str, limits: Limits, emit: Emit) -> None:
        self.trees, self.file_name, self.limits, self.emit = trees, file_name, limits, emit
        self.tree: Tree | None = None
        self.known: frozenset[tuple[str, ...]] = frozenset()
        self.records: set[tuple[str, ...]] = set()
        self.past: frozenset[tuple[str, ...]] = frozenset()
        self.path: list[str] = []
        self.node: Node | None = None
        self.unknown, self.stray = Counter[str](), Counter[str]()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.ExternalEntityRefHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def read(self, file: BinaryIO) -> None:
        try:
            while chunk := file.read(_CHUNK):
                self.parser.Parse(chunk, False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Refused(
                f"{self.file_name} is not well-formed XML (line {error.lineno}: {expat.ErrorString(error.code)}). "
                "It may have been cut off on the way: ask the sender to export it again."
            ) from error
        except (LookupError, UnicodeError) as error:
            raise Refused(
                f"{self.file_name} says that it is written in an encoding that is not known. Ask for UTF-8."
            ) from error

    def _doctype(self, *_: Any) -> int:
        raise Refused(
            f"{self.file_name} carries a document type declaration (DTD), by which XML files do harm. "
            "Ask the sender for the file without it."
        )

    def _start(self, name: str, attributes: Any) -> None:
        name = name.rpartition(" ")[2]
        self.path.append(name)
        if len(self.path) > self.limits.depth:
            raise Refused(
                f"{self.file_name} is nested more than {self.limits.depth} levels deep, as no return is."
            )
        if self.tree is None:
            self.tree = next((tree for tree in self.trees if name in tree.root), None)
            if self.tree is None:
                raise Refused(
                    f"{self.file_name} is an XML file that nobody here knows (it begins with “{name[:40]}”). "
                    "Ask the sender for the same data as CSV or XLSX tables."
                )
            self.known = _known(self.tree)
            self.past = self.tree.past
            self.records = {tuple(step[0] for step in path) for path in self.tree.records}
        elif tuple(self.path[1:]) not in self.known:
            self._pass_over(name)
        node = Node(name, self.node, self.parser.CurrentLineNumber)
        # What no map knows is not kept, so memory stays flat however much of it there is.
        if self.node is not None and tuple(self.path[1:]) in self.known:
            self.node.children.append(node)
        self.node = node

    def _pass_over(self, name: str) -> None:
        """Told once, at the outermost element that no map knows."""
        path = tuple(self.path[1:])
        above = path[:-1]
        if path not in self.past and (not above or above in self.known):
            self._count(self.unknown, name)

    def _end(self, name: str) -> None:
        assert self.tree is not None and self.node is not None
        done = self.node
        if done.children and done.words():
            self._count(self.stray, done.words()[:40])
        if tuple(self.path[1:]) in self.records:
            tell(self.tree, done, self.emit)
            if done.parent is not None:
                done.parent.children.remove(done)
        self.path.pop()
        self.node = done.parent

    def _text(self, data: str) -> None:
        if self.node is not None:
            self.node.text.append(data)

    def _count(self, counter: Counter[str], name: str) -> None:
        if name in counter or len(counter) < _TOLD:
            counter[name] += 1

    def notes(self) -> list[str]:
        found = []
        if self.unknown:
            words = ", ".join(f"{name} ({count:,})" for name, count in self.unknown.most_common())
            found.append(f"Elements that no map knows, left out: {words}.")
        if self.stray:
            words = ", ".join(f"“{text}” ({count:,})" for text, count in self.stray.most_common())
            found.append(
                f"Words between elements, where none belong: {words}. The sender’s system should be asked."
            )
        return found


def tell(tree: Tree, record: Node, emit: Emit) -> None:
    """The rows of every table that lie in one record."""
    for place, table in enumerate(tree.tables):
        for row in record.find(table.rows):
            emit(place, row.line, row_of(row, record, table))


def _known(tree: Tree) -> frozenset[tuple[str, ...]]:
    """Every path below the root that some row or column leads along."""
    found: set[tuple[str, ...]] = set()
    for record in (_names(path) for path in tree.records):
        for table in tree.tables:
            row = record + _names(table.rows)
            _along(found, row, table.rows)
            for column in table.columns:
                for path in column.paths:
                    start = row if path.up is None else record
                    if path.up and path.up in row:
                        start = row[: row.index(path.up) + 1]
                    _along(found, start + _names(path.steps), path.steps)
    return frozenset(found)


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(name for name, _, _ in steps if name != ".")


def _along(found: set[tuple[str, ...]], whole: tuple[str, ...], steps: tuple[Step, ...]) -> None:
    found.update(whole[:n] for n in range(1, len(whole) + 1))
    found.update(
        (*whole[: len(whole) - len(steps) + n], key) for n, (_, key, _) in enumerate(steps, 1) if key
    )


# JSON


def read_json(
    file: BinaryIO, trees: list[Tree], file_name: str, limits: Limits, emit: Emit
) -> tuple[Tree, list[str]]:
    content = load_json(file, file_name, limits)
    top = content if isinstance(content, list) else [content]
    keys = {key for one in top[:50] if isinstance(one, dict) for key in one}
    kinds = {str(one.get("resourceType")) for one in top[:50] if isinstance(one, dict)}
    tree = next((tree for tree in trees if set(tree.root) & (keys | kinds)), None)
    if tree is None:
        raise Refused(
            f"{file_name} is a JSON file that nobody here knows. Ask the sender for the same data as CSV or XLSX tables."
        )
    counter = 0
    for one in top:
        root = Node("", None, counter)
        _grow(root, one, limits.depth, file_name)
        # A page of results holds its records; a single record is the file itself.
        for record in next((found for path in tree.records if (found := root.find(path))), []):
            counter += 1
            _number(record, counter)
            tell(tree, record, emit)
    return tree, [] if counter else [f"{file_name} holds no record."]


def load_json(file: BinaryIO, file_name: str, limits: Limits) -> Any:
    """Numbers stay as they were written."""
    data = file.read(limits.tree_mib * MIB // 2 + 1)
    if len(data) > limits.tree_mib * MIB // 2:
        raise Refused(
            f"{file_name} is a JSON file of more than {limits.tree_mib // 2} MiB. Ask for it in parts."
        )
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused(
            f"{file_name} is not readable JSON{where}. It may have been cut off on the way: "
            "ask the sender to export it again."
        ) from error


def _number(node: Node, number: int) -> None:
    """JSON has no lines that a person could look up, so a row's number is that of its record."""
    node.line = number
    for child in node.children:
        child.line = number
        _number(child, number)


def _grow(node: Node, content: Any, depth: int, file_name: str) -> None:
    """Keys become children; a list gives several children of one name."""
    if depth < 0:
        raise Refused(f"{file_name} is nested deeper than any record is.")
    if isinstance(content, dict):
        for key, value in content.items():
            for item in value if isinstance(value, list) else [value]:
                child = Node(key, node, 0)
                node.children.append(child)
                _grow(child, item, depth - 1, file_name)
    elif isinstance(content, list):
        for item in content:
            _grow(node, item, depth - 1, file_name)
    elif content is not None:
        node.text.append(("yes" if content else "no") if isinstance(content, bool) else str(content))


def looks_like(head: bytes) -> str:
    """xml, json or '' by the first bytes."""
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")[:200].replace(b"\x00", b"")
    if start.startswith((b"<?xml", b"<!DOCTYPE", b"<!--")) or re.match(
        rb"<(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*[\s/>]", start
    ):
        return "xml"
    return "json" if start.startswith((b"{", b"[")) else ""


def tables_of(tree: Tree) -> Iterator[tuple[int, str, list[str]]]:
    for place, table in enumerate(tree.tables):
        yield place, table.name, [column.name for column in table.columns]
