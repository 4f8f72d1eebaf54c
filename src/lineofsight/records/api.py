"""The JSON interface for agencies' own systems: a file in, its preview, commit and undo, as on the pages.

An agency's key opens that agency's files alone. Refusals are the same sentences as on the pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Header, NinjaAPI, Query, Schema, Status
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer

from lineofsight import __version__
from lineofsight.access import guard
from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import (
    AlreadyThere,
    DomainError,
    HasDependents,
    NotAllowed,
    NotFound,
    Refused,
    TooMuch,
)
from lineofsight.catalogue.limits import limits
from lineofsight.partners import use
from lineofsight.records import feeds, keys, queries, sender_report, services

CHUNK = 1 << 20


class AgencyKey(HttpBearer):
    """`Authorization: Bearer los_…`: the key that the partnership gave to the agency."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        with guard.as_system("whose key"):
            key = keys.key_for(token)
        if key is None:
            return None
        use.count(key.ref, use.REQUESTS)
        actor = request.actor = keys.actor_of(key)  # type: ignore[attr-defined]
        require(actor, Permission.FILES_VIEW, Subject.partnership())
        guard.act_as_key(key.ref)
        return key


api = NinjaAPI(
    title="Line of Sight: files in",
    version=__version__,
    description=(
        "Bring an agency's files in by program. A file is received and read first; its preview says what would change; "
        "nothing goes in before `commit`, and `undo` takes it out again. Every refusal carries a sentence in `error`."
    ),
    auth=AgencyKey(),
    docs_url=None,
    urls_namespace="api",
)


class Told(Schema):
    """A refusal: what happened and what to do next."""

    error: str


class FileSummary(Schema):
    """`state`: received, needs_map, staged (waits for commit), committed, undone, refused, discarded."""

    ref: str
    file: str
    state: str
    sha256: str
    received: str


class FileReport(FileSummary):
    """The preview, and after the commit what stands. `already` is true when this call came before."""

    already: bool = False
    format: str
    rows_read: int
    new: int
    changed: int
    identical: int
    vanished: int
    kept_aside_count: int
    refused: str
    tables: list[dict[str, Any]]
    people: dict[str, Any]
    unmapped: dict[str, dict[str, int]]
    committed: dict[str, Any]


class ToPutRight(Schema):
    """One thing that the agency can put right at its source."""

    what: str
    table: str
    row: int
    column: str
    sent: str
    why: str
    advice: str


STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotFound, 404), (NotAllowed, 403), (AlreadyThere, 409), (HasDependents, 409), (TooMuch, 429), (Refused, 422),
)  # fmt: skip


@api.exception_handler(DomainError)
def in_words(request: HttpRequest, error: DomainError) -> HttpResponse:
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 400)
    return api.create_response(request, {"error": str(error)}, status=status)


@api.exception_handler(AuthenticationError)
def no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    words = "Send your agency's key as “Authorization: Bearer …”. It may have ended or been revoked: ask the partnership."
    return api.create_response(request, {"error": words}, status=401)


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    said = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors)
    return api.create_response(request, {"error": f"The call was not understood. {said}"}, status=422)


def summary(delivery: Any) -> dict[str, Any]:
    return {
        "ref": delivery.ref, "file": delivery.file_name, "state": delivery.state, "sha256": delivery.sha256,
        "received": delivery.received_at.isoformat(),
    }  # fmt: skip


def report(delivery: Any, *, already: bool = False) -> dict[str, Any]:
    return {**queries.report_of(delivery), **summary(delivery), "already": already}


def body_of(request: HttpRequest) -> Iterator[bytes]:
    """Piece by piece, so that a large file is never held in memory."""
    while chunk := request.read(CHUNK):
        yield chunk


BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, byte by byte.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
ERRORS: dict[Any, Any] = {400: Told, 401: Told, 403: Told, 404: Told, 409: Told, 422: Told, 429: Told}


