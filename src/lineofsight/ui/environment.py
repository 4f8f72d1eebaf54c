"""The Jinja environment of every page.

Our own templates are strict: a name that was never handed over stops the page, so a fact cannot be left out
silently. The ported GOV.UK macros rely on missing options being empty, so they are compiled by a lenient
twin of the same environment.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import json_script
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    Undefined,
)

from lineofsight import __version__
from lineofsight.ui import dates
from lineofsight.ui.process_chart import process_svg
from lineofsight.ui.timeline import timeline_svg

PORT = "govuk_frontend_jinja"


class PortLoader(PrefixLoader):
    """The GOV.UK macros, compiled leniently whichever environment asks for them."""

    def __init__(self) -> None:
        super().__init__({PORT: PackageLoader(PORT)})
        self._lenient: dict[int, Environment] = {}

    def load(
        self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        lenient = self._lenient.get(id(environment))
        if lenient is None:
            lenient = environment
            if issubclass(environment.undefined, StrictUndefined):
                lenient = environment.overlay(undefined=Undefined)
            self._lenient[id(environment)] = lenient
        return super().load(lenient, name, globals)


def environment(**options: Any) -> Environment:
    own: BaseLoader | None = options.pop("loader", None)
    loaders: list[BaseLoader] = [PortLoader()]
    loaders.insert(0, own or PackageLoader("lineofsight.ui", "jinja2"))
    options.update(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    env = Environment(loader=ChoiceLoader(loaders), **options)  # noqa: S701  (autoescape is set above)
    env.globals.update(
        static=static, url=url, version=__version__, timeline_svg=timeline_svg, process_svg=process_svg
    )
    env.filters.update(filters())
    return env


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """An address by its name; a wrong name stops the page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def filters() -> dict[str, Callable[..., Any]]:
    return {
        "when": dates.show_when,
        "precision": dates.precision_words,
        "iso": dates.iso,
        "day": dates.show_day,
        "month": dates.show_month,
        "moment": dates.show_moment,
        "count": dates.show_count,
        "plural": dates.plural,
        "json_script": json_script,
    }
