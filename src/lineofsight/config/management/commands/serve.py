"""`lineofsight serve`: the pages, until it is stopped."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from lineofsight.catalogue.errors import Refused
from lineofsight.config import production, rights, statics
from lineofsight.config.gunicorn import WebServer, address
from lineofsight.config.sealer import Sealer
from lineofsight.ui.command import Command as Base


class Command(Base):
    help = "Serve the pages until stopped with Ctrl-C."
    example = "lineofsight serve --port 8080"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
        )
        parser.add_argument(
            "--port", type=port_number, default=os.environ.get("PORT") or "8000",
            help="port to listen on (default: PORT, else 8000)",
        )  # fmt: skip

    def work(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        require_free(host, port)
        require_current_database()
        rights.serve_as_web()
        require_safe_settings()
        statics.gather()
        sealer = Sealer()

        def ready() -> None:
            sealer.start()
            self.say(f"Line of Sight is at http://{address(host, port)}/")

        server = WebServer(host, port, ready=ready, ended=sealer.stop)
        leave_no_connection_behind()
        server.run()


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is not a port; a number from 1 to 65535 is")
    return int(text)


def require_free(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, place = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except PermissionError:
        raise Refused(
            f"Port {port} may only be used by the system. Choose one above 1023 with --port."
        ) from None
    except socket.gaierror:
        raise Refused(
            f"{host} is not an address of this machine. Leave --host out, or try 127.0.0.1."
        ) from None
    except OSError:
        raise Refused(
            f"Port {port} on {host} is in use or not ours to use. Stop the program that has it, "
            f"or choose another port: lineofsight serve --port {port + 1 if port < 65535 else 8000}"
        ) from None


def require_current_database() -> None:
    executor = MigrationExecutor(connections["default"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused("The database does not have this version’s tables yet. Run: lineofsight init")


def require_safe_settings() -> None:
    """A real service does not start on settings that would betray what it holds."""
    wrong = production.unsafe() if settings.PRODUCTION else []
    if wrong:
        said = "\n".join(f"  - {sentence}" for sentence in wrong)
        raise Refused(f"A real service is not started like this. Put right, then start again:\n{said}")


def leave_no_connection_behind() -> None:
    """The workers are copies of this process, and a connection cannot be shared between processes."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]
