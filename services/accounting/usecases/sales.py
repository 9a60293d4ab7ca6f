"""Writing down sales for the sales statement: orders, bar debits, and their reversals."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from contracts.accounting import SaleKind
from contracts.ticketing import OrderPaid, PaymentMethod
from contracts.wallet import WalletDebited, WalletReversed
from services.accounting.models import (
    RegisterSession,
    Sale,
    SaleLine,
    SalePayment,
    business_day,
)
from services.accounting.models.rows import insert_rows
from services.chassis.unit_of_work import UnitOfWork

BAR = "bar"  # the channel of what is taken from wallets outside orders


@dataclass(frozen=True, slots=True)
class ArticleSold:
    """A line of a bar's debit with its VAT worked out; centimes."""

    label: str
    quantity: int
    unit_price: int
    gross: int
    vat: int
    vat_code: str
    vat_rate_bp: int


def record_order(
    uow: UnitOfWork, event: OrderPaid, session: RegisterSession | None, late: bool
) -> bool:
    """False when this order is written down already."""
    return _record(
        uow,
        {
            "id": event.order_id, "sold_at": event.paid_at, "channel": event.channel,
            "order_number": event.order_number, "receipt_number": event.receipt_number,
            "sale_point_id": event.sale_point_id, "register_session_id": event.register_session_id,
            "register_id": session.register_id if session else None,
            "cashier_id": event.cashier_id, "cashier_name": event.cashier_name, "late": late,
        },
        [
            {
                "kind": line.kind, "label": line.label, "quantity": line.quantity,
                "unit_price": line.unit_price.amount, "gross": line.gross.amount,
                "vat": line.vat.amount, "vat_code": line.vat_code,
                "vat_rate_bp": line.vat_rate_bp, "screening_id": line.screening_id,
                "contingent": line.contingent, "overbooked": line.overbooked,
                "tariff": line.tariff, "tariff_name": line.tariff_name,
                "ticket_ids": list(line.ticket_ids),
            }
            for line in event.lines
        ],
        [
            {"id": payment.payment_id, "method": payment.method, "amount": payment.amount.amount,
             "paid_at": payment.paid_at, "reference": payment.reference}
            for payment in event.payments
        ],
    )


def record_debit(uow: UnitOfWork, event: WalletDebited, articles: list[ArticleSold]) -> None:
    """A bar's sale, paid by wallet."""
    _record(
        uow,
        {
            "id": event.movement_id, "sold_at": event.debited_at, "channel": BAR,
            "sale_point_id": event.sale_point_id, "cashier_id": event.cashier_id or None,
            "cashier_name": event.cashier_name or None,
        },
        [_article(asdict(article)) for article in articles],
        [{"id": event.movement_id, "method": PaymentMethod.WALLET, "amount": event.amount.amount,
          "paid_at": event.debited_at, "reference": None}],
    )


def record_reversal(uow: UnitOfWork, event: WalletReversed) -> None:
    """The bar's sale once more, with every amount negative."""
    original = uow.session.get_one(Sale, event.reverses)
    lines = uow.session.scalars(
        select(SaleLine).where(SaleLine.sale_id == original.id).order_by(SaleLine.number)
    )
    _record(
        uow,
        {
            "id": event.movement_id, "sold_at": event.reversed_at, "channel": BAR,
            "sale_point_id": original.sale_point_id, "cashier_id": original.cashier_id,
            "cashier_name": original.cashier_name, "refund_of": original.id,
        },
        [
            _article({
                "label": line.label, "quantity": -line.quantity, "unit_price": line.unit_price,
                "gross": -line.gross, "vat": -line.vat, "vat_code": line.vat_code,
                "vat_rate_bp": line.vat_rate_bp,
            })
            for line in lines
        ],
        [{"id": event.movement_id, "method": PaymentMethod.WALLET, "amount": -event.amount.amount,
          "paid_at": event.reversed_at, "reference": event.reason}],
    )


def _article(values: dict[str, Any]) -> dict[str, Any]:
    """No place in any room, no ticket."""
    return values | {
        "kind": SaleKind.ARTICLE, "screening_id": None, "contingent": None, "overbooked": False,
        "tariff": None, "tariff_name": None, "ticket_ids": [],
    }


def _record(
    uow: UnitOfWork, sale: dict[str, Any], lines: list[dict[str, Any]],
    payments: list[dict[str, Any]],
) -> bool:
    tenders = sorted({payment["method"] for payment in payments}, key=list(PaymentMethod).index)
    new: UUID | None = uow.session.scalar(
        postgresql.insert(Sale).values(
            **sale, business_day=business_day(sale["sold_at"]), tenders=", ".join(tenders)
        ).on_conflict_do_nothing().returning(Sale.id)
    )
    if new is None:
        return False
    insert_rows(uow.session, SaleLine, [
        {"sale_id": sale["id"], "number": number, **line}
        for number, line in enumerate(lines, start=1)
    ])
    insert_rows(uow.session, SalePayment, [
        {"sale_id": sale["id"], **payment} for payment in payments
    ])
    return True
