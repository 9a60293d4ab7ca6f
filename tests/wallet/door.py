"""The terminal door as a bar meets it: a real gunicorn on a port of its own, and signed tokens."""

import time
from typing import Any
from uuid import UUID, uuid4

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.roles import Role
from tests.chassis.support import Processes, Rows
from tests.running import free_port, wait_until

CLOSED_BROKER = "amqp://guest:guest@127.0.0.1:1//"


class TokenMaker:
    """Signs access tokens as identity does; its public key is put where the wallet keeps them."""

    def __init__(self, key_id: str = "k1") -> None:
        self.key_id = key_id
        self.private = Ed25519PrivateKey.generate()
        self.raw = self.private.public_key().public_bytes_raw()

    def publish(self, rows: Rows) -> None:
        rows.run("INSERT INTO verifying_keys VALUES ('token', :id, :key)",
                 id=self.key_id, key=self.raw.hex())

    def claims(self, *roles: str, sale_points: tuple[UUID, ...] = (), **more: Any) -> dict:
        now = int(time.time())
        return {
            "iss": "festival", "aud": "festival", "sub": "u1", "name": "Lea", "kind": "user",
            "iat": now, "nbf": now, "exp": now + 600, "roles": list(roles),
            "sale_points": list(map(str, sale_points)),
        } | more

    def token(self, *roles: str, **more: Any) -> str:
        headers = {"kid": self.key_id}
        return jwt.encode(self.claims(*roles, **more), self.private, "EdDSA", headers)


class Door:
    """One terminal at the door, holding a wallet cashier's token."""

    def __init__(
        self, processes: Processes, tokens: TokenMaker, app: str = "services.wallet.terminal:app"
    ) -> None:
        self.processes = processes
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {tokens.token(Role.WALLET_CASHIER)}"
        processes.start(
            "terminal", "-m", "gunicorn", "--config", "deploy/gunicorn.py",
            app, wait=False, BIND=f"127.0.0.1:{port}",
            AMQP_URL=CLOSED_BROKER,
        )
        wait_until(self.ready, 30, lambda: processes.log("terminal"))

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def debit(self, code: str, cents: int, key: str = "", **more: Any) -> requests.Response:
        return self.post(
            "/terminal/v1/debits", {"code": code, "amount": money(cents), **more}, key)

    def post(self, path: str, body: Any, key: str = "") -> requests.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.http.post(self.url + path, json=body, headers=headers, timeout=15)

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.url + path, timeout=15)


def money(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "CHF"}
