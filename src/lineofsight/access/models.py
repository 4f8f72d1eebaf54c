"""The ledger: one row for every look, change and refusal, and the hash tree over them.

Text, not foreign keys, so that it outlives what it speaks of. The database refuses to change or remove
anything here. Docs: docs/adr/0009-the-ledger.md.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from lineofsight.access.actor import Subject
from lineofsight.catalogue.refs import new_ref


class TransactionNumber(models.Func):
    """The number of the transaction that writes the row. It never repeats and only grows."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class LedgerRow(models.Model):
    at = models.DateTimeField(db_default=Now())
    #: The sealer takes a row only when every transaction of this number and below has ended.
    written_in = models.BigIntegerField(db_default=TransactionNumber())
    # Who.
    actor = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20, blank=True)
    roles = ArrayField(models.TextField(), default=list)
    # Did what, to what, and by which rule.
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=20)
    kind = models.CharField(max_length=40)
    ref = models.CharField(max_length=80, blank=True)
    rule = models.TextField(blank=True, default="")
    path = models.TextField(blank=True, default="")
    # About whom, in which records, whose records.
    people = ArrayField(models.TextField(), default=list)
    records = ArrayField(models.TextField(), default=list)
    owners = ArrayField(models.TextField(), default=list)
    # Why and from where.
    purpose = models.TextField(blank=True, default="")
    request = models.TextField(blank=True, default="")
    address = models.TextField(blank=True, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "ref", "-id"], name="ledger_subject"),
            models.Index(fields=["actor", "-id"], name="ledger_actor"),
            models.Index(fields=["written_in", "id"], name="ledger_order"),
            # No list of pending rows: now and then one writer would have to work it off for all.
            GinIndex(fields=["people", "owners"], name="ledger_about", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action} {self.kind} {self.ref}"


class LedgerLeaf(models.Model):
    """A sealed row: its place in the tree and the hash over what it said then."""

    place = models.BigIntegerField(primary_key=True)
    row_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.place}: row {self.row_id}"


class LedgerNode(models.Model):
    """A full part of the tree, over 2^level leaves; kept from 256 leaves up, smaller ones are quickly made."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"level {self.level}, place {self.place}"


class LedgerHead(models.Model):
    """A signed head: this many rows, this root, at this time."""

    size = models.BigIntegerField()
    root = models.BinaryField()
    at = models.DateTimeField()
    key = models.CharField(max_length=16)
    signature = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.size} rows at {self.at:%Y-%m-%d %H:%M}"


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
    told_why = models.TextField(blank=True)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20)

    class Meta:
        ordering = ("-at",)
        indexes = [models.Index(fields=["about", "-at"], name="sharing_decision_about")]

    def __str__(self) -> str:
        return f"{'shared' if self.shared else 'not shared'} {self.ref}"
