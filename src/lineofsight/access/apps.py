from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "lineofsight.access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lineofsight.access.checks import ledger_settings

        register(ledger_settings)

        from lineofsight.access import among, guard  # noqa: F401, the first for its lookup

        # The signal of any one room comes when every room's tables are there.
        post_migrate.connect(guard.apply, sender=self, dispatch_uid="row security")
