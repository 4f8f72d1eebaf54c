"""Word: real styles, a header row that repeats, page numbers that count; made to be edited further."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lineofsight.catalogue.when import local
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

_TEAL = RGBColor(0x0B, 0x5A, 0x5F)
_QUIET = RGBColor(0x4A, 0x57, 0x54)
_TWIPS_PER_MM = 1440 / 25.4

#: The typeface of the screen is not on the machines that will open the file.
_FONT = "Arial"

#: Style identifiers, as the file spells them.
_STYLES = {
    "plain": "ChronologyText",
    "strong": "ChronologyStrong",
    "quiet": "ChronologyQuiet",
    "quoted": "ChronologyQuotation",
    "head": "ChronologyHeading",
    "gap": "ChronologyGap",
}


def write(document: Document) -> bytes:
    paper = docx.Document()
    _properties(paper, document)
    _styles(paper)
    _page(paper, document)
    _title_block(paper, document)
    paper.add_heading("Entries", level=1)
    if document.lines:
        _table(paper, document)
    else:
        paper.add_paragraph("No entries in this document.")
    if document.meeting:
        paper.add_heading(SILENT_HEADING, level=1)
        for line in silent(document):
            paper.add_paragraph(line)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _properties(paper: Any, document: Document) -> None:
    about = paper.core_properties
    # Word allows 255 letters in each of these.
    about.title = document.title[:255]
    about.author = document.made_by[:255]
    about.last_modified_by = document.made_by[:255]
    about.subject = ""
    about.keywords = ""
    about.comments = ""
    about.category = document.marking[:255]
    about.language = "en-GB"
    about.created = about.modified = local(document.made_at).replace(tzinfo=None)


def _styles(paper: Any) -> None:
    normal = paper.styles["Normal"]
    _font(normal, 10)
    normal.paragraph_format.space_after = Pt(4)
    for name, size in (("Title", 18), ("Heading 1", 13)):
        _font(paper.styles[name], size, colour=_TEAL)
    paper.styles["Title"].paragraph_format.space_after = Pt(6)
    _language(paper)
    for name, bold, italic, colour in (
        ("Chronology Text", False, False, None),
        ("Chronology Strong", True, False, None),
        ("Chronology Quiet", False, False, _QUIET),
        ("Chronology Quotation", False, True, None),
        ("Chronology Heading", True, False, RGBColor(0xFF, 0xFF, 0xFF)),
        ("Chronology Gap", False, True, _QUIET),
    ):
        style = paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        _font(style, 8.5, colour=colour)
        style.font.bold, style.font.italic = bold, italic
        style.paragraph_format.space_after = Pt(2)
    paper.styles["Chronology Quotation"].paragraph_format.left_indent = Mm(3)
    paper.styles["Chronology Quotation"].paragraph_format.space_before = Pt(3)
    paper.styles["Chronology Gap"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _font(style: Any, size: float, *, colour: RGBColor | None = None) -> None:
    style.font.name = _FONT
    style.font.size = Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    # A theme's typeface would win over the name; and each script has a name of its own.
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), _FONT)
    if colour is not None:
        style.font.color.rgb = colour


def _language(paper: Any) -> None:
    for language in paper.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")


def _page(paper: Any, document: Document) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(12)
    section.top_margin = section.bottom_margin = Mm(17)
    section.header_distance = section.footer_distance = Mm(8)
    top = section.header.paragraphs[0]
    top.alignment = WD_ALIGN_PARAGRAPH.CENTER
    top.add_run(document.marking).bold = True
    foot = section.footer.paragraphs[0]
    stops = foot.paragraph_format.tab_stops
    # The template's own stops are for an upright page.
    foot.style.paragraph_format.tab_stops.clear_all()
    stops.add_tab_stop(Mm(273 / 2), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(Mm(273), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{document.title[:80]}\t")
    foot.add_run(document.marking).bold = True
    foot.add_run("\tPage ")
    _field(foot, "PAGE")
    foot.add_run(" of ")
    _field(foot, "NUMPAGES")


def _field(paragraph: Any, code: str) -> None:
    """A field that Word fills in itself."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _title_block(paper: Any, document: Document) -> None:
    paper.add_paragraph(document.title, style="Title")
    block = facts(document)
    table = paper.add_table(rows=len(block), cols=2)
    table.autofit = False
    cells = table._cells
    for place, pair in enumerate(block):
        for side, (text, width) in enumerate(zip(pair, (34, 239), strict=True)):
            cell = cells[2 * place + side]
            cell.width = Mm(width)
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)
            cell.paragraphs[0].add_run(text).bold = side == 0
    for column, width in zip(table.columns, (34, 239), strict=True):
        column.width = Mm(width)
    if document.withheld:
        paper.add_paragraph().add_run(document.withheld).bold = True
    if document.notes:
        paper.add_heading("Notes", level=1)
        for note in document.notes:
            paper.add_paragraph(note, style="List Bullet")


