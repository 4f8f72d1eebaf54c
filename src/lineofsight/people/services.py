"""Deeds about who is who: take what agencies say, judge pairs, undo a judgement, run the matcher."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from lineofsight.access import alerts, procedures
from lineofsight.access.actor import Actor
from lineofsight.access.bulk import copy_into
from lineofsight.access.deeds import deed, proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import NotFound, Refused
from lineofsight.catalogue.refs import new_ref
from lineofsight.partners.models import Worker
from lineofsight.people import guarding, joining, moving
from lineofsight.people.models import (
    CircleMember,
    Judgement,
    Proposal,
    SecondAnswer,
    SourceIdentity,
    WholeRun,
)

#: One writer at a time decides who is who: commits, undo, judgements and runs take this lock.
IMPORT_LOCK = 4_127_001


def hold_the_lock() -> None:
    """Waits for its turn; let go when the transaction ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


# --- taking what agencies say (called by records, inside its commit) ----------------------------------


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One statement on its way in: whose, by which source row, what."""

    identity: int
    source: int
    join: str
    label: str
    facts: dict[str, Any]


def identities_for(*, agency: str, system: str, local_ids: Iterable[str]) -> dict[str, int]:
    """The ids of these source identities; ones not seen before are made, each a person of its own."""
    wanted = sorted({local_id[:200] for local_id in local_ids})
    with connection.cursor() as cursor:
        known = known_identities(agency, system, wanted)
        fresh = [local_id for local_id in wanted if local_id not in known]
        if fresh:
            refs = [new_ref("P") for _ in fresh]
            cursor.execute(
                "INSERT INTO people_person (ref, kind, name, restricted, agencies)"
                " SELECT ref, 'unknown', '', false, ARRAY[%s]::varchar[] FROM unnest(%s::text[]) AS given(ref)",
                [agency, refs],
            )
            cursor.execute(
                "INSERT INTO people_sourceidentity (ref, agency, system, local_id, person_id)"
                " SELECT given.ref, %s, %s, given.local_id, person.id"
                " FROM unnest(%s::text[], %s::text[]) AS given(ref, local_id)"
                " JOIN people_person person ON person.ref = given.ref ORDER BY given.local_id"
                " RETURNING local_id, id",
                [agency, system, refs, fresh],
            )
            known |= dict(cursor.fetchall())
    return known


def known_identities(agency: str, system: str, local_ids: Sequence[str]) -> dict[str, int]:
    """The ids of those of these source identities that are stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT local_id, id FROM people_sourceidentity"
            " WHERE agency = %s AND system = %s AND local_id = ANY(%s)",
            [agency, system, list(local_ids)],
        )
        return dict(cursor.fetchall())


def take_statements(rows: Sequence[SaidRow], *, at: datetime) -> None:
    """Store what these source rows say. The caller settles afterwards which of them stand."""
    with (
        connection.cursor() as cursor,
        copy_into(
            cursor,
            "people_statement",
            ("identity_id", "source", "join", "label", "facts", "received_at", "live"),
        ) as copy,
    ):
        for row in rows:
            copy.write_row(
                (row.identity, row.source, row.join, row.label[:250], json.dumps(row.facts), at, True)
            )


def settle_sources(states: Sequence[tuple[int, str, str]], *, at: datetime) -> set[int]:
    """Which statements stand: (row, its state, its join signature). Returns the identities that changed."""
    if not states:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_statement s SET live = told.live,"
            " superseded_at = CASE WHEN told.live THEN NULL ELSE coalesce(s.superseded_at, %s) END"
            " FROM (SELECT s.id, (t.state <> 'superseded' AND s.\"join\" = t.j) AS live FROM people_statement s"
            "  JOIN unnest(%s::bigint[], %s::text[], %s::text[]) AS t(source, state, j) ON t.source = s.source) told"
            " WHERE told.id = s.id AND s.live <> told.live RETURNING s.identity_id",
            [at, [s[0] for s in states], [s[1] for s in states], [s[2] for s in states]],
        )
        return {row[0] for row in cursor.fetchall()}


