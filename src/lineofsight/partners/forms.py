"""Forms for signing in and for accounts."""

from __future__ import annotations

from typing import Any

from django import forms

from lineofsight.catalogue import book


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
        error_messages={
            "required": "Enter your work e-mail address.",
            "invalid": "Enter an e-mail address such as name@example.org.",
        },
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


class WorkerForm(forms.Form):
    name = forms.CharField(
        label="Full name",
        max_length=120,
        help_text="As colleagues in other agencies know them. It stands beside everything they write.",
        error_messages={"required": "Enter their full name."},
    )
    email = forms.EmailField(
        label="Work e-mail address",
        max_length=254,
        help_text="They sign in with it. One account a person, never a shared one.",
        error_messages={"required": "Enter their work e-mail address."},
    )
    agency = forms.ChoiceField(label="Agency", error_messages={"required": "Choose their agency."})
    job = forms.CharField(label="Job title", max_length=120, required=False)
    team = forms.CharField(label="Team", max_length=120, required=False)
    roles = forms.MultipleChoiceField(
        label="What they do here",
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what their work needs. A role decides what they can open and change.",
        error_messages={"required": "Choose at least one role."},
    )

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "Choose"), *agencies]  # type: ignore[attr-defined]
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role.code, f"{role.name}: {role.says}") for role in book.roles()
        ]


class ContactForm(forms.Form):
    contact = forms.CharField(
        label="Whom to ring",
        max_length=120,
        help_text="A person or a desk that is always answered, such as “Front door duty desk”.",
        error_messages={"required": "Say whom to ring."},
    )
    phone = forms.CharField(
        label="Telephone", max_length=40, error_messages={"required": "Enter the telephone number."}
    )
