"""Is this the same person? One pair of records: how likely, why, and who may decide.

A wrong join shows one family's life to another family; a missed join leaves a child's story in pieces.
The first cannot be taken back once seen, so the product joins by itself only when names, birth date and
probability all agree, and asks a person about the rest. The figures are data (catalogue/data/matching).
Nothing here grades anyone: the only number is how likely two records are of one person.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import chain, islice
from typing import Literal

from lineofsight.catalogue import matching as settings
from lineofsight.catalogue.errors import CatalogueError
from lineofsight.catalogue.matching import Comparison, Level, MatchingModel, Policy
from lineofsight.people.clusters import Clustering, Edge, components
from lineofsight.people.evidence import NAMES_COUNTED, PREDICATES, TOLD, Test
from lineofsight.people.finding import ParsedQuery, rank, search_query, search_terms
from lineofsight.people.profile import KEY_CAP, Profile, blocking_keys, profile

__all__ = [
    "KEY_CAP",
    "Clustering",
    "Decision",
    "Edge",
    "Evidence",
    "Frequencies",
    "Model",
    "ParsedQuery",
    "Profile",
    "Scored",
    "blocking_keys",
    "components",
    "explain",
    "profile",
    "rank",
    "search_query",
    "search_terms",
    "shipped",
]  # fmt: skip

#: What each comparison is called in a sentence.
TITLES = {
    "given": "given name",
    "family": "family name",
    "birth": "date of birth",
    "sex": "sex",
    "place": "address",
    "kind": "child or adult",
    "register": "register",
    "nhs": "NHS number",
    "upn": "pupil number",
    "pnc": "police number",
    "phone": "phone",
}

#: Numbers that one person has and nobody else should.
NUMBERS = ("nhs", "upn", "pnc")

#: What a person goes by. Where all three agree, less than `auto` is certain enough.
WHOLE = ("given", "family", "birth")

Band = Literal["auto", "ask", "never"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One respect in which the two were compared. `bits` above 0 speak for one person, below 0 against."""

    comparison: str
    level: str
    bits: float
    words: str


@dataclass(frozen=True, slots=True)
class Scored:
    """`weight_bits` is log2 of the odds, everything counted. `unvetoed` is the probability with the
    evidence of a veto left out: what one would think if the two numbers did not differ."""

    probability: float
    weight_bits: float
    evidence: tuple[Evidence, ...]
    unvetoed: float

    def level(self, comparison: str) -> str:
        """'' when one of the two says nothing in this respect."""
        for found in self.evidence:
            if found.comparison == comparison:
                return found.level
        return ""


@dataclass(frozen=True, slots=True)
class Decision:
    band: Band
    reasons: tuple[str, ...]


#: No whole name takes away more bits than this.
TOGETHER_CAP = 7.0

#: A common first name takes no more bits than this from "two of one household share it": it is the common
#: names that brothers share.
NAMESAKES_LEAST = -1.0

#: Added to what is expected of a whole name, so that a name of a few people says nothing yet.
STEADYING = 1.0

#: As many records of one whole name may well be of one person; more are of several.
OF_ONE_PERSON = 4


def whole_names(p: Profile) -> tuple[str, ...]:
    """Given with family name, each with each: how common the two are together."""
    return tuple([f"{given}|{family}" for given in p.given[:3] for family in p.family_whole[:3]])


_COUNTED_AT_ONCE = 1_000


class Frequencies:
    """How often each folded name occurs among the records of this store, and whole names (`both`) that are
    of several people. Do not change the counts after: what was worked out from them is kept."""

    __slots__ = ("_bits", "_totals", "both", "family", "given")

    def __init__(
        self, given: Mapping[str, int], family: Mapping[str, int], both: Mapping[str, int] | None = None
    ) -> None:
        self.given = given
        self.family = family
        self.both = both or {}
        self._totals = {"given": sum(given.values()), "family": sum(family.values())}
        self._bits: dict[tuple[str, str], float] = {}

    @classmethod
    def of(cls, profiles: Iterable[Profile]) -> Frequencies:
        given: Counter[str] = Counter()
        family: Counter[str] = Counter()
        both: Counter[str] = Counter()
        waiting = iter(profiles)
        while some := list(islice(waiting, _COUNTED_AT_ONCE)):
            given.update(chain.from_iterable([one.given for one in some]))
            family.update(chain.from_iterable([one.family_whole for one in some]))
            both.update(chain.from_iterable(map(whole_names, some)))
        return cls(given, family, {name: n for name, n in both.items() if n > OF_ONE_PERSON})

    @classmethod
    def empty(cls) -> Frequencies:
        """Knows no names: every name counts as an ordinary one."""
        return cls({}, {})

    def count(self, comparison: str, name: str) -> int:
        return (self.given if comparison == "given" else self.family).get(name, 0)

    @property
    def records(self) -> int:
        """How many records these are the names of, nearly enough."""
        return max(self._totals.values())

    def total(self, comparison: str) -> int:
        return self._totals[comparison]


