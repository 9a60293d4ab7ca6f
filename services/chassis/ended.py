"""Which sessions have ended although tokens of theirs have not: the short list of a verifier.

It is filled by whoever hears of it (`contracts.identity.SessionsEnded`) and forgets by itself.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any


class EndedSessions:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._ended: dict[str, tuple[float, float]] = {}  # by session: ended at, forget at
        self._lock = Lock()

    def add(self, items: Iterable[Mapping[str, Any]]) -> None:
        """`items`: `EndedSession`s as they travel."""
        new = {
            str(item["session_id"]): (_instant(item["ended_at"]), _instant(item["forget_at"]))
            for item in items
        }
        with self._lock:
            now = time.time()
            self._ended = {
                session: times for session, times in (self._ended | new).items() if times[1] > now
            }

    def include(self, session_id: str, issued_at: float) -> bool:
        """Is a token of this session, issued then, no good any more."""
        ended_at, _ = self._ended.get(session_id, (0.0, 0.0))
        return issued_at <= ended_at


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
