"""Every address of the product, asked by everyone: who gets in, who is refused, and what an answer carries.

A new address fails `test_every_address_has_a_row` until someone has decided who may open it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from documents_made import LETTER, pdf
from invented import FILES, MISSING
from lineofsight.access import alerts
from lineofsight.catalogue import corroboration, matching
from lineofsight.catalogue.when import When
from lineofsight.chronology import agreeing, held
from lineofsight.chronology import queries as chronology
from lineofsight.chronology import services as writing
from lineofsight.chronology.triangulation import GAP, Missing
from lineofsight.desk.reading import read
from lineofsight.partners import services as partners
from lineofsight.people import admitting
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import papers, settling
from lineofsight.records import services as records

UNKNOWN_CHILD, UNKNOWN_ENTRY, UNKNOWN_FILE = "P000000000000", "E000000000000", "F000000000000"

#: Who asks, each as the whole set-up that decides it.
ASKERS = (
    "nobody",
    "ended account",
    "ended role",
    "no agreement",  # in the team, of an agency whose agreement is suspended
    "stranger",  # works with children, at an agency without a record of the child
    "agency alone",  # works with children, at the agency that made the entry; in no team around this child
    "owner",  # in the team, of the agency that made the entry, may make documents
    "partner",  # in the team, of another agency, may make documents
    "member",  # in the team, may not make documents
    "manager",  # of the owner's team
    "expired member",
    "conflicted member",
    "coordinator",  # of a panel to which the child is open
    "duty",  # with a claim on the child
    "idle duty",  # without one
    "reviewer",  # to whom the child was assigned
    "idle reviewer",
    "officer",
    "custodian",
    "guardian",
    "analyst",
    "records officer",
    "sys_admin",
)

IN, HIDDEN, REFUSED, SIGN_IN = "in", 404, 403, "sign-in"
OUTSIDE = {"ended account": SIGN_IN, "nobody": SIGN_IN}


def only(*askers: str, else_: Any) -> dict[str, Any]:
    """In for these; for all others as said. Without an agreement in force there is no content for anyone."""
    assert set(askers) <= set(ASKERS)
    shut = OUTSIDE if "no agreement" in askers else OUTSIDE | {"no agreement": REFUSED}
    return {asker: IN if asker in askers else else_ for asker in ASKERS} | shut


TEAM = ("owner", "partner", "member")
SEE = (*TEAM, "manager", "coordinator", "duty", "reviewer")


def carried(*askers: str) -> dict[str, Any]:
    """For these; refused to others who see the child; hidden from everybody else."""
    return only(*SEE, else_=HIDDEN) | {asker: REFUSED for asker in SEE if asker not in askers}


CHILD = carried(*SEE)
ADD = carried(*TEAM, "coordinator", "duty")
WITH_TEAM = carried(*TEAM, "manager", "coordinator", "duty")
DOCUMENT = carried(*TEAM, "manager", "coordinator")
EXPORT = carried("owner", "partner")
SOURCE = carried("owner", "manager", "duty")
OWN = carried("owner")
DRAFT = only("owner", else_=HIDDEN)
WORK = only("stranger", "agency alone", *SEE, "expired member", "conflicted member", "idle duty", "idle reviewer",
            "custodian", else_=REFUSED)  # fmt: skip
PRACTITIONERS = ("stranger", "agency alone", *TEAM, "manager", "expired member", "conflicted member", "duty",
                 "idle duty")  # fmt: skip
LOOK_UP = only(*PRACTITIONERS, "coordinator", else_=REFUSED)
CLAIM = only("duty", "idle duty", else_=REFUSED)
GLASS = only(*PRACTITIONERS, else_=REFUSED)
OFFICER = only("officer", else_=REFUSED)
#: Of the query, the notice and the key fact: the agencies that may answer; others who see the child may not.
QUERY = carried("owner", "duty")
TOLD = carried("partner")
HOLDS = carried("owner", "partner", "duty")
CUSTODIAN = only("custodian", else_=REFUSED)
GUARDIAN = only("guardian", else_=REFUSED)
ADMIN = only("sys_admin", else_=REFUSED)
BOOK = only("sys_admin", "officer", "guardian", else_=REFUSED)
#: Everyone with a role that works with children.
WITH_CHILDREN = (*PRACTITIONERS, "coordinator")
ANY_ROLE = only(*(asker for asker in ASKERS if asker not in ("ended role", "no agreement")), else_=REFUSED)
SIGNED_IN = only(*ASKERS, else_=IN)
ANYONE = dict.fromkeys(ASKERS, IN)
NO_SUCH_THING = dict.fromkeys(ASKERS, HIDDEN) | OUTSIDE


@dataclass(frozen=True)
class Row:
    name: str
    may: dict[str, Any]
    method: str = "get"
    given: Callable[[World], dict[str, Any]] = lambda world: {}
    address: dict[str, str] = field(default_factory=dict)

    def url(self, world: World, **instead: str) -> str:
        """`address` says which of the world's references stands in each place."""
        return reverse(self.name, kwargs={k: instead.get(v, world.refs[v]) for k, v in self.address.items()})


