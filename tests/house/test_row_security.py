"""Every table with a child's data is under row security, or says here why it need not be."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError

from invented import FILES
from lineofsight.access import guard
from lineofsight.chronology.models import Entry
from lineofsight.people import queries as people
from lineofsight.people.models import Person, Statement
from lineofsight.records.models import SourceRow

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
