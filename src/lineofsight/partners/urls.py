from __future__ import annotations

from django.urls import path

from lineofsight.partners.views import accounts, agreements, doors, guardian, own

app_name = "partners"

person, agency = "manage/people/<str:ref>", "manage/agencies/<str:code>"

urlpatterns = [
    path("sign-in", doors.sign_in, name="sign_in"),
    path("sign-in/second-step", doors.second_step, name="second_step"),
    path("sign-in/with/<str:code>", doors.with_agency, name="with_agency"),
    path("sign-in/from/<str:code>", doors.from_agency, name="from_agency"),
    path("sign-out", doors.sign_out, name="sign_out"),
    path("invitation", doors.invitation, name="invitation"),
    path("invitation/<str:token>", doors.invitation_link, name="invitation_link"),
    path("health", doors.health, name="health"),
    path("account", own.account, name="account"),
    path("account/second-factor", own.enrol, name="enrol"),
    path("account/second-factor/app", own.enrol_app, name="enrol_app"),
    path("account/second-factor/passkey", own.enrol_passkey, name="enrol_passkey"),
    path("account/second-factor/<int:number>/remove", own.remove_factor, name="remove_factor"),
    path("account/recovery-codes", own.recovery_codes, name="recovery_codes"),
    path("account/sessions/end", own.end_sessions, name="end_sessions"),
    path("account/sessions/<str:ref>/end", own.end_session, name="end_session"),
    path("account/password", own.password, name="password"),
    path("account/home", own.home, name="home"),
    path("account/prove", own.prove, name="prove"),
    path("guardian/roles", guardian.roles, name="guardian"),
    path("guardian/roles/<str:grant>", guardian.decide, name="decide_role"),
    path("manage/people", accounts.workers, name="workers"),
    path("manage/people/new", accounts.add_worker, name="add_worker"),
    path(person, accounts.worker, name="worker"),
    path(f"{person}/change", accounts.change_worker, name="change_worker"),
    path(f"{person}/roles", accounts.ask_for_role, name="ask_for_role"),
    path(f"{person}/roles/<str:grant>/end", accounts.end_role, name="end_role"),
    path(f"{person}/sessions/end", accounts.end_sessions, name="end_worker_sessions"),
    path(f"{person}/suspend", accounts.suspend, name="suspend"),
    path(f"{person}/restore", accounts.restore, name="restore"),
    path(f"{person}/invite", accounts.invite, name="invite"),
    path(f"{person}/end", accounts.end_account, name="end_account"),
    path("manage/agencies", accounts.agencies, name="agencies"),
    path("manage/agreements", agreements.register, name="agreements"),
    path("manage/agreements/new", agreements.add, name="add_agreement"),
    path("manage/agreements/<str:ref>/suspend", agreements.suspend, name="suspend_agreement"),
    path(agency, accounts.agency_contact, name="agency_contact"),
    path(f"{agency}/suspend", accounts.suspend_agency, name="suspend_agency"),
]
