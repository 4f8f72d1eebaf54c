"""No look without its row: not when the transaction is rolled back, not when the ledger is broken."""

from __future__ import annotations

import io
import ipaddress
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path, reverse

from invented import CROSSWALK, MISSING, SAM_NHS, SAM_UPN
from lineofsight.access import ledger, occasion
from lineofsight.access.actor import Actor, PersonSubject
from lineofsight.access.deeds import looked, require
from lineofsight.access.models import LedgerRow
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import LedgerUnavailable, NotFound, Refused
from lineofsight.chronology import queries as chronology
from lineofsight.config import urls
from lineofsight.desk import reference
from lineofsight.people import queries as people
from lineofsight.records import queries as records

CANARIES = (
    "Rowan", "Samuel", SAM_NHS, SAM_UPN, "Quay", "NS1 2AB", "900123", "Harbour Academy", "12/03/2011",
    "2011-03-12", "Fenwick", "Adeyemi", "Zebedee",
)  # fmt: skip
CHILD = PersonSubject("child", "P000000000001", involved=frozenset({"csc"}), members=frozenset({"WTEST"}))
WORKER = Actor("WTEST", "Ines Marlow", agency="csc", roles=frozenset({"practitioner"}))


# --- views that go wrong in each way ----------------------------------------------------------------------


@login_not_required
def look_and_answer(request: HttpRequest) -> HttpResponse:
    looked(WORKER, Permission.CHILD_VIEW, CHILD)
    return HttpResponse("Rowan")


@login_not_required
def look_and_fail(request: HttpRequest) -> HttpResponse:
    looked(WORKER, Permission.CHILD_VIEW, CHILD)
    raise Refused("The form does not fit.")


@login_not_required
def look_and_break(request: HttpRequest) -> HttpResponse:
    looked(WORKER, Permission.CHILD_VIEW, CHILD)
    raise RuntimeError("nobody thought of this")


@login_not_required
def be_refused(request: HttpRequest) -> HttpResponse:
    require(Actor("WELSE", "Someone", agency="housing"), Permission.CHILD_VIEW, CHILD)
    raise AssertionError("not reached")


