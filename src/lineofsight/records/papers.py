"""Documents about a child with events written from them: keep one, write from it, read it, hand out the original.

A document is an entry of the chronology of its own kind. Sharing, handling, shields, drafts, corrections and disposal
are the entry's; here are its file, its words, and which events cite it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lineofsight.access import alerts, procedures
from lineofsight.access.actor import Actor
from lineofsight.access.deeds import deed, looked, proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import AlreadyThere, NotAllowed, NotFound, Refused
from lineofsight.catalogue.limits import limits
from lineofsight.chronology import queries as entries
from lineofsight.chronology import services as writing
from lineofsight.chronology.queries import GuardedEntry, TextHit
from lineofsight.chronology.services import Account, Audience
from lineofsight.people.queries import Child
from lineofsight.records import apart, files
from lineofsight.records.models import Citation, Paper

KIND = "DOCUMENT_RECEIVED"
FOR_THE_TEAM = Audience()
MEDIA = {
    "pdf": ("application/pdf", "pdf"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "text": ("text/plain", "txt"),
}
ENDINGS = dict(MEDIA.values())
NAMES = {"pdf": "PDF", "docx": "Word", "txt": "plain text"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as its reader gets it. `pages` are empty where parts of it are not for this reader (`whole` false).
    `may_leave`: the original is not kept to the screen (A-D10)."""

    entry: GuardedEntry
    file_name: str
    form: str
    size: int
    pages: tuple[str, ...]
    paged: bool
    notes: tuple[str, ...]
    kept_at: datetime
    whole: bool
    may_leave: bool

    @property
    def has_words(self) -> bool:
        return any(self.pages)


@dataclass(frozen=True, slots=True)
class Cited:
    """The other end of a citation, for a reader of both ends, and where in the document it is."""

    hit: TextHit
    page: int | None
    place: str


# --- deeds ------------------------------------------------------------------------------------------------


@deed(Permission.ENTRY_ADD, on="child")
def keep_paper(
    *, child: Child, file_name: str, content: Iterable[bytes], account: Account, by: Actor,
    audience: Audience = FOR_THE_TEAM, draft: bool = False,
) -> Any:  # fmt: skip
    """A document becomes an entry with its file and its words: all of it, or nothing. The entry is returned."""
    writing.check_words(kind=account.kind, when=account.when, title=account.title, nature=account.nature)
    writing.check_audience(audience)
    name = files.tidy_name(file_name)
    read: list[apart.Words] = []
    kept = files.keep(
        content, name=name, most_mib=limits().upload_mib,
        look=lambda path: read.append(apart.read_words(path, file_name=name)),
    )  # fmt: skip
    refuse_what_is_there(child, kept.sha256, by)
    entry = writing.add_entry(child=child, account=account, audience=audience, draft=draft, by=by)
    words = read[0]
    Paper.objects.create(
        entry_id=entry.chain, file_name=name, sha256=kept.sha256, size=kept.size, media_type=MEDIA[words.kind][0],
        pages=list(words.pages), paged=words.paged, notes=list(words.notes), kept_at=clock.now(), kept_by=by.ref,
    )  # fmt: skip
    return entry


def refuse_what_is_there(child: Child, sha256: str, by: Actor) -> None:
    """The very file is an entry of this child already, of those that this worker reads. Of others nothing is told."""
    chains = list(Paper.objects.filter(sha256=sha256).values_list("entry", flat=True))
    own = set(child.identity_ids)
    for entry in entries.those_that_stand(by, chains).values():
        if own & set(entry.about):
            raise AlreadyThere(
                f"This very file is kept already, as “{entry.title}”. Write from that one.", field="file"
            )


@deed(Permission.ENTRY_ADD, on="child")
def write_from(
    *, child: Child, paper: Shown, account: Account, by: Actor, audience: Audience = FOR_THE_TEAM, draft: bool = False,
    page: int | None = None, place: str = "",
) -> Any:  # fmt: skip
    """An event that a worker read out of a document, with where it stands there. The event is returned."""
    if page is not None and paper.paged and not 1 <= page <= max(1, len(paper.pages) or page):
        raise Refused(f"The document has {len(paper.pages)} pages. Check the page.", field="page")
    entry = writing.add_entry(child=child, account=account, audience=audience, draft=draft, by=by)
    Citation.objects.create(
        event_id=entry.chain, document_id=paper.entry.entry.chain, page=page, place=place.strip()[:200]
    )
    return entry


