"""What surrounds a message on its way, by RPC, HTTP or bus."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.message import dump, secret_fields, type_of
from contracts.roles import Actor


@dataclass(frozen=True, slots=True)
class Envelope:
    """`id` is made by the caller (idempotency key, message id): same id, same answer."""

    id: str
    type: str
    actor: Actor
    correlation_id: str
    body: dict[str, Any]
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(
        cls, message: Any, actor: Actor, correlation_id: str = "", id: str = ""
    ) -> "Envelope":
        return cls(
            id=id or str(uuid4()), type=type_of(type(message)).name, actor=actor,
            correlation_id=correlation_id or str(uuid4()), body=dump(message),
        )

    def fingerprint(self) -> str:
        """What must not change between two sendings under the same id. Without what is never
        shown (a PIN): this is a fast hash, and it is stored."""
        body = {name: self.body[name] for name in self.body.keys() - secret_fields(self.type)}
        canonical = json.dumps([self.type, body], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id, "type": self.type, "actor": self.actor.to_dict(),
            "correlation_id": self.correlation_id, "occurred_at": dump(self.occurred_at),
            "body": self.body,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Envelope":
        return cls(
            id=data["id"], type=data["type"], actor=Actor.from_dict(data["actor"]),
            correlation_id=data["correlation_id"], body=data["body"],
            occurred_at=datetime.fromisoformat(data["occurred_at"]),
        )
