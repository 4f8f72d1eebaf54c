from __future__ import annotations

from django.apps import AppConfig


class ChronologyConfig(AppConfig):
    name = "lineofsight.chronology"
    default_auto_field = "django.db.models.BigAutoField"
