"""Keys for agencies' own systems: made once and shown once, dated, revoked, never kept as they are."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from lineofsight.access.actor import Actor, Role
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.partners import agreements
from lineofsight.partners.models import Agency
from lineofsight.partners.sealing import digest
from lineofsight.records import files, services
from lineofsight.records.models import ApiDelivery, ApiKey, Delivery

PREFIX = "los_"
#: Longest that a key may be good for: two years are two changes of staff.
LONGEST_DAYS = 730


@deed(Permission.PARTNERS_MANAGE)
def make_key(
    *, agency: Agency, name: str, days: int, by: Actor, start: date | None = None
) -> tuple[ApiKey, str]:
    """A new key for one agency. Returns it with its secret, which nobody can be shown again."""
    if not name.strip():
        raise Refused("Say what the key is for, such as “nightly export of the case system”.", field="name")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused(f"A key is good for between 1 and {LONGEST_DAYS} days.", field="days")
    secret = PREFIX + secrets.token_urlsafe(32)
    first = start or timezone.localdate()
    key = ApiKey.objects.create(
        agency=agency, name=name.strip()[:100], digest=digest("api key", secret), made_by=by.name,
        made_at=timezone.now(), valid_from=first, valid_to=first + timedelta(days=days - 1),
    )  # fmt: skip
    return key, secret


@deed(Permission.PARTNERS_MANAGE, on="key")
def revoke_key(*, key: ApiKey, by: Actor) -> ApiKey:
    """From this moment the key opens nothing. That it was there, and who ended it, stays."""
    if key.revoked_at is not None:
        raise Refused("This key was revoked already.")
    key.revoked_at, key.revoked_by = timezone.now(), by.name
    key.save(update_fields=["revoked_at", "revoked_by"])
    return key


def every_key() -> list[ApiKey]:
    return list(ApiKey.objects.select_related("agency").order_by("agency", "-id"))


def get_key(ref: str) -> ApiKey:
    found = ApiKey.objects.filter(ref=tidy_ref(ref)).first()
    if found is None:
        raise NotFound("There is no key with that reference.")
    return found


def key_for(secret: str) -> ApiKey | None:
    """The key that this secret opens today."""
    today = timezone.localdate()
    return ApiKey.objects.select_related("agency").filter(
        digest=digest("api key", secret), revoked_at=None, valid_from__lte=today, valid_to__gte=today,
        agency__suspended_at=None,
    ).first()  # fmt: skip


def actor_of(key: ApiKey) -> Actor:
    """Who the ledger names: the key itself, for its agency, with what handling files needs."""
    return Actor(
        f"key:{key.ref}", f"{key.name} (key of {key.agency_id})", key.agency_id,
        roles=frozenset({Role.INFORMATION_OFFICER}), barred=agreements.barred(key.agency),
    )  # fmt: skip


def own_delivery(key: ApiKey, ref: str) -> Delivery:
    """A file of the key's own agency; another agency's looks as if it were not there."""
    found = Delivery.objects.select_related("agency").filter(ref=tidy_ref(ref), agency=key.agency).first()
    if found is None:
        raise NotFound("Your agency has no file with that reference.")
    return found


def bring_in(
    *, key: ApiKey, idempotency_key: str, file_name: str, content: Any, by: Actor, **about: Any
) -> tuple[Delivery, bool]:
    """Receive and stage a file once for an idempotency key. Returns it, and whether it was there already."""
    if not idempotency_key or len(idempotency_key) > 200:
        raise Refused("Send an Idempotency-Key header of at most 200 letters: the same for the same file.")
    kept = files.keep(content, name=files.tidy_name(file_name), most_mib=about.pop("most_mib"))
    with connection.cursor() as cursor:
        # Two calls at once with one key: the second waits and finds what the first did.
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 42))", [f"{key.pk} {idempotency_key}"])
    try:
        before = (
            ApiDelivery.objects.select_related("delivery")
            .filter(key=key, idempotency_key=idempotency_key)
            .first()
        )
        if before is not None:
            if before.sha256 != kept.sha256:
                raise Refused("This Idempotency-Key was used for another file. Use a new one for each file.")
            return before.delivery, True
        taken = services.receive(
            agency=key.agency,
            file_name=file_name,
            content=files.read_chunks(files.path_of(kept.sha256)),
            by=by,
            **about,
        )
        ApiDelivery.objects.create(
            key=key, idempotency_key=idempotency_key, sha256=kept.sha256, delivery=taken
        )
        return services.stage_or_refuse(delivery=taken, by=by), False
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(hashtextextended(%s, 42))", [f"{key.pk} {idempotency_key}"]
            )
