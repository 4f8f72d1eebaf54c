"""Agencies, teams, workers, their dated roles, and how they sign in."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from lineofsight.access.actor import Actor, Home, Subject
from lineofsight.catalogue import clock
from lineofsight.catalogue.refs import new_ref
from lineofsight.partners import rules


def worker_ref() -> str:
    return new_ref("W")


def sign_in_ref() -> str:
    return new_ref("S")


def grant_ref() -> str:
    return new_ref("G")


def agreement_ref() -> str:
    return new_ref("A")


class Agency(models.Model):
    """A partner. `phone` and `contact` are what a pointer shows: whom to ring."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    short = models.CharField(max_length=40)
    letter = models.CharField(max_length=2)
    kind = models.CharField(max_length=20)
    badge = models.PositiveSmallIntegerField(default=1)
    contact = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("badge", "code")

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ("agency", "name")
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="team_once_per_agency")]

    def __str__(self) -> str:
        return self.name


class Agreement(models.Model):
    """An agency's place in an information sharing agreement: what may flow, for what, on which basis, from when
    until (not including) when. Without one that stands, nothing flows to the agency's workers or from its files."""

    ref = models.CharField(max_length=13, unique=True, default=agreement_ref, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(max_length=200)
    purpose = models.TextField()
    lawful_basis = models.CharField(max_length=200)
    may_flow = models.TextField(blank=True)
    contact = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspended_why = models.TextField(blank=True)
    by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("agency", "-since")
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=models.F("since")),
                name="agreement_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} with {self.agency}"

    def stands(self, at: datetime) -> bool:
        return self.suspended_at is None and self.since <= at and (self.until is None or self.until > at)

    def subject(self) -> Subject:
        return Subject("agreement", self.ref, owner=self.agency.code)


class WorkerManager(BaseUserManager["Worker"]):
    def get_by_natural_key(self, username: str | None) -> Worker:
        """People type their address with capitals; it is one account. What decides whether it is active comes
        with it, so that a right password asks no more of the database than a wrong one."""
        return self.select_related("agency", "team").get(email__iexact=username or "")


class Worker(AbstractBaseUser):
    """Someone with an account. `subject_there` is who they are to their agency's own sign-in, once they have
    come that way; `suspended_why` is empty for a leaver, whose account ended."""

    ref = models.CharField(max_length=13, unique=True, default=worker_ref, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    job = models.CharField(max_length=120, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="workers")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="workers")
    is_active = models.BooleanField(default=True)
    joined = models.DateField(default=date.today)
    training_until = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_why = models.CharField(max_length=200, blank=True)
    subject_there = models.CharField(max_length=255, blank=True)
    #: Their hours on the rota, by the clock of the partnership; over midnight when the first is the later one.
    usual_from = models.PositiveSmallIntegerField(null=True, blank=True)
    usual_until = models.PositiveSmallIntegerField(null=True, blank=True)

    objects: ClassVar[WorkerManager] = WorkerManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "subject_there"],
                condition=~Q(subject_there=""),
                name="one_worker_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(usual_from=None, usual_until=None)
                | Q(usual_from__lt=24, usual_until__lte=24) & ~Q(usual_from=models.F("usual_until")),
                name="usual_hours_are_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def second_factor(self) -> bool:
        """Has an app or a passkey besides the password (A-D1)."""
        asked: bool | None = getattr(self, "any_factor", None)
        return self.factors.exists() if asked is None else asked

    def has_ended(self, today: date | None = None) -> bool:
        """A leaver's last day is over (N-5)."""
        return self.ends is not None and self.ends <= (today or date.today())

    def grants_today(self, today: date | None = None) -> models.QuerySet[WorkerRole]:
        """Roles and permissions that are approved and in date. An ended one is gone at once (A-D8)."""
        today = today or date.today()
        return self.roles.filter(
            Q(until=None) | Q(until__gt=today), since__lte=today, approved_at__isnull=False
        )

    def actor(self, *, fresh: bool = False, vouched: bool = False) -> Actor:
        """This worker on this request, from rows as they are now: an ended role or agreement is gone at once
        (A-D8). `fresh`: they signed in, or proved again, within the last minutes. `vouched`: their agency's own
        sign-in has checked a second factor in this session."""
        now = clock.now()
        granted = (
            set(self.grants_today(now.date()).values_list("role", flat=True)) if self.is_active else set()
        )
        home: HomeDetails | None = getattr(self, "home", None)
        return Actor(
            ref=self.ref,
            name=self.name,
            agency=self.agency.code,
            team=str(self.team_id or ""),
            roles=frozenset(granted - {rules.EXPORT}),
            permissions=frozenset(granted & {rules.EXPORT}),
            barred=self.barred(now, vouched=vouched),
            fresh=fresh,
            vouched=vouched,
            home=Home(home.surname, home.postcode, home.phone) if home else Home(),
        )

    def barred(self, now: datetime, *, vouched: bool = False) -> str:
        """Why this account may see no content now (A-D1), in words; empty when it may."""
        if not self.is_active or self.has_ended(now.date()):
            return "This account has ended or is suspended."
        if not (vouched or self.second_factor):
            return "This account has no second factor yet."
        if self.training_until is None or self.training_until <= now.date():
            return "Your information training is not in date."
        if self.agency.suspended_at is not None:
            return f"{self.agency.name} is suspended."
        if not any(agreement.stands(now) for agreement in self.agency.agreements.all()):
            from lineofsight.partners import agreements  # it stands above the tables

            return agreements.barred(self.agency)
        return ""

    def subject(self) -> Subject:
        return Subject("worker", self.ref, owner=self.agency.code)


