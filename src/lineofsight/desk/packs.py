"""A child's chronology as a document: gathered here for the page's button and the command alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from lineofsight.access import alerts, ledger, procedures
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue.when import local
from lineofsight.chronology import documents
from lineofsight.chronology import queries as chronology
from lineofsight.chronology.documents import Document, Line, Named
from lineofsight.chronology.knowing import Known, views_known
from lineofsight.chronology.queries import Filters, View
from lineofsight.partners.queries import agencies_by_code
from lineofsight.people import queries as people
from lineofsight.people.queries import Child
from lineofsight.ui.dates import age_at, show_day

if TYPE_CHECKING:
    from lineofsight.chronology.models import Comment, MeetingChronology, MeetingLine


def born_words(child: Child) -> str:
    """The birth date as exactly as it is known."""
    if child.birth_from is None or child.birth_to is None:
        return "not known"
    if child.birth_from == child.birth_to:
        return show_day(child.birth_from)
    return f"between {show_day(child.birth_from)} and {show_day(child.birth_to)}"


def gather(
    actor: Actor,
    child: Child,
    *,
    since: date | None = None,
    until: date | None = None,
    agencies: Iterable[str] = (),
    made_for: str = "",
    anonymise: bool = False,
    format: str = "docx",
    known: Known | None = None,
) -> Document:
    """The document, with the export recorded before its content leaves; `known`: as it was known then."""
    subject = child.subject()
    proceed(actor, Permission.CHRONOLOGY_EXPORT, subject, procedures.export(actor, subject, purpose=made_for))
    chosen = tuple(agencies)
    filters = Filters(agencies=chosen, since=since, until=until)
    entries = views_known(actor, child, filters, known)
    partners = agencies_by_code()
    comments = chronology.comments_on(entries)
    document = replace(
        begun(actor, child, f"Chronology of {child.name}{known_words(known, partners)}", made_for),
        period_from=since,
        period_to=until,
        agencies=tuple(partners[code].name for code in chosen if code in partners),
        lines=tuple(
            line_of(view, child, partners, [f"{c.by_name}: {c.text}" for c in comments[view.pk]])
            for view in entries
        ),
        people=tuple(everyone(child, entries)),
    )
    note_export(actor, child, document, entries, purpose=made_for, format=format, anonymised=anonymise)
    if anonymise:
        key = hashlib.blake2b(f"{settings.SECRET_KEY}{child.ref}".encode(), digest_size=16).digest()
        return documents.anonymise(document, key=key)
    return document


def begun(actor: Actor, child: Child, title: str, made_for: str) -> Document:
    """What stands at the head of every document about a child."""
    return Document(
        title=title,
        child_name=child.name,
        child_ref=child.ref,
        born=born_words(child),
        made_by=actor.name,
        made_for=made_for,
        made_at=timezone.now(),
        marking=settings.MARKING,
        partnership=settings.PARTNERSHIP_NAME,
    )


def note_export(
    actor: Actor,
    child: Child,
    document: Document,
    entries: Sequence[View],
    *,
    purpose: str,
    format: str,
    anonymised: bool = False,
) -> None:
    """Before the content leaves."""
    ledger.write(
        actor,
        Permission.CHRONOLOGY_EXPORT,
        child.subject(),
        detail={
            "format": format, "entries": len(entries), "anonymised": anonymised,
            "hash": documents.content_hash(document),
        },
        records=[view.ref for view in entries],
        owners=[view.agency for view in entries],
        purpose=purpose,
    )  # fmt: skip
    alerts.raise_alert("export", actor, about=child.ref, format=format, entries=len(entries))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One chosen entry of a chronology for a meeting, as its reader sees it."""

    key: str
    view: View
    line: MeetingLine
    comments: Sequence[Comment]


