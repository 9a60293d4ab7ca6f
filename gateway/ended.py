"""Which sessions have ended: heard as it happens, and asked for now and then in case it was not."""

import time
from threading import Thread

from contracts.errors import DomainError
from contracts.identity import ListEndedSessions, SessionsEnded
from contracts.roles import system
from gateway.endpoint import Backend

TIMEOUT_S = 2.0


def hear_of_ended_sessions(backend: Backend) -> None:
    ended = backend.verifier.ended
    backend.rpc.hear(SessionsEnded, lambda body: ended.add(body["items"]))


class EndedSessionsWatch(Thread):
    """Asks identity every `pause_s` seconds, first at once: what happened before this process
    was there, or while the broker was not, is known then."""

    def __init__(self, backend: Backend, pause_s: float) -> None:
        super().__init__(name="ended-sessions", daemon=True)
        self._backend = backend
        self._pause_s = pause_s

    def run(self) -> None:
        while True:
            try:
                answer = self._backend.ask(
                    ListEndedSessions(), system("gateway"), timeout=TIMEOUT_S
                )
                self._backend.verifier.ended.add(answer["body"]["items"])
            except DomainError:
                pass  # the broker or identity is away: the next round asks again
            time.sleep(self._pause_s)
