"""Reads about people. Every function takes the actor first; one that returns a single child records the look."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Greatest, Least, RowNumber

from lineofsight.access import alerts, guard, ledger
from lineofsight.access.actor import Actor, PersonSubject, Role, Subject
from lineofsight.access.deeds import NOTHING_HERE, looked, require
from lineofsight.access.policy import Field, Permission, decide, hidden_of_person, may_see_location, ways
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.people import guarding, matching
from lineofsight.people.models import (
    CircleMember,
    Judgement,
    LearntModel,
    NameCount,
    Person,
    Profile,
    Proposal,
    SourceIdentity,
    Statement,
    Tie,
    WholeRun,
)
from lineofsight.people.names import fold


@dataclass(frozen=True, slots=True)
class Said:
    """One source row's statement about someone, as shown beside its source."""

    label: str
    facts: dict[str, Any]
    received_at: datetime
    source: int


@dataclass(frozen=True, slots=True)
class Identity:
    """One agency's own record of the person."""

    pk: int
    ref: str
    agency: str
    system: str
    local_id: str
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A worker, or a whole team, in the team around the child. `sleeps`: given for one of two people who have
    become one since, and to be looked at again."""

    pk: int
    worker_ref: str
    team: str
    role: str
    since: datetime
    until: datetime | None
    sleeps: bool = False

    def is_in(self, at: datetime) -> bool:
        return not self.sleeps and self.since <= at and (self.until is None or self.until > at)


@dataclass(frozen=True, slots=True)
class Child:
    """A person with the records that form them. `ref` is the reference to show and to link to."""

    pk: int
    ref: str
    name: str
    kind: str
    birth_from: date | None
    birth_to: date | None
    agencies: tuple[str, ...]
    identities: tuple[Identity, ...]
    guarded: PersonSubject
    circle: tuple[Member, ...] = field(default=())

    def subject(self) -> PersonSubject:
        return self.guarded

    @property
    def identity_ids(self) -> list[int]:
        return [identity.pk for identity in self.identities]


def person_of(ref: str) -> Person:
    """The person that any reference of theirs leads to, an absorbed one too."""
    with guard.as_system("a reference"):
        identity = SourceIdentity.objects.select_related("person").filter(ref=tidy_ref(ref)).first()
    if identity is None:
        raise NotFound(NOTHING_HERE)
    return identity.person


def references_of(ref: str) -> list[str]:
    """Every reference that leads to the same person, this one included; alone when it leads to nobody, as
    for someone whose records have gone. For questions to the ledger."""
    with guard.as_system("every reference of a person"):
        person = Person.objects.filter(identities__ref=tidy_ref(ref)).first()
        if person is None:
            return [tidy_ref(ref)]
        return list(person.identities.order_by("id").values_list("ref", flat=True))


def assemble(person: Person, guarded: PersonSubject | None = None, *, with_statements: bool = False) -> Child:
    """The person with everything that forms them. Shows nothing by itself: the caller asks the policy with
    `subject()` before any of it leaves."""
    return assemble_all([person], {person.pk: guarded} if guarded else None, with_statements=with_statements)[
        0
    ]


def assemble_all(
    people: Sequence[Person],
    guarded: Mapping[int, PersonSubject] | None = None,
    *,
    with_statements: bool = False,
) -> list[Child]:
    """The same for many, in as many queries as for one."""
    pks = [person.pk for person in people]
    with guard.as_system("a child"):
        identities: dict[int, list[Identity]] = defaultdict(list)
        said: dict[int, list[Said]] = defaultdict(list)
        if with_statements:
            for row in Statement.objects.filter(identity__person__in=pks, live=True).order_by("label"):
                said[row.identity_id].append(Said(row.label, row.facts, row.received_at, row.source))
        for i in SourceIdentity.objects.filter(person__in=pks).order_by("id"):
            identities[i.person_id].append(
                Identity(i.pk, i.ref, i.agency_id, i.system, i.local_id, tuple(said[i.pk]))
            )
        circles: dict[int, list[CircleMember]] = defaultdict(list)
        for m in (
            CircleMember.objects.filter(identity__person__in=pks)
            .select_related("identity")
            .order_by("since", "id")
        ):
            circles[m.identity.person_id].append(m)
    described = guarded or guarding.subjects(pks)
    return [
        Child(
            pk=person.pk,
            ref=person.ref,
            name=person.name or "Name not known",
            kind=person.kind,
            birth_from=person.birth_from,
            birth_to=person.birth_to,
            agencies=tuple(person.agencies),
            identities=tuple(identities[person.pk]),
            guarded=described[person.pk],
            circle=tuple(
                Member(
                    m.pk, m.worker_ref, str(m.team_id or ""), m.role, m.since, m.until,
                    sleeps=m.for_ref != person.ref,
                )
                for m in circles[person.pk]
            ),
        )
        for person in people
    ]  # fmt: skip


def get_child(actor: Actor, ref: str, *, purpose: str = "page", with_statements: bool = False) -> Child:
    """The child, with the look recorded. A reference that never was is decided like a child whom nobody may
    see, on the same way and in the same time, so that the two cannot be told apart (A-X1)."""
    # In one stretch as the product itself, so that the database is told once.
    with guard.as_system("a child, after the decision"):
        identity = SourceIdentity.objects.select_related("person").filter(ref=tidy_ref(ref)).first()
        person = identity.person if identity else None
        subject = guarding.subjects([person.pk if person else -1]).get(person.pk if person else -1)
        looked(actor, Permission.CHILD_VIEW, subject or PersonSubject("child", tidy_ref(ref)), opened=purpose)
        if person is None or subject is None:
            raise NotFound(NOTHING_HERE)
        if subject.location_hidden and may_see_location(actor, subject):
            note_location(actor, subject)
        return assemble(person, subject, with_statements=with_statements)


def note_location(actor: Actor, subject: PersonSubject) -> None:
    """Someone named for a hidden location has it before them: told to guardians once a day (W-1)."""
    today = clock.now() - timedelta(days=1)
    if not actor.has(Role.OPERATOR) and not alerts.already_open(
        "location_opened", actor.ref, subject.ref, since=today
    ):
        alerts.raise_alert("location_opened", actor, about=subject.ref, agencies=sorted(subject.involved))


def visible_people(actor: Actor) -> QuerySet[Person]:
    """The list form of the policy's CHILD_VIEW; a test holds the two together."""
    everyone = Person.objects.filter(Exists(SourceIdentity.objects.filter(person=OuterRef("pk"))))
    within = guarding.reach(actor)
    return everyone if within.everything else everyone.filter(pk__in=within.people)


