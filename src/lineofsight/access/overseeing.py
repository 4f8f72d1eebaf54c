"""What waits for a guardian, and how they settle it; word to a worker, and how they say they have seen it.

Whose guardians see an alert: its own agency's; any other agency's when a guardian did it (W-2); all agencies'
once it has waited too long. Never the one whose alert it is (A-D12).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from lineofsight.access import alerts
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import deed, looked, require
from lineofsight.access.models import Alert
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import AlreadyThere, NotFound, Refused

#: The finding of word that was seen, and of a sampled look that a manager confirmed.
SEEN = "seen"
SHOWN_CLOSED = 50
NO_SUCH_ALERT = "There is no such alert for you. It may have been settled by another guardian."


@dataclass(frozen=True, slots=True)
class Case:
    """An alert with its words. `standing`: open, due, escalated or closed."""

    alert: Alert
    kind: alerts.AlertKind
    standing: str

    @property
    def finding(self) -> str:
        found = alerts.findings().get(self.alert.finding)
        return found.label if found else ""


def standing(alert: Alert, now: datetime) -> str:
    if alert.closed_at:
        return "closed"
    if alert.escalates_at and alert.escalates_at <= now:
        return "escalated"
    return "due" if alert.due_at <= now else "open"


def case(alert: Alert) -> Case:
    kind = alerts.kinds().get(alert.kind) or alerts.AlertKind(alert.kind, alert.kind, "")
    return Case(alert, kind, standing(alert, clock.now()))


def for_guardian(by: Actor) -> QuerySet[Alert]:
    """Alerts that this guardian may look at, of any age."""
    others = Q(to_agency="*") & ~Q(worker_agency=by.agency)
    late = Q(closed_at=None, escalates_at__lte=clock.now()) & ~Q(to_agency="")
    return Alert.objects.filter(Q(to_agency=by.agency) | others | late).exclude(worker_ref=by.ref)


def waiting(by: Actor) -> list[Case]:
    """Open alerts, those that wait longest first. The look is recorded."""
    rows = list(for_guardian(by).filter(closed_at=None).order_by("due_at", "id")[:200])
    looked(
        by, Permission.ALERT_REVIEW, Subject("alerts"), people=[row.about for row in rows], alerts=len(rows)
    )
    return [case(row) for row in rows]


def settled(by: Actor) -> list[Case]:
    """The latest that were closed."""
    require(by, Permission.ALERT_REVIEW, Subject("alerts"))
    rows = for_guardian(by).exclude(closed_at=None).order_by("-closed_at")
    return [case(row) for row in rows[:SHOWN_CLOSED]]


def get_case(by: Actor, ref: str) -> Case:
    require(by, Permission.ALERT_REVIEW, Subject("alert", ref))
    found = for_guardian(by).filter(ref=ref).first()
    if found is None:
        raise NotFound(NO_SUCH_ALERT)
    looked(by, Permission.ALERT_REVIEW, found.subject(), people=[found.about])
    return case(found)


@deed(Permission.ALERT_REVIEW, on="alert")
def close_alert(*, alert: Alert, finding: str, note: str, by: Actor) -> Alert:
    """A guardian has looked into it. The finding stays; a stated reason alone never closes one (W-3)."""
    known = alerts.findings().get(finding)
    if known is None:
        raise Refused("Choose what you found.", field="finding")
    if known.needs_note and not note.strip():
        raise Refused("Say what was done, or is to be done.", field="note")
    locked = for_guardian(by).select_for_update().filter(pk=alert.pk).first()
    if locked is None:
        raise NotFound(NO_SUCH_ALERT)
    return settle(locked, finding, note, by)


def settle(alert: Alert, finding: str, note: str, by: Actor) -> Alert:
    if alert.closed_at:
        raise AlreadyThere(f"{alert.closed_name} has settled this already. There is nothing to do.")
    alert.closed_at, alert.closed_by, alert.closed_name = clock.now(), by.ref, by.name
    alert.finding, alert.note = finding, note.strip()
    alert.save(update_fields=["closed_at", "closed_by", "closed_name", "finding", "note"])
    return alert


# --- word to a worker -------------------------------------------------------------------------------------


def words_for(by: Actor) -> list[Case]:
    """What this worker, as a lead or a manager, has been told and not said to have seen."""
    rows = Alert.objects.filter(to_worker=by.ref, closed_at=None).order_by("-at")[:100]
    return [case(row) for row in rows]


def word_for(by: Actor, ref: str) -> Alert:
    found = Alert.objects.filter(to_worker=by.ref, ref=ref).first()
    if found is None:
        raise NotFound("There is no such word for you.")
    return found


@deed(Permission.WORD_ANSWER, on="alert")
def see_word(*, alert: Alert, by: Actor) -> Alert:
    """The worker has read it."""
    own = word_for(by, alert.ref)
    return own if own.closed_at else settle(own, SEEN, "", by)


@deed(Permission.WORD_ANSWER, on="alert")
def doubt_look(*, alert: Alert, by: Actor) -> Alert:
    """A manager cannot say that a sampled look was work (W-3): their guardian looks into it."""
    own = word_for(by, alert.ref)
    if own.kind != "sample":
        raise Refused("Only a look that was drawn for you to confirm can be doubted.")
    settle(own, "doubted", "", by)
    whose = Actor(own.worker_ref, own.worker_name, own.worker_agency)
    alerts.raise_alert("sample_doubt", whose, about=own.about, doubted_by=by.ref, **own.detail)
    return own