def gather_meeting(
    actor: Actor, child: Child, meeting: MeetingChronology, chosen: Sequence[Chosen], silent: Iterable[str], *,
    format: str,
) -> Document:  # fmt: skip
    """A chronology for a meeting or review as a document, under the same policy and with the same record as any
    other. What `chosen` holds has been read as leaving."""
    subject = child.subject()
    purpose = f"{meeting.title}, {show_day(meeting.on)}"
    proceed(actor, Permission.CHRONOLOGY_EXPORT, subject, procedures.export(actor, subject, purpose=purpose))
    partners = agencies_by_code()
    document = replace(
        begun(actor, child, f"Chronology of {child.name} for {meeting.title}", purpose),
        agencies=tuple(partners[code].name for code in sorted({one.view.agency for one in chosen})),
        lines=tuple(
            replace(
                line_of(one.view, child, partners, [comment_words(c, partners) for c in one.comments]),
                significance=one.line.significance,
                marked_by=marked_words(one.line),
            )
            for one in chosen
        ),
        meeting=f"{purpose}. Drafted by {meeting.made_name} on {show_day(local(meeting.made_at))}.",
        silent=tuple((str(partners[code].name), contact_words(partners[code])) for code in silent),
    )
    note_export(actor, child, document, [one.view for one in chosen], purpose=purpose, format=format)
    return document


def comment_words(comment: Comment, partners: Mapping[str, Any]) -> str:
    agency = f", {partners[comment.agency].short}" if comment.agency in partners else ""
    return f"{comment.by_name}{agency}: {comment.text}"


def marked_words(line: MeetingLine) -> str:
    return f"{line.marked_name}, {show_day(local(line.marked_at))}" if line.marked_at else ""


def contact_words(agency: Any) -> str:
    return ", ".join(filter(None, (agency.contact, agency.phone)))


def known_words(known: Known | None, partners: Mapping[str, object]) -> str:
    """“, as known on 4 May 2026 to Police”, or nothing for today's."""
    if known is None:
        return ""
    to = f" to {partners.get(known.agency, known.agency)}" if known.agency else ""
    return f", as known on {show_day(local(known.at))}{to}"


def line_of(view: View, child: Child, partners: Mapping[str, object], comments: list[str]) -> Line:
    marks = []
    if view.version > 1:
        marks.append(f"corrected: {view.reason}")
    if view.state == "absent":
        marks.append("no longer in the source")
    return Line(
        ref=view.ref,
        when=view.when,
        age=age_at(child.birth_from, child.birth_to, view.when.start) if view.when.is_known else "",
        agency=view.agency,
        agency_name=str(partners.get(view.agency, view.agency)),
        kind=view.kind_label,
        title=view.title,
        narrative=view.narrative,
        child_words=view.child_words,
        nature=view.nature,
        role=view.role.replace("_", " "),
        people=tuple((p.name, p.role.replace("_", " ")) for p in view.people),
        places=tuple(label for kind, label, _ in view.things if kind == "place"),
        things=tuple(label for kind, label, _ in view.things if kind != "place"),
        source=view.source_label,
        recorded_at=view.recorded_at,
        recorded_by=view.author,
        received_at=view.received_at,
        handling=view.handling,
        conditions=view.conditions,
        grading=", ".join(f"{name} {value}" for name, value in view.grading.items()),
        marks=tuple(marks),
        comments=tuple(comments),
    )


def everyone(child: Child, entries: Iterable[View]) -> list[Named]:
    """All whose names are known, so that an anonymised document can leave none in."""
    names: dict[str, None] = {}
    workers: dict[str, None] = {}
    for identity in child.identities:
        for said in identity.said:
            for name in said.facts.get("names", ()):
                parts = " ".join(filter(None, (name.get("given"), name.get("family"))))
                names[parts or name.get("full", "")] = None
            workers.update(dict.fromkeys(w.get("name", "") for w in said.facts.get("workers", ())))
    names.pop("", None)
    names.pop(child.name, None)
    found = [Named(child.name, "the child", born_words(child), "child", tuple(names))]
    others: dict[str, str] = {}
    for view in entries:
        for person in view.people:
            if person.name:
                others.setdefault(person.name, person.role)
        if view.author:
            workers.setdefault(view.author, None)
    workers.pop("", None)
    found += [Named(name, role.replace("_", " ")) for name, role in others.items() if name not in workers]
    found += [Named(name, "worker", kind="professional") for name in workers]
    listed = {part for named in found for name in (named.name, *named.aliases) for part in name.split()}
    written = [text for view in entries for text in (view.title, view.narrative, view.child_words)]
    found += [
        Named(name, "named in the text") for name in people.given_names_in(written) if name not in listed
    ]
    return found