def my_children(actor: Actor) -> list[tuple[Person, str]]:
    """Children in whose team this worker is now, in their own name or through their team, with the role. The
    list is recorded."""
    now = clock.now()
    mine = Q(worker_ref=actor.ref) | (Q(team=int(actor.team)) if actor.team else Q(pk=None))
    rows = (
        CircleMember.objects.filter(
            mine, Q(until=None) | Q(until__gt=now), since__lte=now, for_ref=F("identity__person__ref"),
            identity__person__in=visible_people(actor),
        )
        .select_related("identity__person")
        .order_by("identity__person__name", "id")
    )  # fmt: skip
    found: dict[int, tuple[Person, str]] = {}
    for row in rows:
        found.setdefault(row.identity.person_id, (row.identity.person, row.role))
    ledger.write(
        actor, Permission.CHILD_VIEW, Subject.partnership(), outcome=ledger.LOOKED,
        people=[person.ref for person, _ in found.values()],
        detail={"listed": len(found), "opened": "own children"},
    )  # fmt: skip
    return list(found.values())


def busiest_children(actor: Actor, *, besides: str, limit: int) -> list[str]:
    """Children whom most agencies hold a record of, for the demo's teams: by count of agencies, then ref."""
    rows = (
        visible_people(actor)
        .filter(kind="child")
        .exclude(ref=besides)
        .order_by(F("agencies__len").desc(), "ref")
    )
    return list(rows.values_list("ref", flat=True)[:limit])


# --- search -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One person found, with what tells them from the next."""

    ref: str
    name: str
    kind: str
    birth_from: date | None
    birth_to: date | None
    agencies: tuple[str, ...]
    why: tuple[str, ...]
    also_known: tuple[str, ...]
    places: tuple[str, ...]
    score: float


CANDIDATES = 400


