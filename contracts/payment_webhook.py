"""What the online payment provider tells us, and how it signs it.

The body is the JSON of a `PaymentNotice`. The signature header is `t=<unix seconds>,v1=<hex>`,
where the hex is HMAC-SHA256 over `<unix seconds>.<body>` with the shared secret: a copy of the
message is of no use after five minutes, and nobody else can write one.
"""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from contracts.errors import Code, DomainError
from contracts.message import Name, dump, load, view
from contracts.money import Money

TOLERANCE = timedelta(minutes=5)
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@view
class PaymentNotice:
    """`reference` is the provider's name of the payment, `amount` what was really paid."""

    reference: Name
    outcome: Outcome
    amount: Money


def sign(notice: PaymentNotice, secret: str, at: datetime) -> tuple[str, str]:
    """What a provider sends: the body, and its signature header."""
    body = json.dumps(dump(notice), separators=(",", ":"))
    seconds = int(at.timestamp())
    return body, f"t={seconds},v1={_digest(seconds, body, secret)}"


def read(body: str, signature: str, secret: str, now: datetime) -> PaymentNotice:
    """The notice, once its signature and its age are verified.

    Raises DomainError WEBHOOK_SIGNATURE, or VALIDATION_FAILED for another body.
    """
    found = _SIGNATURE.fullmatch(signature)
    if not secret or not found:
        raise DomainError(Code.WEBHOOK_SIGNATURE, "This message is not signed.")
    seconds = int(found[1])
    if not hmac.compare_digest(found[2], _digest(seconds, body, secret)):
        raise DomainError(Code.WEBHOOK_SIGNATURE, "The signature of this message is wrong.")
    if abs(now - datetime.fromtimestamp(seconds, UTC)) > TOLERANCE:
        raise DomainError(Code.WEBHOOK_SIGNATURE, "This message is too old.")
    try:
        return load(PaymentNotice, json.loads(body), tolerant=True)
    except ValueError:
        raise DomainError(Code.VALIDATION_FAILED, "The message is not JSON.") from None


def _digest(seconds: int, body: str, secret: str) -> str:
    said = f"{seconds}.{body}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
