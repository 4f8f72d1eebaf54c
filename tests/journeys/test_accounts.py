"""Accounts and roles: invited, approved by another, confirmed, suspended and ended."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import APP_KEY, code_of, enrol, first_step, second_step
from lineofsight.access import ledger
from lineofsight.access.models import Alert
from lineofsight.catalogue.errors import AlreadyThere, NotAllowed, Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import factors, granting, queries, reviewing, services

GIVEN = {
    "name": "Femi <Okafor>", "email": "femi@police.example", "agency": "police", "job": "Constable",
    "team": "Missing", "training_until": "3 May 2099", "roles": ["practitioner"],
}  # fmt: skip
NEW_PASSWORD = "four quite unrelated words"


def words(answer: Any) -> str:
    return str(answer.content.decode())


def actions(worker: Any) -> list[str]:
    return [row.action for row in reversed(ledger.rows_about("worker", [worker.ref]))]


@pytest.fixture
def admin(partnership: Any) -> Client:
    return partnership.signed_in("csc", "sys_admin")


@pytest.fixture
def guardian(partnership: Any) -> Client:
    return partnership.signed_in("police", "guardian")


def invite(admin: Client, **instead: Any) -> str:
    """Gives an account on screen; the path of the link that the page shows."""
    answer = admin.post(reverse("partners:add_worker"), GIVEN | instead)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store", words(answer)
    link = re.search(r'data-copy="http://testserver(/invitation/[^"]+)"', words(answer))
    assert link, words(answer)
    return link[1]


# --- an invitation ----------------------------------------------------------------------------------------


def test_from_invitation_to_the_first_page(client: Client, admin: Client, guardian: Client) -> None:
    """A-D12: the administrator invites, the guardian approves; N-1: the worker adds a second factor."""
    path = invite(admin)
    femi = queries.any_worker_by_email("femi@police.example")
    assert "femi" not in path.lower() and "okafor" not in path.lower()
    opened = client.get(path, follow=True)
    assert opened.redirect_chain == [("/invitation", 302)], "the token leaves the address"
    assert "Police" in words(opened) and "Femi" not in words(opened)
    weak = words(client.post("/invitation", {"password": "password1234"}))
    assert "too common" in weak and "password1234" not in weak
    assert client.post("/invitation", {"password": NEW_PASSWORD}).url == reverse("partners:enrol")
    client.get(reverse("partners:enrol_app"))
    key = client.session["app_secret"]
    client.post(reverse("partners:enrol_app"), {"code": factors.code_now(key)})
    assert client.get("/children").status_code == 403, "no role counts yet"

    asked = femi.roles.get()
    page = words(guardian.get(reverse("partners:guardian")))
    assert "Femi &lt;Okafor&gt;" in page and asked.ref in page
    guardian.post(reverse("partners:decide_role", args=[asked.ref]), {"decision": "approve"})
    again = Client()
    first_step(again, femi.email, NEW_PASSWORD)
    code = factors.next_code(femi, key)
    assert again.post(reverse("partners:second_step"), {"code": code}).status_code == 302
    assert again.get("/children").status_code == 200
    done = actions(femi)
    for action in ("partners.manage", "account.accept", "account.second_factor_added", "role.grant"):
        assert action in done


def test_a_link_works_once_and_not_for_long(the_time: Any, admin: Client) -> None:
    path = invite(admin)
    first, second = Client(), Client()
    first.get(path)
    second.get(path)
    assert first.post("/invitation", {"password": NEW_PASSWORD}).status_code == 302
    assert second.post("/invitation", {"password": NEW_PASSWORD + "!"}).status_code == 404
    late = invite(admin, email="late@police.example")
    the_time.shift(numbers().invitation_days * 86_400)
    used, over, invented = (Client().get(link, follow=True) for link in (path, late, "/invitation/anything"))
    assert [answer.status_code for answer in (used, over, invented)] == [404, 404, 404]
    bare = [re.sub(r'nonce="[^"]*"', "", words(answer)) for answer in (used, over, invented)]
    assert bare[0] == bare[1] == bare[2]


def test_inviting_again_ends_what_opened_the_account(partnership: Any, admin: Client) -> None:
    ada = partnership.worker("police")
    in_ = partnership.signed_in("police")
    answer = words(admin.post(reverse("partners:invite", args=[ada.ref])))
    assert "/invitation/" in answer
    assert in_.get("/account").status_code == 302
    assert first_step(Client(), ada.email).status_code == 200, "the old password is gone"
    assert not ada.factors.exists()


def test_a_guardian_is_told_of_every_invitation_that_comes_again(
    partnership: Any, admin: Client, guardian: Client
) -> None:
    """W-1: whoever holds the link becomes that worker, so the administrator is not the only one to know. A first
    invitation opens nothing that was somebody's, and tells nobody."""
    invite(admin)
    assert not Alert.objects.filter(kind="invited_again").exists()
    ada = partnership.worker("police")
    admin.post(reverse("partners:invite", args=[ada.ref]))
    told = Alert.objects.get(kind="invited_again", to_agency="police")
    assert told.worker_ref == partnership.worker("csc", "sys_admin").ref and told.detail == {
        "account": ada.ref
    }
    assert "Invited again" in words(guardian.get(reverse("desk:guardian")))