def search(actor: Actor, text: str, *, limit: int = 25) -> list[Hit]:
    """People this actor may see who fit what was typed: a name as it sounds, a nickname, a date of birth,
    an identifier, a street or postcode, or a reference. Best first, one row per person."""
    require(actor, Permission.CHILDREN_SEARCH, Subject.partnership())
    text = text.strip()
    if not text:
        return []
    hits = by_reference(actor, text) or by_terms(actor, text, limit)
    ledger.write(
        actor,
        Permission.CHILDREN_SEARCH,
        Subject.partnership(),
        outcome=ledger.LOOKED,
        detail={"found": len(hits), "terms": ledger.terms_hash(text)},
        people=[hit.ref for hit in hits],
    )
    return hits


def by_reference(actor: Actor, text: str) -> list[Hit]:
    ref = tidy_ref(text)
    if not (len(ref) == 13 and ref.startswith("P")):
        return []
    identity = SourceIdentity.objects.filter(ref=ref).first()
    if identity is None or not visible_people(actor).filter(pk=identity.person_id).exists():
        return []
    return hits_for(actor, {identity.person_id: (1.0, ("reference",))})


def by_terms(actor: Actor, text: str, limit: int) -> list[Hit]:
    query = matching.search_query(text)
    # Asked for among the people this actor may see, not sifted afterwards: a name that thousands bear must
    # not crowd out the one child that a worker knows.
    within = guarding.reach(actor)
    found = candidate_profiles(query, None if within.everything else within.records)
    allowed = {row.identity.person_id for row in found}
    guarded = guarding.subjects(allowed)
    scored: dict[int, tuple[float, tuple[str, ...]]] = {}
    for row in found:
        person = row.identity.person_id
        profile = matching.Profile.from_dict(row.data)
        if not may_see_location(actor, guarded[person]):
            # Nobody is found by where they are who may not be shown to be there.
            profile = replace(profile, postcodes=(), addresses=(), phones=())
        score, why = matching.rank(query, profile)
        if score > 0 and (person not in scored or score > scored[person][0]):
            scored[person] = (score, tuple(why))
    best = sorted(scored, key=lambda key: (-scored[key][0], key))[:limit]
    return hits_for(actor, {key: scored[key] for key in best})


def candidate_profiles(
    query: matching.ParsedQuery, records: Collection[int] | None = None, *, through: bool = False
) -> list[Profile]:
    """Stored profiles of these records (None: of all) worth ranking: all groups of the query first, then fewer. Within a
    number of groups, those that have the words as typed come before those that only sound so. `through`: all
    the way to fewer, whoever is found first, so that the time tells nothing of one of them."""
    groups = [list(group) for group in query.groups()]
    rows = Profile.objects.select_related("identity")
    if records is not None:
        rows = rows.filter(identity__among=records)
    found: dict[int, Profile] = {}
    for needed in range(len(groups), 0, -1):
        for asked in ([group[:1] for group in groups], groups):
            if len(found) < CANDIDATES:
                some = rows.filter(_sharing(asked, needed))[: CANDIDATES - len(found)]
                found |= {row.identity_id: row for row in some}
        if found and not through:
            break
    return list(found.values())


def _sharing(groups: Sequence[list[str]], needed: int) -> Q:
    """Records that have a term of each of `needed` groups that stand next to one another."""
    clauses = Q()
    for start in range(len(groups) - needed + 1):
        part = Q()
        for group in groups[start : start + needed]:
            part &= Q(terms__overlap=group)
        clauses |= part
    return clauses


def hits_for(actor: Actor, scored: dict[int, tuple[float, tuple[str, ...]]]) -> list[Hit]:
    """Hits in the order given, each with other names and places that tell two similar people apart."""
    guarded = guarding.subjects(list(scored))
    people = Person.objects.in_bulk(list(scored))
    names: dict[int, dict[str, None]] = defaultdict(dict)
    places: dict[int, dict[str, None]] = defaultdict(dict)
    statements = Statement.objects.filter(identity__person__in=list(scored), live=True)
    for row in statements.select_related("identity").order_by("identity_id", "label"):
        person = people[row.identity.person_id]
        for name in row.facts.get("names", ()):
            words = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
            if words and words.casefold() != person.name.casefold():
                names[person.pk][words] = None
        if may_see_location(actor, guarded[person.pk]):
            for address in row.facts.get("addresses", ()):
                place = ", ".join(filter(None, (address.get("text"), address.get("postcode"))))
                if place:
                    places[person.pk][place] = None
    return [
        Hit(
            ref=found.ref,
            name=found.name or "Name not known",
            kind=found.kind,
            birth_from=found.birth_from,
            birth_to=found.birth_to,
            agencies=tuple(found.agencies),
            why=scored[key][1],
            also_known=tuple(names[key])[:4],
            places=tuple(places[key])[:2],
            score=scored[key][0],
        )
        for key in scored
        for found in [people.get(key)]
        if found is not None
    ]


