"""What `lineofsight check` says about the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning


def ledger_settings(**_: Any) -> list[CheckMessage]:
    """In production heads go elsewhere and keys are given, not made up."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if not settings.LEDGER_TERMS_KEY:
        found.append(
            Error(
                "Searches cannot be recorded without a key for their hashes.",
                hint="Set LINEOFSIGHT_LEDGER_TERMS_KEY to a long random text.", id="access.E001",
            )
        )  # fmt: skip
    if Path(settings.LEDGER_HEADS).is_relative_to(settings.DATA):
        found.append(
            Warning(
                "The heads of the ledger are copied to a folder beside the database.",
                hint="Set LINEOFSIGHT_LEDGER_HEADS to a folder on another machine.", id="access.W001",
            )
        )  # fmt: skip
    return found
