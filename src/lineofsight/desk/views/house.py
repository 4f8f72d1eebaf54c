"""Small answers and pages about the product itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.when import When, local
from lineofsight.desk import rulebook
from lineofsight.desk.edge import holds_nothing
from lineofsight.desk.views.asking import actor_of
from lineofsight.ui.asking import asks
from lineofsight.ui.dates import show_when, understand
from lineofsight.ui.pages import page


@asks("text")
@holds_nothing
@require_GET
def understand_date(request: HttpRequest) -> JsonResponse:
    """How a typed date is understood, while it is typed."""
    text = request.GET.get("text", "")[:100]
    try:
        when: When = understand(text, now=local(timezone.now()))
    except Refused as error:
        return JsonResponse({"refused": str(error)}, status=400)
    return JsonResponse({"understood": show_when(when)})


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """The rule book as loaded, with what has been verified and what has not."""
    require(actor_of(request), Permission.CATALOGUE_VIEW, Subject.partnership())
    return page(request, "desk/catalogue.jinja", title="Catalogue", **rulebook.contents())


@holds_nothing
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    return page(request, "desk/guide.jinja", title="Ten minutes with Line of Sight")
