"""The front door, as an app sees it: HTTP, tokens, idempotency keys."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

TIMEOUT_S = 30


class Unexpected(AssertionError):
    """The system answered something else than the step needs."""


@dataclass
class Caller:
    """One signed-in person, shop or device at one door."""

    base: str
    name: str = "nobody"
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        return self.ask("GET", path, expect, params=query)

    def post(
        self, path: str, body: Any = None, expect: int | tuple[int, ...] = 201, key: str = "",
    ) -> Any:
        """With a new idempotency key unless one is given."""
        return self.ask("POST", path, expect, json=body, key=key or str(uuid4()))

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return self.ask("PUT", path, expect, json=body)

    def download(self, path: str, media_type: str, **query: Any) -> bytes:
        answer = self.send("GET", path, params=query)
        self.check(answer, 200, f"GET {path}")
        found = answer.headers["Content-Type"].split(";")[0]
        if found != media_type:
            raise Unexpected(f"GET {path} answered {found}, not {media_type}")
        return answer.content

    def ask(
        self, method: str, path: str, expect: int | tuple[int, ...], key: str = "", **options: Any
    ) -> Any:
        """The JSON of the answer, whose status must be `expect`."""
        answer = self.send(method, path, key=key, **options)
        self.check(answer, expect, f"{method} {path}")
        return answer.json() if answer.content else None

    def send(self, method: str, path: str, key: str = "", **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        return self.session.request(
            method, self.base + path, headers=headers, timeout=TIMEOUT_S, **options
        )

    def check(
        self, answer: requests.Response, expect: int | tuple[int, ...], what: str
    ) -> None:
        wanted = expect if isinstance(expect, tuple) else (expect,)
        if answer.status_code not in wanted:
            raise Unexpected(
                f"{self.name}: {what} answered {answer.status_code}, not {expect}: "
                f"{answer.text[:400]}"
            )
        if answer.status_code >= 400:
            document = answer.json()
            if answer.headers["Content-Type"] != "application/problem+json":
                raise Unexpected(f"{what}: a refusal that is no problem document")
            if not {"code", "detail", "request_id"} <= document.keys():
                raise Unexpected(f"{what}: a problem without code, detail or request_id")


def chf(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "CHF"}
