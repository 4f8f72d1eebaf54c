"""`lineofsight demo`: an invented partnership, ready to look at."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from lineofsight.config import statics
from lineofsight.config.management.commands.serve import port_number
from lineofsight.demo import partnership
from lineofsight.ui.command import Command as Base


def serve_anew(host: str, port: int) -> None:
    """The workers of the server are copies of its process, and what compared everyone with everyone (DuckDB,
    Arrow) runs threads that do not live on in a copy: so a fresh process serves."""
    sys.stdout.flush()
    serve = [sys.executable, "-m", "lineofsight.config.cli", "serve", "--host", host, "--port", str(port)]
    os.execv(sys.executable, serve)  # noqa: S606  (our own program, no shell)


class Command(Base):
    help = "Load the invented partnership of Northshore and serve it. A second run starts in seconds."
    example = "lineofsight demo --port 8080"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="start afresh: everything in this demo is lost"
        )
        parser.add_argument("--no-serve", action="store_true", help="load it and stop")
        parser.add_argument(
            "--people", type=int, default=3000, help="how many people live there (default: 3000)"
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or "8000")

    def work(self, *args: Any, **options: Any) -> dict[str, Any]:
        if options["reset"]:
            self.say("Starting afresh.")
            partnership.wipe()
        partnership.refuse_real_store()
        self.say("Preparing the tables")
        call_command("migrate", verbosity=0, interactive=False)
        statics.gather()
        if partnership.is_there():
            self.say("The demo is loaded already.")
        else:
            partnership.load(self.say, self.tick, people_count=options["people"])
        people = [
            {"role": ", ".join(worker.roles), "name": worker.name, "job": worker.job, "email": worker.email}
            for worker in partnership.WORKERS
        ]
        answer = {"workers": people, "password": partnership.password(), "child": partnership.SAM}
        self.introduce(answer)
        if not options["no_serve"] and not self._as_json:
            serve_anew(options["host"], options["port"])
        return answer

    def tick(self, done: int, total: int, words: str) -> None:
        """One line that rewrites itself on a terminal, a line now and then elsewhere."""
        if self._as_json:
            return
        if sys.stdout.isatty():
            self.stdout.write(f"\r\x1b[KFiles {done} of {total}  {words}", ending="" if words else "\n")
            self.stdout.flush()
        elif done == total or done % 10 == 0:
            self.say(f"Files {done} of {total}")

    def introduce(self, answer: dict[str, Any]) -> None:
        self.say("")
        self.say("Sign in as one of these invented workers; the password of all is " + answer["password"])
        self.say("The second step asks for a code, and here, in the demo, the page shows it.")
        for worker in answer["workers"]:
            role = worker["role"].replace("_", " ")
            self.say(f"  {worker['email']:<30} {role:<38} {worker['name']}, {worker['job']}")
        self.say(f"Begin with the child {answer['child']}, and with the guide at the foot of every page.")
        self.say("")

    def present(self, result: dict[str, Any]) -> None:
        """Already said before serving."""
