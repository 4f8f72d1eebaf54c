"""Files in: the list, taking one in, its preview, its columns, putting it in, taking it out again."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Actor, Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue import kinds
from lineofsight.catalogue.errors import CatalogueError, Refused
from lineofsight.catalogue.limits import limits
from lineofsight.chronology.documents.plain import harmless
from lineofsight.partners import queries as partners
from lineofsight.records import apart, feeds, intake, mapping, queries, services
from lineofsight.records import files as store
from lineofsight.records.forms import ColumnsForm, ReceiveForm, YamlForm, answers_in
from lineofsight.ui.asking import asks
from lineofsight.ui.dates import plural
from lineofsight.ui.pages import page

WAITING = ("staged", "needs_map", "received")
SHOWN_ASIDE = 25
PRINTED_ASIDE = 500
STEPS = ("Receive", "Recognise", "Preview", "In")
#: At which step a file in this state stands.
STEP_OF = {"received": 2, "needs_map": 2, "staged": 3, "committed": 4}
COUNTS = (
    ("new", "New", "los-mark--key"),
    ("changed", "Changed", "los-mark--differs"),
    ("identical", "The same as now", "los-quiet"),
    ("older", "Older than what stands", "los-quiet"),
    ("vanished", "No longer there", "los-mark--differs"),
    ("aside", "Kept aside", "los-mark--differs"),
    ("repeated", "Written twice", "los-quiet"),
)
NO_TABLE = "No table was found in this file."
TOO_LATE = "Only a file that waits for a decision can be read with another map."


# --- the list and taking one in ---------------------------------------------------------------------------


@asks("agency", "state")
def files(request: Any) -> HttpResponse:
    agency, state = request.GET.get("agency", ""), request.GET.get("state", "")
    everything = queries.deliveries(request.actor, limit=500)
    shown = [line_of(one) for one in everything if agency in ("", one.agency_id) and state in ("", one.state)]
    shown.sort(key=lambda row: not row["waiting"])
    return page(
        request, "records/files.jinja",
        title="Files in", rows=shown, any=bool(everything), agency=agency, state=state,
        agencies=partners.agencies(), states=list(services.STATE_WORDS.items()),
    )  # fmt: skip


def line_of(delivery: Any) -> dict[str, Any]:
    return {
        "file": delivery,
        "waiting": delivery.state in WAITING,
        "words": services.words_for(delivery.state),
        "sums": sums_of(delivery),
    }


def sums_of(delivery: Any) -> dict[str, int]:
    tables = delivery.report.get("tables", [])
    return {name: sum(table.get(name, 0) for table in tables) for name in ("rows", "new", "changed", "aside")}


@asks("like")
def receive(request: Any) -> HttpResponse:
    require(request.actor, Permission.FILE_RECEIVE, Subject.partnership())
    choices = [(agency.code, agency.name) for agency in partners.agencies()]
    posted = request.method == "POST"
    form = ReceiveForm(
        request.POST if posted else None, request.FILES if posted else None, agencies=choices,
        initial=as_last_time(request.actor, request.GET.get("like", "")),
    )  # fmt: skip
    if form.is_valid():
        given = dict(form.cleaned_data)
        upload = given.pop("file")
        try:
            taken = services.receive(
                agency=partners.agency(given.pop("agency")),
                file_name=upload.name,
                content=upload.chunks(),
                given_map=given.pop("map"),
                most_mib=limits().upload_mib,
                by=request.actor,
                **given,
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else "file", str(error))
        else:
            read_or_refuse(request, taken)
            return redirect("records:delivery", taken.ref)
    return page(request, "records/receive.jinja", title="Take a file in", form=form)


def as_last_time(actor: Actor, ref: str) -> dict[str, str]:
    """An agency’s files mostly come together: what was said of one is where the next begins, for a person to check."""
    last = queries.about_delivery(actor, ref) if ref else None
    return (
        {"agency": last.agency_id, "lawful_basis": last.lawful_basis, "sender": last.sender} if last else {}
    )


def read_or_refuse(request: Any, taken: Any) -> None:
    services.stage_or_refuse(delivery=taken, by=request.actor)


@require_POST
def read(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    if taken.state in WAITING:
        read_or_refuse(request, taken)
    else:
        messages.error(request, f"This file is {services.words_for(taken.state)}; it cannot be read again.")
    return redirect("records:delivery", taken.ref)


# --- one file -----------------------------------------------------------------------------------------------


def delivery(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    report = taken.report
    aside_rows = queries.kept_aside(taken, limit=SHOWN_ASIDE)
    return page(
        request, "records/delivery.jinja",
        title=taken.file_name, file=taken, words=services.words_for(taken.state),
        steps_at=STEP_OF.get(taken.state, 0), step_names=STEPS, waiting=taken.state in WAITING,
        tables=[shown_table(number, table) for number, table in enumerate(report.get("tables", []))],
        people=report.get("people", {}), refused=report.get("refused", ""), stood=report.get("committed", {}),
        sent=queries.sent_back(taken), aside_rows=aside_rows, aside_count=sums_of(taken)["aside"],
    )  # fmt: skip


def shown_table(number: int, table: dict[str, Any]) -> dict[str, Any]:
    """A table's report with its picture and the words for its kinds of event."""
    counted = [(label, table[name], css) for name, label, css in COUNTS if table[name] or name == "new"]
    most = max((count for _, count, _ in counted), default=0) or 1
    bars = [
        {"label": label, "count": count, "css": css, "width": max(bool(count) * 2, round(120 * count / most))}
        for label, count, css in counted
    ]
    known = kinds.kinds()
    told = sorted(table["entries"].items(), key=lambda row: -row[1])
    events = [(known[code].label if code in known else code, count) for code, count in told]
    return {**table, "number": number, "bars": bars, "events": events}


