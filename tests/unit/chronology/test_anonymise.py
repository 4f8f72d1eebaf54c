"""Nobody can be found in an anonymised copy, and the story still holds together."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import LONDON, When
from lineofsight.chronology.documents import Document, Line, Named, anonymise, content_hash, write
from lineofsight.chronology.documents.table import rows

KEY = b"a key for tests"

PEOPLE = (
    Named("Sam Rowan-Hale", "child", "12 March 2009", "child", ("Sammy",)),
    Named("Zoë O’Neill", "friend", "", "child"),
    Named("Will May", "step-father"),
    Named("Dawn Rowan-Hale", "mother", aliases=("Dee Carver",)),
    Named("Amina Oduya", "social worker", kind="professional"),
    Named("PC 4417 Jack Brown", "officer", kind="professional"),
    Named("Łukasz Nowak", "peer"),
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type]


def a_line(narrative: str = "", **changes: object) -> Line:
    usual: dict[str, object] = {
        "ref": "K7QF2M",
        "when": When.at(at(2024, 5, 3, 22, 40), "3/5/24 22:40"),
        "age": "15 years 1 month",
        "agency": "police",
        "agency_name": "Northshore Police",
        "kind": "Missing",
        "title": "Reported missing",
        "narrative": narrative,
        "source": "Police export, record M123",
        "received_at": at(2024, 5, 6, 6, 0),
    }
    return Line(**(usual | changes))  # type: ignore[arg-type]


def a_document(*lines: Line, **changes: object) -> Document:
    usual: dict[str, object] = {
        "title": "Chronology of Sam Rowan-Hale",
        "child_name": "Sam Rowan-Hale",
        "child_ref": "CH-7Q2F9K",
        "born": "12 March 2009",
        "period_from": date(2024, 1, 1),
        "agencies": ("Northshore Police",),
        "made_by": "Amina Oduya, Children’s Social Care",
        "made_for": "Review of Sam’s care on 4 June 2025",
        "made_at": at(2025, 1, 2, 9, 30),
        "partnership": "Northshore Safeguarding Children Partnership",
        "lines": lines,
        "people": PEOPLE,
    }
    return Document(**(usual | changes))  # type: ignore[arg-type]


def masked(text: str, **changes: object) -> str:
    return anonymise(a_document(a_line(text, **changes)), key=KEY).lines[0].narrative


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sam Rowan-Hale came back", "Child A came back"),
        ("SAM ROWAN-HALE and sam", "Child A and Child A"),
        ("Rowan-Hale, Sam", "Child A"),
        ("S. Rowan-Hale; S Rowan-Hale", "Child A; Child A"),
        ("Sam’s phone, Sam's coat, Sams bag", "Child A’s phone, Child A's coat, Child A’s bag"),
        ("Sam Rowan; Sam R-H; Sammy", "Child A; Child A; Child A"),
        ("Sa\u00adm and S\u200bam", "Child A and Child A"),
        ("Zoe O'Neill, ZOE ONEILL, Zoé", "Person B, Person B, Person B"),
        ("Lukasz and Nowak", "Person E and Person E"),
        ("Mrs Rowan-Hale rang", "Mrs [shared family name] rang"),
        ("Dee Carver and Dawn", "Person D and Person D"),
        ("A. Oduya told Oduya’s team", "Social worker 1 told Social worker 1’s team"),
        ("PC Brown (4417)", "PC Officer 1 ([number removed])"),
        ("Samuel and Samantha", "[name removed] and [name removed]"),
        ("Mr Patel and Dr K. Lindqvist rang", "Mr [name removed] and Dr [name removed] rang"),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She will ring; he may come; at dawn", "She will ring; he may come; at dawn"),
        ("Will said so. May agreed. Dawn left.", "Person C said so. Person C agreed. Person D left."),
        ("will may was seen", "Person C was seen"),
        ("A brown coat, the same sample, Samaritans", "A brown coat, the same sample, Samaritans"),
    ],
)
def test_a_name_that_is_also_a_word_needs_its_capital(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 07700 900123 or +44 7700 900123", "on Phone 1 or Phone 1"),
        ("Phone 07700 900123, then 07700900456", "Phone 1, then Phone 2"),
        ("NHS 999 000 0018, UPN A123456789012", "NHS [number removed], UPN [pupil number removed]"),
        ("PNC 2024/1234567X and 24/123A", "PNC [police number removed] and [police number removed]"),
        ("mail sam@example.org or z.o@example.com", "mail Email 1 or Email 2"),
        ("seen in AB12 CDE and ab12cde", "seen in Vehicle 1 and Vehicle 1"),
        ("snapchat: zed_99 and @zed_99 and samrh_2009", "snapchat: Handle 1 and Handle 1 and Handle 2"),
        ("at 12 Quay Street, NS1 2AB", "at Place 1, [postcode removed]"),
        ("in Quay Street; flat 2, 14 Cobbler’s Lane", "in Place 1; Place 2"),
        ("The Hillview Academy rang; at Hillview Academy", "The School 1 rang; at School 1"),
        ("He likes Hillview", "He likes School 1"),
        ("at Northshore; the northshore team", "at [area]; the [area] team"),
        (
            "crime 42/12345/24, log M123, CH-7Q2F9K",
            "crime [reference removed], log [reference removed], [reference removed]",
        ),
        ("see https://example.org/sam?id=1", "see [web address removed]"),
        ("10 times, 80%, at 22:40, £250", "10 times, 80%, at 22:40, £250"),
    ],
)
def test_what_gives_somebody_away_is_replaced(text: str, expected: str) -> None:
    document = a_document(
        a_line(text), a_line("Hillview Academy wrote.", places=("12 Quay Street, Northshore, NS1 2AB",))
    )
    assert anonymise(document, key=KEY).lines[0].narrative == expected


@pytest.mark.parametrize(
    "day",
    [
        "3 May 2024",
        "3rd of May 2024",
        "03/05/2024",
        "3.5.24",
        "2024-05-03",
        "2024-05-03T22:40:00Z",
        "May 3, 2024",
        "Friday 3 May",
        "Fri 3rd May 2024",
        "the 3rd of May",
        "3-May-2024",
        "03 MAY 24",
    ],
)
def test_a_date_in_the_text_goes_to_the_same_week_as_the_entry(day: str) -> None:
    (line,) = anonymise(a_document(a_line(f"It was on {day}.")), key=KEY).lines
    month = line.when.text.partition(",")[0]
    assert line.when.text == f"{month}, week 1"
    assert line.narrative == f"It was in week 1 ({month})."


def test_order_and_intervals_stay_and_the_rule_is_told() -> None:
    days = [date(2024, 1, 3), date(2024, 1, 17), date(2024, 6, 3)]
    made = anonymise(a_document(*(a_line(when=When.on(day)) for day in days)), key=KEY)
    starts = [line.when.start for line in made.lines]
    assert [round((start - starts[0]) / timedelta(weeks=1)) for start in starts] == [0, 2, 22]
    assert [line.when.text.split(", ")[1] for line in made.lines] == ["week 1", "week 3", "week 23"]
    assert starts[-1] < at(2023, 6, 1)
    assert any("same number of whole weeks" in note for note in made.notes)
    assert {line.age for line in made.lines} == {"15"}
    assert made.people == ()


@pytest.mark.parametrize(
    ("age", "years"),
    [("15", "15"), ("15 years 3 months", "15"), ("8 months", "Under 1"), ("18m", "1"), ("", "")],
)
def test_ages_stay_in_years(age: str, years: str) -> None:
    assert anonymise(a_document(a_line(age=age)), key=KEY).lines[0].age == years


def test_one_key_gives_one_copy_and_another_key_other_dates() -> None:
    document = a_document(a_line("Sam rang."))
    assert anonymise(document, key=KEY) == anonymise(document, key=KEY)
    starts = {anonymise(document, key=bytes([place])).lines[0].when.start for place in range(1, 9)}
    assert len(starts) > 4
    assert anonymise(anonymise(document, key=KEY), key=KEY) == anonymise(document, key=KEY)
    with pytest.raises(Refused, match="without a key"):
        anonymise(document, key=b"")


def test_people_keep_their_parts_and_roles_without_a_name_stay() -> None:
    line = a_line(
        people=(
            ("Will May", "carer"),
            ("Unknown male", "suspect"),
            ("Nia Pryce", "nurse"),
            ("Sam", "victim"),
        ),
        recorded_by="Duty desk",
        role="missing person",
        child_words="Will shouted.",
    )
    (made,) = anonymise(a_document(line), key=KEY).lines
    assert made.people == (
        ("Person C", "carer"),
        ("Unknown male", "suspect"),
        ("Nurse 1", "nurse"),
        ("Child A", "victim"),
    )
    assert (made.recorded_by, made.role, made.child_words) == (
        "Duty desk",
        "missing person",
        "Person C shouted.",
    )


def test_an_undated_line_stays_undated() -> None:
    (made,) = anonymise(a_document(a_line("On 3 May.", when=When.unknown("after 3 May"))), key=KEY).lines
    assert not made.when.is_known
    assert made.when.text == ""


# --- nothing gets out, in any format ---

_GIVEN = ("Sam", "Zoë", "Will", "Rose", "Kai", "May", "Chloé", "Mohammed", "Siân", "Jo")
_FAMILY = ("Rowan-Hale", "O’Neill", "Okonjo", "Nowak", "Brown", "van Dijk", "Ap Rhys", "Öztürk", "Price")
_STREETS = ("Quay Street", "Cobbler’s Lane", "Tanner Road", "Upper Mill Close")
_SCHOOLS = ("Hillview Academy", "St Aidan’s Primary School", "Larkfield High School")
_DAY_FORMS = ("%d %B %Y", "%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %b %y", "%B %d, %Y")
_NAME_FORMS = (
    "{given} {family}",
    "{family}, {given}",
    "{given}",
    "{family}",
    "{given}’s",
    "{initial}. {family}",
    "{initial} {family}",
    "Mr {family}",
    "{upper}",
    "{lower}",
    "({given}/{family})",
    "“{given}”",
)


@st.composite
def _stories(draw: st.DrawFn) -> tuple[Document, set[str]]:
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(_GIVEN), st.sampled_from(_FAMILY)), min_size=2, max_size=5, unique=True
        )
    )
    streets = draw(st.lists(st.sampled_from(_STREETS), min_size=1, max_size=2, unique=True))
    school = draw(st.sampled_from(_SCHOOLS))
    days = draw(st.lists(st.dates(date(2019, 1, 1), date(2025, 12, 31)), min_size=2, max_size=4, unique=True))
    phone = f"07700 900{draw(st.integers(100, 999))}"
    number = f"999 000 {draw(st.integers(1000, 9999))}"
    postcode = f"NS{draw(st.integers(1, 9))} {draw(st.integers(1, 9))}AB"
    secrets = {
        postcode,
        postcode.replace(" ", ""),
        phone,
        phone.replace(" ", ""),
        number,
        "Northshore",
        *streets,
        school,
    }
    secrets |= {f"12 {street}" for street in streets} | {
        school.split()[-3] if "St" in school else school.split()[0]
    }
    lines = []
    for place, day in enumerate(sorted(days)):
        given_name, family = draw(st.sampled_from(names))
        other = draw(st.sampled_from(days)).strftime(draw(st.sampled_from(_DAY_FORMS)))
        name = draw(st.sampled_from(_NAME_FORMS)).format(
            given=given_name,
            family=family,
            initial=given_name[0],
            upper=f"{given_name} {family}".upper(),
            lower=f"{given_name} {family}".lower(),
        )
        street = draw(st.sampled_from(streets))
        said = draw(
            st.permutations(
                [
                    f"{name} was seen on {other}",
                    f"near 12 {street}, {postcode}",
                    f"by {school}",
                    f"and rang {phone}",
                    f"({number})",
                    f"in {street}",
                    "in Northshore",
                ]
            )
        )
        text = " ".join(said) + "."
        lines.append(
            Line(
                ref=f"REF{place}XQ7",
                when=When.on(day, day.strftime("%d/%m/%Y")),
                age="14 years",
                agency="csc",
                agency_name="Northshore Children’s Social Care",
                kind="Sighting",
                title=text,
                narrative=text,
                child_words=text,
                role="victim",
                people=((f"{given_name} {family}", "witness"),),
                places=(f"12 {street}, Northshore, {postcode}",),
                things=(f"Phone {phone}",),
                source=f"SSD, record Q{place}4417",
                recorded_at=at(day.year, day.month, day.day, 9),
                recorded_by=f"{given_name} {family}",
                received_at=at(day.year, day.month, day.day, 10),
                conditions=text,
                marks=(text,),
                comments=(text,),
            )
        )
    for day in days:
        secrets |= {day.strftime(form) for form in (*_DAY_FORMS, "%d %b %Y", "%d/%m/%y")}
        secrets.add(f"{day.day} {day:%B %Y}")
    words = {word for name in names for part in name for word in re.split(r"[ -]", part)} - {"Ap", "van"}
    secrets |= {word for word in words if word[0].isupper()}
    secrets |= {line.ref for line in lines} | {line.source.split()[-1] for line in lines}
    child = " ".join(names[0])
    people = tuple(
        Named(f"{given_name} {family}", "friend", kind="adult") for given_name, family in names[1:]
    )
    document = Document(
        title=f"Chronology of {child}",
        child_name=child,
        child_ref="CH-7Q2F9K",
        born=f"{days[0]:%d %B %Y}",
        made_by=child,
        made_for=f"About {child}",
        made_at=at(2026, 1, 5),
        partnership="Northshore Partnership",
        lines=tuple(lines),
        people=people,
        notes=(f"{child} lives at {postcode}.",),
    )
    return document, secrets


_DESCRIPTION = rb"<x:xmpmeta.*?</x:xmpmeta>"


def _outputs(document: Document) -> dict[str, str]:
    word = docx.Document(io.BytesIO(write(document, "docx")))
    book = openpyxl.load_workbook(io.BytesIO(write(document, "xlsx")))
    properties = word.core_properties
    return {
        "json": json.dumps(json.loads(write(document, "json"))["content"], ensure_ascii=False)
        + str(json.loads(write(document, "json"))["made"]),
        "csv": write(document, "csv").decode("utf-8-sig"),
        "html": unescape(write(document, "html").decode()),
        "docx": "\n".join(text.text or "" for text in word.element.body.iter() if text.tag.endswith("}t"))
        + word.sections[0].footer.paragraphs[0].text
        + properties.title
        + properties.author,
        "xlsx": "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row),
        # The page's words are compressed: they are these rows. What describes the file is not.
        "pdf": str(list(rows(document))) + str(re.findall(_DESCRIPTION, write(document, "pdf"), re.DOTALL)),
    }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(_stories())
def test_nobody_and_nothing_known_is_in_any_format(story: tuple[Document, set[str]]) -> None:
    document, secrets = story
    made = anonymise(document, key=KEY)
    for format, whole in _outputs(made).items():
        # The month that a date was moved to is not the name.
        text = re.sub(r"\bMay(?= 20\d\d\b)", "", whole)
        for secret in secrets:
            # A name that is also a word is looked for with its capital, the others in any letters.
            letters = (
                re.NOFLAG
                if secret in ("Will", "Rose", "May", "Price", "Brown", "Jo", "Ap")
                else re.IGNORECASE
            )
            found = re.search(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", text, letters)
            assert found is None, (format, secret, text[max(0, found.start() - 60) : found.end() + 60])


@settings(max_examples=25, deadline=None)
@given(_stories())
def test_one_person_is_one_word_all_through(story: tuple[Document, set[str]]) -> None:
    document, _ = story
    made = anonymise(document, key=KEY)
    tokens: dict[str, set[str]] = {}
    for before, after in zip(document.lines, made.lines, strict=True):
        assert (before.title == before.narrative) and after.title == after.narrative == after.comments[0]
        tokens.setdefault(before.people[0][0], set()).add(after.people[0][0])
        assert after.recorded_by == after.people[0][0]
    assert all(len(found) == 1 for found in tokens.values())
    assert len({next(iter(found)) for found in tokens.values()}) == len(tokens)
    assert content_hash(made) != content_hash(document)
    assert replace(made, lines=()) != made


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_any_text_can_be_anonymised(text: str) -> None:
    anonymise(a_document(a_line(text, title=text, recorded_by=text, places=(text,), things=(text,))), key=KEY)
