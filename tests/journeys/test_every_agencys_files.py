"""Files of every kind, from their bytes to entries on a chronology: returns, answers, and e-mailed tables."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from lineofsight.access.models import LedgerRow
from lineofsight.chronology import queries as chronology
from lineofsight.desk import packs
from lineofsight.people import queries as people
from lineofsight.people import services as joining
from lineofsight.records import queries, services
from store import content

SAMPLES = Path(__file__).parents[1] / "samples"


def bring_in(partnership: Any, agency: str, path: Path, name: str = "") -> Any:
    """From the file's bytes to committed, as the command does."""
    taken = services.receive(
        agency=partnership.agency(agency), file_name=name or path.name, content=[path.read_bytes()],
        by=partnership.operator,
    )  # fmt: skip
    staged = services.stage(delivery=taken, by=partnership.operator)
    assert staged.state == "staged", staged.report
    return services.commit(delivery=staged, by=partnership.operator)


@pytest.mark.parametrize(
    ("agency", "path", "rows", "aside", "entries"),
    [
        ("csc", "cin/CIN_Census_2021_no_assessment_factors.xml", 8, 0, 8),
        ("csc", "cin/CIN_Census_2024.xml", 12, 0, 11),
        ("csc", "cin/CIN_Census_2026.xml", 13, 0, 13),
        ("csc", "cin/fake_CIN_data.xml", 1066, 0, 1004),
        ("csc", "ssda903/fake_903.xml", 2192, 0, 2046),
        ("csc", "ssda903/set_a/missing.csv", 43, 0, 43),
        ("csc", "ssda903/set_a/reviews.csv", 12582, 12, 12568),
        ("csc", "ssda903/set_b/sw_episodes.csv", 1, 0, 1),
        ("csc", "ssda903/set_c_2021/2021-episodes.csv", 253, 0, 325),
        ("health", "pds_fhir/Patient.json", 4, 0, 0),
        ("health", "pds_fhir/Minimal_Patient.json", 1, 0, 0),
        ("health", "pds_fhir/PatientSearch-Jayne-Smyth.json", 3, 0, 0),
        ("health", "pds_fhir/RelatedPersonBundle.json", 1, 0, 0),
        ("csc", "annex_a/Annex_A.xlsx", 49, 0, 85),
    ],
)  # fmt: skip
def test_a_sample_comes_in(
    partnership: Any, agency: str, path: str, rows: int, aside: int, entries: int
) -> None:
    report = queries.report_of(bring_in(partnership, agency, SAMPLES / path))
    assert (report["rows_read"], report["kept_aside_count"]) == (rows, aside)
    assert report["committed"]["entries"] == entries


def test_a_return_loose_and_in_an_archive_gives_the_same_store(
    partnership: Any, tmp_path: Path, db: None
) -> None:
    """The loose files, then all out; the archive, then the same content."""
    names = ("episodes", "header", "missing", "oc2", "uasc")
    loose = [bring_in(partnership, "csc", SAMPLES / f"ssda903/set_c_2021/2021-{name}.csv") for name in names]
    expected = content()
    assert expected["entries"] and expected["people"]
    for taken in loose:
        services.undo(delivery=taken, by=partnership.operator)
    assert not any(content().values())
    archive = tmp_path / "return.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in reversed(names):
            packed.write(SAMPLES / f"ssda903/set_c_2021/2021-{name}.csv", f"2021-{name}.csv")
    bring_in(partnership, "csc", archive)
    assert content() == expected


RESTRICTED = (SAMPLES / "pds_fhir/PatientSearch-Jayne-Smyth.json").read_text().replace(
    '"code": "U",\n              "display": "unrestricted"', '"code": "R",\n              "display": "restricted"'
)  # fmt: skip


def test_where_a_restricted_patient_is_shows_nowhere(
    partnership: Any, tmp_path: Path, consistent: None
) -> None:
    """Given an answer that marks a patient R, when even the team around them looks, then no place is shown."""
    path = tmp_path / "answer.json"
    path.write_text(RESTRICTED)
    bring_in(partnership, "health", path)
    (hit,) = people.search(partnership.operator, "Jayne Smyth")
    child = people.get_child(partnership.operator, hit.ref)
    assert child.subject().location_hidden
    lead = partnership.worker("health", "practitioner", "export")
    stranger = partnership.signed_in("health")
    assert stranger.get(reverse("desk:child", args=[hit.ref])).status_code == 404
    joining.join_circle(child=child, worker_ref=lead.ref, role="lead nurse", by=partnership.operator)
    client = partnership.signed_in("health", "practitioner", "export")
    shown = {
        name: client.get(reverse(f"desk:{name}", args=[hit.ref])).content.decode()
        for name in ("child", "chronology", "timeline", "records_joined", "team", "document")
    }
    shown["found"] = client.get(reverse("desk:search"), {"q": "Smyth"}).content.decode()
    for kind in ("csv", "html", "json"):
        answer = client.post(reverse("desk:document", args=[hit.ref]), {"format": kind, "made_for": "Panel"})
        shown[kind] = answer.content.decode()
    assert "Smyth" in shown["child"]
    for name, words in shown.items():
        for place in ("Trevelyan", "LS1 6AE", "01632960587", "01632 960587", "jane.smith@", "Y12345"):
            assert place not in words, (name, place)


