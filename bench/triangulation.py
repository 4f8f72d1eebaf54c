"""How long it takes to read agencies' records beside one another: the whole store, one child, and as known then.

Stores are filled with the kinds, agencies and rhythms that the rules speak of: absences seen by two agencies, marks
of the school's register, returns with and without an interview, notices and the contacts they led to. Beside the
batch stands the bare engine: the same rows read in the same order by one SQL statement, and nothing done with them.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from bench import ground, rows

SEED = 20_261_125
SIZES = (100_000, 1_000_000, 10_000_000)
EACH = 40
BATCH = 10_000
CHILDREN = {"small": 200, "large": 2_000}
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
LAST = date(2026, 9, 1)
BUDGET_BATCH, BUDGET_CHILD = 600.0, 200.0

BARE = """
SELECT i.person_id, e.id, e.agency, e.kind, extract(epoch FROM e.occurred_from)::bigint, e.precision, p.role
FROM people_sourceidentity i JOIN chronology_participation p ON p.identity_id = i.id AND p.standing
JOIN chronology_entry e ON e.id = p.entry_id
WHERE i.person_id BETWEEN %s AND %s AND e.state <> 'superseded' ORDER BY i.person_id, e.occurred_from, e.id
"""


Lived = tuple[str, str, datetime, datetime, str, dict[str, str]]


def at(
    agency: str, kind: str, start: datetime, end: datetime | None = None, precision: str = "minute",
    facts: dict[str, str] | None = None,
) -> Lived:  # fmt: skip
    return agency, kind, start, end or start, precision, facts or {}


def life(chance: Random, count: int) -> Iterator[Lived]:
    """At least so many entries of one child, as agencies would record them."""
    made = 0
    while made < count:
        start = FIRST + timedelta(minutes=chance.randrange(3 * 525_600))
        hours = chance.randrange(4, 60)
        end = start + timedelta(hours=hours)
        turn = chance.random()
        if turn < 0.35:
            found = [at("police", "POL_MISSING", start, end), at("police", "POL_MISSING_FOUND", end)]
            if chance.random() < 0.7:
                found.append(at("csc", "CSC_MISSING", start + timedelta(minutes=30), end))
            if chance.random() < 0.6:
                found.append(at("csc", "RHI", end + timedelta(hours=30), end + timedelta(hours=31)))
            day = start.replace(hour=8, minute=30) + timedelta(days=1)
            if day < end:
                mark = day + timedelta(hours=4)
                found.append(at("education", "EDU_UNAUTHORISED_ABSENCE", day, mark, "half_day"))
        elif turn < 0.55:
            source = {"cont_contact_source_code": chance.choice(("Police", "School"))}
            later = start + timedelta(hours=20)
            found = [
                at("police", "POL_VULNERABILITY_NOTICE", start),
                at("csc", "CSC_CONTACT", later, facts=source),
            ]
        elif turn < 0.7:
            day = start.replace(hour=0, minute=0)
            found = [
                at("police", "POL_CUSTODY", start, end), at("police", "POL_CRIME_SUSPECT", start),
                at("yjs", "YJ_OFFENCE", day, day + timedelta(days=1), "day"),
            ]  # fmt: skip
        elif turn < 0.85:
            found = [
                at("education", "EDU_CONCERN", start),
                at("health", "HEALTH_CONTACT", end, precision="day"),
            ]
        else:
            open_to = start + timedelta(days=90)
            found = [
                at("csc", "CSC_VISIT", start, precision="day"), at("csc", "CSC_CASE_OPEN", start, open_to, "day"),
            ]  # fmt: skip
        made += len(found)
        yield from found


def told(identities: list[int], counts: list[int], chance: Random) -> Iterator[Any]:
    from lineofsight.catalogue.when import When
    from lineofsight.chronology.services import Told

    number = 0
    for identity, count in zip(identities, counts, strict=True):
        for agency, kind, start, end, precision, facts in islice(life(chance, count), count):
            number += 1
            yield Told(
                identity=identity, agency=agency, kind=kind, when=When(start, end, precision, ""),
                title=kind.replace("_", " ").capitalize(), role="suspect" if "SUSPECT" in kind else "subject",
                source=number, slot="", join="", label=f"Table of {agency} · {number}", recorded_at=end,
                narrative="Told by the carer. " * 8, facts=facts,
            )  # fmt: skip


def fill(entries: int) -> None:
    """Once for each store, by the bulk services of an import, in one pass with flat memory."""
    from django.db import connection, transaction
    from django.utils import timezone

    from lineofsight.chronology import services as chronology
    from lineofsight.people import services as people

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM chronology_entry")
        if cursor.fetchone()[0] == entries + sum(CHILDREN.values()):
            return
    ground.empty()
    chance, begun, now = Random(SEED), time.perf_counter(), timezone.now() - timedelta(days=30)
    names = [*CHILDREN, *(f"N{number}" for number in range(entries // EACH))]
    identities: list[int] = []
    for start in range(0, len(names), BATCH):
        with transaction.atomic():
            part = names[start : start + BATCH]
            ids = people.identities_for(agency="csc", system="csc_case", local_ids=part)
            mine = [ids[name] for name in part]
            said = [
                people.SaidRow(identity, start + place + 1, "", "Person cross-walk", {
                    "kind": "child", "names": [{"given": given, "family": family, "use": "legal"}],
                    "birth": {"from": born, "to": born, "precision": "day"},
                })
                for place, (identity, (_, family, given, _, born, *_rest)) in enumerate(
                    zip(mine, rows.people(len(part), SEED, first=start), strict=True)
                )
            ]  # fmt: skip
            people.take_statements(said, at=now)
            people.settle(mine, at=now)
            identities += mine
    counts = [*CHILDREN.values(), *([EACH] * (entries // EACH))]
    stream = told(identities, counts, chance)
    while batch := list(islice(stream, BATCH)):
        with transaction.atomic():
            chronology.take_entries(batch, at=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"Filled {entries:,} entries in {time.perf_counter() - begun:,.0f} s", flush=True)


#: So many come in by the services of an import; a larger store is made of copies of them.
BY_SERVICES = 100_000
#: How far the numbers of each copy lie from those before it.
STEP = 10_000_000

#: Tables that a larger store multiplies: their own number, numbers that lead to others, and what must be unique.
#: `k` counts the copies.
MULTIPLIED = (
    ("people_person", ("id",), {"ref": f"'P' || lpad((id + k * {STEP})::text, 12, '0')"}),
    ("people_sourceidentity", ("id", "person_id"), {
        "ref": f"'P' || lpad((id + k * {STEP})::text, 12, '0')", "local_id": "local_id || '-' || k"}),
    ("people_statement", ("id", "identity_id", "source"), {}),
    ("chronology_entry", ("id", "identity_id", "source"), {
        "ref": f"'E' || lpad((id + k * {STEP})::text, 12, '0')",
        "about": f"ARRAY(SELECT one + k * {STEP} FROM unnest(about) one)"}),
    ("chronology_participation", ("id", "entry_id", "identity_id"), {}),
)  # fmt: skip

#: Copies keep to the constraints that their originals kept to, so these are put back without reading all rows again.
FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])"
)
SIDE_INDEXES = (
    "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = %s::regclass"
    " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
)


def multiply(times: int) -> None:
    """A store so many times as large, made of copies with numbers of their own: the children differ in nothing
    that the rules read, so the work is the same for each. Indexes are built when the rows are in."""
    from django.db import connection

    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS, [[table for table, *_ in MULTIPLIED]])
        foreign = cursor.fetchall()
        for table, name, _ in foreign:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for table, moved, made in MULTIPLIED:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND is_generated = 'NEVER' ORDER BY ordinal_position",
                [table],
            )
            columns = [row[0] for row in cursor.fetchall()]
            values = ", ".join(
                f'"{c}" + k * {STEP}' if c in moved else made.get(c, f'"{c}"') for c in columns
            )
            names = ", ".join(f'"{c}"' for c in columns)
            cursor.execute(SIDE_INDEXES, [table])
            indexes = cursor.fetchall()
            for name, _ in indexes:
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {times - 1}) AS k"
                f' CROSS JOIN (SELECT * FROM {table} ORDER BY "id") AS one'
            )
            for _, definition in indexes:
                cursor.execute(definition)
        for table, name, definition in foreign:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition.removesuffix(' NOT VALID')} NOT VALID"
            )
        cursor.execute("VACUUM ANALYZE")
    print(f"Multiplied by {times} in {time.perf_counter() - begun:,.0f} s", flush=True)


def copied(name: str, template: str) -> bool:
    """A database made from another; False when it is there already."""
    from django.db import connections

    connection: Any = connections["default"]
    ground.let_go()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is not None:
            return False
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return True


def prepare(entries: int) -> None:
    """Stores of up to a hundred thousand are filled; larger ones are multiples of that."""
    base = min(entries, BY_SERVICES)
    ground.use(f"bench_triangulation_{base}")
    fill(base)
    if entries > base:
        fresh = copied(f"bench_triangulation_{entries}", f"bench_triangulation_{base}")
        ground.use(f"bench_triangulation_{entries}")
        if fresh:
            multiply(entries // base)


def everything_loaded() -> Any:
    """Feeds that reach to the last day, for every kind that the store holds."""
    from lineofsight.chronology.triangulation import Feeds

    held = {
        "police": ("POL_MISSING", "POL_MISSING_FOUND", "POL_VULNERABILITY_NOTICE", "POL_CUSTODY", "POL_CRIME_SUSPECT"),
        "csc": ("CSC_MISSING", "RHI", "RHI_DECLINED", "CSC_CONTACT", "CSC_VISIT", "CSC_CASE_OPEN"),
        "education": ("EDU_UNAUTHORISED_ABSENCE", "EDU_CONCERN"), "yjs": ("YJ_OFFENCE",), "health": ("HEALTH_CONTACT",),
    }  # fmt: skip
    last = int(datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC).timestamp())
    return Feeds({(agency, kind): ((0, last),) for agency, kinds in held.items() for kind in kinds})


def batch(processes: int) -> tuple[Any, float, float, int]:
    """What was found, seconds on the clock, seconds of our processes' own work (the server's not counted), and MB."""
    from lineofsight.access.actor import Actor
    from lineofsight.chronology import whole_store

    who = resource.RUSAGE_SELF if processes == 1 else resource.RUSAGE_CHILDREN
    begun, before = time.perf_counter(), resource.getrusage(who)
    found = whole_store.read_store(feeds=everything_loaded(), by=Actor.operator(), processes=processes)
    after = resource.getrusage(who)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found, time.perf_counter() - begun, worked, after.ru_maxrss // 1024


def bare() -> float:
    from django.db import connection

    from lineofsight.chronology import whole_store

    begun = time.perf_counter()
    for first, last in whole_store.ranges_of_people():
        with connection.cursor() as cursor:
            cursor.execute(BARE, [first, last])
            cursor.fetchall()
    return time.perf_counter() - begun


def timed(work: Callable[[], Any], actor: Any, times: int = 20) -> dict[str, float]:
    """As in a request: in a transaction of the worker's own, bound by row security."""
    from django.db import transaction

    from lineofsight.access import guard

    found = []
    for turn in range(times + 3):
        begun = time.perf_counter()
        with transaction.atomic(), guard.acting(actor):
            work()
        if turn >= 3:
            found.append((time.perf_counter() - begun) * 1000)
    return {"p50": round(ground.percentile(found, 0.5), 1), "p95": round(ground.percentile(found, 0.95), 1)}


