"""Joins the latin and latin-ext web fonts of a weight into one TrueType file for documents."""

from __future__ import annotations

import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
SOURCE = HERE / "node_modules/@fontsource/atkinson-hyperlegible-next/files"
TARGET = HERE.parent / "src/lineofsight/ui/fonts"
WEIGHTS = {400: "Regular", 700: "Bold"}


def unpacked(weight: int, subset: str, folder: Path) -> str:
    font = TTFont(SOURCE / f"atkinson-hyperlegible-next-{subset}-{weight}-normal.woff2")
    font.flavor = None
    path = folder / f"{subset}.ttf"
    font.save(path)
    return str(path)


def named(font: TTFont, style: str, weight: int) -> None:
    """One family with a regular and a bold, so that a document finds both by name and weight."""
    family = "Atkinson Hyperlegible Next"
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in (0, 5, 13, 14)]
    for number, words in (
        (1, family), (2, style), (3, f"{family} {style}"), (4, f"{family} {style}"),
        (6, f"AtkinsonHyperlegibleNext-{style}"),
    ):  # fmt: skip
        names.setName(words, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    bold = weight >= 700
    font["OS/2"].fsSelection = 0x20 if bold else 0x40
    font["head"].macStyle = 1 if bold else 0


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for weight, style in WEIGHTS.items():
        with tempfile.TemporaryDirectory() as scratch:
            parts = [unpacked(weight, subset, Path(scratch)) for subset in ("latin", "latin-ext")]
            font = Merger().merge(parts)
            named(font, style, weight)
            font.save(TARGET / f"AtkinsonHyperlegibleNext-{style}.ttf")


if __name__ == "__main__":
    main()
