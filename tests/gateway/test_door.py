"""What surrounds the routes: health by name, limits, CORS, headers, the description, keys."""

import time

import pytest
from flask.testing import FlaskClient

from contracts.errors import DomainError
from contracts.roles import Role
from gateway.app import Options, create_app
from gateway.limits import Rate, RateLimiter
from gateway.rpc import RpcClient
from gateway.wsgi import __getattr__ as made_for_gunicorn
from services.chassis.settings import Settings
from tests.gateway.conftest import NO_LIMITS, OWNERS, CountingRpc, token
from tests.running import Servers

SHOP = "https://shop.example"


def test_ready_names_every_part(http: FlaskClient) -> None:
    answer = http.get("/ready")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "checks": dict.fromkeys(["broker", *OWNERS], "ok")}
    assert http.get("/live").json == {"status": "alive"}


def test_ready_says_what_is_missing(servers: Servers, stubs: None) -> None:
    """On the real services' exchange nobody may be listening: asked where nobody is."""
    client = RpcClient(servers.amqp_url, "nobody-rpc")
    app = create_app(Settings("gateway", servers.amqp_url), Options(), client)
    answer = app.test_client().get("/ready")
    assert answer.status_code == 503
    assert answer.json["checks"]["broker"] == "ok"
    assert answer.json["checks"]["wallet"] == "SERVICE_UNAVAILABLE"
    client.close()


def test_without_a_broker_ready_and_every_route_say_so() -> None:
    app = create_app(Settings("gateway", "amqp://guest:guest@127.0.0.1:1//"), Options())
    http = app.test_client()
    answer = http.get("/ready")
    assert (answer.status_code, answer.json["checks"]) == (503, {"broker": "unreachable"})
    assert http.get("/v1/programme").json["code"] == "SERVICE_UNAVAILABLE"
    assert http.get("/v1/programme").status_code == 503
    assert http.get("/live").status_code == 200
    assert http.get("/v1/me", headers=token(Role.ADMIN)).status_code == 503


@pytest.mark.parametrize(("key", "status", "code"), [
    ("fault-1", 500, "INTERNAL_ERROR"),
    ("refuse-WALLET_NOT_FOUND", 404, "WALLET_NOT_FOUND"),
    ("refuse-INSUFFICIENT_FUNDS", 409, "INSUFFICIENT_FUNDS"),
    ("refuse-SALE_POINT_NOT_YOURS", 403, "SALE_POINT_NOT_YOURS"),
    ("refuse-IDEMPOTENCY_KEY_REUSED", 422, "IDEMPOTENCY_KEY_REUSED"),
    ("refuse-SERVICE_UNAVAILABLE", 503, "SERVICE_UNAVAILABLE"),
    ("refuse-LOGIN_THROTTLED", 429, "LOGIN_THROTTLED"),
])
def test_refusals_of_a_service_are_problem_documents(
    http: FlaskClient, key: str, status: int, code: str
) -> None:
    answer = http.post(
        "/v1/wallets/ABCD-1234/block", json={"reason": "lost"},
        headers=token(Role.WALLET_MANAGER) | {"Idempotency-Key": key},
    )
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_keys_are_fetched_once_and_kept_while_identity_is_away(
    servers: Servers, stubs: None
) -> None:
    class IdentityAway(CountingRpc):
        away = False

        def call(self, service, method, *args, timeout=10.0):
            if self.away and service == "identity":
                service = "nobody"
            return super().call(service, method, *args, timeout=timeout)

    client = IdentityAway(servers.amqp_url)
    options = Options(rates=NO_LIMITS)
    http = create_app(Settings("gateway", servers.amqp_url), options, client).test_client()
    for _ in range(3):
        assert http.get("/v1/orders", headers=token(Role.POS)).status_code == 200
    assert client.sent.count("identity.get_jwks") == 1
    client.away = True
    assert http.get("/v1/orders", headers=token(Role.POS)).status_code == 200
    client.close()


# ------------------------------------------------------------------ limits


def limited(rpc: CountingRpc, servers: Servers, **rates: Rate) -> FlaskClient:
    options = Options(rates=NO_LIMITS | rates)
    return create_app(Settings("gateway", servers.amqp_url), options, rpc).test_client()


def test_a_caller_who_asks_too_often_is_told_when_to_come_back(
    rpc: CountingRpc, servers: Servers
) -> None:
    http = limited(rpc, servers, read=Rate(0.5, 3))
    one, other = token(Role.POS), token(Role.POS)
    assert [http.get("/v1/orders", headers=one).status_code for _ in range(4)] == [
        200, 200, 200, 429]
    refused = http.get("/v1/orders", headers=one)
    assert refused.json["code"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert http.get("/v1/orders", headers=other).status_code == 200


def test_logins_are_limited_by_address(rpc: CountingRpc, servers: Servers) -> None:
    http = limited(rpc, servers, login=Rate(0.1, 2))
    body = {"username": "lea", "password": "x"}
    statuses = [http.post("/v1/auth/login", json=body).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    elsewhere = http.post("/v1/auth/login", json=body, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 200


def test_a_bucket_fills_again() -> None:
    limits = RateLimiter({"read": Rate(50, 1)})
    limits.take("a", "read")
    with pytest.raises(DomainError):
        limits.take("a", "read")
    time.sleep(0.03)
    limits.take("a", "read")


def test_settings_come_from_the_environment() -> None:
    options = Options.from_env({
        "CORS_ORIGINS": "https://a.example, https://b.example", "RATE_LOGIN": "2/5",
        "TRUSTED_PROXIES": "1",
    })
    assert options.cors_origins == {"https://a.example", "https://b.example"}
    assert options.rates["login"] == Rate(2, 5)
    assert options.trusted_proxies == 1
    assert made_for_gunicorn("app").name == "gateway"


# ------------------------------------------------------------------ browsers


def test_only_listed_front_ends_may_call_from_a_browser(http: FlaskClient) -> None:
    preflight = http.options("/v1/orders", headers={"Origin": SHOP})
    assert preflight.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    refused = http.get("/v1/orders", headers={"Origin": SHOP})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, SHOP)
    other = http.options("/v1/orders", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


def test_answers_are_not_kept_sniffed_or_framed(http: FlaskClient) -> None:
    headers = http.get("/v1/orders", headers=token(Role.POS)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_the_programme_may_be_kept_and_asked_about(http: FlaskClient) -> None:
    first = http.get("/.well-known/jwks.json")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = http.get("/.well-known/jwks.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_needs_no_internet(http: FlaskClient) -> None:
    page = http.get("/docs").text
    assert "http" not in page.replace("https://www.w3.org", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/docs/{name}" in page
        assert http.get(f"/docs/{name}").status_code == 200
    assert http.get("/docs/../app.py").status_code == 404


def test_metrics_are_by_route_not_by_path(http: FlaskClient) -> None:
    http.get("/v1/wallets/SECRETCODE", headers=token(Role.POS))
    text = http.get("/metrics").text
    assert 'route="/v1/wallets/<code>"' in text
    assert "SECRETCODE" not in text

