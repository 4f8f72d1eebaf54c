"""Small secrets: kept encrypted where they must be read again, as a keyed digest where they must not.

The keys come from SECRET_KEY, which lies outside the database, so a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

PURPOSE = b"lineofsight.partners.sealing"


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), PURPOSE, "sha256"))


def _box() -> MultiFernet:
    """The first key seals; earlier ones (SECRET_KEY_FALLBACKS) still open."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(str(secret))) for secret in secrets])


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    return _box().decrypt(sealed.encode()).decode()


def digest(purpose: str, text: str) -> str:
    """The same text gives the same digest, and nobody without the key can try texts against it."""
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE + purpose.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
