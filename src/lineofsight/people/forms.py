"""The answer to a question of who is who."""

from __future__ import annotations

from django import forms

VERDICTS = (("same", "Same person"), ("different", "Different people"), ("unsure", "Not sure"))


class AnswerForm(forms.Form):
    verdict = forms.ChoiceField(
        label="Answer",
        choices=VERDICTS,
        error_messages={
            "required": "Choose “Same person”, “Different people” or “Not sure”.",
            "invalid_choice": "Choose “Same person”, “Different people” or “Not sure”.",
        },
    )
    note = forms.CharField(
        label="Why, for whoever looks later",
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text="Such as “rang the school, one child”. Facts only.",
    )
