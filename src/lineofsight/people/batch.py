"""Every record against every other: splink on DuckDB, with the same figures and the same answers as one
pair at a time.

splink finds the candidates through the blocking keys and weighs the levels. What it has no words for is
added in the same database: names as sets, whose rarest shared one counts, and the household and twins
classes. A test holds the two ways of scoring together within 0.000001.
"""

from __future__ import annotations

import logging
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.matching import FAMILY, Comparison
from lineofsight.people.evidence import NAMES_COUNTED, NEAREST_SQL, PREDICATES, TOLD
from lineofsight.people.matching import (
    NAMESAKES_LEAST,
    Decision,
    Frequencies,
    Model,
    hardly_heard,
    whole_names,
)
from lineofsight.people.profile import (
    KEY_CAP,
    Names,
    Profile,
    blocking_keys,
    family_forms,
    given_forms,
    keys_of_numbers,
    middle_forms,
)

if TYPE_CHECKING:
    import duckdb

_TEXTS = ("agency", "system", "kind", "sex", "birth", "birth_precision")
_LISTS = ("postcodes", "sectors", "addresses", "phones", "nhs", "upns", "pncs")
_NAMES = ("given", "middle", "family", "family_whole")
_DATES = ("birth_from", "birth_to")
#: What the tests of `evidence` read.
COLUMNS = (
    *_TEXTS, *_DATES, *_LISTS,
    "given", "given_spellings", "given_full", "given_plain", "given_rare", "given_firsts", "given_initials",
    "middle", "middle_roots", "middle_firsts", "middle_initials",
    "family", "family_whole", "family_plain", "family_sounds",
)  # fmt: skip
_BITS = ("given_rarity", "family_whole_rarity", "both_common")
_CHUNK = 20_000
#: Chunks between two commits: each commit lays out anew all that is there.
_CHUNKS_A_COMMIT = 50


def frequencies(profiles: Iterable[Profile]) -> Frequencies:
    """How often each name occurs: counted once per run, used by every pair of it."""
    return Frequencies.of(profiles)


@contextmanager
def workshop(
    profiles: Iterable[Profile],
    model: Model,
    frequencies: Frequencies,
    *,
    memory: str = "2GB",
    threads: int = 2,
) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """A database of its own with the table `records`, keys that say nothing left out; None without records."""
    if not re.fullmatch(r"\d+(\.\d+)?\s?(MB|GB|MiB|GiB|%)", memory):
        raise Refused(f"The memory for matching must look like '2GB', not {memory!r}.", field="memory")
    import duckdb

    with tempfile.TemporaryDirectory(prefix="matching-") as spill, duckdb.connect(":memory:") as database:
        database.execute(f"set memory_limit = '{memory}'")
        database.execute(f"set threads = {max(1, int(threads))}")
        database.execute("set temp_directory = ?", [spill])
        database.execute("set preserve_insertion_order = false")
        database.execute(NEAREST_SQL)
        if not _store(database, profiles, model, frequencies):
            yield None
            return
        _drop_wide_keys(database)
        yield database


class Judged(NamedTuple):
    """One pair with a < b and what the model makes of it; `decision.band` is "auto" or "ask". `levels` by
    number, see `level_names`."""

    a: int
    b: int
    probability: float
    decision: Decision
    levels: tuple[int, ...]


def judge_all(
    profiles: Iterable[Profile],
    model: Model,
    frequencies: Frequencies,
    *,
    memory: str = "2GB",
    threads: int = 2,
) -> Iterator[Judged]:
    """Every pair that the model would join, or ask about."""
    yield from judged(_rows(profiles, model, frequencies, memory, threads), model)


def judged(rows: Iterable[Row], model: Model) -> Iterator[Judged]:
    """What the policy makes of scored pairs; those that are nobody's business are left out."""
    known: dict[tuple[Any, ...], Decision] = {}
    for a, b, scores, restricted, numbers in rows:
        likely = model.likelihoods(*scores)
        decision = known.get((numbers, restricted, likely))
        if decision is None:
            decision = known[numbers, restricted, likely] = model.decision(
                level_names(model, numbers), *scores, restricted=restricted
            )
        if decision.band != "never":
            yield Judged(a, b, scores[0], decision, numbers)


def score_all(
    profiles: Iterable[Profile],
    model: Model,
    frequencies: Frequencies,
    *,
    memory: str = "2GB",
    threads: int = 2,
) -> Iterator[tuple[int, int, float, dict[str, str]]]:
    """(a, b, probability, levels) with a < b, for every pair worth a decision: those likely enough to
    ask about, with or without a veto, and those that share a verified number. `Model.decide` judges them."""
    for a, b, scores, _restricted, numbers in _rows(profiles, model, frequencies, memory, threads):
        yield a, b, scores[0], level_names(model, numbers)


