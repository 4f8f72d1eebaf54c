"""The ledger: one row for every look, change and refusal. Text, not foreign keys, so that it outlives
what it speaks of; the database refuses to change or remove a row."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


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
