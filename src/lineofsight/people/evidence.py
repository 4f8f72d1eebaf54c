"""The tests that the matching model names, each written twice: for one pair, and for the batch in DuckDB.

Both must give the same answer for every pair; a property test holds them to it. Every test is symmetric.
Names are sets: one level holds when any name of the one agrees so with any name of the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from lineofsight.people.profile import Profile

VERY_CLOSE = 0.92
CLOSE = 0.84
FAMILY_CLOSE = 0.90
#: Twelve years: no slip of the pen, but a parent and a child of one name.
GENERATION_DAYS = 4383

Test = Callable[[Profile, Profile], bool]


@dataclass(frozen=True, slots=True)
class Predicate:
    """`holds` for one pair; `sql` the same over columns ending in _l and _r."""

    holds: Test
    sql: str


def _shares(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    if len(a) == 1 == len(b):
        return a[0] == b[0]
    return any(value in b for value in a)


@lru_cache(maxsize=131072)
def nearest(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """The best Jaro-Winkler likeness of any two names. The two are put in order first: the measure is
    not quite symmetric."""
    best = 0.0
    for x in a:
        for y in b:
            best = max(best, JaroWinkler.similarity(x, y) if x <= y else JaroWinkler.similarity(y, x))
    return best


#: `nearest` and `slipped`, for DuckDB. Added to the connection before the batch runs.
NEAREST_SQL = """
create or replace macro nearest(a, b) as coalesce(list_max(flatten(
  list_transform(a, lambda x: list_transform(b, lambda y:
    jaro_winkler_similarity(least(x, y), greatest(x, y)))))), 0);
create or replace macro slipped(a, b) as coalesce(list_min(flatten(
  list_transform(a, lambda x: list_transform(b, lambda y: damerau_levenshtein(x, y))))), 9) <= 1;
"""


def _second_differs(a: Profile, b: Profile) -> bool:
    if not a.middle or not b.middle or _shares(a.middle_roots, b.middle_roots):
        return False
    return not (_shares(a.middle_initials, b.middle_firsts) or _shares(a.middle_firsts, b.middle_initials))


_SECOND_DIFFERS = """(len(middle_l) > 0 and len(middle_r) > 0
  and not list_has_any(middle_roots_l, middle_roots_r)
  and not list_has_any(middle_initials_l, middle_firsts_r)
  and not list_has_any(middle_firsts_l, middle_initials_r))"""


def _given_exact(a: Profile, b: Profile) -> bool:
    return _shares(a.given, b.given) and not _second_differs(a, b)


def _one_stands_for_the_other(a: Profile, b: Profile) -> bool:
    """Bill and William, Maxamed and Mohammed; not Bill and Will, nor Amy and Mia."""
    return (
        _shares(a.given_spellings, b.given_spellings)
        or _shares(a.given_spellings, b.given_full)
        or _shares(a.given_full, b.given_spellings)
    )


def _given_short(a: Profile, b: Profile) -> bool:
    short = _shares(a.given_spellings, b.given_full) or _shares(a.given_full, b.given_spellings)
    return short and not _second_differs(a, b)


def _given_spelling(a: Profile, b: Profile) -> bool:
    return _shares(a.given_spellings, b.given_spellings) and not _second_differs(a, b)


def _given_very_close(a: Profile, b: Profile) -> bool:
    return nearest(a.given_plain, b.given_plain) >= VERY_CLOSE and not _second_differs(a, b)


def _given_slip(a: Profile, b: Profile) -> bool:
    """Alike, and one of the two is hardly a name here: a slip of the pen. Twins' names are both names."""
    slip = slipped(a.given_rare, b.given_plain) or slipped(b.given_rare, a.given_plain)
    return slip and not _second_differs(a, b)


