"""One child's months, week by week, told through each agency's own rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo.care_path import CarePath
from lineofsight.demo.days import Days
from lineofsight.demo.office import at
from lineofsight.demo.schools import is_school_day

#: Rows a week at the height of a story, before its own intensity is taken into account.
_RATES = {
    "missing": 0.17,
    "concern": 0.22,
    "suspect": 0.08,
    "victim": 0.045,
    "stop": 0.045,
    "intelligence": 0.07,
    "notice": 0.05,
    "club": 0.14,
    "clinic": 0.09,
    "hospital": 0.035,
    "nuisance": 0.012,
}


class Telling(Days):
    """Draws what happens in each week, more of it as the story grows, and then the runs of ordinary rows."""

    def tell(self) -> None:
        member, rng = self.member, self.rng
        path = CarePath(self, member)
        path.open()
        deeds = {
            "missing": self._missing,
            "concern": self._concern,
            "suspect": self._suspect,
            "victim": self._victim,
            "stop": self._stop,
            "intelligence": self._intelligence,
            "notice": self._notice,
            "club": self._club,
            "clinic": self._clinic,
            "hospital": self._hospital,
            "nuisance": self._nuisance,
        }
        weeks = (self.setting.today - member.start).days // 7
        for week in range(weeks):
            day = member.start + timedelta(days=week * 7)
            height = (0.35 + week / weeks) * member.intensity
            for name, deed in deeds.items():
                if rng.random() < _RATES[name] * height:
                    deed(day + timedelta(days=rng.randrange(7)), path)
        self._justice(path)
        self._camhs()
        self._register()
        for record in member.records[:1]:
            self.lives.police.link(
                record,
                member.ring.records[0],
                "associate",
                member.start,
                self.setting.today - timedelta(days=20),
            )

    def _justice(self, path: CarePath) -> None:
        member, rng, today = self.member, self.rng, self.setting.today
        if not member.justice:
            return
        justice, worker = self.lives.justice, rng.choice(self.facts["yjs_workers"])
        begin = member.start + (today - member.start) * 0.4
        justice.assessment(member.justice, begin, "PDAT", "entry", "M", "H", "M", rng.random() < 0.7)
        justice.programme(
            member.justice,
            begin + timedelta(days=14),
            None,
            self.words.pick("programme", rng),
            tag=rng.random() < 0.15,
        )
        day = begin + timedelta(days=10)
        while day < today - timedelta(days=4):
            kept = rng.choices("AFEC", (0.55, 0.25, 0.12, 0.08))[0]
            moment = at(day, rng.randint(10, 17), rng.choice((0, 30)))
            if any(a <= moment <= b for a, b in member.absences):
                kept = "F"
            rule = {"A": "yjs_kept", "F": "yjs_missed", "E": "yjs_away"}.get(kept)
            values = self.values()
            values["voice"] = self.words.tell("voice", rng, **values)
            justice.session(
                member.justice, moment, kept, worker, self.words.tell(rule, rng, **values) if rule else ""
            )
            day += timedelta(days=rng.randint(9, 30))
        if (today - begin).days > 150:
            justice.assessment(
                member.justice, begin + timedelta(days=140), "AssetPlus", "review", "M", "VH", "H", True
            )

    def _camhs(self) -> None:
        rng, member = self.rng, self.member
        if rng.random() > 0.4:
            return
        received = member.start + timedelta(days=rng.randint(20, 120))
        refused = rng.choice(("", "Threshold not met", "Not engaging with first contact", ""))
        ended = received + timedelta(days=rng.randint(30, 200))
        self.lives.health.camhs(
            member.child,
            received,
            rng.choice(("School nurse", "GP", "Social services", "Youth justice service")),
            rng.choice(("Anxiety", "In crisis", "Self-harm behaviours", "Post-traumatic stress", "Conduct")),
            priority=rng.choice(("Routine", "Urgent")),
            refused=refused,
            closed="" if refused else rng.choice(("", "Did not attend", "Treatment completed")),
            discharged=ended if ended < self.setting.today else None,
        )

    def _register(self) -> None:
        member = self.member
        if member.school_hand is None or member.child.school is None:
            return
        marks = Register(member.absences, self.rng, part_time=member.intensity > 1.2)
        day = date(self.setting.today.year, 9, 3)
        counts: dict[str, int] = {}
        while day <= self.setting.today - timedelta(days=3):
            if is_school_day(day):
                for session in ("AM", "PM"):
                    code, comment = marks.code(day, session)
                    self.lives.schools.mark(
                        member.school_hand, member.school_hand.upn, day, session, code, comment
                    )
                    counts[code] = counts.get(code, 0) + 1
            day += timedelta(days=1)
        absent = {code: count for code, count in counts.items() if code not in "/\\L"}
        self.lives.schools.sessions(member.child, member.child.school, absent)


class Register:
    """The mark for each half day: what the school knew in the morning, not what was true."""

    def __init__(
        self, absences: list[tuple[datetime, datetime]], rng: Random, *, part_time: bool = False
    ) -> None:
        self.absences = absences
        self.rng = rng
        self.part_time = part_time

    def code(self, day: date, session: str) -> tuple[str, str]:
        rng = self.rng
        begin = at(day, 9 if session == "AM" else 13)
        if any(start < begin + timedelta(hours=2) and begin < end for start, end in self.absences):
            return rng.choice(
                (
                    ("O", "no contact"),
                    ("O", ""),
                    ("N", ""),
                    ("O", "home says missing"),
                    ("I", "message from parent phone"),
                )
            )
        if self.part_time and session == "PM":
            return "C2", "part-time timetable"
        chance = rng.random()
        if chance < 0.08:
            return "O", ""
        if chance < 0.11:
            return "U", "arrived 10.40"
        if chance < 0.14:
            return "I", ""
        if chance < 0.16:
            return "N", ""
        return ("L", "") if session == "AM" and chance < 0.24 else ("/" if session == "AM" else "\\", "")
