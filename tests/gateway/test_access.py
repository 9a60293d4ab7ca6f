"""Who may ask what: every route with every role, and with everything that is no token.

`access.txt` is the table a person reads and agrees to; it is compared with what the gateway does.
"""

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.roles import MODIFIERS, Principal, Role
from gateway import permissions
from gateway.endpoint import PUBLIC, UPLOADED, Route
from gateway.routes import ROUTES
from tests.gateway import samples
from tests.gateway.conftest import CountingRpc, token

TABLE = Path(__file__).with_name("access.txt")
CALLERS: dict[str, dict[str, str]] = {
    **{role.value: token(role) for role in Role},
    **{f"pos+{role.value}": token(Role.POS, role) for role in sorted(MODIFIERS)},
    "eshop": token(kind=Principal.ESHOP),
    "holder": token(kind=Principal.HOLDER),
    "device": token(kind=Principal.DEVICE),
    "user": token(),  # who must set up a second factor first holds no role
}
NOBODY: dict[str, tuple[dict[str, str], str]] = {
    "no token": ({}, "TOKEN_MISSING"),
    "no bearer": ({"Authorization": "Basic eDp5"}, "TOKEN_MISSING"),
    "expired": (token(Role.ADMIN, expires_in=-60), "TOKEN_EXPIRED"),
    "forged": (token(Role.ADMIN, key=Ed25519PrivateKey.generate()), "TOKEN_INVALID"),
    "unknown key": (token(Role.ADMIN, key_id="other"), "TOKEN_INVALID"),
    "other audience": (token(Role.ADMIN, aud="elsewhere"), "TOKEN_INVALID"),
    "made up role": (token("emperor"), "TOKEN_INVALID"),
    "our own services": (token(kind=Principal.SYSTEM), "ROLE_MISSING"),
}


def ask(http: FlaskClient, route: Route, headers: dict[str, str]) -> TestResponse:
    """A valid request on a route, from a caller."""
    fields = samples.ask(route.message)
    path = route.path
    for name in route.path_fields:
        value = fields.pop(name)
        path = path.replace(f"{{{name}}}", str(value[0] if isinstance(value, list) else value))
    fields = {name: value for name, value in fields.items() if name in route.open_fields}
    given = dict.fromkeys(route.headers, "sample") | {"Idempotency-Key": str(uuid4())}
    sent: dict[str, Any] = {"headers": headers | given}
    if route.method in ("GET", "DELETE"):
        sent["query_string"] = fields
    elif route.body == "upload":
        kept = {name: value for name, value in fields.items() if name not in UPLOADED}
        sent["data"] = kept | {"file": (BytesIO(b"a;b\n1;2\n"), "programme.csv")}
    else:
        sent["json"] = fields
    return http.open(path, method=route.method, **sent)


def table() -> dict[str, set[str]]:
    """`GET /v1/me`: who may, as access.txt says; modifiers count with pos only."""
    rows = (line.split(maxsplit=2) for line in TABLE.read_text().splitlines()
            if line.strip() and not line.startswith("#"))
    return {f"{method} {path}": set(who.split()) for method, path, who in rows}


def allowed(who: set[str], caller: str) -> bool:
    """`on-site`, `partner`, `overbooker`, … grant nothing without `pos` (SPEC §1)."""
    if "user" in who and caller not in ("eshop", "holder", "device"):
        return True
    if caller in {str(role) for role in MODIFIERS}:
        return False
    if caller == "device" and "entry_check" in who:
        return True
    if caller == "admin":
        return not who.isdisjoint({str(role) for role in Role})
    return not who.isdisjoint(caller.split("+"))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_role_reaches_exactly_what_it_may(
    http: FlaskClient, rpc: CountingRpc, route: Route
) -> None:
    who = table()[f"{route.method} {route.path}"]
    for caller, headers in CALLERS.items():
        rpc.sent.clear()
        answer = ask(http, route, headers)
        if who == {"public"} or allowed(who, caller):
            assert answer.status_code in (200, 201, 202, 204), (caller, answer.text)
            assert rpc.sent or route.version, caller  # kept copies need no call
        else:
            assert answer.status_code == 403, (caller, answer.text)
            assert json.loads(answer.data)["code"] == "ROLE_MISSING"
            assert not rpc.sent, caller


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_nobody_gets_nothing(http: FlaskClient, rpc: CountingRpc, route: Route) -> None:
    for what, (headers, code) in NOBODY.items():
        rpc.sent.clear()
        answer = ask(http, route, headers)
        if route.roles is PUBLIC:
            assert answer.status_code < 300, (what, answer.text)
            continue
        assert answer.status_code == (403 if code == "ROLE_MISSING" else 401), (what, answer.text)
        assert answer.json["code"] == code, what
        assert answer.content_type == "application/problem+json"
        assert not [call for call in rpc.sent if call != "identity.get_jwks"], what


def test_the_table_and_the_routes_are_the_same() -> None:
    declared = {
        f"{route.method} {route.path}":
            {"public"} if route.roles is PUBLIC else {str(role) for role in route.roles}
        for route in ROUTES
    }
    assert table() == declared


def test_the_page_shows_what_the_table_says(http: FlaskClient) -> None:
    page = http.get("/docs/permissions")
    assert page.status_code == 200 and page.mimetype == "text/html"
    for route in ROUTES:
        assert f"{route.method} {route.path}" in page.text
        who = table()[f"{route.method} {route.path}"]
        for caller in permissions.CALLERS:
            shown = permissions.cell(route, caller)
            reached = who == {"public"} or allowed(who, caller)
            with_pos = f"pos+{caller}" in CALLERS and allowed(who, f"pos+{caller}")
            wanted = permissions.YES if reached else permissions.WITH_POS if (
                with_pos and not allowed(who, "pos")) else ""
            assert shown == wanted, (route.path, caller)


def test_stats_sees_statistics_only() -> None:
    seen = {key for key, who in table().items() if "stats" in who} - {"GET /v1/me"}
    assert seen
    assert all(key.startswith("GET /v1/statistics/") for key in seen)
