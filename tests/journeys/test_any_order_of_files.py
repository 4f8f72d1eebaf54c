"""Whatever the order, the parts, the repeats and the undoing: the same rows that are in give the same store."""
# ruff: noqa: E501 (rows of files)

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest

from lineofsight.records import services
from store import content, difference

CHILDREN = range(6)


def census(children: list[int]) -> bytes:
    told = "".join(
        f"<Child><ChildIdentifiers><LAchildID>C{n}</LAchildID><PersonBirthDate>2012-0{n + 1}-03</PersonBirthDate>"
        f"<{'Sex' if n % 2 else 'GenderCurrent'}>{'F' if n % 2 else 1}</{'Sex' if n % 2 else 'GenderCurrent'}></ChildIdentifiers>"
        f"<CINdetails><CINreferralDate>2025-01-0{n + 1}</CINreferralDate><ReferralSource>1A</ReferralSource>"
        f"<Assessments><AssessmentActualStartDate>2025-02-0{n + 1}</AssessmentActualStartDate>"
        "<FactorsIdentifiedAtAssessment><AssessmentFactors>24A</AssessmentFactors></FactorsIdentifiedAtAssessment>"
        "</Assessments><ReferralNFA>false</ReferralNFA></CINdetails></Child>"
        for n in children
    )
    return f"<Message><Children>{told}</Children></Message>".encode()


def looked_after(children: list[int]) -> bytes:
    out = io.BytesIO()
    header = "".join(f"C{n},F,03/0{n + 1}/2012,WBRI,,,\n" for n in children)
    missing = "".join(f"C{n},03/0{n + 1}/2012,M,0{n + 1}/05/2026,\n" for n in children)
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n" + header)
        archive.writestr("missing.csv", "CHILD,DOB,MISSING,MIS_START,MIS_END\n" + missing)
    return out.getvalue()


def patients(children: list[int]) -> bytes:
    found = [
        {
            "resource": {
                "resourceType": "Patient",
                "id": f"900000000{n}",
                "meta": {"security": [{"code": "R" if n == 2 else "U"}]},
                "name": [{"use": "usual", "given": ["Ana"], "family": f"Invented{n}"}],
                "birthDate": f"2012-0{n + 1}-03",
                "address": [
                    {
                        "use": "home",
                        "line": [f"{n} Sea Road"],
                        "postalCode": "HU1 1AA",
                        "period": {"start": "2024-01-01"},
                    }
                ],
            }
        }
        for n in children
    ]
    return json.dumps({"resourceType": "Bundle", "entry": found}).encode()


def feed(children: list[int]) -> bytes:
    found = [
        {
            "la_child_id": f"C{n}",
            "child_details": {
                "first_name": "Ana",
                "surname": f"Invented{n}",
                "date_of_birth": f"2012-0{n + 1}-03",
            },
            "social_care_episodes": [
                {"social_care_episode_id": f"E{n}", "referral_date": f"2025-01-0{n + 1}"}
            ],
        }
        for n in children
    ]
    return json.dumps({"la_code": 810, "Children": found}).encode()


def chronology(children: list[int]) -> bytes:
    paper = docx.Document()
    table = paper.add_table(rows=0, cols=5)
    rows = [["Child", "DOB", "Date", "Source", "Event"]]
    rows += [
        [f"Ana Invented{n}", f"03/0{n + 1}/2012", f"{n + 1} to {n + 2} May 2026", "School", "Not seen"]
        for n in children
    ]
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


FORMATS = {
    "census.xml": census,
    "return.zip": looked_after,
    "patients.json": patients,
    "feed.json": feed,
    "table.docx": chronology,
}


def bring_in(partnership: Any, name: str, made: bytes) -> Any:
    taken = services.receive(
        agency=partnership.agency("health" if name.startswith("patients") else "csc"), file_name=name, content=[made],
        by=partnership.operator,
    )  # fmt: skip
    staged = services.stage(delivery=taken, by=partnership.operator)
    assert staged.state == "staged", staged.report
    return services.commit(delivery=staged, by=partnership.operator)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("seed", [1, 2])
def test_parts_in_any_order_with_repeats_and_undoing_give_the_store_of_the_whole(
    name: str, seed: int, partnership: Any, tmp_path: Path
) -> None:
    make, chance = FORMATS[name], random.Random(f"{name} {seed}")
    everyone = list(CHILDREN)
    whole = bring_in(partnership, name, make(everyone))
    expected = content()
    assert expected["rows"] and expected["people"]
    services.undo(delivery=whole, by=partnership.operator)
    assert not any(content().values())
    # Parts that overlap, in an order of chance, with one too many that goes out again.
    chance.shuffle(everyone)
    parts = [everyone[:3], everyone[2:5], everyone[4:], everyone[1:4]]
    chance.shuffle(parts)
    taken = [bring_in(partnership, name, make(part)) for part in parts]
    out = next(n for n, part in enumerate(parts) if part == everyone[1:4])
    services.undo(delivery=taken[out], by=partnership.operator)
    assert content() == expected, difference(expected, content())
