"""Forms about access: what a guardian found, decisions to share, protection, conditions."""

from __future__ import annotations

from typing import Any

from django import forms

from lineofsight.access import alerts


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
