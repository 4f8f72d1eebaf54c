from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "lineofsight.config"

    def ready(self) -> None:
        from lineofsight.access import guard

        # This room stands on top, so its signal comes when every room's tables are there.
        post_migrate.connect(guard.apply, sender=self, dispatch_uid="row security")
