"""Every address of the product. Whatever is not marked public asks for sign-in first."""

from __future__ import annotations

from django.urls import include, path

from lineofsight.records.api import open_to_keys

urlpatterns = [
    path("api/", open_to_keys()),
    path("", include("lineofsight.partners.urls")),
    path("", include("lineofsight.people.urls")),
    path("", include("lineofsight.records.urls")),
    path("", include("lineofsight.desk.urls")),
]

handler400 = "lineofsight.ui.pages.bad_request"
handler403 = "lineofsight.ui.pages.not_allowed"
handler404 = "lineofsight.ui.pages.not_found"
handler500 = "lineofsight.ui.pages.server_error"
