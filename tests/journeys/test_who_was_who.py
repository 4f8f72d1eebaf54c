"""As known then, by the judgements that stood then: who is who, and what was one thing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invented import CROSSWALK, FILES, MISSING, POLICE_MISSING
from lineofsight.chronology import agreeing, knowing, matters, picture
from lineofsight.chronology.knowing import Known, entries_known
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.people.models import Person, SourceIdentity
from lineofsight.people.past import child_then, past_of
from lineofsight.records import services
from lineofsight.records.feeds import feeds
from store import received

DAY = 86400


class Undo(Exception):
    pass


def bring_in(partnership: Any, the_time: Any, files: Any = FILES) -> None:
    """One file a day."""
    for row in files:
        staged = services.stage(delivery=received(partnership, *row), by=partnership.operator)
        services.commit(delivery=staged, by=partnership.operator)
        the_time.shift(DAY)


def record(local_id: str) -> Any:
    return SourceIdentity.objects.select_related("person").get(local_id=local_id)


def child_of(partnership: Any, local_id: str, actor: Any = None) -> Any:
    return people.get_child(actor or partnership.operator, record(local_id).person.ref)


def decide(partnership: Any, one: str, other: str, verdict: str) -> Any:
    return joining.decide_pair(one=record(one), other=record(other), verdict=verdict, by=partnership.operator)


def groups() -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for pk, person in SourceIdentity.objects.values_list("pk", "person_id"):
        found.setdefault(person, set()).add(pk)
    return {pk: frozenset(group) for group in found.values() for pk in group}


deeds = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(["same", "different", "withdraw", "run"])),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_deeds=deeds)
def test_who_was_who_on_every_day_is_told_as_it_was_that_day(
    partnership: Any, the_time: Any, given_deeds: Any
) -> None:
    """After any run of answers, withdrawals and runs of the matcher, the people of each day can be formed again."""
    then: list[tuple[Any, dict[int, frozenset[int]]]] = []
    try:
        with transaction.atomic():
            for row in FILES:
                bring_in(partnership, the_time, [row])
                then.append((timezone.now(), groups()))
            ids, standing = list(SourceIdentity.objects.order_by("id")), {}
            for one, other, verdict in given_deeds:
                the_time.shift(DAY)
                pair = frozenset((one, other))
                if verdict == "run":
                    joining.run_matching(by=partnership.operator)
                elif len(pair) == 1 or (verdict == "withdraw" and pair not in standing):
                    continue
                elif verdict == "withdraw":
                    joining.withdraw_judgement(judgement=standing.pop(pair), by=partnership.operator)
                else:
                    standing[pair] = joining.decide_pair(
                        one=ids[one], other=ids[other], verdict=verdict, by=partnership.operator
                    )
                the_time.shift(60)
                then.append((timezone.now(), groups()))
            the_time.shift(DAY)
            for moment, stood in then:
                for pk in stood:
                    assert past_of([pk]).person_of(pk, moment) == stood[pk]
            for person in Person.objects.filter(identities__isnull=False).distinct():
                child = people.get_child(partnership.operator, person.ref)
                assert child_then(partnership.operator, child, timezone.now()).child == child
            raise Undo
    except Undo:
        pass


def keys(partnership: Any, child: Any, known: Known) -> set[str]:
    then = knowing.then(partnership.operator, child, known).child
    rows = entries_known(partnership.operator, then, known)
    return {knowing.key_of_entry(row) for row in rows}


def test_what_another_agency_held_was_not_known_of_the_child_before_somebody_joined_the_two(
    partnership: Any, the_time: Any
) -> None:
    bring_in(partnership, the_time, [FILES[0], FILES[3], FILES[4], FILES[5]])
    before = timezone.localdate()
    the_time.shift(3 * DAY)
    decide(partnership, "1206", "N502", "same")
    joined = timezone.localdate()
    the_time.shift(3 * DAY)
    ada = child_of(partnership, "1206")
    assert any("police" in key for key in keys(partnership, ada, Known.on(joined)))
    assert keys(partnership, ada, Known.on(before)) == set()
    told = knowing.then(partnership.operator, ada, Known.on(before))
    assert [[one.local_id for one in group] for group in told.elsewhere] == [["N502"]]
    # The agency itself knew what it held, and the record can be asked for as it stood.
    assert keys(partnership, ada, Known.on(before, "police")) != set()
    own = Known.on(before, record=record("N502").ref)
    assert any("police" in key for key in keys(partnership, ada, own))
    came = knowing.between(partnership.operator, ada, "", Known.on(before).at, Known.on(joined).at)
    assert {one.version.agency for one in came.learnt} >= {"police"}


def test_a_wrong_merge_shows_as_it_was_taken_then_and_not_to_those_who_may_not_see_the_other(
    partnership: Any, the_time: Any
) -> None:
    bring_in(partnership, the_time, [FILES[0], FILES[3], FILES[4], FILES[5]])
    wrong = decide(partnership, "1206", "N502", "same")
    the_time.shift(DAY)
    while_merged = timezone.localdate()
    the_time.shift(3 * DAY)
    joining.withdraw_judgement(judgement=wrong, by=partnership.operator)
    the_time.shift(DAY)
    ada, dale = child_of(partnership, "1206"), child_of(partnership, "N502")
    assert any("police" in key for key in keys(partnership, ada, Known.on(while_merged)))
    told = knowing.then(partnership.operator, ada, Known.on(while_merged))
    assert [one.local_id for one in told.no_longer] == ["N502"]

    worker = partnership.worker("csc")
    partnership.around(ada, worker)
    actor = worker.actor()
    seen = knowing.then(actor, people.get_child(actor, ada.ref), Known.on(while_merged))
    assert seen.no_longer == ()
    assert [one.agency for one in seen.child.identities] == ["csc"]
    assert not entries_known(actor, seen.child, Known.on(while_merged)).filter(agency="police").exists()
    page = partnership.signed_in("csc").get(
        reverse("desk:as_known", args=[ada.ref]), {"day": while_merged.isoformat()}
    )
    assert page.status_code == 200
    assert "N502" not in page.content.decode() and dale.ref not in page.content.decode()


def test_an_agency_that_looked_before_two_records_were_joined_was_not_shown_the_other_s_facts(
    partnership: Any, the_time: Any, monkeypatch: Any
) -> None:
    bring_in(partnership, the_time, [FILES[0], FILES[3]])
    apart = timezone.now()
    the_time.shift(DAY)
    decide(partnership, "1206", "N502", "same")
    the_time.shift(DAY)
    joined, child = timezone.now(), child_of(partnership, "1206")
    the_time.shift(DAY)

    def police_facts(looked: Any) -> list[str]:
        """Known to social care, whose worker opened the child's page at this moment."""
        monkeypatch.setattr(matters, "looks_at", lambda _: {"csc": knowing.Looks({}, [(looked, child.ref)])})
        known = Known.on(timezone.localdate() - timedelta(days=1), "csc")
        reading = picture.read(partnership.operator, child, feeds(), known=known)
        table = matters.facts(partnership.operator, child, reading, sent={}, known=known)
        return [v.text for row in table for cell in row.cells if cell.agency == "police" for v in cell.values]

    assert police_facts(apart) == []
    assert "Dale MERCER" in police_facts(joined)


