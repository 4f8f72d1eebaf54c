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


def verdict_ref() -> str:
    return new_ref("V")


def query_ref() -> str:
    return new_ref("Q")


def notice_ref() -> str:
    return new_ref("N")


def key_fact_ref() -> str:
    return new_ref("K")


def meeting_ref() -> str:
    return new_ref("M")


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
        indexes = [
            models.Index(fields=["written_by"], condition=~Q(written_by=""), name="entry_writer"),
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
            # What was known then: the few versions that no longer stand.
            models.Index(
                fields=["identity", "entry"],
                condition=Q(standing=False, identity__isnull=False),
                name="earlier_of_identity",
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


# --- agreement, conflict and silence: what people decide; everything else is worked out from the entries -------


class OccurrenceVerdict(models.Model):
    """A person's word on which records tell of one thing: those of one group do, those of two groups do not.
    `groups` holds entry keys, which stay the same when a file comes in again. Never edited: withdrawn."""

    CONFIRMED, SPLIT, REJECTED = "confirmed", "split", "rejected"

    ref = models.CharField(max_length=13, unique=True, default=verdict_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10)
    groups = models.JSONField()
    reason = models.TextField()
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    agency = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("at", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["confirmed", "split", "rejected"]), name="occurrence_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.by_name}"


class GapQuery(models.Model):
    """An agency is asked for a record that should be there. Answered by the record itself, which is worked out and
    not stored, or closed with a reason."""

    ref = models.CharField(max_length=13, unique=True, default=query_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=10)
    side = models.CharField(max_length=1)
    entry_key = models.CharField(max_length=400)
    agency = models.CharField(max_length=20)
    words = models.TextField()
    asked_by = models.CharField(max_length=80)
    asked_name = models.CharField(max_length=200)
    asked_agency = models.CharField(max_length=20, blank=True)
    asked_at = models.DateTimeField()
    due = models.DateField()
    answer = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_name = models.CharField(max_length=200, blank=True)
    closed_agency = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("asked_at", "id")
        indexes = [models.Index(fields=["agency", "closed_at"], name="gap_query_of_agency")]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "side", "entry_key", "agency"],
                condition=Q(closed_at=None),
                name="gap_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(reason=""), name="gap_query_closes_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency}: {self.words[:40]}"


class CorrectionNotice(models.Model):
    """An agency is told that it holds a fact otherwise. Closed by its own next file when that agrees, which is
    worked out and not stored; else acknowledged or refused by the agency."""

    ref = models.CharField(max_length=13, unique=True, default=notice_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="+")
    fact = models.CharField(max_length=20)
    value = models.CharField(max_length=400)
    value_key = models.CharField(max_length=400)
    said_by = ArrayField(models.CharField(max_length=20))
    since = models.DateField(null=True)
    basis = models.CharField(max_length=200)
    agency = models.CharField(max_length=20)
    theirs = models.CharField(max_length=400, blank=True)
    sent_by = models.CharField(max_length=80)
    sent_name = models.CharField(max_length=200)
    sent_agency = models.CharField(max_length=20, blank=True)
    sent_at = models.DateTimeField()
    due = models.DateField()
    acknowledged_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    answered_name = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("sent_at", "id")
        indexes = [models.Index(fields=["agency", "sent_at"], name="notice_of_agency")]
        constraints = [
            models.CheckConstraint(
                condition=Q(refused_at=None) | ~Q(reason=""), name="notice_is_refused_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency}: {self.fact}"


class KeyFact(models.Model):
    """A fact or decision that every agency around the child must hold."""

    ref = models.CharField(max_length=13, unique=True, default=key_fact_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    words = models.TextField()
    entry_key = models.CharField(max_length=400, blank=True)
    owner = models.CharField(max_length=20, blank=True)
    handling = models.CharField(max_length=20, default="standard")
    agencies = ArrayField(models.CharField(max_length=20))
    marked_by = models.CharField(max_length=80)
    marked_name = models.CharField(max_length=200)
    marked_agency = models.CharField(max_length=20, blank=True)
    marked_at = models.DateTimeField()
    due = models.DateField()

    class Meta:
        ordering = ("-marked_at", "-id")

    def __str__(self) -> str:
        return self.words[:60]


class HeldBy(models.Model):
    """An agency's word that its own record now shows a key fact."""

    fact = models.ForeignKey(KeyFact, on_delete=models.CASCADE, related_name="held")
    agency = models.CharField(max_length=20)
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "agency"], name="held_once_by_agency")]

    def __str__(self) -> str:
        return f"{self.agency} holds {self.fact_id}"


class MeetingChronology(models.Model):
    """A chronology drafted for one meeting or review, from entries that someone chose."""

    ref = models.CharField(max_length=13, unique=True, default=meeting_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    on = models.DateField()
    made_by = models.CharField(max_length=80)
    made_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-on", "-id")

    def __str__(self) -> str:
        return self.title


class MeetingLine(models.Model):
    """One chosen entry, with what it signifies in the words of a named person, and the agencies' comments."""

    meeting = models.ForeignKey(MeetingChronology, on_delete=models.CASCADE, related_name="lines")
    entry_key = models.CharField(max_length=400)
    significance = models.TextField(blank=True)
    marked_name = models.CharField(max_length=200, blank=True)
    marked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "entry_key"], name="meeting_line_once")]

    def __str__(self) -> str:
        return self.entry_key


class Finding(models.Model):
    """Where to look: worked out for the whole store, and only an index to it. What is shown of a child is worked
    out again from what the reader may see."""

    # No foreign key: people come and go with judgements, and this index follows when it is next renewed.
    person = models.BigIntegerField(db_index=True)
    what = models.CharField(max_length=10)
    rule = models.CharField(max_length=20)
    agency = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=420)
    at = models.DateTimeField(null=True)
    records = models.PositiveSmallIntegerField(default=1)
    origins = models.PositiveSmallIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["what", "agency", "-at"], name="finding_where_to_look")]

    def __str__(self) -> str:
        return f"{self.what} {self.rule}"


class Unread(models.Model):
    """A person whose entries have changed since the store was last read as a whole."""

    person = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.person)
