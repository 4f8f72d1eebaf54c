"""Health: the emergency department, the health visitors and school nurses, the mental health service."""

from __future__ import annotations

from datetime import date, datetime

from lineofsight.demo import numbering
from lineofsight.demo.families import Person
from lineofsight.demo.office import Setting, clock, iso
from lineofsight.demo.recording import Written


class Health:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets

    @staticmethod
    def hospital_number(person: Person) -> str:
        return f"N{1_000_000 + numbering.spread(person.number + 1, step=350_377, modulus=8_999_971)}"

    @staticmethod
    def local_number(person: Person) -> str:
        return f"H{1_000_000 + numbering.spread(person.number + 1, step=731_531, modulus=8_999_993)}"

    def attendance(
        self,
        person: Person,
        moment: datetime,
        complaint: str,
        *,
        written: Written | None = None,
        mode: str = "Walk in",
        intent: str = "",
        mechanism: str = "",
        place: str = "",
        injured: datetime | None = None,
        discharge: str = "Discharged, no follow up",
        concern: str = "",
        nhs: str | None = None,
        source: str = "Self",
    ) -> None:
        seen = written or self.setting.written(person, "health", again=1)
        number = f"ED{moment:%y}{self.sheets.number('attendance', moment.date()):06d}"
        self.sheets.know("health", "ed_attendance", self.hospital_number(person), person.number)
        self.sheets.add(
            "ed_attendances",
            {
                "patient.nhs_number.value": seen.nhs if nhs is None else nhs,
                "patient.local_patient_identifier.value": self.hospital_number(person),
                "patient.age_at_arrival": str((moment.date() - person.born).days * 100 // 36_525),
                "attendance.unique_identifier": number,
                "attendance.arrival.date": iso(moment.date()),
                "attendance.arrival.time": clock(moment),
                "attendance.arrival.arrival_mode.code": mode,
                "attendance.arrival.attendance_source.code": source,
                "clinical.chief_complaint.code": complaint,
                "clinical.acuity.code": "Urgent" if concern else "Standard",
                "clinical.injury.date": iso(injured.date()) if injured else "",
                "clinical.injury.time": clock(injured) if injured else "",
                "clinical.injury.intent.code": intent,
                "clinical.injury.mechanism.code": mechanism,
                "clinical.injury.place.type": place,
                "attendance.discharge.status.code": discharge,
                "safeguarding concern (0..n)": concern,
                "surname": seen.surname,
                "forename": seen.forenames,
                "dob": iso(seen.born),
                "postcode": seen.postcode,
            },
        )

    def contact(
        self,
        person: Person,
        moment: datetime,
        service: str,
        worker: str,
        *,
        came: bool = True,
        summary: str = "",
        written: Written | None = None,
        nhs: str | None = None,
        born: str | None = None,
    ) -> None:
        seen = written or self.setting.written(person, "health")
        local = self.local_number(person)
        self.sheets.know("health", "health_pas", local, person.number)
        self.sheets.add(
            "health_contacts",
            {
                "local_id": local,
                "nhs_number": seen.nhs if nhs is None else nhs,
                "surname": seen.surname,
                "forename": seen.forenames,
                "dob": iso(seen.born) if born is None else born,
                "sex": person.sex,
                "postcode": seen.postcode,
                "service": service,
                "contact_date": iso(moment.date()),
                "contact_time": clock(moment),
                "attended": "A" if came else "N",
                "worker": worker,
                "summary": summary,
            },
        )

    def camhs(
        self,
        person: Person,
        received: date,
        source: str,
        reason: str,
        *,
        priority: str = "Routine",
        refused: str = "",
        closed: str = "",
        discharged: date | None = None,
        written: Written | None = None,
    ) -> None:
        seen = written or self.setting.written(person, "health")
        local = self.local_number(person)
        self.sheets.know("health", "health_pas", local, person.number)
        self.sheets.add(
            "camhs_referrals",
            {
                "ServiceRequestId": f"CR{received:%y}{self.sheets.number('camhs', received):06d}",
                "ReferralRequestReceivedDate": iso(received),
                "SourceOfReferralMH": source,
                "ClinRespPriorityType": priority,
                "PrimReasonReferralMH": reason,
                "ReferRejectReason": refused,
                "ReferClosReason": closed,
                "ServDischDate": iso(discharged) if discharged else "",
                "local_id": local,
                "nhs_number": seen.nhs,
                "surname": seen.surname,
                "forename": seen.forenames,
                "dob": iso(seen.born),
            },
        )
