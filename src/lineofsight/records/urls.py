from __future__ import annotations

from django.urls import path

from lineofsight.records import directory, views

app_name = "records"

file = "files/<str:ref>"

urlpatterns = [
    path("resources", directory.resources, name="resources"),
    path("files", views.files, name="files"),
    path("files/new", views.receive, name="receive"),
    path(file, views.delivery, name="delivery"),
    path(f"{file}/read", views.read, name="read"),
    path(f"{file}/map", views.map_columns, name="map"),
    path(f"{file}/commit", views.commit, name="commit"),
    path(f"{file}/undo", views.undo, name="undo"),
    path(f"{file}/discard", views.discard, name="discard"),
    path(f"{file}/aside", views.aside, name="aside"),
    path(f"{file}/aside.csv", views.aside_csv, name="aside_csv"),
]
