"""Forms about access: what a guardian found, decisions to share, protection, conditions."""

from __future__ import annotations

from typing import Any

from django import forms

from lineofsight.access import alerts
from lineofsight.catalogue import clock, gateways
from lineofsight.partners.forms import DayField
from lineofsight.ui.dates import show_day


class FindingForm(forms.Form):
    finding = forms.ChoiceField(
        label="What did you find?", widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )  # fmt: skip
    note = forms.CharField(
        label="What was done, or is to be done", required=False, widget=forms.Textarea, max_length=2000,
        help_text="Without the name of a child: the reference is enough.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(f.code, f"{f.label}. {f.says}") for f in alerts.findings().values()]
        self.fields["finding"].choices = choices  # type: ignore[attr-defined]


class SharingForm(forms.Form):
    """What, with whom, on which gateway, why, and whether the family was told."""

    shared = forms.ChoiceField(
        label="What did you decide?", widget=forms.RadioSelect,
        choices=(("yes", "To share"), ("no", "Not to share")),
        error_messages={"required": "Choose whether it is shared."},
    )  # fmt: skip
    what = forms.CharField(
        label="What", max_length=500, error_messages={"required": "Say what was asked for or offered."}
    )
    with_whom = forms.CharField(
        label="With whom", max_length=200, error_messages={"required": "Say with whom."}
    )
    gateway = forms.ChoiceField(
        label="On which gateway does it rest?", error_messages={"required": "Choose the gateway."}
    )
    reason = forms.CharField(
        label="Why", widget=forms.Textarea, max_length=2000,
        help_text="Also for not sharing: silence can harm too.",
        error_messages={"required": "Say why. It stands beside the decision."},
    )  # fmt: skip
    told_family = forms.ChoiceField(
        label="Was the family told?", widget=forms.RadioSelect,
        error_messages={"required": "Say whether the family was told."},
    )  # fmt: skip
    told_why = forms.CharField(label="Why not, or not yet", required=False, max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(gateway.code, gateway.words) for gateway in gateways.open_on(clock.now().date())]
        self.fields["gateway"].choices = [("", "Choose"), *rows]  # type: ignore[attr-defined]
        self.fields["told_family"].choices = list(gateways.told().items())  # type: ignore[attr-defined]


class RecipientForm(forms.Form):
    to = forms.ChoiceField(label="Whom", error_messages={"required": "Choose whom you name."})
    conditions = forms.CharField(
        label="Conditions that they must accept", widget=forms.Textarea, max_length=2000,
        help_text="Such as “Do not act on this without ringing us”. They read this before they see anything.",
        error_messages={"required": "Write the conditions that the recipient must accept."},
    )  # fmt: skip
    lawful_basis = forms.CharField(
        label="Lawful basis", max_length=200, error_messages={"required": "Name the lawful basis."}
    )
    until = DayField(
        label="Until",
        required=True,
        help_text="They no longer see it as this day begins.",
        error_messages={"required": "Choose the day on which it ends."},
    )

    def __init__(self, *args: Any, workers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Choose"), *workers]  # type: ignore[attr-defined]

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day <= clock.now().date():
            raise forms.ValidationError(f"Choose a day after {show_day(clock.now())}.")
        return day
