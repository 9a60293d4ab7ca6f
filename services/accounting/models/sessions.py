"""Register sessions: OPENING → OPEN → CLOSING → CLOSED, and what is added up in each."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.accounting import ClosingCounts, RegisterSessionState
from contracts.errors import Code, DomainError
from contracts.ticketing import PaymentMethod
from services.accounting.models.base import Base

LIVE = text("state <> 'closed'")


class RegisterSession(Base):
    """`said`: ticketing's totals, once it has stopped selling: {"orders": n, "totals": {method:
    [amount, payments]}}. `counted_cash` and `counted_card` are of the count that was taken."""

    __tablename__ = "register_sessions"
    __table_args__ = (
        Index("ix_register_sessions_live_register", "register_id", unique=True,
              postgresql_where=LIVE),
        Index("ix_register_sessions_live_cashier", "cashier_id", unique=True,
              postgresql_where=LIVE),
        Index("ix_register_sessions_order", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    register_id: Mapped[UUID] = mapped_column(ForeignKey("cash_registers.id"), index=True)
    cashier_id: Mapped[str]
    cashier_name: Mapped[str]
    state: Mapped[str] = mapped_column(default=RegisterSessionState.OPENING)
    opened_at: Mapped[datetime]
    opening_float: Mapped[int]
    opening_counts: Mapped[dict[str, Any] | None]
    orders: Mapped[int] = mapped_column(default=0)
    counts: Mapped[int] = mapped_column(default=0)
    counted_cash: Mapped[int | None]
    counted_card: Mapped[int | None]
    reason: Mapped[str | None]
    closing_at: Mapped[datetime | None]
    closing_by: Mapped[str | None]
    said: Mapped[dict[str, Any] | None]
    said_at: Mapped[datetime | None]
    first_receipt: Mapped[int | None]
    last_receipt: Mapped[int | None]
    closed_at: Mapped[datetime | None]

    def accept(self) -> None:
        """OPENING → OPEN: ticketing sells on it from now on. Nothing when it was closed before."""
        if self.state == RegisterSessionState.OPENING:
            self.state = RegisterSessionState.OPEN

    def add_count(
        self, now: datetime, by: str, cash: int, card: int, counts: ClosingCounts,
        reason: str | None,
    ) -> "RegisterCount":
        """What was counted is kept, whether it is taken or not."""
        self._must_be(RegisterSessionState.OPEN)
        self.counts += 1
        return RegisterCount(
            register_session_id=self.id, number=self.counts, at=now, by=by,
            pieces=counts.cash, cash=cash, card=card, reason=reason,
        )

    def begin_closing(self, count: "RegisterCount") -> None:
        """OPEN → CLOSING with this count; nothing more is sold on it."""
        self._leave(RegisterSessionState.OPEN, RegisterSessionState.CLOSING)
        self.counted_cash, self.counted_card = count.cash, count.card
        self.reason, self.closing_at, self.closing_by = count.reason, count.at, count.by

    def add_order(self, receipt: int | None) -> None:
        self.orders += 1
        if receipt is not None:
            self.first_receipt = min(self.first_receipt or receipt, receipt)
            self.last_receipt = max(self.last_receipt or receipt, receipt)

    def force_closing(self, now: datetime, by: str, reason: str) -> None:
        """OPENING or OPEN → CLOSING, and nothing is counted."""
        if self.state != RegisterSessionState.OPENING:
            self._must_be(RegisterSessionState.OPEN)
        self.state = RegisterSessionState.CLOSING
        self.reason, self.closing_at, self.closing_by = reason, now, by

    @property
    def missing_orders(self) -> int | None:
        """How many orders of what ticketing sold are not booked yet; None before it is said."""
        if self.state != RegisterSessionState.CLOSING or self.said is None:
            return None
        return self.said["orders"] - self.orders

    def hear_totals(self, now: datetime, said: dict[str, Any]) -> None:
        """What ticketing sold on it, for good."""
        self._must_be(RegisterSessionState.CLOSING)
        self.said, self.said_at = said, now

    def close(self, now: datetime) -> None:
        """CLOSING → CLOSED: its Z report is sealed."""
        self._leave(RegisterSessionState.CLOSING, RegisterSessionState.CLOSED)
        self.closed_at = now

    def counted(self, tender: str) -> int | None:
        """None for what cannot be counted."""
        return {PaymentMethod.CASH: self.counted_cash, PaymentMethod.CARD: self.counted_card}.get(
            PaymentMethod(tender)
        )

    def _must_be(self, state: RegisterSessionState) -> None:
        if self.state != state:
            raise DomainError(
                Code.REGISTER_SESSION_STATE, f"This session is {self.state}, not {state}."
            )

    def _leave(self, state: RegisterSessionState, target: RegisterSessionState) -> None:
        self._must_be(state)
        self.state = target


class RegisterCount(Base):
    """One count of a closing, in the order in which they were committed."""

    __tablename__ = "register_counts"

    register_session_id: Mapped[UUID] = mapped_column(
        ForeignKey("register_sessions.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    pieces: Mapped[dict[str, Any]]
    cash: Mapped[int]
    card: Mapped[int]
    reason: Mapped[str | None]


class Counted(StrEnum):
    """What a session's counters are kept by, besides the kind of each line."""

    TENDER = "tender"
    VAT = "vat"


class SessionCounter(Base):
    """What a session sold, added up as it arrives, so that closing does not depend on how much.

    `dimension`: `tender` (key: the method; count: payments) · `vat` (key: VAT code and rate) · or
    the kind of the lines (key: tariff and label; count: quantity).
    """

    __tablename__ = "session_counters"

    register_session_id: Mapped[UUID] = mapped_column(
        ForeignKey("register_sessions.id"), primary_key=True
    )
    dimension: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(default="")
    rate_bp: Mapped[int] = mapped_column(default=0)
    count: Mapped[int] = mapped_column(default=0)
    amount: Mapped[int] = mapped_column(default=0)
    vat: Mapped[int] = mapped_column(default=0)


def find_session(session: Session, session_id: UUID, lock: bool = False) -> RegisterSession:
    found = session.get(RegisterSession, session_id, with_for_update=lock or None)
    if found is None:
        raise _not_found()
    return found


def lock_sessions(session: Session, ids: set[UUID]) -> dict[UUID, RegisterSession]:
    """Several at once, in the order of their ids."""
    found = {item.id: item for item in session.scalars(
        select(RegisterSession).where(RegisterSession.id.in_(ids)).order_by(RegisterSession.id)
        .with_for_update()
    )} if ids else {}
    if ids - found.keys():
        raise _not_found()
    return found


def _not_found() -> DomainError:
    return DomainError(Code.REGISTER_SESSION_NOT_FOUND, "There is no such register session.")