@dataclass
class World:
    refs: dict[str, str]
    clients: dict[str, Client]
    colleague: str


def child(name: str, may: dict[str, Any] = CHILD, method: str = "get", given: Any = lambda world: {}) -> Row:
    return Row(f"desk:{name}", may, method, given, {"ref": "child"})


def entry(name: str, may: dict[str, Any] = CHILD, method: str = "get", given: Any = lambda world: {}) -> Row:
    return Row(f"desk:{name}", may, method, given, {"ref": "child", "entry": "entry"})


def letter(name: str, may: dict[str, Any], method: str = "get", given: Any = lambda world: {}) -> Row:
    return Row(f"desk:{name}", may, method, given, {"ref": "child", "entry": "letter"})


def file(name: str, which: str, method: str = "get", given: Any = lambda world: {}) -> Row:
    return Row(f"records:{name}", OFFICER, method, given, {"ref": which})


def pair(
    name: str, method: str = "get", given: Any = lambda world: {}, *, one: str = "a", other: str = "b"
) -> Row:
    return Row(f"people:{name}", CUSTODIAN, method, given, {"a_ref": one, "b_ref": other})


def upload(world: World) -> dict[str, Any]:
    content = MISSING.replace("M1", "Z1").encode()
    return {
        "file": SimpleUploadedFile("z.csv", content), "agency": "csc", "lawful_basis": "agreement 4",
        "sender": "A. Oduya", "loaded_to": "1 May 2026",
    }  # fmt: skip


CORRECTION = {
    "when": "3 Feb 2026 22:10", "title": "Missing episode.", "nature": "fact", "reason": "The time was wrong.",
}  # fmt: skip
NEW_ENTRY = {
    "when": "3 May 2026", "kind": "CSC_CONTACT", "title": "Rang home.", "nature": "fact", "audience": "team",
}  # fmt: skip


def spellings(world: Any) -> dict[str, Any]:
    return {"field": "police_pole.role", "answer_0": "is associate", "spelling_0": ["hanger on"]}


