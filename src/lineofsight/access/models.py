"""The ledger: one row for every look, change and refusal. Text, not foreign keys, so that it outlives
what it speaks of; the database refuses to change or remove a row."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from lineofsight.access.actor import Subject
from lineofsight.catalogue.refs import new_ref


class LedgerRow(models.Model):
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    kind = models.CharField(max_length=40)
    ref = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "ref", "-id"], name="ledger_subject"),
            models.Index(fields=["actor", "-id"], name="ledger_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.kind} {self.ref}"


def decision_ref() -> str:
    return new_ref("D")


def alert_ref() -> str:
    return new_ref("G")


class Alert(models.Model):
    """Something about how access was used that a guardian, or a lead, has to look at. `to_agency` is whose
    guardians it is for ("*": any other agency's), `to_worker` whom else it tells. Text, no foreign keys."""

    ref = models.CharField(max_length=13, unique=True, default=alert_ref)
    kind = models.CharField(max_length=30)
    to_agency = models.CharField(max_length=20, blank=True)
    to_worker = models.CharField(max_length=80, blank=True)
    worker_ref = models.CharField(max_length=80)
    worker_name = models.CharField(max_length=200)
    worker_agency = models.CharField(max_length=20, blank=True)
    about = models.CharField(max_length=13, blank=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalates_at = models.DateTimeField(null=True)
    review = models.BooleanField(default=False)
    detail = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    closed_name = models.CharField(max_length=200, blank=True)
    finding = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | ~models.Q(finding=""), name="closed_alert_has_a_finding"
            )
        ]
        indexes = [
            models.Index(fields=["to_agency", "-at"], name="alert_agency"),
            models.Index(fields=["to_worker", "-at"], name="alert_worker"),
            models.Index(fields=["worker_ref", "kind", "-at"], name="alert_about_worker"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    def subject(self) -> Subject:
        return Subject("alert", self.ref, owner=self.to_agency)


class SharingDecision(models.Model):
    """A decision to share, or not to share, something about a child: what, with whom, on which gateway, why.
    Both are recorded, because both can be wrong."""

    ref = models.CharField(max_length=13, unique=True, default=decision_ref)
    about = models.CharField(max_length=13)
    shared = models.BooleanField()
    what = models.TextField()
    with_whom = models.CharField(max_length=200)
    gateway = models.CharField(max_length=40)
    reason = models.TextField()
    told_family = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20)

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["about", "-at"], name="sharing_decision_about")]

    def __str__(self) -> str:
        return f"{'shared' if self.shared else 'not shared'} {self.ref}"
