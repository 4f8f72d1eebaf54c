"""Housing, early help and the voluntary sector: offices that know families by name."""

from __future__ import annotations

from datetime import date, datetime

from lineofsight.demo import numbering
from lineofsight.demo.families import Household, Person
from lineofsight.demo.office import Setting, british, clock
from lineofsight.demo.recording import Written

_RELATIONSHIPS = {
    "mother": "tenant",
    "father": "partner",
    "grandmother": "tenant",
    "grandparent": "household member",
    "partner": "partner",
    "tenant": "tenant",
    "child": "child",
}


class Community:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets

    def tenancy(self, household: Household, start: date, *, skip: int | None = None) -> None:
        number = 40_000 + numbering.spread(household.index + 1, step=15_485, modulus=899_981)
        for person in household.people:
            if person.number != skip:
                self.tenant(person, f"T{number:06d}", start, None)

    def tenant(
        self,
        person: Person,
        reference: str,
        start: date,
        end: date | None,
        *,
        written: Written | None = None,
        line: str = "",
        postcode: str = "",
        uprn: str = "",
    ) -> None:
        """One member of a household, by the landlord's own number of the person."""
        seen = written or self.setting.written(person, "housing")
        number = f"HP{10_000 + numbering.spread(person.number + 1, step=28_657, modulus=8_999_993)}"
        self.sheets.know("housing", "housing_tenancy", number, person.number)
        self.sheets.add(
            "tenancies",
            {
                "tenancy_ref": reference,
                "person_id": number,
                "uprn": uprn or person.address.uprn,
                "address": line or person.address.line,
                "postcode": postcode or person.address.postcode,
                "person_name": seen.full,
                "person_dob": british(seen.born) if person.number % 9 else "",
                "relationship": _RELATIONSHIPS.get(person.role, "household member"),
                "from": british(start),
                "to": british(end) if end else "",
            },
        )

    def asb(
        self,
        opened: date,
        category: str,
        location: str,
        people: str,
        *,
        closed: date | None = None,
        action: str = "",
        uprn: str = "",
    ) -> None:
        self.sheets.add(
            "asb_cases",
            {
                "case_ref": f"ASB{opened:%y}{self.sheets.number('asb', opened):06d}",
                "opened": british(opened),
                "closed": british(closed) if closed else "",
                "category": category,
                "location": location,
                "uprn": uprn,
                "persons": people,
                "action": action,
            },
        )

    def early_help(
        self,
        person: Person,
        start: date,
        end: date | None,
        lead: str,
        agency: str,
        needs: str,
        reason: str,
        *,
        written: Written | None = None,
    ) -> None:
        seen = written or self.setting.written(person, "earlyhelp")
        family = 3_000 + numbering.spread(person.household + 1, step=7_727, modulus=899_981)
        number = f"EP{10_000 + numbering.spread(person.number + 1, step=46_367, modulus=8_999_993)}"
        self.sheets.know("earlyhelp", "early_help", number, person.number)
        self.sheets.add(
            "eh_episodes",
            {
                "family_id": f"EH{family}",
                "person_id": number,
                "person_name": seen.full,
                "dob": british(seen.born),
                "relationship": person.role,
                "start": british(start),
                "end": british(end) if end else "",
                "lead_practitioner": lead,
                "lead_agency": agency,
                "needs": needs,
                "end_reason": reason if end else "",
            },
        )

    def session(
        self,
        person: Person,
        moment: datetime,
        worker: str,
        activity: str,
        place: str,
        notes: str,
        *,
        said: str = "",
        concern: bool = False,
        written: Written | None = None,
        name: str = "",
    ) -> None:
        seen = written or self.setting.written(person, "vcs")
        self.sheets.add(
            "vcs_sessions",
            {
                "ref": f"HL{moment:%y}{self.sheets.number('session', moment.date()):06d}",
                "name": name or seen.full,
                "dob": british(seen.born) if person.number % 5 or written else "",
                "session_date": british(moment.date()),
                "session_time": clock(moment),
                "worker": worker,
                "activity": activity,
                "place": place,
                "notes": notes,
                "child_said": said,
                "concern": "Y" if concern else "N",
            },
        )

    def outreach(self, cells: dict[str, str]) -> None:
        """The street team's own list, with headings of its own."""
        self.sheets.add("street_log", cells)
