"""A worker keeps a letter and writes from it, by keyboard: at a desk, on a phone, and with script switched off."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from driving import PRACTITIONER
from test_pages import NARROW, PHONE, STICKS_OUT, WIDE, first_link, wrong_with

from documents_made import LETTER, pdf

if TYPE_CHECKING:
    from driving import Chrome, Page


def keep(page: Page, title: str) -> str:
    """From the child's page to the words of the letter, as a person goes. Returns its address."""
    page.goto("/search?q=Sam+Rowan")
    page.goto(first_link(page, "/children/"))
    page.follow("Add what happened", role="button")
    page.follow("From a document")
    page.fill("What is it?", title)
    page.follow("Keep it and read it", role="button")
    assert "Choose the document." in page.words and "Choose it again." in page.words
    assert page.tab.get_by_label("What is it?").input_value() == title, "what was typed is kept"
    # No two tests keep the same file.
    page.tab.get_by_label("The document").set_input_files(
        {"name": "Sam letter.pdf", "mimeType": "application/pdf", "buffer": pdf(*LETTER, title)}
    )
    page.fill("What date is on it?", "3 May 2026")
    page.follow("Keep it and read it", role="button")
    return str(page.tab.url)


def write(page: Page) -> None:
    page.tab.get_by_label("Page (optional)").fill("2")
    page.tab.get_by_label("Where on it (optional)").fill("item 2")
    page.fill("When did it happen?", "28 April 2026")
    page.tab.get_by_label("What kind of thing?").select_option(
        label="Unexplained money, phone, clothes, debt"
    )
    page.fill("What happened, in one sentence", "He had a second telephone.")
    page.follow("Add to the chronology", role="button")


@pytest.mark.parametrize(
    ("width", "script"), [(WIDE, True), (PHONE, True), (NARROW, False)], ids=["desk", "phone", "no script"]
)
def test_a_letter_is_kept_read_and_written_from(chrome: Chrome, width: int, script: bool) -> None:
    def steps(chrome: Chrome) -> None:
        page = chrome.open(PRACTITIONER, width=width, script=script)
        letter = keep(page, f"Letter {uuid.uuid4().hex[:8]}")
        assert "by a man in a grey car" in page.words and "Nothing yet." in page.words
        first = page.tab.get_by_text("What it says", exact=True).bounding_box()
        form = page.tab.get_by_text("Write an event from it", exact=True).bounding_box()
        assert first and form
        beside = abs(first["y"] - form["y"]) < 5 and form["x"] > first["x"]
        assert beside == (width == WIDE), "beside each other at a desk, below each other on a phone"
        second = page.tab.locator("summary", has_text="Page 2")
        second.focus()
        page.tab.keyboard.press("Enter")
        assert "a second telephone with him" in page.words
        page.tab.keyboard.press("Tab")
        page.tab.keyboard.press("Tab")
        assert page.tab.evaluate("document.activeElement.name") == "page", (
            "from the words straight to the form"
        )
        write(page)
        assert "PAGE 2, ITEM 2" in page.words.upper() and "He had a second telephone." in page.words
        if script:
            assert wrong_with(page) == []
            assert page.tab.evaluate(STICKS_OUT) == ""
        page.follow("He had a second telephone.")
        assert ", page 2, item 2" in page.words
        page.tab.locator("main dd a", has_text="Letter ").focus()
        page.press("Enter")
        assert "Written from this document" in page.words
        if script:
            assert wrong_with(page) == []
            assert page.tab.evaluate(STICKS_OUT) == ""
        assert page.goto(letter) == 200
        page.close()

    chrome(steps)