@require_POST
def commit(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    try:
        services.commit(delivery=taken, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
    else:
        feeds.read_again()
        messages.success(request, f"{taken.file_name} is in. Every entry shows that it came from this file.")
    return redirect("records:delivery", taken.ref)


def undo(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    problem = ""
    if request.method == "POST":
        try:
            services.undo(delivery=taken, by=request.actor)
        except Refused as error:
            problem = str(error)
        else:
            feeds.read_again()
            messages.success(request, f"{taken.file_name} is taken out again, as if it had never come.")
            return redirect("records:delivery", taken.ref)
    return page(
        request, "records/undo.jinja", file=taken, problem=problem, title=f"Take {taken.file_name} out again"
    )


@require_POST
def discard(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    try:
        services.discard(delivery=taken, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("records:delivery", taken.ref)
    messages.success(request, f"{taken.file_name} is put aside. Nothing of it went in.")
    return redirect("records:files")


# --- back to the sender -------------------------------------------------------------------------------------


def aside(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    rows = queries.kept_aside(taken, limit=PRINTED_ASIDE)
    return page(
        request, "records/aside.jinja",
        title="Back to the sender", file=taken, rows=rows, total=max(sums_of(taken)["aside"], len(rows)),
    )  # fmt: skip


def aside_csv(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    rows = queries.kept_aside(taken)
    columns = list(dict.fromkeys(column for row in rows for column in row.raw))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Table", "Row", "Why it was kept aside", *(harmless(column) for column in columns)])
    for row in rows:
        cells = [harmless(str(row.raw.get(column, ""))) for column in columns]
        writer.writerow([harmless(row.table), row.number, harmless(" ".join(row.reasons)), *cells])
    # The mark at the start is how Excel knows that the file is UTF-8.
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="kept-aside-{taken.ref}.csv"'
    return answer


# --- which column is what -----------------------------------------------------------------------------------


@asks("table")
def map_columns(request: Any, ref: str) -> HttpResponse:
    taken = queries.get_delivery(request.actor, ref)
    require(request.actor, Permission.MAP_SAVE, taken.subject())
    table = table_to_map(taken, request.GET.get("table", ""))
    if taken.state not in WAITING or table is None:
        messages.error(request, TOO_LATE if taken.state not in WAITING else NO_TABLE)
        return redirect("records:delivery", taken.ref)
    rows = table.sample or sample_of(taken, table.name)
    draft = mapping.suggest(table.columns, rows, name=table.name)
    by_hand = request.method == "POST" and "yaml" in request.POST
    columns_form = ColumnsForm(
        request.POST if request.method == "POST" and not by_hand else None,
        headers=table.columns, agency=taken.agency_id, initial=answers_in(draft, table.columns),
    )  # fmt: skip
    yaml_form = YamlForm(request.POST if by_hand else None, initial={"yaml": draft.to_yaml()})
    form: Any = yaml_form if by_hand else columns_form
    if form.is_valid() and read_with(request, taken, form.spec if by_hand else form.spec(), form):
        return redirect("records:delivery", taken.ref)
    return page(
        request, "records/map.jinja",
        title=f"What are the columns of {table.name}?", file=taken, table=table, form=form, by_hand=by_hand,
        columns_form=columns_form, yaml_form=yaml_form, samples=samples_by_column(table.columns, rows),
    )  # fmt: skip


def table_to_map(taken: Any, asked: str) -> Any:
    """The table asked for, else the first that nobody knows, else the first."""
    tables = queries.tables_of(taken)
    if asked.isdecimal() and int(asked) < len(tables):
        return tables[int(asked)]
    return next((table for table in tables if not table.table), tables[0] if tables else None)


def sample_of(taken: Any, name: str) -> list[list[str]]:
    """The first rows of a table whose map is known, read from the file as it came."""
    for source in apart.open_tables(store.path_of(taken.sha256), file_name=taken.file_name):
        if source.name == name:
            return [[intake.text(cell) for cell in cells] for _, cells in islice(source.rows, 20)]
    return []


def samples_by_column(columns: list[str], rows: list[list[str]]) -> list[list[str]]:
    """Up to three different filled values of each column."""
    return [
        list(dict.fromkeys(row[place] for row in rows if place < len(row) and row[place].strip()))[:3]
        for place in range(len(columns))
    ]


def read_with(request: Any, taken: Any, spec: dict[str, Any], form: Any) -> bool:
    """Keep the map and read the file with it. A map that does not fit is told on the form."""
    try:
        settled = services.use_map(delivery=taken, spec=spec, by=request.actor)
        staged = services.stage(delivery=settled, by=request.actor)
    except (Refused, CatalogueError) as error:
        form.add_error(None, str(error))
        return False
    words = (
        f"Read {plural(sums_of(staged)['rows'], 'row')}. Files with the same columns need no map from now on."
    )
    messages.success(request, words)
    return True
