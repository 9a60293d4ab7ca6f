"""Register sessions as far as selling goes, and their receipt numbers without gaps.

The row of a session is where paying and closing meet: a payment raises `receipts` on an OPEN
session, closing takes it out of OPEN, and whichever locks the row first decides.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.accounting import RegisterSessionOpening
from contracts.errors import Code, DomainError
from contracts.roles import Actor
from services.chassis.unit_of_work import UnitOfWork
from services.ticketing.models.base import Base

OPEN, CLOSING, CLOSED = "open", "closing", "closed"


class RegisterSession(Base):
    """`receipts_before`: the register's last receipt number when this session began."""

    __tablename__ = "register_sessions"
    __table_args__ = (
        Index("ix_register_sessions_one_open", "register_id", unique=True,
              postgresql_where=text("state = 'open'")),
        CheckConstraint("receipts >= 0", name="receipts_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    register_id: Mapped[UUID] = mapped_column(index=True)
    sale_point_id: Mapped[UUID]
    cashier_id: Mapped[str]
    cashier_name: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    receipts_before: Mapped[int]
    receipts: Mapped[int] = mapped_column(default=0)
    z_number: Mapped[int | None]

    @classmethod
    def open(cls, event: RegisterSessionOpening, last_receipt: int) -> "RegisterSession":
        return cls(
            id=event.register_session_id, register_id=event.register_id,
            sale_point_id=event.sale_point_id, cashier_id=event.cashier_id,
            cashier_name=event.cashier_name, state=OPEN, opened_at=event.opened_at,
            receipts_before=last_receipt, receipts=0,
        )

    def sells(self, sale_point_id: UUID, actor: Actor) -> bool:
        """Open, of this sale point, and the caller's own."""
        return (
            self.state == OPEN and self.sale_point_id == sale_point_id
            and self.cashier_id == actor.id
        )

    @property
    def first_receipt(self) -> int | None:
        return self.receipts_before + 1 if self.receipts else None

    @property
    def last_receipt(self) -> int | None:
        return self.receipts_before + self.receipts if self.receipts else None

    def stop(self, at: datetime) -> None:
        if self.state != OPEN:
            raise not_open()
        self.state, self.stopped_at = CLOSING, at

    def seal(self, z_number: int) -> None:
        self.state, self.z_number = CLOSED, z_number


def not_open() -> DomainError:
    return DomainError(
        Code.REGISTER_SESSION_NOT_OPEN,
        "This register session is not open, not yours, or of another sale point.",
    )


NEXT_RECEIPT = """
    UPDATE register_sessions SET receipts = receipts + 1
    WHERE id = %(id)s AND state = 'open'
    RETURNING register_id, receipts_before + receipts AS number
"""


def next_receipt(uow: UnitOfWork, session_id: UUID) -> tuple[UUID, int] | None:
    """The register and its next receipt number; None when the session is not open any more.

    Holds the session's row until the end of the transaction: ask for it last.
    """
    return uow.first(NEXT_RECEIPT, {"id": session_id})
