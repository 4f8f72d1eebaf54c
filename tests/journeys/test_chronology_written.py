"""What workers add beside what agencies sent: entries, corrections, comments; what is new; documents."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from invented import CROSSWALK, MISSING, POLICE_MISSING
from lineofsight.catalogue.errors import NotAllowed, Refused
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.when import When
from lineofsight.chronology import documents
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.chronology.models import Entry, LastLook
from lineofsight.chronology.services import Account, Audience
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import queries as records

pytestmark = pytest.mark.usefixtures("consistent")
ENTRY = {
    "when": "yesterday 16:30", "kind": "ENGAGEMENT", "title": "Met Sam at the youth club.",
    "narrative": "He was with an older friend.", "child_words": "I'm <b>fine</b>, stop asking.",
    "place": "Harbour Hall", "others": "Dale M, seen with", "nature": "reported", "told_by": "the club",
    "audience": "team",
}  # fmt: skip


@pytest.fixture
def sam(partnership: Any, import_rows: Any, child_named: Any) -> Any:
    """With a social worker and a police officer around him."""
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("csc", "missing.csv", MISSING)
    import_rows("police", "missing.csv", POLICE_MISSING)
    return partnership.around(
        child_named("Rowan-Hale"), partnership.worker("csc"), partnership.worker("police")
    )


def first(actor: Any, child: Any, kind: str) -> Any:
    return chronology.get_entry(
        actor, child, next(v.ref for v in chronology.all_views(actor, child) if v.kind == kind)
    )


def correction(guarded: Any, **more: Any) -> dict[str, Any]:
    view = guarded.view
    account = Account(kind=view.kind, when=view.when, title=view.title)
    return {"guarded": guarded, "account": replace(account, **more), "reason": "The carer rang again."}


def by_hand(sam: Any, by: Any, held: Handling | None = None) -> Any:
    """An entry that a worker writes, as they read it."""
    account = Account(kind="CSC_CONTACT", when=When.on(date(2026, 4, 2)), title="Rang home.")
    child = people.get_child(by, sam.ref)
    made = writing.add_entry(child=child, account=account, audience=Audience(held or Handling()), by=by)
    return chronology.get_entry(by, people.get_child(by, sam.ref), made.ref)


# --- adding ----------------------------------------------------------------------------------------


def test_a_worker_of_another_agency_adds_what_happened(partnership: Any, sam: Any, child_named: Any) -> None:
    """The agency's new record of the child is the child's own, by the worker's word."""
    client = partnership.signed_in("police")
    shown = client.post(reverse("desk:add_entry", args=[sam.ref]), ENTRY, follow=True)
    words = shown.content.decode()
    assert shown.status_code == 200 and "Met Sam at the youth club." in words
    assert "I&#39;m &lt;b&gt;fine&lt;/b&gt;" in words and "Harbour Hall" in words and "Dale M" in words
    by = partnership.by("police")
    view = next(
        v
        for v in chronology.all_views(by, child_named("Rowan-Hale"))
        if v.agency == "police" and not v.source
    )
    assert (view.nature, view.facts, view.things[0][1]) == (
        "reported",
        {"told by": "the club"},
        "Harbour Hall",
    )
    assert view.author == by.name
    theirs = partnership.signed_in("csc").get(reverse("desk:entry", args=[sam.ref, view.ref]))
    assert "Met Sam at the youth club." in theirs.content.decode()
    assert "the club" not in theirs.content.decode().replace("youth club", ""), "who told is the author's"


def test_a_draft_is_its_author_s_alone_until_it_is_finished(partnership: Any, sam: Any) -> None:
    author, other = partnership.signed_in("csc"), partnership.signed_in("police")
    kept = author.post(reverse("desk:add_entry", args=[sam.ref]), {**ENTRY, "draft": ""})
    assert "your draft" in author.get(kept.url).content.decode()
    assert other.get(kept.url).status_code == 404
    assert "Met Sam" not in other.get(reverse("desk:chronology", args=[sam.ref])).content.decode()
    finish = reverse("desk:finish_draft", args=[sam.ref, kept.url.rsplit("/", 1)[1]])
    assert other.post(finish).status_code == 404
    author.post(finish)
    assert "Met Sam" in other.get(kept.url).content.decode()


