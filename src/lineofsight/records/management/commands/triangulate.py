"""`lineofsight triangulate`: read agencies' records beside one another, in the whole store or where it changed."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import CommandParser

from lineofsight.chronology import whole_store
from lineofsight.partners.commanding import actor_for, add_as
from lineofsight.records.feeds import feeds
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Find where agencies' records tell of one thing, lack what should follow, or differ."
    example = "lineofsight triangulate --all"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="everyone; else only those of whom something has changed since"
        )
        parser.add_argument(
            "--processes", type=int, default=min(2, os.cpu_count() or 1), metavar="NUMBER",
            help="how many work side by side with --all (default: up to 2)",
        )  # fmt: skip
        add_as(parser)

    def work(self, *args: Any, **options: Any) -> whole_store.Store:
        by = actor_for(options)
        if options["all"]:
            return whole_store.read_store(feeds=feeds(), by=by, processes=max(1, options["processes"]))
        return whole_store.read_changed(feeds=feeds(), by=by)
