"""The search box: names as they sound, birth dates, numbers, streets, against a store of many people.

python -m bench.search --records 100000 1000000
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any

from bench import crowd, ground

SEED = 20_261_127
DATABASE = "bench_search"
LOOKS = 200


def questions(profile: Any) -> Iterator[tuple[str, str]]:
    """What a worker might type to find this person."""
    given = profile.given[0].title() if profile.given else ""
    family = profile.family_whole[0].title() if profile.family_whole else ""
    if given and family:
        yield "name", f"{given} {family}"
        yield "name the other way round", f"{family} {given}"
        if len(family) > 5:
            yield "name misheard", f"{given} {family.replace('i', 'y').replace('ll', 'l')}"
        if profile.birth:
            yield "name and birth date", f"{given} {family} {profile.birth}"
            yield "name and year", f"{given} {family} {profile.birth[:4]}"
    if profile.birth:
        yield "birth date", profile.birth
    if profile.nhs:
        yield "NHS number", profile.nhs[0]
    if profile.phones:
        yield "phone", profile.phones[0]
    if profile.postcodes and given:
        yield "postcode and given name", f"{given} {profile.postcodes[0][:-3]} {profile.postcodes[0][-3:]}"


def measured(records: int, looks: int) -> dict[str, Any]:
    from django.db import connection

    from lineofsight.access.actor import Actor
    from lineofsight.people import joining, queries

    ground.empty()
    held = crowd.fill(records, SEED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_id FROM people_profile")
        keys = sorted(row[0] for row in cursor.fetchall())
    profiles = joining.load_profiles(Random(SEED).sample(keys, min(looks, len(keys))))
    operator = Actor.operator()
    queries.search(operator, "Warm Up")
    took: dict[str, list[float]] = defaultdict(list)
    found: dict[str, int] = defaultdict(int)
    owners = {key: person.ref for key, person in queries.owners_of(list(profiles)).items()}
    for key, profile in profiles.items():
        for kind, text in questions(profile):
            begun = time.perf_counter()
            hits = queries.search(operator, text)
            took[kind].append((time.perf_counter() - begun) * 1000)
            found[kind] += owners[key] in {hit.ref for hit in hits}
    every = [value for values in took.values() for value in values]
    return {
        "records": held,
        "p50": round(ground.percentile(every, 0.50), 1),
        "p95": round(ground.percentile(every, 0.95), 1),
        "kinds": {
            kind: {
                "searches": len(values),
                "p50": round(ground.percentile(values, 0.50), 1),
                "p95": round(ground.percentile(values, 0.95), 1),
                "found": round(found[kind] / len(values), 3),
            }
            for kind, values in took.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[100_000])
    parser.add_argument("--looks", type=int, default=LOOKS)
    given = parser.parse_args()
    with ground.server():
        ground.use(DATABASE)
        stores = [measured(records, given.looks) for records in given.records]
        ground.keep("search", {"stores": stores})
    for store in stores:
        rows = [[kind, f"{k['searches']}", f"{k['p50']:.1f}", f"{k['p95']:.1f}", f"{k['found']:.1%}"]
                for kind, k in store["kinds"].items()]  # fmt: skip
        rows.append(["all", "", f"{store['p50']:.1f}", f"{store['p95']:.1f}", ""])
        print(ground.table((f"{store['records']:,} records", "searches", "p50 ms", "p95 ms", "found"), rows))


if __name__ == "__main__":
    main()