@api.post(
    "files", response={200: FileReport, 201: FileReport, **ERRORS}, openapi_extra=BODY, url_name="receive"
)
def receive(
    request: HttpRequest,
    name: str,
    idempotency_key: str = Header(..., alias="Idempotency-Key"),
    loaded_to: date | None = None,
    period_from: date | None = None,
    lawful_basis: str = Query("", max_length=200),
    sender: str = Query("", max_length=200),
) -> Any:
    """Receive and read a file. The same call again answers the same and brings nothing in twice."""
    key: Any = request.auth  # type: ignore[attr-defined]
    delivery, already = keys.bring_in(
        key=key, idempotency_key=idempotency_key, file_name=name, content=body_of(request), by=keys.actor_of(key),
        loaded_to=loaded_to, period_from=period_from, lawful_basis=lawful_basis, sender=sender,
        most_mib=limits().upload_mib,
    )  # fmt: skip
    return Status(200 if already else 201, report(delivery, already=already))


@api.get("files", response={200: list[FileSummary], **ERRORS}, url_name="files")
def files(request: HttpRequest) -> list[dict[str, Any]]:
    """The latest two hundred files of your agency, newest first."""
    key: Any = request.auth  # type: ignore[attr-defined]
    return [summary(one) for one in queries.deliveries_of(keys.actor_of(key), key.agency_id, limit=200)]


@api.get("files/{ref}", response={200: FileReport, **ERRORS}, url_name="file")
def file(request: HttpRequest, ref: str) -> dict[str, Any]:
    """One file: its preview, or what went in."""
    key: Any = request.auth  # type: ignore[attr-defined]
    keys.own_delivery(key, ref)
    return report(queries.get_delivery(keys.actor_of(key), ref))


@api.get("files/{ref}/to-put-right", response={200: list[ToPutRight], **ERRORS}, url_name="to_put_right")
def to_put_right(request: HttpRequest, ref: str) -> list[dict[str, Any]]:
    """Rows kept aside, numbers that fail, values nobody explained and dates in doubt, each with its row."""
    key: Any = request.auth  # type: ignore[attr-defined]
    keys.own_delivery(key, ref)
    actor = keys.actor_of(key)
    found = sender_report.gather(actor, queries.get_delivery(actor, ref))
    return [
        {"what": section.title, "table": line.table, "row": line.row, "column": line.column, "sent": line.sent,
         "why": line.why, "advice": section.advice}
        for section in found.sections
        for line in section.lines
    ]  # fmt: skip


@api.post("files/{ref}/commit", response={200: FileReport, **ERRORS}, url_name="commit")
def commit(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Put a staged file in, whole or not at all."""
    key: Any = request.auth  # type: ignore[attr-defined]
    taken = services.commit(delivery=keys.own_delivery(key, ref), by=keys.actor_of(key))
    feeds.read_again()
    return report(taken)


@api.post("files/{ref}/undo", response={200: FileReport, **ERRORS}, url_name="undo")
def undo(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Take a file out again: the store is then as if it had never come."""
    key: Any = request.auth  # type: ignore[attr-defined]
    undone = services.undo(delivery=keys.own_delivery(key, ref), by=keys.actor_of(key))
    feeds.read_again()
    return report(undone)


@api.post("files/{ref}/discard", response={200: FileReport, **ERRORS}, url_name="discard")
def discard(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Put a file aside that never went in."""
    key: Any = request.auth  # type: ignore[attr-defined]
    return report(services.discard(delivery=keys.own_delivery(key, ref), by=keys.actor_of(key)))


def open_to_keys() -> tuple[Any, str, str]:
    """The addresses. They ask for an agency's key, so the sign-in of people does not stand before them, and what may
    stand after their question mark is what their description says."""
    patterns, app, space = api.urls
    described = {
        path.replace("{", "<").replace("}", ">"): view.operations
        for path, view in api.default_router.path_operations.items()
    }
    for pattern in patterns:
        view: Any = pattern.callback
        view.login_required = False
        view.asks = frozenset(
            name
            for operation in described.get(str(pattern.pattern), ())
            for part in operation.models
            if part.__ninja_param_source__ == "query"
            for name in part.__ninja_flatten_map__
        )
    return patterns, app, space
