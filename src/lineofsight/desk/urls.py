from __future__ import annotations

from django.urls import path

from lineofsight.desk.views import (
    agreement,
    chronology,
    discrepancies,
    entry,
    facts,
    guardian,
    history,
    house,
    known,
    own,
    reaching,
    work,
)
from lineofsight.desk.views import child as about

app_name = "desk"

child = "children/<str:ref>"

urlpatterns = [
    path("", work.home, name="home"),
    path("search", work.search, name="search"),
    path("children", work.children, name="children"),
    path("look-up", reaching.look_up, name="look_up"),
    path("guardian", guardian.desk, name="guardian"),
    path("guardian/alerts/<str:ref>", guardian.alert, name="alert"),
    path("guardian/looks", guardian.others, name="others_looks"),
    path("guardian/workers", guardian.workers, name="trails"),
    path("guardian/workers/<str:ref>", guardian.trail, name="trail"),
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
    path(f"{child}/agreement", agreement.agreement, name="agreement"),
    path(f"{child}/agreement/entries/<str:entry>", agreement.decide_occurrence, name="decide_occurrence"),
    path(f"{child}/agreement/withdraw", agreement.withdraw_verdict, name="withdraw_verdict"),
    path(f"{child}/agreement/ask", agreement.ask_agency, name="ask_agency"),
    path(f"{child}/agreement/queries/<str:query>", agreement.answer_query, name="answer_query"),
    path(f"{child}/facts", facts.facts, name="facts"),
    path(f"{child}/facts/notice", facts.send_notice, name="send_notice"),
    path(f"{child}/facts/notices.csv", facts.notices_csv, name="notices_csv"),
    path(f"{child}/facts/notices/<str:notice>", facts.answer_notice, name="answer_notice"),
    path(f"{child}/facts/key", facts.mark_key_fact, name="mark_key_fact"),
    path(f"{child}/facts/key/<str:fact>/held", facts.say_held, name="say_held"),
    path(f"{child}/as-known", known.as_known, name="as_known"),
    path(f"{child}/history", history.history, name="history"),
    path(f"{child}/meetings", history.meetings, name="meetings"),
    path(f"{child}/meetings/<str:meeting>", history.meeting, name="meeting"),
    path("discrepancies", discrepancies.discrepancies, name="discrepancies"),
    path("discrepancies/read", discrepancies.read_again, name="read_again"),
    path("understand-date", house.understand_date, name="understand_date"),
    path("manage/catalogue", house.catalogue, name="catalogue"),
    path("guide", house.guide, name="guide"),
]
