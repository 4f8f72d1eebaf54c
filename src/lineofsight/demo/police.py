"""The police: persons with several records each, occurrences with a role for each, notices, intelligence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo import numbering
from lineofsight.demo.families import Person
from lineofsight.demo.office import Setting, british, british_time
from lineofsight.demo.recording import Written

#: Title to Home Office code, for the occurrences that are told here.
OFFENCES = {
    "Theft from shop": "046/00",
    "Possession of cannabis": "092/70",
    "Possession with intent to supply Class A": "092/41",
    "Possession with intent to supply cannabis": "092/44",
    "Possession of a bladed article": "009/10",
    "Common assault": "105/01",
    "Assault occasioning actual bodily harm": "008/06",
    "Robbery of personal property": "034/01",
    "Criminal damage under £5,000": "149/00",
    "Taking a vehicle without consent": "048/01",
    "Allowed to be carried in a taken vehicle": "048/02",
    "Threats to kill": "003/01",
    "Burglary other than dwelling": "030/10",
    "Handling stolen goods": "054/01",
    "Arranging or facilitating travel for exploitation": "106/01",
}

_SELF_DEFINED = {
    "british": "W1",
    "irish": "W2",
    "traveller": "W3",
    "polish": "W9",
    "romanian": "W9",
    "lithuanian": "W9",
    "portuguese": "W9",
    "pakistani": "A2",
    "bangladeshi": "A3",
    "indian": "A1",
    "somali": "B2",
    "nigerian": "B2",
    "ghanaian": "B2",
    "caribbean": "B1",
}


class Police:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets
        self._objects: dict[str, str] = {}

    @staticmethod
    def nominal(person: Person, again: int = 0) -> str:
        return str(
            2_000_000 + numbering.spread(person.number * 2 + again + 1, step=611_953, modulus=7_999_993)
        )

    def register(
        self,
        person: Person,
        *,
        again: int = 0,
        written: Written | None = None,
        pnc: bool = False,
        markers: str = "",
    ) -> str:
        """A record of the person. `again` makes another record of the same one, as happens in every force."""
        nominal = self.nominal(person, again)
        seen = written or self.setting.written(person, "police", again=again)
        self.sheets.know("police", "police_rms", nominal, person.number)
        self.sheets.add(
            "pole_person",
            {
                "nominal_id": nominal,
                "pnc_id": numbering.police_number(person.number, person.born.year + 15) if pnc else "",
                "surname": seen.surname,
                "forenames": seen.forenames,
                "alias": person.alias,
                "dob": british(seen.born),
                "dob_is_approximate": "Y" if (seen.born.month, seen.born.day) == (1, 1) else "N",
                "sex": person.sex,
                "self_defined_ethnicity": _SELF_DEFINED.get(person.tradition.code, "O9"),
                "address": seen.line,
                "postcode": seen.postcode,
                "warning_markers": markers,
            },
        )
        return nominal

    def occurrence(
        self,
        start: datetime,
        title: str,
        place: str,
        summary: str,
        roles: Sequence[tuple[str, str]],
        *,
        kind: str = "crime",
        until: datetime | None = None,
        outcome: str = "",
        flags: str = "",
        handling: str = "P",
        reported: datetime | None = None,
    ) -> str:
        """One thing that happened, and who was what in it. Gives its number."""
        number = f"NS/{start:%y}/{self.sheets.number('occurrence', start.date()):06d}"
        told = reported or start + timedelta(minutes=25 + start.minute)
        self.sheets.add(
            "pole_occurrence",
            {
                "occurrence_no": number,
                "kind": kind,
                "offence_code": OFFENCES.get(title, ""),
                "offence_title": title,
                "from": british_time(start),
                "to": british_time(until) if until else "",
                "reported": british_time(told),
                "recorded": british_time(told + timedelta(hours=2, minutes=start.day)),
                "location_text": place,
                "outcome": outcome,
                "outcome_date": british(start.date() + timedelta(days=30 + start.day)) if outcome else "",
                "flags": flags,
                "summary": summary,
                "handling": handling,
            },
        )
        for nominal, role in dict.fromkeys(roles):
            self.sheets.add("pole_role", {"occurrence_no": number, "nominal_id": nominal, "role": role})
        return number

    def thing(self, kind: str, value: str, detail: str) -> str:
        """A vehicle, phone or online name. The same one keeps its number."""
        if value not in self._objects:
            self._objects[value] = f"OB{70_000 + len(self._objects) * 13}"
            self.sheets.add(
                "pole_object",
                {"object_id": self._objects[value], "kind": kind, "value": value, "detail": detail},
            )
        return self._objects[value]

    def link(self, one: str, other: str, kind: str, first: date, last: date, source: str = "") -> None:
        self.sheets.add(
            "pole_link",
            {
                "from_id": one,
                "to_id": other,
                "link_type": kind,
                "first_seen": british(first),
                "last_seen": british(last),
                "source_occurrence": source,
            },
        )

    def missing(
        self,
        nominal: str,
        seen: Written,
        last_seen: datetime,
        reported: datetime,
        found: datetime | None,
        *,
        place: str,
        by: str,
        home: str = "home",
        risk: str = "medium",
        history: str = "",
        reasons: str = "CCE",
        found_place: str = "",
        found_with: str = "",
        returned_to: str = "home",
        interview: str = "done",
        summary: str = "",
        harm: bool = False,
        count: int = 1,
        address: str = "",
    ) -> str:
        number = f"MP/{reported:%y}/{self.sheets.number('missing report', reported.date()):05d}"
        self.sheets.add(
            "missing_reports",
            {
                "report_no": number,
                "nominal_id": nominal,
                "surname": seen.surname,
                "forenames": seen.forenames,
                "dob": british(seen.born),
                "reported_at": british_time(reported),
                "last_seen_at": british_time(last_seen),
                "last_seen_place": place,
                "reported_by": by,
                "missing_from": home,
                "missing_from_address": address or seen.line,
                "placing_authority": "Northshore" if home in ("care_home", "foster", "supported") else "",
                "risk": risk,
                "risk_history": history,
                "risk_reasons": reasons,
                "found_at": british_time(found) if found else "",
                "found_place": found_place,
                "found_with": found_with,
                "returned_to": returned_to if found else "",
                "prevention_interview": interview if found else "",
                "prevention_summary": summary,
                "harm_disclosed": ("Y" if harm else "N") if found else "",
                "count_90_days": str(count),
            },
        )
        return number

    def sighting(self, report: str, moment: datetime, place: str, company: str, source: str) -> None:
        self.sheets.add(
            "sightings",
            {
                "report_no": report,
                "seen_at": british_time(moment),
                "place": place,
                "with": company,
                "source_kind": source,
            },
        )

    def notice(
        self,
        seen: Written,
        incident: datetime,
        officer: str,
        narrative: str,
        *,
        occurrence: str = "",
        role: str = "child_at_risk",
        strands: str = "CCE",
        risk: str = "amber",
        voice: str = "",
        action: str = "",
        consent: str = "not_sought_safety",
        purpose: str = "referral",
        school: str = "",
    ) -> datetime:
        """A vulnerability notice. Gives the time at which it was sent."""
        sent = incident + timedelta(hours=3, minutes=incident.day * 17)
        self.sheets.add(
            "ppn",
            {
                "notice_no": f"PPN{sent:%y}-{self.sheets.number('notice', sent.date()):05d}",
                "occurrence_no": occurrence,
                "submitted_at": british_time(sent),
                "incident_at": british_time(incident),
                "officer": officer,
                "subject_surname": seen.surname,
                "subject_forenames": seen.forenames,
                "subject_dob": british(seen.born),
                "subject_role": role,
                "address": seen.line,
                "school": school,
                "strands": strands,
                "risk": risk,
                "narrative": narrative,
                "voice_of_child": voice,
                "action_taken": action,
                "consent": consent,
                "purpose": purpose,
            },
        )
        return sent

    def intelligence(
        self,
        subject: str,
        sent: datetime,
        text: str,
        *,
        event: datetime | None = None,
        source: str = "2",
        grade: str = "C",
        conditions: str = "",
        seen: Written | None = None,
    ) -> None:
        """One sanitised paragraph, its source and its content graded apart. Conditions travel with it."""
        self.sheets.add(
            "intelligence",
            {
                "ref": f"NSI/{sent:%y}/{self.sheets.number('intelligence', sent.date()):05d}",
                "submitted_at": british_time(sent),
                "subject": subject,
                "event_at": british_time(event) if event else "",
                "source_grade": source,
                "info_grade": grade,
                "handling": "C" if conditions else "P",
                "conditions": conditions,
                "text": text,
                "gsc": "OFFICIAL-SENSITIVE",
                "subject_surname": seen.surname if seen else "",
                "subject_forenames": seen.forenames if seen else "",
                "subject_dob": british(seen.born) if seen else "",
            },
        )

    def everyday(self, person: Person, rng: Random) -> list[str]:
        """The records that the force holds of somebody: mostly one, sometimes two for one person."""
        records = [self.register(person, pnc=rng.random() < 0.3)]
        if rng.random() < 0.12:
            records.append(self.register(person, again=1))
        return records
