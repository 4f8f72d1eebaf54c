"""Documents about a child that mean harm: refused in words, or kept so that they can do none here."""

# ruff: noqa: E501 (a file a line)
from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from corpus import LAUGHS, OLD, XXE, bomb, changed, good_workbook, zipped
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents_made import LETTER, pdf, word
from invented import CROSSWALK
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import MIB, limits
from lineofsight.records import apart, files
from lineofsight.records.models import Paper

RUNS = "/S /JavaScript /JS (app.alert\\(1\\))"
RELS = "word/_rels/document.xml.rels"
SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def locked() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(*LETTER)))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_note(note: str) -> bytes:
    """A page with something on it that can be clicked."""
    return pdf("Look here").replace(b"/Type /Page /Parent", f"/Annots [{note}] /Type /Page /Parent".encode())


def rels(target: str) -> bytes:
    return changed(word("Dear Amina"), RELS, lambda part: part.replace(b"</Relationships>", target.encode() + b"</Relationships>"))  # fmt: skip


def swelling() -> bytes:
    """A page of a few hundred kilobytes that unfolds to 400 million letters."""
    packed = zlib.compress(b" " * 400_000_000, 9)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return pdf("").replace(b"<< /Length 0 >>\nstream\n", head + packed)


def ring_of_pages() -> bytes:
    return pdf("One").replace(b"/Kids [4 0 R]", b"/Kids [2 0 R 4 0 R]")


def document(body: str, **more: bytes) -> bytes:
    return zipped(
        ("word/document.xml", f"<w:document {SPACE}><w:body>{body}</w:body></w:document>"), *more.items()
    )


def outer(content: Callable[[], bytes], refused: str, name: str) -> Any:
    return pytest.param(content, refused, id=name)


REFUSED = (
    outer(lambda: pdf(*LETTER, catalog=f"/OpenAction << {RUNS} >>"), "holds a program", "PDF that runs"),
    outer(lambda: pdf(*LETTER, catalog=f"/Names << /JavaScript << /Names [(a) << {RUNS} >>] >> >>"), "holds a program",
          "PDF with a named script"),
    outer(lambda: pdf(*LETTER, catalog="/AcroForm << /XFA (x) /Fields [] >>"), "holds a program", "PDF with a form of its own"),
    outer(lambda: pdf(*LETTER, catalog=f"/AcroForm << /Fields [<< /Kids [<< /AA << /K << {RUNS} >> >> >>] >>] >>"),
          "holds a program", "PDF with a field that runs"),
    outer(lambda: with_note("<< /Subtype /Link /A << /S /Launch /F (cmd.exe) >> >>"), "holds a program", "PDF that starts a program"),
    outer(lambda: with_note(f"<< /Subtype /Link /A << /S /URI /URI (x) /Next << {RUNS} >> >> >>"), "holds a program",
          "PDF that runs at the second step"),
    outer(lambda: with_note("<< /Subtype /FileAttachment >>"), "other files inside", "PDF with a file on a page"),
    outer(lambda: pdf(*LETTER, catalog="/Names << /EmbeddedFiles << /Names [] >> >>"), "other files inside", "PDF with files"),
    outer(lambda: pdf(*LETTER, catalog="/Collection << >>"), "other files inside", "PDF portfolio"),
    outer(locked, "password", "locked PDF"),
    outer(lambda: pdf(*LETTER) + zipped(("a.exe", b"MZ")), "two files in one", "archive behind a PDF"),
    outer(lambda: pdf(*LETTER) + b"MZ" + b"\x90" * 2_000, "two files in one", "program behind a PDF"),
    outer(lambda: b"Dear Amina,\n" * 20 + pdf(*LETTER), "something before it", "PDF behind a letter"),
    outer(lambda: pdf(*LETTER)[:300], "damaged", "PDF cut off"),
    outer(lambda: pdf(*[""] * 501), "the most is 500", "PDF of too many pages"),
    outer(bomb, "too large to read", "zip bomb"),
    outer(lambda: zipped(("word/document.xml", bytes(40_000_000))), "times its size", "tightly packed"),
    outer(lambda: zipped(("word/document.xml", "<x/>"), ("word/vbaProject.bin", b"\0")), "a macro", "Word with a macro"),
    outer(lambda: rels('<Relationship Id="r9" Type="x/attachedTemplate" Target="http://192.0.2.1/t.dotm" TargetMode="External"/>'),
          "fetches something", "Word with a template elsewhere"),
    outer(lambda: rels('<Relationship Id="r9" Type="x/image" Target="\\\\192.0.2.1\\x" TargetMode="External"/>'),
          "fetches something", "Word with a picture elsewhere"),
    outer(lambda: document("<w:p><w:r><w:instrText> DDE</w:instrText></w:r><w:r><w:instrText>DDEAUTO cmd</w:instrText></w:r></w:p>"),
          "fetches something", "Word that asks another program"),
    outer(lambda: document("<w:p/>", **{"word/embeddings/oleObject1.bin": OLD}), "another file inside", "Word with an object"),
    outer(lambda: document("<w:p/>", **{"word/afchunk.rtf": b"{\\rtf}"}), "another file inside", "Word with rich text inside"),
    outer(lambda: zipped(("word/document.xml", XXE)), "document type declaration", "Word that reads another file"),
    outer(lambda: zipped(("word/document.xml", LAUGHS)), "document type declaration", "a billion laughs"),
    outer(lambda: changed(word("x"), RELS, lambda _: XXE.encode()), "document type declaration", "laughing links"),
    outer(lambda: document("<w:tbl><w:tr><w:tc>" * 2_000 + "</w:tc></w:tr></w:tbl>" * 2_000), "nested deeper", "Word nested deep"),
    outer(good_workbook, "a workbook", "workbook"),
    outer(lambda: OLD + b"\x00" * 600, "old Office version", "old Word document"),
    outer(lambda: b"<html><script>alert(1)</script></html>", "web page", "web page"),
    outer(lambda: b"{\\rtf1 {\\object\\objautlink x}}", "rich text", "rich text"),
    outer(lambda: b"MZ\x90\x00" + bytes(range(256)) * 4, "is a program", "Windows program"),
    outer(lambda: b"#!/bin/sh\nrm -rf /\n", "is a program", "shell script"),
    outer(lambda: b"\xff\xd8\xff\xe0" + bytes(2_000), "is a picture", "picture"),
    outer(lambda: bytes((n * n * 31 + n) % 256 for n in range(9_000)), "readable text", "random bytes"),
    outer(bytes, "is empty", "empty"),
    outer(lambda: b"Dear Amina,\n" * 300_000, "letters", "endless text"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "refused"), REFUSED)
