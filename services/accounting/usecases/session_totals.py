"""Adding each sale to its session's totals and its register's drawer, as it arrives."""

from collections.abc import Iterator
from typing import Any

from contracts.accounting import RegisterSessionState
from contracts.ticketing import LineKind, OrderPaid, PaymentMethod
from services.accounting.models import (
    CashRegister,
    DrawerKind,
    RegisterSession,
    SessionCounter,
)
from services.accounting.models.registers import find_register
from services.accounting.models.rows import insert_rows
from services.accounting.models.sessions import Counted
from services.accounting.usecases.sessions import seal_if_complete
from services.chassis.unit_of_work import UnitOfWork

TURNOVER = (LineKind.SCREENING, LineKind.PASS)  # loads and rounding are none
SUMMED = ("count", "amount", "vat")


def add_to_session(uow: UnitOfWork, session: RegisterSession, event: OrderPaid) -> None:
    """The session must be locked. A sealed session's totals stay, its drawer does not."""
    register = find_register(uow.session, session.register_id, lock=True)
    _into_drawer(uow, register, session, event)
    if session.state == RegisterSessionState.CLOSED:
        return
    session.add_order(event.receipt_number)
    _count(uow, session, event)
    seal_if_complete(uow, session)


def _into_drawer(
    uow: UnitOfWork, register: CashRegister, session: RegisterSession, event: OrderPaid
) -> None:
    cash = sum(
        payment.amount.amount for payment in event.payments
        if payment.method is PaymentMethod.CASH
    )
    if cash:
        register.move(
            uow, DrawerKind.SALE_CASH, cash, register_session_id=session.id,
            source_id=event.order_id, at=event.paid_at,
            actor_id=event.cashier_id or session.cashier_id,
            actor_name=event.cashier_name or session.cashier_name,
        )


def _count(uow: UnitOfWork, session: RegisterSession, event: OrderPaid) -> None:
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for share in _shares(event):
        kept = sums.setdefault((share["dimension"], share["key"]), share)
        if kept is not share:
            for name in SUMMED:
                kept[name] += share[name]
    insert_rows(uow.session, SessionCounter, [
        {"register_session_id": session.id, **share} for share in sums.values()
    ], add_up=SUMMED)


def _shares(event: OrderPaid) -> Iterator[dict[str, Any]]:
    """What one order adds to which counter."""
    for payment in event.payments:
        yield {
            "dimension": Counted.TENDER, "key": payment.method, "label": "", "rate_bp": 0,
            "count": 1, "amount": payment.amount.amount, "vat": 0,
        }
    for line in event.lines:
        share = {
            "dimension": line.kind, "label": line.label, "rate_bp": 0,
            "key": f"{line.tariff or ''} {line.screening_id or ''}".strip() or line.label,
            "count": line.quantity, "amount": line.gross.amount, "vat": line.vat.amount,
        }
        yield share
        if line.kind in TURNOVER:
            code, rate = line.vat_code or "", line.vat_rate_bp
            yield share | {
                "dimension": Counted.VAT, "key": f"{code} {rate}", "label": code, "rate_bp": rate,
            }
