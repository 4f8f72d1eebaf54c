"""How fast a file comes in, from its bytes to committed entries, and how much memory that takes.

Every run starts from an empty database, in a process of its own so that its peak memory is its own. Beside
it stands what the bare engine needs: the same CSV rows, COPYed into one table of text columns without an index.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import ground, rows

SEED = 20_260_301
PEOPLE = 20_000
DATABASE = "bench_import"
STAGES = ("read and staged", "previewed", "committed", "end to end")
MEMORY_AT = (10_000, 50_000, 200_000)
#: From so many rows on, a run is a stress of one file, kept apart from the comparison of three runs each.
MANY = 1_000_000
#: As large as such a file may be: more rows come as several files of other people, one after the other.
MOST_IN_ONE = {"workbook": 250_000, "census": 250_000, "feed": 250_000, "patients": 250_000}
CASES = {
    "contacts": "Contacts to social care (one entry a row)",
    "missing": "Missing episodes (two entries a row)",
    "people": "Person cross-walk against 20,000 people of another agency, matching included",
    "events_alone": "Contacts about people whom no cross-walk names",
    "workbook": "The same contacts as a workbook (XLSX)",
    "census": "Children in need census (XML), three rows a child",
    "feed": "Early adopters' feed (JSON), two rows a child",
    "patients": "Answers of the Personal Demographics Service (FHIR), three rows a patient",
}
#: Files that are read with the people of a cross-walk already in.
WITH_PEOPLE = ("contacts", "missing")
PEOPLE_COUNTED = ("new", "asked", "known", "joined")


def files_for(case: str, count: int) -> list[Path]:
    most = MOST_IN_ONE.get(case, count)
    return [file_for(case, min(most, count - first), first=first) for first in range(0, count, most)]


def file_for(case: str, count: int, *, agency: str = "csc", first: int = 0) -> Path:
    folder = ground.ROOT / "build" / "bench" / "rows"
    if case == "people":
        crowd = rows.people(count, SEED, prefix="L" if agency == "csc" else "E", first=0 if agency == "csc" else count // 2,
                            slips=0.0 if agency == "csc" else 0.2)  # fmt: skip
        return rows.write(folder / f"crosswalk-{agency}-{count}.csv", rows.PEOPLE, crowd)
    if case == "missing":
        return rows.write(
            folder / f"ssd_missing-{count}.csv", rows.MISSING, rows.missing(count, PEOPLE, SEED)
        )
    if case in SHAPES:
        name, make = SHAPES[case]
        path = folder / f"{case}-{first}-{count}.{name}"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make(count, first))
        return path
    return rows.write(folder / f"ssd_contacts-{count}.csv", rows.CONTACTS, rows.contacts(count, PEOPLE, SEED))


def workbook(count: int, first: int = 0) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    sheet.append(list(rows.CONTACTS))
    for row in rows.contacts(count, PEOPLE, SEED, first=first):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def census(count: int, first: int = 0) -> bytes:
    """Three rows of a child: who it is, its characteristics, its referral."""
    told = (
        f"<Child><ChildIdentifiers><LAchildID>C{n}</LAchildID><PersonBirthDate>20{n % 17 + 8:02d}-0{n % 9 + 1}-1{n % 10}"
        f"</PersonBirthDate><Sex>{'MF'[n % 2]}</Sex></ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity>"
        f"</ChildCharacteristics><CINdetails><CINreferralDate>2025-0{n % 9 + 1}-1{n % 10}</CINreferralDate>"
        "<ReferralSource>1A</ReferralSource><ReferralNFA>false</ReferralNFA></CINdetails></Child>"
        for n in range(first // 3, (first + count) // 3)
    )
    return f"<Message><Children>{''.join(told)}</Children></Message>".encode()


def feed(count: int, first: int = 0) -> bytes:
    children = [
        {"la_child_id": f"C{n}", "child_details": {"first_name": "Ana", "surname": f"Invented{n}", "sex": "F"},
         "social_care_episodes": [{"social_care_episode_id": f"E{n}", "referral_date": f"2025-0{n % 9 + 1}-1{n % 10}"}]}
        for n in range(first // 2, (first + count) // 2)
    ]  # fmt: skip
    return json.dumps({"la_code": 810, "Children": children}).encode()


def patients(count: int, first: int = 0) -> bytes:
    found = [
        {"resource": {"resourceType": "Patient", "id": f"9{n:09d}", "meta": {"security": [{"code": "U"}]},
                      "name": [{"use": "usual", "given": ["Ana"], "family": f"Invented{n}"}], "birthDate": "2012-09-01",
                      "address": [{"use": "home", "line": [f"{n} Sea Road"], "postalCode": "HU1 1AA"}]}}
        for n in range(first // 3, (first + count) // 3)
    ]  # fmt: skip
    return json.dumps({"resourceType": "Bundle", "entry": found}).encode()


SHAPES = {
    "workbook": ("xlsx", workbook), "census": ("xml", census), "feed": ("json", feed), "patients": ("json", patients),
}  # fmt: skip


def bring_in(path: Path, agency: str, clock: ground.Clock) -> dict[str, int]:
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
        **{kind: number for kind, number in report["people"].items() if kind in PEOPLE_COUNTED},
    }


def copied(path: Path, clock: ground.Clock) -> None:
    """The bare engine: the same bytes into one plain table, committed."""
    from django.db import connection

    if path.suffix != ".csv":
        # What the bare engine cannot take as it is: the same bytes, as lines of one column.
        path = as_lines(path)
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


def as_lines(path: Path) -> Path:
    lines = path.with_suffix(".lines.csv")
    raw = path.read_bytes().hex()
    lines.write_text(
        "line\n" + "\n".join(raw[start : start + 400] for start in range(0, len(raw), 400)) + "\n"
    )
    return lines


def once(case: str, count: int) -> dict[str, Any]:
    """One run in this process."""
    with ground.server():
        ground.use(DATABASE)
        ground.empty()
        # The process as the command has it.
        import_module("lineofsight.config.collector").settle()
        paths = files_for("contacts" if case == "events_alone" else case, count)
        if case == "people":
            bring_in(file_for("people", count, agency="earlyhelp"), "earlyhelp", ground.Clock())
        elif case in WITH_PEOPLE:
            bring_in(file_for("people", PEOPLE), "csc", ground.Clock())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds: Counter[str] = Counter()
        result: Counter[str] = Counter()
        for path in paths:
            clock = ground.Clock()
            result.update(bring_in(path, "health" if case == "patients" else "csc", clock))
            seconds.update(clock.seconds)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in paths:
            clock = ground.Clock()
            copied(path, clock)
            seconds.update(clock.seconds)
        return {
            **result,
            "files": len(paths),
            "bytes": sum(path.stat().st_size for path in paths),
            "seconds": seconds,
            "peak_mb": round(after / 1024),
            "before_mb": round(before / 1024),
        }


def apart(case: str, count: int) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "bench.import_rows", "--once", case, "--rows", str(count)]
    done = subprocess.run(
        command, cwd=ground.ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=7200
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
        "seconds": round(max(run["seconds"]["end to end"] for run in runs), 1),
        "peak_mb": max(run["peak_mb"] for run in runs), "files": runs[0]["files"], "bytes": runs[0]["bytes"],
        "people": {kind: runs[0].get(kind, 0) for kind in PEOPLE_COUNTED},
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
            many = given.rows >= MANY
            count = PEOPLE if case == "people" and not many else given.rows
            cases.append(summed(case, count, [apart(case, count) for _ in range(given.runs)]))
            print(show(cases[-1]), end="\n\n", flush=True)
            if many:
                keep_million(cases[-1])
        if many:
            return
        memory = [{"rows": count, "peak_mb": apart("events_alone", count)["peak_mb"]} for count in MEMORY_AT]
        print(
            ground.table(
                ("rows", "peak memory, MB"), [(f"{m['rows']:,}", f"{m['peak_mb']:,}") for m in memory]
            )
        )
        print(ground.keep("import_rows", {"cases": cases, "memory": memory}))


def keep_million(case: dict[str, Any]) -> None:
    """A run takes long: each is kept as soon as it is there, beside those of other days on this machine."""
    path = ground.RESULTS / "import_million.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept = (
        before.get("cases", [])
        if before.get("machine", {}).get("processor") == ground.machine()["processor"]
        else []
    )
    ground.keep("import_million", {"cases": [*(one for one in kept if one["case"] != case["case"]), case]})


def show(case: dict[str, Any]) -> str:
    body = [
        (stage, *(f"{value:,.0f}" for value in case["rows_per_second"][stage]))
        for stage in (*STAGES, "bare COPY")
    ]
    head = f"{case['title']}: {case['rows']:,} rows, {case['entries']:,} entries, {case['runs']} runs"
    return f"{head}\n{ground.table(('rows a second', 'median', 'least', 'most'), body)}"


if __name__ == "__main__":
    main()
