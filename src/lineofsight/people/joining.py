"""The matcher at work on stored identities: candidates, judgements, components.

Plumbing beneath `services`: every function runs inside the caller's transaction, and the caller holds the
partnership's import lock, so that two commits cannot each miss what the other just added.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django.db import connection

from lineofsight.access.bulk import copy_into
from lineofsight.catalogue.matching import load_model_text
from lineofsight.people import clusters, matching, moving
from lineofsight.people.matching import Frequencies, Model, Profile

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """The matcher's opinion of one pair, smaller identity first."""

    a: int
    b: int
    band: str
    probability: float
    reasons: tuple[str, ...]


@cache
def _learnt(version: str, figures: str) -> Model:
    return Model(load_model_text(figures, name=f"learnt model {version}"))


def model(*, at: datetime | None = None) -> Model:
    """The figures in force: the latest that were learnt here and approved by a person, else the shipped ones.
    `at`: those that were in force at that moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, figures FROM people_learntmodel WHERE approved_at <= coalesce(%s::timestamptz, 'infinity')"
            " AND (retired_at IS NULL OR retired_at > %s::timestamptz) ORDER BY approved_at DESC, id DESC LIMIT 1",
            [at, at],
        )
        row = cursor.fetchone()
    return _learnt(*row) if row else matching.shipped()


def frequencies() -> Frequencies:
    """The name counts of the last whole run. Between runs they stand still, so that the same two records
    get the same answer whatever else came in meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_namecount")
        return _counts(str(connection.settings_dict["NAME"]), *cursor.fetchone())


@lru_cache(maxsize=2)
def _counts(_database: str, _newest: int) -> Frequencies:
    """Read once for each whole run, which writes them anew with new keys."""
    counts = names_counted()
    return Frequencies(counts.get("given", {}), counts.get("family", {}), counts.get("both", {}))


def count_names() -> None:
    """Take the name counts anew from the stored profiles, as `Frequencies.of` counts them."""
    single = (
        "SELECT %s, left(name, 120), count(*) FROM people_profile,"
        " jsonb_array_elements_text(coalesce(data -> %s, '[]')) AS told(name) WHERE name <> '' GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_namecount")
        for part, key in (("given", "given"), ("family", "family_whole")):
            cursor.execute(f"INSERT INTO people_namecount (part, name, count) {single}", [part, key])
        cursor.execute(
            "INSERT INTO people_namecount (part, name, count)"
            " SELECT 'both', whole, count(*) FROM people_profile"
            " CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(data -> 'given', '[]'))"
            "  WITH ORDINALITY AS g(given, g_place)"
            " CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(data -> 'family_whole', '[]'))"
            "  WITH ORDINALITY AS f(family, f_place)"
            " CROSS JOIN LATERAL (SELECT given || '|' || family) AS named(whole)"
            " WHERE g_place <= 3 AND f_place <= 3 AND length(whole) <= 120"
            " GROUP BY whole HAVING count(*) > %s",
            [matching.OF_ONE_PERSON],
        )


#: From this many new rows on, the planner's picture of the tables is out of date.
MANY = 1_000


def count_again(changed: int) -> None:
    """Fresh statistics after many changes in one transaction: the planner would otherwise take tables for empty
    that are not, and join them row by row."""
    if changed >= MANY:
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE people_sourceidentity, people_statement, people_profile, people_judgement"
            )


def in_chunks(items: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


# --- profiles ----------------------------------------------------------------------------------------


def build_profiles(identities: Sequence[int], *, at: datetime | None = None) -> list[Profile]:
    """Profiles from the live statements of these identities, in the order of their ids. `at`: from those that
    stood at that moment."""
    found: dict[int, tuple[str, str, str]] = {}
    statements: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, agency, system, local_id FROM people_sourceidentity WHERE id = ANY(%s)",
            [list(identities)],
        )
        found = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
        # Ordered by what is said, not by arrival: the profile must not depend on the order of files. What is
        # said again counts once, at its last place: thousands of rows say no more than whom they are about.
        cursor.execute(
            "SELECT identity_id, facts FROM (SELECT identity_id, facts, max(label) AS label FROM people_statement"
            " WHERE CASE WHEN %(at)s::timestamptz IS NULL THEN live"
            "  ELSE received_at <= %(at)s AND (superseded_at IS NULL OR superseded_at > %(at)s) END"
            "  AND identity_id = ANY(%(identities)s) GROUP BY identity_id, facts) said"
            " ORDER BY identity_id, label, facts::text",
            {"identities": list(identities), "at": at},
        )
        for identity, facts in cursor.fetchall():
            statements[identity].append(facts if isinstance(facts, dict) else json.loads(facts))
    return [matching.profile(key, *found[key], statements[key]) for key in sorted(found)]


