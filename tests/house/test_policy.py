"""The policy, its list forms, the database's own policies and a second plain implementation say the same, in
random worlds; and what must hold of any policy holds of ours (security requirements B-3, B-4, B-7)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from lineofsight.access import guard
from lineofsight.access.actor import Actor, EntrySubject, PersonSubject, Role, Sharing, State
from lineofsight.access.policy import (
    CARRIES,
    ROLES,
    Level,
    Outcome,
    Permission,
    decide,
    view_entry,
    view_person,
)
from lineofsight.catalogue import clock
from lineofsight.chronology import admission
from lineofsight.chronology.models import Entry
from lineofsight.config.cases import world as worlds_built
from lineofsight.config.cases.reading import CaseFile
from lineofsight.people import queries as people
from lineofsight.people.models import Person
from lineofsight.records.models import Citation, Paper
from oracle import Oracle
from worlds import NOW, world

#: A few worlds at each run make more than 2,000 decisions; a nightly run asks for 350 and makes 100,000.
WORLDS = int(os.environ.get("LINEOFSIGHT_WORLDS", "7"))
SEEDS = range(100, 100 + WORLDS)


class World:
    """A random world that stands in the store, with everything asked of it in every way."""

    def __init__(self, seed: int) -> None:
        self.rows = world(seed)
        with clock.at(NOW):
            self.built = worlds_built.build(CaseFile(NOW, self.rows, ()))
        self.oracle = Oracle(self.rows, NOW)
        self.entries = {e.ref: e for e in Entry.objects.filter(ref__in=self.built.entries.values())}
        self.write_documents()

    def write_documents(self) -> None:
        """Each entry has a document, and is said to come from the one before it."""
        self.ident = {entry.pk: self.built.id_of_entry(entry.ref) for entry in self.entries.values()}
        chains = sorted(self.ident)
        Paper.objects.bulk_create(Paper(entry_id=pk, size=1, kept_at=NOW, pages=["words"]) for pk in chains)
        self.pairs = list(pairwise(chains))
        Citation.objects.bulk_create(Citation(event_id=b, document_id=a) for a, b in self.pairs)

    def actors(self) -> Iterator[tuple[str, Actor]]:
        for row in self.rows["users"]:
            yield row["id"], self.built.actor(row["id"])


@pytest.fixture(params=SEEDS)
def made(request: Any, db: None) -> Iterator[World]:
    found = World(request.param)
    with clock.at(NOW):
        yield found


def test_all_ways_of_asking_agree(made: World) -> None:
    """One by one, as lists, and as raw SQL in the web role: all as the plain implementation says."""
    asked = 0
    for user, actor in made.actors():
        expected = {row["id"]: made.oracle.record(user, row) for row in made.rows["records"]}
        seen = {row["id"]: made.oracle.person(user, row["id"]) for row in made.rows["people"]}
        assert one_by_one(made, actor) == (seen, expected), user
        assert as_lists(made, actor) == (in_full(seen), in_full(expected), pointed_at(expected)), user
        assert as_raw_sql(made, actor) == (in_full(seen), in_full(expected)), user
        asked += 3 * (len(seen) + len(expected))
    assert asked >= 300


def in_full(found: dict[str, str]) -> set[str]:
    return {ident for ident, level in found.items() if level == "full"}


def pointed_at(found: dict[str, str]) -> set[str]:
    return {ident for ident, level in found.items() if level == "pointer"}


def one_by_one(made: World, actor: Actor) -> tuple[dict[str, str], dict[str, str]]:
    def level(decision: Any) -> str:
        return decision.level.name.lower() if decision.outcome is Outcome.ALLOW else "none"

    persons = {p: level(view_person(actor, made.built.child(p).subject())) for p in made.built.refs}
    subjects = admission.subjects(list(made.entries.values()))
    records = {
        ident: level(view_entry(actor, subjects[made.entries[ref].pk]))
        for ident, ref in made.built.entries.items()
    }
    return persons, records


def as_lists(made: World, actor: Actor) -> tuple[set[str], set[str], set[str]]:
    refs = set(people.visible_people(actor).values_list("ref", flat=True))
    persons = {p for p, ref in made.built.refs.items() if ref in refs}
    full = Entry.objects.filter(admission.full(actor)).values_list("ref", flat=True)
    pointers = Entry.objects.filter(admission.pointed(actor)).values_list("ref", flat=True)
    return persons, {made.built.id_of_entry(r) for r in full}, {made.built.id_of_entry(r) for r in pointers}


def as_raw_sql(made: World, actor: Actor) -> tuple[set[str], set[str]]:
    with transaction.atomic(), guard.acting(actor), connection.cursor() as cursor:
        cursor.execute("SELECT ref FROM people_person")
        refs = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT ref FROM chronology_entry")
        entries = {made.built.id_of_entry(row[0]) for row in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM people_tie")
        assert cursor.fetchone() == (0,)
        for table, column in (("chronology_comment", "entry_id"), ("chronology_entrything", "entry_id")):
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM chronology_entry)"
            )
            assert cursor.fetchone() == (0,)
        # A document is there exactly where its entry is; that an event comes from it, where both are.
        cursor.execute("SELECT entry_id FROM records_paper")
        assert {made.ident[row[0]] for row in cursor.fetchall()} == entries
        cursor.execute("SELECT document_id, event_id FROM records_citation")
        both = {pair for pair in made.pairs if {made.ident[pair[0]], made.ident[pair[1]]} <= entries}
        assert set(cursor.fetchall()) == both
    return {p for p, ref in made.built.refs.items() if ref in refs}, entries


# --- the database by itself (B-7) -------------------------------------------------------------------------


def raw(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


GUARDED = (
    "people_person", "people_sourceidentity", "people_statement", "people_profile", "people_judgement",
    "people_circlemember", "people_tie", "people_secondanswer", "people_wholerun",
    "chronology_entry", "chronology_participation", "chronology_entrything",
    "chronology_comment", "chronology_entryname", "chronology_lastlook", "records_paper", "records_citation",
)  # fmt: skip


@pytest.mark.parametrize("table", GUARDED)
def test_row_security_is_forced(table: str, db: None) -> None:
    assert raw(f"SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = '{table}'") == [
        (True, True)
    ]


@pytest.mark.parametrize(
    "context", [None, "", "system|forged|", "0" * 64 + ":system|forged|", "0" * 64 + ":worker|W000000000000|"]
)
def test_nobody_acting_and_a_forged_actor_read_nothing(context: str | None, db: None) -> None:
    """Unset, emptied by the pool, or made up: an error, not an empty answer that looks like one."""
    Person.objects.create(kind="child", name="Sam", agencies=[])
    with pytest.raises(ProgrammingError, match="guard"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE lineofsight_web")
        if context is not None:
            cursor.execute("SELECT set_config('guard.context', %s, true)", [context])
        cursor.execute("SELECT * FROM people_person")


def test_a_context_of_another_connection_is_refused(db: None, partnership: Any) -> None:
    body = guard.worker_body(partnership.by("csc"))
    Person.objects.create(kind="child", name="Sam", agencies=[])
    stolen = guard.sealed(body, connection.connection.info.backend_pid + 1)
    with pytest.raises(ProgrammingError, match="forged"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE lineofsight_web")
        cursor.execute("SELECT set_config('guard.context', %s, true)", [stolen])
        cursor.execute("SELECT * FROM people_person")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE chronology_entry DISABLE ROW LEVEL SECURITY", "DROP POLICY acting ON chronology_entry",
        "CREATE TABLE mine (x int)", "SELECT * FROM guard.secret", "UPDATE access_ledgerrow SET actor = 'x'",
        "DELETE FROM access_ledgerrow", "TRUNCATE access_ledgerrow", "SELECT guard.bind('people_tie', 'true')",
        "SELECT guard.reach('W1', 'csc', NULL, ARRAY['practitioner'], now())",
    ],
)  # fmt: skip
def test_the_web_role_cannot_change_what_holds_it(sql: str, partnership: Any) -> None:
    """C-5: neither schema, nor trail, nor policies, nor the secret that seals the context."""
    with pytest.raises(ProgrammingError), transaction.atomic(), guard.acting(partnership.by("csc")):
        raw(sql)


def test_a_request_leaves_nothing_on_a_pooled_connection(partnership: Any) -> None:
    """The next request on the same connection begins as nobody."""
    by = partnership.by("csc")
    with transaction.atomic():
        with guard.acting(by):
            raw("SELECT count(*) FROM chronology_entry")
        assert raw("SELECT current_setting('guard.context', true), current_user = session_user") == [
            ("", True)
        ]
        assert not guard.is_bound()


# --- what must hold of any policy (B-4) -------------------------------------------------------------------

refs = st.sampled_from(["W1", "W2", "W3"])
agencies = st.sampled_from(["csc", "pol"])
sets_of_refs = st.frozensets(refs, max_size=2)
persons = st.builds(
    PersonSubject, st.just("child"), st.sampled_from(["P1", "P2"]), is_child=st.booleans(), members=sets_of_refs,
    teams=st.frozensets(st.sampled_from(["1", "2"]), max_size=1),
    led=st.frozensets(st.tuples(agencies, st.sampled_from(["1", "2"])), max_size=2), duty=sets_of_refs,
    emergency=sets_of_refs, reviewing=sets_of_refs, panel_open=st.booleans(),
    shields=st.frozensets(st.sampled_from(["location", "sealed"]), max_size=2), listed=sets_of_refs,
    location=sets_of_refs, conflicted=sets_of_refs, excluded=st.frozensets(agencies, max_size=1),
    disposed=st.booleans(),
)  # fmt: skip
entries = st.builds(
    EntrySubject, st.just("entry"), st.just("E1"), owner=agencies,
    about=st.lists(persons, min_size=1, max_size=2).map(tuple), author=refs,
    author_led=st.tuples(agencies, st.sampled_from(["1", "2"])), sharing=st.sampled_from(list(Sharing)),
    conceal=st.booleans(), handling=st.sampled_from(["", "P", "C"]), sensitivity=st.sampled_from(["", "counselling"]),
    state=st.sampled_from(list(State)), named=sets_of_refs, recipients=sets_of_refs, released=sets_of_refs,
)  # fmt: skip
actors = st.builds(
    Actor, refs, st.just("Ada"), agencies, st.sampled_from(["", "1", "2"]),
    st.frozensets(st.sampled_from([role for role in Role if role is not Role.OPERATOR]), max_size=3),
    barred=st.sampled_from(["", "", "", "Your training is not in date."]), fresh=st.booleans(),
)  # fmt: skip


def level_of(actor: Actor, entry: EntrySubject) -> Level:
    decision = view_entry(actor, entry)
    return decision.level if decision.outcome is Outcome.ALLOW else Level.NONE


@settings(max_examples=300, deadline=None)
@given(actor=actors, entry=entries)
def test_a_deny_beats_every_permit(actor: Actor, entry: EntrySubject) -> None:
    """Adding a deny never widens, whatever else stands."""
    before = level_of(actor, entry)
    for more in (
        {"conflicted": frozenset({actor.ref})},
        {"excluded": frozenset({actor.agency})},
        {"disposed": True},
    ):
        shut = replace(entry, about=(replace(entry.about[0], **more), *entry.about[1:]))
        assert level_of(actor, shut) is Level.NONE
    assert level_of(replace(actor, barred="suspended"), entry) is Level.NONE
    assert before in Level


@settings(max_examples=300, deadline=None)
@given(actor=actors, entry=entries)
def test_taking_something_away_never_widens(actor: Actor, entry: EntrySubject) -> None:
    before = level_of(actor, entry)
    less = [
        replace(entry, about=tuple(replace(p, members=p.members - {actor.ref}) for p in entry.about)),
        replace(entry, about=tuple(replace(p, teams=frozenset(), led=frozenset()) for p in entry.about)),
        replace(entry, named=entry.named - {actor.ref}),
        replace(entry, recipients=frozenset()),
        replace(entry, released=frozenset()),
    ]
    assert all(level_of(actor, narrower) <= before for narrower in less)
    assert level_of(replace(actor, roles=frozenset()), entry) <= before or before is Level.NONE


@settings(max_examples=200, deadline=None)
@given(actor=actors, entry=entries)
def test_order_and_repetition_do_not_matter(actor: Actor, entry: EntrySubject) -> None:
    turned = replace(entry, about=tuple(reversed(entry.about + entry.about)))
    assert level_of(actor, turned) is level_of(actor, entry)


@settings(max_examples=200, deadline=None)
@given(actor=actors, entry=entries, other=st.just("W9"))
def test_a_change_for_one_changes_no_other(actor: Actor, entry: EntrySubject, other: str) -> None:
    widened = replace(
        entry, named=entry.named | {other}, released=entry.released | {other}, recipients=entry.recipients | {other},
        about=tuple(replace(p, members=p.members | {other}, listed=p.listed | {other}) for p in entry.about),
    )  # fmt: skip
    assert level_of(actor, widened) is level_of(actor, entry)


@given(actor=actors, person=persons)
def test_nobody_may_do_nothing(actor: Actor, person: PersonSubject) -> None:
    nobody = replace(actor, ref="")
    assert all(not decide(nobody, permission, person).allowed for permission in Permission)


@given(actor=actors, entry=entries)
def test_a_decision_that_fails_is_a_no(actor: Actor, entry: EntrySubject) -> None:
    broken = replace(entry, about=(None,))  # type: ignore[arg-type]
    assert not decide(actor, Permission.ENTRY_VIEW, broken).allowed


def test_every_permission_has_someone_who_may() -> None:
    of_entries = {
        Permission.ENTRY_VIEW,
        Permission.ENTRY_CORRECT,
        Permission.ENTRY_RELEASE,
        Permission.SOURCE_VIEW,
    }
    assert set(CARRIES) | set(ROLES) | of_entries == set(Permission)
    assert all(CARRIES.values()) and all(ROLES.values())


@pytest.mark.parametrize("role", [Role.SYS_ADMIN, Role.GUARDIAN, Role.ANALYST, Role.INDEX_CUSTODIAN])
def test_oversight_and_administration_see_no_record(role: Role) -> None:
    """A-D11, A-P8, A-P12: also when someone put them in the team."""
    actor = Actor("W1", "Ada", "csc", roles=frozenset({role}))
    child = PersonSubject("child", "P1", owner="csc", involved=frozenset({"csc"}), members=frozenset({"W1"}))
    entry = EntrySubject("entry", "E1", owner="csc", about=(child,))
    assert not view_person(actor, child).allowed
    assert level_of(actor, entry) is Level.NONE
