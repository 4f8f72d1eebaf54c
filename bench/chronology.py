"""How long the chronology page takes, whole: session, policy, ledger, queries and template.

Stores are made, kept between runs, of people with a few dozen entries each and two children with 200 and
2,000. The first hundred thousand entries come in by the bulk services that an import uses
(people.identities_for, take_statements and settle, chronology.take_entries), the rest are copies of them about
other people, made in SQL; none has a source row behind it, which the page does not read. The reader is in the
team around the two children and thirty others, and works in the web role under row security. Beside each page
stand the same page without row security, and the one bare SQL query for its rows, without any policy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib import import_module
from itertools import islice
from random import Random
from typing import Any

from bench import ground, rows

SEED = 20_260_302
STORES = (100_000, 1_000_000)
#: So many come in by the services; a larger store is filled up with copies.
BY_SERVICES = 100_000
#: Further children in whose team the reader is.
CASELOAD = 30
CHILDREN = {"small": 200, "large": 2_000}
ENTRIES_EACH = 40
BATCH = 10_000
KINDS = ("CSC_CONTACT", "CSC_VISIT", "CSC_MISSING", "RHI")
WORDS = (
    "met", "at", "home", "school", "parent", "rang", "worker", "late", "evening", "park", "shop", "returned",
    "safe", "upset", "friend", "phone", "plan", "agreed",
)  # fmt: skip

BARE = (
    "SELECT e.* FROM chronology_participation p JOIN chronology_entry e ON e.id = p.entry_id"
    " WHERE p.identity_id = ANY(%s) AND p.standing AND e.state <> 'superseded'"
    " ORDER BY e.occurred_from DESC, e.id DESC LIMIT 51"
)


#: Copies of one person's entries, about people of their own.
COPIES = (
    "INSERT INTO people_person (ref, kind, name, restricted, agencies)"
    " SELECT 'Q' || lpad(n::text, 12, '0'), 'child', 'Copy ' || n, false, '{csc}'"
    " FROM generate_series(1, %(people)s) n",
    "INSERT INTO people_sourceidentity (ref, agency, system, local_id, person_id)"
    " SELECT ref, 'csc', 'copies', ref, id FROM people_person WHERE ref LIKE 'Q%%'",
    "INSERT INTO chronology_entry (ref, version, state, identity_id, agency, kind, occurred_from, occurred_to, precision,"
    " occurred_text, recorded_at, received_at, title, narrative, child_words, nature, about, sharing, conceal, handling,"
    " sensitivity, location_fields, conditions, grading, author, facts, source, source_slot, source_join, source_label,"
    " written_by, reason)"
    " SELECT 'F' || lpad((i.id * 100 + row_number() OVER (PARTITION BY i.id))::text, 12, '0'), 1, 'live', i.id, e.agency,"
    " e.kind, e.occurred_from, e.occurred_to, e.precision, '', e.recorded_at, e.received_at, e.title, e.narrative, '',"
    " e.nature, ARRAY[i.id], e.sharing, e.conceal, e.handling, e.sensitivity, '{}', '', '{}', e.author, '{}',"
    " i.id * 100 + row_number() OVER (PARTITION BY i.id), '', '', e.source_label, '', ''"
    " FROM people_sourceidentity i CROSS JOIN"
    " (SELECT * FROM chronology_entry WHERE identity_id = %(like)s ORDER BY id LIMIT 40) e WHERE i.system = 'copies'",
    "INSERT INTO chronology_participation (entry_id, identity_id, name, role, occurred_from, standing)"
    " SELECT id, identity_id, '', 'subject', occurred_from, true FROM chronology_entry WHERE ref LIKE 'F%%'",
)


def told(
    people: dict[str, int], of: Iterator[str], chance: Random, agencies: tuple[str, ...]
) -> Iterator[Any]:
    """One entry for each name that comes, at a random moment."""
    from lineofsight.catalogue.when import When
    from lineofsight.chronology.services import Part, Told

    for number, local_id in enumerate(of):
        start = datetime(2019, 1, 1, 9, tzinfo=UTC) + timedelta(minutes=chance.randrange(3_600_000))
        narrative = " ".join(chance.choice(WORDS) for _ in range(40))
        handling = "restricted" if chance.random() < 0.03 else "standard"
        parts = (Part("professional", "A. Oduya"),) if chance.random() < 0.3 else ()
        yield Told(
            identity=people[local_id], agency=agencies[number % len(agencies)], kind=chance.choice(KINDS),
            when=When(start, start + timedelta(minutes=30), "minute", ""),
            title=f"Seen with {chance.choice(WORDS)}", role="subject", source=next(SOURCES), slot="", join="",
            label="Contacts", recorded_at=start, narrative=narrative, author="A. Oduya", handling=handling,
            parts=parts,
        )  # fmt: skip


def numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


SOURCES = numbers()


def fill(entries: int) -> None:
    """Once for each store. Statements come in by the same services, so people have names and agencies."""
    from django.db import connection, transaction
    from django.utils import timezone

    from lineofsight.access.actor import Actor
    from lineofsight.catalogue import book
    from lineofsight.catalogue.errors import AlreadyThere
    from lineofsight.chronology import services as chronology
    from lineofsight.partners import factors
    from lineofsight.partners import queries as partners
    from lineofsight.partners import services as partner_services
    from lineofsight.people import queries
    from lineofsight.people import services as people

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM chronology_entry")
        if cursor.fetchone()[0] == entries + sum(CHILDREN.values()):
            return
    ground.empty()
    agencies = tuple(kind.code for kind in book.agencies())[:6]
    chance, begun, now = Random(SEED), time.perf_counter(), timezone.now()
    told_first = min(entries, BY_SERVICES)
    crowd = [f"N{number}" for number in range(told_first // ENTRIES_EACH)]
    with transaction.atomic():
        ids = people.identities_for(agency="csc", system="csc_case", local_ids=[*CHILDREN, *crowd])
        said = [
            people.SaidRow(ids[name], place, "", "Person cross-walk", {
                "kind": "child", "names": [{"given": given, "family": family, "use": "legal"}],
                "birth": {"from": born, "to": born, "precision": "day"},
            })
            for place, (name, (_, family, given, _, born, *_rest)) in enumerate(
                zip([*CHILDREN, *crowd], rows.people(len(crowd) + 2, SEED), strict=True), start=1
            )
        ]  # fmt: skip
        people.take_statements(said, at=now)
        for start in range(0, len(said), BATCH):
            people.settle([one.identity for one in said[start : start + BATCH]], at=now)
    everyone = [name for name, count in CHILDREN.items() for _ in range(count)]
    everyone += [crowd[place % len(crowd)] for place in range(told_first)]
    chance.shuffle(everyone)
    stream = told(ids, iter(everyone), chance, agencies)
    while batch := list(islice(stream, BATCH)):
        with transaction.atomic():
            chronology.take_entries(batch, at=now)
    with connection.cursor() as cursor:
        for statement in COPIES if entries > told_first else ():
            cursor.execute(
                statement, {"people": (entries - told_first) // ENTRIES_EACH, "like": ids[crowd[0]]}
            )
        cursor.execute("VACUUM ANALYZE")
    by = Actor.operator()
    for code in agencies:
        partner_services.agree(
            agency=partners.agency(code), title="Bench", purpose="Measuring", lawful_basis="none", by=by,
            since=now - timedelta(days=1),
        )  # fmt: skip
    with suppress(AlreadyThere):
        worker, _ = partner_services.add_worker(
            email="bench@northshore.example", name="Ines Marlow", agency=partners.agency("csc"),
            roles=["practitioner"], training_until=date.today() + timedelta(days=365), by=Actor.operator(),
        )  # fmt: skip
        factors.give_app(worker, factors.new_app_secret())
        for name in [*CHILDREN, *crowd[:CASELOAD]]:
            child = queries.assemble(queries.person_of(queries.ref_of(ids[name])))
            people.join_circle(child=child, worker_ref=worker.ref, role="worker", by=by)
    print(f"Filled {entries:,} entries in {time.perf_counter() - begun:,.0f} s", flush=True)


def timed(work: Callable[[], Any], times: int) -> dict[str, float]:
    """p50 and p95 in milliseconds, after a few that warm up."""
    for _ in range(5):
        work()
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append((time.perf_counter() - begun) * 1000)
    return {"p50": round(ground.percentile(found, 0.5), 1), "p95": round(ground.percentile(found, 0.95), 1)}


def pages(entries: int, requests: int) -> list[dict[str, Any]]:
    """Each page of each child in the store at hand."""
    from django.test import Client, override_settings
    from django.urls import reverse

    from lineofsight.partners import use
    from lineofsight.partners.models import Worker
    from lineofsight.people import queries as people
    from lineofsight.people import services as people_services

    # Counting how much one person asks for stays; the bench asks for more than any person may.
    vars(use)["numbers"] = partial(replace, use.numbers(), requests_most=10**9)
    client = Client()
    client.force_login(Worker.objects.get(email="bench@northshore.example"))
    ids = people_services.known_identities("csc", "csc_case", list(CHILDREN))
    found = []
    for name, count in CHILDREN.items():
        address = reverse("desk:chronology", args=[people.owners_of([ids[name]])[ids[name]].ref])
        deep = deepest(client, address)
        asked = {
            "first page": address,
            "deep page by its cursor": f"{address}{deep}",
            "filter by category": f"{address}?category=missing",
            "search in the text": f"{address}?text=upset+friend",
        }
        for words, url in asked.items():
            answer = client.get(url)
            assert answer.status_code == 200, (url, answer.status_code)
            found.append({"store": entries, "child": count, "page": words, "bytes": len(answer.content),
                          **timed(partial(client.get, url), requests)})  # fmt: skip
        with override_settings(GUARD_DROPS_TO=""):
            found.append({"store": entries, "child": count, "page": "first page without row security", "bytes": 0,
                          **timed(partial(client.get, address), requests)})  # fmt: skip
        found.append({"store": entries, "child": count, "page": "bare SQL, first page", "bytes": 0,
                      **timed(partial(bare, ids[name]), requests)})  # fmt: skip
    return found


def bare(identity: int) -> None:
    """The first page's rows and nothing else, on the connection at hand."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BARE, [[identity]])
        cursor.fetchall()


def deepest(client: Any, address: str) -> str:
    """The cursor of a page about halfway down, reached as a reader reaches it."""
    import re
    from html import unescape

    cursor = ""
    for _ in range(20):
        links = re.findall(r'href="(\?after=[^"]+)"', client.get(f"{address}{cursor}").content.decode())
        if not links:
            break
        cursor = unescape(links[-1])
    return cursor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=list(STORES))
    parser.add_argument("--requests", type=int, default=100)
    given = parser.parse_args()
    with ground.server():
        ground.gather_static()
        # The process as the web server has it.
        import_module("lineofsight.config.wsgi")
        found = []
        for entries in given.entries:
            ground.use(f"bench_chronology_{entries}")
            fill(entries)
            found += pages(entries, given.requests)
        print(show(found))
        print(ground.keep("chronology", {"requests": given.requests, "pages": found}))


def show(found: list[dict[str, Any]]) -> str:
    return ground.table(
        ("page", "child's entries", "store", "p50 ms", "p95 ms"),
        [
            (p["page"], f"{p['child']:,}", f"{p['store']:,}", f"{p['p50']:.1f}", f"{p['p95']:.1f}")
            for p in found
        ],
    )


if __name__ == "__main__":
    main()
