"""How the answers to questions of who is who are doing: how long they take, and how far two people agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from statistics import median
from typing import Any

from django.db.models import F, Q

from lineofsight.access import guard
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import matching as settings
from lineofsight.catalogue.errors import NotFound
from lineofsight.people import guarding, queries
from lineofsight.people.models import Judgement, SecondAnswer


@dataclass(frozen=True, slots=True)
class Answering:
    """Of the answers in force. `seconds`: the median from shown to answered, None where no page was timed.
    `waiting`: pairs that the asker may answer a second time. `agreed` of `twice` pairs had the same answer
    from both."""

    answers: int
    seconds: int | None
    waiting: int
    twice: int
    agreed: int
    differing: tuple[queries.Pair, ...] = ()


def sampled(judgement: int, one_in: int) -> bool:
    """Whether an answer is one of those put to a second person: by its number, stirred, so that nobody can tell
    beforehand and asking again gives the same."""
    return int(blake2b(str(judgement).encode(), digest_size=4).hexdigest(), 16) % one_in == 0


def second_looks(actor: Actor) -> list[Judgement]:
    """Answers by others that wait for this person's second one, oldest first."""
    require(actor, Permission.MATCH_DECIDE, Subject.partnership())
    one_in = settings.second_look_one_in()
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        rows = (
            Judgement.objects.filter(source="person", withdrawn_at=None, second=None)
            .exclude(by_ref=actor.ref)
            .exclude(Q(a__in=shut) | Q(b__in=shut))
            .select_related("a__person", "b__person")
            .order_by("id")
        )
        return [row for row in rows if sampled(row.pk, one_in)]


def answering(actor: Actor) -> Answering:
    waiting = second_looks(actor)
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        standing = Judgement.objects.filter(source="person", withdrawn_at=None)
        timed = [taken for taken in standing.values_list("seconds", flat=True) if taken is not None]
        twice = SecondAnswer.objects.filter(judgement__withdrawn_at=None)
        apart = twice.exclude(verdict=F("judgement__verdict"))
        lines = [
            queries.line_of(one.judgement)
            for one in apart.exclude(Q(judgement__a__in=shut) | Q(judgement__b__in=shut))
            .select_related("judgement__a__person", "judgement__b__person")
            .order_by("-id")[:20]
        ]
        found = Answering(
            answers=standing.count(), seconds=round(median(timed)) if timed else None, waiting=len(waiting),
            twice=twice.count(), agreed=twice.count() - apart.count(), differing=tuple(lines),
        )  # fmt: skip
    if lines:
        queries.note_pairs(actor, lines)
    return found


def get_second_look(actor: Actor, one: str, other: str) -> tuple[Judgement, queries.Question]:
    """A pair to answer a second time, as it was before anybody answered: what each record says, and neither the
    first answer nor what it joined."""
    a, b = queries.pair(actor, one, other)
    judgement = next((row for row in second_looks(actor) if (row.a_id, row.b_id) == (a.pk, b.pk)), None)
    if judgement is None:
        raise NotFound("This pair does not wait for a second answer of yours.")
    with guard.as_system("who is who"):
        asked = queries.question_of(actor, a, b)
    blind: dict[str, Any] = {"others": (), "person_name": ""}
    return judgement, replace(
        asked, a=replace(asked.a, **blind), b=replace(asked.b, **blind), joins=(), standing="", decided_by="",
        decided_at=None, note="",
    )  # fmt: skip
