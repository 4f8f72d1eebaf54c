"""The bill of materials names every package that runs, as the lock does, with a licence (C-3)."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
#: Licences under which a package may stand beside the product's own. LGPL: used as it comes, and not changed.
ALLOWED = {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "MPL-2.0", "LGPL-3.0-only",
           "LGPL-2.1-or-later", "Unlicense", "OFL-1.1"}  # fmt: skip


def test_the_bill_is_that_of_the_lock() -> None:
    """`make lock` is followed by `make sbom`."""
    bill = json.loads((REQUIREMENTS / "product.cdx.json").read_text())
    locked = runpy.run_path(str(REQUIREMENTS / "bill.py"))["locked"](
        (REQUIREMENTS / "product.lock").read_text()
    )
    lines = [line for line in (REQUIREMENTS / "product.lock").read_text().splitlines() if "==" in line]
    assert len(locked) == len([line for line in lines if not line.lstrip().startswith("#")]) > 40
    said = [
        (one["name"], one["version"], [digest["content"] for digest in one["hashes"]])
        for one in bill["components"]
        if one["purl"].startswith("pkg:pypi/")
    ]
    assert said == [(one["name"], one["version"], one["hashes"]) for one in locked]
    assert all(hashes for _, _, hashes in said)


def test_every_licence_is_known_and_fits() -> None:
    bill = json.loads((REQUIREMENTS / "product.cdx.json").read_text())
    unknown = {
        one["name"]: one["licenses"]
        for one in bill["components"]
        if not set(re.split(r" (?:AND|OR|WITH) ", one["licenses"][0].get("expression", ""))) <= ALLOWED
    }
    assert unknown == {}