#: A store with fewer names cannot say which are unheard of.
ENOUGH_NAMES = 5_000


def heard(p: Profile, frequencies: Frequencies) -> Profile:
    """The profile with those of its given names that hardly anyone in this store has."""
    rare = hardly_heard(p.given_plain, frequencies)
    return replace(p, given_rare=rare) if rare != p.given_rare else p


def hardly_heard(names: tuple[str, ...], frequencies: Frequencies) -> tuple[str, ...]:
    """Those of the given names that hardly anyone in this store has."""
    records = frequencies.total("given")
    if records < ENOUGH_NAMES:
        return ()
    most, count = 2 + records // 250_000, frequencies.given.get
    return tuple(name for name in names if count(name, 0) <= most)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A level with its logarithms worked out against strangers: of one person, and of each kind of family."""

    level: Level
    test: Test
    evidence: Evidence
    match: float
    household: float
    twins: float
    namesakes: float
    rarity: bool


@dataclass(frozen=True, slots=True)
class _Compared:
    name: str
    told: Test
    levels: tuple[_Weighed, ...]
    rare_column: str
    inherited: bool
    number: int
    key: str
    vetoing: frozenset[str]


class Model:
    """The figures of a matching model, ready to weigh pairs. Share one; it holds no records."""

    def __init__(self, figures: MatchingModel) -> None:
        self.figures = figures
        self.policy: Policy = figures.policy
        self.household_bits = math.log2(figures.household_ratio)
        self.twins_bits = math.log2(figures.twins_ratio)
        self.namesakes_bits = math.log2(figures.namesakes_ratio)
        policy = figures.policy
        self._bounds = (
            policy.ask, policy.auto, policy.auto_with_anchor, policy.auto_unsure_birth,
            policy.auto_unsure_birth_and_place, policy.auto_agrees_wholly, policy.auto_given_likely,
        )  # fmt: skip
        self._version_key = f"{figures.version}/"
        self._compared = tuple(self._prepare(n, part) for n, part in enumerate(figures.comparisons))

    @property
    def version(self) -> str:
        return self.figures.version

    def _prepare(self, number: int, part: Comparison) -> _Compared:
        unknown = [level.when for level in part.levels if level.when not in PREDICATES]
        if part.name not in TOLD or unknown:
            raise CatalogueError(
                f"The matching model compares {part.name!r} by {', '.join(unknown) or 'its levels'}; "
                f"no such test exists. Use one of {', '.join(PREDICATES)}."
            )
        frequency = part.term_frequency
        weighed = []
        for level in part.levels:
            match = math.log2(level.m / level.u)
            weighed.append(
                _Weighed(
                    level=level,
                    test=PREDICATES[level.when].holds,
                    evidence=Evidence(part.name, level.name, match, level.words),
                    match=match,
                    household=math.log2(level.household / level.u),
                    twins=math.log2(level.twins / level.u),
                    namesakes=math.log2(level.namesakes / level.u),
                    rarity=frequency is not None and level.name in frequency.levels,
                )
            )
        return _Compared(
            name=part.name,
            told=TOLD[part.name].holds,
            levels=tuple(weighed),
            rare_column=NAMES_COUNTED.get(part.name, ""),
            inherited=frequency is not None and frequency.inherited,
            number=number,
            key=f"{self.figures.version}/{part.name}",
            vetoing=frozenset(level for name, level in self.policy.vetoes if name == part.name),
        )

    def prior_bits(self, frequencies: Frequencies) -> float:
        """log2 of the odds that two records of this store, drawn at random, are of one person."""
        key = (self._version_key, "")
        known = frequencies._bits.get(key)
        if known is None:
            prior = self.figures.prior(frequencies.records)
            known = frequencies._bits[key] = math.log2(prior / (1 - prior))
        return known

    def rarity(self, comparison: int, name: str, frequencies: Frequencies) -> float:
        """Bits by which sharing this name says more (rare) or less (common) than an average one.

        Where frequencies are few, `pseudo` average records steady them: in a store of 500 everyone has a
        rare name. Bounded by `cap`, so that no name alone decides."""
        key = (self._compared[comparison].key, name)
        known = frequencies._bits.get(key)
        if known is not None:
            return known
        part = self.figures.comparisons[comparison]
        rare = part.term_frequency
        if rare is None:
            return 0.0
        usual = next(level.u for level in part.levels if level.name in rare.levels)
        share = (frequencies.count(part.name, name) + rare.pseudo * usual) / (
            frequencies.total(part.name) + rare.pseudo
        )
        bits = max(-rare.cap, min(rare.cap, math.log2(usual / share)))
        frequencies._bits[key] = bits
        return bits

    def together(self, name: str, frequencies: Frequencies) -> float:
        """Bits by which a whole name is commoner than its two parts let one think, at least 0: Iqra is rare
        and Iqbal is rare, but where one is the other is often too. Such a name says less than its parts."""
        count = frequencies.both.get(name)
        if count is None:
            return 0.0
        known = frequencies._bits.get(("both", name))
        if known is not None:
            return known
        given, _, family = name.partition("|")
        total = max(1, frequencies.records)
        expected = (
            total
            * (frequencies.count("given", given) / max(1, frequencies.total("given")))
            * (frequencies.count("family", family) / max(1, frequencies.total("family")))
        )
        bits = min(TOGETHER_CAP, max(0.0, math.log2((count - OF_ONE_PERSON) / (expected + STEADYING))))
        frequencies._bits["both", name] = bits
        return bits

    def levels(self, a: Profile, b: Profile, frequencies: Frequencies) -> dict[str, str]:
        """Comparison to level, for those in which both records say something."""
        found = {}
        a, b = heard(a, frequencies), heard(b, frequencies)
        for compared in self._compared:
            if compared.told(a, b):
                found[compared.name] = next(w.level.name for w in compared.levels if w.test(a, b))
        return found

    def score(self, a: Profile, b: Profile, frequencies: Frequencies) -> Scored:
        """How likely the two records are of one person. The order of the pair never matters."""
        a, b = heard(a, frequencies), heard(b, frequencies)
        match = prior = self.prior_bits(frequencies)
        household, twins = prior + self.household_bits, prior + self.twins_bits
        namesakes = prior + self.namesakes_bits
        vetoed: list[_Weighed] = []
        found: list[Evidence] = []
        for compared in self._compared:
            if not compared.told(a, b):
                continue
            for weighed in compared.levels:
                if weighed.test(a, b):
                    break
            evidence = weighed.evidence
            match += weighed.match
            household += weighed.household
            twins += weighed.twins
            namesakes += weighed.namesakes
            if weighed.rarity:
                extra = self._rarest(compared, a, b, frequencies)
                match += extra
                namesakes += extra if compared.inherited else max(extra, NAMESAKES_LEAST)
                if compared.inherited:
                    household += extra
                    twins += extra
                evidence = Evidence(
                    evidence.comparison, evidence.level, evidence.bits + extra, evidence.words
                )
            if evidence.level in compared.vetoing:
                vetoed.append(weighed)
            found.append(evidence)
        common = self._common(found, a, b, frequencies)
        match -= common
        family = (household - common, twins - common, namesakes - common)
        bits = _log_odds(match, family)
        if bits - match < -0.5:
            found.append(
                Evidence("household", "likely", bits - match, "this could be someone of the same family")
            )
        probability = unvetoed = _probability(bits)
        if vetoed:
            unvetoed = _probability(
                _log_odds(
                    match - sum(one.match for one in vetoed),
                    (
                        family[0] - sum(one.household for one in vetoed),
                        family[1] - sum(one.twins for one in vetoed),
                        family[2] - sum(one.namesakes for one in vetoed),
                    ),
                )
            )
        return Scored(probability, bits, tuple(found), unvetoed)

    def _common(self, found: list[Evidence], a: Profile, b: Profile, frequencies: Frequencies) -> float:
        """Bits to take away because the two share a whole name that several people have."""
        if not frequencies.both or not {("given", "exact"), ("family", "exact")} <= {
            (one.comparison, one.level) for one in found
        }:
            return 0.0
        shared = set(whole_names(a)) & set(whole_names(b))
        common = min((self.together(name, frequencies) for name in shared), default=0.0)
        if common > 0.5:
            found.append(Evidence("both", "common", -common, "several people here have this whole name"))
        return common

    def _rarest(self, compared: _Compared, a: Profile, b: Profile, frequencies: Frequencies) -> float:
        names = getattr(b, compared.rare_column)
        return max(
            self.rarity(compared.number, name, frequencies)
            for name in getattr(a, compared.rare_column)
            if name in names
        )

    def likelihoods(self, probability: float, unvetoed: float) -> tuple[bool, ...]:
        """Which of the policy's thresholds the two probabilities reach: all that a decision asks of them."""
        return tuple(value >= bound for value in (probability, unvetoed) for bound in self._bounds)

    def decide(self, scored: Scored, a: Profile, b: Profile) -> Decision:
        """Join by itself, ask a person, or leave the two apart; with the reasons in words."""
        level = {found.comparison: found.level for found in scored.evidence}
        return self.decision(
            level, scored.probability, scored.unvetoed, restricted=a.restricted or b.restricted
        )

    def apart(self, a: Profile, b: Profile, frequencies: Frequencies) -> bool:
        """Whether the two look like two people: they come into one group only by a join of their own."""
        return self.score(a, b, frequencies).probability < self.policy.apart

    def decision(
        self, level: Mapping[str, str], probability: float, unvetoed: float, *, restricted: bool
    ) -> Decision:
        """The same from the levels alone, as the batch run has them."""
        policy = self.policy
        same_number = any(level.get(kind) == "same" for kind in NUMBERS)
        vetoes = self._vetoes(level)
        likely = unvetoed if vetoes else probability
        if not same_number:
            if likely < policy.ask:
                return Decision("never", ("Too little agrees for these to be one person",))
            if self._are_twins(level) and level.get("given", "") not in policy.given_close:
                return Decision(
                    "never",
                    ("Same birth date, family name and address but different given names: twins look so",),
                )
        anchored = any((name, found) in policy.anchors for name, found in level.items())
        doubts = ["One of the records is restricted, so a person decides"] if restricted else []
        doubts += vetoes
        doubts += self._doubts(level, anchored=anchored, same_number=same_number)
        if probability < policy.ask and same_number and not vetoes:
            doubts.append("Most of what is known speaks against it, but a number is the same")
        elif probability < self._needed(level, anchored=anchored, same_number=same_number):
            doubts.append("Apart from that, it is likely" if vetoes else "It is likely but not certain")
            if not same_number and self._may_be_twins(level):
                doubts.append("The given names differ by a letter or two, as those of twins may")
        if doubts:
            return Decision("ask", tuple(doubts))
        return Decision("auto", ("Names, birth date and the rest agree, and nothing speaks against it",))

    def _needed(self, level: Mapping[str, str], *, anchored: bool, same_number: bool) -> float:
        """How probable it must be to join without a question."""
        policy = self.policy
        given, birth = level.get("given", ""), level.get("birth", "")
        if given in policy.given_likely and birth in policy.birth_agrees:
            return policy.auto_given_likely
        if not anchored or (given not in policy.given_sure and not same_number):
            whole = all((name, level.get(name, "")) in policy.agrees_wholly for name in WHOLE)
            return policy.auto_agrees_wholly if whole else policy.auto
        if same_number or birth in policy.birth_agrees:
            return policy.auto_with_anchor
        close = any((name, found) in policy.anchors_unsure_birth for name, found in level.items())
        return policy.auto_unsure_birth if close else policy.auto_unsure_birth_and_place

    def _may_be_twins(self, level: Mapping[str, str]) -> bool:
        policy = self.policy
        return (
            level.get("given", "") not in policy.given_sure and level.get("birth", "") in policy.birth_agrees
        )

    def _are_twins(self, level: Mapping[str, str]) -> bool:
        policy = self.policy
        return (
            level.get("birth", "") in policy.birth_agrees
            and level.get("family", "") in policy.family_agrees
            and level.get("place", "") in policy.place_agrees
            and level.get("given", "") not in policy.given_agrees
        )

    def _vetoes(self, level: Mapping[str, str]) -> list[str]:
        """What may not be joined without a person, however probable."""
        policy = self.policy
        given, birth = level.get("given", ""), level.get("birth", "")
        found = [
            f"They have {self._words(name, one)}"
            for name, one in sorted(level.items())
            if (name, one) in policy.vetoes
        ]
        if given and given not in policy.given_close and birth in policy.birth_differs:
            found.append("Given name and birth date both differ")
        if given and given not in policy.given_close and level.get("sex") == "different":
            found.append("Given name and sex both differ")
        return found

    def _doubts(self, level: Mapping[str, str], *, anchored: bool, same_number: bool) -> list[str]:
        policy = self.policy
        given, birth = level.get("given", ""), level.get("birth", "")
        doubts = []
        if not given:
            doubts.append("A given name is missing")
        elif same_number and given not in policy.given_close and birth in policy.birth_agrees:
            doubts.append("A number is the same, but these may be twins of whom one has the other's number")
        elif same_number:
            pass
        elif given not in policy.given_agrees:
            doubts.append("The given names do not clearly agree")
        if birth in policy.birth_apart:
            doubts.append("The birth dates are far apart")
        if same_number:
            return doubts
        if anchored:
            family = level.get("family", "")
            if family not in policy.family_alike and birth not in policy.birth_agrees:
                doubts.append("Neither birth date nor family name agrees")
            return doubts
        if birth in policy.birth_weak:
            doubts.append("The birth date says little, and no number or address agrees")
        elif birth not in policy.birth_agrees:
            doubts.append("The birth dates do not agree" if birth else "A birth date is missing")
        return doubts

    def _words(self, comparison: str, level: str) -> str:
        part = next(part for part in self.figures.comparisons if part.name == comparison)
        return next(found.words for found in part.levels if found.name == level)


