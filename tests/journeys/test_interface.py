"""An agency's own system brings files in by key: the same preview, commit and undo as on the pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lineofsight.access.models import LedgerRow
from lineofsight.catalogue.errors import NotAllowed
from lineofsight.catalogue.limits import limits
from lineofsight.partners import services
from lineofsight.records import keys
from lineofsight.records.api import api
from lineofsight.records.models import ApiKey, Delivery
from store import content

ROWS = "case_id,surname,forenames,dob\n1,Invented,Ana,2012-05-03\n2,Invented,Ben,not a day\n,Invented,Cy,2011-01-01\n"


class System:
    """An agency's system with its key."""

    def __init__(self, secret: str) -> None:
        self.client, self.head = Client(), {"HTTP_AUTHORIZATION": f"Bearer {secret}"}

    def send(self, text: str = ROWS, name: str = "export.csv", call: str = "night 1", **query: str) -> Any:
        return self.client.post(
            reverse("api:receive", query={"name": name, **query}), text.encode(),
            content_type="application/octet-stream", HTTP_IDEMPOTENCY_KEY=call, **self.head,
        )  # fmt: skip

    def do(self, what: str, ref: str) -> Any:
        return self.client.post(reverse(f"api:{what}", args=[ref]), **self.head)

    def see(self, what: str, *given: str) -> Any:
        return self.client.get(reverse(f"api:{what}", args=given), **self.head)


@pytest.fixture
def system(partnership: Any) -> System:
    _, secret = keys.make_key(
        agency=partnership.agency("csc"), name="nightly export", days=30, by=partnership.operator
    )
    return System(secret)


def test_a_file_by_program_has_the_same_preview_commit_and_undo(system: System, partnership: Any) -> None:
    before = content()
    answer = system.send(loaded_to="2026-05-01", lawful_basis="agreement 4")
    preview = answer.json()
    assert answer.status_code == 201, preview
    assert (preview["state"], preview["rows_read"], preview["new"], preview["kept_aside_count"]) == (
        "staged",
        3,
        2,
        1,
    )
    assert content() == before
    listed = system.see("to_put_right", preview["ref"]).json()
    assert {(one["what"], one["row"]) for one in listed} == {
        ("Rows kept aside", 4),
        ("Dates that cannot be read", 3),
    }
    assert all(one["advice"] for one in listed)
    done = system.do("commit", preview["ref"]).json()
    assert done["state"] == "committed" and done["committed"]["rows"] == 2
    assert content() != before
    shown = partnership.signed_in("csc", "information_officer").get(
        reverse("records:delivery", args=[preview["ref"]])
    )
    assert "nightly export (key of csc)" in shown.content.decode()
    assert [one["state"] for one in system.see("files").json()] == ["committed"]
    assert system.do("undo", preview["ref"]).json()["state"] == "undone"
    assert content() == before
    said = LedgerRow.objects.filter(actor__startswith="key:").values_list("action", flat=True)
    assert {"file.receive", "file.commit", "file.undo"} <= set(said)


def test_the_same_call_again_brings_nothing_in_again(system: System) -> None:
    first, again = system.send().json(), system.send()
    assert again.status_code == 200 and again.json()["ref"] == first["ref"] and again.json()["already"]
    assert Delivery.objects.count() == 1
    other = system.send(ROWS + "9,Invented,Di,2012-01-01\n")
    assert other.status_code == 422 and "used for another file" in other.json()["error"]
    system.do("commit", first["ref"])
    same = system.send(call="night 2")
    assert same.status_code == 409 and "came in on" in same.json()["error"]


def test_refusals_are_the_same_sentences(system: System) -> None:
    secret = system.send("%PDF-1.7 ...", name="letter.pdf").json()
    assert secret["state"] == "refused" and "is a PDF" in secret["refused"]
    large = system.send("x" * (limits().upload_mib * 1024 * 1024 + 1), call="large")
    assert large.status_code == 422 and "larger than" in large.json()["error"]
    assert "loaded_to" in system.send(call="odd", loaded_to="soon").json()["error"]
    assert (
        "Loaded to"
        in system.send(call="late", loaded_to=(date.today() + timedelta(2)).isoformat()).json()["error"]
    )
    assert system.do("commit", "F000000000000").status_code == 404


def test_without_an_agreement_in_force_nothing_is_taken_in(system: System, partnership: Any) -> None:
    """A-D1: what does not flow to an agency does not flow from it either."""
    services.suspend_agreement(
        agreement=partnership.agency("csc").agreements.get(), why="Under review", by=partnership.operator
    )
    answer = system.send()
    assert answer.status_code in (403, 422) and "is not in force" in answer.json()["error"]
    assert Delivery.objects.count() == 0


def test_another_agencys_file_is_not_there(system: System, import_rows: Any) -> None:
    taken = import_rows("police", "x.csv", "report_no,nominal_id,surname,forenames,dob,reported_at,last_seen_at,risk\n"
                        "R1,N1,Invented,Ana,2012-05-03,2026-05-01 10:00,2026-05-01 09:00,low\n")  # fmt: skip
    looks = [system.see(what, taken.ref) for what in ("file", "to_put_right")]
    for answer in (*looks, *(system.do(what, taken.ref) for what in ("undo", "commit", "discard"))):
        assert answer.status_code == 404 and "no file with that reference" in answer.json()["error"]
    assert system.see("files").json() == []


@pytest.mark.parametrize("why", ["no key", "wrong", "not yet", "ended", "revoked"])
def test_without_a_key_that_is_good_today_nothing_opens(why: str, system: System, partnership: Any) -> None:
    taken = system.send().json()
    if why == "wrong":
        system.head["HTTP_AUTHORIZATION"] += "x"
    elif why == "no key":
        system.head = {}
    elif why == "revoked":
        keys.revoke_key(key=ApiKey.objects.get(), by=partnership.operator)
    else:
        day = date.today() + timedelta(days=1 if why == "not yet" else -2)
        ApiKey.objects.update(valid_from=day, valid_to=day)
    answers = [system.send(call="x"), system.see("files"), system.see("file", taken["ref"]),
               system.see("to_put_right", taken["ref"]),
               *(system.do(what, taken["ref"]) for what in ("commit", "undo", "discard"))]  # fmt: skip
    assert [answer.status_code for answer in answers] == [401] * 7
    assert all("Bearer" in answer.json()["error"] for answer in answers)
    assert len(answers) == sum(len(path) for path in api.get_openapi_schema()["paths"].values())


def test_a_secret_is_nowhere_kept_and_a_key_is_dated(partnership: Any) -> None:
    key, secret = keys.make_key(
        agency=partnership.agency("csc"), name="export", days=30, by=partnership.operator
    )
    assert secret not in str(list(ApiKey.objects.values_list())) and secret not in str(
        list(LedgerRow.objects.values_list())
    )
    assert (key.valid_to - key.valid_from).days == 29
    with pytest.raises(NotAllowed):
        keys.make_key(agency=partnership.agency("csc"), name="export", days=30, by=partnership.by("csc"))


def test_the_description_for_programs_is_there_for_everyone(client: Client, db: None) -> None:
    described = client.get(reverse("api:openapi-json")).json()
    assert described["openapi"].startswith("3.") and "/api/files/{ref}/commit" in described["paths"]


def test_a_return_in_xml_comes_in_by_program(system: System) -> None:
    census = Path(__file__).parents[1] / "samples/cin/CIN_Census_2024.xml"
    taken = system.send(census.read_text(), name="census.xml").json()
    assert (taken["state"], taken["rows_read"], taken["format"]) == ("staged", 12, "cin_census")
