"""With which database role a process works. Commands that migrate and import work as owner of the tables; the
pages, which the world can reach, sign in to the database as the web role, which row security binds."""

from __future__ import annotations

from django.conf import settings
from django.db import connections

from lineofsight.config import environment as env
from lineofsight.config.postgres import Server


def serve_as_web() -> None:
    """From here on this process, and every worker it starts, is the web role to the database.

    On a server of one's own LINEOFSIGHT_WEB_DATABASE_URL names its login; without it each request steps down
    from the owner's login, which a production start refuses."""
    url = env.text("LINEOFSIGHT_WEB_DATABASE_URL")
    if env.text("DATABASE_URL") and not url:
        return
    wanted = env.database(url) if url else Server(settings.DATA).connection("web")
    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]
    options = wanted.pop("OPTIONS", {})
    own = connections["default"].settings_dict
    own.update(wanted)
    own["OPTIONS"] = {**own["OPTIONS"], **(options if isinstance(options, dict) else {})}
    settings.GUARD_DROPS_TO = ""
