"""The model's figures learnt from a partnership's own records, without anyone labelling a pair.

Three things stand in for labels. Random pairs are strangers. Records at one address with two different
verified NHS numbers are two people of one household; those of one birth date are twins; the few that are
one person with a wrong number are told apart by a mixture. And among the candidates of the batch run, the
share of "one person" and what its records look like follow from expectation and maximisation with the other
three classes held still. Every figure is steadied by the shipped one, so few records change little.

What cannot be seen in such pairs stays as shipped: how rarely strangers share a number or an address.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.matching import FAMILY, Comparison, Level, MatchingModel
from lineofsight.people import batch
from lineofsight.people.evidence import PREDICATES, TOLD
from lineofsight.people.matching import Frequencies, Model
from lineofsight.people.profile import Profile

if TYPE_CHECKING:
    import duckdb

#: A pattern: for each comparison the number of its level, -1 where one of the two says nothing.
Pattern = tuple[int, ...]
Counts = dict[Pattern, float]
Shares = list[list[float]]

#: Pairs drawn for strangers, and candidates looked at. More change the third digit only.
RANDOM_PAIRS = 300_000
CANDIDATES = 600_000
#: Below this many silver pairs of one household there is nothing to learn from.
LEAST_SILVER = 400
#: The shipped figures count as this many pairs beside those seen.
STEADYING = 60.0
ROUNDS = 25
#: More records at one address than this are a hostel, a hospital or "no fixed abode".
LARGEST_HOME = 25
#: A level that strangers show less often than this among the drawn pairs keeps its shipped figure.
LEAST_SEEN = 40


@dataclass(frozen=True, slots=True)
class Learnt:
    """New figures, and what they rest on."""

    figures: MatchingModel
    records: int
    random_pairs: int
    silver_pairs: int
    candidates: int
    one_person: float
    family: dict[str, float]
    calibration: tuple[tuple[float, float, float], ...] = ()


def learn(
    profiles: Iterable[Profile],
    model: Model,
    frequencies: Frequencies,
    *,
    version: str,
    memory: str = "2GB",
    threads: int = 2,
) -> Learnt:
    """Refused, with what is missing, where the records hold too little to learn from."""
    figures = model.figures
    with batch.workshop(profiles, model, frequencies, memory=memory, threads=threads) as database:
        if database is None:
            raise Refused("There are no records to learn from.")
        records = _one(database, "select count(*) from records")
        strangers = _patterns(database, figures, _random_pairs(records))
        silver = _patterns(database, figures, _SILVER)
        if sum(silver.values()) < LEAST_SILVER:
            raise Refused(
                f"Only {int(sum(silver.values())):,} pairs of records at one address carry two different NHS "
                f"numbers; learning needs {LEAST_SILVER:,}. Bring in files with NHS numbers and addresses from "
                "two agencies first. Until then the shipped figures stand."
            )
        share = min(1.0, CANDIDATES / max(1, _one(database, f"select count(*) from ({_pairs_of_keys(1.0)})")))
        candidates = _patterns(database, figures, _pairs_of_keys(share))
        homes = _one(database, _PAIRS_AT_HOME)
    u = _strangers(figures, strangers)
    figures = _with(figures, "u", u)
    family, mix = _families(figures, silver)
    for kind, shares in family.items():
        figures = _with(figures, kind, shares)
    # The silver pairs share an address; of each kind there are as many more as do not.
    sizes = {kind: homes * mix[kind] / _place_share(figures, kind) for kind in FAMILY}
    sizes["u"] = records * (records - 1) / 2
    m, of_one_person = _one_person(figures, candidates, share, sizes)
    figures = _with(figures, "m", m)
    return Learnt(
        figures=replace(
            figures,
            version=version,
            others=2 * of_one_person / records,
            least_records=min(figures.least_records, float(records)),
            household_ratio=max(0.1, sizes["household"] / of_one_person),
            twins_ratio=max(0.002, sizes["twins"] / of_one_person),
            namesakes_ratio=max(0.002, sizes["namesakes"] / of_one_person),
        ),
        records=records,
        random_pairs=int(sum(strangers.values())),
        silver_pairs=int(sum(silver.values())),
        candidates=int(sum(candidates.values())),
        one_person=of_one_person,
        family={kind: sizes[kind] for kind in FAMILY},
        calibration=_calibration(figures, candidates, share, sizes, of_one_person),
    )


# --- pairs, counted by what they look like -------------------------------------------------------------


# The SQL below is built from the model's own tests and whole numbers, never from anything that came in.
# ruff: noqa: S608 (constant names)


def _one(database: duckdb.DuckDBPyConnection, question: str) -> int:
    row = database.execute(question).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _random_pairs(records: int) -> str:
    """Each record with as many others, at distances that have nothing to do with anything."""
    times = max(1, min(64, RANDOM_PAIRS // max(1, records)))
    steps = ", ".join(str(1 + (k * 7919 + 104_729) % max(2, records - 1)) for k in range(times))
    some = min(1.0, RANDOM_PAIRS / max(1, records * times))
    return f"""
      with numbered as (select identity, row_number() over (order by hash(identity)) - 1 as place from records)
      select one.identity as a, other.identity as b
      from numbered one, (select unnest([{steps}]) as step) s
      join numbered other on other.place = (one.place + s.step) % {records}
      where one.identity < other.identity and hash(one.identity, s.step) % 1000000 < {int(some * 1_000_000)}
    """


_HOMES = f"""
  homes as (
    select address, list(identity) as held
    from (select identity, unnest(addresses) as address from records) lived
    group by address having count(*) between 2 and {LARGEST_HOME}
  ), together as (
    select distinct least(one.identity, other.identity) as a, greatest(one.identity, other.identity) as b
    from (select address, unnest(held) as identity from homes) one
    join (select address, unnest(held) as identity from homes) other using (address)
    where one.identity < other.identity
  )