def slipped(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether any two are one slip apart: a letter more, less, other, or two changed round."""
    return any(DamerauLevenshtein.distance(x, y, score_cutoff=1) <= 1 for x in a for y in b)


def _given_second_differs(a: Profile, b: Profile) -> bool:
    return (_shares(a.given, b.given) or _one_stands_for_the_other(a, b)) and _second_differs(a, b)


def _given_middle(a: Profile, b: Profile) -> bool:
    return _shares(a.given, b.middle) or _shares(a.middle, b.given)


def _given_initial(a: Profile, b: Profile) -> bool:
    return _shares(a.given_initials, b.given_firsts) or _shares(a.given_firsts, b.given_initials)


def _given_close(a: Profile, b: Profile) -> bool:
    return nearest(a.given_plain, b.given_plain) >= CLOSE


def _names_swapped(a: Profile, b: Profile) -> bool:
    return _shares(a.given, b.family_whole) and _shares(a.family_whole, b.given)


def _birth_exact(a: Profile, b: Profile) -> bool:
    return a.birth != "" and a.birth == b.birth and not a.birth.endswith("01-01")


def _birth_first_of_january(a: Profile, b: Profile) -> bool:
    return a.birth != "" and a.birth == b.birth and a.birth.endswith("01-01")


def _birth_overlaps(a: Profile, b: Profile) -> bool:
    if (a.birth and b.birth) or not (a.birth_from and a.birth_to and b.birth_from and b.birth_to):
        return False
    return a.birth_from <= b.birth_to and b.birth_from <= a.birth_to


def _birth_month(a: Profile, b: Profile) -> bool:
    fine = ("day", "month")
    return a.birth_precision in fine and b.birth_precision in fine and _birth_overlaps(a, b)


def _birth_swapped(a: Profile, b: Profile) -> bool:
    x, y = a.birth, b.birth
    return x != "" and y != "" and x[:4] == y[:4] and x[5:7] == y[8:] and x[8:] == y[5:7]


def _birth_guessed(a: Profile, b: Profile) -> bool:
    """One of the two is 1 January and the year agrees: a guess beside a date that somebody knew."""
    x, y = a.birth, b.birth
    return x != "" and y != "" and x[:4] == y[:4] and x.endswith("01-01") != y.endswith("01-01")


def _birth_two_parts(a: Profile, b: Profile) -> bool:
    x, y = a.birth, b.birth
    if x == "" or y == "" or (x.endswith("01-01") and y.endswith("01-01")):
        return False  # two guesses of one day say nothing by agreeing in it
    return (x[:4] == y[:4]) + (x[5:7] == y[5:7]) + (x[8:] == y[8:]) == 2


def _birth_far(a: Profile, b: Profile) -> bool:
    if not (a.birth_from and a.birth_to and b.birth_from and b.birth_to):
        return False
    gap = max((a.birth_from - b.birth_to).days, (b.birth_from - a.birth_to).days)
    return gap > GENERATION_DAYS


_OVERLAP = (
    """((birth_l = '' or birth_r = '') and birth_from_l <= birth_to_r and birth_from_r <= birth_to_l)"""
)


def _any(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


def _either(one: str, other: str) -> str:
    return f"(list_has_any({one}_l, {other}_r) or list_has_any({other}_l, {one}_r))"


def _both(one: str, other: str) -> str:
    return f"(list_has_any({one}_l, {other}_r) and list_has_any({other}_l, {one}_r))"


def _near(column: str, least: float) -> str:
    return f"nearest({column}_l, {column}_r) >= {least}"


_SHORT = "(list_has_any(given_spellings_l, given_full_r) or list_has_any(given_full_l, given_spellings_r))"
_STANDS_FOR = f"({_any('given_spellings')} or {_SHORT})"

PREDICATES: dict[str, Predicate] = {
    "given_exact": Predicate(_given_exact, f"{_any('given')} and not {_SECOND_DIFFERS}"),
    "given_short": Predicate(_given_short, f"{_SHORT} and not {_SECOND_DIFFERS}"),
    "given_spelling": Predicate(_given_spelling, f"{_any('given_spellings')} and not {_SECOND_DIFFERS}"),
    "given_slip": Predicate(
        _given_slip,
        "(slipped(given_rare_l, given_plain_r) or slipped(given_rare_r, given_plain_l))"
        f" and not {_SECOND_DIFFERS}",
    ),
    "given_very_close": Predicate(
        _given_very_close, f"{_near('given_plain', VERY_CLOSE)} and not {_SECOND_DIFFERS}"
    ),
    "given_second_differs": Predicate(
        _given_second_differs, f"({_any('given')} or {_STANDS_FOR}) and {_SECOND_DIFFERS}"
    ),
    "given_middle": Predicate(_given_middle, _either("given", "middle")),
    "given_initial": Predicate(_given_initial, _either("given_initials", "given_firsts")),
    "given_close": Predicate(_given_close, _near("given_plain", CLOSE)),
    "names_swapped": Predicate(_names_swapped, _both("given", "family_whole")),
    "family_exact": Predicate(lambda a, b: _shares(a.family_whole, b.family_whole), _any("family_whole")),
    "family_part": Predicate(lambda a, b: _shares(a.family, b.family), _any("family")),
    "family_close": Predicate(
        lambda a, b: nearest(a.family_plain, b.family_plain) >= FAMILY_CLOSE,
        _near("family_plain", FAMILY_CLOSE),
    ),
    "family_sound": Predicate(lambda a, b: _shares(a.family_sounds, b.family_sounds), _any("family_sounds")),
    "birth_exact": Predicate(
        _birth_exact, "birth_l <> '' and birth_l = birth_r and right(birth_l, 5) <> '01-01'"
    ),
    "birth_first_of_january": Predicate(
        _birth_first_of_january, "birth_l <> '' and birth_l = birth_r and right(birth_l, 5) = '01-01'"
    ),
    "birth_month": Predicate(
        _birth_month,
        "birth_precision_l in ('day', 'month') and birth_precision_r in ('day', 'month') and " + _OVERLAP,
    ),
    "birth_swapped": Predicate(
        _birth_swapped,
        "birth_l <> '' and birth_r <> '' and substr(birth_l, 1, 4) = substr(birth_r, 1, 4) "
        "and substr(birth_l, 6, 2) = substr(birth_r, 9, 2) and substr(birth_l, 9, 2) = substr(birth_r, 6, 2)",
    ),
    "birth_guessed": Predicate(
        _birth_guessed,
        "birth_l <> '' and birth_r <> '' and substr(birth_l, 1, 4) = substr(birth_r, 1, 4) "
        "and (right(birth_l, 5) = '01-01') <> (right(birth_r, 5) = '01-01')",
    ),
    "birth_two_parts": Predicate(
        _birth_two_parts,
        "birth_l <> '' and birth_r <> '' and not (right(birth_l, 5) = '01-01' and right(birth_r, 5) = '01-01') "
        "and cast(substr(birth_l, 1, 4) = substr(birth_r, 1, 4) as integer) "
        "+ cast(substr(birth_l, 6, 2) = substr(birth_r, 6, 2) as integer) "
        "+ cast(substr(birth_l, 9, 2) = substr(birth_r, 9, 2) as integer) = 2",
    ),
    "birth_range": Predicate(_birth_overlaps, _OVERLAP),
    "birth_far": Predicate(
        _birth_far,
        f"greatest(birth_from_l - birth_to_r, birth_from_r - birth_to_l) > {GENERATION_DAYS}",
    ),
    "sex_both_male": Predicate(lambda a, b: a.sex == "M" == b.sex, "sex_l = 'M' and sex_r = 'M'"),
    "sex_same": Predicate(lambda a, b: a.sex == b.sex, "sex_l = sex_r"),
    "place_address": Predicate(lambda a, b: _shares(a.addresses, b.addresses), _any("addresses")),
    "place_neighbour": Predicate(
        lambda a, b: _shares(a.postcodes, b.postcodes) and bool(a.addresses) and bool(b.addresses),
        f"({_any('postcodes')} and len(addresses_l) > 0 and len(addresses_r) > 0)",
    ),
    "place_postcode": Predicate(lambda a, b: _shares(a.postcodes, b.postcodes), _any("postcodes")),
    "place_sector": Predicate(lambda a, b: _shares(a.sectors, b.sectors), _any("sectors")),
    "kind_same": Predicate(lambda a, b: a.kind == b.kind, "kind_l = kind_r"),
    "register_same": Predicate(
        lambda a, b: (a.agency, a.system) == (b.agency, b.system),
        "agency_l = agency_r and system_l = system_r",
    ),
    "nhs_same": Predicate(lambda a, b: _shares(a.nhs, b.nhs), _any("nhs")),
    "upn_same": Predicate(lambda a, b: _shares(a.upns, b.upns), _any("upns")),
    "pnc_same": Predicate(lambda a, b: _shares(a.pncs, b.pncs), _any("pncs")),
    "phone_same": Predicate(lambda a, b: _shares(a.phones, b.phones), _any("phones")),
    "otherwise": Predicate(lambda a, b: True, "ELSE"),
}


def _told(column: str) -> Predicate:
    def holds(a: Profile, b: Profile) -> bool:
        return bool(getattr(a, column)) and bool(getattr(b, column))

    return Predicate(holds, f"(len({column}_l) > 0 and len({column}_r) > 0)")


def _place_told(a: Profile, b: Profile) -> bool:
    return bool((a.postcodes and b.postcodes) or (a.addresses and b.addresses))


def _kind_told(a: Profile, b: Profile) -> bool:
    """Child or adult is asked only where no two birth dates answer it better."""
    if "unknown" in (a.kind, b.kind):
        return False
    return a.birth_from is None or b.birth_from is None


#: Whether both records say anything in this respect. Silence is not a difference: it weighs nothing.
TOLD: dict[str, Predicate] = {
    "given": _told("given"),
    "family": _told("family"),
    "birth": Predicate(
        lambda a, b: a.birth_from is not None and b.birth_from is not None,
        "(birth_from_l is not null and birth_from_r is not null)",
    ),
    "sex": Predicate(lambda a, b: a.sex != "" and b.sex != "", "(sex_l <> '' and sex_r <> '')"),
    "place": Predicate(_place_told, f"({_told('postcodes').sql} or {_told('addresses').sql})"),
    "kind": Predicate(
        _kind_told,
        "(kind_l <> 'unknown' and kind_r <> 'unknown' and (birth_from_l is null or birth_from_r is null))",
    ),
    "register": Predicate(
        lambda a, b: a.system != "" and b.system != "", "(system_l <> '' and system_r <> '')"
    ),
    "nhs": _told("nhs"),
    "upn": _told("upns"),
    "pnc": _told("pncs"),
    "phone": _told("phones"),
}

#: The names that count when a shared name is rare or common.
NAMES_COUNTED = {"given": "given", "family": "family_whole"}
