"""What the ledger costs: a row written, sealed, verified, proved and asked for, in a ledger of many rows.

The ledger is filled with invented looks at invented children by one SQL statement, sealed by the product's own
sealer, and kept for the next run. Rows are then appended by the product's own code, each in a transaction of
its own that is on disk before it counts, with the sealer running; beside it the same values go into a bare
table with a key and nothing else, in the same run.
"""

from __future__ import annotations

import argparse
import json
import resource
import threading
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from bench import ground

SEED = 20_261_125
CHUNK = 250_000
WRITERS = 4
QUESTIONS = 200

#: One row in ten is a list of up to 25 children, the rest are about one; a few children are known to all.
FILL = """
INSERT INTO access_ledgerrow (at, actor, actor_name, agency, roles, action, outcome, kind, ref, rule, path, people,
                              records, owners, purpose, request, address, detail)
SELECT timestamptz '2025-12-01' + (n * 3.1 || ' seconds')::interval, 'W' || w, 'Worker number ' || w,
       (ARRAY['csc','police','health','education','housing','youth'])[1 + w %% 6], '{practitioner}',
       CASE WHEN n %% 10 = 0 THEN 'children.search' ELSE 'child.view' END,
       CASE WHEN n %% 50 = 7 THEN 'refused' ELSE 'looked' END,
       CASE WHEN n %% 10 = 0 THEN 'partnership' ELSE 'child' END,
       CASE WHEN n %% 10 = 0 THEN '' ELSE 'P' || lpad(c::text, 12, '0') END,
       'A-P2', 'works with children and in the team around the child',
       CASE WHEN n %% 10 = 0 THEN ARRAY(SELECT 'P' || lpad(((c * 7 + i * 7919) %% 120000)::text, 12, '0')
                                        FROM generate_series(1, 1 + n %% 25) AS i)
            ELSE ARRAY['P' || lpad(c::text, 12, '0')] END,
       '{}', ARRAY[(ARRAY['csc','police','health','education','housing','youth'])[1 + c %% 6]],
       'own case', md5(n::text), '10.0.' || w %% 250 || '.' || n %% 250, '{"listed": 5}'
FROM (SELECT n, (hashint8(n) & 2047) AS w,
             floor(120000 * power((hashint8(n + 1000000000) & 1048575) / 1048576.0, 2))::int AS c
      FROM generate_series(%s::bigint, %s::bigint) AS n) AS looks
"""


def size() -> tuple[int, int]:
    return one("SELECT count(*) FROM access_ledgerrow"), one("SELECT count(*) FROM access_ledgerleaf")


def one(question: str, values: Sequence[Any] = ()) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def fill(rows: int, clock: ground.Clock) -> None:
    """Once; a ledger that has at least as many rows is used as it is."""
    from django.db import connection

    there, _ = size()
    with clock.timing("fill"):
        for start in range(there, rows, CHUNK):
            with connection.cursor() as cursor:
                cursor.execute(FILL, [start + 1, min(start + CHUNK, rows)])
            print(f"filled {min(start + CHUNK, rows):,}", flush=True)
    if there < rows:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE access_ledgerrow")


def seal(clock: ground.Clock) -> int:
    from lineofsight.access import sealing

    _, before = size()
    with clock.timing("seal"):
        while sealed := sealing.seal_some(sealing.AT_ONCE):
            if sealed < sealing.AT_ONCE:
                break
    return size()[1] - before


# --- appending ------------------------------------------------------------------------------------------


def look(number: int) -> None:
    from lineofsight.access import ledger
    from lineofsight.access.actor import Actor, PersonSubject

    worker = number % 2048
    ledger.write(
        Actor(f"W{worker}", f"Worker number {worker}", agency="csc", roles=frozenset({"practitioner"})),
        "child.view", PersonSubject("child", f"P{number * 7919 % 120000:012d}", involved=frozenset({"csc", "police"})),
        outcome=ledger.LOOKED, rule="A-P2", path="works with children and in the team around the child",
        purpose="own case", detail={"listed": 5},
    )  # fmt: skip


