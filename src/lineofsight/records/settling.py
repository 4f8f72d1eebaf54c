"""Deeds about spellings: settle what they mean, and take an answer back.

An answer counts for files to come and for rows that are in. What a row tells is a function of the row, the rows
joined to it and the answers that stand, so the order of files and answers does not matter. What it told before
stays as an earlier version; what it told only because of an answer goes when the answer is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db import connection
from django.utils import timezone

from lineofsight.access import guard, ledger
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import deed, require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.refs import new_ref
from lineofsight.chronology import queries as chronology_queries
from lineofsight.chronology import services as chronology
from lineofsight.people import services as people
from lineofsight.records import fields, maps, standing
from lineofsight.records.models import ColumnMap, DeliveredTable, Delivery, SettledValue, SourceRow
from lineofsight.records.values import AS_WRITTEN, LONGEST_SPELLING, spelling_key

#: Rows beyond this are counted and not compared in a preview: it must stay a preview.
COMPARED_LIMIT = 20_000
#: More ways than this of telling one row were never told; then all that it told by answers is looked at.
MOST_WAYS = 512

Keys = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is one of the field's list, or empty: the spelling stays as it is written."""

    field: str
    spelling: str
    code: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What answers change: rows that hold a spelling, and how many of them and of their entries tell otherwise."""

    rows: int = 0
    changed: int = 0
    entries: int = 0
    corrected: int = 0
    compared: bool = True

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            self.rows + other.rows, self.changed + other.changed, self.entries + other.entries,
            self.corrected + other.corrected, self.compared and other.compared,
        )  # fmt: skip


def may_settle_for_all(by: Actor) -> None:
    """An answer for every agency is part of the partnership's rule book: for those who keep it."""
    require(by, Permission.PARTNERS_MANAGE, Subject.partnership())


@deed(Permission.MAP_SAVE, as_system=True)
def settle_values(*, agency: str, answers: Sequence[Answer], by: Actor) -> list[SettledValue]:
    """Settle what spellings mean, for one agency or ("") for all, and tell the rows that hold them anew, in one
    transaction. An answer that stands already is passed over; one that says otherwise is refused."""
    if not agency:
        may_settle_for_all(by)
    people.hold_the_lock()
    fresh = new_answers(agency, answers)
    if not fresh:
        raise Refused("These are settled in this way already. There is nothing to do.")
    together, now = new_ref("V"), timezone.now()
    made = SettledValue.objects.bulk_create(
        SettledValue(
            together=together, agency=agency, field=answer.field, spelling=answer.spelling.strip(),
            code=answer.code, settled_at=now, settled_by=by.name,
        )
        for answer in fresh
    )  # fmt: skip
    keys = keys_of((one.field, one.spelling) for one in made)
    for each in agencies_of(agency):
        rows = rows_that_hold(each, keys)
        settled = standing.retell(each, rows, at=now)
        people.settle(sorted(settled.identities or ()), at=now)
    note(by, made, "settle_values")
    return made


def note(by: Actor, answers: Sequence[SettledValue], deed: str) -> None:
    """A row of the ledger that names the answers; the frame around the deed only knows that it was done."""
    ledger.write(
        by, Permission.MAP_SAVE, Subject("value", answers[0].together, owner=answers[0].agency),
        detail={"values": len(answers), "of": deed, "fields": sorted({one.field for one in answers})},
        records=[one.ref for one in answers],
    )  # fmt: skip


@deed(Permission.MAP_SAVE, as_system=True)
def settle_shared(*, answers: Mapping[str, Sequence[Answer]], by: Actor) -> list[SettledValue]:
    """Settle answers kept elsewhere, {agency ("" for all): answers}: all of them or none. Those that stand already
    are passed over."""
    people.hold_the_lock()
    made: list[SettledValue] = []
    for agency, given in sorted(answers.items()):
        if new_answers(agency, given):
            made += settle_values(agency=agency, answers=given, by=by)
    return made


