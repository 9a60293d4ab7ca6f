"""What the steps know of each other, and how the world outside the system behaves in them."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from contracts import payment_webhook
from contracts.money import Money
from tests.acceptance.front import Caller, Unexpected

PASSWORD = "lac-de-joux-en-hiver"


@dataclass
class World:
    """One run. `tag` keeps its names apart from those of runs before it."""

    gateway: str
    terminal: str
    admin_password: str
    webhook_secret: str
    tag: str = field(default_factory=lambda: uuid4().hex[:6])
    callers: dict[str, Caller] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Caller:
        return self.callers[name]

    def sign_in(self, name: str, username: str, password: str) -> Caller:
        door = Caller(self.gateway, name)
        answer = door.ask("POST", "/v1/auth/login", 200,
                          json={"username": username, "password": password})
        door.token = answer["access_token"]
        self.callers[name] = door
        return door

    def create_user(self, name: str, roles: list[str], sale_points: list[str]) -> None:
        """Create a user and sign them in."""
        username = f"{name}-{self.tag}"
        self["admin"].ask("POST", "/v1/users", 201, json={
            "username": username, "password": PASSWORD, "display_name": name.capitalize(),
            "roles": roles, "sale_points": sale_points,
        })
        self.sign_in(name, username, PASSWORD)

    def order(self, caller: str, lines: list[dict], expect: int = 201, **more: Any) -> Any:
        return self[caller].post("/v1/orders", {"lines": lines, **more}, expect)

    def place(self, quantity: int = 1, screening: str = "screening", tariff: str = "full") -> dict:
        return {"kind": "screening", "screening_id": self.ids[screening], "tariff": tariff,
                "quantity": quantity}

    def pay(self, caller: str, order: dict, method: str, expect: Any = 201, **more: Any) -> Any:
        due = order["due_cash"] if method == "cash" else order["due"]
        return self[caller].post(
            f"/v1/orders/{order['order_id']}/payments",
            {"method": method, "amount": due, **more}, expect,
        )

    def provider_says(self, reference: str, cents: int, secret: str = "") -> Any:
        """The payment provider's webhook, signed as the real one would."""
        notice = payment_webhook.PaymentNotice(
            reference=reference, outcome=payment_webhook.Outcome.SUCCEEDED, amount=Money(cents))
        body, signature = payment_webhook.sign(
            notice, secret or self.webhook_secret, datetime.now(UTC))
        return Caller(self.gateway, "provider").send(
            "POST", "/v1/webhooks/payments", data=body.encode(),
            headers={"X-Payment-Signature": signature, "Content-Type": "application/json"},
        )

    def free_places(self, screening: str = "screening") -> int:
        found = self["cashier"].get(f"/v1/screenings/{self.ids[screening]}/availability")
        return int(found["available"])


def eventually(probe: Callable[[], Any], what: str, seconds: float = 10) -> Any:
    """The first true answer of `probe`: facts travel between services in their own time."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise Unexpected(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)
    return found


def in_minutes(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def decode_qr_codes(pdf: bytes) -> list[str]:
    """What a reader sees on each page of a PDF: rendered by pdftoppm, read by zbarimg."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tickets.pdf"
        path.write_bytes(pdf)
        page = Path(directory) / "page"
        subprocess.run(["pdftoppm", "-r", "150", "-png", path, page], check=True)
        pages = sorted(Path(directory).glob("page*.png"))
        return [
            subprocess.run(["zbarimg", "--quiet", "--raw", page], check=True,
                           capture_output=True, text=True).stdout.strip()
            for page in pages
        ]
