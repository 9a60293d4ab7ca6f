"""The log of the doors: every scan, admitted or refused. Append-only."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.roles import Actor
from contracts.ticketing import CheckIn as Scan
from contracts.ticketing import CheckInReason, CheckInResult
from services.ticketing.models.base import Base


class CheckIn(Base):
    """`code` as it was read at the door; a refused one may belong to no ticket."""

    __tablename__ = "checkins"
    __table_args__ = (
        UniqueConstraint("actor_id", "nonce"),
        Index("ix_checkins_refused", "screening_id",
              postgresql_where=text("result = 'refused'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    at: Mapped[datetime]
    nonce: Mapped[str]
    direction: Mapped[str]
    result: Mapped[str]
    reason: Mapped[str | None]
    code: Mapped[str]
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    screening_id: Mapped[UUID | None]
    first_entry: Mapped[bool]
    actor_id: Mapped[str]
    actor_name: Mapped[str]

    @classmethod
    def of(
        cls, at: datetime, actor: Actor, scan: Scan, result: CheckInResult,
        reason: CheckInReason | None, **found: Any,
    ) -> "CheckIn":
        return cls(
            id=uuid4(), at=at, nonce=scan.nonce, direction=scan.direction, code=scan.code,
            result=result, reason=reason, actor_id=actor.id, actor_name=actor.name, **found,
        )