def test_it_is_refused_in_words(
    content: Callable[[], bytes], refused: str, tmp_path: Path, settings: Any
) -> None:
    settings.FILES = tmp_path / "files"
    (tmp_path / "letter").write_bytes(content())
    with pytest.raises(Refused) as told:
        apart.read_words(tmp_path / "letter", file_name="letter.pdf")
    assert refused in str(told.value) and "letter.pdf" in str(told.value)


HARMLESS = (
    outer(lambda: pdf("<script>alert\\(1\\)</script>"), "script", "markup in a PDF"),
    outer(lambda: word("<script>alert(1)</script>"), "<script>alert(1)</script>", "markup in Word"),
    outer(lambda: "To\x00bi \u202eyes".encode(), "Tobi", "zero bytes"),
    outer(lambda: with_note("<< /Subtype /Link /A << /S /URI /URI (https://x.example) >> >>"), "Look here", "a link to click"),
    outer(ring_of_pages, "", "pages in a ring"),
    outer(swelling, "", "a page that swells"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "shown"), HARMLESS)
def test_it_is_kept_and_does_nothing(
    content: Callable[[], bytes], shown: str, tmp_path: Path, settings: Any
) -> None:
    """Or refused in words, where reading it takes more than it is given."""
    settings.FILES = tmp_path / "files"
    (tmp_path / "letter").write_bytes(content())
    try:
        words = apart.read_words(tmp_path / "letter", file_name="letter.pdf")
    except Refused as told:
        assert not shown and "letter.pdf" in str(told)
    else:
        assert shown in "".join(words.pages) and "\x00" not in "".join(words.pages)


def test_the_page_refuses_in_words_and_keeps_nothing(
    partnership: Any, import_rows: Any, child_named: Callable[[str], Any]
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    sam = partnership.around(child_named("Rowan-Hale"), partnership.worker("csc"))
    client, where = partnership.signed_in("csc"), reverse("desk:keep_paper", args=[sam.ref])
    about = {"title": "<script>alert(1)</script>", "when": "3 May 2026", "audience": "team"}
    before = {path for path in files.path_of("0" * 64).parents[1].rglob("*") if path.is_file()}
    for content, words in (
        (pdf(*LETTER, catalog=f"/OpenAction << {RUNS} >>"), "holds a program"),
        (b"a" * (limits().upload_mib * MIB + 1), f"larger than {limits().upload_mib} MiB"),
        (b"", "is empty"),
    ):
        answer = client.post(where, about | {"file": SimpleUploadedFile("../../letter.pdf", content)})
        assert answer.status_code == 200 and words in answer.content.decode()
        assert "<script>alert(1)</script>" not in answer.content.decode()
    assert not Paper.objects.exists()
    assert {path for path in files.path_of("0" * 64).parents[1].rglob("*") if path.is_file()} == before
    shown = client.post(where, about | {"file": SimpleUploadedFile("../../\u202eletter.txt", b"She said <script>alert(1)</script>")}, follow=True)  # fmt: skip
    assert shown.status_code == 200 and "<script>alert(1)</script>" not in shown.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.content.decode()
    assert Paper.objects.get().file_name == "letter.txt"