def changed_profiles(identities: Sequence[int]) -> list[Profile]:
    """The profiles of those of these identities whose stored one is missing or out of date."""
    found: list[Profile] = []
    for chunk in in_chunks(list(identities)):
        profiles = build_profiles(chunk)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT identity_id, data FROM people_profile WHERE identity_id = ANY(%s)", [list(chunk)]
            )
            stored = {
                key: data if isinstance(data, dict) else json.loads(data) for key, data in cursor.fetchall()
            }
        found += [profile for profile in profiles if profile.to_dict() != stored.get(profile.identity)]
    return found


def store_profiles(profiles: Sequence[Profile]) -> None:
    with connection.cursor() as cursor:
        for chunk in in_chunks(profiles):
            cursor.execute(
                "DELETE FROM people_profile WHERE identity_id = ANY(%s)", [[p.identity for p in chunk]]
            )
            with copy_into(cursor, "people_profile", ("identity_id", "data", "blocks", "terms")) as copy:
                for profile in chunk:
                    copy.write_row(
                        (
                            profile.identity,
                            json.dumps(profile.to_dict()),
                            list(matching.blocking_keys(profile)),
                            list(matching.search_terms(profile)),
                        )
                    )


def load_profiles(identities: Iterable[int]) -> dict[int, Profile]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_id, data FROM people_profile WHERE identity_id = ANY(%s)", [list(identities)]
        )
        return {
            key: Profile.from_dict(data if isinstance(data, dict) else json.loads(data))
            for key, data in cursor.fetchall()
        }


