"""A child's way through social care: contacts that close, a referral, for some a plan or a placement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from lineofsight.demo.office import at

if TYPE_CHECKING:
    from lineofsight.demo.cast import Member
    from lineofsight.demo.nights import Nights

_KINDS = {"K2": "care_home", "H5": "supported", "U6": "foster"}


@dataclass(slots=True)
class Stay:
    start: date
    end: date | None
    home: dict[str, str] = field(default_factory=dict)


class CarePath:
    """Which of four ways it goes is drawn once; everything after hangs on the referral's date."""

    def __init__(self, telling: Nights, member: Member) -> None:
        self.member = member
        self.rng: Random = telling.rng
        self.setting = telling.setting
        self.care = telling.lives.care
        self.way = self.rng.choices(("contacts", "need", "protection", "care"), (0.22, 0.36, 0.26, 0.16))[0]
        span = (self.setting.today - member.start).days
        self.referred = member.start + timedelta(days=int(span * self.rng.uniform(0.2, 0.5)))
        self.stays: list[Stay] = []
        self.contacts: list[datetime] = []
        self.referral = ""
        self.worker = ""

    def open(self) -> None:
        """The record, the referral and its plan. Contacts and visits come as the weeks are told."""
        member, rng = self.member, self.rng
        team = "" if self.way == "contacts" else "Adolescent Safety Team"
        if self.way == "contacts":
            member.case = self.care.register(member.child)
            return
        self._refer(team)
        if self.way == "need":
            self._need()
        elif self.way == "protection":
            self._protection()
        else:
            self._into_care()
        if rng.random() < 0.3:
            start = member.start - timedelta(days=120)
            self.care.early_help(
                member.case, start, start + timedelta(days=95), rng.choice(self.care.workers)
            )

    def _refer(self, team: str) -> None:
        member, rng, care = self.member, self.rng, self.care
        case = member.child.case
        first = rng.choice(care.workers)
        member.case = case
        self.referral = care.referral(case, self.referred, rng.choice(("6", "6", "2A", "1A", "3E")), first)
        begin = self.referred + timedelta(days=2)
        self.worker = care.workers_over_time(case, self.referral, begin, "T04", rng)
        care.register(member.child, worker=self.worker, team=team)
        factors = [
            "24A",
            *rng.sample(("10A", "2A", "4A", "14A", "11A", "13A", "12A", "15A"), rng.randint(1, 3)),
        ]
        end = begin + timedelta(days=rng.randint(28, 58))
        if end < self.setting.today:
            care.assessment(case, self.referral, begin, end, first, factors, seen=rng.choice("YYYN"))

    def _need(self) -> None:
        start = self.referred + timedelta(days=48)
        if start < self.setting.today:
            self.care.need_plan(self.member.case, self.referral, start, None, self.worker)
            for moment in self._visits(start, 21, 45):
                self.care.need_visit(
                    self.member.case, moment, seen=self.rng.random() < 0.75, alone=self.rng.random() < 0.5
                )

    def _protection(self) -> None:
        rng, care, case, today = self.rng, self.care, self.member.case, self.setting.today
        start = self.referred + timedelta(days=9)
        held = start + timedelta(days=rng.randint(13, 27))
        if held >= today:
            return
        enquiry = care.section_47(case, self.referral, start, self.worker, conference=True)
        plan = care.protection_plan(
            case, self.referral, enquiry, held, self.worker, category=rng.choice(("NEG", "MUL", "PHY", "EMO"))
        )
        due = held + timedelta(days=90)
        while due < today:
            care.plan_review(
                case, plan, due, due + timedelta(days=rng.choice((-4, 0, 0, 6))), spoke=rng.choice("YN")
            )
            due += timedelta(days=180)
        for moment in self._visits(held, 9, 24):
            care.plan_visit(case, plan, moment, seen=rng.random() < 0.75, alone=rng.random() < 0.5)

    def _into_care(self) -> None:
        rng, care, case, today = self.rng, self.care, self.member.case, self.setting.today
        day = self.referred + timedelta(days=rng.randint(30, 90))
        if day >= today - timedelta(days=10):
            return
        begin = day
        looked = ""
        for place in range(rng.randint(1, 3)):
            end: date | None = day + timedelta(days=rng.randint(25, 140))
            if place == 2 or (end and end >= today):
                end = None
            home = rng.choice(care.homes)
            looked = care.looked_after(
                case,
                self.referral,
                day,
                end,
                home,
                reason="S" if place == 0 else "P",
                change=rng.choice(("CREQB", "CHILD", "PLACE", "CARPL")) if end else "",
                ceased="X1" if end else "",
            )
            self.stays.append(Stay(day, end, home))
            if end is None:
                break
            day = end
        care.legal_status(case, rng.choice(("V2", "C1", "C2")), begin, None)
        for moment in self._visits(begin, 20, 42):
            care.care_visit(case, looked, moment, seen=rng.random() < 0.85, alone=rng.random() < 0.7)
        care.care_review(
            looked,
            begin + timedelta(days=20),
            begin + timedelta(days=22),
            rng.choice(("PN1", "PN3", "PN6", "PN7")),
        )

    def _visits(self, start: date, least: int, most: int) -> list[datetime]:
        found = []
        day = start + timedelta(days=5)
        while day < self.setting.today - timedelta(days=2):
            found.append(at(day, self.rng.randint(10, 17), self.rng.choice((0, 15, 30, 45))))
            day += timedelta(days=self.rng.randint(least, most))
        return found

    def placed_on(self, day: date) -> dict[str, str] | None:
        """Where the child is placed that day, as the police's form asks it."""
        for stay in self.stays:
            if stay.start <= day and (stay.end is None or day < stay.end):
                return {
                    "kind": _KINDS[stay.home["type"]],
                    "address": f"{stay.home['name']}, {stay.home['address']}",
                }
        return None

    def contact(self, moment: datetime, source: str) -> None:
        """News reaches the front door, mostly; one in four does not become a contact."""
        if moment.date() >= self.setting.today or self.rng.random() < 0.25:
            return
        after = self.way != "contacts" and moment.date() > self.referred
        outcome = "EXISTING_REFERRAL" if after else self.rng.choice(("NFA", "ADVICE", "NFA", "EARLY_HELP"))
        self.care.contact(self.member.case, moment, source, outcome)

    def missing(self, start: datetime, end: datetime) -> None:
        """Social care's own row of an absence: later by some hours, and not for every one."""
        rng = self.rng
        if rng.random() < 0.25:
            return
        begin = start + timedelta(minutes=rng.choice((0, 60, 200, 600)))
        if begin >= end:
            begin = start
        offered = rng.choices(("Y", "N", ""), (0.65, 0.2, 0.15))[0]
        accepted = rng.choice("YN") if offered == "Y" else ""
        self.care.missing(self.member.case, begin, end, offered=offered, accepted=accepted)
