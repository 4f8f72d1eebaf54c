"""What the ledger tells of how access is used over days: asked once a night, by the watch. References and counts
alone; what follows from them is decided by a person (W-3)."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from lineofsight.access import alerts
from lineofsight.access.actor import Actor, Role
from lineofsight.access.ledger import DONE, LOOKED
from lineofsight.access.models import LedgerRow
from lineofsight.access.policy import Permission
from lineofsight.catalogue.when import local

#: Deeds that let somebody look, and are no work with the child.
OPENING = (Permission.DUTY_CLAIM, Permission.GLASS_BREAK, Permission.CONFLICT_DECLARE)
#: Ways and look-ups after which some work is expected.
BY_CLAIM = ("A-P4", "A-P5")


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at one child by one worker."""

    worker: Actor
    about: str
    at: datetime

    @property
    def day(self) -> date:
        return local(self.at).date()


def worker_of(row: LedgerRow) -> Actor:
    """As the ledger names them, with the roles they had then."""
    return Actor(row.actor, row.actor_name, row.agency, roles=frozenset(row.roles))


def looks_between(since: datetime, until: datetime, *, worker: str = "") -> list[Seen]:
    """Children who were opened. What a command at the server did is not among them."""
    rows = LedgerRow.objects.filter(
        at__gte=since, at__lt=until, action=Permission.CHILD_VIEW, outcome=LOOKED, kind="child"
    ).exclude(roles__contains=[Role.OPERATOR])
    if worker:
        rows = rows.filter(actor=worker)
    wanted = ("at", "actor", "actor_name", "agency", "roles", "ref")
    return [Seen(worker_of(row), row.ref, row.at) for row in rows.only(*wanted).order_by("id").iterator()]


def by_worker_and_day(seen: Iterable[Seen]) -> dict[tuple[str, date], list[Seen]]:
    found: dict[tuple[str, date], list[Seen]] = defaultdict(list)
    for one in seen:
        found[one.worker.ref, one.day].append(one)
    return found


def many_people(recent: Iterable[Seen], now: datetime) -> int:
    """Far more children in a day than is usual for anyone, or for this worker."""
    figures, made = alerts.figures(), 0
    for (ref, day), own in by_worker_and_day(recent).items():
        people = len({one.about for one in own})
        if people < figures["many_people_least"] or alerts.told("many_people", ref, day=day.isoformat()):
            continue
        if (
            people > figures["many_people_most"]
            or people > usual(ref, day, now) * figures["many_people_factor"]
        ):
            alerts.raise_alert("many_people", own[0].worker, day=day.isoformat(), people=people)
            made += 1
    return made


def usual(worker: str, day: date, now: datetime) -> float:
    """Median of this worker's own days before that one; without enough of them, so much that nothing is above."""
    figures = alerts.figures()
    earlier = looks_between(now - timedelta(days=figures["many_people_days"]), now, worker=worker)
    days = [
        len({one.about for one in own}) for (_, on), own in by_worker_and_day(earlier).items() if on < day
    ]
    return float(median(days)) if len(days) >= figures["many_people_known"] else float("inf")


def on_the_rota(hour: int, begin: int, end: int) -> bool:
    """Whether this hour lies in a working day, which may go over midnight."""
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def unusual_hours(recent: Iterable[Seen], own: Mapping[str, tuple[int, int]]) -> int:
    """Outside the usual hours. Whoever holds the duty role works them; `own`: workers who keep hours of their own."""
    figures, made = alerts.figures(), 0
    usual = (figures["hours_from"], figures["hours_until"])
    late = [
        one
        for one in recent
        if not on_the_rota(local(one.at).hour, *own.get(one.worker.ref, usual))
        and not one.worker.has(Role.DUTY)
    ]
    for (ref, day), looks in by_worker_and_day(late).items():
        if not alerts.told("unusual_hours", ref, day=day.isoformat()):
            people = len({one.about for one in looks})
            alerts.raise_alert("unusual_hours", looks[0].worker, day=day.isoformat(), people=people)
            made += 1
    return made


def without_work(now: datetime) -> int:
    """Somebody without a place in the team looked, and a week later nothing has been done for the child."""
    figures, made = alerts.figures(), 0
    week = timedelta(days=figures["no_work_days"])
    back = timedelta(days=figures["watched_days"])
    rows = LedgerRow.objects.filter(at__gte=now - week - back, at__lt=now - week, outcome=LOOKED).exclude(
        people=[]
    )
    looked_up = rows.filter(action=Permission.INDEX_SEARCH)
    claimed = rows.filter(action=Permission.CHILD_VIEW, kind="child", rule__in=BY_CLAIM)
    first: dict[tuple[str, str], LedgerRow] = {}
    for row in [*looked_up.order_by("id"), *claimed.order_by("id")]:
        first.setdefault((row.actor, row.people[0]), row)
    for (worker, about), row in first.items():
        work = LedgerRow.objects.filter(
            actor=worker, people__contains=[about], outcome=DONE, at__gte=row.at, at__lt=row.at + week
        ).exclude(action__in=OPENING)
        if not work.exists() and not alerts.already_open("no_work", worker, about, since=row.at):
            alerts.raise_alert(
                "no_work", worker_of(row), about=about, looked=local(row.at).date().isoformat()
            )
            made += 1
    return made


def drawn(since: datetime, until: datetime) -> list[Seen]:
    """A random share of the looks of a time, and no fewer than the least (W-3)."""
    seen, figures = looks_between(since, until), alerts.figures()
    wanted = max(figures["sample_least"], -(-len(seen) * figures["sample_percent"] // 100))
    return secrets.SystemRandom().sample(seen, min(wanted, len(seen)))
