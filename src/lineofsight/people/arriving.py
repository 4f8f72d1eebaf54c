"""One row that arrives by hand or through the API: whose is it?

Matched against everybody with the product's own rights, sealed people too; whoever brings it is told the same
whatever it met (A-G2). A row that meets a sealed person waits for the custodian, and no second person is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lineofsight.access import alerts, procedures
from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import deed, proceed
from lineofsight.access.policy import Permission
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.refs import new_ref
from lineofsight.people import index, services
from lineofsight.people.queries import ref_of
from lineofsight.people.services import SaidRow

SYSTEM = "by hand"
RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Arrived:
    """`told`: what whoever brought it learns. `effect` and `ref` are for the product itself."""

    told: str
    effect: str
    ref: str = ""

    def subject(self) -> Subject:
        return Subject("child", self.ref)


@deed(Permission.ROW_BRING, as_system=True)
def arrive(*, row: Mapping[str, str], by: Actor) -> Arrived:
    """Takes in who a row is about. `row`: surname, forename, dob, nhs, upn, postcode, phone, as far as given."""
    proceed(by, Permission.ROW_BRING, Subject.partnership(), procedures.import_row(by))
    given = {
        name: value.strip() for name, value in row.items() if name in index.IDENTIFIERS and value.strip()
    }
    if not given.get("surname") and not given.get("nhs") and not given.get("upn"):
        raise Refused("A row needs a surname, or a number that identifies the person.", field="surname")
    matches = index.matching_people(given)
    if any(match.subject.sealed for match in matches):
        sealed = next(match for match in matches if match.subject.sealed)
        alerts.raise_alert("quarantine", by, about=sealed.person.ref)
        return Arrived(RECEIVED, "quarantine")
    if len(matches) == 1:
        return Arrived(RECEIVED, "match", matches[0].person.ref)
    return Arrived(RECEIVED, "new_person", new_person(given, by))


def new_person(given: Mapping[str, str], by: Actor) -> str:
    """A record of the bringer's agency for someone whom nobody holds yet."""
    day = index.as_day(given.get("dob", ""))
    facts: dict[str, Any] = {
        "kind": "child",
        "names": [{"given": given.get("forename", ""), "family": given.get("surname", ""), "use": "legal"}],
    }
    if day:
        facts["birth"] = {"from": day.isoformat(), "to": day.isoformat(), "precision": "day"}
    now = clock.now()
    services.hold_the_lock()
    local = new_ref("H")
    [identity] = services.identities_for(agency=by.agency, system=SYSTEM, local_ids=[local]).values()
    services.take_statements([SaidRow(identity, -identity, "", f"{SYSTEM} {local}", facts)], at=now)
    services.settle([identity], at=now)
    return ref_of(identity)
