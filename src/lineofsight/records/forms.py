"""Forms for taking a file in and for saying what its columns are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import yaml
from django import forms
from django.utils import timezone

from lineofsight.catalogue import book, formats, kinds
from lineofsight.catalogue.errors import CatalogueError, Refused
from lineofsight.catalogue.when import When, local
from lineofsight.records import maps
from lineofsight.records.mapping import TableMap
from lineofsight.records.recognition import bind
from lineofsight.ui.dates import understand

#: A map is a page or two. YAML can unfold a few lines into millions of values; this stops it.
LONGEST_MAP = 300_000
MOST_VALUES = 50_000


class DayField(forms.CharField):
    """A day as people say it: “3/5”, “yesterday”, “May 2026”. `last` takes the end of a stretch."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        self.last = last
        attrs = {"data-understand": "/understand-date", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            when = understand(text, now=local(timezone.now()))
        except Refused as error:
            raise forms.ValidationError(str(error)) from error
        if not when.is_known:
            raise forms.ValidationError("Give a day, such as “30 June 2026”.")
        return last_day(when) if self.last else local(when.start).date()


def last_day(when: When) -> date:
    end = when.end - timedelta(seconds=1) if when.end > when.start else when.end
    return local(end).date()


class ReceiveForm(forms.Form):
    file = forms.FileField(
        label="The file",
        help_text="As the agency’s system exported it: CSV, an Excel or OpenDocument workbook, XML, JSON, an archive of "
        "CSV files; or a Word document with a chronology in a table.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods,.xml,.json,.zip,.docx"}),
        error_messages={"required": "Choose the file.", "empty": "This file is empty. Ask for it again."},
    )
    agency = forms.ChoiceField(
        label="Whose records are these?", error_messages={"required": "Choose whose records these are."}
    )
    lawful_basis = forms.CharField(
        label="Lawful basis",
        max_length=200,
        help_text="By which agreement or duty it is shared, such as “sharing agreement 4, public task” "
        "or “Children Act 1989 section 47 enquiry”.",
        error_messages={"required": "Say by which agreement or duty the agency shares this."},
    )
    sender = forms.CharField(
        label="Who sent it", max_length=200, required=False, help_text="Whom to ask when rows cannot be used."
    )
    period_from = DayField(label="Covers from", required=False, help_text="Such as “1 April 2026”.")
    loaded_to = DayField(
        label="Covers up to and including",
        required=False,
        last=True,
        help_text="The last day the agency had recorded when it made the file. Left empty, today is taken. "
        "Nothing after this day is ever called a gap.",
    )
    map = forms.FileField(
        label="A column map",
        required=False,
        help_text="Only if you were given one. Files with known columns need none.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "Choose"), *agencies]  # type: ignore[attr-defined]

    def clean_map(self) -> dict[str, Any] | None:
        given = self.cleaned_data.get("map")
        if not given:
            return None
        if given.size > LONGEST_MAP:
            raise forms.ValidationError("This is too long for a column map. Choose the map, not the file.")
        return read_map(given.read().decode("utf-8-sig", "replace"))


def read_map(text: str) -> dict[str, Any]:
    """A map as plain values, checked word by word; what is wrong is told with its place."""
    try:
        content = yaml.load(text, Loader=book.FastLoader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" near line {mark.line + 1}" if mark else ""
        words = f"This is not readable YAML{place}. Check the indents and the colons."
        raise forms.ValidationError(words) from error
    if not isinstance(content, Mapping):
        raise forms.ValidationError("A map starts with “format:” and has “tables:”. This is something else.")
    spec: dict[str, Any] = plain(content, Counter())
    check_map(spec)
    return spec


def check_map(spec: Mapping[str, Any]) -> None:
    try:
        maps.readers_of(spec, place="The map")
    except (CatalogueError, Refused) as error:
        raise forms.ValidationError(str(error)) from error


def plain(value: Any, seen: Counter[str]) -> Any:
    """The same as JSON can hold it: YAML reads `on` as true and 2026-05-03 as a date."""
    seen["values"] += 1
    if seen["values"] > MOST_VALUES:
        raise forms.ValidationError("This is far larger than a map can be. Check its anchors and repeats.")
    if isinstance(value, Mapping):
        return {("on" if key is True else str(key)): plain(inner, seen) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, seen) for inner in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


# --- saying what the columns are ------------------------------------------------------------------------

ROLES = (
    ("", "Not used"),
    ("row", "Number of the row or record itself"),
    ("person", "Person’s number in that system"),
    ("given", "Given name"),
    ("family", "Family name"),
    ("full", "Full name"),
    ("birth", "Birth date"),
    ("nhs", "NHS number"),
    ("upn", "UPN"),
    ("pnc", "PNC number"),
    ("sex", "Sex"),
    ("postcode", "Postcode"),
    ("address", "Address"),
    ("phone", "Telephone"),
    ("email", "E-mail address"),
    ("school", "School"),
    ("date", "Date of what happened"),
    ("time", "Time of what happened"),
    ("title", "What happened (title)"),
    ("narrative", "Account"),
    ("child_words", "Child’s own words"),
    ("place", "Place"),
    ("author", "Who recorded it"),
    ("recorded", "When it was recorded"),
    ("other", "Another person present"),
)
SEVERAL = {"", "row", "given", "address", "phone", "email", "narrative", "other"}
NAMES_THE_PERSON = {"person", "given", "family", "full"}
OF_AN_EVENT = ("time", "title", "narrative", "child_words", "place", "author", "recorded", "other")
SEX = {
    "values": {"M": "Male", "F": "Female", "U": "Not known"},
    "also": {"male": "M", "boy": "M", "female": "F", "girl": "F", "not known": "U", "unknown": "U"},
}
TYPES: dict[str, dict[str, Any]] = {
    "birth": {"type": "date"},
    "date": {"type": "datetime"},
    "time": {"type": "time"},
    "sex": {"type": "code", "codes": "sex"},
    "recorded": {"type": "datetime"},
    "nhs": {"type": "identifier", "identifier": "nhs"},
    "upn": {"type": "identifier", "identifier": "upn"},
    "pnc": {"type": "identifier", "identifier": "pnc"},
    "postcode": {"type": "identifier", "identifier": "postcode"},
    "phone": {"type": "identifier", "identifier": "phone"},
}


def kind_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds of event by category."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in kinds.kinds().values():
        groups.setdefault(kind.category.replace("_", " ").capitalize(), []).append((kind.code, kind.label))
    return [(name, sorted(rows, key=lambda row: row[1])) for name, rows in sorted(groups.items())]


def system_choices(agency: str) -> list[tuple[str, str]]:
    """Systems of this agency whose numbers a list may use, so that its people meet those already known."""
    known = {f.system: f.title for f in formats.formats() if not f.agencies or agency in f.agencies}
    return [("", "This list’s own numbers"), *sorted(known.items(), key=lambda row: row[1])]


class ColumnsForm(forms.Form):
    """One choice for each column of a table; `spec` is the map that the choices make."""

    name = forms.CharField(
        label="What do you call this list?", max_length=80,
        help_text="Such as “Youth club attendance”. The same columns are read the same way next time.",
        error_messages={"required": "Give the list a name."},
    )  # fmt: skip
    kind = forms.ChoiceField(label="What kind of event is a row?", required=False)
    system = forms.ChoiceField(label="Whose numbers are the people’s numbers?", required=False)
    scope = forms.ChoiceField(
        label="What does the file hold?",
        widget=forms.RadioSelect,
        initial="increment",
        choices=(
            ("increment", "Some rows, such as those since last time"),
            ("snapshot", "Every row there is: one that is missing next time is gone at the agency"),
        ),
    )

    def __init__(self, *args: Any, headers: Sequence[str], agency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers, self.agency = list(headers), agency
        self.fields["kind"].choices = [("", "No event: the list is only about people"), *kind_choices()]  # type: ignore[attr-defined]
        self.fields["system"].choices = system_choices(agency)  # type: ignore[attr-defined]
        for number, header in enumerate(self.headers):
            self.fields[f"column_{number}"] = forms.ChoiceField(label=header, choices=ROLES, required=False)

    def columns(self, role: str) -> list[str]:
        """Headers that were given this role, in the order of the file."""
        return [h for n, h in enumerate(self.headers) if self.cleaned_data.get(f"column_{n}", "") == role]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        counted = Counter(given.get(f"column_{n}", "") for n in range(len(self.headers)))
        for number in range(len(self.headers)):
            role = given.get(f"column_{number}", "")
            if role not in SEVERAL and counted[role] > 1:
                words = f"Two columns are “{dict(ROLES)[role]}”. Choose one of them."
                self.add_error(f"column_{number}", words)
        if not NAMES_THE_PERSON & set(counted):
            self.add_error(None, "Say which column tells whom a row is about: a number or a name.")
        if given.get("kind") and not counted["date"]:
            self.add_error("kind", "Say which column holds the date of what happened, or choose “No event”.")
        if not given.get("kind") and any(counted[role] for role in ("date", *OF_AN_EVENT)):
            self.add_error("kind", "Choose what kind of event a row is, because columns tell what happened.")
        if not self.errors:
            check_map(self.spec())
        return given

    def spec(self) -> dict[str, Any]:
        name = self.cleaned_data["name"].strip()
        code = f"{self.agency}_{slug(name)}"
        used = [
            (header, role)
            for n, header in enumerate(self.headers)
            if (role := self.cleaned_data.get(f"column_{n}", ""))
        ]
        table: dict[str, Any] = {
            "name": "rows", "title": name, "scope": self.cleaned_data["scope"],
            "columns": {header: dict(TYPES.get(role, {})) for header, role in used},
            **self.key([header for header, _ in used]),
            "person": self.person(),
        }  # fmt: skip
        if self.cleaned_data["kind"]:
            table["entries"] = [self.entry()]
        return {
            "format": code, "title": name, "owner": self.agency, "agencies": [self.agency],
            "system": self.cleaned_data["system"] or code, "tables": [table],
            **({"codes": {"sex": SEX}} if self.columns("sex") else {}),
        }  # fmt: skip

    def key(self, used: list[str]) -> dict[str, Any]:
        """What tells one row from another. Without a number of its own, all of it does."""
        own = self.columns("row")
        if own:
            return {"key": own}
        if not self.cleaned_data["kind"] and self.columns("person"):
            return {"key": self.columns("person")}
        return {"key": used, "key_digest": True}

    def person(self) -> dict[str, Any]:
        name: dict[str, Any] = {}
        if self.columns("full"):
            name["full"] = self.columns("full")[0]
        else:
            name |= {"given": self.columns("given")} if self.columns("given") else {}
            name |= {"family": self.columns("family")[0]} if self.columns("family") else {}
        rule: dict[str, Any] = {"kind": "child"}
        if self.columns("person"):
            rule["id"] = self.columns("person")
        named = [h for role in ("full", "given", "family", "birth") for h in self.columns(role)]
        if named:
            rule["or"] = named
        if name:
            rule["names"] = [name]
        if self.columns("birth"):
            rule["birth"] = self.columns("birth")[0]
        numbers = {kind: self.columns(kind)[0] for kind in ("nhs", "upn", "pnc") if self.columns(kind)}
        if numbers:
            rule["identifiers"] = numbers
        address: dict[str, Any] = {"text": self.columns("address")} if self.columns("address") else {}
        if self.columns("postcode"):
            address["postcode"] = self.columns("postcode")[0]
        if address:
            rule["addresses"] = [address]
        if self.columns("phone"):
            rule["phones"] = self.columns("phone")
        if self.columns("email"):
            rule["emails"] = self.columns("email")
        if self.columns("school"):
            rule["school"] = {"name": self.columns("school")[0]}
        if self.columns("sex"):
            rule["sex"] = self.columns("sex")[0]
        return rule

    def entry(self) -> dict[str, Any]:
        kind = self.cleaned_data["kind"]
        at: dict[str, Any] = {"column": self.columns("date")}
        if self.columns("time"):
            at["time"] = self.columns("time")[0]
        title = self.columns("title")
        readable = title and not set("{}[]") & set(title[0])
        rule: dict[str, Any] = {
            "kind": kind, "at": at, "title": f"{{{title[0]}}}" if readable else kinds.kind(kind).label,
            # A list in an agency's own hand may hold hearsay; it is told as a report until someone says more.
            "nature": "reported",
        }  # fmt: skip
        told = self.columns("narrative") + ([] if readable else title)
        if told:
            rule["narrative"] = told
        for role in ("child_words", "author", "recorded"):
            if self.columns(role):
                rule[role] = self.columns(role)[0]
        if self.columns("other"):
            rule["others"] = [{"names": header, "role": "seen_with"} for header in self.columns("other")]
        if self.columns("place"):
            rule["things"] = [{"kind": "place", "value": self.columns("place")[0], "role": "happened_at"}]
        return rule


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:60] or "list"


def answers_in(draft: TableMap, headers: Sequence[str]) -> dict[str, str]:
    """What a map says of these columns, as the form would ask it: the start for a person to check."""
    table = draft.table
    roles: dict[str, str] = {}
    if not table.key_digest:
        roles |= dict.fromkeys(table.key, "row")
    person = table.person
    if person is not None:
        roles |= dict.fromkeys(person.id[:1], "person")
        for name in person.names[:1]:
            roles |= {**dict.fromkeys(name.given, "given"), name.family: "family", name.full: "full"}
        roles[person.birth] = "birth"
        for number in person.identifiers:
            if number.kind.constant in ("nhs", "upn", "pnc"):
                roles[number.column] = number.kind.constant
        for place in person.addresses[:1]:
            roles |= {**dict.fromkeys(place.text, "address"), place.postcode: "postcode"}
        roles |= {**dict.fromkeys(person.phones, "phone"), **dict.fromkeys(person.emails, "email")}
        roles |= {person.gender: "sex", person.sex: "sex"}
        roles |= {person.school.parts.get("name", "") if person.school else "": "school"}
    for entry in table.entries[:1]:
        roles |= {**dict.fromkeys(entry.at.columns[:1], "date"), entry.at.time: "time"}
        roles |= dict.fromkeys(re.findall(r"\{([^{}]*)\}", entry.title)[:1], "title")
        roles |= dict.fromkeys(entry.narrative, "narrative")
        roles |= {entry.child_words: "child_words", entry.author: "author"}
        roles |= dict.fromkeys(entry.recorded.columns[:1] if entry.recorded else (), "recorded")
        roles |= {other.names: "other" for other in entry.others}
        roles |= {thing.value: "place" for thing in entry.things if thing.kind.constant == "place"}
    places = bind(table, headers).places
    found = {f"column_{places[name]}": role for name, role in roles.items() if name in places}
    kind = table.entries[0].kind if table.entries else ""
    return {**found, "kind": kind, "name": table.title, "scope": table.scope}


class YamlForm(forms.Form):
    """The whole map as YAML, for those who write maps by hand."""

    yaml = forms.CharField(
        label="The map as YAML",
        max_length=LONGEST_MAP,
        widget=forms.Textarea,
        error_messages={"required": "Write or paste the map."},
    )

    def clean_yaml(self) -> str:
        self.spec = read_map(self.cleaned_data["yaml"])
        return str(self.cleaned_data["yaml"])
