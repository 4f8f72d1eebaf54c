"""A guardian's part in accounts: which roles count in their agency, and which are still needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from lineofsight.access.actor import Subject
from lineofsight.access.deeds import require
from lineofsight.access.policy import Permission
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.sign_in import numbers
from lineofsight.partners import granting, proving, queries, sessions
from lineofsight.partners.views.accounts import role_names
from lineofsight.ui.pages import page

View = Callable[..., HttpResponse]


def for_guardians(view: View) -> View:
    @wraps(view)
    def run(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request.actor, Permission.ROLE_GRANT, Subject.partnership())
        return view(request, *args, **kwargs) if sessions.fresh(request) else proving.ask(request)

    return run


@for_guardians
def roles(request: Any) -> HttpResponse:
    names = role_names()
    due = queries.roles_to_confirm(request.actor.agency, within=numbers().recertify_notice_days)
    return page(
        request, "partners/guardian.jinja",
        title="Roles in your agency",
        waiting=[(names.get(asked.role, asked.role), asked) for asked in queries.waiting_roles(request.actor)],
        due=[(names.get(held.role, held.role), held) for held in due if held.worker.ref != request.actor.ref],
        days=numbers().recertify_notice_days,
    )  # fmt: skip


DEEDS = {
    "approve": (lambda row, by: granting.approve_role(asked=row, by=by), "Approved. It counts from now on."),
    "refuse": (lambda row, by: granting.refuse_role(asked=row, by=by), "Refused. It does not count."),
    "confirm": (lambda row, by: granting.confirm_role(held=row, by=by), "Confirmed for another quarter."),
    "end": (lambda row, by: granting.withdraw_role(held=row, by=by), "The role has ended."),
}


@require_POST
@for_guardians
def decide(request: Any, grant: str) -> HttpResponse:
    deed, words = DEEDS.get(request.POST.get("decision", ""), (None, ""))
    if deed is None:
        raise Refused("Choose what to do with this role.")
    deed(queries.role_by_ref(grant), request.actor)
    messages.success(request, words)
    return redirect("partners:guardian")
