"""Every call that the JSON interface describes, with values of every kind, by each key and by none.

The calls are drawn from the interface's own description (OpenAPI) and answered in this process. Whatever is sent,
an answer is one that the description names; a key sees its agency's files alone; and what was refused has changed
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lineofsight.config import consistency
from lineofsight.records import keys, services
from lineofsight.records.models import ApiDelivery, Delivery, KeptAside, StagedRow
from store import exact, received

KEPT = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
)  # fmt: skip
OURS = "case_id,surname,forenames,dob\n1,Ourname,Ana,2012-05-03\n2,Ourname,Ben,not a day\n,Ourname,Cy,2011-01-01\n"
THEIRS = (
    "report_no,nominal_id,surname,forenames,dob,reported_at,last_seen_at,risk\n"
    "R1,N1,Theirname,Zed,2012-05-03,2026-05-01 10:00,2026-05-01 09:00,low\n"
    "R2,N2,Theirname,Zoe,not a day,2026-05-01 10:00,2026-05-01 09:00,low\n"
)
#: How many calls are drawn for each operation, key and file; two in three as described, the rest not.
CALLS, CALLS_OF_A_FILE = 8, 2
AS_DRAWN: dict[str, Any] = {
    "deadline": None, "database": None, "derandomize": True, "phases": [Phase.generate],
}  # fmt: skip


class TakenBack(Exception):
    """Each call meets the same files, so what it did is taken back."""


@pytest.fixture
def world(partnership: Any) -> dict[str, Any]:
    """Two agencies, each with a key and with a file in every state."""
    found: dict[str, Any] = {"refs": {}, "keys": {}}
    for agency, text in (("csc", OURS), ("police", THEIRS)):
        key, secret = keys.make_key(
            agency=partnership.agency(agency), name="nightly", days=30, by=partnership.operator
        )
        found["keys"][agency] = secret
        refs = []
        for state in ("staged", "committed", "undone", "discarded"):
            # An empty line more each time: another file with the same rows.
            taken = received(partnership, agency, f"{agency} {state}.csv", text + "\n" * len(refs))
            services.stage(delivery=taken, by=partnership.operator)
            refs.append(taken.ref)
            if state in ("committed", "undone"):
                services.commit(delivery=taken, by=partnership.operator)
            if state == "undone":
                services.undo(delivery=taken, by=partnership.operator)
            if state == "discarded":
                services.discard(delivery=taken, by=partnership.operator)
        found["refs"][agency] = refs
        ApiDelivery.objects.create(
            key=key, idempotency_key="once", sha256="0" * 64, delivery=Delivery.objects.get(ref=refs[0])
        )
    assert len({one.state for one in Delivery.objects.all()}) == 4
    return found


class Service:
    """The service as a web server runs it, called with one key. Whatever key was drawn gives way to it."""

    def __init__(self) -> None:
        self.answer, self.secret = get_wsgi_application(), ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        environ.pop("HTTP_AUTHORIZATION", None)
        if self.secret:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.secret}"
        return self.answer(environ, start)


@pytest.fixture
def service() -> Iterator[Service]:
    # A web server looks after its connection between two requests; here the test's own transaction is on it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Service()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations(service: Service) -> Iterator[Any]:
    for found in schemathesis.openapi.from_wsgi("/api/openapi.json", app=service).get_all_operations():
        yield found.ok()


def standing() -> dict[str, Any]:
    """All that a call could change, but for the ledger and the count of calls."""
    rows: dict[str, Any] = exact()
    for table in (Delivery, StagedRow, KeptAside, ApiDelivery):
        rows[table.__name__] = sorted(json.dumps(row, default=str) for row in table.objects.values_list())
    return rows


def calls(operation: Any, ref: str) -> st.SearchStrategy[Case]:
    """Calls as the description has them and calls that break it, of the file with this reference."""
    drawn = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.method == "post" or "{" in operation.path:
        not_so = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        drawn = st.one_of(drawn, drawn, not_so)

    def of_the_file(case: Case) -> Case:
        if ref:
            case.path_parameters["ref"] = ref
        return case

    return drawn.map(of_the_file)


@dataclass
class Caller:
    """One key, or none, and what it may not come across."""

    world: dict[str, Any]
    whose: str
    before: dict[str, Any]
    met: set[tuple[str, int]] = field(default_factory=set)

    @property
    def secret(self) -> str:
        return str(self.world["keys"].get(self.whose, ""))

    def is_anothers(self, ref: str) -> bool:
        return any(ref in refs for agency, refs in self.world["refs"].items() if agency != self.whose)

    def hidden(self) -> list[str]:
        words = {"csc": ("Ourname", "csc "), "police": ("Theirname", "police ")}
        others = [agency for agency in words if agency != self.whose]
        return [word for agency in others for word in (*words[agency], *self.world["refs"][agency])]

    def ask(self, operation: Any, ref: str) -> None:
        """Draw calls of this operation, and look at each answer."""
        how_many = CALLS_OF_A_FILE if ref else CALLS

        @settings(max_examples=how_many, suppress_health_check=list(HealthCheck), **AS_DRAWN)
        @given(case=calls(operation, ref))
        def asked(case: Case) -> None:
            with suppress(TakenBack), transaction.atomic():
                answer = case.call()
                case.validate_response(answer, checks=list(KEPT))
                self.met.add((operation.label, answer.status_code))
                self.look_at(answer, ref, sent=json.dumps([case.path_parameters, case.query], default=str))
                raise TakenBack

        asked()

    def look_at(self, answer: Any, ref: str, *, sent: str) -> None:
        said = answer.content.decode()
        assert not [word for word in self.hidden() if word in said and word not in sent]
        if not self.secret:
            assert answer.status_code in (400, 401), "an address that cannot be read, or no key"
        elif self.is_anothers(ref):
            assert answer.status_code == 404
        if answer.status_code >= 400:
            assert standing() == self.before
        else:
            assert consistency.findings() == []


@pytest.mark.parametrize("whose", ["csc", "police", "nobody"])
def test_every_call_is_answered_as_described_and_within_its_agency(
    whose: str, world: dict[str, Any], service: Service
) -> None:
    caller = Caller(world, whose, standing())
    service.secret = caller.secret
    there = [ref for refs in world["refs"].values() for ref in refs]
    for operation, ref in product(operations(service), [*there, ""]):
        if "{ref}" in operation.path or not ref:
            caller.ask(operation, ref)
    succeeded = {label for label, status in caller.met if status < 300}
    assert len(succeeded) == (7 if caller.secret else 0), sorted(caller.met)
