"""A chronology as a document: the table that a court, a panel or a review would accept.

`write` turns a `Document` into a Word, PDF, Excel, CSV, web or JSON file. Every format says the same: the
same lines in the order given, the same title block, the same `content_hash`, the marking at top and bottom.
Nothing is cut off, and what was typed into a record stays text. `anonymise` gives a document in which
nobody is named. Nothing here reads a table or asks who may see what: it writes what it is given.
"""

from __future__ import annotations

from lineofsight.catalogue.errors import Refused
from lineofsight.chronology.documents import paged, plain, sheet, web, word
from lineofsight.chronology.documents.anonymise import anonymise
from lineofsight.chronology.documents.content import content_hash, tidy
from lineofsight.chronology.documents.shapes import Document, Line, Named

__all__ = ["FORMATS", "MEDIA_TYPES", "Document", "Line", "Named", "anonymise", "content_hash", "write"]

_WRITERS = {
    "docx": word.write,
    "pdf": paged.write,
    "xlsx": sheet.write,
    "csv": plain.write_csv,
    "html": web.write,
    "json": plain.write_json,
}

FORMATS = tuple(_WRITERS)

#: What each format is called when it is sent over the web.
MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}


def write(document: Document, format: str) -> bytes:
    """The whole file. `format` is one of FORMATS; anything else is refused with the list."""
    writer = _WRITERS.get(format)
    if writer is None:
        raise Refused(
            f"A chronology cannot be made as {format!r}. Choose one of: {', '.join(FORMATS)}.", field="format"
        )
    return writer(tidy(document))
