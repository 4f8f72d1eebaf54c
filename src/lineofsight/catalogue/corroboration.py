"""The partnership's rules for reading agencies' records beside one another (`corroboration.yaml`).

Frozen values only; `chronology.triangulation` carries them out. A window is in seconds, except for working
days, which depend on the calendar and are counted when a date is at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from lineofsight.catalogue import book, kinds
from lineofsight.catalogue.spec import Spec

RELATIONS = ("same_occurrence", "expected_follow_on", "same_state", "context", "contradiction")
STRENGTHS = ("strong", "medium", "weak")
FORMS = (
    "offset", "within", "overlap", "half_day", "school_morning", "school_hours", "full_days", "before_age",
)  # fmt: skip
HOUR, DAY = 3600, 86400

_LENGTH = re.compile(r"([+-]?\d+)(h|d|wd)")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far from the anchor: seconds, or working days when `working` is true."""

    amount: int = 0
    working: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    form: str
    start: Reach = field(default_factory=Reach)
    end: Reach = field(default_factory=Reach)
    at: str = "start"
    overlap: bool = False
    days: int = 0
    years: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """`gap_a`: a without b is called a gap at b's agency; `gap_b`: the reverse."""

    id: str
    a: frozenset[str]
    b: frozenset[str]
    relation: str
    window: Window
    anchor: str
    strength: str
    independent: bool
    gap_a: bool
    gap_b: bool
    one_row: bool
    same_agency: bool
    share: tuple[str, ...]
    reference: tuple[str, ...]
    told_by: tuple[str, ...]
    unless: tuple[str, ...]
    roles_a: frozenset[str]
    roles_b: frozenset[str]
    both: str
    only_a: str
    only_b: str
    action: str
    source: str
    verified: str

    @property
    def joins(self) -> bool:
        """Records that this rule pairs stand in one row of the chronology."""
        return self.relation == "same_occurrence" or self.one_row

    @property
    def echo(self) -> bool:
        """b is made from a, and so is no second witness."""
        return not self.independent and self.relation in ("same_occurrence", "expected_follow_on")


@cache
def rules() -> tuple[Rule, ...]:
    place = str(book.find("corroboration.yaml"))
    found: dict[str, Rule] = {}
    for number, row in enumerate(book.rows("corroboration.yaml", "rules"), start=1):
        spec = Spec(row, f"{place}, rule {row.get('id') or number}")
        rule = _rule(spec)
        if rule.id in found:
            spec.wrong("id", f"{rule.id} is there twice")
        found[rule.id] = rule
    return tuple(found.values())


def rule(code: str) -> Rule:
    return next(one for one in rules() if one.id == code)


def preconditions() -> tuple[str, ...]:
    """What must hold before the absence of a record is called a gap, in words."""
    return Spec(book.read("corroboration.yaml"), "corroboration.yaml").texts("gap_preconditions")


@dataclass(frozen=True, slots=True)
class Precision:
    """By how many seconds a date without a time, or an hour, is widened on each side before comparing."""

    day: int
    hour: int
    not_paired: frozenset[str]


@cache
def precision() -> Precision:
    spec = Spec(book.read("corroboration.yaml"), "corroboration.yaml").part("precision")
    return Precision(
        int(spec.text("day_widened_hours", needed=True)) * HOUR,
        int(spec.text("hour_widened_hours", needed=True)) * HOUR,
        frozenset(spec.texts("not_paired")),
    )


@cache
def paired_kinds() -> frozenset[str]:
    """Kinds that any rule speaks of."""
    return frozenset().union(*(rule.a | rule.b for rule in rules()))


def _rule(spec: Spec) -> Rule:
    gap = spec.texts("gap")
    spec.one_of("gap", gap, ("a", "b"))
    relation, strength = spec.text("relation", needed=True), spec.text("strength", needed=True)
    spec.one_of("relation", (relation,), RELATIONS)
    spec.one_of("strength", (strength,), STRENGTHS)
    found = Rule(
        id=spec.text("id", needed=True),
        a=_kinds(spec, "a"),
        b=_kinds(spec, "b"),
        relation=relation,
        window=_window(spec.part("window")),
        anchor=spec.text("anchor"),
        strength=strength,
        independent=spec.flag("independent"),
        gap_a="a" in gap,
        gap_b="b" in gap,
        one_row=spec.flag("one_row"),
        same_agency=spec.flag("same_agency"),
        share=spec.texts("share"),
        reference=spec.texts("reference"),
        told_by=spec.texts("told_by"),
        unless=spec.texts("unless"),
        roles_a=frozenset(spec.texts("roles_a")),
        roles_b=frozenset(spec.texts("roles_b")),
        both=spec.text("both"),
        only_a=spec.text("only_a"),
        only_b=spec.text("only_b"),
        action=spec.text("action"),
        source=spec.text("source", needed=True),
        verified=spec.text("verified", needed=True),
    )
    spec.one_of("share", found.share, ("place", "person"))
    spec.done()
    return found


def _kinds(spec: Spec, key: str) -> frozenset[str]:
    codes = spec.texts(key)
    for code in codes:
        if not kinds.knows(code):
            spec.wrong(key, f"{code!r} is not a kind of event in kinds.yaml")
    if not codes:
        spec.wrong(key, "at least one kind is needed")
    return frozenset(codes)


def _window(spec: Spec) -> Window:
    form, at = spec.text("form", needed=True), spec.text("at") or "start"
    spec.one_of("form", (form,), FORMS)
    spec.one_of("at", (at,), ("start", "end"))
    found = Window(
        form=form,
        start=_reach(spec, "from"),
        end=_reach(spec, "to"),
        at=at,
        overlap=spec.flag("overlap"),
        days=int(spec.text("days") or 0),
        years=float(spec.text("years") or 0),
    )
    spec.done()
    return found


def _reach(spec: Spec, key: str) -> Reach:
    text = spec.text(key)
    if not text:
        return Reach()
    found = _LENGTH.fullmatch(text)
    if found is None:
        spec.wrong(key, f"{text!r} is not a length such as -24h, 3d or 10wd")
        return Reach()
    number, unit = int(found[1]), found[2]
    return Reach(number, True) if unit == "wd" else Reach(number * (HOUR if unit == "h" else DAY))
