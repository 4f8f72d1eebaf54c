"""The card of a learnt model: what it rests on, what each agreement is worth, what moved since before.

A page of plain text with a picture, written at each training and kept with the figures. What only a truth
can tell (children in a group with somebody else, recall by naming tradition) is measured on invented
populations by `bench/linkage` and stands in the reference pages; the card has what can be foreseen without.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lineofsight.catalogue.matching import FAMILY, MatchingModel
from lineofsight.people.foreseeing import CAUSES
from lineofsight.people.learning import Learnt

#: What each class is called on the card.
CLASSES = {
    "m": "one person",
    "u": "strangers",
    "household": "one household",
    "twins": "twins",
    "namesakes": "one household, one first name",
}
SAID = {
    "household": "pairs of one household for each pair of one person",
    "twins": "pairs of twins for each pair of one person",
    "namesakes": "pairs of one household and one first name for each pair of one person",
}


def of(learnt: Learnt, before: MatchingModel, foreseen: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values, to be kept as JSON. `foreseen` is what `foreseeing.foresee` found."""
    return {
        "version": learnt.figures.version,
        "before": before.version,
        "records": learnt.records,
        "random_pairs": learnt.random_pairs,
        "silver_pairs": learnt.silver_pairs,
        "candidates": learnt.candidates,
        "one_person": round(learnt.one_person),
        "family": {kind: round(learnt.family[kind]) for kind in FAMILY},
        "calibration": [[round(value, 6) for value in row] for row in learnt.calibration],
        "weights": weights(learnt.figures),
        "drift": drift(before, learnt.figures),
        "foreseen": dict(foreseen),
    }


def weights(figures: MatchingModel) -> list[dict[str, Any]]:
    """Bits for one person against strangers and against each kind of family, level by level."""
    return [
        {
            "comparison": part.title,
            "level": level.words,
            "m": level.m,
            "u": level.u,
            "bits": round(math.log2(level.m / level.u), 2),
            **{kind: round(math.log2(level.m / getattr(level, kind)), 2) for kind in FAMILY},
        }
        for part in figures.comparisons
        for level in part.levels
    ]


def drift(before: MatchingModel, after: MatchingModel) -> list[dict[str, Any]]:
    """Levels whose weight against strangers moved by a bit or more, most first."""
    old = {(part.name, level.name): level for part in before.comparisons for level in part.levels}
    moved = []
    for part in after.comparisons:
        for level in part.levels:
            was = old.get((part.name, level.name))
            if was is None:
                continue
            by = math.log2(level.m / level.u) - math.log2(was.m / was.u)
            if abs(by) >= 1:
                moved.append(
                    {
                        "comparison": part.title,
                        "level": level.words,
                        "bits": round(by, 1),
                        "kind": "strangers",
                    }
                )
    return sorted(moved, key=lambda one: -abs(one["bits"]))


