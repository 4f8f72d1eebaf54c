from __future__ import annotations

from django.urls import path

from lineofsight.partners import views

app_name = "partners"

urlpatterns = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("manage/people", views.workers, name="workers"),
    path("manage/people/new", views.add_worker, name="add_worker"),
    path("manage/people/<str:ref>/end", views.end_account, name="end_account"),
    path("manage/agencies", views.agencies, name="agencies"),
    path("manage/agencies/<str:code>", views.agency_contact, name="agency_contact"),
]
