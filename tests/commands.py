"""The product's commands as a person at the server runs them: each a process, with a data folder apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def surroundings(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PORT")}
    return kept | {"LINEOFSIGHT_DATA": str(data), "LINEOFSIGHT_KEEP_DATABASE": "1"}


def line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lineofsight.config.cli", *arguments]


def lineofsight(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line(*arguments), capture_output=True, text=True, env=surroundings(data), timeout=120, check=False
    )


def told(data: Path, *arguments: str, code: int = 0) -> Any:
    """What the command says with --json; its exit code must be `code`."""
    done = lineofsight(data, *arguments, "--json")
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout)
