"""Who is who: the work list, one question with both records side by side, its answer, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Subject
from lineofsight.access.policy import Permission, decide
from lineofsight.catalogue import clock
from lineofsight.catalogue.errors import Refused
from lineofsight.partners import queries as partners
from lineofsight.people import answering, queries, services
from lineofsight.people.forms import AnswerForm
from lineofsight.people.queries import Question, Side
from lineofsight.ui.asking import asks
from lineofsight.ui.dates import show_count, show_day
from lineofsight.ui.pages import page

SHOWN = 50
VERDICT_WORDS = {"same": "same person", "different": "different people", "unsure": "not sure"}


def questions(request: Any) -> HttpResponse:
    return page(
        request, "people/questions.jinja",
        title="Who is who",
        lines=queries.questions(request.actor, limit=SHOWN),
        open_count=queries.count_questions(request.actor),
        answers=queries.answers(request.actor, limit=20), waiting=queries.proposals(request.actor),
        doing=answering.answering(request.actor), run=queries.latest_run(request.actor),
        may_compare=decide(request.actor, Permission.MATCH_RUN, Subject.partnership()).allowed,
        likelihood=likelihood, verdict_words=VERDICT_WORDS, record_of=record_of,
        agencies=partners.agencies_by_code(),
    )  # fmt: skip


def likelihood(probability: float) -> str:
    """In words first: a figure alone looks more certain than it is."""
    if probability >= 0.95:
        return "very likely"
    return "likely" if probability >= 0.7 else "possible"


def in_a_hundred(probability: float) -> str:
    if probability > 0.99:
        return "more than 99 in 100"
    return "fewer than 1 in 100" if probability < 0.01 else f"about {round(probability * 100)} in 100"


def record_of(label: str) -> tuple[str, str, str]:
    """(agency, system, number) of a label such as csc/case/1204."""
    agency, _, rest = label.partition("/")
    system, _, number = rest.partition("/")
    return agency, system, number


@require_POST
def compare(request: Any) -> HttpResponse:
    """Count what a run would change, and show it before anything changes."""
    run = services.run_matching(by=request.actor, only_count=True)
    return page(request, "people/compare.jinja", title="What comparing everyone would change", run=run)


@require_POST
def apply_run(request: Any) -> HttpResponse:
    run = services.run_matching(by=request.actor)
    messages.success(
        request,
        f"Compared {show_count(run.identities)} records. {show_count(run.joined)} pairs are joined without a "
        f"question, {show_count(run.asked)} need a person. "
        f"The records now form {show_count(run.people)} people; {show_count(run.moved)} came to another person.",
    )
    return redirect("people:questions")


@require_POST
def undo_run(request: Any, ref: str) -> HttpResponse:
    try:
        services.undo_run(ref=ref, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "The run is undone. Who is who is as it was before it; people’s answers stand."
        )
    return redirect("people:questions")


@asks("after_a", "after_b")
def next_question(request: Any) -> HttpResponse:
    after = (request.GET.get("after_a", ""), request.GET.get("after_b", ""))
    line = queries.next_question(request.actor, after=after if all(after) else None)
    if line is None:
        messages.info(request, "There is no open question left.")
        return redirect("people:questions")
    if {line.a_ref, line.b_ref} == set(after):
        messages.info(request, "This is the only open question.")
    return redirect("people:question", line.a_ref, line.b_ref)


def question(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    if queries.find_proposal(request.actor, a_ref, b_ref):
        return redirect("people:agree", a_ref, b_ref)
    return question_page(request, a_ref, b_ref, AnswerForm())


def question_page(request: Any, a_ref: str, b_ref: str, form: AnswerForm) -> HttpResponse:
    asked = queries.get_question(request.actor, a_ref, b_ref)
    note_shown(request, a_ref, b_ref)
    return pair_page(request, asked, form)


def pair_page(
    request: Any, asked: queries.Question, form: AnswerForm, *, blind: bool = False, proposal: Any = None
) -> HttpResponse:
    """Two records beside one another; `blind`: for a second answer; `proposal`: what waits for a second custodian."""
    return page(
        request, "people/question.jinja",
        title="Is this the same person?",
        asked=asked, rows=rows_of(asked), form=form,
        hidden=is_restricted(asked.a) or is_restricted(asked.b),
        likely=likelihood(asked.probability), figure=in_a_hundred(asked.probability),
        standing=VERDICT_WORDS.get(asked.standing, ""),
        agencies=partners.agencies_by_code(), blind=blind,
        proposal=proposal, mine=proposal is not None and proposal.by_ref == request.actor.ref,
    )  # fmt: skip


#: So many questions open beside one another are timed.
MOST_TIMED = 20


def note_shown(request: Any, a_ref: str, b_ref: str) -> None:
    """Keep with the session when this pair was first shown, to tell how long an answer takes. A form that comes
    back with a mistake goes on counting."""
    shown = request.session.get("pairs_shown", {})
    shown.setdefault(f"{a_ref} {b_ref}", clock.now().timestamp())
    request.session["pairs_shown"] = dict(list(shown.items())[-MOST_TIMED:])


def seconds_since_shown(request: Any, a_ref: str, b_ref: str) -> int | None:
    shown = request.session.get("pairs_shown", {})
    since = shown.pop(f"{a_ref} {b_ref}", None)
    if since is None:
        return None
    request.session["pairs_shown"] = shown
    return max(0, round(clock.now().timestamp() - since))


def next_second_look(request: Any) -> HttpResponse:
    waiting = answering.second_looks(request.actor)
    if not waiting:
        messages.info(request, "No answer waits for a second one of yours.")
        return redirect("people:questions")
    return redirect("people:second_look", waiting[0].a.ref, waiting[0].b.ref)


def second_look(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    """The same two records before another person, without the first answer."""
    judgement, asked = answering.get_second_look(request.actor, a_ref, b_ref)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.answer_again(
            judgement=judgement, by=request.actor, seconds=seconds_since_shown(request, a_ref, b_ref),
            **form.cleaned_data,
        )  # fmt: skip
        messages.success(request, "Your second answer is kept. It changes nothing by itself.")
        return redirect("people:again")
    note_shown(request, a_ref, b_ref)
    return pair_page(request, asked, form, blind=True)


def agree(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    """A protected person, whom one custodian holds for one with another record: the second custodian's word."""
    proposal = queries.get_proposal(request.actor, a_ref, b_ref)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer_proposal(proposal=proposal, by=request.actor, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, AGREED[form.cleaned_data["verdict"] == "same"])
            return redirect("people:questions")
    return pair_page(request, queries.get_question(request.actor, a_ref, b_ref), form, proposal=proposal)


