"""What every record of a child says of them, now or as it was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from lineofsight.people.models import Statement
from lineofsight.people.queries import Child


@dataclass(frozen=True, slots=True)
class Saying:
    """One source row's statement. `source` is its key in `records`; `record` is whose of the child's records it is."""

    agency: str
    facts: Mapping[str, Any]
    received_at: datetime
    source: int
    label: str
    record: int = 0


def sayings(child: Child, *, at: datetime | None = None) -> tuple[Saying, ...]:
    """In an order that does not depend on how they came. The caller has looked the child up."""
    rows = Statement.objects.filter(identity__in=child.identity_ids)
    if at is None:
        rows = rows.filter(live=True)
    else:
        rows = rows.filter(Q(superseded_at=None) | Q(superseded_at__gt=at), received_at__lte=at)
    agencies = {identity.pk: identity.agency for identity in child.identities}
    return tuple(
        Saying(agencies[identity], facts, received_at, source, label, identity)
        for identity, facts, received_at, source, label in rows.order_by("label", "join").values_list(
            "identity_id", "facts", "received_at", "source", "label"
        )
    )
