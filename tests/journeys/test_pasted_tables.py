"""A table pasted from an e-mail, Word or a spreadsheet goes in like a file, and out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.chronology import queries as chronology
from lineofsight.records import pasted, queries, services

WORD = (
    "Date\tTime\tSource\tEvent\tAction taken\r\n"
    "03/05/2026\t22:40\tPolice\tReported missing by carer.\r\nSecond time this week.\tGraded medium\r\n"
    "04/05/2026\t\tSchool\tNot in school\t\r\n"
    "w/c 11/05/2026\t\tCarer\tQuiet week\tNone"
)
ABOUT = {"agency": "vcs", "child": "Ana Invented", "born": "14 February 2011", "lawful_basis": "section 47"}


def test_a_pasted_chronology_is_previewed_put_in_and_taken_out(partnership: Any, child_named: Any) -> None:
    officer = partnership.signed_in("csc", "information_officer")
    assert reverse("records:paste") in officer.get(reverse("records:files")).content.decode()
    preview = officer.post(reverse("records:paste"), ABOUT | {"text": WORD}, follow=True).content.decode()
    assert (
        "This file waits for your decision" in preview
        and "Chronology table" in preview
        and "3 rows read" in preview
    )
    (taken,) = queries.deliveries(partnership.operator)
    services.commit(delivery=taken, by=partnership.operator)
    child = child_named("Ana Invented")
    told = [(view.when.text, view.title) for view in chronology.all_views(partnership.operator, child)]
    assert sorted(told) == [
        ("03/05/2026 22:40", "Entry of a chronology, from Police"), ("04/05/2026", "Not in school"),
        ("w/c 11/05/2026", "Quiet week"),
    ]  # fmt: skip
    services.undo(delivery=taken, by=partnership.operator)
    assert officer.get(reverse("desk:child", args=[child.ref])).status_code == 404


def test_what_is_wrong_is_said_and_what_was_pasted_stays(partnership: Any) -> None:
    officer = partnership.signed_in("csc", "information_officer")
    answer = officer.post(
        reverse("records:paste"), ABOUT | {"text": "Just some words of a letter"}
    ).content.decode()
    assert (
        "No columns were found" in answer
        and "Just some words of a letter" in answer
        and "Ana Invented" in answer
    )
    assert queries.deliveries(partnership.operator) == []
    nobody = officer.post(
        reverse("records:paste"), ABOUT | {"text": WORD, "child": "", "born": ""}, follow=True
    )
    assert "whom a row is about" in nobody.content.decode()


def test_a_practitioner_is_told_that_it_is_not_for_them(partnership: Any) -> None:
    assert partnership.signed_in("csc").get(reverse("records:paste")).status_code == 403


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("3 May 2026\tSeen", [["Date", "Event"], ["3 May 2026", "Seen"]]),
        ("Date | Event\n---|---\n3 May 2026 | Seen", [["Date", "Event"], ["3 May 2026", "Seen"]]),
        ('Date\tEvent\n3 May 2026\t"one\ntwo"', [["Date", "Event"], ["3 May 2026", "one\ntwo"]]),
        (
            "Date\tEvent\n3 May 2026\tone\ntwo\n4 May 2026\tthree",
            [["Date", "Event"], ["3 May 2026", "one\ntwo"], ["4 May 2026", "three"]],
        ),
        (
            "Date\tEvent\tWho\n3 May 2026\tone\ntwo\tKit",
            [["Date", "Event", "Who"], ["3 May 2026", "one\ntwo", "Kit"]],
        ),
    ],
)
def test_rows_are_found_as_they_were_seen(text: str, rows: list[list[str]]) -> None:
    assert pasted.rows_of(text) == rows


cell = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='"|'), max_size=12).map(
    str.strip
)


@given(
    rows=st.lists(st.lists(cell, min_size=2, max_size=2), min_size=1, max_size=6),
    paragraphs=st.integers(0, 2),
)
def test_a_row_for_each_date_whatever_its_cells_hold(rows: list[list[str]], paragraphs: int) -> None:
    """Cells of several paragraphs are pasted as several lines."""
    lines = [
        "Date\tSource\tEvent",
        *(f"{n + 1} May 2026\t{a}\t{b}" + "\nmore" * paragraphs for n, (a, b) in enumerate(rows)),
    ]
    found = pasted.rows_of("\n".join(lines))
    assert len(found) == len(rows) + 1
    assert [row[1] for row in found[1:]] == [a for a, _ in rows]


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        pasted.as_csv(text, {"Child": "Ana"})
    except Refused as refusal:
        assert str(refusal)
