"""Deliveries, the rows they showed, the versions those rows had, and maps that an agency's files use."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from lineofsight.access.actor import Subject
from lineofsight.catalogue.refs import new_ref
from lineofsight.partners.models import Agency


def delivery_ref() -> str:
    return new_ref("F")


def settled_ref() -> str:
    return new_ref("V")


class Delivery(models.Model):
    """One file from one agency, and how far it has come."""

    RECEIVED, NEEDS_MAP, STAGED, COMMITTED, UNDONE, REFUSED, DISCARDED = (
        "received", "needs_map", "staged", "committed", "undone", "refused", "discarded",
    )  # fmt: skip

    ref = models.CharField(max_length=13, unique=True, default=delivery_ref)
    agency = models.ForeignKey(Agency, to_field="code", db_column="agency", on_delete=models.PROTECT)
    file_name = models.CharField(max_length=250)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default=RECEIVED)
    lawful_basis = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=200, blank=True)
    period_from = models.DateField(null=True)
    loaded_to = models.DateField(null=True)
    given_map = models.JSONField(null=True)
    report = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now())
    received_by = models.CharField(max_length=200)
    staged_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    committed_by = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "sha256"],
                condition=Q(state="committed"),
                name="same_file_is_in_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="committed") | Q(committed_at__isnull=False, loaded_to__isnull=False),
                name="committed_delivery_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} from {self.agency_id}"

    def subject(self) -> Subject:
        return Subject("file", self.ref, owner=self.agency_id)


class DeliveredTable(models.Model):
    """A table found in a delivery: which map read it, and whether it claims to be complete."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=250)
    table = models.CharField(max_length=100, blank=True)
    map = models.JSONField(null=True)
    snapshot = models.BooleanField(default=False)
    columns = models.JSONField(default=list)
    sample = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.name} as {self.table}"


class StagedRow(models.Model):
    """A row on its way in. Gone when its delivery is committed or discarded."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="staged")
    table = models.CharField(max_length=100)
    number = models.IntegerField()
    key = models.CharField(max_length=300)
    raw = models.JSONField()
    digest = models.BinaryField(max_length=16)
    links = ArrayField(models.CharField(max_length=400), default=list)
    aside = models.BooleanField(default=False)
    problems = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["delivery", "table", "key"], name="staged_key")]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class SourceRow(models.Model):
    """One version of one row of an agency's table, whole, as it was received. Never edited.

    `state`: current (the version that stands), absent (stands, but a later full feed lacks it),
    superseded (another version stands)."""

    CURRENT, ABSENT, SUPERSEDED = "current", "absent", "superseded"

    agency = models.CharField(max_length=20)
    table = models.CharField(max_length=100)
    key = models.CharField(max_length=300)
    digest = models.BinaryField(max_length=16)
    raw = models.JSONField()
    number = models.IntegerField()
    links = ArrayField(models.CharField(max_length=400), default=list)
    state = models.CharField(max_length=10, default=CURRENT)
    received_at = models.DateTimeField()
    seen_to = models.DateField()
    seen_in = models.BigIntegerField()
    join = models.CharField(max_length=32, blank=True)
    derived = ArrayField(models.CharField(max_length=32), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "table", "key", "digest"], name="row_version_once"),
        ]
        indexes = [
            GinIndex(fields=["links"], name="row_links"),
            models.Index(fields=["seen_in", "table"], name="row_seen_in"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class Sighting(models.Model):
    """This delivery showed this version of this row. What stands is decided by sightings alone,
    so the order in which files came in does not matter and an undo is exact."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="sightings")
    row = models.ForeignKey(SourceRow, on_delete=models.CASCADE, related_name="sightings")
    number = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "delivery"], name="sighting_once")]
        indexes = [models.Index(fields=["delivery"], name="sighting_delivery")]

    def __str__(self) -> str:
        return f"{self.row_id} in {self.delivery_id}"


class Replacement(models.Model):
    """A later full file that shows at least half of an earlier one's rows again: rows it lacks are absent.

    Below half it is taken for another part or another cohort, and nothing is called absent: a partial
    extract must not make a whole caseload vanish."""

    table = models.CharField(max_length=100)
    later = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+")
    earlier = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later", "table"], name="replacement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.later_id} replaces {self.earlier_id}"


