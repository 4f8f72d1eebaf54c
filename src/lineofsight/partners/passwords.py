"""How passwords are kept: Argon2id at 19 MiB, two passes, one lane (the OWASP minimum profile).

The framework's default takes 100 MiB and eight lanes a sign-in, which stalls a two-core host when a
whole team signs in at nine o'clock."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
