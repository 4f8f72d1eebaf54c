"""A hundred practitioners at work at once on the served product: how long each page takes, and that nothing is lost.

A store of its own, in a data folder of its own, with 100 workers of six agencies who each have 15 children with 40
entries. `lineofsight serve` runs as it does for everybody: its own process, the web role, row security, the sealer
beside it. Each practitioner opens pages, waits as a reader waits, and now and then writes an entry. At the end every
entry that was answered with “Added” must be in the store, and every page that was answered in the ledger.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench import ground

SEED = 20_261_126
FOLDER = ground.ROOT / "build" / "bench-practitioners"
CHILDREN = 15
ENTRIES = 60_000
#: Seconds that a reader stays on a page, on average, and the least.
STAY, LEAST_STAY = 8.0, 1.0
#: What practitioners open, and how often of a hundred times.
PAGES = {"home": 15, "overview": 20, "chronology": 30, "filter": 10, "entry": 10, "search": 7, "write": 8}
MARK = "Seen at the drop-in, written under load"


def prepare(many: int) -> list[tuple[str, list[str]]]:
    """The store, once; a session cookie and the children of each practitioner."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from bench import chronology
    from lineofsight.access.actor import Actor
    from lineofsight.catalogue.errors import AlreadyThere
    from lineofsight.partners import factors
    from lineofsight.partners import queries as partners
    from lineofsight.partners import services as partner_services
    from lineofsight.partners.models import Worker
    from lineofsight.people import queries as people
    from lineofsight.people import services as people_services

    ground.use(str(connection.settings_dict["NAME"]))
    chronology.BY_SERVICES = ENTRIES
    chronology.fill(ENTRIES)
    by, chance = Actor.operator(), Random(SEED)
    agencies = [agency.code for agency in partners.agencies()][:6]
    crowd = [f"N{number}" for number in range(ENTRIES // chronology.ENTRIES_EACH)]
    ids = people_services.known_identities("csc", "csc_case", crowd)
    found = []
    for number in range(many):
        email = f"load{number}@northshore.example"
        with suppress(AlreadyThere):
            worker, _ = partner_services.add_worker(
                email=email, name=f"Practitioner {number}", agency=partners.agency(agencies[number % len(agencies)]),
                roles=["practitioner"], training_until=date.today() + timedelta(days=365), by=by,
            )  # fmt: skip
            factors.give_app(worker, factors.new_app_secret())
        worker = Worker.objects.get(email=email)
        own = chance.sample(crowd, CHILDREN)
        refs = []
        for name in own:
            child = people.assemble(people.person_of(people.ref_of(ids[name])))
            with suppress(AlreadyThere):
                people_services.join_circle(child=child, worker_ref=worker.ref, role="worker", by=by)
            refs.append(child.ref)
        client = Client()
        client.force_login(worker)
        found.append((client.cookies[settings.SESSION_COOKIE_NAME].value, refs))
    return found


class Practitioner(threading.Thread):
    """Opens pages one after another until the time is over."""

    def __init__(
        self, number: int, address: str, cookie: tuple[str, str], children: list[str], until: float
    ) -> None:
        super().__init__(daemon=True)
        import requests

        self.chance = Random(SEED + number)
        self.address, self.children, self.until = address, children, until
        self.session = requests.Session()
        self.session.cookies.set(*cookie)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.wrong: Counter[str] = Counter()
        self.written = 0

    def run(self) -> None:
        time.sleep(self.chance.uniform(0, STAY))
        while time.monotonic() < self.until:
            what = self.chance.choices(list(PAGES), weights=list(PAGES.values()))[0]
            try:
                getattr(self, what)(self.chance.choice(self.children))
            except Exception as error:
                self.wrong[f"{what}: {type(error).__name__}"] += 1
            time.sleep(max(LEAST_STAY, self.chance.expovariate(1 / STAY)))

    def get(self, what: str, path: str) -> str:
        begun = time.perf_counter()
        answer = self.session.get(self.address + path, timeout=60)
        self.took[what].append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            self.wrong[f"{what}: {answer.status_code}"] += 1
        return answer.text

    def home(self, child: str) -> None:
        self.get("home", "/")

    def overview(self, child: str) -> None:
        self.get("overview", f"/children/{child}")

    def chronology(self, child: str) -> None:
        self.get("chronology", f"/children/{child}/chronology")

    def filter(self, child: str) -> None:
        self.get("filter", f"/children/{child}/chronology?category=missing")

    def entry(self, child: str) -> None:
        shown = re.findall(
            rf"/children/{child}/entries/(?!new)[0-9A-Z]+",
            self.get("chronology", f"/children/{child}/chronology"),
        )
        if shown:
            self.get("entry", self.chance.choice(shown))

    def search(self, child: str) -> None:
        self.get("search", f"/search?q={child}")

    def write(self, child: str) -> None:
        path = f"/children/{child}/entries/new"
        form = self.get("form", path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        kind = re.search(r'<option value="(CSC_CONTACT|[A-Z_]{3,})"', form)
        if not token or not kind:
            self.wrong["write: no form"] += 1
            return
        begun = time.perf_counter()
        answer = self.session.post(
            self.address + path, timeout=60, allow_redirects=False, headers={"Referer": self.address + path},
            data={"csrfmiddlewaretoken": token[1], "when": "yesterday 15:30", "kind": kind[1], "title": MARK,
                  "nature": "fact", "audience": "team"},
        )  # fmt: skip
        self.took["write"].append((time.perf_counter() - begun) * 1000)
        if answer.status_code == 302:
            self.written += 1
        else:
            self.wrong[f"write: {answer.status_code}"] += 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def served(port: int) -> subprocess.Popen[bytes]:
    """`lineofsight serve`, once it answers."""
    import requests

    command = [str(Path(sys.executable).with_name("lineofsight")), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ground.ROOT, env=os.environ | {"LINEOFSIGHT_DATA": str(FOLDER)})
    for _ in range(300):
        with suppress(requests.RequestException):
            if requests.get(f"http://127.0.0.1:{port}/sign-in", timeout=5).status_code < 500:
                return process
        time.sleep(0.2)
    process.terminate()
    raise SystemExit("The product did not start.")


def counts() -> tuple[int, int]:
    """Entries written under load, and looks in the ledger."""
    from lineofsight.access.models import LedgerRow
    from lineofsight.chronology.models import Entry

    return Entry.objects.filter(title=MARK).count(), LedgerRow.objects.filter(outcome="looked").count()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--practitioners", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=180)
    given = parser.parse_args()
    os.environ["LINEOFSIGHT_DATA"] = str(FOLDER)
    with ground.server():
        from django.conf import settings

        ground.gather_static()
        people = prepare(given.practitioners)
        entries_before, _ = counts()
        port = free_port()
        process = served(port)
        try:
            until = time.monotonic() + given.seconds
            begun = time.perf_counter()
            crowd = [
                Practitioner(number, f"http://127.0.0.1:{port}", (settings.SESSION_COOKIE_NAME, cookie), refs, until)
                for number, (cookie, refs) in enumerate(people)
            ]  # fmt: skip
            for one in crowd:
                one.start()
            for one in crowd:
                one.join()
            seconds = time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait(60)
        entries_after, _ = counts()
        written = sum(one.written for one in crowd)
        took: dict[str, list[float]] = defaultdict(list)
        wrong: Counter[str] = Counter()
        for one in crowd:
            wrong.update(one.wrong)
            for what, times in one.took.items():
                took[what] += times
        everything = [ms for times in took.values() for ms in times]
        rows = [spread(what, times) for what, times in sorted(took.items())] + [spread("all", everything)]
        found = {
            "practitioners": given.practitioners, "seconds": round(seconds), "pages": rows,
            "per_second": round(len(everything) / seconds, 1), "errors": dict(wrong),
            "written": written, "lost": written - (entries_after - entries_before),
        }  # fmt: skip
        print(show(found))
        print(ground.keep("practitioners", found))


def spread(what: str, times: list[float]) -> dict[str, Any]:
    return {"page": what, "times": len(times)} | {
        name: round(ground.percentile(times, share), 1)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def show(found: dict[str, Any]) -> str:
    table = ground.table(
        ("page", "times", "p50 ms", "p95 ms", "p99 ms"),
        [
            (p["page"], f"{p['times']:,}", *(f"{p[n]:.1f}" for n in ("p50", "p95", "p99")))
            for p in found["pages"]
        ],
    )
    return (
        f"{table}\n{found['practitioners']} practitioners, {found['per_second']} pages a second; errors: "
        f"{found['errors'] or 'none'}; {found['written']} entries written, {found['lost']} lost"
    )


if __name__ == "__main__":
    main()
