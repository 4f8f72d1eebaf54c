"""“Ten minutes with Line of Sight”, step by step, by keyboard, and the document that comes out of it."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import pytest

if TYPE_CHECKING:
    from driving import Chrome, Page

#: What the guide's numbered steps lead to; a step that is added there needs its own here.
PRACTITIONER_STEPS = [
    "Sign in", "Search.", "Open the child.", "Read the chronology.", "Filter.", "Open an entry.",
    "See the source.", "Add what happened.", "Make a Word document.", "Sign out",
]  # fmt: skip
OFFICER_STEPS = [
    "Sign in", "Bring in a file.", "Read the preview.", "Put it in.", "Take it out again.",
    "Answer who is who.", "Undo the answer.",
]  # fmt: skip


def test_the_guide_has_the_steps_that_are_followed_here(chrome: Chrome) -> None:
    def steps(chrome: Chrome) -> list[list[str]]:
        page = chrome.open("amina.oduya@csc.example")
        page.goto("/guide")
        lists = page.main.locator("ol").all()
        found = [[li.inner_text() for li in one.locator("li > strong:first-child").all()] for one in lists]
        page.close()
        return found

    assert chrome(steps) == [PRACTITIONER_STEPS, OFFICER_STEPS]


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/")
    page.fill("E-mail address", email)
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.type(password)
    page.press("Enter")
    page.give_code()


def follow_practitioner(chrome: Chrome) -> bytes:
    page = chrome.open()
    sign_in(page, "amina.oduya@csc.example", chrome.site.password)
    assert "My children" in page.words

    page.tab.locator("#site-search").focus()
    page.tab.keyboard.type("Sam Rowan")
    page.press("Enter")
    assert "1 person" in page.words

    page.follow("Rowan-Hale", exact=False)
    assert "Who is around" in page.words

    page.follow("Chronology")
    page.tab.wait_for_selector("table.los-chronology")
    assert "newest first" in page.words
    everything = page.main.locator("table.los-chronology tbody tr[data-key-item]").count()

    filter_by(page, "Police")
    assert "with these filters" in page.words
    assert 0 < page.main.locator("table.los-chronology tbody tr[data-key-item]").count() <= everything

    open_first_entry(page)
    for words in ("Where this comes from", "Source agency", "Source record", "Recorded there", "Reached us"):
        assert words in page.words
    assert "See the source row" not in page.words  # the row is the police's own

    page.follow("Chronology")
    filter_by(page, "Children's Social Care")
    page.follow("Oldest first")  # the newest may be one that somebody wrote here, which has no source row
    assert "with these filters, oldest first" in page.words
    open_first_entry(page)
    page.follow("See the source row, word for word")
    assert page.tab.url.endswith("/source")

    add_what_happened(page)
    made = make_document(page)
    page.follow("Sign out", role="button")
    assert "/sign-in" in page.tab.url
    page.close()
    return made


def filter_by(page: Page, agency: str) -> None:
    page.tab.locator("summary", has_text="Filter and search").focus()
    page.tab.keyboard.press("Enter")
    page.tab.get_by_label(agency, exact=True).first.check()
    page.follow("Show", role="button")


def open_first_entry(page: Page) -> None:
    page.main.locator(".los-chronology__what a").first.focus()
    page.press("Enter")


def add_what_happened(page: Page) -> None:
    page.follow("Add what happened", role="button")
    when = page.tab.get_by_label("When did it happen?")
    when.focus()
    page.tab.keyboard.type("yesterday 16:30")
    page.tab.get_by_label("What kind of thing?").select_option(label="Statutory visit")
    page.fill("What happened, in one sentence", "Met Sam at the boxing club; he showed his new gloves.")
    page.follow("Add to the chronology", role="button")
    assert "Added:" in page.words
    assert "16:30" in page.words


def make_document(page: Page) -> bytes:
    page.follow("Make a document", role="button")
    page.fill("What is it for?", "Strategy discussion")
    with page.tab.expect_download() as waiting:
        page.tab.get_by_role("button", name="Make the document").press("Enter")
    saved: Any = waiting.value
    assert saved.suggested_filename.endswith(".docx")
    assert "Rowan" not in saved.suggested_filename
    return Path(saved.path()).read_bytes()


def test_a_practitioner_follows_the_guide_to_a_word_chronology(chrome: Chrome, tmp_path: Path) -> None:
    made = chrome(follow_practitioner)

    document = docx.Document(io.BytesIO(made))
    words = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "Met Sam at the boxing club" in words
    assert "OFFICIAL-SENSITIVE" in "".join(p.text for p in document.sections[0].header.paragraphs) + words

    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed; the document was read with python-docx alone")
    path = tmp_path / "chronology.docx"
    path.write_bytes(made)
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(path)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240,
    )  # fmt: skip
    assert (tmp_path / "chronology.pdf").read_bytes().startswith(b"%PDF")


def follow_information_officer(chrome: Chrome) -> None:
    page = chrome.open()
    sign_in(page, "ivy.tan@csc.example", chrome.site.password)
    assert "Waiting for you" in page.words

    page.follow("Files in")
    page.follow("Take a file in", role="button")
    page.tab.get_by_label("The file").set_input_files(chrome.site.files / "csc" / "later" / "ssd_missing.csv")
    page.tab.get_by_label("Whose records are these?").select_option(label="Children's Social Care")
    page.fill("Lawful basis", "sharing agreement 4")
    page.follow("Read the file", role="button")

    assert "Nothing is stored yet" in page.words
    assert "differ" in page.words  # changed rows, cell by cell
    assert "not in this file" in page.words  # rows that vanished

    page.follow("Put it in", role="button")
    assert "This file is in" in page.words

    page.follow("Take it out again")
    page.follow("Take it out again", role="button")
    assert "This file was taken out again" in page.words

    page.follow("Who is who")
    page.follow("Start with the first question", role="button")
    assert "What speaks for and against" in page.words
    question = page.tab.url
    page.follow("Different people", role="button")
    assert "different people" in page.words

    page.follow("Undo")
    assert page.tab.url.split("#")[0] == question
    page.follow("Undo this answer", role="button")
    assert "The answer is undone" in page.words
    page.close()


def test_an_information_officer_follows_the_guide(chrome: Chrome) -> None:
    chrome(follow_information_officer)
