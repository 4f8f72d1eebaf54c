"""Who a command acts for: the operator of the machine, or a worker named with `--as`."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from lineofsight.access.actor import Actor
from lineofsight.catalogue.errors import Refused
from lineofsight.partners.queries import worker_by_email


def add_as(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as", dest="as_worker", metavar="EMAIL", default="",
        help="act as this worker, with what they may see and do (default: the operator of this machine)",
    )  # fmt: skip


def actor_for(options: dict[str, Any]) -> Actor:
    email = options.get("as_worker") or ""
    return worker_by_email(email).actor() if email else Actor.operator()


def day(text: str) -> date | None:
    """A day from the command line: 2026-05-03 or 3/5/2026. Empty means none."""
    if not text:
        return None
    try:
        if "/" in text:
            d, m, y = (int(part) for part in text.split("/"))
            return date(y, m, d)
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text}” is not a day. Write it as 2026-05-03 or 3/5/2026.") from None