# --- who is who ---------------------------------------------------------------------------------------


def of_two_people(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the two people that a pair's records are with today, lower first: `low` and `high`."""
    return rows.annotate(
        low=Least("a__person_id", "b__person_id"), high=Greatest("a__person_id", "b__person_id")
    )


def open_questions(shut: Collection[int] = ()) -> QuerySet[Judgement]:
    """Pairs the model would not settle alone and nobody has answered; also joins that the model wanted and
    the clusters refused. `shut`: records of people whom the asker may not know of.

    The answer that removes most doubt comes first: `settles` counts the open questions between the same two
    people, which one answer settles together; then what came last, and of that what is likeliest, because it
    hides most from those who need it. What somebody has said of two people is not asked again of other records
    of theirs, and what waits for a second custodian is asked of them alone."""
    answers = Judgement.objects.filter(source="person", withdrawn_at=None)
    answered = answers.filter(a=OuterRef("a"), b=OuterRef("b"))
    proposed = of_two_people(Proposal.objects.filter(closed_at=None)).filter(
        low=OuterRef("low"), high=OuterRef("high")
    )
    said_different = of_two_people(answers.filter(verdict="different")).filter(
        low=OuterRef("low"), high=OuterRef("high")
    )
    return (
        of_two_people(Judgement.objects.filter(withdrawn_at=None, source="model"))
        .exclude(a__person=F("b__person"))
        .filter(~Exists(answered), ~Exists(said_different), ~Exists(proposed))
        .exclude(Q(a__in=shut) | Q(b__in=shut))
        .annotate(settles=Window(Count("id"), partition_by=["low", "high"]))
        .order_by("-settles", "-at", "-probability", "id")
    )


def asked_once(shut: Collection[int] = ()) -> QuerySet[Judgement]:
    """The open questions with one line for each two people: of the pairs of their records, the one to ask about.
    However many agencies hold the two, a person is asked about them once."""
    first = Window(
        RowNumber(),
        partition_by=["low", "high"],
        order_by=[F("at").desc(), F("probability").desc(), F("id").asc()],
    )
    return open_questions(shut).annotate(place=first).filter(place=1)


def count_questions(actor: Actor) -> int:
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        return asked_once(shut).count()


def latest_run(actor: Actor) -> WholeRun | None:
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    with guard.as_system("who is who"):
        return WholeRun.objects.defer("names_before", "held_before").order_by("-at").first()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records of a question, with the person it belongs to today."""

    identity: Identity
    person_ref: str
    person_name: str
    others: tuple[Identity, ...]
    birth: tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Question:
    """Is this the same person? Everything needed to answer, side by side, in words.

    `words` explains the pair; `reasons` says why the model would not settle it alone; `joins` is what an
    answer “same” would put together (identities of both sides); `standing` is a person's answer."""

    a: Side
    b: Side
    probability: float
    reasons: tuple[str, ...]
    words: tuple[str, ...]
    joins: tuple[Identity, ...]
    standing: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""


def pair(actor: Actor, one: str, other: str) -> tuple[SourceIdentity, SourceIdentity]:
    """Two records by reference, in the order in which judgements keep them."""
    first, second = identity_by_ref(actor, one), identity_by_ref(actor, other)
    return (first, second) if first.pk < second.pk else (second, first)


def get_question(actor: Actor, one: str, other: str) -> Question:
    """One pair, answered or not. Both looks are recorded."""
    a, b = pair(actor, one, other)
    with guard.as_system("who is who"):
        return question_of(actor, a, b)


def question_of(actor: Actor, a: SourceIdentity, b: SourceIdentity) -> Question:
    for person in (a.person, b.person):
        ledger.write(
            actor, Permission.MATCH_VIEW, Subject("child", person.ref), outcome=ledger.LOOKED,
            purpose="who is who",
        )  # fmt: skip
    model = Judgement.objects.filter(a=a, b=b, source="model", withdrawn_at=None).first()
    answer = standing_answer(a, b)
    left, right = side_of(a), side_of(b)
    return Question(
        a=left,
        b=right,
        probability=(model.probability or 0.0) if model else 0.0,
        reasons=asked_because(model) if model else (),
        words=explanation(a.pk, b.pk),
        joins=(left.identity, *left.others, right.identity, *right.others)
        if left.person_ref != right.person_ref
        else (),
        standing=answer.verdict if answer else "",
        decided_by=answer.by_name if answer else "",
        decided_at=answer.at if answer else None,
        note=answer.note if answer else "",
    )


def explanation(a: int, b: int) -> tuple[str, ...]:
    """What agrees and what differs between two records, in words."""
    from lineofsight.people import joining

    profiles = joining.load_profiles([a, b])
    if len(profiles) < 2:
        return ("One of the two records holds nothing that could be compared.",)
    counts = joining.frequencies()
    scored = joining.model().score(profiles[a], profiles[b], counts)
    return tuple(matching.explain(scored, profiles[a], profiles[b], counts))


def standing_answer(a: SourceIdentity, b: SourceIdentity) -> Judgement | None:
    return Judgement.objects.filter(a=a, b=b, source="person", withdrawn_at=None).first()


def get_answer(actor: Actor, one: str, other: str) -> Judgement:
    """The standing answer of a person about a pair."""
    a, b = pair(actor, one, other)
    with guard.as_system("who is who"):
        answer = standing_answer(a, b)
    if answer is None:
        raise NotFound("There is no answer about this pair to undo.")
    return answer


def proposals(actor: Actor) -> list[Pair]:
    """Protected people whom one custodian holds for one person, oldest first: they wait for a second."""
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        rows = (
            Proposal.objects.filter(closed_at=None)
            .exclude(Q(a__in=shut) | Q(b__in=shut))
            .select_related("a__person", "b__person")
            .order_by("at", "id")
        )
        lines = [
            Pair(
                a_ref=row.a.ref, b_ref=row.b.ref,
                a_name=row.a.person.name or "Name not known", b_name=row.b.person.name or "Name not known",
                a_label=str(row.a), b_label=str(row.b), reasons=(), probability=0.0, verdict=Judgement.SAME,
                by_name=row.by_name, by_human=True, at=row.at,
            )
            for row in rows
        ]  # fmt: skip
    return note_pairs(actor, lines) if lines else []


def waits(said: Judgement | Proposal) -> bool:
    """Whether what was said of a pair waits for a second custodian."""
    return isinstance(said, Proposal)


def find_proposal(actor: Actor, one: str, other: str) -> Proposal | None:
    """What waits for a second custodian about this pair."""
    a, b = pair(actor, one, other)
    with guard.as_system("who is who"):
        return (
            Proposal.objects.filter(a=a, b=b, closed_at=None).select_related("a__person", "b__person").first()
        )


def get_proposal(actor: Actor, one: str, other: str) -> Proposal:
    found = find_proposal(actor, one, other)
    if found is None:
        raise NotFound("Nothing about this pair waits for a second custodian.")
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the work list."""

    a_ref: str
    b_ref: str
    a_name: str
    b_name: str
    a_label: str
    b_label: str
    reasons: tuple[str, ...]
    probability: float
    verdict: str = ""
    by_name: str = ""
    by_human: bool = False
    at: datetime | None = None
    withdrawn_at: datetime | None = None
    settles: int = 1


def line_of(row: Judgement) -> Pair:
    return Pair(
        a_ref=row.a.ref, b_ref=row.b.ref,
        a_name=row.a.person.name or "Name not known", b_name=row.b.person.name or "Name not known",
        a_label=str(row.a), b_label=str(row.b), reasons=asked_because(row), probability=row.probability or 0.0,
        verdict=row.verdict, by_name=row.by_name, by_human=row.source == "person", at=row.at, withdrawn_at=row.withdrawn_at,
        settles=getattr(row, "settles", 1),
    )  # fmt: skip


def questions(actor: Actor, *, limit: int = 50) -> list[Pair]:
    """The work list, the answer that removes most doubt first. Who was on it is recorded."""
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    return note_pairs(actor, open_lines(actor, limit))


def open_lines(actor: Actor, limit: int) -> list[Pair]:
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        rows = asked_once(shut).select_related("a__person", "b__person")[:limit]
        return [line_of(row) for row in rows]


def note_pairs(actor: Actor, lines: list[Pair]) -> list[Pair]:
    ledger.write(
        actor, Permission.MATCH_VIEW, Subject.partnership(), outcome=ledger.LOOKED,
        people=[ref for line in lines for ref in (line.a_ref, line.b_ref)], detail={"listed": len(lines)},
        purpose="who is who",
    )  # fmt: skip
    return lines


def next_question(actor: Actor, *, after: tuple[str, str] | None = None) -> Pair | None:
    """The first open question, or the one after a given pair (to skip it)."""
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    lines = open_lines(actor, 2000)
    if not lines:
        return None
    place = next((n for n, line in enumerate(lines) if after and {line.a_ref, line.b_ref} == set(after)), -1)
    return lines[(place + 1) % len(lines)]


def side_of(identity: SourceIdentity) -> Side:
    child = assemble(identity.person, with_statements=True)
    own = next(i for i in child.identities if i.pk == identity.pk)
    return Side(
        identity=own,
        person_ref=child.ref,
        person_name=child.name,
        others=tuple(i for i in child.identities if i.pk != identity.pk),
        birth=(child.birth_from, child.birth_to),
    )


def questions_about(child: Child) -> list[Judgement]:
    """Open questions that touch this child: shown where the child is looked at, not only in a queue."""
    ids = child.identity_ids
    with guard.as_system("who is who"):
        rows = open_questions().filter(Q(a__in=ids) | Q(b__in=ids))
        return list(rows.select_related("a__person", "b__person"))


def judgements_of(child: Child) -> list[Judgement]:
    """What joins (or keeps apart) this child's records: the standing judgements, newest first."""
    ids = child.identity_ids
    return list(
        Judgement.objects.filter(Q(a__in=ids) | Q(b__in=ids), withdrawn_at=None)
        .exclude(verdict="unsure", source="model")
        .select_related("a__person", "b__person")
        .order_by("-at", "-id")
    )


def answers(actor: Actor, *, limit: int = 50) -> list[Pair]:
    """The latest answers by people, so that one can be found and undone. Who was on it is recorded."""
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        rows = (
            Judgement.objects.filter(source="person")
            .exclude(Q(a__in=shut) | Q(b__in=shut))
            .select_related("a__person", "b__person")
            .order_by("-id")
        )
        lines = [line_of(row) for row in rows[:limit]]
    return note_pairs(actor, lines)


def identity_by_ref(actor: Actor, ref: str) -> SourceIdentity:
    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    shut = guarding.reach(actor).denied
    with guard.as_system("who is who"):
        found = SourceIdentity.objects.select_related("person").filter(ref=tidy_ref(ref)).first()
    if found is None or found.pk in shut:
        raise NotFound("There is no record with that reference.")
    return found


def all_identities(actor: Actor) -> Iterable[tuple[str, str, str, str]]:
    """(agency, system, local id, person ref) of every source identity: for measuring against a truth."""
    require(actor, Permission.MATCH_RUN, Subject.partnership())
    ledger.write(actor, Permission.MATCH_RUN, Subject.partnership(), detail={"deed": "identities"})
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT i.agency, i.system, i.local_id, p.ref FROM people_sourceidentity i"
            " JOIN people_person p ON p.id = i.person_id ORDER BY 1, 2, 3"
        )
        yield from cursor


