"""The matching model and the name lists as typed values.

A file that is wrong stops here with the file, the place in it and the reason, so that nobody's records
are ever compared with half a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from lineofsight.catalogue.errors import CatalogueError

_DATA = Path(str(files("lineofsight.catalogue"))) / "data"
MODEL_FILE = _DATA / "matching" / "model-1.yaml"
QUESTIONS_FILE = _DATA / "matching" / "questions.yaml"
NAMES_FILE = _DATA / "names" / "nicknames.yaml"

CLASSES = ("m", "u", "household", "twins", "namesakes")
#: Two people who are no strangers to each other.
FAMILY = ("household", "twins", "namesakes")


@dataclass(frozen=True, slots=True)
class Level:
    """How alike two records are in one respect. `m`: how often records of one person look like this;
    `u`: two strangers; `household`: two people of one household; `twins`: twins; `namesakes`: two people of
    one household who share a first name."""

    name: str
    when: str
    m: float
    u: float
    household: float
    twins: float
    namesakes: float
    words: str


@dataclass(frozen=True, slots=True)
class TermFrequency:
    """A shared rare name says more than a shared common one.

    `levels` are adjusted by log2(u / frequency), at most `cap` bits either way. `pseudo` records of
    average frequency are added, so that a small store does not call every name rare. `inherited`:
    people of one household share it too, so rarity does not speak against a brother or sister."""

    levels: tuple[str, ...]
    cap: float
    pseudo: float
    inherited: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    name: str
    title: str
    levels: tuple[Level, ...]
    term_frequency: TermFrequency | None


@dataclass(frozen=True, slots=True)
class Policy:
    """When the product may join by itself, when it asks, and what it never does. `apart`: two records less
    likely than this to be one person never come into one group by way of others."""

    auto: float
    auto_with_anchor: float
    auto_unsure_birth: float
    auto_unsure_birth_and_place: float
    auto_agrees_wholly: float
    auto_given_likely: float
    ask: float
    apart: float
    given_agrees: frozenset[str]
    given_sure: frozenset[str]
    given_close: frozenset[str]
    given_likely: frozenset[str]
    birth_agrees: frozenset[str]
    birth_weak: frozenset[str]
    birth_differs: frozenset[str]
    birth_apart: frozenset[str]
    family_agrees: frozenset[str]
    family_alike: frozenset[str]
    place_agrees: frozenset[str]
    anchors: frozenset[tuple[str, str]]
    anchors_unsure_birth: frozenset[tuple[str, str]]
    agrees_wholly: frozenset[tuple[str, str]]
    vetoes: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MatchingModel:
    """`others`: how many more records the average record's person has; what is a random pair's chance of
    being one person follows from it and from the number of records, at least `least_records`."""

    version: str
    others: float
    least_records: float
    household_ratio: float
    twins_ratio: float
    namesakes_ratio: float
    comparisons: tuple[Comparison, ...]
    policy: Policy
    sources: tuple[str, ...]

    def prior(self, records: int) -> float:
        """The chance that two records drawn at random are of one person."""
        return min(0.5, self.others / max(float(records), self.least_records))


@dataclass(frozen=True, slots=True)
class NameLists:
    """All names folded. `spellings` maps a spelling to the names it is a spelling of; `full` a short form to
    the full names that it may stand for; `roots` either to both, for looking records up."""

    roots: Mapping[str, tuple[str, ...]]
    spellings: Mapping[str, tuple[str, ...]]
    full: Mapping[str, tuple[str, ...]]
    particles: frozenset[str]
    titles: frozenset[str]


def load_model(path: Path = MODEL_FILE) -> MatchingModel:
    return _model(_Place(path, "", _read(path)))


def load_model_text(text: str, *, name: str) -> MatchingModel:
    """A model from YAML that a database keeps; `name` is what a refusal calls it."""
    return _model(_Place(Path(name), "", yaml.safe_load(text)))


def model_text(model: MatchingModel) -> str:
    """The model as YAML that `load_model_text` reads back, figure for figure."""
    policy = {
        field.name: value
        if isinstance(value := getattr(model.policy, field.name), float)
        else sorted(".".join(one) if isinstance(one, tuple) else one for one in value)
        for field in fields(Policy)
    }
    return yaml.safe_dump(
        {
            "version": model.version,
            "sources": list(model.sources),
            "classes": {
                name: getattr(model, name)
                for name in ("others", "least_records", "household_ratio", "twins_ratio", "namesakes_ratio")
            },
            "comparisons": [_comparison_text(part) for part in model.comparisons],
            "policy": policy,
        },
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )


def _comparison_text(part: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = {"name": part.name, "title": part.title}
    if part.term_frequency is not None:
        found["term_frequency"] = {**asdict(part.term_frequency), "levels": list(part.term_frequency.levels)}
    return {**found, "levels": [asdict(level) for level in part.levels]}


def _model(place: _Place) -> MatchingModel:
    classes = place.child("classes")
    model = MatchingModel(
        version=place.text("version"),
        others=classes.number("others"),
        least_records=classes.number("least_records"),
        household_ratio=classes.number("household_ratio"),
        twins_ratio=classes.number("twins_ratio"),
        namesakes_ratio=classes.number("namesakes_ratio"),
        comparisons=tuple(_comparison(part) for part in place.children("comparisons")),
        policy=_policy(place.child("policy")),
        sources=place.texts("sources"),
    )
    _check_policy(place, model)
    return model


@cache
def shipped() -> MatchingModel:
    return load_model()


def second_look_one_in(path: Path = QUESTIONS_FILE) -> int:
    """Of how many answers one is put to a second person."""
    return int(_Place(path, "", _read(path)).child("second_look").number("one_in"))


def load_names(path: Path = NAMES_FILE) -> NameLists:
    place = _Place(path, "", _read(path))
    spellings = _turned(place.child("spellings"))
    short = _turned(place.child("nicknames"))
    full = {
        name: sorted({form for root in found for form in spellings.get(root, [root])})
        for name, found in short.items()
    }
    roots = {name: sorted({*full.get(name, []), *spellings.get(name, [])}) for name in {**full, **spellings}}
    return NameLists(
        roots={name: tuple(found) for name, found in roots.items()},
        spellings={name: tuple(sorted(found)) for name, found in spellings.items()},
        full={
            name: tuple(form for form in found if form not in spellings.get(name, [name]))
            for name, found in full.items()
        },
        particles=frozenset(place.texts("particles")),
        titles=frozenset(place.texts("titles")),
    )


def _turned(place: _Place) -> dict[str, list[str]]:
    """From name to the heads of the lines on which it stands, its own included."""
    found: dict[str, list[str]] = {}
    for root in place.mapping:
        for name in (str(root), *place.texts(str(root))):
            found.setdefault(name, []).append(str(root))
    return found


@cache
def shipped_names() -> NameLists:
    return load_names()


def _comparison(place: _Place) -> Comparison:
    levels = tuple(_level(part) for part in place.children("levels"))
    for name in CLASSES:
        total = sum(getattr(level, name) for level in levels)
        if not math.isclose(total, 1.0, abs_tol=0.02):
            raise place.error(f"the {name} figures add up to {total:.3f}; they must add up to 1")
    if not levels or levels[-1].when != "otherwise" or any(x.when == "otherwise" for x in levels[:-1]):
        raise place.error("the last level, and only the last, must be 'when: otherwise'")
    weights = sorted([0.0, *(math.log2(level.m / level.u) for level in levels)])
    # The batch run knows a level by its weight, and silence by 0.
    if any(above - below < 1e-6 for below, above in pairwise(weights)):
        raise place.error(
            "two levels weigh the same (m / u), or one weighs nothing; give each its own weight"
        )
    frequency = _term_frequency(place.child("term_frequency")) if "term_frequency" in place.mapping else None
    return Comparison(place.text("name"), place.text("title"), levels, frequency)


def _level(place: _Place) -> Level:
    return Level(
        name=place.text("name"),
        when=place.text("when"),
        m=place.share("m"),
        u=place.share("u"),
        household=place.share("household"),
        twins=place.share("twins"),
        namesakes=place.share("namesakes"),
        words=place.text("words"),
    )


def _term_frequency(place: _Place) -> TermFrequency:
    return TermFrequency(
        levels=place.texts("levels"),
        cap=place.number("cap"),
        pseudo=place.number("pseudo"),
        inherited=bool(place.mapping.get("inherited", False)),
    )


def _policy(place: _Place) -> Policy:
    # Figures learnt before these were asked for say nothing of them: then they make no difference.
    before = {
        "auto_agrees_wholly": place.share("auto"),
        "auto_given_likely": place.share("auto"),
        "given_likely": [],
        "agrees_wholly": [],
    }
    place = _Place(place.path, place.where, before | place.mapping)

    def pairs(key: str) -> frozenset[tuple[str, str]]:
        found = []
        for text in place.texts(key):
            comparison, dot, level = text.partition(".")
            if not dot:
                raise place.error(f"{key} needs 'comparison.level', not {text!r}")
            found.append((comparison, level))
        return frozenset(found)

    return Policy(
        auto=place.share("auto"),
        auto_with_anchor=place.share("auto_with_anchor"),
        auto_unsure_birth=place.share("auto_unsure_birth"),
        auto_unsure_birth_and_place=place.share("auto_unsure_birth_and_place"),
        auto_agrees_wholly=place.share("auto_agrees_wholly"),
        auto_given_likely=place.share("auto_given_likely"),
        ask=place.share("ask"),
        apart=place.share("apart"),
        given_agrees=frozenset(place.texts("given_agrees")),
        given_sure=frozenset(place.texts("given_sure")),
        given_close=frozenset(place.texts("given_close")),
        given_likely=frozenset(place.texts("given_likely")),
        birth_agrees=frozenset(place.texts("birth_agrees")),
        birth_weak=frozenset(place.texts("birth_weak")),
        birth_differs=frozenset(place.texts("birth_differs")),
        birth_apart=frozenset(place.texts("birth_apart")),
        family_agrees=frozenset(place.texts("family_agrees")),
        family_alike=frozenset(place.texts("family_alike")),
        place_agrees=frozenset(place.texts("place_agrees")),
        anchors=pairs("anchors"),
        anchors_unsure_birth=pairs("anchors_unsure_birth"),
        agrees_wholly=pairs("agrees_wholly"),
        vetoes=pairs("vetoes"),
    )


def _check_policy(place: _Place, model: MatchingModel) -> None:
    levels = {part.name: {level.name for level in part.levels} for part in model.comparisons}
    policy = model.policy
    named = {*policy.anchors, *policy.anchors_unsure_birth, *policy.agrees_wholly, *policy.vetoes}
    named |= {("given", level) for level in policy.given_agrees | policy.given_close | policy.given_likely}
    births = (policy.birth_agrees, policy.birth_weak, policy.birth_differs, policy.birth_apart)
    named |= {("birth", level) for level in frozenset[str]().union(*births)}
    named |= {("family", level) for level in policy.family_agrees | policy.family_alike}
    named |= {("place", level) for level in policy.place_agrees}
    for comparison, level in sorted(named):
        if level not in levels.get(comparison, set()):
            raise place.error(f"the policy names {comparison}.{level}, which no comparison has")
    if not policy.ask <= policy.auto_with_anchor <= policy.auto:
        raise place.error("the policy needs ask <= auto_with_anchor <= auto")
    if not policy.auto_with_anchor <= policy.auto_agrees_wholly <= policy.auto:
        raise place.error("the policy needs auto_with_anchor <= auto_agrees_wholly <= auto")


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere in a file: reads one value and can say where it stands."""

    path: Path
    where: str
    value: Any

    def error(self, reason: str) -> CatalogueError:
        return CatalogueError(f"{self.path.name}, {self.where or 'top'}: {reason}.")

    @property
    def mapping(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.error("this must be a list of 'key: value' lines")
        return self.value

    def child(self, key: str) -> _Place:
        if key not in self.mapping:
            raise self.error(f"{key!r} is missing")
        return _Place(self.path, f"{self.where}.{key}" if self.where else key, self.mapping[key])

    def children(self, key: str) -> list[_Place]:
        found = self.child(key)
        if not isinstance(found.value, list) or not found.value:
            raise found.error("this must be a list with at least one item")
        return [_Place(self.path, f"{found.where}[{n}]", item) for n, item in enumerate(found.value)]

    def text(self, key: str) -> str:
        found = self.child(key)
        if not isinstance(found.value, str) or not found.value.strip():
            raise found.error("this must be words")
        return found.value

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.child(key)
        if not isinstance(found.value, list) or not all(isinstance(item, str) for item in found.value):
            raise found.error("this must be a list of words (put quotes round yes, no, on and off)")
        return tuple(found.value)

    def number(self, key: str) -> float:
        found = self.child(key)
        if isinstance(found.value, bool) or not isinstance(found.value, int | float) or found.value <= 0:
            raise found.error(f"this must be a number above 0, not {found.value!r}")
        return float(found.value)

    def share(self, key: str) -> float:
        value = self.number(key)
        if value >= 1:
            raise self.child(key).error(f"this must be below 1, not {value}")
        return value


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise CatalogueError(f"{path.name} cannot be read: {problem.strerror}.") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise CatalogueError(
            f"{path.name}{line}: this is not YAML ({problem.__class__.__name__})."
        ) from problem
