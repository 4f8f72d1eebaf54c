"""About sixty children whose months went wrong, told through each agency's own rows.

Nobody tells the story as a whole: police have nights, school has mornings, a youth worker has what was said.
The same adults, flats, cars and numbers turn up with several children, and no agency holds all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo.care_path import CarePath
from lineofsight.demo.families import Household, Person
from lineofsight.demo.lives import Lives
from lineofsight.demo.office import Setting, at
from lineofsight.demo.recording import Written
from lineofsight.demo.rings import Ring, make_rings
from lineofsight.demo.schools import is_school_day

_CARERS = {"mother": "mum", "father": "dad", "grandmother": "nan"}
_SUSPECT_TITLES = (
    ("Theft from shop", ""),
    ("Possession of cannabis", ""),
    ("Possession with intent to supply Class A", "CCE;CL"),
    ("Possession with intent to supply cannabis", "CCE"),
    ("Possession of a bladed article", "KNIFE"),
    ("Robbery of personal property", ""),
    ("Taking a vehicle without consent", ""),
    ("Criminal damage under £5,000", ""),
    ("Common assault", ""),
)
_VICTIM_TITLES = (
    ("Robbery of personal property", ""),
    ("Assault occasioning actual bodily harm", "CCE"),
    ("Threats to kill", "CCE"),
    ("Criminal damage under £5,000", "CCE"),
    ("Arranging or facilitating travel for exploitation", "CCE;MS"),
)
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


@dataclass(slots=True)
class Member:
    """A child of a story, with everything that the agencies call them by."""

    child: Person
    household: Household
    ring: Ring
    start: date
    intensity: float
    records: list[str] = field(default_factory=list)
    case: str = ""
    justice: str = ""
    police_hand: Written | None = None
    school_hand: Written | None = None
    has_club: bool = False
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.child.given.split(" ")[-1] if self.child.given.startswith("Mohammed ") else self.child.given

    @property
    def carer(self) -> str:
        return next((_CARERS[one.role] for one in self.household.people if one.role in _CARERS), "carer")


class Stories:
    def __init__(self, setting: Setting, lives: Lives, *, first_number: int) -> None:
        self.setting = setting
        self.lives = lives
        self.facts = setting.city.facts
        self.rings = make_rings(setting, lives.police, first_number)
        self.members: list[Member] = []

    def enter(self, cast: list[tuple[Person, Household]]) -> None:
        """Every child becomes known to police, school and social care before anything is told."""
        for place, (child, household) in enumerate(cast):
            rng = Random(f"{self.setting.seed}:story:{place}")  # noqa: S311
            start = self.setting.today - timedelta(days=rng.randint(150, 700))
            ring = self.rings[place % len(self.rings)]
            member = Member(child, household, ring, start, rng.choice((0.45, 0.7, 0.9, 1.0, 1.3)))
            if rng.random() < 0.3:
                child.alias = rng.choice(("Ghost", "Lil T", "Biscuit", "Shortz", "Ace", "Tiny", "Jigsaw", "Moz", "Sparrow"))
            member.records = self.lives.police.everyday(child, rng)
            member.police_hand = self.setting.written(child, "police")
            member.has_club = rng.random() < 0.5
            if child.school:
                member.school_hand = self.lives.schools.enrol(child, child.school)
            if child.age >= 13 and member.intensity > 0.5:
                member.justice = self.lives.justice.register(child)
            self.members.append(member)

    def tell(self) -> None:
        for place, member in enumerate(self.members):
            rng = Random(f"{self.setting.seed}:telling:{place}")  # noqa: S311
            peers = [one for one in self.members if one.ring is member.ring and one is not member]
            Telling(self, member, peers, rng).tell()
        self._rings_in_intelligence()

    def _rings_in_intelligence(self) -> None:
        """What is said of places and cars, with no child's name in it."""
        rng = Random(f"{self.setting.seed}:rings")  # noqa: S311
        for ring in self.rings:
            for _ in range(7):
                sent = at(self.setting.today - timedelta(days=rng.randint(8, 600)), rng.randint(8, 21), rng.randrange(60))
                values = ring_values(ring, self.facts, rng)
                text = self.setting.words.tell("intel_place", rng, **values)
                subject = rng.choice((ring.flat, ring.mark, ring.phone))
                self.lives.police.intelligence(subject, sent, text, source=rng.choice("123"), grade=rng.choice("ABCD"))


