"""Who asks, and about what: the two values by which every guarded thing describes itself.

The policy knows nothing else, so it can sit below every table it protects.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a worker does here. Held with dates; labels are in the catalogue (`roles.yaml`)."""

    PRACTITIONER = "practitioner"
    MANAGER = "manager"
    COORDINATOR = "coordinator"
    INFORMATION_OFFICER = "information_officer"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"  # someone with a shell on the server; never given to a signed-in worker


class Handling(StrEnum):
    """How carefully an entry is held. Follows the entry into every list, page and document."""

    STANDARD = "standard"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in worker on this request, with the roles that are in date now."""

    ref: str
    name: str
    agency: str = ""
    team: str = ""
    roles: frozenset[str] = frozenset()

    @classmethod
    def operator(cls) -> Actor:
        """Whoever runs a command on the server itself: named in the ledger by system account."""
        try:
            account = getpass.getuser()
        except (KeyError, OSError):
            account = "unknown"
        return cls(f"operator:{account}", f"{account} at the command line", roles=frozenset({Role.OPERATOR}))

    @classmethod
    def nobody(cls) -> Actor:
        return cls("", "nobody signed in")

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about. `involved`: agencies that hold a record of the child;
    `circle`: workers in the team around the child today."""

    kind: str
    ref: str = ""
    owner: str = ""
    involved: frozenset[str] = frozenset()
    circle: frozenset[str] = frozenset()
    handling: str = Handling.STANDARD
    restricted: bool = False

    @classmethod
    def partnership(cls) -> Subject:
        """Something that belongs to everyone, such as the search page or the catalogue."""
        return cls("partnership")
