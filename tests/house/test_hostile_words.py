"""Words that people and files bring are only words: on every page, print view and document (I-2).

About two hundred pieces of markup stand in every text field that a file or a form can fill. A page that let one
through would hold an element or an attribute that our templates never write; each page is read as a browser reads it.
"""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.urls import reverse

from invented import FILES
from lineofsight.catalogue.when import When
from lineofsight.chronology import agreeing, documents
from lineofsight.chronology import services as writing
from lineofsight.desk import packs
from lineofsight.partners import services as partners
from lineofsight.people import queries as people
from lineofsight.records import settling
from lineofsight.records.models import Delivery

#: What an element or attribute of ours never is called, so that whatever bears it came from outside.
MARK = "xpwn"
SHAPES = (
    "<{tag} {on}={m}>", "<{tag}/{on}={m}>", "<{tag} {on}=\"{m}\">", "\"><{tag} {on}={m}>", "'><{tag} {on}={m}>",
    "</textarea><{tag} {on}={m}>", "</title><{tag} {on}={m}>", "--><{tag} {on}={m}>", "]]><{tag} {on}={m}>",
    "\" {on}=\"{m}", "' {on}='{m}", "<{tag}\n{on}={m}>", "<{upper} {on}={m}>",
)  # fmt: skip
TAGS = ("script", "img src=x", "svg", "iframe", "body", "details open", "math", "video", "a href=javascript:", "form",
        "object", "input autofocus", "style", "base href=//x.example", "meta http-equiv=refresh")  # fmt: skip
OTHERS = (
    "<script>{m}()</script>", "</script><script>{m}()</script>", "<scr<script>ipt>{m}()</script>", "{{{{ {m} }}}}",
    "{{% {m} %}}", "${{{m}}}", "#{{{m}}}", "<!--#exec cmd={m}-->", "<?php {m}() ?>", "javascript:{m}()", "\u202e<{m}>",
    "<{m}>", "<{m}/>", "</{m}>", "&lt;{m}&gt;", "&#60;{m}&#62;", "%3C{m}%3E", "\\u003c{m}\\u003e", "<x-{m} is={m}>",
    "＜{m}＞", "<a href='jav&#x09;ascript:{m}()'>x</a>", "[x](javascript:{m}())",
)  # fmt: skip


def payloads() -> list[str]:
    made = [
        shape.format(tag=tag, upper=tag.upper(), on=on, m=MARK)
        for tag in TAGS
        for shape, on in zip(SHAPES, ("onload", "onerror", "onfocus") * len(SHAPES), strict=False)
    ]
    return [*made, *(other.format(m=MARK) for other in OTHERS)]


ALL = payloads()


def spread(number: int, pieces: int) -> str:
    """Every `pieces`-th piece of markup, so that a few fields hold them all."""
    return " ".join(ALL[number::pieces])


class Read(HTMLParser):
    """What a browser would make of it: elements and attributes that are not ours."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.texts: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [tag, *(name for name, _ in attrs)]
        if any(MARK in name or name.startswith("on") for name in names):
            self.foreign.append(str(self.get_starttag_text())[:200])
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "style"):
                words = re.sub(r"[\x00-\x20]", "", unescape(value or "")).casefold()
                if words.startswith(("javascript:", "data:", "vbscript:")) or "//x.example" in words:
                    self.foreign.append(str(self.get_starttag_text())[:200])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assert_only_words(where: str, content: bytes, *, seen: set[str]) -> None:
    text = content.decode("utf-8", errors="replace")
    page = Read()
    page.feed(text)
    page.close()
    if page.foreign:
        at = text.find(page.foreign[0])
        raise AssertionError((where, text[max(0, at - 300) : at + 100]))
    for inline in re.findall(r"<script[^>]*>(.*?)</script>", text, flags=re.DOTALL):
        assert MARK not in inline or inline.strip().startswith(("{", "[")), where
        if MARK in inline:
            json.loads(inline)
            assert "<" not in inline, where
    if MARK in text:
        seen.add(where)


PAGES = (
    "child", "chronology", "timeline", "history", "facts", "agreement", "records_joined", "team", "document",
    "add_entry", "mark_key_fact", "send_notice", "ask_agency", "as_known", "meetings", "protection",
)  # fmt: skip


def look_everywhere(client: Any, child: Any, more: dict[str, str], seen: set[str]) -> None:
    addresses = {name: reverse(f"desk:{name}", args=[child.ref]) for name in PAGES if exists(name)}
    for name, address in (addresses | more).items():
        answer = client.get(address)
        assert answer.status_code in (200, 302), (name, answer.status_code)
        if answer.headers["Content-Type"].startswith("text/html"):
            assert_only_words(name, answer.content, seen=seen)
        elif answer.status_code == 200:
            # Read by our own script, which writes text; a browser that is led here shows text.
            assert answer.headers["Content-Type"] == "application/json", name
            assert answer.headers["X-Content-Type-Options"] == "nosniff", name


def exists(name: str) -> bool:
    from django.urls import NoReverseMatch

    try:
        reverse(f"desk:{name}", args=["P0"])
    except NoReverseMatch:
        return False
    return True


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""').replace("\n", " ") + '"'


def test_words_from_files_are_only_words(partnership: Any, import_rows: Any) -> None:
    """In names, places, schools, workers, file names, headings and cells; the officer's pages too."""
    columns = ("surname", "forenames", "preferred_name", "address", "phone", "school", "worker")
    cells = [quoted(spread(number, len(columns))) for number in range(len(columns))]
    names = dict(zip(columns, cells, strict=True))
    crosswalk = (
        "case_id,surname,forenames,preferred_name,dob,sex,nhs_number,upn,address,postcode,phone,school,worker\n"
        f"1204,{names['surname']},{names['forenames']},{names['preferred_name']},12/03/2011,M,,,{names['address']},"
        f"NS1 2AB,{names['phone']},{names['school']},{names['worker']}\n"
    )
    taken = import_rows("csc", f"{MARK}<img src=x onerror={MARK}>.csv", crosswalk, sender=spread(0, 60))
    events = next(text for _, name, text in FILES if name == "ssd_missing.csv")
    import_rows("csc", "ssd_missing.csv", events)
    operator = partnership.operator
    child = people.get_child(operator, the_one())
    seen: set[str] = set()
    worker = partnership.worker("csc", "practitioner", "export")
    partnership.around(child, worker)
    look_everywhere(partnership.signed_in("csc", "practitioner", "export"), child, {
        "home": reverse("desk:home"), "search": reverse("desk:search", query={"q": "onerror 12/03/2011"}),
        "children": reverse("desk:children"),
    }, seen)  # fmt: skip
    officer = partnership.signed_in("csc", "information_officer")
    for name in ("delivery", "undo", "aside", "report"):
        answer = officer.get(reverse(f"records:{name}", args=[taken.ref]))
        assert_only_words(name, answer.content, seen=seen)
    assert_only_words("files", officer.get(reverse("records:files")).content, seen=seen)
    assert_only_words("values", officer.get(reverse("records:values")).content, seen=seen)
    custodian = partnership.signed_in("csc", "index_custodian")
    assert_only_words("who is who", custodian.get(reverse("people:questions")).content, seen=seen)
    made = packs.gather(operator, people.get_child(operator, child.ref, with_statements=True), format="html")
    assert_only_words("document.html", documents.write(made, "html"), seen=seen)
    assert {"child", "chronology", "files", "delivery", "document.html"} <= seen, seen


