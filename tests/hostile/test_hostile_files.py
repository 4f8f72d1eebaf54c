"""Every file that means harm is refused or taken in, always in words, by the service and by the page."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from corpus import CORPUS, FILE_NAMES, GOOD, NAMES, Hostile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lineofsight.catalogue.errors import DomainError
from lineofsight.catalogue.limits import limits
from lineofsight.records import queries, services
from lineofsight.records.models import KeptAside, StagedRow

EVERY = pytest.mark.parametrize("hostile", CORPUS, ids=lambda one: one.name)


ABOUT = {"agency": "vcs", "loaded_to": "1 May 2026", "lawful_basis": "agreement 4", "sender": "Kit Brandreth"}


@EVERY
def test_the_service_refuses_in_words_or_takes_it_in(hostile: Hostile, partnership: Any) -> None:
    try:
        taken = services.receive(
            agency=partnership.agency("vcs"), file_name=hostile.file_name, content=[hostile.make()],
            by=partnership.operator,
        )  # fmt: skip
        staged = services.stage(delivery=taken, by=partnership.operator)
    except DomainError as refusal:
        assert hostile.refused, refusal
        assert hostile.refused in str(refusal) and hostile.file_name in str(refusal), refusal
        assert not StagedRow.objects.exists() and not KeptAside.objects.exists()
    else:
        assert not hostile.refused, staged.report
        assert staged.state == "staged", staged.report
        services.commit(delivery=staged, by=partnership.operator)


@EVERY
def test_the_page_answers_in_words(hostile: Hostile, partnership: Any) -> None:
    client = partnership.signed_in("csc", "information_officer")
    given = ABOUT | {"file": SimpleUploadedFile(hostile.file_name, hostile.make())}
    answer = client.post(reverse("records:receive"), given, follow=True)
    words = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert(1)</script>" not in words
    if not hostile.refused:
        assert "This file waits for your decision" in words
    else:
        told = words.replace("&#39;", "'")
        assert hostile.refused in told or "is empty" in told or "was empty" in told or "larger than" in told


@pytest.mark.parametrize("name", FILE_NAMES, ids=range(len(FILE_NAMES)))
def test_a_file_may_come_under_any_name(name: str, partnership: Any) -> None:
    taken = services.receive(
        agency=partnership.agency("vcs"), file_name=name, content=[GOOD.encode()], by=partnership.operator
    )
    staged = services.stage(delivery=taken, by=partnership.operator)
    assert staged.state == "staged" and 0 < len(staged.file_name) <= 250
    assert not set("/\\\x00\r\n\u202e") & set(staged.file_name)
    client = partnership.signed_in("csc", "information_officer")
    shown = client.get(reverse("records:delivery", args=[staged.ref]))
    assert shown.status_code == 200 and b"<script>alert" not in shown.content


def test_a_file_over_the_limit_of_the_page_is_refused_there(partnership: Any) -> None:
    large = SimpleUploadedFile("large.csv", b"a,b\n" + b"1,2\n" * (limits().upload_mib * 300_000))
    client = partnership.signed_in("csc", "information_officer")
    answer = client.post(reverse("records:receive"), ABOUT | {"file": large})
    assert f"larger than {limits().upload_mib} MiB" in answer.content.decode()
    assert queries.deliveries(partnership.operator) == []


def test_what_a_formula_was_stays_text_on_its_way_out(partnership: Any) -> None:
    hostile = NAMES["formulas"]
    taken = services.receive(
        agency=partnership.agency("vcs"),
        file_name=hostile.file_name,
        content=[hostile.make()],
        by=partnership.operator,
    )
    staged = services.stage(delivery=taken, by=partnership.operator)
    client = partnership.signed_in("csc", "information_officer")
    sheet = client.get(reverse("records:aside_csv", args=[staged.ref])).content.decode("utf-8-sig")
    for line in sheet.splitlines():
        assert not line.startswith(("=", "+", "-", "@")) and ",=" not in line


TRIES = """
import os, socket, sys
from dataclasses import asdict
from lineofsight.catalogue.limits import Limits, limits
from lineofsight.records import reader
most = limits()
file, spool = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_RDWR)
reader.keep_only(file, spool)
reader.give_up(most)
def tried(name, what):
    try:
        what()
    except BaseException as error:
        print(name, "no", type(error).__name__)
    else:
        print(name, "yes")
tried("socket", lambda: socket.socket())
tried("file", lambda: open("/etc/passwd"))
tried("pipe", lambda: os.pipe())
tried("more", lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_NOFILE, (9, 9)) or open("/etc/passwd"))
tried("memory", lambda: bytearray(most.memory_mib * 1024 * 1024))
tried("held", lambda: os.read(reader.FILE, 1))
print("surroundings", sorted(os.environ))
"""


def test_the_process_that_opens_files_can_do_nothing_else(tmp_path: Any) -> None:
    for name in ("file", "spool"):
        (tmp_path / name).write_text("x")
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRIES, str(tmp_path / "file"), str(tmp_path / "spool")],
        capture_output=True, text=True, env={}, check=True,
    )  # fmt: skip
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert told["socket"].startswith("no") and told["file"].startswith("no") and told["pipe"].startswith("no")
    assert told["memory"] == "no MemoryError" and told["held"] == "yes"
    assert told["more"].startswith("no") or told["more"] == "yes"
    assert told["surroundings"] in ("[]", "['LC_CTYPE']")
