"""From an agency's files to a child's document by commands alone: exit codes, JSON, and kind refusals."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import lineofsight, told
from invented import CROSSWALK, FILES, MISSING
from lineofsight.config.postgres import Server


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty partnership. One for all tests here, which therefore each bring files of their own."""
    place = tmp_path_factory.mktemp("los") / "var"
    for arguments in (("migrate", "--verbosity", "0"), ("init",)):
        done = lineofsight(place, *arguments)
        assert done.returncode == 0, done.stderr
    yield place
    Server(place).stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for _, name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_comes_in_is_found_is_written_out_and_goes_again(data: Path, folder: Path) -> None:
    first = told(
        data, "import", str(folder / "crosswalk.csv"), "--agency", "csc", "--loaded-to", "2026-05-01"
    )
    (report,) = first["files"]
    assert (report["state"], report["format"], report["new"], report["kept_aside"]) == (
        "committed",
        "crosswalk",
        4,
        [],
    )
    preview = told(data, "import", str(folder / "ssd_missing.csv"), "--agency", "csc", "--dry-run")
    assert preview["dry_run"] is True and preview["files"][0]["state"] == "previewed"
    done = lineofsight(data, "import", str(folder / "ssd_missing.csv"), "--agency", "csc")
    assert done.returncode == 0 and "ssd_missing.csv: ssd, 3 rows read: 3 new" in done.stdout
    again = told(data, "import", str(folder / "ssd_missing.csv"), "--agency", "csc")
    assert again["files"][0]["state"] == "already_in" and again["files"][0]["identical"] == 3

    hits = told(data, "search", "Rowan-Hale")
    assert [hit["name"] for hit in hits] == ["Samuel Rowan-Hale"]
    ref = hits[0]["ref"]
    written = told(data, "chronology", ref)
    assert (written["ref"], written["entries"], written["format"]) == (ref, 4, "json")
    assert ref in json.dumps(written["chronology"])
    for kind in ("docx", "pdf", "xlsx", "csv", "html", "json"):
        target = folder / f"sam.{kind}"
        answer = told(data, "chronology", ref, "--output", str(target), "--for", "Strategy discussion")
        assert answer["entries"] == 4
        content = target.read_bytes()
        if kind in ("docx", "xlsx"):
            assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        else:
            assert content.startswith(b"%PDF") if kind == "pdf" else b"Missing episode" in content

    who = lineofsight(data, "identities").stdout.splitlines()
    assert who[0] == "agency,system,local_id,person_ref" and f"csc,csc_case,1204,{ref}" in who
    assert told(data, "match")["identities"] == 4
    assert "All is well" in lineofsight(data, "check").stdout
    undone = told(data, "undo", "--last")
    assert (undone["file"], undone["state"]) == ("ssd_missing.csv", "undone")
    assert told(data, "chronology", ref)["entries"] == 0
    assert told(data, "undo", report["ref"])["state"] == "undone"
    assert told(data, "search", "Rowan-Hale") == []


