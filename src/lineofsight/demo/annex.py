"""The inspection workbook (Annex A, lists 1 to 9), cut from the same social care rows as everything else.

It shows what such workbooks are like: headings that differ by a word or a curly quote, decimal ages, codes
with and without their letter.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from lineofsight.demo.sheets import Sheets

Row = dict[str, str]
Cells = list[Any]

_SOURCE = {
    "1": "a) Individual",
    "2": "b) Schools",
    "3": "d) Health Services",
    "4": "e) Housing",
    "5": "f) LA Services",
    "6": "g) Police",
    "8": "i) Other",
}
_CATEGORY = {
    "NEG": "a) Neglect",
    "PHY": "b) Physical Abuse",
    "EMO": "d) Emotional Abuse",
    "MUL": "e) Multiple",
}
_PLACEMENT = {"K2": "h) Children’s Homes", "H5": "f) Residential accommodation", "U6": "a) Foster Placement"}
_LEGAL = {"V2": "e) Accommodated under S20", "C1": "a) Interim care orders", "C2": "b) Full care orders"}
_WHO = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"]
_DISABLED = "Does the Child have a Disability"
_HELD_BY = ["Allocated Team", "Allocated Worker"]
#: Fixed, so that the same city makes the same bytes.
_MADE = datetime(2026, 11, 2, 9, 0)


class _Book:
    """The social care rows, by child."""

    def __init__(self, sheets: Sheets, today: date) -> None:
        self.today = today
        self.tables = {
            name: [dict(zip(sheet.columns, row, strict=True)) for row in sheets.rows(name)]
            for name, sheet in sheets.sheets.items()
            if name.startswith("ssd_")
        }
        self.children = {row["pers_person_id"]: row for row in self.tables["ssd_person"]}
        self.names = {
            row["prof_professional_id"]: row["prof_professional_name"]
            for row in self.tables["ssd_professionals"]
        }
        self.worker = {
            row["invo_person_id"]: self.names[row["invo_professional_id"]]
            for row in self.tables["ssd_involvements"]
        }

    def within(self, table: str, column: str, days: int = 365) -> list[Row]:
        earliest = (self.today - timedelta(days=days)).isoformat()
        return [row for row in self.tables[table] if row[column] >= earliest]

    def who(self, case: str) -> Cells:
        """The first five cells of every list. The gender is written in three ways, as it is."""
        child = self.children[case]
        born = _day(child["pers_dob"])
        assert born is not None
        place = int(case) % 5
        words = {"M": ("a) Male", "Male", "M"), "F": ("b) Female", "Female", "F")}[child["pers_sex"]]
        ethnicity = child["pers_ethnicity"]
        return [
            case,
            words[0 if place < 3 else place - 2],
            ethnicity if place else f"k) {ethnicity}",
            born,
            round((self.today - born).days / 365.25, 3),
        ]

    def held_by(self, case: str) -> Cells:
        return [
            "Adolescent Safety Team" if int(case) % 2 else "Children in Need East",
            self.worker.get(case, ""),
        ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _flag(value: str) -> str:
    return {"Y": "a) Yes", "N": "b) No"}.get(value, "")


def _source(code: str) -> str:
    return _SOURCE.get(code[:1], "k) Unknown")


def write(path: Path, sheets: Sheets, today: date) -> None:
    book = _Book(sheets, today)
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, headings, rows in _lists(book):
        sheet = workbook.create_sheet(title)
        sheet.append(headings)
        for row in sorted(rows, key=lambda cells: (cells[0], str(cells[5]))):
            sheet.append(row)
    workbook.properties.creator = "Performance and Data"
    workbook.properties.created = _MADE
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    workbook.save(buffer)
    path.write_bytes(_without_clock(buffer.getvalue()))


def _without_clock(content: bytes) -> bytes:
    """The same workbook without the time at which it was saved."""
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            part = source.read(info.filename)
            if info.filename == "docProps/core.xml":
                part = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*",
                    rb"\g<1>" + _MADE.strftime("%Y-%m-%dT%H:%M:%SZ").encode(),
                    part,
                )
            target.writestr(
                zipfile.ZipInfo(info.filename, (2026, 11, 2, 9, 0, 0)), part, zipfile.ZIP_DEFLATED
            )
    return kept.getvalue()


def _lists(book: _Book) -> Iterable[tuple[str, list[str], list[Cells]]]:
    makers: list[Callable[[_Book], tuple[str, list[str], list[Cells]]]] = [
        _contacts, _early_help, _referrals, _assessments, _enquiries,
        _in_need, _plans, _looked_after, _leavers,
    ]  # fmt: skip
    return [make(book) for make in makers]


def _contacts(book: _Book) -> tuple[str, list[str], list[Cells]]:
    rows = [
        [
            *book.who(row["cont_person_id"]),
            _day(row["cont_contact_date"]),
            _source(row["cont_contact_source_code"]),
        ]
        for row in book.within("ssd_contacts", "cont_contact_date", 182)
    ]
    return "List 1", [*_WHO[:4], "Age", "Date of Contact", "Contact Source"], rows


def _early_help(book: _Book) -> tuple[str, list[str], list[Cells]]:
    rows = [
        [
            *book.who(row["earl_person_id"]),
            _day(row["earl_episode_start_date"]),
            _day(row["earl_episode_end_date"]),
            row["earl_episode_organisation"],
        ]
        for row in book.within("ssd_early_help_episodes", "earl_episode_start_date")
    ]
    return (
        "List 2",
        [*_WHO, "Assessment start date", "Assessment completion date", "Organisation completing assessment"],
        rows,
    )


def _referrals(book: _Book) -> tuple[str, list[str], list[Cells]]:
    recent = book.within("ssd_cin_episodes", "cine_referral_date")
    counts = Counter(row["cine_person_id"] for row in recent)
    rows = [
        [
            *book.who(row["cine_person_id"]),
            _day(row["cine_referral_date"]),
            _source(row["cine_referral_source_code"]),
            _flag(row["cine_referral_nfa"]),
            counts[row["cine_person_id"]],
            *book.held_by(row["cine_person_id"]),
        ]
        for row in recent
    ]
    headings = [
        "Date of Referral",
        "Referral Source",
        "Referral NFA?",
        "Number of Referrals in Last 12 Months ",
    ]
    return "List_3", [*_WHO, *headings, *_HELD_BY], rows


def _assessments(book: _Book) -> tuple[str, list[str], list[Cells]]:
    rows = [
        [
            *book.who(row["cina_person_id"]),
            "b) No",
            _day(row["cina_assessment_start_date"]),
            _flag(row["cina_assessment_child_seen"]),
            _day(row["cina_assessment_auth_date"]),
            "b) No" if row["cina_assessment_outcome_nfa"] == "Y" else "a) Yes",
            *book.held_by(row["cina_person_id"]),
        ]
        for row in book.within("ssd_cin_assessments", "cina_assessment_start_date")
    ]
    headings = [
        _DISABLED,
        "Continuous Assessment Start Date",
        "Child Seen During Continuous Assessment",
        "Continuous Assessment Date of Authorisation",
        "Was the child assessed as requiring LA children’s social care support?",
    ]
    return "List 4", [*_WHO, *headings, *_HELD_BY], rows


def _enquiries(book: _Book) -> tuple[str, list[str], list[Cells]]:
    held = {row["icpc_s47_enquiry_id"]: row for row in book.tables["ssd_initial_cp_conference"]}
    rows = []
    for row in book.within("ssd_s47_enquiry", "s47e_s47_start_date"):
        case, conference = row["s47e_person_id"], held.get(row["s47e_s47_enquiry_id"])
        rows.append(
            [
                *book.who(case),
                "b) No",
                _day(row["s47e_s47_start_date"]),
                "b) No" if conference else "a) Yes",
                _day(conference["icpc_icpc_date"]) if conference else None,
                _flag(conference["icpc_icpc_outcome_cp_flag"]) if conference else "",
                1,
                1 if conference else 0,
                *book.held_by(case),
            ]
        )
    headings = [
        _DISABLED,
        "Strategy discussion initiating Section 47 Enquiry Start Date",
        "Was an Initial Child Protection Conference deemed unnecessary?",
        "Date of Initial Child Protection Conference",
        "Did the Initial Child Protection Conference Result in a Child Protection Plan",
        "Number of Section 47 Enquiries in the last 12 months",
        "Number of ICPCs in the last 12 months",
    ]
    return "List 5", [*_WHO, *headings, *_HELD_BY], rows


def _in_need(book: _Book) -> tuple[str, list[str], list[Cells]]:
    seen: dict[str, str] = {}
    for row in book.tables["ssd_cin_visits"]:
        if row["cinv_cin_visit_seen"] == "Y":
            seen[row["cinv_person_id"]] = max(seen.get(row["cinv_person_id"], ""), row["cinv_cin_visit_date"])
    cared_for = {
        row["clap_person_id"]
        for row in book.tables["ssd_cla_placement"]
        if not row["clap_cla_placement_end_date"]
    }
    protected = {
        row["cppl_person_id"] for row in book.tables["ssd_cp_plans"] if not row["cppl_cp_plan_end_date"]
    }
    planned = {row["cinp_person_id"] for row in book.tables["ssd_cin_plans"]}
    rows = []
    for row in book.within("ssd_cin_episodes", "cine_referral_date", 730):
        case, closed = row["cine_person_id"], row["cine_close_date"]
        if row["cine_referral_nfa"] == "Y" or case not in cared_for | protected | planned:
            continue
        status = (
            "a) Looked after child"
            if case in cared_for
            else "b) Child Protection plan"
            if case in protected
            else "c) Child in need plan"
        )
        rows.append(
            [
                *book.who(case),
                "b) No",
                _day(row["cine_referral_date"]),
                "a) Abuse or neglect",
                _day(seen.get(case, "")),
                _day(closed),
                "g) 'Other' incl. Child no longer in need" if closed else "",
                "e) Closed episode" if closed else status,
                *book.held_by(case),
            ]
        )
    headings = [
        _DISABLED,
        "CIN Start Date",
        "Primary Need Code",
        "Date Child Was Last Seen",
        "CIN Closure Date",
        "Reason for Closure",
        "Case Status",
    ]
    return "List 6", [*_WHO, *headings, *_HELD_BY], rows


def _plans(book: _Book) -> tuple[str, list[str], list[Cells]]:
    visits: dict[str, Row] = {}
    for row in book.tables["ssd_cp_visits"]:
        best = visits.get(row["cppv_cp_plan_id"])
        if best is None or row["cppv_cp_visit_date"] > best["cppv_cp_visit_date"]:
            visits[row["cppv_cp_plan_id"]] = row
    reviews: dict[str, str] = defaultdict(str)
    for row in book.tables["ssd_cp_reviews"]:
        reviews[row["cppr_cp_plan_id"]] = max(reviews[row["cppr_cp_plan_id"]], row["cppr_cp_review_date"])
    rows = []
    for row in book.tables["ssd_cp_plans"]:
        case, plan = row["cppl_person_id"], row["cppl_cp_plan_id"]
        last = visits.get(plan, {})
        rows.append(
            [
                *book.who(case),
                "b) No",
                _day(row["cppl_cp_plan_start_date"]),
                _CATEGORY[row["cppl_cp_plan_initial_category"]],
                _CATEGORY[row["cppl_cp_plan_latest_category"]],
                _day(last.get("cppv_cp_visit_date", "")),
                _flag(last.get("cppv_cp_visit_seen_alone", "")),
                _day(reviews[plan]),
                _day(row["cppl_cp_plan_end_date"]),
                "b) No",
                0,
                *book.held_by(case),
            ]
        )
    headings = [
        _DISABLED,
        "Child Protection Plan Start Date",
        "Initial Category of Abuse",
        "Latest Category of Abuse",
        "Date of the Last Statutory Visit",
        "Was the Child Seen Alone?",
        "Date of latest review conference",
        "Child Protection Plan End Date",
        "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N))",
        "Number of Previous Child Protection Plans",
    ]
    return "List 7", [*_WHO, *headings, *_HELD_BY], rows


def _looked_after(book: _Book) -> tuple[str, list[str], list[Cells]]:
    entered: dict[str, str] = {}
    latest: dict[str, Row] = {}
    moves: Counter[str] = Counter()
    for row in sorted(book.tables["ssd_cla_placement"], key=lambda one: one["clap_cla_placement_start_date"]):
        case = row["clap_person_id"]
        entered.setdefault(case, row["clap_cla_placement_start_date"])
        latest[case] = row
        moves[case] += 1
    legal = {row["lega_person_id"]: row for row in book.tables["ssd_legal_status"]}
    absences = Counter(
        row["miss_person_id"] for row in book.within("ssd_missing", "miss_missing_episode_start_date")
    )
    offered = {row["miss_person_id"]: row for row in book.tables["ssd_missing"]}
    visited = {row["clav_person_id"]: row["clav_cla_visit_date"] for row in book.tables["ssd_cla_visits"]}
    reviewed = {row["clar_cla_id"]: row["clar_cla_review_date"] for row in book.tables["ssd_cla_reviews"]}
    rows = []
    for case, row in latest.items():
        status, end = legal[case], row["clap_cla_placement_end_date"]
        interview = offered.get(case, {})
        rows.append(
            [
                *book.who(case),
                "b) No",
                "b) No",
                _day(entered[case]),
                "a) Abuse or neglect",
                "b) No",
                _day(status["lega_legal_status_start_date"]),
                _LEGAL[status["lega_legal_status"]],
                _day(reviewed.get(row["clap_cla_id"], "")),
                _day(visited.get(case, "")),
                "a) Return to family",
                None,
                None,
                None,
                moves[case],
                _day(end),
                "d) Returned home to live with parents or relatives" if end else "",
                _day(row["clap_cla_placement_start_date"]),
                _PLACEMENT[row["clap_cla_placement_type"]],
                "a) Own LA" if row["clap_cla_placement_provider"] == "PR1" else "b) Private",
                row["clap_cla_placement_postcode"],
                row["clap_cla_placement_urn"],
                "a) In",
                "Northshore",
                absences[case],
                0,
                _flag(interview.get("miss_missing_rhi_offered", "")),
                _flag(interview.get("miss_missing_rhi_accepted", "")),
                *book.held_by(case),
            ]
        )
    headings = [
        "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)",
        _DISABLED,
        "Date Started to be Looked After",
        "Child's Category of Need",
        "Is this a second or subsequent period of being a Looked After Child within the last 12 months (Y/N)",
        "Start date of current legal status",
        "Child's Legal Status",
        "Date of Latest Statutory Review",
        "Date of Last Social Work Visit",
        "What is the permanence plan for this child?",
        "Date of Last IRO Visit / Contact to the Child",
        "Date of Last Health Assessment",
        "Date of Last Dental Check",
        "Number of Placements in the Last 12 months",
        "Date Ceased to be Looked After",
        "Reason Ceased to be Looked After",
        "Start Date of Most Recent Placement",
        "Placement Type",
        "Placement Provider",
        "Placement postcode",
        "URN of Placement",
        "Placement Location",
        "LA of Placement",
        "Number of Episodes the Child has been ‘Missing’ from their Placement in the last 12 months",
        "Number of Episodes the Child has been ‘Absent’ from their Placement in the last 12 months",
        "Was the child offered a Return Interview after their last missing episode (Y/N)?",
        "Did the child accept a Return Interview after their last missing episode (Y/N)?",
    ]
    return "List 8", [*_WHO, *headings, *_HELD_BY], rows


def _leavers(book: _Book) -> tuple[str, list[str], list[Cells]]:
    rows = [
        [
            *book.who(row["clea_person_id"]),
            "b) No",
            "b) No",
            *book.held_by(row["clea_person_id"]),
            row["clea_care_leaver_personal_advisor"],
            "b) Former relevant",
            _day(row["clea_pathway_plan_review_date"]),
            "a) In touch",
            _day(row["clea_care_leaver_latest_contact"]),
            "c) Semi-independent transitional accommodation",
            "a) Suitable",
            "F2: Full time in education other than higher",
        ]
        for row in book.tables["ssd_care_leavers"]
    ]
    headings = [
        "Unaccompanied Asylum Seeking Child (UASC), or formerly UASC if 18 or over (Y/N)",
        _DISABLED,
        *_HELD_BY,
        "Allocated Personal Advisor",
        "Eligibility Category",
        "Latest Pathway Plan Review Date",
        "LA in Touch",
        "Latest Date of Contact",
        "Type of Accommodation",
        "Suitability of Accommodation",
        "Activity Status",
    ]
    return "List 9", [*_WHO, *headings], rows
