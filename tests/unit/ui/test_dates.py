"""Dates as people read and type them: what is shown can be read back, and nothing is guessed."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import PRECISIONS, When, local
from lineofsight.ui.dates import age_at, gap, iso, precision_words, show_when, understand

NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)

days = st.dates(date(1950, 1, 1), date(2090, 12, 31))
moments = st.datetimes(datetime(1950, 1, 1), datetime(2090, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


def month(day: date) -> When:
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return When(When.on(first).start, When.on(following).start, "month")


def year(day: date) -> When:
    return When(When.on(date(day.year, 1, 1)).start, When.on(date(day.year + 1, 1, 1)).start, "year")


whens = st.one_of(days.map(When.on), moments.map(When.at), days.map(month), days.map(year))


@given(whens)
def test_what_is_shown_is_read_back(when: When) -> None:
    again = understand(show_when(when), now=NOW)
    assert again.start <= when.start
    assert again.end >= when.end
    assert again.precision == when.precision


@given(moments)
def test_today_and_yesterday_are_read_back(now: datetime) -> None:
    for when in (When.at(now - timedelta(minutes=5)), When.on(local(now).date() - timedelta(days=1))):
        assert understand(show_when(when, now=now), now=now).start == when.start


@given(first=days, length=st.integers(1, 400))
def test_a_range_of_days_is_read_back(first: date, length: int) -> None:
    when = When(When.on(first).start, When.on(first + timedelta(days=length)).end, "day")
    assert understand(show_when(when), now=NOW).start == when.start
    assert understand(show_when(when), now=NOW).end == when.end


in_month, months = st.integers(1, 28), st.integers(1, 12)
undated = st.one_of(
    st.builds(lambda d, m: f"{d}/{m}", in_month, months),
    st.builds(lambda d, m: f"{d} {m}", in_month, st.sampled_from(["May", "Sept", "december", "Feb"])),
    st.builds(lambda d, m, h: f"{d}/{m} {h:02}:40", in_month, months, st.integers(0, 23)),
    st.sampled_from(
        ["May", "November", "December", "late November", "half-term", "about half-term", "autumn term",
         "spring term", "summer term", "Monday", "tue 23:50", "last Sunday", "22:40", "23:59", "christmas",
         "easter", "29/2"]
    ),
)  # fmt: skip


@given(text=undated, now=moments)
def test_a_date_without_a_year_is_never_in_the_future(text: str, now: datetime) -> None:
    assert understand(text, now=now).start <= now


@given(st.one_of(st.text(max_size=200), st.from_regex(r"[0-9/.: a-z-]{0,30}", fullmatch=True)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        when = understand(text, now=NOW)
    except Refused as refusal:
        assert "Try " in str(refusal)
    else:
        assert show_when(when)


WORDS = [
    "3", "31", "5", "0", "2026", "26", "May", "june", "/", "-", ".", "to", "and", "about", "last", "next",
    "22:40", "10pm", "half-term", "term", "morning", "week", "of", "ago", "2", "weeks", "tuesday", "not",
    "known", "noon", "'", "early", "0000", "9999", "in", "on", "the",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join))
def test_any_mixture_of_date_words_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        assert show_when(understand(text, now=NOW))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3/5", "Sun 3 May 2026"),
        ("3/5/26", "Sun 3 May 2026"),
        ("3.5.2026", "Sun 3 May 2026"),
        ("2026-05-03", "Sun 3 May 2026"),
        ("the 3rd of May", "Sun 3 May 2026"),
        ("Sunday 3 May", "Sun 3 May 2026"),
        ("3/12", "Wed 3 December 2025"),
        ("3 May 2026 22:40", "Sun 3 May 2026, 22:40"),
        ("3 May 2026, 10.40pm", "Sun 3 May 2026, 22:40"),
        ("22:40 on 3 May 2026", "Sun 3 May 2026, 22:40"),
        ("2240hrs 3/5/26", "Sun 3 May 2026, 22:40"),
        ("yesterday 22:40", "Sun 1 November 2026, 22:40"),
        ("10pm yesterday", "Sun 1 November 2026, 22:00"),
        ("22:40", "Sun 1 November 2026, 22:40"),
        ("last Tuesday", "Tue 27 October 2026"),
        ("last Monday", "Mon 26 October 2026"),
        ("Friday evening", "Fri 30 October 2026, evening"),
        ("May 2024", "May 2024"),
        ("in May", "May 2026"),
        ("December", "December 2025"),
        ("2024", "2024"),
        ("school year 2024/25", "school year 2024/25"),
        ("autumn term 2025", "autumn term 2025"),
        ("spring term", "spring term 2026"),
        ("about half-term", "about 28 October 2026"),
        ("about 3 May", "about 3 May 2026"),
        ("about May 2024", "about May 2024"),
        ("3-6 May 2026", "3 to 6 May 2026"),
        ("28 April to 3 May", "28 April to 3 May 2026"),
        ("between 30 December 2025 and 2 January 2026", "30 December 2025 to 2 January 2026"),
        ("3 May 2026 22:40 to 01:10", "Sun 3 May 2026, 22:40 to Mon 4 May 2026, 01:10"),
        ("week of 6 May 2026", "week of Mon 4 May 2026"),
        ("29/2", "Thu 29 February 2024"),
        ("not known", "not known when"),
        ("Sun 25 Oct 2026 01:30 GMT", "Sun 25 October 2026, 01:30 GMT"),
    ],
)
def test_what_people_type(text: str, shown: str) -> None:
    when = understand(text, now=NOW)
    assert show_when(when) == shown
    assert when.text == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("31/2", "There is no 31 February"),
        ("5/24", "The day comes first"),
        ("Tuesday 3 May 2026", "was a Sunday, not a Tuesday"),
        ("3/5/26 25:10", "25:10 is not a time"),
        ("6 May to 3 May 2026", "ends before it starts"),
        ("May 2024 22:40", "needs a day"),
        ("half-term 2025", "which half-term"),
        ("1/1/1066", "between 1900 and 2199"),
        ("after the party", "could not read “after the party”"),
        ("", "Say when it happened"),
    ],
)
def test_a_refusal_says_why_and_what_to_try(text: str, part: str) -> None:
    with pytest.raises(Refused) as refused:
        understand(text, now=NOW)
    assert part in str(refused.value)
    assert "yesterday 22:40" in str(refused.value)


def test_today_is_called_today() -> None:
    assert show_when(When.at(NOW), now=NOW) == "today, 14:30"
    assert show_when(When.on(date(2026, 11, 1)), now=NOW) == "yesterday"


@given(whens, st.sampled_from(PRECISIONS))
def test_every_precision_can_be_shown(when: When, precision: str) -> None:
    other = When(when.start, when.end, precision)
    assert show_when(other)
    assert iso(other)
    assert isinstance(precision_words(other), str)


@pytest.mark.parametrize(
    ("birth_from", "birth_to", "day", "age"),
    [
        (date(2010, 3, 12), date(2010, 3, 12), date(2026, 3, 11), "15"),
        (date(2010, 3, 12), date(2010, 3, 12), date(2026, 3, 12), "16"),
        (date(2011, 1, 1), date(2011, 12, 31), date(2026, 5, 3), "14 or 15"),
        (date(2009, 1, 1), date(2011, 12, 31), date(2026, 5, 3), "14 to 17"),
        (date(2026, 3, 1), None, date(2026, 5, 3), "under 1"),
        (date(2026, 6, 1), date(2026, 6, 1), date(2026, 5, 3), "before birth"),
        (None, None, date(2026, 5, 3), ""),
    ],
)
def test_age_at_the_time(birth_from: date | None, birth_to: date | None, day: date, age: str) -> None:
    assert age_at(birth_from, birth_to, day) == age


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (timedelta(seconds=20), "at the same time"),
        (timedelta(minutes=20), "20 minutes later"),
        (timedelta(hours=1), "1 hour later"),
        (timedelta(days=1), "1 day later"),
        (timedelta(days=45), "6 weeks later"),
        (timedelta(days=200), "7 months later"),
        (timedelta(days=-3), "3 days earlier"),
        (timedelta(days=800), "2 years later"),
    ],
)
def test_gap(apart: timedelta, words: str) -> None:
    assert gap(NOW, NOW + apart) == words
