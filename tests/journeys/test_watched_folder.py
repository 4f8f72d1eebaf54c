"""Files laid into a folder come in by themselves; half a file never does; a killed watcher loses nothing."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from lineofsight.catalogue.errors import Refused
from lineofsight.people import queries as people
from lineofsight.records import services, watching
from lineofsight.records.models import Delivery
from store import content

ROWS = "case_id,surname,forenames,dob\n1,Invented,Ana,2012-05-03\n,Invented,Cy,2011-01-01\n"


@pytest.fixture
def watcher(partnership: Any, tmp_path: Path) -> watching.Watcher:
    folder = tmp_path / "in"
    folder.mkdir()
    return watching.Watcher(folder, partnership.agency("csc"), partnership.operator)


def lay(watcher: watching.Watcher, name: str = "export.csv", text: str = ROWS, age: float = 60) -> Path:
    path = watcher.folder / name
    path.write_text(text)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_a_complete_file_comes_in_and_is_moved_aside_with_its_report(
    watcher: watching.Watcher, partnership: Any
) -> None:
    lay(watcher)
    assert watcher.look() == []
    (line,) = watcher.look()
    assert (line["where"], line["state"]) == ("done", "committed")
    assert len(people.search(partnership.operator, "Ana Invented")) == 1
    done = watcher.folder / "done"
    assert names(done) == {"export.csv", "export.csv.report.json", "export.csv.to-put-right.csv"}
    report = json.loads((done / "export.csv.report.json").read_text())
    assert (report["rows_read"], report["kept_aside_count"]) == (2, 1)
    assert "Rows kept aside" in (done / "export.csv.to-put-right.csv").read_text()
    assert watcher.look() == []


def test_half_a_file_is_not_seen(watcher: watching.Watcher) -> None:
    path = lay(watcher, text=ROWS[:50])
    lay(watcher, ".hidden.csv")
    lay(watcher, "export2.csv.part")
    (watcher.folder / "link.csv").symlink_to("/etc/passwd")
    assert watcher.look() == []
    path.write_text(ROWS)
    os.utime(path, (time.time() - 30, time.time() - 30))
    assert watcher.look() == [], "it has changed since the last look"
    lay(watcher, "fresh.csv", age=0)
    assert [line["file"] for line in watcher.look()] == ["export.csv"]
    assert Delivery.objects.count() == 1


def test_what_cannot_be_read_goes_to_the_refused_with_the_reason(watcher: watching.Watcher) -> None:
    lay(watcher, "letter.csv", "%PDF-1.7 ...")
    lay(watcher, "unknown.csv", "foo,bar\n1,2\n3,4\n")
    watcher.look()
    lines = {line["file"]: line for line in watcher.look()}
    assert lines["letter.csv"]["where"] == "refused" and "is a PDF" in lines["letter.csv"]["words"]
    assert lines["unknown.csv"]["where"] == "waiting"
    report = json.loads((watcher.folder / "refused/letter.csv.report.json").read_text())
    assert "is a PDF" in report["refused"]


@pytest.mark.parametrize("killed", ["received", "staged", "committed"])
def test_a_watcher_that_is_killed_loses_nothing_and_brings_nothing_in_twice(
    killed: str, watcher: watching.Watcher, partnership: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kill is an error that nobody catches, at the end of each step."""

    class Killed(BaseException):
        pass

    path = lay(watcher)
    watcher.look()
    step = {"received": "receive", "staged": "stage_or_refuse", "committed": "commit"}[killed]
    whole = getattr(services, step)

    def then_die(**given: Any) -> Any:
        whole(**given)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(services, step, then_die)
        with pytest.raises(Killed):
            watcher.look()
    assert path.exists()
    again = watching.Watcher(watcher.folder, watcher.agency, watcher.by)
    again.look()
    (line,) = again.look()
    assert line["where"] == "done" and not path.exists()
    assert Delivery.objects.filter(state="committed").count() == 1
    stands = content()
    services.undo(delivery=Delivery.objects.get(state="committed"), by=partnership.operator)
    assert stands["rows"] and not any(content().values())


def test_two_files_of_one_name_are_both_kept(watcher: watching.Watcher) -> None:
    for day in (1, 2):
        lay(watcher, text=ROWS + f"{day + 1},Invented,Di,2012-01-01\n")
        watcher.look()
        watcher.look()
    kept = [name for name in names(watcher.folder / "done") if name.endswith("export.csv")]
    assert len(kept) == 2


def test_preview_only_leaves_the_decision_to_a_person(watcher: watching.Watcher) -> None:
    watcher.commit = False
    lay(watcher)
    watcher.look()
    (line,) = watcher.look()
    assert (line["where"], line["state"]) == ("waiting", "staged") and not content()["rows"]


def test_one_watcher_for_a_folder(watcher: watching.Watcher) -> None:
    with (
        watching.alone(watcher.folder),
        pytest.raises(Refused, match="watched already"),
        watching.alone(watcher.folder),
    ):
        pass
    with pytest.raises(Refused, match="no such folder"), watching.alone(watcher.folder / "nowhere"):
        pass