def test_an_address_is_given_once(admin: Client) -> None:
    invite(admin)
    again = words(admin.post(reverse("partners:add_worker"), GIVEN))
    assert "There is already an account for femi@police.example." in again
    assert 'href="#id_email"' in again and 'value="Constable"' in again


# --- roles ------------------------------------------------------------------------------------------------


def test_nobody_approves_asks_for_or_ends_their_own(partnership: Any) -> None:
    """A-D12."""
    both = partnership.by("police", "sys_admin", "guardian", fresh=True)
    me = partnership.worker("police", "sys_admin", "guardian")
    with pytest.raises(Refused, match="You cannot ask for a role of your own"):
        granting.ask_for_role(worker=me, role="practitioner", why="I", by=both)
    mine = granting.ask_for_role(
        worker=me, role="practitioner", why="they", by=partnership.by("csc", "sys_admin")
    )
    with pytest.raises(NotAllowed, match="Nobody approves a role of their own"):
        granting.approve_role(asked=mine, by=both)
    theirs = granting.ask_for_role(worker=partnership.worker("police"), role="coordinator", why="x", by=both)
    with pytest.raises(Refused, match="Whoever asked"):
        granting.approve_role(asked=theirs, by=both)
    with pytest.raises(Refused, match="You cannot change your own roles"):
        granting.end_role(held=me.roles.first(), by=both)
    assert set(me.grants_today().values_list("role", flat=True)) == {"sys_admin", "guardian"}


def test_a_guardian_approves_in_their_own_agency_alone(partnership: Any, guardian: Client) -> None:
    admin = partnership.by("csc", "sys_admin")
    elsewhere = granting.ask_for_role(
        worker=partnership.worker("health"), role="coordinator", why="x", by=admin
    )
    assert elsewhere.ref not in words(guardian.get(reverse("partners:guardian")))
    answer = guardian.post(reverse("partners:decide_role", args=[elsewhere.ref]), {"decision": "approve"})
    assert answer.status_code == 403
    elsewhere.refresh_from_db()
    assert elsewhere.approved_at is None
    with pytest.raises(NotAllowed, match="Your role does not allow this"):
        granting.approve_role(asked=elsewhere, by=partnership.by("health", "team_manager"))


def test_a_decision_stands(partnership: Any) -> None:
    ada, admin = partnership.worker("police"), partnership.by("csc", "sys_admin")
    by = partnership.by("police", "guardian", fresh=True)
    asked = granting.ask_for_role(worker=ada, role="export", why="court", by=admin)
    assert "export" not in ada.grants_today().values_list("role", flat=True)
    granting.refuse_role(asked=asked, by=by)
    with pytest.raises(AlreadyThere):
        granting.approve_role(asked=asked, by=by)
    granting.approve_role(
        asked=granting.ask_for_role(worker=ada, role="export", why="court", by=admin), by=by
    )
    assert "export" in ada.grants_today().values_list("role", flat=True)
    assert "export" not in ada.actor().roles, "a permission is no role"


