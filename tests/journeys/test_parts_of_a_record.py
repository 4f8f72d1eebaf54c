"""Parts of a record that are for fewer people than the record: third parties, former identities, other children."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.urls import reverse
from test_access_handling import assert_without, pages, papers, sam

from lineofsight.catalogue.when import When
from lineofsight.chronology import services as writing
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people.models import Tie

__all__ = ["sam"]

DAY = When(datetime(2026, 4, 2, 10, tzinfo=UTC), datetime(2026, 4, 2, 10, tzinfo=UTC), "minute", "")


def test_third_parties_are_read_by_the_team_and_leave_with_no_file(partnership: Any, sam: Any) -> None:
    writer, reader = partnership.worker("health"), partnership.worker("csc", "practitioner", "export")
    around = partnership.around(sam, writer, reader)
    account = writing.Account(
        kind="CSC_CONTACT", when=DAY, title="Kit Marl of the flat above rang.",
        narrative="Kit Marl says that cars come at night.", facts={"third party": "Kit Marl"},
    )  # fmt: skip
    entry = writing.add_entry(child=around, account=account, by=writer.actor())
    client = partnership.signed_in("csc", "practitioner", "export")
    shown = client.get(reverse("desk:entry", args=[sam.ref, entry.ref])).content.decode()
    assert "Kit Marl says that cars come at night." in shown
    left = papers(reader.actor(fresh=True), sam)
    assert_without(left, ("Kit Marl", "Marl"))
    assert "cars come at night" in left["document.csv"].decode("utf-8-sig"), "the rest of the sentence leaves"


def test_who_somebody_was_before_shows_to_those_named_for_it_alone(partnership: Any, sam: Any) -> None:
    named, other = partnership.worker("csc"), partnership.worker("police", "practitioner", "export")
    around = partnership.around(sam, named, other)
    before = "P0F0RMERSELF0"
    Tie.objects.create(
        identity_id=around.identity_ids[0],
        kind=Tie.FORMERLY,
        value=before,
        since=datetime(2026, 1, 1, tzinfo=UTC),
    )
    admitting.shield(
        child=around, kind=Tie.SEALED, reason="Adoption", named=(named.ref, other.ref), review_on=date(2027, 1, 1),
        by=named.actor(),
    )  # fmt: skip
    around = people.get_child(other.actor(), sam.ref)
    admitting.name_worker(child=around, kind=Tie.IDENTITY_GRANT, worker=named.ref, by=other.actor())
    assert before in partnership.signed_in("csc").get(reverse("desk:child", args=[sam.ref])).content.decode()
    found = pages(partnership.signed_in("police", "practitioner", "export"), sam)
    assert_without(found | papers(other.actor(fresh=True), sam), (before,))


def test_another_child_of_one_record_is_masked_on_the_page_in_a_search_and_in_a_file(
    partnership: Any, sam: Any
) -> None:
    writer, reader = partnership.worker("csc"), partnership.worker("police", "practitioner", "export")
    around = partnership.around(sam, writer, reader)
    hits = people.search(partnership.operator, "Adeyemi")
    tobi = partnership.around(people.get_child(partnership.operator, hits[0].ref), writer)
    account = writing.Account(
        kind="CSC_CONTACT", when=DAY, title="Sam and Tobi Adeyemi were seen at the quay.",
        narrative="Adeyemi had a second phone.", others=(tobi,),
    )  # fmt: skip
    entry = writing.add_entry(child=around, account=account, by=writer.actor())
    both = partnership.signed_in("csc").get(reverse("desk:entry", args=[sam.ref, entry.ref])).content.decode()
    assert "Tobi Adeyemi were seen" in both, "whoever works with both reads both names"
    client = partnership.signed_in("police", "practitioner", "export")
    found = pages(client, sam)
    found["entry"] = client.get(reverse("desk:entry", args=[sam.ref, entry.ref])).content
    assert "were seen at the quay" in found["entry"].decode()
    by_name = client.get(reverse("desk:chronology", args=[sam.ref]), {"text": "Adeyemi"}).content.decode()
    assert entry.ref not in by_name, "a search for the name finds nothing that it covers up"
    assert_without(found | papers(reader.actor(fresh=True), sam), ("Adeyemi", tobi.ref))