ROWS = """ref,name,dob,session_date,session_time,worker,activity,place,notes,child_said,concern
1,Sam Invented,2011-02-14,2026-05-03,22:40,Kit Brandreth,Street work,Old Mill car park,"Was with two older men; a grey car
came twice",They said I owe them,yes
2,Sam Invented,2011-02-14,2026-05-04,,Kit Brandreth,Boxing,Hall,Came and stayed,,no
3,Sam Invented,2011-02-14,2026-05-09,18:05,Jo Reed,Boxing,,,"I won’t go back, not ""ever"" and never.",no
"""


def as_told(views: Any) -> list[tuple[Any, ...]]:
    """What an entry says, without whose copy it is."""
    return [
        (view.when.start, view.when.end, view.when.precision, view.kind, view.title, view.narrative, view.child_words,
         view.nature, view.handling, view.role, [(p.name, p.role) for p in view.people],
         [(kind, label) for kind, label, _ in view.things], view.author)
        for view in views
    ]  # fmt: skip


def test_our_word_chronology_comes_back_in_as_the_same_entries(
    partnership: Any, import_rows: Any, child_named: Any, tmp_path: Path
) -> None:
    """Given a chronology sent out as Word, when another agency brings it in, then it tells the same."""
    taken = import_rows("vcs", "sessions.csv", ROWS)
    child = child_named("Sam Invented")
    before = as_told(chronology.all_views(partnership.operator, child))
    assert len(before) == 3
    document = packs.gather(partnership.operator, child, made_for="Strategy meeting")
    path = tmp_path / "chronology.docx"
    path.write_bytes(packs.documents.write(document, "docx"))
    services.undo(delivery=taken, by=partnership.operator)
    bring_in(partnership, "csc", path)
    again = child_named("Sam Invented")
    assert (again.birth_from, again.birth_to) == (child.birth_from, child.birth_to)
    assert as_told(chronology.all_views(partnership.operator, again)) == before
    assert LedgerRow.objects.filter(action="file.commit").count() == 2


def test_a_directory_of_services_is_listed_by_need_and_area(partnership: Any, tmp_path: Path) -> None:
    """Given a council's directory, when a practitioner looks for help of a kind, then it is there with its source."""
    worker = partnership.signed_in("csc")
    assert "No directory has come in yet" in worker.get(reverse("records:resources")).content.decode()
    for name in ("service_full.json", "csv/organizations.csv"):
        bring_in(partnership, "earlyhelp", SAMPLES / "oruk" / name)
    other = (SAMPLES / "oruk/csv/services.csv").read_text().replace("ac148810", "bc148810").replace(
        "Community Counselling", "Boxing for girls"
    )  # fmt: skip
    (tmp_path / "services.csv").write_text(other)
    taken = bring_in(partnership, "vcs", tmp_path / "services.csv")
    everything = worker.get(reverse("records:resources")).content.decode()
    assert "2 services" in everything and "Boxing for girls" in everything and "services.csv" in everything
    assert "Example Organization Inc." in everything and "Ann Persona" not in everything
    found = worker.get(
        reverse("records:resources"), {"need": "counselling anxiety", "area": "mycity"}
    ).content.decode()
    assert "Community Counselling" in found and "Boxing for girls" not in found and "Ages 12 to 100" in found
    assert "No service fits" in worker.get(reverse("records:resources"), {"need": "sailing"}).content.decode()
    services.undo(delivery=taken, by=partnership.operator)
    assert "Boxing for girls" not in worker.get(reverse("records:resources")).content.decode()


def test_an_organisation_with_its_services(partnership: Any) -> None:
    bring_in(partnership, "earlyhelp", SAMPLES / "oruk/organization_full.json")
    rows, _ = queries.listed_services(partnership.operator)
    assert [(row.raw["name"], row.raw["organization"]) for row in rows] == [
        ("Community Counselling", "Example Organization Inc.")
    ]