def asked_because(row: Judgement) -> tuple[str, ...]:
    """The model's reasons; for a pair it was sure of and that is apart all the same, why that is."""
    apart = row.a.person_id != row.b.person_id
    return (
        (REFUSED_JOIN,) if row.source == "model" and row.verdict == "same" and apart else tuple(row.reasons)
    )


#: Why a pair is asked about that the model was sure of: the groups would not bear it.
REFUSED_JOIN = (
    "Likely enough to join, but joining would bring together records that look like two people, or another "
    "record fits about as well"
)


def all_questions(actor: Actor) -> Iterable[tuple[str, str, str, str, str, str, str, float]]:
    """(agency, system, local id of each side, reason, probability) of every open question, the same order as
    the work list: for measuring against a truth, and for working through elsewhere."""
    require(actor, Permission.MATCH_RUN, Subject.partnership())
    ledger.write(actor, Permission.MATCH_RUN, Subject.partnership(), detail={"deed": "questions"})
    rows = open_questions().values_list(
        "a__agency_id", "a__system", "a__local_id", "b__agency_id", "b__system", "b__local_id", "verdict",
        "reasons", "probability",
    )  # fmt: skip
    for *pair, verdict, reasons, probability in rows.iterator(chunk_size=5_000):
        why = REFUSED_JOIN if verdict == "same" else "; ".join(reasons)
        one, other = pair[:3], pair[3:]
        yield (*map(str, one), *map(str, other), why, probability or 0.0)  # type: ignore[misc]  # six words


