"""The page on which a table is pasted; what follows is the same preview, commit and undo as for a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.limits import limits
from lineofsight.partners import queries as partners
from lineofsight.records import pasted, services
from lineofsight.records.forms import DayField
from lineofsight.ui.pages import page


class PasteForm(forms.Form):
    text = forms.CharField(
        label="The table", widget=forms.Textarea, max_length=4_000_000, strip=False,
        help_text="Copy the whole table in Word or a spreadsheet, with its heading, and paste it here.",
        error_messages={"required": "Paste the table."},
    )  # fmt: skip
    agency = forms.ChoiceField(
        label="Whose records are these?", error_messages={"required": "Choose whose records these are."}
    )
    child = forms.CharField(
        label="The child’s name", max_length=200, required=False,
        help_text="If the table is about one child and does not say so in a column.",
    )  # fmt: skip
    born = DayField(label="The child’s birth date", required=False, help_text="Such as “14 February 2011”.")
    number = forms.CharField(
        label="The child’s number at that agency",
        max_length=100,
        required=False,
        help_text="Such as the case number.",
    )
    lawful_basis = forms.CharField(
        label="Lawful basis", max_length=200,
        help_text="By which agreement or duty it is shared, such as “Children Act 1989 section 47 enquiry”.",
        error_messages={"required": "Say by which agreement or duty the agency shares this."},
    )  # fmt: skip
    sender = forms.CharField(label="Who sent it", max_length=200, required=False)

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "Choose"), *agencies]  # type: ignore[attr-defined]

    def about(self) -> dict[str, str]:
        """Whom every row is about, as columns that a chronology table knows."""
        born = self.cleaned_data["born"]
        return {
            "Child": self.cleaned_data["child"].strip(),
            "Date of birth": born.isoformat() if born else "",
            "Case number": self.cleaned_data["number"].strip(),
        }


def paste(request: Any) -> HttpResponse:
    require(request.actor, Permission.FILE_RECEIVE, Subject.partnership())
    choices = [(agency.code, agency.name) for agency in partners.agencies()]
    form = PasteForm(request.POST if request.method == "POST" else None, agencies=choices)
    if form.is_valid():
        try:
            taken = services.receive(
                agency=partners.agency(form.cleaned_data["agency"]),
                file_name=f"pasted {timezone.localtime():%Y-%m-%d %H.%M}.csv",
                content=[pasted.as_csv(form.cleaned_data["text"], form.about())],
                lawful_basis=form.cleaned_data["lawful_basis"], sender=form.cleaned_data["sender"],
                most_mib=limits().upload_mib, by=request.actor,
            )  # fmt: skip
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else "text", str(error))
        else:
            services.stage_or_refuse(delivery=taken, by=request.actor)
            return redirect("records:delivery", taken.ref)
    return page(request, "records/paste.jinja", title="Paste a table", form=form)
