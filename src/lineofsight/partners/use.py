"""How much one person may ask for (I-11): counted in PostgreSQL, in fixed stretches of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from lineofsight.catalogue.errors import TooMuch
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners.models import Use

REQUESTS, INDEX_SEARCHES = "requests", "index_searches"
WHAT = {REQUESTS: "pages", INDEX_SEARCHES: "searches of the index"}

COUNT = (
    "INSERT INTO partners_use (worker, what, stretch, times) VALUES (%s, %s, %s, 1)"
    " ON CONFLICT (worker, what, stretch) DO UPDATE SET times = partners_use.times + 1 RETURNING times"
)


def count(worker_ref: str, what: str) -> None:
    """One more. Raises `TooMuch` with the time at which it goes on, when there were too many."""
    most = getattr(numbers(), f"{what}_most")
    seconds = getattr(numbers(), f"{what}_minutes") * 60
    stretch = int(time.time()) // seconds
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [worker_ref, what, stretch])
        times = cursor.fetchone()[0]
    if times > most:
        again = (stretch + 1) * seconds
        at = datetime.fromtimestamp(again, UTC).astimezone(ZoneInfo("Europe/London"))
        raise TooMuch(
            f"That was more than {most} {WHAT[what]} in {seconds // 60} minutes, so it stops here for a while. "
            f"It goes on at {at:%H:%M}. If your work needs more, ask the person who manages access for your agency.",
            seconds=max(1, again - int(time.time())),
        )


def forget_old(days: int = 2) -> int:
    """Stretches differ in length, so what is old is told by the longest."""
    longest = max(numbers().requests_minutes, numbers().index_searches_minutes) * 60
    removed = 0
    for what in WHAT:
        seconds = getattr(numbers(), f"{what}_minutes") * 60
        oldest = (int(time.time()) - days * max(86_400, longest)) // seconds
        removed += Use.objects.filter(what=what, stretch__lt=oldest).delete()[0]
    return removed
