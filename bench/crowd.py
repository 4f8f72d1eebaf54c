"""A store filled with the people of `bench/population`, each record with its person as the truth has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bench.population import EVALUATION, Population

CHUNK = 20_000
AT = datetime(2026, 9, 1, tzinfo=UTC)


def fill(records: int, seed: int) -> int:
    """Fill an empty store; returns how many records it holds. Names are counted as after a whole run."""
    from django.db import connection, transaction

    from lineofsight.catalogue.refs import new_ref
    from lineofsight.people import joining, services
    from lineofsight.people.profile import profile

    population: Iterator[Any] = iter(Population(records, seed, EVALUATION))
    persons: dict[int, int] = {}
    held = 0
    while chunk := list(islice(population, CHUNK)):
        fresh = sorted({one.person for one in chunk} - persons.keys())
        with transaction.atomic(), connection.cursor() as cursor:
            refs = [new_ref("P") for _ in chunk]
            first = {}
            for one, ref in zip(chunk, refs, strict=True):
                first.setdefault(one.person, ref)
            cursor.execute(
                "INSERT INTO people_person (ref, kind, name, restricted, agencies)"
                " SELECT ref, 'child', '', false, '{}' FROM unnest(%s::text[]) AS given(ref) RETURNING id, ref",
                [[first[person] for person in fresh]],
            )
            made = {ref: key for key, ref in cursor.fetchall()}
            persons |= {person: made[first[person]] for person in fresh}
            cursor.execute(
                "INSERT INTO people_sourceidentity (ref, agency, system, local_id, person_id)"
                " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])"
                " RETURNING id, ref",
                [refs, [one.agency for one in chunk], [one.system for one in chunk], [one.local_id for one in chunk],
                 [persons[one.person] for one in chunk]],
            )  # fmt: skip
            keys = {ref: key for key, ref in cursor.fetchall()}
            profiles = [
                profile(keys[ref], one.agency, one.system, one.local_id, [one.facts])
                for one, ref in zip(chunk, refs, strict=True)
            ]
            services.take_statements(
                [
                    services.SaidRow(keys[ref], held + n, "", "bench", one.facts)
                    for n, (one, ref) in enumerate(zip(chunk, refs, strict=True))
                ],
                at=AT,
            )
            held += len(chunk)
            joining.store_profiles(profiles)
            joining.describe([keys[ref] for ref in refs])
    joining.count_names()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return held
