"""E-mails to buyers: written with what they tell of, sent later by the process that prints."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.ticketing import MailKind, MailState, MailView
from services.ticketing.models.base import LANGUAGE, Base
from services.ticketing.models.orders import Order

ATTEMPTS = 8
PAUSE = timedelta(seconds=30)  # doubled each time: about an hour in all


class Mail(Base):
    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_waiting", "send_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"))
    recipient: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    written_at: Mapped[datetime]
    send_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    trouble: Mapped[str | None]

    @classmethod
    def about(
        cls, order: Order, kind: MailKind, recipient: str, at: datetime,
        refund_id: UUID | None = None,
    ) -> "Mail":
        return cls(
            id=uuid4(), kind=kind, order_id=order.id, refund_id=refund_id, recipient=recipient,
            language=order.language or LANGUAGE, state=MailState.WAITING, attempts=0,
            written_at=at, send_at=at,
        )

    def sent(self, at: datetime) -> None:
        self.attempts += 1
        self.state, self.sent_at, self.trouble = MailState.SENT, at, None

    def failed(self, at: datetime, trouble: str, for_good: bool) -> None:
        self.attempts += 1
        self.trouble = trouble
        self.send_at = at + PAUSE * 2 ** self.attempts
        if for_good or self.attempts >= ATTEMPTS:
            self.state = MailState.BOUNCED

    def view(self) -> MailView:
        return MailView(
            mail_id=self.id, kind=MailKind(self.kind), state=MailState(self.state),
            recipient=self.recipient, attempts=self.attempts, written_at=self.written_at,
            sent_at=self.sent_at, trouble=self.trouble,
        )