def forget_sources(told: Sequence[tuple[int, str | None]]) -> set[int]:
    """Remove what source rows said that no file shows any more (an undo): (row, join signature), or None for
    all of a row's. Returns whose it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM people_statement s USING unnest(%s::bigint[], %s::text[]) AS gone(source, j)"
            ' WHERE gone.source = s.source AND (gone.j IS NULL OR gone.j = s."join") RETURNING s.identity_id',
            [[source for source, _ in told], [join for _, join in told]],
        )
        return {row[0] for row in cursor.fetchall()}


def unsettled(kinds: Mapping[int, str]) -> set[int]:
    """Rows say of these identities no more than their kind. Returns those of whom that is news: saying again
    what a profile holds cannot change it."""
    if not kinds:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said.id FROM unnest(%s::bigint[], %s::text[]) AS said(id, kind)"
            " LEFT JOIN people_profile p ON p.identity_id = said.id"
            " WHERE p.identity_id IS NULL"
            "  OR (said.kind IN ('child', 'adult') AND p.data ->> 'kind' IS DISTINCT FROM said.kind)",
            [list(kinds), list(kinds.values())],
        )
        return {row[0] for row in cursor.fetchall()}


def count_again() -> None:
    """Fresh statistics for the planner, early in a transaction that brings much."""
    joining.count_again(joining.MANY)


def answers_resting_on(sources: Sequence[int]) -> int:
    """Answers and team memberships about identities that only these source rows speak of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH alone AS (SELECT DISTINCT identity_id AS id FROM people_statement s WHERE source = ANY(%s)"
            " AND NOT EXISTS (SELECT 1 FROM people_statement o"
            "  WHERE o.identity_id = s.identity_id AND NOT o.source = ANY(%s)))"
            " SELECT (SELECT count(*) FROM people_judgement j WHERE j.source = 'person' AND j.withdrawn_at IS NULL"
            "   AND (j.a_id IN (SELECT id FROM alone) OR j.b_id IN (SELECT id FROM alone)))"
            " + (SELECT count(*) FROM people_circlemember c WHERE c.identity_id IN (SELECT id FROM alone))",
            [list(sources), list(sources)],
        )
        return int(cursor.fetchone()[0])


def settle(identities: Sequence[int], *, at: datetime) -> None:
    """Statements of these identities changed: renew profiles, ask the model, form people."""
    if not identities:
        return
    # Most rows of most files say nothing new of the person. Whose profile is as it was is not asked about again.
    profiles = joining.changed_profiles(identities)
    joining.store_profiles(profiles)
    joining.count_again(len(identities))
    proposals = joining.propose(profiles)
    changed = joining.record_proposals(proposals, [p.identity for p in profiles], at=at)
    joining.count_again(len(changed))
    # Who looks like two people depends on what is said of them, so they are grouped anew in any case.
    joining.regroup(changed | {profile.identity for profile in profiles})
    joining.describe(identities)


def forget_unsaid(identities: Sequence[int], *, keep: set[int]) -> list[int]:
    """Remove identities that nothing speaks of any more (after an undo), apart from `keep`, on which
    other rooms rest. Returns those that went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM people_sourceidentity i WHERE id = ANY(%s) AND NOT id = ANY(%s)"
            " AND NOT EXISTS (SELECT 1 FROM people_statement s WHERE s.identity_id = i.id)"
            " AND NOT EXISTS (SELECT 1 FROM people_circlemember c WHERE c.identity_id = i.id)"
            # A shield or a conflict outlives the file that brought the record.
            " AND NOT EXISTS (SELECT 1 FROM people_tie t WHERE t.identity_id = i.id)"
            " AND NOT EXISTS (SELECT 1 FROM people_judgement j WHERE j.source = 'person' AND j.a_id = i.id)"
            " AND NOT EXISTS (SELECT 1 FROM people_judgement j WHERE j.source = 'person' AND j.b_id = i.id)",
            [list(identities), list(keep)],
        )
        gone = [row[0] for row in cursor.fetchall()]
        if not gone:
            return []
        left_behind = joining.neighbourhood(gone) - set(gone)
        for statement in (
            "DELETE FROM people_profile WHERE identity_id = ANY(%s)",
            "DELETE FROM people_judgement WHERE a_id = ANY(%s)",
            "DELETE FROM people_judgement WHERE b_id = ANY(%s)",
        ):
            cursor.execute(statement, [gone])
        # Those left behind may sit on the person of one that goes: find them their own again first.
        joining.regroup(left_behind, without=gone)
        cursor.execute("DELETE FROM people_sourceidentity WHERE id = ANY(%s) RETURNING ref", [gone])
        refs = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM people_person WHERE ref = ANY(%s) RETURNING id", [refs])
        moving.tell([row[0] for row in cursor.fetchall()], at_once=False)
        # What lists show of a person no longer counts those that went.
        joining.describe(left_behind)
        return gone


# --- judging ------------------------------------------------------------------------------------------


def pair_of(one: SourceIdentity, other: SourceIdentity) -> tuple[SourceIdentity, SourceIdentity]:
    if one.pk == other.pk:
        raise Refused("These are one and the same record. Choose two different ones.")
    return (one, other) if one.pk < other.pk else (other, one)


@deed(Permission.MATCH_DECIDE, as_system=True)
def decide_pair(
    *,
    one: SourceIdentity,
    other: SourceIdentity,
    verdict: str,
    by: Actor,
    note: str = "",
    seconds: int | None = None,
) -> Judgement | Proposal:
    """A person says same, different or unsure. Stands until it is withdrawn; outranks the model. That a protected
    person is somebody else's too waits for a second custodian. `seconds`: how long they had looked at the page."""
    _check_verdict(verdict)
    if (
        verdict == Judgement.SAME
        and one.person_id != other.person_id
        and guarding.is_protected({one.person_id, other.person_id})
    ):
        return propose(one, other, by, note=note.strip(), seconds=seconds)
    return decide(one, other, verdict, by, note=note.strip(), seconds=seconds)


