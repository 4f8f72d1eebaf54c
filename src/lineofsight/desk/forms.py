"""Forms of the child's page. Dates are typed as people say them; choices come from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from lineofsight.access.actor import EntrySubject
from lineofsight.catalogue import book, kinds
from lineofsight.catalogue.agreement import agreement
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.handling import Handling
from lineofsight.catalogue.when import When, local
from lineofsight.chronology.services import Account, Audience
from lineofsight.records import papers
from lineofsight.ui.dates import understand

NATURES = (
    ("fact", "I saw or did this, or it is on record"),
    ("reported", "Someone told me"),
    ("opinion", "It is my professional opinion"),
)

AUDIENCES = (
    ("team", "The team around the child, in every agency"),
    ("agency", "My agency’s people in the team; others see that we hold something and whom to ring"),
    ("named", "Only people I name; others see that we hold something and whom to ring"),
    ("concealed", "Only people I name; nobody else learns that it exists"),
    ("conditions", "Only people I name who accept written conditions (police handling code C)"),
)

#: Choice -> how an entry is held.
HELD = {
    "team": Handling(),
    "agency": Handling(sharing="agency_only"),
    "named": Handling(sharing="named"),
    "concealed": Handling(sharing="named", conceal=True),
    "conditions": Handling(sharing="named", handling="C"),
}
SENSITIVE = (
    ("", "Nothing of these"),
    ("sexual_health", "Sexual health"),
    ("substance_misuse", "Drugs or alcohol"),
    ("counselling", "Counselling"),
)


def audience_of(subject: EntrySubject, conditions: str) -> dict[str, Any]:
    """The audience of an entry as the first choice for what is written from it."""
    own = (subject.sharing, subject.conceal, subject.handling)
    found = (code for code, held in HELD.items() if (held.sharing, held.conceal, held.handling) == own)
    return {
        "audience": next(found, "named" if subject.sharing == "named" else "team"), "conditions": conditions,
        "named": sorted(subject.named | subject.recipients), "sensitivity": subject.sensitivity,
    }  # fmt: skip


def kind_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds grouped by category, the ones used most first inside each."""
    groups: dict[str, list[tuple[bool, str, str]]] = {}
    for kind in kinds.kinds().values():
        groups.setdefault(kind.category.replace("_", " ").capitalize(), []).append(
            (not kind.core, kind.label, kind.code)
        )
    return [
        (name, [(code, label) for _, label, code in sorted(rows)]) for name, rows in sorted(groups.items())
    ]


