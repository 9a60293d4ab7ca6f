"""How often one caller may ask: a token bucket per caller and class of route.

In memory of one process; it keeps a runaway client from taking everybody's turn, while what must
hold everywhere (logins per account) is counted by the service that owns it.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from contracts.errors import Code, DomainError

CALLERS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` on average, `burst` at once."""

    per_second: float
    burst: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """`50/100`: 50 a second, 100 at once."""
        per_second, _, burst = text.partition("/")
        return cls(float(per_second), float(burst or per_second))


# Generous: a cash desk at full speed stays far below; RATE_READ … in the environment change them.
DEFAULTS = {
    "read": Rate(500, 1_000),
    "write": Rate(500, 1_000),
    "document": Rate(20, 50),
    "login": Rate(1, 60),
}


def rates(env: Mapping[str, str]) -> dict[str, Rate]:
    return {
        name: Rate.parse(env[f"RATE_{name.upper()}"]) if f"RATE_{name.upper()}" in env else rate
        for name, rate in DEFAULTS.items()
    }


class RateLimiter:
    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self._rates = rates
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # (tokens, as of)
        self._lock = Lock()

    def take(self, caller: str, rate_class: str) -> None:
        """One request; RATE_LIMITED with the seconds until the next may come."""
        rate, now = self._rates[rate_class], time.monotonic()
        with self._lock:
            tokens, since = self._buckets.get((caller, rate_class), (rate.burst, now))
            tokens = min(rate.burst, tokens + (now - since) * rate.per_second)
            if tokens < 1:
                seconds = math.ceil((1 - tokens) / rate.per_second)
                raise DomainError(
                    Code.RATE_LIMITED, f"Too many requests. Please try again in {seconds} s.",
                    {"retry_after": seconds},
                )
            if len(self._buckets) >= CALLERS_MAX:
                self._buckets.clear()  # forgetting is kinder than growing without end
            self._buckets[caller, rate_class] = (tokens - 1, now)