@deed(Permission.MAP_SAVE, as_system=True)
def undo_values(*, settled: Sequence[SettledValue], by: Actor) -> list[SettledValue]:
    """Take answers back: the rows tell again what they told without them."""
    people.hold_the_lock()
    locked = list(
        SettledValue.objects.select_for_update().filter(pk__in=[one.pk for one in settled]).order_by("pk")
    )
    gone = [one for one in locked if one.undone_at is not None]
    if gone or not locked:
        raise Refused("This answer has been undone already. There is nothing to do.")
    for agency in sorted({one.agency for one in locked}):
        if not agency:
            may_settle_for_all(by)
    now = timezone.now()
    touched = {}
    for agency in sorted({each for one in locked for each in agencies_of(one.agency)}):
        of_agency = [one for one in locked if one.agency in ("", agency)]
        rows = rows_that_hold(agency, keys_of((one.field, one.spelling) for one in of_agency))
        touched[agency] = rows, tellings_by(agency, rows, of_agency)
    SettledValue.objects.filter(pk__in=[one.pk for one in locked]).update(undone_at=now, undone_by=by.name)
    for agency, (rows, told) in touched.items():
        tell_without(agency, rows, told, now)
    for one in locked:
        one.undone_at, one.undone_by = now, by.name
    note(by, locked, "undo_values")
    return locked


def tell_without(agency: str, rows: Sequence[int], told: Sequence[tuple[int, str]], now: Any) -> None:
    """Tell these rows by the answers that still stand, and forget what only the undone ones made them tell."""
    settled = standing.retell(agency, rows, at=now)
    kept = chronology_queries.tellings_with_work(told) | told_now(rows)
    touched = (settled.identities or set()) | forget([one for one in told if one not in kept])
    in_use = chronology_queries.identities_in_use(sorted(touched))
    gone = people.forget_unsaid(sorted(touched), keep=in_use)
    chronology.forget_looks(gone)
    people.settle(sorted(touched - set(gone)), at=now)


def told_now(rows: Sequence[int]) -> set[tuple[int, str]]:
    """How rows are told at this moment. An answer for all and one of the agency may say the same."""
    return set(SourceRow.objects.filter(pk__in=rows).values_list("pk", "join"))


def forget(told: Sequence[tuple[int, str]]) -> set[int]:
    """Remove these tellings, entries and statements alike. Returns whom they were about."""
    if not told:
        return set()
    touched = people.forget_sources(told) | set(chronology.forget_sources(told))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_sourcerow r SET derived = ARRAY(SELECT d FROM unnest(r.derived) WITH ORDINALITY AS t(d, n)"
            "  WHERE NOT d = ANY(gone.told) ORDER BY n)"
            " FROM (SELECT id, array_agg(j) AS told FROM unnest(%s::bigint[], %s::varchar[]) AS g(id, j) GROUP BY id) gone"
            " WHERE gone.id = r.id",
            [[row for row, _ in told], [join for _, join in told]],
        )
    return touched


def tellings_by(agency: str, rows: Sequence[int], answers: Sequence[SettledValue]) -> list[tuple[int, str]]:
    """(row, signature) of what these rows told, now or before, because of one of these answers."""
    going = {(one.field, spelling_key(one.spelling), one.code) for one in answers}
    ways = ways_settled(agency)
    found: list[tuple[int, str]] = []
    readers: dict[str, maps.Reader | None] = {}
    for start in range(0, len(rows), standing.CHUNK):
        with connection.cursor() as cursor:
            chunk = standing.load_rows(cursor, rows[start : start + standing.CHUNK])
            reached = standing.joined_rows(cursor, agency, chunk)
        for row in chunk:
            if row.table not in readers:
                readers[row.table] = maps.plain_reader(agency, row.table)
            reader = readers[row.table]
            by_values = [told for told in row.derived if "~" in told]
            if reader is None or not by_values:
                continue
            _, joined, _ = standing.signature_of(row, reader, reached)
            signed = signatures(reader, row.raw, joined, ways, going)
            found += [
                (row.id, told) for told in by_values if signed is None or told.partition("~")[2] in signed
            ]
    return found


