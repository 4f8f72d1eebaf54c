"""Deeds about agreement, conflict and silence. Only what people decide is stored; the rest is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from lineofsight.access.actor import Actor, Sharing
from lineofsight.access.deeds import deed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.agreement import agreement, due
from lineofsight.catalogue.errors import AlreadyThere, NotAllowed, NotFound, Refused
from lineofsight.catalogue.refs import tidy_ref
from lineofsight.chronology.held import Value
from lineofsight.chronology.knowing import key_of_entry
from lineofsight.chronology.matters import SILENCE
from lineofsight.chronology.models import (
    CorrectionNotice,
    Entry,
    GapQuery,
    HeldBy,
    KeyFact,
    MeetingChronology,
    MeetingLine,
    OccurrenceVerdict,
)
from lineofsight.chronology.picture import SILENT, Month
from lineofsight.chronology.queries import GuardedEntry
from lineofsight.chronology.triangulation import GAP, Missing, Occurrence
from lineofsight.people.queries import Child


def needed(text: str, words: str, field: str = "reason") -> str:
    if not text.strip():
        raise Refused(words, field=field)
    return text.strip()


# --- occurrences -----------------------------------------------------------------------------------------


@deed(Permission.ENTRY_ADD, on="child")
def decide_occurrence(
    *, child: Child, occurrence: Occurrence, verdict: str, reason: str, by: Actor, apart: Iterable[str] = ()
) -> OccurrenceVerdict:
    """Confirm that these records tell of one thing, split some off (`apart`: their keys), or reject all of it.
    Earlier answers about the same records are withdrawn and kept."""
    keys = sorted(item.key for item in occurrence.members)
    off = sorted(set(apart) & set(keys))
    if verdict not in (OccurrenceVerdict.CONFIRMED, OccurrenceVerdict.SPLIT, OccurrenceVerdict.REJECTED):
        raise Refused("Say whether it is one thing, several, or not the same at all.", field="verdict")
    if verdict == OccurrenceVerdict.SPLIT and (not off or len(off) == len(keys)):
        raise Refused("Choose which records tell of something else, and leave at least one.", field="apart")
    reason = needed(reason, "Say why. The reason stays with the records.")
    groups = {
        OccurrenceVerdict.CONFIRMED: [keys],
        OccurrenceVerdict.SPLIT: [[key for key in keys if key not in off], off],
        OccurrenceVerdict.REJECTED: [[key] for key in keys],
    }[verdict]
    return keep_verdict(child, verdict, groups, reason, by)


@deed(Permission.ENTRY_ADD, on="child")
def join_entries(*, child: Child, keys: Sequence[str], reason: str, by: Actor) -> OccurrenceVerdict:
    """Say that entries which no rule joined tell of one thing."""
    if len(set(keys)) < 2:
        raise Refused("Choose at least two entries.", field="keys")
    reason = needed(reason, "Say why. The reason stays with the records.")
    return keep_verdict(child, OccurrenceVerdict.CONFIRMED, [sorted(set(keys))], reason, by)


def keep_verdict(
    child: Child, verdict: str, groups: list[list[str]], reason: str, by: Actor
) -> OccurrenceVerdict:
    now = timezone.now()
    mine = {key for group in groups for key in group}
    for row in OccurrenceVerdict.objects.filter(identity__in=child.identity_ids, withdrawn_at=None):
        if {key for group in row.groups for key in group} <= mine:
            row.withdrawn_at, row.withdrawn_by = now, by.name
            row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return OccurrenceVerdict.objects.create(
        identity_id=min(child.identity_ids), verdict=verdict, groups=groups, reason=reason, by_ref=by.ref,
        by_name=by.name, agency=by.agency, at=now,
    )  # fmt: skip


@deed(Permission.ENTRY_ADD, on="child")
def withdraw_verdict(*, child: Child, ref: str, by: Actor) -> OccurrenceVerdict:
    """Take an answer back. It stays readable; the records stand as if it had not been given."""
    row = OccurrenceVerdict.objects.filter(ref=tidy_ref(ref), identity__in=child.identity_ids).first()
    if row is None or row.withdrawn_at is not None:
        raise NotFound("There is no such answer that stands. Open the page again and look.")
    row.withdrawn_at, row.withdrawn_by = timezone.now(), by.name
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return row


# --- gaps --------------------------------------------------------------------------------------------------


@deed(Permission.ENTRY_ADD, on="child")
def ask_agency(*, child: Child, gap: Missing, agency: str, by: Actor, words: str = "") -> GapQuery:
    """Ask an agency for the record that should be there. The clock is the catalogue's."""
    if gap.state != GAP or agency not in gap.agencies:
        raise Refused("This is not a gap in that agency’s records. Open the page again and look.")
    open_ones = GapQuery.objects.filter(
        rule=gap.rule.id, side=gap.side, entry_key=gap.item.key, agency=agency, closed_at=None
    )
    if open_ones.exists():
        raise AlreadyThere("This agency has been asked already and has not answered yet.")
    now = timezone.now()
    return GapQuery.objects.create(
        identity_id=min(child.identity_ids), rule=gap.rule.id, side=gap.side, entry_key=gap.item.key,
        agency=agency, words=words.strip() or f"{gap.words}. {gap.rule.action}.", asked_by=by.ref,
        asked_name=by.name, asked_agency=by.agency, asked_at=now, due=due("query", timezone.localdate()),
    )  # fmt: skip


