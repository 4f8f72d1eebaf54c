"""How a person is protected now: for the page on which that is changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from lineofsight.access import guard
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import looked
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.people.models import Tie
from lineofsight.people.queries import Child

SHIELDS = ((Tie.LOCATION, "Hidden location"), (Tie.SEALED, "Sealed person"))
NAMED_FOR = (
    (Tie.LOCATION_GRANT, "The hidden location"), (Tie.LISTED, "The sealed person"),
    (Tie.IDENTITY_GRANT, "The former identity"),
)  # fmt: skip
#: Shown there. Conflicts are not: whom a worker knows is their own affair.
SHOWN = (*(kind for kind, _ in (*SHIELDS, *NAMED_FOR)), Tie.EXCLUDED, Tie.HOUSEHOLD, Tie.PANEL, Tie.LEAD)


@dataclass(frozen=True, slots=True)
class Standing:
    """One tie in date. `what`: its kind, as the page groups them."""

    what: str
    worker: str
    agency: str
    value: str
    reason: str
    since: object
    review_on: object
    by: str


@dataclass(frozen=True, slots=True)
class Protection:
    ties: tuple[Standing, ...]

    def of(self, *kinds: str) -> list[Standing]:
        return [tie for tie in self.ties if tie.what in kinds]

    @property
    def panels(self) -> list[str]:
        return sorted({tie.value for tie in self.of(Tie.PANEL)})


def protection(actor: Actor, child: Child) -> Protection:
    """What stands now; the look is recorded."""
    looked(actor, Permission.PROTECTION_CHANGE, child.subject())
    now = clock.now()
    with guard.as_system("how a person is protected"):
        rows = Tie.objects.filter(
            Q(until=None) | Q(until__gt=now), identity__in=child.identity_ids, since__lte=now, kind__in=SHOWN
        ).order_by("since", "id")
        return Protection(
            tuple(
                Standing(t.kind, t.worker_ref, t.agency, t.value, t.reason, t.since, t.review_on, t.by_name)
                for t in rows
            )
        )
