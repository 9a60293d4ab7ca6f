"""Answers for everybody, kept as they were rendered for as long as what they tell is the same."""

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from flask import Response, request

KEPT = 200  # answers: one for each way of asking
BELIEVED_S = 1.0  # how long a version is taken for the newest
SMALL = 1_000  # bytes, that are not worth packing


@dataclass(frozen=True, slots=True)
class Copy:
    version: str
    status: int
    headers: dict[str, str]
    body: bytes
    packed: bytes
    etag: str


class Copies:
    """`newest` tells the version; asked at most once a second."""

    def __init__(self, newest: Callable[[], str], max_age_s: int) -> None:
        self._newest = newest
        self._max_age_s = max_age_s
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._version, self._asked_at = "", float("-inf")
        self._lock = Lock()

    def answer(self, asked: str, render: Callable[[], Response]) -> Response:
        """The copy for the question `asked`; refusals are not kept."""
        version = self._current()
        with self._lock:
            copy = self._copies.get(asked)
        if copy is None or copy.version != version:
            response = render()
            if response.status_code != 200:
                return response
            copy = _copy(version, response)
            with self._lock:
                self._copies[asked] = copy
                self._copies.move_to_end(asked)
                while len(self._copies) > KEPT:
                    self._copies.popitem(last=False)
        return self._response(copy)

    def _current(self) -> str:
        if time.monotonic() - self._asked_at > BELIEVED_S:
            self._version = self._newest()
            self._asked_at = time.monotonic()
        return self._version

    def _response(self, copy: Copy) -> Response:
        pack = len(copy.body) > SMALL and request.accept_encodings["gzip"] > 0
        response = Response(copy.packed if pack else copy.body, copy.status, copy.headers)
        if pack:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Cache-Control"] = f"public, max-age={self._max_age_s}"
        response.vary.add("Accept-Encoding")
        response.set_etag(copy.etag + ("-gzip" if pack else ""))
        response.make_conditional(request)  # changes it in place
        return response


def _copy(version: str, response: Response) -> Copy:
    response.direct_passthrough = False  # files are
    body = response.get_data()
    return Copy(
        version, response.status_code,
        {name: value for name, value in response.headers.items() if name != "Content-Length"},
        body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest()[:32],
    )
