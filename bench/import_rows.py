"""How fast a file comes in, from its bytes to committed entries, and how much memory that takes.

Every run starts from an empty database, in a process of its own so that its peak memory is its own. Beside
it stands what the bare engine needs: the same CSV rows, COPYed into one table of text columns without an index.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import ground, rows

SEED = 20_260_301
PEOPLE = 20_000
DATABASE = "bench_import"
STAGES = ("read and staged", "previewed", "committed", "end to end")
MEMORY_AT = (10_000, 50_000, 200_000)
CASES = {
    "contacts": "Contacts to social care (one entry a row)",
    "missing": "Missing episodes (two entries a row)",
    "people": "Person cross-walk against 20,000 people of another agency, matching included",
    "events_alone": "Contacts about people whom no cross-walk names",
}


def file_for(case: str, count: int, *, agency: str = "csc") -> Path:
    folder = ground.ROOT / "build" / "bench" / "rows"
    if case == "people":
        crowd = rows.people(count, SEED, prefix="L" if agency == "csc" else "E", first=0 if agency == "csc" else count // 2,
                            slips=0.0 if agency == "csc" else 0.2)  # fmt: skip
        return rows.write(folder / f"crosswalk-{agency}-{count}.csv", rows.PEOPLE, crowd)
    if case == "missing":
        return rows.write(
            folder / f"ssd_missing-{count}.csv", rows.MISSING, rows.missing(count, PEOPLE, SEED)
        )
    return rows.write(folder / f"ssd_contacts-{count}.csv", rows.CONTACTS, rows.contacts(count, PEOPLE, SEED))


def bring_in(path: Path, agency: str, clock: ground.Clock) -> dict[str, Any]:
    """One file, as `lineofsight import` brings it in."""
    from lineofsight.access.actor import Actor
    from lineofsight.partners import queries as partners
    from lineofsight.records import files, intake, queries, services

    by = Actor.operator()
    compare, meet = intake.compare, intake.meet
    intake.compare, intake.meet = clock.around("previewed", compare), clock.around("previewed", meet)
    try:
        with clock.timing("end to end"):
            with clock.timing("stage"):
                delivery = services.receive(
                    agency=partners.agency(agency),
                    file_name=path.name,
                    content=files.read_chunks(path),
                    by=by,
                )
                delivery = services.stage(delivery=delivery, by=by)
            with clock.timing("committed"):
                delivery = services.commit(delivery=delivery, by=by)
    finally:
        intake.compare, intake.meet = compare, meet
    clock.seconds["read and staged"] = clock.seconds.pop("stage") - clock.seconds["previewed"]
    report = queries.report_of(delivery)
    return {
        "rows": report["rows_read"],
        "entries": report["committed"]["entries"],
        "people": report["people"],
    }


def copied(path: Path, clock: ground.Clock) -> None:
    """The bare engine: the same bytes into one plain table, committed."""
    from django.db import connection

    columns = path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_plain")
        cursor.execute(f"CREATE TABLE bench_plain ({', '.join(f'{column} text' for column in columns)})")
        with (
            clock.timing("bare COPY"),
            path.open("rb") as file,
            cursor.copy("COPY bench_plain FROM STDIN WITH (FORMAT csv, HEADER)") as copy,
        ):
            while chunk := file.read(1 << 16):
                copy.write(chunk)
        cursor.execute("DROP TABLE bench_plain")


def once(case: str, count: int) -> dict[str, Any]:
    """One run in this process."""
    with ground.server():
        ground.use(DATABASE)
        ground.empty()
        clock = ground.Clock()
        path = file_for("contacts" if case == "events_alone" else case, count)
        if case == "people":
            bring_in(file_for("people", count, agency="earlyhelp"), "earlyhelp", ground.Clock())
        elif case != "events_alone":
            bring_in(file_for("people", PEOPLE), "csc", ground.Clock())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = bring_in(path, "csc", clock)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        copied(path, clock)
        return {
            **result,
            "seconds": clock.seconds,
            "peak_mb": round(after / 1024),
            "before_mb": round(before / 1024),
        }


def apart(case: str, count: int) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "bench.import_rows", "--once", case, "--rows", str(count)]
    done = subprocess.run(
        command, cwd=ground.ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=900
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def summed(case: str, count: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    speeds = {
        stage: ground.Spread.of(run["rows"] / run["seconds"][stage] for run in runs).as_list()
        for stage in (*STAGES, "bare COPY")
    }
    times = ground.Spread.of(run["seconds"]["end to end"] / run["seconds"]["bare COPY"] for run in runs)
    return {
        "case": case, "title": CASES[case], "rows": count, "entries": runs[0]["entries"], "runs": len(runs),
        "rows_per_second": speeds, "times_bare_copy": times.as_list(),
        "people": {k: v for k, v in runs[0]["people"].items() if k != "cards"},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--once", choices=CASES, help="one run in this process, its figures as JSON")
    given = parser.parse_args()
    if given.once:
        print(json.dumps(once(given.once, given.rows)))
        return
    # Holding the server for the whole time, so that the runs find it warm.
    with ground.server():
        ground.use(DATABASE)
        cases = []
        for case in given.cases:
            count = PEOPLE if case == "people" else given.rows
            cases.append(summed(case, count, [apart(case, count) for _ in range(given.runs)]))
            print(show(cases[-1]), end="\n\n", flush=True)
        memory = [{"rows": count, "peak_mb": apart("events_alone", count)["peak_mb"]} for count in MEMORY_AT]
        print(
            ground.table(
                ("rows", "peak memory, MB"), [(f"{m['rows']:,}", f"{m['peak_mb']:,}") for m in memory]
            )
        )
        print(ground.keep("import_rows", {"cases": cases, "memory": memory}))


def show(case: dict[str, Any]) -> str:
    body = [
        (stage, *(f"{value:,.0f}" for value in case["rows_per_second"][stage]))
        for stage in (*STAGES, "bare COPY")
    ]
    head = f"{case['title']}: {case['rows']:,} rows, {case['entries']:,} entries, {case['runs']} runs"
    return f"{head}\n{ground.table(('rows a second', 'median', 'least', 'most'), body)}"


if __name__ == "__main__":
    main()
