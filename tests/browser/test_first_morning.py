"""An information officer’s first morning, in a store of their own: four agencies’ files, columns that nobody knew, ten
questions about who is who, one answer taken back, and a report to the sender."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from driving import Chrome, Page, Site

from accounts import PASSWORD
from lineofsight.access.models import LedgerRow
from lineofsight.config import consistency
from lineofsight.demo.numbering import failing_nhs_number, nhs_number
from lineofsight.people.models import Judgement, SourceIdentity
from lineofsight.records.models import ColumnMap, Delivery, SentBack

pytestmark = pytest.mark.django_db(transaction=True)

OFFICER = "the officer"
#: Nobody here exists.
CHILDREN = (
    ("Ansel", "Brightwater"), ("Bethan", "Copperfield"), ("Cassia", "Drummond"), ("Dorian", "Eastlake"),
    ("Elowen", "Fairweather"), ("Fabian", "Greenhalgh"), ("Greta", "Hollingbury"), ("Hamish", "Ironside"),
    ("Ines", "Jessop"), ("Jago", "Kettlewell"),
)  # fmt: skip


def born(number: int, year: int = 2011) -> str:
    return f"{number + 3:02d}/0{number % 9 + 1}/{year}"


CASES = "case_id,surname,forenames,dob,sex,nhs_number,postcode\n" + "".join(
    f"{9000 + n},{family},{given},{born(n)},,{nhs_number(900 + n)},NS{n} 1AA\n"
    for n, (given, family) in enumerate(CHILDREN)
) + ",Lost,Eve,01/01/2013,,,\n"  # fmt: skip
#: The hospital’s desk mistyped every NHS number and every year of birth, so no file can say by itself who is who.
ATTENDANCES = (
    "patient.nhs_number.value,patient.local_patient_identifier.value,attendance.unique_identifier,"
    "attendance.arrival.date,attendance.arrival.time,clinical.chief_complaint.code,clinical.injury.date,"
    "clinical.injury.time,clinical.injury.intent.code,clinical.injury.mechanism.code,attendance.discharge.status.code,"
    "safeguarding concern,surname,forename,dob,postcode\n"
) + "".join(
    f"{failing_nhs_number(900 + n)},H{n},A-{n},2026-03-{n + 10},13:20,Hand injury,,,,,discharged,yes,{family},{given},"
    f"{born(n, 2010)},\n"
    for n, (given, family) in enumerate(CHILDREN)
)  # fmt: skip
POLICE = (
    "report_no,nominal_id,surname,forenames,dob,reported_at,last_seen_at,last_seen_place,reported_by,risk,found_at,"
    "found_place,found_with,returned_to,prevention_interview,prevention_summary\n"
    "R-1,N900,ZELENKA,Zora,01/02/2009,03/02/2026 22:40,03/02/2026 21:55,Bus station,carer,medium,04/02/2026 06:30,"
    "Station,,home,done,Would not say.\n"
)  # fmt: skip
CLUB = (
    "Slip,Young person,Date of birth,Came on,What we saw\n"
    "1,Yusuf Quillfeather,05/06/2010,04/05/2026,Boxed and talked about school\n"
    "2,Wren Underhill,07/08/2010,04/05/2026,Sat by the door all evening\n"
)
ROLES = {
    "Slip": "Number of the row or record itself", "Young person": "Full name", "Date of birth": "Birth date",
    "Came on": "Date of what happened", "What we saw": "What happened (title)",
}  # fmt: skip


@pytest.fixture
def morning(live_server: Any, partnership: Any, tmp_path: Path) -> Iterator[Chrome]:
    """A browser before an empty store, signed in as an officer who also answers for the index."""
    worker = partnership.worker("csc", "information_officer", "index_custodian")
    client = Client()
    client.force_login(worker)
    cookies = [
        {"name": name, "value": cookie.value, "url": live_server.url}
        for name, cookie in client.cookies.items()
    ]
    with ThreadPoolExecutor(max_workers=1) as thread:
        chrome = Chrome(Site(live_server.url, tmp_path, PASSWORD), thread)
        chrome.kept[OFFICER] = {"cookies": [], "origins": []}
        chrome.at[OFFICER] = time.monotonic()
        thread.submit(chrome.start).result(timeout=120)

        def steps(chrome: Chrome) -> None:
            page = chrome.open()
            page.context.add_cookies(cookies)
            chrome.kept[OFFICER] = page.context.storage_state()
            page.close()

        chrome(steps)
        yield chrome
        thread.submit(chrome.stop).result(timeout=120)


def take_in(page: Page, name: str, content: str, agency: str, basis: str = "") -> None:
    page.tab.get_by_label("The file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.tab.get_by_label("Whose records are these?").select_option(label=agency)
    if basis:
        page.fill("Lawful basis", basis)
    page.follow("Read the file", role="button")


def put_in(page: Page) -> None:
    assert "Nothing is stored yet" in page.words
    page.follow("Put it in", role="button")
    assert "This file is in" in page.words


def receive_four(page: Page) -> None:
    page.goto("/")
    page.follow("Files in")
    assert "No file has come in yet" in page.words
    page.follow("Take a file in", role="button")
    take_in(page, "cases.csv", CASES, "Children's Social Care", "sharing agreement 4")
    assert "10 people are new from this agency." in page.words and "1 row kept aside" in page.words
    put_in(page)

    page.follow("Take the next file in", role="button")
    assert page.tab.get_by_label("Lawful basis").input_value() == "sharing agreement 4", "said once"
    take_in(page, "missing.csv", POLICE, "Police")
    assert "1 person is new from this agency." in page.words
    put_in(page)

    page.follow("Take the next file in", role="button")
    take_in(page, "club.csv", CLUB, "Voluntary Sector")
    assert "The columns are not known" in page.words
    map_columns(page)
    assert "2 people are new from this agency." in page.words
    put_in(page)

    page.follow("Take the next file in", role="button")
    take_in(page, "attendances.csv", ATTENDANCES, "Health")
    assert "About 10 of the new ones somebody has to say who they are, once the file is in." in page.words
    put_in(page)


def map_columns(page: Page) -> None:
    page.follow("Say what the columns are", role="button")
    for column, role in ROLES.items():
        page.tab.get_by_label(column, exact=True).select_option(label=role)
    page.tab.get_by_label("What kind of event is a row?").select_option(
        label="Worked with by voluntary sector or mentor"
    )
    page.fill("What do you call this list?", "")
    page.follow("Read the file with these columns", role="button")
    assert "Give the list a name." in page.words
    assert page.tab.get_by_label("Came on", exact=True).input_value() == "date", "what was chosen is kept"
    page.fill("What do you call this list?", "Club evenings")
    page.follow("Read the file with these columns", role="button")
    assert "Files with the same columns need no map from now on." in page.words


def settle_ten(page: Page) -> None:
    page.follow("Answer who is who", role="button")
    assert "10 open questions" in page.words
    page.follow("Start with the first question", role="button")
    for number, verdict in enumerate(["Same person"] * 8 + ["Different people", "Not sure"]):
        assert "Is this the same person?" in page.words and "Not relied on" in page.words
        page.follow(verdict, role="button")
        assert "Saved for" in page.words and verdict.casefold() in page.words.casefold(), number
    assert "There is no open question left." in page.words and "No open questions" in page.words


def undo_one(page: Page) -> None:
    row = page.main.locator("tr", has_text="Same person").first
    row.get_by_role("link").focus()
    page.press("Enter")
    page.follow("Undo this answer", role="button")
    assert "The answer is undone. Everything is as it was before it." in page.words
    page.follow("Who is who", exact=True)
    assert "1 open question" in page.words and "UNDONE" in page.words.upper()


def send_back(page: Page) -> None:
    page.follow("Files in")
    page.follow("cases.csv")
    page.follow("What the agency can put right about this file")
    assert "Rows kept aside" in page.words and "Nobody has noted yet" in page.words
    with page.tab.expect_download() as waiting:
        page.tab.get_by_role("link", name="PDF", exact=False).first.press("Enter")
    saved: Any = waiting.value
    assert Path(saved.path()).read_bytes().startswith(b"%PDF")
    page.fill("To whom", "Data desk")
    page.fill("By which way", "secure e-mail")
    page.follow("Note that it was given", role="button")
    assert "given to Data desk (secure e-mail)" in page.words


def test_an_information_officer_s_first_morning(morning: Chrome, partnership: Any) -> None:
    def steps(chrome: Chrome) -> None:
        page = chrome.open(OFFICER)
        for part in (receive_four, settle_ten, undo_one, send_back):
            part(page)
        page.close()

    morning(steps)
    officer = partnership.by("csc", "information_officer", "index_custodian")
    assert sorted(Delivery.objects.values_list("file_name", "state")) == [
        (name, "committed") for name in ("attendances.csv", "cases.csv", "club.csv", "missing.csv")
    ]
    assert ColumnMap.objects.get().name == "Club evenings"
    words = Judgement.objects.filter(source="person")
    assert words.filter(withdrawn_at=None, verdict="same").count() == 7
    assert words.exclude(withdrawn_at=None).count() == 1
    assert sorted(words.exclude(verdict="same").values_list("verdict", flat=True)) == ["different", "unsure"]
    # Ten cases, ten attendances, one report and two at the club, of which seven are joined.
    whose = list(SourceIdentity.objects.values_list("person", flat=True))
    assert (len(whose), len(set(whose))) == (23, 16)
    given = SentBack.objects.get()
    assert (given.delivery.file_name, given.to, given.by_name) == ("cases.csv", "Data desk", officer.name)
    assert [found.sentence() for found in consistency.findings()] == []
    done = LedgerRow.objects.filter(actor=officer.ref, outcome="done")
    deeds = [row.detail["deed"] for row in done if "deed" in row.detail]
    assert {name: deeds.count(name) for name in ("receive", "commit", "use_map", "decide_pair", "withdraw_judgement")} == {
        "receive": 4, "commit": 4, "use_map": 1, "decide_pair": 10, "withdraw_judgement": 1,
    }  # fmt: skip
    assert LedgerRow.objects.filter(actor=officer.ref, outcome="refused").count() == 0
