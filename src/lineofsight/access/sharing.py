"""Decisions to share, and not to share, something about a child (section 16LA as much as any refusal).

Both are recorded, because both can be wrong. A decision not to share is seen within the agency that took it:
elsewhere it would tell what was kept back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from lineofsight.access.actor import Actor, PersonSubject
from lineofsight.access.deeds import Guarded, deed, looked
from lineofsight.access.models import SharingDecision
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock, gateways
from lineofsight.catalogue.errors import Refused


@deed(Permission.SHARING_DECIDE, on="child")
def decide_sharing(
    *, child: Guarded, shared: bool, what: str, with_whom: str, gateway: str, reason: str, told_family: str,
    by: Actor, told_why: str = "",
) -> SharingDecision:  # fmt: skip
    """Record that something was shared, or was not, with whom, on which gateway and why."""
    for name, value, words in (
        ("what", what, "Say what was asked for or offered."),
        ("with_whom", with_whom, "Say with whom."),
        ("reason", reason, "Say why. It stands beside the decision."),
    ):
        if not value.strip():
            raise Refused(words, field=name)
    known = gateways.gateways().get(gateway)
    if known is None or not known.is_in_date(clock.now().date()):
        raise Refused("Choose the gateway on which it rests.", field="gateway")
    if told_family not in gateways.told():
        raise Refused("Say whether the family was told.", field="told_family")
    if told_family != "told" and not told_why.strip():
        raise Refused("Say why the family was not told, or not yet.", field="told_why")
    return SharingDecision.objects.create(
        about=child.subject().ref, shared=shared, what=what.strip(), with_whom=with_whom.strip()[:200],
        gateway=gateway, reason=reason.strip(), told_family=told_family, told_why=told_why.strip(), at=clock.now(),
        by_ref=by.ref, by_name=by.name, agency=by.agency,
    )  # fmt: skip


def decisions(by: Actor, child: PersonSubject, refs: Iterable[str]) -> list[SharingDecision]:
    """What was decided about this person, under any reference that leads to them; the look is recorded."""
    looked(by, Permission.SHARING_DECIDE, child)
    rows = SharingDecision.objects.filter(Q(shared=True) | Q(agency=by.agency), about__in=list(refs))
    return list(rows[:200])