def test_a_guardian_needs_a_second_factor_given_lately(
    partnership: Any, guardian: Client, the_time: Any
) -> None:
    """A-C2: role grants."""
    the_time.shift(10 * 60)
    answer = guardian.post(reverse("partners:decide_role", args=["G0"]), {"decision": "approve"})
    assert answer.url.startswith("/account/prove")


def test_a_role_counts_between_its_days(partnership: Any, the_time: Any) -> None:
    """A-D8: the end is exclusive."""
    ada, today = partnership.worker("police"), date.today()
    asked = granting.ask_for_role(
        worker=ada, role="coordinator", why="x", since=today + timedelta(days=1), until=today + timedelta(days=3),
        by=partnership.by("csc", "sys_admin"),
    )  # fmt: skip
    granting.approve_role(asked=asked, by=partnership.operator)
    held = []
    for _ in range(4):
        held.append("coordinator" in ada.actor().roles)
        the_time.shift(86_400)
    assert held == [False, True, True, False]


# --- what a worker cannot change --------------------------------------------------------------------------

EVERYTHING = {
    "agency": "csc", "agency_id": "1", "team": "Other", "roles": "sys_admin", "role": "guardian", "is_active": "1",
    "training_until": "3 May 2099", "ends": "", "export": "on", "approved_by": "x", "worker": "W1", "ref": "W1",
    "name": "Somebody Else", "email": "else@csc.example", "suspended_at": "", "is_superuser": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    ["home", "password", "enrol_app", "enrol_passkey", "prove", "recovery_codes", "sign_out", "end_sessions"],
)
def test_no_form_of_one_s_own_changes_agency_team_role_training_or_permission(
    partnership: Any, client: Client, page: str
) -> None:
    """B-5: mass assignment on every form of the account."""
    ada = partnership.worker("police")
    before = (
        [*ada.roles.values()],
        {k: v for k, v in vars(ada).items() if not k.startswith("_") and k != "password"},
    )
    client.force_login(ada)
    fitting = {"surname": "Lind", "street": "1 Quay", "postcode": "ns1 2ab", "phone": "", "current": "x",
               "password": "x", "code": "000000"}  # fmt: skip
    client.post(reverse(f"partners:{page}"), EVERYTHING | fitting)
    after = queries.worker_by_ref(ada.ref)
    assert after is not None
    assert [*after.roles.values()] == before[0]
    for field in ("agency_id", "team_id", "training_until", "is_active", "ends", "name", "email", "ref"):
        assert getattr(after, field) == before[1][field], field


def test_an_administrator_s_form_gives_no_more_than_it_asks(partnership: Any, admin: Client) -> None:
    ada = partnership.worker("police")
    address = reverse("partners:change_worker", args=[ada.ref])
    assert admin.post(address, EVERYTHING | {"job": "Sergeant"}).status_code == 302
    after = queries.worker_by_ref(ada.ref)
    assert after is not None
    assert (after.job, after.agency.code, after.email) == ("Sergeant", "police", ada.email)
    assert [held.role for held in after.roles.all()] == ["practitioner"]


def test_administrators_pages_show_accounts_and_no_content(partnership: Any, admin: Client) -> None:
    """A-D11."""
    ada = partnership.worker("police")
    shown = words(admin.get(reverse("partners:worker", args=[ada.ref])))
    assert "Practitioner" in shown and "Second factor" in shown
    for address in ("/children", "/search?q=Rowan"):
        assert admin.get(address).status_code == 403


def test_home_details_are_for_the_worker_and_their_guardian(
    partnership: Any, client: Client, admin: Client
) -> None:
    ada = partnership.worker("police")
    client.force_login(ada)
    given = {
        "surname": "Lindqvist",
        "street": "7 Anchor Row",
        "postcode": "ns1  2ab",
        "phone": "07700 900999",
    }
    assert client.post(reverse("partners:home"), given).status_code == 302
    assert 'value="7 Anchor Row"' in words(client.get(reverse("partners:home")))
    assert "Anchor Row" not in words(admin.get(reverse("partners:worker", args=[ada.ref])))
    assert queries.home_of(partnership.by("police", "guardian", fresh=True), ada).postcode == "NS1 2AB"
    for other in (
        partnership.by("health", "guardian", fresh=True),
        partnership.by("csc", "sys_admin"),
        partnership.by("csc"),
    ):
        with pytest.raises(NotAllowed):
            queries.home_of(other, ada)
    assert all("Anchor" not in str(row.detail) for row in ledger.rows_about("worker", [ada.ref]))


