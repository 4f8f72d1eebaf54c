"""Signing in with an agency's own identity provider (OpenID Connect, N-1).

A provider says who somebody is; it never makes an account. Its first word on a person counts only for an
address of the agency's own domains that has an open invitation here; from then on its subject is what counts.
Authlib speaks the protocol: discovery, state, PKCE, nonce, and the signature, issuer, audience and times of the
identity token.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from joserfc.errors import JoseError
from requests import RequestException

from lineofsight.catalogue.errors import CatalogueError, Refused
from lineofsight.partners.models import Invitation, Worker

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
#: Seconds to wait for a provider; and how old its word may be when someone is asked to prove who they are.
PATIENCE, JUST_NOW = 10, 120
OUT_OF_REACH = (
    "Your agency’s sign-in could not be reached, or did not answer as it should. Try again in a few minutes. "
    "Whoever is signed in can go on working."
)


@dataclass(frozen=True, slots=True)
class Provider:
    """One agency's identity provider. `proof`: which claim shows a second factor, and which of its values;
    without one, this product asks for its own second factor."""

    agency: str
    name: str
    issuer: str
    client_id: str
    secret: str
    domains: frozenset[str]
    proof_claim: str = ""
    proof_values: frozenset[str] = frozenset()
    passwords: bool = False

    def shows_second_factor(self, claims: Mapping[str, Any]) -> bool:
        said = claims.get(self.proof_claim) if self.proof_claim else None
        values = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
        return bool(self.proof_values & values)


def providers() -> tuple[Provider, ...]:
    return read(settings.SINGLE_SIGN_ON) if settings.SINGLE_SIGN_ON else ()


def provider_of(agency: str) -> Provider | None:
    return next((provider for provider in providers() if provider.agency == agency), None)


def takes_passwords(agency: str) -> bool:
    provider = provider_of(agency)
    return provider is None or provider.passwords


@cache
def read(place: str) -> tuple[Provider, ...]:
    """The file that LINEOFSIGHT_SINGLE_SIGN_ON names. Secrets stay in the environment."""
    try:
        content = yaml.safe_load(Path(place).read_text(encoding="utf-8"))
        return tuple(one(row, place) for row in content["agencies"])
    except OSError as error:
        raise CatalogueError(
            f"{place}: the file on single sign-on cannot be read ({error.strerror})."
        ) from error
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise CatalogueError(
            f"{place}: 'agencies' must be a list of rows, each with every key ({error})."
        ) from error


def one(row: dict[str, Any], place: str) -> Provider:
    issuer = str(row["issuer"]).rstrip("/")
    if not issuer.startswith("https://") and urlsplit(issuer).hostname not in LOOPBACK:
        raise CatalogueError(f"{place}, {row['agency']}: the issuer must be an https address.")
    secret = os.environ.get(row["secret_from"], "")
    if not secret:
        raise CatalogueError(f"{place}, {row['agency']}: the environment has no {row['secret_from']}.")
    proof = row.get("second_factor") or {}
    return Provider(
        agency=row["agency"], name=row["name"], issuer=issuer, client_id=row["client_id"], secret=secret,
        domains=frozenset(domain.casefold() for domain in row["domains"]),
        proof_claim=proof.get("claim", ""), proof_values=frozenset(proof.get("any_of", ())),
        passwords=bool(row.get("passwords", False)),
    )  # fmt: skip


@cache
def client(provider: Provider) -> Any:
    return OAuth().register(
        provider.agency,
        client_id=provider.client_id,
        client_secret=provider.secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile", "code_challenge_method": "S256", "timeout": PATIENCE,
        },
    )  # fmt: skip


def ask(request: HttpRequest, provider: Provider, back: str, *, again: bool = False) -> HttpResponse:
    """Sends the browser to the provider. `again`: the person must prove who they are there, now."""
    more = {"prompt": "login", "max_age": "0"} if again else {}
    try:
        return client(provider).authorize_redirect(request, back, **more)
    except (RequestException, OAuthError, RuntimeError, ValueError) as error:
        raise Refused(OUT_OF_REACH) from error


def answer(request: HttpRequest, provider: Provider) -> dict[str, Any]:
    """What the provider vouches for, once signature, issuer, audience, times and nonce have been checked."""
    try:
        token = client(provider).authorize_access_token(request)
        claims = dict(token["userinfo"])
    except (RequestException, OAuthError, JoseError, RuntimeError, ValueError, KeyError) as error:
        raise Refused(OUT_OF_REACH) from error
    if claims.get("iss", "").rstrip("/") != provider.issuer or not claims.get("sub"):
        raise Refused(OUT_OF_REACH)
    return claims


def is_just_now(claims: Mapping[str, Any]) -> bool:
    """A provider that was asked with `max_age` must say when the person last proved who they are."""
    asked = claims.get("auth_time")
    return isinstance(asked, int | float) and abs(time.time() - asked) < JUST_NOW


def worker_for(provider: Provider, claims: Mapping[str, Any]) -> Worker | None:
    """The worker whom the provider's subject names, or whom an open invitation now binds to it."""
    ours = Worker.objects.select_related("agency", "team").filter(agency__code=provider.agency)
    bound = ours.filter(subject_there=claims["sub"]).first()
    if bound is not None:
        return bound
    email = str(claims.get("email", "")).casefold()
    if claims.get("email_verified") is not True or email.rpartition("@")[2] not in provider.domains:
        return None
    invited = ours.filter(email__iexact=email, subject_there="").first()
    if invited is None:
        return None
    now = timezone.now()
    if not Invitation.objects.filter(worker=invited, used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    invited.subject_there = claims["sub"]
    invited.save(update_fields=["subject_there"])
    return invited
