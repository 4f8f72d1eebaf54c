"""Whoever adds fields, filters or orders of their own to a form or an address gets no more for it (B-5, B-6)."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from django.db import connection, transaction
from django.test import Client
from django.urls import resolve, reverse
from test_addresses import ASKERS, ROWS, World

from invented import FILES
from lineofsight.catalogue.when import When
from lineofsight.chronology import services as writing
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people.models import Tie

#: What no form asks of those who get in as anybody but an administrator.
FORGED = {
    "agency_id": "1", "owner": "police", "roles": ["sys_admin", "guardian"], "is_active": "false", "training_until":
    "2099-01-01", "id": "1", "pk": "1", "ref": "X000000000000", "state": "disposed", "handling": "open-to-family",
    "sharing": "team_around", "conceal": "false", "version": "99", "written_by": "W000000000000", "is_superuser": "true",
    "permissions": "export", "second_factor": "true", "author": "Somebody Else", "received_at": "2001-01-01",
    "approved_at": "2001-01-01", "approved_by": "W000000000000", "by": "operator", "team_id": "1", "password_hash": "x",
}  # fmt: skip


#: Columns that are made anew at each deed: numbers, references, times, secrets.
ANEW = re.compile(
    r"(^|_)(id|ref|at|since|until|hash|digest|token|code|secret|salt|key|stretch|sealed|password|source|person)$"
)
#: What this form does ask for, of an administrator.
ASKED_FOR = {"partners:add_worker": {"training_until"}}


def rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
        found = [json.loads(row[0]) for row in cursor.fetchall()]
    # A time is compared as whether there is one: that something was approved or ended must not be forged.
    return sorted(
        json.dumps({k: v is None if ANEW.search(k) else v for k, v in row.items()}) for row in found
    )


def shape() -> dict[str, list[str]]:
    """What stands after a deed, without what is made anew at each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(people|chronology|partners)_'"
                       " AND relname !~ '_(signin|use|lastlook|unread|failedtries)$' ORDER BY 1")  # fmt: skip
        return {row[0]: rows(row[0]) for row in cursor.fetchall()}


def test_fields_that_a_form_does_not_have_change_nothing(world: World) -> None:
    """Each form is sent twice, once with such fields besides, and leaves the same."""
    wrong = {}
    for row in ROWS:
        if row.method != "post":
            continue
        who = next((a for a in ASKERS if row.may[a] == "in" and a != "nobody"), None)
        if who is None or row.name in ("records:receive", "records:paste"):
            continue
        left = []
        given = row.given(world)
        for data in (
            given,
            # Anew, because a file that was sent is read to its end.
            {k: v for k, v in FORGED.items() if k not in given and k not in ASKED_FOR.get(row.name, ())}
            | row.given(world),
        ):
            client = Client()
            client.cookies = world.clients[who].cookies.copy()
            with transaction.atomic():
                answer = client.post(row.url(world), data)
                assert answer.status_code < 500, row.name
                left.append((answer.status_code, shape()))
                transaction.set_rollback(True)
        if left[0] != left[1]:
            differing = [t for t in left[0][1] if left[0][1][t] != left[1][1][t]]
            wrong[row.name] = (left[0][0], left[1][0], differing)
    assert not wrong, wrong


FILTERS: tuple[dict[str, Any], ...] = (
    {"agency": "nowhere"}, {"category": "x' OR 1=1 --"}, {"role": ["a", "b"]}, {"since": "yesterday-ish"},
    {"until": "32/13/2026"}, {"page": "-1"}, {"page": "1e9"}, {"after": "%"}, {"before": "x"}, {"order": "narrative"},
    {"order": "agency__workers__password"}, {"sort": "-id"}, {"include": "all"}, {"fields": "source_identity"},
    {"expand": "circle"}, {"owner": "police"}, {"as": "operator"}, {"text": "'"}, {"text": "& | ! ( : *"},
    {"text": "a" * 5_000}, {"person": "%_\\"}, {"q": "("}, {"handling": "C"}, {"on": "nonsense"}, {"limit": "100000"},
    {"agency__code": "police"}, {"id": "1 OR 1=1"}, {"newer": "x"}, {"older": "x"}, {"month": "2026-99"},
)  # fmt: skip


def batches() -> list[dict[str, Any]]:
    """Many at once, each name once, so that a few addresses try them all."""
    found: list[dict[str, Any]] = []
    for one in FILTERS:
        fits = next((batch for batch in found if not batch.keys() & one.keys()), None)
        if fits is None:
            found.append(fits := {})
        fits.update(one)
    return found


def test_a_filter_with_a_strange_value_is_no_error_and_one_that_nobody_offers_is_refused(
    world: World,
) -> None:
    """Names that the page asks for take any value; one that it does not know is 400, to whoever may open the page
    and to whoever may not (B-6)."""
    for row in ROWS:
        who = next(
            (a for a in ("owner", "officer", "custodian", "guardian", "sys_admin") if row.may[a] == "in"), ""
        )
        if row.method != "get" or not who or row.name in ("partners:sign_out", "records:report_pdf"):
            continue
        if row.name == "partners:health":
            continue  # Answers machines one word before anything else is looked at.
        address, given = row.url(world), row.given(world)
        asked = getattr(resolve(address).func, "asks", frozenset())
        assert set(given) <= asked, row.name
        for chosen in batches():
            known = {name: value for name, value in chosen.items() if name in asked}
            client = Client()
            client.cookies = world.clients[who].cookies.copy()
            with transaction.atomic():
                answer = client.get(address, given | known)
                transaction.set_rollback(True)
            assert answer.status_code < 500, (row.name, known)
            if known != chosen:
                answer = client.get(address, given | chosen)
                assert answer.status_code == 400, (row.name, chosen)
                assert "question mark" in answer.content.decode(), row.name
        assert world.clients["stranger"].get(address, {"include": "all"}).status_code == 400, row.name


def test_what_is_covered_up_is_not_found_by_its_words(partnership: Any, import_rows: Any) -> None:
    """Neither where a child with a hidden location is, nor what another agency keeps to itself."""
    for given in FILES:
        import_rows(*given)
    hit = next(h for h in people.search(partnership.operator, "Rowan-Hale") if "csc" in h.agencies)
    sam = people.get_child(partnership.operator, hit.ref)
    around = partnership.around(sam, partnership.worker("csc"), partnership.worker("police"))
    by, client = partnership.by("csc"), partnership.signed_in("police")
    kept = writing.add_entry(
        child=people.get_child(by, sam.ref), by=by, audience=writing.Audience(writing.Handling(sharing="agency_only")),
        account=writing.Account(kind="CSC_CONTACT", when=When.on(date(2026, 5, 3)), title="Zanzibar was mentioned."),
    )  # fmt: skip
    admitting.shield(child=around, kind=Tie.LOCATION, reason="A threat", named=(by.ref,), review_on=date(2027, 1, 1),
                     by=by)  # fmt: skip

    def found(who: Any, **words: str) -> str:
        text = who.get(reverse("desk:chronology", args=[sam.ref]), words).content.decode()
        # What is new on each page: the nonce, the token, and the reference to what was typed.
        text = re.sub(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|=~[\w-]{12}', "", text)
        for typed in words.values():
            text = text.replace(typed, "").replace(quote_plus(typed), "")
        return text

    assert kept.ref in found(partnership.signed_in("csc"), text="Zanzibar")
    never = found(client, text="Qqxzanzi")
    for words in ("Zanzibar", "Quay Street", "NS1"):
        assert found(client, text=words) == never, words
