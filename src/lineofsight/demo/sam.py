"""Sam Rowan-Hale, the child whom the demonstration follows: written out in `data/sam.yaml`, entered here.

Each agency knows Sam a little differently. Social care has the full name and the NHS number; police hold
"Sam Rowan" with day and month the other way round beside a fuller record; youth justice writes "Samuel Rowan
Hale"; health and housing still have the old address; the club has "Sam Rowan" and an alias.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from lineofsight.demo.cast import Member
from lineofsight.demo.city import Address, load
from lineofsight.demo.families import Household, Person
from lineofsight.demo.lives import Lives
from lineofsight.demo.office import Setting, at
from lineofsight.demo.recording import Written
from lineofsight.demo.rings import Ring
from lineofsight.demo.schools import is_school_day

#: The today for which the dates of the data file were written.
_WRITTEN_FOR = date(2026, 11, 2)
_OLD = Address("14 Capstan Walk", "NS1 4CW", "999090000014", "14", "Capstan Walk", "Quayside")
_NEW = Address("12 Quay Street", "NS1 2AB", "999090000012", "12", "Quay Street", "Quayside")
_NANS = Address("5 Ropery Road", "NS1 7RR", "999090000005", "5", "Ropery Road", "Quayside")


class SamStory:
    def __init__(self, setting: Setting, lives: Lives, *, first_number: int) -> None:
        self.setting = setting
        self.lives = lives
        self.facts = setting.city.facts
        self.data: dict[str, Any] = load("sam")
        # Whole weeks, so that a Thursday at the boxing club stays a Thursday.
        self.shift = timedelta(weeks=round((setting.today - _WRITTEN_FOR).days / 7))
        self._family(first_number)
        self.absences: list[tuple[datetime, datetime]] = []
        self.records: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.case = self.justice = self.referral = ""

    def day(self, value: date | str) -> date:
        plain = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
        return plain + self.shift

    def moment(self, value: date | str) -> datetime:
        return datetime.fromisoformat(str(value)) + self.shift

    def _family(self, number: int) -> None:
        british = self.setting.naming.traditions[0]
        moved = self.day("2026-02-20")

        def person(
            place: int, given: str, family: str, sex: str, born: str, role: str, home: Address
        ) -> Person:
            birth = self.day(born)
            age = (self.setting.today - birth).days * 100 // 36_525
            found = Person(number + place, number, british, given, family, sex, birth, role, home, age)
            found.gp = "Harbour Medical Centre"
            return found

        self.sam = person(0, "Samuel", "Rowan-Hale", "M", "2009-03-12", "child", _NEW)
        self.mother = person(1, "Joanne", "Rowan", "F", "1986-06-04", "mother", _NEW)
        self.sister = person(2, "Lily-May", "Rowan-Dunn", "F", "2016-04-29", "child", _NEW)
        self.nan = person(3, "Pauline", "Rowan", "F", "1960-09-17", "grandmother", _NANS)
        self.sam.alias, self.sam.middle, self.sam.phone = "Smiler", "John", "07700 900164"
        self.mother.former_family, self.mother.phone, self.nan.phone = "Hale", "07700 900158", "07700 900171"
        for one in (self.sam, self.mother, self.sister):
            one.old_address, one.moved_on = _OLD, moved
        schools = {school.code: school for school in self.setting.city.schools}
        self.sam.school, self.sister.school = schools["FAP"], schools["OFP"]
        self.school = schools["FAP"]
        self.household = Household(number, british, _NEW, [self.sam, self.mother, self.sister])

    def _hand(self, surname: str, forenames: str, home: Address, *, born: date | None = None) -> Written:
        sam = self.sam
        return Written(
            surname, forenames, born or sam.born, home.line, home.full, home.postcode, sam.phone, "", ""
        )

    def enter(self, ring: Ring, peers: list[Member]) -> None:
        """Every agency's own record of Sam and the family."""
        sam, lives = self.sam, self.lives
        turned = date(sam.born.year, sam.born.day, sam.born.month) if sam.born.day <= 12 else sam.born
        self.hands = {
            "csc": replace(self._hand("Rowan-Hale", "Samuel", _NEW), nhs=sam.nhs, upn=sam.upn),
            "police": self._hand("Rowan-Hale", "Samuel John", _NEW),
            "police again": self._hand("Rowan", "Sam", _OLD, born=turned),
            "education": replace(self._hand("Rowan-Hale", "Samuel John", _NEW), upn=sam.upn),
            "health": replace(self._hand("Rowan Hale", "Samuel", _OLD), nhs=sam.nhs),
            "hospital": replace(self._hand("Rowan-Hale", "Sam", _OLD), nhs=sam.nhs),
            "yjs": self._hand("Rowan Hale", "Samuel", _NEW),
            "housing": self._hand("Rowan", "Samuel", _OLD),
            "earlyhelp": self._hand("Rowan-Hale", "Sam", _OLD),
            "vcs": self._hand("Rowan", "Sam", _NEW),
        }
        moved = self.day("2026-02-20")
        self.case = lives.care.register(
            sam,
            worker="A. Oduya",
            team="Adolescent Safety Team",
            written=self.hands["csc"],
            preferred="Sam",
            addresses=[(_OLD, self.day("2012-05-01"), moved), (_NEW, moved, None)],
        )
        for other in (self.mother, self.sister):
            lives.care.register(other, addresses=[(_OLD, self.day("2012-05-01"), moved), (_NEW, moved, None)])
        self.records["sam"] = lives.police.register(sam, written=self.hands["police"], pnc=True)
        self.records["again"] = lives.police.register(sam, again=1, written=self.hands["police again"])
        self.records["mother"] = lives.police.register(self.mother)
        self.records |= {"dex": ring.records[0], "mel": ring.records[1]}
        for word, peer in zip(("one", "two", "three"), peers, strict=False):
            self.records[word], self.names[word] = peer.records[0], peer.name
        for word in ("one", "two", "three"):
            self.names.setdefault(word, "another boy")
        self.justice = lives.justice.register(sam, written=self.hands["yjs"])
        lives.schools.enrol(sam, self.school, written=self.hands["education"])
        lives.schools.know(sam)
        assert self.sister.school is not None
        lives.schools.enrol(self.sister, self.sister.school)
        # Housing let the new house to the mother and never closed the old household: Sam is still in it.
        for one in self.household.people:
            written = self.hands["housing"] if one is sam else None
            lives.community.tenant(
                one, "T014014", self.day("2012-05-01"), None if one is sam else moved,
                written=written, line=_OLD.line, postcode=_OLD.postcode, uprn=_OLD.uprn,
            )  # fmt: skip
            if one is not sam:
                lives.community.tenant(one, "T021202", moved, None)
        self._links()

    def _links(self) -> None:
        police = self.lives.police
        for other, kind in (
            ("mother", "lives_with"),
            ("dex", "associate"),
            ("one", "associate"),
            ("two", "co_offender"),
        ):
            if other in self.records:
                police.link(
                    self.records["sam"],
                    self.records[other],
                    kind,
                    self.day("2025-06-22"),
                    self.day("2026-10-11"),
                )

    def tell(self) -> None:
        rng = Random(f"{self.setting.seed}:sam")  # noqa: S311 (an invented city, not a secret)
        self._care()
        for row in self.data["rows"]:
            getattr(self, f"_{row['what']}")(row)
        for row in self.data["appointments"]:
            self._yjs({**row, "by": "Dee Carrow"})
        self._assessments()
        self._register(rng)

    def _text(self, row: dict[str, Any], key: str = "text") -> str:
        return str(row.get(key, "")).format_map(self.names)

    # --- social care ------------------------------------------------------------------------------------

    def _care(self) -> None:
        care, case = self.lives.care, self.case
        worker = self.data["workers"][0]["name"]
        self.referral = care.referral(case, self.day("2025-09-23"), "6", worker)
        care.assessment(
            case, self.referral, self.day("2025-09-29"), self.day("2025-11-14"), worker, ["24A", "10A", "2A"]
        )
        care.need_plan(case, self.referral, self.day("2025-11-17"), self.day("2026-02-10"), worker)
        for when, seen, alone in (
            ("2025-11-19 16:30", 1, 0),
            ("2025-12-10 10:00", 0, 0),
            ("2026-01-07 16:00", 1, 1),
        ):
            care.need_visit(case, self.moment(when), seen=bool(seen), alone=bool(alone))
        enquiry = care.section_47(
            case, self.referral, self.day("2026-01-20"), "T. Wilberfoss", conference=True
        )
        plan = care.protection_plan(
            case, self.referral, enquiry, self.day("2026-02-10"), "T. Wilberfoss", category="MUL"
        )
        care.plan_review(case, plan, self.day("2026-05-11"), self.day("2026-05-08"), spoke="Y")
        care.plan_review(case, plan, self.day("2026-11-04"), self.day("2026-10-21"), spoke="Y")
        self._plan_visits(plan)
        self._stay()
        for row in self.data["workers"]:
            end = self.day(row["to"]) if "to" in row else None
            care.involvement(
                case, self.referral, row["name"], "T04", self.day(row["from"]), end, row.get("why", "")
            )

    def _plan_visits(self, plan: str) -> None:
        """Every ten working days on paper; the gap in April is the weeks between two workers."""
        day = self.day("2026-02-18")
        gap = (self.day("2026-04-01"), self.day("2026-04-22"))
        place = 0
        while day < self.setting.today - timedelta(days=3):
            if not gap[0] <= day < gap[1]:
                seen = place % 4 != 2
                moment = at(day, 15 + place % 3, (0, 30)[place % 2])
                self.lives.care.plan_visit(self.case, plan, moment, seen=seen, alone=seen and place % 3 == 0)
            place += 1
            day += timedelta(days=14)

    def _stay(self) -> None:
        care, start, end = self.lives.care, self.day("2026-07-14"), self.day("2026-08-25")
        home = self.facts["homes"][0]
        looked = care.looked_after(
            self.case, self.referral, start, end, home, reason="S", change="CREQB", ceased="E4A"
        )
        care.legal_status(self.case, "V2", start, end)
        for when in ("2026-07-16 14:00", "2026-08-05 11:00", "2026-08-21 16:00"):
            care.care_visit(self.case, looked, self.moment(when), seen=True, alone=True)
        care.care_review(looked, self.day("2026-08-11"), self.day("2026-08-10"), "PN1")
        address = Address("3 Lantern Close", "NS6 4LA", "999090000003", "3", "Lantern Close", "Larchfield")
        care.address(self.case, address, start, end, kind="PLACEMENT")

    def _contact(self, row: dict[str, Any]) -> None:
        self.lives.care.contact(self.case, self.moment(row["at"]), row["source"], row["outcome"])

    def _care_missing(self, row: dict[str, Any], start: datetime, end: datetime) -> None:
        """How social care has the same absence: not at all, late, a day on, or cut short."""
        how = row["care"]
        if how == "none":
            return
        begin, finish = start, end
        if how == "late":
            begin = start + timedelta(hours=9)
        elif how == "next_day":
            begin = datetime.combine(start.date() + timedelta(days=1), datetime.min.time())
        elif how == "short":
            finish = end - timedelta(hours=22)
        offered, accepted = (mark.replace("-", "") for mark in row.get("rhi", "--"))
        self.lives.care.missing(self.case, begin, finish, offered=offered, accepted=accepted)

    # --- police -----------------------------------------------------------------------------------------

    def _missing(self, row: dict[str, Any]) -> None:
        start, end = self.moment(row["at"]), self.moment(row["found"])
        earlier = sum(1 for begin, _ in self.absences if (start - begin).days <= 90)
        # The night desk has the thin record, with day and month turned.
        thin = len(self.absences) in (1, 4)
        self.absences.append((start, end))
        number = self.lives.police.missing(
            self.records["again" if thin else "sam"],
            self.hands["police again" if thin else "police"],
            start,
            self.moment(row["reported"]),
            end,
            place=row["place"],
            by=row["by"],
            home=row.get("home", "home"),
            address=row.get("address", "")
            or (_NEW.line if start.date() >= self.day("2026-02-20") else _OLD.line),
            risk=row["risk"],
            history=row.get("history", ""),
            reasons=row.get("reasons", "CCE"),
            found_place=row["found_place"],
            found_with=self._text(row, "found_with"),
            returned_to=row["returned_to"],
            interview=row["interview"],
            summary=self._text(row),
            harm=bool(row.get("harm")),
            count=earlier + 1,
        )
        for seen in row.get("seen", ()):
            self.lives.police.sighting(
                number, self.moment(seen["at"]), seen["place"], self._text(seen, "with"), seen["source"]
            )
        self._care_missing(row, start, end)

    def _occurrence(self, row: dict[str, Any]) -> None:
        roles = [(self.records[who], role) for who, role in row["roles"].items() if who in self.records]
        until = self.moment(row["until"]) if "until" in row else None
        self.lives.police.occurrence(
            self.moment(row["at"]),
            row["title"],
            row["place"],
            self._text(row),
            roles,
            kind=row.get("kind", "crime"),
            until=until,
            outcome=row.get("outcome", ""),
            flags=row.get("flags", ""),
        )

    def _notice(self, row: dict[str, Any]) -> None:
        self.lives.police.notice(
            self.hands["police"],
            self.moment(row["at"]),
            row["by"],
            self._text(row),
            role=row.get("role", "child_at_risk"),
            strands=row["strands"],
            risk=row["risk"],
            voice=row.get("voice", ""),
            action=row.get("action", ""),
            school=self.school.name,
        )

    def _intelligence(self, row: dict[str, Any]) -> None:
        self.lives.police.intelligence(
            "Sam Rowan-Hale",
            self.moment(row["at"]),
            self._text(row),
            event=self.moment(row["event"]) if "event" in row else None,
            source=row["source"],
            grade=row["grade"],
            conditions=row.get("conditions", ""),
            seen=self.hands["police"],
        )

    # --- school, health, youth justice, club, landlord -----------------------------------------------------

    def _school(self, row: dict[str, Any]) -> None:
        moment = self.moment(row["at"])
        self.lives.schools.concern(
            replace(self.hands["education"], forenames="Sam"),
            self.sam.upn,
            f"Year {11 + sum(moment.date() >= self.day(day) for day in ('2025-09-01', '2026-09-01'))}",
            moment,
            row["by"],
            row["category"],
            self._text(row),
            finer=row.get("finer", ""),
            linked=self._text(row, "linked"),
            told=row.get("told", ""),
            action=row.get("action", ""),
            late_days=row.get("late", 0),
            status="Open" if moment.date() > self.day("2026-09-01") else "Closed",
        )

    def _exclusion(self, row: dict[str, Any]) -> None:
        self.lives.schools.exclusion(
            self.sam, self.school, self.day(row["at"]), row["sessions"], row["reasons"], 1
        )

    def _clinic(self, row: dict[str, Any]) -> None:
        self.lives.health.contact(
            self.sam,
            self.moment(row["at"]),
            row["service"],
            row["by"],
            came=row.get("came", True),
            summary=self._text(row),
            written=self.hands["health"],
        )

    def _hospital(self, row: dict[str, Any]) -> None:
        self.lives.health.attendance(
            self.sam,
            self.moment(row["at"]),
            row["complaint"],
            written=self.hands["hospital"],
            mode=row["mode"],
            intent=row["intent"],
            mechanism=row["mechanism"],
            place=row["injury_place"],
            injured=self.moment(row["injured"]),
            discharge=row["discharge"],
            concern=row["concern"],
        )

    def _camhs(self, row: dict[str, Any]) -> None:
        self.lives.health.camhs(
            self.sam,
            self.day(row["at"]),
            row["source"],
            row["reason"],
            priority=row.get("priority", "Routine"),
            refused=row.get("refused", ""),
            written=self.hands["health"],
        )

    def _yjs(self, row: dict[str, Any]) -> None:
        self.lives.justice.session(
            self.justice, self.moment(row["at"]), row["kept"], row["by"], self._text(row)
        )

    def _offence(self, row: dict[str, Any]) -> None:
        self.lives.justice.offence(
            self.justice,
            self.day(row["at"]),
            row["title"],
            self.day(row["decided"]),
            row["outcome"],
            row.get("court", ""),
        )

    def _programme(self, row: dict[str, Any]) -> None:
        end = self.day(row["until"])
        self.lives.justice.programme(
            self.justice, self.day(row["at"]), end, row["name"], tag=bool(row.get("tag"))
        )

    def _assessments(self) -> None:
        for when, tool, stage, harm, safety, again in (
            ("2025-10-23", "PDAT", "entry", "M", "H", "M"),
            ("2026-05-14", "AssetPlus", "entry", "M", "VH", "H"),
            ("2026-09-17", "AssetPlus", "review", "H", "VH", "H"),
        ):
            self.lives.justice.assessment(
                self.justice, self.day(when), tool, stage, harm, safety, again, True
            )

    def _club(self, row: dict[str, Any]) -> None:
        self.lives.community.session(
            self.sam,
            self.moment(row["at"]),
            row["by"],
            row["activity"],
            row["place"],
            self._text(row),
            said=row.get("said", ""),
            concern=bool(row.get("concern")),
            written=self.hands["vcs"],
            name="Sam Rowan (Smiler)" if row["at"] < "2025-12-01" else "Sam Rowan",
        )

    def _street(self, row: dict[str, Any]) -> None:
        self.lives.community.outreach(
            {
                "Shift date": f"{self.day(row['at']):%d.%m.%y}",
                "Time": row["time"],
                "Area": row["area"],
                "Young person (name given)": row["who"],
                "Age / DOB if known": row["age"],
                "Who with": row["with"],
                "What we saw or talked about": row["text"],
                "In their words": row["said"],
                "Follow up": row["follow"],
                "Logged by": row["by"],
            }
        )

    def _early_help(self, row: dict[str, Any]) -> None:
        for person in (self.sam, self.mother, self.sister):
            self.lives.community.early_help(
                person,
                self.day(row["at"]),
                self.day(row["until"]),
                row["by"],
                row["agency"],
                row["needs"],
                row["reason"],
                written=self.hands["earlyhelp"] if person is self.sam else None,
            )

    def _asb(self, row: dict[str, Any]) -> None:
        self.lives.community.asb(
            self.day(row["at"]),
            row["category"],
            row["location"],
            row["people"],
            closed=self.day(row["closed"]),
            action=row["action"],
            uprn=_OLD.uprn if "Capstan" in row["location"] else "",
        )

    def _register(self, rng: Random) -> None:
        """This term's marks. Mornings only from the end of September, so afternoons are C2."""
        day, cut = self.day("2026-09-03"), self.day("2026-09-29")
        hand = self.hands["education"]
        while day <= self.setting.today - timedelta(days=3):
            if is_school_day(day):
                for session in ("AM", "PM"):
                    code, comment = self._mark(day, session, rng)
                    if session == "PM" and day > cut and code not in "ON":
                        code, comment = "C2", "part-time timetable"
                    self.lives.schools.mark(hand, hand.upn, day, session, code, comment)
            day += timedelta(days=1)

    def _mark(self, day: date, session: str, rng: Random) -> tuple[str, str]:
        begin = at(day, 9 if session == "AM" else 13)
        for start, end in self.absences:
            if start < begin + timedelta(hours=2) and begin < end:
                return ("O", "rang home, mum says missing") if session == "AM" else ("N", "")
        if rng.random() < 0.12:
            return "U", "arrived 10.50, no breakfast"
        return ("/", "") if session == "AM" else ("\\", "")