def in_the_team(refs: list[str]) -> Any:
    """A worker with a second factor who is in the team around these children."""
    from lineofsight.access.actor import Actor
    from lineofsight.catalogue.errors import AlreadyThere, Refused
    from lineofsight.partners import factors
    from lineofsight.partners import queries as partners
    from lineofsight.partners import services as partner_services
    from lineofsight.partners.models import Worker
    from lineofsight.people import queries as people
    from lineofsight.people import services as people_services

    operator = Actor.operator()
    with suppress(AlreadyThere):
        worker, _ = partner_services.add_worker(
            email="bench@northshore.example", name="Ines Marlow", agency=partners.agency("csc"),
            roles=["practitioner"], training_until=date.today() + timedelta(days=365), by=operator,
        )  # fmt: skip
        factors.give_app(worker, factors.new_app_secret())
    worker = Worker.objects.get(email="bench@northshore.example")
    for ref in refs:
        with suppress(Refused):
            people_services.join_circle(
                child=people.get_child(operator, ref),
                worker_ref=worker.ref,
                role="lead social worker",
                by=operator,
            )
    return worker.actor()


def one_child(entries: int) -> list[dict[str, Any]]:
    from lineofsight.chronology import picture
    from lineofsight.chronology.knowing import Known, between
    from lineofsight.people import queries as people
    from lineofsight.people import services as people_services

    ids = people_services.known_identities("csc", "csc_case", list(CHILDREN))
    refs = {name: people.owners_of([ids[name]])[ids[name]].ref for name in CHILDREN}
    actor = in_the_team(list(refs.values()))
    feeds, found = everything_loaded(), []
    then = date.today() - timedelta(days=10)
    for name, count in CHILDREN.items():
        child = people.get_child(actor, refs[name])
        asked: dict[str, Callable[[], Any]] = {
            "today": partial(picture.read, actor, child, feeds),
            "as known to the partnership": partial(picture.read, actor, child, feeds, known=Known.on(then)),
            "as known to one agency": partial(picture.read, actor, child, feeds, known=Known.on(then, "csc")),
            "what came between two days": partial(
                between, actor, child, "", Known.on(then - timedelta(days=60)).at, Known.on(then).at
            ),
        }
        for words, work in asked.items():
            found.append({"store": entries, "child": count, "work": words, **timed(work, actor)})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    given = parser.parse_args()
    with ground.server():
        runs, children = [], []
        for entries in given.entries:
            prepare(entries)
            baseline = bare()
            found, seconds, worked, memory = batch(given.processes)
            runs.append({
                "entries": found.entries, "people": found.people, "seconds": round(seconds, 1),
                "worked": round(worked, 1), "load": round(os.getloadavg()[1], 1),
                "bare": round(baseline, 1), "memory": memory, "processes": given.processes,
                "occurrences": found.occurrences, "gaps": found.gaps,
            })  # fmt: skip
            children += one_child(entries)
            print(show(runs, children), flush=True)
            print(ground.keep("triangulation", {"runs": runs, "children": children}))


def growth(runs: list[dict[str, Any]], place: int) -> str:
    """By what the time grows when the store doubles, from one size to the next."""
    if not place:
        return "–"
    from math import log2

    before, now = runs[place - 1], runs[place]
    doublings = log2(now["entries"] / before["entries"])
    return f"{(now['seconds'] / before['seconds']) ** (1 / doublings):.2f}"


def show(runs: list[dict[str, Any]], children: list[dict[str, Any]]) -> str:
    whole = ground.table(
        ("whole store", "seconds", "per doubling", "bare SQL s", "MB", "occurrences", "gaps"),
        [
            (f"{r['entries']:,}", f"{r['seconds']:.1f}", growth(runs, n), f"{r['bare']:.1f}", f"{r['memory']:,}",
             f"{r['occurrences']:,}", f"{r['gaps']:,}")
            for n, r in enumerate(runs)
        ],
    )  # fmt: skip
    single = ground.table(
        ("one child", "entries", "store", "p50 ms", "p95 ms"),
        [
            (c["work"], f"{c['child']:,}", f"{c['store']:,}", f"{c['p50']:.1f}", f"{c['p95']:.1f}")
            for c in children
        ],
    )
    return f"{whole}\n\n{single}"


if __name__ == "__main__":
    main()
