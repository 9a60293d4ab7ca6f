"""A service that is slow or silent must not take the threads that the others' routes need.

Per service and gateway process: only so many calls at once; when some of them have hung for more
than a second, no more; and after a few that got no answer in time none for a moment, then one to
see whether it is back.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from contracts.errors import Code, DomainError

THREADS = int(os.environ.get("WEB_THREADS", "16"))
AT_ONCE = max(THREADS * 3 // 4, 1)
HANGING_MAX = max(THREADS * 3 // 8, 1)
HANGS_AFTER_S = 1.0
OPENS_AFTER = 3  # calls in a row without an answer
STAYS_OPEN_S = 2.0


class Bulkhead:
    """The calls to one service that are under way. Safe to share between threads."""

    patience_s = 0.2  # how long a call waits for a place, as in the rush of an opening sale

    def __init__(self, service: str, at_once: int = AT_ONCE, hanging: int = HANGING_MAX) -> None:
        self._service = service
        self._at_once = at_once
        self._hanging_max = hanging
        self._free = Condition()
        self._running: dict[object, float] = {}  # since when
        self._unanswered = 0
        self._closed_until = 0.0

    @contextmanager
    def place(self) -> Iterator[None]:
        """For one call. Raises DomainError SERVICE_UNAVAILABLE when there is none."""
        call = self._enter()
        unanswered = False
        try:
            yield
        except DomainError as error:
            unanswered = error.code is Code.SERVICE_TIMEOUT
            raise
        finally:
            self._leave(call, unanswered)

    def _enter(self) -> object:
        call = object()
        with self._free:
            self._refuse_if_silent()
            if not self._free.wait_for(self._may_start, self.patience_s):
                raise self._unavailable()
            self._running[call] = time.monotonic()
        return call

    def _leave(self, call: object, unanswered: bool) -> None:
        with self._free:
            del self._running[call]
            self._unanswered = self._unanswered + 1 if unanswered else 0
            if self._unanswered >= OPENS_AFTER:
                self._closed_until = time.monotonic() + STAYS_OPEN_S
            self._free.notify()

    def _refuse_if_silent(self) -> None:
        now = time.monotonic()
        hanging = sum(since < now - HANGS_AFTER_S for since in self._running.values())
        if hanging >= self._hanging_max:
            raise self._unavailable()
        if self._unanswered >= OPENS_AFTER:
            if now < self._closed_until:
                raise self._unavailable()
            self._closed_until = now + STAYS_OPEN_S  # this one goes to see; the others wait

    def _may_start(self) -> bool:
        return len(self._running) < self._at_once

    def _unavailable(self) -> DomainError:
        return DomainError(
            Code.SERVICE_UNAVAILABLE,
            f"The {self._service} service is not answering right now. Please try again.",
        )


class SigningIn(Bulkhead):
    """Hashing passwords is slow on purpose: when everybody signs in at once a few do, and the
    rest come again in a second, instead of standing in everybody's way."""

    patience_s = 0.0

    def __init__(self) -> None:
        few = max(THREADS // 4, 1)
        super().__init__("identity", at_once=few, hanging=few + 1)

    def _unavailable(self) -> DomainError:
        return DomainError(
            Code.RATE_LIMITED, "Many people are signing in. Please try again in a second.",
            {"retry_after": 1},
        )


class Bulkheads(dict[str, Bulkhead]):
    """By service."""

    def __missing__(self, service: str) -> Bulkhead:
        return self.setdefault(service, Bulkhead(service))
