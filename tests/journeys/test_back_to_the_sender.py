"""A file goes back to its sender as a report that the agency can act on, and that it was given is noted."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.urls import reverse

from lineofsight.access.models import LedgerRow
from lineofsight.records import services
from store import received

FILE = """case_id,surname,forenames,dob,sex,nhs_number,phone
1,Invented,Ana,03/05/2012,F,9434765919,
2,Invented,Ben,04/06/2011,Other than these,1234567890,
3,Invented,Cy,05/07/2010,M,9434765918,
4,Invented,Di,2012-13-45,F,,
,Invented,Eve,01/01/2013,F,,=HYPERLINK("x")
"""


def staged(partnership: Any, text: str = FILE) -> Any:
    taken = received(partnership, "csc", "crosswalk.csv", text)
    return services.stage(delivery=taken, by=partnership.operator)


def test_the_report_names_each_row_and_what_to_do(partnership: Any) -> None:
    file = staged(partnership)
    officer = partnership.signed_in("csc", "information_officer")
    assert (
        reverse("records:report", args=[file.ref])
        in officer.get(reverse("records:delivery", args=[file.ref])).content.decode()
    )
    words = officer.get(reverse("records:report", args=[file.ref])).content.decode()
    for heading in ("Rows kept aside", "Dates that cannot be read", "Dates that can be read two ways",
                    "Numbers that fail their check", "Values that nobody has explained"):  # fmt: skip
        assert heading in words
    assert "2012-13-45" in words and "Other than these" in words and "1234567890" in words
    assert "no date in this column shows whether the day or the month comes first" in words
    sheet = officer.get(reverse("records:report_csv", args=[file.ref])).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert {(row["What"], row["Row"]) for row in rows} >= {
        ("Rows kept aside", "6"), ("Dates that cannot be read", "5"), ("Dates that can be read two ways", "2"),
        ("Numbers that fail their check", "3"), ("Values that nobody has explained", "3"),
    }  # fmt: skip
    assert all(row["What to do"] for row in rows) and ",=" not in sheet
    pdf = officer.get(reverse("records:report_pdf", args=[file.ref]))
    assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")


def test_that_it_was_given_is_noted_and_stays(partnership: Any) -> None:
    file = staged(partnership)
    officer = partnership.signed_in("csc", "information_officer")
    address = reverse("records:report_given", args=[file.ref])
    asked = officer.post(address, {"to": "", "how": "secure e-mail"}).content.decode()
    assert "There is something to check" in asked and "secure e-mail" in asked
    words = officer.post(address, {"to": "Pat Reed", "how": "secure e-mail"}, follow=True).content.decode()
    assert "given to Pat Reed (secure e-mail)" in words
    assert "given to Pat Reed" in officer.get(reverse("records:delivery", args=[file.ref])).content.decode()
    (row,) = [row for row in LedgerRow.objects.all() if row.detail.get("deed") == "send_back"]
    assert row.ref == file.ref
    practitioner = partnership.signed_in("csc")
    assert practitioner.get(reverse("records:report", args=[file.ref])).status_code in (403, 404)


def test_one_date_that_is_month_first_casts_doubt_on_the_others(partnership: Any) -> None:
    file = staged(
        partnership,
        "case_id,surname,dob\n1,Invented,05/23/2012\n2,Invented,03/04/2012\n3,Invented,25/04/2012\n",
    )
    assert file.report["tables"][0]["to_check"] == {"unreadable_date": 1, "ambiguous_date": 1}


def test_days_that_show_their_order_raise_no_question(partnership: Any) -> None:
    rows = "".join(f"{n},Invented,0{n}/04/2012\n" for n in range(1, 9))
    file = staged(partnership, f"case_id,surname,dob\n{rows}9,Invented,25/04/2012\n")
    assert file.report["tables"][0]["to_check"] == {}
    officer = partnership.signed_in("csc", "information_officer")
    words = officer.get(reverse("records:report", args=[file.ref])).content.decode()
    assert "Nothing needs to be put right" in words
