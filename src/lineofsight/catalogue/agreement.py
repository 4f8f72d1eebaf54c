"""What the partnership decided about agreement, gaps and corrections (`agreement.yaml`), as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.spec import Spec


@dataclass(frozen=True, slots=True)
class Fact:
    """A thing that agencies may hold differently. `stale_after_days` 0: it does not age."""

    code: str
    label: str
    location: bool
    stale_after_days: int


@dataclass(frozen=True, slots=True)
class Agreement:
    clocks: dict[str, int]
    days_after_an_entry: int
    days_by_agency: dict[str, int]
    silence_words: str
    alone_from: int
    facts: tuple[Fact, ...]
    same_for_all: frozenset[str]
    risk_facts: tuple[str, ...]
    key_facts: dict[str, str]
    answers: dict[str, str]
    bands: dict[int, str]
    changes: dict[str, int]
    chart_method: str
    chart_factor: float
    chart_months: int
    chart_source: str
    bank_holidays: frozenset[date]

    def fact(self, code: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.code == code), None)

    def lingers(self, agency: str) -> int:
        """Days for which an entry alone counts as being involved."""
        return self.days_by_agency.get(agency, self.days_after_an_entry)


@cache
def agreement() -> Agreement:
    place = str(book.find("agreement.yaml"))
    spec = Spec(book.read("agreement.yaml"), place)
    involved, chart = spec.part("involvement"), spec.part("process_chart")
    return Agreement(
        clocks={
            row.text("code", needed=True): int(row.text("working_days", needed=True))
            for row in spec.rows("clocks")
        },
        days_after_an_entry=int(involved.text("days_after_an_entry", needed=True)),
        days_by_agency={code: int(days) for code, days in involved.words("by_agency").items()},
        silence_words=spec.part("silence").text("words", needed=True),
        alone_from=int(spec.part("alone").text("from_harm_class", needed=True)),
        facts=tuple(
            Fact(
                row.text("code", needed=True),
                row.text("label", needed=True),
                row.flag("location"),
                int(row.text("stale_after_days") or 0),
            )
            for row in spec.rows("facts")
        ),
        same_for_all=frozenset(spec.texts("same_for_all")),
        risk_facts=spec.part("risk").texts("facts"),
        key_facts=_labels(spec, "key_facts"),
        answers=_labels(spec, "answers"),
        bands={
            int(row.text("harm_class", needed=True)): row.text("label", needed=True)
            for row in spec.rows("bands")
        },
        changes={
            row.text("kind", needed=True): int(row.text("days", needed=True)) for row in spec.rows("changes")
        },
        chart_method=chart.text("method", needed=True),
        chart_factor=float(chart.text("factor", needed=True)),
        chart_months=int(chart.text("fewest_months", needed=True)),
        chart_source=chart.text("source", needed=True),
        bank_holidays=frozenset(date.fromisoformat(day) for day in spec.part("bank_holidays").texts("days")),
    )


def _labels(spec: Spec, key: str) -> dict[str, str]:
    return {row.text("code", needed=True): row.text("label", needed=True) for row in spec.rows(key)}


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in agreement().bank_holidays


@cache
def working_days_after(day: date, count: int) -> date:
    """The day so many working days later (earlier when negative); 0 is the day itself."""
    step = timedelta(days=1 if count >= 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def due(clock: str, asked: date) -> date:
    """The last working day on which an answer is in time."""
    return working_days_after(asked, agreement().clocks[clock])