class WorkerRole(models.Model):
    """A role, or the permission to export, from a day until (not including) a day. It counts once another
    person has approved it. Who asked and who approved are kept as references, not relations."""

    ref = models.CharField(max_length=13, unique=True, default=grant_ref, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=40)
    since = models.DateField(default=date.today)
    until = models.DateField(null=True, blank=True)
    asked_by = models.CharField(max_length=80, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=200, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="role_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by="")
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
                name="approval_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(refused_at=None), name="approved_or_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.worker}"

    def subject(self) -> Subject:
        return self.worker.subject()


class HomeDetails(models.Model):
    """Where a worker lives, so that nobody looks up their own household by accident or on purpose (A-S2).
    For that worker and their agency's guardian alone."""

    worker = models.OneToOneField(Worker, on_delete=models.CASCADE, primary_key=True, related_name="home")
    surname = models.CharField(max_length=80)
    street = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"home of {self.worker}"


# --- ways in ----------------------------------------------------------------------------------------------


class Invitation(models.Model):
    """A link that lets one person make one account theirs, once. Only a digest of it is kept."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation of {self.worker}"


class SecondFactor(models.Model):
    """An app that shows codes, or a passkey. `secret` is sealed: the app's key, or the passkey's public
    credential. `counter` only rises: the last time step whose code was used, or a passkey's own count."""

    APP, PASSKEY = "app", "passkey"

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=[(APP, "App"), (PASSKEY, "Passkey")])
    name = models.CharField(max_length=60)
    secret = models.TextField()
    counter = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.name} of {self.worker}"


class RecoveryCode(models.Model):
    """One code of those a worker keeps on paper. Only a digest is kept; it works once."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.worker}"


class Device(models.Model):
    """A browser in which this worker has signed in before. It carries a random token; a digest is kept."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64)
    words = models.CharField(max_length=80)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "digest"], name="device_once_per_worker")]

    def __str__(self) -> str:
        return f"{self.words} of {self.worker}"


class SignIn(models.Model):
    """One session: from signing in until it ends. Asked for on every request, so that ending it here ends it
    everywhere. `proved_at` is when the worker last gave their second factor (A-C2)."""

    ref = models.CharField(max_length=13, unique=True, default=sign_in_ref, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="sign_ins")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    proved_at = models.DateTimeField(null=True, blank=True)
    proved_by_agency = models.BooleanField(default=False)
    device_words = models.CharField(max_length=80)
    address = models.CharField(max_length=45, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = [
            models.Index(fields=["worker"], condition=Q(ended_at=None), name="sign_in_open"),
        ]

    def __str__(self) -> str:
        return f"sign-in of {self.worker}"


class FailedTries(models.Model):
    """Tries that failed, by account, device or address: a keyed digest, so that nothing typed is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.failures} failed tries"


class Use(models.Model):
    """How often a worker did something in one stretch of time (I-11)."""

    worker = models.CharField(max_length=13)
    what = models.CharField(max_length=20)
    stretch = models.BigIntegerField()
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "what", "stretch"], name="use_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.worker}: {self.times}"
