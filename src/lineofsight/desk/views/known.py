"""As known then: chronology, facts and picture on a past date, as the partnership or one agency knew it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access.actor import Actor
from lineofsight.chronology import knowing, picture
from lineofsight.chronology.knowing import Known
from lineofsight.desk import forms
from lineofsight.desk.reading import facts_of, read
from lineofsight.desk.views.asking import actor_of
from lineofsight.desk.views.child import surround
from lineofsight.partners import queries as partners
from lineofsight.people import past
from lineofsight.people import queries as people
from lineofsight.people.queries import Child, Identity
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page

SHOWN = 50

#: How far the slider goes; a day further back is written.
FURTHEST = 730


@asks("on", "then", "to", "record", "shown", "day", "back")
@require_GET
def as_known(request: HttpRequest, ref: str) -> HttpResponse:
    actor = actor_of(request)
    child = people.get_child(actor, ref, purpose="as known then")
    if ref != child.ref:
        return redirect("desk:as_known", child.ref)
    names = partners.agencies_by_code()
    form = forms.KnownForm(
        request.GET or None,
        agencies=[(code, names[code].name) for code in child.agencies],
    )
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    today = timezone.localdate()
    on = chosen_day(request, forms.last_day(given.get("on")), today)
    form.show(on)
    then = forms.last_day(given.get("then"))
    to = given.get("to") or ""
    known = Known.on(on, to, request.GET.get("record", ""))
    stood = knowing.then(actor, child, known)
    reading = read(actor, child, known)
    items = sorted(reading.items, key=lambda item: -item.start)
    compared = None
    sides: tuple[Side, ...] = ()
    if then is not None and then != on:
        first, second = sorted((on, then))
        compared = knowing.between(actor, child, to, Known.on(first).at, Known.on(second).at)
        sides = tuple(side_of(actor, child, Known.on(day, to)) for day in (first, second))
    learnt = compared.learnt if compared else ()
    return page(
        request,
        "desk/as_known.jinja",
        title=f"As known on {on.day} {on:%B %Y}: {child.name}",
        **surround(request, child, "as_known"),
        form=form,
        on=on,
        then=then,
        to=to,
        items=items[:SHOWN],
        more=max(0, len(items) - SHOWN),
        views=picture.views_for(actor, reading.child, items[:SHOWN]),
        found=reading.picture,
        gap_views=picture.views_for(actor, reading.child, [gap.item for gap in reading.picture.gaps]),
        stood=stood,
        first=knowing.first_received(actor, child),
        sides=sides,
        table=facts_of(actor, child, reading, known),
        compared=compared,
        titles=knowing.titles_of(
            actor, child, [*(one.version for one in learnt), *(compared.dropped if compared else ())]
        ),
        days_back=[(label, today - timedelta(days=days)) for label, days in BACK],
        today=today,
        furthest=FURTHEST,
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of two days, in few words. `facts`: by fact, what each agency held."""

    day: date
    entries: int
    several: int
    gaps: int
    records: tuple[Identity, ...]
    facts: Mapping[str, tuple[tuple[str, str], ...]]


def side_of(actor: Actor, child: Child, known: Known) -> Side:
    reading = read(actor, child, known)
    table = facts_of(actor, child, reading, known)
    return Side(
        timezone.localtime(known.at).date(), len(reading.items), len(reading.picture.occurrences),
        len(reading.picture.gaps), past.in_by(reading.child, known.at),
        {
            row.fact.label: tuple((c.agency, "; ".join(v.text for v in c.values)) for c in row.cells if c.values)
            for row in table
        },
    )  # fmt: skip


BACK = (("a week ago", 7), ("a month ago", 30), ("three months ago", 91), ("a year ago", 365))


def chosen_day(request: HttpRequest, written: date | None, today: date) -> date:
    """The day that was written, unless it is still the one shown and the slider was moved away from it."""
    slid = day_given(request, today)
    if written is not None and (slid is None or request.GET.get("shown") != written.isoformat()):
        return written
    return slid or written or today


def day_given(request: HttpRequest, today: date) -> date | None:
    """A link gives a day as the calendar writes it, the slider so many days back."""
    try:
        if request.GET.get("day"):
            return date.fromisoformat(request.GET["day"])
        back = int(request.GET["back"])
    except (KeyError, ValueError):
        return None
    return today + timedelta(days=max(-FURTHEST, min(0, back)))
