"""Deeds that let someone in to a person or shut them out: claims, broken glass, shields and who is named for
them, conflicts of interest, panels, reviews, households. Each is a dated tie on the person's record."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from lineofsight.access import alerts, overseeing, procedures
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import deed, proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.book import access_figures
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.partners.queries import worker_by_ref
from lineofsight.people.models import Tie
from lineofsight.people.queries import Child, anyone


def tie(child: Child, kind: str, by: Actor, **more: Any) -> Tie:
    more.setdefault("since", clock.now())
    return Tie.objects.create(
        identity_id=min(child.identity_ids), kind=kind, by_ref=by.ref, by_name=by.name, **more
    )


def standing(child: Child, kind: str) -> Any:
    """Ties of this kind on any of the child's records, in date now."""
    now = clock.now()
    return Tie.objects.filter(
        Q(until=None) | Q(until__gt=now), identity__in=child.identity_ids, kind=kind, since__lte=now
    )


def end(ties: Any, by: Actor, reason: str = "") -> int:
    """End them now. A tie that ends keeps its reason; why it ended stands beside it."""
    return int(ties.update(until=clock.now(), ended_by=by.ref, review=reason))


# --- in a hurry -------------------------------------------------------------------------------------------


@deed(Permission.DUTY_CLAIM, on="child", as_system=True)
def claim_duty(*, child: Child, purpose: str, referral: str, by: Actor) -> Tie:
    """A duty worker takes a referral: the child is theirs for some days (A-P4). The lead is told."""
    subject = child.subject()
    decision = procedures.claim_duty(by, subject, purpose=purpose, referral=referral)
    proceed(by, Permission.DUTY_CLAIM, subject, decision)
    alerts.raise_alert("duty_claim", by, about=child.ref, lead=subject.lead, referral=referral.strip()[:60])
    return tie(
        child, Tie.DUTY, by, worker_ref=by.ref, value=referral.strip()[:120], reason=purpose.strip(),
        until=clock.now() + timedelta(hours=access_figures().duty_hours),
    )  # fmt: skip


@deed(Permission.GLASS_BREAK, on="child", as_system=True)
def break_glass(*, child: Child, reason: str, by: Actor) -> Tie:
    """A worker without a basis opens a child's record because waiting would be worse (A-P5). The guardians of
    both agencies and the lead are told at once, and the use is reviewed."""
    subject = child.subject()
    asker = replace(by, unreviewed=unreviewed(by.ref))
    proceed(asker, Permission.GLASS_BREAK, subject, procedures.break_glass(asker, subject, reason=reason))
    lead = worker_by_ref(subject.lead) if subject.lead else None
    alerts.raise_alert(
        "break_glass", by, about=child.ref, lead=subject.lead,
        agencies=[lead.agency.code] if lead else sorted(subject.involved),
    )  # fmt: skip
    return tie(
        child, Tie.EMERGENCY, by, worker_ref=by.ref, reason=reason.strip(),
        until=clock.now() + timedelta(minutes=access_figures().emergency_minutes),
    )  # fmt: skip


def unreviewed(worker: str) -> int:
    """How often this worker broke glass without anyone having looked at it yet."""
    return Tie.objects.filter(worker_ref=worker, kind=Tie.EMERGENCY, reviewed_at=None).count()


@deed(Permission.ALERT_REVIEW, as_system=True)
def review_emergency(*, worker: str, about: str, finding: str, by: Actor) -> int:
    """A guardian has looked at it. Nobody reviews their own (A-D12)."""
    if worker == by.ref:
        raise Refused("You cannot review your own use. Another agency's guardian does.")
    return int(
        Tie.objects.filter(
            worker_ref=worker, kind=Tie.EMERGENCY, reviewed_at=None, identity__person__identities__ref=about
        ).update(reviewed_at=clock.now(), reviewed_by=by.ref, review=finding)
    )


def settle_alert(*, case: overseeing.Case, finding: str, note: str, by: Actor) -> None:
    """A guardian settles an alert. Of an emergency, the use itself is reviewed with it."""
    alert = case.alert
    with transaction.atomic():
        overseeing.close_alert(alert=alert, finding=finding, note=note, by=by)
        if alert.kind == "break_glass":
            review_emergency(worker=alert.worker_ref, about=alert.about, finding=finding, by=by)


# --- conflicts of interest --------------------------------------------------------------------------------

COVERS = ("person", "household")


@deed(Permission.CONFLICT_DECLARE, as_system=True)
def declare_conflict(
    *, child: Child, worker: str, by: Actor, covers: str = "person", reason: str = ""
) -> Tie:
    """“I know this family”: from now the worker sees nothing of the person, whatever else lets them in."""
    if covers not in COVERS:
        raise Refused("Say whether it concerns the person alone or their household.", field="covers")
    return tie(child, Tie.CONFLICT, by, worker_ref=worker, value=covers, reason=reason.strip() or "declared")


def declare_own_conflict(*, ref: str, by: Actor, covers: str, reason: str) -> None:
    """The same for oneself, of whoever stands behind a reference. Nothing is said of whether there is someone."""
    with contextlib.suppress(NotFound):
        declare_conflict(child=anyone(by, ref), worker=by.ref, covers=covers, reason=reason, by=by)


