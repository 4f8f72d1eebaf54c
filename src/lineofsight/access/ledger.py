"""Writing the ledger of deeds and looks, and asking it about one thing.

A row is written in the transaction of the deed or look it speaks of and before content leaves. No lock is
taken and nothing is hashed here: the sealer (`sealing.py`) adds rows to the hash tree afterwards.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from lineofsight.access import occasion
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.models import LedgerRow
from lineofsight.catalogue.errors import LedgerUnavailable

DONE = "done"
LOOKED = "looked"
REFUSED = "refused"
CHALLENGED = "challenged"
POINTED = "pointed"

#: Subjects that are a person: their reference is one of the people whom the row is about.
PERSONS = frozenset({"child", "person"})

COLUMNS = (
    "actor", "actor_name", "agency", "roles", "action", "outcome", "kind", "ref", "rule", "path", "people",
    "records", "owners", "purpose", "request", "address", "detail",
)  # fmt: skip
OUTCOME = COLUMNS.index("outcome")
INSERT = (
    f"INSERT INTO access_ledgerrow ({', '.join(COLUMNS)})"  # noqa: S608 (constant names)
    f" VALUES ({', '.join(['%s'] * len(COLUMNS))}) RETURNING id"
)


def write(
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    outcome: str = DONE,
    detail: dict[str, Any] | None = None,
    people: Iterable[str] = (),
    records: Iterable[str] = (),
    owners: Iterable[str] | None = None,
    purpose: str = "",
    rule: str = "",
    path: str = "",
) -> None:
    """One row, in the caller's transaction: the look or the deed stands only if its row does.

    `people` and `records` are references of all whom and what was seen or changed, the subject itself
    included; `owners` the agencies whose records those are, as the subject has it when not given; `rule` and
    `path` by which rule it was allowed or refused, as identifier and in words. `detail` holds counts, codes
    and references, never a name or a word of a record; what was searched for goes in as `terms_hash`.

    Raises LedgerUnavailable when the row cannot be written. Then nothing may be shown or done.
    """
    now = occasion.current()
    if owners is None:
        owners = [subject.owner] if subject.owner else sorted(getattr(subject, "involved", ()))
    values = (
        actor.ref or "nobody", actor.name, actor.agency, sorted(actor.roles), str(action), outcome,
        subject.kind, subject.ref, rule, path, unique([*whom(subject), *people]), unique(records),
        unique(owners), purpose or (now.purpose if now else ""), now.number if now else "",
        now.address if now else "", json.dumps(detail or {}, ensure_ascii=False),
    )  # fmt: skip
    row = insert(values)
    if now is not None:
        now.rows += 1
        noted = occasion.Noted(values, row)
        now.noted.append(noted)
        transaction.on_commit(noted.stand)


def whom(subject: Subject) -> list[str]:
    """The person that the subject is, or those it says it is about."""
    own = [subject.ref] if subject.kind in PERSONS else []
    return [*own, *(one.ref for one in getattr(subject, "about", ()))]


def unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))


def insert(values: tuple[Any, ...]) -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values)
            return int(cursor.fetchone()[0])
    except DatabaseError as error:
        raise LedgerUnavailable from error


def rewrite_after_rollback() -> int:
    """Writes again what a rolled-back transaction took with it: looks and refusals happened all the same,
    deeds did not. To be called at the edge, when the request's own transaction has ended. Returns how many.

    Safe whether each request is one transaction or not: a row whose commit was told of is left alone, and
    for the others the table itself is asked whether they are there.
    """
    now = occasion.current()
    if now is None:
        return 0
    unsure = [noted for noted in now.noted if not noted.stands]
    now.noted.clear()
    if not unsure:
        return 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM access_ledgerrow WHERE id = ANY(%s)", [[noted.row for noted in unsure]]
            )
            there = {row for (row,) in cursor.fetchall()}
            lost = [noted for noted in unsure if noted.row not in there]
            happened = [noted for noted in lost if noted.values[OUTCOME] != DONE]
            for noted in happened:
                insert(noted.values)
    except DatabaseError as error:
        raise LedgerUnavailable from error
    now.rows -= len(lost) - len(happened)
    return len(happened)


def terms_hash(text: str) -> list[str]:
    """The words of a search as keyed hashes, so that two searches for one name can be found to be alike by
    those who hold the key, and nobody can read them. Sorted: their order says nothing."""
    words = unicodedata.normalize("NFKC", text).casefold().split()
    key = settings.LEDGER_TERMS_KEY.encode()
    return sorted({hmac.new(key, word.encode(), sha256).hexdigest()[:16] for word in words})


def rows_about(kind: str, refs: Iterable[str], *, limit: int = 100) -> list[LedgerRow]:
    """Newest first. The caller has already been allowed to see the ledger of this subject."""
    return list(LedgerRow.objects.filter(kind=kind, ref__in=list(refs)).order_by("-id")[:limit])


def rows_by(actor: str, *, limit: int = 200) -> list[LedgerRow]:
    """What one worker did, newest first. The caller has already been allowed to see it."""
    return list(LedgerRow.objects.filter(actor=actor).order_by("-id")[:limit])


def refused_lately(actor: str, since: datetime, *, kinds: Iterable[str], most: int = 100) -> set[str]:
    """References that one worker tried in vain since a moment, as far as their latest rows tell."""
    rows = LedgerRow.objects.filter(actor=actor).order_by("-id")[:most]
    found = rows.values_list("at", "outcome", "kind", "ref")
    wanted = set(kinds)
    return {
        ref
        for at, outcome, kind, ref in found
        if at >= since and outcome == REFUSED and kind in wanted and ref
    }


def newest() -> int:
    """The number of the latest row; 0 before the first."""
    return int(LedgerRow.objects.order_by("-id").values_list("id", flat=True).first() or 0)
