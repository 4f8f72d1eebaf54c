"""Source identities, what agencies say of them, judgements between them, and the people they form."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from lineofsight.catalogue.refs import new_ref
from lineofsight.partners.models import Agency, Team


def person_ref() -> str:
    return new_ref("P")


def tie_ref() -> str:
    return new_ref("T")


class Person(models.Model):
    """The component that judgements form: a read model, rebuilt whenever a judgement changes.

    `ref` is the reference of its earliest identity, so a merge keeps the elder's and a split gives each
    side its own back. The reference of every member leads here."""

    ref = models.CharField(max_length=13, unique=True, default=person_ref)
    kind = models.CharField(max_length=10, default="unknown")
    name = models.CharField(max_length=250, blank=True)
    birth_from = models.DateField(null=True)
    birth_to = models.DateField(null=True)
    restricted = models.BooleanField(default=False)
    agencies = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        indexes = [GinIndex(fields=["agencies"], name="person_agencies")]

    def __str__(self) -> str:
        return self.ref


class SourceIdentity(models.Model):
    """One agency's own record of someone: (agency, system, local id)."""

    ref = models.CharField(max_length=13, unique=True, default=person_ref)
    agency = models.ForeignKey(Agency, to_field="code", db_column="agency", on_delete=models.PROTECT)
    system = models.CharField(max_length=40)
    local_id = models.CharField(max_length=200)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identities")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "system", "local_id"], name="identity_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}/{self.system}/{self.local_id}"


class Statement(models.Model):
    """What one source row says of one identity. `source` is the key of the row in `records`;
    a later version of the row supersedes it and never changes it."""

    identity = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="statements")
    source = models.BigIntegerField()
    join = models.CharField(max_length=32, blank=True)
    label = models.CharField(max_length=250)
    facts = models.JSONField()
    received_at = models.DateTimeField()
    live = models.BooleanField(default=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "identity", "join"], name="statement_once_per_row"),
            models.CheckConstraint(
                condition=Q(live=True, superseded_at=None) | Q(live=False, superseded_at__isnull=False),
                name="superseded_statement_is_not_live",
            ),
        ]
        indexes = [models.Index(fields=["identity", "live"], name="statement_identity")]

    def __str__(self) -> str:
        return f"{self.label}"


class Profile(models.Model):
    """An identity as the matcher and the search see it: derived from its live statements."""

    identity = models.OneToOneField(SourceIdentity, on_delete=models.CASCADE, primary_key=True)
    data = models.JSONField()
    blocks = ArrayField(models.CharField(max_length=120))
    terms = ArrayField(models.CharField(max_length=120))

    class Meta:
        indexes = [
            GinIndex(fields=["blocks"], name="profile_blocks", fastupdate=False),
            GinIndex(fields=["terms"], name="profile_terms", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"profile of {self.identity_id}"


class Judgement(models.Model):
    """Same, different or unsure, about two identities: by a rule, the model or a person.
    Never edited; a change of mind is a withdrawal and a new row."""

    SAME, DIFFERENT, UNSURE = "same", "different", "unsure"

    a = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10)
    source = models.CharField(max_length=10)
    model = models.CharField(max_length=40, blank=True)
    probability = models.FloatField(null=True)
    reasons = models.JSONField(default=list)
    note = models.TextField(blank=True)
    by_ref = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=200, blank=True)
    #: From when the page showed the question to this person until they answered; null where no page was shown.
    seconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="judgement_pair_in_order"),
            models.CheckConstraint(
                condition=Q(verdict__in=["same", "different", "unsure"]), name="judgement_verdict"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["person", "rule", "model"]), name="judgement_source"
            ),
            models.UniqueConstraint(
                fields=["a", "b", "source"],
                condition=Q(withdrawn_at=None),
                name="one_standing_judgement_per_pair_and_source",
            ),
        ]
        indexes = [
            models.Index(fields=["b"], condition=Q(withdrawn_at=None), name="judgement_b_standing"),
            models.Index(
                fields=["-probability"],
                condition=Q(withdrawn_at=None, verdict="unsure", source="model"),
                name="judgement_questions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} {self.verdict} {self.b_id} ({self.source})"

    def whom(self) -> list[str]:
        """References of the two, for the ledger: whoever is found by either finds the judgement."""
        return [self.a.ref, self.b.ref]


class SecondAnswer(models.Model):
    """What another person said about the same pair, without being shown the first answer. It joins and parts
    nobody: it tells how far two people agree, and which answers they should talk about."""

    judgement = models.OneToOneField(Judgement, on_delete=models.CASCADE, related_name="second")
    verdict = models.CharField(max_length=10)
    note = models.TextField(blank=True)
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    seconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["same", "different", "unsure"]), name="second_answer_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"second answer to {self.judgement_id}"

    def whom(self) -> list[str]:
        return self.judgement.whom()


class Proposal(models.Model):
    """One custodian's word that two records are one person, where one of the two people is protected. It joins
    nobody until a second custodian says the same (A-G1)."""

    a = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="+")
    note = models.TextField(blank=True)
    by_ref = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    seconds = models.PositiveIntegerField(null=True)
    #: When a second custodian answered, or somebody took it back or answered the pair anew.
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)
    #: What the second custodian said; empty where none did.
    verdict = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="proposal_pair_in_order"),
            models.UniqueConstraint(
                fields=["a", "b"], condition=Q(closed_at=None), name="one_open_proposal_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"proposal: {self.a_id} same {self.b_id}"

    def whom(self) -> list[str]:
        return [self.a.person.ref, self.b.person.ref]


def run_ref() -> str:
    return new_ref("R")


class WholeRun(models.Model):
    """Everyone compared with everyone, as one thing. What it did is found by its moment (`at`): judgements of the
    model made or withdrawn then. `names_before` and `held_before` are what else an undo must bring back: the
    name counts, and with which person each record that moved was. Kept for the latest run alone."""

    ref = models.CharField(max_length=13, unique=True, default=run_ref)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=200)
    model = models.CharField(max_length=40)
    joined = models.PositiveIntegerField()
    asked = models.PositiveIntegerField()
    moved = models.PositiveIntegerField()
    people_before = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    names_before = models.JSONField(default=dict)
    held_before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.ref