@deed(Permission.ENTRY_ADD, on="child")
def ask_about_month(*, child: Child, month: Month, by: Actor, words: str = "") -> GapQuery:
    """Ask an agency about a whole month in which it is silent. The clock is the same as for any gap."""
    if month.state != SILENT:
        raise Refused("That agency is not silent in that month. Open the page again and look.")
    ends = f"|{month.first.isoformat()}"
    standing = GapQuery.objects.filter(
        identity__in=child.identity_ids, rule=SILENCE, agency=month.agency, entry_key__endswith=ends,
        closed_at=None,
    )  # fmt: skip
    if standing.exists():
        raise AlreadyThere("This agency has been asked already and has not answered yet.")
    return GapQuery.objects.create(
        identity_id=min(child.identity_ids), rule=SILENCE, side="a", entry_key=f"{child.ref}{ends}",
        agency=month.agency, words=words.strip() or agreement().silence_words, asked_by=by.ref,
        asked_name=by.name, asked_agency=by.agency, asked_at=timezone.now(),
        due=due("query", timezone.localdate()),
    )  # fmt: skip


@deed(Permission.ENTRY_ADD, on="child")
def answer_query(*, child: Child, ref: str, answer: str, reason: str, by: Actor) -> GapQuery:
    """Close a query without a record, by the agency that was asked or the one that asked."""
    row = GapQuery.objects.filter(ref=tidy_ref(ref), identity__in=child.identity_ids).first()
    if row is None:
        raise NotFound("There is no query with that reference.")
    if by.agency not in (row.agency, row.asked_agency):
        raise NotAllowed("Only the agency that was asked, or the one that asked, closes a query.")
    if row.closed_at is not None:
        raise Refused("This query is closed already.")
    if answer not in agreement().answers:
        raise Refused("Choose an answer.", field="answer")
    row.answer, row.reason = answer, needed(reason, "Say why. The reason stays with the query.")
    row.closed_at, row.closed_name, row.closed_agency = timezone.now(), by.name, by.agency
    row.save()
    return row


# --- corrections ----------------------------------------------------------------------------------------------


@deed(Permission.ENTRY_ADD, on="child")
def send_notice(
    *, child: Child, value: Value, said_by: Sequence[str], agency: str, theirs: str, basis: str, by: Actor
) -> CorrectionNotice:
    """Tell an agency that it holds a fact otherwise: what, from whom, since when, and on what basis it is shared."""
    basis = needed(
        basis, "Say on what basis this is shared, such as the agreement that it rests on.", "basis"
    )
    if agency in said_by or agency not in child.agencies:
        raise Refused("That agency does not hold this fact otherwise.", field="agency")
    standing = CorrectionNotice.objects.filter(
        identity__in=child.identity_ids, fact=value.fact, agency=agency, value_key=value.key, refused_at=None
    )
    if standing.exists():
        raise AlreadyThere("This agency has been told already.")
    return CorrectionNotice.objects.create(
        identity_id=min(child.identity_ids), fact=value.fact, value=value.text[:400], value_key=value.key,
        said_by=list(said_by), since=value.since, basis=basis[:200], agency=agency, theirs=theirs[:400],
        sent_by=by.ref, sent_name=by.name, sent_agency=by.agency, sent_at=timezone.now(),
        due=due("correction", timezone.localdate()),
    )  # fmt: skip


