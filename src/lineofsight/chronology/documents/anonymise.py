"""The same chronology with nobody in it: for learning, for training, for a report that others will read.

People, schools, places, telephones, vehicles, numbers and accounts become words such as "Person B", the
same word for the same thing all through. Every date moves by one secret number of whole weeks and is shown
as a month and a week counted from the first entry, so that order and intervals stay. Ages stay, in years.
What cannot be known is a name that nobody listed and that looks like a word: a person reads it before it
is shared, and the document says so.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import When, local, midnight
from lineofsight.chronology.documents.content import content_hash, tidy
from lineofsight.chronology.documents.dates import monday, weekly
from lineofsight.chronology.documents.folding import fold
from lineofsight.chronology.documents.masking import Masker, distinctive, spelt_alike, without_lead
from lineofsight.chronology.documents.naming import Roll, parts
from lineofsight.chronology.documents.patterns import POSTCODE, SCHOOL
from lineofsight.chronology.documents.shapes import Document, Line, Named
from lineofsight.chronology.documents.words import ORGANISATION_WORDS, ROLE_WORDS

#: One to six years back: never in the document's own weeks by habit, never in the future.
_LEAST_WEEKS, _MOST_WEEKS = 60, 320

NOTES = (
    "This copy is anonymised. People, schools, places, telephones, vehicles, numbers and accounts are "
    "replaced, each by the same words throughout.",
    "Every date is moved by the same number of whole weeks and shown as a month and a week; week 1 is the "
    "week of the first entry. Order and intervals are true; months, years and seasons are not. Times of day "
    "stay in the text.",
    "Ages are given in whole years. Dates of birth, record numbers and the names of the area are taken out.",
    "A story can point to a child without a name. Read it through before it is shared.",
)

_ORDINARY = ROLE_WORDS | ORGANISATION_WORDS


def anonymise(document: Document, *, key: bytes) -> Document:
    """`key` decides how far the dates move; whoever holds it can find that out again. The same document
    and key give the same result."""
    if not key:
        raise Refused(
            "A document cannot be anonymised without a key. Set the key in the settings.", field="key"
        )
    if document.anonymised:
        return document
    document = tidy(document)
    shift = _shift(document, key)
    starts = [line.when.start for line in document.lines if line.when.is_known]
    dates = weekly((_week(start, shift) for start in starts), _week(document.made_at, shift))
    masker = Masker(Roll(), dates, shift)
    _learn_people(masker.roll, document)
    _learn_areas(masker, document)
    _learn_places(masker, document)
    _learn_numbers(masker, document)
    return _masked(document, masker)


def _shift(document: Document, key: bytes) -> timedelta:
    digest = hmac.new(key, content_hash(document).encode(), hashlib.sha256).digest()
    return timedelta(weeks=-(_LEAST_WEEKS + int.from_bytes(digest[:8], "big") % (_MOST_WEEKS - _LEAST_WEEKS)))


def _week(moment: datetime, shift: timedelta) -> datetime:
    """The Monday of that week in the moved calendar."""
    return midnight(monday(local(moment).date() + shift))


# --- who and what is known -------------------------------------------------------------------------------


def _learn_people(roll: Roll, document: Document) -> None:
    """The child first, then those listed, then those whom only the lines name."""
    child = document.child_name
    child_keys = {parts(child)} - {()}
    listed = [one for one in document.people if parts(one.name) in child_keys]
    roll.add("Child A", [child, *(name for one in listed for name in (one.name, *one.aliases))])
    letters = _letters()
    counts: dict[str, int] = {}
    for one in (*document.people, *_in_lines(document.lines, document.made_by)):
        if not parts(one.name) or roll.knows(one.name) or roll.covers(one.name):
            continue
        token = _professional(one, counts) if one.kind == "professional" else f"Person {next(letters)}"
        roll.add(token, (one.name, *one.aliases))


def _letters() -> Iterator[str]:
    """B, C ... Z, AA, AB ...; A is the child."""
    place = 1
    while True:
        letters, rest = "", place
        while rest >= 0:
            letters = chr(ord("A") + rest % 26) + letters
            rest = rest // 26 - 1
        yield letters
        place += 1


def _professional(one: Named, counts: dict[str, int]) -> str:
    # A role may name a place ("Head of Hillview"): only the words of a role are kept.
    words = [word for word in re.findall(r"[a-z]+", fold(one.role).lower()) if word in ROLE_WORDS]
    label = " ".join(words).capitalize() or "Worker"
    counts[label] = counts.get(label, 0) + 1
    return f"{label} {counts[label]}"


def _in_lines(lines: Iterable[Line], made_by: str) -> Iterator[Named]:
    lines = tuple(lines)
    for line in lines:
        for name, role in line.people:
            yield Named(name, role, kind="professional" if _is_professional(role) else "adult")
    for line in lines:
        yield Named(line.recorded_by, "worker", kind="professional")
    # "A. Oduya, Children's Social Care": the name stands before the comma.
    yield Named(made_by.split(",")[0], "worker", kind="professional")


def _is_professional(role: str) -> bool:
    words = set(re.findall(r"[a-z]+", role.lower()))
    return bool(
        words & {"professional", "worker", "officer", "nurse", "teacher", "doctor", "practitioner", "staff"}
    )


def _learn_areas(masker: Masker, document: Document) -> None:
    """The partnership's and the agencies' own names often hold the name of the area."""
    names = {document.partnership, *document.agencies, *(line.agency_name for line in document.lines)}
    for name in sorted(names - {""}):
        if SCHOOL.search(fold(name)) and distinctive(name):
            continue
        for word in re.findall(r"[^\W\d_]+(?:'s)?", fold(name)):
            bare = word.lower().removesuffix("'s")
            if word[0].isupper() and len(bare) > 2 and bare not in _ORDINARY and f"{bare}s" not in _ORDINARY:
                masker.learn(bare, "[area]")


def _learn_places(masker: Masker, document: Document) -> None:
    texts = [place for line in document.lines for place in line.places]
    for text in dict.fromkeys(texts):
        pieces = [piece.strip() for piece in POSTCODE.sub(",", fold(text)).split(",") if piece.strip()]
        if not pieces:
            continue
        token = _place_token(masker, text, pieces)
        masker.learn(text, token)
        masker.learn(" ".join(pieces), token)
        for place, piece in enumerate(pieces):
            is_area = len(pieces) > 1 and place == len(pieces) - 1 and not re.search(r"\d", piece)
            masker.learn(piece, "[area]" if is_area else token)
            _learn_shorter(masker, piece, token)
    for line in document.lines:
        for text in (line.title, line.narrative, line.child_words, line.agency_name, *line.comments):
            for match in SCHOOL.finditer(fold(text)):
                if distinctive(match.group()):
                    _learn_school(masker, match.group())


def _place_token(masker: Masker, text: str, pieces: list[str]) -> str:
    is_school = SCHOOL.search(fold(text)) and distinctive(pieces[0])
    return masker.place("School" if is_school else "Place", pieces[0])


def _learn_school(masker: Masker, name: str) -> None:
    token = masker.place("School", name)
    masker.learn(without_lead(name), token)
    _learn_shorter(masker, name, token)


def _learn_shorter(masker: Masker, piece: str, token: str) -> None:
    """'Quay Street' for '12 Quay Street'; 'Hillview' for 'Hillview Academy'."""
    street = re.sub(r"^(?:flat|unit|room|apartment)?\s*\d+\w?(?:-\d+)?\s+", "", piece, flags=re.IGNORECASE)
    if street != piece and distinctive(street):
        masker.learn(street, token)
    if SCHOOL.search(piece):
        core = distinctive(piece)
        if core and max(map(len, core)) > 3:
            masker.learn(" ".join(core), token)


def _learn_numbers(masker: Masker, document: Document) -> None:
    if document.child_ref:
        masker.learn(document.child_ref, "[reference removed]")
    for line in document.lines:
        for text in (line.ref, *re.findall(r"[\w/-]*\d[\w/-]*", fold(line.source))):
            if len(text) > 2 and re.search(r"\d", text):
                masker.learn(text, "[reference removed]")
        for thing in line.things:
            _learn_thing(masker, thing)
    for person in document.people:
        for number in re.findall(r"[\w/-]*\d{3}[\w/-]*", fold(person.name)):
            masker.learn(number, "[number removed]")


_ACCOUNTS = re.compile(
    r"handle|account|user|snap|insta|tiktok|discord|telegram|facebook|gamer|xbox|psn|roblox|twitch|online",
    re.I,
)


def _learn_thing(masker: Masker, thing: str) -> None:
    label, colon, value = thing.partition(":")
    if not colon or not _ACCOUNTS.search(label):
        return
    value = re.sub(r"\([^)]*\)", "", value).strip().lstrip("@")
    if value:
        masker.learn(value, masker.tokens.of("Handle", spelt_alike(value)))


# --- the masked copy -------------------------------------------------------------------------------------


def _masked(document: Document, masker: Masker) -> Document:
    def text(words: str) -> str:
        return masker.mask(words, document.made_at)

    sources: dict[str, int] = {}
    labels: dict[str, str] = {}
    return replace(
        document,
        title=text(document.title),
        child_name="Child A",
        child_ref="",
        born="Taken out; ages are given in years" if document.born else "",
        period_from=_moved_day(document.period_from, masker.shift),
        period_to=_moved_day(document.period_to, masker.shift),
        agencies=tuple(map(text, document.agencies)),
        made_by="Name taken out" if document.made_by else "",
        made_at=_week(document.made_at, masker.shift),
        made_for=text(document.made_for),
        partnership=text(document.partnership),
        lines=tuple(
            _line(line, place, masker, sources, labels) for place, line in enumerate(document.lines, start=1)
        ),
        people=(),
        withheld=text(document.withheld),
        notes=(*NOTES, *map(text, document.notes)),
        anonymised=True,
    )


def _line(line: Line, place: int, masker: Masker, sources: dict[str, int], labels: dict[str, str]) -> Line:
    near = line.when.start if line.when.is_known else line.received_at

    def text(words: str) -> str:
        return masker.mask(words, near)

    def label(words: str) -> str:
        """Words that come back on line after line and hold no date."""
        if words not in labels:
            labels[words] = masker.mask(words)
        return labels[words]

    source = sources.setdefault(line.source, len(sources) + 1)
    return replace(
        line,
        ref=str(place),
        when=_moved_when(line.when, masker),
        age=_years(line.age),
        agency=label(line.agency),
        agency_name=label(line.agency_name),
        kind=label(line.kind),
        title=text(line.title),
        narrative=text(line.narrative),
        child_words=text(line.child_words),
        role=label(line.role),
        people=tuple((masker.roll.knows(name) or text(name), label(role)) for name, role in line.people),
        places=tuple(map(text, line.places)),
        things=tuple(map(text, line.things)),
        source=f"Record {source}" if line.source else "",
        recorded_at=None if line.recorded_at is None else _week(line.recorded_at, masker.shift),
        recorded_by=masker.roll.knows(line.recorded_by) or text(line.recorded_by),
        received_at=_week(line.received_at, masker.shift),
        conditions=text(line.conditions),
        grading=text(line.grading),
        marks=tuple(map(text, line.marks)),
        comments=tuple(map(text, line.comments)),
    )


def _moved_when(when: When, masker: Masker) -> When:
    if not when.is_known:
        return When.unknown()
    start = _week(when.start, masker.shift)
    end = monday(local(max(when.start, when.end - timedelta(microseconds=1))).date() + masker.shift)
    return When.between(start, midnight(end + timedelta(days=7)), "week", masker.dates.of_moment(start))


def _moved_day(day: date | None, shift: timedelta) -> date | None:
    return None if day is None else monday(day + shift)


def _years(age: str) -> str:
    """'15 years 3 months' and '15' are 15; '8 months' is under 1."""
    match = re.match(r"\s*(?:about\s+|aged?\s+)?(\d{1,3})(?!\d)\s*(\w*)", age, re.IGNORECASE)
    if match is None:
        return ""
    if match[2].lower() in (
        "month",
        "months",
        "m",
        "mo",
        "week",
        "weeks",
        "w",
        "wk",
        "wks",
        "day",
        "days",
        "d",
    ):
        return "Under 1" if match[2].lower()[0] != "m" or int(match[1]) < 12 else str(int(match[1]) // 12)
    return match[1]
