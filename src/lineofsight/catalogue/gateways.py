"""Statutory gateways on which a decision to share rests (`gateways.yaml`), each from and until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Gateway:
    """`verified`: how far the row was read against the Act; until not included."""

    code: str
    label: str
    says: str
    source: str
    verified: str = "unverified"
    since: date | None = None
    until: date | None = None

    def is_in_date(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or self.until > day)

    @property
    def words(self) -> str:
        """The name, with its mark while nobody has read it in full."""
        return self.label if self.verified == "read" else f"{self.label} ({self.verified.replace('_', ' ')})"


@cache
def gateways() -> dict[str, Gateway]:
    try:
        return {row["code"]: Gateway(**row) for row in book.rows("gateways.yaml", "gateways")}
    except (TypeError, KeyError) as error:
        raise CatalogueError(
            f"{book.find('gateways.yaml')}: a row has a missing or unknown key ({error})."
        ) from error


def open_on(day: date) -> list[Gateway]:
    return [gateway for gateway in gateways().values() if gateway.is_in_date(day)]


@cache
def told() -> dict[str, str]:
    """What may be said of whether the family was told."""
    return {row["code"]: row["label"] for row in book.rows("gateways.yaml", "told")}
