"""Sales as told: what was sold, and what was paid for it. Σ lines = Σ payments, each sale."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.accounting.models.base import Base


class Sale(Base):
    """An order, a bar's debit, or (negative, `refund_of`) the reversal of one. `late`: told after
    the Z report of its session was sealed."""

    __tablename__ = "sales"
    __table_args__ = (Index("ix_sales_order", "sold_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sold_at: Mapped[datetime]
    business_day: Mapped[date]
    channel: Mapped[str]
    order_number: Mapped[int | None]
    receipt_number: Mapped[int | None]
    sale_point_id: Mapped[UUID | None]
    register_id: Mapped[UUID | None] = mapped_column(ForeignKey("cash_registers.id"))
    register_session_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("register_sessions.id"), index=True
    )
    cashier_id: Mapped[str | None]
    cashier_name: Mapped[str | None]
    tenders: Mapped[str]
    late: Mapped[bool] = mapped_column(default=False)
    refund_of: Mapped[UUID | None]


class SaleLine(Base):
    """`gross` = quantity × unit_price, `vat` is inside it; both negative in a reversal."""

    __tablename__ = "sale_lines"

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sales.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int]
    gross: Mapped[int]
    vat: Mapped[int]
    vat_code: Mapped[str | None]
    vat_rate_bp: Mapped[int]
    screening_id: Mapped[UUID | None] = mapped_column(index=True)
    contingent: Mapped[str | None]
    overbooked: Mapped[bool] = mapped_column(default=False)
    tariff: Mapped[str | None]
    tariff_name: Mapped[str | None]
    ticket_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class SalePayment(Base):
    __tablename__ = "sale_payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sales.id"), index=True)
    method: Mapped[str]
    amount: Mapped[int]
    paid_at: Mapped[datetime]
    reference: Mapped[str | None]
