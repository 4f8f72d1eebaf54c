from __future__ import annotations

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "lineofsight.partners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from lineofsight.partners import sessions

        user_logged_in.connect(sessions.begin, dispatch_uid="lineofsight.partners.sessions.begin")
