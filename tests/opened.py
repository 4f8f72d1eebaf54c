"""Files opened in this very process, as the small process apart opens them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lineofsight.catalogue import formats
from lineofsight.catalogue.limits import limits
from lineofsight.records import reading
from lineofsight.records.tables import TableSource
from lineofsight.records.trees import Tree


def open_tables(path: Path, *, file_name: str, **other: int) -> Iterator[TableSource]:
    """`other` are limits to be laid over the shipped ones."""
    known = [Tree.of(spec) for spec in formats.trees()]
    return reading.open_tables(
        io.BytesIO(path.read_bytes()), file_name=file_name, limits=replace(limits(), **other), known=known
    )
