"""Money in. A payment is asked for, then captured, declined, cancelled, or to be refunded."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.money import Money
from contracts.ticketing import PaidPayment, PaymentMethod, PaymentState, PaymentView
from services.ticketing.models.base import Base

UNSETTLED = frozenset({PaymentState.REQUESTED, PaymentState.DECLINED, PaymentState.CANCELLED})


class Payment(Base):
    """`reference`: the terminal's or the provider's name of it, never used for two payments."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("method", "reference"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_payments_to_refund", "order_id",
              postgresql_where=text("state = 'to_refund'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    method: Mapped[str]
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    requested_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    redirect_url: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    declined_code: Mapped[str | None]
    declined_detail: Mapped[str | None]

    @classmethod
    def request(
        cls, method: PaymentMethod, amount: Money, at: datetime, reference: str | None = None
    ) -> "Payment":
        return cls(
            id=uuid4(), method=method, state=PaymentState.REQUESTED, amount=amount.amount,
            currency=amount.currency, requested_at=at, reference=reference,
        )

    @property
    def captured(self) -> bool:
        return self.state == PaymentState.CAPTURED

    @property
    def unsettled(self) -> bool:
        """No money has come yet; it still may, however late."""
        return self.state in UNSETTLED

    def send_to(self, reference: str, url: str, until: datetime) -> None:
        """Known to the provider: by this name, on this page, for so long."""
        self.reference, self.redirect_url, self.expires_at = reference, url, until

    def capture(self, at: datetime) -> None:
        self._settle(PaymentState.CAPTURED, at, UNSETTLED)

    def decline(self, at: datetime, code: str, detail: str) -> None:
        self._settle(PaymentState.DECLINED, at, {PaymentState.REQUESTED})
        self.declined_code, self.declined_detail = code, detail

    def to_refund(self, at: datetime, received: Money) -> None:
        """Money that no order can use; nothing is forgotten of it."""
        self._settle(PaymentState.TO_REFUND, at, UNSETTLED | {PaymentState.CAPTURED})
        self.amount = received.amount

    def hand_back(self, at: datetime) -> None:
        """Cash of a part payment, given back over the counter."""
        self._settle(PaymentState.CANCELLED, at, {PaymentState.CAPTURED})

    def paid(self) -> PaidPayment:
        return PaidPayment(
            payment_id=self.id, method=PaymentMethod(self.method),
            amount=Money(self.amount, self.currency), paid_at=self.settled_at,
            reference=self.reference,
        )

    def view(self) -> PaymentView:
        return PaymentView(
            payment_id=self.id, method=PaymentMethod(self.method), state=PaymentState(self.state),
            amount=Money(self.amount, self.currency), requested_at=self.requested_at,
            captured_at=self.settled_at if self.captured else None, reference=self.reference,
            redirect_url=self.redirect_url, expires_at=self.expires_at,
            declined_code=self.declined_code, declined_detail=self.declined_detail,
        )

    def _settle(self, state: PaymentState, at: datetime, leaving: set | frozenset) -> None:
        if self.state not in leaving:
            raise ValueError(f"payment {self.id} is {self.state}, it cannot become {state}")
        self.state, self.settled_at = state, at
