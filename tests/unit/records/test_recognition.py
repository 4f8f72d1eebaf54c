from __future__ import annotations

import pytest

from lineofsight.catalogue.formats import format_of, formats
from lineofsight.records.recognition import ENOUGH, bind, header_words, recognise, settle


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Date of Referral", "date of referral "),
        ("Number of ‘Missing’ episodes", "Number of 'Missing' episodes"),
        ("Within 12 Months (Y/N))", "within 12 months (Y/N)"),
        ("subject_dob", "Subject DOB"),
        ("Referral NFA?", "referral nfa"),
    ],
)
def test_spelling_habits_do_not_count(one: str, other: str) -> None:
    assert header_words(one) == header_words(other)


def every_table() -> list[tuple[str, str]]:
    return [(known.code, table.name) for known in formats() for table in known.tables]


@pytest.mark.parametrize(("code", "name"), every_table())
def test_each_table_is_recognised_by_its_own_columns(code: str, name: str) -> None:
    table = format_of(code).table(name)
    assert table is not None
    headers = [column for column in table.columns if f"?P<{column}>" not in table.from_name]
    best = settle(recognise([*reversed(headers), "Our own extra column"], formats()))
    assert best is not None and (best.format.code, best.table.name) == (code, name)
    assert best.extra == ("Our own extra column",)


def test_header_variants_of_annex_a() -> None:
    headers = [
        "child unique id",
        "Gender",
        "Ethnicity",
        "DOB",
        "Age",
        "Date of Referral",
        "Referral source",
        "Referral NFA",
        "Number of Referrals in Last 12 Months",
        "Allocated Team",
        "Allocated Worker",
    ]
    best = settle(recognise(headers, formats()))
    assert best is not None and best.table.name == "list_3" and not best.missing and not best.extra


def test_a_short_file_with_all_that_is_needed_is_recognised() -> None:
    best = settle(recognise(["Case ID", "Surname", "Date of birth", "NHS No."], formats()))
    assert best is not None and best.format.code == "crosswalk"


def test_too_little_is_not_enough() -> None:
    found = recognise(["ref", "colour", "size", "surname"], formats())
    assert found == [] and settle(found) is None
    assert all(item.overlap >= ENOUGH for item in recognise(["report_no", "surname", "dob"], formats()))


def test_a_tie_goes_to_a_person() -> None:
    same = [*formats(), format_of("police_missing")]
    assert settle(recognise(["report_no", "seen_at", "place", "with", "source_kind"], same)) is None


def test_each_column_takes_one_header() -> None:
    table = format_of("crosswalk").tables[0]
    binding = bind(table, ["Case ID", "Surname", "Family name", "surname"])
    assert binding.places == {"case_id": 0, "surname": 1} and binding.extra == ("Family name", "surname")
