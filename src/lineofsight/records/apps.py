from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "lineofsight.records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lineofsight.people import moving
        from lineofsight.records import feeds

        moving.heard_by(feeds.people_moved)
