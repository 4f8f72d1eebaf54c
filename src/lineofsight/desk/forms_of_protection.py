"""The small forms of the protection page: each has a button of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from lineofsight.partners.forms import DayField
from lineofsight.people.protecting import NAMED_FOR, SHIELDS

Choices = Sequence[tuple[str, str]]


def choice(label: str, *, required: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, error_messages={"required": required})


def reason(label: str = "Why") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=1000, widget=forms.Textarea, error_messages={"required": "Say why."}
    )


class ShieldForm(forms.Form):
    kind = forms.ChoiceField(
        label="What is to be hidden?", widget=forms.RadioSelect,
        choices=(
            (SHIELDS[0][0], "Where the child lives, learns or can be reached"),
            (SHIELDS[1][0], "The whole child: nobody else learns that there is a record"),
        ),
        error_messages={"required": "Choose what is to be hidden."},
    )  # fmt: skip
    named = forms.MultipleChoiceField(
        label="Who keeps seeing it", widget=forms.CheckboxSelectMultiple,
        help_text="Of the team. Choose yourself too if you are to keep seeing it; others can be named afterwards.",
        error_messages={"required": "Name at least one person who keeps seeing it."},
    )  # fmt: skip
    reason = reason()
    review_on = DayField(
        label="To be looked at again on",
        required=True,
        error_messages={"required": "Choose a day on which somebody looks at this again."},
    )


class LiftForm(forms.Form):
    kind = forms.ChoiceField(
        label="Which protection",
        choices=SHIELDS,
        error_messages={"required": "Choose which."},
    )  # fmt: skip
    reason = reason("Why it is no longer needed")


class NameForm(forms.Form):
    kind = forms.ChoiceField(
        label="Named for",
        choices=NAMED_FOR,
        error_messages={"required": "Choose what they are named for."},
    )  # fmt: skip
    worker = choice("Who", required="Choose whom you name.")


class ExcludeForm(forms.Form):
    agency = choice("Agency", required="Choose the agency.")
    reason = reason()


class IncludeForm(forms.Form):
    agency = choice("Agency", required="Choose the agency.")
    reason = reason("Why it is no longer left out")


class HouseholdForm(forms.Form):
    key = forms.CharField(
        label="Key of the household", max_length=120,
        help_text="The same words for everyone who lives there, such as a reference of your own system.",
        error_messages={"required": "Give the household a key."},
    )  # fmt: skip


class OpenPanelForm(forms.Form):
    panel = forms.CharField(label="Panel", max_length=60, error_messages={"required": "Say which panel."})


class ClosePanelForm(forms.Form):
    panel = choice("Panel", required="Choose the panel.")


class LeadForm(forms.Form):
    worker = choice("Who leads", required="Choose who leads.")


class ConflictForm(forms.Form):
    covers = forms.ChoiceField(
        label="Whom do you know?", widget=forms.RadioSelect,
        choices=(("person", "This person alone"), ("household", "This person and those they live with")),
        error_messages={"required": "Say whether it concerns the person alone or their household."},
    )  # fmt: skip
    reason = forms.CharField(
        label="How", required=False, max_length=500,
        help_text="A word is enough, such as “neighbours” or “my sister’s partner”.",
    )  # fmt: skip


FORMS: Mapping[str, type[forms.Form]] = {
    "shield": ShieldForm, "lift": LiftForm, "name": NameForm, "exclude": ExcludeForm, "include": IncludeForm,
    "household": HouseholdForm,
    "open_panel": OpenPanelForm, "close_panel": ClosePanelForm, "lead": LeadForm,
}  # fmt: skip


def made(
    chosen: str,
    posted: Any,
    *,
    workers: Choices,
    team: Choices,
    agencies: Choices,
    left_out: Sequence[str],
    panels: Sequence[str],
) -> dict[str, forms.Form]:
    """All of them, the chosen one with what was posted. `team`: who can be named at once when something is hidden."""
    found = {}
    for name, form in FORMS.items():
        one = form(posted if name == chosen else None, auto_id=f"id_{name}_%s")
        for field, given in (("worker", workers), ("agency", agencies)):
            if field in one.fields:
                one.fields[field].choices = [("", "Choose"), *given]  # type: ignore[attr-defined]
        if "named" in one.fields:
            one.fields["named"].choices = list(team)  # type: ignore[attr-defined]
        if name == "include":
            one.fields["agency"].choices = [row for row in agencies if row[0] in left_out]  # type: ignore[attr-defined]
        if name == "close_panel":
            one.fields["panel"].choices = [(panel, panel) for panel in panels]  # type: ignore[attr-defined]
        found[name] = one
    return found
