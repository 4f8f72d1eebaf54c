"""About sixty children whose months went wrong, told through each agency's own rows.

Nobody tells the story as a whole: police have nights, school has mornings, a youth worker has what was said.
The same adults, flats, cars and numbers turn up with several children, and no agency holds all of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from lineofsight.demo.cast import Member, ring_values
from lineofsight.demo.families import Household, Person
from lineofsight.demo.lives import Lives
from lineofsight.demo.office import Setting, at
from lineofsight.demo.rings import make_rings
from lineofsight.demo.telling import Telling


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
            rng = Random(f"{self.setting.seed}:story:{place}")  # noqa: S311 (an invented city, not a secret)
            start = self.setting.today - timedelta(days=rng.randint(150, 700))
            ring = self.rings[place % len(self.rings)]
            member = Member(child, household, ring, start, rng.choice((0.45, 0.7, 0.9, 1.0, 1.3)))
            if rng.random() < 0.3:
                child.alias = rng.choice(
                    ("Ghost", "Lil T", "Biscuit", "Shortz", "Ace", "Tiny", "Jigsaw", "Moz", "Sparrow")
                )
            member.records = self.lives.police.everyday(child, rng)
            member.police_hand = self.setting.written(child, "police")
            member.has_club = rng.random() < 0.5
            if child.school:
                # A school knows its own pupils by number, whatever it forgot to send in the census.
                member.school_hand = replace(self.lives.schools.enrol(child, child.school), upn=child.upn)
                self.lives.schools.know(child)
            if child.age >= 13 and member.intensity > 0.5:
                member.justice = self.lives.justice.register(child)
            self.members.append(member)

    def tell(self) -> None:
        for place, member in enumerate(self.members):
            rng = Random(f"{self.setting.seed}:telling:{place}")  # noqa: S311 (an invented city, not a secret)
            peers = [one for one in self.members if one.ring is member.ring and one is not member]
            Telling(self.setting, self.lives, member, peers, rng).tell()
        self._rings_in_intelligence()
        self._street_team()

    def _rings_in_intelligence(self) -> None:
        """What is said of places and cars, with no child's name in it."""
        rng = Random(f"{self.setting.seed}:rings")  # noqa: S311 (an invented city, not a secret)
        for ring in self.rings:
            for _ in range(7):
                sent = at(
                    self.setting.today - timedelta(days=rng.randint(8, 600)),
                    rng.randint(8, 21),
                    rng.randrange(60),
                )
                values = ring_values(ring, self.facts, rng)
                text = self.setting.words.tell("intel_place", rng, **values)
                subject = rng.choice((ring.flat, ring.mark, ring.phone))
                self.lives.police.intelligence(
                    subject, sent, text, source=rng.choice("123"), grade=rng.choice("ABCD")
                )

    def _street_team(self) -> None:
        """The street team's own list: first names, guesses at ages, headings that no format knows."""
        rng = Random(f"{self.setting.seed}:street")  # noqa: S311 (an invented city, not a secret)
        words, facts = self.setting.words, self.facts
        for _ in range(28 if self.members else 0):
            member = rng.choice(self.members)
            day = self.setting.today - timedelta(days=rng.randint(6, 200))
            values = ring_values(member.ring, facts, rng) | {"few": str(rng.randint(2, 6))}
            self.lives.community.outreach(
                {
                    "Shift date": f"{day:%d.%m.%y}",
                    "Time": f"{rng.randint(16, 22)}.{rng.choice(('00', '15', '30', '45'))}",
                    "Area": values["place"].removeprefix("the "),
                    "Young person (name given)": rng.choice(
                        (member.name, self.setting.naming.shortened(member.name), "not given", member.name)
                    ),
                    "Age / DOB if known": rng.choice(
                        (str(member.child.age), f"about {member.child.age}", "")
                    ),
                    "Who with": words.pick("street_with", rng, **values),
                    "What we saw or talked about": words.pick("street_saw", rng, **values),
                    "In their words": words.pick("street_said", rng, **values),
                    "Follow up": words.pick("street_follow", rng, **values),
                    "Logged by": rng.choice(facts["vcs_workers"]),
                }
            )
