"""Whether time tells what an answer hides (B-9): one address asked about somebody who is there and hidden, and about
nobody, in turns.

The store is that of `bench.chronology` with 100,000 entries, in a database of its own. Four hundred of its people
are sealed, four hundred have a conflict of interest with the reader, the others are nobody's business of theirs; a
hundred entries of a child whom the reader works with are concealed by another agency. For each kind of
address the hidden and the absent are asked about in pairs, the coin says which first, each time with another
reference. The whole request is timed: session, policy, row security, ledger and page.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from typing import Any

from bench import chronology, ground

SEED, DATABASE, ENTRIES = 20_261_126, "bench_timing", 100_000
#: Milliseconds by which the medians may differ.
BUDGET = 5.0
RESAMPLES = 2_000
#: Pairs before the clock counts.
WARM_UP = 20

#: Protections that the reader runs into, laid over people whom the store already holds.
PROTECT = (
    "INSERT INTO people_tie (ref, identity_id, kind, worker_ref, agency, value, reason, since, by_ref, by_name,"
    " ended_by, reviewed_by, review) SELECT 'T' || lpad(i.id::text, 12, '0'), i.id, %(kind)s, %(worker)s, '', '',"
    " 'bench', now() - interval '1 day', '', '', '', '', '' FROM people_sourceidentity i"
    " WHERE i.local_id = ANY(%(names)s)"
)
CONCEAL = (
    "UPDATE chronology_entry SET agency = 'police', sharing = 'named', conceal = true WHERE id IN (SELECT id FROM"
    " chronology_entry WHERE identity_id = %(child)s ORDER BY id LIMIT 100) RETURNING ref"
)


def fill() -> dict[str, Any]:
    """References of each kind, hidden ones of people who are there."""
    from django.db import connection

    from lineofsight.catalogue.refs import new_ref
    from lineofsight.partners.models import Worker
    from lineofsight.people import services as people

    chronology.fill(ENTRIES)
    worker = Worker.objects.get(email="bench@northshore.example")
    first = chronology.CASELOAD
    named = {
        "sealed": [f"N{n}" for n in range(first, first + 400)],
        "conflicted": [f"N{n}" for n in range(first + 400, first + 800)],
        "nobody's": [f"N{n}" for n in range(first + 800, first + 1_600)],
    }
    small = people.known_identities("csc", "csc_case", ["small"])["small"]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_tie")
        for kind, tie, ref in (("sealed", "shield.sealed", ""), ("conflicted", "conflict", worker.ref)):
            cursor.execute(PROTECT, {"kind": tie, "worker": ref, "names": named[kind]})
        cursor.execute(CONCEAL, {"child": small})
        concealed = [row[0] for row in cursor.fetchall()]
        found: dict[str, Any] = {"concealed": concealed, "worker": worker}
        for kind, names in named.items():
            cursor.execute(
                "SELECT p.ref, p.name, s.facts -> 'birth' ->> 'from' FROM people_person p JOIN people_sourceidentity i"
                " ON i.person_id = p.id JOIN people_statement s ON s.identity_id = i.id WHERE i.local_id = ANY(%s)",
                [names],
            )
            found[kind] = cursor.fetchall()
        cursor.execute(
            "SELECT p.ref FROM people_person p JOIN people_sourceidentity i ON i.person_id = p.id WHERE i.id = %s",
            [small],
        )
        found["child"] = cursor.fetchone()[0]
        cursor.execute("SELECT e.ref FROM chronology_entry e JOIN people_sourceidentity i ON i.id = e.identity_id"
                       " WHERE i.local_id = ANY(%s) ORDER BY e.id LIMIT 2000", [named["nobody's"]])  # fmt: skip
        found["theirs"] = [row[0] for row in cursor.fetchall()]
        cursor.execute("ANALYZE")
    found["absent"] = lambda letter: new_ref(letter)
    return found


def kinds(world: dict[str, Any]) -> Iterator[tuple[str, Callable[[Any], Any], Iterator[Any], Iterator[Any]]]:
    """What is measured: its words, how a thing is asked about, hidden things, and things that never were."""
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.force_login(world["worker"])
    nobody, sealed, conflicted = world["nobody's"], world["sealed"], world["conflicted"]

    def refs(rows: Any) -> Iterator[str]:
        return cycle([row[0] for row in rows])

    def never(letter: str) -> Iterator[str]:
        while True:
            yield world["absent"](letter)

    def page(name: str, *before: str) -> Callable[[str], Any]:
        return lambda ref: client.get(reverse(name, args=[*before, ref]))

    for title, hidden in (("in no team", nobody), ("sealed", sealed), ("conflict of interest", conflicted)):
        yield f"a child’s page, {title}", page("desk:child"), refs(hidden), never("P")
    yield "a child’s chronology", page("desk:chronology"), refs(nobody), never("P")
    yield "a document of a child", page("desk:document"), refs(nobody), never("P")
    own = world["child"]
    yield (
        "an entry of one’s own child, concealed",
        page("desk:entry", own),
        cycle(world["concealed"]),
        never("E"),
    )
    yield (
        "an entry of another child, under one’s own",
        page("desk:entry", own),
        cycle(world["theirs"]),
        never("E"),
    )

    def searched(text: str) -> Any:
        return client.get(reverse("desk:search"), {"q": text})

    def unheard(rows: Any) -> Iterator[str]:
        """Names of the same length and sound that nobody has, with birth dates as common."""
        for ref, name, born in cycle(rows):
            family = name.split()[-1]
            yield f"{name.split()[0]} {family[0]}{'qzx'[len(ref) % 3]}{family[2:]}w {born}"

    def heard(rows: Any) -> Iterator[str]:
        for _, name, born in cycle(rows):
            yield f"{name} {born}"

    yield "a search, in no team", searched, heard(nobody), unheard(nobody)
    yield "a search, sealed", searched, heard(sealed), unheard(sealed)
    yield "a search by reference", searched, refs(nobody), never("P")

    def looked_up(given: tuple[str, str]) -> Any:
        return client.post(reverse("desk:look_up"), {"surname": given[0], "dob": given[1], "why": "referral"})

    def identified(rows: Any, other: bool) -> Iterator[tuple[str, str]]:
        """A family name and a birth date: their own, or one that somebody of another name has. A name that nobody
        has would be another question: how many are called nearly so is seen by everybody."""
        for place, (_, name, born) in enumerate(cycle(rows)):
            yield name.split()[-1], rows[(place + 1) % len(rows)][2] if other else born

    yield "a look-up in the index, sealed", looked_up, identified(sealed, False), identified(sealed, True)


def between(hidden: list[float], absent: list[float], chance: Random) -> tuple[float, float]:
    """The middle 95% of the difference of medians, by drawing again from what was measured."""
    found = sorted(
        statistics.median(chance.choices(hidden, k=len(hidden))) - statistics.median(chance.choices(absent, k=len(absent)))
        for _ in range(RESAMPLES)
    )  # fmt: skip
    return found[int(RESAMPLES * 0.025)], found[int(RESAMPLES * 0.975) - 1]


def measured(pairs: int, only: str = "") -> list[dict[str, Any]]:
    chance = Random(SEED)
    found = []
    for title, ask, hidden, absent in kinds(fill()):
        if only not in title:
            continue
        took: dict[str, list[float]] = {"hidden": [], "absent": []}
        answers: dict[str, Any] = {}
        # A search works for longer, so half as many pairs tell as much.
        turns = pairs // 2 if "search" in title else pairs
        for turn in range(turns + WARM_UP):
            for which in chance.sample(("hidden", "absent"), 2):
                thing = next(hidden if which == "hidden" else absent)
                begun = time.perf_counter()
                answers[which] = ask(thing)
                if turn >= WARM_UP:
                    took[which].append((time.perf_counter() - begun) * 1000)
        assert answers["hidden"].status_code == answers["absent"].status_code, (title, answers)
        low, high = between(took["hidden"], took["absent"], chance)
        medians = {which: statistics.median(values) for which, values in took.items()}
        found.append({
            "address": title, "status": answers["hidden"].status_code, "pairs": turns,
            "hidden": round(medians["hidden"], 2), "absent": round(medians["absent"], 2),
            "difference": round(medians["hidden"] - medians["absent"], 2),
            "low": round(low, 2), "high": round(high, 2),
        })  # fmt: skip
        print(" ".join(shown(found[-1])), flush=True)
    return found


HEADERS = ("Address", "Answer", "Pairs", "Hidden, ms", "Absent, ms", "Difference, ms", "95% interval, ms")


def shown(one: dict[str, Any]) -> list[str]:
    return [
        one["address"], str(one["status"]), str(one["pairs"]), f"{one['hidden']:.1f}", f"{one['absent']:.1f}",
        f"{one['difference']:+.2f}", f"{one['low']:+.2f} to {one['high']:+.2f}",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--only", default="", help="addresses with these words; nothing is kept")
    given = parser.parse_args()
    with ground.server():
        from unittest import mock

        from lineofsight.catalogue.sign_in import numbers
        from lineofsight.partners import use

        logging.disable(logging.CRITICAL)  # each 404 would print a line
        ground.gather_static()
        ground.use(DATABASE)
        # Nobody may ask so often; here the time of many answers is what matters.
        with mock.patch.object(use, "numbers", lambda: Unlimited(numbers())):
            found = measured(given.pairs, given.only)
        print(ground.table(HEADERS, [shown(one) for one in found]))
        if not given.only:
            print(ground.keep("timing", {"budget": BUDGET, "addresses": found}))


class Unlimited:
    """The catalogue's numbers, but for how often something may be asked."""

    def __init__(self, shipped: Any) -> None:
        self.shipped = shipped

    def __getattr__(self, name: str) -> Any:
        return 10**9 if name.endswith("_most") else getattr(self.shipped, name)


if __name__ == "__main__":
    main()
