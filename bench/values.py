"""How many spellings map by themselves, and whether any maps wrongly, on any list of (field, spelling, meaning).

    python -m bench.values LIST.csv [--wrong] [--asked FIELD]

The list is a CSV with columns field, spelling and meaning (column, raw_value and accepted_code will do). Spellings
that the shipped catalogue holds are taken out of it first, so that what is measured are rules, not memory:

- labels: codes and labels of the list alone;
- words: with the vocabulary of the list, and no spelling;
- two thirds: with the vocabulary and two thirds of the spellings, on the third that is held back, three times over;
- whole values: with the vocabulary and the spellings of all other values, on the spellings of the value held back;
- shipped: the catalogue as it is.

A mapping that differs from the list's meaning is counted as "differs": lists hold errors too, so look at each
with --wrong. `answers` is how many questions the asked spellings make when those that belong together are answered
together.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench import ground
from lineofsight.records.fields import Field, named
from lineofsight.records.grouping import grouped
from lineofsight.records.spelling_lists import means, read
from lineofsight.records.values import Spellings

PARTS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """A spelling with what the list says it means; `code` is None for a meaning that the field does not have."""

    field: Field
    spelling: str
    meaning: str
    code: str | None

    @property
    def part(self) -> int:
        digest = hashlib.md5(self.spelling.strip().casefold().encode(), usedforsecurity=False).hexdigest()
        return int(digest, 16) % PARTS


@dataclass(slots=True)
class Tally:
    right: int = 0
    asked: int = 0
    differs: int = 0
    answers: int = 0

    def row(self) -> tuple[str, ...]:
        total = self.right + self.asked + self.differs
        return (
            f"{total:,}", f"{self.right:,}", f"{self.right / total:.1%}" if total else "-", f"{self.asked:,}",
            f"{self.answers:,}", f"{self.differs:,}",
        )  # fmt: skip


Differs = Callable[[str, Known, str, str], None]


def known_spellings(path: Path, format_: str) -> tuple[list[Known], Counter[str]]:
    """Each spelling of each field once, and how many lines name a field that is not coded."""
    found: dict[tuple[str, str], Known] = {}
    left_out: Counter[str] = Counter()
    for line in read(path.read_text(encoding="utf-8-sig"), str(path)):
        field = named(line.field, format_)
        if field is None:
            left_out[line.field] += 1
        elif line.spelling.strip():
            known = Known(field, line.spelling, line.meaning, means(field, line.meaning))
            found.setdefault((field.key, line.spelling), known)
    return list(found.values()), left_out


def spellings_of(field: Field, also: Mapping[str, str], *, words: bool = True) -> Spellings:
    return Spellings(
        replace(field.codes, also=dict(also), vocabulary=field.codes.vocabulary if words else "")
    )


def measure(name: str, held: Iterable[Known], base: Mapping[str, Spellings], told: Differs) -> Tally:
    tally = Tally()
    asked: dict[str, dict[str, int]] = defaultdict(dict)
    for known in held:
        value = base[known.field.key].read(known.spelling)
        if not value.known:
            tally.asked += 1
            asked[known.field.key][known.spelling] = 1
        elif value.code == known.code:
            tally.right += 1
        else:
            tally.differs += 1
            told(name, known, value.words, value.why)
    tally.answers = sum(len(grouped(spellings, base[key])) for key, spellings in asked.items())
    return tally


def add(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        for name in ("right", "asked", "differs", "answers"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    return total


def ways(everything: list[Known], told: Differs) -> dict[str, Tally]:
    fields = {known.field.key: known.field for known in everything}

    def base(also: Mapping[str, Mapping[str, str]], *, words: bool = True) -> dict[str, Spellings]:
        return {key: spellings_of(field, also.get(key, {}), words=words) for key, field in fields.items()}

    def met(keep: Callable[[Known], bool]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for known in everything:
            if known.code is not None and keep(known):
                found[known.field.key][known.spelling.strip()] = known.code
        return found

    values = sorted({(known.field.key, known.code) for known in everything if known.code is not None})
    return {
        "labels and codes alone": measure("labels", everything, base({}, words=False), told),
        "with words, no spellings": measure("words", everything, base({}), told),
        "with words and two thirds of the spellings": add(
            measure(
                "two thirds", [k for k in everything if k.part == part],
                base(met(lambda k, part=part: k.part != part)), told,
            )
            for part in range(PARTS)
        ),
        "with words and the spellings of other values": add(
            measure(
                "whole values", [k for k in everything if (k.field.key, k.code) == value],
                base(met(lambda k, value=value: (k.field.key, k.code) != value)), told,
            )
            for value in values
        ),
        "as shipped": measure("shipped", everything, base({k: f.codes.also for k, f in fields.items()}), told),
    }  # fmt: skip


HEADERS = ("", "Spellings", "Right", "Share", "Asked", "Answers", "Differs")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="How many spellings map by themselves, and whether any maps wrongly."
    )
    parser.add_argument("list", type=Path, help="a CSV with the columns field, spelling and meaning")
    parser.add_argument(
        "--format", default="", metavar="NAME", help="the format whose fields are meant, such as annex_a"
    )
    parser.add_argument("--wrong", action="store_true", help="show each mapping that differs from the list")
    parser.add_argument(
        "--asked", default="", metavar="FIELD", help="show what is asked of this field, with two thirds"
    )
    parser.add_argument("--keep", action="store_true", help="keep the figures in bench/results/values.json")
    options = parser.parse_args()
    everything, left_out = known_spellings(options.list, options.format)
    different: dict[tuple[str, str], tuple[str, ...]] = {}

    def told(name: str, known: Known, words: str, why: str) -> None:
        different.setdefault((known.field.key, known.spelling), (name, known.meaning, words, why))

    found = ways(everything, told)
    rows = [(name, *tally.row()) for name, tally in found.items()]
    width = [max(len(row[n]) for row in (HEADERS, *rows)) for n in range(len(HEADERS))]
    for row in (HEADERS, *rows):
        cells = zip(row, width, strict=True)
        print("  ".join(c.rjust(w) if n else c.ljust(w) for n, (c, w) in enumerate(cells)))
    if left_out:
        names = ", ".join(f"{field} ({lines})" for field, lines in left_out.items())
        print(f"Left out, because no format has such a coded column: {names}.")
    if options.wrong:
        for (key, spelling), (name, meaning, words, why) in sorted(different.items()):
            print(f"{key}: “{spelling}” is {meaning} in the list, and read as {words} ({name}; {why})")
    if options.asked:
        show_asked(everything, options.asked)
    if options.keep:
        ground.keep(
            "values", {"list": options.list.name, "ways": {name: list(t.row()) for name, t in found.items()}}
        )


def show_asked(everything: list[Known], name: str) -> None:
    field = named(name)
    for known in everything:
        if field is not None and known.field.key == field.key and known.part != 0:
            value = spellings_of(field, {}).read(known.spelling)
            if not value.known:
                print(f"{known.spelling!r}: {known.meaning} ({value.why})")


if __name__ == "__main__":
    main()