def test_an_answer_about_one_thing_shows_from_the_day_it_was_given_to_the_day_it_was_taken_back(
    partnership: Any, the_time: Any
) -> None:
    bring_in(
        partnership, the_time,
        [("csc", "crosswalk.csv", CROSSWALK), ("csc", "m.csv", MISSING), ("police", "p.csv", POLICE_MISSING)],
    )  # fmt: skip
    by = partnership.operator
    sam = child_of(partnership, "1204")
    one = picture.read(by, sam, feeds()).picture.occurrences[0]
    days = [timezone.localdate()]
    the_time.shift(DAY)
    row = agreeing.decide_occurrence(
        child=sam, occurrence=one, verdict="rejected", reason="Other night.", by=by
    )
    days.append(timezone.localdate())
    the_time.shift(2 * DAY)
    agreeing.withdraw_verdict(child=sam, ref=row.ref, by=by)
    days.append(timezone.localdate())
    the_time.shift(DAY)
    found = [len(picture.read(by, sam, feeds(), known=Known.on(day)).picture.occurrences) for day in days]
    assert found == [2, 1, 2]


def test_as_known_today_the_whole_picture_is_the_current_one(partnership: Any, the_time: Any) -> None:
    bring_in(partnership, the_time)
    decide(partnership, "1206", "N502", "same")
    by = partnership.operator
    for person in Person.objects.filter(identities__isnull=False).distinct():
        child = people.get_child(by, person.ref)
        now = picture.read(by, child, feeds())
        known = Known.on(timezone.localdate())
        then = picture.read(by, child, feeds(at=known.at), known=known)
        assert (then.child, then.items) == (now.child, now.items)
        assert then.picture.occurrences == now.picture.occurrences
        earlier = picture.read(by, child, feeds(), known=Known.on(timezone.localdate() - timedelta(days=40)))
        assert earlier.items == ()


def test_the_slider_counts_when_it_is_moved_and_a_written_day_when_it_is_written(
    partnership: Any, the_time: Any
) -> None:
    bring_in(partnership, the_time, FILES[:1])
    ada = child_of(partnership, "1206")
    partnership.around(ada, partnership.worker("csc"))
    client, today = partnership.signed_in("csc"), timezone.localdate()
    address = reverse("desk:as_known", args=[ada.ref])

    def shown(**given: str) -> str:
        found = re.search(r"<h1[^>]*>As known on ([^<]+?)<", client.get(address, given).content.decode())
        assert found is not None
        return found[1].strip()

    week_ago, month_ago = today - timedelta(days=7), today - timedelta(days=30)
    in_words = {day: f"{day.day} {day:%B %Y}" for day in (today, week_ago, month_ago)}
    assert shown() == in_words[today]
    assert shown(day=week_ago.isoformat()) == in_words[week_ago]
    both = {"on": in_words[week_ago], "shown": week_ago.isoformat()}
    assert shown(**both, back="-7") == in_words[week_ago]
    assert shown(**both, back="-30") == in_words[month_ago]
    assert shown(on=in_words[month_ago], shown=week_ago.isoformat(), back="-7") == in_words[month_ago]
    assert shown(back="-30") == in_words[month_ago]