@deed(Permission.ENTRY_ADD, on="child")
def answer_notice(*, child: Child, ref: str, accept: bool, by: Actor, reason: str = "") -> CorrectionNotice:
    """The agency that was told says that it has taken note, or refuses and says why."""
    row = CorrectionNotice.objects.filter(ref=tidy_ref(ref), identity__in=child.identity_ids).first()
    if row is None:
        raise NotFound("There is no notice with that reference.")
    if by.agency != row.agency:
        raise NotAllowed("Only the agency that was told can answer a notice.")
    if row.refused_at is not None:
        raise Refused("This notice has been refused already.")
    now = timezone.now()
    if accept:
        row.acknowledged_at = row.acknowledged_at or now
    else:
        row.reason, row.refused_at = needed(reason, "Say why the record is right as it is."), now
    row.answered_name = by.name
    row.save()
    return row


# --- key facts --------------------------------------------------------------------------------------------------


@deed(Permission.ENTRY_ADD, on="child")
def mark_key_fact(
    *,
    child: Child,
    kind: str,
    words: str,
    agencies: Iterable[str],
    by: Actor,
    guarded: GuardedEntry | None = None,
) -> KeyFact:
    """Every one of these agencies is asked to say that its own record shows it. `guarded`: the entry that tells it;
    the key fact is then seen by those who may see the entry."""
    if kind not in agreement().key_facts:
        raise Refused("Choose what kind of fact it is.", field="kind")
    words = needed(words, "Say in one sentence what everyone must hold.", "words")
    asked = sorted(set(agencies))
    if not asked:
        raise Refused("Nobody is in the team around the child yet. Choose the team first.", field="agencies")
    entry = guarded.entry if guarded is not None else None
    return KeyFact.objects.create(
        identity_id=min(child.identity_ids), kind=kind, words=words,
        entry_key=key_of_entry(entry) if entry else "", owner=entry.agency_id if entry else by.agency,
        handling=as_narrow_as(entry) if entry else Sharing.TEAM_AROUND, agencies=asked, marked_by=by.ref,
        marked_name=by.name, marked_agency=by.agency, marked_at=timezone.now(),
        due=due("key_fact", timezone.localdate()),
    )  # fmt: skip


def as_narrow_as(entry: Entry) -> str:
    """With whom words about an entry may be shared: never wider than the entry itself."""
    if entry.handling == "C":
        return Sharing.NAMED
    return (
        Sharing.AGENCY_ONLY if entry.sensitivity and entry.sharing == Sharing.TEAM_AROUND else entry.sharing
    )


@deed(Permission.ENTRY_ADD, on="child")
def say_held(*, child: Child, ref: str, by: Actor) -> HeldBy:
    """The actor's agency says that its own record now shows the key fact."""
    fact = KeyFact.objects.filter(ref=tidy_ref(ref), identity__in=child.identity_ids).first()
    if fact is None:
        raise NotFound("There is no key fact with that reference.")
    if by.agency not in fact.agencies:
        raise NotAllowed("Your agency was not asked about this fact.")
    held, _ = HeldBy.objects.get_or_create(
        fact=fact, agency=by.agency, defaults={"by_name": by.name, "at": timezone.now()}
    )
    return held


# --- a chronology for a meeting ------------------------------------------------------------------------------------


@deed(Permission.CHRONOLOGY_EXPORT, on="child")
def draft_meeting(*, child: Child, title: str, on: date, keys: Sequence[str], by: Actor) -> MeetingChronology:
    """A chronology for one meeting or review, from chosen entries."""
    title = needed(title, "Give the meeting or review a name.", "title")
    if not keys:
        raise Refused("Choose at least one entry.", field="keys")
    meeting = MeetingChronology.objects.create(
        identity_id=min(child.identity_ids), title=title[:200], on=on, made_by=by.ref, made_name=by.name,
        made_at=timezone.now(),
    )  # fmt: skip
    MeetingLine.objects.bulk_create(
        MeetingLine(meeting=meeting, entry_key=key) for key in dict.fromkeys(keys)
    )
    return meeting


@deed(Permission.ENTRY_ADD, on="child")
def mark_significance(
    *, child: Child, meeting: MeetingChronology, key: str, words: str, by: Actor
) -> MeetingLine:
    """What an entry signifies, in this person's words and under their name. Empty words take it away again."""
    line = MeetingLine.objects.filter(meeting=meeting, entry_key=key).first()
    if line is None:
        raise NotFound("That entry is not in this chronology.")
    line.significance = words.strip()
    line.marked_name, line.marked_at = (by.name, timezone.now()) if words.strip() else ("", None)
    line.save()
    return line
