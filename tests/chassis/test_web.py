"""The HTTP habits that both doors share: tokens, strict JSON, keys, problem documents."""

import base64
import json
import time
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient

from contracts.errors import Code, DomainError, kind_of
from contracts.roles import Principal, Role
from services.chassis import web
from services.chassis.errors import STATUS, STATUS_OF_CODE, status_of
from services.chassis.web import TokenVerifier
from tests.wallet.door import TokenMaker


class Source:
    """Where a verifier gets its keys, counting how often it is asked."""

    def __init__(self, *makers: TokenMaker) -> None:
        self.keys = {maker.key_id: maker.raw for maker in makers}
        self.asked = 0

    def __call__(self) -> dict[str, bytes]:
        self.asked += 1
        return dict(self.keys)


@pytest.fixture
def maker() -> TokenMaker:
    return TokenMaker()


@pytest.fixture
def verifier(maker: TokenMaker) -> TokenVerifier:
    return TokenVerifier(Source(maker))


def refused(verifier: TokenVerifier, token: str) -> Code:
    with pytest.raises(DomainError) as refusal:
        verifier.actor(token)
    return refusal.value.code


# ------------------------------------------------------------------ tokens


def test_a_token_says_who_asks(verifier: TokenVerifier, maker: TokenMaker) -> None:
    bar = uuid4()
    actor = verifier.actor(maker.token("pos", "wallet_cashier", sale_points=(bar,)))
    assert (actor.kind, actor.id, actor.name) == (Principal.USER, "u1", "Lea")
    assert actor.roles == {Role.POS, Role.WALLET_CASHIER}
    assert actor.sale_points == {bar}


def test_an_expired_token_says_so(verifier: TokenVerifier, maker: TokenMaker) -> None:
    now = int(time.time())
    assert verifier.actor(maker.token(exp=now - 10))  # clocks may differ by half a minute
    assert refused(verifier, maker.token(exp=now - 40)) is Code.TOKEN_EXPIRED


def test_a_token_that_was_good_expires_too(verifier: TokenVerifier, maker: TokenMaker) -> None:
    """Though it is verified only once while it is good."""
    token = maker.token(exp=int(time.time()) - 28)
    assert verifier.actor(token) is verifier.actor(token)
    time.sleep(2.1)
    assert refused(verifier, token) is Code.TOKEN_EXPIRED


@pytest.mark.parametrize("claims", [
    {"iss": "another"}, {"aud": "another"}, {"nbf": 4_000_000_000}, {"kind": "god"},
    {"roles": ["god"]}, {"sale_points": ["bar"]}, {"roles": 7}, {"sub": 7},
])
def test_wrong_claims(verifier: TokenVerifier, maker: TokenMaker, claims: dict) -> None:
    token = jwt.encode(maker.claims() | claims, maker.private, "EdDSA", {"kid": "k1"})
    assert refused(verifier, token) is Code.TOKEN_INVALID


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "aud", "iss", "sub", "kind"])
def test_missing_claims(verifier: TokenVerifier, maker: TokenMaker, claim: str) -> None:
    claims = maker.claims()
    del claims[claim]
    token = jwt.encode(claims, maker.private, "EdDSA", {"kid": "k1"})
    assert refused(verifier, token) is Code.TOKEN_INVALID


def test_forged_tokens(verifier: TokenVerifier, maker: TokenMaker) -> None:
    claims, kid = maker.claims("admin"), {"kid": "k1"}
    forger = Ed25519PrivateKey.generate()
    good = maker.token("pos")
    head, body, signature = good.split(".")
    more = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    for token in (
        jwt.encode(claims, None, "none", kid),
        jwt.encode(claims, "x" * 32, "HS256", kid),
        jwt.encode(claims, maker.raw.hex(), "HS256", kid),  # the public key as a shared secret
        jwt.encode(claims, forger, "EdDSA", kid),
        jwt.encode(claims, maker.private, "EdDSA", {"kid": "k2"}),
        jwt.encode(claims, maker.private, "EdDSA"),
        f"{head}.{more}.{signature}", f"{head}.{body}.", f"{head}.{body}",
        "", "a.b.c", "é.é.é", "." * 5,
    ):
        assert refused(verifier, token) is Code.TOKEN_INVALID, token


def test_keys_rotate_and_unknown_ones_cost_nothing(
    maker: TokenMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = TokenMaker("k2")
    source = Source(maker)
    verifier = TokenVerifier(source)
    assert verifier.actor(maker.token())
    for _ in range(20):
        assert refused(verifier, newer.token()) is Code.TOKEN_INVALID
    assert source.asked == 1
    source.keys["k2"] = newer.raw
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + verifier.REFRESH_S + 1)
    assert verifier.actor(newer.token()) and verifier.actor(maker.token("pos"))
    assert source.asked == 2


