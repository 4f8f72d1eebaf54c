"""Everything that can go wrong by intention. Each carries a sentence for a tired person:
what happened, where, and what to do next. Turned into a page or an exit code once, at the edge."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal with words. `str(error)` is safe and fit to show.

    `refusal`: who was refused what, when the policy decided it; for the ledger."""

    refusal: Any = None


class NotFound(DomainError):
    """There is no such thing, or not for this person. The two must look alike (A-X1)."""


class NotAllowed(DomainError):
    """The person may know of the thing but may not do this to it."""


class PointerOnly(NotAllowed):
    """The record exists and is not shown: whose it is, and so whom to ring, is the answer."""

    def __init__(self, words: str, *, agency: str) -> None:
        super().__init__(words)
        self.agency = agency


class StepNeeded(DomainError):
    """A further step comes first: a purpose, a reason, proving again who one is, a second person (A-C1, A-C2).

    `prove`: it is the proof of who one is that is missing."""

    def __init__(self, words: str, *, prove: bool = False) -> None:
        super().__init__(words)
        self.prove = prove


class Refused(DomainError):
    """The input cannot be used as it stands. Nothing was changed."""

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class AlreadyThere(Refused):
    """The same thing was given before, so there is nothing to do."""


class HasDependents(Refused):
    """It cannot be undone while other work rests on it."""


class TooMuch(DomainError):
    """More than one person may ask for in this time. `seconds`: when it goes on."""

    def __init__(self, words: str, *, seconds: int) -> None:
        super().__init__(words)
        self.seconds = seconds


class CatalogueError(DomainError):
    """A catalogue file is wrong: names the file, the place and the reason. Stops the start-up check."""


class ServerError(DomainError):
    """The embedded database cannot be started safely; says why and what to do."""


class LedgerUnavailable(DomainError):
    """The ledger cannot be written, so nothing may be shown or done (L-2)."""

    def __init__(self) -> None:
        super().__init__(
            "Looks cannot be recorded at the moment, so nothing can be shown or changed. Nothing was lost. "
            "Try again in a few minutes; if it lasts, tell the people who run the service."
        )
