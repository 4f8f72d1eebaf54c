"""The sealer of the ledger beside the web server: a process of its own, started again when it ends.

Apart, because it signs with a key that the web workers need not have, and a database role of its own may
stand behind it. It ends by itself when the server that started it is gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from lineofsight.config import environment as env

STOP_SECONDS = 10.0
#: Longer each time it ends, so that a broken one does not keep the machine busy.
PATIENCE_SECONDS = (1.0, 5.0, 30.0)


class Sealer:
    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_going, name="sealer", daemon=True)

    def start(self) -> None:
        """Before any web worker is forked: one that is forked while a program is being started would keep the
        pipe open on which the start waits, and the sealer would never be looked after again."""
        self._process = begun()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        self._thread.join(STOP_SECONDS)
        if process is not None and process.poll() is None:
            process.kill()

    def _keep_going(self) -> None:
        ended = 0
        while self._process is not None:
            self._process.wait()
            if self._stopping.wait(PATIENCE_SECONDS[min(ended, len(PATIENCE_SECONDS) - 1)]):
                return
            self._process = begun()
            ended += 1


def begun() -> subprocess.Popen[bytes]:
    # Apart from our terminal: Ctrl-C reaches the server, and the server stops it.
    return subprocess.Popen(  # noqa: S603  (our own program)
        [
            sys.executable, "-m", "lineofsight.config.cli", "ledger", "seal", "--watch",
            "--beside", str(os.getpid()),
        ],
        stdin=subprocess.DEVNULL, start_new_session=True, env=surroundings(),
    )  # fmt: skip


def surroundings() -> dict[str, str]:
    """Ours, with rights that may write the tree: those of the web role do not."""
    given = dict(os.environ)
    if env.text("LINEOFSIGHT_RIGHTS") == "web" and not env.text("DATABASE_URL"):
        given["LINEOFSIGHT_RIGHTS"] = "worker"
    return given