def test_trouble_with_the_keys_is_not_the_callers_fault(maker: TokenMaker) -> None:
    def away() -> dict[str, bytes]:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        TokenVerifier(away).actor(maker.token())


# ------------------------------------------------------------------ requests and answers


@pytest.fixture
def http(verifier: TokenVerifier) -> FlaskClient:
    app = Flask("test")
    web.install(app, max_body=1_000)

    @app.post("/echo")
    def echo():
        return web.json_response({"body": web.json_body(), "key": web.idempotency_key(True)})

    @app.get("/fault")
    def fault():
        raise RuntimeError("secret detail")

    @app.get("/who")
    def who():
        return web.json_response({"id": web.require(verifier, (Role.STATS,)).id})

    return app.test_client()


def problem(answer, status: int, code: Code) -> dict:
    """The problem document, checked whole."""
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert said["status"] == status and said["type"] == f"urn:festival:error:{code}"
    assert said["request_id"] == answer.headers["X-Request-Id"]
    assert said["title"] and said["detail"]
    return said


@pytest.mark.parametrize("body", [
    b"{", b"[1]", b"7", b'"x"', b"null", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": Infinity}',
    b'{"a": ' + b"9" * 30 + b"}", b'{"a": "\xff"}', b'{"a":' * 25 + b"1" + b"}" * 25,
])
def test_what_is_not_a_json_object_is_refused(http: FlaskClient, body: bytes) -> None:
    answer = http.post("/echo", data=body, headers={"Idempotency-Key": "k"},
                       content_type="application/json")
    problem(answer, 400, Code.MALFORMED_JSON)


def test_other_bodies(http: FlaskClient) -> None:
    problem(http.post("/echo", data="a=1", content_type="application/x-www-form-urlencoded"),
            415, Code.UNSUPPORTED_MEDIA_TYPE)
    problem(http.post("/echo", data=b"{" + b" " * 2_000 + b"}", content_type="application/json"),
            413, Code.BODY_TOO_LARGE)


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
def test_an_idempotency_key_is_visible_ascii(http: FlaskClient, key: str) -> None:
    answer = http.post("/echo", json={}, headers={"Idempotency-Key": key})
    problem(answer, 400, Code.IDEMPOTENCY_KEY_MISSING)


def test_a_good_request(http: FlaskClient) -> None:
    answer = http.post("/echo", json={"é": [1, None]}, headers={
        "Idempotency-Key": "x" * 255, "X-Request-Id": "from-the-till-0001"})
    assert answer.get_json() == {"body": {"é": [1, None]}, "key": "x" * 255}
    assert answer.headers["X-Request-Id"] == "from-the-till-0001"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_strange_request_id_is_replaced(http: FlaskClient) -> None:
    for strange in ("x", "a" * 65, "<script>", "a b c d e f"):
        answer = http.get("/live", headers={"X-Request-Id": strange})
        assert answer.headers["X-Request-Id"] != strange


def test_no_such_path_or_method(http: FlaskClient) -> None:
    problem(http.get("/nothing"), 404, Code.NOT_FOUND)
    answer = http.delete("/echo")
    problem(answer, 405, Code.METHOD_NOT_ALLOWED)
    assert "POST" in answer.headers["Allow"]


def test_a_fault_tells_nothing_of_itself(http: FlaskClient) -> None:
    said = problem(http.get("/fault"), 500, Code.INTERNAL_ERROR)
    assert "secret" not in json.dumps(said)


def test_who_may(http: FlaskClient, maker: TokenMaker) -> None:
    missing = http.get("/who")
    problem(missing, 401, Code.TOKEN_MISSING)
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    for header in ("Basic abc", "Bearer", "Bearer "):
        problem(http.get("/who", headers={"Authorization": header}), 401, Code.TOKEN_MISSING)
    forged = http.get("/who", headers={"Authorization": "Bearer x.y.z"})
    problem(forged, 401, Code.TOKEN_INVALID)
    for role, status in ((Role.STATS, 200), (Role.ADMIN, 200), (Role.POS, 403)):
        headers = {"Authorization": f"bearer {maker.token(role)}"}
        assert http.get("/who", headers=headers).status_code == status


def test_every_code_has_a_status() -> None:
    for code in Code:
        assert 400 <= status_of(DomainError(code, "x")) < 600
    assert set(STATUS) == {kind_of(code) for code in Code}
    assert set(STATUS_OF_CODE) <= set(Code)
