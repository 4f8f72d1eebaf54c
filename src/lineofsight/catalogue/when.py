"""A moment as a source knew it: a range of time that carries its own precision.

Agencies write "3 May 22:40", "May 2024", "about half-term" and "not known". All are kept as a
half-open range in UTC plus the words that were written, so that sorting, gaps and "age at the time"
work without pretending to an exactness that nobody had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

PRECISIONS = (
    "second", "minute", "hour", "half_day", "day", "week", "month", "term", "year", "about", "unknown",
)  # fmt: skip

#: Stands for "not known when": before any record, so that undated entries sort together.
UNKNOWN_START = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class When:
    """`start <= end`, both aware; `text` is what the source wrote."""

    start: datetime
    end: datetime
    precision: str
    text: str = ""

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(f"{self.precision!r} is not a precision; one of {', '.join(PRECISIONS)}")
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a When needs aware datetimes")
        if self.end < self.start:
            raise ValueError(f"it ends ({self.end}) before it starts ({self.start})")

    @classmethod
    def on(cls, day: date, text: str = "") -> When:
        """A whole day in the partnership's own time."""
        return cls(midnight(day), midnight(day + timedelta(days=1)), "day", text)

    @classmethod
    def at(cls, moment: datetime, text: str = "", precision: str = "minute") -> When:
        """A moment; a naive one is read as the partnership's own time."""
        moment = aware(moment)
        return cls(moment, moment, precision, text)

    @classmethod
    def between(cls, start: datetime, end: datetime, precision: str, text: str = "") -> When:
        return cls(aware(start), aware(end), precision, text)

    @classmethod
    def unknown(cls, text: str = "") -> When:
        return cls(UNKNOWN_START, UNKNOWN_START, "unknown", text)

    @property
    def is_known(self) -> bool:
        return self.precision != "unknown"

    @property
    def has_time(self) -> bool:
        return self.precision in ("second", "minute", "hour")


def aware(moment: datetime) -> datetime:
    """UTC; a naive moment is the partnership's own time."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LONDON)
    return moment.astimezone(UTC)


def midnight(day: date) -> datetime:
    return aware(datetime.combine(day, time.min))


def local(moment: datetime) -> datetime:
    """The same moment on the partnership's clock."""
    return moment.astimezone(LONDON)
