"""Every page: nothing for axe to find, nothing too wide for a small phone, no word from the script policy,
and all of it usable when script is switched off."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from driving import ADMINISTRATOR, INFORMATION_OFFICER, PRACTITIONER

if TYPE_CHECKING:
    from driving import Chrome, Page

AXE = Path(__file__).parent / "axe" / "axe.min.js"

#: WCAG 2.2 AA, and what axe calls best practice.
ASKED = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: GOV.UK's back link stands before the main part on purpose, so that the skip link passes it by.
OUTSIDE_ON_PURPOSE = ".govuk-back-link"
RUN_AXE = """tags => axe.run(document, {runOnly: tags}).then(found => found.violations.map(
    v => v.id + ": " + v.help + " — " + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(" ; ")))"""

STICKS_OUT = """() => {
  const root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide) return "";
  const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1);
  return (root.scrollWidth - wide) + " px too wide: " + out.slice(-3).map(
    e => e.tagName + "." + (e.getAttribute("class") || "") + ": " + e.textContent.trim().slice(0, 40)).join("; ");
}"""

WIDE, PHONE, NARROW = 1280, 390, 320


def first_link(page: Page, part: str, besides: str = "") -> str:
    """The address of the first link in the page's main part that holds `part`."""
    for link in page.main.locator(f"a[href*='{part}']").all():
        href = str(link.get_attribute("href"))
        if not besides or besides not in href:
            return href
    raise AssertionError(f"{page.tab.url} has no link with {part}")


def find_places(chrome: Chrome) -> dict[str, str]:
    """Where the pages are that have a child, an entry or a file in their address."""
    page = chrome.open(PRACTITIONER)
    page.goto("/search?q=Sam+Rowan")
    child = first_link(page, "/children/")
    page.goto(f"{child}/chronology?agency=csc&order=oldest")  # the newest may be one that a test wrote
    entry = first_link(page, "/entries/", besides="/entries/new")
    page.close()
    page = chrome.open(INFORMATION_OFFICER)
    page.goto("/files?state=committed")
    committed = first_link(page, "/files/F")
    page.goto("/files?state=needs_map")
    unmapped = first_link(page, "/files/F")
    page.goto("/who-is-who")
    question = first_link(page, "/who-is-who/P")
    staged = bring_in(page, chrome)
    page.close()
    page = chrome.open(ADMINISTRATOR)
    page.goto("/manage/people")
    person = first_link(page, "/manage/people/W")
    page.close()
    return {"child": child, "entry": entry, "committed": committed, "unmapped": unmapped,
            "question": question, "staged": staged, "person": person}  # fmt: skip


def bring_in(page: Page, chrome: Chrome) -> str:
    """The later file without its last row, so that it is not the file that the guide brings in."""
    lines = (chrome.site.files / "csc" / "later" / "ssd_missing.csv").read_text(encoding="utf-8").splitlines()
    page.goto("/files/new")
    page.tab.get_by_label("The file").set_input_files(
        {"name": "ssd_missing.csv", "mimeType": "text/csv", "buffer": "\n".join(lines[:-1]).encode()}
    )
    page.tab.get_by_label("Whose records are these?").select_option(label="Children's Social Care")
    page.fill("Lawful basis", "sharing agreement 4")
    page.follow("Read the file", role="button")
    return str(page.tab.url.removeprefix(chrome.site.address))


@pytest.fixture(scope="session")
def places(chrome: Chrome) -> dict[str, str]:
    return chrome(find_places)


def send_empty(page: Page, button: str) -> None:
    page.follow(button, role="button")
    assert "There is something to check" in page.words


def answer_one(page: Page) -> None:
    page.tab.get_by_text("None of these").click()
    page.follow("See what this changes", role="button")
    assert "Settle it" in page.words


def first_of(page: Page, part: str) -> None:
    """To the page that the first link of its kind leads to."""
    page.goto(str(page.tab.locator(f'main a[href*="{part}"]').first.get_attribute("href")))