def model_card(actor: Actor, version: str = "") -> tuple[str, str]:
    """(page in Markdown, picture in SVG) of a learnt model; the latest when no version is named."""
    from lineofsight.people import card

    require(actor, Permission.MATCH_VIEW, Subject.partnership())
    models = LearntModel.objects.order_by("-id")
    found = (models.filter(version=version) if version else models).first()
    if found is None:
        raise NotFound(
            "There is no learnt model of that version. Learn one with `lineofsight match --learn`."
        )
    approved = (
        f"Approved by {found.approved_by} on {found.approved_at:%-d %B %Y}."
        if found.approved_at
        else "Not approved yet."
    )
    if found.retired_at:
        approved += f" Retired by {found.retired_by} on {found.retired_at:%-d %B %Y}."
    made = f"on {found.made_at:%-d %B %Y} by {found.made_by}"
    return card.page(found.card, made=made, approved=approved), card.picture(found.card)


CAPITALISED = re.compile(r"\b[^\W\d_][\w'’]*(?:-[^\W\d_][\w'’]*)*")


def given_names_in(texts: Iterable[str]) -> list[str]:
    """Capitalised words that someone in the partnership bears as a given name: a sister, a friend, whom no
    list of an entry's people names. Better one word too many taken out than a child found by one."""
    words = {word for text in texts for word in CAPITALISED.findall(text) if word[0].isupper()}
    folded = {word: fold(word) for word in words}
    known = set(
        NameCount.objects.filter(part="given", name__in=set(folded.values())).values_list("name", flat=True)
    )
    return sorted(word for word in words if folded[word] in known)


