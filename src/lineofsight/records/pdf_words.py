"""The text of a PDF, page by page, and what in a PDF would act when it is opened.

pypdf reads only what the file itself holds. It runs in the small process that opens files (`reader`), which loads
this module alone for documents.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, BinaryIO

import pypdf
from pypdf.errors import PyPdfError

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import Limits

#: The library loads parts of itself when it first needs them. The process that opens files can load nothing then.
#: What deciphers it has chosen already, and pictures are not read.
LOADED = [
    importlib.import_module(part.name)
    for part in pkgutil.walk_packages(pypdf.__path__, "pypdf.")
    if "_crypt_providers." not in part.name and not part.name.endswith("_image_xobject")
]

#: Actions by which a document does more than lead to a page or to an address that somebody clicks.
_ACTS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/RichMediaExecute",
    }
)
_INSIDE = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/Sound", "/3D"})
#: More links, fields and steps than any true document has; what lies beyond is not followed, and the file is refused.
_MOST = 20_000
SCAN = (
    "No words could be read from it: it is most likely a picture of paper. It is kept, and events can be written from "
    "it with the original beside you."
)


def open_pdf(file: BinaryIO, file_name: str, limits: Limits, notes: list[str]) -> Iterator[str]:
    try:
        reader = pypdf.PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _locked(file_name)
        count = len(reader.pages)
        _Acts(file_name).look(reader)
    except (Refused, MemoryError):
        raise
    except Exception as error:  # (whatever a broken file brings up in the library)
        if "crypt" in str(error).lower() or "algorithm" in str(error).lower():
            raise _locked(file_name) from error
        raise Refused(
            f"{file_name} is damaged and cannot be opened. Ask the sender to send it again."
        ) from error
    if count == 0:
        raise Refused(f"{file_name} has no page. Ask the sender to send it again.")
    if count > limits.pages:
        raise Refused(f"{file_name} has {count:,} pages; the most is {limits.pages:,}. Send it in parts.")
    return _pages(reader, file_name, limits, notes)


def _locked(file_name: str) -> Refused:
    return Refused(
        f"{file_name} is protected by a password, so it cannot be read. Save a copy without the password and choose that."
    )


def _pages(reader: pypdf.PdfReader, file_name: str, limits: Limits, notes: list[str]) -> Iterator[str]:
    letters, unread = 0, []
    for number, page in enumerate(reader.pages, start=1):
        try:
            text = page.extract_text()
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError,
                ArithmeticError, LookupError, NotImplementedError, AssertionError):  # fmt: skip
            text = ""
            unread.append(number)
        letters += len(text)
        if letters > limits.letters:
            raise Refused(f"{file_name} holds more than {limits.letters:,} letters. Send it in parts.")
        yield text
    if unread:
        notes.append(
            f"{'Page' if len(unread) == 1 else 'Pages'} {', '.join(map(str, unread[:20]))} could not be read. "
            "Open the original for it."
        )
    if not letters:
        notes.append(SCAN)


class _Acts:
    """Walks from what starts by itself or by a click, and refuses what it finds there."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.left = _MOST

    def look(self, reader: pypdf.PdfReader) -> None:
        root = self.of(reader.trailer["/Root"])
        names = self.of(root.get("/Names"))
        if "/JavaScript" in names:
            raise self.acts()
        if "/EmbeddedFiles" in names or "/Collection" in root:
            raise self.holds()
        self.action(root.get("/OpenAction"))
        self.each_action(root.get("/AA"))
        form = self.of(root.get("/AcroForm"))
        if "/XFA" in form:
            raise self.acts()
        self.fields(form.get("/Fields"))
        for page in reader.pages:
            self.each_action(page.get("/AA"))
            for note in self.list(page.get("/Annots")):
                held = self.of(note)
                if held.get("/Subtype") in _INSIDE:
                    raise self.holds()
                self.action(held.get("/A"))
                self.each_action(held.get("/AA"))

    def of(self, held: Any) -> dict[Any, Any]:
        self.left -= 1
        if self.left < 0:
            raise Refused(
                f"{self.file_name} has more links and fields than can be looked through. Print it to a PDF."
            )
        found = held.get_object() if hasattr(held, "get_object") else held
        return found if isinstance(found, dict) else {}

    def list(self, held: Any) -> list[Any]:
        found = held.get_object() if hasattr(held, "get_object") else held
        return found if isinstance(found, list) else []

    def fields(self, held: Any) -> None:
        waiting = self.list(held)[:]
        while waiting:
            one = self.of(waiting.pop())
            self.action(one.get("/A"))
            self.each_action(one.get("/AA"))
            waiting += self.list(one.get("/Kids"))

    def each_action(self, held: Any) -> None:
        for one in self.of(held).values():
            self.action(one)

    def action(self, held: Any) -> None:
        waiting = [held]
        while waiting:
            one = waiting.pop()
            if several := self.list(one):
                # A place in the document, or several next steps.
                waiting += [step for step in several if self.of(step).get("/S")]
                continue
            step = self.of(one)
            if step.get("/S") in _ACTS:
                raise self.acts()
            if "/Next" in step:
                waiting.append(step["/Next"])

    def acts(self) -> Refused:
        return Refused(
            f"{self.file_name} holds a program, or starts something when it is opened. Print it to a PDF, and choose that."
        )

    def holds(self) -> Refused:
        return Refused(
            f"{self.file_name} holds other files inside it. Take them out, send each by itself, and choose a copy without."
        )