#: name -> (who looks, the address, the answer's status, what is done before looking)
PAGES: dict[str, tuple[str, str, int, Callable[[Page], None] | None]] = {
    "sign-in": ("", "/sign-in", 200, None),
    "sign-in with errors": ("", "/sign-in", 200, lambda page: page.follow("Go on", role="button")),
    "home": (PRACTITIONER, "/", 200, None),
    "home of the information officer": (INFORMATION_OFFICER, "/", 200, None),
    "search": (PRACTITIONER, "/search?q=Rowan", 200, None),
    "search without a result": (PRACTITIONER, "/search?q=Zzyzx", 200, None),
    "children": (PRACTITIONER, "/children", 200, None),
    "child overview": (PRACTITIONER, "{child}", 200, None),
    "chronology": (PRACTITIONER, "{child}/chronology", 200, None),
    "chronology with filters": (
        PRACTITIONER, "{child}/chronology?agency=police&since=nonsense&order=oldest", 200, None,
    ),
    "entry": (PRACTITIONER, "{entry}", 200, None),
    "source": (PRACTITIONER, "{entry}/source", 200, None),
    "add entry": (PRACTITIONER, "{child}/entries/new", 200, None),
    "add entry with errors": (
        PRACTITIONER, "{child}/entries/new", 200, lambda page: send_empty(page, "Add to the chronology"),
    ),
    "from a document": (PRACTITIONER, "{child}/entries/from-a-document", 200, None),
    "from a document with errors": (
        PRACTITIONER, "{child}/entries/from-a-document", 200, lambda page: send_empty(page, "Keep it and read it"),
    ),
    "correct an entry": (PRACTITIONER, "{entry}/correct", 200, None),
    "document": (PRACTITIONER, "{child}/document", 200, None),
    "document with errors": (
        PRACTITIONER, "{child}/document", 200, lambda page: send_empty(page, "Make the document"),
    ),
    "agreement and gaps": (PRACTITIONER, "{child}/agreement", 200, None),
    "one thing or several": (PRACTITIONER, "{child}/agreement", 200, lambda page: first_of(page, "/agreement/entries/")),
    "ask an agency": (PRACTITIONER, "{child}/agreement", 200, lambda page: first_of(page, "/agreement/ask")),
    "facts held": (PRACTITIONER, "{child}/facts", 200, None),
    "tell an agency": (PRACTITIONER, "{child}/facts", 200, lambda page: first_of(page, "/facts/notice")),
    "mark a key fact": (PRACTITIONER, "{child}/facts/key", 200, None),
    "as known then": (PRACTITIONER, "{child}/as-known?day=2026-11-01&to=police&then=today", 200, None),
    "history": (PRACTITIONER, "{child}/history", 200, None),
    "chronologies for meetings": (PRACTITIONER, "{child}/meetings", 200, None),
    "discrepancies": (PRACTITIONER, "/discrepancies", 200, None),
    "discrepancies of the information officer": (INFORMATION_OFFICER, "/discrepancies", 200, None),
    "team": (PRACTITIONER, "{child}/team", 200, None),
    "records joined": (PRACTITIONER, "{child}/records", 200, None),
    "files": (INFORMATION_OFFICER, "/files", 200, None),
    "receive": (INFORMATION_OFFICER, "/files/new", 200, None),
    "receive with errors": (
        INFORMATION_OFFICER, "/files/new", 200, lambda page: send_empty(page, "Read the file"),
    ),
    "delivery preview": (INFORMATION_OFFICER, "{staged}", 200, None),
    "delivery that is in": (INFORMATION_OFFICER, "{committed}", 200, None),
    "undo a file": (INFORMATION_OFFICER, "{committed}/undo", 200, None),
    "map": (INFORMATION_OFFICER, "{unmapped}/map", 200, None),
    "rows kept aside": (INFORMATION_OFFICER, "{committed}/aside", 200, None),
    "values": (INFORMATION_OFFICER, "/values", 200, None),
    "values of an agency": (INFORMATION_OFFICER, "/values/csc", 200, None),
    "values, many at once": (INFORMATION_OFFICER, "/values/csc/questions?field=ssd.source", 200, None),
    "values, one at a time": (INFORMATION_OFFICER, "/values/csc/questions?field=ssd.source&one=1", 200, None),
    "values, what an answer changes": (
        INFORMATION_OFFICER, "/values/csc/questions?field=ssd.source&one=1", 200, lambda page: answer_one(page),
    ),
    "answers about values": (INFORMATION_OFFICER, "/values/answers", 200, None),
    "who is who": (INFORMATION_OFFICER, "/who-is-who", 200, None),
    "who is who, a question": (INFORMATION_OFFICER, "{question}", 200, None),
    "manage people": (ADMINISTRATOR, "/manage/people", 200, None),
    "add a worker": (ADMINISTRATOR, "/manage/people/new", 200, None),
    "agencies": (ADMINISTRATOR, "/manage/agencies", 200, None),
    "agency contact": (ADMINISTRATOR, "/manage/agencies/police", 200, None),
    "suspend an agency": (ADMINISTRATOR, "/manage/agencies/vcs/suspend", 200, None),
    "a person's account": (ADMINISTRATOR, "{person}", 200, None),
    "change a person": (ADMINISTRATOR, "{person}/change", 200, None),
    "ask for a role": (ADMINISTRATOR, "{person}/roles", 200, None),
    "invite again": (ADMINISTRATOR, "{person}/invite", 200, None),
    "suspend a person": (ADMINISTRATOR, "{person}/suspend", 200, None),
    "end an account": (ADMINISTRATOR, "{person}/end", 200, None),
    "own account": (PRACTITIONER, "/account", 200, None),
    "add a second factor": (PRACTITIONER, "/account/second-factor", 200, None),
    "add a code app": (PRACTITIONER, "/account/second-factor/app", 200, None),
    "new recovery codes": (PRACTITIONER, "/account/recovery-codes", 200, None),
    "change the password": (PRACTITIONER, "/account/password", 200, None),
    "where one lives": (PRACTITIONER, "/account/home", 200, None),
    "prove it is still you": (PRACTITIONER, "/account/prove", 200, None),
    "a link that does not work": ("", "/invitation", 404, None),
    "catalogue": (INFORMATION_OFFICER, "/manage/catalogue", 200, None),
    "guide": (PRACTITIONER, "/guide", 200, None),
    "not found": (PRACTITIONER, "/children/PNOBODY00000", 404, None),
    "not allowed": (PRACTITIONER, "/files", 403, None),
}  # fmt: skip