def all_profiles() -> Iterator[Profile]:
    """Every profile, streamed. Flat in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT data FROM people_profile ORDER BY identity_id")
        for (data,) in cursor:
            yield Profile.from_dict(data if isinstance(data, dict) else json.loads(data))


# --- proposals ---------------------------------------------------------------------------------------


def candidate_pairs(profiles: Sequence[Profile]) -> set[tuple[int, int]]:
    """Pairs that share a blocking key: each given profile with the stored ones and with one another. As in the
    whole run, a key that more than KEY_CAP records hold is a default value and leads to nobody."""
    pairs: set[tuple[int, int]] = set()
    by_block: dict[str, list[int]] = defaultdict(list)
    for profile in profiles:
        for block in matching.blocking_keys(profile):
            by_block[block].append(profile.identity)
    blocks = [block for block, members in by_block.items() if len(members) <= matching.KEY_CAP]
    with connection.cursor() as cursor:
        for chunk in in_chunks(blocks):
            cursor.execute(
                "SELECT asked.block, held.ids FROM unnest(%s::text[]) AS asked(block) CROSS JOIN LATERAL"
                " (SELECT array_agg(few.identity_id) AS ids FROM (SELECT identity_id FROM people_profile"
                "  WHERE blocks @> ARRAY[asked.block]::varchar[] LIMIT %s) few) held",
                [list(chunk), matching.KEY_CAP + 1],
            )
            for block, stored in cursor.fetchall():
                members = by_block[block]
                holders = {*members, *(stored or ())}
                if 1 < len(holders) <= matching.KEY_CAP:
                    pairs.update((min(a, b), max(a, b)) for a in members for b in holders if a != b)
    return pairs


def propose(profiles: Sequence[Profile], counts: Frequencies | None = None) -> list[Proposal]:
    """What the model thinks of these profiles against each other and against everyone stored.

    Profiles need not be stored yet (a preview gives new ones negative numbers)."""
    if not profiles:
        return []
    counts = counts if counts is not None else frequencies()
    pairs = sorted(candidate_pairs(profiles))
    known = {profile.identity: profile for profile in profiles}
    missing = {key for pair in pairs for key in pair if key not in known}
    known |= load_profiles(missing)
    using = model()
    return [found for a, b in pairs if (found := judge(known[a], known[b], counts, using)) is not None]


def judge(a: Profile, b: Profile, counts: Frequencies, using: Model) -> Proposal | None:
    """One pair, or None when the model would not even ask."""
    scored = using.score(a, b, counts)
    decision = using.decide(scored, a, b)
    if decision.band == "never":
        return None
    return Proposal(
        min(a.identity, b.identity),
        max(a.identity, b.identity),
        decision.band,
        round(scored.probability, 9),
        tuple(decision.reasons),
    )


VERDICT = {"auto": "same", "ask": "unsure"}


JUDGEMENT_COLUMNS = (
    "a_id", "b_id", "verdict", "source", "model", "probability", "reasons", "note", "by_ref", "by_name", "at",
    "withdrawn_by",
)  # fmt: skip


def record_proposals(proposals: Iterable[Proposal], about: Sequence[int] | None, *, at: datetime) -> set[int]:
    """Make the model's standing judgements about these identities (None: all) equal to `proposals`.

    What no longer holds is withdrawn, never removed. Returns the identities whose judgements changed."""
    wanted = {(p.a, p.b): p for p in proposals}
    version = model().version
    changed: set[int] = set()
    with connection.cursor() as cursor:
        given = list(about or ())
        cursor.execute(
            "SELECT id, a_id, b_id, verdict, probability, model FROM people_judgement"
            " WHERE withdrawn_at IS NULL AND source = 'model' AND (%s OR a_id = ANY(%s) OR b_id = ANY(%s))",
            [about is None, given, given],
        )
        withdraw = []
        for key, a, b, verdict, probability, made_by in cursor.fetchall():
            proposal = wanted.get((a, b))
            if (
                proposal is not None
                and (VERDICT[proposal.band], made_by) == (verdict, version)
                and abs(proposal.probability - (probability or 0)) < 1e-9
            ):
                del wanted[a, b]
                continue
            withdraw.append(key)
            changed |= {a, b}
        cursor.execute(
            "UPDATE people_judgement SET withdrawn_at = %s, withdrawn_by = %s WHERE id = ANY(%s)",
            [at, version, withdraw],
        )
        with copy_into(cursor, "people_judgement", JUDGEMENT_COLUMNS) as copy:
            for p in wanted.values():
                changed |= {p.a, p.b}
                copy.write_row(
                    (p.a, p.b, VERDICT[p.band], "model", version, p.probability, json.dumps(p.reasons), "", "",
                     f"matching model {version}", at, "")
                )  # fmt: skip
    return changed


# --- components --------------------------------------------------------------------------------------


def neighbourhood(identities: Iterable[int]) -> set[int]:
    """These identities with everyone they are, or were until now, joined to."""
    reached: set[int] = set()
    frontier = set(identities)
    with connection.cursor() as cursor:
        while frontier:
            reached |= frontier
            edge = list(frontier)
            cursor.execute(
                "SELECT b_id FROM people_judgement WHERE withdrawn_at IS NULL AND verdict = 'same' AND a_id = ANY(%s)"
                " UNION SELECT a_id FROM people_judgement"
                " WHERE withdrawn_at IS NULL AND verdict = 'same' AND b_id = ANY(%s)"
                " UNION SELECT other.id FROM people_sourceidentity one"
                " JOIN people_sourceidentity other ON other.person_id = one.person_id WHERE one.id = ANY(%s)",
                [edge, edge, edge],
            )
            frontier = {row[0] for row in cursor.fetchall()} - reached
    return reached


def formed(nodes: Collection[int]) -> clusters.Clustering:
    """The people that the standing judgements among these identities form. Reads only."""
    members = list(nodes)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a_id, b_id, verdict, source, coalesce(probability, 1) FROM people_judgement"
            " WHERE withdrawn_at IS NULL AND (a_id = ANY(%s) AND b_id = ANY(%s)) AND verdict <> 'unsure'",
            [members, members],
        )
        judged = cursor.fetchall()
    profiles = load_profiles({key for a, b, verdict, *_ in judged if verdict == "same" for key in (a, b)})
    return grouped(nodes, judged, profiles, model())


def grouped(
    nodes: Collection[int],
    judged: Iterable[tuple[int, int, str, str, float]],
    profiles: Mapping[int, Profile],
    using: Model,
) -> clusters.Clustering:
    """The people that these judgements form: (one, other, verdict, whose, how sure). `profiles` of those they join."""
    judged = list(judged)
    same = [(a, b, strength, source) for a, b, verdict, source, strength in judged if verdict == "same"]
    different = {
        (a, b) for a, b, verdict, source, _ in judged if verdict == "different" and source == "person"
    }
    strong = {key: {"nhs": one.nhs[0]} for key, one in profiles.items() if len(one.nhs) == 1}
    counts = frequencies()

    def apart(a: int, b: int) -> bool:
        return a in profiles and b in profiles and using.apart(profiles[a], profiles[b], counts)

    return clusters.components(nodes, same, different, strong, apart)


def regroup(identities: Iterable[int], *, without: Iterable[int] = (), at_once: bool = False) -> None:
    """Form people anew from the standing judgements around these identities, `without` those about to go.
    `at_once`: see `moving`."""
    nodes = neighbourhood(identities) - set(without)
    if nodes:
        settle_owners(
            {member: group[0] for group in formed(nodes).groups for member in group}, at_once=at_once
        )
        describe(nodes)


def settle_owners(eldest: Mapping[int, int], *, at_once: bool) -> set[int]:
    """Put each identity with the person of the eldest of its group. Returns those that moved."""
    held = holders(list(eldest))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_sourceidentity AS one SET person_id = person.id"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS moved(identity, eldest)"
            " JOIN people_sourceidentity eldest ON eldest.id = moved.eldest"
            " JOIN people_person person ON person.ref = eldest.ref"
            " WHERE one.id = moved.identity AND one.person_id <> person.id RETURNING one.id, one.person_id",
            [list(eldest), list(eldest.values())],
        )
        moved = dict(cursor.fetchall())
    moving.tell({held[one] for one in moved} | set(moved.values()), at_once=at_once)
    return set(moved)


def holders(identities: Sequence[int]) -> dict[int, int]:
    """With which person each of these identities is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id FROM people_sourceidentity WHERE id = ANY(%s)", [list(identities)]
        )
        return dict(cursor.fetchall())


