"""Agencies, teams, workers and their dated roles."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from lineofsight.access.actor import Actor, Subject
from lineofsight.catalogue.refs import new_ref


def worker_ref() -> str:
    return new_ref("W")


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

    def actor(self, today: date | None = None) -> Actor:
        """This worker on this request. Roles are read now: an ended one is gone at once (A-D8)."""
        today = today or date.today()
        roles = self.roles.filter(Q(until=None) | Q(until__gt=today), since__lte=today)
        return Actor(
            ref=self.ref,
            name=self.name,
            agency=self.agency.code,
            team=self.team.name if self.team else "",
            roles=frozenset(roles.values_list("role", flat=True)) if self.is_active else frozenset(),
        )

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