class WhenField(forms.CharField):
    """“3/5”, “yesterday 22:40”, “about half-term”, “not known”; cleaned to a When."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"data-understand": "/understand-date", "autocomplete": "off"}),
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return understand(text, now=local(timezone.now()))
        except Refused as error:
            raise forms.ValidationError(str(error)) from error


class AudienceForm(forms.Form):
    """Who will see what is written."""

    audience = forms.ChoiceField(
        label="Who will see this?", choices=AUDIENCES, widget=forms.RadioSelect, initial="team"
    )
    named = forms.MultipleChoiceField(
        label="People I name",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Needed for the last three choices. They must have a place around the child too.",
    )
    conditions = forms.CharField(
        label="Conditions they must accept",
        required=False,
        widget=forms.Textarea,
        help_text="Needed for handling code C. They see nothing before they accept.",
    )
    sensitivity = forms.ChoiceField(
        label="Is it about one of these?",
        required=False,
        choices=SENSITIVE,
        help_text="Then only your own agency’s people in the team read it; the others see whom to ring.",
    )

    def __init__(self, *args: Any, team: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["named"].choices = list(team)  # type: ignore[attr-defined]
        # What is written comes before who will see it, in the list of what is to be checked as on the page.
        last = ("audience", "named", "conditions", "sensitivity")
        self.order_fields([*(name for name in self.fields if name not in last), *last])

    def audience_given(self) -> Audience:
        given = self.cleaned_data
        held = replace(HELD[given["audience"]], sensitivity=given["sensitivity"])
        named = tuple(given["named"])
        if held.handling == "C":
            return Audience(
                held, recipients=tuple((ref, None) for ref in named), conditions=given["conditions"]
            )
        return Audience(held, named=named if held.sharing == "named" else ())


class EntryForm(AudienceForm):
    when = WhenField(
        label="When did it happen?",
        help_text="Such as “3 May 22:40”, “yesterday”, “May 2026”, “about half-term” or “not known”.",
        error_messages={"required": "Say when it happened, as exactly as is known. “Not known” will do."},
    )
    kind = forms.ChoiceField(
        label="What kind of thing?", error_messages={"required": "Choose what kind of thing happened."}
    )
    title = forms.CharField(
        label="What happened, in one sentence",
        max_length=1000,
        error_messages={"required": "Say in one sentence what happened."},
    )
    narrative = forms.CharField(
        label="More, if it helps",
        required=False,
        widget=forms.Textarea,
        help_text="What was seen and said, what was done, what came of it. Spell initials out.",
    )
    child_words = forms.CharField(
        label="The child’s own words",
        required=False,
        widget=forms.Textarea,
        help_text="Exactly as said. Nobody will reword them.",
    )
    place = forms.CharField(label="Where", required=False, max_length=200)
    others = forms.CharField(
        label="Who else was there",
        required=False,
        widget=forms.Textarea,
        help_text="One person a line: name, then a comma and their part, such as “Dale M, driver”.",
    )
    nature = forms.ChoiceField(
        label="How do you know?", choices=NATURES, widget=forms.RadioSelect, initial="fact"
    )
    told_by = forms.CharField(
        label="Who told you",
        required=False,
        max_length=200,
        help_text="Kept for you alone, unless your agency releases it to someone by name.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "Choose"), *kind_choices()]  # type: ignore[attr-defined]

    def account(self) -> Account:
        given = self.cleaned_data
        return Account(
            kind=given["kind"], when=given["when"], title=given["title"], narrative=given["narrative"],
            child_words=given["child_words"], nature=given["nature"], place=given["place"],
            people_there=tuple(self.people_there()), facts={"told by": given["told_by"]},
        )  # fmt: skip

    def people_there(self) -> list[tuple[str, str]]:
        """(name, part) of each line."""
        lines = self.cleaned_data.get("others", "").splitlines()
        pairs = [line.partition(",") for line in lines if line.strip()]
        return [(name.strip(), part.strip() or "present") for name, _, part in pairs]


class FromPaperForm(EntryForm):
    """The same event, with where it stands in the document."""

    page = forms.IntegerField(
        label="Page", required=False, min_value=1, max_value=9999,
        error_messages={"invalid": "Give the page as a number, such as 2."},
    )  # fmt: skip
    where = forms.CharField(
        label="Where on it",
        required=False,
        max_length=200,
        help_text="Such as “second paragraph” or “item 4”.",
    )


class PaperForm(AudienceForm):
    """A document that came in: the file, what it is, and who will see it."""

    file = forms.FileField(
        label="The document",
        help_text="A PDF, a Word document (docx) or plain text. It is kept as it came; its words are shown page by page.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.txt"}),
        error_messages={"required": "Choose the document.", "empty": "This file is empty. Choose another."},
    )
    title = forms.CharField(
        label="What is it?", max_length=300,
        help_text="Such as “Letter from the school about attendance” or “Minutes of the strategy discussion”.",
        error_messages={"required": "Say what the document is."},
    )  # fmt: skip
    when = WhenField(
        label="What date is on it?",
        help_text="Such as “3 May”, “May 2026” or “not known”.",
        error_messages={
            "required": "Give the date of the document, as exactly as is known. “Not known” will do."
        },
    )
    writer = forms.CharField(
        label="Who wrote it", required=False, max_length=200, help_text="A name, a post or an agency."
    )

    def account(self) -> Account:
        given = self.cleaned_data
        return Account(
            kind=papers.KIND,
            when=given["when"],
            title=given["title"],
            facts={"written by": given["writer"]},
        )


class OriginalForm(forms.Form):
    made_for = forms.CharField(
        label="What do you need a copy for?", max_length=200, help_text="It is recorded, with your name.",
        error_messages={"required": "Say what the copy is for. It is recorded."},
    )  # fmt: skip


class CorrectionForm(forms.Form):
    when = WhenField(label="When did it happen?")
    title = forms.CharField(label="What happened, in one sentence", max_length=1000)
    narrative = forms.CharField(label="More, if it helps", required=False, widget=forms.Textarea)
    child_words = forms.CharField(label="The child’s own words", required=False, widget=forms.Textarea)
    nature = forms.ChoiceField(label="How do you know?", choices=NATURES, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Why is this corrected?",
        help_text="The reason and the earlier version stay readable.",
        error_messages={"required": "Say why this is corrected. The reason stays with the entry."},
    )

    def account(self, kind: str) -> Account:
        given = self.cleaned_data
        return Account(
            kind=kind, when=given["when"], title=given["title"], narrative=given["narrative"],
            child_words=given["child_words"], nature=given["nature"],
        )  # fmt: skip


class FilterForm(forms.Form):
    """The filters above the chronology. Wrong dates are told, the rest still works."""

    agency = forms.MultipleChoiceField(label="Agency", required=False, widget=forms.CheckboxSelectMultiple)
    category = forms.MultipleChoiceField(label="Kind", required=False, widget=forms.CheckboxSelectMultiple)
    role = forms.MultipleChoiceField(
        label="The child’s part", required=False, widget=forms.CheckboxSelectMultiple
    )
    since = WhenField(label="From", required=False)
    until = WhenField(label="To", required=False)
    person = forms.CharField(label="Person, place, phone or vehicle", required=False, max_length=100)
    text = forms.CharField(label="Words", required=False, max_length=200)
    new = forms.BooleanField(label="Only what is new since I last looked", required=False)
    order = forms.ChoiceField(
        label="Order", choices=(("newest", "Newest first"), ("oldest", "Oldest first")), required=False
    )

    def __init__(
        self,
        data: Any,
        *,
        agencies: list[tuple[str, str]],
        categories: list[tuple[str, str]],
        roles: list[tuple[str, str]],
    ) -> None:
        super().__init__(data)
        for name, choices in (("agency", agencies), ("category", categories), ("role", roles)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


def first_day(when: When | None) -> date | None:
    return local(when.start).date() if when is not None and when.is_known else None


def last_day(when: When | None) -> date | None:
    """The last day inside the range: “May 2026” as an end means 31 May."""
    if when is None or not when.is_known:
        return None
    end = when.end - timedelta(seconds=1) if when.end > when.start else when.end
    return local(end).date()


FORMATS = (
    ("docx", "Word"),
    ("pdf", "PDF"),
    ("xlsx", "Excel"),
    ("csv", "CSV"),
    ("html", "Web page"),
    ("json", "JSON"),
)


class DocumentForm(forms.Form):
    format = forms.ChoiceField(label="As", choices=FORMATS, widget=forms.RadioSelect, initial="docx")
    since = WhenField(label="From", required=False, help_text="Leave empty for the beginning.")
    until = WhenField(label="To", required=False, help_text="Leave empty for today.")
    agency = forms.MultipleChoiceField(
        label="Only from these agencies", required=False, widget=forms.CheckboxSelectMultiple
    )
    made_for = forms.CharField(
        label="What is it for?",
        max_length=200,
        help_text="Such as “Strategy discussion, 4 May”. Stands on its first page and in the ledger.",
        error_messages={"required": "Say what the document is for. It stands on the first page."},
    )
    anonymise = forms.BooleanField(
        label="Take out names, places and exact dates", required=False,
        help_text="For learning and training: “Child A”, “School 1”, “Place 1”.",
    )  # fmt: skip

    known = forms.DateField(required=False, widget=forms.HiddenInput)
    to = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = agencies  # type: ignore[attr-defined]


class TeamForm(forms.Form):
    worker = forms.ChoiceField(label="Who")
    role = forms.CharField(
        label="In which role", max_length=60, help_text="Such as “lead social worker” or “school lead”.",
        error_messages={"required": "Say in which role."},
    )  # fmt: skip

    def __init__(self, *args: Any, workers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worker"].choices = [("", "Choose"), *workers]  # type: ignore[attr-defined]


class LookUpForm(forms.Form):
    """At least two things that identify the person, and what it is for (A-P7, A-C1)."""

    surname = forms.CharField(label="Family name", required=False, max_length=80)
    forename = forms.CharField(label="First name", required=False, max_length=80)
    dob = forms.CharField(
        label="Date of birth", required=False, max_length=20, help_text="Such as 12/3/2011."
    )
    nhs = forms.CharField(label="NHS number", required=False, max_length=20)
    upn = forms.CharField(label="Unique pupil number", required=False, max_length=20)
    postcode = forms.CharField(label="Postcode", required=False, max_length=10)
    phone = forms.CharField(label="Telephone", required=False, max_length=30)
    why = forms.ChoiceField(
        label="What is it for?",
        error_messages={"required": "Choose what the look-up is for. It is recorded."},
    )
    other = forms.CharField(
        label="In your own words, if it is something else", required=False, max_length=200
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = [(row["code"], row["label"]) for row in book.rows("purposes.yaml", "purposes")]
        self.fields["why"].choices = [("", "Choose"), *purposes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("why") == "other" and not given.get("other", "").strip():
            self.add_error("other", "Say what it is for.")
        return given

    def identifiers(self) -> dict[str, str]:
        names = ("surname", "forename", "dob", "nhs", "upn", "postcode", "phone")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}

    def purpose(self) -> str:
        why: str = self.cleaned_data["why"]
        return f"other: {self.cleaned_data['other']}" if why == "other" else why


class ClaimForm(forms.Form):
    purpose = forms.CharField(
        label="What are you doing for the child?", error_messages={"required": "Say what the claim is for."}
    )
    referral = forms.CharField(
        label="Reference of the referral", max_length=60,
        error_messages={"required": "Give the reference of the referral."},
    )  # fmt: skip


class EmergencyForm(forms.Form):
    reason = forms.CharField(
        label="Why can this not wait?",
        widget=forms.Textarea,
        error_messages={"required": "Say why it cannot wait. A guardian will read it."},
    )


VERDICTS = (
    ("confirmed", "One thing: all of these records tell of it"),
    ("split", "Several things: the records chosen below tell of something else"),
    ("rejected", "None of these records tells of the same thing"),
)


class OccurrenceForm(forms.Form):
    """One thing or several, and why."""

    verdict = forms.ChoiceField(
        label="What do these records tell of?", choices=VERDICTS, widget=forms.RadioSelect,
        error_messages={"required": "Say whether it is one thing, several, or not the same at all."},
    )  # fmt: skip
    apart = forms.MultipleChoiceField(
        label="Records that tell of something else", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Only when you choose “several things”.",
    )  # fmt: skip
    reason = forms.CharField(
        label="Why?", widget=forms.Textarea, help_text="Stays with the records, under your name.",
        error_messages={"required": "Say why. The reason stays with the records."},
    )  # fmt: skip

    def __init__(self, *args: Any, records: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["apart"].choices = records  # type: ignore[attr-defined]


class AskForm(forms.Form):
    gap = forms.CharField(widget=forms.HiddenInput)
    agency = forms.CharField(widget=forms.HiddenInput)
    words = forms.CharField(
        label="What is asked", widget=forms.Textarea, max_length=2000,
        error_messages={"required": "Say what the agency is asked for."},
    )  # fmt: skip


class AnswerQueryForm(forms.Form):
    answer = forms.ChoiceField(
        label="What is the answer?", widget=forms.RadioSelect,
        error_messages={"required": "Choose an answer."},
    )  # fmt: skip
    reason = forms.CharField(
        label="Why?", widget=forms.Textarea, help_text="Stays with the query.",
        error_messages={"required": "Say why. The reason stays with the query."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = list(agreement().answers.items())  # type: ignore[attr-defined]


class NoticeForm(forms.Form):
    fact = forms.CharField(widget=forms.HiddenInput)
    agency = forms.CharField(widget=forms.HiddenInput)
    value = forms.ChoiceField(
        label="Which of these is right?", widget=forms.RadioSelect,
        error_messages={"required": "Choose the value that the agency should look at."},
    )  # fmt: skip
    basis = forms.CharField(
        label="On what basis is it shared?", max_length=200,
        help_text="Such as the sharing agreement, or section 11 of the Children Act 2004.",
        error_messages={"required": "Say on what basis this is shared."},
    )  # fmt: skip

    def __init__(self, *args: Any, values: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].choices = values  # type: ignore[attr-defined]


class AnswerNoticeForm(forms.Form):
    answer = forms.ChoiceField(
        label="What will you do?", widget=forms.RadioSelect,
        choices=(
            ("accept", "We have taken note and will change our record"),
            ("refuse", "Our record is right as it is"),
        ),
        error_messages={"required": "Choose an answer."},
    )  # fmt: skip
    reason = forms.CharField(label="Why, if your record is right?", required=False, widget=forms.Textarea)


class KeyFactForm(forms.Form):
    kind = forms.ChoiceField(label="What kind of fact?", widget=forms.RadioSelect)
    words = forms.CharField(
        label="What must everyone hold?", max_length=500,
        help_text="In one sentence, such as “Child protection plan started on 4 May, neglect”.",
        error_messages={"required": "Say in one sentence what everyone must hold."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(agreement().key_facts.items())  # type: ignore[attr-defined]


class KnownForm(forms.Form):
    """One day, or two to compare, and to whom."""

    on = WhenField(label="As known on", required=False, help_text="Such as 4 May 2026, or “last Tuesday”.")
    then = WhenField(label="And compared with", required=False, help_text="What became known in between.")
    to = forms.ChoiceField(label="To whom?", required=False, help_text="As this agency knew it.")

    def __init__(self, *args: Any, agencies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "The whole partnership"), *agencies]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    def show(self, on: date) -> None:
        """The day that the page shows, however it was chosen, stands in the field."""
        if self.is_bound and not self.errors:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["on"] = f"{on.day} {on:%B %Y}"  # type: ignore[index]


class MeetingFileForm(forms.Form):
    format = forms.ChoiceField(label="As a document", choices=FORMATS, initial="docx")


class MeetingForm(forms.Form):
    title = forms.CharField(
        label="Which meeting or review?", max_length=200,
        error_messages={"required": "Give the meeting or review a name."},
    )  # fmt: skip
    on = WhenField(label="When is it?")
    entries = forms.MultipleChoiceField(
        label="Which entries?", help_text="Open a month to choose from it.",
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one entry."},
    )  # fmt: skip

    def __init__(self, *args: Any, entries: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        """`entries`: per month, key and words of each entry to choose from."""
        super().__init__(*args, **kwargs)
        self.fields["entries"].choices = entries  # type: ignore[attr-defined]