def level_names(model: Model, numbers: tuple[int, ...]) -> dict[str, str]:
    """Comparison to level, for those in which both records say something."""
    return {
        part.name: part.levels[number].name
        for part, number in zip(model.figures.comparisons, numbers, strict=True)
        if number >= 0
    }


#: (a, b, (probability, probability without the veto), restricted, the number of each level)
Row = tuple[int, int, tuple[float, float], bool, tuple[int, ...]]


def _rows(
    profiles: Iterable[Profile], model: Model, frequencies: Frequencies, memory: str, threads: int
) -> Iterator[Row]:
    with workshop(profiles, model, frequencies, memory=memory, threads=threads) as database:
        if database is not None:
            yield from _scored(database, model, frequencies, "keys", numbers_only=False)
            yield from _scored(database, model, frequencies, "number_keys", numbers_only=True)


def _scored(
    database: duckdb.DuckDBPyConnection,
    model: Model,
    frequencies: Frequencies,
    keys: str,
    *,
    numbers_only: bool,
) -> Iterator[Row]:
    from splink import DuckDBAPI, Linker, SettingsCreator

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=database)
    linker = Linker(
        api.register("records"),
        SettingsCreator(**settings(model, frequencies, keys)),
        log_level=None,
        validate_settings=False,
    )
    floor = None if numbers_only else least_weight(model)
    found = linker.inference.predict(threshold_match_weight=floor, warning_mode="never")
    try:
        result = database.execute(
            final_sql(model, frequencies, found.physical_name, numbers_only=numbers_only)
        )
        while rows := result.fetchmany(_CHUNK):
            for a, b, probability, unvetoed, restricted, *numbers in rows:
                yield a, b, (probability, unvetoed), restricted, tuple(numbers)
    finally:
        found.drop_table_from_database_and_remove_from_cache()


def settings(model: Model, frequencies: Frequencies, keys: str = "keys") -> dict[str, Any]:
    """The model as splink's settings. Written from the same file as the scorer of single pairs."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "identity",
        "probability_two_random_records_match": model.figures.prior(frequencies.records),
        "comparisons": [_comparison(part) for part in model.figures.comparisons],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.{keys} = r.{keys}", "sql_dialect": "duckdb", "arrays_to_explode": [keys]}
        ],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
    }


def _comparison(part: Comparison) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": f"not {TOLD[part.name].sql}", "label_for_charts": "not told", "is_null_level": True}
    ]
    levels += [
        {
            "sql_condition": PREDICATES[level.when].sql,
            "label_for_charts": level.name,
            "m_probability": level.m,
            "u_probability": level.u,
        }
        for level in part.levels
    ]
    return {"output_column_name": part.name, "comparison_levels": levels}


def _level_number(part: Comparison) -> str:
    """SQL for the place of a pair's level in the list, -1 for 'not told'. splink keeps only the weight
    of the level (it would keep all names and addresses of both with its own number), so the level is
    known by its weight; the catalogue sees to it that no two levels of a comparison weigh the same."""
    whens = " ".join(
        f"when abs(mw_{part.name} - ({math.log2(level.m / level.u)!r})) < 1e-9 then {number}"
        for number, level in enumerate(part.levels)
    )
    return f"(case {whens} else -1 end) as level_{part.name}"


def least_weight(model: Model) -> float:
    """A weight below which no pair can come to be asked about, whatever its names' rarity or its veto."""
    ask = model.policy.ask
    slack = sum(
        part.term_frequency.cap for part in model.figures.comparisons if part.term_frequency is not None
    )
    for part in model.figures.comparisons:
        for level in part.levels:
            if (part.name, level.name) in model.policy.vetoes:
                slack += max(0.0, -math.log2(level.m / level.u))
    return math.log2(ask / (1 - ask)) - slack - 0.01


