"""Money and places given back. A refund is a credit note: written once, never changed."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contracts.money import Money
from contracts.ticketing import (
    Channel,
    CreditNoteView,
    LineKind,
    OrderRefunded,
    PaidLine,
    PaidPayment,
    PaymentMethod,
)
from services.ticketing.models.base import Base
from services.ticketing.models.orders import Line, Order


class RefundedLine(Base):
    """`quantity` places taken back and `gross` given for them; `line_id` is empty for what
    rounding to coins adds or takes away."""

    __tablename__ = "refund_lines"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("line_id IS NULL OR gross >= 0", name="gross_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), index=True)
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"), index=True)
    quantity: Mapped[int]
    gross: Mapped[int]
    vat: Mapped[int]
    ticket_ids: Mapped[list[str]]

    line: Mapped[Line | None] = relationship()

    def view(self, currency: str) -> PaidLine:
        gross, vat = Money(self.gross, currency), Money(self.vat, currency)
        if self.line is None:
            return PaidLine(
                line_id=self.id, kind=LineKind.ROUNDING, label="Arrondi", quantity=1,
                unit_price=gross, gross=gross, vat=vat,
            )
        return self.line.taken_back(
            currency, self.quantity, gross, vat, tuple(map(UUID, self.ticket_ids))
        )


class RefundedPayment(Base):
    """`payment_id`: the payment that is given back, when it goes the way it came."""

    __tablename__ = "refund_payments"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), index=True)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"), index=True)
    method: Mapped[str]
    amount: Mapped[int]
    reference: Mapped[str | None]


class Refund(Base):
    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    number: Mapped[int] = mapped_column(unique=True)
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    refunded_at: Mapped[datetime]
    register_session_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("register_sessions.id"), index=True
    )
    cashier_id: Mapped[str]
    cashier_name: Mapped[str]

    lines: Mapped[list[RefundedLine]] = relationship()
    payments: Mapped[list[RefundedPayment]] = relationship()

    def view(self) -> CreditNoteView:
        return CreditNoteView(
            refund_id=self.id, credit_note=self.number, order_id=self.order_id,
            refunded_at=self.refunded_at, amount=Money(self.amount, self.currency),
            reason=self.reason, lines=tuple(line.view(self.currency) for line in self.lines),
            payments=tuple(self._payment(item) for item in self.payments),
            cashier_name=self.cashier_name,
        )

    def fact(self, order: Order) -> OrderRefunded:
        view = self.view()
        return OrderRefunded(
            refund_id=self.id, credit_note=self.number, order_id=order.id,
            order_number=order.number, channel=Channel(order.channel),
            sale_point_id=order.sale_point_id, refunded_at=self.refunded_at, reason=self.reason,
            lines=view.lines, payments=view.payments, currency=self.currency,
            register_session_id=self.register_session_id, cashier_id=self.cashier_id,
            cashier_name=self.cashier_name,
        )

    def _payment(self, item: RefundedPayment) -> PaidPayment:
        return PaidPayment(
            payment_id=item.id, method=PaymentMethod(item.method),
            amount=Money(item.amount, self.currency), paid_at=self.refunded_at,
            reference=item.reference,
        )
