"""The layout around every page, the pages that say no, and the pieces that pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from jinja2 import Environment, UndefinedError

from lineofsight.catalogue.when import When
from lineofsight.ui import pages
from lineofsight.ui.environment import environment

POLICE = SimpleNamespace(code="police", name="Northshore Police", letter="P", badge=2)


def rooms(request: HttpRequest) -> list[pages.Room]:
    return [
        {"text": "Home", "href": "/", "current": False},
        {"text": "Children", "href": "/c", "current": True},
    ]


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    with override_settings(
        NAVIGATION=f"{__name__}.rooms",
        PARTNERSHIP_NAME="Harbour & Quay Partnership",
        MARKING="OFFICIAL-SENSITIVE",
        STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "APP_DIRS": True,
                "OPTIONS": {"environment": "lineofsight.ui.environment.environment"},
            }
        ],
    ):
        yield


@pytest.fixture
def jinja() -> Environment:
    return environment()


def request(name: str = "A. Oduya") -> HttpRequest:
    made = RequestFactory().get("/")
    made.actor = SimpleNamespace(ref="W1" if name else "", name=name)  # type: ignore[attr-defined]
    made.csp_nonce = "abc123"  # type: ignore[attr-defined]
    return made


def words(response: HttpResponse) -> str:
    return response.content.decode()


def test_every_page_has_the_frame() -> None:
    drawn = words(pages.refusal(request(), 403))
    assert "Harbour &amp; Quay Partnership" in drawn
    assert "OFFICIAL-SENSITIVE" in drawn
    assert "A. Oduya" in drawn
    assert 'action="/search"' in drawn and 'name="q"' in drawn
    assert '<a href="/c" aria-current="page">Children</a>' in drawn
    assert 'href="#main-content"' in drawn and 'id="main-content"' in drawn
    assert re.search(r'<form action="/sign-out" method="post">\s*<input type="hidden" name="csrf', drawn)


def test_the_one_inline_line_carries_the_nonce() -> None:
    drawn = words(pages.refusal(request(), 404))
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>", drawn)
    assert inline == ['<script nonce="abc123">']


def test_nobody_signed_in_sees_no_search_and_no_sign_out() -> None:
    drawn = words(pages.refusal(request(name=""), 404))
    assert "/search" not in drawn
    assert "Sign out" not in drawn


def test_a_page_is_never_kept_on_the_way() -> None:
    assert pages.refusal(request(), 404)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_pages_that_say_no(status: int) -> None:
    answer = pages.refusal(request(), status)
    assert answer.status_code == status
    assert pages.WORDS[status][0] in words(answer)


def test_absent_and_not_for_you_look_alike() -> None:
    assert words(pages.refusal(request(), 404, "There is a sealed record.")) != ""
    assert "sealed" not in words(pages.refusal(request(), 404, "There is a sealed record."))
    assert "sealed" not in words(pages.refusal(request(), 500, "There is a sealed record."))
    assert "ask your manager" in words(pages.refusal(request(), 403, "First ask your manager."))


def test_our_templates_stop_at_a_name_that_was_not_handed_over(jinja: Environment) -> None:
    with pytest.raises(UndefinedError):
        jinja.from_string("{{ child.nickname }}").render(child={})


def test_the_ported_macros_accept_missing_options(jinja: Environment) -> None:
    drawn = jinja.from_string(
        '{% from "govuk_frontend_jinja/components/input/macro.html" import govukInput %}'
        '{{ govukInput({"name": "q", "label": {"text": "<b>"}}) }}'
    ).render()
    assert 'name="q"' in drawn and "&lt;b&gt;" in drawn


def render(jinja: Environment, call: str, **context: object) -> str:
    return jinja.from_string('{% import "ui/components.jinja" as c with context %}' + call).render(**context)


def test_a_badge_is_a_letter_a_pattern_and_a_name(jinja: Environment) -> None:
    drawn = render(jinja, "{{ c.badge(agency, count=3) }}", agency=POLICE)
    assert "los-badge--2" in drawn
    assert ">P<" in drawn
    assert '<span class="govuk-visually-hidden">Northshore Police</span>' in drawn
    assert ", 3 origins" in drawn


def test_a_date_says_how_exact_it_is(jinja: Environment) -> None:
    exact = render(jinja, "{{ c.when(w) }}", w=When.on(date(2026, 5, 3)))
    assert '<time datetime="2026-05-03">Sun 3 May 2026</time>' in exact
    assert "precision" not in exact
    assert "not known when" in render(jinja, "{{ c.when(w) }}", w=When.unknown())
    may = When(When.on(date(2026, 5, 1)).start, When.on(date(2026, 6, 1)).start, "month")
    assert "to the month" in render(jinja, "{{ c.when(w) }}", w=may)


def test_cells_name_their_column_and_are_escaped(jinja: Environment) -> None:
    drawn = render(
        jinja,
        "{{ c.data_table('Fact', ['Name', {'text': 'Times', 'numeric': true}], rows) }}",
        rows=[["<i>", "3"]],
    )
    assert 'data-label="Name">&lt;i&gt;</td>' in drawn
    assert 'govuk-table__cell--numeric" data-label="Times">3</td>' in drawn


class Tags(HTMLParser):
    """Which elements are left open; enough to see that a macro closes what it opens."""

    VOID = frozenset({"input", "path", "circle", "rect", "br", "line", "meta", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return


@pytest.mark.parametrize(
    "call",
    [
        "{{ c.strip('Missing now', 'unsafe') }}",
        "{% call c.strip('', 'attention', title='Two facts differ') %}<p>See</p>{% endcall %}",
        "{{ c.flash_banner('Saved', 'success') }}",
        "{{ c.mark('restricted', 'Restricted') }}",
        "{{ c.filter_tags([{'text': 'Police', 'href': '?'}], clear='/') }}",
        "{{ c.pager(newer='?a', older='?b', words='1 to 50') }}",
        "{{ c.empty_state('Nothing is due', 'Well.', '/', 'Home') }}",
        "{{ c.reference('C-7KQ2-M4XD') }}",
        "{{ c.progress('Reading', 3, 10, '/p', '/r') }}",
        "{{ c.steps(['One', 'Two', 'Three'], 2) }}",
        "{{ c.summary_rows([{'key': 'Born', 'value': '2010', 'href': '/'}, {'key': 'A', 'html': 'b'}]) }}",
        "{% call c.figure('By month', 'table') %}<svg></svg>{% endcall %}",
        "{{ c.print_title('Chronology', [['Child', 'Sam']]) }}",
        "{{ c.details('More', 'text') }}",
        "{{ c.tag('Closed', 'grey') }}",
        "{{ c.timeline(data, '/data.json') }}",
    ],
)
def test_every_piece_closes_what_it_opens(jinja: Environment, call: str) -> None:
    data: dict[str, object] = {
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-02-01T00:00:00Z",
        "now": None,
        "lanes": [],
        "marks": [],
    }
    tags = Tags()
    drawn = render(jinja, call, data=data)
    tags.feed(drawn)
    assert tags.open == []
    assert "style=" not in drawn


def test_fields_of_a_form_draw_themselves() -> None:
    from django import forms

    class Happened(forms.Form):
        when = forms.CharField(help_text="3/5", widget=forms.TextInput(attrs={"data-understand": "/u"}))
        kind = forms.ChoiceField(choices=[("a", "Missing"), ("b", "Seen")], widget=forms.RadioSelect)
        agency = forms.ChoiceField(choices=[("p", "Police")])
        words = forms.CharField(widget=forms.Textarea, required=False)
        sure = forms.BooleanField()
        file = forms.FileField(required=False)
        secret = forms.CharField(widget=forms.PasswordInput)
        key = forms.CharField(widget=forms.HiddenInput)

    form = Happened({"kind": "b", "words": "<b>Łukasz</b>", "secret": "hunter2", "key": "k"})
    drawn = render(
        environment(), "{{ c.error_summary(form) }}{% for f in form %}{{ c.field(f) }}{% endfor %}", form=form
    )
    assert 'href="#id_when"' in drawn and 'id="id_when"' in drawn
    assert 'data-understand="/u"' in drawn
    assert 'aria-describedby="id_when-hint id_when-problem"' in drawn
    assert re.search(r'value="b" checked', drawn)
    assert "&lt;b&gt;Łukasz" in drawn
    assert "hunter2" not in drawn
    assert 'type="hidden" name="key" value="k"' in drawn
    assert "(optional)" in drawn