class KeptAside(models.Model):
    """A row that could not be used, whole, with the reason in words, for the sender to act on."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="aside")
    table = models.CharField(max_length=250)
    number = models.IntegerField()
    raw = models.JSONField()
    reasons = models.JSONField()

    def __str__(self) -> str:
        return f"row {self.number}"


class ColumnMap(models.Model):
    """A map that someone at an agency settled for files with these columns; offered again next time."""

    agency = models.ForeignKey(Agency, to_field="code", db_column="agency", on_delete=models.PROTECT)
    columns = models.CharField(max_length=64)
    table = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField(default=1)
    map = models.JSONField()
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "table", "version"], name="map_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version} of {self.agency_id}"


class MetValue(models.Model):
    """A spelling in a coded column of a delivery that the shipped lists and words leave to a person.

    Kept whether or not someone settled it: when an answer is undone, the question is back."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="met")
    table = models.CharField(max_length=100)
    field = models.CharField(max_length=150)
    spelling = models.TextField()
    times = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["delivery", "field"], name="met_in_delivery")]

    def __str__(self) -> str:
        return f"{self.field}: {self.spelling}"


class SettledValue(models.Model):
    """What a person says that a spelling means, for one agency or (`agency` empty) for all of them.

    `code` is one of the field's list, or empty: the spelling stays as it is written. Undone ones are kept.
    `together` is the same for what was settled in one go."""

    ref = models.CharField(max_length=13, unique=True, default=settled_ref)
    together = models.CharField(max_length=13)
    agency = models.CharField(max_length=20, blank=True)
    field = models.CharField(max_length=150)
    spelling = models.TextField()
    code = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(db_default=Now())
    settled_by = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "field", "spelling"],
                condition=Q(undone_at__isnull=True),
                name="settled_once",
            ),
        ]
        indexes = [models.Index(fields=["together"], name="settled_together")]

    def __str__(self) -> str:
        return f"{self.spelling} is {self.code or 'as written'}"

    def subject(self) -> Subject:
        return Subject("value", self.ref, owner=self.agency)


class CellToCheck(models.Model):
    """A cell that was taken in and that the sender should look at, with the reason in words.

    Of each kind of reason only the first of a table are kept; the delivery's report holds how many there were."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="to_check")
    table = models.CharField(max_length=250)
    number = models.IntegerField()
    code = models.CharField(max_length=40)
    column = models.CharField(max_length=250)
    value = models.CharField(max_length=300)
    words = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["delivery", "code"], name="to_check_code")]

    def __str__(self) -> str:
        return f"{self.column} of row {self.number}"


class SentBack(models.Model):
    """Someone gave the sender the report of a file: to whom, by which way, and when."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="sent_back")
    to = models.CharField(max_length=200)
    how = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.delivery_id} to {self.to}"

    def subject(self) -> Subject:
        return self.delivery.subject()


class Paper(models.Model):
    """A letter, minutes or a report about a child, with its words. It is an entry of the chronology, so who may see
    it is decided there; this row hangs on the entry's first version and follows the one that stands."""

    entry = models.OneToOneField("chronology.Entry", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=250)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    #: The text of each page. `paged` false: the file does not say where pages begin, and all of it is one text.
    pages = models.JSONField(default=list)
    paged = models.BooleanField(default=True)
    notes = models.JSONField(default=list)
    kept_at = models.DateTimeField()
    kept_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="paper_sha256")]

    def __str__(self) -> str:
        return f"paper of {self.entry_id}"


class Citation(models.Model):
    """An event was written from a document, and where in it. Both by the first versions of their entries, so a
    correction of either, and a merge of the child's records, leaves it as it is."""

    event = models.OneToOneField("chronology.Entry", on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("chronology.Entry", on_delete=models.PROTECT, related_name="+")
    page = models.PositiveSmallIntegerField(null=True)
    place = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.event_id} from {self.document_id}"


def key_ref() -> str:
    return new_ref("K")


class ApiKey(models.Model):
    """A key by which an agency's own system brings files in. Only a digest of the secret is kept."""

    ref = models.CharField(max_length=13, unique=True, default=key_ref)
    agency = models.ForeignKey(Agency, to_field="code", db_column="agency", on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gte=models.F("valid_from")), name="key_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_by=""),
                name="revoked_key_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.agency_id}"

    def subject(self) -> Subject:
        return Subject("key", self.ref, owner=self.agency_id)


class ApiDelivery(models.Model):
    """What was brought in with an idempotency key, so that the same call again brings nothing in again."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    idempotency_key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="one_delivery_for_a_call"),
        ]

    def __str__(self) -> str:
        return f"{self.idempotency_key} of {self.key_id}"