def final_sql(model: Model, frequencies: Frequencies, predicted: str, *, numbers_only: bool) -> str:
    prior = model.prior_bits(frequencies)
    extras = {part.name for part in model.figures.comparisons if part.term_frequency is not None}
    inherited = {
        part.name
        for part in model.figures.comparisons
        if part.term_frequency is not None and part.term_frequency.inherited
    }
    # Which names' rarity counts in each class, as `Model.score` adds it.
    rare = {
        "household": [f"rare_{name}" for name in sorted(inherited)],
        "twins": [f"rare_{name}" for name in sorted(inherited)],
        "namesakes": [
            f"rare_{name}" if name in inherited else f"greatest(rare_{name}, {NAMESAKES_LEAST!r})"
            for name in sorted(extras)
        ],
    }
    starts = {"household": model.household_bits, "twins": model.twins_bits, "namesakes": model.namesakes_bits}
    family = ", ".join(
        f"{prior + bits!r} + {_sum(model, kind)} + {' + '.join(rare[kind]) or '0.0'} - common as {kind}_bits"
        for kind, bits in starts.items()
    )
    match = " + ".join(["match_weight", *(f"rare_{name}" for name in sorted(extras))])
    vetoes = ", ".join(f"{_veto(model, kind)} as veto_{kind}" for kind in ("m", *FAMILY))
    numbers = ", ".join(_level_number(part) for part in model.figures.comparisons)
    levels = ", ".join(f"level_{part.name}" for part in model.figures.comparisons)
    wanted = f"not ({_WANTED})" if numbers_only else _WANTED
    others = " + ".join(f"pow(2.0, {kind}_bits)" for kind in FAMILY)
    others_unvetoed = " + ".join(f"pow(2.0, {kind}_bits - veto_{kind})" for kind in FAMILY)
    return f"""
    with p as (
      select identity_l, identity_r, match_weight, {numbers} from {predicted}
    ), named as (
      select p.*, l.restricted or r.restricted as restricted, {_rarities(model)}, {_common(model)} as common
      from p
      join records l on l.identity = p.identity_l
      join records r on r.identity = p.identity_r
    ), bits as (
      select identity_l, identity_r, restricted, {levels}, {match} - common as match_bits, {family}, {vetoes}
      from named
    ), odds as (
      select *,
        match_bits - log2(1.0 + {others}) as all_bits,
        (match_bits - veto_m) - log2(1.0 + {others_unvetoed}) as unvetoed_bits
      from bits
    )
    select least(identity_l, identity_r), greatest(identity_l, identity_r),
      1.0 / (1.0 + pow(2.0, -all_bits)) as probability, 1.0 / (1.0 + pow(2.0, -unvetoed_bits)) as unvetoed,
      restricted, {levels}
    from odds where {wanted.format(ask=math.log2(model.policy.ask / (1 - model.policy.ask)))}
    """  # noqa: S608 - built from the model's own figures, never from input


_WANTED = "(all_bits >= {ask!r} or unvetoed_bits >= {ask!r})"


def _case(part: Comparison, values: list[float]) -> str:
    """SQL for the value of a pair's level; 0 where one record says nothing."""
    whens = " ".join(f"when {number} then {value!r}" for number, value in enumerate(values))
    return f"(case level_{part.name} {whens} else 0.0 end)"


def _sum(model: Model, kind: str) -> str:
    return " + ".join(
        _case(part, [math.log2(getattr(level, kind) / level.u) for level in part.levels])
        for part in model.figures.comparisons
    )


def _veto(model: Model, kind: str) -> str:
    sums = []
    for part in model.figures.comparisons:
        values = [
            math.log2(getattr(level, kind) / level.u)
            if (part.name, level.name) in model.policy.vetoes
            else 0.0
            for level in part.levels
        ]
        if any(values):
            sums.append(_case(part, values))
    return " + ".join(sums) or "0.0"


def _rarities(model: Model) -> str:
    """SQL for the bits of the rarest name that both records have, where they share one; a column for each part."""
    columns = []
    for part in model.figures.comparisons:
        settings_of = part.term_frequency
        if settings_of is None:
            continue
        column = NAMES_COUNTED[part.name]
        numbers = [n for n, level in enumerate(part.levels) if level.name in settings_of.levels]
        columns.append(
            f"(case when level_{part.name} in ({', '.join(map(str, numbers))}) then list_max(list_transform("
            f"list_intersect(l.{column}, r.{column}), "
            f"lambda name: l.{column}_rarity[list_position(l.{column}, name)])) else 0.0 end) as rare_{part.name}"
        )
    return ", ".join(columns)


def _common(model: Model) -> str:
    """SQL for the bits that a whole name of several people takes away, where both records have it."""
    number = {
        part.name: {level.name: n for n, level in enumerate(part.levels)}
        for part in model.figures.comparisons
    }
    return (
        f"(case when level_given = {number['given']['exact']} and level_family = {number['family']['exact']} then "
        "coalesce(list_min(list_transform(list_intersect(l.both, r.both), "
        "lambda name: l.both_common[list_position(l.both, name)])), 0.0) else 0.0 end)"
    )


