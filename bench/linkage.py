"""Who is who, against a truth: an invented city of families, and public labelled records.

    python -m bench.linkage --sizes 10000 100000 1000000

Each size runs in a process of its own, so that its peak memory is its own. The city is the evaluation one:
another seed and other rates than the shipped figures were chosen on. Three ways of our own (shipped figures,
figures learnt without labels on the very records, and these with every question answered truly) stand beside
exact rules, plain splink and the ECM classifier of python-recordlinkage, as far as each bears the size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench import ground
from bench.population import DEVELOPMENT, EVALUATION, Population, Truth, Wrongs
from bench.scores import score

SEED = 20_261_125
SIZES = (10_000, 100_000)
#: Records that each peer bears on two cores and some gigabytes.
BEARS = {"splink": 100_000, "recordlinkage": 10_000}
SETTINGS: dict[str, Wrongs] = {
    "evaluation": EVALUATION,
    "development": DEVELOPMENT,
    # The same with so few surnames that strangers often share name and birth date.
    "few_surnames": replace(EVALUATION, few_surnames=True),
}


@dataclass
class Records:
    """Profiles on disk, as the store keeps them, with the truth beside."""

    path: Path
    places: array = field(default_factory=lambda: array("Q"))
    person_of: list[int] = field(default_factory=lambda: [-1])
    truth: Truth | None = None

    def add(
        self, file: Any, said: dict[str, Any], agency: str, system: str, local_id: str, person: int
    ) -> None:
        from lineofsight.people.profile import profile

        identity = len(self.person_of)
        made = profile(identity, agency, system, local_id, [said])
        self.places.append(file.tell())
        file.write(json.dumps(made.to_dict(), ensure_ascii=False).encode() + b"\n")
        self.person_of.append(person)

    def __iter__(self) -> Iterator[Any]:
        from lineofsight.people.profile import Profile

        with self.path.open("rb") as file:
            for line in file:
                yield Profile.from_dict(json.loads(line))

    def some(self, identities: Sequence[int]) -> dict[int, Any]:
        from lineofsight.people.profile import Profile

        found = {}
        with self.path.open("rb") as file:
            for identity in sorted(identities):
                file.seek(self.places[identity - 1])
                found[identity] = Profile.from_dict(json.loads(file.readline()))
        return found

    def __len__(self) -> int:
        return len(self.person_of) - 1


def city(folder: Path, records: int, seed: int, wrongs: Wrongs) -> Records:
    made = Records(folder / "profiles.jsonl")
    population = Population(records, seed, wrongs)
    with made.path.open("wb") as file:
        for one in population:
            made.add(file, one.facts, one.agency, one.system, one.local_id, one.person)
    made.truth = population.truth
    return made


class Watch:
    """Seconds by the clock, and of processor time (two cores count twice): the machine may be busy."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.worked: dict[str, float] = {}

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 2)
        self.worked[name] = round(self.worked.get(name, 0.0) + time.process_time() - worked, 2)


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# --- the product ---------------------------------------------------------------------------------------


def ours(records: Records, watch: Watch, *, learn: bool) -> dict[str, Any]:
    from lineofsight.people import batch, learning, matching

    model = matching.shipped()
    with watch.timing("names counted"):
        counts = batch.frequencies(records)
    if learn:
        with watch.timing("learnt"):
            model = matching.Model(learning.learn(records, model, counts, version="bench").figures)
    joins: list[tuple[int, int, float, str]] = []
    asked: list[tuple[int, int]] = []
    with watch.timing("scored"):
        for one in batch.judge_all(records, model, counts):
            if one.decision.band == "auto":
                joins.append((one.a, one.b, one.probability, "model"))
            else:
                asked.append((one.a, one.b))
    memory = peak_mb()
    with watch.timing("grouped"):
        groups, refused = grouped(records, joins, model, counts)
    owner = {member: group[0] for group in groups for member in group}
    questions = [
        pair for pair in {*asked, *refused} if owner.get(pair[0], pair[0]) != owner.get(pair[1], pair[1])
    ]
    groups += [(one,) for one in range(1, len(records) + 1) if one not in owner]
    found = score(records.person_of, groups, questions, records.truth).as_dict()
    return {
        **found,
        "seconds": dict(watch.seconds),
        "processor_seconds": dict(watch.worked),
        "memory_mb": memory,
        "joins": len(joins),
        "questions": len(questions),
    }


