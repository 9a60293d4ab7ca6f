"""Online payments: what we ask of a provider, and a complete one that moves no money.

A provider is told of a payment and gives it a name (`reference`) and a page for the payer; later
it tells us what became of it, signed (contracts/payment_webhook.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from contracts import payment_webhook
from contracts.money import Money
from contracts.payment_webhook import PaymentNotice
from services.chassis.settings import Settings


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment as the provider knows it; its page works until `expires_at`."""

    reference: str
    redirect_url: str
    expires_at: datetime


class PaymentProvider(Protocol):
    def request(self, payment_id: UUID, amount: Money, now: datetime) -> Intent: ...

    def read_notice(self, body: str, signature: str, now: datetime) -> PaymentNotice:
        """Raises DomainError WEBHOOK_SIGNATURE or VALIDATION_FAILED."""


class Simulator:
    """Behaves as TWINT does, its 15 minutes included (c-25). Whoever holds the webhook's secret
    plays the payer: `payment_webhook.sign` makes what is posted to us."""

    SESSION = timedelta(minutes=15)

    def request(self, payment_id: UUID, amount: Money, now: datetime) -> Intent:
        reference = f"SIM-{payment_id.hex}"
        return Intent(reference, f"/simulator/payments/{reference}", now + self.SESSION)

    def read_notice(self, body: str, signature: str, now: datetime) -> PaymentNotice:
        secret = Settings.from_env("ticketing").payment_webhook_secret
        return payment_webhook.read(body, signature, secret, now)


PROVIDER: PaymentProvider = Simulator()
