"""The application that a web server runs: `lineofsight.config.wsgi:application`."""

from __future__ import annotations

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from lineofsight.config import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lineofsight.config.settings")

application = get_wsgi_application()


# All pages are loaded before the first request.
import_module(settings.ROOT_URLCONF)
collector.settle()
