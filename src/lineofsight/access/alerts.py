"""What somebody must look at because of how access was used: a guardian's case, or word to the lead.

Kinds, deadlines and words are in the catalogue (`alerts.yaml`). A stated reason never closes an alert by itself
(W-3): a guardian does, with a finding. A guardian's own go to another agency's guardian (W-2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from lineofsight.access.actor import Actor, Role
from lineofsight.access.models import Alert
from lineofsight.catalogue import book, clock
from lineofsight.catalogue.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class AlertKind:
    """`due_days` and `escalates_days` are working days; `tells_lead`: the lead practitioner gets word too."""

    code: str
    label: str
    says: str
    due_days: int = 1
    escalates_days: int = 2
    tells_lead: bool = False
    review: bool = False
    rule: str = ""


@cache
def kinds() -> dict[str, AlertKind]:
    try:
        return {row["code"]: AlertKind(**row) for row in book.rows("alerts.yaml", "kinds")}
    except (TypeError, KeyError) as error:
        raise CatalogueError(
            f"{book.find('alerts.yaml')}: a row has a missing or unknown key ({error})."
        ) from error


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guardian may find; `needs_note`: only with words that say more."""

    code: str
    label: str
    says: str
    needs_note: bool = False


@cache
def findings() -> dict[str, Finding]:
    try:
        return {row["code"]: Finding(**row) for row in book.rows("alerts.yaml", "findings")}
    except (TypeError, KeyError) as error:
        raise CatalogueError(
            f"{book.find('alerts.yaml')}: a finding has a missing or unknown key ({error})."
        ) from error


@cache
def figures() -> dict[str, int]:
    """The numbers of the signals, by code."""
    try:
        return {row["code"]: int(row["value"]) for row in book.rows("alerts.yaml", "figures")}
    except (TypeError, KeyError, ValueError) as error:
        raise CatalogueError(f"{book.find('alerts.yaml')}: a figure is no number ({error}).") from error


def working_days(start: datetime, days: int) -> datetime:
    """The same time of day, so many working days (Monday to Friday) later."""
    moment = start
    while days > 0:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment


def raise_alert(
    kind: str, actor: Actor, *, about: str = "", agencies: Iterable[str] = (), lead: str = "", **detail: Any
) -> list[Alert]:
    """One alert to the guardians of each agency named (the actor's own if none), and word to the lead where
    the kind says so. `about`: the child's reference. In the caller's transaction. No names in the detail."""
    known = kinds()[kind]
    now = clock.now()
    guardians = {agency for agency in (*agencies, actor.agency) if agency} if agencies else {actor.agency}
    shared = {
        "kind": kind, "worker_ref": actor.ref, "worker_name": actor.name, "worker_agency": actor.agency,
        "about": about, "at": now, "detail": detail,
    }  # fmt: skip
    made = [
        Alert(
            **shared, to_agency=elsewhere(agency, actor), review=known.review,
            due_at=working_days(now, known.due_days), escalates_at=working_days(now, known.escalates_days),
        )
        for agency in sorted(guardians)
    ]  # fmt: skip
    if known.tells_lead and lead and lead != actor.ref:
        made.append(Alert(**shared, to_worker=lead, due_at=now, escalates_at=None))
    return Alert.objects.bulk_create(made)


def raise_word(kind: str, whose: Actor, *, to: str, about: str = "", **detail: Any) -> Alert:
    """Word to one worker alone, such as a look that their manager is to confirm. No guardian is told."""
    now = clock.now()
    return Alert.objects.create(
        kind=kind, worker_ref=whose.ref, worker_name=whose.name, worker_agency=whose.agency, about=about, at=now,
        detail=detail, to_worker=to, due_at=working_days(now, kinds()[kind].due_days),
    )  # fmt: skip


def elsewhere(agency: str, actor: Actor) -> str:
    """W-2: what a guardian did is looked at by another agency's guardian: any, marked by an asterisk."""
    return "*" if actor.has(Role.GUARDIAN) and agency == actor.agency else agency


def times(kind: str, worker: str, about: str = "", *, since: datetime) -> int:
    """How often guardians were told of this since a moment."""
    rows = Alert.objects.filter(kind=kind, worker_ref=worker, about=about, at__gte=since)
    return rows.exclude(to_agency="").values("at").distinct().count()


def already_open(kind: str, worker: str, about: str = "", *, since: datetime) -> bool:
    return times(kind, worker, about, since=since) > 0


def told(kind: str, worker: str = "", about: str = "", **detail: Any) -> bool:
    """Whether anybody was ever told of this: for a watch that runs twice."""
    rows = Alert.objects.filter(kind=kind, detail__contains=detail)
    for name, value in (("worker_ref", worker), ("about", about)):
        rows = rows.filter(**{name: value}) if value else rows
    return bool(rows.exists())


def newest() -> int:
    return int(Alert.objects.order_by("-id").values_list("id", flat=True).first() or 0)


def since(number: int) -> list[Alert]:
    """Alerts raised after that one."""
    return list(Alert.objects.filter(id__gt=number).order_by("id"))
