"""Whoever searches for a child by name leaves no name in an address, where browsers and proxies would write it down
(security requirement L-6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from invented import FILES
from lineofsight.people import queries as people

ADDRESS = re.compile(r'(?:href|action|src|data-source)="([^"]*)"')
NAMES = ("Rowan", "hatchback", "Quay")


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    hits = people.search(partnership.operator, "Rowan-Hale")
    child = people.get_child(partnership.operator, next(h.ref for h in hits if "csc" in h.agencies))
    partnership.around(child, partnership.worker("csc"))
    return child


def assert_no_name(address: str) -> None:
    assert not any(name.lower() in address.lower() for name in NAMES), address


def assert_no_address_names(answer: Any) -> None:
    for address in ADDRESS.findall(answer.content.decode()):
        assert_no_name(address)


def test_a_search_finds_and_its_address_says_no_name(partnership: Any, sam: Any) -> None:
    client = partnership.signed_in("csc")
    led = client.post(reverse("desk:search"), {"q": " Rowan-Hale "})
    assert led.status_code == 303
    assert led["Location"].startswith("/search?q=~")
    assert_no_name(led["Location"])
    found = client.get(led["Location"])
    assert reverse("desk:child", args=[sam.ref]) in found.content.decode()
    assert 'value="Rowan-Hale"' in found.content.decode(), "what was typed stands in the box"
    assert_no_address_names(found)
    again = client.post(reverse("desk:search"), {"q": "Rowan-Hale"})
    assert again["Location"] == led["Location"], "the same words have one address, to go back and forth"


def test_filters_of_a_chronology_keep_their_words_while_links_carry_none(partnership: Any, sam: Any) -> None:
    client, page = partnership.signed_in("csc"), reverse("desk:chronology", args=[sam.ref])
    led = client.post(
        page,
        {
            "text": "hatchback",
            "person": "Quay",
            "agency": ["police", "health"],
            "order": "oldest",
            "since": "",
        },
    )
    assert led.status_code == 303
    assert "agency=police&agency=health&order=oldest" in led["Location"].replace("&amp;", "&")
    assert "since" not in led["Location"], "an empty field needs no room"
    assert_no_name(led["Location"])
    shown = client.get(led["Location"])
    words = shown.content.decode()
    assert "Words: hatchback" in words
    assert "Person, place, phone or vehicle: Quay" in words
    assert_no_address_names(shown)
    tag = next(a for a in ADDRESS.findall(words) if "text=~" in a and "person=" not in a)
    left = client.get(page + tag.replace("&amp;", "&").replace("&#38;", "&")).content.decode()
    assert "Words: hatchback" in left
    assert "phone or vehicle: Quay" not in left
    assert client.post(page, {"text": "", "order": ""})["Location"] == page


def test_words_that_another_session_keeps_are_not_read_and_the_list_does_not_grow(
    partnership: Any, sam: Any
) -> None:
    theirs = partnership.signed_in("csc").post(reverse("desk:search"), {"q": "Rowan-Hale"})["Location"]
    refused = partnership.signed_in("police").get(theirs)
    assert refused.status_code == 400
    assert "no longer kept" in refused.content.decode()
    client, page = partnership.signed_in("csc"), reverse("desk:chronology", args=[sam.ref])
    wide = client.get(page, {"text": "~nobodyasked"})
    assert wide.status_code == 400, "a list without its filter would look complete"


def test_a_kept_address_with_words_still_opens_and_leads_on_without_them(partnership: Any, sam: Any) -> None:
    client, page = partnership.signed_in("csc"), reverse("desk:chronology", args=[sam.ref])
    shown = client.get(page, {"text": "hatchback"})
    assert "Words: hatchback" in shown.content.decode()
    assert_no_address_names(shown)


def test_fifty_searches_are_kept_and_the_oldest_goes(partnership: Any) -> None:
    client = partnership.signed_in("csc")
    first, *_, last = [
        client.post(reverse("desk:search"), {"q": f"Zzyzx {n}"})["Location"] for n in range(51)
    ]
    assert client.get(last).status_code == 200
    assert client.get(first).status_code == 400
