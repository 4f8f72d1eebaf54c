"""Words are only words in every field that holds any: no list of fields is kept by memory (I-2).

Each text field of each table is here, or stands under CODES with why nobody can write words into it. In the world of
the census of addresses every one is filled with markup of its own, and every page is read by those who get in, once
as things are and once when they have been answered, ended, withdrawn and closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from test_addresses import ASKERS, ROWS, World, asked
from test_hostile_words import ALL, MARK, Read

from lineofsight.access.models import Alert
from lineofsight.chronology.models import (
    CorrectionNotice,
    Entry,
    EntryName,
    GapQuery,
    MeetingLine,
    OccurrenceVerdict,
)
from lineofsight.partners.models import Agreement, HomeDetails, Worker
from lineofsight.records import services as records
from lineofsight.records.models import Delivery, MetValue
from store import received

SAMPLES = Path(__file__).parents[1] / "samples"

#: References, keys of lists and digests: the product writes them, or takes them from a list.
CODES = {
    "records.Delivery": "ref sha256 state",
    "records.DeliveredTable": "table",
    "records.StagedRow": "table key",
    "records.SourceRow": "agency table key state join",
    "records.Replacement": "table",
    "records.ColumnMap": "columns table",
    "records.MetValue": "table field",
    "records.SettledValue": "ref together agency field code",
    "records.CellToCheck": "code",
    "records.ApiKey": "ref digest",
    "records.ApiDelivery": "sha256",
    "chronology.Entry": "ref state kind precision nature sharing handling sensitivity source_slot source_join written_by",
    "chronology.EntryName": "kind worker_ref by_ref",
    "chronology.Participation": "role",
    "chronology.Thing": "kind key",
    "chronology.EntryThing": "role",
    "chronology.Comment": "by_ref agency",
    "chronology.LastLook": "worker_ref",
    "chronology.OccurrenceVerdict": "ref verdict by_ref agency",
    "chronology.GapQuery": "ref rule side entry_key agency asked_by asked_agency answer closed_agency",
    "chronology.CorrectionNotice": "ref fact value_key agency basis sent_by sent_agency",
    "records.Paper": "sha256 media_type kept_by",
    "chronology.KeyFact": "ref kind entry_key owner handling marked_by marked_agency",
    "chronology.HeldBy": "agency",
    "chronology.MeetingChronology": "ref made_by",
    "chronology.MeetingLine": "entry_key",
    "chronology.Finding": "what rule agency key",
    "people.Person": "ref kind",
    "people.SourceIdentity": "ref system",
    "people.Statement": "join",
    "people.Judgement": "verdict source model by_ref",
    "people.Proposal": "verdict by_ref",
    "people.LearntModel": "version figures",
    "people.NameCount": "part name",
    "people.CircleMember": "for_ref worker_ref by_ref",
    "people.Tie": "ref kind worker_ref agency by_ref ended_by reviewed_by",
    "partners.Agency": "code letter kind",
    "partners.Agreement": "ref",
    "partners.Worker": "password ref",
    "partners.WorkerRole": "ref role asked_by approved_by",
    "partners.Invitation": "digest made_by",
    "partners.SecondFactor": "kind secret",
    "partners.RecoveryCode": "digest",
    "partners.Device": "digest",
    "partners.SignIn": "ref",
    "partners.FailedTries": "key",
    "partners.Use": "worker what",
    "access.LedgerRow": "actor agency action outcome kind ref rule path purpose request address actor_name",
    "access.LedgerHead": "key",
    "access.Alert": "ref kind to_agency to_worker worker_ref worker_agency about closed_by finding",
    "access.SharingDecision": "ref about gateway told_family by_ref agency",
}


def codes() -> set[str]:
    return {f"{table}.{field}" for table, fields in CODES.items() for field in fields.split()}


def text_fields() -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    for model in apps.get_models():
        if model.__module__.startswith("lineofsight."):
            for found in model._meta.fields:
                if isinstance(found, (models.CharField, models.TextField)):
                    yield model, found


def name_of(model: type[models.Model], found: models.Field[Any, Any]) -> str:
    return f"{model._meta.label}.{found.name}"


def words_for(number: int, row: int, most: int | None) -> str:
    """Markup that says which field it stands in: as much as the field takes, another part for each row."""
    pieces = [piece.replace(MARK, f"{MARK}{number:03d}") for piece in ALL[(row * 7) % len(ALL) :] + ALL]
    words = f"<{MARK}{number:03d}>"
    for piece in pieces:
        if most is not None and len(words) + len(piece) + 8 > min(most, 2_000):
            break
        words += piece
    return f"{words}{row}"[: most or 2_000]


#: Fields that no page of this world shows: read by commands alone, kept for whoever asks the ledger, or shown where
#: this world's people do not come (a map of columns, what a recipient is asked to accept, an earlier version).
NOT_SHOWN = {
    "records.Citation.place",
    "records.Paper.file_name",
    "chronology.CorrectionNotice.answered_name",
    "chronology.CorrectionNotice.reason",
    "chronology.Entry.reason",
    "chronology.EntryName.conditions",
    "chronology.EntryName.lawful_basis",
    "chronology.GapQuery.closed_name",
    "chronology.GapQuery.reason",
    "chronology.OccurrenceVerdict.withdrawn_by",
    "partners.Agreement.by_name",
    "partners.Device.words",
    "partners.SignIn.ended_why",
    "partners.Worker.subject_there",
    "people.Judgement.withdrawn_by",
    "people.Proposal.closed_by",
    "people.LearntModel.approved_by",
    "people.LearntModel.made_by",
    "people.LearntModel.retired_by",
    "people.Statement.label",
    "people.Tie.by_name",
    "people.Tie.reason",
    "people.Tie.review",
    "records.ApiDelivery.idempotency_key",
    "records.ApiKey.made_by",
    "records.ApiKey.name",
    "records.ApiKey.revoked_by",
    "records.ColumnMap.made_by",
    "records.ColumnMap.name",
    "records.Delivery.undone_by",
    "records.MetValue.spelling",
    "records.SettledValue.undone_by",
}

#: Deeds of the census that leave words, besides those that its world begins with.
LEAVES_WORDS = (
    "desk:comment", "desk:decide_sharing", "desk:protection", "desk:say_held", "desk:decide_occurrence",
    "desk:answer_notice", "desk:mark_key_fact",
)  # fmt: skip


def leave_words(world: World) -> None:
    """A row in every table that a page shows."""
    now = timezone.now()
    for row in ROWS:
        if row.method == "post" and row.name in LEAVES_WORDS:
            who = next(who for who in ("owner", "partner") if row.may[who] == "in")
            assert asked(world.clients[who], row, world).status_code < 400, row.name
    MeetingLine.objects.update(marked_at=now)
    taken = Delivery.objects.get(ref=world.refs["file in"])
    taken.aside.create(table="t", number=1, raw={}, reasons=[])
    taken.to_check.create(table="t", number=1, code="unreadable_time", column="c", value="v", words="w")
    taken.sent_back.create(to="x", how="y", by_name="z")
    MetValue.objects.create(
        delivery=taken, table="police_pole", field="police_pole.role", spelling="x", times=1
    )
    for worker in Worker.objects.filter(is_active=True):
        HomeDetails.objects.update_or_create(worker=worker)
    entry = Entry.objects.get(ref=world.refs["entry"])
    EntryName.objects.create(
        entry=entry, kind=EntryName.RECIPIENT, since=now, by_ref="W0",
        worker_ref=Worker.objects.get(team__name="Adolescent team", roles__role="practitioner").ref,
    )  # fmt: skip


def fill_every_field(*, but: tuple[str, ...] = ()) -> dict[str, int]:
    """The number of each field that holds words, of tables with rows. `but`: tables that are left as they are."""
    numbers = {}
    for number, (model, found) in enumerate(text_fields()):
        name = name_of(model, found)
        if name in codes() or name.rpartition(".")[0] in but:
            continue
        for pk in list(model._default_manager.values_list("pk", flat=True)):
            numbers[name] = number
            words = words_for(number, pk, found.max_length)
            model._default_manager.filter(pk=pk).update(**{found.name: words})
    return numbers


def settled_states() -> None:
    """What waits has been answered, ended, withdrawn and closed, so that those words show too."""
    now = timezone.now()
    GapQuery.objects.update(answer="not_ours", closed_at=now, closed_agency="csc")
    CorrectionNotice.objects.update(acknowledged_at=now)
    OccurrenceVerdict.objects.update(withdrawn_at=now)
    Alert.objects.update(closed_at=now, closed_by="W0", finding="explained")
    Agreement.objects.filter(agency__code="vcs").update(suspended_at=now)
    Worker.objects.filter(agency__code="health").update(suspended_at=now)


@pytest.mark.django_db
def test_no_field_is_forgotten() -> None:
    there = {name_of(*one) for one in text_fields()}
    assert codes() <= there, codes() - there


def read_all(world: World, *, once: bool) -> set[int]:
    """Every page, by everybody who gets in or (`once`) by the first of them. Returns the fields that were met."""
    met: set[int] = set()
    for row in ROWS:
        if row.method != "get":
            continue
        for who in [who for who in ASKERS if row.may[who] == "in"][: 1 if once else 2]:
            with transaction.atomic():
                answer = asked(world.clients[who], row, world)
                transaction.set_rollback(True)
            where = f"{row.name}, {who}"
            assert answer.status_code < 500, (where, answer.status_code)
            text = answer.content.decode(errors="replace")
            met |= {int(number) for number in re.findall(rf"{MARK}(\d\d\d)", text)}
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                page = Read()
                page.feed(text)
                page.close()
                assert not page.foreign, (where, page.foreign[:3])
                assert not re.search(rf"<script[^>]*>[^<]*{MARK}", text), where
    return met


def test_words_in_any_field_are_only_words(world: World, partnership: Any) -> None:
    taken = received(partnership, "housing", "services.csv", services_full_of_markup())
    records.stage(delivery=taken, by=partnership.operator)
    records.commit(delivery=taken, by=partnership.operator)
    leave_words(world)
    # What is asked of an agency follows from what the entries say, so these keep their words at first.
    fill_every_field(but=("chronology.Entry", "chronology.Participation", "chronology.Thing"))
    met = read_all(world, once=True)
    numbers = fill_every_field()
    met |= read_all(world, once=False)
    settled_states()
    met |= read_all(world, once=True)
    unseen = {name for name, number in numbers.items() if number not in met}
    assert unseen <= NOT_SHOWN, unseen - NOT_SHOWN


def services_full_of_markup() -> str:
    """A service directory (Open Referral UK) whose every word is markup."""
    markup = iter(ALL[::7])
    words = ("name", "description", "url", "email", "status", "fees", "accreditations", "alert")
    columns = (SAMPLES / "oruk/csv/services.csv").read_text().splitlines()[0].split(",")
    cells = [next(markup).replace('"', '""').replace("\n", " ") if c in words else "" for c in columns]
    cells[columns.index("url")] = "javascript:alert(1)//http://"
    return ",".join(columns) + '\ns1,"' + '","'.join(cells[1:]) + '"\n'
