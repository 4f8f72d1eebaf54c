"""The second factor of invented workers: their keys lie beside the demo's password, and codes are shown.

Nothing here works in another store: without the demo's own file there is no key to make a code from."""

from __future__ import annotations

from lineofsight.catalogue.errors import Refused
from lineofsight.demo import partnership
from lineofsight.partners import factors
from lineofsight.partners import queries as partners


def shown(email: str) -> str:
    """The code that this worker's app would show, as one that has not been used yet; '' outside the demo."""
    key = partnership.keys().get(email.casefold())
    return factors.next_code(partners.worker_by_email(email), key) if key else ""


def code_for(email: str) -> str:
    if not partnership.keys():
        raise Refused(
            "There is no demo in this data folder, so there is no code to show. Run: lineofsight demo"
        )
    code = shown(email)
    if not code:
        raise Refused(
            f"“{email}” is not one of the demo’s workers, or every code of this minute has been used. "
            "Wait half a minute, or run lineofsight demo to see the list."
        )
    return code
