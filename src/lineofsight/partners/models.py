"""Agencies, teams, workers and their dated roles."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue import clock
from lineofsight.catalogue.refs import new_ref

#: The permission to take content out of the product (A-D10), held with dates like a role.
EXPORT = "export"


def worker_ref() -> str:
    return new_ref("W")


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
        """People type their address with capitals; it is one account."""
        return self.get(email__iexact=username or "")


class Worker(AbstractBaseUser):
    ref = models.CharField(max_length=13, unique=True, default=worker_ref, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    job = models.CharField(max_length=120, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="workers")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="workers")
    is_active = models.BooleanField(default=True)
    joined = models.DateField(default=date.today)

    objects: ClassVar[WorkerManager] = WorkerManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def actor(self, *, fresh: bool = False) -> Actor:
        """This worker on this request. Everything is read now: an ended role or agreement is gone at once
        (A-D8). `fresh`: they signed in, or proved again, within the last minutes."""
        now = clock.now()
        today = now.date()
        held = self.roles.filter(Q(until=None) | Q(until__gt=today), since__lte=today)
        granted = set(held.values_list("role", flat=True)) if self.is_active else set()
        return Actor(
            ref=self.ref,
            name=self.name,
            agency=self.agency.code,
            team=str(self.team_id or ""),
            roles=frozenset(granted - {EXPORT}),
            permissions=frozenset(granted & {EXPORT}),
            barred=self.barred(now),
            fresh=fresh,
        )

    def barred(self, now: datetime) -> str:
        """Why this account may see no content now (A-D1), in words; empty when it may."""
        if not self.is_active:
            return "This account has ended."
        if not any(agreement.stands(now) for agreement in self.agency.agreements.all()):
            return f"The information sharing agreement of {self.agency.name} is not in force."
        return ""

    def subject(self) -> Subject:
        return Subject("worker", self.ref, owner=self.agency.code)


class WorkerRole(models.Model):
    """A role from a day until (not including) a day."""

    worker = models.ForeignKey(Worker, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=40)
    since = models.DateField(default=date.today)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="role_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.worker}"