def propose(
    one: SourceIdentity, other: SourceIdentity, by: Actor, *, note: str, seconds: int | None
) -> Proposal:
    hold_the_lock()
    a, b = pair_of(one, other)
    close_proposals(a, b, by)
    return Proposal.objects.create(a=a, b=b, note=note, by_ref=by.ref, by_name=by.name, seconds=seconds)


def close_proposals(a: SourceIdentity, b: SourceIdentity, by: Actor, verdict: str = "") -> None:
    Proposal.objects.filter(a=a, b=b, closed_at=None).update(
        closed_at=timezone.now(), closed_by=by.name, verdict=verdict
    )


@deed(Permission.MATCH_DECIDE, as_system=True)
def answer_proposal(*, proposal: Proposal, verdict: str, by: Actor, note: str = "") -> Judgement | Proposal:
    """The second custodian's word about a protected person. Both say “same”: the records are joined, and a guardian
    is told (A-G1). Else nobody is, and the pair is an open question again."""
    _check_verdict(verdict)
    if proposal.by_ref == by.ref:
        raise Refused("You proposed this yourself. Another custodian has to agree.")
    hold_the_lock()
    proposal = Proposal.objects.select_related("a__person", "b__person").get(pk=proposal.pk)
    if proposal.closed_at is not None:
        raise Refused("This pair no longer waits for a second custodian.")
    if verdict != Judgement.SAME:
        close_proposals(proposal.a, proposal.b, by, verdict)
        return proposal
    first = Worker.objects.filter(ref=proposal.by_ref).first()
    subjects = list(guarding.subjects({proposal.a.person_id, proposal.b.person_id}).values())
    decision = procedures.merge(by, subjects, first.actor() if first else None)
    proceed(by, Permission.PEOPLE_MERGE, subjects[0], decision)
    for person in subjects:
        alerts.raise_alert("merged", by, about=person.ref)
    close_proposals(proposal.a, proposal.b, by, verdict)
    said = " ".join(
        filter(None, (f"Agreed by {proposal.by_name} and {by.name}.", proposal.note, note.strip()))
    )
    return decide(proposal.a, proposal.b, verdict, by, note=said, seconds=proposal.seconds)


@deed(Permission.MATCH_DECIDE, as_system=True)
def withdraw_proposal(*, proposal: Proposal, by: Actor) -> Proposal:
    """Nobody was joined by it, so nothing moves: the pair is an open question again."""
    close_proposals(proposal.a, proposal.b, by)
    return proposal


def _check_verdict(verdict: str) -> None:
    if verdict not in (Judgement.SAME, Judgement.DIFFERENT, Judgement.UNSURE):
        raise Refused("Answer “same”, “different” or “unsure”.", field="verdict")


@deed(Permission.MATCH_DECIDE, as_system=True)
def answer_again(
    *, judgement: Judgement, verdict: str, by: Actor, note: str = "", seconds: int | None = None
) -> SecondAnswer:
    """A second person says what they think of a pair, without having been shown the first answer. It is counted
    and joins nobody."""
    _check_verdict(verdict)
    if judgement.by_ref == by.ref:
        raise Refused("You gave the first answer to this pair. Somebody else looks at it again.")
    if judgement.withdrawn_at is not None or SecondAnswer.objects.filter(judgement=judgement).exists():
        raise Refused("This pair no longer waits for a second answer.")
    return SecondAnswer.objects.create(
        judgement=judgement,
        verdict=verdict,
        note=note.strip(),
        by_ref=by.ref,
        by_name=by.name,
        seconds=seconds,
    )


