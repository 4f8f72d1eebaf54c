"""The one reader of the environment. Says what is missing and how to supply it."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from lineofsight.catalogue.errors import Refused

TRUE = {"1", "true", "yes", "on"}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    value = text(name)
    return value.lower() in TRUE if value else default


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[str]:
    """Addresses or networks, such as 10.0.0.5 or 10.0.0.0/24."""
    given = words(name)
    for word in given:
        try:
            ipaddress.ip_network(word, strict=False)
        except ValueError:
            raise Refused(
                f"{name} holds “{word}”, which is not an address or a network. Write 10.0.0.5 or 10.0.0.0/24, with commas."
            ) from None
    return given


def data_folder() -> Path:
    """Where the embedded database and the received files live."""
    return Path(text("LINEOFSIGHT_DATA", "./var")).expanduser().resolve()


def database(url: str) -> dict[str, object]:
    """Django's settings for a `postgresql://user:password@host:port/name?options` address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Refused(
            "DATABASE_URL must start with postgresql://. Line of Sight runs on PostgreSQL 15 or newer."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "lineofsight",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "") or ""),
        "OPTIONS": options,
    }