def _table(paper: Any, document: Document) -> None:
    """Rows are put together as XML: through the library's own cells, 2,000 rows take minutes."""
    across = widths(document)
    table = paper.add_table(rows=0, cols=len(across), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, across, strict=True):
        column.width = Mm(width)
    body = table._tbl
    body.tblPr.append(_margins())
    body.append(_head_row(headings(document), across))
    for row in rows(document):
        body.append(_gap_row(row, across) if isinstance(row, Gap) else _row(row, across))


def _margins() -> Any:
    """Air around the words, in twentieths of a point."""
    sides = (("w:top", "50"), ("w:left", "80"), ("w:bottom", "30"), ("w:right", "80"))
    return _element("w:tblCellMar", *(_valued(side, w=width, type="dxa") for side, width in sides))


def _head_row(heads: Sequence[str], across: Sequence[int]) -> Any:
    cells = [
        _cell([("head", heading)], width, fill="0B5A5F") for heading, width in zip(heads, across, strict=True)
    ]
    return _tr(cells, "w:cantSplit", "w:tblHeader")


def _gap_row(gap: Gap, across: Sequence[int]) -> Any:
    return _tr([_cell([("gap", gap.text)], sum(across), across=len(across), fill="F3F6F5")], "w:cantSplit")


def _row(row: Row, across: Sequence[int]) -> Any:
    cells = [_cell(_pairs(cell), width) for cell, width in zip(row.cells, across, strict=True)]
    return _tr(cells, *(("w:cantSplit",) if row.keep_together else ()))


def _pairs(cell: Cell) -> list[tuple[str, str]]:
    return [(words.tone, words.text) for words in cell]


def _tr(cells: list[Any], *flags: str) -> Any:
    row = OxmlElement("w:tr")
    if flags:
        row.append(_element("w:trPr", *(OxmlElement(flag) for flag in flags)))
    row.extend(cells)
    return row


def _cell(paragraphs: list[tuple[str, str]], width: float, *, across: int = 1, fill: str = "") -> Any:
    properties = OxmlElement("w:tcPr")
    properties.append(_valued("w:tcW", w=str(round(width * _TWIPS_PER_MM)), type="dxa"))
    if across > 1:
        properties.append(_valued("w:gridSpan", val=str(across)))
    if fill:
        properties.append(_valued("w:shd", val="clear", color="auto", fill=fill))
    # A cell without a paragraph is a broken file.
    return _element("w:tc", properties, *(_paragraph(*pair) for pair in paragraphs or [("plain", "")]))


def _paragraph(tone: str, words: str) -> Any:
    run = OxmlElement("w:r")
    for place, part in enumerate(words.split("\n")):
        if place:
            run.append(OxmlElement("w:br"))
        text = OxmlElement("w:t")
        text.text = part.replace("\t", " ")
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(text)
    return _element("w:p", _element("w:pPr", _valued("w:pStyle", val=_STYLES[tone])), run)


def _element(name: str, *children: Any) -> Any:
    element = OxmlElement(name)
    element.extend(children)
    return element


def _valued(name: str, **values: str) -> Any:
    element = OxmlElement(name)
    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element
