from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "lineofsight.ui"
    label = "ui"
    verbose_name = "Pages"