def owners_of(identities: Collection[int]) -> dict[int, Person]:
    """identity id -> person."""
    with guard.as_system("names of those in an entry"):
        rows = list(SourceIdentity.objects.select_related("person").filter(pk__among=identities))
    return {row.pk: row.person for row in rows}


def facts_of(child: Child) -> list[dict[str, Any]]:
    """What the agencies' live statements say of a child whom the caller was let in to, to hide parts of it."""
    with guard.as_system("what to hide"):
        return list(
            Statement.objects.filter(identity__in=child.identity_ids, live=True).values_list(
                "facts", flat=True
            )
        )


def names_by_person(records: Collection[int]) -> dict[int, list[str]]:
    """Record id -> every name under which the person it belongs to is known: what a mask has to cover."""
    if not records:
        return {}
    found: dict[int, list[str]] = defaultdict(list)
    with guard.as_system("what to hide"):
        rows = Statement.objects.filter(live=True, identity__person__identities__in=records).values_list(
            "identity__person__identities", "facts"
        )
        for record, facts in rows:
            if record not in records:
                continue
            for name in facts.get("names", ()):
                full = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
                found[record].append(full)
            for number in facts.get("identifiers", ()):
                found[record].append(str(number.get("value") or number.get("raw") or ""))
    return found


def child_of(actor: Actor, records: Collection[int]) -> Child:
    """Of the people an entry is about, the first to whom the actor has a way; else simply the first. For an
    entry the actor was let in to."""
    with guard.as_system("whom an entry is about"):
        rows = SourceIdentity.objects.filter(pk__in=records).select_related("person").order_by("pk")
        people = list({row.person_id: row.person for row in rows}.values())
    described = guarding.subjects([person.pk for person in people])
    chosen = next((p for p in people if ways(actor, described[p.pk])), people[0])
    return assemble(chosen, described[chosen.pk])


