"""Second factors: an app that shows a code (TOTP, RFC 6238), passkeys (WebAuthn), and recovery codes on paper.

Each proof works once: a code is refused the second time, a passkey's count must rise, a recovery code is used
up. Rows are locked while they are looked at, so that two requests at once cannot both use one proof.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import secrets
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.db import transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.refs import ALPHABET, tidy_ref
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners.models import RecoveryCode, SecondFactor, Worker
from lineofsight.partners.sealing import digest, seal, unseal

STEP_SECONDS, DIGITS = 30, 6
#: A clock may be one step off.
TOLERANCE = 1

# --- an app that shows codes ------------------------------------------------------------------------------


def new_app_secret() -> str:
    """160 random bits, as apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def app_address(worker: Worker, secret: str, issuer: str) -> str:
    """What the picture for the app says."""
    label = quote(f"{issuer}:{worker.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def code_at(secret: str, step: int) -> str:
    """RFC 4226: six digits for one step of time."""
    key = base64.b32decode(secret, casefold=True)
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    place = mac[-1] & 0x0F
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def code_now(secret: str) -> str:
    return code_at(secret, step_now())


def step_now() -> int:
    return int(time.time()) // STEP_SECONDS


def step_of(secret: str, code: str, *, after: int = 0) -> int:
    """The step whose code this is, later than `after`; 0 when it is none of those that count now."""
    typed = "".join(code.split()).replace("-", "")
    found = 0
    for step in range(step_now() - TOLERANCE, step_now() + TOLERANCE + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed.encode()) and step > after:
            found = step
    return found


def next_code(worker: Worker, secret: str) -> str:
    """A code of this key that would be taken now and has not been used; '' when all of them have."""
    used = max((factor.counter for factor in worker.factors.filter(kind=SecondFactor.APP)), default=0)
    step = max(step_now(), used + 1)
    return code_at(secret, step) if step <= step_now() + TOLERANCE else ""


def give_app(worker: Worker, secret: str, name: str = "Code app") -> SecondFactor:
    """An app whose key is known beforehand, as for invented workers and in tests."""
    return SecondFactor.objects.create(worker=worker, kind=SecondFactor.APP, name=name, secret=seal(secret))


def add_app(worker: Worker, secret: str, code: str, name: str = "Code app") -> SecondFactor:
    step = step_of(secret, code)
    if not step:
        raise Refused(
            "That code does not fit. Wait for the next one in the app and type it at once. "
            "If it never fits, check that the clock of your phone is set by itself.",
            field="code",
        )
    return SecondFactor.objects.create(
        worker=worker, kind=SecondFactor.APP, name=name, secret=seal(secret), counter=step
    )


@transaction.atomic
def takes_code(worker: Worker, code: str) -> str:
    """Uses up a code of an app or of the paper: which of the two it was, '' when it is neither."""
    for factor in worker.factors.select_for_update().filter(kind=SecondFactor.APP):
        if step := step_of(unseal(factor.secret), code, after=factor.counter):
            factor.counter, factor.used_at = step, timezone.now()
            factor.save(update_fields=["counter", "used_at"])
            return "app"
    wanted = recovery_digest(worker, code)
    unused = RecoveryCode.objects.select_for_update().filter(worker=worker, digest=wanted, used_at=None)
    return "recovery code" if unused.update(used_at=timezone.now()) else ""


# --- recovery codes ---------------------------------------------------------------------------------------


def recovery_digest(worker: Worker, code: str) -> str:
    return digest("recovery", f"{worker.ref} {tidy_ref(code)}")


def new_recovery_codes(worker: Worker) -> list[str]:
    """Fresh codes of 50 random bits, such as `7K3M9-QX2W4`; earlier ones stop working."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(numbers().recovery_codes)]
    with transaction.atomic():
        worker.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(worker=worker, digest=recovery_digest(worker, code)) for code in codes
        )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


# --- passkeys ---------------------------------------------------------------------------------------------


def takes_passkeys(host: str) -> bool:
    """Browsers bind a passkey to a name. At a bare address, such as 127.0.0.1, there can be none."""
    try:
        ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return True
    return False


def passkey_server(origin: str) -> Fido2Server:
    """For exactly the scheme, name and port of the page that asks."""
    name = origin.split("://", 1)[1].rsplit(":", 1)[0]
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=name, name="Line of Sight"), verify_origin=lambda said: said == origin
    )


def credentials(worker: Worker) -> dict[int, AttestedCredentialData]:
    keys = worker.factors.filter(kind=SecondFactor.PASSKEY)
    return {key.pk: AttestedCredentialData(websafe_decode(unseal(key.secret))) for key in keys}


def begin_passkey(worker: Worker, origin: str) -> tuple[str, dict[str, Any]]:
    """What the browser is asked for a new passkey, and what must be remembered until it answers."""
    options, state = passkey_server(origin).register_begin(
        PublicKeyCredentialUserEntity(id=worker.ref.encode(), name=worker.email, display_name=worker.name),
        list(credentials(worker).values()),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return json.dumps(dict(options)["publicKey"]), state


def add_passkey(worker: Worker, origin: str, state: Any, answer: str, name: str) -> SecondFactor:
    try:
        response = RegistrationResponse.from_dict(json.loads(answer))
        made = passkey_server(origin).register_complete(state, response)
        data = made.credential_data
        assert data is not None
    except Exception as error:  # whatever a browser may send, what cannot be checked is not taken
        raise Refused("The passkey could not be taken. Try once more on this page.", field="name") from error
    return SecondFactor.objects.create(
        worker=worker,
        kind=SecondFactor.PASSKEY,
        name=name,
        secret=seal(websafe_encode(data)),
        counter=made.counter,
    )


def ask_passkey(worker: Worker, origin: str) -> tuple[str, dict[str, Any]]:
    options, state = passkey_server(origin).authenticate_begin(
        list(credentials(worker).values()), user_verification=UserVerificationRequirement.PREFERRED
    )
    return json.dumps(dict(options)["publicKey"]), state


@transaction.atomic
def takes_passkey(worker: Worker, origin: str, state: Any, answer: str) -> bool:
    """Whether this is a passkey of this worker, answering this very question. A count that does not rise
    means a copy, and is refused (WebAuthn 6.1.1)."""
    known = credentials(worker)
    if not known or not state:
        return False
    try:
        response = AuthenticationResponse.from_dict(json.loads(answer))
        used = passkey_server(origin).authenticate_complete(state, list(known.values()), response)
    except Exception:  # a wrong signature, and whatever else a browser may send: no
        return False
    which = next(pk for pk, data in known.items() if data.credential_id == used.credential_id)
    factor = SecondFactor.objects.select_for_update().get(pk=which)
    counter = response.response.authenticator_data.counter
    if counter and counter <= factor.counter:
        return False
    factor.counter, factor.used_at = counter, timezone.now()
    factor.save(update_fields=["counter", "used_at"])
    return True
