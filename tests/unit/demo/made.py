"""The files of one run, read back as anyone would read them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from lineofsight.demo.generation import Manifest
from lineofsight.demo.sheets import shipped

Row = dict[str, str]


class Made:
    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.folder = manifest.folder
        self.sheets = {sheet.name: sheet for sheet in shipped()}
        self.truth = {
            (row["agency"], row["system"], row["local_id"]): int(row["person"])
            for row in self.read(self.folder / "truth.csv", "utf-8")
        }

    def rows(self, name: str) -> list[Row]:
        sheet = self.sheets[name]
        return self.read(self.folder / sheet.path, sheet.encoding)

    @staticmethod
    def read(path: Path, encoding: str) -> list[Row]:
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    def every_cell(self) -> Iterator[tuple[str, str, str]]:
        for name in self.sheets:
            for row in self.rows(name):
                for column, value in row.items():
                    if value:
                        yield name, column, value
