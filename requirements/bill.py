"""The bill of materials of what runs: every package of product.lock, and what is
built into the pages, with its version, hashes and licence.

    python requirements/bill.py            writes requirements/product.cdx.json (CycloneDX 1.6)
    python requirements/bill.py --check    says what it would change, and ends with 1 if anything

Run by `make sbom`. Versions and hashes are the lock's; licences are what each package says of itself where it is
installed, else what the bill had. The bill holds no date, so that the same lock gives the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOCK, BILL = HERE / "product.lock", HERE / "product.cdx.json"
PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; (.*?))?(?: \\)?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
#: What packages say in their own words, as the names of the SPDX list.
SPDX = {
    "MIT License": "MIT", "BSD License": "BSD-3-Clause", "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0", "3-Clause BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause", "ISC License (ISCL)": "ISC", "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.1-or-later", "BSD 3-Clause": "BSD-3-Clause",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "LGPL with exceptions": "LGPL-3.0-only", "The Unlicense (Unlicense)": "Unlicense",
}  # fmt: skip
ASSETS = HERE.parent / "assets"
SHIPPED = ("d3-", "internmap", "govuk-frontend", "@fontsource")
#: What packages of other machines say of themselves.
ELSEWHERE = {"tzdata": "Apache-2.0"}


def locked(text: str) -> list[dict[str, Any]]:
    """Name, version, marker and sha256 of each file that pip may take, in the lock's order."""
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        if package := PACKAGE.match(line):
            name, version, marker = package.groups()
            found.append({"name": name, "version": version, "marker": marker or "", "hashes": []})
        elif found and (digest := HASH.search(line)):
            found[-1]["hashes"].append(digest[1])
    return found


def licence(name: str) -> str:
    """As the installed package says it: an expression, else a classifier, else its own words; empty if not here."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expression := said.get("License-Expression"):
        return str(expression)
    classified = [
        c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    words = (
        next((one for one in classified if one != "OSI Approved"), "")
        or (said.get("License") or "").split("\n")[0]
    )
    return SPDX.get(words.strip(), words.strip())[:80]


def bill(text: str, before: dict[str, str]) -> dict[str, Any]:
    """`before`: licences of the bill that was there, for packages of other machines."""
    components = []
    for one in locked(text):
        address = f"pkg:pypi/{one['name'].lower().replace('_', '-')}@{one['version']}"
        said = licence(one["name"]) or ELSEWHERE.get(one["name"]) or before.get(one["name"], "")
        components.append({
            "type": "library", "bom-ref": address, "name": one["name"], "version": one["version"], "purl": address,
            "licenses": [{"expression": said}] if re.fullmatch(r"[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*", said)
            else [{"license": {"name": said or "not stated"}}],
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in one["hashes"]],
            "properties": [{"name": "marker", "value": one["marker"]}] if one["marker"] else [],
        })  # fmt: skip
    components += shipped((ASSETS / "package-lock.json").read_text(encoding="utf-8"))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": "lineofsight"}}, "components": components,
    }  # fmt: skip


def shipped(text: str) -> list[dict[str, Any]]:
    """Scripts, styles and fonts of others that lie built in `ui/static`, from the lock of `assets/`."""
    found = []
    for path, one in json.loads(text)["packages"].items():
        name = path.removeprefix("node_modules/")
        if not name.startswith(SHIPPED):
            continue
        address = f"pkg:npm/{name.replace('@', '%40')}@{one['version']}"
        digest = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
        found.append({
            "type": "library", "bom-ref": address, "name": name, "version": one["version"], "purl": address,
            "licenses": [{"expression": one["license"]}], "hashes": [{"alg": "SHA-512", "content": digest}],
            "properties": [{"name": "built into", "value": "src/lineofsight/ui"}],
        })  # fmt: skip
    return found


def licences_of(content: dict[str, Any]) -> dict[str, str]:
    return {
        one["name"]: one["licenses"][0].get("expression") or one["licenses"][0]["license"]["name"]
        for one in content["components"]
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    there = BILL.read_text(encoding="utf-8") if BILL.exists() else ""
    made = bill(LOCK.read_text(encoding="utf-8"), licences_of(json.loads(there)) if there else {})
    words = json.dumps(made, indent=1) + "\n"
    if given.check:
        print("The bill is that of the lock." if words == there else "The lock has changed: run `make sbom`.")
        return int(words != there)
    BILL.write_text(words, encoding="utf-8")
    print(f"{BILL.name}: {len(made['components'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
