"""The policy and its list forms say the same, in every world that can be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineofsight.access.actor import Actor, Handling, Role
from lineofsight.access.policy import PERMITS, Level, Permission, decide
from lineofsight.catalogue.refs import new_ref
from lineofsight.chronology import queries as chronology
from lineofsight.chronology.models import Entry, Participation
from lineofsight.people import queries as people
from lineofsight.people.models import CircleMember, Person, SourceIdentity

AGENCIES = ("csc", "police", "health")
TODAY = date.today()
#: Of a place in the team around the child: none, ended before, ended today, until tomorrow, open.
CIRCLES = (None, TODAY - timedelta(days=9), TODAY, TODAY + timedelta(days=1), "open")

actors = st.builds(
    lambda agency, roles: Actor("W000000000001", "Ada Lindqvist", agency, roles=frozenset(roles)),
    st.sampled_from([*AGENCIES, "housing", ""]),
    st.sets(st.sampled_from(list(Role)), max_size=3),
)
children = st.lists(
    st.tuples(st.sets(st.sampled_from(AGENCIES), min_size=1), st.booleans(), st.sampled_from(CIRCLES)),
    min_size=1, max_size=4,
)  # fmt: skip


class Undo(Exception):
    """Takes an example's rows out again."""


def make_child(number: int, held: set[str], restricted: bool, circle: Any) -> Any:
    ref = new_ref("P")
    person = Person.objects.create(ref=ref, agencies=sorted(held), restricted=restricted, kind="child")
    records = [
        SourceIdentity.objects.create(
            ref=ref if place == 0 else new_ref("P"),
            agency_id=agency,
            system="s",
            local_id=str(number),
            person=person,
        )
        for place, agency in enumerate(sorted(held))
    ]
    if circle is not None:
        CircleMember.objects.create(
            identity=records[-1], worker_ref="W000000000001", role="lead", since=TODAY - timedelta(days=20),
            until=None if circle == "open" else circle,
        )  # fmt: skip
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for agency in (*AGENCIES, "housing"):
        for handling in Handling:
            entry = Entry.objects.create(
                identity=records[0], agency_id=agency, kind="CSC_CONTACT",
                occurred_from=moment, occurred_to=moment,
                precision="minute", received_at=moment, title="x", handling=handling, written_by="W1",
            )  # fmt: skip
            Participation.objects.create(
                entry=entry, identity=records[0], role="subject", occurred_from=moment, standing=True
            )
    return people.assemble(person)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=actors, world=children)
def test_lists_show_what_the_policy_allows_one_by_one(partnership: Any, actor: Actor, world: Any) -> None:
    try:
        with transaction.atomic():
            made = [make_child(number, *child) for number, child in enumerate(world)]
            shown = set(people.visible_people(actor).values_list("pk", flat=True))
            for child in made:
                may = decide(actor, Permission.CHILD_VIEW, child.subject()).allowed
                assert (child.pk in shown) is may, (actor, child.subject())
                listed = set(
                    chronology.of_child(child)
                    .filter(chronology.visible(actor, child))
                    .values_list("pk", flat=True)
                )
                for entry in chronology.of_child(child):
                    level = decide(actor, Permission.ENTRY_VIEW, entry.subject_for(child.subject())).level
                    assert (entry.pk in listed) is (level is Level.FULL), (
                        actor,
                        entry.agency_id,
                        entry.handling,
                    )
            raise Undo
    except Undo:
        pass


@given(actor=actors)
def test_whoever_is_not_signed_in_may_do_nothing(actor: Actor) -> None:
    from lineofsight.access.actor import Subject

    nobody = Actor("", actor.name, actor.agency, roles=actor.roles)
    for permission in Permission:
        assert decide(nobody, permission, Subject.partnership()).level is Level.NONE


def test_every_permission_has_someone_who_may() -> None:
    assert set(PERMITS) == set(Permission)
    assert all(PERMITS.values())


def test_an_administrator_sees_no_child() -> None:
    """Who gives accounts need not read about children."""
    from lineofsight.access.actor import Subject

    admin = Actor("W1", "Ada", "csc", roles=frozenset({Role.ADMINISTRATOR}))
    child = Subject("child", "P1", owner="csc", involved=frozenset({"csc"}), circle=frozenset({"W1"}))
    allowed = {permission for permission in Permission if decide(admin, permission, child).allowed}
    assert allowed == {Permission.PARTNERS_MANAGE, Permission.CATALOGUE_VIEW}
