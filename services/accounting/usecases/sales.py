"""Writing down sales for the sales statement, many at a time: what was sold, and what was paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.accounting import SaleKind
from contracts.ticketing import PaymentMethod
from services.accounting.models import Sale, SaleLine, SalePayment, business_day
from services.accounting.models.rows import insert_new, insert_rows
from services.chassis.unit_of_work import UnitOfWork

BAR = "bar"  # the channel of what is taken from wallets outside orders
NORMAL_VAT = "normal"  # what a bar sells, unless its articles say otherwise
TENDERS = list(PaymentMethod)


@dataclass(slots=True)
class SaleRecord:
    """Rows of a sale being written; amounts in centimes, all negative in a reversal."""

    id: UUID
    sold_at: datetime
    channel: str
    sale_point_id: UUID | None
    cashier_id: str | None
    cashier_name: str | None
    order_number: int | None = None
    receipt_number: int | None = None
    register_id: UUID | None = None
    register_session_id: UUID | None = None
    late: bool = False
    refund_of: UUID | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)

    def add_line(
        self, kind: str, label: str, quantity: int, unit_price: int, gross: int, vat: int,
        vat_code: str | None, vat_rate_bp: int, **place: Any,
    ) -> None:
        self.lines.append({
            "sale_id": self.id, "number": len(self.lines) + 1, "kind": kind, "label": label,
            "quantity": quantity, "unit_price": unit_price, "gross": gross, "vat": vat,
            "vat_code": vat_code, "vat_rate_bp": vat_rate_bp, **(place or NO_PLACE),
        })

    def add_article(
        self, label: str, quantity: int, unit_price: int, gross: int, vat: int, vat_code: str,
        vat_rate_bp: int,
    ) -> None:
        self.add_line(SaleKind.ARTICLE, label, quantity, unit_price, gross, vat, vat_code,
                      vat_rate_bp)

    def add_payment(
        self, id: UUID, method: str, amount: int, paid_at: datetime, reference: str | None = None
    ) -> None:
        self.payments.append({
            "id": id, "sale_id": self.id, "method": method, "amount": amount, "paid_at": paid_at,
            "reference": reference,
        })

    def row(self) -> dict[str, Any]:
        methods = {payment["method"] for payment in self.payments}
        return {
            "id": self.id, "sold_at": self.sold_at, "business_day": business_day(self.sold_at),
            "channel": self.channel, "order_number": self.order_number,
            "receipt_number": self.receipt_number, "sale_point_id": self.sale_point_id,
            "register_id": self.register_id, "register_session_id": self.register_session_id,
            "cashier_id": self.cashier_id, "cashier_name": self.cashier_name,
            "tenders": ", ".join(sorted(methods, key=TENDERS.index)), "late": self.late,
            "refund_of": self.refund_of,
        }


NO_PLACE: dict[str, Any] = {
    "screening_id": None, "contingent": None, "overbooked": False, "tariff": None,
    "tariff_name": None, "ticket_ids": (),
}


def record(uow: UnitOfWork, sales: Sequence[SaleRecord]) -> set[UUID]:
    """The ids of those that were not written down yet."""
    new = insert_new(uow.session, Sale, [sale.row() for sale in sales])
    written = [sale for sale in sales if sale.id in new]
    insert_rows(uow.session, SaleLine, [line for sale in written for line in sale.lines])
    insert_rows(uow.session, SalePayment, [row for sale in written for row in sale.payments])
    return new