def _store(
    database: duckdb.DuckDBPyConnection, profiles: Iterable[Profile], model: Model, frequencies: Frequencies
) -> bool:
    """Puts the records into the database, a chunk at a time. False when there are none."""
    stored = 0
    database.begin()
    for stored, table in enumerate(tables(profiles, model, frequencies), start=1):
        database.register("chunk", table)
        database.execute(
            "insert into records from chunk" if stored > 1 else "create table records as from chunk"
        )
        database.unregister("chunk")
        if stored % _CHUNKS_A_COMMIT == 0:
            database.commit()
            database.begin()
    database.commit()
    return stored > 0


def tables(profiles: Iterable[Profile], model: Model, frequencies: Frequencies) -> Iterator[Any]:
    """The records as Arrow tables of a chunk each, with their keys and how rare their names are."""
    import pyarrow as pa

    strings = pa.list_(pa.string())
    plain = {"identity": pa.int64(), "restricted": pa.bool_(), **dict.fromkeys(_TEXTS, pa.string())}
    plain |= dict.fromkeys(_DATES, pa.date32())
    groups = _name_columns(model, frequencies)
    waiting = iter(profiles)
    while chunk := list(islice(waiting, _CHUNK)):
        told = {name: list(map(attrgetter(name), chunk)) for name in (*plain, *_LISTS, *_NAMES)}
        told["both"] = list(map(whole_names, chunk))
        columns = {name: pa.array(told[name], type=kind) for name, kind in plain.items()}
        columns |= {name: _column(pa, told[name], strings) for name in _LISTS}
        columns["keys"] = _column(pa, list(map(blocking_keys, chunk)), strings)
        columns["number_keys"] = _column(pa, list(map(keys_of_numbers, chunk)), strings)
        for name, made in groups.items():
            different: dict[tuple[str, ...], int] = {}
            places = [different.setdefault(names, len(different)) for names in told[name]]
            for column, of in made.items():
                kind = pa.list_(pa.float64()) if column in _BITS else strings
                columns[column] = _column(pa, list(map(of, different)), kind).take(pa.array(places))
        yield pa.table(columns)


def _name_columns(
    model: Model, frequencies: Frequencies
) -> dict[str, dict[str, Callable[[Names], Sequence[str | float]]]]:
    """What is compared of given, second and family names, each from the names of one record. A store repeats
    its names, so all this is worked out and laid out once for each."""
    numbered = {part.name: n for n, part in enumerate(model.figures.comparisons)}
    given, family = numbered["given"], numbered["family"]
    return {
        "given": {
            "given": tuple,
            "given_spellings": lambda names: given_forms(names).spellings,
            "given_full": lambda names: given_forms(names).full,
            "given_plain": lambda names: given_forms(names).plain,
            "given_rare": lambda names: hardly_heard(given_forms(names).plain, frequencies),
            "given_firsts": lambda names: given_forms(names).firsts,
            "given_initials": lambda names: given_forms(names).initials,
            "given_rarity": lambda names: [model.rarity(given, name, frequencies) for name in names],
        },
        "middle": {
            "middle": tuple,
            "middle_roots": lambda names: middle_forms(names).roots,
            "middle_firsts": lambda names: middle_forms(names).firsts,
            "middle_initials": lambda names: middle_forms(names).initials,
        },
        "family": {
            "family": tuple,
            "family_plain": lambda names: family_forms(names).plain,
            "family_sounds": lambda names: family_forms(names).sounds,
        },
        "family_whole": {
            "family_whole": tuple,
            "family_whole_rarity": lambda names: [model.rarity(family, name, frequencies) for name in names],
        },
        "both": {
            "both": tuple,
            "both_common": lambda names: [model.together(name, frequencies) for name in names],
        },
    }


def _column(pa: Any, values: Sequence[Sequence[Any]], kind: Any) -> Any:
    """An Arrow array of lists, laid out flat, which is several times faster to take over."""
    places = pa.array([0, *accumulate(map(len, values))], type=pa.int32())
    return pa.ListArray.from_arrays(places, pa.array(list(chain.from_iterable(values)), type=kind.value_type))


def _drop_wide_keys(database: duckdb.DuckDBPyConnection) -> None:
    """A key that more than KEY_CAP records hold is a default value (an office phone, a hostel)."""
    wide = database.execute(
        "select key from (select unnest(keys) as key from records) group by key having count(*) > ?",
        [KEY_CAP],
    ).fetchall()
    if wide:
        database.execute(
            "update records set keys = list_filter(keys, lambda key: not list_contains($wide, key)), "
            "number_keys = list_filter(number_keys, lambda key: not list_contains($wide, key)) "
            "where list_has_any(keys, $wide)",
            {"wide": [key for (key,) in wide]},
        )