def grouped(
    records: Records, joins: list[tuple[int, int, float, str]], model: Any, counts: Any
) -> tuple[list[tuple[int, ...]], list[tuple[int, int]]]:
    """As the store groups: a part at a time, with the profiles of that part."""
    from lineofsight.people import clusters

    groups, parts = clusters.plain(joins)
    part_of = {node: n for n, members in enumerate(parts) for node in members}
    edges: dict[int, list[tuple[int, int, float, str]]] = defaultdict(list)
    for edge in joins:
        if edge[0] in part_of:
            edges[part_of[edge[0]]].append(edge)
    refused: list[tuple[int, int]] = []
    waiting: list[int] = []

    def settle(numbers: list[int]) -> None:
        members = [node for number in numbers for node in parts[number]]
        held = records.some(members)
        strong = {key: {"nhs": one.nhs[0]} for key, one in held.items() if len(one.nhs) == 1}
        formed = clusters.components(
            members, [edge for number in numbers for edge in edges[number]], (), strong,
            lambda a, b: model.apart(held[a], held[b], counts),
        )  # fmt: skip
        groups.extend(formed.groups)
        refused.extend((edge.a, edge.b) for edge, _ in formed.refused)

    size = 0
    for number, members in enumerate(parts):
        waiting.append(number)
        size += len(members)
        if size >= 5_000:
            settle(waiting)
            waiting, size = [], 0
    if waiting:
        settle(waiting)
    return groups, refused


# --- peers ---------------------------------------------------------------------------------------------


