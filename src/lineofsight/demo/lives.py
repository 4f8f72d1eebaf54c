"""Ordinary lives: the few rows that most families leave behind, so that a search has a background."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo.community import Community
from lineofsight.demo.families import Household, Person
from lineofsight.demo.hospital import Health
from lineofsight.demo.office import Setting, at
from lineofsight.demo.police import Police
from lineofsight.demo.schools import Schools, is_school_day
from lineofsight.demo.social_care import SocialCare
from lineofsight.demo.youth_justice import YouthJustice

_SOURCES = ("6", "2A", "1A", "3E", "5D", "3A", "3B", "4", "1D")
_SOURCE_SHARES = (0.33, 0.24, 0.11, 0.08, 0.08, 0.05, 0.04, 0.04, 0.03)
_OUTCOMES = ("NFA", "ADVICE", "EARLY_HELP", "NEW_REFERRAL")
_OUTCOME_SHARES = (0.42, 0.24, 0.14, 0.20)


class Lives:
    """Writes one household at a time and remembers nothing of it."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.words = setting.words
        self.care = SocialCare(setting)
        self.police = Police(setting)
        self.schools = Schools(setting)
        self.health = Health(setting)
        self.justice = YouthJustice(setting)
        self.community = Community(setting)

    def tell(self, household: Household, *, without: frozenset[int] = frozenset()) -> None:
        """The rows of a household, except of the people of `without`, whose story is told elsewhere."""
        rng = Random(f"{self.setting.seed}:life:{household.index}")  # noqa: S311 (an invented city, not a secret)
        self.setting.sheets.next_household()
        known_to_care = rng.random() < 0.3
        early_help = rng.random() < 0.08
        if rng.random() < 0.45:
            self.community.tenancy(household, self._past(rng, 4_000, 200))
        for person in household.people:
            if person.number in without:
                continue
            if person.is_child:
                self._child(person, rng, known_to_care, early_help)
            else:
                self._adult(person, rng, known_to_care)
            if person.role == "child" and 18 <= person.age <= 20 and rng.random() < 0.2:
                self._left_care(person, rng)
        if early_help and household.children:
            self._early_help(household, rng, without)

    def _past(self, rng: Random, most: int, least: int = 10) -> date:
        return self.setting.today - timedelta(days=rng.randint(least, most))

    def _working_hour(self, rng: Random, most: int) -> datetime:
        day = self._past(rng, most)
        if day.weekday() > 4:
            day -= timedelta(days=2)
        return at(day, rng.randint(9, 16), rng.choice((0, 10, 15, 20, 30, 40, 45)))

    def _child(self, child: Person, rng: Random, known: bool, early_help: bool) -> None:
        if child.school:
            self._at_school(child, rng)
        if known and rng.random() < 0.75:
            self._known_to_care(child, rng, early_help)
        if rng.random() < 0.8:
            self._at_the_clinic(child, rng)
        if rng.random() < 0.28:
            self._in_hospital(child, rng)
        if child.age >= 11 and rng.random() < 0.09:
            self._met_by_police(child, rng)
        if child.age >= 12 and rng.random() < 0.012:
            case = self.justice.register(child)
            day = self._past(rng, 500, 60)
            title = rng.choice(("Theft from shop", "Criminal damage under £5,000", "Common assault"))
            self.justice.offence(case, day, title, day + timedelta(days=34), rng.choice(("CR", "O22", "YC")))
        if child.age >= 9 and rng.random() < 0.03:
            self._at_the_club(child, rng)

    def _at_school(self, child: Person, rng: Random) -> None:
        assert child.school is not None
        if rng.random() < 0.03:
            self.schools.enrol(child, child.school, left=self._past(rng, 300, 20))
            return
        self.schools.enrol(child, child.school)
        missed = min(60, int(rng.expovariate(0.16)))
        if missed:
            codes = {"I": max(1, missed * 2 // 3)}
            if missed > 4:
                codes["O" if rng.random() < 0.5 else "M"] = missed // 3
            self.schools.sessions(child, child.school, codes)

        if self.setting.sheets.is_small and child.age >= 11 and rng.random() < 0.1:
            self._on_the_watch_list(child, rng)

    def _on_the_watch_list(self, child: Person, rng: Random) -> None:
        """This term's marks of a pupil whose attendance somebody is looking at, mostly for a dull reason."""
        hand = replace(self.setting.written(child, "education"), upn=child.upn)
        self.schools.know(child)
        day = date(self.setting.today.year, 9, 3)
        ill_from = day + timedelta(days=rng.randint(2, 40))
        while day <= self.setting.today - timedelta(days=3):
            if is_school_day(day):
                ill = ill_from <= day < ill_from + timedelta(days=rng.randint(2, 6))
                for session, present in (("AM", "/"), ("PM", "\\")):
                    late = session == "AM" and rng.random() < 0.06
                    self.schools.mark(hand, hand.upn, day, session, "I" if ill else "L" if late else present)
            day += timedelta(days=1)

    def _known_to_care(self, child: Person, rng: Random, early_help: bool) -> None:
        case = self.care.register(child)
        for _ in range(1 + (rng.random() < 0.3)):
            source = rng.choices(_SOURCES, _SOURCE_SHARES)[0]
            outcome = rng.choices(_OUTCOMES, _OUTCOME_SHARES)[0]
            moment = self._working_hour(rng, 720)
            self.care.contact(case, moment, source, outcome)
            if outcome == "NEW_REFERRAL":
                self._referred(child, case, moment.date(), source, rng)
        if early_help:
            start = self._past(rng, 600, 90)
            self.care.early_help(case, start, start + timedelta(days=80), rng.choice(self.care.workers))

    def _referred(self, child: Person, case: str, day: date, source: str, rng: Random) -> None:
        worker = rng.choice(self.care.workers)
        nfa = rng.random() < 0.35
        closed = day + timedelta(days=rng.randint(30, 170))
        is_closed = closed < self.setting.today
        referral = self.care.referral(
            case, day + timedelta(days=1), source, worker, nfa=nfa, closed=closed if is_closed else None
        )
        if nfa:
            return
        start = day + timedelta(days=3)
        factors = rng.sample(("1A", "3A", "4B", "14A", "16A", "17A", "20", "21", "2B"), rng.randint(0, 2))
        end = start + timedelta(days=rng.randint(25, 55))
        if end < self.setting.today:
            self.care.assessment(case, referral, start, end, worker, factors)
        self.care.involvement(case, referral, worker, "T02", start, closed if is_closed else None)
        planned = start + timedelta(days=40)
        if factors and planned < min(closed, self.setting.today):
            self.care.need_plan(case, referral, planned, closed if is_closed else None, worker)

    def _left_care(self, person: Person, rng: Random) -> None:
        case = self.care.register(person, team="Leaving Care")
        self.care.care_leaver(case, self._past(rng, 70), rng.choice(self.setting.city.facts["advisers"]))

    def _at_the_clinic(self, child: Person, rng: Random) -> None:
        nurses: list[str] = self.setting.city.facts["nurses"]
        for _ in range(rng.choice((1, 1, 2, 3))):
            service = (
                "Health visiting"
                if child.age < 5
                else "School nursing"
                if rng.random() < 0.7
                else "Community paediatrics"
            )
            came = rng.random() > 0.09
            summary = ""
            if rng.random() < 0.4:
                summary = self.words.tell(
                    "clinic_came" if came else "clinic_missed",
                    rng,
                    name=child.given,
                    age=str(child.age),
                    count=str(rng.randint(2, 9)),
                )
            self.health.contact(
                child, self._working_hour(rng, 700), service, rng.choice(nurses), came=came, summary=summary
            )

    def _in_hospital(self, child: Person, rng: Random) -> None:
        moment = at(self._past(rng, 720), rng.randint(8, 23), rng.randrange(60))
        complaint = rng.choice(
            (
                "Ankle injury",
                "Fever",
                "Asthma",
                "Head injury, minor",
                "Abdominal pain",
                "Laceration of hand",
                "Rash",
                "Wrist injury",
            )
        )
        self.health.attendance(child, moment, complaint)

    def _met_by_police(self, child: Person, rng: Random) -> None:
        records = self.police.everyday(child, rng)
        moment = at(self._past(rng, 720), rng.randint(11, 23), rng.randrange(60))
        kind = rng.choice(("witness", "victim", "reporter", "stopped", "associate"))
        place = rng.choice(self.setting.city.facts["public_places"])
        summary = self.words.tell("everyday_occurrence", rng, place=place, count=str(rng.randint(2, 7)))
        title = rng.choice(("Theft from shop", "Criminal damage under £5,000", "Common assault"))
        crime = kind in ("victim", "witness")
        self.police.occurrence(
            moment,
            title if crime else "Stop and search" if kind == "stopped" else "Concern for welfare",
            place,
            summary,
            [(records[-1], kind)],
            kind="crime" if crime else "stop_search" if kind == "stopped" else "log",
            outcome=rng.choice(("14", "18", "21", "")) if crime else "",
        )

    def _at_the_club(self, child: Person, rng: Random) -> None:
        facts = self.setting.city.facts
        for _ in range(rng.randint(1, 3)):
            moment = at(self._past(rng, 400), rng.randint(16, 19), rng.choice((0, 30)))
            self.community.session(
                child,
                moment,
                rng.choice(facts["vcs_workers"]),
                rng.choice(("boxing", "open access", "music", "cooking", "football")),
                rng.choice(facts["vcs_places"]),
                self.words.tell("club", rng, count=str(rng.randint(4, 21))),
            )

    def _adult(self, person: Person, rng: Random, known: bool) -> None:
        if known and person.role in ("mother", "father") and rng.random() < 0.5:
            self.care.register(person)
        if rng.random() < 0.16:
            records = self.police.everyday(person, rng)
            place = f"{person.address.street}, {person.address.estate}"
            role = rng.choice(("reporter", "witness", "victim", "suspect"))
            moment = at(self._past(rng, 720), rng.randrange(24), rng.randrange(60))
            summary = self.words.tell("everyday_occurrence", rng, place=place, count=str(rng.randint(2, 7)))
            title = rng.choice(
                ("Theft from shop", "Criminal damage under £5,000", "Common assault", "Handling stolen goods")
            )
            self.police.occurrence(
                moment,
                title,
                place,
                summary,
                [(records[-1], role)],
                outcome=rng.choice(("14", "18", "1", "8")),
            )

    def _early_help(self, household: Household, rng: Random, without: frozenset[int]) -> None:
        facts = self.setting.city.facts
        start = self._past(rng, 700, 40)
        end = start + timedelta(days=rng.randint(60, 260))
        lead, agency = rng.choice(facts["eh_workers"]), rng.choice(facts["eh_agencies"])
        needs = ";".join(str(need) for need in sorted(rng.sample(range(1, 11), rng.randint(1, 3))))
        reason = rng.choice(("met", "met", "step_up", "withdrew", "moved"))
        for person in household.people:
            if person.number not in without:
                done = end if end < self.setting.today else None
                self.community.early_help(person, start, done, lead, agency, needs, reason)
