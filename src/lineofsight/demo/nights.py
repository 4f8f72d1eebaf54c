"""What police see of a child's months: nights, searches, notices, paragraphs of intelligence."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from lineofsight.demo.care_path import CarePath
from lineofsight.demo.cast import Member, ring_values
from lineofsight.demo.lives import Lives
from lineofsight.demo.office import Setting, at
from lineofsight.demo.recording import Written

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


class Nights:
    """One child, the adults and friends around, and what the night desk writes."""

    def __init__(
        self, setting: Setting, lives: Lives, member: Member, peers: list[Member], rng: Random
    ) -> None:
        self.setting = setting
        self.words = setting.words
        self.facts = setting.city.facts
        self.lives = lives
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

    def _night(self, day: date) -> datetime:
        return at(day, self.rng.choice((16, 17, 18, 19, 20, 21, 22, 23)), self.rng.randrange(0, 60, 5))

    def _hand(self) -> Written:
        assert self.member.police_hand is not None
        return self.member.police_hand

    def _record(self) -> str:
        return self.rng.choice(self.member.records)

    def _missing(self, day: date, path: CarePath) -> None:
        rng, words, values = self.rng, self.words, self.values()
        last_seen = self._night(day)
        found = last_seen + timedelta(
            minutes=rng.choice((340, 505, 790, 1_130, 1_465, 2_010, 2_930)) + rng.randrange(90)
        )
        if found.date() >= self.setting.today or any(
            a < found and last_seen < b for a, b in self.member.absences
        ):
            return
        reported = last_seen + timedelta(minutes=rng.choice((35, 60, 95, 180, 420)))
        earlier = sum(1 for start, _ in self.member.absences if (last_seen - start).days <= 90)
        self.member.absences.append((last_seen, found))
        placed = path.placed_on(day)
        risk = rng.choices(("no_apparent", "low", "medium", "high"), (0.08, 0.12, 0.6, 0.2))[0]
        history = (
            f"low {reported:%H:%M}; {risk} {reported + timedelta(hours=4):%H:%M}" if risk == "high" else ""
        )
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
            found_with=rng.choice(
                (values["peer"], "", values["nick"], f"{values['peer']};{values['peer2']}", "")
            ),
            returned_to="placement"
            if placed
            else rng.choice(("home", "home", "parent", "other_relative", "unaccompanied")),
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
        number = self.lives.police.occurrence(
            start, title, values["place"], summary, roles, outcome=outcome, flags=flags
        )
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
            self.lives.justice.offence(
                self.member.justice, day, title, decided if settled else None, result, court
            )
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
            start,
            title,
            values["place"],
            summary,
            roles,
            outcome=rng.choice(("14", "16", "18", "")),
            flags=flags,
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
        self.lives.police.occurrence(
            start, "Stop and search", values["place"], summary, roles, kind="stop_search"
        )

    def _notice(
        self,
        day: date,
        path: CarePath,
        *,
        occurrence: str = "",
        role: str = "child_at_risk",
        strands: str = "",
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
            strands=strands
            or rng.choice(("CCE", "CCE;missing", "CCE;knife", "CSE", "CCE;substance", "CCE;gang")),
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
            event=at(day - timedelta(days=rng.randint(1, 9)), rng.randint(15, 23))
            if rng.random() < 0.5
            else None,
            source=rng.choice("1223"),
            grade=rng.choice("ABCCD"),
            conditions=self.words.tell("conditions", rng, **values) if guarded else "",
            seen=self._hand(),
        )

    def _injury(self, arrived: datetime, hurt: datetime, values: dict[str, str]) -> None:
        rng = self.rng
        knife = rng.random() < 0.3
        self.lives.health.attendance(
            self.member.child,
            arrived,
            "Laceration of arm"
            if knife
            else rng.choice(("Facial injury", "Rib injury", "Head injury, minor", "Hand injury")),
            mode=rng.choice(("Walk in", "Ambulance", "Police")),
            intent=rng.choice(("Assault", "Assault", "")),
            mechanism="Blade" if knife else rng.choice(("Blunt force", "Fall", "")),
            place=rng.choice(("Public place", "Street", "Home of other person", "")),
            injured=hurt,
            discharge=rng.choice(("Discharged, no follow up", "Left before being seen", "Discharged to GP")),
            concern="Child at risk of exploitation" if rng.random() < 0.5 else "",
        )
