"""The gateway in front of stand-ins for the services, on a real broker."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient

from contracts.message import type_of
from contracts.roles import Principal, Role
from gateway.app import Options, create_app
from gateway.limits import Rate
from gateway.routes import ROUTES
from gateway.rpc import RpcClient
from services.chassis.settings import Settings
from tests.gateway.samples import KEY_ID, SIGNING_KEY, SOME_ID
from tests.running import Servers

EXCHANGE = "test-rpc"
OWNERS = sorted({type_of(route.message).owner for route in ROUTES})
NO_LIMITS = dict.fromkeys(("read", "write", "document", "login"), Rate(10_000, 10_000))
Tokens = Callable[..., dict[str, str]]


class CountingRpc(RpcClient):
    """Knows which calls left the gateway."""

    def __init__(self, amqp_url: str) -> None:
        super().__init__(amqp_url, EXCHANGE)
        self.sent: list[str] = []

    def call(self, service, method, *args, timeout=10.0):
        self.sent.append(f"{service}.{method}")
        return super().call(service, method, *args, timeout=timeout)


def start_stub(amqp_url: str, *owners: str) -> subprocess.Popen[str]:
    stub = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.gateway.stub", *owners],
        env=os.environ | {"AMQP_URL": amqp_url}, stdout=subprocess.PIPE, text=True,
    )
    assert stub.stdout is not None
    assert stub.stdout.readline() == "ready\n"
    return stub


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)


@pytest.fixture(scope="session")
def stubs(servers: Servers) -> Iterator[None]:
    stub = start_stub(servers.amqp_url, *OWNERS)
    yield
    stop(stub)


@pytest.fixture(scope="session")
def rpc(servers: Servers, stubs: None) -> Iterator[CountingRpc]:
    client = CountingRpc(servers.amqp_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def app(servers: Servers, rpc: CountingRpc) -> Flask:
    options = Options(cors_origins=frozenset({"https://shop.example"}), rates=NO_LIMITS)
    return create_app(Settings("gateway", servers.amqp_url), options, rpc)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def bearer() -> Tokens:
    return token


def token(
    *roles: Role | str, kind: Principal = Principal.USER, expires_in: float = 7_200,
    key: Ed25519PrivateKey = SIGNING_KEY, key_id: str = KEY_ID, **changed: object,
) -> dict[str, str]:
    """The headers of a caller with these roles; `changed` claims for the odd ones."""
    now = time.time()
    claims = {
        "iss": "festival", "aud": "festival", "sub": str(uuid4()), "kind": kind.value,
        "name": "Lea", "roles": list(roles), "sale_points": [str(SOME_ID)],
        "iat": now, "nbf": now, "exp": now + expires_in,
    }
    text = jwt.encode(claims | changed, key, algorithm="EdDSA", headers={"kid": key_id})
    return {"Authorization": f"Bearer {text}"}
