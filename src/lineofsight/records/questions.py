"""Reads about spellings: which wait for an answer, which have one. Every function takes the actor first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import looked, require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import NotFound
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.records import maps, settling
from lineofsight.records.fields import Field
from lineofsight.records.grouping import Group, grouped
from lineofsight.records.models import Delivery, MetValue, SettledValue
from lineofsight.records.values import Reader, spellings


@dataclass(frozen=True, slots=True)
class Waiting:
    """Spellings of one field of an agency that nobody explained, with how often files showed each."""

    field: Field
    spellings: dict[str, int]

    @property
    def times(self) -> int:
        return sum(self.spellings.values())


def waiting_values(actor: Actor, agency: str) -> list[Waiting]:
    """What waits for an answer at this agency, the field met most often first."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    return _waiting(agency)


def _waiting(agency: str) -> list[Waiting]:
    met = (
        MetValue.objects.filter(delivery__agency__code=agency, delivery__state=Delivery.COMMITTED)
        .order_by()
        .values_list("field", "spelling")
        .annotate(times=Sum("times"))
    )
    by_field: dict[str, dict[str, int]] = {}
    for field, spelling, times in met:
        by_field.setdefault(field, {})[spelling] = times
    if not by_field:
        return []
    known, decided = settling.fields_for(agency), maps.decisions_for(agency)
    found = []
    for key, met_spellings in by_field.items():
        if key not in known:
            continue
        reader = Reader(known[key].codes, decided.get(key))
        asked = {text: times for text, times in met_spellings.items() if not reader.read(text).known}
        if asked:
            found.append(Waiting(known[key], asked))
    return sorted(found, key=lambda waiting: (-waiting.times, waiting.field.key))


def count_waiting(actor: Actor) -> dict[str, int]:
    """How many spellings wait at each agency that has any."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    found = {}
    for agency in settling.agencies_of(""):
        spellings_waiting = sum(len(waiting.spellings) for waiting in _waiting(agency))
        if spellings_waiting:
            found[agency] = spellings_waiting
    return found


def groups_waiting(actor: Actor, agency: str, field: str) -> tuple[Field, list[Group]]:
    """The spellings of one field that wait, put together as they may be answered. The look is recorded."""
    looked(actor, Permission.FILES_VIEW, Subject.partnership(), values=field, agency=agency)
    waiting = next((one for one in _waiting(agency) if one.field.key == field), None)
    if waiting is None:
        known = settling.fields_for(agency).get(field)
        if known is None:
            raise NotFound(
                "There is no list of values with this name. Open the agency’s page and choose there."
            )
        return known, []
    return waiting.field, grouped(waiting.spellings, spellings(waiting.field.codes), _answers(field))


def _answers(field: str) -> list[tuple[str, str]]:
    """What people of any agency said of this field's spellings: it makes good suggestions for others."""
    stand = SettledValue.objects.filter(field=field, undone_at=None).exclude(code="").order_by("id")
    return list(stand.values_list("spelling", "code"))


def settled_values(
    actor: Actor, agency: str | None = None, *, limit: int | None = None
) -> list[SettledValue]:
    """Answers, newest first, undone ones among them; of one agency ("" for all agencies') or of everyone."""
    require(actor, Permission.FILES_VIEW, Subject.partnership())
    found = SettledValue.objects.order_by("-id")
    if agency is not None:
        found = found.filter(agency=agency)
    return list(found[:limit] if limit else found)


def get_settled(actor: Actor, ref: str, *, together: bool = False) -> list[SettledValue]:
    """One answer that stands, or all that still stand of those given in one go with it."""
    looked(actor, Permission.FILES_VIEW, Subject.partnership(), value=tidy_ref(ref))
    one = SettledValue.objects.filter(ref=tidy_ref(ref)).first()
    if one is None:
        raise NotFound(
            "There is no answer with that reference. Open the list of answers and choose from there."
        )
    if not together:
        return [one]
    return list(SettledValue.objects.filter(together=one.together, undone_at=None).order_by("id"))


def words_of(settled: Sequence[SettledValue], agency: str = "") -> list[dict[str, Any]]:
    """Answers with the words for their field and value."""
    known = settling.fields_for(agency)
    return [
        {
            "answer": one,
            "field": known[one.field].title if one.field in known else one.field,
            "means": (
                known[one.field].codes.values.get(one.code, one.code) if one.field in known else one.code
            )
            if one.code
            else "",
        }
        for one in settled
    ]
