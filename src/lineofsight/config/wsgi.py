"""The application that a web server runs: `lineofsight.config.wsgi:application`."""

from __future__ import annotations

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lineofsight.config.settings")

application = get_wsgi_application()


def settle() -> None:
    """What is loaded stays for as long as the process does. Without this the collector walks through all of it again
    and again while pages are made: eight milliseconds of each."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


settle()
