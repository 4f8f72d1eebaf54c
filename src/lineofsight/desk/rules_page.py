"""The reference page of the rules by which agencies' records are read beside one another."""

from __future__ import annotations

from lineofsight.catalogue import corroboration, kinds
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.corroboration import DAY, HOUR, Reach, Rule

RELATIONS = {
    "same_occurrence": (
        "One thing",
        "Two records of one thing: proposed as one occurrence with several sources.",
    ),
    "expected_follow_on": ("What should follow", "b should come after a; its absence is a gap."),
    "same_state": ("One state", "Two systems should agree on a state over time."),
    "context": ("Read together", "Reading one beside the other adds meaning; nothing is joined."),
    "contradiction": ("Does not fit", "Both present means that something is wrong."),
}


HEAD = "| Rule | a | b | When | A gap is called | Strength | Source |\n| --- | --- | --- | --- | --- | --- | --- |"


def parts() -> list[str]:
    """The page's paragraphs and tables, in their order."""
    found = [
        f"The {len(corroboration.rules())} rules by which agencies’ records are read beside one another. No rule"
        " changes a grade of anything: a person confirms or rejects, and the reason is kept. A gap is called only when",
        "\n".join(f"- {words}" for words in corroboration.preconditions()),
    ]
    for relation, (title, words) in RELATIONS.items():
        rows = [row(rule) for rule in corroboration.rules() if rule.relation == relation]
        found += [f"## {title}", words, "\n".join([HEAD, *rows])]
    days = agreement()
    clocks = [f"| {code.replace('_', ' ')} | {count} |" for code, count in days.clocks.items()]
    lingers = "".join(f", {agency} for {count}" for agency, count in days.days_by_agency.items())
    found += [
        "## Clocks",
        "\n".join(["| Clock | Working days |\n| --- | --- |", *clocks]),
        f"An agency counts as involved for {days.days_after_an_entry} days after an entry of its own{lingers}, and for"
        " as long as an interval, a worker, a plan, a school or a place in the team around the child lasts.",
    ]
    return found


def row(rule: Rule) -> str:
    gaps = [words for called, words in ((rule.gap_a, rule.only_a), (rule.gap_b, rule.only_b)) if called]
    source = rule.source if rule.verified == "read" else f"{rule.source} ({rule.verified})"
    cells = (
        rule.id, labels(rule.a), labels(rule.b), window(rule), "; ".join(gaps) or "–",
        rule.strength + ("" if rule.independent else ", an echo"), source,
    )  # fmt: skip
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def labels(codes: frozenset[str]) -> str:
    return "; ".join(sorted(kinds.kind(code).label for code in codes))


def window(rule: Rule) -> str:
    own = rule.window
    return {
        "offset": f"{length(own.start)} to {length(own.end)} from the {own.at} of a",
        "within": "b begins during a",
        "overlap": "their times overlap",
        "half_day": "the same morning or afternoon",
        "school_morning": "until the end of the next school morning",
        "school_hours": "on a weekday in school hours during a",
        "full_days": f"a run of {own.days} whole school days",
        "before_age": f"before the age of {own.years:g}",
    }[own.form]


def length(reach: Reach) -> str:
    if reach.working:
        return f"{reach.amount} working days"
    if reach.amount % DAY or not reach.amount:
        return f"{reach.amount // HOUR} hours"
    return f"{reach.amount // DAY} days"
