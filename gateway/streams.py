"""Live updates: a route's answer, again whenever it changes, as server-sent events.

Beside `GET …` stands `GET …/stream`, with the same roles and the same question, asked every
second. Each open stream holds a thread, so there are few, and each is over before a gateway that
is told to stop would cut it; browsers come again by themselves.
"""

import json
import time
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Any

from flask import Flask, Response, g, request

from contracts.errors import Code, DomainError
from contracts.message import load
from contracts.roles import Actor
from gateway.bulkhead import THREADS
from gateway.endpoint import Backend, Endpoint, Route, caller, refused

STREAMED = (
    "/v1/screenings/{screening_id}/availability",
    "/v1/screenings/{screening_id}/attendance",
    "/v1/register-sessions/{register_session_id}/x-report",
)
OPEN_MAX = max(THREADS // 4, 1)
LASTS_S = 15.0
ASKS_EVERY_S = 1.0
RETRY_MS = 1_000


def add_streams(app: Flask, routes: tuple[Route, ...], backend: Backend) -> None:
    places = BoundedSemaphore(OPEN_MAX)
    for route in routes:
        if route.method == "GET" and route.path in STREAMED:
            app.add_url_rule(
                f"{route.rule}/stream", f"GET {route.path}/stream",
                Stream(route, backend, places), methods=["GET"],
            )


class Stream(Endpoint):
    """The first answer decides: a refusal is a problem document, as without the stream."""

    def __init__(self, route: Route, backend: Backend, places: BoundedSemaphore) -> None:
        super().__init__(route, backend)
        self._places = places

    def __call__(self, **path: str) -> Response:
        actor = self._actor()
        self.backend.limits.take(caller(actor), self.route.rate_class)
        message: Any = load(self.route.message, self._fields(path))
        first = self.backend.ask(message, actor, timeout=self.route.timeout_s)
        if first["error"]:
            return refused(DomainError.from_dict(first["error"]))
        if not self._places.acquire(blocking=False):
            raise DomainError(
                Code.RATE_LIMITED, "Too many live views are open. Please try again in a moment.",
                {"retry_after": round(LASTS_S)},
            )
        token = request.headers["Authorization"].partition(" ")[2].strip()
        response = Response(
            self._events(first["body"], message, actor, token, g.request_id),
            mimetype="text/event-stream",
        )
        response.call_on_close(self._places.release)
        return response

    def _events(
        self, body: Any, message: Any, actor: Actor, token: str, request_id: str
    ) -> Iterator[str]:
        until = time.monotonic() + LASTS_S
        yield f"retry: {RETRY_MS}\n{_event(body)}"
        while time.monotonic() < until:
            time.sleep(ASKS_EVERY_S)
            try:
                self.backend.verifier.actor(token)  # whose session ends sees no more
                answer = self.backend.ask(message, actor, request_id=request_id)
            except DomainError:
                return
            if answer["error"]:
                return
            yield _event(answer["body"]) if answer["body"] != body else ":\n\n"
            body = answer["body"]


def _event(body: Any) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"
