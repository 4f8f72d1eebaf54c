"""What every measurement stands on: a data folder and databases of its own, a clock, and where results go.

The folder is `build/bench` unless LINEOFSIGHT_DATA names another, so no demo or live data is touched. The
server keeps its durable settings: a commit is on disk before it is counted.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


@contextmanager
def server() -> Iterator[None]:
    """Django set up on the embedded server of the bench's own folder; switched off by the last to leave."""
    os.environ.setdefault("LINEOFSIGHT_DATA", str(ROOT / "build" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lineofsight.config.settings")
    if os.environ.get("DATABASE_URL"):
        raise SystemExit("The bench makes and empties databases, so it does not run with DATABASE_URL set.")
    import django

    from lineofsight.config import environment
    from lineofsight.config.postgres import Server

    embedded = Server(environment.data_folder())
    embedded.start()
    try:
        django.setup()
        yield
    finally:
        let_go()
        embedded.leave()


def let_go() -> None:
    """No connection of ours stays open, pooled ones included."""
    from django.db import connections

    connection: Any = connections["default"]
    connection.close()
    connection.close_pool()


def use(name: str) -> None:
    """Work in the database `name`, made with this version's tables and the standard agencies if missing."""
    from django.core.management import call_command
    from django.db import connections

    from lineofsight.access.actor import Actor
    from lineofsight.partners import services as partners

    connection: Any = connections["default"]
    let_go()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}"')
    let_go()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0, interactive=False)
    by = Actor.operator()
    for agency in partners.found_partnership(by=by):
        if not agency.agreements.exists():
            # Without an agreement in force nothing comes in from an agency.
            partners.agree(
                agency=agency, title="Bench", purpose="Measuring", lawful_basis="Invented records alone",
                since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=30), by=by,
            )  # fmt: skip


def gather_static() -> None:
    """The styles and scripts that pages name, gathered as on a served installation, into the bench's folder."""
    from django.conf import settings
    from django.core.management import call_command

    settings.STATIC_ROOT = settings.DATA / "static"
    call_command("collectstatic", verbosity=0, interactive=False)


def empty() -> None:
    """Take everything out of this database except agencies and workers."""
    from django.apps import apps
    from django.db import connection

    tables = [
        model._meta.db_table
        for room in ("records", "chronology", "people")
        for model in apps.get_app_config(room).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


class Clock:
    """Adds up wall-clock seconds under names."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            with self.timing(name):
                return work(*given, **named)

        return timed


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and most of several runs."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])

    def as_list(self) -> list[float]:
        return [round(self.median, 4), round(self.least, 4), round(self.most, 4)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    found = sorted(values)
    return found[max(0, -(-len(found) * round(share * 100) // 100) - 1)]


def machine() -> dict[str, str]:
    """What the figures were measured on, without naming the machine."""
    import psycopg
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        platform.machine(),
    )  # fmt: skip
    return {
        "processor": f"{len(os.sched_getaffinity(0))} cores of {model}",
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()}, Python {platform.python_version()}, PostgreSQL {version} (embedded, "
        f"durable), psycopg {psycopg.__version__}",
        "load": f"{os.getloadavg()[0]:.1f} runnable processes on average over the last minute",
    }


def keep(name: str, content: dict[str, Any]) -> Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    whole = {"measured": datetime.now(UTC).date().isoformat(), "machine": machine(), **content}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns in line, figures to the right."""
    lines = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if n == 0 else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
