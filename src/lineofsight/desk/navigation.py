"""The rooms a person can use, in the order of the header."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from lineofsight.access.actor import Subject
from lineofsight.access.policy import Permission, decide
from lineofsight.ui.pages import Room

ROOMS = (
    ("Home", "desk:home", Permission.CHILDREN_SEARCH, ()),
    ("Children", "desk:children", Permission.CHILDREN_SEARCH, ("/children", "/search")),
    ("Look up", "desk:look_up", Permission.INDEX_SEARCH, ("/look-up",)),
    ("Resources", "records:resources", Permission.RESOURCES_VIEW, ("/resources",)),
    ("Discrepancies", "desk:discrepancies", Permission.CHILDREN_SEARCH, ("/discrepancies",)),
    ("Files in", "records:files", Permission.FILES_VIEW, ("/files", "/values")),
    ("Held for named people", "desk:held", Permission.RECIPIENT_NAME, ("/held",)),
    ("Who is who", "people:questions", Permission.MATCH_VIEW, ("/who-is-who",)),
    (
        "People and agencies",
        "partners:workers",
        Permission.PARTNERS_MANAGE,
        ("/manage/people", "/manage/agencies"),
    ),
    ("Guardian’s desk", "desk:guardian", Permission.ALERT_REVIEW, ("/guardian", "/manage/agreements")),
    ("Catalogue", "desk:catalogue", Permission.CATALOGUE_VIEW, ("/manage/catalogue",)),
)


def rooms(request: Any) -> list[Room]:
    """What this person may open; nothing for someone who is not signed in."""
    actor = getattr(request, "actor", None)
    if actor is None or not actor.ref:
        return []
    found: list[Room] = []
    for text, name, permission, below in ROOMS:
        if not decide(actor, permission, Subject.partnership()).allowed:
            continue
        href = reverse(name)
        current = request.path == href or any(request.path.startswith(start) for start in below)
        found.append({"text": text, "href": href, "current": current})
    return found