def signatures(
    reader: maps.Reader,
    raw: Mapping[str, str],
    joined: Mapping[str, Mapping[str, str]],
    ways: Mapping[str, Mapping[str, set[str]]],
    going: set[tuple[str, str, str]],
) -> set[str] | None:
    """Of every way in which standing answers may combine in this row, those with one that goes; None when they
    are too many to try."""
    cells: list[list[tuple[maps.Used | None, bool]]] = []
    tried = 1
    for column, key in reader.map.fields.items():
        for part in reader.parts_of(column, raw, joined):
            spelling = spelling_key(part)
            codes = sorted(ways.get(key, {}).get(spelling, ()))
            if codes:
                cells.append([(None, False)])
                for code in codes:
                    shown = code if code != AS_WRITTEN else part.strip()
                    cells[-1].append(((column, part, shown), (key, spelling, code) in going))
                tried *= len(cells[-1])
    if tried > MOST_WAYS:
        return None
    found = set()
    for way in product(*cells):
        used = [one for one, _ in way if one is not None]
        if any(goes for _, goes in way):
            found.add(maps.sign_values(used))
    return found


def ways_settled(agency: str) -> dict[str, dict[str, set[str]]]:
    """{field: {spelling: the codes that standing answers give it}}, for the agency and for all."""
    found: dict[str, dict[str, set[str]]] = {}
    answers = SettledValue.objects.filter(undone_at=None, agency__in=["", agency])
    for field, spelling, code in answers.values_list("field", "spelling", "code"):
        found.setdefault(field, {}).setdefault(spelling_key(spelling), set()).add(code)
    return found


# --- checking answers ------------------------------------------------------------------------------------


def new_answers(agency: str, answers: Sequence[Answer]) -> list[Answer]:
    """Those that do not stand yet. Refuses a field or code that is not there, and an answer against another."""
    known = fields_for(agency)
    standing_now = {
        (one.field, spelling_key(one.spelling)): one
        for one in SettledValue.objects.filter(undone_at=None, agency=agency)
    }
    fresh: dict[tuple[str, str], Answer] = {}
    for answer in answers:
        field, key = known.get(answer.field), spelling_key(answer.spelling)
        if field is None:
            raise Refused(
                f"No list of values is called “{answer.field}”. Choose it from the page of the agency."
            )
        if not key or len(answer.spelling) > LONGEST_SPELLING:
            raise Refused("A spelling is needed, of 500 characters at most.")
        if answer.code != AS_WRITTEN and answer.code not in field.codes.values:
            raise Refused(f"“{answer.code}” is not a value of {field.title}. Choose one of its list.")
        there = standing_now.get((answer.field, key))
        if there is not None and there.code != answer.code:
            words = field.codes.values.get(there.code, "as written")
            raise Refused(
                f"“{there.spelling}” was settled as {words} by {there.settled_by} on"
                f" {timezone.localtime(there.settled_at):%d %B %Y}. Undo that answer first."
            )
        given = fresh.get((answer.field, key))
        if given is not None and given.code != answer.code:
            raise Refused(f"“{answer.spelling}” is given two answers. Give it one.")
        if there is None and given is None:
            fresh[answer.field, key] = answer
    return list(fresh.values())


def fields_for(agency: str) -> dict[str, fields.Field]:
    """The coded fields of the catalogue and of the agency's own column maps, by key."""
    found = dict(fields.shipped())
    kept = ColumnMap.objects.order_by("version")
    for column_map in kept.filter(agency__code=agency) if agency else kept:
        for reader in maps.readers_of(column_map.map, place=column_map.name):
            found |= fields.fields_of(reader.map.format)
    return found


# --- rows that hold a spelling --------------------------------------------------------------------------


def keys_of(pairs: Iterable[tuple[str, str]]) -> Keys:
    found: Keys = {}
    for field, spelling in pairs:
        found.setdefault(field, set()).add(spelling_key(spelling))
    return found


def agencies_of(agency: str) -> list[str]:
    """The agency, or every one whose files are in."""
    if agency:
        return [agency]
    files = Delivery.objects.filter(state=Delivery.COMMITTED).order_by()
    return sorted(set(files.values_list("agency__code", flat=True)))


