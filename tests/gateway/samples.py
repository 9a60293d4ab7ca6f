"""Samples made from the contracts: something valid to ask, and something to answer."""

import base64
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from marshmallow import Schema, fields, validate

from contracts.message import REGISTRY, dump, schema_of

KEY_ID = "test-key"
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SOME_ID = UUID("11111111-1111-4111-8111-111111111111")
# What is asked about this one never settles.
STUCK_ID = UUID("22222222-2222-4222-8222-222222222222")
REGULAR = {"currency": "CHF", "username": "lea.k", "email": "lea@example.org", "vat_code": "normal",
           "iban": "CH9300762011623852957", "debtor_iban": "CH9300762011623852957",
           "public_key": "a" * 64, "address": "https://example.org/", "times": "20:30"}
# Who answers files, and which messages of others do.
FILES = ("ticketing_documents", "accounting_reports", "catalog.get_calendar.v1",
         "wallet.get_refund_file.v1", "wallet.get_vendor_settlement_document.v1")
BY_TYPE: dict[type[fields.Field], Any] = {
    fields.UUID: str(SOME_ID), fields.AwareDateTime: "2027-08-04T20:30:00+02:00",
    fields.Date: "2027-08-04", fields.Boolean: True, fields.Raw: "anything",
}


def ask(message: type) -> dict[str, Any]:
    """Valid JSON fields for a message: all that it requires."""
    return _object(schema_of(message))


def _object(schema: Schema) -> dict[str, Any]:
    return {name: _value(name, item) for name, item in schema.fields.items() if item.required}


def _value(name: str, item: fields.Field) -> Any:
    if isinstance(item, fields.Nested):
        return _object(item.schema)
    if isinstance(item, fields.List):
        return [_value(name, item.inner)]
    if isinstance(item, fields.Enum):
        return next(iter(item.enum)).value
    if isinstance(item, fields.Dict):
        return {"fr": "Texte"}
    if isinstance(item, fields.Integer):
        return max([rule.min or 0 for rule in item.validators
                    if isinstance(rule, validate.Range)], default=0) or 1
    if isinstance(item, fields.String):
        return REGULAR.get(name) or next(
            (rule.choices[0] for rule in item.validators if isinstance(rule, validate.OneOf)),
            "sample12",
        )
    return next(value for kind, value in BY_TYPE.items() if isinstance(item, kind))


def answer_to(envelope: dict[str, Any]) -> dict[str, Any]:
    """What a stand-in answers: the shape where the gateway looks at it, else the envelope."""
    if envelope["type"] == "identity.get_jwks.v1":
        raw = SIGNING_KEY.public_key().public_bytes_raw()
        return {"keys": [{"kid": KEY_ID, "x": base64.urlsafe_b64encode(raw).decode().rstrip("=")}]}
    if REGISTRY[envelope["type"]].owner in FILES or envelope["type"] in FILES:
        return {"content_type": "text/plain", "filename": "Büro.txt",
                "content": base64.b64encode(dump(envelope["type"]).encode()).decode()}
    body = envelope["body"]
    return {
        "version": "1.1",
        "envelope": envelope, "alert": None, "state": _state(envelope["type"], body),
        "order_id": body.get("order_id", str(SOME_ID)),
        "register_session_id": body.get("register_session_id", str(SOME_ID)),
    }


def _state(asked: str, body: dict[str, Any]) -> str:
    """Writes have not settled yet when they are answered; asked again they have, but one."""
    if str(STUCK_ID) in body.values() or asked == "ticketing.pay_order.v1":
        return "paying"
    return "closed" if "session" in asked else "paid"