@cache
def shipped() -> Model:
    """The model that comes with the product."""
    return Model(settings.shipped())


def explain(scored: Scored, a: Profile, b: Profile, frequencies: Frequencies) -> list[str]:
    """Plain sentences: what agrees, what differs, how common a shared name is here."""
    said = []
    for found in sorted(scored.evidence, key=lambda one: -one.bits):
        said.append(f"{found.words[0].upper()}{found.words[1:]}{_detail(found, a, b)}.")
        if found.comparison in NAMES_COUNTED and found.level == "exact":
            said += _how_common(found.comparison, a, b, frequencies)
    # Child or adult is silent where two birth dates say it better.
    silent = [TITLES[name] for name in TITLES if name != "kind" and not scored.level(name)]
    if silent:
        said.append(f"Not in both records: {', '.join(silent)}.")
    return said


def _log_odds(match: float, family: tuple[float, ...]) -> float:
    """log2 of the odds of one person against strangers and all kinds of family together. Each is in bits
    against strangers, who are 0."""
    top = max(0.0, *family)
    rest = math.pow(2.0, -top) + sum(math.pow(2.0, bits - top) for bits in family)
    return match - top - math.log2(rest)


def _probability(bits: float) -> float:
    if bits >= 0:
        return 1.0 / (1.0 + math.pow(2.0, -bits))
    odds = math.pow(2.0, bits)
    return odds / (1.0 + odds)