def whole_groups() -> dict[int, int]:
    """Identity to the eldest of its group, for the whole store: a part at a time, flat in memory."""
    plain, parts = _parts()
    eldest = {member: group[0] for group in plain for member in group}
    for part in parts:
        eldest |= {member: group[0] for group in formed(part).groups for member in group}
    return eldest


def _parts() -> tuple[list[tuple[int, ...]], list[list[int]]]:
    """All identities that anything joins: groups that leave nothing to weigh, and the others in parts of about
    CHUNK that no standing judgement crosses."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT a_id, b_id, verdict, source FROM people_judgement"
            " WHERE withdrawn_at IS NULL AND (verdict = 'same' OR (verdict = 'different' AND source = 'person'))"
        )
        same: list[tuple[int, int, float, str]] = []
        different: list[tuple[int, int]] = []
        for a, b, verdict, source in cursor:
            if verdict == "same":
                same.append((a, b, 1.0, source))
            else:
                different.append((a, b))
    if ("nhs", "different") not in model().policy.vetoes:
        # The model may join two different NHS numbers, so every part is looked at.
        different += [(a, b) for a, b, *_ in same]
    plain, groups = clusters.plain(same, different)
    parts: list[list[int]] = [[]]
    for group in groups:
        if len(parts[-1]) >= CHUNK:
            parts.append([])
        parts[-1] += group
    return plain, [part for part in parts if part]


def regroup_all(*, at_once: bool = True) -> dict[int, int]:
    """Form everyone anew; what lists show is renewed for those whose group changed. Returns the records that
    moved, each with the person it was with before."""
    eldest = whole_groups()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, person_id FROM people_sourceidentity")
        held: dict[int, int] = dict(cursor.fetchall())
    wanted: dict[int, int] = {key: eldest.get(key, key) for key in held}
    moved = settle_owners(wanted, at_once=at_once)
    before = {held[key] for key in moved}
    describe([key for key, person in held.items() if key in moved or person in before])
    return {key: held[key] for key in moved}


def put_back(held_before: Mapping[int, int]) -> None:
    """Each of these records with the person it was with."""
    held = holders(list(held_before))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_sourceidentity AS one SET person_id = was.person"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS was(identity, person) WHERE one.id = was.identity",
            [list(held_before), list(held_before.values())],
        )
        people = {*held.values(), *held_before.values()}
        cursor.execute("SELECT id FROM people_sourceidentity WHERE person_id = ANY(%s)", [list(people)])
        touched = [row[0] for row in cursor.fetchall()]
    moving.tell(people, at_once=True)
    describe(touched)


def names_counted() -> dict[str, dict[str, int]]:
    """The name counts as they stand, by part."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute("SELECT part, name, count FROM people_namecount")
        for part, name, count in cursor.fetchall():
            found[part][name] = count
    return dict(found)


