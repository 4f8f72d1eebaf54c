"""What a team signing in at nine o'clock costs a small machine (N-2): passwords checked all at once, by the
product's hasher and by the framework's own, each in a process apart so that its memory can be read.

Beside the sign-ins one thread draws the sign-in page over and over, as other people's work would: what it takes
during the rush is compared with what it takes at rest.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench import ground

PASSWORD = "a long enough pass phrase"
#: Names of the two hashers that are compared.
HASHERS = {
    "this product": "lineofsight.partners.passwords.Argon2",
    "the framework’s default": "django.contrib.auth.hashers.Argon2PasswordHasher",
}


def rush(hasher: str, sign_ins: int, at_once: int) -> dict[str, float]:
    """In this process: so many passwords checked, so many at a time, and the page drawn beside them."""
    from django.contrib.auth.hashers import check_password, make_password
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.test.utils import override_settings

    from lineofsight.partners.forms import SignInForm
    from lineofsight.ui.pages import surroundings

    request = RequestFactory().get("/sign-in")
    context = {
        **surroundings(request),
        "title": "Sign in",
        "form": SignInForm(),
        "onward": "/",
        "ended": "",
        "providers": (),
    }

    def page() -> float:
        begun = time.perf_counter()
        render_to_string("partners/sign_in.jinja", context, request=request)
        return (time.perf_counter() - begun) * 1000

    with override_settings(PASSWORD_HASHERS=[hasher]):
        kept = make_password(PASSWORD)

        def sign_in(_: int) -> float:
            begun = time.perf_counter()
            assert check_password(PASSWORD, kept)
            return (time.perf_counter() - begun) * 1000

        one = ground.percentile([sign_in(0) for _ in range(9)], 0.5)
        rest = ground.percentile([page() for _ in range(60)], 0.95)
        drawn: list[float] = []
        over = threading.Event()

        def others() -> None:
            while not over.is_set():
                drawn.append(page())
                time.sleep(0.01)

        beside = threading.Thread(target=others)
        beside.start()
        begun = time.perf_counter()
        with ThreadPoolExecutor(at_once) as people:
            waits = list(people.map(sign_in, range(sign_ins)))
        seconds = time.perf_counter() - begun
        over.set()
        beside.join()
    return {
        "one": one, "p50": ground.percentile(waits, 0.5), "p95": ground.percentile(waits, 0.95),
        "per_second": sign_ins / seconds, "page_rest": rest, "page_rush": ground.percentile(drawn, 0.95),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def apart(hasher: str, sign_ins: int, at_once: int) -> Any:
    command = [sys.executable, "-m", "bench.sign_in", "--hasher", hasher, "--sign-ins", str(sign_ins),
               "--at-once", str(at_once)]  # fmt: skip
    done = subprocess.run(command, cwd=ground.ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


HEADERS = (
    "Passwords checked by", "one alone, ms", "p50, ms", "p95, ms", "a second", "another page at rest, p95 ms",
    "and in the rush, p95 ms", "memory, MB",
)  # fmt: skip


def shown(name: str, run: dict[str, float]) -> list[str]:
    keys = ("one", "p50", "p95", "per_second", "page_rest", "page_rush", "memory_mb")
    return [name, *(f"{run[key]:,.1f}" if key.startswith("page") else f"{run[key]:,.0f}" for key in keys)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sign-ins", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16, help="people who press the button together")
    parser.add_argument("--hasher", default="", help="used by the bench itself: one run in this process")
    given = parser.parse_args()
    if given.hasher:
        with ground.server():
            print(json.dumps(rush(given.hasher, given.sign_ins, given.at_once)))
        return
    with ground.server():
        ground.gather_static()
        runs = {name: apart(path, given.sign_ins, given.at_once) for name, path in HASHERS.items()}
        print(ground.table(HEADERS, [shown(name, run) for name, run in runs.items()]))
        ground.keep("sign_in", {"sign_ins": given.sign_ins, "at_once": given.at_once, "runs": runs})


if __name__ == "__main__":
    main()
