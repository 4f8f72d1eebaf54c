"""How Python's collector of cyclic garbage is set in a process that works for long."""

from __future__ import annotations

import gc


def settle() -> None:
    """What is loaded stays for as long as the process does. Without this the collector walks through all of it again
    and again: eight milliseconds of each page, and a third of the time in which a file comes in. Rows, entries and
    pages hold no cycles, so nearly everything is let go without it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
