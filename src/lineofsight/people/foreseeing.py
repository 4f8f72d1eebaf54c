"""What a matching model would do with the records that are here: how much it joins and asks, where it may be
wrong, and whom it asks about most. Without a truth: its own stated probabilities are added up, so the figures
are as good as its calibration (see `card`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lineofsight.people import batch
from lineofsight.people.matching import Frequencies, Model
from lineofsight.people.profile import Profile

#: Whom a wrong join would most likely put together.
CAUSES = ("strangers", "one household", "twins")
#: Shares of all records: a family name is very common, common, or neither. Naming traditions are not recorded,
#: and it is where few names serve many people that records wait for a person.
COMMON = (0.001, 0.01)
BANDS = ("one in a hundred records or more", "one in a thousand to one in a hundred", "fewer")


def foresee(
    profiles: Callable[[], Iterable[Profile]],
    model: Model,
    frequencies: Frequencies,
    *,
    memory: str = "2GB",
    threads: int = 2,
) -> dict[str, Any]:
    """Plain values for the card. `profiles` is asked twice: all records, each time from the first."""
    joins = questions = 0
    wrong = dict.fromkeys(CAUSES, 0.0)
    joined: set[int] = set()
    asked: set[int] = set()
    for one in batch.judge_all(profiles(), model, frequencies, memory=memory, threads=threads):
        if one.decision.band == "auto":
            joins += 1
            joined.update((one.a, one.b))
            wrong[cause(batch.level_names(model, one.levels), model)] += 1 - one.probability
        else:
            questions += 1
            asked.update((one.a, one.b))
    records: Counter[str] = Counter()
    with_join: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for profile in profiles():
        band = how_common(profile, frequencies)
        records[band] += 1
        with_join[band] += profile.identity in joined
        waiting[band] += profile.identity in asked
    return {
        "joins": joins,
        "questions": questions,
        "wrong": {name: round(joins_wrong, 2) for name, joins_wrong in wrong.items()},
        "by_family_name": [
            [band, records[band], with_join[band], waiting[band]] for band in BANDS if records[band]
        ],
    }


def cause(levels: Mapping[str, str], model: Model) -> str:
    """Who the two would be if they are not one."""
    policy = model.policy
    at_home = levels.get("place") in policy.place_agrees or levels.get("phone") == "same"
    same_birth = levels.get("birth") in policy.birth_agrees
    if same_birth and levels.get("given") != "exact" and levels.get("family") in policy.family_alike:
        return "twins"
    return "one household" if at_home else "strangers"


def how_common(profile: Profile, frequencies: Frequencies) -> str:
    """One of BANDS, by the commonest of the record's family names."""
    total = max(1, frequencies.total("family"))
    most = max((frequencies.count("family", name) for name in profile.family_whole), default=0)
    return BANDS[len(COMMON) - bisect_right(COMMON, most / total)]