def anyone(actor: Actor, ref: str) -> Child:
    """The person a reference leads to, for a deed that lets someone in: nothing of them is shown."""
    with guard.as_system("a reference"):
        identity = SourceIdentity.objects.select_related("person").filter(ref=tidy_ref(ref)).first()
    if identity is None:
        # Decided and refused like a sealed person, who is as absent.
        require(actor, Permission.CHILD_VIEW, PersonSubject("child", tidy_ref(ref), disposed=True))
        raise NotFound(NOTHING_HERE)
    return assemble(identity.person)


def still_open(actor: Actor, child: Child) -> bool:
    """Whether the child is open to this actor now, after something about it was changed."""
    return decide(actor, Permission.CHILD_VIEW, guarding.subjects([child.pk])[child.pk]).allowed


def ref_of(identity: int) -> str:
    """The reference of the person a record belongs to now."""
    with guard.as_system("a reference"):
        return SourceIdentity.objects.select_related("person").get(pk=identity).person.ref


def shown_facts(actor: Actor, child: Child) -> list[dict[str, Any]]:
    """What agencies say of a child who was opened, as far as this reader may see it: without where they are
    when that is hidden from them (A-F1)."""
    hidden = WHERE if not may_see_location(actor, child.subject()) else frozenset()
    return [{name: value for name, value in facts.items() if name not in hidden} for facts in facts_of(child)]


#: Facts that tell where someone is or how to reach them.
WHERE = frozenset({"addresses", "phones", "emails", "school", "gp", "workers", "relationships", "carers"})


def former_of(actor: Actor, child: Child) -> tuple[str, ...]:
    """References of who this person was before, for those named for it alone (A-F5)."""
    if Field.PREVIOUS_IDENTITY in hidden_of_person(actor, child.subject()):
        return ()
    now = clock.now()
    with guard.as_system("a former identity"):
        rows = Tie.objects.filter(
            Q(until=None) | Q(until__gt=now),
            kind=Tie.FORMERLY,
            identity__in=child.identity_ids,
            since__lte=now,
        )
        return tuple(rows.values_list("value", flat=True))


def trail(actor: Actor, worker: str, *, limit: int = 200) -> list[dict[str, Any]]:
    """What a worker did and looked at, for a guardian who was let in to it: references, never content."""
    return [
        {"at": row.at, "action": row.action, "outcome": row.outcome, "kind": row.kind, "ref": row.ref}
        for row in ledger.rows_by(worker, limit=limit)
    ]


def minutes_open(child: Child, actor: Actor) -> int:
    """For how many minutes the latest claim or emergency of this worker opens the child."""
    kinds = (Tie.DUTY, Tie.EMERGENCY)
    with guard.as_system("a claim"):
        row = Tie.objects.filter(identity__in=child.identity_ids, worker_ref=actor.ref, kind__in=kinds).last()
    return int((row.until - row.since).total_seconds() // 60) if row and row.until else 0


def where_lives(person: Person) -> frozenset[str]:
    """Postcodes without spaces, and the last ten digits of telephones, that any agency holds of someone."""
    found = set()
    for facts in Statement.objects.filter(identity__person=person, live=True).values_list("facts", flat=True):
        found |= {"".join(a.get("postcode", "").split()).upper() for a in facts.get("addresses", ())}
        for phone in facts.get("phones", ()):
            found.add("".join(c for c in phone.get("value") or phone.get("raw", "") if c.isdigit())[-10:])
    return frozenset(found - {""})


def facts_by_person(records: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Record id -> what every agency says of the person it belongs to, under each record of that person."""
    if not records:
        return {}
    with guard.as_system("what to hide"):
        same = dict(
            SourceIdentity.objects.filter(person__identities__in=records)
            .values_list("pk", "person")
            .distinct()
        )
        said: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for record, facts in Statement.objects.filter(identity__in=same, live=True).values_list(
            "identity", "facts"
        ):
            said[same[record]].append(facts)
    return {record: said[person] for record, person in same.items()}
