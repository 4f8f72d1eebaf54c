"""Schools and the education service: the census tables, the safeguarding log, the register."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lineofsight.demo import numbering
from lineofsight.demo.city import School
from lineofsight.demo.families import Person
from lineofsight.demo.office import Setting, british, british_time
from lineofsight.demo.recording import Written

#: Not by the machine's language: the same city is the same everywhere.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def census_day(day: date) -> str:
    return f"{day.year}-{_MONTHS[day.month - 1]}-{day.day:02d} 00:00:00"


class Schools:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.sheets = setting.sheets

    @staticmethod
    def census_id(person: Person) -> str:
        mixed = numbering.spread(person.number + 1, step=2_654_435_761, modulus=4_294_967_291)
        return f"{mixed:08x}-{person.number % 4096:03x}"

    def enrol(
        self, person: Person, school: School, *, written: Written | None = None, left: date | None = None
    ) -> Written:
        """The pupil as the census sees them; off roll when they have left."""
        seen = written or self.setting.written(person, "education")
        table = self.census_id(person)
        batch = f"{numbering.spread(int(school.urn), step=40_503, modulus=65_521):08x}"
        entry = date(self.setting.today.year - (person.number % 4), 9, 3)
        base = {
            "NativeId": school.code,
            "dob": census_day(seen.born),
            "enrolstatus": "C",
            "entrydate": census_day(max(entry, person.born + timedelta(days=1_500))),
            "ethnicity": person.tradition.ethnicity,
            "forename": seen.forenames.split(" ")[0],
            "formersurname": person.former_family,
            "language": person.tradition.home,
            "middlenames": " ".join(seen.forenames.split(" ")[1:]),
            "schoolcensustableid": f"{batch}c1",
            "sex": person.sex,
            "sourceid": batch,
            "surname": seen.surname,
            "upn": seen.upn,
        }
        self.sheets.know("education", "school_census", f"{school.code}:{table}", person.number)
        if left:
            base |= {
                "pupilnolongeronrolltableid": table,
                "pupilnolongeronrollorderseqcolumn": "1",
                "leavingdate": census_day(left),
            }
            del base["enrolstatus"]
            self.sheets.add("pupilnolongeronroll", base)
            return seen
        base |= {
            "pupilonrolltableid": table,
            "pupilonrollorderseqcolumn": "1",
            "preferredsurname": seen.surname,
            "ncyearactual": str(max(0, min(14, person.age - 4))) if person.age > 4 else "R",
            "parttime": "0",
            "senprovision": "K" if person.number % 7 == 0 else "E" if person.number % 23 == 0 else "N",
            "termlysessionspossible": "134",
            "youngcarer": "S" if person.number % 61 == 0 else "N",
            "boarder": "N",
            "classtype": "O",
        }
        self.sheets.add("pupilonroll", base)
        if seen.postcode:
            self._address(person, school, table, batch, seen)
        return seen

    def know(self, person: Person) -> None:
        """The pupil has rows in the school's own system, where the pupil number is the key."""
        self.sheets.know("education", "school_mis", person.upn, person.number)

    def _address(self, person: Person, school: School, table: str, batch: str, seen: Written) -> None:
        home = person.address
        if person.old_address and person.old_address.postcode == seen.postcode:
            home = person.old_address
        self.sheets.add(
            "addressesonroll",
            {
                "NativeId": school.code,
                "addressestableid": f"a{table}",
                "addressesorderseqcolumn": "1",
                "paon": home.number,
                "street": home.street,
                "locality": home.estate,
                "posttown": "Northshore",
                "postcode": seen.postcode,
                "pupilonrolltableid": table,
                "sourceid": batch,
                "uniquepropertyreferencenumber": home.uprn,
            },
        )

    def sessions(self, person: Person, school: School, codes: dict[str, int]) -> None:
        table = self.census_id(person)
        for place, (code, count) in enumerate(codes.items(), start=1):
            self.sheets.add(
                "termlysessiondetailsonroll",
                {
                    "NativeId": school.code,
                    "attendancereason": code,
                    "pupilonrolltableid": table,
                    "sessions": str(count),
                    "sourceid": f"{numbering.spread(int(school.urn), step=40_503, modulus=65_521):08x}",
                    "termlysessiondetailsonrollorderseqcolumn": str(place),
                    "termlysessiondetailsonrolltableid": f"t{table}{place}",
                },
            )

    def exclusion(
        self,
        person: Person,
        school: School,
        day: date,
        sessions: int,
        reasons: list[str],
        place: int,
        category: str = "SUSP",
    ) -> None:
        table = self.census_id(person)
        reasons = [*reasons, "", ""]
        self.sheets.add(
            "termlyexclusionsonroll",
            {
                "NativeId": school.code,
                "category": category,
                "pupilonrolltableid": table,
                "reason1": reasons[0],
                "reason2": reasons[1],
                "senprovision": "N",
                "sessions": str(sessions),
                "sourceid": f"{numbering.spread(int(school.urn), step=40_503, modulus=65_521):08x}",
                "startdate": census_day(day),
                "termlyexclusionsonrollorderseqcolumn": str(place),
                "termlyexclusionsonrolltableid": f"x{table}{place}",
            },
        )

    def concern(
        self,
        seen: Written,
        upn: str,
        year: str,
        moment: datetime,
        author: str,
        category: str,
        text: str,
        *,
        finer: str = "",
        linked: str = "",
        told: str = "",
        action: str = "",
        late_days: int = 0,
        status: str = "Closed",
    ) -> None:
        """An entry in the safeguarding log, with the two dates that such a log always has."""
        created = moment + timedelta(days=late_days, minutes=35 + moment.minute)
        self.sheets.add(
            "school_log",
            {
                "Incident ID": f"SL{created:%y}{self.sheets.number('concern', created.date()):06d}",
                "Student": seen.full,
                "UPN": upn,
                "Year / class": year,
                "Incident date": british_time(moment),
                "Created": british_time(created),
                "Author": author,
                "Category": category,
                "Subcategory": finer,
                "Description": text,
                "Linked students": linked,
                "Body map": "N",
                "Agencies contacted": told,
                "Action": action,
                "Status": status,
            },
        )

    def mark(
        self, seen: Written, upn: str, day: date, session: str, code: str, comment: str = "", late: str = ""
    ) -> None:
        self.sheets.add(
            "register_marks",
            {
                "UPN": upn,
                "Surname": seen.surname,
                "Forename": seen.forenames.split(" ")[0],
                "DOB": british(seen.born),
                "Date": british(day),
                "Session": session,
                "Code": code,
                "Minutes late": late,
                "Comment": comment,
            },
        )


#: School weeks that are not: half terms and holidays of the city's calendar, as (month, day) to (month, day).
_CLOSED = (
    ((10, 26), (10, 30)),
    ((12, 21), (12, 31)),
    ((1, 1), (1, 2)),
    ((2, 16), (2, 20)),
    ((4, 3), (4, 17)),
    ((5, 25), (5, 29)),
    ((7, 21), (9, 2)),
)


def is_school_day(day: date) -> bool:
    if day.weekday() > 4:
        return False
    return not any(first <= (day.month, day.day) <= last for first, last in _CLOSED)