@pytest.mark.parametrize(
    ("audience", "missing"),
    [("named", "Name at least one person"), ("concealed", "Name at least one person"),
     ("conditions", "needs at least one recipient")],
)  # fmt: skip
def test_who_names_people_has_to_choose_them(partnership: Any, sam: Any, audience: str, missing: str) -> None:
    answer = partnership.signed_in("csc").post(
        reverse("desk:add_entry", args=[sam.ref]), {**ENTRY, "audience": audience}
    )
    shown = answer.content.decode()
    assert answer.status_code == 200 and missing in shown and "He was with an older friend." in shown


def test_an_agency_without_a_record_writes_through_the_team(partnership: Any, sam: Any) -> None:
    kit = partnership.worker("vcs")
    joining.join_circle(child=sam, worker_ref=kit.ref, role="mentor", by=partnership.operator)
    answer = partnership.signed_in("vcs").post(reverse("desk:add_entry", args=[sam.ref]), ENTRY)
    assert answer.status_code == 302, answer.content.decode()
    again = people.get_child(kit.actor(), sam.ref)
    assert again.ref == sam.ref and "vcs" in again.agencies
    assert sorted(v.agency for v in chronology.all_views(kit.actor(), again))[-1] == "vcs"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"when": "tomorrow"}, "future"), ({"when": "31/2/2026"}, "31"), ({"title": ""}, "one sentence"),
        ({"kind": ""}, "Choose what kind"), ({"kind": "MADE_UP"}, "kind"),
        ({"when": ""}, "Say when it happened"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_what_was_typed_stays(
    partnership: Any, sam: Any, changed: dict[str, str], words: str
) -> None:
    answer = partnership.signed_in("csc").post(
        reverse("desk:add_entry", args=[sam.ref]), {**ENTRY, **changed}
    )
    shown = answer.content.decode()
    assert answer.status_code == 200 and words in shown and "He was with an older friend." in shown


# --- correcting and commenting ------------------------------------------------------------------------------


def test_a_correction_stands_and_the_earlier_version_stays_readable(partnership: Any, sam: Any) -> None:
    by = partnership.by("csc")
    old = first(by, sam, "CSC_MISSING")
    new = writing.correct_entry(**correction(old, title="Missing from the home of his aunt."), by=by)
    listed = chronology.all_views(by, sam)
    assert new.ref in {v.ref for v in listed} and old.entry.ref not in {v.ref for v in listed}
    shown = chronology.get_entry(by, sam, new.ref)
    assert [e.ref for e in shown.earlier] == [old.entry.ref] and shown.view.reason == "The carer rang again."
    assert records.get_source(by, shown).key == records.get_source(by, old).key
    page = partnership.signed_in("csc").get(reverse("desk:entry", args=[sam.ref, new.ref])).content.decode()
    assert "The carer rang again." in page and "Missing episode" in page
    with pytest.raises(Refused, match="corrected this entry in the meantime"):
        writing.correct_entry(**correction(old), by=by)


def test_a_correction_gives_way_when_the_source_itself_changes(
    partnership: Any, sam: Any, import_rows: Any
) -> None:
    by = partnership.by("csc")
    old = first(by, sam, "CSC_MISSING")
    new = writing.correct_entry(**correction(old, title="Missing from the home of his aunt."), by=by)
    line = next(
        row for row in MISSING.splitlines()[1:] if row.startswith(old.view.source_label.split(" · ")[1])
    )
    import_rows("csc", "missing again.csv", MISSING.replace(line, changed(line)))
    standing = [v for v in chronology.all_views(by, sam) if v.kind == "CSC_MISSING"]
    assert len(standing) == 2  # M1 as it now reads, and M2
    assert new.ref not in {view.ref for view in standing}
    assert chronology.get_entry(by, sam, new.ref).entry.state == Entry.SUPERSEDED


def changed(line: str) -> str:
    """The same row with its first date a year later or earlier."""
    return line.replace("2026", "2025", 1) if "2026" in line else line.replace("2025", "2024", 1)


def test_a_correction_is_for_the_same_people(partnership: Any, sam: Any) -> None:
    """Whom an entry is for is no part of a correction."""
    by = partnership.by("csc")
    kept = by_hand(sam, by, Handling(sharing="agency_only"))
    new = writing.correct_entry(**correction(kept, title="Rang his aunt."), by=by)
    assert (new.sharing, new.handling, new.about) == ("agency_only", "", kept.entry.about)
    other = partnership.by("police")
    assert new.ref not in {view.ref for view in chronology.all_views(other, sam)}
    assert dict(chronology.withheld(other, sam)) == {"csc": 1}


def test_an_entry_of_another_agency_is_read_and_not_corrected(partnership: Any, sam: Any) -> None:
    """Neither what its file says nor what its worker wrote."""
    other = partnership.by("police")
    for guarded in (first(other, sam, "CSC_MISSING"), by_hand(sam, partnership.by("csc"))):
        theirs = chronology.get_entry(other, sam, guarded.entry.ref)
        with pytest.raises(NotAllowed):
            writing.correct_entry(**correction(theirs), by=other)
        address = reverse("desk:correct_entry", args=[sam.ref, guarded.entry.ref])
        assert partnership.signed_in("police").get(address).status_code == 403
        assert partnership.signed_in("csc").get(address).status_code == 200


def test_what_a_worker_wrote_is_theirs_alone_to_correct(partnership: Any, sam: Any) -> None:
    """A colleague of the same agency in the same team comments instead; an entry from the agency's file, which has
    no author here, they do correct."""
    colleague = partnership.by("csc", "practitioner", "duty")
    sam = partnership.around(sam, partnership.worker("csc", "practitioner", "duty"))
    guarded = by_hand(sam, partnership.by("csc"))
    theirs = chronology.get_entry(colleague, sam, guarded.entry.ref)
    with pytest.raises(NotAllowed):
        writing.correct_entry(**correction(theirs, title="Rang his aunt."), by=colleague)
    writing.comment(guarded=theirs, text="It was his aunt.", by=colleague)
    assert (
        writing.correct_entry(**correction(first(colleague, sam, "CSC_MISSING")), by=colleague).version == 2
    )
    new = writing.correct_entry(**correction(guarded, title="Rang his aunt."), by=partnership.by("csc"))
    assert new.title == "Rang his aunt."


def test_a_corrected_row_that_comes_again_keeps_its_correction(
    partnership: Any, sam: Any, import_rows: Any
) -> None:
    by = partnership.by("csc")
    writing.correct_entry(
        **correction(first(by, sam, "CSC_MISSING"), title="Missing, then with his aunt."), by=by
    )
    import_rows("csc", "missing-again.csv", MISSING + "M9,1205,2026-04-01 20:00,M,,N,N\n")
    titles = [v.title for v in chronology.all_views(by, sam) if v.kind == "CSC_MISSING"]
    assert titles == ["Missing, then with his aunt.", "Missing episode"]


def test_a_comment_stands_beside_the_entry_for_all_who_read_it(partnership: Any, sam: Any) -> None:
    client = partnership.signed_in("police")
    guarded = first(partnership.by("police"), sam, "CSC_MISSING")
    address = reverse("desk:comment", args=[sam.ref, guarded.entry.ref])
    assert "Write your comment first." in client.post(address, {"text": " "}, follow=True).content.decode()
    shown = client.post(address, {"text": "He told <i>us</i> the same."}, follow=True).content.decode()
    assert "He told &lt;i&gt;us&lt;/i&gt; the same." in shown
    theirs = partnership.signed_in("csc").get(reverse("desk:entry", args=[sam.ref, guarded.entry.ref]))
    assert "He told &lt;i&gt;us&lt;/i&gt; the same." in theirs.content.decode()
    corrected = writing.correct_entry(**correction(first(partnership.by("csc"), sam, "CSC_MISSING")),
                                      by=partnership.by("csc"))  # fmt: skip
    kept = chronology.get_entry(partnership.by("csc"), sam, corrected.ref).comments
    assert [c.text for c in kept] == ["He told <i>us</i> the same."], "a comment outlives a correction"


# --- new since I last looked ----------------------------------------------------------------------------


def test_what_came_since_the_last_visit_is_marked_as_new(partnership: Any, sam: Any) -> None:
    client, by = partnership.signed_in("csc"), partnership.by("csc")
    address = reverse("desk:chronology", args=[sam.ref])
    assert client.get(address).status_code == 200
    assert writing.note_look(sam, by) is None, "one visit, however often the page is opened"
    # That visit was two hours ago, and what is there came before it.
    LastLook.objects.filter(worker_ref=by.ref).update(at=timezone.now() - timedelta(hours=2))
    Entry.objects.update(received_at=timezone.now() - timedelta(hours=3))
    partnership.signed_in("police").post(reverse("desk:add_entry", args=[sam.ref]), ENTRY)
    only_new = client.get(address, {"new": "on"}).content.decode()
    assert "Met Sam at the youth club." in only_new and only_new.count("data-key-item") == 1
    again = client.get(address, {"new": "on"}).content.decode()
    assert "Met Sam at the youth club." in again, "a reload does not hide what is new"
    assert "Met Sam at the youth club." in client.get(address).content.decode()


# --- documents ---------------------------------------------------------------------------------------


def made(partnership: Any, sam: Any, **given: Any) -> Any:
    """What the page answers to a worker of the team who may make documents and has just signed in."""
    partnership.around(sam, partnership.worker("csc", "practitioner", "export"))
    client = partnership.signed_in("csc", "practitioner", "export")
    return client.post(reverse("desk:document", args=[sam.ref]), given)


@pytest.mark.parametrize("kind", documents.FORMATS)
def test_the_page_gives_the_chronology_as_a_document(kind: str, partnership: Any, sam: Any) -> None:
    answer = made(partnership, sam, format=kind, made_for="Strategy discussion, 4 May")
    assert answer.status_code == 200
    name = answer["Content-Disposition"]
    assert name.endswith(f'.{kind}"') and "Rowan" not in name and "no-store" in answer["Cache-Control"]
    content = answer.content
    if kind in ("docx", "xlsx"):
        file = zipfile.ZipFile(io.BytesIO(content))
        text = b"".join(file.read(part) for part in file.namelist() if part.endswith(".xml")).decode()
    elif kind == "pdf":
        assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
        return
    else:
        text = content.decode("utf-8-sig")
    assert (
        "Missing episode" in text and "graded high" in text and "OFFICIAL-SENSITIVE" in text
    ) or kind == "csv"
    if kind == "json":
        assert json.loads(text)
    if kind == "csv":
        assert sum("Missing episode" in row for row in csv.reader(io.StringIO(text))) >= 2


def test_a_document_says_what_it_is_for(partnership: Any, sam: Any) -> None:
    client = partnership.signed_in("csc")
    shown = client.post(reverse("desk:document", args=[sam.ref]), {"format": "docx", "since": "2 Fberuary"})
    words = shown.content.decode()
    assert shown.status_code == 200 and "Say what the document is for." in words and "2 Fberuary" in words


def test_a_document_holds_the_period_that_was_asked_for(partnership: Any, sam: Any) -> None:
    answer = made(
        partnership, sam, format="csv", made_for="Review", since="1 March 2026", until="March 2026",
        agency=["csc"],
    )  # fmt: skip
    text = answer.content.decode("utf-8-sig")
    assert "14" in text and "graded" not in text and "3 February" not in text


def test_times_are_written_as_they_were_meant(partnership: Any, sam: Any) -> None:
    """A time without a zone is the time on the wall in London, in winter and in summer."""
    by = partnership.by("csc")
    when = first(by, sam, "CSC_MISSING").view.when
    assert isinstance(when, When) and when.start.isoformat() == "2026-02-03T22:10:00+00:00"