ROWS = (
    Row("partners:sign_in", ANYONE),
    Row("partners:sign_in", ANYONE, "post", lambda w: {"email": "nobody@csc.example", "password": "no"}),
    Row("partners:sign_out", ANYONE),
    Row("partners:sign_out", ANYONE, "post"),
    Row("partners:workers", ADMIN),
    Row("partners:add_worker", ADMIN),
    Row("partners:add_worker", ADMIN, "post", lambda w: {
        "name": "Kit Brandreth", "email": "kit@vcs.example", "agency": "vcs", "roles": ["practitioner"]}),
    Row("partners:end_account", ADMIN, address={"ref": "worker"}),
    Row("partners:end_account", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:second_step", dict.fromkeys(ASKERS, SIGN_IN)),
    Row("partners:with_agency", dict.fromkeys(ASKERS, HIDDEN), address={"code": "agency"}),
    Row("partners:from_agency", dict.fromkeys(ASKERS, HIDDEN), address={"code": "agency"}),
    Row("partners:invitation", dict.fromkeys(ASKERS, HIDDEN)),
    Row("partners:invitation_link", ANYONE, address={"token": "worker"}),
    Row("partners:health", ANYONE),
    Row("partners:account", SIGNED_IN),
    Row("partners:enrol", SIGNED_IN),
    Row("partners:enrol_app", SIGNED_IN),
    Row("partners:enrol_app", SIGNED_IN, "post", lambda w: {"code": "000000"}),
    Row("partners:enrol_passkey", SIGNED_IN),
    Row("partners:enrol_passkey", SIGNED_IN, "post", lambda w: {"name": "key", "passkey": "{}"}),
    Row("partners:remove_factor", SIGNED_IN, address={"number": "factor"}),
    Row("partners:remove_factor", NO_SUCH_THING, "post", address={"number": "factor"}),
    Row("partners:recovery_codes", SIGNED_IN),
    Row("partners:recovery_codes", SIGNED_IN, "post"),
    Row("partners:end_sessions", SIGNED_IN, "post"),
    Row("partners:end_session", NO_SUCH_THING, "post", address={"ref": "worker"}),
    Row("partners:password", SIGNED_IN),
    Row("partners:password", SIGNED_IN, "post"),
    Row("partners:home", SIGNED_IN),
    Row("partners:home", SIGNED_IN, "post"),
    Row("partners:prove", SIGNED_IN),
    Row("partners:prove", SIGNED_IN, "post"),
    Row("partners:guardian", GUARDIAN),
    Row("partners:decide_role", GUARDIAN, "post", lambda w: {"decision": "approve"}, {"grant": "grant"}),
    Row("partners:agreements", GUARDIAN),
    Row("partners:add_agreement", GUARDIAN),
    Row("partners:add_agreement", GUARDIAN, "post", lambda w: {
        "agency": "health", "title": "ISA", "purpose": "Safeguarding", "lawful_basis": "Public task"}),
    Row("partners:suspend_agreement", GUARDIAN, address={"ref": "agreement"}),
    Row("partners:suspend_agreement", GUARDIAN, "post", lambda w: {"why": "A review"}, {"ref": "agreement"}),
    Row("partners:worker", ADMIN, address={"ref": "worker"}),
    Row("partners:change_worker", ADMIN, address={"ref": "worker"}),
    Row("partners:change_worker", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:ask_for_role", ADMIN, address={"ref": "worker"}),
    Row("partners:ask_for_role", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:end_role", ADMIN, "post", address={"ref": "worker", "grant": "grant"}),
    Row("partners:end_worker_sessions", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:suspend", ADMIN, address={"ref": "worker"}),
    Row("partners:suspend", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:restore", only("sys_admin", else_=REFUSED) | {"sys_admin": 400}, "post",
        address={"ref": "worker"}),
    Row("partners:invite", ADMIN, address={"ref": "worker"}),
    Row("partners:invite", ADMIN, "post", address={"ref": "worker"}),
    Row("partners:suspend_agency", ADMIN, address={"code": "agency"}),
    Row("partners:suspend_agency", ADMIN, "post", address={"code": "agency"}),
    Row("partners:agencies", ADMIN),
    Row("partners:agency_contact", ADMIN, address={"code": "agency"}),
    Row("partners:agency_contact", ADMIN, "post", lambda w: {"contact": "Desk", "phone": "07700 900456"},
        {"code": "agency"}),
    Row("people:questions", CUSTODIAN),
    Row("people:compare", CUSTODIAN, "post"),
    Row("people:apply", CUSTODIAN, "post"),
    Row("people:undo_run", CUSTODIAN, "post", address={"ref": "run"}),
    Row("people:again", CUSTODIAN),
    pair("second_look"),
    Row("people:next", CUSTODIAN),
    pair("question"),
    pair("answer", "post", lambda w: {"verdict": "different", "note": ""}),
    pair("undo", "post"),
    pair("agree", one="proposed", other="b"),
    pair("agree", "post", lambda w: {"verdict": "different", "note": ""}, one="proposed", other="b"),
    pair("withdraw_proposal", "post", one="proposed", other="b"),
    Row("records:resources", WORK | {"officer": IN}),
    Row("records:files", OFFICER),
    Row("records:values", OFFICER),
    Row("records:value_answers", OFFICER),
    Row("records:values_of_agency", OFFICER, address={"agency": "agency"}),
    Row("records:value_questions", OFFICER, "get", lambda w: {"field": "police_pole.role"}, {"agency": "agency"}),
    Row("records:preview_values", OFFICER, "post", spellings, {"agency": "agency"}),
    Row("records:settle_values", OFFICER, "post", spellings, {"agency": "agency"}),
    Row("records:undo_value", OFFICER, address={"ref": "value"}),
    Row("records:undo_value", OFFICER, "post", address={"ref": "value"}),
    Row("records:paste", OFFICER),
    Row("records:paste", OFFICER, "post", lambda w: {
        "text": "Date\tEvent\n3 May 2026\tSeen", "agency": "vcs", "child": "Ana Invented", "lawful_basis": "x"}),
    Row("records:receive", OFFICER),
    Row("records:receive", OFFICER, "post", upload),
    file("delivery", "file in"),
    file("read", "file waiting", "post"),
    file("map", "file waiting"),
    file("map", "file waiting", "post", lambda w: {"yaml": "format: x"}),
    file("commit", "file waiting", "post"),
    file("undo", "file in"),
    file("undo", "file in", "post"),
    file("discard", "file waiting", "post"),
    file("aside", "file in"),
    file("aside_csv", "file in"),
    file("report", "file in"),
    file("report_csv", "file in"),
    file("report_pdf", "file in"),
    file("report_given", "file in", "post", lambda w: {"to": "Data desk", "how": "secure e-mail"}),
    Row("desk:guardian", GUARDIAN),
    Row("desk:alert", GUARDIAN, address={"ref": "alert"}),
    Row("desk:alert", GUARDIAN, "post", lambda w: {"finding": "as_it_should_be"}, {"ref": "alert"}),
    Row("desk:others_looks", GUARDIAN),
    Row("desk:trails", GUARDIAN),
    Row("desk:trail", GUARDIAN, address={"ref": "worker"}),
    Row("desk:home", WORK | {"sys_admin": IN, "officer": IN, "guardian": IN}),
    Row("desk:search", WORK, "get", lambda w: {"q": "Rowan-Hale"}),
    Row("desk:children", WORK),
    Row("desk:look_up", LOOK_UP),
    Row("desk:look_up", LOOK_UP, "post", lambda w: {
        "surname": "Rowan-Hale", "dob": "12/3/2011", "why": "other", "other": "A strategy discussion"}),
    Row("desk:my_access", WORK),
    Row("desk:accept_conditions", only(*WITH_CHILDREN, else_=REFUSED) | dict.fromkeys(WITH_CHILDREN, HIDDEN), "post",
        address={"number": "factor"}),
    Row("desk:answer_word", only(*WITH_CHILDREN, else_=REFUSED) | dict.fromkeys(WITH_CHILDREN, HIDDEN), "post",
        address={"ref": "alert"}),
    Row("desk:held", only("officer", "manager", else_=REFUSED)),
    Row("desk:name_recipient", only("officer", "manager", else_=REFUSED) | {"officer": HIDDEN, "manager": HIDDEN},
        address={"entry": "entry"}),
    Row("desk:own_entries", WORK),
    Row("desk:own_entry", CHILD, address={"entry": "entry"}),
    child("claim", CLAIM),
    child("claim", CLAIM, "post", lambda w: {"purpose": "A new referral", "referral": "R-2"}),
    child("emergency", GLASS),
    child("emergency", GLASS | {"conflicted member": HIDDEN}, "post", lambda w: {
        "reason": "He rang from a car with two men he is afraid of."}),
    child("child"),
    child("chronology"),
    child("timeline"),
    child("records_joined"),
    child("team"),
    child("team", WITH_TEAM, "post", lambda w: {"worker": w.colleague, "role": "school lead"}),
    child("leave_team", WITH_TEAM, "post", lambda w: {"member": w.refs["member"]}),
    child("protection", DOCUMENT),
    child("protection", DOCUMENT, "post", lambda w: {"deed": "household", "key": "H-1"}),
    child("conflict", ANY_ROLE),
    child("conflict", ANY_ROLE, "post", lambda w: {"covers": "person"}),
    child("lookers", DOCUMENT),
    child("sharing", WITH_TEAM),
    child("decide_sharing", WITH_TEAM),
    child("decide_sharing", WITH_TEAM, "post", lambda w: {
        "shared": "no", "what": "The address", "with_whom": "Housing", "gateway": "CA04-11", "reason": "Not needed.",
        "told_family": "told"}),
    child("document", DOCUMENT),
    child("document", EXPORT, "post", lambda w: {"format": "csv", "made_for": "Strategy discussion"}),
    child("add_entry", ADD),
    child("add_entry", ADD, "post", lambda w: NEW_ENTRY),
    child("keep_paper", ADD),
    child("keep_paper", ADD, "post", lambda w: {
        "file": SimpleUploadedFile("Samuel Rowan-Hale.txt", b"He had a second telephone."), "when": "3 May 2026",
        "title": "A letter", "audience": "team"}),
    letter("paper", CHILD),
    letter("paper", ADD, "post", lambda w: NEW_ENTRY | {"page": "1"}),
    letter("original", EXPORT, "post", lambda w: {"made_for": "Strategy discussion"}),
    entry("entry"),
    entry("source", SOURCE),
    entry("correct_entry", OWN),
    entry("correct_entry", OWN, "post", lambda w: CORRECTION),
    entry("comment", WITH_TEAM, "post", lambda w: {"text": "He told me the same."}),
    Row("desk:finish_draft", DRAFT, "post", address={"ref": "child", "entry": "draft"}),
    child("agreement"),
    entry("decide_occurrence"),
    entry("decide_occurrence", ADD, "post", lambda w: {"verdict": "confirmed", "reason": "The carer said so."}),
    child("withdraw_verdict", ADD, "post", lambda w: {"verdict": "V000000000000"}),
    child("ask_agency"),
    child("ask_agency", ADD, "post", lambda w: {"gap": "none", "agency": "csc", "words": "Where is it?"}),
    Row("desk:answer_query", CHILD, "get", address={"ref": "child", "query": "query"}),
    Row("desk:answer_query", QUERY, "post", lambda w: {"answer": "not_ours", "reason": "Police hold it."},
        {"ref": "child", "query": "query"}),
    child("facts"),
    child("send_notice"),
    child("send_notice", ADD, "post", lambda w: {"fact": "name", "agency": "csc"}),
    child("notices_csv", DOCUMENT),
    Row("desk:answer_notice", CHILD, "get", address={"ref": "child", "notice": "notice"}),
    Row("desk:answer_notice", TOLD, "post", lambda w: {"answer": "accept"}, {"ref": "child", "notice": "notice"}),
    child("mark_key_fact", ADD),
    child("mark_key_fact", ADD, "post", lambda w: {"kind": "plan", "words": "A plan began on 4 May."}),
    Row("desk:say_held", HOLDS, "post", address={"ref": "child", "fact": "key fact"}),
    child("as_known"),
    child("history"),
    child("meetings", DOCUMENT),
    child("meetings", DOCUMENT, "post", lambda w: {"title": "Strategy discussion", "on": "4 May 2026"}),
    Row("desk:meeting", DOCUMENT, "get", address={"ref": "child", "meeting": "meeting"}),
    Row("desk:meeting", carried(*TEAM, "coordinator"), "post",
        lambda w: {"line": "none", "significance": "The first night out."}, {"ref": "child", "meeting": "meeting"}),
    Row("desk:discrepancies", WORK),
    Row("desk:read_again", CUSTODIAN, "post"),
    Row("desk:understand_date", SIGNED_IN, "get", lambda w: {"text": "3 May"}),
    Row("desk:catalogue", BOOK),
    Row("desk:guide", SIGNED_IN),
)  # fmt: skip


def addresses() -> dict[str, str]:
    """name -> pattern of every address, whoever includes it."""
    found: dict[str, str] = {}

    def walk(resolver: URLResolver, spaces: tuple[str, ...], before: str) -> None:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                walk(
                    pattern,
                    (*spaces, pattern.namespace) if pattern.namespace else spaces,
                    before + str(pattern.pattern),
                )
            else:
                assert isinstance(pattern, URLPattern)
                found[":".join((*spaces, pattern.name or str(pattern.pattern)))] = before + str(
                    pattern.pattern
                )

    walk(get_resolver(), (), "")
    return found


def test_every_address_has_a_row() -> None:
    # Those for programs ask for a key instead of sign-in; tests/journeys/test_interface.py asks each without one.
    assert {name for name in addresses() if not name.startswith("api:")} == {row.name for row in ROWS}


def test_no_two_addresses_are_one() -> None:
    """But for the interface for programs, where the method tells two things of one address apart."""
    pages = {name: address for name, address in addresses().items() if not name.startswith("api:")}
    assert len(set(pages.values())) == len(pages)


@pytest.fixture
def world(partnership: Any, import_rows: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    # Which answers wait for a second one follows from their numbers, and these differ from run to run.
    monkeypatch.setattr(matching, "second_look_one_in", lambda: 1)
    for agency, name, text in FILES:
        taken = import_rows(agency, name, text)
        if name == "ssd_missing.csv":
            went_in = taken
    operator = partnership.operator
    waiting = records.receive(
        agency=partnership.agency("csc"), file_name="later.csv",
        content=[MISSING.replace("M2", "Y2").encode()],
        by=operator,
    )  # fmt: skip
    records.stage(delivery=waiting, by=operator)
    sam = next(
        people.get_child(operator, hit.ref, with_statements=True)
        for hit in people.search(operator, "Rowan-Hale")
        if "csc" in hit.agencies
    )
    tobi = people.get_child(operator, people.search(operator, "Tobi Adeyemi")[0].ref)
    one, other = people.pair(operator, sam.identities[0].ref, tobi.identities[0].ref)
    joining.decide_pair(one=one, other=other, verdict="unsure", by=operator)
    proposed = sam.identities[1]
    joining.propose(
        *people.pair(operator, proposed.ref, tobi.identities[0].ref), operator, note="", seconds=None
    )
    episode = next(v for v in chronology.all_views(operator, sam) if v.kind == "CSC_MISSING")
    query, notice, key_fact, meeting = between_agencies(operator, sam)
    settled = settling.settle_values(
        agency="health", answers=[settling.Answer("police_pole.role", "lookout", "associate")], by=operator
    )
    workers = staff(partnership)
    let_in(partnership, sam, workers)
    by = workers["owner"].actor()
    draft = writing.add_entry(
        child=people.get_child(by, sam.ref), draft=True, by=by,
        account=writing.Account(kind="CSC_CONTACT", when=When.on(date(2026, 5, 3)), title="Rang home."),
    )  # fmt: skip
    letter = papers.keep_paper(
        child=people.get_child(by, sam.ref), by=by, file_name="Samuel Rowan-Hale.pdf", content=[pdf(*LETTER)],
        account=writing.Account(kind=papers.KIND, when=When.on(date(2026, 5, 3)), title="Letter from the school"),
    )  # fmt: skip
    grant = partnership.worker("health").roles.get()
    grant.approved_at, grant.approved_by = None, ""
    grant.save()
    clients = {"nobody": Client()}
    for asker, worker in workers.items():
        clients[asker] = Client()
        clients[asker].force_login(worker)
    workers["ended role"].roles.update(until=date.today())
    workers["ended account"].is_active = False
    workers["ended account"].save()
    partners.suspend_agreement(
        agreement=partnership.agency("earlyhelp").agreements.get(), why="Under review", by=operator
    )
    leaver = people.get_child(operator, sam.ref).circle[-1]
    told = alerts.raise_alert("export", partnership.by("health"), about=sam.ref)[0]
    return World(
        refs={
            "value": settled[0].ref, "query": query.ref, "notice": notice.ref, "key fact": key_fact.ref,
            "meeting": meeting.ref, "child": sam.ref, "entry": episode.ref, "draft": draft.ref, "letter": letter.ref,
            "file in": went_in.ref,
            "file waiting": waiting.ref, "a": one.ref, "b": other.ref, "proposed": proposed.ref,
            "worker": partnership.worker("health").ref, "agency": "health", "factor": "999999999",
            "alert": told.ref, "agreement": partnership.agency("vcs").agreements.get().ref,
            "grant": grant.ref, "member": str(leaver.pk), "run": "R000000000000",
        },
        clients=clients,
        colleague=partnership.worker("education").ref,
    )  # fmt: skip


def between_agencies(operator: Any, sam: Any) -> tuple[Any, Any, Any, Any]:
    """Social care is asked for a record, police are told that a name differs, both are asked to hold a key fact."""
    reading = read(operator, sam)
    episode = next(item for item in reading.items if item.kind == "CSC_MISSING")
    gap = Missing(corroboration.rule("C44"), "a", episode, ("csc",), 0, GAP)
    query = agreeing.ask_agency(child=sam, gap=gap, agency="csc", by=operator)
    day = date(2026, 5, 1)
    value = held.Value("name", "csc", "Samuel Hale", "samuel hale", None, None, day, None, "")
    notice = agreeing.send_notice(
        child=sam,
        value=value,
        said_by=["csc"],
        agency="police",
        theirs="Sam Hale",
        basis="ISA-01",
        by=operator,
    )
    key_fact = agreeing.mark_key_fact(
        child=sam, kind="plan", words="A plan began.", agencies=["csc", "police"], by=operator
    )
    keys = [item.key for item in reading.items]
    meeting = agreeing.draft_meeting(child=sam, title="Strategy discussion", on=day, keys=keys, by=operator)
    return query, notice, key_fact, meeting


def staff(partnership: Any) -> dict[str, Any]:
    """One worker for each who asks, in the roles that the name says."""
    worker = partnership.worker
    return {
        "ended account": worker("police", team="Gone"),
        "ended role": worker("csc", team="Gone"),
        "no agreement": worker("earlyhelp"),
        "stranger": worker("housing"),
        "agency alone": worker("csc", team="Elsewhere"),
        "owner": worker("csc", "practitioner", "export", team="Adolescent team"),
        "partner": worker("police", "practitioner", "export"),
        "member": worker("yjs"),
        "manager": worker("csc", "team_manager", team="Adolescent team"),
        "expired member": worker("csc", team="Former"),
        "conflicted member": worker("csc", team="Neighbours"),
        "coordinator": worker("vcs", "coordinator"),
        "duty": worker("csc", "duty"),
        "idle duty": worker("csc", "duty", team="Night"),
        "reviewer": worker("health", "reviewer"),
        "idle reviewer": worker("csc", "reviewer"),
        "officer": worker("csc", "information_officer"),
        "custodian": worker("csc", "index_custodian"),
        "guardian": worker("health", "guardian"),
        "analyst": worker("csc", "analyst"),
        "records officer": worker("csc", "records_officer"),
        "sys_admin": worker("csc", "sys_admin"),
    }


def let_in(partnership: Any, sam: Any, workers: dict[str, Any]) -> None:
    """Everyone gets the way to the child that the name says. Roles without children are in the team by name too,
    and it opens nothing."""
    operator = partnership.operator
    names = (
        "ended account", "ended role", "no agreement", "owner", "partner", "member", "expired member",
        "conflicted member", "officer", "custodian", "guardian", "analyst", "records officer", "sys_admin",
    )  # fmt: skip
    child = partnership.around(
        sam, *(workers[name] for name in names), partnership.worker("education", team="Gate")
    )
    former = next(m for m in child.circle if m.worker_ref == workers["expired member"].ref)
    joining.leave_circle(child=child, member=former.pk, by=operator)
    known = workers["conflicted member"]
    admitting.declare_conflict(child=child, worker=known.ref, by=known.actor())
    admitting.open_to_panel(child=child, panel="VEMT", by=operator)
    admitting.claim_duty(child=child, purpose="A referral", referral="R-1", by=workers["duty"].actor())
    admitting.assign_review(child=child, worker=workers["reviewer"].ref, by=operator)


def asked(client: Client, row: Row, world: World, **instead: str) -> Any:
    """As the worker of this client, who stays signed in whatever is asked."""
    once = Client(enforce_csrf_checks=client.handler.enforce_csrf_checks, raise_request_exception=False)
    once.cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    return getattr(once, row.method)(row.url(world, **instead), row.given(world))


def outcome(answer: Any) -> Any:
    if answer.status_code == 302 and answer.url.startswith(reverse("partners:sign_in")):
        return SIGN_IN
    return IN if answer.status_code < 400 else answer.status_code


def test_everyone_gets_in_where_they_may_and_nowhere_else(world: World) -> None:
    """All of them in one and the same world, so that whoever is refused differs from whoever gets in by what the
    name says, and by nothing else."""
    wrong = {}
    for row in ROWS:
        for asker in ASKERS:
            with transaction.atomic():
                found = outcome(asked(world.clients[asker], row, world))
                transaction.set_rollback(True)
            if row.name == "partners:sign_out":
                found = IN if found == SIGN_IN else found
            if found != row.may[asker]:
                wrong[f"{row.method} {row.name}, {asker}"] = f"{found}, should be {row.may[asker]}"
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


def without_tokens(answer: Any) -> str:
    """The page without what differs on every answer."""
    text = re.sub(r'nonce="[^"]*"', "", answer.content.decode())
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def headers(answer: Any) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if "Security" not in k and k != "X-Request-Id"}


@pytest.mark.parametrize(
    "asker", ["stranger", "agency alone", "conflicted member", "idle duty", "sys_admin", "ended role"]
)
def test_what_is_hidden_looks_like_what_never_was(asker: str, world: World) -> None:
    client = world.clients[asker]
    for row in ROWS:
        if row.may[asker] != HIDDEN:
            continue
        real = asked(client, row, world)
        never = asked(
            client,
            row,
            world,
            child=UNKNOWN_CHILD,
            entry=UNKNOWN_ENTRY,
            draft=UNKNOWN_ENTRY,
            letter=UNKNOWN_ENTRY,
        )
        assert (real.status_code, never.status_code) == (404, 404), row.name
        assert without_tokens(real) == without_tokens(never), row.name
        assert headers(real) == headers(never), row.name


def test_a_child_s_entry_is_not_found_under_another_child(world: World, partnership: Any) -> None:
    tobi = people.search(partnership.operator, "Tobi Adeyemi")[0].ref
    for row in ROWS:
        if "child" in row.address.values() and {"entry", "letter"} & set(row.address.values()):
            assert asked(world.clients["owner"], row, world, child=tobi).status_code == 404, row.name


def test_deeds_need_post_and_a_token(world: World) -> None:
    """A link or another site cannot do anything in a worker's name."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = world.clients["officer"].cookies
    readable = {row.name for row in ROWS if row.method == "get"}
    for row in ROWS:
        if row.method != "post":
            continue
        assert asked(strict, row, world).status_code == 403, row.name
        if row.name not in readable:
            assert world.clients["officer"].get(row.url(world)).status_code == 405, row.name


# --- what an answer carries -----------------------------------------------------------------------------

CSP = (
    "default-src 'none'; object-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class Inline(HTMLParser):
    """Finds what a strict script policy would stop, and addresses of elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.nonces: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.found.append(self.get_starttag_text() or tag)
        if tag == "script" and "src" not in given and given.get("type") not in ("application/json",):
            if given.get("nonce"):
                self.nonces.add(str(given["nonce"]))
            else:
                self.found.append(self.get_starttag_text() or tag)
        for name in ("src", "action", "data", "poster", "srcset"):
            if re.match(r"(https?:)?//", given.get(name) or ""):
                self.found.append(f"{tag} {name}={given[name]}")
        if tag == "link" and re.match(r"(https?:)?//", given.get("href") or ""):
            self.found.append(f"link href={given['href']}")


@pytest.mark.parametrize("asker", ["owner", "officer", "custodian", "sys_admin", "stranger", "nobody"])
def test_every_answer_is_guarded(asker: str, world: World) -> None:
    for row in ROWS:
        with transaction.atomic():
            answer = asked(world.clients[asker], row, world)
            transaction.set_rollback(True)
        where = f"{row.method} {row.name}"
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r" 'nonce-[\w+/=-]+'", policy)
        parts = sorted(CSP.format(nonce=nonce[0] if nonce else "").split("; "))
        assert sorted(policy.rstrip(";").split("; ")) == parts, where
        assert (
            answer.headers["Cache-Control"] == "no-store" or "no-store" in answer.headers["Cache-Control"]
        ), where
        assert answer.headers["X-Frame-Options"] == "DENY", where
        assert answer.headers["Referrer-Policy"] == "same-origin", where
        assert answer.headers["X-Content-Type-Options"] == "nosniff", where
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
            page = Inline()
            page.feed(answer.content.decode())
            assert page.found == [], where
            assert all(nonce and f"'nonce-{n}'" in policy for n in page.nonces), where
