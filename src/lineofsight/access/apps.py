from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class AccessConfig(AppConfig):
    name = "lineofsight.access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lineofsight.access.checks import ledger_settings

        register(ledger_settings)
