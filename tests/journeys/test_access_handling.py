"""What is held more carefully: others learn that it exists and whom to ring, and not one word of it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.urls import reverse

from invented import FILES
from lineofsight.chronology import documents
from lineofsight.chronology import queries as chronology
from lineofsight.desk import packs
from lineofsight.partners import services as partner_services
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import Person

#: Words of entries that health (restricted) and police (restricted, confidential) hold of Sam.
RESTRICTED = ("blade", "Hand injury", "Class A drug", "wraps and a second phone")
CONFIDENTIAL = ("grey hatchback", "Cuckooed", "Do not act on this", "Rope Walk")


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    for code in ("health", "police"):
        partner_services.set_contact(
            agency=partnership.agency(code),
            contact=f"{code} duty desk",
            phone="07700 900456",
            by=partnership.operator,
        )
    hits = people.search(partnership.operator, "Rowan-Hale")
    return people.get_child(partnership.operator, next(h.ref for h in hits if "csc" in h.agencies))


def pages(client: Any, sam: Any) -> dict[str, bytes]:
    """Everything that this worker can open about Sam."""
    found = {}
    for name in ("child", "chronology", "timeline", "records_joined", "team", "document", "add_entry"):
        answer = client.get(reverse(f"desk:{name}", args=[sam.ref]))
        assert answer.status_code == 200, name
        found[name] = answer.content
    found["home"] = client.get(reverse("desk:home")).content
    found["found"] = client.get(reverse("desk:search"), {"q": "Rowan-Hale"}).content
    found["filtered"] = client.get(reverse("desk:chronology", args=[sam.ref]), {"text": "hatchback"}).content
    for kind in documents.FORMATS:
        answer = client.post(
            reverse("desk:document", args=[sam.ref]), {"format": kind, "made_for": "Discussion"}
        )
        assert answer.status_code == 200, kind
        found[f"document.{kind}"] = answer.content
    return found


def assert_without(found: dict[str, bytes], words: tuple[str, ...]) -> None:
    for name, content in found.items():
        if name.endswith((".docx", ".xlsx")):
            inside = zipfile.ZipFile(io.BytesIO(content))
            content = b"".join(inside.read(part) for part in inside.namelist())
        text = content.decode("utf-8", errors="ignore").casefold()
        for word in words:
            # This page repeats what was looked for.
            if not (name == "filtered" and word == "grey hatchback"):
                assert word.casefold() not in text, (name, word)


def test_another_agency_gets_a_pointer_and_no_word(partnership: Any, sam: Any) -> None:
    client = partnership.signed_in("csc")
    found = pages(client, sam)
    assert_without(found, RESTRICTED + CONFIDENTIAL)
    shown = found["chronology"].decode()
    assert "07700 900456" in shown and "Health" in shown
    held = dict(chronology.withheld(partnership.by("csc"), sam))
    assert held == {"education": 1, "health": 1, "police": 3}
    hidden = [v for v in chronology.all_views(partnership.operator, sam) if v.agency == "health"]
    answer = client.get(reverse("desk:entry", args=[sam.ref, hidden[0].ref]))
    assert answer.status_code == 403
    assert_without({"refused": answer.content}, RESTRICTED + CONFIDENTIAL)


def test_an_information_officer_reads_what_is_restricted_but_not_what_is_confidential(
    partnership: Any, sam: Any
) -> None:
    found = pages(partnership.signed_in("vcs", "information_officer"), sam)
    assert_without(found, CONFIDENTIAL)
    assert b"blade" in found["chronology"]


def test_the_team_around_the_child_reads_everything(partnership: Any, sam: Any) -> None:
    lead = partnership.worker("csc")
    joining.join_circle(child=sam, worker_ref=lead.ref, role="lead social worker", by=partnership.operator)
    shown = partnership.signed_in("csc").get(reverse("desk:chronology", args=[sam.ref])).content.decode()
    assert "blade" in shown and "Cuckooed" in shown
    assert chronology.withheld(lead.actor(), people.get_child(lead.actor(), sam.ref)) == ()


def test_leaving_the_team_ends_it_at_once(partnership: Any, sam: Any) -> None:
    lead = partnership.worker("csc")
    joining.join_circle(child=sam, worker_ref=lead.ref, role="lead social worker", by=partnership.operator)
    again = people.get_child(partnership.operator, sam.ref)
    joining.leave_circle(child=again, worker_ref=lead.ref, by=partnership.operator)
    assert_without(pages(partnership.signed_in("csc"), sam), RESTRICTED + CONFIDENTIAL)


def test_an_anonymised_document_names_nobody(partnership: Any, sam: Any) -> None:
    full = people.get_child(partnership.operator, sam.ref, with_statements=True)
    made = packs.gather(partnership.operator, full, anonymise=True, format="html")
    for kind in ("html", "csv", "json"):
        text = documents.write(made, kind).decode("utf-8-sig").casefold()
        for word in ("rowan", "samuel", "dale m", "quay street", sam.ref.casefold()):
            assert word not in text, (kind, word)


def test_a_restricted_child_is_for_those_named_around_them_alone(partnership: Any, import_rows: Any) -> None:
    for row in FILES:
        import_rows(*row)
    ref = next(h.ref for h in people.search(partnership.operator, "Tobi Adeyemi"))
    Person.objects.filter(ref=ref).update(restricted=True)
    tobi = people.get_child(partnership.operator, ref)
    lead = partnership.worker("csc")
    for agency, roles in (("csc", ()), ("health", ("manager",)), ("csc", ("information_officer",))):
        client = partnership.signed_in(agency, *roles)
        assert client.get(reverse("desk:child", args=[ref])).status_code == 404
        assert "Adeyemi" not in client.get(reverse("desk:search"), {"q": "Tobi"}).content.decode()
    joining.join_circle(child=tobi, worker_ref=lead.ref, role="lead social worker", by=partnership.operator)
    shown = partnership.signed_in("csc").get(reverse("desk:child", args=[ref])).content.decode()
    assert "Tobi Adeyemi" in shown
    for word in ("Mill Lane", "NS2 4CD", "07700 900124", "Harbour Academy"):
        assert word not in shown