def rows_that_hold(agency: str, keys: Keys) -> list[int]:
    """Standing rows of the agency with one of these spellings in a cell, and the rows told together with them."""
    tables = (
        DeliveredTable.objects.filter(delivery__agency__code=agency, delivery__state=Delivery.COMMITTED)
        .exclude(table="")
        .order_by()
        .values_list("table", flat=True)
        .distinct()
    )
    found: set[int] = set()
    with connection.cursor() as cursor:
        for table in sorted(tables):
            reader = maps.plain_reader(agency, table)
            for column in reader.map.table.columns if reader is not None else ():
                wanted = keys.get(reader.map.fields.get(column, ""), set()) if reader is not None else set()
                if reader is not None and wanted:
                    found.update(rows_with(cursor, agency, reader, column, wanted))
        found.update(standing.waiting_on(cursor, agency, sorted(found)))
    return sorted(found)


def rows_with(cursor: Any, agency: str, reader: maps.Reader, column: str, wanted: set[str]) -> list[int]:
    cursor.execute(
        'SELECT DISTINCT raw ->> %s FROM records_sourcerow WHERE agency = %s AND "table" = %s'
        " AND state <> 'superseded' AND raw ->> %s IS NOT NULL",
        [column, agency, reader.code, column],
    )
    cells = [
        text
        for (text,) in cursor.fetchall()
        if any(spelling_key(part) in wanted for part in reader.parts_of(column, {column: text}, {}))
    ]
    if not cells:
        return []
    cursor.execute(
        "SELECT id FROM records_sourcerow WHERE agency = %s AND \"table\" = %s AND state <> 'superseded'"
        " AND raw ->> %s = ANY(%s)",
        [agency, reader.code, column, cells],
    )
    return [row for (row,) in cursor.fetchall()]


# --- what would change -----------------------------------------------------------------------------------


@guard.as_system("what answers would change")
def effect_of(agency: str, answers: Sequence[Answer], *, without: Sequence[SettledValue] = ()) -> Effect:
    """What settling these answers, or undoing `without`, would change. Changes nothing itself."""
    pairs = [(one.field, one.spelling) for one in answers] + [(one.field, one.spelling) for one in without]
    total = Effect()
    for each in agencies_of(agency):
        rows = rows_that_hold(each, keys_of(pairs))
        before = maps.decisions_for(each)
        after = decisions_if(each, agency, answers, without)
        total += compared(each, rows, before, after)
    return total


def decisions_if(
    each: str, agency: str, answers: Sequence[Answer], without: Sequence[SettledValue]
) -> dict[str, dict[str, str]]:
    """What would be settled for one agency if these answers stood and those did not."""
    gone = {one.pk for one in without}
    found: dict[str, dict[str, str]] = {}
    stand = SettledValue.objects.filter(undone_at=None, agency__in=["", each]).exclude(pk__in=gone)
    rows = [(one.agency, one.field, one.spelling, one.code) for one in stand]
    rows += [(agency, one.field, one.spelling.strip(), one.code) for one in answers]
    for _, field, spelling, code in sorted(rows, key=lambda row: bool(row[0])):
        found.setdefault(field, {})[spelling] = code
    return found


def compared(agency: str, rows: Sequence[int], before: maps.Decisions, after: maps.Decisions) -> Effect:
    changed = entries = 0
    telling: list[int] = []
    readers: dict[str, tuple[maps.Reader, maps.Reader] | None] = {}
    for start in range(0, min(len(rows), COMPARED_LIMIT), standing.CHUNK):
        with connection.cursor() as cursor:
            chunk = standing.load_rows(cursor, rows[start : start + standing.CHUNK])
            reached = standing.joined_rows(cursor, agency, chunk)
        for row in chunk:
            if row.table not in readers:
                plain = maps.plain_reader(agency, row.table)
                readers[row.table] = (plain.as_settled(before), plain.as_settled(after)) if plain else None
            pair = readers[row.table]
            if pair is None:
                continue
            _, joined, complete = standing.signature_of(row, pair[0], reached)
            if not complete:
                continue
            old, new = (reader.derive(row.raw, joined) for reader in pair)
            if (old.statements, old.entries) != (new.statements, new.entries):
                changed += 1
                telling.append(row.id)
                entries += sum(one not in old.entries for one in new.entries) or len(old.entries) - len(
                    new.entries
                )
    corrected = chronology_queries.sources_with_work(telling)
    return Effect(len(rows), changed, entries, corrected, compared=len(rows) <= COMPARED_LIMIT)
