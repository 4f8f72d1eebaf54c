"""Every table with a child's data is under row security, or says here why it need not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError

from invented import FILES
from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.chronology.models import Entry
from lineofsight.partners import services as partners
from lineofsight.partners.models import SecondFactor, SignIn, Worker
from lineofsight.people import queries as people
from lineofsight.people.models import Person, Statement
from lineofsight.records import keys
from lineofsight.records.models import ApiDelivery, ApiKey, Delivery, SettledValue, SourceRow
from store import received

ROOMS = ("people", "chronology", "records")
#: Tables without it, each with why.
OPEN = {
    "people_namecount": "how often a name occurs, of nobody in particular",
    "chronology_thing": "what places and numbers are called; to whom they belong stands in chronology_entrything",
    "people_learntmodel": "weights of the matching, of nobody",
}


def tables() -> set[str]:
    return {m._meta.db_table for m in apps.get_models() if m.__module__.split(".")[1] in ROOMS}


@pytest.mark.django_db
def test_every_table_about_children_is_bound() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        bound = {row[0] for row in cursor.fetchall()}
    assert tables() - bound == set(OPEN), "bind it in the room's guard.sql, or say in OPEN why not"


@pytest.fixture
def sam(partnership: Any, import_rows: Any) -> Any:
    for row in FILES:
        import_rows(*row)
    hits = people.search(partnership.operator, "Rowan-Hale")
    ref = next(hit.ref for hit in hits if "csc" in hit.agencies)
    return partnership.around(people.get_child(partnership.operator, ref), partnership.worker("csc"))


def counts() -> tuple[int, int, int, int]:
    return tuple(model.objects.count() for model in (Person, Statement, Entry, SourceRow))  # type: ignore[return-value]


def test_whoever_forgets_a_filter_still_reads_no_more_than_they_may(partnership: Any, sam: Any) -> None:
    everything = counts()
    with transaction.atomic(), guard.acting(partnership.by("csc")):
        seen, said, entries, rows = counts()
        assert list(Person.objects.values_list("ref", flat=True)) == [sam.ref]
        assert set(Statement.objects.values_list("identity", flat=True)) <= set(sam.identity_ids)
    assert 0 < said < everything[1] and 0 < entries < everything[2] and (seen, rows) == (1, 0)
    with transaction.atomic(), guard.acting(partnership.by("csc", "practitioner", "duty")):
        assert counts() == (0, 0, 0, 0), "of the same agency, in no team"
    assert counts() == everything


def test_on_a_connection_on_which_nobody_acts_nothing_is_read(partnership: Any, sam: Any) -> None:
    with pytest.raises((ProgrammingError, InternalError), match="nobody acts"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE lineofsight_web")
        Person.objects.count()


def test_a_context_that_somebody_made_up_is_refused(partnership: Any, sam: Any) -> None:
    with pytest.raises((ProgrammingError, InternalError), match="forged"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE lineofsight_web")
            cursor.execute("SELECT set_config('guard.context', %s, true)", ["0" * 64 + ":system|operator|"])
        Person.objects.count()


def test_a_second_factor_that_the_agency_checked_counts_in_that_session_alone(
    partnership: Any, sam: Any
) -> None:
    """What another session of the same worker has shown is no proof for this one, here as in the policy."""
    worker = partnership.worker("csc")
    SecondFactor.objects.filter(worker=worker).delete()
    SignIn.objects.create(worker=worker, device_words="elsewhere", proved_by_agency=True)
    fresh = Worker.objects.get(pk=worker.pk)
    for vouched, seen in ((False, 0), (True, 1)):
        actor = fresh.actor(vouched=vouched)
        assert bool(actor.barred) is not vouched
        with transaction.atomic(), guard.acting(actor):
            assert Person.objects.count() == seen


# --- a program with its agency's key ---------------------------------------------------------------------

#: What a key reads, each with how the owner of the tables says which rows are its agency's.
READ_BY_KEYS = {
    "records_delivery": "agency = %(a)s",
    "records_deliveredtable": "delivery_id IN (SELECT id FROM records_delivery WHERE agency = %(a)s)",
    "records_keptaside": "delivery_id IN (SELECT id FROM records_delivery WHERE agency = %(a)s)",
    "records_celltocheck": "delivery_id IN (SELECT id FROM records_delivery WHERE agency = %(a)s)",
    "records_sentback": "delivery_id IN (SELECT id FROM records_delivery WHERE agency = %(a)s)",
    "records_metvalue": "delivery_id IN (SELECT id FROM records_delivery WHERE agency = %(a)s)",
    "records_columnmap": "agency = %(a)s",
    "records_settledvalue": "agency IN (%(a)s, '')",
    "records_apikey": "agency = %(a)s",
    "records_apidelivery": "key_id IN (SELECT id FROM records_apikey WHERE agency = %(a)s)",
}


@contextmanager
def by_key(key: ApiKey) -> Iterator[None]:
    """The web role with this key, as on a request."""
    with transaction.atomic(), guard.acting(Actor.nobody()):
        guard.act_as_key(key.ref)
        yield


@pytest.fixture
def their_keys(partnership: Any, sam: Any) -> dict[str, ApiKey]:
    """Two agencies with files, maps, questions, answers and a key each."""
    made = {}
    for agency in ("csc", "police"):
        made[agency], _ = keys.make_key(
            agency=partnership.agency(agency), name="nightly", days=30, by=partnership.operator
        )
        taken = received(partnership, agency, f"odd {agency}.csv", "a,b\n1,2\n")
        ApiDelivery.objects.create(
            key=made[agency], idempotency_key="once", sha256=taken.sha256, delivery=taken
        )
        taken.aside.create(table="t", number=1, raw={}, reasons=[])
        taken.to_check.create(table="t", number=1, code="c", column="c", value="v", words="w")
        taken.sent_back.create(to="x", how="y", by_name="z")
        taken.met.create(table="t", field="f", spelling=agency, times=1)
        taken.tables.create(name="t")
        partnership.agency(agency).columnmap_set.create(columns="c", table="t", name="n", map={}, made_by="m")
        SettledValue.objects.create(
            agency=agency, field="f", spelling=agency, together="V0", settled_by="x", ref=f"V{agency}"
        )
    SettledValue.objects.create(field="f", spelling="all", together="V0", settled_by="x", ref="Vall")
    return made


def ids(table: str, where: str = "true", **given: str) -> list[str]:
    """Where the rows lie that this connection reads."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text FROM {table} WHERE {where} ORDER BY ctid", given)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("agency", ["csc", "police"])
