"""`lineofsight reference`: the manual's reference pages, written or checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from lineofsight.catalogue.errors import Refused
from lineofsight.desk import reference
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Write the manual's reference pages from code and catalogue, or check that they are fresh."
    example = "lineofsight reference --check"
    needs_database = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; refuse when a page is stale")
        parser.add_argument(
            "--folder",
            default="",
            metavar="FOLDER",
            help="where the manual is (default: docs of this checkout)",
        )

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        folder = Path(options["folder"]) if options["folder"] else docs()
        fresh = reference.pages()
        stale = [name for name, words in fresh.items() if stored(folder / name) != words]
        if options["check"] and stale:
            raise Refused(f"Not as the code is now: {', '.join(stale)}. Run: lineofsight reference")
        for name in stale:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh[name], encoding="utf-8")
        return {"folder": str(folder), "pages": len(fresh), "written": stale}

    def present(self, result: dict[str, Any]) -> None:
        written = result["written"]
        self.say(f"Written: {', '.join(written)}." if written else f"All {result['pages']} pages are fresh.")


def docs() -> Path:
    """The manual beside the source; an installed package has none."""
    checkout = Path(__file__).resolve().parents[5]
    if not (checkout / "pyproject.toml").is_file():
        raise Refused("This is not a checkout of the source. Say where the manual is with --folder.")
    return checkout / "docs"


def stored(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