def decide(
    one: SourceIdentity,
    other: SourceIdentity,
    verdict: str,
    by: Actor,
    *,
    note: str,
    seconds: int | None = None,
) -> Judgement:
    hold_the_lock()
    a, b = pair_of(one, other)
    now = timezone.now()
    close_proposals(a, b, by)
    Judgement.objects.filter(a=a, b=b, source="person", withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_by=by.name
    )
    judgement = Judgement.objects.create(
        a=a, b=b, verdict=verdict, source="person", note=note, by_ref=by.ref, by_name=by.name, at=now,
        seconds=seconds,
    )  # fmt: skip
    joining.regroup((a.pk, b.pk), at_once=True)
    return judgement


def join_by_hand(one: int, other: int, *, by: Actor) -> None:
    """A worker writes about this very child: their agency's new record is the child's, by their word."""
    a, b = sorted((one, other))
    Judgement.objects.get_or_create(
        a_id=a,
        b_id=b,
        source="person",
        withdrawn_at=None,
        defaults={
            "verdict": Judgement.SAME, "note": "Written on the child's own page.",
            "by_ref": by.ref, "by_name": by.name, "at": timezone.now(),
        },
    )  # fmt: skip
    joining.regroup((a, b))


@deed(Permission.MATCH_DECIDE, as_system=True)
def withdraw_judgement(*, judgement: Judgement, by: Actor) -> Judgement:
    """Undo an answer. Everything is again as it was before the answer; the answer itself is kept."""
    if judgement.source != "person":
        raise Refused("Only a person's answer can be undone. Answer the pair to overrule the model.")
    if judgement.withdrawn_at is not None:
        raise Refused("This answer has been undone already.")
    hold_the_lock()
    judgement.withdrawn_at, judgement.withdrawn_by = timezone.now(), by.name
    judgement.save(update_fields=["withdrawn_at", "withdrawn_by"])
    joining.regroup((judgement.a_id, judgement.b_id), at_once=True)
    return judgement


@deed(Permission.PEOPLE_MERGE, as_system=True)
def merge_people(*, children: Sequence[Any], second: Actor | None, by: Actor) -> Judgement:
    """Two people with work on them become one: two custodians agree (A-G1). Shields, conflicts and exclusions
    of both stand on the result; places in the absorbed person's team sleep until somebody looks at them. Undo
    (`withdraw_judgement`) brings both back exactly."""
    subjects = [child.subject() for child in children]
    decision = procedures.merge(by, subjects, second)
    proceed(by, Permission.PEOPLE_MERGE, subjects[0], decision)
    assert second is not None
    one, other = (SourceIdentity.objects.get(pk=min(child.identity_ids)) for child in children)
    for child in children:
        alerts.raise_alert("merged", by, about=child.ref)
    return decide(one, other, Judgement.SAME, by, note=f"Agreed by {second.name}.")


@dataclass(frozen=True, slots=True)
class MatchRun:
    """What a whole run found."""

    identities: int
    pairs: int
    joined: int
    asked: int
    people: int
    model: str
    #: Records that come to another person, and how many people there were before.
    moved: int = 0
    people_before: int = 0
    done: bool = True
    #: Reference of the run, by which it can be undone; '' where it was only counted.
    run: str = ""


@deed(Permission.MATCH_RUN, as_system=True)
def run_matching(*, by: Actor, only_count: bool = False) -> MatchRun:
    """Compare everyone with everyone: renew the name counts, score all pairs with splink, form people.
    `only_count` tells what that would change and leaves everything as it is."""
    with transaction.atomic():
        run = _compare_all(by, done=not only_count)
        if only_count:
            transaction.set_rollback(True)
    return run


