"""The youth justice service: a child's case, offences with outcomes, sessions kept and missed, programmes."""

from __future__ import annotations

from datetime import date, datetime

from lineofsight.demo import numbering
from lineofsight.demo.families import Person
from lineofsight.demo.office import Setting, british, british_time
from lineofsight.demo.police import OFFENCES
from lineofsight.demo.recording import Written

_GRAVITY = {
    "Theft from shop": "2",
    "Possession of cannabis": "2",
    "Possession with intent to supply Class A": "6",
    "Possession with intent to supply cannabis": "4",
    "Possession of a bladed article": "4",
    "Common assault": "3",
    "Assault occasioning actual bodily harm": "4",
    "Robbery of personal property": "6",
    "Criminal damage under £5,000": "2",
    "Taking a vehicle without consent": "4",
    "Threats to kill": "5",
}


class YouthJustice:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets

    def register(
        self, person: Person, *, written: Written | None = None, care: str = "none", pnc: bool = True
    ) -> str:
        case = f"YJ{10_000 + numbering.spread(person.number + 1, step=52_711, modulus=8_999_993)}"
        seen = written or self.setting.written(person, "yjs")
        self.sheets.know("yjs", "yjs_case", case, person.number)
        self.sheets.add(
            "yjs_children",
            {
                "yjs_id": case,
                "surname": seen.surname,
                "forenames": seen.forenames,
                "alias": person.alias,
                "dob": british(seen.born),
                "sex": person.sex,
                "ethnicity": person.tradition.main_ethnicity,
                "pnc_id": numbering.police_number(person.number, person.born.year + 15) if pnc else "",
                "care_status": care,
                "postcode": seen.postcode,
            },
        )
        return case

    def offence(
        self, case: str, day: date, title: str, decided: date | None, outcome: str, court: str = ""
    ) -> None:
        self.sheets.add(
            "yjs_offences",
            {
                "yjs_id": case,
                "offence_date": british(day),
                "offence_code": OFFENCES.get(title, ""),
                "offence": title,
                "gravity": _GRAVITY.get(title, "3"),
                "outcome_date": british(decided) if decided else "",
                "outcome": outcome if decided else "",
                "court": court,
            },
        )

    def assessment(
        self, case: str, day: date, tool: str, stage: str, harm: str, safety: str, again: str, exploited: bool
    ) -> None:
        self.sheets.add(
            "yjs_assessments",
            {
                "yjs_id": case,
                "tool": tool,
                "stage": stage,
                "completed": british(day),
                "rosh": harm,
                "safety_wellbeing": safety,
                "reoffending": again,
                "exploitation_identified": "Y" if exploited else "N",
            },
        )

    def session(self, case: str, moment: datetime, attended: str, worker: str, notes: str = "") -> None:
        self.sheets.add(
            "yjs_contacts",
            {
                "yjs_id": case,
                "planned": british_time(moment),
                "attended": attended,
                "worker": worker,
                "notes": notes,
            },
        )

    def programme(self, case: str, start: date, end: date | None, name: str, *, tag: bool = False) -> None:
        self.sheets.add(
            "yjs_interventions",
            {
                "yjs_id": case,
                "start": british(start),
                "end": british(end) if end else "",
                "programme": name,
                "tag": "Y" if tag else "N",
            },
        )