def the_one() -> str:
    from lineofsight.people.models import Person

    return Person.objects.filter(name__contains=MARK).get().ref


def test_words_from_people_are_only_words(partnership: Any, import_rows: Any) -> None:
    """In entries, comments, corrections, queries, key facts, meetings, workers, contacts and agreements."""
    for row in FILES:
        import_rows(*row)
    operator = partnership.operator
    hit = next(hit for hit in people.search(operator, "Rowan-Hale") if "csc" in hit.agencies)
    sam = people.get_child(operator, hit.ref)
    admin = partners.add_worker(
        email="xss@csc.example", name=ALL[0] + ALL[5], agency=partnership.agency("csc"), roles=["practitioner"],
        team=ALL[3][:60], password="a long enough pass phrase", since=date(2020, 1, 1),
        training_until=date(2099, 1, 1), by=operator,
    )[0]  # fmt: skip
    partners.set_contact(agency=partnership.agency("health"), contact=ALL[1], phone=ALL[2][:40], by=operator)
    worker = partnership.worker("csc", "practitioner", "export")
    partnership.around(sam, worker, admin)
    by = worker.actor(fresh=True)
    child = people.get_child(by, sam.ref)
    refs = []
    for number in range(4):
        entry = writing.add_entry(
            child=child, by=by,
            account=writing.Account(
                kind="CSC_CONTACT", when=When.on(date(2026, 5, 3)), title=spread(number, 40)[:190],
                narrative=spread(number, 4), child_words=spread(number, 8),
            ),
        )  # fmt: skip
        refs.append(entry.ref)
    from lineofsight.chronology import queries as chronology

    held = chronology.get_entry(by, child, refs[0])
    writing.comment(guarded=held, text=spread(1, 4), by=by)
    agreeing.mark_key_fact(child=child, kind="plan", words=spread(2, 40), agencies=["csc", "police"], by=by)
    keys = [view.ref for view in chronology.all_views(by, child)][:2]
    meeting = agreeing.draft_meeting(
        child=child, title=spread(3, 60)[:190], on=date(2026, 5, 4), keys=keys, by=by
    )
    settling.settle_values(
        agency="health", answers=[settling.Answer("police_pole.role", ALL[7], "associate")], by=operator
    )
    seen: set[str] = set()
    client = partnership.signed_in("csc", "practitioner", "export")
    more = {
        "entry": reverse("desk:entry", args=[child.ref, refs[0]]),
        "correct": reverse("desk:correct_entry", args=[child.ref, refs[0]]),
        "filtered": reverse("desk:chronology", args=[child.ref], query={"text": ALL[4], "person": ALL[5]}),
        "found": reverse("desk:search", query={"q": ALL[6]}),
        "meeting": reverse("desk:meeting", args=[child.ref, meeting.ref]),
        "home": reverse("desk:home"),
    }
    look_everywhere(client, child, more, seen)
    for role in ("sys_admin", "guardian", "information_officer"):
        desk = partnership.signed_in("csc", role)
        for name in ("partners:workers", "partners:agencies", "partners:guardian", "records:value_answers",
                     "desk:guardian", "desk:agreements"):  # fmt: skip
            try:
                address = reverse(name)
            except Exception:
                continue
            assert_only_words(name, desk.get(address).content, seen=seen)
    typed = {"title": ALL[8], "narrative": ALL[9], "when": ALL[10], "kind": ALL[11], "nature": ALL[12]}
    answer = client.post(reverse("desk:add_entry", args=[child.ref]), typed)
    assert_only_words("what was typed", answer.content, seen=seen)
    made = packs.gather(
        by, people.get_child(by, sam.ref, with_statements=True), made_for=ALL[13], format="html"
    )
    assert_only_words("document.html", documents.write(made, "html"), seen=seen)
    assert {"chronology", "entry", "team", "meeting", "found", "filtered", "what was typed", "partners:workers",
            "document.html"} <= seen, seen  # fmt: skip
    assert Delivery.objects.exists()