def joined(records: Records, pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    from bench.scores import closed

    owner = closed((), pairs, len(records))
    groups: dict[int, list[int]] = defaultdict(list)
    for record in range(1, len(records) + 1):
        groups[owner[record]].append(record)
    return score(records.person_of, list(groups.values()), (), records.truth).as_dict()


def exact_rules(records: Records, watch: Watch) -> dict[str, Any]:
    """The same NHS number, or the same names and birth date."""
    first: dict[tuple[str, ...], int] = {}
    pairs = []
    with watch.timing("scored"):
        for one in records:
            keys = [("n", number) for number in one.nhs]
            if one.given and one.family_whole and one.birth:
                keys.append((one.given[0], one.family_whole[0], one.birth))
            for key in keys:
                other = first.setdefault(key, one.identity)
                if other != one.identity:
                    pairs.append((other, one.identity))
    return {
        **joined(records, pairs),
        "seconds": dict(watch.seconds),
        "processor_seconds": dict(watch.worked),
        "memory_mb": peak_mb(),
    }


def _flat(records: Records) -> dict[str, list[Any]]:
    """One value in each column, as the peers want it."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for one in records:
        rows["unique_id"].append(one.identity)
        rows["given"].append(one.given[0] if one.given else None)
        rows["family"].append(one.family_whole[0] if one.family_whole else None)
        rows["birth"].append(one.birth or None)
        rows["sex"].append(one.sex or None)
        rows["postcode"].append(one.postcodes[0] if one.postcodes else None)
        rows["address"].append(one.addresses[0] if one.addresses else None)
        rows["phone"].append(one.phones[0] if one.phones else None)
        rows["nhs"].append(one.nhs[0] if one.nhs else None)
    return rows


def _of_use(rows: dict[str, list[Any]]) -> tuple[set[str], list[list[str]]]:
    """The columns that say anything, and what a peer may block by. Public records have no numbers or phones, and
    an address instead of a postcode."""
    told = {name for name, values in rows.items() if any(value is not None for value in values)}
    if "postcode" in told:
        told.discard("address")
    blocks = [["nhs"], ["family", "birth"], ["given", "birth"], ["postcode", "given"], ["address", "given"],
              ["phone", "given"]]  # fmt: skip
    if "nhs" not in told:
        blocks.append(["given", "family"])
    return told, [block for block in blocks if told.issuperset(block)]


def plain_splink(records: Records, watch: Watch) -> dict[str, Any]:
    """As its guide shows: ready comparisons, term frequencies, three passes of training, threshold 0.95."""
    import duckdb
    import pyarrow as pa
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    with watch.timing("scored"), duckdb.connect(":memory:") as database:
        database.execute("set threads = 2")
        api = DuckDBAPI(connection=database)
        rows = _flat(records)
        told, blocks = _of_use(rows)
        database.register("flat", pa.table(rows))
        database.execute("create table people as from flat")
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                compare.JaroWinklerAtThresholds("given", [0.92, 0.84]).configure(term_frequency_adjustments=True),
                compare.JaroWinklerAtThresholds("family", [0.92, 0.84]).configure(term_frequency_adjustments=True),
                compare.DamerauLevenshteinAtThresholds("birth", [1, 2]),
                *(compare.ExactMatch(name) for name in ("sex", "postcode", "address", "phone", "nhs") if name in told),
            ],
            blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
        )  # fmt: skip
        linker = Linker(api.register("people"), settings, log_level="ERROR")
        sure = block_on("nhs") if "nhs" in told else block_on("given", "family", "birth")
        linker.training.estimate_probability_two_random_records_match([sure], recall=0.4)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth"))
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("family", "given"))
        found = linker.inference.predict(threshold_match_probability=0.95)
        pairs = database.execute(f"select unique_id_l, unique_id_r from {found.physical_name}").fetchall()
    return {
        **joined(records, pairs),
        "seconds": dict(watch.seconds),
        "processor_seconds": dict(watch.worked),
        "memory_mb": peak_mb(),
    }


def record_linkage(records: Records, watch: Watch) -> dict[str, Any]:
    """python-recordlinkage: blocks, six comparisons, the ECM classifier."""
    import pandas
    import recordlinkage

    with watch.timing("scored"):
        rows = _flat(records)
        told, blocks = _of_use(rows)
        frame = pandas.DataFrame(rows).set_index("unique_id")
        index = recordlinkage.Index()
        for block in blocks:
            index.block(block)
        pairs = index.index(frame)
        compare = recordlinkage.Compare()
        compare.string("given", "given", method="jarowinkler", threshold=0.88, label="given")
        compare.string("family", "family", method="jarowinkler", threshold=0.88, label="family")
        for column in ("birth", "sex", "postcode", "address", "nhs"):
            if column in told:
                compare.exact(column, column, label=column)
        features = compare.compute(pairs, frame)
        chosen = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    return {
        **joined(records, [tuple(pair) for pair in chosen]),
        "seconds": dict(watch.seconds),
        "processor_seconds": dict(watch.worked),
        "memory_mb": peak_mb(),
    }


WAYS: dict[str, Callable[..., dict[str, Any]]] = {
    "exact rules": exact_rules,
    "splink": plain_splink,
    "recordlinkage": record_linkage,
    "shipped": lambda records, watch: ours(records, watch, learn=False),
    "learnt": lambda records, watch: ours(records, watch, learn=True),
}


# --- public records ------------------------------------------------------------------------------------


def public(folder: Path, name: str) -> Records:
    made = Records(folder / f"{name}.jsonl")
    with made.path.open("wb") as file:
        for key, person, said in _fake_1000() if name == "fake_1000" else _febrl(name):
            made.add(file, said, "x", "", key, person)  # one list that holds people more than once
    return made


def _fake_1000() -> Iterator[tuple[str, int, dict[str, Any]]]:
    import csv

    path = ground.ROOT / "tests" / "samples" / "matching" / "fake_1000.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            said: dict[str, Any] = {"names": [{"given": row["first_name"], "family": row["surname"]}]}
            if row["dob"]:
                said["birth"] = {"from": row["dob"], "to": row["dob"], "precision": "day"}
            yield row["unique_id"], int(row["cluster"]), said


def _febrl(name: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    import pandas
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_{name}")()
    frames = loaded if isinstance(loaded, tuple) else (loaded,)
    for frame in frames:
        for key, row in frame.iterrows():
            values = {
                column: "" if pandas.isna(value) else str(value).strip() for column, value in row.items()
            }
            born = values["date_of_birth"]
            said: dict[str, Any] = {"names": [{"given": values["given_name"], "family": values["surname"]}]}
            if len(born) == 8:
                day = f"{born[:4]}-{born[4:6]}-{born[6:]}"
                said["birth"] = {"from": day, "to": day, "precision": "day"}
            street = f"{values['street_number']} {values['address_1']}, {values['suburb']}"
            said["addresses"] = [{"text": street, "postcode": ""}]
            yield str(key), int(str(key).split("-")[1]), said


# --- running -------------------------------------------------------------------------------------------


def once(way: str, size: int, settings: str, seed: int, data: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="linkage-") as place:
        folder = Path(place)
        records = public(folder, data) if data else city(folder, size, seed, SETTINGS[settings])
        return WAYS[way](records, Watch())


def apart(way: str, size: int, settings: str, seed: int, data: str) -> dict[str, Any]:
    """In a process of its own. What it cannot bear is said, not left out."""
    arguments = [
        "--one",
        way,
        "--sizes",
        str(size),
        "--settings",
        settings,
        "--seed",
        str(seed),
        "--data",
        data,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bench.linkage", *arguments],
        capture_output=True,
        text=True,
        cwd=ground.ROOT,
        check=False,
    )
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no words"])[-1][:200]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


SHOWN = (
    "precision",
    "recall",
    "recall_with_questions",
    "bcubed_f1",
    "mixed_children",
    "twins_merged",
    "questions_per_1000",
)


def shown(way: str, found: dict[str, Any]) -> list[str]:
    if "failed" in found:
        return [way, found["failed"], *([""] * (len(SHOWN) + 1))]
    return [way, *(f"{found[name]:.4f}" if found[name] < 2 else f"{found[name]:.1f}" for name in SHOWN),
            f"{sum(found['seconds'].values()):.0f}", str(found["memory_mb"])]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--settings", choices=sorted(SETTINGS), default="evaluation")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--ways", nargs="+", choices=sorted(WAYS), default=list(WAYS))
    parser.add_argument("--no-public", action="store_true")
    parser.add_argument("--one", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--data", default="", help=argparse.SUPPRESS)
    parser.add_argument(
        "--keep", action="store_true", help="write bench/results/linkage.json, sizes measured before kept"
    )
    given = parser.parse_args()
    if given.one:
        print(json.dumps(once(given.one, given.sizes[0], given.settings, given.seed, given.data)))
        return
    results: dict[str, Any] = {}
    for size in given.sizes:
        found = {}
        for way in given.ways:
            if size > BEARS.get(way, size):
                continue
            found[way] = apart(way, size, given.settings, given.seed, "")
            print(ground.table((f"{size:,}", *SHOWN, "seconds", "MB"), [shown(way, found[way])]), flush=True)
        results[str(size)] = found
    labelled: dict[str, Any] = {}
    if not given.no_public:
        for data in ("febrl1", "febrl2", "febrl3", "febrl4", "fake_1000"):
            labelled[data] = {
                way: apart(way, 0, given.settings, given.seed, data) for way in WAYS if way != "learnt"
            }
            for way, figures in labelled[data].items():
                print(ground.table((data, *SHOWN, "seconds", "MB"), [shown(way, figures)]), flush=True)
    if given.keep:
        path = ground.RESULTS / "linkage.json"
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        with ground.server():
            kind = "sizes" if given.settings == "evaluation" else given.settings
            known = before.get(kind, {})
            ground.keep("linkage", {
                "seed": SEED, "bears": BEARS, "public": labelled or before.get("public", {}),
                **{name: before[name] for name in ("sizes", *SETTINGS) if name in before},
                kind: known | {size: known.get(size, {}) | ways for size, ways in results.items()},
            })  # fmt: skip


if __name__ == "__main__":
    main()