def count_as_before(names: Mapping[str, Mapping[str, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_namecount")
        with copy_into(cursor, "people_namecount", ("part", "name", "count")) as copy:
            for part, counts in names.items():
                for name, count in counts.items():
                    copy.write_row((part, name, count))


def take_back(*, made_at: datetime, now: datetime, by: str) -> None:
    """Withdraw what the model judged at a moment, and say again what it withdrew then. Both stay in the history:
    between the two moments the other judgements stood."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_judgement SET withdrawn_at = %s, withdrawn_by = %s"
            " WHERE source = 'model' AND at = %s AND withdrawn_at IS NULL",
            [now, by[:200], made_at],
        )
        cursor.execute(
            "INSERT INTO people_judgement (a_id, b_id, verdict, source, model, probability, reasons, note, by_ref,"
            " by_name, at, withdrawn_by)"
            " SELECT a_id, b_id, verdict, source, model, probability, reasons, note, by_ref, by_name, %s, ''"
            " FROM people_judgement WHERE source = 'model' AND withdrawn_at = %s",
            [now, made_at],
        )


def describe(identities: Iterable[int]) -> None:
    """Refresh what lists show of the people these identities belong to."""
    for chunk in in_chunks(list(identities)):
        describe_some(chunk)


def describe_some(identities: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.person_id, i.id, i.agency, p.data FROM people_sourceidentity i"
            " LEFT JOIN people_profile p ON p.identity_id = i.id WHERE i.person_id IN"
            " (SELECT person_id FROM people_sourceidentity WHERE id = ANY(%s))",
            [list(identities)],
        )
        held: dict[int, list[tuple[int, str, dict[str, Any]]]] = defaultdict(list)
        for person, identity, agency, data in cursor.fetchall():
            held[person].append(
                (identity, agency, data if isinstance(data, dict) else json.loads(data or "{}"))
            )
        names = best_names([key for rows in held.values() for key, _, _ in rows])
        columns = ("kind", "name", "birth_from", "birth_to", "restricted", "agencies", "id")
        rows = [dict(zip(columns, summary(p, sorted(rows), names), strict=True)) for p, rows in held.items()]
        cursor.execute(
            "UPDATE people_person p SET kind = n.kind, name = n.name, birth_from = n.birth_from,"
            " birth_to = n.birth_to, restricted = n.restricted, agencies = n.agencies"
            " FROM jsonb_to_recordset(%s::jsonb) AS n(kind text, name text, birth_from date, birth_to date,"
            "  restricted boolean, agencies varchar[], id bigint)"
            " WHERE p.id = n.id AND (p.kind, p.name, p.birth_from, p.birth_to, p.restricted, p.agencies)"
            "  IS DISTINCT FROM (n.kind, n.name, n.birth_from, n.birth_to, n.restricted, n.agencies)",
            [json.dumps(rows, default=str)],
        )


def best_names(identities: Sequence[int]) -> dict[int, str]:
    """The name each identity is known by, as written: legal before preferred before any other."""
    order = {"legal": 0, "preferred": 1}
    best: dict[int, tuple[int, str]] = {}
    with connection.cursor() as cursor:
        for chunk in in_chunks(list(identities)):
            cursor.execute(
                "SELECT identity_id, facts -> 'names' FROM people_statement"
                " WHERE live AND facts ? 'names' AND identity_id = ANY(%s)",
                [list(chunk)],
            )
            for identity, names in cursor.fetchall():
                for name in names if isinstance(names, list) else json.loads(names or "[]"):
                    words = (
                        " ".join(filter(None, (name.get("given"), name.get("family"))))
                        or name.get("full")
                        or ""
                    )
                    rank = (order.get(name.get("use", "legal"), 5), words)
                    if words and (identity not in best or rank < best[identity]):
                        best[identity] = rank
    return {identity: words for identity, (_, words) in best.items()}


def summary(
    person: int, held: list[tuple[int, str, dict[str, Any]]], names: dict[int, str]
) -> tuple[str, str, date | None, date | None, bool, list[str], int]:
    """What most of the records say; of equals, the fuller name, then the alphabet. Never arrival order."""
    said = Counter(names[key] for key, _, _ in held if key in names)
    name = max(said, key=lambda words: (said[words], len(words), words)) if said else ""
    births = Counter(
        (data["birth_from"], data["birth_to"])
        for _, _, data in held
        if data.get("birth_from") and data.get("birth_to")
    )
    born = max(births, key=lambda b: (births[b], b[0] == b[1], b)) if births else (None, None)
    kinds = {data.get("kind") or "unknown" for _, _, data in held}
    kind = next((k for k in ("child", "adult") if k in kinds), "unknown")
    restricted = any(data.get("restricted") for _, _, data in held)
    agencies = sorted({agency for _, agency, _ in held})
    return kind, name[:250], born[0], born[1], restricted, agencies, person