MAP = "format: [unclosed\n  - nothing"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("import", "nowhere.csv", "--agency", "csc"), 1, "there is no such file"),
        (("import", "crosswalk.csv", "--agency", "nobody"), 1, "There is no agency with the code “nobody”"),
        (("import", "crosswalk.csv"), 2, "--agency"),
        (("import", "report.csv", "--agency", "csc"), 1, "report.csv"),
        (("import", "crosswalk.csv", "--agency", "csc", "--map", "map.yaml"), 1, "not readable YAML"),
        (("import", "crosswalk.csv", "--agency", "csc", "--map", "none.yaml"), 1, "no such map file"),
        (("import", "crosswalk.csv", "--agency", "csc", "--loaded-to", "soon"), 1, "is not a day"),
        (("import", "unknown.csv", "--agency", "csc"), 1, "No map fits"),
        (("import", "empty.csv", "--agency", "csc"), 1, "empty"),
        (("chronology", "P000000000000"), 1, "There is nothing here"),
        (("chronology", "P000000000000", "--format", "scroll"), 2, "scroll"),
        (("undo", "F000000000000"), 1, "no file with that reference"),
        (("undo",), 1, "Give the reference"),
        (("search", "Rowan", "--as", "nobody@csc.example"), 1, "active account"),
        (("serch", "Rowan"), 2, "Did you mean search?"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    data: Path, folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (folder / "report.csv").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n")
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    (folder / "unknown.csv").write_text("colour,taste\nred,sour\n", encoding="utf-8")
    (folder / "empty.csv").write_text("", encoding="utf-8")
    given = [str(folder / a) if a.endswith((".csv", ".yaml")) else a for a in arguments]
    done = lineofsight(data, *given, "--json")
    assert done.returncode == code, (done.stdout, done.stderr)
    assert words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout and "did not foresee" not in done.stderr
    if code == 1:
        answer: dict[str, Any] = json.loads(done.stdout)
        assert words in json.dumps(answer, ensure_ascii=False)


def test_one_refused_file_does_not_keep_the_others_out(data: Path, folder: Path) -> None:
    (folder / "unknown.csv").write_text("colour,taste\nred,sour\n", encoding="utf-8")
    good = folder / "good.csv"
    good.write_text(MISSING.replace("M1", "Q1"), encoding="utf-8")
    answer = told(data, "import", str(folder / "unknown.csv"), str(good), "--agency", "csc", code=1)
    assert [row["state"] for row in answer["files"]] == ["needs_map", "committed"]
    told(data, "undo", answer["files"][1]["ref"])


def test_commands_see_what_the_worker_may_see(data: Path, folder: Path) -> None:
    taken = told(data, "import", str(folder / "crosswalk.csv"), "--agency", "csc", "--sender", "again")[
        "files"
    ][0]
    if taken["state"] == "already_in":
        pytest.fail("the files of an earlier test are still in")
    ref = told(data, "search", "Rowan-Hale")[0]["ref"]
    script = (
        "import django; django.setup();"
        "from datetime import date; from lineofsight.access.actor import Actor;"
        "from lineofsight.partners import factors as f, queries as q, services as s; by = Actor.operator();"
        "s.agree(agency=q.agency('housing'), title='ISA', purpose='Safeguarding', lawful_basis='s16LA', by=by);"
        "w, _ = s.add_worker(email='kit@housing.example', name='Kit Brandreth', agency=q.agency('housing'),"
        " roles=['practitioner'], training_until=date(2099, 1, 1), by=by);"
        "f.give_app(w, f.new_app_secret())"
    )
    done = lineofsight(data, "shell", "--command", script, "--no-imports")
    assert done.returncode == 0, done.stderr
    assert told(data, "search", "Rowan-Hale", "--as", "kit@housing.example") == []
    refused = told(data, "chronology", ref, "--as", "kit@housing.example", code=1)
    assert refused == told(data, "chronology", "P000000000000", "--as", "kit@housing.example", code=1)
    theirs = ("--agency", "csc", "--as", "kit@housing.example")
    sent = told(data, "import", str(folder / "ssd_missing.csv"), *theirs, code=1)["files"][0]
    assert sent["state"] == "refused" and "Your role does not allow this" in sent["refused"]
    told(data, "undo", taken["ref"])


def test_check_says_what_does_not_fit(data: Path, folder: Path) -> None:
    (folder / "again.csv").write_text(CROSSWALK.replace("1204", "2204"), encoding="utf-8")
    taken = told(data, "import", str(folder / "again.csv"), "--agency", "csc")["files"][0]
    (kept,) = (data / "files").glob(f"*/{taken['sha256']}")
    content = kept.read_bytes()
    kept.write_bytes(content.replace(b"Sam", b"Sim"))
    found = told(data, "check", code=1)
    assert [row["name"] for row in found["store"]] == ["received_files_are_kept"]
    assert found["store"][0]["examples"] == [taken["ref"]]
    assert "1 received files are gone from the disk or changed" in lineofsight(data, "check").stdout
    kept.write_bytes(content)
    assert told(data, "check")["ok"] is True
    told(data, "undo", taken["ref"])
