"""The web server: gunicorn with threads, sized for a machine with 2 cores.

Plain WSGI, so a partnership that runs another server needs nothing from here but `config.wsgi:application`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class BaseApplication:
        """What we use of gunicorn, which carries no types."""

        cfg: Any

        def run(self) -> None: ...

else:
    from gunicorn.app.base import BaseApplication

WORKERS = 2
THREADS = 4


class WebServer(BaseApplication):
    """Serves until it is told to stop; `run` does not return."""

    def __init__(self, host: str, port: int, *, ready: Callable[[], None], ended: Callable[[], None]) -> None:
        self.settings = settings(host, port) | {
            "when_ready": lambda _server: ready(),
            "on_exit": lambda _server: ended(),
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from lineofsight.config.wsgi import application

        return application


def settings(host: str, port: int) -> dict[str, Any]:
    memory = Path("/dev/shm")  # noqa: S108  # only the workers' heartbeat file, made privately by gunicorn
    return {
        "bind": address(host, port),
        "worker_class": "gthread",
        "workers": WORKERS,
        "threads": THREADS,
        # Each worker opens its own database connections; none may be inherited.
        "preload_app": False,
        "timeout": 120,
        "graceful_timeout": 30,
        "keepalive": 5,
        "max_requests": 20_000,
        "max_requests_jitter": 2_000,
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else None,
        # It would be written to the user's home folder, and nothing uses it.
        "control_socket_disable": True,
        "loglevel": "warning",
        "errorlog": "-",
        # Addresses can carry what was searched for. The ledger records looks; no second record is kept.
        "accesslog": None,
        "proc_name": "lineofsight",
    }


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