def _compare_all(by: Actor, *, done: bool) -> MatchRun:
    from lineofsight.people import batch

    hold_the_lock()
    now = timezone.now()
    names_before = joining.names_counted()
    joining.count_names()
    counts, using = joining.frequencies(), joining.model()
    joined = asked = 0

    def found() -> Iterator[joining.Proposal]:
        nonlocal joined, asked
        for pair in batch.judge_all(joining.all_profiles(), using, counts):
            joined += pair.decision.band == "auto"
            asked += pair.decision.band == "ask"
            yield joining.Proposal(
                pair.a, pair.b, pair.decision.band, round(pair.probability, 9), pair.decision.reasons
            )

    joining.record_proposals(found(), None, at=now)
    joining.count_again(joining.MANY)
    people_before = SourceIdentity.objects.values("person").distinct().count()
    moved = joining.regroup_all(at_once=done)
    people = SourceIdentity.objects.values("person").distinct().count()
    # Only the latest run can be undone, so only it keeps what an undo needs.
    WholeRun.objects.update(names_before={}, held_before={})
    run = WholeRun.objects.create(
        at=now, by_ref=by.ref, by_name=by.name, model=using.version, joined=joined, asked=asked, moved=len(moved),
        people_before=people_before, people=people, names_before=names_before, held_before=moved,
    )  # fmt: skip
    return MatchRun(
        identities=SourceIdentity.objects.count(),
        pairs=joined + asked,
        joined=joined,
        asked=asked,
        people=people,
        model=using.version,
        moved=len(moved),
        people_before=people_before,
        done=done,
        run=run.ref if done else "",
    )


@deed(Permission.MATCH_RUN, as_system=True)
def undo_run(*, by: Actor, ref: str = "") -> WholeRun:
    """The latest whole run undone: judgements, name counts and people are as they were before it. Answers that
    people gave since stand. Refused once a file has brought other judgements, because there is no going back to
    a store that never was."""
    hold_the_lock()
    run = WholeRun.objects.order_by("-at").first()
    if run is None or (ref and run.ref != ref):
        raise Refused("Only the latest run can be undone.")
    if run.undone_at is not None:
        raise Refused("This run has been undone already.")
    of_the_model = Judgement.objects.filter(source="model")
    if of_the_model.filter(Q(at__gt=run.at) | Q(withdrawn_at__gt=run.at)).exists():
        raise Refused(
            "Files have come in since this run and were compared with what it left. Compare everyone again instead."
        )
    now = timezone.now()
    answered = Judgement.objects.filter(source="person").filter(Q(at__gt=run.at) | Q(withdrawn_at__gt=run.at))
    people_spoke = answered.exists()
    joining.take_back(made_at=run.at, now=now, by=by.name)
    joining.count_as_before(run.names_before)
    if people_spoke:
        joining.regroup_all()
    else:
        joining.put_back({int(identity): person for identity, person in run.held_before.items()})
    run.undone_at, run.undone_by = now, by.name
    run.names_before = run.held_before = {}
    run.save(update_fields=["undone_at", "undone_by", "names_before", "held_before"])
    return run


# --- the team around the child -------------------------------------------------------------------------


@deed(Permission.CIRCLE_CHANGE, on="child")
def join_circle(
    *,
    child: Any,
    role: str,
    by: Actor,
    worker_ref: str = "",
    team: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> CircleMember:
    """Put a worker, or a whole team, in the team around the child from now, or from a moment."""
    if not role.strip():
        raise Refused("Say in which role, such as “lead social worker” or “school lead”.", field="role")
    if bool(worker_ref) == bool(team):
        raise Refused("Choose a worker or a team.", field="worker")
    refs = [i.pk for i in child.identities]
    now = clock.now()
    standing = CircleMember.objects.filter(
        Q(until=None) | Q(until__gt=now), identity__in=refs, for_ref=child.ref
    )
    same = standing.filter(worker_ref=worker_ref, team=int(team) if team else None, role=role.strip()[:60])
    if same.exists():
        raise Refused("They are in the team around the child already in this role.", field="worker")
    return CircleMember.objects.create(
        identity_id=min(refs), for_ref=child.ref, worker_ref=worker_ref, team_id=int(team) if team else None,
        role=role.strip()[:60], since=since or now, until=until, by_ref=by.ref,
    )  # fmt: skip


@deed(Permission.CIRCLE_CHANGE, on="child")
def leave_circle(*, child: Any, member: int, by: Actor) -> CircleMember:
    """End now. That they were in the team, and when, stays."""
    now = clock.now()
    found = CircleMember.objects.filter(
        Q(until=None) | Q(until__gt=now), pk=member, identity__in=[i.pk for i in child.identities]
    ).first()
    if found is None:
        raise NotFound("That person is not in the team around this child today.")
    found.until = max(now, found.since)
    found.save(update_fields=["until"])
    return found