# --- time passes ------------------------------------------------------------------------------------------


def test_a_leaver_is_out_on_the_day(the_time: Any, partnership: Any, admin: Client) -> None:
    """N-5: the end date ends access."""
    ada, theirs = partnership.worker("police"), partnership.signed_in("police")
    form = {"name": ada.name, "job": "", "team": "", "training_until": "", "ends": "12/5/2026"}
    assert admin.post(reverse("partners:change_worker", args=[ada.ref]), form).status_code == 302
    assert theirs.get("/account").status_code == 200
    the_time.move_to("2026-05-12T08:00:00+01:00")
    assert theirs.get("/account").status_code == 302
    assert first_step(Client(), ada.email).status_code == 200
    assert reviewing.review(by=partnership.operator)["ended"] == [ada.ref]
    assert reviewing.review(by=partnership.operator)["ended"] == []
    assert not ada.grants_today().exists()


def test_an_account_that_nobody_uses_is_suspended_and_can_be_restored(
    partnership: Any, client: Client, the_time: Any
) -> None:
    """N-5: 45 days."""
    ada, busy = partnership.worker("police"), partnership.worker("health")
    client.force_login(ada)
    the_time.shift(20 * 86_400)
    Client().force_login(busy)
    the_time.shift(24 * 86_400)
    assert reviewing.review(by=partnership.operator)["suspended"] == []
    the_time.shift(86_400 + 1)
    assert reviewing.review(by=partnership.operator)["suspended"] == [ada.ref]
    assert first_step(Client(), ada.email).status_code == 200
    ada.refresh_from_db()
    assert queries.state_of(ada) == "suspended" and "45 days" in ada.suspended_why
    services.restore(worker=ada, by=partnership.operator)
    assert reviewing.review(by=partnership.operator)["suspended"] == []
    assert first_step(Client(), ada.email).status_code == 302
    assert actions(ada).count("partners.manage") >= 2


def test_roles_are_confirmed_each_quarter_or_lapse(partnership: Any, the_time: Any) -> None:
    """N-5: quarterly recertification per agency; unconfirmed roles lapse."""
    kept, gone = partnership.worker("police"), partnership.worker("police", "team_manager")
    by = partnership.by("police", "guardian", fresh=True)

    def due() -> set[str]:
        return {
            held.worker.ref
            for held in queries.roles_to_confirm("police", within=numbers().recertify_notice_days)
        }

    assert due() == set()
    the_time.shift((numbers().recertify_days - numbers().recertify_notice_days) * 86_400 + 60)
    assert {kept.ref, gone.ref} <= due()
    granting.confirm_role(held=kept.roles.get(), by=by)
    assert kept.ref not in due()
    with pytest.raises(NotAllowed):
        granting.confirm_role(held=gone.roles.get(), by=partnership.by("health", "guardian", fresh=True))
    the_time.shift(2 * numbers().recertify_notice_days * 86_400 + 60)
    for worker in (kept, gone):
        worker.last_login = None
        worker.joined = date.today()
        worker.save()
    lapsed = reviewing.review(by=partnership.operator)["lapsed"]
    assert {"worker": gone.ref, "role": "team_manager"} in lapsed
    assert kept.grants_today().exists() and not gone.grants_today().exists()
    assert partnership.worker("police", "guardian").grants_today().exists(), "the last guardian stays"


# --- ended on screen --------------------------------------------------------------------------------------


def test_an_account_ends_after_a_question_and_at_once(partnership: Any, admin: Client) -> None:
    leaver, theirs = partnership.worker("police"), partnership.signed_in("police")
    address = reverse("partners:end_account", args=[leaver.ref])
    assert "can no longer sign in" in words(admin.get(address))
    answer = words(admin.post(address, follow=True))
    assert f"The account of {leaver.name} has ended." in answer and "Ended" in answer
    assert theirs.get("/account").status_code == 302
    assert first_step(Client(), leaver.email).status_code == 200
    own = partnership.worker("csc", "sys_admin")
    assert "You cannot end your own account." in words(
        admin.post(reverse("partners:end_account", args=[own.ref]))
    )
    assert admin.get(reverse("partners:end_account", args=["W000000000000"])).status_code == 404


