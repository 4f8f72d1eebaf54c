"""One new record against a store: how long the matcher takes, and whether it decides as the batch does.

python -m bench.match_one --records 100000 1000000
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from random import Random
from typing import Any

from bench import crowd, ground

SEED = 20_261_126
DATABASE = "bench_match_one"
LOOKS = 1_000
SAMPLE = 500


def measured(records: int, looks: int) -> dict[str, Any]:
    from django.db import connection

    from lineofsight.people import joining

    ground.empty()
    held = crowd.fill(records, SEED)
    chance = Random(SEED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_id FROM people_profile")
        keys = sorted(row[0] for row in cursor.fetchall())
    asked = chance.sample(keys, min(looks, len(keys)))
    profiles = joining.load_profiles(asked)
    joining.propose([replace(profiles[asked[0]], identity=-1)])
    took: list[float] = []
    bare: list[float] = []
    for key in asked:
        newcomer = replace(profiles[key], identity=-1)
        begun = time.perf_counter()
        joining.propose([newcomer])
        took.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        joining.candidate_pairs([newcomer])
        bare.append((time.perf_counter() - begun) * 1000)
    return {
        "records": held, "looks": len(took),
        "p50": round(ground.percentile(took, 0.50), 2), "p95": round(ground.percentile(took, 0.95), 2),
        "lookup_p50": round(ground.percentile(bare, 0.50), 2), "lookup_p95": round(ground.percentile(bare, 0.95), 2),
        **agreement(keys if held <= 20_000 else []),
    }  # fmt: skip


def agreement(keys: list[int]) -> dict[str, int]:
    """Decisions about a sample, one record at a time, beside those of the batch run over the whole store."""
    from lineofsight.people import batch, joining

    if not keys:
        return {}
    sample = set(Random(SEED).sample(keys, min(SAMPLE, len(keys))))
    one_by_one = {
        (p.a, p.b): (p.band, p.reasons)
        for profile in joining.load_profiles(sample).values()
        for p in joining.propose([profile])
    }
    whole = {
        (pair.a, pair.b): (pair.decision.band, pair.decision.reasons)
        for pair in batch.judge_all(joining.all_profiles(), joining.model(), joining.frequencies())
        if pair.a in sample or pair.b in sample
    }
    return {"decisions": len(one_by_one.keys() | whole.keys()),
            "equal": sum(one_by_one.get(key) == whole.get(key) for key in one_by_one.keys() | whole.keys())}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--looks", type=int, default=LOOKS)
    given = parser.parse_args()
    with ground.server():
        ground.use(DATABASE)
        stores = [measured(records, given.looks) for records in given.records]
        ground.keep("match_one", {"stores": stores})
    rows = [[f"{s['records']:,}", f"{s['p50']:.2f}", f"{s['p95']:.2f}", f"{s['lookup_p95']:.2f}",
             f"{s['equal']:,} of {s['decisions']:,}" if "equal" in s else ""] for s in stores]  # fmt: skip
    print(ground.table(("records", "p50 ms", "p95 ms", "of it looking up, p95", "as the batch"), rows))


if __name__ == "__main__":
    main()