#: By whether the second custodian said the same.
AGREED = {
    True: "Two custodians agree: the records are joined. A guardian is told.",
    False: "Nobody is joined. The pair is an open question again: talk to whoever proposed it.",
}


@require_POST
def withdraw_proposal(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    proposal = queries.get_proposal(request.actor, a_ref, b_ref)
    services.withdraw_proposal(proposal=proposal, by=request.actor)
    messages.success(request, "Taken back. The pair is an open question again.")
    return redirect("people:question", a_ref, b_ref)


@require_POST
def answer(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return question_page(request, a_ref, b_ref, form)
    one, other = queries.pair(request.actor, a_ref, b_ref)
    names = sorted({one.person.name or "Name not known", other.person.name or "Name not known"})
    try:
        said = services.decide_pair(
            one=one, other=other, by=request.actor, seconds=seconds_since_shown(request, a_ref, b_ref),
            **form.cleaned_data,
        )  # fmt: skip
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return question_page(request, a_ref, b_ref, form)
    if queries.waits(said):
        messages.success(
            request,
            f"Kept for {' and '.join(names)}: same person. One of them is protected, so nothing is joined until a "
            "second custodian agrees.",
        )
        return redirect("people:next")
    messages.success(
        request,
        format_html(
            'Saved for {}: {}. <a class="govuk-notification-banner__link" href="{}#answered">Undo</a>',
            " and ".join(names), VERDICT_WORDS[form.cleaned_data["verdict"]],
            reverse("people:question", args=(a_ref, b_ref)),
        ),
    )  # fmt: skip
    return redirect("people:next")


@require_POST
def undo(request: Any, a_ref: str, b_ref: str) -> HttpResponse:
    standing = queries.get_answer(request.actor, a_ref, b_ref)
    try:
        services.withdraw_judgement(judgement=standing, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The answer is undone. Everything is as it was before it.")
    return redirect("people:question", a_ref, b_ref)


# --- side by side -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """One thing a record says. `key` is what it is compared by; `why` says why it may not be relied on."""

    text: str
    key: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One respect in which two records are compared. `state`: agrees, differs, or empty if one is silent."""

    title: str
    left: tuple[Told, ...]
    right: tuple[Told, ...]
    state: str
    hidden: bool = False


#: Takes out of a statement what it says in one respect.
Read = Callable[[dict[str, Any]], Iterable[Told]]


def is_restricted(side: Side) -> bool:
    """By any record of the person: whoever hides from danger is hidden by every agency's page."""
    identities = (side.identity, *side.others)
    return any(said.facts.get("restricted") for identity in identities for said in identity.said)


def rows_of(asked: Question) -> list[Row]:
    hidden = is_restricted(asked.a) or is_restricted(asked.b)
    return [row(asked, title, read, hidden=hidden and title in KEPT_BACK) for title, read in RESPECTS]


def row(asked: Question, title: str, read: Read, *, hidden: bool) -> Row:
    if hidden:
        return Row(title, (), (), "", hidden=True)
    left, right = told_by(asked.a, read), told_by(asked.b, read)
    return Row(title, left, right, state_of(left, right))


def told_by(side: Side, read: Read) -> tuple[Told, ...]:
    found: dict[str, Told] = {}
    for said in side.identity.said:
        for told in read(said.facts):
            found.setdefault(told.text, told)
    return tuple(found.values())


def state_of(left: tuple[Told, ...], right: tuple[Told, ...]) -> str:
    """Numbers are compared within their kind (`kind:value`); one that fails its check proves nothing."""
    mine = {told.key for told in left if told.key and not told.why}
    theirs = {told.key for told in right if told.key and not told.why}
    if mine & theirs:
        return "agrees"
    kinds = {key.partition(":")[0] for key in mine} & {key.partition(":")[0] for key in theirs}
    return "differs" if kinds else ""


def names(facts: dict[str, Any]) -> Iterable[Told]:
    for name in facts.get("names", ()):
        words = " ".join(filter(None, (name.get("given"), name.get("family")))) or name.get("full", "")
        use = name.get("use", "legal")
        shown = words if use in ("legal", "") else f"{words} ({use})"
        yield Told(shown, f"name:{' '.join(words.casefold().split())}")


def birth(facts: dict[str, Any]) -> Iterable[Told]:
    born = facts.get("birth") or {}
    first, last = born.get("from"), born.get("to")
    if not first:
        return
    words = show_day(date.fromisoformat(first))
    if last and last != first:
        words = f"{words} to {show_day(date.fromisoformat(last))}"
    if born.get("precision") == "estimated":
        words += " (estimated)"
    yield Told(words, f"birth:{first}/{last}")


def plain(key: str, words: dict[str, str] | None = None) -> Read:
    def read(facts: dict[str, Any]) -> Iterable[Told]:
        if facts.get(key):
            value = str(facts[key])
            yield Told((words or {}).get(value, value), f"{key}:{value.casefold()}")

    return read


IDENTIFIERS = {
    "nhs": "NHS number",
    "upn": "UPN",
    "former_upn": "Former UPN",
    "uln": "ULN",
    "pnc": "PNC",
    "cro": "CRO",
}


def identifiers(facts: dict[str, Any]) -> Iterable[Told]:
    for item in facts.get("identifiers", ()):
        kind, value = item.get("kind", "local"), item.get("value") or item.get("raw", "")
        why = "" if item.get("ok", True) else item.get("why") or "fails its check"
        yield Told(f"{IDENTIFIERS.get(kind, 'Own number')} {value}", f"{kind}:{value}", why)


def addresses(facts: dict[str, Any]) -> Iterable[Told]:
    for place in facts.get("addresses", ()):
        text, postcode = place.get("text", ""), place.get("postcode", "")
        shown = text if postcode and postcode in text else ", ".join(filter(None, (text, postcode)))
        since = " to ".join(filter(None, (place.get("from"), place.get("to"))))
        yield Told(f"{shown} ({since})" if since else shown, f"address:{' '.join(shown.casefold().split())}")


def phones(facts: dict[str, Any]) -> Iterable[Told]:
    for phone in facts.get("phones", ()):
        yield Told(phone.get("raw") or phone.get("value", ""), f"phone:{phone.get('value', '')}")


def school(facts: dict[str, Any]) -> Iterable[Told]:
    held = facts.get("school") or {}
    name = held.get("name") or held.get("urn")
    if name:
        yield Told(name, f"school:{(held.get('urn') or name).casefold()}")


def workers(facts: dict[str, Any]) -> Iterable[Told]:
    for worker in facts.get("workers", ()):
        if worker.get("name"):
            words = ", ".join(filter(None, (worker["name"], worker.get("role"), worker.get("team"))))
            yield Told(words, f"worker:{worker['name'].casefold()}")


RESPECTS: tuple[tuple[str, Read], ...] = (
    ("Names", names),
    ("Born", birth),
    ("Sex", plain("sex", {"M": "Male", "F": "Female", "U": "Not known"})),
    ("Numbers", identifiers),
    ("Addresses", addresses),
    ("Telephones", phones),
    ("School", school),
    ("Workers", workers),
)
#: Of someone who is restricted, what could lead to where they are is not shown to settle a match.
KEPT_BACK = ("Addresses", "Telephones", "School")
