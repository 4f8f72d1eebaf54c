"""Forms for signing in and for accounts. A form takes what its page asks for and nothing else."""

from __future__ import annotations

from typing import Any

from django import forms

from lineofsight.catalogue import book
from lineofsight.catalogue.sign_in import numbers


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


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=30,
        help_text="The six digits that your app shows now, or one of your recovery codes.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}
        ),
        error_messages={"required": "Enter the code that your app shows, or one of your recovery codes."},
    )
    passkey = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("passkey"):  # which says it already
            self.fields["code"].required = False


class AppForm(forms.Form):
    code = forms.CharField(
        label="The six digits that the app shows",
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Enter the six digits that the app shows."},
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label="What you will call it",
        max_length=60,
        help_text="Such as “work laptop” or “blue key”, so that you know which to remove when it is lost.",
        error_messages={"required": "Give it a name."},
    )
    passkey = forms.CharField(required=False, widget=forms.HiddenInput)


def new_password() -> forms.CharField:
    return forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        help_text=(
            f"At least {numbers().shortest_password} characters. Three or four unrelated words do well. "
            "It need not be changed again unless you think somebody knows it."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )


class InvitationForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = new_password()


class PasswordForm(forms.Form):
    current = forms.CharField(
        label="Password now",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter the password you have now."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = new_password()


class HomeForm(forms.Form):
    surname = forms.CharField(
        label="Surname", max_length=80, error_messages={"required": "Enter your surname."}
    )
    street = forms.CharField(
        label="House number and street",
        max_length=120,
        error_messages={"required": "Enter the house number and street where you live."},
    )
    postcode = forms.CharField(
        label="Postcode", max_length=10, error_messages={"required": "Enter the postcode where you live."}
    )
    phone = forms.CharField(label="Home or own mobile telephone", max_length=40, required=False)


def role_choices() -> list[tuple[str, str]]:
    return [(role.code, f"{role.name}: {role.says}") for role in book.roles()] + [
        ("export", "May export: can take a chronology out of the system as a document.")
    ]


class DayField(forms.DateField):
    """A day, mostly one to come, so that no year is guessed. Optional unless `required` is given."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(
            input_formats=["%d %B %Y", "%d %b %Y", "%d/%m/%Y", "%Y-%m-%d"],
            widget=forms.DateInput(attrs={"autocomplete": "off"}, format="%-d %B %Y"),
            **kwargs,
        )
        self.error_messages["invalid"] = "Write a day with its year, such as 3 May 2027 or 3/5/2027."


class DetailsForm(forms.Form):
    name = forms.CharField(
        label="Full name",
        max_length=120,
        help_text="As colleagues in other agencies know them. It stands beside everything they write.",
        error_messages={"required": "Enter their full name."},
    )
    job = forms.CharField(label="Job title", max_length=120, required=False)
    team = forms.CharField(label="Team", max_length=120, required=False)
    training_until = DayField(
        label="Information training counts until",
        help_text="Without training in date nobody opens a child’s record.",
    )


class WorkerForm(DetailsForm):
    email = forms.EmailField(
        label="Work e-mail address",
        max_length=254,
        help_text="They sign in with it. One account a person, never a shared one.",
        error_messages={"required": "Enter their work e-mail address."},
    )
    agency = forms.ChoiceField(label="Agency", error_messages={"required": "Choose their agency."})
    roles = forms.MultipleChoiceField(
        label="What they do here",
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what their work needs. A guardian of their agency approves each before it counts.",
        error_messages={"required": "Choose at least one role."},
    )

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "Choose"), *agencies]  # type: ignore[attr-defined]
        self.fields["roles"].choices = role_choices()  # type: ignore[attr-defined]


HOUR = "Give a whole hour, such as 7 or 22."


class ChangeForm(DetailsForm):
    ends = DayField(
        label="First day without an account",
        help_text="From this day on they cannot sign in. Leave it empty if they stay.",
    )
    usual_from = forms.IntegerField(
        label="First hour on the rota", required=False, min_value=0, max_value=23,
        help_text="0 to 23, if they work other hours than their agency, such as 22 for nights.",
        error_messages={"invalid": HOUR, "min_value": HOUR, "max_value": HOUR},
    )  # fmt: skip
    usual_until = forms.IntegerField(
        label="Last hour on the rota", required=False, min_value=0, max_value=24,
        help_text="The hour at which their day ends, such as 7.",
        error_messages={"invalid": HOUR, "min_value": HOUR, "max_value": HOUR},
    )  # fmt: skip


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label="Role or permission", widget=forms.RadioSelect, error_messages={"required": "Choose a role."}
    )
    why = forms.CharField(
        label="What they need it for",
        max_length=200,
        error_messages={"required": "Say what they need it for."},
    )
    until = DayField(
        label="Until", help_text="It counts until the day before. Leave it empty if no end is known."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]


class SuspendForm(forms.Form):
    why = forms.CharField(
        label="Why", max_length=200, error_messages={"required": "Say why the account is suspended."}
    )


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


class AgreementForm(forms.Form):
    agency = forms.ChoiceField(label="Agency", error_messages={"required": "Choose the agency."})
    title = forms.CharField(
        label="Name of the agreement", max_length=200, error_messages={"required": "Give it a name."}
    )
    purpose = forms.CharField(
        label="What is shared for", widget=forms.Textarea,
        error_messages={"required": "Say what is shared for."},
    )  # fmt: skip
    lawful_basis = forms.CharField(
        label="Lawful basis", max_length=200,
        help_text="Such as public task, with the section of the Act that it rests on.",
        error_messages={"required": "Name the lawful basis."},
    )  # fmt: skip
    may_flow = forms.CharField(label="What may flow", required=False, widget=forms.Textarea)
    contact = forms.CharField(label="Who answers for it", required=False, max_length=200)
    since = DayField(label="From", help_text="Leave it empty for today.")
    until = DayField(
        label="Until", help_text="It ends as this day begins. Leave it empty if no end was agreed."
    )
    review_on = DayField(label="To be looked at again on")

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "Choose"), *agencies]  # type: ignore[attr-defined]


class SuspendAgreementForm(forms.Form):
    why = forms.CharField(
        label="Why", widget=forms.Textarea, max_length=1000,
        error_messages={"required": "Say why it is suspended."},
    )  # fmt: skip