def test_a_key_reads_what_is_its_agency_s_and_nothing_about_a_child(
    agency: str, their_keys: dict[str, ApiKey]
) -> None:
    own = {table: ids(table, where, a=agency) for table, where in READ_BY_KEYS.items()}
    everything = {table: ids(table) for table in READ_BY_KEYS}
    assert all(0 < len(own[table]) < len(everything[table]) for table in own)
    with by_key(their_keys[agency]):
        assert {table: ids(table) for table in READ_BY_KEYS} == own
        assert {table: ids(table) for table in sorted(tables() - set(OPEN) - set(READ_BY_KEYS))} == {
            table: [] for table in sorted(tables() - set(OPEN) - set(READ_BY_KEYS))
        }


def columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [one.name for one in connection.introspection.get_table_description(cursor, table)]


def test_a_key_changes_nothing_by_itself(their_keys: dict[str, ApiKey]) -> None:
    theirs = Delivery.objects.filter(agency="police").first()
    with by_key(their_keys["csc"]), connection.cursor() as cursor:
        for table in sorted(tables() - set(OPEN)):
            column = columns(table)[0]
            for said in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
                cursor.execute(said)
                assert cursor.rowcount == 0, said
    for key, delivery in ((their_keys["csc"], theirs), (their_keys["police"], theirs)):
        with pytest.raises(ProgrammingError, match="row-level security"), by_key(their_keys["csc"]):
            ApiDelivery.objects.create(key=key, idempotency_key="forged", sha256="0" * 64, delivery=delivery)


@pytest.mark.parametrize("why", ["revoked", "ended", "agreement", "agency", "made up"])
def test_a_key_that_no_longer_counts_reads_nothing(
    why: str, partnership: Any, their_keys: dict[str, ApiKey]
) -> None:
    key = their_keys["csc"]
    if why == "revoked":
        keys.revoke_key(key=key, by=partnership.operator)
    elif why == "ended":
        before = key.valid_from - timedelta(days=1)
        ApiKey.objects.filter(pk=key.pk).update(valid_to=before, valid_from=before)
    elif why == "agreement":
        agreement = partnership.agency("csc").agreements.get()
        partners.suspend_agreement(agreement=agreement, why="Under review", by=partnership.operator)
    elif why == "agency":
        partners.suspend_agency(agency=partnership.agency("csc"), by=partnership.operator)
    else:
        key.ref = "K000000000000"
    with by_key(key):
        assert {table: ids(table) for table in READ_BY_KEYS} == {table: [] for table in READ_BY_KEYS}
