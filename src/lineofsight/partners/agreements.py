"""The register of sharing agreements: what stands now for each agency, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lineofsight.access import alerts
from lineofsight.access.actor import Actor, Role, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners.models import Agency, Agreement
from lineofsight.ui.dates import show_day


@dataclass(frozen=True, slots=True)
class Standing:
    """One agreement now. `state`: in force, ends soon, to come, expired or suspended; `days`: until its end."""

    agreement: Agreement
    state: str
    days: int = 0
    review_due: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An agency with its agreements, the newest first. `barred`: why nothing flows, in words."""

    agency: Agency
    agreements: tuple[Standing, ...]
    barred: str


def warnings() -> tuple[int, ...]:
    """Days before the end at which guardians are told, the earliest first."""
    figures = alerts.figures()
    return tuple(figures[f"agreement_warn_{which}"] for which in ("first", "second", "last"))


def standing_of(agreement: Agreement, now: datetime) -> Standing:
    review = agreement.review_on is not None and agreement.review_on <= now.date()
    if agreement.suspended_at:
        return Standing(agreement, "suspended")
    if agreement.until is not None and agreement.until <= now:
        return Standing(agreement, "expired")
    if agreement.since > now:
        return Standing(agreement, "to come", review_due=review)
    days = (agreement.until - now).days if agreement.until else 0
    soon = agreement.until is not None and days <= warnings()[0]
    return Standing(agreement, "ends soon" if soon else "in force", days, review)


def why_not(agreements: Iterable[Agreement], now: datetime) -> str:
    """Why nothing flows from and to an agency with these agreements; empty when one stands."""
    held = sorted(agreements, key=lambda one: one.since)
    if any(one.stands(now) for one in held):
        return ""
    begun = [one for one in held if one.since <= now]
    if not begun:
        return "has not begun" if held else "has not been entered"
    last = begun[-1]
    if last.suspended_at:
        return f"has been suspended since {show_day(last.suspended_at)}"
    assert last.until is not None
    return f"expired on {show_day(last.until)}"


def barred(agency: Agency) -> str:
    """A sentence, or nothing when an agreement stands."""
    why = why_not(agency.agreements.all(), clock.now())
    return f"The information sharing agreement of {agency.name} is not in force: it {why}." if why else ""


def refuse_without(agency: Agency, by: Actor) -> None:
    """Nothing comes in from an agency to which nothing flows (A-D1). Before the register is filled the operator of
    the machine may load a first file: nobody of that agency sees anything until an agreement is entered."""
    if by.has(Role.OPERATOR) and not agency.agreements.exists():
        return
    if words := barred(agency):
        raise Refused(
            f"{words} Nothing is taken in from it until a guardian enters one under Sharing agreements.",
            field="agency",
        )


def register(by: Actor) -> list[Line]:
    require(by, Permission.AGREEMENT_MANAGE, Subject.partnership())
    now = clock.now()
    return [
        Line(
            agency,
            tuple(standing_of(one, now) for one in agency.agreements.all()),
            barred(agency),
        )
        for agency in Agency.objects.prefetch_related("agreements")
    ]


def agreement(by: Actor, ref: str) -> Agreement:
    require(by, Permission.AGREEMENT_MANAGE, Subject.partnership())
    found = Agreement.objects.select_related("agency").filter(ref=ref).first()
    if found is None:
        raise NotFound("There is no such agreement.")
    return found


def ending(within: int) -> list[Agreement]:
    """Those that stand and end within so many days."""
    now = clock.now()
    rows = Agreement.objects.select_related("agency").filter(
        suspended_at=None, since__lte=now, until__gt=now, until__lte=now + timedelta(days=within)
    )
    return list(rows.order_by("until"))
