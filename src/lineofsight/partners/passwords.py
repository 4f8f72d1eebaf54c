"""How passwords are chosen and kept.

Kept: Argon2id at 19 MiB, two passes, one lane (the OWASP minimum profile), and never more than two at once in
a process. The framework's default takes 100 MiB and eight lanes a sign-in, which stalls a two-core host when a
whole team signs in at nine o'clock (N-2).
"""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError

from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.sign_in import numbers, our_words

AT_ONCE = 2


class Turns:
    """So many at once, and the rest in the order in which they came. A plain semaphore lets whoever has just
    ended begin again before those who wait, and in a rush the same few wait to the end."""

    def __init__(self, at_once: int) -> None:
        self._free, self._lock = at_once, Lock()
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # until it is handed over

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


#: The third waits for one of two to end.
turns = Turns(AT_ONCE)


class Argon2(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with turns:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with turns:
            return super().verify(password, encoded)


class LengthWithinBounds:
    """12 to 128 characters, whatever they are. There is no rule about kinds of character, and no password
    has to be changed because time has passed (N-2)."""

    def validate(self, password: str, user: Any = None) -> None:
        shortest, longest = numbers().shortest_password, numbers().longest_password
        if len(password) < shortest:
            raise ValidationError(
                f"Choose a password of at least {shortest} characters. Three or four unrelated words do well."
            )
        if len(password) > longest:
            raise ValidationError(f"Choose a password of at most {longest} characters.")

    def get_help_text(self) -> str:
        return f"At least {numbers().shortest_password} characters."


class NotOurWords:
    """Not made of the words that anybody would try first here: the product's, the field's and the partnership's own
    (`our_words` in sign_in.yaml). What is left without them and without figures must be as long as half a password."""

    def validate(self, password: str, user: Any = None) -> None:
        left = "".join(letter for letter in password.casefold() if letter.isalpha())
        for word in sorted(our_words(settings.PARTNERSHIP_NAME), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < numbers().shortest_password // 2 and any(
            word in password.casefold() for word in our_words(settings.PARTNERSHIP_NAME)
        ):
            raise ValidationError(
                "This password is made of words that everybody here knows. Use other words, unrelated to the work."
            )

    def get_help_text(self) -> str:
        return "Not made of words such as the partnership’s name."


class NotBreached:
    """Not in the operator's copy of the Pwned Passwords list, if there is one. Nothing is sent anywhere."""

    def validate(self, password: str, user: Any = None) -> None:
        place = settings.BREACHED_PASSWORDS
        if place and is_listed(Path(place), password):
            raise ValidationError(
                "This password is in a list of stolen ones, so others try it first. Choose another."
            )

    def get_help_text(self) -> str:
        return "Not one that is known to have been stolen."


def is_listed(path: Path, password: str) -> bool:
    """Whether the SHA-1 of this password starts a line of a sorted file of `HASH:COUNT` lines."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with path.open("rb") as file:
            low, high = 0, file.seek(0, 2)
            while low < high:
                middle = (low + high) // 2
                file.seek(middle)
                if middle:
                    file.readline()  # the rest of a line that began before the middle
                found = file.readline()[:40].upper()
                if found == wanted:
                    return True
                if found and found < wanted:
                    low = middle + 1
                else:
                    high = middle
            file.seek(low)  # the first line of all is reached only from the very beginning
            return file.readline()[:40].upper() == wanted if low == 0 else False
    except OSError as error:
        raise Refused(
            "New passwords cannot be checked at the moment, so none is taken. Tell the people who run the service: "
            f"the list of stolen passwords could not be read ({error.strerror})."
        ) from error
