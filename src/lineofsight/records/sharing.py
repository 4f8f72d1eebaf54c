"""Answers about spellings as YAML, so that a partnership keeps them with its catalogue and shares them with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from lineofsight.catalogue import book
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.spec import word
from lineofsight.records.settling import Answer
from lineofsight.records.values import AS_WRITTEN

#: How YAML says that a spelling stays as it is written; no code of a list is called so.
STAYS = "(as written)"


def to_yaml(answers: Mapping[str, list[Answer]]) -> str:
    """{agency: answers} as text: by agency ("all" for every one), field and spelling."""
    content: dict[str, dict[str, dict[str, str]]] = {}
    for agency, given in sorted(answers.items()):
        fields = content.setdefault(agency or "all", {})
        for one in sorted(given, key=lambda one: (one.field, one.spelling)):
            fields.setdefault(one.field, {})[one.spelling] = one.code or STAYS
    return yaml.safe_dump({"values": content}, sort_keys=False, allow_unicode=True, width=110)


def from_yaml(text: str, place: str) -> dict[str, list[Answer]]:
    """{agency: answers} from text that `to_yaml` wrote or a person did; "" for all agencies."""
    try:
        content = yaml.load(text, Loader=book.FastLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Refused(f"{place}{line}: this is not readable YAML.") from error
    values = content.get("values") if isinstance(content, Mapping) else None
    if not isinstance(values, Mapping):
        raise Refused(
            f"{place}: answers start with “values:”, then an agency or “all”, a field, and spellings."
        )
    found: dict[str, list[Answer]] = {}
    for agency, fields in values.items():
        for field, spellings in _mapping(fields, place, str(agency)).items():
            for spelling, code in _mapping(spellings, place, str(field)).items():
                settled = AS_WRITTEN if word(code) == STAYS else word(code)
                if settled == AS_WRITTEN and word(code) != STAYS:
                    raise Refused(
                        f"{place}: “{spelling}” of {field} has no answer. Write {STAYS} if it stays as it is."
                    )
                whom = "" if word(agency) == "all" else word(agency)
                found.setdefault(whom, []).append(Answer(str(field), word(spelling), settled))
    return found


def _mapping(value: Any, place: str, name: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Refused(f"{place}: under {name} a mapping is needed, not {value!r}.")
    return value