def test_an_agency_is_suspended_and_restored(partnership: Any, admin: Client) -> None:
    ada, address = partnership.worker("police"), reverse("partners:suspend_agency", args=["police"])
    assert "whoever is signed in is out at once" in words(admin.get(address))
    assert admin.post(address).status_code == 302
    assert first_step(Client(), ada.email).status_code == 200
    assert "Restore" in words(admin.get(address))
    assert admin.post(address).status_code == 302
    client = Client()
    assert first_step(client, ada.email).status_code == 302
    assert second_step(client, ada).status_code == 302
    own = admin.post(reverse("partners:suspend_agency", args=["csc"]))
    assert "You cannot suspend your own agency" in words(own)


def test_suspending_says_why_to_administrators_alone(partnership: Any, admin: Client) -> None:
    ada = partnership.worker("police")
    address = reverse("partners:suspend", args=[ada.ref])
    assert "Say why" in words(admin.post(address, {"why": ""}))
    assert admin.post(address, {"why": "under investigation"}).status_code == 302
    assert "under investigation" in words(admin.get(reverse("partners:worker", args=[ada.ref])))
    assert "investigation" not in words(first_step(Client(), ada.email))
    assert admin.post(reverse("partners:restore", args=[ada.ref])).status_code == 302
    assert first_step(Client(), ada.email).status_code == 302


def test_whom_to_ring_at_an_agency(admin: Client) -> None:
    assert "Nobody named yet" in words(admin.get(reverse("partners:agencies")))
    address = reverse("partners:agency_contact", args=["health"])
    missing = words(admin.post(address, {"contact": "Front desk", "phone": ""}))
    assert "Enter the telephone number." in missing and 'value="Front desk"' in missing
    answer = admin.post(address, {"contact": "Front desk", "phone": "07700 900456"}, follow=True)
    assert "07700 900456" in words(answer)
    assert admin.get(reverse("partners:agency_contact", args=["nowhere"])).status_code == 404


@pytest.mark.parametrize("name", ["workers", "add_worker", "agencies", "guardian"])
def test_a_practitioner_manages_no_accounts(partnership: Any, name: str) -> None:
    assert partnership.signed_in("police").get(reverse(f"partners:{name}")).status_code == 403


def test_the_command_approves_the_first_guardian(partnership: Any, admin: Client) -> None:
    from django.core.management import call_command

    invite(admin, roles=["guardian"])
    femi = queries.any_worker_by_email("femi@police.example")
    assert not queries.has_guardian(femi.agency)
    call_command("accounts", "approve", "femi@police.example")
    assert queries.has_guardian(femi.agency)
    assert enrol(femi) and code_of(femi) and APP_KEY


def test_a_new_partnership_can_be_set_up_from_nothing(db: None) -> None:
    """Accounts, roles and agreements hold no content, so whoever manages them needs no training in date and no
    agreement in force: without that nobody could put either right (A-D1 is about content)."""
    from lineofsight.access.actor import Actor

    by = Actor.operator()
    services.found_partnership(by=by)
    made = services.add_worker(
        email="it@northshore.example",
        name="Kim Archer",
        agency=queries.agency("csc"),
        roles=["sys_admin"],
        by=by,
    )
    enrol(made.worker)
    client = Client()
    client.force_login(made.worker)
    assert client.get("/").status_code in (200, 302)
    assert client.get(reverse("partners:workers")).status_code == 200
    invite(client, roles=["guardian"])
    femi = queries.any_worker_by_email("femi@police.example")
    granting.approve_role(asked=femi.roles.get(), by=by)
    guardian = Client()
    guardian.force_login(enrol(femi))
    assert guardian.get(reverse("partners:guardian")).status_code == 200
    for one in (client, guardian):
        assert one.get("/children").status_code == 403