def bare(number: int) -> None:
    from django.db import connection

    worker = number % 2048
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bare (actor, actor_name, agency, roles, action, outcome, kind, ref, rule, path, people,"
            " records, owners, purpose, request, address, detail)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            [f"W{worker}", f"Worker number {worker}", "csc", ["practitioner"], "child.view", "looked", "child",
             f"P{number * 7919 % 120000:012d}", "A-P2", "works with children and in the team around the child",
             [f"P{number * 7919 % 120000:012d}"], [], ["csc", "police"], "own case", "", "", '{"listed": 5}'],
        )  # fmt: skip
        cursor.fetchone()


def appended(work: Callable[[int], None], count: int, writers: int) -> dict[str, float]:
    """Each in its own transaction, by so many writers at once."""
    from django.db import connection

    took: list[float] = []

    def write(first: int) -> None:
        own = []
        for number in range(first, count, writers):
            begun = time.perf_counter()
            work(number)
            own.append(time.perf_counter() - begun)
        took.extend(own)
        connection.close()

    threads = [threading.Thread(target=write, args=[first]) for first in range(writers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"rows_per_second": count / (time.perf_counter() - begun)} | spread(took)


def inside(work: Callable[[int], None], count: int) -> dict[str, float]:
    """What a row adds to a transaction that commits anyway."""
    from django.db import transaction

    took = []
    with transaction.atomic():
        for number in range(count):
            begun = time.perf_counter()
            work(number)
            took.append(time.perf_counter() - begun)
    return {"rows_per_second": count / sum(took)} | spread(took)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{share}": round(ground.percentile(seconds, share / 100) * 1000, 3) for share in (50, 95, 99)}


def append(count: int) -> list[dict[str, Any]]:
    from django.db import connection

    from lineofsight.access import sealing

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare (LIKE access_ledgerrow INCLUDING DEFAULTS INCLUDING IDENTITY)")
        cursor.execute("ALTER TABLE bare ADD PRIMARY KEY (id)")
    ended = threading.Event()
    sealer = threading.Thread(target=lambda: [None for _ in sealing.watch(ended, every=1.0)])
    sealer.start()
    cases = []
    for title, run in (
        ("one writer, a commit each", lambda work: appended(work, count, 1)),
        (f"{WRITERS} writers, a commit each", lambda work: appended(work, count, WRITERS)),
        ("inside a transaction", lambda work: inside(work, count)),
    ):
        # In turns, so that what else the machine does falls on both.
        bares = [run(bare), run(bare)]
        ours = [run(look), run(look)]
        best, plain = (max(found, key=lambda one: one["rows_per_second"]) for found in (ours, bares))
        cases.append({"case": title, "rows": count, "ledger": best, "bare": plain})
    ended.set()
    sealer.join()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bare")
    return cases


# --- asking ---------------------------------------------------------------------------------------------


def timed(work: Callable[[int], Any], count: int = QUESTIONS) -> dict[str, float]:
    took = []
    for number in range(count):
        begun = time.perf_counter()
        work(number)
        took.append(time.perf_counter() - begun)
    return spread(took)


def proofs(sealed: int) -> dict[str, Any]:
    from django.utils import timezone

    from lineofsight.access import heads, proving, tree

    chance = Random(SEED)
    stored = proving.Stored()
    head = heads.sign(sealed, tree.root(sealed, stored.complete), at=timezone.now())
    earlier = [
        heads.sign(place, tree.root(place, stored.complete), at=timezone.now())
        for place in (chance.randrange(1, sealed) for _ in range(QUESTIONS))
    ]
    rows = [
        one("SELECT row_id FROM access_ledgerleaf WHERE place = %s", [chance.randrange(sealed)])
        for _ in range(QUESTIONS)
    ]
    keys = heads.known_keys()
    one_row = [proving.prove_row(row, head) for row in rows[:20]]
    beginnings = [proving.prove_beginning(first, head) for first in earlier[:20]]
    assert not any(proving.check(proof, keys) for proof in [*one_row, *beginnings])
    return {
        "row": timed(lambda n: proving.prove_row(rows[n], head))
        | {"bytes": max(len(json.dumps(proof)) for proof in one_row),
           "steps": max(len(proof["path"]) for proof in one_row)},
        "beginning": timed(lambda n: proving.prove_beginning(earlier[n], head))
        | {"bytes": max(len(json.dumps(proof)) for proof in beginnings),
           "steps": max(len(proof["path"]) for proof in beginnings)},
        "check": timed(lambda n: proving.check(one_row[n % 20], keys)),
    }  # fmt: skip


def questions() -> list[dict[str, Any]]:
    from datetime import datetime

    from django.utils import timezone

    from lineofsight.access import looks

    chance = Random(SEED)
    begin = datetime.fromisoformat("2025-12-01T00:00:00+00:00")
    children = [[f"P{chance.randrange(100, 120_000):012d}"] for _ in range(QUESTIONS)]
    famous = [[f"P{number:012d}"] for number in range(20)]
    asked = (
        ("who has looked at this child, one line a worker, all years",
         lambda n: looks.lookers(children[n], since=begin), QUESTIONS),
        ("the same, a child known to all", lambda n: looks.lookers(famous[n], since=begin), 20),
        ("rows about a child, first page", lambda n: looks.rows_about(children[n], since=begin), QUESTIONS),
        ("rows of a worker, first page", lambda n: looks.rows_by_worker(f"W{n}"), QUESTIONS),
        ("what others saw of an agency's records, first page",
         lambda n: looks.rows_on_records_of("police", since=begin), 20),
        ("who saw a child known to all, every row (breach report)",
         lambda n: list(looks.who_saw(famous[n], since=begin, until=timezone.now())), 20),
    )  # fmt: skip
    return [{"question": title} | timed(work, count) for title, work, count in asked]


def verified() -> tuple[float, bool]:
    from lineofsight.access import heads, sealing, verifying

    sealing.sign_head()
    begun = time.perf_counter()
    verdict = verifying.verify(heads.stored(), heads.known_keys())
    assert verdict.whole, verdict.broken
    return time.perf_counter() - begun, verdict.whole


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--append", type=int, default=5_000)
    given = asked.parse_args()
    with ground.server():
        ground.use(f"lineofsight_ledger_{given.rows}")
        clock = ground.Clock()
        fill(given.rows, clock)
        sealed = seal(clock)
        print(f"sealed {sealed:,} in {clock.seconds['seal']:.0f} s", flush=True)
        before = peak_mb()
        cases = append(given.append)
        seal(ground.Clock())
        seconds, _ = verified()
        rows, leaves = size()
        content = {
            "rows": rows,
            "append": cases,
            "seal": {"rows": sealed, "per_second": sealed / clock.seconds["seal"]} if sealed >= 1000 else kept(given.rows),
            "verify": {"rows": leaves, "seconds": seconds, "per_second": leaves / seconds},
            "memory": {"sealed_mb": before, "verified_mb": peak_mb()},
            "proofs": proofs(leaves),
            "questions": questions(),
            "disk_mb": {
                name: one("SELECT pg_total_relation_size(%s::regclass)", [f"access_ledger{name}"]) // 2**20
                for name in ("row", "leaf", "node")
            },
        }  # fmt: skip
        show(content)
        ground.keep("ledger", content)


def kept(rows: int) -> dict[str, float]:
    """The sealing speed of the run that filled this ledger."""
    path = ground.RESULTS / "ledger.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found["seal"] if found.get("rows", 0) >= rows else {}


def show(content: dict[str, Any]) -> None:
    print(
        ground.table(
            ("appending", "rows/s", "p50 ms", "p95 ms", "bare rows/s", "bare p50 ms", "bare p95 ms"),
            [
                [case["case"], *(f"{case[side][name]:,.2f}" for side in ("ledger", "bare")
                                 for name in ("rows_per_second", "p50", "p95"))]
                for case in content["append"]
            ],
        )
    )  # fmt: skip
    print(
        ground.table(
            ("question", "p50 ms", "p95 ms"),
            [[q["question"], f"{q['p50']:.1f}", f"{q['p95']:.1f}"] for q in content["questions"]],
        )
    )
    print(
        json.dumps(
            {name: content[name] for name in ("seal", "verify", "memory", "proofs", "disk_mb")}, indent=1
        )
    )


if __name__ == "__main__":
    main()
