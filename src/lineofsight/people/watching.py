"""The watch over how access is used, and over days that come (W-1, W-3, A-T1): run by a schedule, safe to run
twice. Each signal is one small rule; its numbers are in the catalogue. It finds, and never judges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from lineofsight.access import alerts, guard, ledger, patterns
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.deeds import require
from lineofsight.access.patterns import Seen
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.when import local
from lineofsight.partners import agreements
from lineofsight.partners import queries as partners
from lineofsight.partners.models import HomeDetails
from lineofsight.people import guarding, matching
from lineofsight.people.models import Person, Profile
from lineofsight.people.names import fold

#: Raised by the calendar, not by anyone's use of access.
CALENDAR = Actor("calendar", "The calendar")


@transaction.atomic
def watch(*, by: Actor) -> dict[str, int]:
    """Looks over what was done since the last run and what is about to end. Returns how many were told of each."""
    require(by, Permission.LEDGER_VIEW, Subject.partnership())
    now = clock.now()
    back = timedelta(days=alerts.figures()["watched_days"])
    recent = patterns.looks_between(now - back, now + timedelta(minutes=1))
    made = {
        "many_people": patterns.many_people(recent, now),
        "unusual_hours": patterns.unusual_hours(
            recent, partners.own_hours({one.worker.ref for one in recent})
        ),
        "no_work": patterns.without_work(now),
        "related": related(recent),
        "sample": sample(now),
        "turning_18": turning_18(local(now).date()),
        "agreement_ends": ending_agreements(now),
    }
    ledger.write(by, Permission.LEDGER_VIEW, Subject("watch"), outcome=ledger.LOOKED, detail=made)
    return made


# --- perhaps related ----------------------------------------------------------------------------------------


def related(recent: Iterable[Seen]) -> int:
    """A worker opened someone of their own surname who lives in their street or postcode area."""
    pairs = {(one.worker.ref, one.about): one for one in recent}
    homes = {
        home.worker.ref: home
        for home in HomeDetails.objects.select_related("worker").filter(
            worker__ref__in={worker for worker, _ in pairs}
        )
    }
    made = 0
    for (worker, about), one in pairs.items():
        home = homes.get(worker)
        if home and may_be_related(home, about) and not alerts.told("related", worker, about):
            alerts.raise_alert("related", one.worker, about=about)
            made += 1
    return made


def may_be_related(home: HomeDetails, ref: str) -> bool:
    with guard.as_system("whether they may be related"):
        rows = (
            Profile.objects.filter(identity__person__identities__ref=ref)
            .values_list("data", flat=True)
            .distinct()
        )
        profiles = [matching.Profile.from_dict(row) for row in rows]
    if not any(fold(home.surname) in (*held.family, *held.family_whole) for held in profiles):
        return False
    area, street = postcode_area(home.postcode), fold(home.street).strip("0123456789 ")
    return any(
        (area and area in {postcode_area(code) for code in held.postcodes})
        or (street and any(street in fold(address) for address in held.addresses))
        for held in profiles
    )


def postcode_area(postcode: str) -> str:
    """As far as the first figure after the gap: “NS1 2”. Empty when it is none."""
    plain = "".join(postcode.split()).upper()
    return plain[:-2] if len(plain) >= 5 else ""


# --- sampled looks ----------------------------------------------------------------------------------------


def sample(now: datetime) -> int:
    """Of last month's looks some go to the viewer's manager to confirm, or to a guardian where there is none."""
    first = local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin = (first - timedelta(days=1)).replace(day=1)
    month = f"{begin:%Y-%m}"
    if alerts.told("sample", month=month):
        return 0
    drawn = patterns.drawn(begin, first)
    for one in drawn:
        detail = {"month": month, "looked": one.day.isoformat()}
        if manager := manager_of(one.worker.ref):
            alerts.raise_word("sample", one.worker, to=manager, about=one.about, **detail)
        else:
            alerts.raise_alert("sample", one.worker, about=one.about, **detail)
    return len(drawn)


def manager_of(worker: str) -> str:
    """The manager of the worker's own team, never themselves; empty when there is none."""
    who = partners.worker_by_ref(worker)
    if who is None or who.team_id is None:
        return ""
    managers = (
        m for m in partners.with_role(Role.TEAM_MANAGER) if m.team_id == who.team_id and m.ref != worker
    )
    return next((manager.ref for manager in managers), "")


# --- days that come ---------------------------------------------------------------------------------------


def turning_18(today: date) -> int:
    """At 17½ and at 18 the lead and the guardians are asked to see to the move to adult services (A-T1). Access
    does not change by itself. Children with whom nobody works are left alone."""
    figures, made = alerts.figures(), 0
    for name in ("turning_18_first", "turning_18_last"):
        months = figures[name]
        latest, earliest = (
            months_before(today, months),
            months_before(today, months + figures["turning_18_months"]),
        )
        with guard.as_system("who turns 18"):
            people = list(
                Person.objects.filter(~Q(kind="adult"), birth_from__lte=latest, birth_from__gt=earliest)
            )
            subjects = guarding.subjects({person.pk for person in people})
        for person in people:
            subject = subjects[person.pk]
            works = subject.lead or subject.members or subject.teams
            if works and not alerts.told("turning_18", "", person.ref, months=months):
                alerts.raise_alert(
                    "turning_18", CALENDAR, about=person.ref, lead=subject.lead, agencies=agencies_of(subject.lead)
                    or sorted(subject.involved), months=months,
                )  # fmt: skip
                made += 1
    return made


def agencies_of(lead: str) -> list[str]:
    worker = partners.worker_by_ref(lead) if lead else None
    return [worker.agency.code] if worker else []


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def ending_agreements(now: datetime) -> int:
    """The agency's guardians are told once at each of the days before the end; of several that have passed
    unnoticed, the last counts."""
    made, warned = 0, agreements.warnings()
    for agreed in agreements.ending(max(warned)):
        assert agreed.until is not None
        days = min(day for day in warned if agreed.until <= now + timedelta(days=day))
        if not alerts.told("agreement_ends", agreement=agreed.ref, days=days):
            alerts.raise_alert(
                "agreement_ends", CALENDAR, agencies=[agreed.agency.code], agreement=agreed.ref, days=days
            )
            made += 1
    return made
