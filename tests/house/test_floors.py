"""The building's own rules: who stands on whom, what changes something, what the database keeps."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

import lineofsight

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
#: Highest first; rooms of one floor stand in one set.
FLOORS = [{room.strip() for room in layer.split("|")} for layer in CONTRACTS[0]["layers"]]


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(model: type) -> str:
    return model.__module__.split(".")[1]


def ours() -> list[type]:
    return [model for model in apps.get_models() if model.__module__.startswith("lineofsight.")]


def test_every_room_has_a_floor() -> None:
    rooms = {module.name for module in pkgutil.iter_modules(lineofsight.__path__) if module.ispkg}
    assert rooms == set().union(*FLOORS)


@pytest.mark.parametrize("model", ours(), ids=lambda m: m._meta.label)
def test_no_relation_points_up_or_sideways(model: type) -> None:
    """The import checker cannot see a foreign key that is given as a string."""
    for field in model._meta.get_fields():
        target = field.related_model
        if not (field.concrete and field.is_relation and target) or target not in ours():
            continue
        here, there = room_of(model), room_of(target)
        assert here == there or floor(there) > floor(here), (
            f"{model._meta.label}.{field.name} points to {there}"
        )


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


# --- deeds ---------------------------------------------------------------------------------------------

#: Where deeds stand beside the rooms' `services.py`.
MORE_DEEDS = ("people.admitting", "partners.granting")
#: Public functions there that are no deed, each with why it needs no permission of its own.
PARTS_OF_DEEDS = {
    "people.hold_the_lock": "takes a lock, changes nothing",
    "records.others_join": "a read, inside commit",
    "people.identities_for": "inside records' commit and chronology's add_entry",
    "people.known_identities": "a read, inside records' preview",
    "people.take_statements": "inside records' commit",
    "people.settle_sources": "inside records' commit and undo",
    "people.forget_sources": "inside records' undo",
    "people.answers_resting_on": "a count, inside records' undo",
    "people.settle": "inside records' commit and undo",
    "people.unsettled": "a read, inside records' commit",
    "people.count_again": "renews statistics, inside records' commit",
    "chronology.count_again": "renews statistics, inside records' commit",
    "people.forget_unsaid": "inside records' undo",
    "people.decide": "inside decide_pair and what follows from it",
    "people.propose": "inside decide_pair",
    "chronology.array_of": "writes numbers as PostgreSQL does, changes nothing",
    "people.close_proposals": "inside decide_pair, answer_proposal and withdraw_proposal",
    "people.pair_of": "puts two records in order, changes nothing",
    "people.join_by_hand": "inside chronology's add_entry",
    "chronology.take_entries": "inside records' commit",
    "chronology.link_things": "inside records' commit and add_entry",
    "chronology.settle_sources": "inside records' commit and undo",
    "chronology.forget_sources": "inside records' undo",
    "chronology.forget_looks": "inside records' undo",
    "chronology.own_identity": "inside add_entry",
    "chronology.check_words": "refuses or not, changes nothing",
    "chronology.check_audience": "refuses or not, changes nothing",
    "chronology.name_for": "inside add_entry",
    "chronology.take_account": "inside add_entry, and the cases of the access rules",
    "chronology.put_on_list": "inside name_for, release_entry and name_recipient, and the cases",
    "chronology.mark_disposed": "the cases of the access rules alone, until there is a disposal",
    "chronology.note_look": "after a look that the policy allowed and the ledger holds",
    "people.admitting.tie": "inside the deeds of this module, after their decision",
    "people.admitting.standing": "a query, inside the deeds of this module",
    "people.admitting.end": "inside the deeds of this module, after their decision",
    "people.admitting.settle_alert": "calls the deeds close_alert and review_emergency",
    "people.admitting.declare_own_conflict": "calls the deed declare_conflict",
    "people.admitting.unreviewed": "a count, inside break_glass",
    "records.refuse": "calls the deed note_refusal",
    "records.stage_or_refuse": "calls the deeds stage and note_refusal",
    "records.remember": "inside commit",
    "records.keep_own_maps": "inside commit",
    "records.store_rows": "inside commit",
    "records.tables_without_joins": "a read, inside commit",
    "records.settle_tables": "inside commit",
    "records.rows_only_in": "a read, inside undo",
    "records.refuse_if_needed": "refuses or not, inside undo",
    "records.words_for": "words",
}


def public_functions() -> dict[str, object]:
    rooms = {room: f"lineofsight.{room}.services" for room in sorted(set().union(*FLOORS))}
    found = {}
    for short, name in (rooms | {short: f"lineofsight.{short}" for short in MORE_DEEDS}).items():
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        for function, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == name and not function.startswith("_"):
                found[f"{short}.{function}"] = value
    return found


def test_whatever_changes_something_asks_the_policy_and_writes_the_ledger() -> None:
    loose = {name for name, value in public_functions().items() if not hasattr(value, "deed")}
    assert loose - set(PARTS_OF_DEEDS) == set(), "make it a deed, or say in PARTS_OF_DEEDS why it is none"


def test_the_list_of_exceptions_names_nothing_that_is_gone() -> None:
    loose = {name for name, value in public_functions().items() if not hasattr(value, "deed")}
    assert set(PARTS_OF_DEEDS) - loose == set()


def test_every_deed_names_who_does_it() -> None:
    for name, value in public_functions().items():
        if hasattr(value, "deed"):
            by = inspect.signature(value).parameters.get("by")
            assert by is not None and by.kind is inspect.Parameter.KEYWORD_ONLY, name


# --- tables --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_room_has_one_newest_migration() -> None:
    heads: dict[str, list[str]] = {}
    for app, name in MigrationLoader(None).graph.leaf_nodes():
        heads.setdefault(app, []).append(name)
    assert {app: names for app, names in heads.items() if len(names) != 1} == {}


@pytest.mark.django_db
def test_every_table_of_ours_is_made_by_a_migration() -> None:
    made = set(connection.introspection.table_names())
    assert {model._meta.db_table for model in ours()} <= made
