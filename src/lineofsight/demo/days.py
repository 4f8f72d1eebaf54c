"""What the daytime sees: school, the clinic and the hospital, the youth club, the landlord."""

from __future__ import annotations

from datetime import date, timedelta

from lineofsight.demo.care_path import CarePath
from lineofsight.demo.nights import Nights
from lineofsight.demo.office import at
from lineofsight.demo.schools import is_school_day


class Days(Nights):
    """The same child by day."""

    def _concern(self, day: date, path: CarePath) -> None:
        member, rng = self.member, self.rng
        if (
            not is_school_day(day)
            or member.school_hand is None
            or any(a.date() <= day <= b.date() for a, b in member.absences)
        ):
            return
        values = self.values() | {"voice": self.words.tell("voice", rng, **self.values())}
        rule = rng.choices(("log_concern", "log_left", "log_drugs", "log_weapon"), (0.8, 0.12, 0.05, 0.03))[0]
        category = {
            "log_left": "Left site",
            "log_drugs": "Drugs in school",
            "log_weapon": "Weapon in school",
        }.get(rule) or rng.choice(self.words.rules["log_category"])
        told = self.words.pick("told", rng)
        moment = at(day, rng.randint(8, 15), rng.randrange(0, 60, 5))
        self.lives.schools.concern(
            member.school_hand,
            member.school_hand.upn,
            f"Year {max(7, member.child.age - 4 - (self.setting.today.year - day.year))}",
            moment,
            rng.choice(self.facts["school_staff"]),
            category,
            self.words.tell(rule, rng, **values),
            linked=values["peer"] if rng.random() < 0.25 else "",
            told=told,
            action=self.words.pick("log_action", rng),
            late_days=rng.choice((0, 0, 0, 1, 2, 5)),
            status=rng.choice(("Closed", "Closed", "Open")),
        )
        if "Social care" in told:
            path.contact(moment + timedelta(hours=5), "2A")
        if rule != "log_concern" and member.child.school and rng.random() < 0.6:
            reason = {"log_drugs": "DA", "log_weapon": "OW"}.get(rule, "DB")
            self.lives.schools.exclusion(
                member.child,
                member.child.school,
                day + timedelta(days=1),
                rng.choice((2, 4, 6, 10)),
                [reason],
                len(member.absences) + day.day,
            )

    def _club(self, day: date, path: CarePath) -> None:
        if not self.member.has_club:
            return
        rng, values = self.rng, self.values()
        worried = rng.random() < 0.5
        said = self.words.tell("voice", rng, **values) if rng.random() < 0.55 else ""
        self.lives.community.session(
            self.member.child,
            at(day, rng.randint(16, 20), rng.choice((0, 15, 30, 45))),
            rng.choice(self.facts["vcs_workers"]),
            self.words.pick("activity", rng),
            rng.choice(self.facts["vcs_places"]),
            self.words.tell("vcs_note", rng, **values),
            said=said,
            concern=worried,
        )
        if worried and rng.random() < 0.25:
            path.contact(at(day, 21, 10), "8")

    def _clinic(self, day: date, path: CarePath) -> None:
        if day.weekday() > 4:
            return
        rng, values = self.rng, self.values()
        came = rng.random() < 0.6
        self.lives.health.contact(
            self.member.child,
            at(day, rng.randint(9, 16), rng.choice((0, 20, 40))),
            rng.choice(
                (
                    "School nursing",
                    "Substance misuse, young people",
                    "Looked-after children's health",
                    "School nursing",
                    "CAMHS",
                )
            ),
            rng.choice(self.facts["nurses"]),
            came=came,
            summary=self.words.tell("health_story_came" if came else "health_story_missed", rng, **values),
        )

    def _hospital(self, day: date, path: CarePath) -> None:
        start = self._night(day)
        if self.rng.random() < 0.5:
            self._injury(start + timedelta(hours=3), start, self.values())
            return
        complaint = self.rng.choice(
            ("Overdose, accidental", "Chest pain", "Intoxication", "Hand injury", "Ankle injury", "Anxiety")
        )
        worried = self.rng.random() < 0.5
        self.lives.health.attendance(
            self.member.child,
            start,
            complaint,
            mode=self.rng.choice(("Ambulance", "Police", "Walk in")),
            discharge=self.rng.choice(
                ("Discharged, no follow up", "Left before being seen", "Admitted to ward", "Discharged to GP")
            ),
            concern="Child at risk of exploitation" if worried else "",
        )
        if worried and self.rng.random() < 0.6:
            path.contact(start + timedelta(hours=9), "3E")

    def _nuisance(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        ring = self.member.ring
        cuckoo = rng.random() < 0.3
        people = (
            ring.nicks[0]
            if cuckoo
            else f"{self.member.child.given} {self.member.child.family};{values['peer']}"
        )
        self.lives.community.asb(
            day,
            "cuckooing"
            if cuckoo
            else rng.choice(("noise", "drugs", "gathering", "nuisance_vehicle", "vandalism")),
            f"{ring.flat}" if cuckoo else self.words.pick("asb_location", rng, **values),
            people,
            closed=day + timedelta(days=rng.randint(14, 90)) if rng.random() < 0.6 else None,
            action=rng.choice(("warning", "abc", "cpn", "", "closure" if cuckoo else "warning")),
            uprn=ring.people[0].address.uprn if cuckoo else "",
        )
