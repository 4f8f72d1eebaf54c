"""Resources: the services that agencies' directories list, by need and area. No page here is about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse

from lineofsight.records import queries
from lineofsight.ui.asking import asks
from lineofsight.ui.pages import page

SHOWN = 200
#: In a directory these are no places where anything can be offered now.
CLOSED = ("defunct", "inactive")


@dataclass(frozen=True, slots=True)
class Service:
    """One service as a directory describes it; `source` is the file that says so."""

    name: str
    organization: str
    description: str
    needs: tuple[str, ...]
    areas: tuple[str, ...]
    ages: str
    cost: str
    opening: str
    url: str
    email: str
    phone: str
    notice: str
    status: str
    checked: str
    agency: str
    received: date
    file_name: str


def service_of(row: queries.ListedRow, providers: dict[str, str]) -> Service:
    raw = row.raw
    return Service(
        name=raw.get("name", ""),
        organization=raw.get("organization") or providers.get(raw.get("organization_id", ""), ""),
        description=raw.get("description", ""),
        needs=parts(raw.get("needs", "")),
        areas=(*parts(raw.get("areas", "")), *parts(raw.get("postcodes", ""))),
        ages=ages(raw.get("minimum_age", ""), raw.get("maximum_age", "")),
        cost=raw.get("fees", ""),
        opening=raw.get("opening", ""),
        url=raw.get("url", "") if raw.get("url", "").startswith(("https://", "http://")) else "",
        email=raw.get("email", ""),
        phone=raw.get("phone", ""),
        notice=raw.get("alert", ""),
        status=raw.get("status", ""),
        checked=raw.get("assured_date", ""),
        agency=row.agency,
        received=row.received_at,
        file_name=row.file_name,
    )


def parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def ages(youngest: str, oldest: str) -> str:
    if youngest and oldest:
        return f"{youngest} to {oldest}"
    return f"From {youngest}" if youngest else f"Up to {oldest}" if oldest else ""


def fits(service: Service, need: str, area: str) -> bool:
    """Words of a need are looked for in what a service says of itself, because few directories tag their needs."""
    said = " ".join((service.name, service.description, *service.needs)).casefold()
    where = " ".join((*service.areas, service.organization)).casefold()
    return all(word in said for word in need.casefold().split()) and all(
        word in where for word in area.casefold().split()
    )


@asks("need", "area")
def resources(request: Any) -> HttpResponse:
    need, area = request.GET.get("need", "").strip()[:100], request.GET.get("area", "").strip()[:100]
    rows, providers = queries.listed_services(request.actor)
    services = [service for row in rows if (service := service_of(row, providers)).status not in CLOSED]
    found = sorted((s for s in services if fits(s, need, area)), key=lambda s: s.name.casefold())
    return page(
        request, "records/resources.jinja",
        title="Resources", services=found[:SHOWN], count=len(found), any=bool(services), need=need, area=area,
        needs=sorted({one for s in services for one in s.needs}),
        areas=sorted({one for s in services for one in s.areas}),
    )  # fmt: skip