@deed(Permission.CONFLICT_LIFT, as_system=True)
def lift_conflict(*, child: Child, worker: str, reason: str, by: Actor, proposed_by: str = "") -> int:
    """A guardian of another agency lifts it, in nobody's own matter, with the reason (A-D2, A-D12)."""
    of = worker_by_ref(worker)
    if of is None:
        raise NotFound("There is no worker with that reference.")
    decision = procedures.lift_conflict(by, of=of.actor(), proposed_by=proposed_by)
    proceed(by, Permission.CONFLICT_LIFT, child.subject(), decision)
    if not reason.strip():
        raise Refused("Say why the conflict no longer stands.", field="reason")
    return end(standing(child, Tie.CONFLICT).filter(worker_ref=worker), by, reason.strip())


@deed(Permission.STAFF_LINK, as_system=True)
def link_staff(*, child: Child, worker: str, by: Actor) -> Tie:
    """This person is that member of staff, who sees neither themselves nor whom they live with (A-D3)."""
    return tie(child, Tie.STAFF, by, worker_ref=worker)


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def set_household(*, child: Child, key: str, by: Actor) -> Tie:
    """Whom the child lives with: people with the same key. Decides how far a conflict reaches."""
    end(standing(child, Tie.HOUSEHOLD), by)
    return tie(child, Tie.HOUSEHOLD, by, value=key.strip()[:120])


# --- shields ----------------------------------------------------------------------------------------------


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def shield(
    *,
    child: Child,
    kind: str,
    reason: str,
    by: Actor,
    review_on: date | None = None,
    named: tuple[str, ...] = (),
) -> Tie:
    """Hide where someone is (`shield.location`), or the whole person (`shield.sealed`), from all but those
    named. Every restriction has a reason and a day on which somebody looks at it again."""
    grant = {Tie.SEALED: Tie.LISTED, Tie.LOCATION: Tie.LOCATION_GRANT}.get(kind)
    if grant is None:
        raise Refused("Choose whether to hide the location or to seal the person.", field="kind")
    if not reason.strip():
        raise Refused("Say why. A restriction without a reason helps nobody.", field="reason")
    if review_on is None:
        raise Refused("Choose a day on which somebody looks at this again.", field="review_on")
    if not named:
        raise Refused("Name at least one person who keeps seeing it.", field="named")
    for worker in named:
        tie(child, grant, by, worker_ref=worker)
    return tie(child, kind, by, reason=reason.strip(), review_on=review_on)


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def lift_shield(*, child: Child, kind: str, reason: str, by: Actor) -> int:
    if not reason.strip():
        raise Refused("Say why it is no longer needed.", field="reason")
    return end(standing(child, kind), by, reason.strip())


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def name_worker(*, child: Child, kind: str, worker: str, by: Actor, until: datetime | None = None) -> Tie:
    """One more worker is named for a sealed person, a hidden location or a former identity. Nobody names
    themselves."""
    if worker == by.ref:
        raise Refused("Nobody names themselves. Ask someone who is named already.", field="worker")
    if kind not in (Tie.LISTED, Tie.LOCATION_GRANT, Tie.IDENTITY_GRANT):
        raise Refused("Choose what they are named for.", field="kind")
    return tie(child, kind, by, worker_ref=worker, until=until)


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def exclude_agency(*, child: Child, agency: str, reason: str, by: Actor) -> Tie:
    """An agency sees nothing of this person any more, its own records included (A-D7)."""
    if not reason.strip():
        raise Refused("Say why.", field="reason")
    return tie(child, Tie.EXCLUDED, by, agency=agency, reason=reason.strip())


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def include_agency(*, child: Child, agency: str, reason: str, by: Actor) -> int:
    """It is no longer left out. That it was, and why, stays on record."""
    if not reason.strip():
        raise Refused("Say why it is no longer left out.", field="reason")
    return end(standing(child, Tie.EXCLUDED).filter(agency=agency), by, reason.strip())


# --- panels, reviews --------------------------------------------------------------------------------------


@deed(Permission.CIRCLE_CHANGE, on="child", as_system=True)
def open_to_panel(*, child: Child, panel: str, by: Actor) -> Tie:
    """Coordinators see the child as a member would until the panel is closed (A-P9)."""
    return tie(child, Tie.PANEL, by, value=panel)


@deed(Permission.CIRCLE_CHANGE, on="child", as_system=True)
def close_panel(*, child: Child, panel: str, by: Actor) -> int:
    return end(standing(child, Tie.PANEL).filter(value=panel), by)


@deed(Permission.REVIEW_ASSIGN, as_system=True)
def assign_review(
    *, child: Child, worker: str, by: Actor, since: datetime | None = None, until: datetime | None = None
) -> Tie:
    """A reviewer or an inspector reads this child's record, between two dates (A-P10)."""
    if worker == by.ref:
        raise Refused("Nobody gives themselves access.", field="worker")
    return tie(
        child, Tie.REVIEWING, by, worker_ref=worker, until=until, **({"since": since} if since else {})
    )


@deed(Permission.PROTECTION_CHANGE, on="child", as_system=True)
def take_the_lead(*, child: Child, worker: str, by: Actor) -> Tie:
    """Who leads the work with the child: told of every claim, look-up and emergency."""
    end(standing(child, Tie.LEAD), by)
    return tie(child, Tie.LEAD, by, worker_ref=worker)
