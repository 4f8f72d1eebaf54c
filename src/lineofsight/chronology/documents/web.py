"""One web page that stands alone: no script, nothing fetched from elsewhere, fit to print."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lineofsight.chronology.documents.shapes import Document
from lineofsight.chronology.documents.table import (
    SILENT_HEADING,
    Cell,
    Gap,
    Row,
    facts,
    headings,
    rows,
    silent,
    widths,
)

_STYLE = """
:root { --teal: #0b5a5f; --ink: #16211f; --quiet: #4a5754; --line: #b9c4c1; }
body { font: 16px/1.4 "Atkinson Hyperlegible Next", "Atkinson Hyperlegible", Arial, sans-serif;
  color: var(--ink); background: #fff; margin: 0 auto; max-width: 110rem; padding: 0 1.5rem; }
.marking { text-align: center; font-weight: bold; letter-spacing: .04em; padding: .5rem 0; }
h1 { color: var(--teal); font-size: 1.75rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { color: var(--teal); font-size: 1.25rem; margin: 1.5rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; margin: 0 0 1rem; }
dt { font-weight: bold; } dd { margin: 0; overflow-wrap: anywhere; }
.withheld { border-left: 6px solid #b35c00; padding: .4rem .8rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 60rem; table-layout: fixed;
  font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th { background: var(--teal); color: #fff; text-align: left; }
th, td { border: 1px solid var(--line); padding: .4rem .5rem; vertical-align: top; overflow-wrap: anywhere; }
td p { margin: 0 0 .3rem; white-space: pre-line; }
td p:last-child { margin-bottom: 0; }
.strong { font-weight: bold; } .quiet { color: var(--quiet); }
blockquote { margin: .3rem 0; padding-left: .6rem; border-left: 4px solid var(--teal); font-style: italic;
  white-space: pre-line; }
.checks { list-style: none; padding: 0; } .checks li { margin: .3rem 0; }
.gap td { text-align: center; color: var(--quiet); background: #f3f6f5; }
@media print {
  body { font-size: 9pt; max-width: none; padding: 0; }
  table { font-size: 8.5pt; min-width: 0; } .wide { overflow: visible; } .on-screen { display: none; }
  thead { display: table-header-group; } tr.kept, .gap { break-inside: avoid; }
  h1, h2, caption { break-after: avoid; }
  th { background: none; color: var(--ink); border-bottom: 2px solid var(--ink); }
}
"""

_PAGE = """@page {{ size: A4 landscape; margin: 16mm 12mm;
  @top-center {{ content: "{marking}"; font: bold 9pt Arial, sans-serif; }}
  @bottom-left {{ content: "{marking}"; font: bold 9pt Arial, sans-serif; }}
  @bottom-right {{ content: "Page " counter(page) " of " counter(pages); font: 9pt Arial, sans-serif; }} }}
"""

#: Should something slip through, a browser still runs nothing and fetches nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write(document: Document) -> bytes:
    return "\n".join(_page(document)).encode()


def _page(document: Document) -> Iterator[str]:
    marking = escape(document.marking)
    yield "<!DOCTYPE html>"
    yield '<html lang="en-GB"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
    yield f"<title>{escape(document.title)}</title>"
    yield f"<style>{_STYLE}{_PAGE.format(marking=_in_style(document.marking))}</style></head><body>"
    yield f'<header class="marking on-screen">{marking}</header><main>'
    yield from _title_block(document)
    yield from _table(document)
    if document.meeting:
        yield f'<h2>{SILENT_HEADING}</h2><ul class="checks">'
        yield from (f"<li>{escape(line)}</li>" for line in silent(document))
        yield "</ul>"
    yield f'</main><footer class="marking on-screen">{marking}</footer></body></html>'


def _in_style(text: str) -> str:
    """A style sheet knows no HTML escapes: every letter that could end the string or the element is
    written by its number."""
    return "".join(
        letter if letter.isalnum() and letter.isascii() else f"\\{ord(letter):06x} " for letter in text
    )


def _title_block(document: Document) -> Iterator[str]:
    yield f"<h1>{escape(document.title)}</h1><dl>"
    for name, value in facts(document):
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
    yield "</dl>"
    if document.withheld:
        yield f'<p class="withheld">{escape(document.withheld)}</p>'
    if document.notes:
        yield "<h2>Notes</h2><ul>"
        yield from (f"<li>{escape(note)}</li>" for note in document.notes)
        yield "</ul>"


def _table(document: Document) -> Iterator[str]:
    yield '<h2>Entries</h2><div class="wide" tabindex="0" role="region" aria-label="Entries"><table><caption>'
    yield f"{escape(document.title)}</caption><colgroup>"
    across = widths(document)
    yield from (f'<col style="width: {width / sum(across):.2%}">' for width in across)
    yield "</colgroup><thead><tr>"
    yield from (f'<th scope="col">{escape(heading)}</th>' for heading in headings(document))
    yield "</tr></thead><tbody>"
    for row in rows(document):
        yield _row(row, len(across))
    if not document.lines:
        yield f'<tr class="gap"><td colspan="{len(across)}">No entries in this document</td></tr>'
    yield "</tbody></table></div>"


def _row(row: Row | Gap, columns: int) -> str:
    if isinstance(row, Gap):
        return f'<tr class="gap"><td colspan="{columns}">{escape(row.text)}</td></tr>'
    kept = ' class="kept"' if row.keep_together else ""
    return f"<tr{kept}>{''.join(f'<td>{_cell(cell)}</td>' for cell in row.cells)}</tr>"


def _cell(cell: Cell) -> str:
    return "".join(
        f"<blockquote>{escape(words.text)}</blockquote>"
        if words.tone == "quoted"
        else f'<p class="{words.tone}">{escape(words.text)}</p>'
        for words in cell
    )
