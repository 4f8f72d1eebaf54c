"""Nothing that opens a door is in the checkout."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: A name that a secret, a key or a data folder has.
NAMES = re.compile(
    r"(^|/)(var|\.env[^/]*|id_(rsa|ed25519)[^/]*)(/|$)|\.(secret|password|pem|key|p12|pfx|kdbx)$"
)

#: How what opens a door begins. (The words are cut so that this file does not find itself.)
SECRETS = {
    "a private key": re.compile("-----BEGIN " + r"(?:[A-Z]+ )?PRIVATE KEY-----"),
    "a cloud access key": re.compile(r"\bAKIA" + r"[0-9A-Z]{16}\b"),
    "a forge's token": re.compile(r"\b(?:gh[pousr]_|glpat-)" + r"[A-Za-z0-9_-]{20,}"),
    "a password in an address": re.compile(r"\bpostgres(?:ql)?://[^\s:/@{}<]+:" r"(?!password|secret)[^\s@{}<]{8,}@"),
}  # fmt: skip


def kept() -> list[str]:
    """The files that a clone gets."""
    try:
        told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [name for name in told.decode().split("\0") if name]


def test_no_file_of_a_data_folder_or_with_a_secret_s_name_is_kept() -> None:
    assert [name for name in kept() if NAMES.search(name)] == []


def test_no_file_holds_what_opens_a_door() -> None:
    found = []
    for name in kept():
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 4_000_000:
            text = path.read_bytes().decode("utf-8", "ignore")
            found += [(name, what) for what, pattern in SECRETS.items() if pattern.search(text)]
    assert found == []