def ring_values(ring: Ring, facts: dict[str, list[str]], rng: Random) -> dict[str, str]:
    """The slots that stand for the adults and places around a child."""
    return {
        "nick": rng.choice(ring.nicks),
        "flat": ring.flat,
        "flat_street": ring.street,
        "mark": ring.mark,
        "car": ring.car,
        "phone_end": ring.phone[-3:],
        "handle": ring.handle,
        "place": rng.choice(facts["public_places"]),
        "far": rng.choice(facts["far_places"]),
        "street": f"{rng.choice(facts['street_firsts'])} {rng.choice(facts['street_lasts'])}",
        "officer": rng.choice(facts["officers"]),
    }


class Telling:
    """One child's months, week by week."""

    def __init__(self, stories: Stories, member: Member, peers: list[Member], rng: Random) -> None:
        self.stories = stories
        self.setting = stories.setting
        self.words = stories.setting.words
        self.facts = stories.facts
        self.lives = stories.lives
        self.member = member
        self.peers = peers
        self.rng = rng

    def values(self) -> dict[str, str]:
        member, rng = self.member, self.rng
        boy = member.child.sex == "M"
        friends = rng.sample(self.peers, 2) if len(self.peers) > 1 else []
        names = [friend.name for friend in friends] or ["a friend", "another friend"]
        return {
            **ring_values(member.ring, self.facts, rng),
            "name": member.name,
            "he": "he" if boy else "she",
            "him": "him" if boy else "her",
            "his": "his" if boy else "her",
            "himself": "himself" if boy else "herself",
            "mum": member.carer,
            "mum_cap": member.carer.capitalize(),
            "peer": names[0],
            "peer2": names[-1],
            "school": member.child.school.name if member.child.school else "college",
        }

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
            self.lives.police.link(record, member.ring.records[0], "associate", member.start, self.setting.today - timedelta(days=20))

    def _night(self, day: date) -> datetime:
        return at(day, self.rng.choice((16, 17, 18, 19, 20, 21, 22, 23)), self.rng.randrange(0, 60, 5))

    def _hand(self) -> Written:
        assert self.member.police_hand is not None
        return self.member.police_hand

    def _record(self) -> str:
        return self.rng.choice(self.member.records)

    # --- police ------------------------------------------------------------------------------------

    def _missing(self, day: date, path: CarePath) -> None:
        rng, words, values = self.rng, self.words, self.values()
        last_seen = self._night(day)
        found = last_seen + timedelta(minutes=rng.choice((340, 505, 790, 1_130, 1_465, 2_010, 2_930)) + rng.randrange(90))
        if found.date() >= self.setting.today or any(a < found and last_seen < b for a, b in self.member.absences):
            return
        reported = last_seen + timedelta(minutes=rng.choice((35, 60, 95, 180, 420)))
        earlier = sum(1 for start, _ in self.member.absences if (last_seen - start).days <= 90)
        self.member.absences.append((last_seen, found))
        placed = path.placed_on(day)
        risk = rng.choices(("no_apparent", "low", "medium", "high"), (0.08, 0.12, 0.6, 0.2))[0]
        history = f"low {reported:%H:%M}; {risk} {reported + timedelta(hours=4):%H:%M}" if risk == "high" else ""
        interview = rng.choices(("done", "refused", "not_possible", "not_done"), (0.6, 0.15, 0.1, 0.15))[0]
        summary = words.tell("missing_summary", rng, **values) if interview in ("done", "refused") else ""
        report = self.lives.police.missing(
            self._record() if rng.random() < 0.93 else "",
            self._hand(),
            last_seen,
            reported,
            found,
            place=words.pick("last_seen_place", rng, **values),
            by="residential worker" if placed else self._reporter(),
            home=placed["kind"] if placed else "home",
            address=placed["address"] if placed else "",
            risk=risk,
            history=history,
            reasons=rng.choice(("CCE", "CCE;age", "CSE", "CCE;CSE", "out_of_character", "age")),
            found_place=words.pick("found_place", rng, **values),
            found_with=rng.choice((values["peer"], "", values["nick"], f"{values['peer']};{values['peer2']}", "")),
            returned_to="placement" if placed else rng.choice(("home", "home", "parent", "other_relative", "unaccompanied")),
            interview=interview,
            summary=summary,
            harm=rng.random() < 0.15,
            count=earlier + 1,
        )
        if rng.random() < 0.3:
            seen = last_seen + (found - last_seen) * rng.random()
            self.lives.police.sighting(
                report,
                seen,
                rng.choice((values["place"], f"{values['far']} station", values["flat_street"])),
                words.pick("sighting_with", rng, **values),
                rng.choice(("cctv", "public", "professional", "phone", "rail", "anpr")),
            )
        path.missing(last_seen, found)
        if rng.random() < 0.22:
            self._notice(found.date(), path, strands="missing;CCE")

    def _reporter(self) -> str:
        return {"mum": "mother", "dad": "father", "nan": "grandmother"}.get(self.member.carer, "relative")

    def _suspect(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        title, flags = rng.choice(_SUSPECT_TITLES)
        start = self._night(day)
        custody = rng.random() < 0.3
        roles = [(self._record(), "arrested" if custody else "suspect")]
        if self.peers and rng.random() < 0.35:
            roles.append((rng.choice(self.peers).records[0], "suspect"))
        if rng.random() < 0.12:
            roles.append((self.member.ring.records[0], "associate"))
        outcome = rng.choice(("14", "15", "8", "22", "1", "21", ""))
        summary = self.words.tell("suspect_summary", rng, **values)
        number = self.lives.police.occurrence(start, title, values["place"], summary, roles, outcome=outcome, flags=flags)
        if custody:
            told = self.words.tell("custody_summary", rng, **values)
            self.lives.police.occurrence(
                start + timedelta(hours=2),
                f"Custody record: {title}",
                "Northshore custody suite",
                told,
                [(self._record(), "arrested")],
                kind="custody",
                until=start + timedelta(hours=13, minutes=start.minute),
            )
        if self.member.justice and rng.random() < 0.7:
            decided = day + timedelta(days=rng.randint(20, 110))
            settled = decided < self.setting.today
            result = rng.choice(("CR", "O22", "YC", "YCC", "RO", "NFA"))
            court = "Northshore Youth Court" if result == "RO" else ""
            self.lives.justice.offence(self.member.justice, day, title, decided if settled else None, result, court)
        if rng.random() < 0.35:
            self._notice(day, path, occurrence=number, role="suspect")

    def _victim(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        title, flags = rng.choice(_VICTIM_TITLES)
        roles = [(self._record(), "victim")]
        if self.peers and rng.random() < 0.2:
            roles.append((rng.choice(self.peers).records[0], rng.choice(("suspect", "witness", "victim"))))
        summary = self.words.tell("victim_summary", rng, **values)
        start = self._night(day)
        number = self.lives.police.occurrence(
            start, title, values["place"], summary, roles, outcome=rng.choice(("14", "16", "18", "")), flags=flags
        )
        if rng.random() < 0.5:
            self._notice(day, path, occurrence=number)
        if "assault" in title.lower() and rng.random() < 0.6:
            self._injury(start + timedelta(hours=rng.randint(1, 30)), start, values)

    def _stop(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        roles = [(self._record(), "stopped")]
        if self.peers:
            roles.append((rng.choice(self.peers).records[0], "associate"))
        summary = self.words.tell("stop_summary", rng, **values)
        start = at(day, rng.randint(10, 22), rng.randrange(60))
        self.lives.police.occurrence(start, "Stop and search", values["place"], summary, roles, kind="stop_search")

    def _notice(
        self, day: date, path: CarePath, *, occurrence: str = "", role: str = "child_at_risk", strands: str = ""
    ) -> None:
        rng, values = self.rng, self.values()
        incident = self._night(day)
        if incident.date() >= self.setting.today - timedelta(days=2):
            return
        said = self.words.tell("voice", rng, **values) if rng.random() < 0.6 else ""
        sent = self.lives.police.notice(
            self._hand(),
            incident,
            values["officer"],
            self.words.tell("ppn_narrative", rng, **values),
            occurrence=occurrence,
            role=role,
            strands=strands or rng.choice(("CCE", "CCE;missing", "CCE;knife", "CSE", "CCE;substance", "CCE;gang")),
            risk=rng.choice(("green", "amber", "amber", "red", "medium", "high")),
            voice=said,
            action=self.words.tell("action_taken", rng, **values),
            consent=rng.choice(("given", "refused", "not_sought_safety")),
            purpose="referral" if rng.random() < 0.8 else "information",
            school=values["school"],
        )
        path.contact(sent + timedelta(hours=rng.randint(2, 60)), "6")

    def _intelligence(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        text = self.words.tell("intel_child", rng, **values)
        guarded = rng.random() < 0.3
        self.lives.police.intelligence(
            self.member.name if rng.random() < 0.5 else self._hand().full,
            at(day, rng.randint(8, 22), rng.randrange(60)),
            text,
            event=at(day - timedelta(days=rng.randint(1, 9)), rng.randint(15, 23)) if rng.random() < 0.5 else None,
            source=rng.choice("1223"),
            grade=rng.choice("ABCCD"),
            conditions=self.words.tell("conditions", rng, **values) if guarded else "",
            seen=self._hand(),
        )

    # --- school, health, club, landlord ---------------------------------------------------------------

    def _concern(self, day: date, path: CarePath) -> None:
        member, rng = self.member, self.rng
        if not is_school_day(day) or member.school_hand is None or any(a.date() <= day <= b.date() for a, b in member.absences):
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
            member.school_hand.upn or member.child.upn,
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
                member.child, member.child.school, day + timedelta(days=1), rng.choice((2, 4, 6, 10)), [reason], len(member.absences) + day.day
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
            rng.choice(("School nursing", "Substance misuse, young people", "Looked-after children's health", "School nursing", "CAMHS")),
            rng.choice(self.facts["nurses"]),
            came=came,
            summary=self.words.tell("health_story_came" if came else "health_story_missed", rng, **values),
        )

    def _hospital(self, day: date, path: CarePath) -> None:
        start = self._night(day)
        if self.rng.random() < 0.5:
            self._injury(start + timedelta(hours=3), start, self.values())
            return
        complaint = self.rng.choice(("Overdose, accidental", "Chest pain", "Intoxication", "Hand injury", "Ankle injury", "Anxiety"))
        worried = self.rng.random() < 0.5
        self.lives.health.attendance(
            self.member.child,
            start,
            complaint,
            mode=self.rng.choice(("Ambulance", "Police", "Walk in")),
            discharge=self.rng.choice(("Discharged, no follow up", "Left before being seen", "Admitted to ward", "Discharged to GP")),
            concern="Child at risk of exploitation" if worried else "",
        )
        if worried and self.rng.random() < 0.6:
            path.contact(start + timedelta(hours=9), "3E")

    def _injury(self, arrived: datetime, hurt: datetime, values: dict[str, str]) -> None:
        rng = self.rng
        knife = rng.random() < 0.3
        self.lives.health.attendance(
            self.member.child,
            arrived,
            "Laceration of arm" if knife else rng.choice(("Facial injury", "Rib injury", "Head injury, minor", "Hand injury")),
            mode=rng.choice(("Walk in", "Ambulance", "Police")),
            intent=rng.choice(("Assault", "Assault", "")),
            mechanism="Blade" if knife else rng.choice(("Blunt force", "Fall", "")),
            place=rng.choice(("Public place", "Street", "Home of other person", "")),
            injured=hurt,
            discharge=rng.choice(("Discharged, no follow up", "Left before being seen", "Discharged to GP")),
            concern="Child at risk of exploitation" if rng.random() < 0.5 else "",
        )

    def _nuisance(self, day: date, path: CarePath) -> None:
        rng, values = self.rng, self.values()
        ring = self.member.ring
        cuckoo = rng.random() < 0.3
        people = ring.nicks[0] if cuckoo else f"{self.member.child.given} {self.member.child.family};{values['peer']}"
        self.lives.community.asb(
            day,
            "cuckooing" if cuckoo else rng.choice(("noise", "drugs", "gathering", "nuisance_vehicle", "vandalism")),
            f"{ring.flat}" if cuckoo else self.words.pick("asb_location", rng, **values),
            people,
            closed=day + timedelta(days=rng.randint(14, 90)) if rng.random() < 0.6 else None,
            action=rng.choice(("warning", "abc", "cpn", "", "closure" if cuckoo else "warning")),
            uprn=ring.people[0].address.uprn if cuckoo else "",
        )

    # --- runs of rows ---------------------------------------------------------------------------------

    def _justice(self, path: CarePath) -> None:
        member, rng, today = self.member, self.rng, self.setting.today
        if not member.justice:
            return
        justice, worker = self.lives.justice, rng.choice(self.facts["yjs_workers"])
        begin = member.start + (today - member.start) * 0.4
        justice.assessment(member.justice, begin, "PDAT", "entry", "M", "H", "M", rng.random() < 0.7)
        justice.programme(member.justice, begin + timedelta(days=14), None, self.words.pick("programme", rng), tag=rng.random() < 0.15)
        day = begin + timedelta(days=10)
        while day < today - timedelta(days=4):
            kept = rng.choices("AFEC", (0.55, 0.25, 0.12, 0.08))[0]
            moment = at(day, rng.randint(10, 17), rng.choice((0, 30)))
            if any(a <= moment <= b for a, b in member.absences):
                kept = "F"
            rule = {"A": "yjs_kept", "F": "yjs_missed", "E": "yjs_away"}.get(kept)
            values = self.values()
            values["voice"] = self.words.tell("voice", rng, **values)
            justice.session(member.justice, moment, kept, worker, self.words.tell(rule, rng, **values) if rule else "")
            day += timedelta(days=rng.randint(9, 30))
        if (today - begin).days > 150:
            justice.assessment(member.justice, begin + timedelta(days=140), "AssetPlus", "review", "M", "VH", "H", True)

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
                    self.lives.schools.mark(member.school_hand, member.school_hand.upn, day, session, code, comment)
                    counts[code] = counts.get(code, 0) + 1
            day += timedelta(days=1)
        absent = {code: count for code, count in counts.items() if code not in "/\\L"}
        self.lives.schools.sessions(member.child, member.child.school, absent)


class Register:
    """The mark for each half day: what the school knew in the morning, not what was true."""

    def __init__(self, absences: list[tuple[datetime, datetime]], rng: Random, *, part_time: bool = False) -> None:
        self.absences = absences
        self.rng = rng
        self.part_time = part_time

    def code(self, day: date, session: str) -> tuple[str, str]:
        rng = self.rng
        begin = at(day, 9 if session == "AM" else 13)
        if any(start < begin + timedelta(hours=2) and begin < end for start, end in self.absences):
            return rng.choice((("O", "no contact"), ("O", ""), ("N", ""), ("O", "home says missing"), ("I", "message from parent phone")))
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
