"""The small wrongs of real files, put in on purpose, so that the way they are met can be seen.

An NHS number that fails its check, one of a single digit repeated, a value that no code list knows, a date
that no calendar has. And a later file of missing episodes in which one row changed, one went and two came.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

from lineofsight.demo.office import stamp
from lineofsight.demo.sheets import Sheets

#: Sheet, column, which of its filled cells (counted from one), what is written there instead.
_WRONGS = (
    ("health_contacts", "nhs_number", 40, "9999999999"),
    ("health_contacts", "nhs_number", 90, "mistyped"),
    ("crosswalk", "nhs_number", 25, "mistyped"),
    ("ed_attendances", "patient.nhs_number.value", 12, "0000000000"),
    ("pole_occurrence", "outcome", 9, "99"),
    ("ssd_contacts", "cont_contact_source_code", 31, "MASH-EMAIL"),
    ("register_marks", "Code", 77, "HX"),
    ("missing_reports", "risk", 15, "Med/High"),
    ("vcs_sessions", "dob", 6, "31/02/2011"),
    ("yjs_contacts", "attended", 20, "DNA"),
    ("tenancies", "person_dob", 18, "31/02/2009"),
    ("eh_episodes", "dob", 5, "12.04.2013"),
)


def spoil(sheets: Sheets) -> None:
    """Change a dozen cells. A sheet too short to have the cell is left as it is."""
    for name, column, which, wrong in _WRONGS:
        at = sheets.sheets[name].columns.index(column)
        filled = [row for row in sheets.rows(name) if row[at]]
        if len(filled) < which:
            continue
        row = filled[which - 1]
        row[at] = _mistyped(row[at]) if wrong == "mistyped" else wrong


def _mistyped(number: str) -> str:
    return number[:9] + str((int(number[9]) + 3) % 10)


def write_later_file(path: Path, sheets: Sheets, today: date) -> None:
    """The same table a week later: one row changed, one gone, two new."""
    sheet = sheets.sheets["ssd_missing"]
    rows = [list(row) for row in sheets.rows("ssd_missing")]
    if len(rows) < 3:
        return
    at = {column: place for place, column in enumerate(sheet.columns)}
    changed = rows[-2]
    ended = datetime.fromisoformat(changed[at["miss_missing_episode_end_date"]] or stamp(today))
    changed[at["miss_missing_episode_end_date"]] = stamp(ended + timedelta(hours=5, minutes=10))
    changed[at["miss_missing_rhi_offered"]], changed[at["miss_missing_rhi_accepted"]] = "Y", "Y"
    del rows[-4]
    for place, days in enumerate((2, 5)):
        row = list(rows[-1 - place])
        start = datetime(today.year, today.month, today.day, 18, 40) + timedelta(days=days - 1)
        row[at["miss_table_id"]] = f"{rows[-1][at['miss_table_id']]}{place + 1}"
        row[at["miss_missing_episode_start_date"]] = stamp(start)
        row[at["miss_missing_episode_end_date"]] = stamp(start + timedelta(hours=15)) if place == 0 else ""
        row[at["miss_missing_rhi_offered"]], row[at["miss_missing_rhi_accepted"]] = "", ""
        rows.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(sheet.columns)
        writer.writerows(rows)
