"""An agency's file comes in: recognised or explained, previewed, put in, taken out again."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import enrol
from lineofsight.access.actor import Actor
from lineofsight.partners import queries as partners
from lineofsight.partners import services as partner_services
from lineofsight.people import queries as people
from lineofsight.records import queries, services
from lineofsight.records.forms import ColumnsForm, YamlForm, read_map
from store import agreed

OPERATOR = Actor.operator()
CLUB = """Visit no,Member,First name,Surname,Born,Visited on,What happened,Notes,Worker
V1,M1,Sam,Rowan-Hale,12/03/2011,03/05/2026,Came to the open session,Quiet; left early,Kit Brandreth
V2,M2,Tobi,Adeyemi,01/09/2012,04/05/2026,Came to the open session,=cmd|calc,Kit Brandreth
V3,,,,,05/05/2026,Came to the open session,"=HYPERLINK(""x"")",Kit Brandreth
"""
CHOICES = {
    "name": "Youth club visits", "kind": "ENGAGEMENT", "scope": "increment", "system": "",
    **{f"column_{n}": role for n, role in enumerate(
        ("row", "person", "given", "family", "birth", "date", "title", "narrative", "author"))},
}  # fmt: skip


@pytest.fixture(autouse=True)
def partnership(db: None, settings: Any, tmp_path: Path) -> None:
    settings.FILES = tmp_path / "files"
    agreed(OPERATOR)


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(worker("information_officer"))
    return client


def worker(role: str) -> Any:
    return enrol(partner_services.add_worker(
        email=f"{role}@northshore.example", name="Ines Marlow", agency=partners.agency("csc"), roles=[role],
        training_until=date(2099, 1, 1), by=OPERATOR,
    )[0])  # fmt: skip


def send(client: Client, content: str = CLUB, name: str = "club.csv", **more: Any) -> Any:
    given = {
        "file": SimpleUploadedFile(name, content.encode()),
        "agency": "vcs", "lawful_basis": "sharing agreement 4",
        "sender": "Kit Brandreth", "period_from": "1 May 2026", "loaded_to": "May 2026", **more,
    }  # fmt: skip
    return client.post(reverse("records:receive"), given)


def latest() -> Any:
    return queries.deliveries(OPERATOR)[0]


def at(name: str) -> str:
    return reverse(f"records:{name}", args=[latest().ref])


def staged(officer: Client) -> None:
    send(officer)
    answer = officer.post(at("map"), CHOICES)
    assert answer.status_code == 302, answer.content.decode()


def test_the_empty_list_says_what_to_do(officer: Client) -> None:
    words = officer.get(reverse("records:files")).content.decode()
    assert "No file has come in yet" in words and reverse("records:receive") in words


def test_a_file_that_nobody_knows_is_explained_once(officer: Client) -> None:
    """Given columns that no map knows, when someone says what they are, then the next file needs no map."""
    answer = send(officer)
    assert answer.url == at("delivery")
    assert latest().state == "needs_map"
    assert (latest().period_from, latest().loaded_to) == (date(2026, 5, 1), date(2026, 5, 31))
    assert "The columns are not known" in officer.get(at("delivery")).content.decode()
    asked = officer.get(at("map")).content.decode()
    assert "Came to the open session" in asked and "12/03/2011" in asked
    assert '<optgroup label="Engagement">' in asked and "What is a row" not in asked
    preview = officer.post(at("map"), CHOICES, follow=True).content.decode()
    assert "This file waits for your decision" in preview and "Youth club visits" in preview
    assert "Nothing in the row says whom it is about." in preview and "1 row kept aside" in preview
    assert "style=" not in preview.replace("stylesheet", "")
    assert people.search(OPERATOR, "Rowan-Hale") == []

    done = officer.post(at("commit"), follow=True).content.decode()
    assert "club.csv is in." in done and "Ines Marlow" in done
    assert [hit.name for hit in people.search(OPERATOR, "Rowan-Hale")] == ["Sam Rowan-Hale"]

    send(officer, CLUB.replace("Quiet; left early", "Quiet; left at nine"), name="club-2.csv")
    words = officer.get(at("delivery")).content.decode()
    assert latest().state == "staged"
    assert "1 row differs from what stands" in words
    assert "Quiet; left early" in words and "Quiet; left at nine" in words


def test_a_known_format_needs_no_map(officer: Client) -> None:
    header = "ref,name,dob,session_date,session_time,worker,activity,place,notes,child_said,concern"
    send(officer, f"{header}\n7,Tobi Adeyemi,2012-09-01,2026-05-04,18:30,Kit,Boxing,Hall,,I like it,maybe\n")
    words = officer.get(at("delivery")).content.decode()
    assert latest().state == "staged"
    assert "Recognised as <strong>Sessions with children</strong>" in words
    assert "Values in “concern” that nobody has explained" in words and "maybe" in words
    assert "1 person is new from this agency" in words


def test_taken_out_again_as_if_it_had_never_come(officer: Client) -> None:
    staged(officer)
    officer.post(at("commit"))
    assert "Take it out again" in officer.get(at("delivery")).content.decode()
    asked = officer.get(at("undo")).content.decode()
    assert "Rows that it changed stand again as they were before" in asked
    words = officer.post(at("undo"), follow=True).content.decode()
    assert "This file was taken out again" in words
    assert people.search(OPERATOR, "Rowan-Hale") == []
    assert "nothing to take out" in officer.get(at("undo")).content.decode()


def test_a_file_can_be_put_aside(officer: Client) -> None:
    staged(officer)
    words = officer.post(at("discard"), follow=True).content.decode()
    assert "club.csv is put aside. Nothing of it went in." in words and "Put aside" in words
    again = officer.post(at("commit"), follow=True).content.decode()
    assert "This file is put aside, not waiting to be put in." in again


def test_what_was_typed_is_kept_when_something_is_missing(officer: Client) -> None:
    answer = officer.post(
        reverse("records:receive"),
        {"agency": "vcs", "lawful_basis": "", "sender": "Kit <b>", "loaded_to": "31 Februember"},
    )
    words = answer.content.decode()
    assert "Choose the file." in words and "Say by which agreement or duty" in words
    assert "Kit &lt;b&gt;" in words and "31 Februember" in words and '<option value="vcs" selected>' in words
    assert queries.deliveries(OPERATOR) == []


def test_dates_that_cannot_be_are_told_on_their_field(officer: Client) -> None:
    words = send(officer, loaded_to="1 June 2126").content.decode()
    assert "is in the future" in words and 'href="#id_loaded_to"' in words


def test_the_same_file_twice_is_told_kindly(officer: Client) -> None:
    staged(officer)
    officer.post(at("commit"))
    words = send(officer).content.decode()
    assert "This very file came in on" in words and "There is nothing to do." in words


def test_a_file_that_cannot_be_read_stays_with_its_reason(officer: Client) -> None:
    words = officer.get(send(officer, "%PDF-1.7 nothing", name="report.pdf").url).content.decode()
    assert latest().state == "refused" and "This file could not be read" in words


def test_rows_kept_aside_go_back_harmless(officer: Client) -> None:
    staged(officer)
    answer = officer.get(at("aside_csv"))
    assert answer["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0]["Row"] == "4" and rows[0]["Notes"] == '\'=HYPERLINK("x")'
    page = officer.get(at("aside")).content.decode()
    assert "Back to the sender" in page and "Visit no:" in page and "Nothing in the row says whom" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Give the list a name."),
        ({"kind": ""}, "Choose what kind of event a row is"),
        ({"column_5": ""}, "Say which column holds the date"),
        ({"column_1": "", "column_2": "", "column_3": ""}, "Say which column tells whom a row is about"),
        ({"column_8": "title"}, "Two columns are “What happened (title)”."),
    ],
)
def test_a_map_that_says_too_little_is_told_why(officer: Client, changed: dict[str, str], words: str) -> None:
    send(officer)
    page = officer.post(at("map"), {**CHOICES, **changed}).content.decode()
    assert words in page and latest().state == "needs_map"
    assert '<option value="narrative" selected>' in page


def test_a_map_can_be_written_by_hand(officer: Client) -> None:
    send(officer)
    wrong = officer.post(at("map"), {"yaml": "format: x\ntables: [{name: y, key: nothing}]"}).content.decode()
    assert "There is something to check" in wrong and "key: nothing" in wrong
    form = ColumnsForm(CHOICES, headers=CLUB.splitlines()[0].split(","), agency="vcs")
    assert form.is_valid(), form.errors
    officer.post(at("map"), {"yaml": yaml.safe_dump(form.spec())})
    assert latest().state == "staged"


def test_a_map_may_come_with_the_file(officer: Client) -> None:
    form = ColumnsForm(CHOICES, headers=CLUB.splitlines()[0].split(","), agency="vcs")
    assert form.is_valid(), form.errors
    send(officer, map=SimpleUploadedFile("map.yaml", yaml.safe_dump(form.spec()).encode()))
    assert latest().state == "staged"
    page = send(officer, map=SimpleUploadedFile("map.yaml", b"a: [")).content.decode()
    assert "This is not readable YAML near line" in page


def test_a_file_that_is_in_keeps_its_map(officer: Client) -> None:
    staged(officer)
    officer.post(at("commit"))
    assert "Only a file that waits" in officer.post(at("map"), CHOICES, follow=True).content.decode()
    assert latest().state == "committed"


def test_another_map_for_a_file_that_is_read_already(officer: Client) -> None:
    staged(officer)
    assert "Came to the open session" in officer.get(at("map")).content.decode()
    officer.post(at("map"), {**CHOICES, "column_7": ""})
    assert latest().state == "staged"


def test_waiting_files_come_first_and_filters_stay_visible(officer: Client) -> None:
    staged(officer)
    services.receive(
        agency=partners.agency("police"), file_name="later.csv", content=[b"a,b\n1,2\n"], by=OPERATOR
    )
    services.discard(delivery=latest(), by=OPERATOR)
    words = officer.get(reverse("records:files")).content.decode()
    assert words.index("club.csv") < words.index("later.csv")
    filtered = officer.get(reverse("records:files"), {"agency": "police"}).content.decode()
    assert "later.csv" in filtered and "club.csv" not in filtered and "Remove filter" in filtered
    none = officer.get(reverse("records:files"), {"agency": "health"}).content.decode()
    assert "No file fits" in none


def test_a_stranger_to_files_sees_none(client: Client, db: None) -> None:
    services.receive(
        agency=partners.agency("police"), file_name="x.csv", content=[b"a,b\n1,2\n"], by=OPERATOR
    )
    client.force_login(worker("practitioner"))
    for name in ("delivery", "undo", "aside", "aside_csv", "map"):
        assert client.get(at(name)).status_code == 403, name
    for name in ("commit", "discard", "read", "undo"):
        assert client.post(at(name)).status_code == 403, name
    assert client.get(reverse("records:files")).status_code == 403
    assert client.get(reverse("records:receive")).status_code == 403


#: Each line holds the one before three times: short to write, half a million values to read.
UNFOLDS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 13)
)


@pytest.mark.parametrize("text", ["just words", "- a\n- b", UNFOLDS])
def test_what_is_no_map_is_refused(text: str) -> None:
    form = YamlForm({"yaml": text})
    assert not form.is_valid() and form.errors["yaml"]


def test_yaml_words_stay_words() -> None:
    form = ColumnsForm(CHOICES, headers=CLUB.splitlines()[0].split(","), agency="vcs")
    assert form.is_valid(), form.errors
    spec = {**form.spec(), "version": date(2026, 5, 3)}
    assert read_map(yaml.safe_dump(spec))["version"] == "2026-05-03"
