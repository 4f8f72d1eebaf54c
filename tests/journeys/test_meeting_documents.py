"""A chronology for a meeting or review: what is chosen, what it signifies, who comments, who is missing; on paper."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

import docx
import pytest
from django.urls import reverse
from django.utils import timezone

from invented import CROSSWALK, MISSING, POLICE_MISSING, SCHOOL_LOG
from lineofsight.access import ledger
from lineofsight.access.models import LedgerRow
from lineofsight.chronology import agreeing, picture, services
from lineofsight.chronology import queries as entries
from lineofsight.chronology.documents import FORMATS
from lineofsight.partners.models import SignIn
from lineofsight.partners.queries import agencies_by_code
from lineofsight.people import queries as people
from lineofsight.records.feeds import feeds

FILES = [
    ("csc", "crosswalk.csv", CROSSWALK), ("csc", "m.csv", MISSING),
    ("police", "missing.csv", POLICE_MISSING), ("education", "school.csv", SCHOOL_LOG),
]  # fmt: skip


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row, loaded_to=date(2026, 5, 1))
    hit = next(h for h in people.search(partnership.operator, "Rowan-Hale") if "csc" in h.agencies)
    return people.get_child(partnership.operator, hit.ref)


def drafted(partnership: Any, sam: Any, *agencies: str) -> Any:
    """A chronology from these agencies' entries, one of them marked and commented on by a police officer."""
    officer = partnership.worker("police")
    sam = partnership.around(sam, officer)
    by = officer.actor()
    reading = picture.read(partnership.operator, sam, feeds())
    items = [item for item in reading.items if item.agency in agencies]
    meeting = agreeing.draft_meeting(
        child=sam, title="Strategy discussion", on=date(2026, 5, 12), keys=[i.key for i in items],
        by=partnership.operator,
    )  # fmt: skip
    agreeing.mark_significance(
        child=sam, meeting=meeting, key=items[0].key, words="The first night out.", by=by
    )
    view = picture.views_for(partnership.operator, sam, items[:1])[items[0].pk]
    services.comment(guarded=entries.get_entry(by, sam, view.ref), text="We rang the carer.", by=by)
    return meeting


def exporter(partnership: Any, sam: Any) -> Any:
    """A worker who may export, has just proved who they are, and works with Sam."""
    worker = partnership.worker("csc", "practitioner", "export")
    partnership.around(sam, worker)
    return partnership.signed_in("csc", "practitioner", "export")


def test_the_word_file_has_comments_significance_and_the_check_list(partnership: Any, sam: Any) -> None:
    meeting = drafted(partnership, sam, "police", "csc")
    client = exporter(partnership, sam)
    before = LedgerRow.objects.count()
    answer = client.post(reverse("desk:meeting", args=[sam.ref, meeting.ref]), {"format": "docx"})
    assert answer.status_code == 200
    paper = docx.Document(io.BytesIO(answer.content))
    table = paper.tables[-1]
    heads = [cell.text for cell in table.rows[0].cells]
    first = dict(zip(heads, (cell.text for cell in table.rows[1].cells), strict=True))
    assert "We rang the carer." in first["Agencies’ comments"]
    assert "Worker" in first["Agencies’ comments"]
    assert "The first night out." in first["What it signifies, and who says so"]
    assert partnership.worker("police").name in first["What it signifies, and who says so"]
    words = [one.text for one in paper.paragraphs]
    after = words[words.index("Agencies that have not contributed") + 1 :]
    assert any("Education" in line or "education" in line for line in after)
    assert not any("Police" in line for line in after)
    row = LedgerRow.objects.filter(pk__gt=before, action="chronology.export", outcome=ledger.DONE).latest(
        "pk"
    )
    assert row.detail["format"] == "docx"
    assert row.purpose.startswith("Strategy discussion")
    assert row.records


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_says_the_same(format: str, partnership: Any, sam: Any) -> None:
    meeting = drafted(partnership, sam, "police")
    client = exporter(partnership, sam)
    answer = client.post(reverse("desk:meeting", args=[sam.ref, meeting.ref]), {"format": format})
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="meeting-{meeting.ref}.{format}"'
    text = answer.content.decode("utf-8", "ignore")
    if format in ("csv", "html", "json"):
        assert "The first night out." in text
        assert "We rang the carer." in text
    if format == "json":
        found = json.loads(text)["content"]
        assert found["meeting"].startswith("Strategy discussion")
        names = agencies_by_code()
        assert {one["agency"] for one in found["not_contributed"]} == {
            str(names[code].name) for code in ("csc", "education")
        }


def test_making_it_needs_what_any_export_needs(partnership: Any, sam: Any) -> None:
    meeting = drafted(partnership, sam, "police")
    client = exporter(partnership, sam)
    address = reverse("desk:meeting", args=[sam.ref, meeting.ref])
    SignIn.objects.update(proved_at=timezone.now() - timedelta(hours=2))
    unproved = client.post(address, {"format": "csv"})
    assert unproved.status_code == 302
    assert "prove" in unproved["Location"]
    worker = partnership.worker("csc")
    partnership.around(sam, worker)
    refused = partnership.signed_in("csc").post(address, {"format": "csv"})
    assert refused.status_code in (302, 403, 404)
    assert "The first night out." not in refused.content.decode()


def test_an_entry_that_may_not_leave_is_in_no_file(partnership: Any, sam: Any) -> None:
    from lineofsight.chronology.models import Entry

    meeting = drafted(partnership, sam, "police", "csc")
    Entry.objects.filter(agency="police").update(handling="C")
    client = exporter(partnership, sam)
    answer = client.post(reverse("desk:meeting", args=[sam.ref, meeting.ref]), {"format": "json"})
    lines = json.loads(answer.content)["content"]["lines"]
    assert {line["agency"]["code"] for line in lines} == {"csc"}
