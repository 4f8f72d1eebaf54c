"""A child's picture with how far the agencies' files reach: gathered here for pages, documents and commands alike."""

from __future__ import annotations

from collections.abc import Sequence

from lineofsight.access.actor import Actor
from lineofsight.chronology import held, matters, picture
from lineofsight.chronology.knowing import Known
from lineofsight.chronology.picture import Reading
from lineofsight.people.queries import Child
from lineofsight.people.sayings import sayings
from lineofsight.records import feeds


def read(actor: Actor, child: Child, known: Known | None = None) -> Reading:
    return picture.read(actor, child, feeds.feeds(at=known.at if known else None), known=known)


def facts_of(actor: Actor, child: Child, reading: Reading, known: Known | None = None) -> Sequence[held.Row]:
    sources = [] if known else [one.source for one in sayings(child)]
    return matters.facts(actor, child, reading, sent=feeds.sent_to(sources), known=known)
