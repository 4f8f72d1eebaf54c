"""A cell that goes on and on is looked at once, and means no time (I-11)."""

from __future__ import annotations

import time

import pytest

from lineofsight.records import spans
from lineofsight.records.drafting import STYLES


@pytest.mark.parametrize("run", [" ", "\t", ",", "about ", "a ", "1 ", "- ", "3 May ", "week of ", " to "])
def test_a_cell_that_goes_on_and_on_is_not_read_again_and_again(run: str) -> None:
    begun = time.process_time()
    assert spans.read(run * (32_000 // len(run)) + "!", STYLES) is None
    assert time.process_time() - begun < 0.5


def test_spaces_between_the_words_do_not_matter() -> None:
    plain, spread = "3 May 2026 about 10:15", "  3 May\t 2026   about  10:15 "
    one, other = spans.read(plain, STYLES), spans.read(spread, STYLES)
    assert one is not None and other is not None
    assert (one.start, one.end, one.precision) == (other.start, other.end, other.precision)
