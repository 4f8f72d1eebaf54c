"""Who asks, and about what: the values by which every guarded thing describes itself.

The policy knows nothing else, so it can sit below every table it protects.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a worker does here. Held with dates; labels are in the catalogue (`roles.yaml`)."""

    PRACTITIONER = "practitioner"
    TEAM_MANAGER = "team_manager"
    DUTY = "duty"
    COORDINATOR = "coordinator"
    REVIEWER = "reviewer"
    INSPECTOR = "inspector"
    ANALYST = "analyst"
    GUARDIAN = "guardian"
    INDEX_CUSTODIAN = "index_custodian"
    RECORDS_OFFICER = "records_officer"
    INFORMATION_OFFICER = "information_officer"
    SYS_ADMIN = "sys_admin"
    OPERATOR = "operator"  # someone with a shell on the server; never given to a signed-in worker


class Sharing(StrEnum):
    """With whom the owning agency shares an entry (security requirements 2.1 and 2.5)."""

    TEAM_AROUND = "team_around"
    AGENCY_ONLY = "agency_only"
    NAMED = "named"


class Shield(StrEnum):
    """How a person is protected as a whole. Of two, the stricter counts (A-G1)."""

    NONE = ""
    LOCATION = "location"
    SEALED = "sealed"


class State(StrEnum):
    """Of an entry, as far as it decides who may see it."""

    LIVE = "live"
    DRAFT = "draft"
    DISPOSED = "disposed"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a worker lives, for the check of A-S2 alone. Folded, so that it can be compared."""

    surname: str = ""
    postcode: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in worker on this request, with the roles that are in date now.

    `barred` says in words why the account may see no content (A-D1); empty when it may.
    `fresh`: signed in, or proved again, within the last minutes (A-C2). `vouched`: their agency's own sign-in has
    checked a second factor in this session."""

    ref: str
    name: str
    agency: str = ""
    team: str = ""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    barred: str = ""
    fresh: bool = False
    home: Home = Home()
    unreviewed: int = 0
    vouched: bool = False

    @classmethod
    def operator(cls) -> Actor:
        """Whoever runs a command on the server itself: named in the ledger by system account."""
        try:
            account = getpass.getuser()
        except (KeyError, OSError):
            account = "unknown"
        return cls(
            f"operator:{account}", f"{account} at the command line",
            roles=frozenset({Role.OPERATOR}), fresh=True,
        )  # fmt: skip

    @classmethod
    def nobody(cls) -> Actor:
        return cls("", "nobody signed in")

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, when it is no child's: a file, an account, the partnership itself."""

    kind: str
    ref: str = ""
    owner: str = ""

    @classmethod
    def partnership(cls) -> Subject:
        """Something that belongs to everyone, such as the search page or the catalogue."""
        return cls("partnership")


@dataclass(frozen=True, slots=True)
class PersonSubject(Subject):
    """A child or adult with a record, as far as it decides who may see them. All as of now.

    `members` and `teams`: who is in the team around the child, in their own name and as whole teams (ids).
    `led`: (agency, team) of each member, which lets that team's manager in.
    `duty`, `emergency`, `reviewing`: workers with a claim, an opened glass, a review or an inspection.
    `listed`, `location`, `identity`: workers named for a sealed person, their location, a former identity.
    `conflicted`: workers with a conflict of interest, declared, upheld or by kinship (A-D2, A-D3).
    `staff`: is, or lives with, a member of staff. `excluded`: agencies that may see nothing (A-D7)."""

    is_child: bool = True
    involved: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    led: frozenset[tuple[str, str]] = frozenset()
    duty: frozenset[str] = frozenset()
    emergency: frozenset[str] = frozenset()
    reviewing: frozenset[str] = frozenset()
    panel_open: bool = False
    shields: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    location: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()
    conflicted: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    staff: bool = False
    lead: str = ""
    disposed: bool = False

    @property
    def sealed(self) -> bool:
        return Shield.SEALED in self.shields

    @property
    def location_hidden(self) -> bool:
        return Shield.LOCATION in self.shields


@dataclass(frozen=True, slots=True)
class EntrySubject(Subject):
    """An entry in the chronology with the people it is about. `author_led`: agency and team of its author
    today. `named`, `recipients`, `released`: workers on its lists whose terms are in date."""

    about: tuple[PersonSubject, ...] = ()
    author: str = ""
    author_led: tuple[str, str] = ("", "")
    sharing: str = Sharing.TEAM_AROUND
    conceal: bool = False
    handling: str = ""
    sensitivity: str = ""
    state: str = State.LIVE
    named: frozenset[str] = field(default=frozenset())
    recipients: frozenset[str] = field(default=frozenset())
    released: frozenset[str] = field(default=frozenset())
