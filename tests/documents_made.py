"""Small documents as people send them: PDF, Word and plain text, with the pages that are asked for."""

from __future__ import annotations

import io

from docx import Document
from docx.enum.text import WD_BREAK

LETTER = (
    "Harbour Academy, 3 May 2026. Dear colleague, Sam was collected from the gate by a man in a grey car.",
    "Item 2: on 28 April Sam had a second telephone with him and would not say from whom.",
)


def pdf(*pages: str, catalog: str = "", more: tuple[str, ...] = ()) -> bytes:
    """One line of text a page; an empty page has none. `catalog` and `more` objects stand as they are given; the
    first of these has the number 4 + 2 * pages."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        words = text.replace("\\", "").replace("(", "").replace(")", "")
        drawn = f"BT /F1 10 Tf 40 780 Td ({words}) Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    objects += more
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def word(*pages: str, table: tuple[tuple[str, ...], ...] = ()) -> bytes:
    document = Document()
    for number, text in enumerate(pages):
        if number:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        document.add_paragraph(text)
    if table:
        held = document.add_table(len(table), len(table[0]))
        for row, cells in zip(held.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