@login_not_required
def do_and_fail(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        ledger.write(WORKER, Permission.ENTRY_ADD, CHILD)
        raise NotFound("gone meanwhile")


@login_not_required
def look_inside_what_is_undone(request: HttpRequest) -> HttpResponse:
    """The view goes on after a deed that failed, as a form does that is shown again."""
    try:
        with transaction.atomic():
            looked(WORKER, Permission.CHILD_VIEW, CHILD)
            raise Refused("not so")
    except Refused:
        return HttpResponse("Try again")


TRIED = (
    look_and_answer, look_and_fail, look_and_break, be_refused, do_and_fail, look_inside_what_is_undone,
)  # fmt: skip
urlpatterns = [
    *urls.urlpatterns,
    *(path(f"tried/{view.__name__}", view, name=view.__name__) for view in TRIED),
]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture(params=[False, True], ids=["autocommit", "atomic requests"])
def atomic_requests(request: pytest.FixtureRequest, settings: Any) -> Iterator[bool]:
    own = connections["default"].settings_dict
    kept, own["ATOMIC_REQUESTS"] = own["ATOMIC_REQUESTS"], request.param
    settings.ROOT_URLCONF = __name__
    yield request.param
    own["ATOMIC_REQUESTS"] = kept


def rows() -> list[LedgerRow]:
    return list(LedgerRow.objects.filter(ref=CHILD.ref).order_by("pk"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("view", "status", "outcomes"),
    [
        ("look_and_answer", 200, ["looked"]),
        ("look_and_fail", 400, ["looked"]),
        ("look_and_break", 500, ["looked"]),
        ("be_refused", 404, ["refused"]),
        ("do_and_fail", 404, []),
        ("look_inside_what_is_undone", 200, ["looked"]),
    ],
)
def test_what_happened_stays_and_what_did_not_goes(
    view: str, status: int, outcomes: list[str], atomic_requests: bool
) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(f"/tried/{view}", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == status
    assert [row.outcome for row in rows()] == outcomes
    for row in rows():
        assert row.request == answer["X-Request-Id"] and row.address == "192.0.2.7"
        assert row.people == [CHILD.ref] and row.path


@pytest.mark.django_db
def test_it_is_the_same_inside_the_transaction_of_a_test(atomic_requests: bool) -> None:
    """Where no commit is ever told of, the table itself is asked."""
    for view in ("look_and_answer", "look_and_fail", "be_refused", "look_inside_what_is_undone"):
        Client().get(f"/tried/{view}")
    assert [row.outcome for row in rows()] == ["looked", "looked", "refused", "looked"]


# --- a broken ledger ------------------------------------------------------------------------------------


@pytest.fixture
def everything(partnership: Any, import_rows: Any, child_named: Any) -> tuple[Client, list[str]]:
    """A worker of every role, and the addresses that answer them with a page about something."""
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    delivery = import_rows("csc", "missing.csv", MISSING)
    sam = child_named("Rowan-Hale")
    roles = ("practitioner", "coordinator", "information_officer", "sys_admin", "guardian")
    client, by = partnership.signed_in("csc", *roles), partnership.by("csc", *roles)
    sam = partnership.around(sam, by)
    entry = chronology.all_views(by, sam)[0]
    known = {
        "entry": entry.ref, "code": "csc", "one": "", "other": "",
    }  # fmt: skip
    found = []
    for address, name, view in reference.addresses(get_resolver(), "/"):
        if reference.is_public(view) or getattr(view, "holds_nothing", False):
            continue
        ref = delivery.ref if name.startswith("records:") else by.ref if "account" in name else sam.ref
        path = address.format_map(Known(known | {"ref": ref}))
        if client.get(path).status_code == 200:
            found.append(path)
    return client, found


class Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "none"


@pytest.mark.django_db(transaction=True)
def test_without_the_ledger_nothing_is_shown(everything: tuple[Client, list[str]]) -> None:
    client, addresses = everything
    assert len(addresses) >= 15, addresses
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_ledgerrow RENAME TO broken")
    try:
        answers = {address: client.get(address) for address in addresses}
        stranger = Client().get("/sign-in")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE broken RENAME TO access_ledgerrow")
    assert {address: answer.status_code for address, answer in answers.items()} == dict.fromkeys(
        addresses, 503
    )
    for answer in answers.values():
        words = answer.content.decode()
        assert "Looks cannot be recorded at the moment" in words and answer["Retry-After"]
        assert "Rowan" not in words and "access_ledgerrow" not in words
    assert stranger.status_code == 200
    assert client.get(addresses[0]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_command_without_the_ledger_says_so(partnership: Any, import_rows: Any, child_named: Any) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    sam = child_named("Rowan-Hale")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_ledgerrow RENAME TO broken")
    try:
        with pytest.raises(LedgerUnavailable, match="cannot be recorded"):
            people.get_child(partnership.by("csc"), sam.ref)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE broken RENAME TO access_ledgerrow")


@pytest.mark.django_db
def test_whatever_is_opened_the_ledger_holds_no_word_about_a_child(
    everything: tuple[Client, list[str]],
) -> None:
    """Canaries: what the files say of the child, and what was searched for."""
    client, addresses = everything
    for words in ("Rowan-Hale", "Quay Street", "12/03/2011", "Zebedee Nobody"):
        client.get("/search", {"q": words})
    assert len(addresses) >= 15
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), string_agg(to_jsonb(l)::text, ' ') FROM access_ledgerrow l")
        count, kept = cursor.fetchone()
    assert count > len(addresses)
    for canary in CANARIES:
        assert canary.casefold() not in kept.casefold(), canary
    assert ledger.terms_hash("ZEBEDEE")[0] in kept


# --- pages ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_page_whose_view_writes_nothing_leaves_one_row(partnership: Any) -> None:
    client, by = partnership.signed_in("csc", "sys_admin"), partnership.by("csc", "sys_admin")
    client.get(reverse("partners:add_worker"))
    client.get(reverse("desk:guide"))
    client.get("/nowhere")
    found = LedgerRow.objects.filter(actor=by.ref)
    assert [(row.action, row.outcome, row.kind, row.ref) for row in found] == [
        ("page.view", "looked", "page", "partners:add_worker")
    ]
    assert len(found[0].request) == 16 and ipaddress.ip_address(found[0].address)


@pytest.mark.django_db
def test_a_chronology_leaves_the_child_and_what_was_listed(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    import_rows("csc", "missing.csv", MISSING)
    sam, client = (
        partnership.around(child_named("Rowan-Hale"), partnership.by("csc")),
        partnership.signed_in("csc"),
    )
    answer = client.get(reverse("desk:chronology", args=[sam.ref]), {"text": "Quay Street"})
    found = LedgerRow.objects.filter(request=answer["X-Request-Id"]).order_by("pk")
    assert [(row.action, row.kind, row.ref, row.people) for row in found] == [
        ("child.view", "child", sam.ref, [sam.ref]), ("entry.view", "child", sam.ref, [sam.ref]),
    ]  # fmt: skip
    assert found[1].detail["terms"] == ledger.terms_hash("street QUAY") and len(found[1].detail["terms"]) == 2
    answer = client.get(reverse("desk:chronology", args=[sam.ref]))
    listed = LedgerRow.objects.filter(request=answer["X-Request-Id"]).order_by("pk")[1]
    assert len(listed.records) == 4 and listed.owners == ["csc"]


@pytest.mark.django_db
def test_whoever_opened_a_file_about_a_child_is_in_the_breach_report(
    partnership: Any, import_rows: Any, child_named: Any
) -> None:
    import_rows("csc", "crosswalk.csv", CROSSWALK)
    delivery = import_rows("csc", "missing.csv", MISSING)
    officer = partnership.by("csc", "information_officer")
    records.get_delivery(officer, delivery.ref)

    def saw(name: str) -> list[str]:
        out = io.StringIO()
        call_command("ledger", "who-saw", child_named(name).ref, "--json", stdout=out)
        return [worker["reference"] for worker in json.loads(out.getvalue())["workers"]]

    assert officer.ref in saw("Rowan-Hale") and officer.ref in saw("Adeyemi")
    assert officer.ref not in saw("Fenwick Ada"), "the file with the missing episodes does not speak of her"


def test_only_a_known_proxy_is_believed(rf: Any, settings: Any) -> None:
    asked = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.9, 203.0.113.4")
    settings.PROXIES = []
    assert occasion.client_address(asked) == "10.0.0.1"
    settings.PROXIES = ["10.0.0.0/8"]
    assert occasion.client_address(asked) == "203.0.113.4"
    assert occasion.client_address(rf.get("/", REMOTE_ADDR="<script>")) == ""
