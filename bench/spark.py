"""The whole run on Spark beside the one on DuckDB: the same pairs, the same scores, and how long each takes.

    python -m bench.spark --records 100000

Spark runs in local mode on the cores of this machine, so its time is of no use but to say what it costs there.
Without the extra `spark`, or without a Java that it knows, that is said and kept instead of figures.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import ground, linkage
from bench.population import EVALUATION

SEED = 20_261_128
RECORDS = 100_000


def measured(records: int) -> dict[str, Any]:
    from lineofsight.catalogue.errors import Refused
    from lineofsight.people import batch, matching, spark

    with tempfile.TemporaryDirectory(prefix="bench-spark-") as place:
        try:
            session = spark.session(folder=place)
        except Refused as error:
            return {"records": records, "not_run": str(error)}
        held = linkage.city(Path(place), records, SEED, EVALUATION)
        model, counts = matching.shipped(), batch.frequencies(held)
        begun = time.perf_counter()
        here = {(one.a, one.b): one for one in batch.judge_all(held, model, counts)}
        on_duckdb = time.perf_counter() - begun
        begun = time.perf_counter()
        there = {
            (one.a, one.b): one
            for one in spark.judge_all(held, model, counts, spark=session, folder=f"{place}/shared")
        }
        on_spark = time.perf_counter() - begun
        both = here.keys() & there.keys()
        session.stop()
        return {
            "records": len(held), "pairs": len(here), "only_duckdb": len(here.keys() - both),
            "only_spark": len(there.keys() - both),
            "largest_difference": max((abs(here[p].probability - there[p].probability) for p in both), default=0.0),
            "decided_differently": sum(here[p].decision != there[p].decision for p in both),
            "seconds_duckdb": round(on_duckdb, 1), "seconds_spark": round(on_spark, 1),
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[RECORDS])
    given = parser.parse_args()
    stores = [measured(records) for records in given.records]
    with ground.server():
        ground.keep("spark", {"stores": stores})
    for one in stores:
        print(one)


if __name__ == "__main__":
    main()