class LearntModel(models.Model):
    """Figures of the matching model learnt from this partnership's own records. They join nothing until a
    person has approved them; the figures themselves are never edited."""

    version = models.CharField(max_length=40, unique=True)
    figures = models.TextField()
    card = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.CharField(max_length=200)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(approved_at__isnull=False), name="retired_model_was_approved"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class NameCount(models.Model):
    """How often a folded name occurs among identities, and a whole name (`both`) of several people: the
    snapshot that a match run works with."""

    part = models.CharField(max_length=6)
    name = models.CharField(max_length=120)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "name"], name="name_count_once")]

    def __str__(self) -> str:
        return f"{self.name} × {self.count}"


class CircleMember(models.Model):
    """A worker, or a whole team, in the team around a child, until (not including) a moment. Hangs on an
    identity, like everything else, and names the person it was given for: when a merge gives that person
    another reference, the place sleeps until somebody looks at it again, and a split wakes it (A-G1)."""

    identity = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="circle")
    for_ref = models.CharField(max_length=13, blank=True)
    worker_ref = models.CharField(max_length=80, blank=True)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=60)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="circle_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(worker_ref="", team__isnull=False) | (~Q(worker_ref="") & Q(team=None)),
                name="circle_is_a_worker_or_a_team",
            ),
        ]
        indexes = [
            models.Index(fields=["worker_ref"], name="circle_worker"),
            models.Index(fields=["for_ref"], name="circle_person"),
        ]

    def __str__(self) -> str:
        return f"{self.worker_ref or self.team_id} as {self.role}"


class Tie(models.Model):
    """A dated fact about a person that decides who may see them, other than a place in the team around
    them: a shield and who is named for it, a conflict of interest, a claim, opened glass, a review, an
    excluded agency, a panel, a household, a former identity. One shape for all, because all begin, end,
    have a reason and a reviewer, and follow the identity through merge and split."""

    SEALED, LOCATION = "shield.sealed", "shield.location"
    LISTED, LOCATION_GRANT, IDENTITY_GRANT = "named.sealed", "named.location", "named.identity"
    CONFLICT, STAFF, EXCLUDED = "conflict", "staff", "excluded"
    PANEL, DUTY, EMERGENCY, REVIEWING = "panel", "duty", "emergency", "reviewing"
    HOUSEHOLD, FORMERLY, DISPOSED, LEAD = "household", "formerly", "disposed", "lead"
    KINDS = (
        SEALED, LOCATION, LISTED, LOCATION_GRANT, IDENTITY_GRANT, CONFLICT, STAFF, EXCLUDED,
        PANEL, DUTY, EMERGENCY, REVIEWING, HOUSEHOLD, FORMERLY, DISPOSED, LEAD,
    )  # fmt: skip
    #: Kinds that name a worker.
    OF_WORKERS = (LISTED, LOCATION_GRANT, IDENTITY_GRANT, CONFLICT, STAFF, DUTY, EMERGENCY, REVIEWING)

    ref = models.CharField(max_length=13, unique=True, default=tie_ref)
    identity = models.ForeignKey(SourceIdentity, on_delete=models.CASCADE, related_name="ties")
    kind = models.CharField(max_length=20)
    worker_ref = models.CharField(max_length=80, blank=True)
    agency = models.CharField(max_length=20, blank=True)
    #: A household's key, a panel's code, what a conflict covers, a referral, a former identity.
    value = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)
    by_ref = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=200, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=80, blank=True)
    review = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="tie_ends_after_it_starts"
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "kind"], name="tie_identity"),
            models.Index(fields=["worker_ref", "kind"], condition=~Q(worker_ref=""), name="tie_worker"),
            models.Index(fields=["kind", "value"], name="tie_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.worker_ref or self.agency or self.value}"
