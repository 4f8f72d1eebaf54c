from __future__ import annotations

from django.urls import path

from lineofsight.desk import views

app_name = "desk"

child = "children/<str:ref>"

urlpatterns = [
    path("", views.home, name="home"),
    path("search", views.search, name="search"),
    path("children", views.children, name="children"),
    path(child, views.overview, name="child"),
    path(f"{child}/chronology", views.chronology, name="chronology"),
    path(f"{child}/timeline.json", views.timeline, name="timeline"),
    path(f"{child}/records", views.records_joined, name="records_joined"),
    path(f"{child}/team", views.team, name="team"),
    path(f"{child}/team/leave", views.leave_team, name="leave_team"),
    path(f"{child}/document", views.document, name="document"),
    path(f"{child}/entries/new", views.add_entry, name="add_entry"),
    path(f"{child}/entries/<str:entry>", views.entry, name="entry"),
    path(f"{child}/entries/<str:entry>/source", views.source, name="source"),
    path(f"{child}/entries/<str:entry>/correct", views.correct_entry, name="correct_entry"),
    path(f"{child}/entries/<str:entry>/comment", views.comment, name="comment"),
    path("understand-date", views.understand_date, name="understand_date"),
    path("manage/catalogue", views.catalogue, name="catalogue"),
    path("guide", views.guide, name="guide"),
]