def look(page: Page, name: str, places: dict[str, str]) -> None:
    _, address, status, before = PAGES[name]
    assert page.goto(address.format(**places)) == status, f"{name} at {address}"
    if before is not None:
        before(page)


#: What a page leaves on the worker's machine (I-10).
KEPT = """() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].map(key => `kept in the browser: ${key}`)"""
#: Ways in which a script could turn text into a page or into script: each has to be refused (I-2, Trusted Types).
MADE_FROM_TEXT = """() => {
  const ways = {
    innerHTML: () => { document.createElement("p").innerHTML = "<b>x</b>"; },
    srcdoc: () => { document.createElement("iframe").srcdoc = "<b>x</b>"; },
    script: () => { document.createElement("script").text = "1"; },
    policy: () => { window.trustedTypes.createPolicy("any", { createHTML: text => text }); },
  };
  return Object.entries(ways).flatMap(([name, way]) => {
    try { way(); } catch (refused) { return []; }
    return [`a page could be made from text by ${name}`];
  });
}"""


def wrong_with(page: Page) -> list[str]:
    page.tab.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.tab.evaluate(RUN_AXE, ASKED)
    return [
        words for words in found if not (words.startswith("region:") and words.endswith(OUTSIDE_ON_PURPOSE))
    ]


def too_wide(page: Page) -> str:
    """What sticks out of a narrow window, when the page can be scrolled sideways."""
    page.tab.set_viewport_size({"width": NARROW, "height": 700})
    return str(page.tab.evaluate(STICKS_OUT))


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_too_wide(name: str, chrome: Chrome, places: dict[str, str]) -> None:
    def steps(chrome: Chrome) -> list[str]:
        page = chrome.open(PAGES[name][0], width=WIDE)
        look(page, name, places)
        page.tab.wait_for_selector("body.govuk-frontend-supported")
        found = [f"{WIDE} px: {words}" for words in wrong_with(page)]
        page.tab.set_viewport_size({"width": PHONE, "height": 844})
        found += [f"{PHONE} px: {words}" for words in wrong_with(page)]
        found += page.tab.evaluate(KEPT)
        beyond = too_wide(page)
        found += [f"{NARROW} px: {beyond}"] if beyond else []
        page.close()
        return found

    assert chrome(steps) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_whole_without_script(name: str, chrome: Chrome, places: dict[str, str]) -> None:
    def steps(chrome: Chrome) -> list[str]:
        page = chrome.open(PAGES[name][0], script=False)
        look(page, name, places)
        found = [] if page.main.locator("h1").first.is_visible() else ["no heading"]
        found += [
            f"hidden button: {button.inner_text()}"
            for button in page.main.locator("form button[type=submit]").all()
            if not usable(button)
        ]
        page.close()
        return found

    assert chrome(steps) == []


def test_no_script_turns_text_into_a_page(chrome: Chrome) -> None:
    """Whatever a script of ours or of a library tries, by whichever mistake (I-2)."""

    def steps(chrome: Chrome) -> tuple[list[str], list[str]]:
        page = chrome.open()
        page.goto("/sign-in")
        made = page.tab.evaluate(MADE_FROM_TEXT)
        page.context.close()
        return made, page.complaints

    made, complaints = chrome(steps)
    assert made == []
    assert len(complaints) >= 4 and "Trusted" in " ".join(complaints)


def usable(button: Any) -> bool:
    """Visible, or inside a fold that opens without script."""
    return bool(button.is_visible() or button.locator("xpath=ancestor::details").count())


def test_the_work_of_a_practitioner_needs_no_script(chrome: Chrome) -> None:
    note = f"Came to the youth club and stayed for tea {uuid.uuid4().hex[:6]}."

    def steps(chrome: Chrome) -> None:
        page = chrome.open(PRACTITIONER, script=False)
        page.goto("/")
        page.tab.locator("#site-search").fill("Sam Rowan")
        page.press("Enter")
        page.follow("Rowan-Hale", exact=False)
        page.follow("Chronology")
        page.tab.locator("summary", has_text="Filter and search").click()
        page.tab.get_by_label("Police", exact=True).check()
        page.follow("Show", role="button")
        assert "with these filters" in page.words
        page.follow("Add what happened", role="button")
        page.tab.get_by_label("When did it happen?").fill("yesterday")
        page.tab.get_by_label("What kind of thing?").select_option(index=3)
        page.fill("What happened, in one sentence", note)
        page.follow("Add to the chronology", role="button")
        assert note in page.words
        page.follow("Make a document", role="button")
        page.fill("What is it for?", "Strategy discussion")
        with page.tab.expect_download() as waiting:
            page.tab.get_by_role("button", name="Make the document").press("Enter")
        assert waiting.value.suggested_filename.endswith(".docx")
        page.follow("Sign out", role="button")
        page.close()
        chrome.forget(PRACTITIONER)

    chrome(steps)
