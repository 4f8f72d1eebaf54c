from __future__ import annotations

from django.urls import path

from lineofsight.desk.views import child as about
from lineofsight.desk.views import chronology, entry, house, own, reaching, work

app_name = "desk"

child = "children/<str:ref>"

urlpatterns = [
    path("", work.home, name="home"),
    path("search", work.search, name="search"),
    path("children", work.children, name="children"),
    path("look-up", reaching.look_up, name="look_up"),
    path("entries", own.own_entries, name="own_entries"),
    path("entries/<str:entry>", own.own_entry, name="own_entry"),
    path(child, about.overview, name="child"),
    path(f"{child}/claim", reaching.claim, name="claim"),
    path(f"{child}/emergency", reaching.emergency, name="emergency"),
    path(f"{child}/chronology", chronology.chronology, name="chronology"),
    path(f"{child}/timeline.json", chronology.timeline, name="timeline"),
    path(f"{child}/records", about.records_joined, name="records_joined"),
    path(f"{child}/team", about.team, name="team"),
    path(f"{child}/team/leave", about.leave_team, name="leave_team"),
    path(f"{child}/document", chronology.document, name="document"),
    path(f"{child}/entries/new", entry.add_entry, name="add_entry"),
    path(f"{child}/entries/<str:entry>", entry.entry, name="entry"),
    path(f"{child}/entries/<str:entry>/source", entry.source, name="source"),
    path(f"{child}/entries/<str:entry>/finish", entry.finish_draft, name="finish_draft"),
    path(f"{child}/entries/<str:entry>/correct", entry.correct_entry, name="correct_entry"),
    path(f"{child}/entries/<str:entry>/comment", entry.comment, name="comment"),
    path("understand-date", house.understand_date, name="understand_date"),
    path("manage/catalogue", house.catalogue, name="catalogue"),
    path("guide", house.guide, name="guide"),
]