"""
_PAIRS_AT_HOME = f"with {_HOMES} select count(*) from together"
_SILVER = f"""
  with {_HOMES}
  select a, b from together
  join records one on one.identity = a join records other on other.identity = b
  where len(one.nhs) > 0 and len(other.nhs) > 0
"""


def _pairs_of_keys(share: float) -> str:
    return f"""
      with held as (select identity, unnest(keys) as key from records)
      select distinct least(one.identity, other.identity) as a, greatest(one.identity, other.identity) as b
      from held one join held other using (key)
      where one.identity < other.identity and hash(one.identity) % 1000000 < {int(share * 1_000_000)}
    """


def _patterns(database: duckdb.DuckDBPyConnection, figures: MatchingModel, pairs: str) -> Counts:
    columns = [f"{side}.{name} as {name}_{side}" for side in "lr" for name in batch.COLUMNS]
    levels = ", ".join(f"{_level_sql(part)} as level_{n}" for n, part in enumerate(figures.comparisons))
    names = ", ".join(f"level_{n}" for n in range(len(figures.comparisons)))
    found = database.execute(
        f"""
        with asked as ({pairs}), sides as (
          select {", ".join(columns)} from asked
          join records l on l.identity = asked.a join records r on r.identity = asked.b
        ), levels as (select {levels} from sides)
        select {names}, count(*) from levels group by all order by all
        """
    ).fetchall()
    return {tuple(row[:-1]): float(row[-1]) for row in found}


def _level_sql(part: Comparison) -> str:
    whens = " ".join(
        f"when {PREDICATES[level.when].sql} then {n}" for n, level in enumerate(part.levels[:-1])
    )
    return f"case when not {TOLD[part.name].sql} then -1 {whens} else {len(part.levels) - 1} end"


# --- the four classes ----------------------------------------------------------------------------------


def _with(figures: MatchingModel, kind: str, shares: Shares) -> MatchingModel:
    def levels(n: int, part: Comparison) -> tuple[Level, ...]:
        return tuple(
            replace(level, **{kind: _inside(value)})  # type: ignore[arg-type]  # a class is a number
            for level, value in zip(part.levels, shares[n], strict=True)
        )

    parts = tuple(replace(part, levels=levels(n, part)) for n, part in enumerate(figures.comparisons))
    return replace(figures, comparisons=parts)


def _inside(value: float) -> float:
    return min(0.9999999, max(1e-7, value))


def _figures(figures: MatchingModel, kind: str) -> Shares:
    return [[getattr(level, kind) for level in part.levels] for part in figures.comparisons]


def _logs(shares: Shares) -> Shares:
    return [[math.log(value) for value in part] for part in shares]


def _fit(pattern: Pattern, logs: Shares) -> float:
    return sum(part[level] for part, level in zip(logs, pattern, strict=True) if level >= 0)


def _strangers(figures: MatchingModel, counts: Counts) -> Shares:
    """How often strangers agree, where drawn pairs show it often enough; the rest as shipped."""
    shipped = _figures(figures, "u")
    counts = {pattern: count for pattern, count in counts.items() if not _together(figures, pattern)}
    found: Shares = []
    for n, part in enumerate(shipped):
        seen = [0.0] * len(part)
        for pattern, count in counts.items():
            if pattern[n] >= 0:
                seen[pattern[n]] += count
        total = sum(seen)
        if total < 1_000:
            found.append(list(part))
            continue
        told = [
            seen[k] / total if seen[k] >= LEAST_SEEN else min(part[k], LEAST_SEEN / total)
            for k in range(len(part))
        ]
        last = max(range(len(told)), key=told.__getitem__)
        told[last] = 1.0 - sum(value for k, value in enumerate(told) if k != last)
        found.append(told)
    return found


def _together(figures: MatchingModel, pattern: Pattern) -> bool:
    """A pair drawn at random may be of one home, or one person, after all."""
    said = {
        part.name: part.levels[level].name
        for part, level in zip(figures.comparisons, pattern, strict=True)
        if level >= 0
    }
    numbers = any(said.get(kind) == "same" for kind in ("nhs", "upn", "pnc", "phone"))
    return numbers or said.get("place") == "address"


def _steadied(seen: Sequence[Sequence[float]], shipped: Shares, weight: float = STEADYING) -> Shares:
    return [
        [(count + weight * before) / (sum(part) + weight) for count, before in zip(part, usual, strict=True)]
        for part, usual in zip(seen, shipped, strict=True)
    ]


def _families(figures: MatchingModel, counts: Counts) -> tuple[dict[str, Shares], dict[str, float]]:
    """What each kind of family looks like, and its share among pairs at one address."""
    # The pairs were chosen by address, and by registers that know NHS numbers: they say nothing of either.
    kept = [n for n, part in enumerate(figures.comparisons) if part.name not in ("place", "register")]
    kinds = ("m", *FAMILY)
    usual = {kind: _figures(figures, kind) for kind in kinds}
    shares = {kind: [list(part) for part in usual[kind]] for kind in kinds}
    ratios = {"m": 0.5, "household": 0.46, "twins": 0.02, "namesakes": 0.02}
    mix = dict(ratios)
    total = sum(counts.values())
    for _ in range(ROUNDS):
        logs = {kind: _logs(shares[kind]) for kind in kinds}
        seen = {kind: [[0.0] * len(part) for part in usual[kind]] for kind in kinds}
        sums = dict.fromkeys(kinds, 0.0)
        for pattern, count in counts.items():
            weights = {
                kind: math.log(mix[kind]) + sum(logs[kind][n][pattern[n]] for n in kept if pattern[n] >= 0)
                for kind in kinds
            }
            for kind, part in _shared_out(weights).items():
                sums[kind] += count * part
                for n in kept:
                    if pattern[n] >= 0:
                        seen[kind][n][pattern[n]] += count * part
        mix = {kind: max(1e-4, sums[kind] / total) for kind in kinds}
        for kind in kinds:
            learnt = _steadied(seen[kind], usual[kind])
            shares[kind] = [learnt[n] if n in kept else usual[kind][n] for n in range(len(learnt))]
    return {kind: shares[kind] for kind in FAMILY}, mix


def _shared_out(weights: dict[str, float]) -> dict[str, float]:
    top = max(weights.values())
    raw = {kind: math.exp(value - top) for kind, value in weights.items()}
    total = sum(raw.values())
    return {kind: value / total for kind, value in raw.items()}


def _place_share(figures: MatchingModel, kind: str) -> float:
    place = next(part for part in figures.comparisons if part.name == "place")
    return float(next(getattr(level, kind) for level in place.levels if level.name == "address"))


def _one_person(
    figures: MatchingModel, counts: Counts, share: float, sizes: dict[str, float]
) -> tuple[Shares, float]:
    """(m, how many pairs of one person there are), from the candidates; the other classes stand still."""
    usual = _figures(figures, "m")
    m = [list(part) for part in usual]
    fixed = {kind: _logs(_figures(figures, kind)) for kind in ("u", *FAMILY)}
    rest = {
        pattern: _log_sum(math.log(max(1.0, sizes[kind])) + _fit(pattern, fixed[kind]) for kind in fixed)
        for pattern in counts
    }
    expected = sum(counts.values()) / share / 3
    for _ in range(ROUNDS):
        logs = _logs(m)
        seen = [[0.0] * len(part) for part in usual]
        total = 0.0
        for pattern, count in counts.items():
            against = rest[pattern] - math.log(expected) - _fit(pattern, logs)
            if against > 20:
                continue
            part = count / (1.0 + math.exp(against))
            total += part
            for n, level in enumerate(pattern):
                if level >= 0:
                    seen[n][level] += part
        expected = max(1.0, total / share)
        m = _steadied(seen, usual)
    return m, expected


#: Stated probabilities are looked at in these bands.
BANDS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 1.0)


def _calibration(
    figures: MatchingModel, counts: Counts, share: float, sizes: dict[str, float], expected: float
) -> tuple[tuple[float, float, float], ...]:
    """(stated, share whose number agrees, pairs) by band, numbers left out of the sum. Names' rarity is left
    out too, so the true model states a little more sharply."""
    place = {part.name: n for n, part in enumerate(figures.comparisons)}
    nhs = place["nhs"]
    logs = {kind: _logs(_figures(figures, kind)) for kind in ("m", "u", *FAMILY)}
    size = {**sizes, "m": expected}
    held: dict[int, list[float]] = {}
    for pattern, count in counts.items():
        if pattern[nhs] < 0:
            continue
        hidden = tuple(
            -1 if n in (nhs, place["upn"], place["pnc"]) else level for n, level in enumerate(pattern)
        )
        weights = {kind: math.log(max(1.0, size[kind])) + _fit(hidden, logs[kind]) for kind in logs}
        stated = _shared_out(weights)["m"]
        if stated < BANDS[0]:
            continue
        band = held.setdefault(bisect(BANDS, min(stated, 0.9999999)), [0.0, 0.0, 0.0])
        band[0] += stated * count
        band[1] += count if pattern[nhs] == 0 else 0.0
        band[2] += count
    return tuple((s / n, t / n, n) for _, (s, t, n) in sorted(held.items()) if n >= 20)


def _log_sum(values: Iterable[float]) -> float:
    held = list(values)
    top = max(held)
    return top + math.log(sum(math.exp(value - top) for value in held))
