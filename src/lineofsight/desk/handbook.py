"""The guide on screen as a page of the manual: one source, two places.

Takes the block `steps` of the guide's template and writes it as Markdown. It knows the few elements that
the guide uses, and refuses any other rather than lose its words.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from django.template import engines

from lineofsight.catalogue.errors import CatalogueError

TEMPLATE = "desk/guide.jinja"

INTRO = (
    "# Ten minutes with Line of Sight\n\n"
    "Start the demo with `make demo`, open the address it names, and follow the steps. The same page"
    " is at the foot"
    " of every screen, under Guide.\n\n"
    "Written by `lineofsight reference` from the guide’s own page (`desk/jinja2/desk/guide.jinja`)."
)

OPENING = {
    "h2": "\n\n## ",
    "h3": "\n\n### ",
    "p": "\n\n",
    "ol": "\n",
    "ul": "\n",
    "strong": "**",
    "code": "`",
}
CLOSING = {"strong": "**", "code": "`"}


class Markdown(HTMLParser):
    """Headings, paragraphs, lists, strong and code; nothing else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.numbers: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ol", "ul"):
            self.numbers.append(0 if tag == "ol" else None)
        if tag == "li":
            number = self.numbers[-1]
            if number is not None:
                self.numbers[-1] = number = number + 1
            self.parts.append(f"\n{number}. " if number is not None else "\n- ")
        elif tag in OPENING:
            self.parts.append(OPENING[tag])
        else:
            raise CatalogueError(
                f"{TEMPLATE}: the guide's steps may not hold <{tag}>; the manual cannot show it."
            )

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "ul"):
            self.numbers.pop()
        self.parts.append(CLOSING.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.parts.append(re.sub(r"\s+", " ", data))


def ten_minutes() -> str:
    template = engines["jinja2"].env.get_template(TEMPLATE)  # type: ignore[attr-defined]
    block = template.blocks["steps"](template.new_context({}))
    reader = Markdown()
    reader.feed("".join(block))
    return f"{INTRO}{''.join(reader.parts).rstrip()}\n"
