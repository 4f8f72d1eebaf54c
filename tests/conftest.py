"""What every test stands on. Tests that ask for the database get one of their own, apart from any demo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connections
from django.test import Client
from pytest_socket import socket_allow_hosts

from accounts import PASSWORD, enrol
from lineofsight.config.postgres import Server
from store import LONG_AGO, agreed, received

#: Kept between runs, so that only the first one makes a cluster. Two runs at once need a folder each.
DATA = Path(
    os.environ.get("LINEOFSIGHT_TEST_DATA") or Path(__file__).resolve().parents[1] / "build" / "test-data"
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The embedded server without durability, shared by all test processes; none when DATABASE_URL is set."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    server = Server(DATA, durable=False)
    server.start()
    own = connections["default"].settings_dict
    own.update({key: value for key, value in server.connection().items() if key != "NAME"})
    yield
    server.leave()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit have their tables emptied afterwards, which the ledger alone would refuse."""
    if not str(connections["default"].settings_dict["NAME"]).startswith("test_"):
        return  # no test of this run asks for a database
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        for table in ("row", "leaf", "node", "head"):
            cursor.execute(f"ALTER TABLE access_ledger{table} DISABLE TRIGGER access_ledger_never_emptied")


@pytest.fixture(autouse=True, scope="session")
def gathered_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages name their styles and scripts without these having been gathered for a web server first."""
    from django.conf import settings

    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Nothing is fetched from elsewhere: only this machine and Unix sockets can be reached."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def the_time() -> Iterator[time_machine.Traveller]:
    """A Monday morning in term. `the_time.move_to(...)` or `.shift(...)` for later."""
    moment = datetime(2026, 5, 11, 9, 30, tzinfo=ZoneInfo("Europe/London"))
    with time_machine.travel(moment, tick=True) as traveller:
        yield traveller


# --- an invented partnership -----------------------------------------------------------------------------


class Partnership:
    """The standard agencies, and workers made as asked for: `by("csc")`, `by("police", "team_manager")`."""

    def __init__(self) -> None:
        from lineofsight.access.actor import Actor

        self.operator = Actor.operator()
        agreed(self.operator)
        self._made: dict[tuple[str, ...], Any] = {}
        self._numbers = count(1)

    def agency(self, code: str) -> Any:
        from lineofsight.partners import queries

        return queries.agency(code)

    def worker(self, agency: str, *roles: str, team: str = "") -> Any:
        """The worker of this agency in these roles, and of this team; the same one each time. The permission
        "export" is given like a role."""
        from lineofsight.partners import services

        key = (agency, team, *(roles or ("practitioner",)))
        if key not in self._made:
            number = next(self._numbers)
            self._made[key] = services.add_worker(
                email=f"worker{number}@{agency}.example",
                name=f"Worker {number} of {agency}",
                agency=self.agency(agency),
                roles=list(key[2:]),
                team=team,
                password=PASSWORD,
                since=date(2020, 1, 1),
                training_until=date(2099, 1, 1),
                by=self.operator,
            )[0]
            enrol(self._made[key])
        return self._made[key]

    def by(self, agency: str, *roles: str, team: str = "", fresh: bool = False) -> Any:
        """The actor that this worker is on a request. `fresh`: has just proved who they are."""
        return self.worker(agency, *roles, team=team).actor(fresh=fresh)

    def around(self, child: Any, *workers: Any, since: datetime | None = None) -> Any:
        """Puts these workers in the team around the child. Returns the child as it is then."""
        from lineofsight.people import queries, services

        for worker in workers:
            services.join_circle(
                child=child, worker_ref=worker.ref, role="worker", since=since or LONG_AGO, by=self.operator
            )
        return queries.get_child(self.operator, child.ref, with_statements=True)

    def signed_in(self, agency: str, *roles: str, team: str = "") -> Client:
        client = Client()
        client.force_login(self.worker(agency, *roles, team=team))
        return client


@pytest.fixture
def partnership(db: None, settings: Any, tmp_path: Path) -> Partnership:
    settings.FILES = tmp_path / "files"
    return Partnership()


class Import(Protocol):
    def __call__(self, agency: str, name: str, text: str, **more: Any) -> Any: ...


@pytest.fixture
def import_rows(partnership: Partnership) -> Import:
    """Bring a file in, from its bytes to committed, as the command does. Returns the delivery."""
    from lineofsight.records import services

    def bring_in(agency: str, name: str, text: str, **more: Any) -> Any:
        taken = received(partnership, agency, name, text, **more)
        staged = services.stage(delivery=taken, by=partnership.operator)
        assert staged.state == "staged", staged.report
        return services.commit(delivery=staged, by=partnership.operator)

    return bring_in


@pytest.fixture
def child_named(partnership: Partnership) -> Callable[[str], Any]:
    """The one child whom a search by these words finds, as an operator sees them."""
    from lineofsight.people import queries

    def find(words: str) -> Any:
        hits = queries.search(partnership.operator, words)
        assert len(hits) == 1, hits
        return queries.get_child(partnership.operator, hits[0].ref, with_statements=True)

    return find


@pytest.fixture
def consistent(partnership: Partnership) -> Iterator[None]:
    """After the test, the store agrees with itself."""
    from lineofsight.config import consistency

    yield
    assert [found.sentence() for found in consistency.findings()] == []
