"""What was done."""

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from contracts.identity import (
    AuditEntryView,
)
from contracts.roles import Principal
from services.identity.models.base import Base


class AuditEntry(Base):
    """Who did what to which object; only what differs is in `before` and `after`."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_object", "object_type", "object_id", "number"),
        Index("ix_audit_actor_id", "actor_id", "number"),
    )

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    request_id: Mapped[str]

    def view(self) -> AuditEntryView:
        return AuditEntryView(
            number=self.number, at=self.at, actor_kind=Principal(self.actor_kind),
            actor_id=self.actor_id, actor_name=self.actor_name, action=self.action,
            object_type=self.object_type, object_id=self.object_id, before=self.before,
            after=self.after, request_id=self.request_id,
        )
