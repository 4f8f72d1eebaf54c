"""The catalogue as a page: what is loaded, where it comes from, and what nobody has verified yet."""

from __future__ import annotations

from typing import Any

from lineofsight.catalogue import book, formats, kinds
from lineofsight.people import matching


def contents() -> dict[str, Any]:
    """Rows for each part of the catalogue, as plain values."""
    known = formats.formats()
    return {
        "folders": [str(folder.name) for folder in book.folders()],
        "agencies": book.agencies(),
        "roles": book.roles(),
        "kinds": list(kinds.kinds().values()),
        "formats": [
            {
                "code": f.code,
                "title": f.title,
                "owner": f.owner,
                "version": f.version,
                "confidence": f.confidence,
                "sources": f.sources,
                "tables": [
                    {
                        "name": t.name,
                        "title": t.title,
                        "columns": len(t.columns),
                        "verified": t.verified,
                        "refuse": t.refuse,
                    }
                    for t in f.tables
                ],
            }
            for f in known
        ],
        "unverified": sum(t.verified == "unverified" for f in known for t in f.tables),
        "model": matching.shipped().version,
    }