def page(card: dict[str, Any], *, made: str, approved: str) -> str:
    """The card as Markdown; the picture beside it is `picture`."""
    lines = [f"# Matching model {card['version']}", ""]
    lines += [f"Learnt {made}. {approved}", ""]
    lines += [
        f"Learnt without labels from {card['records']:,} records: {card['candidates']:,} candidate pairs, "
        f"{card['silver_pairs']:,} pairs at one address with two NHS numbers known, {card['random_pairs']:,} pairs "
        "drawn at random.",
        "",
        "## How many pairs there are",
        "",
        "| | Pairs |",
        "| --- | ---: |",
        f"| of one person | {card['one_person']:,} |",
        *(f"| of {CLASSES[kind]} | {count:,} |" for kind, count in card["family"].items()),
        "",
        "## What each agreement is worth",
        "",
        "In bits, for one person: against strangers, against one household, against twins, against two of one "
        "household and first name. Ten bits are a factor of a thousand.",
        "",
        "| | | Strangers | Household | Twins | Namesakes |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['comparison']} | {row['level']} | {row['bits']:+.1f} | {row['household']:+.1f} | {row['twins']:+.1f} "
        f"| {row['namesakes']:+.1f} |"
        for row in card["weights"]
    ]
    lines += ["", "## Does it keep its word", ""]
    if card["calibration"]:
        lines += [
            "Among candidates whose verified numbers are known for both, with the numbers left out of the sum: "
            "how many turned out to share the number. A number can be wrong, and a sister’s may stand on a record.",
            "",
            "| Stated, on average | Number the same | Pairs |",
            "| ---: | ---: | ---: |",
            *(f"| {stated:.4f} | {true:.4f} | {count:,.0f} |" for stated, true, count in card["calibration"]),
        ]
    else:
        lines.append("Too few pairs with numbers on both sides to say.")
    if card.get("foreseen"):
        lines += _foreseen(card["foreseen"], card["records"])
    lines += ["", f"## Moved since {card['before']}", ""]
    lines += [f"- {row['comparison']}: {row['level']}: {row['bits']:+.1f} bits" for row in card["drift"]] or [
        "Nothing moved by a bit or more."
    ]
    return "\n".join(lines) + "\n"


def _foreseen(found: Mapping[str, Any], records: int) -> list[str]:
    """Cards written before this was foreseen go without it."""
    scale = 100_000 / max(1, records)
    return [
        "",
        "## What it would do here",
        "",
        "Before a person has answered anything, and before groups are formed, which refuses some joins.",
        "",
        "| | Pairs | For 1,000 records |",
        "| --- | ---: | ---: |",
        f"| joined without a question | {found['joins']:,} | {found['joins'] * scale / 100:,.1f} |",
        f"| put to a person | {found['questions']:,} | {found['questions'] * scale / 100:,.1f} |",
        "",
        "Joins to expect that are wrong, added up from the probabilities it states itself, by whom they would put "
        "together:",
        "",
        "| | Joins | For 100,000 records |",
        "| --- | ---: | ---: |",
        *(
            f"| {cause} | {found['wrong'][cause]:.1f} | {found['wrong'][cause] * scale:.1f} |"
            for cause in CAUSES
        ),
        "",
        "Whom it joins and whom it asks about, by how common their family name is. Naming traditions are not "
        "recorded; where few names serve many people, more records wait for a person.",
        "",
        "| Family name of | Records | Joined to another | Waiting for a person |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {band} | {count:,} | {joined / count:.1%} | {waiting / count:.1%} |"
            for band, count, joined, waiting in found["by_family_name"]
        ),
    ]


ROW, LEFT, SCALE = 18, 430, 9.0


def picture(card: dict[str, Any]) -> str:
    """The weights against strangers as bars, to both sides of zero: SVG without script or style sheet."""
    rows = card["weights"]
    middle = LEFT + 200
    height = ROW * (len(rows) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {middle + 280} {height}" role="img" '
        f'aria-label="Weights of matching model {card["version"]}" font-family="sans-serif" font-size="11">',
        f'<line x1="{middle}" x2="{middle}" y1="0" y2="{height}" stroke="#505a5f"/>',
    ]
    for place, row in enumerate(rows):
        top = ROW * (place + 1)
        width = min(20.0, abs(row["bits"])) * SCALE
        start = middle if row["bits"] >= 0 else middle - width
        colour = "#0b5a5f" if row["bits"] >= 0 else "#b45309"
        words = f"{row['comparison']}: {row['level']}".replace("&", "&amp;").replace("<", "&lt;")
        parts.append(f'<text x="0" y="{top + 12}">{words[:78]}</text>')
        parts.append(
            f'<rect x="{start:.1f}" y="{top + 3}" width="{width:.1f}" height="12" fill="{colour}"/>'
            f'<text x="{middle + 195}" y="{top + 12}">{row["bits"]:+.1f} bits</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
