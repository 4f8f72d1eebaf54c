"""Entries and who and what took part in them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from lineofsight.access.actor import Sharing
from lineofsight.catalogue.refs import new_ref
from lineofsight.catalogue.when import When
from lineofsight.partners.models import Agency
from lineofsight.people.models import SourceIdentity


def entry_ref() -> str:
    return new_ref("E")


class Entry(models.Model):
    """One version of one thing that an agency holds happened.

    `state`: live; absent (its row vanished from a later full feed); superseded (a later version stands);
    draft (its author's alone); disposed (nobody's)."""

    LIVE, ABSENT, SUPERSEDED, DRAFT, DISPOSED = "live", "absent", "superseded", "draft", "disposed"

    ref = models.CharField(max_length=13, unique=True, default=entry_ref)
    first = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="later_versions")
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, default=LIVE)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="entries")
    # Never looked up by agency alone, and an index more makes every import slower.
    agency = models.ForeignKey(
        Agency, to_field="code", db_column="agency", on_delete=models.PROTECT, db_index=False
    )
    kind = models.CharField(max_length=40)
    occurred_from = models.DateTimeField()
    occurred_to = models.DateTimeField()
    precision = models.CharField(max_length=10)
    occurred_text = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    title = models.TextField()
    narrative = models.TextField(blank=True)
    child_words = models.TextField(blank=True)
    nature = models.CharField(max_length=10, default="fact")
    #: Records of everyone in it: with whom one needs a basis, and whom one may not be shut out from.
    about = ArrayField(models.BigIntegerField(), default=list)
    sharing = models.CharField(max_length=12, default=Sharing.TEAM_AROUND)
    conceal = models.BooleanField(default=False)
    handling = models.CharField(max_length=1, blank=True)
    sensitivity = models.CharField(max_length=20, blank=True)
    location_fields = ArrayField(models.CharField(max_length=60), default=list)
    conditions = models.TextField(blank=True)
    grading = models.JSONField(default=dict)
    author = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    source = models.BigIntegerField(null=True)
    source_slot = models.CharField(max_length=40, blank=True)
    source_join = models.CharField(max_length=32, blank=True)
    source_label = models.CharField(max_length=250, blank=True)
    written_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(occurred_to__gte=F("occurred_from")), name="entry_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["live", "absent", "superseded", "draft", "disposed"]),
                name="entry_state",
            ),
            models.CheckConstraint(
                condition=Q(sharing__in=["team_around", "agency_only", "named"]), name="entry_sharing"
            ),
            models.CheckConstraint(condition=Q(handling__in=["", "P", "C"]), name="entry_handling"),
            models.CheckConstraint(
                condition=Q(nature__in=["fact", "reported", "opinion"]), name="entry_nature"
            ),
            models.CheckConstraint(
                condition=Q(source__isnull=False) | ~Q(written_by=""), name="entry_has_a_source_or_a_writer"
            ),
            models.UniqueConstraint(
                fields=["source", "source_slot", "source_join"],
                condition=Q(source__isnull=False, version=1),
                name="entry_once_per_source_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} v{self.version}"

    @property
    def when(self) -> When:
        return When(self.occurred_from, self.occurred_to, self.precision, self.occurred_text)

    @property
    def chain(self) -> int:
        """The first version: lists of named people hang on it, so they hold for every later version."""
        return self.first_id or self.pk


class EntryName(models.Model):
    """A worker named for an entry: on its list, as a recipient of handling C, or by release."""

    NAMED, RECIPIENT, RELEASED = "named", "recipient", "released"

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="names")
    kind = models.CharField(max_length=10)
    worker_ref = models.CharField(max_length=80)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    #: Of a recipient: when they accepted the written conditions. Before that they see nothing (A-D5).
    accepted_at = models.DateTimeField(null=True)
    conditions = models.TextField(blank=True)
    lawful_basis = models.CharField(max_length=200, blank=True)
    by_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["named", "recipient", "released"]), name="entry_name_kind"
            ),
        ]
        indexes = [models.Index(fields=["worker_ref", "kind"], name="entry_name_worker")]

    def __str__(self) -> str:
        return f"{self.worker_ref} {self.kind}"


class Participation(models.Model):
    """Someone in an entry, in the role they had there. `identity` when the source says who exactly,
    else the name as written. The child the entry is about is one of them."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="participations")
    identity = models.ForeignKey(
        SourceIdentity, null=True, on_delete=models.PROTECT, related_name="participations"
    )
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=40)
    occurred_from = models.DateTimeField()
    standing = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["identity", "occurred_from", "entry"],
                condition=Q(standing=True, identity__isnull=False),
                name="chronology_of_identity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.identity_id} as {self.role}"


class Thing(models.Model):
    """A place, phone, vehicle, online handle or item. One row per thing, whoever names it."""

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=250)
    label = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="thing_once")]

    def __str__(self) -> str:
        return self.label


class EntryThing(models.Model):
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="things")
    thing = models.ForeignKey(Thing, on_delete=models.PROTECT, related_name="entries")
    role = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.thing_id} in {self.entry_id}"


class Comment(models.Model):
    """What a colleague in any agency adds beside an entry. The entry itself stays as its source said."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField()
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.by_name}: {self.text[:40]}"


class LastLook(models.Model):
    """When a worker last opened a child's chronology; what came since is marked as new."""

    worker_ref = models.CharField(max_length=80)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    before = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker_ref", "identity"], name="last_look_once")]

    def __str__(self) -> str:
        return f"{self.worker_ref} at {self.at}"