def _shared(a: tuple[str, ...], b: tuple[str, ...]) -> list[str]:
    return [value for value in a if value in b]


def _detail(found: Evidence, a: Profile, b: Profile) -> str:
    if found.comparison in NAMES_COUNTED and found.level == "exact":
        column = NAMES_COUNTED[found.comparison]
        names = sorted(_shared(getattr(a, column), getattr(b, column)))
        return f": {', '.join(name.title() for name in names)}"
    if found.comparison in ("given", "family") and found.level != "swapped":
        mine, theirs = sorted((_first(a, found.comparison), _first(b, found.comparison)))
        return f": {mine} and {theirs}" if mine != theirs else ""
    if found.comparison == "birth":
        if a.birth and a.birth == b.birth:
            return f": {_long(a.birth_from)}"
        if a.birth and b.birth:
            return (
                f": {' and '.join(_long(day) for day in sorted(filter(None, (a.birth_from, b.birth_from))))}"
            )
    return ""


def _first(p: Profile, comparison: str) -> str:
    names: tuple[str, ...] = getattr(p, NAMES_COUNTED[comparison])
    return names[0].title() if names else "none"


def _long(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _how_common(comparison: str, a: Profile, b: Profile, frequencies: Frequencies) -> list[str]:
    said = []
    column = NAMES_COUNTED[comparison]
    for name in sorted(_shared(getattr(a, column), getattr(b, column))):
        others = max(0, frequencies.count(comparison, name) - 2)
        if others == 0:
            said.append(f"No other record here has the name {name.title()}.")
        else:
            people = "1 other record here has" if others == 1 else f"{others:,} other records here have"
            said.append(f"{people} the name {name.title()}.")
    return said
