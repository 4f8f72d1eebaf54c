"""A worker keeps a letter about a child, reads it page by page and writes down what it tells, page by page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from documents_made import LETTER, pdf, word
from invented import CROSSWALK, POLICE_MISSING
from lineofsight.access.models import LedgerRow
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.chronology.models import Entry
from lineofsight.chronology.services import Account
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import Judgement, Tie
from lineofsight.records import files
from lineofsight.records.models import Citation, Paper

pytestmark = pytest.mark.usefixtures("consistent")

ABOUT = {
    "title": "Letter from the school", "when": "3 May 2026", "writer": "Head of year", "audience": "team",
}  # fmt: skip
EVENT = {
    "page": "2", "where": "item 2", "when": "28 April 2026", "kind": "FINANCIAL_OR_GIFT", "nature": "reported",
    "title": "He had a second telephone.", "audience": "team",
}  # fmt: skip


@pytest.fixture
def sam(partnership: Any, import_rows: Any, child_named: Callable[[str], Any]) -> Any:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("police", "missing.csv", POLICE_MISSING)
    return partnership.around(
        child_named("Rowan-Hale"), partnership.worker("csc", "practitioner", "export"), partnership.worker("police"),
        partnership.worker("yjs"),
    )  # fmt: skip


@pytest.fixture
def amina(partnership: Any) -> Client:
    return partnership.signed_in("csc", "practitioner", "export")


def given(content: bytes | None = None, name: str = "Samuel letter.pdf", **more: Any) -> dict[str, Any]:
    return ABOUT | {"file": SimpleUploadedFile(name, content or pdf(*LETTER))} | more


def keep(client: Client, sam: Any, **more: Any) -> str:
    """Keeps the letter. Returns the reference of its entry."""
    answer = client.post(reverse("desk:keep_paper", args=[sam.ref]), given(**more))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.url.split("/")[-2])


def write(client: Client, sam: Any, letter: str, **more: Any) -> str:
    """Writes the event from it. Returns the reference of the event."""
    before = set(Entry.objects.values_list("ref", flat=True))
    answer = client.post(reverse("desk:paper", args=[sam.ref, letter]), EVENT | more)
    assert answer.status_code == 302, answer.content.decode()
    (made,) = set(Entry.objects.values_list("ref", flat=True)) - before
    return made


def words(client: Client, name: str, *refs: Any) -> str:
    answer = client.get(reverse(f"desk:{name}", args=refs))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_letter_is_read_beside_the_form_and_its_events_say_where_they_come_from(
    partnership: Any, sam: Any, amina: Client
) -> None:
    assert reverse("desk:keep_paper", args=[sam.ref]) in words(amina, "add_entry", sam.ref)
    letter = keep(amina, sam)
    page = words(amina, "paper", sam.ref, letter)
    assert "Page 1" in page and "by a man in a grey car" in page and "a second telephone with him" in page
    assert "Nothing yet." in page and "What happened, in one sentence" in page
    event = write(amina, sam, letter)
    page = words(amina, "paper", sam.ref, letter)
    assert "Page 2, item 2" in page and "He had a second telephone." in page
    shown = words(amina, "entry", sam.ref, event)
    link = (
        f'href="{reverse("desk:entry", args=[sam.ref, letter])}">Letter from the school</a>, page 2, item 2'
    )
    assert link in shown
    theirs = words(partnership.signed_in("police"), "entry", sam.ref, letter)
    assert "Written from this document" in theirs and "He had a second telephone." in theirs
    assert "Document received" in theirs and "Head of year" in theirs
    listed = words(partnership.signed_in("police"), "chronology", sam.ref)
    assert "Letter from the school" in listed and "He had a second telephone." in listed
    kept = Paper.objects.get()
    assert files.path_of(kept.sha256).read_bytes() == pdf(*LETTER) and kept.size == len(pdf(*LETTER))


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (word("Dear Amina,", "Second page.", table=(("3 May", "Seen at the gate"),)), "letter.docx",
         ["Dear Amina,", "Page 2", "3 May | Seen at the gate"]),
        ("Zoë was late.\fOn page two.".encode("cp1252"), "note.txt", ["Zoë was late.", "Page 2", "Windows text"]),
        ("Zoë was late.".encode("utf-16"), "note.txt", ["Zoë was late.", "The whole text"]),
        (pdf("", ""), "scan.pdf", ["No words could be read from it", "picture of paper"]),
    ],
    ids=["Word", "Windows text", "UTF-16", "scan"],
)  # fmt: skip
def test_what_people_send_is_read(
    sam: Any, amina: Client, content: bytes, name: str, told: list[str]
) -> None:
    letter = keep(amina, sam, content=content, name=name)
    page = words(amina, "paper", sam.ref, letter)
    assert [one for one in told if one not in page] == []
    write(amina, sam, letter, page="")


def test_what_is_missing_is_told_and_what_was_typed_stays(sam: Any, amina: Client) -> None:
    answer = amina.post(reverse("desk:keep_paper", args=[sam.ref]), ABOUT | {"when": "tomorrow"})
    page = answer.content.decode()
    assert "Choose the document." in page and "Letter from the school" in page and "Head of year" in page
    answer = amina.post(reverse("desk:keep_paper", args=[sam.ref]), given(audience="named"))
    assert "Name at least one person" in answer.content.decode() and not Paper.objects.exists()
    digest = hashlib.sha256(pdf(*LETTER)).hexdigest()
    assert not files.path_of(digest).exists(), "what is not kept is on no disk"
    letter = keep(amina, sam)
    for changed, told in (
        ({"page": "9"}, "The document has 2 pages"), ({"page": "two"}, "Give the page as a number"),
        ({"title": ""}, "Say in one sentence what happened."), ({"when": "31/2/2026"}, "31"),
    ):  # fmt: skip
        answer = amina.post(
            reverse("desk:paper", args=[sam.ref, letter]), EVENT | {"narrative": "Kept words"} | changed
        )
        page = answer.content.decode()
        assert answer.status_code == 200 and told in page and "Kept words" in page and "grey car" in page
    assert not Citation.objects.exists()


def test_the_same_file_is_not_kept_twice(partnership: Any, sam: Any, amina: Client) -> None:
    keep(amina, sam)
    again = amina.post(reverse("desk:keep_paper", args=[sam.ref]), given(title="The letter"))
    assert "is kept already, as “Letter from the school”" in again.content.decode()
    assert Paper.objects.count() == 1


def test_who_may_not_see_the_document_sees_no_hint_of_it(partnership: Any, sam: Any, amina: Client) -> None:
    named = {"audience": "concealed", "named": [partnership.worker("police").ref]}
    letter = keep(amina, sam, **named)
    event = write(amina, sam, letter)
    outsider, officer = partnership.signed_in("yjs"), partnership.signed_in("police")
    shown = words(outsider, "entry", sam.ref, event)
    assert "He had a second telephone." in shown
    everything = shown + words(outsider, "chronology", sam.ref) + words(outsider, "child", sam.ref)
    assert [w for w in (letter, "Letter from the school", "Written from", "page 2", "item 2", "Document received")
            if w in everything] == []  # fmt: skip
    for name in ("entry", "paper"):
        assert outsider.get(reverse(f"desk:{name}", args=[sam.ref, letter])).status_code == 404
    again = outsider.post(reverse("desk:keep_paper", args=[sam.ref]), given(title="My copy of it"))
    assert again.status_code == 302, "that the same file is here already would tell of it"
    assert "Letter from the school" in words(officer, "entry", sam.ref, event)
    assert "He had a second telephone." in words(officer, "entry", sam.ref, letter)


def test_an_event_that_is_not_for_the_reader_is_not_in_the_list_of_the_document(
    partnership: Any, sam: Any, amina: Client
) -> None:
    letter = keep(amina, sam)
    write(amina, sam, letter, audience="agency")
    theirs = partnership.signed_in("police")
    page = words(theirs, "entry", sam.ref, letter) + words(theirs, "paper", sam.ref, letter)
    assert "He had a second telephone." not in page and "item 2" not in page


def test_a_draft_of_a_document_and_what_comes_from_it_is_the_author_s(
    partnership: Any, sam: Any, amina: Client
) -> None:
    letter = keep(amina, sam, draft="1")
    event = write(amina, sam, letter)
    assert "Letter from the school" in words(amina, "entry", sam.ref, event)
    theirs = partnership.signed_in("police")
    assert "Letter from the school" not in words(theirs, "entry", sam.ref, event)
    amina.post(reverse("desk:finish_draft", args=[sam.ref, letter]))
    assert "Letter from the school" in words(theirs, "entry", sam.ref, event)


def test_where_a_location_is_hidden_a_letter_is_not_shown_in_part(
    partnership: Any, sam: Any, amina: Client
) -> None:
    letter = keep(amina, sam)
    people_now = people.get_child(partnership.operator, sam.ref)
    admitting.shield(
        child=people_now, kind=Tie.LOCATION, reason="A refuge.", review_on=date(2099, 1, 1),
        named=(partnership.worker("yjs").ref,), by=partnership.operator,
    )  # fmt: skip
    page = words(amina, "paper", sam.ref, letter) + words(amina, "entry", sam.ref, letter)
    assert "grey car" not in page and "Samuel letter.pdf" not in page and "are not for you" in page
    assert "Download the original" not in page
    assert copy(amina, sam, letter).status_code == 403
    assert "grey car" in words(partnership.signed_in("yjs"), "paper", sam.ref, letter)


# --- the original ---------------------------------------------------------------------------------------------


def copy(client: Client, sam: Any, letter: str, made_for: str = "Strategy discussion") -> Any:
    return client.post(reverse("desk:original", args=[sam.ref, letter]), {"made_for": made_for})


def test_the_original_leaves_as_it_came_under_a_name_that_tells_nothing(
    partnership: Any, sam: Any, amina: Client
) -> None:
    letter = keep(amina, sam)
    answer = copy(amina, sam, letter)
    assert answer.content == pdf(*LETTER) and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="document-{letter}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    row = LedgerRow.objects.filter(action="chronology.export").latest("pk")
    assert (row.outcome, row.records, row.purpose) == ("looked", [letter], "Strategy discussion")
    assert copy(amina, sam, letter, "").status_code == 403, "a purpose is asked for"
    assert copy(partnership.signed_in("police"), sam, letter).status_code == 403, (
        "without the right to export"
    )


def test_under_handling_c_it_is_read_on_screen_alone(partnership: Any, sam: Any, amina: Client) -> None:
    officer = partnership.worker("police")
    letter = keep(amina, sam, audience="conditions", named=[officer.ref], conditions="Not to be copied.")
    page = words(amina, "paper", sam.ref, letter)
    assert "grey car" in page
    assert re.search(r'value="conditions" checked', page), "an event is first offered to the same people"
    assert copy(amina, sam, letter).status_code == 403
    assert (
        partnership.signed_in("police").get(reverse("desk:paper", args=[sam.ref, letter])).status_code == 404
    )


def test_reading_and_writing_leave_their_rows(partnership: Any, sam: Any, amina: Client) -> None:
    letter = keep(amina, sam)
    event = write(amina, sam, letter)
    before = LedgerRow.objects.latest("pk").pk
    officer, by = partnership.signed_in("police"), partnership.by("police")
    words(officer, "entry", sam.ref, event)
    words(officer, "paper", sam.ref, letter)
    rows = LedgerRow.objects.filter(pk__gt=before, actor=by.ref, action="entry.view")
    seen = [(row.outcome, row.ref, row.records) for row in rows]
    assert ("looked", sam.ref, [letter]) in seen, "what stands beside an event is a look at the document"
    assert [row.detail.get("words") for row in rows if row.ref == letter and "words" in row.detail] == [2]
    assert all("grey" not in str(row.detail) and "telephone" not in str(row.detail) for row in rows)


# --- what changes later ------------------------------------------------------------------------------------


def test_corrections_of_either_keep_where_an_event_comes_from(
    partnership: Any, sam: Any, amina: Client
) -> None:
    letter = keep(amina, sam)
    event = write(amina, sam, letter)
    by = partnership.by("csc", "practitioner", "export")
    child = people.get_child(by, sam.ref)
    newer = {}
    for ref, title in ((letter, "Letter from Harbour Academy"), (event, "He had two telephones.")):
        old = chronology.get_entry(by, child, ref)
        newer[ref] = writing.correct_entry(
            guarded=old, account=Account(kind=old.view.kind, when=old.view.when, title=title), reason="Read again.",
            by=by,
        ).ref  # fmt: skip
    shown = words(amina, "entry", sam.ref, newer[event])
    assert (
        "Letter from Harbour Academy</a>, page 2, item 2" in shown
        and ">Letter from the school</a>" not in shown
    )
    assert "He had two telephones." in words(amina, "entry", sam.ref, newer[letter])
    assert "grey car" in words(amina, "paper", sam.ref, newer[letter])


def test_a_merge_and_its_undo_keep_where_an_event_comes_from(
    partnership: Any, sam: Any, amina: Client
) -> None:
    """The document was kept with one record and the event written with another, before somebody saw that they are
    one child."""
    letter = keep(amina, sam)
    event = write(partnership.signed_in("police"), sam, letter)
    record = people.get_child(partnership.operator, sam.ref)
    one, other = (next(i for i in record.identities if i.agency == agency) for agency in ("csc", "police"))
    pair = people.pair(partnership.operator, one.ref, other.ref)
    joining.decide_pair(one=pair[0], other=pair[1], verdict="different", by=partnership.operator)
    apart = people.get_child(partnership.operator, other.ref)
    assert apart.ref != people.get_child(partnership.operator, one.ref).ref
    partnership.around(apart, partnership.worker("csc", "practitioner", "export"))
    shown = words(amina, "entry", apart.ref, event)
    assert f'href="{reverse("desk:own_entry", args=[letter])}"' in shown and "page 2, item 2" in shown
    word = Judgement.objects.get(verdict="different", withdrawn_at=None)
    joining.withdraw_judgement(judgement=word, by=partnership.operator)
    whole = people.get_child(partnership.operator, other.ref)
    shown = words(amina, "entry", whole.ref, event)
    assert f'href="{reverse("desk:entry", args=[whole.ref, letter])}"' in shown and "page 2, item 2" in shown
    assert "He had a second telephone." in words(amina, "entry", whole.ref, letter)
