"""Looking someone up with whom one has no basis: who holds a record of them, and whom to ring (A-P7, A-S2).

Everybody is in the index; what a look-up answers is decided afterwards, and a person who may not be known of is
answered like one who was never there. Every look-up is written down, its terms as keyed digests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from lineofsight.access import alerts, guard, ledger, procedures
from lineofsight.access.actor import Actor, Home, PersonSubject, Role, Subject
from lineofsight.access.deeds import proceed
from lineofsight.access.policy import Decision, Level, Permission, denied, ways
from lineofsight.access.procedures import LookUp, pointer_shows
from lineofsight.catalogue import book, clock
from lineofsight.partners import use
from lineofsight.people import guarding, matching
from lineofsight.people.models import Person, Profile
from lineofsight.people.names import fold
from lineofsight.people.queries import candidate_profiles, where_lives

#: What identifies someone, in the order of the form. Of a shielded person the last ones are not compared.
IDENTIFIERS = ("surname", "forename", "dob", "nhs", "upn", "postcode", "phone")
TELL_WHERE = ("postcode", "phone")


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up answers. `shows`: what a pointer offers; `lead`: worker to ring."""

    decision: Decision
    ref: str = ""
    shows: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    lead: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    person: Person
    subject: PersonSubject


def look_up(actor: Actor, identifiers: Mapping[str, str], purpose: str) -> Found:
    """One person who fits everything given. Refusals raise; nobody found is an answer like any other. Nobody
    asks more often than work needs (I-11)."""
    if not actor.has(Role.OPERATOR):
        use.count(actor.ref, use.INDEX_SEARCHES)
    given = {
        name: value.strip() for name, value in identifiers.items() if value.strip() and name in IDENTIFIERS
    }
    matches = matching_people(given) if len(given) >= book.access_figures().identifiers_least else []
    there = [found for found in matches if not denied(actor, found.subject)]
    for shut in matches:
        if shut not in there:
            alerts.raise_alert("protected_touched", actor, about=shut.person.ref, permission="index.search")
    match = there[0] if len(there) == 1 else None
    home = match is not None and lives_with(actor.home, match)
    asked = LookUp(len(given), purpose)
    decision = procedures.look_up(actor, asked, match.subject if match else None, own_household=home)
    terms = {name: digest(value) for name, value in sorted(given.items())}
    if decision.rule == "A-S2" and match is not None:
        alerts.raise_alert("own_household", actor, about=match.person.ref)
    if decision.outcome != "allow":
        proceed(actor, Permission.INDEX_SEARCH, Subject.partnership(), decision)
    ledger.write(
        actor, Permission.INDEX_SEARCH, match.subject if match else Subject.partnership(),
        outcome=ledger.LOOKED, detail={"terms": terms, "for": purpose, "rule": decision.rule, "found": len(there)},
        purpose=purpose,
    )  # fmt: skip
    if match is None or decision.level is Level.NONE:
        return Found(decision, several=len(there) > 1)
    if ways(actor, match.subject):
        return Found(decision, ref=match.person.ref)
    tell(actor, match)
    shows = pointer_shows(match.subject)
    hidden = "agencies" not in shows
    return Found(
        decision, match.person.ref, shows,
        () if hidden else tuple(match.person.agencies), "" if hidden else match.subject.lead,
    )  # fmt: skip


def tell(actor: Actor, match: Match) -> None:
    """The lead is told of a look-up without a basis; the guardian too, and again when it happens often."""
    figures = alerts.figures()
    about, now = match.person.ref, clock.now()
    alerts.raise_alert("index_look", actor, about=about, lead=match.subject.lead)
    since = now - timedelta(days=figures["index_often_days"])
    often = alerts.times("index_look", actor.ref, about, since=since) >= figures["index_often_times"]
    if often and not alerts.already_open("index_often", actor.ref, about, since=since):
        alerts.raise_alert("index_often", actor, about=about)


def matching_people(given: Mapping[str, str]) -> list[Match]:
    """Everyone whom all of the identifiers fit, found with the product's own rights. The tables are asked the same
    questions whether or not there is anybody, so that time does not tell of somebody who may not be known of
    (A-X1): nobody is looked at like a person who never was."""
    with guard.as_system("the index"):
        query = matching.search_query(" ".join(given.values()))
        rows = candidate_profiles(query, through=True)
        people = {row.identity.person_id for row in rows} or {-1}
        subjects = guarding.subjects(people)
        held = Profile.objects.filter(identity__person__in=people).select_related("identity__person")
        profiles: dict[int, list[matching.Profile]] = {}
        found: dict[int, Person] = {}
        for row in held:
            found[row.identity.person_id] = row.identity.person
            profiles.setdefault(row.identity.person_id, []).append(matching.Profile.from_dict(row.data))
    return [
        Match(person, subjects[pk])
        for pk, person in sorted(found.items())
        if fits(given, profiles[pk], subjects[pk])
    ]


def fits(given: Mapping[str, str], profiles: list[matching.Profile], subject: PersonSubject) -> bool:
    """Whether each identifier is one of theirs. Where someone is hidden, a place identifies nobody."""
    counted = {k: v for k, v in given.items() if not (subject.location_hidden and k in TELL_WHERE)}
    if len(counted) < book.access_figures().identifiers_least:
        return False
    return all(
        any(is_theirs(name, value, profile) for profile in profiles) for name, value in counted.items()
    )


def is_theirs(name: str, value: str, profile: matching.Profile) -> bool:
    plain = "".join(value.split()).upper()
    match name:
        case "surname":
            return fold(value) in (*profile.family, *profile.family_whole)
        case "forename":
            return fold(value) in (*profile.given, *profile.middle)
        case "dob":
            return profile.birth_from == profile.birth_to == as_day(value)
        case "nhs":
            return plain in profile.nhs
        case "upn":
            return plain in profile.upns
        case "postcode":
            return plain in {"".join(held.split()).upper() for held in profile.postcodes}
        case "phone":
            return digits(value) in {digits(held) for held in profile.phones}
    return False


def as_day(text: str) -> date | None:
    for parts in (text.split("-"), text.split("/")[::-1]):
        try:
            year, month, day = (int(part) for part in parts)
            return date(year, month, day)
        except ValueError:
            continue
    return None


def digits(text: str) -> str:
    """The last ten digits: the same number with and without its country's code."""
    return "".join(c for c in text if c.isdigit())[-10:]


def lives_with(home: Home, match: Match) -> bool:
    """A-S2: the searcher's own address or telephone."""
    postcode = "".join(home.postcode.split()).upper()
    with guard.as_system("the searcher's own household"):
        held = where_lives(match.person)
    return bool(postcode and postcode in held) or bool(home.phone and digits(home.phone) in held)


def digest(term: str) -> str:
    """Tells one term from another in the ledger, and cannot be read back without the key."""
    return hmac.new(settings.SECRET_KEY.encode(), fold(term).encode(), hashlib.sha256).hexdigest()[:24]
