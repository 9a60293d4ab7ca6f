"""Send mutated requests to a running system, as everybody who may be a caller, and judge them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from threading import local
from typing import Any
from uuid import uuid4

import requests

from contracts.roles import Role
from gateway.openapi import describe
from gateway.routes import ROUTES
from tests.fuzz.mutations import Request, request

PASSWORD = "trois petits chats"
# Wrong passwords would shut the fuzzer's address out.
LEFT_OUT = ("/v1/me/", "/v1/auth/login", "/v1/auth/holder-login", "/v1/auth/logout")
THREADS = 8
HALF = 0.5
# The web server's own answers, before any route is looked at.
ANYWHERE = {400, 404, 405, 414, 431}


@dataclass
class Verdict:
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Fuzzer:
    def __init__(self, gateway: str, tokens: Callable[[], dict[str, str]]) -> None:
        self.gateway = gateway
        self.tokens = tokens()
        paths = describe(ROUTES)["paths"]
        self.routes = [route for route in ROUTES if not route.path.startswith(LEFT_OUT)]
        self.documented = {
            (route.method, route.path): set(
                map(int, paths[route.path][route.method.lower()]["responses"])
            )
            for route in self.routes
        }
        self._local = local()

    def run(self, count: int, seed: int) -> Verdict:
        verdict = Verdict()
        with ThreadPoolExecutor(THREADS) as pool:
            for status, fault in pool.map(lambda n: self._one(Random(f"{seed}/{n}")), range(count)):
                verdict.sent += 1
                verdict.statuses[status] += 1
                if fault:
                    verdict.faults.append(fault)
        return verdict

    def _one(self, random: Random) -> tuple[int, str]:
        made = request(random.choice(self.routes), random)
        caller = "admin" if random.random() < HALF else random.choice(sorted(self.tokens))
        if token := self.tokens[caller]:
            made.headers.setdefault("Authorization", f"Bearer {token}")
        answer = self._send(made)
        route = made.route
        fault = ""
        if answer.status_code >= 500:
            fault = "server error"
        elif answer.status_code not in self.documented[route.method, route.path] | ANYWHERE:
            fault = "undocumented"
        elif answer.status_code >= 400 and not self._is_problem(answer):
            fault = "no problem document"
        if fault:
            fault = (f"{fault}: {answer.status_code} {route.method} {made.path}?{made.query} as "
                     f"{caller} {made.body!r:.300} → {answer.text:.300}")
        return answer.status_code, fault

    def _send(self, made: Request) -> requests.Response:
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
        headers = {name: text.encode("utf-8") for name, text in made.headers.items()}
        return self._local.http.request(  # type: ignore[no-any-return]
            made.route.method, f"{self.gateway}{made.path}?{made.query}", headers=headers,
            data=made.body, timeout=30,
        )

    @staticmethod
    def _is_problem(answer: requests.Response) -> bool:
        kind = answer.headers.get("Content-Type", "")
        return kind.startswith("application/problem+json") or answer.status_code in (400, 414, 431)


def everybody(gateway: str, admin_password: str) -> dict[str, str]:
    """A token for each role (modifiers with `pos`), customer, web shop and device; and none."""

    def post(path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.post(f"{gateway}{path}", json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    admin = post("/v1/auth/login", {"username": "admin", "password": admin_password})[
        "access_token"]
    places = requests.get(f"{gateway}/v1/sale-points", timeout=30, headers={
        "Authorization": f"Bearer {admin}"}).json()["items"]
    shop = next(place for place in places if place["kind"] == "eshop")["sale_point_id"]
    tokens = {"nobody": "", "admin": admin}
    for role in Role:
        name = f"fuzz-{role.value}-{uuid4().hex[:6]}"
        post("/v1/users", {
            "username": name, "password": PASSWORD, "display_name": name, "sale_points": [shop],
            "roles": sorted({role.value, "pos"}),
        }, admin)
        tokens[role.value] = post("/v1/auth/login", {"username": name, "password": PASSWORD})[
            "access_token"]
    email = f"fuzz-{uuid4().hex[:6]}@example.org"
    post("/v1/holders", {"email": email, "password": PASSWORD, "name": "Fuzz"})
    tokens["holder"] = post("/v1/auth/holder-login", {"email": email, "password": PASSWORD})[
        "access_token"]
    key = post("/v1/api-keys", {"name": "Fuzz", "sale_point_id": shop}, admin)
    tokens["eshop"] = post("/v1/auth/token", {"secret": key["secret"]})["access_token"]
    made = post("/v1/devices", {"name": "Fuzz", "sale_point_id": shop}, admin)
    device = post("/v1/auth/device-enrolments", {"enrolment": made["enrolment"]})
    tokens["device"] = post("/v1/auth/device-token", {"secret": device["secret"]})["access_token"]
    return tokens
