"""What of a row the hash tree holds: every column, in one order, as bytes that any language can write.

The bytes are a JSON array in UTF-8 (RFC 8259) without spaces: characters as themselves, except the quotation
mark, the backslash and the control characters below 32 (the short forms \\b \\f \\n \\r \\t, else \\u00XX);
the keys of `detail` sorted by code point. The first item is the number of this form. Times are whole
microseconds since 1970-01-01 UTC. A column that is added later is left out while it is empty, so that what
was sealed before keeps its hash.
"""

from __future__ import annotations

import json
from typing import Any

FORM = 1

FIELDS = (
    "id", "written_in", "at", "actor", "actor_name", "agency", "roles", "action", "outcome", "kind", "ref",
    "rule", "path", "people", "records", "owners", "purpose", "request", "address", "detail",
)  # fmt: skip

#: The columns as the database gives them for `encode`, for a table called r.
COLUMNS = ", ".join(
    "(extract(epoch FROM r.at) * 1000000)::bigint"
    if name == "at"
    else "r.detail::text"
    if name == "detail"
    else f"r.{name}"
    for name in FIELDS
)

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def encode(row: tuple[Any, ...]) -> bytes:
    """The bytes of a row read by COLUMNS."""
    *given, detail = row
    return _write([FORM, *given, {} if detail == "{}" else json.loads(detail)]).encode()


def decode(data: bytes | str) -> dict[str, Any]:
    """The row as names and values, from its bytes."""
    form, *values = json.loads(data)
    if form != FORM or len(values) != len(FIELDS):
        raise ValueError(f"not a row of the ledger in form {FORM}")
    return dict(zip(FIELDS, values, strict=True))