# --- reads ------------------------------------------------------------------------------------------------


def find_paper(actor: Actor, guarded: GuardedEntry) -> Shown | None:
    """The document of an entry that the actor was let in to; None when it has none. Its words are not in here."""
    row = paper_on(actor, guarded)
    return shown(actor, guarded, row, ()) if row is not None else None


def paper_on(actor: Actor, guarded: GuardedEntry) -> Paper | None:
    """An earlier version of an entry may still be readable when the one that stands is not; its document is not."""
    chain = guarded.entry.chain
    return Paper.objects.filter(entry=chain).first() if entries.those_that_stand(actor, [chain]) else None


def get_paper(actor: Actor, guarded: GuardedEntry) -> Shown:
    """With its words; that they were read is recorded."""
    row = paper_on(actor, guarded)
    if row is None:
        raise NotFound("There is no document here.")
    looked(actor, Permission.ENTRY_VIEW, guarded.subject(), people=[guarded.child.ref], words=len(row.pages))
    return shown(actor, guarded, row, tuple(row.pages))


def shown(actor: Actor, guarded: GuardedEntry, row: Paper, pages: tuple[str, ...]) -> Shown:
    whole = entries.is_whole(actor, guarded.entry)
    return Shown(
        entry=guarded, file_name=row.file_name if whole else "", form=NAMES[ENDINGS[row.media_type]], size=row.size,
        pages=pages if whole else (), paged=row.paged, notes=tuple(row.notes) if whole else (), kept_at=row.kept_at,
        whole=whole, may_leave=whole and guarded.entry.handling != "C" and guarded.entry.state != "draft",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes as they came. `name` carries no word of the file's own name, which may hold the child's."""

    name: str
    media_type: str
    chunks: Iterator[bytes]


def get_original(actor: Actor, guarded: GuardedEntry, *, made_for: str) -> Original:
    """A copy leaves the service, so it takes what an export takes (A-D10), and is recorded with what it is for."""
    subject = guarded.child.subject()
    proceed(actor, Permission.CHRONOLOGY_EXPORT, subject, procedures.export(actor, subject, purpose=made_for))
    row = paper_on(actor, guarded)
    if row is None:
        raise NotFound("There is no document here.")
    if not shown(actor, guarded, row, ()).may_leave:
        raise NotAllowed("This document is read on screen alone. Ask the agency that holds it for a copy.")
    path = Path(files.path_of(row.sha256))
    if not path.is_file():
        raise Refused("The original is gone from the disk. Tell the people who run the service.")
    looked(
        actor, Permission.CHRONOLOGY_EXPORT, subject, records=[guarded.entry.ref], purpose=made_for.strip()[:200],
        original=row.sha256,
    )  # fmt: skip
    alerts.raise_alert("export", actor, about=guarded.child.ref, format=ENDINGS[row.media_type], entries=1)
    name = f"document-{guarded.entry.ref}.{ENDINGS[row.media_type]}"
    return Original(name, row.media_type, iter(files.read_chunks(path)))


def source_in_paper(actor: Actor, guarded: GuardedEntry) -> Cited | None:
    """The document that an event was written from, if there is one and this reader may read it."""
    row = Citation.objects.filter(event=guarded.entry.chain).first()
    found = entries.those_that_stand(actor, [row.document_id]) if row is not None else {}
    if row is None or not found:
        return None
    hit = entries.read_with(actor, guarded.child, list(found.values()))[0]
    return Cited(hit, row.page, row.place)


def made_from(actor: Actor, guarded: GuardedEntry) -> list[Cited]:
    """Events written from this document that the actor reads, in the order of the document."""
    rows = {row.event_id: row for row in Citation.objects.filter(document=guarded.entry.chain)}
    found = entries.those_that_stand(actor, rows)
    order = sorted(found, key=lambda chain: (rows[chain].page or 0, found[chain].occurred_from, chain))
    hits = entries.read_with(actor, guarded.child, [found[chain] for chain in order])
    return [Cited(hit, rows[chain].page, rows[chain].place) for chain, hit in zip(order, hits, strict=True)]
