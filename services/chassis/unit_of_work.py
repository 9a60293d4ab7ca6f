"""What a use case is given: one session, who asks, one instant, and a way to say facts."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from contracts.message import dump, type_of
from contracts.roles import Actor
from services.chassis.tables import outbox


class UnitOfWork:
    """Lives as long as one transaction. `now` is the same instant for everything in it."""

    def __init__(
        self, session: Session, actor: Actor, correlation_id: str, now: datetime
    ) -> None:
        self.session = session
        self.actor = actor
        self.correlation_id = correlation_id
        self.now = now
        self.emitted: list[Any] = []

    def emit(self, message: Any) -> None:
        """Say a fact (or send a bus command): it leaves if, and only if, this commits."""
        if not type_of(type(message)).consumers:
            raise ValueError(f"{type(message).__name__} names no consumer")
        self.emitted.append(message)

    def finish(self) -> None:
        """Write what is pending, the messages last, in the order in which they were said."""
        self.session.flush()
        if self.emitted:
            self.session.execute(insert(outbox), [self._row(item) for item in self.emitted])

    def _row(self, message: Any) -> dict[str, Any]:
        return {
            "message_id": uuid4(),
            "type": type_of(type(message)).name,
            "actor": self.actor.to_dict(),
            "correlation_id": self.correlation_id,
            "occurred_at": self.now,
            "body": dump(message),
        }
