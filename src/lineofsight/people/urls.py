from __future__ import annotations

from django.urls import path

from lineofsight.people import views

app_name = "people"

pair = "who-is-who/<str:a_ref>/<str:b_ref>"

urlpatterns = [
    path("who-is-who", views.questions, name="questions"),
    path("who-is-who/compare", views.compare, name="compare"),
    path("who-is-who/apply", views.apply_run, name="apply"),
    path("who-is-who/runs/<str:ref>/undo", views.undo_run, name="undo_run"),
    path("who-is-who/again", views.next_second_look, name="again"),
    path("who-is-who/again/<str:a_ref>/<str:b_ref>", views.second_look, name="second_look"),
    path("who-is-who/next", views.next_question, name="next"),
    path(pair, views.question, name="question"),
    path(f"{pair}/answer", views.answer, name="answer"),
    path(f"{pair}/undo", views.undo, name="undo"),
    path(f"{pair}/second-custodian", views.agree, name="agree"),
    path(f"{pair}/second-custodian/withdraw", views.withdraw_proposal, name="withdraw_proposal"),
]
