"""Styles, scripts and fonts gathered once per version into the data folder, hashed and compressed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from lineofsight import ui


def fingerprint() -> str:
    """Changes whenever any shipped file does."""
    source = Path(ui.__file__).parent / "static"
    rows = [
        f"{path.relative_to(source)} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in sorted(source.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def gather() -> None:
    """Collect when something changed since the last time; otherwise do nothing."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".gathered"
    now = fingerprint()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == now:
        return
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(now, encoding="utf-8")
