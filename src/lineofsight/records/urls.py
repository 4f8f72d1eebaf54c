from __future__ import annotations

from django.urls import path

from lineofsight.records import directory, reports, value_pages, views

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
    path("values", value_pages.values, name="values"),
    path("values/answers", value_pages.value_answers, name="value_answers"),
    path("values/answers/<str:ref>/undo", value_pages.undo_value, name="undo_value"),
    path("values/<str:agency>", value_pages.of_agency, name="values_of_agency"),
    path("values/<str:agency>/questions", value_pages.value_questions, name="value_questions"),
    path("values/<str:agency>/preview", value_pages.preview_values, name="preview_values"),
    path("values/<str:agency>/settle", value_pages.settle_values, name="settle_values"),
    path(f"{file}/report", reports.report, name="report"),
    path(f"{file}/report.csv", reports.report_csv, name="report_csv"),
    path(f"{file}/report.pdf", reports.report_pdf, name="report_pdf"),
    path(f"{file}/report/given", reports.given, name="report_given"),
]
